/* SPDX-License-Identifier: MIT */
/*
 * The watch over a running widget: waits for its end, and where no cgroup limits memory and CPU, looks at
 * what it uses: too much memory ends it, too much CPU makes it stand still for as long as it was ahead.
 *
 * Between two looks a single process is held by its own limits (inner.c), so the fast pace is for what can
 * grow: several processes, and who is near a limit.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"
#include "usage.h"

#define PACE_FAST_MS 100
#define PACE_SLOW_MS 500
#define FILES_PACE_US 1000000u
#define BURST_US 1000000 /* of CPU time that may be saved up, in wall time: starting up is work */

struct watch {
	const struct sandbox *box;
	bool memory, cpu;
	DIR *proc;
	int init_fd;          /* process 1 of the sandbox */
	int64_t allowance_us; /* CPU time that may be used up now; below 0 it stands still */
	uint64_t cpu_us;      /* used at the last look */
	uint64_t looked_us, files_looked_us;
	bool stopped, ended;
};

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/** Wait for the inner stage's word. @return its /proc; -1: it never came so far. */
static int wait_started(int status_fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char word;
	struct iovec into = {.iov_base = &word, .iov_len = 1};
	struct msghdr message = {.msg_iov = &into,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(status_fd, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

/** Process 1, of which bubblewrap has told the number before it let it go. @return a pidfd; -errno. */
static int open_init(int info_fd)
{
	char text[512];
	ssize_t n = read(info_fd, text, sizeof(text) - 1);
	const char *at;
	int fd;

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "\"child-pid\":");
	if (!at)
		return -ESRCH;
	fd = pidfd_open(atoi(at + strlen("\"child-pid\":")), 0);
	return fd < 0 ? -errno : fd;
}

static void end(struct watch *watch)
{
	watch->ended = true;
	(void)pidfd_send_signal(watch->init_fd, SIGKILL, NULL, 0);
}

static void look_at_memory(struct watch *watch, const struct usage *usage)
{
	uint64_t limit_bytes = (uint64_t)watch->box->memory_mb << 20, bytes = usage->memory_bytes,
		 memfd_bytes = 0;

	if (watch->box->memfd)
		memfd_bytes = usage_memfd_bytes(watch->proc);
	if (memfd_bytes == UINT64_MAX) {
		(void)complain("%s hides its memory: ended", watch->box->id);
		end(watch);
		return;
	}
	if (bytes + memfd_bytes > limit_bytes)
		bytes = usage_exact_bytes(watch->proc);
	if (bytes + memfd_bytes > limit_bytes) {
		(void)complain("%s uses %llu MB of memory in %u processes, allowed are %u: ended",
			watch->box->id, (unsigned long long)((bytes + memfd_bytes) >> 20), usage->processes,
			watch->box->memory_mb);
		end(watch);
	}
}

static void look_at_cpu(struct watch *watch, const struct usage *usage, uint64_t elapsed_us)
{
	int64_t per_second = (int64_t)watch->box->cpu_percent * 10000, most = per_second * BURST_US / 1000000;
	bool stop;

	/* What was used by processes that nobody waited for is gone from the sum: then it is as if nothing
	 * was. */
	if (usage->cpu_us > watch->cpu_us)
		watch->allowance_us -= (int64_t)(usage->cpu_us - watch->cpu_us);
	watch->cpu_us = usage->cpu_us;
	watch->allowance_us += (int64_t)elapsed_us * per_second / 1000000;
	if (watch->allowance_us > most)
		watch->allowance_us = most;
	stop = watch->allowance_us < 0;
	/* Again and again while it stands: one may have been forked since. */
	if (stop)
		usage_signal(watch->proc, SIGSTOP);
	else if (watch->stopped)
		usage_signal(watch->proc, SIGCONT);
	watch->stopped = stop;
}

static void look_at_files(struct watch *watch)
{
	struct dir_usage usage;

	usage_directory(watch->box->own_fd, LIMIT_OWN_FILES, &usage);
	if (usage.bytes <= LIMIT_OWN_BYTES && usage.files <= LIMIT_OWN_FILES && !usage.too_deep)
		return;
	(void)complain("%s has %llu MB in %u files%s in %s, allowed are %u MB in %u: ended", watch->box->id,
		(unsigned long long)(usage.bytes >> 20), usage.files,
		usage.too_deep ? ", too deep or closed," : "", watch->box->own, LIMIT_OWN_BYTES >> 20,
		LIMIT_OWN_FILES);
	end(watch);
}

/** Look at what it uses. @return milliseconds until the next look; -1 none is needed. */
static int look(struct watch *watch)
{
	uint64_t now = now_us(), elapsed_us = now - watch->looked_us;
	struct usage usage;
	bool near = false;

	watch->looked_us = now;
	if (watch->box->own_fd >= 0 && now - watch->files_looked_us >= FILES_PACE_US) {
		watch->files_looked_us = now;
		look_at_files(watch);
	}
	if (watch->memory || watch->cpu)
		usage_read(watch->proc, &usage);
	if (watch->memory) {
		look_at_memory(watch, &usage);
		near = usage.processes > 1 || usage.memory_bytes > (uint64_t)watch->box->memory_mb << 19;
	}
	if (watch->cpu) {
		look_at_cpu(watch, &usage, elapsed_us);
		near |= watch->allowance_us < (int64_t)watch->box->cpu_percent * BURST_US / 200;
	}
	if (!watch->memory && !watch->cpu && watch->box->own_fd < 0)
		return -1;
	return near ? PACE_FAST_MS : PACE_SLOW_MS;
}

/** @return the exit code of bubblewrap, which is the widget's. */
static int reap(pid_t bwrap)
{
	int status;

	while (waitpid(bwrap, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int not_started(pid_t bwrap)
{
	(void)reap(bwrap);
	(void)complain("hint: where bwrap says that it may not: user namespaces may be forbidden (sysctl "
		       "user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns), or this is "
		       "a chroot or a "
		       "container");
	(void)complain("the sandbox could not be made, for the reason above, and nothing was run");
	return EXIT_NOT_STARTED;
}

static void wait_end(struct watch *watch, int bwrap_fd)
{
	struct pollfd bwrap = {.fd = bwrap_fd, .events = POLLIN},
		      init = {.fd = watch->init_fd, .events = POLLIN};
	int pace_ms = PACE_FAST_MS;

	watch->looked_us = watch->files_looked_us = now_us();
	if (!watch->memory && !watch->cpu && watch->box->own_fd < 0)
		pace_ms = -1;
	while (poll(&bwrap, 1, pace_ms) == 0)
		if (!watch->ended)
			pace_ms = look(watch);
	/* Its processes end when bubblewrap has ended; when we are gone, they are. */
	while (poll(&init, 1, -1) < 0 && errno == EINTR)
		;
}

int watch_run(const struct sandbox *box, const struct cgroup_limits *cgroup, pid_t bwrap, int status_fd,
	int info_fd)
{
	struct watch watch = {.box = box, .memory = !cgroup->memory, .cpu = !cgroup->cpu};
	int bwrap_fd = pidfd_open(bwrap, 0), proc_fd = wait_started(status_fd), code;

	watch.init_fd = open_init(info_fd);
	watch.proc = proc_fd < 0 ? NULL : fdopendir(proc_fd);
	/* The inner stage waits for this: before, a short widget might be over. */
	if (bwrap_fd < 0 || watch.init_fd < 0 || !watch.proc || send(status_fd, "", 1, MSG_NOSIGNAL) != 1) {
		(void)kill(bwrap, SIGKILL);
		return not_started(bwrap);
	}
	watch.allowance_us = (int64_t)box->cpu_percent * BURST_US / 100;
	wait_end(&watch, bwrap_fd);
	code = reap(bwrap);
	if (code == 128 + SIGSYS)
		(void)complain("%s asked the kernel for something that no widget may: ended", box->id);
	(void)closedir(watch.proc);
	return code;
}
