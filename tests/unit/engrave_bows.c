/* SPDX-License-Identifier: MIT */
/* Slurs and ties beside all that they pass, beams over accidentals, figured bass, dynamics: THE-13. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engrave_fixture.h"

TestSuite(engrave_bows, .init = setup, .fini = teardown);

static struct engraving *engraved(const char *text)
{
	struct engraving *e;
	struct score *score = imported(text, strlen(text));
	const struct engrave_options o = engrave_default_options();
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0);
	score_unref(score);
	return e;
}

/* ---- ink ---- */

struct box {
	float x0, y0, x1, y1;
};

static struct box box_of(const struct mos_shape *s)
{
	const struct engrave_glyph *g = engrave_glyph(metrics, s->glyph);
	const float k = s->w / 4;
	/* of accidentals the corners are empty */
	const float in = s->glyph >= 0xe260 && s->glyph <= 0xe264 ? 0.3f : 0;
	return (struct box){s->x + g->x0 * k, s->y - g->y1 * k + in, s->x + g->x1 * k, s->y - g->y0 * k - in};
}

/** The n-th shape of a kind; of glyphs with a code from `first` to `last`. */
static const struct mos_shape *nth(
	const struct engraving *e, unsigned kind, uint32_t first, uint32_t last, unsigned n)
{
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == kind && s->layer == ENGRAVE_NOTATION &&
			(kind != MOS_SHAPE_GLYPH || (s->glyph >= first && s->glyph <= last)) && n-- == 0)
			return s;
	}
	return NULL;
}

static const struct mos_shape *bow(const struct engraving *e, unsigned n)
{
	return nth(e, MOS_SHAPE_CURVE, 0, 0, n);
}

static const struct mos_shape *sign(const struct engraving *e, unsigned n)
{
	return nth(e, MOS_SHAPE_GLYPH, 0xe260, 0xe264, n);
}

static float bow_y(const struct mos_shape *s, float x)
{
	float low = 0, high = 1, y = 0;
	for (unsigned i = 0; i < 20; i++) {
		const float t = (low + high) / 2, u = 1 - t, a = u * u * u, b = 3 * u * u * t,
			    c = 3 * u * t * t, d = t * t * t;
		y = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
		if (a * s->x + b * s->p[0] + c * s->p[2] + d * s->w < x)
			low = t;
		else
			high = t;
	}
	return y;
}

static int is_through(const struct mos_shape *s, struct box b)
{
	for (float x = fmaxf(s->x, b.x0); x < fminf(s->w, b.x1); x += 0.05f) {
		const float y = bow_y(s, x);
		if (y > b.y0 && y < b.y1)
			return 1;
	}
	return 0;
}

/* ---- slurs ---- */

Test(engrave_bows, signs,
	.description = "THE-13: a slur passes heads, accidentals and scripts, and begins near its note")
{
	static const char *const music[] = {"(c ^f _b =a)|", "(^c' _d .g ^a)|", "(_A, ^D =C _E)|",
		"(c _e' _A c)|", "(=g/^a/_b/a/ g/^f/=f/_e/)|"};
	for (unsigned i = 0; i < sizeof(music) / sizeof(*music); i++) {
		char text[128];
		(void)snprintf(text, sizeof(text), "X:1\nM:4/4\nL:1/4\nK:C\n%s\n", music[i]);
		struct engraving *e = engraved(text);
		const struct mos_shape *s = bow(e, 0), *g;
		cr_assert_not_null(s);
		for (unsigned k = 0; (g = nth(e, MOS_SHAPE_GLYPH, 0xe0a0, 0xe4bf, k)); k++)
			cr_expect(!is_through(s, box_of(g)), "%s: through %X", music[i], g->glyph);
		const struct engrave_rect *first = &e->note[0].rect;
		cr_expect_lt(fabsf(s->x - (first->x + first->w / 2)), 1.5f, "%s", music[i]);
		cr_expect_lt(fabsf(s->y - (first->y + first->h / 2)), 5.5f, "%s", music[i]);
		engraving_free(e);
	}
}

