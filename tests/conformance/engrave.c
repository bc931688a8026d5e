/* SPDX-License-Identifier: MIT */
/*
 * THE-13: what must hold of every engraved page, whoever engraves (spec/theater.md 2.4), held against every
 * readable file of the corpora. Needs MOS_CORPORA, or ../shared/corpora beside the source; skipped without.
 * Files above LARGE bytes only with MOS_LONG set.
 */
#include <criterion/criterion.h>

#include <math.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/format.h>

#define CORPUS ""
#include "corpus.h"

#define LARGE 60000
#define MAX_SHOWN 12

static struct font_set *fonts;
static const struct engrave_metrics *metrics;
static unsigned n_files, n_faults;

static void setup(void)
{
	char error[512] = "";
	cr_assert_eq(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)),
		0, "%s", error);
	metrics = font_metrics(fonts);
	n_files = n_faults = 0;
}

static void teardown(void)
{
	font_close(fonts);
}

[[gnu::format(printf, 2, 3)]] static void fault(const char *path, const char *fmt, ...)
{
	va_list args;
	if (n_faults++ >= MAX_SHOWN)
		return;
	(void)fprintf(stderr, "%s: ", path);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

/* ---- order ---- */

static void check_columns(const char *path, const struct engraving *e)
{
	for (uint32_t i = 0; i < e->n_measures; i++) {
		const struct engrave_measure *m = &e->measure[i];
		float before = -INFINITY;
		int64_t tick = INT64_MIN;
		for (uint32_t c = m->first_column; c < m->first_column + m->n_columns; c++) {
			if (e->column[c].tick <= tick || e->column[c].x <= before)
				fault(path, "measure %u: column %u does not follow", i, c);
			before = e->column[c].x;
			tick = e->column[c].tick;
			if (before < m->rect.x - 0.01f || before > m->rect.x + m->rect.w + 0.01f)
				fault(path, "measure %u: column %u stands outside", i, c);
		}
		if (i && m->system == m[-1].system && fabsf(m[-1].rect.x + m[-1].rect.w - m->rect.x) > 0.01f)
			fault(path, "measure %u does not begin where %u ends", i, i - 1);
		if (i && m->tick < m[-1].tick + m[-1].duration_ticks)
			fault(path, "measure %u begins in time before %u ends", i, i - 1);
	}
}

/** Every note stands in the column of its tick. */
static void check_notes(const char *path, const struct engraving *e)
{
	for (uint32_t i = 0; i < e->n_notes; i++) {
		const struct engrave_note *n = &e->note[i];
		const struct engrave_measure *m = &e->measure[n->measure];
		int has_column = 0;
		for (uint32_t c = m->first_column; c < m->first_column + m->n_columns; c++) {
			/* as far as voices and seconds may push it aside */
			has_column |= e->column[c].tick == n->tick &&
				      fabsf(n->rect.x + n->rect.w / 2 - e->column[c].x) < 9;
		}
		const struct mos_shape *head = &e->shape[n->shape];
		const int is_grace = head->kind == MOS_SHAPE_GLYPH && head->w < 4 && !has_column;
		if (!has_column && !is_grace)
			fault(path, "note %u at %lld, %.2f stands in no column", i, (long long)n->tick,
				(double)n->rect.x);
	}
}

/* ---- ink ---- */

struct box {
	float x0, y0, x1, y1;
	uint32_t shape;
};

static int is_head(uint32_t code)
{
	return code >= 0xe0a0 && code <= 0xe0ff;
}

static int is_accidental(uint32_t code)
{
	return code >= 0xe260 && code <= 0xe269;
}

static struct box box_of(const struct mos_shape *s, uint32_t shape)
{
	const struct engrave_glyph *g = engrave_glyph(metrics, s->glyph);
	const float k = s->w / 4;
	return (struct box){s->x + g->x0 * k, s->y - g->y1 * k, s->x + g->x1 * k, s->y - g->y0 * k, shape};
}

/** Heads and accidentals of a measure keep off each other. Sharing a place altogether is one sign for two
 * voices. */
static void check_overlaps(const char *path, const struct engraving *e, const struct engrave_measure *m)
{
	static struct box box[4096];
	unsigned n = 0;
	for (uint32_t i = m->first_shape; i < m->first_shape + m->n_shapes && n < 4096; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == MOS_SHAPE_GLYPH && s->layer == ENGRAVE_NOTATION &&
			(is_head(s->glyph) || is_accidental(s->glyph)))
			box[n++] = box_of(s, i);
	}
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = i + 1; k < n; k++) {
			const struct mos_shape *a = &e->shape[box[i].shape], *b = &e->shape[box[k].shape];
			/* accidentals have empty corners, which others reach into */
			const int n_signs = is_accidental(a->glyph) + is_accidental(b->glyph);
			const float wide = n_signs == 2 ? 0.7f : n_signs ? 0.4f : 0.16f;
			const float high = n_signs ? 0.6f : 0.16f;
			const float across = fminf(box[i].x1, box[k].x1) - fmaxf(box[i].x0, box[k].x0);
			const float down = fminf(box[i].y1, box[k].y1) - fmaxf(box[i].y0, box[k].y0);
			const int is_shared = a->glyph == b->glyph && fabsf(a->x - b->x) < 0.01f &&
					      fabsf(a->y - b->y) < 0.01f;
			const int is_in_corner = n_signs == 2 ? across <= wide || down <= high
							      : across <= wide && down <= high;
			if (across > 0.16f && down > 0.16f && !is_in_corner && !is_shared)
				fault(path, "measure %u: U+%X and U+%X overlap at %.1f %.1f by %.2f x %.2f",
					m->measure, a->glyph, b->glyph, (double)a->x, (double)a->y,
					(double)across, (double)down);
		}
	}
}

