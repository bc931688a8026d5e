/* SPDX-License-Identifier: MIT */
/**
 * What the processes of a sandbox use, read from its own /proc: there are no others in it. Process 1 is
 * bubblewrap's.
 */
#ifndef MOS_SANDBOX_USAGE_H
#define MOS_SANDBOX_USAGE_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

struct usage {
	uint64_t memory_bytes; /* of no file, swapped out too, and page tables; what forked processes share
				  counts for each */
	uint64_t cpu_us;       /* since the start, of those that live and those that were waited for */
	unsigned int processes;
};

/** Add up. Processes that end meanwhile are left out. */
void usage_read(DIR *proc, struct usage *ret);

/** Memory again, shared pages counted once: exact, and some hundred times as costly. */
uint64_t usage_exact_bytes(DIR *proc);

/** Bytes of all memfds that they hold or have mapped. @return UINT64_MAX: a process hides them, or there are
 * too many. */
uint64_t usage_memfd_bytes(DIR *proc);

/** Send them all a signal. */
void usage_signal(DIR *proc, int signal_nr);

struct dir_usage {
	uint64_t bytes;
	unsigned int files;
	bool too_deep;
};

/** What a directory holds; stops counting when there are more than `files_max`. */
void usage_directory(int dir_fd, unsigned int files_max, struct dir_usage *ret);

#endif
