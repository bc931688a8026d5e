/* SPDX-License-Identifier: MIT */
/** What <control> and <curve> say: it counts for the regions behind it, curves for the whole file. */
#ifndef SFZ_CONTROL_H
#define SFZ_CONTROL_H

#include "sfz_curve.h"
#include "sfz_note.h"

struct sfz_control {
	struct sfz_notes *notes;
	float *cc_value; /**< 512: what controllers are set to, 0..127 */
	char default_path[SFZ_VALUE_MAX];
	int32_t key_offset[2]; /**< notes, octaves */
	uint8_t cc_init[128];  /**< 255: not set */
	int has_cc_init;
	struct sfz_curves curves;
	float curve[128];     /**< the one that is being read */
	int32_t curve_number; /**< -1: the next one */
};

void sfz_control_init(struct sfz_control *c, struct sfz_notes *notes, float cc_value[512]);
void sfz_control_begin(struct sfz_control *c);
void sfz_control_set(struct sfz_control *c, const char *name, const char *value);
void sfz_control_curve_begin(struct sfz_control *c);
void sfz_control_curve_set(struct sfz_control *c, const char *name, const char *value);
/** @return 0, -ENOMEM. */
int sfz_control_curve_end(struct sfz_control *c);
/** A key with note_offset and octave_offset. */
int32_t sfz_control_key(const struct sfz_control *c, int32_t key);

#endif
