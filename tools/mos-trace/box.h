/* SPDX-License-Identifier: MIT */
/**
 * Which processes belong to one box: its rtcore, who has one of rtcore's regions mapped, rtcore's children,
 * and MOS' and PipeWire's own programs that were started beside it. Several boxes may run on one machine.
 */
#ifndef MOS_TRACE_BOX_H
#define MOS_TRACE_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BOX_PROCESSES_MAX 1024u
#define BOX_NAME_LEN 48
#define BOX_PATH_LEN 512

struct box_process {
	pid_t pid;
	char name[BOX_NAME_LEN]; /**< of its program; of a script, not of what interprets it */
	/** The libmos that it has mapped; empty: none. A path that may be opened while the process lives. */
	char library[BOX_PATH_LEN];
	dev_t library_dev;
	ino_t library_ino;
};

struct box {
	size_t n, n_left_out;
	struct box_process process[BOX_PROCESSES_MAX];
};

/**
 * Look anew. @param rtcore 0: all of MOS' programs and all who have a libmos, of whatever box.
 * @return 0, -errno: /proc cannot be read.
 */
int box_scan(struct box *box, pid_t rtcore);
/**
 * Make the keys of a BPF map (pid: 1) the processes of the box: who has ended leaves his place and his
 * number.
 */
void box_tell(const struct box *box, int map);
/** NULL: none of ours, or it came after the last look. */
const struct box_process *box_find(const struct box *box, pid_t pid);
/** It has ended, whether it was waited for or not. */
bool box_is_gone(pid_t pid);
/** Of the program that runs as `pid`; "?" when it is gone. */
void box_name(pid_t pid, char *buf, size_t size);
/** The generation of rtcore's regions. @return 0: it cannot be read. */
uint64_t box_generation(pid_t rtcore);
/** The number of the newest event. @return UINT64_MAX: it cannot be read. */
uint64_t box_newest_event(pid_t rtcore);

#endif
