/* SPDX-License-Identifier: MIT */
/* Bar lines of every kind, and the room that they want. */
#include "layers.h"

#include <math.h>

#define CODE_REPEAT_DOT 0xe044u

float eng_staff_bottom(const struct eng *e, const struct eng_system *s, uint32_t staff)
{
	const struct eng_staff *st = &e->staff[staff];
	return s->staff_y[staff] + (float)(st->lines > 1 ? st->lines - 1 : 0) * st->space;
}

int eng_bar_ink(struct eng *e, uint32_t system, uint32_t measure, struct mos_shape shape)
{
	return eng_ink(e, system, ENG_NONE, measure, &shape, 1);
}

/* One upright stroke of a bar line. `x` its left edge. */
int eng_bar_stroke(struct eng *e, uint32_t system, uint32_t measure, float x, float thickness, float y0,
	float y1, float dash)
{
	struct mos_shape s =
		eng_line(x + thickness / 2, y0, x + thickness / 2, y1, thickness, ENGRAVE_NOTATION,
			thickness > e->metrics->defaults.thin_bar * 1.5f ? MOS_TOKEN_INK : MOS_TOKEN_STAFF);
	s.p[1] = dash;
	s.p[2] = dash;
	return eng_bar_ink(e, system, measure, s);
}

struct bar {
	uint8_t barline, repeat_end, repeat_start;
};

static int repeat_dots(struct eng *e, uint32_t system, uint32_t measure, float x, uint32_t from, uint32_t to)
{
	const struct eng_system *s = &e->system[system];
	int r = 0;
	for (uint32_t i = from; r == 0 && i <= to; i++) {
		const struct eng_staff *st = &e->staff[i];
		if (eng_is_hidden_in(e, system, i))
			continue;
		float middle = (s->staff_y[i] + eng_staff_bottom(e, s, i)) / 2;
		float off = st->lines % 2 ? st->space / 2 : st->space;
		for (int k = -1; r == 0 && k <= 1; k += 2)
			r = eng_bar_ink(e, system, measure,
				eng_glyph(CODE_REPEAT_DOT, x, middle + (float)k * off, 1.0f, ENGRAVE_NOTATION,
					MOS_TOKEN_INK));
	}
	return r;
}

/* A bar line through staves from .. to; `x` is where a thin one would have its middle. */
static int bar_line(
	struct eng *e, uint32_t system, uint32_t measure, float x, struct bar bar, uint32_t from, uint32_t to)
{
	const struct eng_system *s = &e->system[system];
	const struct engrave_defaults *d = &e->metrics->defaults;
	float y0 = s->staff_y[from], y1 = eng_staff_bottom(e, s, to), thin = d->thin_bar,
	      thick = d->thick_bar, gap = d->bar_gap;
	if (e->staff[from].lines <= 1 && from == to) {
		y0 -= 1.0f;
		y1 += 1.0f;
	}
	float dot = engrave_glyph(e->metrics, CODE_REPEAT_DOT)->x1;
	float left = x - thin / 2; /* of a thin one */
	int r = 0;
	if (bar.repeat_start || bar.repeat_end) {
		/* Right edge of the thick stroke is the edge of the measure, unless both measures repeat. */
		float at = bar.repeat_start && bar.repeat_end ? x - thick / 2
			   : bar.repeat_end                   ? x + thin / 2 - thick
							      : left;
		r = eng_bar_stroke(e, system, measure, at, thick, y0, y1, 0);
		if (r == 0 && bar.repeat_end)
			r = eng_bar_stroke(e, system, measure, at - gap - thin, thin, y0, y1, 0);
		if (r == 0 && bar.repeat_end)
			r = repeat_dots(
				e, system, measure, at - gap - thin - d->repeat_dot_gap - dot, from, to);
		if (r == 0 && bar.repeat_start)
			r = eng_bar_stroke(e, system, measure, at + thick + gap, thin, y0, y1, 0);
		if (r == 0 && bar.repeat_start)
			r = repeat_dots(
				e, system, measure, at + thick + gap + thin + d->repeat_dot_gap, from, to);
		return r;
	}
	switch (bar.barline) {
	case NVX_BARLINE_NONE:
		return 0;
	case NVX_BARLINE_DOUBLE:
		r = eng_bar_stroke(e, system, measure, left - gap - thin, thin, y0, y1, 0);
		return r < 0 ? r : eng_bar_stroke(e, system, measure, left, thin, y0, y1, 0);
	case NVX_BARLINE_FINAL:
		r = eng_bar_stroke(e, system, measure, left + thin - thick - gap - thin, thin, y0, y1, 0);
		return r < 0 ? r : eng_bar_stroke(e, system, measure, left + thin - thick, thick, y0, y1, 0);
	case NVX_BARLINE_HEAVY:
		return eng_bar_stroke(e, system, measure, left + thin - thick, thick, y0, y1, 0);
	case NVX_BARLINE_DASHED:
		return eng_bar_stroke(e, system, measure, left, thin, y0, y1, 0.5f);
	case NVX_BARLINE_DOTTED:
		return eng_bar_stroke(e, system, measure, left, thin, y0, y1, 0.16f);
	case NVX_BARLINE_TICK:
		return eng_bar_stroke(e, system, measure, left, thin, y0 - 0.5f, y0 + 0.5f, 0);
	case NVX_BARLINE_SHORT:
		return eng_bar_stroke(
			e, system, measure, left, thin, y0 + (y1 - y0) / 4, y1 - (y1 - y0) / 4, 0);
	default:
		return eng_bar_stroke(e, system, measure, left, thin, y0, y1, 0);
	}
}

