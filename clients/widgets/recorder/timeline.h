/* SPDX-License-Identifier: MIT */
/**
 * Hermes timeline JSON 1.0 (HTL-01, HTL-02): what happened, for video, replay and people. Each event carries,
 * beside its readable members, the 64 bytes of the record that it was (`mos.record`), so that nothing is lost
 * on the way and a recording can be made of it again, bit for bit.
 */
#ifndef RECORDER_TIMELINE_H
#define RECORDER_TIMELINE_H

#include <stdint.h>
#include <stdio.h>
#include "journal.h"
#include "order.h"

/** Position, as far as the recording itself tells it: from the beats. */
struct timeline_place {
	uint64_t time_ns, ns_per_quarter;
	int64_t tick, beat_tick; /**< now; of the last beat */
	uint32_t measure;
	uint16_t beat, meter_den;
	int rolling;
};

struct timeline_writer {
	FILE *out;
	uint64_t start_ns, before_us, n_events;
	struct timeline_place place;
};

/** Write the beginning. @return 0; -errno. */
int timeline_begin(struct timeline_writer *w, FILE *out, const struct journal_head *head);
/** One event, in the order of time. */
int timeline_event(struct timeline_writer *w, const struct ordered *event);
int timeline_end(struct timeline_writer *w);

/** A whole recording. @param ret_events  May be NULL. @return 0; -errno. */
int timeline_export(const char *dir, const char *name, FILE *out, uint64_t *ret_events);

/**
 * Read a timeline back: events of ours as they were recorded, in the order of publishing; `midi_event`s of
 * others as notes at their time.
 * @param ret           The caller frees it.
 * @param ret_start_ns  The recording's begin on the clock of its events; 0 where the file does not say.
 * @return how many; -EINVAL no timeline, ret_where says where; -ENOMEM.
 */
int64_t timeline_read(const char *json, size_t size, struct mos_event **ret, uint64_t *ret_start_ns,
	char ret_where[static 96]);

#endif
