/* SPDX-License-Identifier: MIT */
/* Lines of text: which face each character comes from, and HarfBuzz over each run of one face and one script.
 */
#include <string.h>

#include "font_impl.h"

/* Characters of a line that are looked at. */
enum { CHARACTERS_MAX = 4096 };

unsigned font_utf8(const char *text, size_t n, uint32_t *ret)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text;
	*ret = 0xfffd;
	if (n == 0)
		return 0;
	unsigned len = p[0] < 0x80                   ? 1
		       : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		       : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
		       : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						     : 0;
	if (len == 0)
		return 1;
	uint32_t code = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (unsigned i = 1; i < len; i++) {
		if (i >= n || (p[i] & 0xc0) != 0x80)
			return i;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code >= least[len] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))
		*ret = code;
	return len;
}

/* A sign of music under its own name in Unicode, or SMuFL's; 0: no music. */
static uint32_t music_code(uint32_t code)
{
	static const uint16_t accidentals[] = {0xed60, 0xed61, 0xed62};
	if (code >= 0x266d && code <= 0x266f)
		return accidentals[code - 0x266d];
	if (code == 0x1d12a)
		return 0xed63;
	if (code == 0x1d12b)
		return 0xed64;
	return code >= FONT_SIGN_FIRST && code <= FONT_SIGN_LAST ? code : 0;
}

static int has_sign(const struct font_set *fonts, uint32_t code)
{
	if (code >= ENGRAVE_CODE_FIRST && code <= ENGRAVE_CODE_LAST)
		return fonts->glyph && fonts->glyph[code - ENGRAVE_CODE_FIRST].is_there;
	return fonts->is_smufl && FT_Get_Char_Index(fonts->file[FONT_MUSIC].ft, code) != 0;
}

static uint32_t glyph_of(const struct font_set *fonts, enum font_face face, uint32_t code)
{
	hb_codepoint_t glyph;
	return fonts->file[face].hb && hb_font_get_nominal_glyph(fonts->file[face].hb, code, &glyph) ? glyph
												     : 0;
}

uint32_t font_glyph(const struct font_set *fonts, enum font_face face, uint32_t code)
{
	if (face != FONT_MUSIC)
		return (unsigned)face < FONT_N_FACES ? glyph_of(fonts, face, code) : 0;
	uint32_t sign = music_code(code);
	return sign && has_sign(fonts, sign) ? FONT_SIGN(sign) : 0;
}

/* Joiners, direction marks, variation selectors: they draw nothing, and would only ask for a face of their
 * own. */
static int is_silent(uint32_t code)
{
	return (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xfe00 && code <= 0xfe0f) || code == 0xfeff ||
	       code == 0xad || code < 0x20 || (code >= 0x7f && code < 0xa0);
}

struct line {
	const struct font_set *fonts;
	struct font_placed *ret;
	uint32_t n, max;
	double x;
	hb_buffer_t *buffer;
};

static void put(struct line *line, enum font_face face, uint32_t glyph, double x, double y)
{
	if (line->n < line->max)
		line->ret[line->n] = (struct font_placed){(uint8_t)face, glyph, (float)x, (float)y};
	if (line->n < UINT32_MAX)
		line->n++;
}

static void shape_run(struct line *line, enum font_face face, const uint32_t *code, uint32_t n)
{
	static const char language[] = "en";
	hb_buffer_t *buffer = line->buffer;
	hb_buffer_clear_contents(buffer);
	hb_buffer_add_codepoints(buffer, code, (int)n, 0, (int)n);
	hb_buffer_set_language(buffer, hb_language_from_string(language, sizeof language - 1));
	hb_buffer_guess_segment_properties(buffer);
	hb_shape(line->fonts->file[face].hb, buffer, NULL, 0);
	unsigned n_glyphs = 0;
	const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(buffer, &n_glyphs);
	const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(buffer, &n_glyphs);
	for (unsigned i = 0; i < n_glyphs; i++) {
		put(line, face, info[i].codepoint, line->x + at[i].x_offset / 65536.0,
			-at[i].y_offset / 65536.0);
		line->x += at[i].x_advance / 65536.0;
	}
}