static int is_stem(const struct mos_shape *s)
{
	return s->kind == MOS_SHAPE_LINE && s->layer == ENGRAVE_NOTATION && s->x == s->w &&
	       fabsf(s->p[0] - metrics->defaults.stem) < 0.03f && (s->color & 0xff) == MOS_TOKEN_INK;
}

/** An end of the stem is at a head's anchor. */
static int has_head(const struct engraving *e, const struct engrave_measure *m, const struct mos_shape *stem)
{
	for (uint32_t i = m->first_shape; i < m->first_shape + m->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_GLYPH ||
			!(is_head(s->glyph) || s->glyph == 0xe101 || s->glyph == 0xe103))
			continue;
		const struct engrave_glyph *g = engrave_glyph(metrics, s->glyph);
		const float k = s->w / 4, half = metrics->defaults.stem / 2;
		const float up_x = (g->has_stem_up ? g->stem_up_x : g->x1) * k - half;
		const float up_y = (g->has_stem_up ? g->stem_up_y : 0) * k;
		const float down_x = (g->has_stem_down ? g->stem_down_x : g->x0) * k + half;
		const float down_y = (g->has_stem_down ? g->stem_down_y : 0) * k;
		const float y = stem->y;
		if ((fabsf(s->x + up_x - stem->x) < 0.01f && fabsf(s->y - up_y - y) < 0.01f) ||
			(fabsf(s->x + down_x - stem->x) < 0.01f && fabsf(s->y - down_y - y) < 0.01f))
			return 1;
	}
	return 0;
}

static void check_slopes(const char *path, const struct engraving *e, const struct engrave_measure *m)
{
	for (uint32_t i = m->first_shape; i < m->first_shape + m->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == MOS_SHAPE_QUAD && s->layer == ENGRAVE_NOTATION && s->x == s->p[2] &&
			s->w == s->p[0] && fabsf(s->y - s->h) > 2.01f)
			fault(path, "measure %u: a beam rises %.2f", m->measure, (double)fabsf(s->y - s->h));
	}
}

