/* SPDX-License-Identifier: MIT */
/**
 * Tempo by tapping (TOU-06): the median of the last intervals. A tap that lies wrong by more than a third is
 * left out; a second one before two right ones in a row is a new tempo, and a pause begins anew. Pure
 * functions.
 */
#ifndef MOS_TAPTEMPO_H
#define MOS_TAPTEMPO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_TAP_INTERVALS 8
#define MOS_TAP_PAUSE_NS INT64_C(3500000000) /**< longer than a beat at 20 BPM */
#define MOS_TAP_MIN_NS INT64_C(100000000)    /**< nobody taps faster on purpose: a bounce */

/** Zeroed, or mos_tap_reset(): no tap yet. */
struct mos_tap {
	int64_t last_ns;                        /**< of the last tap that counts */
	int64_t last_raw_ns;                    /**< of the last tap */
	int64_t interval_ns[MOS_TAP_INTERVALS]; /**< the newest last */
	uint32_t n_intervals;
	uint32_t n_taps;  /**< since the last new beginning; 0: none, last_ns says nothing */
	uint32_t n_wrong; /**< left out lately */
	uint32_t n_right; /**< right ones in a row */
};

void mos_tap_reset(struct mos_tap *tap);
/**
 * A tap at a time (any clock in ns that goes on steadily).
 * @return 1/1000 beats a minute that the taps mean so far, 0: too few.
 */
uint32_t mos_tap_add(struct mos_tap *tap, int64_t time_ns);
uint32_t mos_tap_milli_bpm(const struct mos_tap *tap);

#ifdef __cplusplus
}
#endif
#endif
