/* SPDX-License-Identifier: MIT */
/* Other programs: finding ours, and asking small ones for a line of text. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mosctl.h"

static int is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

static int on_path(const char *name, char *buf, size_t size)
{
	const char *dirs = getenv("PATH");

	while (dirs && *dirs) {
		size_t len = strcspn(dirs, ":");

		if (len && (size_t)snprintf(buf, size, "%.*s/%s", (int)len, dirs, name) < size &&
			is_program(buf))
			return 0;
		dirs += len + (dirs[len] == ':');
	}
	return -ENOENT;
}

int program_find(const char *name, char *buf, size_t size)
{
	/* Where meson builds them, seen from build/tools/mosctl/; and where what nobody starts by hand is. */
	static const char *const from_build[] = {"../../rtcore", "../../rtcore/fxhost", "../../services/hermes", "../../services/theater",
		"../../services/broker", "../../services/broker/sandbox", "../../services/band", "../mos-session", "../mos-trace", "../libexec/mos"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return on_path(name, buf, size);
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	if ((size_t)snprintf(buf, size, "%s/%s", self, name) < size && is_program(buf))
		return 0;
	for (size_t i = 0; i < sizeof(from_build) / sizeof(from_build[0]); i++) {
		if ((size_t)snprintf(buf, size, "%s/%s/%s", self, from_build[i], name) < size &&
			is_program(buf))
			return 0;
	}
	return on_path(name, buf, size);
}

/* A stream that is caught: what does not fit is read and dropped, so that the program never blocks on us. */
struct catch {
	int fd; /* -1: closed */
	char *buf;
	size_t size, len;
};

/* @return 1 more may come, 0 the end. */
static int catch_some(struct catch *c)
{
	char rest[4096];
	int full = c->len + 1 >= c->size;
	ssize_t n =
		full ? read(c->fd, rest, sizeof(rest)) : read(c->fd, c->buf + c->len, c->size - 1 - c->len);

	if (n < 0)
		return errno == EINTR;
	if (!full)
		c->len += (size_t)n;
	return n > 0;
}

static void catch_all(struct catch c[static 2])
{
	struct pollfd pfd[2] = {{c[0].fd, POLLIN, 0}, {c[1].fd, POLLIN, 0}};

	while (pfd[0].fd >= 0 || pfd[1].fd >= 0) {
		if (poll(pfd, 2, -1) < 0)
			continue; /* EINTR */
		for (int i = 0; i < 2; i++) {
			if (pfd[i].fd >= 0 && pfd[i].revents && !catch_some(&c[i]))
				pfd[i].fd = -1;
		}
	}
	for (int i = 0; i < 2; i++) {
		if (c[i].fd < 0)
			continue;
		close(c[i].fd);
		c[i].buf[c[i].len] = '\0';
	}
}

int program_run(const char *const argv[], const struct program_says *says)
{
	struct catch c[2] = {{-1, says->out, says->out_size, 0}, {-1, says->err, says->err_size, 0}};
	posix_spawn_file_actions_t actions;
	int write_end[2] = {-1, -1};
	int status, rc;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	for (int i = 0; i < 2; i++) {
		int pair[2];

		if (!c[i].buf)
			continue;
		if (pipe2(pair, O_CLOEXEC) < 0) {
			rc = -errno;
			goto out;
		}
		c[i].fd = pair[0];
		write_end[i] = pair[1];
		posix_spawn_file_actions_adddup2(&actions, pair[1], i == 0 ? STDOUT_FILENO : STDERR_FILENO);
	}
	rc = -posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
out:
	posix_spawn_file_actions_destroy(&actions);
	for (int i = 0; i < 2; i++) {
		if (write_end[i] >= 0)
			close(write_end[i]);
	}
	catch_all(c);
	if (rc < 0)
		return rc;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
