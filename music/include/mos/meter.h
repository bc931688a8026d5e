/* SPDX-License-Identifier: MIT */
/**
 * Meter: measures, beats, their strength (KRO-21, KRO-29). A measure of num/den has num*3840/den ticks.
 * Pure functions; the caller owns all memory.
 */
#ifndef MOS_METER_H
#define MOS_METER_H

#include <stdint.h>
#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Meter from `tick` on. Each entry starts a new measure, also in the middle of one. */
struct mos_meter_seg {
	int64_t tick; /**< the first one's is 0 */
	uint16_t num; /**< 1..255 */
	uint16_t den; /**< power of two, 1..128 */
	uint32_t
		measure; /**< filled by mos_meter_map_init(): index of the measure that starts here, from 0 */
};

struct mos_meter_map {
	const struct mos_meter_seg *seg; /**< borrowed, sorted by tick */
	uint32_t n_seg;
};

/** A place in the score as people name it; all fields count from 0. */
struct mos_bbt {
	uint32_t measure;
	uint32_t beat;        /**< in denominator units */
	uint32_t tick;        /**< within the beat */
	uint16_t num, den;    /**< meter in force */
	int64_t measure_tick; /**< where the measure starts */
	int64_t beat_tick;    /**< where the beat starts */
};

enum mos_meter_class { MOS_METER_SIMPLE, MOS_METER_COMPOUND, MOS_METER_ASYMMETRIC };

/**
 * Check `seg` and fill measure of each.
 * @return 0; -EINVAL: n 0, first tick not 0, ticks not rising, num or den out of range, more measures than a
 *         uint32_t counts.
 */
int mos_meter_map_init(struct mos_meter_map *map, struct mos_meter_seg *seg, uint32_t n_seg);
/** 1 when num is 1..255 and den a power of two up to 128; the functions below ask for such a meter. */
int mos_meter_is_valid(uint16_t num, uint16_t den) MOS_RT;
int64_t mos_meter_measure_ticks(uint16_t num, uint16_t den) MOS_RT;
int64_t mos_meter_beat_ticks(uint16_t den) MOS_RT;
/**
 * Negative ticks (down to INT64_MIN / 2) extend the first meter backwards: then measure wraps below 0 and is
 * reported as 0 with beat from the grid. A measure past UINT32_MAX is reported as UINT32_MAX.
 */
struct mos_bbt mos_meter_at(const struct mos_meter_map *map, int64_t tick) MOS_RT;
/**
 * Tick of measure:beat:tick. @return the tick, or -ERANGE when beat or tick does not exist in that measure
 * (a short measure before a meter change counts as written: num/den, cut at the change).
 */
int64_t mos_meter_tick_of(const struct mos_meter_map *map, uint32_t measure, uint32_t beat, uint32_t tick)
	MOS_RT;
/** First beat strictly after `tick`. */
int64_t mos_meter_next_beat(const struct mos_meter_map *map, int64_t tick) MOS_RT;

enum mos_meter_class mos_meter_classify(uint16_t num, uint16_t den) MOS_RT;
/**
 * Default grouping of a meter in denominator units: 4/4 = 2+2, 6/8 = 3+3, 5 = 3+2, 7 = 2+2+3,
 * 11 = 3+3+3+2, 13 = 3+3+3+2+2 ... @return number of groups, at most `max` written.
 */
uint32_t mos_meter_groups(uint16_t num, uint16_t den, uint8_t *groups, uint32_t max) MOS_RT;
/** 2 downbeat, 1 start of a later group, 0 weak or no beat of this meter. */
uint16_t mos_meter_beat_strength(uint16_t num, uint16_t den, uint32_t beat) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif
