/* SPDX-License-Identifier: MIT */
/* Small music whose engraving follows by the rule books: THE-13, and what playheads ask of it. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engrave_fixture.h"

/* ---- music ---- */

struct tone {
	int tick, length, pitch;
};

/** Notes that nobody has written yet, of one part. */
static struct score *played(unsigned num, unsigned den, const struct tone *tone, unsigned n, unsigned program)
{
	static struct score_report report;
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	struct nvx_meter *meter = nvx_add_meter(&draft);
	meter->num = (uint16_t)num;
	meter->den = (uint16_t)den;
	const uint32_t part = nvx_add_part(&draft);
	nvx_draft_part(&draft, part)->midi_program = (uint8_t)program;
	nvx_draft_part(&draft, part)->name = nvx_text(&draft, "Part", 4);
	for (unsigned i = 0; i < n; i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->tick = tone[i].tick;
		note->duration_ticks = (uint32_t)tone[i].length;
		note->pitch = (uint8_t)tone[i].pitch;
	}
	cr_assert_eq(nvx_finish(&draft, "test", &score), 0);
	return score;
}

static struct score *written(const char *abc)
{
	return imported(abc, strlen(abc));
}

static struct engraving *engraved(struct score *score)
{
	struct engraving *e;
	const struct engrave_options o = engrave_default_options();
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0);
	score_unref(score);
	return e;
}

static const struct engrave_note *note_at(const struct engraving *e, int64_t tick, int pitch)
{
	for (uint32_t i = 0; i < e->n_notes; i++) {
		if (e->note[i].tick == tick && (pitch < 0 || e->note[i].pitch == pitch))
			return &e->note[i];
	}
	cr_assert_fail("no note %d at %lld", pitch, (long long)tick);
	return NULL;
}

TestSuite(engrave_core, .init = setup, .fini = teardown);

Test(engrave_core, accidentals,
	.description = "THE-13: an accidental holds for its step and octave until the bar line")
{
	const struct tone tones[] = {{0, 960, 66}, {960, 960, 66}, {1920, 960, 65}, {2880, 960, 78},
		{3840, 960, 65}, {4800, 960, 66}, {5760, 1920, 70}, {7680, 960, 70}};
	struct engraving *e = engraved(played(4, 4, tones, 8, 40));
	/* 0 none, 2 flat, 3 natural, 4 sharp */
	static const struct {
		int tick, accidental;
	} expected[] = {{0, 4}, {960, 0}, {1920, 3}, {2880, 4}, {4800, 4}, {5760, 2}, {7680, 2}};
	for (unsigned i = 0; i < 7; i++)
		cr_expect_eq(note_at(e, expected[i].tick, -1)->accidental, expected[i].accidental,
			"at %d: %d", expected[i].tick, note_at(e, expected[i].tick, -1)->accidental);
	/* F natural after a bar with F sharp: a reminder */
	cr_expect_eq(note_at(e, 3840, -1)->accidental, 3);
	engraving_free(e);
}

Test(engrave_core, tied_accidental, .description = "THE-13: a tie carries its accidental over the bar line")
{
	struct engraving *e = engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nCDE^F-|F F G2|\n"));
	cr_expect_eq(note_at(e, 2880, -1)->accidental, 4);
	cr_expect_eq(note_at(e, 3840, -1)->accidental, 0);
	cr_expect(note_at(e, 3840, -1)->is_tied_from);
	cr_expect_eq(note_at(e, 4800, -1)->accidental, 0, "not tied: F natural as the key has it");
	cr_expect_eq(note_at(e, 4800, -1)->pitch, 65);
	engraving_free(e);
}

Test(engrave_core, positions, .description = "THE-13: heads stand where clef and transposition put them")
{
	struct engraving *e =
		engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nC E B c'|[K:clef=bass]C,, D, A, C|\n"));
	static const int treble[] = {-6, -4, 0, 8}, bass[] = {-8, 0, 4, 6};
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(note_at(e, 960 * i, -1)->position, treble[i]);
		cr_expect_eq(note_at(e, 3840 + 960 * i, -1)->position, bass[i], "bass %d: %d", i,
			note_at(e, 3840 + 960 * i, -1)->position);
	}
	cr_expect_eq(note_at(e, 0, -1)->leger_lines, 1);
	cr_expect_eq(note_at(e, 960, -1)->leger_lines, 0);
	cr_expect_eq(note_at(e, 2880, -1)->leger_lines, 2);
	engraving_free(e);
}

