/* SPDX-License-Identifier: MIT */
/* What the engraver is told of the music font: boxes and advances measured from the outlines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <freetype/tttables.h>

#include "font_impl.h"

/* What a sign that the font lacks takes. */
static const struct engrave_glyph ordinary = {.x1 = 1, .y0 = -0.5f, .y1 = 0.5f, .advance = 1};

static void measure_sign(struct font_set *fonts, uint32_t code, struct engrave_glyph *ret)
{
	*ret = ordinary;
	const struct font_shape_outline *outline = font_get_outline(fonts, FONT_MUSIC, FONT_SIGN(code));
	/* noteheadNull and the like are there, and have no ink. */
	if (outline)
		*ret = (struct engrave_glyph){.is_there = 1,
			.advance = outline->advance * 4,
			.x0 = outline->ink.x0 * 4,
			.x1 = outline->ink.x1 * 4,
			.y0 = -outline->ink.y1 * 4,
			.y1 = -outline->ink.y0 * 4};
	ret->cut_ne[0] = ret->cut_se[0] = ret->x1;
	ret->cut_sw[0] = ret->cut_nw[0] = ret->x0;
	ret->cut_ne[1] = ret->cut_nw[1] = ret->y1;
	ret->cut_se[1] = ret->cut_sw[1] = ret->y0;
}

/* Where stems leave a head's middle when the font does not say, sp. */
static const float usual_attachment = 0.168f;

static int is_head(uint32_t code)
{
	return code >= 0xe0a0 && code <= 0xe1af;
}

/* How far a stem goes on into a flag that the table has moved. */
static void attach_flag(const struct sign *sign, struct engrave_glyph *glyph)
{
	int is_up = sign->part[0].y >= 0 && glyph->y0 < -1;
	glyph->has_stem_up = (uint8_t)is_up;
	glyph->has_stem_down = (uint8_t)!is_up;
	*(is_up ? &glyph->stem_up_y : &glyph->stem_down_y) = sign->part[0].y;
}

/* Emmentaler's own table of attachments is in points of a staff of 20. */
static void attach_stems(struct font_set *fonts, const char *text, size_t n)
{
	for (uint32_t i = 0; i < font_n_signs; i++) {
		const struct sign *sign = &font_sign[i];
		const struct sign_part *part = &sign->part[0];
		struct engrave_glyph *glyph = &fonts->glyph[sign->code - ENGRAVE_CODE_FIRST];
		if (!fonts->is_smufl && font_is_flag(sign->code) && glyph->is_there)
			attach_flag(sign, glyph);
		if (!is_head(sign->code) || !glyph->is_there || glyph->x1 <= glyph->x0)
			continue;
		float up[2] = {glyph->x1, usual_attachment}, down[2] = {glyph->x0, -usual_attachment};
		int has = 0;
		if (text && part->glyph && !part->turn && !part->place && !part[1].glyph && !part[1].polygon)
			font_read_attachments(text, n, part->glyph, up, down, &has);
		float scale = has ? (part->scale > 0 ? part->scale : 1) / 5 : 1;
		glyph->has_stem_up = glyph->has_stem_down = 1;
		glyph->stem_up_x = up[0] * scale;
		glyph->stem_up_y = up[1] * scale;
		glyph->stem_down_x = down[0] * scale;
		glyph->stem_down_y = down[1] * scale;
		if (!fonts->is_smufl && part->turn == 180) {
			glyph->stem_up_y = glyph->y1 - 0.1f;
			glyph->stem_down_y = 0;
		}
	}
}

/* One number, without a locale. */
static const char *read_number(const char *at, const char *end, float *ret)
{
	double value = 0, unit = 1;
	int negative = 0, digits = 0;
	while (at < end && *at == ' ')
		at++;
	if (at < end && *at == '-') {
		negative = 1;
		at++;
	}
	for (; at < end && *at >= '0' && *at <= '9' && digits < 6; at++, digits++)
		value = value * 10 + (*at - '0');
	if (at < end && *at == '.')
		for (at++; at < end && *at >= '0' && *at <= '9'; at++) {
			unit /= 10;
			value += (*at - '0') * unit;
		}
	*ret = (float)(negative ? -value : value);
	return digits ? at : NULL;
}

