/* SPDX-License-Identifier: MIT */
/**
 * Fonts: the music font with its SMuFL metrics, the faces of text, coverage of glyphs at the exact size,
 * outlines, and the shaping of text. FreeType and HarfBuzz are known here and nowhere else.
 * spec/theater.md 2.1, 2.2, 3; X-15.
 *
 * The music font is one SMuFL font with its metadata by path, or one found in the SMuFL font folders, or
 * Debian's Emmentaler through the table of emmentaler.c (names to code points, metrics measured from the
 * outlines). Thread: a font_set belongs to one thread, but for its metrics, which are immutable and
 * free-threaded.
 */
#ifndef THEATER_FONT_H
#define THEATER_FONT_H

#include <stddef.h>
#include <stdint.h>

#include <engrave/metrics.h>
#include <mos/shape.h>

enum font_face { FONT_MUSIC = 0, FONT_TEXT, FONT_BOLD, FONT_MONO, FONT_ITALIC, FONT_FALLBACK, FONT_N_FACES };

struct font_options {
	/** A path of an .otf or .woff2; a name in the SMuFL folders; "emmentaler"; NULL: one that is found
	 * there, else Emmentaler. */
	const char *music;
	const char *metadata; /**< SMuFL metadata; NULL: beside the font, or in the SMuFL folders */
	const char *text, *bold, *mono, *fallback; /**< NULL: DejaVu Sans, ... */
	/** NULL: that of the usual text font; where it is not installed, and of a text font by path, the text font's
	 * letters are slanted. */
	const char *italic;
};

struct font_set;
/** What was asked for and cannot be had is replaced by the usual one, and said so.
 * @param error  What is missing or wrong, with path and, for metadata, the JSON place; "": nothing, also with
 * 0.
 * @return 0; -ENOENT nothing is installed to fall back to; -EINVAL; -ENOMEM. */
int font_open(const struct font_options *options, struct font_set **ret, char *error, size_t error_size);
void font_close(struct font_set *fonts);
/** Of the music font, with the text widths of the text faces. Lives as long as the set. */
const struct engrave_metrics *font_metrics(const struct font_set *fonts);
const char *font_music_name(const struct font_set *fonts);

/** Glyph number in a face of a code point; 0: not there. FONT_MUSIC takes SMuFL code points whatever the font
 * is. */
uint32_t font_glyph(const struct font_set *fonts, enum font_face face, uint32_t code);

/** A glyph of a shaped line, in em, from the line's origin; y down. */
struct font_placed {
	uint8_t face; /**< enum font_face: the fallback where the face lacks a sign */
	uint32_t glyph;
	float x, y;
};
/** Shape a line. Signs of music in the text (U+266D, U+1D12A, U+E260 ...) come from the music font.
 * @return glyphs, at most `max`; *ret_width in em. */
uint32_t font_shape(struct font_set *fonts, enum font_face face, const char *text, size_t n,
	struct font_placed *ret, uint32_t max, float *ret_width);
/** Of a TEXT shape: its records expanded to placed glyphs in the list's units, aligned, narrowed and cut as
 * shape.h says; `text` is its gathered UTF-8. *ret_size: the em in units; *ret_narrow: horizontal scale. */
uint32_t font_lay_text(struct font_set *fonts, const struct mos_shape *shape, const char *text, size_t n,
	struct font_placed *ret, uint32_t max, float *ret_size, float *ret_narrow);

/** Exact-area coverage of a glyph, 0..255, rows of `width` bytes. */
struct font_bitmap {
	int32_t left, top; /**< of its top left pixel from the origin: right, up */
	uint32_t width, height;
	const uint8_t *coverage; /**< valid until the next call */
};
/** @param em_px_64  pixels an em, times 64, at most 1024 * 64. @param phase x offset in quarter pixels, 0..3.
 * @param narrow  horizontal scale. @return 0; -ENOENT no such glyph; -E2BIG; -ENOMEM. */
int font_raster(struct font_set *fonts, enum font_face face, uint32_t glyph, uint32_t em_px_64,
	unsigned phase, float narrow, struct font_bitmap *ret);

/** Outline as quadratic curves in em, y down, closed contours one after the other; non-zero winding. */
struct font_quadratic {
	float x0, y0, cx, cy, x1, y1;
};
/** @return how many; valid until the set is closed; 0: empty or none. */
uint32_t font_outline(
	struct font_set *fonts, enum font_face face, uint32_t glyph, const struct font_quadratic **ret);
/** Box of its ink in em, y down. */
struct font_box {
	float x0, y0, x1, y1;
};
struct font_box font_ink(struct font_set *fonts, enum font_face face, uint32_t glyph);

#endif