Test(engrave_core, stems,
	.description = "THE-13: stems by the head farthest from the middle line, which points down")
{
	struct engraving *e =
		engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nA B c [Ac]|[Gc] [Ad] [FA] [ce]|\n"));
	static const int expected[] = {1, -1, -1, -1, 1, -1, 1, -1};
	for (int i = 0; i < 8; i++)
		cr_expect_eq(note_at(e, 960 * i, -1)->stem, expected[i], "chord %d", i);
	engraving_free(e);
}

Test(engrave_core, seconds, .description = "THE-13: heads a second apart stand on both sides of the stem")
{
	struct engraving *e = engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\n[EF] [ef] [EFG] [EG]|\n"));
	const float width = engrave_glyph(metrics, 0xe0a4)->x1 - metrics->defaults.stem;
	cr_expect_float_eq(note_at(e, 0, 65)->rect.x - note_at(e, 0, 64)->rect.x, width, 0.01);
	cr_expect_float_eq(note_at(e, 960, 77)->rect.x - note_at(e, 960, 76)->rect.x, width, 0.01);
	cr_expect_float_eq(note_at(e, 1920, 65)->rect.x - note_at(e, 1920, 64)->rect.x, width, 0.01);
	cr_expect_float_eq(note_at(e, 1920, 67)->rect.x, note_at(e, 1920, 64)->rect.x, 0.01);
	cr_expect_float_eq(note_at(e, 2880, 67)->rect.x, note_at(e, 2880, 64)->rect.x, 0.01);
	engraving_free(e);
}

Test(engrave_core, long_stems, .description = "THE-13: stems of far heads reach the middle line")
{
	struct engraving *e = engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nC, E c'' B|\n"));
	const float middle = (e->system[0].staff_top + e->system[0].staff_bottom) / 2;
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_LINE || s->x != s->w || (s->color & 0xff) != MOS_TOKEN_INK ||
			s->layer != ENGRAVE_NOTATION)
			continue;
		const float length = fabsf(s->h - s->y);
		for (uint32_t k = 0; k < e->n_notes; k++) {
			const struct engrave_note *note = &e->note[k];
			if (s->x < note->rect.x - 0.1f || s->x > note->rect.x + note->rect.w + 0.1f)
				continue;
			n++;
			if (note->position <= -8 || note->position >= 8)
				cr_expect_float_eq(s->h, middle, 0.01);
			else
				cr_expect(length > 3 && length < 3.6f, "%f", (double)length);
		}
	}
	cr_expect_eq(n, 4);
	engraving_free(e);
}

struct meter_case {
	unsigned num, den, step; /**< all notes of this length */
	const char *groups;      /**< number of notes of each beam */
};

Test(engrave_core, beams_by_meter, .description = "THE-13: beams follow the groups of the meter")
{
	static const struct meter_case cases[] = {
		{4, 4, 480, "44"},
		{4, 4, 240, "4444"},
		{3, 4, 480, "6"},
		{2, 4, 480, "4"},
		{2, 4, 240, "44"},
		{6, 8, 480, "33"},
		{9, 8, 480, "333"},
		{12, 8, 480, "3333"},
		{5, 8, 480, "32"},
		{7, 8, 480, "223"},
		{2, 2, 480, "44"},
		{6, 8, 240, "66"},
	};
	for (unsigned c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct tone tones[64];
		const unsigned n = cases[c].num * 3840 / cases[c].den / cases[c].step;
		char found[64] = "";
		unsigned before = 0, count = 0;
		size_t len = 0;
		for (unsigned i = 0; i < n; i++)
			tones[i] = (struct tone){
				(int)(i * cases[c].step), (int)cases[c].step, 67 + (int)(i % 3)};
		struct engraving *e = engraved(played(cases[c].num, cases[c].den, tones, n, 40));
		cr_assert_eq(e->n_notes, n);
		for (uint32_t i = 0; i <= n; i++) {
			const unsigned beam = i < n ? e->note[i].beam : 0;
			if (i && beam != before) {
				found[len++] = (char)('0' + count);
				count = 0;
			}
			count++;
			before = beam;
		}
		cr_expect_str_eq(found, cases[c].groups, "%u/%u of %u: %s", cases[c].num, cases[c].den,
			cases[c].step, found);
		engraving_free(e);
	}
}

