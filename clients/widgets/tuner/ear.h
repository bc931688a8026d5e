/* SPDX-License-Identifier: MIT */
/** The tuner's ear: samples in, pitch out. Autocorrelation by Fourier transform, the rest is
 * mos/pitch_detect.h. */
#ifndef TUNER_EAR_H
#define TUNER_EAR_H

#include <stdint.h>
#include <mos/pitch_detect.h>

#define EAR_MIN_HZ 26.0 /* below the lowest key of a piano */
#define EAR_MAX_HZ 4500.0

struct ear; /* opaque */

/* @return NULL: no memory, or a rate outside 22,050 to 192,000. */
struct ear *ear_create(uint32_t rate_hz);
void ear_destroy(struct ear *ear);
/* Frames between two looks: 25 ms. */
uint32_t ear_hop(const struct ear *ear);
/* Forget what was heard: there is a hole in it. */
void ear_reset(struct ear *ear);
/*
 * Take samples, mono; NaN and infinite ones are silence.
 * @return 1 a hop is full: *ret is the pitch now (hz 0: none); 0 it goes on. At most one look a call: n is at
 * most ear_hop().
 */
int ear_hear(struct ear *ear, const float *sample, uint32_t n, struct mos_pitch_found *ret);

#endif
