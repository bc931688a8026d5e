/* SPDX-License-Identifier: MIT */
/* Signs that gave way to others: rests, heads of one place, flags, strokes, dynamics, verses. THE-13. The
 * same over the corpora: conformance/engrave_collisions.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engrave_fixture.h"

TestSuite(engrave_apart, .init = setup, .fini = teardown);

#define NOTE(step, octave, ticks, type, voice, staff, more)                                                  \
	"<note><pitch><step>" step "</step><octave>" octave "</octave></pitch><duration>" ticks              \
	"</duration><voice>" voice "</voice><type>" type "</type>" more "<staff>" staff "</staff></note>"
#define REST(ticks, type, voice)                                                                             \
	"<note><rest/><duration>" ticks "</duration><voice>" voice "</voice><type>" type                     \
	"</type><staff>1</staff></note>"
#define BACK(ticks) "<backup><duration>" ticks "</duration></backup>"
#define DYNAMIC(sign, staff)                                                                                 \
	"<direction placement=\"below\"><direction-type><dynamics><" sign "/></dynamics></direction-type>"   \
	"<staff>" staff "</staff></direction>"
#define BEAM(what) "<beam number=\"1\">" what "</beam>"
#define MUSIC(staves, measures)                                                                              \
	"<score-partwise><part-list><score-part id=\"P1\"><part-name>A</part-name></score-part></part-list>" \
	"<part id=\"P1\"><measure number=\"1\"><attributes><divisions>4</divisions><time><beats>4</beats>"   \
	"<beat-type>4</beat-type></time><staves>" staves "</staves></attributes>" measures                   \
	"</measure></part></score-partwise>"

static struct engraving *engraved(const char *text)
{
	struct score *score = imported(text, strlen(text));
	struct engraving *e;
	const struct engrave_options o = engrave_default_options();
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0);
	score_unref(score);
	return e;
}

/** The nth glyph of a code, from the left. */
static const struct mos_shape *glyph_of(const struct engraving *e, uint32_t code, unsigned nth)
{
	const struct mos_shape *at = NULL;
	for (float from = -INFINITY;; nth--) {
		at = NULL;
		for (uint32_t i = 0; i < e->n_shapes; i++) {
			const struct mos_shape *s = &e->shape[i];
			if (s->kind == MOS_SHAPE_GLYPH && s->glyph == code && s->x > from &&
				(!at || s->x < at->x))
				at = s;
		}
		cr_assert_not_null(at, "no U+%04X", code);
		from = at->x;
		if (!nth)
			return at;
	}
}

static float top_of(const struct mos_shape *s)
{
	return s->y - engrave_glyph(metrics, s->glyph)->y1 * s->w / 4;
}

static float bottom_of(const struct mos_shape *s)
{
	return s->y - engrave_glyph(metrics, s->glyph)->y0 * s->w / 4;
}

static const struct engrave_note *note_of(const struct engraving *e, int64_t tick, int pitch)
{
	for (uint32_t i = 0; i < e->n_notes; i++) {
		if (e->note[i].tick == tick && e->note[i].pitch == pitch)
			return &e->note[i];
	}
	cr_assert_fail("no note %d at %lld", pitch, (long long)tick);
	return NULL;
}