Test(engrave_core, voices,
	.description = "THE-13: two voices point away from each other, and stand aside for a second")
{
	/* a held note below two shorter ones: a tenth, then a second; then above them */
	const struct tone tones[] = {{0, 1920, 60}, {0, 960, 76}, {960, 960, 79}, {1920, 1920, 74},
		{1920, 960, 76}, {2880, 960, 77}, {3840, 3840, 79}, {3840, 1920, 64}, {5760, 1920, 65}};
	struct engraving *e = engraved(played(4, 4, tones, 9, 40));
	cr_expect_eq(note_at(e, 0, 76)->stem, 1);
	cr_expect_eq(note_at(e, 0, 60)->stem, -1);
	cr_expect_eq(note_at(e, 960, 79)->stem, 1);
	cr_expect_float_eq(note_at(e, 0, 60)->rect.x, note_at(e, 0, 76)->rect.x, 0.01);
	cr_expect_eq(note_at(e, 1920, 74)->stem, -1);
	cr_expect_gt(note_at(e, 1920, 74)->rect.x, note_at(e, 1920, 76)->rect.x + 1);
	cr_expect_eq(note_at(e, 3840, 64)->stem, -1, "the higher voice is the first");
	cr_expect_eq(note_at(e, 3840, 79)->voice, 0);
	engraving_free(e);
}

Test(engrave_core, derived, .description = "THE-13: played notes become values, ties and triplets")
{
	/* a note over the bar line, three in a beat, not quite on time */
	const struct tone tones[] = {{0, 2880, 72}, {2883, 1910, 74}, {4800, 320, 76}, {5118, 322, 77},
		{5441, 318, 79}, {5760, 1900, 72}};
	struct engraving *e = engraved(played(4, 4, tones, 6, 40));
	cr_expect_eq(e->n_notes, 7);
	cr_expect_eq(note_at(e, 2880, -1)->duration_ticks, 960);
	cr_expect(note_at(e, 3840, -1)->is_tied_from);
	cr_expect_eq(note_at(e, 3840, -1)->duration_ticks, 960);
	cr_expect_eq(note_at(e, 5120, -1)->duration_ticks, 320);
	cr_expect_eq(note_at(e, 4800, -1)->beam, note_at(e, 5440, -1)->beam);
	cr_expect_neq(note_at(e, 4800, -1)->beam, 0);
	engraving_free(e);
}

Test(engrave_core, piano, .description = "THE-13: a piano's wide range goes on two staves at middle C")
{
	const struct tone tones[] = {{0, 960, 40}, {0, 960, 60}, {960, 960, 59}, {960, 960, 84}};
	struct engraving *e = engraved(played(4, 4, tones, 4, 0));
	cr_expect_eq(note_at(e, 0, 60)->staff, 1);
	cr_expect_eq(note_at(e, 960, 84)->staff, 1);
	cr_expect_eq(note_at(e, 960, 59)->staff, 2);
	cr_expect_eq(note_at(e, 0, 40)->staff, 2);
	cr_expect_eq(note_at(e, 960, 59)->position, 5, "B3 above the bass staff");
	engraving_free(e);
}

Test(engrave_core, find, .description = "THE-13: x runs evenly in time between columns, for the playhead")
{
	struct engraving *e = engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nC2 E2|G4|\n"));
	float a, b, middle;
	cr_expect_eq(engraving_find(e, 0, &a), 0);
	cr_expect_eq(engraving_find(e, 1920, &b), 0);
	cr_expect_eq(engraving_find(e, 960, &middle), 0);
	cr_expect_float_eq(middle, (a + b) / 2, 0.001);
	const struct engrave_rect *head = &note_at(e, 0, -1)->rect;
	cr_expect_float_eq(a, head->x + head->w / 2, 0.1);
	cr_expect_eq(engraving_find(e, 3840, &b), 1);
	cr_expect_eq(engraving_find(e, 7680, &b), UINT32_MAX);
	cr_expect_eq(engraving_find(e, -1, &b), UINT32_MAX);
	uint32_t sounding[8];
	cr_expect_eq(engraving_sounding(e, 1919, sounding, 8), 1);
	cr_expect_eq(e->note[sounding[0]].pitch, 60);
	cr_expect_eq(engraving_sounding(e, 1920, sounding, 8), 1);
	cr_expect_eq(e->note[sounding[0]].pitch, 64);
	uint32_t note, measure;
	engraving_at(e, 0, head->x + 0.5f, head->y + 0.5f, &note, &measure);
	cr_assert_neq(note, UINT32_MAX);
	cr_expect_eq(e->note[note].pitch, 60);
	cr_expect_eq(measure, 0);
	engraving_at(e, 0, 1, 1, &note, &measure);
	cr_expect_eq(note, UINT32_MAX);
	engraving_free(e);
}

