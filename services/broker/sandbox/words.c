/* SPDX-License-Identifier: MIT */
/* What holds a widget, in words. */
#include <stdio.h>
#include <unistd.h>

#include "sandbox.h"

static void print_limit(const char *what, bool by_cgroup, const char *otherwise)
{
	(void)printf("%s: %s\n", what, by_cgroup ? "cgroup" : otherwise);
}

void print_words(const struct sandbox *box, const struct cgroup_limits *cgroup, int landlock)
{
	char what[64];

	(void)printf("user: %u outside, no rights inside, none can be got\n", geteuid());
	(void)puts("namespaces: user, process, network (empty), mount, IPC, host name, cgroup");
	(void)printf("files: /usr and its folder, read-only%s%s\n", box->own ? "; its own directory " : "",
		box->own ? box->own : "");
	(void)printf("system calls: those of an ordinary program on the descriptors it was given%s%s; no "
		     "sockets\n",
		box->uring ? "; io_uring" : "", box->memfd ? "; shared memory of its own" : "");
	(void)printf("landlock: version %d\n", landlock);
	(void)snprintf(what, sizeof(what), "memory: %u MB", box->memory_mb);
	print_limit(what, cgroup->memory, "limits of each process, and watched together");
	(void)snprintf(what, sizeof(what), "processes and threads: %u", box->tasks);
	print_limit(what, cgroup->tasks, "limit of its user namespace");
	(void)snprintf(what, sizeof(what), "CPU: %u %% of one core", box->cpu_percent);
	print_limit(what, cgroup->cpu, "watched, and stopped while it is ahead");
	(void)printf("files: %d open, %u MB each", LIMIT_FILES, LIMIT_FILE_BYTES >> 20);
	if (box->own)
		(void)printf(", %u of %u MB together in its own directory", LIMIT_OWN_FILES,
			LIMIT_OWN_BYTES >> 20);
	(void)putchar('\n');
}