Test(engrave_apart, rest_and_beam,
	.description =
		"THE-13: a rest of the lower voice stays below the beam that the upper voice has there")
{
	/* stems down, so that the beam is where the rest would stand */
	static const char xml[] = MUSIC("1",
		NOTE("C", "5", "2", "eighth", "1", "1", "<stem>down</stem>") NOTE(
			"C", "5", "2", "eighth", "1", "1", "<stem>down</stem>" BEAM("begin"))
			NOTE("C", "5", "2", "eighth", "1", "1", "<stem>down</stem>" BEAM("end")) NOTE(
				"C", "5", "2", "eighth", "1", "1", "<stem>down</stem>")
				NOTE("E", "4", "8", "half", "1", "1", "") BACK("16") REST("3", "eighth", "2")
					REST("4", "quarter", "2") NOTE("C", "4", "1", "16th", "2", "1", "")
						NOTE("C", "4", "8", "half", "2", "1", ""));
	struct engraving *e = engraved(xml);
	const struct mos_shape *rest = glyph_of(e, 0xe4e5, 0), *beam = NULL;
	for (uint32_t i = 0; i < e->n_shapes; i++)
		beam = e->shape[i].kind == MOS_SHAPE_QUAD && !beam ? &e->shape[i] : beam;
	cr_assert_not_null(beam);
	cr_expect(rest->x > beam->x && rest->x < beam->w, "under the beam");
	cr_expect_gt(top_of(rest), fmaxf(beam->p[1], beam->p[3]), "rest from %f, beam to %f",
		(double)top_of(rest), (double)beam->p[3]);
	engraving_free(e);
}

Test(engrave_apart, rest_in_beam,
	.description = "THE-13: a rest within a beam leaves its place only as far as the beams over it want")
{
	static const char xml[] = MUSIC("1",
		NOTE("B", "4", "2", "eighth", "1", "1", "<stem>down</stem>" BEAM("begin")) REST("1", "16th",
			"1") NOTE("C", "5", "1", "16th", "1", "1", "<stem>down</stem>" BEAM("end"))
			NOTE("C", "5", "12", "half", "1", "1", "<dot/>"));
	struct engraving *e = engraved(xml);
	const struct mos_shape *rest = glyph_of(e, 0xe4e7, 0);
	cr_expect_geq(top_of(rest), e->system[0].staff_top, "from %f", (double)top_of(rest));
	engraving_free(e);
}

Test(engrave_apart, one_place,
	.description =
		"THE-13: heads of two values at one place stand beside each other, the dot behind both")
{
	static const char xml[] =
		MUSIC("1", NOTE("B", "4", "2", "eighth", "1", "1", "<stem>up</stem>") REST("2", "eighth", "1")
				   NOTE("D", "5", "12", "half", "1", "1", "<dot/>") BACK("16")
					   NOTE("B", "4", "12", "half", "2", "1", "<dot/><stem>down</stem>")
						   NOTE("G", "4", "4", "quarter", "2", "1", ""));
	struct engraving *e = engraved(xml);
	const struct mos_shape *black = glyph_of(e, 0xe0a4, 0), *white = glyph_of(e, 0xe0a3, 0),
			       *dot = glyph_of(e, 0xe1e7, 0);
	cr_expect_geq(white->x, black->x + engrave_glyph(metrics, 0xe0a4)->x1);
	cr_expect_geq(dot->x, white->x + engrave_glyph(metrics, 0xe0a3)->x1);
	engraving_free(e);
}

Test(engrave_apart, flag_and_head, .description = "THE-13: a flag that points up ends below its head")
{
	struct engraving *e = engraved("X:1\nM:1/4\nL:1/8\nK:C\nd'/2z/2z|dz|D,z|\n");
	for (unsigned i = 0; i < 2; i++) {
		const struct mos_shape *flag = glyph_of(e, i ? 0xe241 : 0xe243, 0),
				       *head = glyph_of(e, 0xe0a4, i);
		cr_expect_geq(top_of(flag), bottom_of(head) - 0.01f, "flag from %f, head to %f",
			(double)top_of(flag), (double)bottom_of(head));
	}
	engraving_free(e);
}

Test(engrave_apart, strokes, .description = "THE-13: strokes between two notes leave their heads alone")
{
	static const char xml[] = MUSIC("1",
		NOTE("C", "5", "8", "half", "1", "1",
			"<notations><ornaments><tremolo type=\"start\">4</tremolo>"
			"</ornaments></notations>") NOTE("E", "5", "8", "half", "1", "1",
			"<notations><ornaments><tremolo type=\"stop\">4</tremolo></ornaments></notations>"));
	struct engraving *e = engraved(xml);
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_QUAD)
			continue;
		n++;
		cr_expect_gt(fminf(s->y, s->h), bottom_of(glyph_of(e, 0xe0a3, 0)));
	}
	cr_expect_eq(n, 4);
	engraving_free(e);
}