static int ends_at_beam(
	const struct engraving *e, const struct engrave_measure *m, const struct mos_shape *stem)
{
	for (uint32_t k = m->first_shape; k < m->first_shape + m->n_shapes; k++) {
		const struct mos_shape *s = &e->shape[k];
		if (s->kind != MOS_SHAPE_QUAD || stem->x < s->x - 0.1f || stem->x > s->w + 0.1f)
			continue;
		const float half = (s->p[3] - s->y) / 2;
		const float y = s->y + half + (s->h - s->y) * (stem->x - s->x) / fmaxf(s->w - s->x, 0.01f);
		if (fabsf(stem->h - y) <= 0.5f)
			return 1;
	}
	return 0;
}

/** A stem touches its chord at a head's anchor, and its beam. */
static void check_stem(const char *path, const struct engraving *e, uint32_t note)
{
	const struct engrave_note *n = &e->note[note];
	const struct engrave_measure *m = &e->measure[n->measure];
	const float y = n->rect.y + n->rect.h / 2;
	int has_stem = 0, has_beam = 0;
	if (!n->stem || e->shape[n->shape].kind != MOS_SHAPE_GLYPH) /* digits of tablature have none */
		return;
	for (uint32_t i = m->first_shape; i < m->first_shape + m->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (!is_stem(s) || s->x < n->rect.x - 0.2f || s->x > n->rect.x + n->rect.w + 0.2f ||
			(s->h < s->y) != (n->stem > 0) || y < fminf(s->y, s->h) - n->rect.h / 2 - 0.1f ||
			y > fmaxf(s->y, s->h) + n->rect.h / 2 + 0.1f || !has_head(e, m, s))
			continue;
		has_stem = 1;
		has_beam |= ends_at_beam(e, m, s);
	}
	if (!has_stem)
		fault(path, "measure %u: note %u at %lld is not on a stem", m->measure, note,
			(long long)n->tick);
	else if (n->beam && !has_beam)
		fault(path, "measure %u: note %u at %lld does not reach its beam", m->measure, note,
			(long long)n->tick);
}

/* ---- lines ---- */

static int has_one_sign(const struct score *score)
{
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *n = score_notation(score, i);
		if ((n->e.kind == NVX_NOTATION_KEY || n->e.kind == NVX_NOTATION_METER) && n->e.tick > 0)
			return 0;
	}
	return score_n_key(score) <= 1 && score_n_meter(score) <= 1;
}

static void check_lines(const char *path, const struct score *score, const struct engraving *e,
	const struct engrave_options *o)
{
	const float right = o->page_width - o->margin;
	const int is_plain = has_one_sign(score);
	for (uint32_t i = 0; i < e->n_systems; i++) {
		const struct engrave_system *s = &e->system[i];
		if (!s->n_measures) {
			fault(path, "system %u is empty", i);
			continue;
		}
		const struct engrave_rect *last = &e->measure[s->first_measure + s->n_measures - 1].rect;
		const float end = last->x + last->w;
		if (end > right + 0.01f)
			fault(path, "system %u ends at %.3f beyond the margin %.3f", i, (double)end,
				(double)right);
		else if (is_plain && i + 1 < e->n_systems && s->n_measures > 2 && fabsf(end - right) > 0.01f)
			fault(path, "system %u ends at %.3f, not at the margin %.3f", i, (double)end,
				(double)right);
	}
}

/** The same music on another page: nothing decided changes but lines. */
static void check_stretched(const char *path, const struct engraving *a, const struct engraving *b)
{
	if (a->n_notes != b->n_notes) {
		fault(path, "%u notes on one page, %u on a wider one", a->n_notes, b->n_notes);
		return;
	}
	for (uint32_t i = 0; i < a->n_notes; i++) {
		const struct engrave_note *x = &a->note[i], *y = &b->note[i];
		if (x->tick != y->tick || x->note_id != y->note_id || x->position != y->position ||
			x->stem != y->stem || x->accidental != y->accidental || !x->beam != !y->beam) {
			fault(path, "note %u at %lld is another on a wider page", i, (long long)x->tick);
			return;
		}
	}
}

