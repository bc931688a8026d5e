/* SPDX-License-Identifier: MIT */
/**
 * Events in the order of their time. They are told in the order of publishing, and score notes and notes of
 * clients ahead of their time; what was announced and then made void by a stop, a seek or a change of tempo
 * is marked. Pure but for its memory.
 */
#ifndef RECORDER_ORDER_H
#define RECORDER_ORDER_H

#include <stdint.h>
#include <mos/event.h>

#define ORDER_MAX 8192u /**< events that may be held back; then the earliest goes whatever may still come */
#define ORDER_NS UINT64_C(500000000) /**< how far behind the newest an event is certain to be next */

struct ordered {
	struct mos_event ev;
	uint32_t age; /**< order of arrival, among equal times */
	int is_void;  /**< announced, and then it did not happen */
};

struct order {
	struct ordered *heap; /**< ORDER_MAX, owned by the caller */
	uint32_t n, age;
	uint64_t newest_ns; /**< time of the newest event that was no announcement */
	uint64_t last_ns;   /**< of events without a time: the one before */
};

void order_init(struct order *o, struct ordered heap[static ORDER_MAX]);
/** There has to be room: take with `all` 0 until nothing comes first. */
void order_put(struct order *o, const struct mos_event *ev);
/** @param all  1: nothing more will be put. @return 1 the next event; 0 none is certain yet. */
int order_take(struct order *o, int all, struct ordered *ret);

#endif
