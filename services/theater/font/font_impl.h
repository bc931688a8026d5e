/* SPDX-License-Identifier: MIT */
/**
 * Inside of the fonts: files, signs, outlines. Only services/theater/font includes it.
 *
 * A glyph number of FONT_MUSIC is our own, FONT_SIGN(code point), whatever the file numbers it: Emmentaler's
 * signs are put together from pieces. FONT_SIGN_IN_TEXT(code point) is the same sign as it stands in a line
 * of text.
 */
#ifndef THEATER_FONT_IMPL_H
#define THEATER_FONT_IMPL_H

#include <ft2build.h>
#include <freetype/freetype.h>
#include <freetype/ftoutln.h>
#include <hb.h>

#include "font.h"

#define FONT_SIGN_FIRST 0xe000u
#define FONT_SIGN_LAST 0xf8ffu
#define FONT_SIGN(code) ((code) - FONT_SIGN_FIRST + 1)
#define FONT_SIGN_IN_TEXT(code) (FONT_SIGN(code) + 0x2000u)

#define FONT_FILE_MAX (64u << 20)
#define FONT_METADATA_MAX (16u << 20)
/** Most that outlines take in memory; what comes beyond is empty. */
#define FONT_OUTLINES_MAX (128u << 20)
#define FONT_POINTS_MAX 16384u

/** Files: the faces, and Emmentaler's braces. */
enum { FONT_FILE_BRACE = FONT_N_FACES, FONT_N_FILES };

struct font_file {
	char *path;
	uint8_t *bytes;
	size_t n;
	FT_Face ft;    /**< NULL: none */
	hb_font_t *hb; /**< immutable, so any thread may shape with it; NULL for a SMuFL font */
	hb_face_t *hb_face;
	uint32_t units; /**< an em */
};

/** A glyph's outline in font units, y up. Immutable once made. */
struct font_shape_outline {
	uint32_t glyph;
	uint32_t units; /**< an em */
	float advance;  /**< em */
	FT_Outline ft;
	struct font_box ink; /**< em, y down */
	struct font_quadratic *quadratic;
	uint32_t n_quadratics;
	uint8_t has_quadratics;
};

/** Outlines of a face by glyph number. */
struct font_outlines {
	struct font_shape_outline **slot; /**< a power of two of them */
	uint32_t n, n_slots;
};

struct font_set {
	FT_Library library;
	struct font_file file[FONT_N_FILES];
	uint8_t is_smufl;
	uint8_t has_own_text; /**< by path */
	uint8_t is_slanted; /**< FONT_ITALIC is the text font, its outlines leaning over */
	char music_name[64];
	struct font_outlines outlines[FONT_N_FACES];
	size_t outline_bytes;
	struct engrave_metrics metrics;
	struct engrave_glyph *glyph; /**< ENGRAVE_CODE_FIRST .. ENGRAVE_CODE_LAST */
	float text_x_middle;         /**< half of the capitals' height, em */
	uint8_t *scratch;            /**< the raster's pixels */
	size_t scratch_size;
};

/* --- file.c --- */
/** A whole regular file, never a pipe. @return 0, -errno, -EFBIG; error says which path. */
int font_read_file(
	const char *path, size_t max, uint8_t **ret, size_t *ret_n, char *error, size_t error_size);
int font_file_open(FT_Library library, const char *path, int with_shaping, struct font_file *ret, char *error,
	size_t error_size);
void font_file_close(struct font_file *file);
/** First that exists of a list of glob patterns that ends with NULL. @return malloc'd; NULL: none. */
char *font_find(const char *const *patterns);

/* --- find.c --- */
/** A SMuFL font by name, or (NULL) any that has metadata in the SMuFL folders. @return 0; -ENOENT. */
int font_find_smufl(const char *name, char **ret_font, char **ret_metadata);
/** Metadata of a font file: beside it, or in the SMuFL folders. @return malloc'd; NULL: none. */
char *font_find_metadata(const char *font_path);

/* --- emmentaler.c: the table --- */
enum sign_place { LEFT = 1, BOTTOM = 2, TOP = 4, MIDDLE = 8, CENTER = 16 };

/** Flags' anchors are stemUpNW and stemDownSW: how far the stem goes on. */
static inline int font_is_flag(uint32_t code)
{
	return code >= 0xe240 && code <= 0xe25f;
}

/** A piece of a sign, moved after it was placed: sp, y up. */
struct sign_part {
	const char *glyph;    /**< name in Emmentaler; NULL: the polygon */
	const float *polygon; /**< x, y of its corners, counter-clockwise */
	uint8_t n_points;
	uint8_t place; /**< which edge of its box comes to 0 */
	int16_t turn;  /**< degrees, counter-clockwise; then LEFT is set */
	float x, y;
	float scale; /**< 0: 1 */
	float shear;
};
#define SIGN_PARTS 6
struct sign {
	uint16_t code;
	const char *name; /**< SMuFL's */
	struct sign_part part[SIGN_PARTS];
	const char *letters; /**< instead: glyphs named by one letter, one after the other */
};
extern const struct sign font_sign[];
extern const uint32_t font_n_signs;
const struct sign *font_find_sign(uint32_t code);
extern const struct engrave_defaults font_emmentaler_defaults;

/* --- sign.c --- */
/** Emmentaler's outline of a sign, in 1/16 units. @return 0; -ENOENT; -ENOMEM. */
int font_build_sign(const struct font_set *fonts, const struct sign *sign, struct font_shape_outline *ret);

/* --- outline.c --- */
/** Cached. NULL: no such glyph, or no memory. */
const struct font_shape_outline *font_get_outline(
	struct font_set *fonts, enum font_face face, uint32_t glyph);
void font_outlines_free(struct font_set *fonts);
/** Copy a loaded glyph, transformed, behind what is in `to`. @return 0; -ENOMEM; -E2BIG. */
int font_append_outline(
	FT_Library library, FT_Outline *to, const FT_Outline *from, const FT_Matrix *matrix, FT_Vector move);

/* --- smufl.c --- */
/** SMuFL metadata into the glyph table (filled from outlines) and defaults. @return 0; -EINVAL: error has the
 * JSON pointer or the byte; what came before may have been taken over. */
int font_read_metadata(const uint8_t *json, size_t n, struct engrave_glyph *glyph,
	struct engrave_defaults *defaults, char *name, size_t name_size, char *error, size_t error_size);

/* --- metrics.c --- */
/** Measure all signs of the music font. */
int font_measure(struct font_set *fonts);
/** What metadata would say, from the outlines, and from Emmentaler's own table. */
void font_guess(struct font_set *fonts);
/** Emmentaler's stem attachments, from its table LILC. */
void font_read_attachments(
	const char *text, size_t n, const char *glyph, float ret_up[2], float ret_down[2], int *ret_has);

/* --- cutout.c --- */
/** Replace the corners of a glyph's box that are free by where the ink begins. */
void font_find_cutouts(const struct font_quadratic *outline, uint32_t n, struct engrave_glyph *glyph);

/* --- shape.c --- */
float font_text_width(const struct engrave_metrics *m, enum engrave_face face, const char *text, size_t n);
/** One code point of UTF-8, U+FFFD for what is none. @return bytes eaten, 0 at the end. */
unsigned font_utf8(const char *text, size_t n, uint32_t *ret);

#endif
