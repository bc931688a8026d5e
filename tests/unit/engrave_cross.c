/* SPDX-License-Identifier: MIT */
/* Music that goes from staff to staff, and words in italics: THE-13, NVX-16, WGT-07. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engrave_fixture.h"

TestSuite(engrave_cross, .init = setup, .fini = teardown);

/* ---- music ---- */

#define NOTE(chord, step, octave, ticks, type, voice, staff, more)                                           \
	"<note>" chord "<pitch><step>" step "</step><octave>" octave "</octave></pitch><duration>" ticks     \
	"</duration><voice>" voice "</voice><type>" type "</type>" more "</note>"
#define STAFF(n) "<staff>" n "</staff>"
#define BEAM(what) "<beam number=\"1\">" what "</beam>"
#define EIGHTH(step, octave, staff, more) NOTE("", step, octave, "2", "eighth", "1", staff, STAFF(staff) more)
#define UP(step, octave, staff, more)                                                                        \
	NOTE("", step, octave, "2", "eighth", "1", staff, "<stem>up</stem>" STAFF(staff) more)
#define PIANO(num, music)                                                                                    \
	"<score-partwise><part-list><score-part id=\"P1\"><part-name>Piano</part-name></score-part>"         \
	"</part-list><part id=\"P1\"><measure "                                                              \
	"number=\"1\"><attributes><divisions>4</divisions><time><beats>" num                                 \
	"</beats><beat-type>4</beat-type></time><staves>2</staves><clef number=\"1\"><sign>G</sign>"         \
	"<line>2</line></clef><clef number=\"2\"><sign>F</sign><line>4</line></clef></attributes>" music     \
	"</measure></part></score-partwise>"

static struct engraving *engraved(const char *xml)
{
	struct engraving *e;
	struct score *score = imported(xml, strlen(xml));
	const struct engrave_options o = engrave_default_options();
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0);
	score_unref(score);
	return e;
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

/* ---- ink ---- */

static float middle_of(const struct engrave_note *n)
{
	return n->rect.y + n->rect.h / 2;
}

static int is_stem(const struct mos_shape *s)
{
	return s->kind == MOS_SHAPE_LINE && s->layer == ENGRAVE_NOTATION && s->x == s->w &&
	       (s->color & 0xff) == MOS_TOKEN_INK && fabsf(s->p[0] - metrics->defaults.stem) < 0.01f;
}

/** The longest stem beside a note that begins at a head of its column and reaches past the note. */
static const struct mos_shape *stem_of(const struct engraving *e, const struct engrave_note *n)
{
	const struct mos_shape *best = NULL;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (!is_stem(s) || s->x < n->rect.x - 0.1f || s->x > n->rect.x + n->rect.w + 0.1f ||
			middle_of(n) < fminf(s->y, s->h) - 0.3f || middle_of(n) > fmaxf(s->y, s->h) + 0.3f)
			continue;
		if (!best || fabsf(s->h - s->y) > fabsf(best->h - best->y))
			best = s;
	}
	cr_assert_not_null(best, "note %d has no stem", n->pitch);
	return best;
}

static const struct mos_shape *find_kind(const struct engraving *e, unsigned kind, unsigned nth)
{
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		if (e->shape[i].kind == kind && e->shape[i].layer == ENGRAVE_NOTATION && !nth--)
			return &e->shape[i];
	}
	return NULL;
}

/** How far a stem's end is from the middle of a beam. */
static float miss(const struct mos_shape *stem, const struct mos_shape *beam)
{
	const float top = beam->y + (beam->h - beam->y) * (stem->x - beam->x) / (beam->w - beam->x);
	return fabsf(stem->h - top - metrics->defaults.beam / 2);
}

/* ---- beams ---- */

