/* SPDX-License-Identifier: MIT */
/* Lines of text: shaped, mixed with music, fallen back, aligned, narrowed, cut. */
#include <criterion/criterion.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <font_impl.h>

static struct font_set *fonts;

static void open_fonts(void)
{
	char error[512];
	if (font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof error) < 0)
		cr_skip("%s", error);
}

static void close_fonts(void)
{
	font_close(fonts);
}

TestSuite(text, .init = open_fonts, .fini = close_fonts);

static float width_of(enum engrave_face face, const char *text)
{
	const struct engrave_metrics *m = font_metrics(fonts);
	return m->text_width(m, face, text, strlen(text));
}

Test(text, shaped, .description = "THE-12: widths are the font's advances, with its kerning and ligatures")
{
	struct font_placed placed[64];
	float width;
	FT_Face face = fonts->file[FONT_TEXT].ft;
	double sum = 0;
	for (const char *c = "Hom"; *c; c++) {
		cr_assert_eq(FT_Load_Char(face, (FT_ULong)*c, FT_LOAD_NO_SCALE), 0);
		sum += (double)face->glyph->metrics.horiAdvance / face->units_per_EM;
	}
	cr_assert_eq(font_shape(fonts, FONT_TEXT, "Hom", 3, placed, 64, &width), 3);
	cr_assert_float_eq(width, sum, 1e-3);
	cr_assert_float_eq(width_of(ENGRAVE_TEXT, "Hom"), width, 1e-6);
	/* Kerned pairs are closer than their advances, digits of one width are not. */
	cr_assert_lt(width_of(ENGRAVE_TEXT, "AV"),
		width_of(ENGRAVE_TEXT, "A") + width_of(ENGRAVE_TEXT, "V") - 0.01f);
	cr_assert_float_eq(width_of(ENGRAVE_MONO, "iiii"), width_of(ENGRAVE_MONO, "WWWW"), 1e-5);
	cr_assert_gt(width_of(ENGRAVE_BOLD, "bold"), width_of(ENGRAVE_TEXT, "bold"));
	cr_assert_eq(width_of(ENGRAVE_TEXT, ""), 0);
	/* In order, from the origin. */
	cr_assert_eq(font_shape(fonts, FONT_TEXT, "abcdef", 6, placed, 64, &width), 6);
	for (unsigned i = 1; i < 6; i++)
		cr_assert_gt(placed[i].x, placed[i - 1].x);
}

Test(text, italic,
	.description = "THE-13: expression has a face in italics; where none is installed, and beside a text "
		       "font by "
		       "path, the text's letters lean over and are as wide")
{
	struct font_options options = {.music = "emmentaler", .text = fonts->file[FONT_TEXT].path};
	struct font_set *own;
	char error[512];
	cr_assert_eq(font_open(&options, &own, error, sizeof(error)), 0, "%s", error);
	cr_expect_str_empty(error);
	const struct engrave_metrics *m = font_metrics(own);
	const uint32_t glyph = font_glyph(own, FONT_ITALIC, 'l');
	const struct font_box upright = font_ink(own, FONT_TEXT, glyph),
			      leaning = font_ink(own, FONT_ITALIC, glyph);
	cr_expect_float_eq(m->text_width(m, ENGRAVE_ITALIC, "dolce", 5),
		m->text_width(m, ENGRAVE_TEXT, "dolce", 5), 1e-6);
	cr_expect_float_eq(leaning.y0, upright.y0, 1e-3, "as high");
	/* its top a fifth of its height to the right */
	cr_expect_float_eq(leaning.x1 - upright.x1, -0.2f * upright.y0, 2e-3);
	cr_expect_float_eq(leaning.x0, upright.x0, 2e-3, "its foot stays");
	font_close(own);
	/* by path */
	options.italic = fonts->file[FONT_MONO].path;
	cr_assert_eq(font_open(&options, &own, error, sizeof(error)), 0, "%s", error);
	m = font_metrics(own);
	cr_expect_float_eq(
		m->text_width(m, ENGRAVE_ITALIC, "ii", 2), m->text_width(m, ENGRAVE_MONO, "WW", 2), 1e-6);
	font_close(own);
	/* a TEXT shape that asks for it */
	struct mos_shape shape = {.kind = MOS_SHAPE_TEXT, .flags = MOS_SHAPE_ITALIC, .h = 2};
	struct font_placed placed[8];
	float size, narrow;
	cr_assert_eq(font_lay_text(fonts, &shape, "f", 1, placed, 8, &size, &narrow), 1);
	cr_expect_eq(placed[0].face, FONT_ITALIC);
}