static void check_runs(const char *path, const struct engraving *e)
{
	uint32_t at = 0;
	for (uint32_t p = 0; p < e->n_pages; p++) {
		const struct engrave_page *page = &e->page[p];
		if (page->first_shape != at)
			fault(path, "page %u begins at shape %u, not %u", p, page->first_shape, at);
		at += page->n_shapes;
		for (uint32_t s = page->first_system; s < page->first_system + page->n_systems; s++) {
			for (uint32_t i = 0; i < e->system[s].n_measures; i++) {
				const struct engrave_measure *m = &e->measure[e->system[s].first_measure + i];
				for (uint32_t k = m->first_shape + 1; k < m->first_shape + m->n_shapes; k++) {
					if (e->shape[k].layer < e->shape[k - 1].layer)
						fault(path, "measure %u: layers are not in order",
							m->measure);
				}
			}
		}
	}
	if (at != e->n_shapes)
		fault(path, "%u shapes on pages, %u in all", at, e->n_shapes);
}

static void check_file(const char *path, struct bytes bytes, void *data)
{
	struct score_report report = {};
	struct score *score;
	struct engraving *e = NULL, *again = NULL, *wide = NULL;
	if (score_import(bytes.data, bytes.size, &(struct score_import){.alloc = &score_heap, .name = "x"}, &report,
		    &score, NULL) < 0)
		return; /* its own tests say why */
	struct engrave_options o = engrave_default_options();
	n_files++;
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0, "%s", path);
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &again), 0);
	if (e->n_shapes != again->n_shapes ||
		memcmp(e->shape, again->shape, e->n_shapes * sizeof(*e->shape)) != 0)
		fault(path, "the same score gave other bits");
	check_columns(path, e);
	check_notes(path, e);
	check_runs(path, e);
	for (uint32_t i = 0; i < e->n_measures; i++) {
		/* a measure too long for any line is squeezed into one */
		if (e->system[e->measure[i].system].n_measures > 1)
			check_overlaps(path, e, &e->measure[i]);
		check_slopes(path, e, &e->measure[i]);
	}
	for (uint32_t i = 0; i < e->n_notes; i++)
		check_stem(path, e, i);
	check_lines(path, score, e, &o);
	o.page_width *= 1.4f;
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &wide), 0);
	check_stretched(path, e, wide);
	engraving_free(e);
	engraving_free(again);
	engraving_free(wide);
	score_unref(score);
}

static void check_corpus(const char *folder, unsigned least)
{
	walk_corpus(folder, LARGE, check_file, NULL);
	(void)fprintf(stderr, "%s: %u files engraved, %u faults\n", folder, n_files, n_faults);
	cr_expect_geq(n_files, least, "%s: only %u files were read", folder, n_files);
	cr_expect_eq(n_faults, 0, "%s: %u faults", folder, n_faults);
}

TestSuite(engrave_corpus, .init = setup, .fini = teardown, .timeout = 300);

Test(engrave_corpus, musicxml, .description = "THE-13: the invariants hold on every MusicXML file")
{
	check_corpus("musicxml", 400);
}

Test(engrave_corpus, abc, .description = "THE-13: the invariants hold on every ABC file")
{
	check_corpus("abc", 80);
}

Test(engrave_corpus, guitarpro, .description = "THE-13: the invariants hold on every Guitar Pro file")
{
	check_corpus("guitarpro", 100);
}

Test(engrave_corpus, midi,
	.description = "THE-13: the invariants hold on MIDI files, which say nothing of notation")
{
	check_corpus("midi", 3);
}