Test(engrave_cross, beam_between,
	.description =
		"THE-13 NVX-16 WGT-07: a beam over the staves of a piano lies between them, stems of the "
		"upper one down to it, of the lower one up")
{
	struct engraving *e = engraved(PIANO("2",
		EIGHTH("A", "2", "2", BEAM("begin")) EIGHTH("E", "5", "1", BEAM("continue"))
			EIGHTH("C", "3", "2", BEAM("continue")) EIGHTH("D", "5", "1", BEAM("end"))));
	static const int pitch[] = {45, 76, 48, 74};
	const struct mos_shape *beam = find_kind(e, MOS_SHAPE_QUAD, 0);
	cr_assert_not_null(beam);
	cr_assert_null(find_kind(e, MOS_SHAPE_QUAD, 1), "one beam");
	for (unsigned i = 0; i < 4; i++) {
		const struct engrave_note *n = note_of(e, 480 * i, pitch[i]);
		const struct mos_shape *stem = stem_of(e, n);
		cr_expect_eq(n->staff, i % 2 ? 1 : 2);
		cr_expect_eq(n->stem, i % 2 ? -1 : 1, "note %u", i);
		cr_expect_eq(n->beam, 1);
		cr_expect_lt(miss(stem, beam), 0.01f, "note %u misses its beam by %f", i,
			(double)miss(stem, beam));
		cr_expect_gt(
			fabsf(stem->h - stem->y), 2.4f, "a stem of %f", (double)fabsf(stem->h - stem->y));
	}
	cr_expect_leq(fabsf(beam->h - beam->y), 2.0f);
	engraving_free(e);
}

Test(engrave_cross, staves_part,
	.description = "THE-13: staves go apart for the stems of a beam between them")
{
	/* heads as near as can be: on leger lines between the staves */
	struct engraving *near =
		engraved(PIANO("1", EIGHTH("A", "3", "1", BEAM("begin")) EIGHTH("E", "4", "2", BEAM("end"))));
	struct engraving *far =
		engraved(PIANO("1", EIGHTH("E", "5", "1", BEAM("begin")) EIGHTH("C", "3", "2", BEAM("end"))));
	const float a = near->system[0].staff_bottom - near->system[0].staff_top;
	const float b = far->system[0].staff_bottom - far->system[0].staff_top;
	cr_expect_gt(a, b + 1, "%f and %f", (double)a, (double)b);
	for (int i = 0; i < 2; i++) {
		const struct mos_shape *stem = stem_of(near, note_of(near, 480 * i, i ? 64 : 57));
		cr_expect_gt(fabsf(stem->h - stem->y), 2.2f, "%f", (double)fabsf(stem->h - stem->y));
	}
	engraving_free(near);
	engraving_free(far);
}

Test(engrave_cross, beam_above,
	.description =
		"THE-13: where the score wants all stems up, those of the lower staff reach a beam above")
{
	struct engraving *e =
		engraved(PIANO("1", UP("C", "3", "2", BEAM("begin")) UP("C", "5", "1", BEAM("end"))));
	const struct mos_shape *beam = find_kind(e, MOS_SHAPE_QUAD, 0);
	const struct engrave_note *low = note_of(e, 0, 48), *high = note_of(e, 480, 72);
	cr_assert_not_null(beam);
	cr_expect(low->stem == 1 && high->stem == 1);
	cr_expect_lt(beam->h, middle_of(high) - 2);
	cr_expect_lt(miss(stem_of(e, low), beam), 0.01f);
	cr_expect_lt(miss(stem_of(e, high), beam), 0.01f);
	engraving_free(e);
}

Test(engrave_cross, sixteenths,
	.description = "THE-13: a stem from a beam's other side goes through all of its beams")
{
#define SIXTEENTH(step, octave, staff, what)                                                                 \
	NOTE("", step, octave, "1", "16th", "1", staff, STAFF(staff) BEAM(what))
	struct engraving *e = engraved(
		PIANO("1", SIXTEENTH("A", "2", "2", "begin") SIXTEENTH("E", "5", "1", "continue")
				   SIXTEENTH("C", "3", "2", "continue") SIXTEENTH("D", "5", "1", "end")));
	float top = INFINITY, bottom = -INFINITY;
	for (unsigned i = 0; find_kind(e, MOS_SHAPE_QUAD, i); i++) {
		top = fminf(top, find_kind(e, MOS_SHAPE_QUAD, i)->y);
		bottom = fmaxf(bottom, find_kind(e, MOS_SHAPE_QUAD, i)->p[3]);
	}
	cr_assert(bottom - top > 1);
	cr_expect_gt(stem_of(e, note_of(e, 240, 76))->h, bottom - 0.6f, "down through both");
	cr_expect_lt(stem_of(e, note_of(e, 0, 45))->h, top + 0.6f, "up through both");
	engraving_free(e);
}

