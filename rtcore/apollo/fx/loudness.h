/* SPDX-License-Identifier: MIT */
/**
 * The loudness meter: what was played, after EBU R128 (ITU-R BS.1770) through libebur128. A thread of its
 * own, of ordinary priority, reads the audio tap ten times a second and sets the counters apollo.loudness.*.
 * The audio thread knows nothing of it.
 *
 * It begins anew when playing begins from a stop, and when the effect parameter loudness.reset is set.
 */
#ifndef FX_LOUDNESS_H
#define FX_LOUDNESS_H

#include <mos/audio_tap.h>
#include <mos/clock.h>
#include <mos/counters.h>

struct loudness;

/** Where it looks; all of it outlives the meter. */
struct loudness_source {
	const struct mos_region *tap;
	const struct mos_clock_page *clock;
	const uint32_t *resets; /**< atomic: another number means begin anew */
	struct mos_counters *counters;
};

/** @return 0; -ENOMEM, -EINVAL (the tap). No thread yet. */
int loudness_create(const struct loudness_source *s, struct loudness **ret);
/** Measure what is new and set the counters; for the thread, or for who has none. */
void loudness_turn(struct loudness *l);
/** @return 0 or -errno. */
int loudness_start(struct loudness *l);
/** Ends the thread. NULL is fine. */
void loudness_destroy(struct loudness *l);

#endif
