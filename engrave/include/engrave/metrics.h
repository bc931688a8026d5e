/* SPDX-License-Identifier: MIT */
/**
 * What the engraver knows of a music font: SMuFL's numbers, in staff spaces (sp; 1 em = 4 sp), y upwards as SMuFL has
 * them. Filled by who reads fonts (services/theater/font); the engraver reads no file. spec/theater.md 2.2.
 */
#ifndef ENGRAVE_METRICS_H
#define ENGRAVE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#define ENGRAVE_CODE_FIRST 0xe000u
#define ENGRAVE_CODE_LAST 0xf4ffu /**< the recommended and optional ranges that we use */

struct engrave_glyph {
	uint8_t is_there;
	uint8_t has_stem_up, has_stem_down; /**< the anchors below are the font's */
	uint8_t reserved;
	float x0, y0, x1, y1; /**< box of its ink; y0 <= y1 */
	float advance;
	float stem_up_x, stem_up_y;     /**< stemUpSE */
	float stem_down_x, stem_down_y; /**< stemDownNW */
	/** Free corners of the box, for what may stand close (cutOutNE, SE, SW, NW): x, y; equal to the corner: none. */
	float cut_ne[2], cut_se[2], cut_sw[2], cut_nw[2];
};

/** SMuFL's engravingDefaults, in sp. */
struct engrave_defaults {
	float staff_line, stem, beam, beam_gap, leger_line, leger_extension;
	float slur_end, slur_middle, tie_end, tie_middle;
	float thin_bar, thick_bar, bar_gap, repeat_dot_gap;
	float bracket, brace_width, hairpin, octave_line, pedal_line, tuplet_bracket, ending_line, lyric_line, text_box;
};

/** Faces of text. */
enum engrave_face { ENGRAVE_TEXT, ENGRAVE_BOLD, ENGRAVE_MONO, ENGRAVE_ITALIC };

struct engrave_metrics {
	const char *name; /**< of the font */
	const struct engrave_glyph *glyph; /**< by code point - ENGRAVE_CODE_FIRST */
	struct engrave_defaults defaults;
	/** Width of UTF-8 text in em of its size. Pure; any thread. */
	float (*text_width)(const struct engrave_metrics *m, enum engrave_face face, const char *text, size_t n);
	float cap_height, ascent, descent; /**< of the text face, in em */
	void *data; /**< text_width's */
};

/** Never NULL: what the font has not is a box of an ordinary size with is_there 0. */
const struct engrave_glyph *engrave_glyph(const struct engrave_metrics *m, uint32_t code);

#endif