static int stop(void *data)
{
	return --*(int *)data < 0;
}

Test(engrave_core, refusals,
	.description = "THE-13: options that make no page are refused, long work is given up when asked")
{
	struct score *score = written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nCDEF|\n");
	struct engraving *e = NULL;
	struct engrave_options bad[6];
	for (unsigned i = 0; i < 6; i++)
		bad[i] = engrave_default_options();
	bad[0].page_width = 10;
	bad[1].page_width = NAN;
	bad[2].margin = 55;
	bad[3].stretch = 0;
	bad[4].layout = 9;
	bad[5].page_height = 3;
	for (unsigned i = 0; i < 6; i++) {
		cr_expect_eq(engrave(score, &bad[i], metrics, NULL, NULL, &e), -EINVAL, "%u", i);
		cr_expect_null(e);
	}
	const struct engrave_options o = engrave_default_options();
	for (int after = 0; after < 8; after++) {
		int left = after;
		cr_expect_eq(engrave(score, &o, metrics, stop, &left, &e), -ECANCELED);
		cr_expect_null(e);
	}
	score_unref(score);
}

Test(engrave_core, endless,
	.description = "THE-13: three notes in 70,000 measures of two staves are refused before anything is "
		       "made of them")
{
	const struct tone tones[] = {{0, 240, 36}, {0, 240, 84}, {69999 * 3840, 240, 84}};
	struct score *score = played(4, 4, tones, 3, 0);
	const struct engrave_options o = engrave_default_options();
	struct engraving *e = NULL;

	cr_assert_gt(2 * score_n_measure(score), ENGRAVE_CELLS_MAX);
	cr_expect_eq(engrave(score, &o, metrics, NULL, NULL, &e), -E2BIG);
	cr_expect_null(e);
	score_unref(score);
}

/** 240 measures for two hands: sixteen notes in each staff and measure. */
static struct score *piano_score(void)
{
	enum { N = 240 * 32 };
	struct tone *tones = calloc(N, sizeof(*tones));
	unsigned n = 0;
	for (int m = 0; m < 240; m++) {
		for (int i = 0; i < 16; i++) {
			tones[n++] = (struct tone){m * 3840 + i * 240, 240, 67 + (i * 5 + m) % 12};
			tones[n++] = (struct tone){m * 3840 + i * 240, 240, 41 + (i * 7 + m) % 12};
		}
	}
	struct score *score = played(4, 4, tones, N, 0);
	free(tones);
	return score;
}

Test(engrave_core, large,
	.description = "THE-03: 240 measures of piano are more than 24,000 elements, all found again")
{
	struct engraving *e = engraved(piano_score());
	cr_expect_eq(e->n_notes, 7680);
	cr_expect_eq(e->n_measures, 240);
	cr_expect_geq(e->n_elements, 24000, "%u", e->n_elements);
	for (uint32_t i = 0; i < e->n_notes; i++) {
		const struct engrave_note *n = &e->note[i];
		const struct engrave_measure *m = &e->measure[n->measure];
		cr_assert(n->shape >= m->first_shape && n->shape < m->first_shape + m->n_shapes);
		cr_assert_eq(e->shape[n->shape].kind, MOS_SHAPE_GLYPH);
	}
	engraving_free(e);
}

Test(engrave_core, lines,
	.description = "THE-13: lines end at the margin, but for a short last one; breaks are honoured")
{
	struct engraving *e = engraved(written("X:1\nT:x\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nCDEF|\n"));
	const struct engrave_options o = engrave_default_options();
	cr_assert_eq(e->n_systems, 2);
	cr_expect_eq(e->system[0].n_measures, 2);
	const struct engrave_rect *end = &e->measure[1].rect, *last = &e->measure[2].rect;
	cr_expect_float_eq(end->x + end->w, o.page_width - o.margin, 0.01);
	cr_expect_lt(last->x + last->w, 0.7f * (o.page_width - o.margin));
	engraving_free(e);
}