Test(engrave_cross, rest_below_beam,
	.description = "THE-13: a rest that a beam runs over, though it is not part of it, stays clear of it")
{
	struct engraving *e = engraved(PIANO("2",
		UP("D", "4", "1", BEAM("begin")) "<note><rest/><duration>2</duration><voice>1</voice>"
						 "<type>eighth</type><staff>1</staff></note>" UP(
							 "E", "4", "1", BEAM("end"))));
	const struct mos_shape *beam = find_kind(e, MOS_SHAPE_QUAD, 0);
	cr_assert_not_null(beam);
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_GLYPH || s->glyph != 0xe4e6)
			continue;
		n++;
		cr_expect_gt(s->y - engrave_glyph(metrics, s->glyph)->y1, fmaxf(beam->p[1], beam->p[3]));
	}
	cr_expect_eq(n, 1);
	engraving_free(e);
}

/* ---- chords ---- */

#define CHORD                                                                                                \
	PIANO("1", NOTE("", "C", "5", "4", "quarter", "1", "1", STAFF("1"))                                  \
			   NOTE("<chord/>", "C", "3", "4", "quarter", "1", "2", STAFF("2")))

Test(engrave_cross, chord, .description = "THE-13 NVX-16: a chord over staves stands on one stem")
{
	struct engraving *e = engraved(CHORD);
	const struct engrave_note *high = note_of(e, 0, 72), *low = note_of(e, 0, 48);
	const struct mos_shape *stem = stem_of(e, low);
	cr_expect(high->staff == 1 && low->staff == 2);
	cr_expect_eq(high->stem, low->stem);
	cr_expect_eq(stem_of(e, high)->x, stem->x);
	cr_expect_leq(fminf(stem->y, stem->h), middle_of(high) + 0.3f);
	cr_expect_geq(fmaxf(stem->y, stem->h), middle_of(low) - 0.3f);
	engraving_free(e);
}

Test(engrave_cross, chord_survives,
	.description =
		"NVX-16 FMT-11: a chord over staves is still one when it was written as MusicXML and read")
{
	static struct score_report report;
	struct score *score = imported(CHORD, sizeof(CHORD) - 1), *again;
	struct score_bytes out = {};
	memset(&report, 0, sizeof(report));
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(musicxml_export(score, &out, &report), 0);
	again = imported((const char *)out.data, out.n);
	uint32_t n_marked = 0, n_events = 0;
	for (uint32_t i = 0; i < score_n_notation(again); i++) {
		const struct nvx_notation_element *x = score_notation(again, i);
		n_events += x->e.kind == NVX_NOTATION_EVENT;
		n_marked += x->e.extra && strstr(score_text(again, x->e.extra), "\"chord\":\"yes\"");
	}
	cr_expect(n_events == 2 && n_marked == 1, "%u of %u", n_marked, n_events);
	free(out.data);
	score_unref(score);
	score_unref(again);
}

Test(engrave_cross, two_hands,
	.description = "NVX-16: hands that play at once in voices of one number are no chord over staves")
{
	struct engraving *e =
		engraved(PIANO("1", NOTE("", "C", "5", "4", "quarter", "1", "1",
					    STAFF("1")) "<backup><duration>4</duration></backup>" NOTE("",
					    "C", "3", "4", "quarter", "1", "2", STAFF("2"))));
	const struct mos_shape *stem = stem_of(e, note_of(e, 0, 72));
	cr_expect_lt(fabsf(stem->h - stem->y), 4);
	stem = stem_of(e, note_of(e, 0, 48));
	cr_expect_lt(fabsf(stem->h - stem->y), 4);
	engraving_free(e);
}

/* ---- lines ---- */

Test(engrave_cross, slur, .description = "THE-13: a slur from staff to staff begins and ends at its notes")
{
#define SLUR(what) "<notations><slur number=\"1\" type=\"" what "\"/></notations>"
	struct engraving *e = engraved(
		PIANO("2", NOTE("", "C", "3", "4", "quarter", "1", "2", STAFF("2") SLUR("start"))
				   NOTE("", "C", "5", "4", "quarter", "1", "1", STAFF("1") SLUR("stop"))));
	const struct engrave_note *low = note_of(e, 0, 48), *high = note_of(e, 960, 72);
	const struct mos_shape *bow = find_kind(e, MOS_SHAPE_CURVE, 0);
	cr_assert_not_null(bow);
	cr_expect_lt(fabsf(bow->x - low->rect.x), 2);
	cr_expect_lt(fabsf(bow->w - high->rect.x), 2);
	cr_expect_lt(fabsf(bow->y - middle_of(low)), 5.5f, "from %f, head at %f", (double)bow->y,
		(double)middle_of(low));
	cr_expect_lt(fabsf(bow->h - middle_of(high)), 5.5f, "to %f, head at %f", (double)bow->h,
		(double)middle_of(high));
	engraving_free(e);
}

