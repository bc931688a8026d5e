/* SPDX-License-Identifier: MIT */
/** Between the plan and the notes: the chords one behind the other, and what the hands play in a bar. */
#ifndef BAND_LINE_H
#define BAND_LINE_H

#include "voicing.h"

/** A chord where it sounds. */
struct band_sounding {
	double at;    /**< quarters from the start of all */
	double began; /**< where this symbol began, bars of the same before it included */
	uint32_t bar;
	uint16_t chord; /**< in the bar */
	bool is_last;   /**< nothing follows: the band ends on it */
	uint8_t n;      /**< notes of the voicing; 0: N.C. */
	uint8_t note[BAND_VOICING_MAX];
	struct band_tones tones;
};
struct band_soundings {
	struct band_sounding *chord;
	uint32_t n_chords;
	uint32_t *first; /**< by bar, one more at the end: its first chord, or that of a later bar */
};
/** @return 0, -EINVAL, -ENOMEM. */
int band_soundings(const struct band_ctx *ctx, double bar_beats, struct band_soundings *ret);
void band_soundings_finish(struct band_soundings *soundings);

/** A hit in a bar; its line's order. */
struct band_stroke {
	double beat, len; /**< from the bar's start */
	uint8_t velocity;
	uint8_t tone; /**< enum band_tone; drums: the key */
};
#define BAND_STROKES_MAX 512u
/** What `part` strikes in a bar of the plan, chords not yet considered. @return how many; -E2BIG. */
int band_strokes(const struct band_ctx *ctx, const struct band_bar *bar, enum band_part part,
	struct band_stroke ret[BAND_STROKES_MAX]);

#endif