Test(engrave_core, breaks_of_paper,
	.description = "THE-13: breaks that were made for a sheet are passed over on a canvas where they "
		       "would pull lines apart")
{
	static const char abc[] =
		"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|CDEF|GABc|CDEF|\nCDEF|GABc|CDEF|GABc|CDEF|\n"
		"CDEF|GABc|CDEF|GABc|CDEF|\nCDEF|GABc|CDEF|GABc|CDEF|\n";
	static const struct {
		float width;
		uint32_t n_systems;
	} page[] = {{100, 4}, {120, 4}, {400, 1}};
	struct score *score = written(abc);
	for (unsigned i = 0; i < sizeof(page) / sizeof(*page); i++) {
		struct engrave_options o = engrave_default_options();
		struct engraving *e;
		o.page_width = page[i].width;
		cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0);
		cr_expect_eq(e->n_systems, page[i].n_systems, "%u lines at %g", e->n_systems,
			(double)page[i].width);
		engraving_free(e);
	}
	score_unref(score);
}

Test(engrave_core, breaks_of_text,
	.description = "THE-13: a bar that has a line of its own in a text joins the line before; lines of "
		       "music stay")
{
	struct engraving *e =
		engraved(written("X:1\nM:3/4\nL:1/4\nK:C\nCDE|FGA|Bcd|CDE|FGA|Bcd|CDE|\nM:2/4\nCE|\nM:3/4\n"
				 "CDE|FGA|Bcd|CDE|FGA|Bcd|CDE|FGA|\nCDE|FGA|Bcd|CDE|FGA|Bcd|CDE|FGA|\n"));
	cr_assert_eq(e->n_systems, 3, "%u lines", e->n_systems);
	cr_expect_eq(e->system[0].n_measures, 8);
	cr_expect_eq(e->system[1].n_measures, 8);
	engraving_free(e);
}

Test(engrave_core, no_bar_lines,
	.description = "THE-13: a measure that no line holds goes on over lines: no bar line, no number, no "
		       "sign again there")
{
	char abc[1024] = "X:1\nM:4/4\nL:1/4\nK:C\n^F";
	for (unsigned i = 0; i < 159; i++)
		(void)strcat(abc, i % 2 ? "A" : "F");
	(void)strcat(abc, "|\n");
	struct engraving *e = engraved(written(abc));
	const struct engrave_options o = engrave_default_options();
	unsigned n_signs = 0, n_bars = 0, n_numbers = 0;
	cr_assert_geq(e->n_systems, 4);
	cr_expect_eq(e->n_notes, 160);
	for (uint32_t i = 0; i < e->n_measures; i++)
		cr_expect_eq(e->measure[i].measure, 0);
	for (uint32_t i = 1; i < e->n_columns; i++) {
		if (e->measure[e->column[i].measure].system == e->measure[e->column[i - 1].measure].system)
			cr_expect_gt(e->column[i].x, e->column[i - 1].x + 1.2f);
	}
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		n_signs += s->kind == MOS_SHAPE_GLYPH && s->glyph == 0xe262;
		n_bars += s->kind == MOS_SHAPE_LINE && s->x == s->w && fabsf(fabsf(s->h - s->y) - 4) < 0.01f;
		n_numbers += s->kind == MOS_SHAPE_TEXT && s->layer == ENGRAVE_FRAME && s->x < o.margin + 1;
	}
	cr_expect_eq(n_signs, 1, "%u sharps", n_signs);
	cr_expect_eq(n_bars, 2, "the two strokes of the end: %u", n_bars);
	cr_expect_eq(n_numbers, 0);
	engraving_free(e);
}

/** The leftmost glyph of a code. */
static const struct mos_shape *first_of(const struct engraving *e, uint32_t code)
{
	const struct mos_shape *first = NULL;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *shape = &e->shape[i];
		if (shape->kind == MOS_SHAPE_GLYPH && shape->glyph == code &&
			(first == NULL || shape->x < first->x))
			first = shape;
	}
	cr_assert_not_null(first, "no U+%04X", code);
	return first;
}

