/* SPDX-License-Identifier: MIT */
/* mosctl library embed: what songs are like, as numbers; ours, or a file's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "library.h"

#define PATIENCE_MS 3'600'000 /* a library of a million songs */

static void print_report(const struct mos_value *value)
{
	const struct mos_value *sets = mos_get(value, "vectors");
	char name[96];
	for (uint32_t i = 0; sets && sets->type == MOS_VALUE_LIST && i < sets->len; i++)
		printf("%-16s %lld songs, %lld numbers each\n",
			printable(mos_get_str(&sets->u.items[i], "name", "?"), name, sizeof(name)),
			(long long)mos_get_int(&sets->u.items[i], "n", 0),
			(long long)mos_get_int(&sets->u.items[i], "dims", 0));
	if (sets && sets->type == MOS_VALUE_LIST && sets->len == 0)
		printf("no vectors: --like is off\n");
	if (mos_get_int(value, "unknown", 0))
		fprintf(stderr, "%lld lines name no song of the library, the first: %s\n",
			(long long)mos_get_int(value, "unknown", 0),
			printable(mos_get_str(value, "first_unknown", "?"), name, sizeof(name)));
}

static int open_file(struct ctl *ctl, const char *path, int *ret)
{
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return *ret < 0 ? ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", path, strerror(errno)) : CTL_OK;
}

int library_embed(struct ctl *ctl, const struct ctl_args *args)
{
	const int drop = args->opt[LIBRARY_DROP] != NULL;
	struct mos_field field[2];
	struct mos_reply reply;
	int fd[2] = {-1, -1}, code = CTL_OK;
	size_t n = 0;
	if (drop ? args->n > 2 : args->n != 1 && args->n != 4)
		return ctl_usage(ctl, "embed: nothing, or NAME VECTORS.npy SONGS.txt, or --drop [NAME]");
	if (args->n > 1)
		field[n++] = mos_str("name", args->word[1]);
	if (drop)
		field[n++] = mos_bool("drop", 1);
	if (args->n == 4)
		code = open_file(ctl, args->word[2], &fd[0]);
	if (args->n == 4 && code == CTL_OK)
		code = open_file(ctl, args->word[3], &fd[1]);
	if (code == CTL_OK)
		code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code == CTL_OK) {
		const int rc = mos_call_request(ctl->client,
			&(struct mos_request){.method = "hermes.library.embed",
				.args = field,
				.n_args = n,
				.fds = fd,
				.n_fds = args->n == 4 ? 2 : 0,
				.timeout_ms = PATIENCE_MS},
			&reply);
		code = rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
	}
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		print_report(&reply.value);
	mos_reply_finish(&reply);
	return code;
}