/* The width as it stands in text, which measuring found; outlines are the owner's thread's. */
static void put_sign(struct line *line, uint32_t sign)
{
	const struct font_set *fonts = line->fonts;
	if (sign == 0xe1e7 || sign == 0xecb7)
		line->x += 0.06; /* a dot keeps off its note */
	put(line, FONT_MUSIC, FONT_SIGN_IN_TEXT(sign), line->x, 0);
	int is_note = (sign >= 0xe1d0 && sign <= 0xe1ef) || (sign >= 0xeca0 && sign <= 0xecb7);
	double advance = 4;
	if (sign <= ENGRAVE_CODE_LAST)
		advance = (double)fonts->glyph[sign - ENGRAVE_CODE_FIRST].advance;
	line->x += advance / 4 * (is_note ? 0.85 : 1) + 0.02;
}

static enum font_face face_of(
	const struct font_set *fonts, enum font_face face, uint32_t code, enum font_face before)
{
	/* A mark stays with what it stands on. */
	if (hb_unicode_general_category(hb_unicode_funcs_get_default(), code) ==
			HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK &&
		before != FONT_MUSIC && glyph_of(fonts, before, code))
		return before;
	if (glyph_of(fonts, face, code))
		return face;
	return glyph_of(fonts, FONT_FALLBACK, code) ? FONT_FALLBACK : face;
}

static int same_script(hb_script_t *script, uint32_t code)
{
	hb_script_t s = hb_unicode_script(hb_unicode_funcs_get_default(), code);
	if (s == HB_SCRIPT_COMMON || s == HB_SCRIPT_INHERITED || s == *script)
		return 1;
	int fresh = *script == HB_SCRIPT_COMMON;
	*script = s;
	return fresh;
}

static void shape_line(struct line *line, enum font_face face, const char *text, size_t n)
{
	uint32_t run[256], n_run = 0, code;
	enum font_face run_face = FONT_MUSIC;
	hb_script_t script = HB_SCRIPT_COMMON;
	unsigned eaten;
	for (uint32_t i = 0; i < CHARACTERS_MAX && (eaten = font_utf8(text, n, &code)) > 0;
		i++, text += eaten, n -= eaten) {
		if (code == '\n' || code == '\t')
			code = ' ';
		if (is_silent(code))
			continue;
		uint32_t sign = music_code(code);
		enum font_face next = sign && has_sign(line->fonts, sign)
					      ? FONT_MUSIC
					      : face_of(line->fonts, face, code, run_face);
		int goes_on =
			next == run_face && same_script(&script, code) && n_run < sizeof run / sizeof *run;
		if (n_run && !goes_on) {
			shape_run(line, run_face, run, n_run);
			n_run = 0;
		}
		run_face = next;
		if (next == FONT_MUSIC)
			put_sign(line, sign);
		else
			run[n_run++] = code;
	}
	if (n_run)
		shape_run(line, run_face, run, n_run);
}

static float run_line(
	const struct font_set *fonts, enum font_face face, const char *text, size_t n, struct line *line)
{
	line->fonts = fonts;
	line->buffer = hb_buffer_create();
	if (hb_buffer_allocation_successful(line->buffer))
		shape_line(line, face, text, n);
	hb_buffer_destroy(line->buffer);
	return (float)line->x;
}

uint32_t font_shape(struct font_set *fonts, enum font_face face, const char *text, size_t n,
	struct font_placed *ret, uint32_t max, float *ret_width)
{
	struct line line = {.ret = ret, .max = max};
	if ((unsigned)face >= FONT_N_FACES || face == FONT_MUSIC)
		face = FONT_TEXT;
	*ret_width = run_line(fonts, face, text, n, &line);
	return line.n < max ? line.n : max;
}

float font_text_width(const struct engrave_metrics *m, enum engrave_face face, const char *text, size_t n)
{
	static const enum font_face faces[] = {[ENGRAVE_TEXT] = FONT_TEXT,
		[ENGRAVE_BOLD] = FONT_BOLD,
		[ENGRAVE_MONO] = FONT_MONO,
		[ENGRAVE_ITALIC] = FONT_ITALIC};
	struct line line = {0};
	return run_line(m->data, (unsigned)face <= ENGRAVE_ITALIC ? faces[face] : FONT_TEXT, text, n, &line);
}