Test(engrave_core, clef_before_repeat,
	.description = "THE-13: a clef at the end of a repeated measure stands left of the repeat's dots")
{
	struct engraving *e =
		engraved(written("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc:|[K:C clef=bass] C,D,E,F,|\n"));
	cr_assert_eq(e->n_systems, 1);
	const struct mos_shape *clef = first_of(e, 0xe062), *dots = first_of(e, 0xe044);
	const float right = clef->x + engrave_glyph(metrics, 0xe062)->x1 * clef->w / 4;
	cr_expect_lt(clef->w, 4, "a small one");
	cr_expect_leq(right, dots->x, "to %f, dots at %f", (double)right, (double)dots->x);
	engraving_free(e);
}

Test(engrave_core, tie_from_line_before,
	.description =
		"THE-13: a tie from the line before has room between the signs of its line and its head")
{
	struct engraving *e = engraved(written("X:1\nM:4/4\nL:1/4\nK:D\nDEFG-|\nGFED|\n"));
	struct engraving *plain = engraved(written("X:1\nM:4/4\nL:1/4\nK:D\nDEFG|\nGFED|\n"));
	cr_assert_eq(e->n_systems, 2);
	cr_assert_eq(plain->n_systems, 2);
	cr_expect_gt(note_at(e, 3840, 67)->rect.x, note_at(plain, 3840, 67)->rect.x + 1);
	engraving_free(e);
	engraving_free(plain);
}

/** MusicXML of one measure of four quarters from F4 on, with what stands in its attributes and in each note.
 */
static struct score *four_notes(const char *attributes, const char *in_note)
{
	static struct score_report report;
	struct score *score;
	char text[4096];
	int n = snprintf(text, sizeof(text),
		"<score-partwise><part-list><score-part id=\"P1\"><part-name>A</part-name></score-part>"
		"</part-list><part id=\"P1\"><measure number=\"1\"><attributes><divisions>1</divisions>"
		"<time><beats>4</beats><beat-type>4</beat-type></time>%s</attributes>",
		attributes);
	for (int i = 0; i < 4; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			"<note><pitch><step>%c</step><octave>4</octave></pitch><duration>1</duration>"
			"<type>quarter</type>%s</note>",
			"FGAB"[i], in_note);
	n += snprintf(text + n, sizeof(text) - (size_t)n,
		"<attributes><measure-style><slash type=\"stop\"/></measure-style></attributes>"
		"</measure></part></score-partwise>");
	memset(&report, 0, sizeof(report));
	const struct score_import import = {.alloc = &score_heap, .name = "test"};
	cr_assert_eq(score_import((const uint8_t *)text, (size_t)n, &import, &report, &score, NULL), 0);
	return score;
}

static unsigned count_of(const struct engraving *e, uint32_t code)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++)
		n += e->shape[i].kind == MOS_SHAPE_GLYPH && e->shape[i].glyph == code;
	return n;
}

Test(engrave_core, head_that_the_font_lacks,
	.description = "THE-13: a head of a form that the font does not have is an ordinary one, never none")
{
	cr_assert(!engrave_glyph(metrics, 0xe0b9)->is_there, "the font has it: take another one");
	struct engraving *e = engraved(four_notes("", "<notehead>square</notehead>"));
	cr_expect_eq(count_of(e, 0xe0b9), 0);
	cr_expect_eq(count_of(e, 0xe0a4), 4);
	engraving_free(e);
	e = engraved(four_notes("", "<notehead>x</notehead>"));
	cr_expect_eq(count_of(e, 0xe0a9), 4);
	engraving_free(e);
}

Test(engrave_core, slashes_for_notes,
	.description = "THE-13: where the score wants slashes they stand for the notes, one a beat, on the "
		       "middle line")
{
	struct engraving *e =
		engraved(four_notes("<measure-style><slash type=\"start\"/></measure-style>", ""));
	cr_expect_eq(count_of(e, 0xe0a4), 0);
	cr_expect_eq(count_of(e, 0xe101), 4);
	float x = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		if (e->shape[i].kind != MOS_SHAPE_GLYPH || e->shape[i].glyph != 0xe101)
			continue;
		cr_expect_gt(e->shape[i].x, x + 1);
		cr_expect_float_eq(
			e->shape[i].y, (e->system[0].staff_top + e->system[0].staff_bottom) / 2, 0.01f);
		x = e->shape[i].x;
	}
	engraving_free(e);
}