Test(engrave_apart, strokes_of_an_octave,
	.description = "THE-13: strokes between notes far from each other stand at the ends of both stems, "
		       "above both heads")
{
	static const char xml[] =
		MUSIC("1", NOTE("D", "4", "8", "half", "1", "1",
				   "<stem>up</stem><notations><ornaments><tremolo "
				   "type=\"start\">3</tremolo></ornaments></notations>")
				   NOTE("D", "5", "8", "half", "1", "1",
					   "<stem>up</stem><notations><ornaments><tremolo "
					   "type=\"stop\">3</tremolo></ornaments></notations>"));
	struct engraving *e = engraved(xml);
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_QUAD)
			continue;
		n++;
		cr_expect_lt(fmaxf(s->p[1], s->p[3]), top_of(glyph_of(e, 0xe0a3, 1)));
		cr_expect_lt(fabsf(s->h - s->y), 1.01f);
	}
	cr_expect_eq(n, 3);
	engraving_free(e);
}

Test(engrave_apart, between_hands,
	.description =
		"THE-13: a dynamic between two staves stands in the middle, below what hangs down there")
{
	static const char plain[] =
		MUSIC("2", DYNAMIC("f", "1") NOTE("B", "4", "16", "whole", "1", "1", "") BACK("16")
				   NOTE("B", "3", "16", "whole", "2", "2", ""));
	static const char low[] = MUSIC("2", DYNAMIC("f", "1") NOTE("G", "3", "16", "whole", "1", "1", "")
						     BACK("16") NOTE("B", "3", "16", "whole", "2", "2", ""));
	struct engraving *e = engraved(plain);
	const float top = e->system[0].staff_top + 4, bottom = e->system[0].staff_bottom - 4;
	const struct mos_shape *f = glyph_of(e, 0xe522, 0);
	cr_expect_float_eq((top_of(f) + bottom_of(f)) / 2, (top + bottom) / 2, 0.01f);
	engraving_free(e);
	e = engraved(low);
	f = glyph_of(e, 0xe522, 0);
	cr_expect_gt(top_of(f), bottom_of(glyph_of(e, 0xe0a2, 0)));
	cr_expect_lt(bottom_of(f), e->system[0].staff_bottom - 4);
	engraving_free(e);
}

Test(engrave_apart, between_stems,
	.description = "THE-13: a dynamic between two staves keeps off stems and beams from staff to staff")
{
	static const char xml[] = MUSIC("2",
		DYNAMIC("ff", "1") NOTE("C", "3", "2", "eighth", "1", "2", "<stem>up</stem>" BEAM("begin"))
			NOTE("E", "5", "2", "eighth", "1", "1", "<stem>down</stem>" BEAM("continue")) NOTE(
				"C", "3", "2", "eighth", "1", "2", "<stem>up</stem>" BEAM("continue"))
				NOTE("E", "5", "2", "eighth", "1", "1", "<stem>down</stem>" BEAM("end"))
					NOTE("E", "5", "8", "half", "1", "1", ""));
	struct engraving *e = engraved(xml);
	const struct mos_shape *f = glyph_of(e, 0xe522, 0), *last = glyph_of(e, 0xe522, 1);
	const float x0 = f->x, x1 = last->x + engrave_glyph(metrics, 0xe522)->x1;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		const int is_stem = s->kind == MOS_SHAPE_LINE && s->x == s->w &&
				    (s->color & 0xff) == MOS_TOKEN_INK &&
				    fabsf(s->p[0] - metrics->defaults.stem) < 0.01f;
		if (!(is_stem || s->kind == MOS_SHAPE_QUAD) || s->x > x1 || s->w < x0)
			continue;
		const float y0 = fminf(s->y, s->h),
			    y1 = is_stem ? fmaxf(s->y, s->h) : fmaxf(s->p[1], s->p[3]);
		cr_expect(y1 < top_of(f) || y0 > bottom_of(f), "%s from %f to %f, letters from %f to %f",
			is_stem ? "a stem" : "a beam", (double)y0, (double)y1, (double)top_of(f),
			(double)bottom_of(f));
	}
	engraving_free(e);
}

