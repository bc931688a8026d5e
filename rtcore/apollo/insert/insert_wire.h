/* SPDX-License-Identifier: MIT */
/**
 * What rtcore and mos-fxhost say to each other: datagrams over a socket pair (SOCK_SEQPACKET), which is the
 * process' descriptor INSERT_FD_SOCKET; its region is INSERT_FD_REGION. rtcore believes nothing that comes
 * back: the process runs foreign code.
 *
 * START -> CONTROL for each control, READY; or FAILED. SET has no answer; SYNC -> DONE when all before is
 * done. SAVE -> STATE in pieces, DONE; or FAILED. RESTORE comes in pieces, the first and the last one flagged (what
 * was begun before a first one is void) -> CONTROL for each control with the value that it has now, DONE; or FAILED.
 * The end of the socket is the end of the process.
 */
#ifndef INSERT_WIRE_H
#define INSERT_WIRE_H

#include <stdint.h>

#define INSERT_FD_SOCKET 3
#define INSERT_FD_REGION 4
#define INSERT_CONTROLS_MAX 512u
#define INSERT_STATE_MAX (1u << 20) /**< bytes of text */
#define INSERT_PIECE 4096u

enum insert_op {
	INSERT_OP_START = 1,
	INSERT_OP_SET,
	INSERT_OP_SAVE,
	INSERT_OP_RESTORE,
	INSERT_OP_CONTROL,
	INSERT_OP_READY,
	INSERT_OP_FAILED,
	INSERT_OP_STATE,
	INSERT_OP_DONE,
	INSERT_OP_SYNC,
};

struct insert_msg {
	uint32_t op;
	uint32_t size; /**< of `text` that is used; the rest is not sent */
	union {
		struct {
			uint32_t kind;     /**< MOS_INSERT_*; `text`: URI or path */
			uint32_t priority; /**< SCHED_FIFO to try, 0: none */
		} start;
		struct {
			uint32_t index;
			float value;
		} set;
		struct {
			uint32_t is_first, is_last;
		} restore;
		struct {
			float min, max, initial, value; /**< `text`: symbol */
		} control;
		struct {
			int32_t status; /**< `text`: a sentence */
		} failed;
	} u;
	char text[INSERT_PIECE];
};

#endif
