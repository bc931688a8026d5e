/* SPDX-License-Identifier: MIT */
/**
 * Score -> timeline: what rtcore plays. MIDI 1.0 channel voice packets (message type 2), system exclusive
 * in packets of six bytes (type 3). Process: mos-hermes; any thread, no I/O but the memfd.
 *
 * Order at one tick (Tritone rule; the timeline's builder sorts): note-offs, then programs, controllers and
 * sysex, then note-ons; then by part, then by key. Controls of a part keep the order of the score. Sysex
 * belongs to the first part and so comes before all controls of its tick: it sets up what they address.
 */
#ifndef HERMES_COMPILE_H
#define HERMES_COMPILE_H

#include <stdint.h>

#include <mos/timeline.h>

#include "alloc.h"
#include "score.h"

/** A compiled score, not yet in its memfd. `src` points into the arrays and into the score's strings. */
struct compiled {
	const struct hermes_alloc *alloc;
	struct mos_tl_tempo *tempo;
	struct mos_tl_meter *meter;
	struct mos_tl_key *key;
	struct mos_tl_event *event;
	struct mos_tl_marker *marker;
	struct mos_tl_part *part;
	struct mos_timeline_src src;
	int64_t duration_ns; /**< of the whole score at its own tempo */
};

/**
 * @param score  Finalized; borrowed until compile_finish().
 * @param ret    Untouched on failure.
 * @return 0; -ENOMEM; -ERANGE the score lasts longer than 667 hours.
 */
int compile_score(const struct score *score, const struct hermes_alloc *alloc, struct compiled *ret);
/** Zeroed and finished ones are fine. */
void compile_finish(struct compiled *compiled);

#endif
