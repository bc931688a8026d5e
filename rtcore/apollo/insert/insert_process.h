/* SPDX-License-Identifier: MIT */
/** One mos-fxhost: starting it, talking to it, ending it. Nothing here waits, but where it says so. */
#ifndef INSERT_PROCESS_H
#define INSERT_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "insert_region.h"
#include "insert_wire.h"

struct insert_process {
	pid_t pid; /**< 0: none */
	int pidfd, socket;
	struct mos_region region;
};

/** Where mos-fxhost is: beside this program, or where it is installed. @return 0, -ENOENT. */
int insert_program_find(char *buf, size_t size);
/** @return 0 or -errno; *ret holds nothing then. */
int insert_process_start(const char *program, uint32_t rate_hz, struct insert_process *ret);
/** Kill it if it lives, take its end, close everything but the region. */
void insert_process_end(struct insert_process *p);
/** @return 0; -EAGAIN its socket is full; -EPIPE it is gone. */
int insert_process_send(const struct insert_process *p, const struct insert_msg *msg);
/** @return 1 a message, its text terminated; 0 none; -EPIPE the end; -EPROTO it talks nonsense. */
int insert_process_receive(const struct insert_process *p, struct insert_msg *ret);
/** Has it ended? @return 1: `text` says how. */
int insert_process_has_ended(const struct insert_process *p, char *text, size_t size);

#endif
