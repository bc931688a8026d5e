/* SPDX-License-Identifier: MIT */
/* mosctl widget pack; install, from a file. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "widget.h"
#include "widget_bundle.h"

#define MANIFEST_MAX (64u << 10)

static int fail_bundle(struct ctl *ctl, const char *path, const struct bundle_error *err)
{
	char name[256], where[256];

	printable(path, name, sizeof(name));
	printable(err->where, where, sizeof(where));
	return ctl_fail(
		ctl, CTL_BAD_FILE, NULL, "%s%s%s: %s", name, where[0] ? ": " : "", where, err->message);
}

/* --- Packing --- */

static const struct bundle_file *find(const struct bundle_list *list, const char *path)
{
	for (unsigned int i = 0; i < list->n; i++) {
		if (!strcmp(list->file[i].path, path))
			return &list->file[i];
	}
	return NULL;
}

static yyjson_doc *read_manifest(int folder)
{
	const int fd = openat(folder, "widget.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *text = malloc(MANIFEST_MAX);
	yyjson_doc *doc = NULL;

	if (fd >= 0 && text) {
		const ssize_t n = read(fd, text, MANIFEST_MAX);

		if (n > 0 && (size_t)n < MANIFEST_MAX)
			doc = yyjson_read(text, (size_t)n, 0);
	}
	free(text);
	if (fd >= 0)
		(void)close(fd);
	return doc;
}

/* A word of which a file's name may be made. */
static int is_plain(const char *text)
{
	return text && text[0] && text[0] != '.' && strlen(text) < 64 &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-")];
}

/* What would be refused on every box. All of it is checked where it is installed. */
static int check_manifest(struct ctl *ctl, const char *path, yyjson_doc *doc,
	const struct bundle_list *list, char *name, size_t size)
{
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *id = yyjson_get_str(yyjson_obj_get(root, "id"));
	const char *version = yyjson_get_str(yyjson_obj_get(root, "version"));
	const char *component = yyjson_get_str(yyjson_obj_get(root, "component"));
	const struct bundle_file *program;
	char text[256];

	if (!doc)
		return ctl_fail(ctl, CTL_BAD_FILE,
			"a widget is a folder with widget.json; mosctl widget new makes one",
			"%s: widget.json is missing, or no JSON", printable(path, text, sizeof(text)));
	if (!is_plain(id) || !is_plain(version) || !component)
		return ctl_fail(ctl, CTL_BAD_FILE, "mosctl widget check says more",
			"%s/widget.json: %s is missing or malformed", printable(path, text, sizeof(text)),
			!is_plain(id)        ? "id"
			: !is_plain(version) ? "version"
					     : "component");
	program = find(list, component);
	if (!program || !program->is_executable)
		return ctl_fail(ctl, CTL_BAD_FILE, program ? "chmod +x makes it one" : "was it built?",
			"%s: its component is no executable file", printable(path, text, sizeof(text)));
	(void)snprintf(name, size, "%s-%s.mosw", id, version);
	return CTL_OK;
}

static int write_bundle(
	struct ctl *ctl, const char *path, int folder, const struct bundle_list *list, const char *to)
{
	struct bundle_error err;
	char name[256];
	const int archive = memfd_create("bundle", MFD_CLOEXEC);
	int code = CTL_OK, rc;

	if (archive < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "no memory for it: %s", strerror(errno));
	rc = bundle_pack(folder, list, archive, &err);
	if (rc < 0)
		code = fail_bundle(ctl, path, &err);
	else if ((rc = file_replace(archive, to)) < 0)
		code = ctl_fail(
			ctl, CTL_FAILED, NULL, "%s: %s", printable(to, name, sizeof(name)), strerror(-rc));
	(void)close(archive);
	return code;
}

static int tell(const struct ctl *ctl, const struct bundle_list *list, const char *to)
{
	char text[256];

	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);

		yyjson_mut_obj_add_str(doc, root, "file", to);
		yyjson_mut_obj_add_uint(doc, root, "files", list->n);
		yyjson_mut_obj_add_uint(doc, root, "bytes", list->bytes);
		return json_print(doc, root);
	}
	printf("%s: %u files, %llu bytes; mosctl widget install %s\n", printable(to, text, sizeof(text)),
		list->n, (unsigned long long)list->bytes, text);
	return CTL_OK;
}

int widget_pack(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path = args->word[1], *to = args->opt[WIDGET_OUTPUT];
	const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bundle_list list;
	struct bundle_error err;
	yyjson_doc *manifest;
	char name[160];
	int code;

	if (folder < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, "a widget is a folder with widget.json", "%s: %s",
			printable(path, name, sizeof(name)), strerror(errno));
	if (bundle_look(folder, &list, &err) < 0) {
		(void)close(folder);
		return fail_bundle(ctl, path, &err);
	}
	manifest = read_manifest(folder);
	code = check_manifest(ctl, path, manifest, &list, name, sizeof(name));
	if (code == CTL_OK)
		code = write_bundle(ctl, path, folder, &list, to ? to : name);
	if (code == CTL_OK)
		code = tell(ctl, &list, to ? to : name);
	yyjson_doc_free(manifest);
	bundle_list_finish(&list);
	(void)close(folder);
	return code;
}

/* --- Unpacking --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path) < 0 ? -1 : 0;
}

void widget_folder_remove(const char *folder)
{
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* All files of a widget, each with a header and filled up to a block, and what tars put at the end. */
#define ARCHIVE_MAX ((off_t)BUNDLE_BYTES_MAX + BUNDLE_FILES_MAX * 2 * TAR_BLOCK + (64 << 10))

/* What is checked is what is unpacked, whatever happens to the file meanwhile; it lies in memory, so only so much. */
static int open_copy(const char *path)
{
	int from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), copy, rc = 0;
	off_t done = 0;
	ssize_t n = 0;

	if (from < 0)
		return -1;
	copy = memfd_create("bundle", MFD_CLOEXEC);
	if (copy < 0)
		rc = -errno;
	while (rc == 0 && (n = sendfile(copy, from, NULL, 1u << 20)) > 0 && (done += n) <= ARCHIVE_MAX)
		;
	if (rc == 0 && (n < 0 || done > ARCHIVE_MAX))
		rc = n < 0 ? -errno : -EFBIG;
	(void)close(from);
	if (rc == 0 && lseek(copy, 0, SEEK_SET) == 0)
		return copy;
	if (copy >= 0)
		(void)close(copy);
	errno = rc < 0 ? -rc : errno;
	return -1;
}

int widget_unpack(struct ctl *ctl, const char *path, int must_be_signed, char *ret_folder, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	struct bundle_error err;
	int code = file_check(ctl, path), archive, folder;

	if (code != CTL_OK)
		return code;
	if (snprintf(ret_folder, size, "%s/mos-widget-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp") >=
			(int)size ||
		!mkdtemp(ret_folder))
		return ctl_fail(ctl, CTL_FAILED, "TMPDIR names another folder",
			"no folder to unpack it in: %s", strerror(errno));
	/* Whoever the broker runs as reads it. */
	(void)chmod(ret_folder, 0755);
	archive = open_copy(path);
	folder = open(ret_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (archive < 0 || folder < 0)
		code = ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", path, strerror(errno));
	else if ((code = widget_check_signature(ctl, path, archive, must_be_signed)) != CTL_OK)
		;
	else if (bundle_unpack(archive, folder, &err) < 0)
		code = fail_bundle(ctl, path, &err);
	if (archive >= 0)
		(void)close(archive);
	if (folder >= 0)
		(void)close(folder);
	if (code != CTL_OK)
		widget_folder_remove(ret_folder);
	return code;
}
