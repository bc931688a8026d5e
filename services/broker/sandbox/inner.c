/* SPDX-License-Identifier: MIT */
/*
 * The stage inside the namespaces, under the filter: takes limits and landlock upon itself, tells the watch
 * that the sandbox stands, lets go of all descriptors but the widget's, and becomes the widget.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox.h"

/* argv: mos-sandbox --inside STATUS FD MEMORY_MB TASKS LIBRARIES OWN [PROGRAM ARG...] */
enum { STATUS = 2, FD, MEMORY_MB, TASKS, LIBRARIES, OWN, PROGRAM };

static int limit(int what, rlim_t value)
{
	const struct rlimit both = {value, value};

	return setrlimit(what, &both);
}

static int take_limits(rlim_t memory_mb, rlim_t tasks)
{
	rlim_t memory_bytes = memory_mb << 20;
	int r = 0;

	/* Counted for this user in this user namespace: its own processes, and process 1. */
	r |= limit(RLIMIT_NPROC, tasks + 1);
	/* What can be written and is not shared, of one process; a thread's stack counts whole. */
	r |= limit(RLIMIT_DATA, memory_bytes + tasks * LIMIT_STACK_BYTES);
	r |= limit(RLIMIT_AS, memory_bytes + tasks * LIMIT_STACK_BYTES + LIMIT_ADDRESS_BYTES);
	r |= limit(RLIMIT_STACK, LIMIT_STACK_BYTES);
	r |= limit(RLIMIT_NOFILE, LIMIT_FILES);
	r |= limit(RLIMIT_FSIZE, LIMIT_FILE_BYTES);
	r |= limit(RLIMIT_CORE, 0);
	r |= limit(RLIMIT_RTPRIO, 0);
	r |= limit(RLIMIT_NICE, 0);
	r |= limit(RLIMIT_MEMLOCK, 64 << 10);
	r |= limit(RLIMIT_MSGQUEUE, 0);
	r |= limit(RLIMIT_SIGPENDING, 128);
	return r < 0 ? complain("cannot take limits: %s", strerror(errno)) : 0;
}

/** The watch gets our /proc, where it sees the widget's processes and no others. Returns when it watches. */
static int tell_watch(int status_fd)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec word = {.iov_base = &(char){'r'}, .iov_len = 1};
	struct msghdr message = {.msg_iov = &word,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	char answer;

	if (proc < 0)
		return complain("cannot open /proc: %s", strerror(errno));
	control.head = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.head), &proc, sizeof(proc));
	if (sendmsg(status_fd, &message, MSG_NOSIGNAL) != 1 || recv(status_fd, &answer, 1, 0) != 1)
		return complain("cannot tell the watch: %s", strerror(errno));
	return 0;
}

/** All but 0, 1, 2 and the widget's own. */
static void close_others(int keep)
{
	if (keep < 3) {
		(void)close_range(3, ~0u, 0);
		return;
	}
	if (keep > 3)
		(void)close_range(3, (unsigned int)keep - 1, 0);
	(void)close_range((unsigned int)keep + 1, ~0u, 0);
}

int inner_main(int argc, char **argv)
{
	int fd, error;

	if (argc < PROGRAM)
		return EXIT_NOT_STARTED;
	fd = atoi(argv[FD]);
	if (take_limits(strtoul(argv[MEMORY_MB], NULL, 10), strtoul(argv[TASKS], NULL, 10)) < 0 ||
		landlock_apply((unsigned int)atoi(argv[LIBRARIES]), argv[OWN][0] ? argv[OWN] : NULL) < 0 ||
		tell_watch(atoi(argv[STATUS])) < 0)
		return EXIT_NOT_STARTED;
	if (argc == PROGRAM)
		return 0;
	close_others(fd);
	(void)execv(argv[PROGRAM], argv + PROGRAM);
	error = errno;
	(void)complain("cannot run %s: %s", argv[PROGRAM], strerror(error));
	return error == ENOENT ? 127 : 126;
}
