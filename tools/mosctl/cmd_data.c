/* SPDX-License-Identifier: MIT */
/* mosctl data: something big, shared by reference. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "mosctl.h"

enum { KIND, OUT };

static const struct ctl_option options[] = {
	[KIND] = {"kind", 'k', "KIND", "put: what it is, at most 15 bytes (default: file)"},
	[OUT] = {"out", 'o', "FILE", "get: write there, not to standard output"},
	{0},
};

static int print_shared(struct ctl *ctl, uint64_t id, size_t size)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;

	if (!ctl->json) {
		printf("%llu\n", (unsigned long long)id);
		fprintf(stderr, "shared as %llu, %zu bytes; Ctrl-C ends it\n", (unsigned long long)id, size);
		return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
	}
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_uint(doc, root, "id", id);
	yyjson_mut_obj_add_uint(doc, root, "size_bytes", size);
	return json_print(doc, root);
}

static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	*(int *)data = 1;
}

/* What is shared lives as long as we do, and as the broker. */
static int stay(struct ctl *ctl, uint64_t id)
{
	const uint32_t rare = MOS_EVENT_BUS_NOTICE; /* all the others need not wake us */
	int lost = 0, rc = mos_events_select(ctl->client, &rare, 1);

	mos_client_on_connection(ctl->client, on_connection, &lost);
	while (!term_interrupted() && !lost && (rc >= 0 || rc == -EINTR))
		rc = mos_events_dispatch(ctl->client, -1);
	mos_client_on_connection(ctl->client, NULL, NULL);
	if (lost)
		return ctl_fail(ctl, CTL_UNREACHABLE, "share it again",
			"MOS was restarted: %llu is shared no longer", (unsigned long long)id);
	return term_interrupted() ? CTL_OK : ctl_client_failed(ctl, rc);
}

static int share(struct ctl *ctl, const char *kind, const void *bytes, size_t size)
{
	uint64_t id;
	int code = ctl_connect(ctl, 0), rc;

	if (code != CTL_OK)
		return code;
	rc = mos_data_share(ctl->client, kind, bytes, size, &id);
	if (rc < 0)
		return ctl_client_failed(ctl, rc);
	term_catch_interrupt();
	code = print_shared(ctl, id, size);
	return code == CTL_OK ? stay(ctl, id) : code;
}

static int put(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path = args->word[1], *kind = args->opt[KIND] ? args->opt[KIND] : "file";
	struct stat st;
	void *bytes;
	int fd, code = file_check(ctl, path);

	if (args->opt[OUT])
		return ctl_usage(ctl, "--out is for data get");
	if (code != CTL_OK)
		return code;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", path, strerror(errno));
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", path, strerror(errno));
	code = share(ctl, kind, bytes, (size_t)st.st_size);
	munmap(bytes, (size_t)st.st_size);
	return code;
}

static int write_out(struct ctl *ctl, const char *path, const void *bytes, size_t size)
{
	FILE *f = path ? fopen(path, "we") : stdout;
	int ok;

	if (!f)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", path, strerror(errno));
	ok = fwrite(bytes, 1, size, f) == size;
	ok = (path ? fclose(f) : fflush(f)) == 0 && ok;
	return ok ? CTL_OK
		  : ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", path ? path : "standard output",
			    strerror(errno));
}

static int get(struct ctl *ctl, const struct ctl_args *args)
{
	const void *bytes;
	char *end;
	uint64_t id;
	size_t size;
	int code, rc;

	if (args->opt[KIND])
		return ctl_usage(ctl, "--kind is for data put");
	errno = 0;
	id = strtoull(args->word[1], &end, 10);
	if (errno || end == args->word[1] || *end || args->word[1][0] == '-')
		return ctl_usage(ctl, "not the number of something shared: %s", args->word[1]);
	if (!args->opt[OUT] && isatty(STDOUT_FILENO))
		return ctl_usage(ctl, "bytes are not for a terminal: say -o FILE");
	code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code != CTL_OK)
		return code;
	rc = mos_data_get(ctl->client, id, &bytes, &size);
	if (rc < 0)
		return ctl_client_failed(ctl, rc);
	code = write_out(ctl, args->opt[OUT], bytes, size);
	mos_data_release(bytes, size);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	if (!strcmp(args->word[0], "put"))
		return put(ctl, args);
	if (!strcmp(args->word[0], "get"))
		return get(ctl, args);
	return ctl_usage(ctl, "data put FILE, or data get ID; not \"%s\"", args->word[0]);
}

const struct command cmd_data = {
	.name = "data",
	.words = "put FILE | get ID",
	.summary = "Share a file with all programs, or fetch what one shares",
	.text = "put tells data:shared, prints the number under which it lies, and shares it until it is "
		"ended.\n"
		"At most 64 MiB.",
	.example = "  mosctl data put chroma.bin --kind chroma\n  mosctl data get 7 -o chroma.bin",
	.options = options,
	.min_words = 2,
	.max_words = 2,
	.run = run,
};
