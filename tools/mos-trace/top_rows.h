/* SPDX-License-Identifier: MIT */
/** Threads as the view `top` shows them: differences, order, words. Pure. */
#ifndef MOS_TRACE_TOP_ROWS_H
#define MOS_TRACE_TOP_ROWS_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "top.h"

struct top_row {
	uint32_t tid;
	uint32_t waker;
	uint64_t waker_n; /**< 0: nobody woke it */
	char waker_comm[TOP_COMM_LEN];
	struct top_thread figures;
};

struct top_rows {
	size_t n;
	struct top_row row[TOP_THREADS_MAX];
};

struct top_row *top_rows_find(struct top_rows *rows, uint32_t tid);
/** What was added since `before`; NULL, or another thread of that number: all of it. */
struct top_thread top_since(const struct top_row *row, const struct top_row *before);
/** Places in their order: who ran longest first. */
void top_order(const struct top_thread *since, size_t n, size_t *ret);
/** "fifo 88", "rr 20", "nice 0", "batch", "idle", "dl". @return buf */
const char *top_policy(const struct top_thread *t, char *buf, size_t size);
/** "data-loop.0 1234", "interrupt", "-". */
void top_waker_name(const struct top_row *row, char *buf, size_t size);

#endif