Test(text, music, .description = "THE-13: accidentals and notes in a line come from the music font")
{
	struct font_placed placed[64];
	float width;
	const char *chord = "B♭m7(♯11)";
	uint32_t n = font_shape(fonts, FONT_TEXT, chord, strlen(chord), placed, 64, &width);
	cr_assert_eq(n, 9);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(placed[i].face, i == 1 || i == 5 ? FONT_MUSIC : FONT_TEXT);
	/* As tall as capitals, more or less, and standing where they do. */
	struct font_box flat = font_ink(fonts, FONT_MUSIC, placed[1].glyph);
	float cap = font_metrics(fonts)->cap_height;
	cr_assert(flat.y0 < -0.9f * cap && flat.y0 > -1.3f * cap);
	cr_assert_float_eq(flat.y1, 0, 0.05);
	/* What follows keeps clear of it. */
	cr_assert_gt(placed[2].x, placed[1].x + flat.x1);
	const char *metronome = "\xee\xb2\xa5 = 120"; /* U+ECA5 */
	n = font_shape(fonts, FONT_BOLD, metronome, strlen(metronome), placed, 64, &width);
	cr_assert_eq(placed[0].face, FONT_MUSIC);
	cr_assert_float_eq(
		font_ink(fonts, FONT_MUSIC, placed[0].glyph).y1, 0, 0.02, "the note stands on the base line");
	cr_assert_eq(placed[n - 1].face, FONT_BOLD);
	/* Not in any music font's reach: an unknown sign of the private area is the text face's business. */
	n = font_shape(fonts, FONT_TEXT, "\xee\x80\x81", 3, placed, 64, &width);
	cr_assert_neq(placed[0].face, FONT_MUSIC);
}

Test(text, invalid, .description = "THR-09: bytes that are no UTF-8 become U+FFFD, none is lost or runs over")
{
	static const struct {
		const char *text;
		uint32_t code[6];
	} cases[] = {
		{"a\xff"
		 "b",
			{'a', 0xfffd, 'b'}},
		{"\xc3\xa9", {0xe9}},
		{"\xc3", {0xfffd}},
		{"\xe2\x82", {0xfffd}},
		{"\xe2\x82x", {0xfffd, 'x'}},
		{"\xc0\x80", {0xfffd, 0xfffd}}, /* overlong */
		{"\xed\xa0\x80", {0xfffd}},     /* a surrogate */
		{"\xf4\x90\x80\x80", {0xfffd}}, /* beyond U+10FFFF */
		{"\xf0\x9d\x84\xaa", {0x1d12a}},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *at = cases[i].text;
		size_t n = strlen(at);
		unsigned eaten;
		uint32_t code, k = 0;
		for (; (eaten = font_utf8(at, n, &code)) > 0; at += eaten, n -= eaten, k++)
			cr_assert_eq(code, cases[i].code[k], "case %u, character %u: U+%X", i, k, code);
		cr_assert_eq(cases[i].code[k], 0, "case %u ends early", i);
		cr_assert_gt(width_of(ENGRAVE_TEXT, cases[i].text), 0);
	}
	/* Any bytes at all. */
	char noise[1024];
	uint32_t seed = 1;
	for (unsigned round = 0; round < 200; round++) {
		struct font_placed placed[100];
		float width;
		for (unsigned i = 0; i < sizeof noise; i++)
			noise[i] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
		cr_assert_leq(font_shape(fonts, FONT_TEXT, noise, sizeof noise, placed, 100, &width), 100);
		cr_assert(isfinite(width) && width >= 0);
	}
}

