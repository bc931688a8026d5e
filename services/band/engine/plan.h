/* SPDX-License-Identifier: MIT */
/**
 * The plan: bar by bar, which chords sound, how hard they play and who rests. The contract's program is the
 * plain one (band_plan_program()); performances (perform/) make richer ones. Chords are already substituted.
 */
#ifndef BAND_PLAN_H
#define BAND_PLAN_H

#include "inputs.h"

#define BAND_BAR_CHORDS 16u
#define BAND_BARS_MAX 16384u /**< of a chorus: nine hours at 120 */

struct band_bar_chord {
	double beat;                /**< from the bar's start; the first is 0 */
	char text[BAND_CHORD_TEXT]; /**< what sounds: after substitution and transposition */
	uint32_t index;             /**< in inputs.chord */
};

#define BAND_REST(part) (1u << (part))

struct band_bar {
	struct band_bar_chord chord[BAND_BAR_CHORDS];
	uint32_t n_chords;    /**< 0: N.C. for the whole bar */
	uint32_t chorus_bar;  /**< in the form, from 0 */
	uint32_t chorus;      /**< from 0 */
	uint32_t pattern_bar; /**< what patterns of several bars and claves count by */
	uint32_t item;        /**< of a setlist, from 0 */
	uint8_t intensity;    /**< enum band_intensity */
	uint8_t rests;        /**< BAND_REST(part) bits */
	bool is_fill, is_ending;
	bool is_count_in; /**< only sticks */
	bool is_click;    /**< only the metronome: nobody plays */
	double tempo_bpm; /**< from this bar's start */
};

struct band_plan {
	struct band_bar *bar;
	uint32_t n_bars;
};

/**
 * The chorus once, as written, at the program's intensity: what the contract's digests are of.
 * @return 0, -EINVAL, -ENOMEM.
 */
int band_plan_program(const struct band_inputs *in, struct band_report *report, struct band_plan *ret);
void band_plan_finish(struct band_plan *plan);

/** The chords after substitution (tritone.md 7), in order: same count. Caller frees the array. -EINVAL: no
 * seed. */
int band_substitute(const struct band_inputs *in, struct band_report *report, struct band_chord **ret);

#endif
