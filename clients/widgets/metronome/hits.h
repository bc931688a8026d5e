/* SPDX-License-Identifier: MIT */
/* What sounds in a stretch of ticks: pattern, polyrhythm, clicks of the meter. Depends on nothing but the
 * place. */
#ifndef METRONOME_HITS_H
#define METRONOME_HITS_H

#include "config.h"

struct metro_hit {
	int64_t tick;
	uint32_t tier;     /* enum mos_tier */
	uint16_t velocity; /* MIDI 2.0 */
	uint8_t key;       /* General MIDI drum */
};

enum { MARK_STEP = 1, MARK_ONSET = 2, MARK_BEAT = 4 };

/* A place that is told to others, whether it sounds or not. */
struct metro_mark {
	int64_t tick;
	uint32_t what; /* MARK_* */
	uint16_t step; /* of the pattern, with MARK_STEP */
	uint16_t beat; /* of the measure; the one that it lies in */
	uint32_t measure;
	uint16_t num, den;
	uint16_t strength; /* of the beat, with MARK_BEAT: 2 downbeat, 1 group, 0 */
};

#define METRO_HITS_MAX 256

struct metro_score {
	struct metro_hit hit[METRO_HITS_MAX];
	struct metro_mark mark[METRO_HITS_MAX];
	uint32_t n_hits, n_marks;
	uint32_t n_left_out; /* no room */
};

/* The measure that a stretch begins in, going on alike. */
struct metro_place {
	int64_t measure_tick;
	uint32_t measure;
	uint16_t num, den;
	int32_t linked;
};

/* Append what lies at from <= tick < to, in order, one hit a key and tick. */
void metro_hits(const struct metro_config *config, const struct metro_place *place, int64_t from, int64_t to,
	struct metro_score *score);

#endif
