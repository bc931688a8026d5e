/* SPDX-License-Identifier: MIT */
/**
 * The shape: what the theater draws, one 64-byte record each, written by widgets into their surfaces
 * (mos/surface.h), by the engraver and by the theater itself. Resolution-independent: x to the right, y down,
 * in units of the list that the shape is in (points on a surface, staff spaces in an engraved page). DESIGN
 * section 5. ABI 1.0.
 *
 * Angles are radians, clockwise from 3 o'clock as seen. What a kind does not name is 0. A kind that is not
 * known, a number that is not finite or beyond MOS_SHAPE_FAR draws nothing.
 */
#ifndef MOS_SHAPE_H
#define MOS_SHAPE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mos_shape_kind {
	MOS_SHAPE_NONE = 0,
	/** x, y, w, h; p[0] corner radius; p[1] width of the border, inside, in color2. With GRADIENT color2
	 * is the lower end's colour and there is no border. */
	MOS_SHAPE_BOX = 1,
	/** From (x, y) to (w, h); p[0] thickness; p[1] dash and p[2] gap, 0: whole. */
	MOS_SHAPE_LINE = 2,
	/** Around (x, y); w radius to the middle of the stroke; h thickness, 0: a filled sector; p[0] start,
	 * p[1] sweep, clipped to -2 pi..2 pi. */
	MOS_SHAPE_ARC = 3,
	/** One sign of the music font: `glyph` its SMuFL code point (U+E000..U+F8FF); origin (x, y); w the em
	 * in units (4 staff spaces); p[0] rotation about the origin. */
	MOS_SHAPE_GLYPH = 4,
	/** A line of text: `glyph` its length in bytes, at most MOS_SHAPE_TEXT_MAX; origin on the baseline,
	 * or as the ALIGN flags say; w the most it may be wide, 0: any (too long: it is narrowed to 80 %,
	 * then cut with an ellipsis); h the em in units. The UTF-8 begins in p (32 bytes) and goes on in MORE
	 * records right behind. */
	MOS_SHAPE_TEXT = 5,
	/** 60 bytes of text from offset 4 on. */
	MOS_SHAPE_MORE = 6,
	/** Two cubic curves with one start (x, y) and one end (w, h), filled between them: control points of
	 * the middle line p[0..1] and p[2..3]; thickness at the ends p[4], in the middle p[5]. Slurs, ties,
	 * drawn curves. */
	MOS_SHAPE_CURVE = 7,
	/** Filled convex: (x, y), (w, h), p[0..1], p[2..3] in order around; the last equal to the third: a
	   triangle. */
	MOS_SHAPE_QUAD = 8,
	/** What follows in this list is seen inside x, y, w, h only; w <= 0: everywhere again. */
	MOS_SHAPE_CLIP = 9,
};

/** `flags`. */
enum {
	MOS_SHAPE_TOKEN = 0x01,    /**< color and color2: low byte an enum mos_token, high byte opacity */
	MOS_SHAPE_GRADIENT = 0x02, /**< BOX: from color at the top to color2 */
	MOS_SHAPE_ROUND = 0x04,    /**< LINE, ARC: round ends */
	MOS_SHAPE_CENTER = 0x08,   /**< TEXT: x is its middle */
	MOS_SHAPE_RIGHT = 0x10,    /**< TEXT: x is its right end */
	MOS_SHAPE_MIDDLE = 0x20,   /**< TEXT: y is the middle of its capitals */
	MOS_SHAPE_BOLD = 0x40,     /**< TEXT */
	MOS_SHAPE_MONO = 0x80,     /**< TEXT: digits and letters of one width */
	MOS_SHAPE_ITALIC = 0x04,   /**< TEXT that is neither bold nor mono: ROUND's bit, which text has no use for */
};

#define MOS_SHAPE_FAR 1.0e6f
#define MOS_SHAPE_TEXT_MAX 1024u

struct mos_shape {
	uint8_t kind;    /**< enum mos_shape_kind */
	uint8_t flags;   /**< MOS_SHAPE_* */
	uint8_t layer;   /**< 0..31: shown when its bit is in the list's mask; enum engrave_layer in scores,
			    else free */
	uint8_t clip;    /**< 0: the theater's own */
	uint32_t color;  /**< sRGB, straight: red | green << 8 | blue << 16 | opacity << 24; or a token */
	uint32_t color2; /**< likewise */
	uint32_t glyph;
	float x, y, w, h;
	float p[8];
};

#define MOS_RGBA(r, g, b, a) ((uint32_t)(r) | (uint32_t)(g) << 8 | (uint32_t)(b) << 16 | (uint32_t)(a) << 24)
/** A colour of the theme with an opacity of 0..255; the shape needs MOS_SHAPE_TOKEN. */
#define MOS_TOKEN(token, a) ((uint32_t)(token) | (uint32_t)(a) << 24)

/** Colours by what they are for; a theme gives each its value. Names in JSON: lower case, "chord-root". */
enum mos_token {
	MOS_TOKEN_CANVAS = 0, /**< behind everything */
	MOS_TOKEN_PANEL,      /**< background of a widget */
	MOS_TOKEN_PANEL_EDGE,
	MOS_TOKEN_TEXT,
	MOS_TOKEN_TEXT_DIM,
	MOS_TOKEN_ACCENT,   /**< what is on, now, chosen */
	MOS_TOKEN_ACCENT_2, /**< the second of two */
	MOS_TOKEN_GOOD,
	MOS_TOKEN_WARN,
	MOS_TOKEN_BAD,
	MOS_TOKEN_GRID, /**< thin lines */
	MOS_TOKEN_OFF,  /**< what could be on and is not */
	MOS_TOKEN_KEY_WHITE,
	MOS_TOKEN_KEY_BLACK,
	MOS_TOKEN_WOOD,  /**< fretboard */
	MOS_TOKEN_METAL, /**< strings, frets */
	MOS_TOKEN_PAPER, /**< behind a score */
	MOS_TOKEN_STAFF, /**< staff lines, bar lines */
	MOS_TOKEN_INK,   /**< notes */
	MOS_TOKEN_PLAYHEAD,
	MOS_TOKEN_SOUNDING, /**< what sounds now */
	MOS_TOKEN_FORM,     /**< the nine layers of a score */
	MOS_TOKEN_CHORDS,
	MOS_TOKEN_ANALYSIS,
	MOS_TOKEN_TABLATURE,
	MOS_TOKEN_DIAGRAMS,
	MOS_TOKEN_FINGERING,
	MOS_TOKEN_LYRICS,
	MOS_TOKEN_MARKERS,
	MOS_TOKEN_PITCH_0 =
		32, /**< the twelve pitch classes, C first, in the order of fifths around the colour circle */
	MOS_N_TOKENS = 44,
};

#ifdef __cplusplus
static_assert(sizeof(struct mos_shape) == 64, "one cache line");
}
#else
_Static_assert(sizeof(struct mos_shape) == 64, "one cache line");
#endif
#endif
