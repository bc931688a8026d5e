/* SPDX-License-Identifier: MIT */
/**
 * Tempo map: musical position <-> time <-> frames by exact integer arithmetic (DESIGN section 6 "Kronos",
 * KRO-01, KRO-05, TIM-06, TIM-07). Pure functions; the caller owns all memory.
 *
 * Time is counted in *u*: 1 u = 1/960 ns. With 960 ticks a quarter and N ns a quarter, d ticks last
 * exactly d*N u, so constant tempo has no rounding at all. Inside a linear segment (ns per quarter goes
 * linearly, over ticks, from a to b in L ticks)
 *     u(d) = a*d + floor((b-a)*d*d / (2L)),   0 <= d <= L
 * which is monotonic because a and b are positive. 1 hour = 3.456e15 u; int64 holds 2,668 hours.
 *
 * A frame belongs to a tick when it is the first frame at or after the tick's time:
 *     frame(u) = ceil(u * rate_hz / 960e9),   u(frame) = floor(frame * 960e9 / rate_hz)
 * so frame -> tick -> frame and tick -> frame -> tick are exact wherever a tick lasts longer than a frame
 * (rate 8 kHz and above with 1..300 BPM: always).
 */
#ifndef MOS_TEMPO_H
#define MOS_TEMPO_H

#include <stdint.h>
#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_TICKS_PER_QUARTER 960
#define MOS_U_PER_NS 960
#define MOS_U_PER_S INT64_C(960000000000)

#define MOS_BPM_MIN 1.0
#define MOS_BPM_MAX 300.0
#define MOS_NPQ_120 UINT64_C(500000000) /**< 120 BPM in ns per quarter */

struct mos_tempo_seg {
	int64_t tick;       /**< start; the first one's is 0 */
	uint64_t npq_start; /**< ns per quarter at tick */
	uint64_t npq_end;   /**< at the next segment's tick; equal to npq_start: constant */
	int64_t start_u;    /**< filled by mos_tempo_map_init() */
};

struct mos_tempo_map {
	const struct mos_tempo_seg *seg; /**< borrowed, sorted by tick */
	uint32_t n_seg;                  /**< at least 1; the last segment is open-ended and constant */
};

/**
 * Check `seg` and fill start_u of each.
 * @return 0; -EINVAL: n 0, first tick not 0, ticks not strictly rising, a tempo of 0, the last segment not
 *         constant; -ERANGE: time would exceed INT64_MAX/4 u.
 */
int mos_tempo_map_init(struct mos_tempo_map *map, struct mos_tempo_seg *seg, uint32_t n_seg);

/** Segment in force at `tick` (negative: the first). O(log n). */
uint32_t mos_tempo_seg_at_tick(const struct mos_tempo_map *map, int64_t tick) MOS_RT;

/** Time of a tick; negative ticks extend the first segment's first tempo backwards. Saturates at
 * +-INT64_MAX/2. */
int64_t mos_tempo_tick_to_u(const struct mos_tempo_map *map, int64_t tick) MOS_RT;
/** Last tick at or before time u: tick_to_u(result) <= u < tick_to_u(result + 1). */
int64_t mos_tempo_u_to_tick(const struct mos_tempo_map *map, int64_t u) MOS_RT;
/** ns per quarter in force at a tick (linear segments interpolated, floor). */
uint64_t mos_tempo_npq_at(const struct mos_tempo_map *map, int64_t tick) MOS_RT;

/** First frame at or after u (floor towards the future for negative u as well). */
int64_t mos_tempo_u_to_frame(int64_t u, uint32_t rate_hz) MOS_RT;
/** Last u at or before the start of `frame`. */
int64_t mos_tempo_frame_to_u(int64_t frame, uint32_t rate_hz) MOS_RT;
int64_t mos_tempo_tick_to_frame(const struct mos_tempo_map *map, int64_t tick, uint32_t rate_hz) MOS_RT;
/** Last tick whose frame is at or before `frame`. */
int64_t mos_tempo_frame_to_tick(const struct mos_tempo_map *map, int64_t frame, uint32_t rate_hz) MOS_RT;
int64_t mos_tempo_tick_to_ns(const struct mos_tempo_map *map, int64_t tick) MOS_RT; /**< floor */
/** Last tick whose ns is at or before `ns`. */
int64_t mos_tempo_ns_to_tick(const struct mos_tempo_map *map, int64_t ns) MOS_RT;

/**
 * BPM (quarters a minute) -> ns per quarter, rounded to nearest, clamped to 1..300 BPM (KRO-14).
 * @param ret_clamped  May be NULL; 1 when the value was clamped.
 * @return 0; -EINVAL for NaN and infinities, *ret_npq untouched.
 */
int mos_bpm_to_npq(double bpm, uint64_t *ret_npq, int *ret_clamped);
double mos_npq_to_bpm(uint64_t npq);

#ifdef __cplusplus
}
#endif
#endif