Test(engrave_apart, level, .description = "THE-13: dynamics that follow each other closely stand on one line")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/4\nK:C\n!p!e!f!D!p!e!f!e|\n");
	const float p = glyph_of(e, 0xe520, 0)->y;
	for (unsigned i = 0; i < 2; i++) {
		cr_expect_float_eq(glyph_of(e, 0xe520, i)->y, p, 0.01f);
		cr_expect_float_eq(glyph_of(e, 0xe522, i)->y, p, 0.01f);
	}
	engraving_free(e);
}

Test(engrave_apart, dynamic_once,
	.description = "THE-13: the same dynamic of two voices is drawn once: f, not ff")
{
	static const char xml[] =
		MUSIC("1", DYNAMIC("f", "1") NOTE("C", "5", "16", "whole", "1", "1", "") BACK("16")
				   DYNAMIC("f", "1") NOTE("C", "4", "16", "whole", "2", "1", ""));
	struct engraving *e = engraved(xml);
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++)
		n += e->shape[i].kind == MOS_SHAPE_GLYPH && e->shape[i].glyph == 0xe522;
	cr_expect_eq(n, 1);
	engraving_free(e);
}

Test(engrave_apart, verses,
	.description =
		"THE-13 NVX-17: a line that only the second verse has words for keeps no place for the first")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/4\nK:C\nefge|\nw: la la la la\nw: lo lo lo "
				       "lo\nefge|\nw: \nw: li li li li\n");
	float first = 0, second = 0;
	cr_assert_eq(e->n_systems, 2);
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == MOS_SHAPE_TEXT && s->layer == ENGRAVE_LYRICS && memcmp(s->p, "la", 2) == 0)
			first = s->y - e->system[0].staff_bottom;
		if (s->kind == MOS_SHAPE_TEXT && s->layer == ENGRAVE_LYRICS && memcmp(s->p, "li", 2) == 0)
			second = s->y - e->system[1].staff_bottom;
	}
	cr_expect_gt(first, 1);
	cr_expect_float_eq(second, first, 0.01f);
	engraving_free(e);
}

Test(engrave_apart, courtesy_behind_rests,
	.description = "THE-13: a rest of many measures may end a line; what warns of the next key stands in "
		       "that line")
{
	struct engraving *e = engraved("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|Z8|\n[K:A][M:3/4]ABc|\n");
	uint32_t at = 0;
	cr_assert_eq(e->n_systems, 2);
	for (uint32_t p = 0; p < e->n_pages; p++)
		at += e->page[p].n_shapes;
	cr_assert_eq(at, e->n_shapes);
	const struct engrave_system *s = &e->system[0];
	const struct engrave_measure *last = &e->measure[s->first_measure + s->n_measures - 1];
	unsigned n = 0;
	for (uint32_t i = last->first_shape; i < last->first_shape + last->n_shapes; i++) {
		const struct mos_shape *shape = &e->shape[i];
		const struct engrave_glyph *g = engrave_glyph(metrics, shape->glyph);
		if (shape->kind != MOS_SHAPE_GLYPH || shape->x < last->rect.x + last->rect.w)
			continue;
		n++;
		cr_expect_leq(shape->x + g->x1,
			engrave_default_options().page_width - engrave_default_options().margin);
	}
	cr_expect_eq(n, 5, "three sharps, two digits: %u", n);
	(void)note_of(e, 9 * 3840, 69);
	engraving_free(e);
}
