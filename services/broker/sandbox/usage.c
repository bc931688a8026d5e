/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "usage.h"

#define INIT 1

/** The next process but bubblewrap's. @return its number; 0 no more. */
static int next_process(DIR *proc)
{
	const struct dirent *entry;

	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid > INIT)
			return pid;
	}
	return 0;
}

/** Read /proc/PID/NAME as text. @return false when the process is gone, or hides it. */
static bool read_file(DIR *proc, int pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		(void)close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/** The bytes of a line "\nNAME:   123 kB"; 0 when there is none. */
static uint64_t kilobytes(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at ? strtoull(at + strlen(line), NULL, 10) << 10 : 0;
}

static uint64_t cpu_of(DIR *proc, int pid)
{
	unsigned long user, system, children_user, children_system;
	char text[1024];
	const char *at;

	if (!read_file(proc, pid, "stat", text, sizeof(text)))
		return 0;
	at = strrchr(text, ')'); /* a process may be called anything */
	if (!at || sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &user, &system,
			   &children_user, &children_system) != 4)
		return 0;
	return (uint64_t)(user + system + children_user + children_system) * 1000000u /
	       (uint64_t)sysconf(_SC_CLK_TCK);
}

void usage_read(DIR *proc, struct usage *ret)
{
	char text[4096];
	int pid;

	*ret = (struct usage){.cpu_us = cpu_of(proc, INIT)};
	rewinddir(proc);
	while ((pid = next_process(proc))) {
		ret->cpu_us += cpu_of(proc, pid);
		if (!read_file(proc, pid, "status", text, sizeof(text)))
			continue;
		ret->processes++;
		ret->memory_bytes += kilobytes(text, "\nRssAnon:") + kilobytes(text, "\nVmSwap:") +
				     kilobytes(text, "\nVmPTE:");
	}
}

uint64_t usage_exact_bytes(DIR *proc)
{
	uint64_t bytes = 0;
	char text[4096];
	int pid;

	rewinddir(proc);
	while ((pid = next_process(proc))) {
		if (read_file(proc, pid, "smaps_rollup", text, sizeof(text)))
			bytes += kilobytes(text, "\nPss_Anon:") + kilobytes(text, "\nSwapPss:");
		if (read_file(proc, pid, "status", text, sizeof(text)))
			bytes += kilobytes(text, "\nVmPTE:");
	}
	return bytes;
}

void usage_signal(DIR *proc, int signal_nr)
{
	char name[16];
	int pid, fd;

	rewinddir(proc);
	while ((pid = next_process(proc))) {
		/* Its number is that of another namespace: the directory is the handle. */
		(void)snprintf(name, sizeof(name), "%d", pid);
		fd = openat(dirfd(proc), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			(void)syscall(SYS_pidfd_send_signal, fd, signal_nr, NULL, 0);
			(void)close(fd);
		}
	}
}
