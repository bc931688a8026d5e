/* SPDX-License-Identifier: MIT */
/* The widget's cgroup (v2) below one that was delegated to the broker. It is whoever named it who removes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

#define PERIOD_US 100000u /* the kernel's own default */
#define OWN_TASKS 3u      /* bubblewrap's two processes, and one to spare while the inner stage starts */

static int set(int dir_fd, const char *file, const char *value)
{
	int fd = openat(dir_fd, file, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		r = -errno;
	(void)close(fd);
	return r;
}

int cgroup_make(const char *dir, const struct sandbox *box, struct cgroup_limits *ret)
{
	char value[64];
	int fd, procs_fd;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return complain("--cgroup: cannot make %s: %s", dir, strerror(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	procs_fd = fd < 0 ? -1 : openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs_fd < 0) {
		(void)complain("--cgroup: %s is no cgroup, or not ours: %s", dir, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	(void)snprintf(value, sizeof(value), "%llu", (unsigned long long)box->memory_mb << 20);
	ret->memory = set(fd, "memory.max", value) == 0;
	if (ret->memory) {
		/* Without swap there is no such file, and a part of it that is killed is worth nothing. */
		(void)set(fd, "memory.swap.max", "0");
		(void)set(fd, "memory.oom.group", "1");
	}
	(void)snprintf(value, sizeof(value), "%u", box->tasks + OWN_TASKS);
	ret->tasks = set(fd, "pids.max", value) == 0;
	(void)snprintf(value, sizeof(value), "%u %u", PERIOD_US / 100 * box->cpu_percent, PERIOD_US);
	ret->cpu = set(fd, "cpu.max", value) == 0;
	(void)close(fd);
	return procs_fd;
}

int cgroup_join(int procs_fd)
{
	return write(procs_fd, "0", 1) < 0 ? -errno : 0;
}