Test(engrave_cross, tie_beside_second,
	.description = "THE-13: a tie ends beside a second, not through its head")
{
	struct engraving *e = engraved("X:1\nM:2/4\nL:1/8\nK:C\n[cd]-[cd] z2|\n");
	const struct mos_shape *bow;
	for (unsigned i = 0; (bow = find_kind(e, MOS_SHAPE_CURVE, i)); i++) {
		for (uint32_t k = 0; k < e->n_notes; k++) {
			const struct engrave_rect *r = &e->note[k].rect;
			const float middle = (bow->y + bow->p[1]) / 2;
			const int beside = bow->w < r->x + 0.3f || bow->x > r->x + r->w - 0.3f;
			cr_expect(beside || middle < r->y + 0.25f || middle > r->y + r->h - 0.25f,
				"bow %u runs through head %u", i, k);
		}
	}
	cr_expect_geq((int)e->n_notes, 4);
	engraving_free(e);
}

/* What is drawn between the staves left of the heads. */
static unsigned n_between(const struct engraving *e)
{
	const struct engrave_note *high = note_of(e, 0, 72), *low = note_of(e, 0, 48);
	const float middle = (middle_of(high) + middle_of(low)) / 2;
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		n += s->layer == ENGRAVE_NOTATION && s->x < high->rect.x && s->x > high->rect.x - 2 &&
		     fabsf(s->y - middle) < 1.5f && s->kind != MOS_SHAPE_LINE;
	}
	return n;
}

Test(engrave_cross, arpeggio,
	.description =
		"THE-13 NVX-16: chords of both hands that are broken as one have one wave, else one each")
{
#define BROKEN(number) "<notations><arpeggiate number=\"" number "\"/></notations>"
#define HANDS(a, b)                                                                                          \
	PIANO("1", NOTE("", "C", "5", "4", "quarter", "1", "1",                                              \
			   STAFF("1") BROKEN(a)) "<backup><duration>4</duration></backup>" NOTE("", "C",     \
			   "3", "4", "quarter", "5", "2", STAFF("2") BROKEN(b)))
	struct engraving *one = engraved(HANDS("1", "1")), *two = engraved(HANDS("1", "2"));
	cr_expect_gt(n_between(one), 0);
	cr_expect_eq(n_between(two), 0);
	engraving_free(one);
	engraving_free(two);
}

/* ---- words ---- */

Test(engrave_cross, italics,
	.description =
		"THE-13 WGT-07: expression and dynamic words are in italics, technique and tempo upright")
{
#define WORDS(text, attribute)                                                                               \
	"<direction placement=\"below\"><direction-type><words" attribute ">" text                           \
	"</words></direction-type></direction>"
	struct engraving *e = engraved(PIANO("4",
		WORDS("dolce", "") NOTE("", "C", "5", "4", "quarter", "1", "1", STAFF("1")) WORDS("pizz.", "")
			NOTE("", "C", "5", "4", "quarter", "1", "1", STAFF("1")) WORDS("cresc.", "")
				NOTE("", "C", "5", "4", "quarter", "1", "1", STAFF("1"))
					WORDS("Solo", " font-style=\"italic\"")
						NOTE("", "C", "5", "4", "quarter", "1", "1", STAFF("1"))));
	static const struct {
		const char *text;
		int is_italic;
	} expected[] = {{"dolce", 1}, {"pizz.", 0}, {"cresc.", 1}, {"Solo", 1}};
	for (unsigned k = 0; k < 4; k++) {
		unsigned n = 0;
		for (uint32_t i = 0; i < e->n_shapes; i++) {
			const struct mos_shape *s = &e->shape[i];
			if (s->kind != MOS_SHAPE_TEXT || s->glyph != strlen(expected[k].text) ||
				memcmp(s->p, expected[k].text, s->glyph) != 0)
				continue;
			n++;
			cr_expect_eq((s->flags & MOS_SHAPE_ITALIC) != 0, expected[k].is_italic, "%s",
				expected[k].text);
		}
		cr_expect_eq(n, 1, "%s", expected[k].text);
	}
	engraving_free(e);
}