Test(engrave_bows, nested, .description = "THE-13: a slur over slurs is outside of them all along")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/4\nK:C\n((c d) (e f))|\n");
	const struct mos_shape *outer = NULL, *s;
	for (unsigned i = 0; (s = bow(e, i)); i++)
		outer = !outer || s->w - s->x > outer->w - outer->x ? s : outer;
	cr_assert_not_null(outer);
	const float side = outer->p[1] < outer->y ? -1 : 1;
	unsigned n = 0;
	for (unsigned i = 0; (s = bow(e, i)); i++) {
		if (s == outer)
			continue;
		n++;
		for (float x = s->x + 0.2f; x < s->w - 0.2f; x += 0.1f)
			cr_expect_gt(side * (bow_y(outer, x) - bow_y(s, x)), 0.2f);
	}
	cr_expect_eq(n, 2);
	engraving_free(e);
}

#define MUSIC(attributes, music)                                                                             \
	"<score-partwise><part-list><score-part id=\"P1\"><part-name>P</part-name></score-part></part-list>" \
	"<part id=\"P1\"><measure number=\"1\"><attributes><divisions>2</divisions><time><beats>4</beats>"   \
	"<beat-type>4</beat-type></time>" attributes "</attributes>" music                                   \
	"</measure></part></score-partwise>"
#define HALF(step, more)                                                                                     \
	"<note><pitch><step>" step "</step><octave>4</octave></pitch><duration>4</duration><voice>1</voice>" \
	"<type>half</type>" more "</note>"
#define SLURS(what)                                                                                          \
	"<notations><slur number=\"1\" type=\"" what "\"/><slur number=\"2\" type=\"" what "\"/></"          \
	"notations>"

Test(engrave_bows, two,
	.description = "THE-13: of two slurs between the same notes one goes above, one below")
{
	struct engraving *e = engraved(MUSIC("", HALF("E", SLURS("start")) HALF("G", SLURS("stop"))));
	const struct mos_shape *a = bow(e, 0), *b = bow(e, 1);
	cr_assert(a && b);
	cr_expect_lt((a->p[1] - a->y) * (b->p[1] - b->y), 0);
	engraving_free(e);
}

Test(engrave_bows, grace,
	.description = "THE-13: a grace note's slur ends beside the head, within its accent")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/4\nK:C\n({A}Lc) d e f|\n");
	const struct mos_shape *s = bow(e, 0);
	const struct engrave_rect *head = &e->note[1].rect;
	cr_assert_not_null(s);
	cr_expect_lt(fabsf(s->w - head->x), 0.6f);
	cr_expect_lt(fabsf(s->h - (head->y + head->h / 2)), 1.2f);
	engraving_free(e);
}

/* ---- ties ---- */

Test(engrave_bows, tie_before_sign, .description = "THE-13: a tie ends before a sign that stands there again")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/1\nK:C\n^f-|^f|\n");
	const struct mos_shape *s = bow(e, 0), *g = sign(e, 1);
	cr_assert_not_null(s);
	if (g)
		cr_expect_leq(s->w, box_of(g).x0 + 0.01f);
	engraving_free(e);
	e = engraved("X:1\nM:4/4\nL:1/1\nK:C\n[_Bd]-|[_B_d]|\n");
	for (unsigned i = 0; (s = bow(e, i)); i++) {
		for (unsigned k = 0; (g = sign(e, k)); k++)
			cr_expect(!is_through(s, box_of(g)), "bow %u, sign %u", i, k);
	}
	engraving_free(e);
}

Test(engrave_bows, tie_behind_flag, .description = "THE-13: a tie on the stem's side begins behind the flag")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/8\nK:C\nz4 z2 z A-|A8 & z4 z2 z C|C8|\n");
	const struct mos_shape *flag = nth(e, MOS_SHAPE_GLYPH, 0xe240, 0xe240, 0), *s;
	for (unsigned i = 0; flag && (s = bow(e, i)); i++)
		cr_expect(!is_through(s, box_of(flag)), "bow %u", i);
	cr_expect_not_null(bow(e, 0));
	engraving_free(e);
}

/* ---- beams ---- */