static uint32_t lay(const char *text, unsigned flags, float w, struct font_placed placed[64], float *narrow)
{
	struct mos_shape shape = {
		.kind = MOS_SHAPE_TEXT, .flags = (uint8_t)flags, .x = 100, .y = 50, .w = w, .h = 10};
	float size;
	uint32_t n = font_lay_text(fonts, &shape, text, strlen(text), placed, 64, &size, narrow);
	cr_assert_eq(size, 10);
	return n;
}

Test(text, laid, .description = "THE-12: text is aligned, narrowed to 80 %, then cut with an ellipsis")
{
	struct font_placed p[64];
	float narrow, wide = 10 * width_of(ENGRAVE_TEXT, "Sentence"),
		      cap = font_metrics(fonts)->cap_height * 10;
	cr_assert_eq(lay("Sentence", 0, 0, p, &narrow), 8);
	cr_assert_float_eq(p[0].x, 100, 1e-3);
	cr_assert_float_eq(p[0].y, 50, 1e-3);
	cr_assert_eq(narrow, 1);
	lay("Sentence", MOS_SHAPE_CENTER, 0, p, &narrow);
	cr_assert_float_eq(p[0].x, 100 - wide / 2, 1e-3);
	lay("Sentence", MOS_SHAPE_RIGHT | MOS_SHAPE_MIDDLE, 0, p, &narrow);
	cr_assert_float_eq(p[0].x, 100 - wide, 1e-3);
	cr_assert_float_eq(p[0].y, 50 + cap / 2, 1e-3);
	/* A little too long: all of it, narrower. */
	cr_assert_eq(lay("Sentence", 0, 0.9f * wide, p, &narrow), 8);
	cr_assert_float_eq(narrow, 0.9, 1e-4);
	/* Much too long: 80 % and an ellipsis at the end, within the width, and as much as fits. */
	for (unsigned percent = 15; percent < 80; percent += 5) {
		float limit = wide * (float)percent / 100;
		uint32_t n = lay("Sentence", 0, limit, p, &narrow);
		cr_assert_float_eq(narrow, 0.8, 1e-6);
		cr_assert(n >= 1 && n < 9);
		cr_assert_eq(p[n - 1].glyph, font_glyph(fonts, FONT_TEXT, 0x2026));
		float end = p[n - 1].x + 8 * width_of(ENGRAVE_TEXT, "…");
		cr_assert(n == 1 || end <= 100 + limit + 1e-3f, "%u %%: ends at %f of %f", percent, end,
			100 + limit);
		cr_assert_gt(end + 8 * width_of(ENGRAVE_TEXT, "S") + 1, 100 + limit, "%u %%: more would fit",
			percent);
	}
	/* Cut between characters, never inside. */
	uint32_t n = lay("äöüäöüäöü", 0, 20, p, &narrow);
	for (uint32_t i = 0; i + 1 < n; i++)
		cr_assert_neq(p[i].glyph, font_glyph(fonts, FONT_TEXT, 0xfffd));
	struct mos_shape none = {.kind = MOS_SHAPE_TEXT, .h = NAN};
	float size;
	cr_assert_eq(font_lay_text(fonts, &none, "x", 1, p, 64, &size, &narrow), 0);
}

static void *measure(void *data)
{
	float *sum = data;
	for (unsigned i = 0; i < 200; i++)
		*sum += width_of(i % 3, i & 1 ? "B♭m7(♯11) Wäßrig" : "Ελλάδα שלום");
	return NULL;
}

Test(text, threads, .description = "THE-13: the engraver measures text on any thread")
{
	pthread_t thread[4];
	float sum[5] = {0};
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, measure, &sum[i]), 0);
	measure(&sum[4]);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		cr_assert_eq(sum[i], sum[4]);
	}
}
