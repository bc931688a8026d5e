/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LISTED_MAX 8u

/** The program's name without its directory; false: the process is gone or may not be looked at. */
static bool program_of(pid_t pid, char *name, size_t size)
{
	char path[32], exe[TRACE_PATH_MAX];
	const char *slash;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return false;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	(void)snprintf(name, size, "%.*s", (int)size - 1, slash ? slash + 1 : exe);
	return true;
}

static bool is_rtcore(pid_t pid)
{
	static const char name[] = "mos-rtcore";
	char program[64];

	/* a package that was upgraded under it leaves "mos-rtcore (deleted)" */
	return program_of(pid, program, sizeof(program)) && !strncmp(program, name, sizeof(name) - 1) &&
	       (program[sizeof(name) - 1] == '\0' || program[sizeof(name) - 1] == ' ');
}

/** Who holds the runtime directory. @return 0: nobody */
static pid_t holder_of(const char *dir)
{
	char path[TRACE_PATH_MAX + 16], text[24];
	ssize_t n = -1;
	long pid;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/rtcore.lock", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		(void)close(fd);
	}
	if (n <= 0)
		return 0;
	text[n] = '\0';
	pid = strtol(text, NULL, 10);
	return pid > 0 && pid <= INT32_MAX && is_rtcore((pid_t)pid) ? (pid_t)pid : 0;
}

static int take(struct target *t, pid_t pid, const char *dir)
{
	t->pid = pid;
	t->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (t->pidfd < 0)
		return trace_say(TRACE_FAILED, "process %d: %s", pid, strerror(errno));
	(void)snprintf(t->runtime_dir, sizeof(t->runtime_dir), "%s", dir);
	(void)snprintf(t->exe, sizeof(t->exe), "/proc/%d/exe", pid);
	return 0;
}

static uint32_t list_all(pid_t *pids, uint32_t max)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	uint32_t n = 0;

	while (proc && n < max && (d = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)d->d_name[0]) ? (pid_t)strtol(d->d_name, NULL, 10) : 0;

		if (pid > 0 && is_rtcore(pid))
			pids[n++] = pid;
	}
	if (proc)
		(void)closedir(proc);
	return n;
}

static int find_only(struct target *t, bool quiet)
{
	pid_t pids[LISTED_MAX];
	uint32_t n = list_all(pids, LISTED_MAX);

	if (n == 1)
		return take(t, pids[0], "");
	if (quiet)
		return TRACE_FAILED;
	if (n == 0)
		return trace_say(TRACE_FAILED, "no mos-rtcore runs here\n"
					       "  hint: systemctl --user start mos.target, or mos-session");
	(void)trace_say(0, "several mos-rtcore run here; which one? Say it with --pid or --runtime-dir:");
	for (uint32_t i = 0; i < n; i++)
		(void)fprintf(stderr, "  --pid %d\n", pids[i]);
	return TRACE_USAGE;
}

int target_find(struct target *t, const struct target_wish *wish, bool quiet)
{
	const char *dir = wish->runtime_dir ? wish->runtime_dir : getenv("MOS_RUNTIME_DIR");
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char buf[TRACE_PATH_MAX];
	pid_t pid;

	*t = (struct target){.pidfd = -1};
	if (wish->pid)
		return take(t, wish->pid, "");
	if (!dir && xdg) {
		(void)snprintf(buf, sizeof(buf), "%s/mos", xdg);
		dir = buf;
	}
	pid = dir ? holder_of(dir) : 0;
	if (pid)
		return take(t, pid, dir);
	if (wish->runtime_dir || getenv("MOS_RUNTIME_DIR"))
		return quiet ? TRACE_FAILED
			     : trace_say(TRACE_FAILED,
				       "no mos-rtcore serves %s\n"
				       "  hint: is it the right directory? mosctl status tells what runs",
				       dir);
	return find_only(t, quiet);
}

bool target_is_gone(const struct target *t)
{
	struct pollfd p = {.fd = t->pidfd, .events = POLLIN};

	return t->pidfd >= 0 && poll(&p, 1, 0) > 0;
}

void target_close(struct target *t)
{
	if (t->pidfd >= 0)
		(void)close(t->pidfd);
	t->pidfd = -1;
}
