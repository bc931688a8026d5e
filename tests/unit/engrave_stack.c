/* SPDX-License-Identifier: MIT */
/* Staves, systems and pages, with a font whose measures are known. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>
#include <score/format.h>

#define MEASURE 3840
#define LINE 0.13f

static float text_width(const struct engrave_metrics *m, enum engrave_face face, const char *text, size_t n)
{
	return 0.5f * (float)n;
}

static const struct engrave_metrics *known_metrics(void)
{
	static struct engrave_glyph glyph[ENGRAVE_CODE_LAST - ENGRAVE_CODE_FIRST + 1];
	static const struct engrave_metrics metrics = {.name = "known",
		.glyph = glyph,
		.defaults = {.staff_line = LINE,
			.stem = 0.12f,
			.beam = 0.5f,
			.beam_gap = 0.25f,
			.leger_line = 0.16f,
			.leger_extension = 0.4f,
			.slur_end = 0.1f,
			.slur_middle = 0.22f,
			.tie_end = 0.1f,
			.tie_middle = 0.22f,
			.thin_bar = 0.16f,
			.thick_bar = 0.5f,
			.bar_gap = 0.4f,
			.repeat_dot_gap = 0.16f,
			.bracket = 0.5f},
		.text_width = text_width,
		.cap_height = 0.7f,
		.ascent = 0.9f,
		.descent = 0.2f};
	return &metrics;
}

struct text {
	char *at;
	size_t n, max;
};

[[gnu::format(printf, 2, 3)]] static void put(struct text *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	const int n = vsnprintf(t->at + t->n, t->max - t->n, fmt, args);
	va_end(args);
	cr_assert(n >= 0 && (size_t)n < t->max - t->n);
	t->n += (size_t)n;
}

/* Parts of one staff, each with a note in each measure but where it rests. */
static struct engraving *draw(
	unsigned n_parts, unsigned n_measures, unsigned resting_part, unsigned resting_measure, int breaks)
{
	struct text t = {.max = 1 << 20};
	t.at = malloc(t.max);
	cr_assert_not_null(t.at);
	put(&t, "{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,\"metadata\":{\"title\":\"Stack\","
		"\"key\":\"C major\","
		"\"tempo\":120,\"timeSignature\":[4,4]},\"timeline\":{\"tempo\":[{\"tick\":0,\"bpm\":120}],"
		"\"meter\":[{\"tick\":0,\"num\":4,\"den\":4}],\"key\":[{\"tick\":0,\"key\":\"C "
		"major\"}]},\"measures\":[");
	for (unsigned i = 0; i < n_measures; i++)
		put(&t, "%s{\"tick\":%u,\"durationTicks\":%d%s}", i ? "," : "", i * MEASURE, MEASURE,
			breaks ? ",\"break\":\"line\"" : "");
	put(&t, "],\"parts\":[");
	for (unsigned p = 0; p < n_parts; p++) {
		put(&t, "%s{\"id\":\"p%u\",\"name\":\"%s %u\",\"role\":\"melody\",\"notes\":[", p ? "," : "",
			p + 1, p == 1 ? "Violoncello" : "Oboe", p + 1);
		int is_first = 1;
		for (unsigned i = 0; i < n_measures; i++) {
			if (p == resting_part && i == resting_measure)
				continue;
			put(&t, "%s{\"id\":\"n%u\",\"tick\":%u,\"durationTicks\":960,\"pitch\":72}",
				is_first ? "" : ",", p * n_measures + i + 1, i * MEASURE);
			is_first = 0;
		}
		put(&t, "]}");
	}
	put(&t, "],\"layers\":[]}");
	static struct score_report report;
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	const struct score_import import = {.alloc = &score_heap};
	cr_assert_eq(score_import((const uint8_t *)t.at, t.n, &import, &report, &score, NULL), 0);
	free(t.at);
	struct engrave_options o = engrave_default_options();
	struct engraving *e = NULL;
	cr_assert_eq(engrave(score, &o, known_metrics(), NULL, NULL, &e), 0);
	score_unref(score);
	return e;
}

/* y of the lines that go through a system, from the top. */
static unsigned lines_of(const struct engraving *e, uint32_t system, float *ret, unsigned max)
{
	unsigned n = 0;
	const struct engrave_system *s = &e->system[system];
	for (uint32_t i = s->first_shape; i < s->first_shape + s->n_shapes; i++) {
		const struct mos_shape *l = &e->shape[i];
		if (l->kind == MOS_SHAPE_LINE && l->y == l->h && l->p[0] == LINE && l->w - l->x > 10 &&
			n < max)
			ret[n++] = l->y;
	}
	return n;
}

static int has_text(const struct engraving *e, uint32_t system, const char *text)
{
	const struct engrave_system *s = &e->system[system];
	for (uint32_t i = s->first_shape; i < s->first_shape + s->n_shapes; i++) {
		const struct mos_shape *shape = &e->shape[i];
		if (shape->kind == MOS_SHAPE_TEXT && shape->glyph == strlen(text) &&
			memcmp(shape->p, text, strlen(text)) == 0)
			return 1;
	}
	return 0;
}

