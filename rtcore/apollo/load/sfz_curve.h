/* SPDX-License-Identifier: MIT */
/** Curves of an SFZ bank: those of <curve>, and those that velocity, keys and crossfades make. */
#ifndef SFZ_CURVE_H
#define SFZ_CURVE_H

#include "load.h"
#include "sfz_region.h"

#define SFZ_CURVES 256u

/** What <curve> headers have given so far. */
struct sfz_curves {
	uint32_t next;          /**< number of the next one that does not give its own */
	float *own[SFZ_CURVES]; /**< 128 values; NULL: not given. free() */
};

/** The 128 values of curve `number`: the file's, else the usual one of 0..6, else the straight line. */
void sfz_curve_values(const struct sfz_curves *c, uint32_t number, float ret[128]);
/** Values between those that are not NaN become straight lines; the ends are `first` and `last` when not
 * given. */
void sfz_curve_fill(float value[128], float first, float last);
/** The curve's number in the bank: one that all have, else one of its own. */
uint16_t sfz_curve_use(struct bank_build *b, const struct sfz_curves *c, uint32_t number);
uint16_t sfz_curve_add(struct bank_build *b, const float value[128]);
void sfz_curves_free(struct sfz_curves *c);

/** Gain of a crossfade at `x`. */
float sfz_fade_in(const struct sfz_range *range, float x, int is_gain);
float sfz_fade_out(const struct sfz_range *range, float x, int is_gain);
/** Gain by velocity: amp_veltrack, amp_velcurve_N and crossfades. */
void sfz_velocity_gain(const struct sfz_region *r, float ret[128]);

#endif
