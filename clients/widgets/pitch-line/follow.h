/* SPDX-License-Identifier: MIT */
/*
 * Pitch without pause (MTM-05, MTM-06): each 5 ms what is sounding now, from as few periods as tell it.
 * Vibrato and glides are followed, since for high tones a short window is enough; a low one is known two and
 * a half periods after it began.
 */
#ifndef PITCH_LINE_FOLLOW_H
#define PITCH_LINE_FOLLOW_H

#include <stdint.h>
#include <mos/pitch_detect.h>

#define FOLLOW_MIN_HZ 40.0
#define FOLLOW_MAX_HZ 2500.0

struct follow; /* opaque */

/* One look. */
struct follow_point {
	double hz;         /* 0: no pitch */
	double confidence; /* 0..1 */
	double ago;        /* frames: the middle of what was looked at lies so far before the newest sample */
};

/* @return NULL: no memory, or a rate outside 22,050 to 192,000. */
struct follow *follow_create(uint32_t rate_hz);
void follow_destroy(struct follow *follow);
/* Frames between two looks. */
uint32_t follow_hop(const struct follow *follow);
/* Forget what was heard: there is a hole in it. */
void follow_reset(struct follow *follow);
/*
 * Take samples, mono, at most follow_hop(); NaN and infinite ones are silence.
 * @return 1 a hop is full: *ret is the pitch now; 0 it goes on.
 */
int follow_hear(struct follow *follow, const float *sample, uint32_t n, double min_confidence,
	struct follow_point *ret);

#endif