Test(engrave_bows, beam_over_sign, .description = "THE-13: beams don't touch the accidentals below them")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/16\nK:Eb\nA,CE_G =AGEC A,CE_G E_GCE|\n");
	const struct mos_shape *beam, *g;
	unsigned n = 0;
	for (unsigned i = 0; (beam = nth(e, MOS_SHAPE_QUAD, 0, 0, i)); i++) {
		for (unsigned k = 0; (g = sign(e, k)); k++) {
			const struct box b = box_of(g);
			const float x = b.x0 + 0.15f;
			if (x < beam->x || x > beam->w)
				continue;
			const float share = (x - beam->x) / (beam->w - beam->x);
			const float top = beam->y + (beam->h - beam->y) * share;
			const float bottom = beam->p[3] + (beam->p[1] - beam->p[3]) * share;
			n++;
			cr_expect(bottom < b.y0 + 0.1f || top > b.y1 - 0.1f, "beam %u, sign %u", i, k);
		}
	}
	cr_expect_gt(n, 0);
	engraving_free(e);
}

/* ---- words ---- */

static const struct mos_shape *text_of(const struct engraving *e, const char *text)
{
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == MOS_SHAPE_TEXT && s->glyph == strlen(text) &&
			memcmp(s->p, text, s->glyph) == 0)
			return s;
	}
	cr_assert_fail("no %s", text);
	return NULL;
}

Test(engrave_bows, figures,
	.description = "THE-13: figures stand below each other, those of a system on one line, with strokes")
{
#define FIGURE(number, more) "<figure><figure-number>" number "</figure-number>" more "</figure>"
	struct engraving *e = engraved(MUSIC("",
		"<figured-bass>" FIGURE("6", "") FIGURE("4", "<suffix>slash</suffix>")
			FIGURE("2", "<suffix>sharp</suffix>") "</figured-bass>" HALF(
				"C", "") "<figured-bass>" FIGURE("7", "") "</figured-bass>" HALF("B", "")));
	const struct mos_shape *six = text_of(e, "6"), *four = text_of(e, "4"), *two = text_of(e, "2\u266f"),
			       *seven = text_of(e, "7"), *s;
	cr_expect_float_eq(six->x, four->x, 0.01f);
	cr_expect_float_eq(six->x, two->x, 0.01f);
	cr_expect_gt(four->y, six->y + 1);
	cr_expect_gt(two->y, four->y + 1);
	cr_expect_float_eq(six->y, seven->y, 0.01f);
	cr_expect_eq(six->flags & MOS_SHAPE_ITALIC, 0);
	unsigned n = 0;
	for (unsigned i = 0; (s = nth(e, MOS_SHAPE_LINE, 0, 0, i)); i++)
		n += fabsf((s->x + s->w) / 2 - four->x) < 0.4f && s->x < s->w && s->y > s->h &&
		     s->y < four->y + 0.1f && s->h > six->y - 0.3f;
	cr_expect_eq(n, 1);
	engraving_free(e);
}

Test(engrave_bows, letters, .description = "THE-13: dynamics of notes close together are read as two")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/16\nK:C\n!ff!c!fff!d!ppp!e!pp!f c4 d4 e4|\n");
	float right = -1000;
	unsigned gaps = 0;
	const struct mos_shape *g;
	for (unsigned i = 0; (g = nth(e, MOS_SHAPE_GLYPH, 0xe520, 0xe52f, i)); i++) {
		const float advance = engrave_glyph(metrics, g->glyph)->advance;
		cr_expect_gt(g->x, right - 0.05f);
		gaps += right > -999 && g->x > right + 0.5f;
		right = g->x + advance;
	}
	cr_expect_eq(gaps, 3);
	engraving_free(e);
}

Test(engrave_bows, short_among_long,
	.description = "THE-13: shorter notes than the usual ones have room of their own")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/8\nK:C\ncdec cdec|cdec cdec|cdec c/d/e/d/ c2|\n");
	float least = 100;
	for (uint32_t i = 0; i + 1 < e->n_notes; i++) {
		if (e->note[i].measure == e->note[i + 1].measure)
			least = fminf(least, e->note[i + 1].rect.x - e->note[i].rect.x);
	}
	cr_expect_gt(least, 1.7f, "%f", (double)least);
	engraving_free(e);
}
