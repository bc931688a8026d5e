/* SPDX-License-Identifier: MIT */
/*
 * The ear's front end: samples in, chroma out. Two FFTs of one sound, a long one for low notes and a short
 * one for high notes, so that a new chord is heard by its overtones before the bass has been going for long.
 */
#ifndef CHORD_DETECTOR_HEARING_H
#define CHORD_DETECTOR_HEARING_H

#include <mos/chroma.h>

#define HEARING_HOP_S (1.0f / 48) /* between two looks, 21 ms: frames are hearing_hop() */

struct hearing;

/* @return NULL: no memory, or a rate outside 8,000 to 192,000. */
struct hearing *hearing_create(unsigned int rate_hz);
void hearing_destroy(struct hearing *hearing);
unsigned int hearing_hop(const struct hearing *hearing);

/* Take the next hop of samples, mono. NaN and Inf count as silence. */
void hearing_step(struct hearing *hearing, const float *sample, struct mos_chroma *ret);
/* Cents by which what is heard is above A = 440 Hz. */
float hearing_tuning(const struct hearing *hearing);

#endif
