/* SPDX-License-Identifier: MIT */
/**
 * Trying again with growing pauses: 50 ms, doubled up to half a second. For connections to a peer that may
 * start later or be restarted. Main thread.
 */
#ifndef MOS_BASE_RETRY_H
#define MOS_BASE_RETRY_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct retry {
	sd_event_source *timer;
	uint64_t pause_us; /**< before the next try */
	void (*again)(void *data);
	void *data;
};

/** @param again  Called by the timer, once for each retry_later(). @return 0, -errno of sd_event_add_time. */
int retry_init(struct retry *retry, sd_event *event, void (*again)(void *data), void *data);
/** Zeroed or finished objects are fine. */
void retry_finish(struct retry *retry);

/** Call `again` after the pause, and make the next pause longer. */
void retry_later(struct retry *retry);
/** It worked: the next pause is the shortest. */
void retry_reset(struct retry *retry);

#endif