Test(engrave_core, hairpin_within_measure,
	.description = "THE-13: a hairpin that ends with its measure does not run through the bar line")
{
	struct engraving *e = engraved(written("X:1\nM:4/4\nL:1/4\nK:C\n!<(!CDE!<)!F|GABc|\n"));
	const struct engrave_rect *measure = &e->measure[0].rect;
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_LINE || !(s->flags & MOS_SHAPE_ROUND) || s->w - s->x < 2)
			continue;
		n++;
		cr_expect_leq(s->w, measure->x + measure->w - 0.3f, "to %f of %f", (double)s->w,
			(double)(measure->x + measure->w));
	}
	cr_expect_eq(n, 2);
	engraving_free(e);
}

Test(engrave_core, words_between_staves,
	.description =
		"THE-13: words between the staves of a piano keep clear of the bar lines that run through")
{
	static const char xml[] =
		"<score-partwise><part-list><score-part id=\"P1\"><part-name>A</part-name></score-part>"
		"</part-list><part id=\"P1\"><measure number=\"1\"><attributes><divisions>1</divisions><time>"
		"<beats>1</beats><beat-type>4</beat-type></time><staves>2</staves></attributes>"
		"<note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration><type>quarter</"
		"type>"
		"<staff>1</staff></note></measure><measure number=\"2\">"
		"<note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration><type>quarter</"
		"type>"
		"<staff>1</staff><lyric><text>Schwerenoeter</text></lyric></note></measure></part></"
		"score-partwise>";
	static struct score_report report;
	struct score *score;
	memset(&report, 0, sizeof(report));
	const struct score_import import = {.alloc = &score_heap, .name = "test"};
	cr_assert_eq(score_import((const uint8_t *)xml, sizeof(xml) - 1, &import, &report, &score, NULL), 0);
	struct engraving *e = engraved(score);
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_TEXT || s->layer != ENGRAVE_LYRICS)
			continue;
		n++;
		cr_expect_gt(s->x, e->measure[1].rect.x, "at %f, bar line at %f", (double)s->x,
			(double)e->measure[1].rect.x);
	}
	cr_expect_eq(n, 1);
	engraving_free(e);
}

struct asked {
	unsigned n, until;
};

static int is_cancelled(void *data)
{
	struct asked *asked = data;
	return ++asked->n > asked->until;
}

/** How often it is asked whether to go on, until it is told not to. */
static unsigned asked_of(const struct score *score, unsigned until)
{
	struct asked asked = {0, until};
	struct engrave_options o = engrave_default_options();
	struct engrave_kept *kept = engrave_kept_new();
	struct engraving *e;
	o.page_width = 40;
	const int rc = engrave_again(kept, score, &o, metrics, is_cancelled, &asked, &e);
	cr_assert_eq(rc, asked.n > until ? -ECANCELED : 0, "%d", rc);
	engraving_free(e);
	engrave_kept_free(kept);
	return asked.n;
}

/** A hundred measures, and so many markers that each last through them all. */
static struct score *marked(unsigned n)
{
	enum { MEASURES = 100 };
	static struct score_report report;
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	const uint32_t part = nvx_add_part(&draft);
	for (unsigned i = 0; i < 8 * MEASURES; i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->tick = 480 * i;
		note->duration_ticks = 480;
		note->pitch = 60;
	}
	for (unsigned i = 0; i < n; i++) {
		struct nvx_marker_element *marker = nvx_add_marker(&draft);
		marker->label = nvx_text(&draft, "all", 3);
		marker->e.duration_ticks = 3840 * MEASURES;
	}
	cr_assert_eq(nvx_finish(&draft, "test", &score), 0);
	nvx_draft_finish(&draft);
	return score;
}

Test(engrave_core, lasting_elements,
	.description =
		"THE-13: elements that each last through all lines are let go of when nobody waits for them")
{
	struct score *few = marked(1), *many = marked(2000);
	const unsigned least = asked_of(few, UINT_MAX), whole = asked_of(many, UINT_MAX);
	cr_expect_geq(whole, least + 8, "%u, %u", least, whole);
	cr_expect_eq(asked_of(many, whole / 2), whole / 2 + 1);
	score_unref(few);
	score_unref(many);
}