Test(engrave_stack, staves,
	.description = "THE-13: staves of five lines a space apart, one below the other, named in full, then "
		       "in short")
{
	struct engraving *e = draw(3, 2, UINT32_MAX, 0, 1);
	cr_assert_eq(e->n_systems, 2);
	for (uint32_t s = 0; s < 2; s++) {
		float y[32];
		cr_assert_eq(lines_of(e, s, y, 32), 15);
		for (unsigned i = 1; i < 15; i++) {
			if (i % 5 > 0)
				cr_assert_lt(fabsf(y[i] - y[i - 1] - 1), 0.001f);
			else
				cr_assert_gt(y[i] - y[i - 1], 4);
		}
		cr_assert_lt(fabsf(y[0] - e->system[s].staff_top), 0.001f);
		cr_assert_lt(fabsf(y[14] - e->system[s].staff_bottom), 0.001f);
	}
	cr_assert(has_text(e, 0, "Oboe 1") && has_text(e, 0, "Violoncello 2"));
	cr_assert(has_text(e, 1, "Ob. 1") && has_text(e, 1, "Vc. 2"));
	engraving_free(e);
}

Test(engrave_stack, resting_parts,
	.description = "THE-13: of many parts one that rests through a system isn't drawn there, the first "
		       "system shows all")
{
	float y[64];
	struct engraving *e = draw(6, 3, 2, 1, 1);
	cr_assert_eq(lines_of(e, 0, y, 64), 30);
	cr_assert_eq(lines_of(e, 1, y, 64), 25);
	cr_assert_eq(lines_of(e, 2, y, 64), 30);
	cr_assert(has_text(e, 2, "Ob. 3") && !has_text(e, 1, "Ob. 3"));
	engraving_free(e);
	e = draw(6, 3, 2, 0, 1);
	cr_assert_eq(lines_of(e, 0, y, 64), 30);
	engraving_free(e);
	e = draw(4, 3, 2, 1, 1);
	cr_assert_eq(lines_of(e, 1, y, 64), 20, "of few parts none is hidden");
	engraving_free(e);
}

Test(engrave_stack, pages,
	.description = "THE-13: systems fill pages from the top, none passes the margin or touches the next")
{
	struct engraving *e = draw(2, 40, UINT32_MAX, 0, 1);
	cr_assert_eq(e->n_systems, 40);
	cr_assert_gt(e->n_pages, 2);
	const float margin = engrave_default_options().margin;
	uint32_t n = 0;
	for (uint32_t p = 0; p < e->n_pages; p++) {
		const struct engrave_page *page = &e->page[p];
		cr_assert_eq(page->first_system, n);
		cr_assert_gt(page->n_systems, 1);
		n += page->n_systems;
		float before = 0;
		for (uint32_t i = page->first_system; i < n; i++) {
			const struct engrave_rect r = e->system[i].rect;
			cr_assert_gt(r.y, before);
			before = r.y + r.h;
		}
		cr_assert_leq(before, page->height - margin + 0.01f);
		/* Only the last page may end early. */
		if (p + 1 < e->n_pages)
			cr_assert_gt(before, 0.75f * page->height, "page %u ends at %f", p, (double)before);
	}
	cr_assert_eq(n, 40);
	engraving_free(e);
}

Test(engrave_stack, orchestra,
	.description =
		"THE-13: the staves of a system that would be taller than its page come closer until it fits")
{
	struct engraving *e = draw(19, 1, UINT32_MAX, 0, 0);
	const struct engrave_options o = engrave_default_options();
	float y[128];
	cr_assert_eq(e->n_pages, 1);
	cr_assert_eq(lines_of(e, 0, y, 128), 19 * 5);
	cr_assert_leq(e->system[0].rect.y + e->system[0].rect.h, o.page_height - o.margin + 0.01f);
	for (unsigned i = 5; i < 19 * 5; i += 5)
		cr_assert_gt(y[i] - y[i - 1], 1, "staves %u and %u", i / 5 - 1, i / 5);
	engraving_free(e);
}

Test(engrave_stack, filled,
	.description =
		"THE-13: a page is filled by the distances of its systems and of the staves within them")
{
	struct engraving *e = draw(4, 12, UINT32_MAX, 0, 1);
	float full[32], loose[32];
	cr_assert_gt(e->n_pages, 1);
	const struct engrave_page *page = &e->page[0], *last = &e->page[e->n_pages - 1];
	const struct engrave_system *end = &e->system[page->first_system + page->n_systems - 1];
	cr_assert_lt(last->n_systems, page->n_systems, "the last page is not full");
	cr_assert_float_eq(end->rect.y + end->rect.h, page->height - engrave_default_options().margin, 0.5f);
	cr_assert_eq(lines_of(e, 1, full, 32), 20);
	cr_assert_eq(lines_of(e, e->n_systems - 1, loose, 32), 20);
	cr_assert_gt(full[5] - full[4], loose[5] - loose[4] + 0.2f);
	cr_assert_float_eq(full[10] - full[9], full[5] - full[4], 0.01f, "all by as much");
	engraving_free(e);
}
