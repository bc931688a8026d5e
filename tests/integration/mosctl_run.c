/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mosctl_run.h"
#include "smf_bytes.h"

#define ARGS_MAX 32

/* Both pipes at once, so that neither fills up while the other is waited for. */
static void collect(const int fd[2], char *buf[2], const size_t size[2])
{
	struct pollfd pfd[2] = {{fd[0], POLLIN, 0}, {fd[1], POLLIN, 0}};
	size_t len[2] = {0, 0};
	char rest[4096];

	while (pfd[0].fd >= 0 || pfd[1].fd >= 0) {
		cr_assert(poll(pfd, 2, -1) > 0 || errno == EINTR);
		for (int i = 0; i < 2; i++) {
			ssize_t n;
			size_t room = size[i] - 1 - len[i];

			if (pfd[i].fd < 0 || !pfd[i].revents)
				continue;
			n = room ? read(fd[i], buf[i] + len[i], room) : read(fd[i], rest, sizeof(rest));
			if (n > 0 && room)
				len[i] += (size_t)n;
			if (n <= 0)
				pfd[i].fd = -1;
		}
	}
	for (int i = 0; i < 2; i++) {
		buf[i][len[i]] = '\0';
		close(fd[i]);
	}
}

void mosctl_run(struct said *ret, const char *const args[])
{
	const char *argv[ARGS_MAX] = {MOSCTL_PATH};
	int out[2], err[2], status;
	pid_t pid;

	for (int i = 0; args[i]; i++) {
		cr_assert_lt(i, ARGS_MAX - 2);
		argv[i + 1] = args[i];
	}
	cr_assert_eq(pipe(out), 0);
	cr_assert_eq(pipe(err), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execv(argv[0], (char *const *)argv);
		_exit(126);
	}
	close(out[1]);
	close(err[1]);
	collect((const int[]){out[0], err[0]}, (char *[]){ret->out, ret->err},
		(const size_t[]){sizeof(ret->out), sizeof(ret->err)});
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	ret->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	cr_assert_neq(ret->code, 126, "cannot run %s", MOSCTL_PATH);
}

yyjson_doc *said_json(const struct said *said)
{
	yyjson_read_err err;
	yyjson_doc *doc = yyjson_read_opts((char *)said->out, strlen(said->out), 0, NULL, &err);

	cr_assert_not_null(doc, "not one JSON value, at %zu: %s: %s", err.pos, err.msg, said->out);
	return doc;
}

void write_midi(const char *path, unsigned int n_notes, size_t cut)
{
	static const uint8_t scale[] = {60, 62, 64, 65, 67, 69, 71, 72};
	static struct smf_bytes b;
	FILE *f;

	b = (struct smf_bytes){0};
	smf_head(&b, 0, 1, 480);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20); /* 500,000 us a quarter: 120 BPM */
	for (unsigned int i = 0; i < n_notes; i++) {
		SMF_PUT(&b, 0, 0x90, scale[i % sizeof(scale)], 100);
		SMF_PUT(&b, 0x83, 0x60, 0x80, scale[i % sizeof(scale)], 0); /* 480 ticks later */
	}
	SMF_PUT(&b, 0, 0xff, 0x2f, 0);
	smf_end(&b);
	f = fopen(path, "we");
	cr_assert_not_null(f);
	cr_assert_eq(fwrite(b.data, 1, cut ? cut : b.size, f), cut ? cut : b.size);
	cr_assert_eq(fclose(f), 0);
}
