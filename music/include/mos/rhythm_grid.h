/* SPDX-License-Identifier: MIT */
/**
 * Rhythms in time: ticks of steps, polyrhythms and subdivisions, and how people count them (TOU-08 to TOU-11,
 * TOU-17). Pure functions.
 *
 * Parts that don't divide their span into whole ticks (seven in a 4/4 measure) are placed by cumulative
 * rounding: part i of n in a span of L ticks starts at i*L/n rounded to the nearest tick, a half upwards.
 * Each is computed from the span's start, so that no error adds up: a place is off by half a tick at most
 * (0.26 ms at 120 BPM), and where n divides L by none. Spans themselves are exact.
 */
#ifndef MOS_RHYTHM_GRID_H
#define MOS_RHYTHM_GRID_H

#include <stddef.h>
#include <stdint.h>

#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_GRID_PARTS_MAX 4096u
#define MOS_GRID_SPAN_MAX INT64_C(1000000000000)

/**
 * Start of part `part` of `n_parts` equal ones in a span, from the span's start. `part` may be n_parts and
 * more: it goes on in the next span, exactly one span later.
 * @param span_ticks  1..MOS_GRID_SPAN_MAX. @param n_parts  1..MOS_GRID_PARTS_MAX.
 */
int64_t mos_grid_tick(int64_t span_ticks, uint32_t n_parts, uint32_t part) MOS_RT;
/** First part that starts at `tick` (0 or later) or after it: n_parts and more, it is in a later span. */
int64_t mos_grid_part_from(int64_t span_ticks, uint32_t n_parts, int64_t tick) MOS_RT;

/** An onset of a polyrhythm. */
struct mos_poly_onset {
	int64_t tick;   /**< from the span's start */
	uint32_t parts; /**< bit 0: of the first voice, bit 1: of the second */
};

/**
 * The onsets of a against b in a span, in order, those of both voices at one tick as one.
 * @param a,b  1..64 each. @param ret  Room for `max`; at most that many are written.
 * @return number of onsets, a + b - gcd(a, b); 0: a or b out of range.
 */
uint32_t mos_polyrhythm(uint32_t a, uint32_t b, int64_t span_ticks, struct mos_poly_onset *ret, uint32_t max)
	MOS_RT;

#define MOS_SUBDIVISION_MAX 8 /**< parts of a beat */

/** What a place in the measure is to the ear, the strongest first; the tiers of the beat mixer (TOU-18). */
enum mos_tier {
	MOS_TIER_ACCENT = 0, /**< an onset of the pattern */
	MOS_TIER_DOWNBEAT,
	MOS_TIER_BEAT_3, /**< later groups of the measure begin: beat 3 of 4/4, beat 4 of 6/8 */
	MOS_TIER_WEAK,   /**< the other beats */
	MOS_TIER_EIGHTH, /**< half of a beat */
	MOS_TIER_GHOST,  /**< all other subdivisions */
	MOS_N_TIERS
};
const char *mos_tier_name(uint32_t tier);

/**
 * Clicks a measure: its beats (denominator units), each in `subdivision` parts.
 * @param subdivision  1..MOS_SUBDIVISION_MAX.
 */
uint32_t mos_grid_clicks(uint16_t num, uint32_t subdivision) MOS_RT;
/** Tick of a click from the measure's start; the parts of a beat as mos_grid_tick(). */
int64_t mos_grid_click_tick(uint16_t den, uint32_t subdivision, uint32_t click) MOS_RT;
/** enum mos_tier of a click, never MOS_TIER_ACCENT. */
uint32_t mos_grid_click_tier(uint16_t num, uint16_t den, uint32_t subdivision, uint32_t click) MOS_RT;

enum mos_counting {
	MOS_COUNT_METER = 0, /**< through the measure: 1 2 3 4; compound meters in their beats: 1 & a 2 & a */
	MOS_COUNT_GROUPS,    /**< each group of the meter from 1: 7/8 is 1 2 1 2 1 2 3 */
};

#define MOS_COUNT_LABEL_SIZE 8

/**
 * What is said on step `step` of a measure that is divided into n_steps: a number on what is counted, on its
 * parts "&", "& a", "i & a" (halves, thirds, quarters), nothing on smaller ones. Steps that don't divide the
 * meter's beats are numbered from 1.
 * @param buf  MOS_COUNT_LABEL_SIZE bytes.
 * @return length; -EINVAL: no such meter, step or counting.
 */
int mos_count_label(
	enum mos_counting counting, uint16_t num, uint16_t den, uint32_t n_steps, uint32_t step, char *buf);

#ifdef __cplusplus
}
#endif
#endif
