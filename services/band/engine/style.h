/* SPDX-License-Identifier: MIT */
/**
 * A style: what each instrument plays in a bar, as data (styles/NAME.json, docs/STYLES.md). The reference's
 * 48 (tritone.md 6) and our own are read by one reader and played by one generator. Immutable once read.
 */
#ifndef BAND_STYLE_H
#define BAND_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "issue.h"

#define BAND_STYLE_NAME_MAX 48u
#define BAND_HITS_MAX 128u   /**< of one instrument in one pattern */
#define BAND_PATTERN_BARS 8u /**< a pattern is 1 to 8 bars long */
#define BAND_STEPS_MAX 64u   /**< 16ths of a bar; 16 in 4/4 */

/** What a hit of the comp or the bass means; drums: a General MIDI key. */
enum band_tone {
	BAND_TONE_CHORD = 0, /**< comp: the whole voicing. bass: the root */
	BAND_TONE_FIFTH,
	BAND_TONE_THIRD,
	BAND_TONE_SEVENTH,  /**< or sixth, or the octave where the chord has neither */
	BAND_TONE_OCTAVE,   /**< the root, an octave up */
	BAND_TONE_APPROACH, /**< a step below or above the root of what comes next */
	BAND_TONE_WALK,     /**< what a walking bass player would take here */
	BAND_TONE_NEXT,     /**< the next chord, anticipated */
	BAND_TONE_LOW,      /**< comp: the lowest notes of the voicing (stride, bass-chord guitar) */
	BAND_TONE_HIGH,     /**< comp: the highest (skank, bubble) */
	BAND_N_TONES
};

struct band_hit {
	double beat; /**< quarters from the pattern's start */
	double len;  /**< quarters, > 0 */
	uint8_t velocity;
	uint8_t tone; /**< enum band_tone; drums: the key */
};

struct band_line {
	struct band_hit *hit; /**< in order of beat, then as written */
	uint32_t n_hits;
};

enum band_part { BAND_COMP = 0, BAND_BASS, BAND_DRUMS, BAND_N_PARTS };

struct band_pattern {
	uint16_t bars;
	struct band_line line[BAND_N_PARTS];
};

/** How hard they play: each has a pattern or borrows the nearest's. */
enum band_intensity { BAND_SOFT = 0, BAND_MEDIUM, BAND_HARD, BAND_N_INTENSITIES };

struct band_style {
	char name[BAND_STYLE_NAME_MAX]; /**< "bossa"; [a-z0-9_] */
	char title[80];
	char text[256];    /**< one or two sentences for people */
	bool is_reference; /**< one of the 48: pinned by styles.tsv */
	uint16_t meter_num, meter_den;
	uint16_t tempo_min, tempo_max, tempo_usual; /**< BPM; 0: not said */
	double swing;                               /**< 0..1 (tritone.md 8.4), when the program says none */
	char clave[24];                             /**< tag; empty: none */
	bool clave_strict;
	uint8_t program[BAND_N_PARTS]; /**< General MIDI, from 0; of drums: the kit */

	struct band_pattern
		*pattern[BAND_N_INTENSITIES]; /**< MEDIUM is always there; NULL: none of its own */
	struct band_pattern *fill;   /**< replaces the last bar of a section; NULL: drums' own default fill */
	struct band_pattern *ending; /**< the last bar of all; NULL: chord and root held for a bar */

	/* tritone.md 8.1 to 8.3 */
	uint8_t ghost_vel;
	uint8_t ghost_step[BAND_STEPS_MAX];
	uint32_t n_ghost_steps;
	double ghost_len_beats;
	bool has_pickup;
	double pickup_beat;
	uint8_t pickup_vel;
	bool contour;
	double contour_soft, contour_strong, contour_pickup, contour_ghost;
	bool profile; /**< the velocity profile of 8.3: always for the reference's, ours say */
};

/** Styles by name, in the registry's order: the reference's first. */
struct band_styles;

/** The built-in styles and, where they can be read, those of `dir` (NULL: none). @return NULL: no memory. */
struct band_styles *band_styles_new(const char *dir, struct band_report *report);
void band_styles_free(struct band_styles *styles);
uint32_t band_styles_count(const struct band_styles *styles);
const struct band_style *band_styles_at(const struct band_styles *styles, uint32_t i);
/** By name, else by an alias (styles/aliases.json). @return NULL: unknown. band_styles_near() is for the
 * hint.
 */
const struct band_style *band_styles_find(const struct band_styles *styles, const char *name);
const struct band_style *band_styles_near(const struct band_styles *styles, const char *name);

/**
 * How many quarters one of the style's lasts in a meter: where the style counts dotted quarters and the meter
 * plain ones (gospel in 4/4), beats are beats and a quarter is 2/3; else 1.
 */
double band_style_scale(const struct band_style *style, uint16_t meter_num, uint16_t meter_den);

/** One style file's content. @return a style to free with band_style_free(); NULL: the report says why. */
struct band_style *band_style_read(const char *json, size_t size, struct band_report *report);
/** A copy of everything, to put knobs into. @return NULL: no memory. */
struct band_style *band_style_copy(const struct band_style *style);
void band_style_free(struct band_style *style);

#endif