/* Between the staves alone: that of a Mensurstrich. */
static int bar_between(struct eng *e, uint32_t system, uint32_t measure, float x, uint32_t from, uint32_t to)
{
	const struct eng_system *s = &e->system[system];
	const float thin = e->metrics->defaults.thin_bar;
	int r = 0;
	for (uint32_t i = from + 1, above = from; r == 0 && i <= to; i++) {
		if (eng_is_hidden_in(e, system, i))
			continue;
		r = eng_bar_stroke(e, system, measure, x - thin / 2, thin, eng_staff_bottom(e, s, above),
			s->staff_y[i], 0);
		above = i;
	}
	return r;
}

/* All bar lines at one place of a system: one a part, or a group of parts. */
static int bar_lines(struct eng *e, uint32_t system, uint32_t measure, float x, struct bar bar)
{
	int r = 0;
	for (uint32_t i = 0, end; r == 0 && i < e->n_staves; i = end + 1) {
		int is_between = 0;
		end = i;
		if (eng_is_hidden_in(e, system, i))
			continue;
		end = eng_bar_end(e, system, i, &is_between);
		const int is_light = bar.barline == NVX_BARLINE_LIGHT && !bar.repeat_start && !bar.repeat_end;
		r = is_between && is_light ? bar_between(e, system, measure, x, i, end)
					   : bar_line(e, system, measure, x, bar, i, end);
	}
	return r;
}

/* What the last measure is closed with when the score doesn't say. */
static uint8_t barline_of(const struct eng *e, uint32_t measure)
{
	const struct nvx_measure *m = eng_nvx(e, measure);
	int is_last = measure + 1 == e->n_measures;
	return is_last && m->barline == NVX_BARLINE_LIGHT ? NVX_BARLINE_FINAL : m->barline;
}

float eng_bar_room(const struct eng *e, uint32_t measure, int at_start)
{
	const struct engrave_defaults *d = &e->metrics->defaults;
	const struct nvx_measure *m = eng_nvx(e, measure);
	if (at_start ? e->measure[measure].is_on : e->measure[measure].goes_on)
		return 0.0f;
	float dots = d->thick_bar + d->bar_gap + d->thin_bar + d->repeat_dot_gap +
		     engrave_glyph(e->metrics, CODE_REPEAT_DOT)->x1;
	if (at_start)
		return m->repeat_start ? dots : 0.0f;
	if (m->repeat_end)
		return dots;
	switch (barline_of(e, measure)) {
	case NVX_BARLINE_FINAL:
		return d->thick_bar + d->bar_gap;
	case NVX_BARLINE_HEAVY:
		return d->thick_bar;
	case NVX_BARLINE_DOUBLE:
		return d->thin_bar + d->bar_gap;
	default:
		return 0.0f;
	}
}

int eng_bars(struct eng *e, uint32_t system)
{
	const struct eng_system *s = &e->system[system];
	int r = 0;
	uint32_t end = s->first_measure + s->n_measures;
	for (uint32_t i = s->first_measure; r == 0 && i < end; i++) {
		const struct eng_measure *m = &e->measure[i];
		if (m->is_skipped)
			continue;
		if (i == s->first_measure && !m->is_on && eng_nvx(e, i)->repeat_start)
			r = bar_lines(e, system, i, m->x + s->head_width - eng_bar_room(e, i, 1) - 0.3f,
				(struct bar){.repeat_start = 1});
		uint32_t last = i + (m->multi_rest > 1 ? m->multi_rest - 1 : 0);
		last = last < end ? last : end - 1;
		if (r < 0 || e->measure[last].goes_on)
			continue;
		const struct nvx_measure *nvx = eng_nvx(e, last);
		struct bar bar = {barline_of(e, last), nvx->repeat_end, 0};
		if (last + 1 < end)
			bar.repeat_start = eng_nvx(e, last + 1)->repeat_start;
		float x = last + 1 < end ? e->measure[last + 1].x : eng_bar_x(e, system);
		r = bar_lines(e, system, i, x, bar);
	}
	return r;
}
