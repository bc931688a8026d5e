/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a score of any format, then engraved in each layout, with a font of boxes. Whatever the score
 * says, the page is finite, its tables lead where they should, and its runs of shapes add up; engraved again
 * with what the time before has left it is the same.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <engrave/engrave.h>
#include <score/format.h>

#include "fuzz.h"

static float text_width(const struct engrave_metrics *m, enum engrave_face face, const char *text, size_t n)
{
	(void)m;
	(void)face;
	(void)text;
	return 0.5f * (float)n;
}

static const struct engrave_metrics *boxes(void)
{
	static struct engrave_glyph glyph[ENGRAVE_CODE_LAST - ENGRAVE_CODE_FIRST + 1];
	static struct engrave_metrics metrics = {.name = "boxes",
		.glyph = glyph,
		.defaults = {.staff_line = 0.1f,
			.stem = 0.12f,
			.beam = 0.5f,
			.beam_gap = 0.25f,
			.leger_line = 0.16f,
			.leger_extension = 0.4f,
			.slur_end = 0.1f,
			.slur_middle = 0.2f,
			.tie_end = 0.1f,
			.tie_middle = 0.2f,
			.thin_bar = 0.16f,
			.thick_bar = 0.5f,
			.bar_gap = 0.4f,
			.repeat_dot_gap = 0.2f,
			.bracket = 0.5f,
			.brace_width = 1,
			.hairpin = 0.16f,
			.octave_line = 0.16f,
			.pedal_line = 0.16f,
			.tuplet_bracket = 0.16f,
			.ending_line = 0.16f,
			.lyric_line = 0.16f,
			.text_box = 0.16f},
		.text_width = text_width,
		.cap_height = 0.7f,
		.ascent = 0.9f,
		.descent = 0.2f};
	for (size_t i = 0; !glyph[0].is_there && i < sizeof(glyph) / sizeof(*glyph); i++)
		glyph[i] = (struct engrave_glyph){.is_there = i > 0,
			.x1 = 1.2f,
			.y0 = -0.5f,
			.y1 = 0.5f,
			.advance = 1.2f,
			.cut_ne = {1.2f, 0.5f},
			.cut_se = {1.2f, -0.5f},
			.cut_sw = {0, -0.5f},
			.cut_nw = {0, 0.5f}};
	glyph[0].is_there = 1;
	return &metrics;
}

static void check(const struct engraving *e)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		FUZZ_CHECK(s->kind != MOS_SHAPE_NONE);
		if (s->kind != MOS_SHAPE_MORE)
			FUZZ_CHECK(isfinite(s->x) && isfinite(s->y) && isfinite(s->w) && isfinite(s->h));
	}
	for (uint32_t i = 0; i < e->n_pages; i++) {
		FUZZ_CHECK(e->page[i].first_shape == n);
		n += e->page[i].n_shapes;
	}
	FUZZ_CHECK(n == e->n_shapes);
	for (uint32_t i = 0; i < e->n_systems; i++)
		FUZZ_CHECK(e->system[i].page < e->n_pages && isfinite(e->system[i].rect.h));
	for (uint32_t i = 0; i < e->n_measures; i++)
		FUZZ_CHECK(e->measure[i].system < e->n_systems && isfinite(e->measure[i].rect.x) &&
			   isfinite(e->measure[i].rect.h));
	for (uint32_t i = 0; i < e->n_notes; i++)
		FUZZ_CHECK(e->note[i].measure < e->n_measures && e->note[i].shape < e->n_shapes);
}

/* All is set, then all is kept: the same both times. */
static void check_again(const struct score *score, const struct engrave_options *o, const struct engraving *e)
{
	struct engrave_kept *kept = engrave_kept_new();
	for (unsigned i = 0; kept && i < 2; i++) {
		struct engraving *again = NULL;
		if (engrave_again(kept, score, o, boxes(), NULL, NULL, &again) == 0)
			FUZZ_CHECK(again->n_shapes == e->n_shapes &&
				   memcmp(again->shape, e->shape, e->n_shapes * sizeof(*e->shape)) == 0);
		engraving_free(again);
	}
	engrave_kept_free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct score_report report;
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	const struct score_import import = {.alloc = &score_heap, .name = "fuzz"};
	if (score_import(data, size, &import, &report, &score, NULL) < 0)
		return 0;
	for (uint8_t layout = ENGRAVE_PAGE; layout <= ENGRAVE_GRID; layout++) {
		struct engrave_options o = engrave_default_options();
		struct engraving *e = NULL;
		o.layout = layout;
		const int rc = engrave(score, &o, boxes(), NULL, NULL, &e);
		FUZZ_CHECK(rc == 0 || rc == -ENOMEM || rc == -E2BIG);
		if (rc == 0) {
			check(e);
			check_again(score, &o, e);
		}
		engraving_free(e);
	}
	score_unref(score);
	return 0;
}