static int read_pair(const char *from, const char *end, const char *key, float ret[2])
{
	const char *at = memmem(from, (size_t)(end - from), key, strlen(key));
	float pair[2];
	if (!at || !(at = read_number(at + strlen(key), end, &pair[0])))
		return 0;
	while (at < end && *at == ' ')
		at++;
	if (at == end || *at++ != '.' || !read_number(at, end, &pair[1]))
		return 0;
	if (!(pair[0] >= -50 && pair[0] <= 50 && pair[1] >= -50 && pair[1] <= 50))
		return 0;
	ret[0] = pair[0];
	ret[1] = pair[1];
	return 1;
}

void font_read_attachments(
	const char *text, size_t n, const char *glyph, float ret_up[2], float ret_down[2], int *ret_has)
{
	char head[80] = "(";
	*ret_has = 0;
	if (!text || strlen(glyph) > sizeof head - 4)
		return;
	strcat(strcat(head, glyph), " .");
	const char *at = memmem(text, n, head, strlen(head)), *end = text + n;
	if (!at)
		return;
	at += strlen(head);
	/* Up to the next glyph: an entry closes with four brackets in a row at most. */
	const char *close = memmem(at, (size_t)(end - at), "))))", 4);
	end = close ? close : end;
	float up[2], down[2];
	if (!read_pair(at, end, "(attachment . (", up))
		return;
	if (!read_pair(at, end, "(attachment-down . (", down)) {
		down[0] = 0;
		down[1] = -up[1];
	}
	memcpy(ret_up, up, sizeof up);
	memcpy(ret_down, down, sizeof down);
	*ret_has = 1;
}

/* Signs that stand close to others. */
static void cut_accidentals(struct font_set *fonts)
{
	for (uint32_t i = 0; i < font_n_signs; i++) {
		const struct font_quadratic *outline;
		uint32_t code = font_sign[i].code;
		if (code < 0xe260 || code > 0xe49f)
			continue;
		uint32_t n = font_outline(fonts, FONT_MUSIC, FONT_SIGN(code), &outline);
		font_find_cutouts(outline, n, &fonts->glyph[code - ENGRAVE_CODE_FIRST]);
	}
}

static void attach_emmentaler(struct font_set *fonts)
{
	FT_Face face = fonts->file[FONT_MUSIC].ft;
	FT_ULong n = 0, tag = FT_MAKE_TAG('L', 'I', 'L', 'C');
	char *text = NULL;
	if (FT_Load_Sfnt_Table(face, tag, 0, NULL, &n) || n > FONT_METADATA_MAX || !(text = malloc(n + 1)) ||
		FT_Load_Sfnt_Table(face, tag, 0, (FT_Byte *)text, &n)) {
		free(text);
		text = NULL;
	}
	attach_stems(fonts, text, text ? n : 0);
	free(text);
}

void font_guess(struct font_set *fonts)
{
	if (fonts->is_smufl)
		attach_stems(fonts, NULL, 0);
	else
		attach_emmentaler(fonts);
	cut_accidentals(fonts);
}

static void measure_text(struct font_set *fonts)
{
	struct engrave_metrics *m = &fonts->metrics;
	hb_font_extents_t extents = {0};
	struct font_box capital = font_ink(fonts, FONT_TEXT, font_glyph(fonts, FONT_TEXT, 'H'));
	hb_font_get_h_extents(fonts->file[FONT_TEXT].hb, &extents);
	m->cap_height = capital.y0 < 0 ? -capital.y0 : 0.7f;
	m->ascent = extents.ascender > 0 ? (float)extents.ascender / 65536 : 0.9f;
	m->descent = extents.descender < 0 ? -(float)extents.descender / 65536 : 0.25f;
	m->text_width = font_text_width;
	m->data = fonts;
}

int font_measure(struct font_set *fonts)
{
	if (!fonts->glyph) {
		fonts->glyph = calloc(ENGRAVE_CODE_LAST - ENGRAVE_CODE_FIRST + 1, sizeof *fonts->glyph);
		if (!fonts->glyph)
			return -ENOMEM;
	}
	for (uint32_t code = ENGRAVE_CODE_FIRST; code <= ENGRAVE_CODE_LAST; code++)
		measure_sign(fonts, code, &fonts->glyph[code - ENGRAVE_CODE_FIRST]);
	fonts->metrics.name = fonts->music_name;
	fonts->metrics.glyph = fonts->glyph;
	fonts->metrics.defaults = font_emmentaler_defaults;
	measure_text(fonts);
	return 0;
}
