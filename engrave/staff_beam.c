/* SPDX-License-Identifier: MIT */
/* Ink of beams: the whole beam, and the shorter ones of shorter values below it. */
#include "impl.h"

#include <errno.h>
#include <math.h>

static const struct eng_event *event_of(const struct eng *e, const struct eng_beam *b, uint32_t i)
{
	return &e->event[e->beam_event[b->first + i]];
}

static int draw_piece(struct eng *e, const struct eng_beam *b, const struct eng_event *v, float x0, float x1,
	float off, float thick)
{
	const float y0 = eng_beam_y(e, b, x0) + off, y1 = eng_beam_y(e, b, x1) + off, half = thick / 2;
	const float xy[8] = {x0, y0 - half, x1, y1 - half, x1, y1 + half, x0, y0 + half};
	const struct mos_shape s = eng_quad(xy, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, e->measure[v->measure].system, b->staff, v->measure, &s, 0);
}

/** Ticks after which the shorter beams of a group begin anew. */
static uint32_t cut_of(const struct eng *e, const struct eng_event *v, unsigned level)
{
	const struct eng_change c = eng_signs_at(e, v->staff, v->tick);
	const uint32_t beat = c.den >= 8 && c.num % 3 == 0 ? 3 * 3840u / c.den : NVX_PPQ;
	return level > 1 && c.den < 8 ? beat / 2 : beat;
}

static int same_cut(
	const struct eng *e, const struct eng_event *a, const struct eng_event *b, unsigned level, uint32_t n)
{
	if (a->is_grace || n <= 4)
		return 1;
	const int64_t start = e->measure[a->measure].tick;
	const uint32_t cut = cut_of(e, a, level);
	return !cut || (a->tick - start) / cut == (b->tick - start) / cut;
}

/** A short beam of one note alone points at the note that it makes a beat with. */
static int points_right(const struct eng *e, const struct eng_beam *b, uint32_t at)
{
	const struct eng_event *v = event_of(e, b, at);
	if (at == 0)
		return 1;
	if (at + 1 == b->n)
		return 0;
	const uint32_t span = 2 * eng_value_ticks(v->value, 0);
	return span && (v->tick - e->measure[v->measure].tick) % span == 0;
}

static float right_stem(const struct eng *e, const struct eng_event *v)
{
	return eng_event_x(e, v) + v->stem_x + e->metrics->defaults.stem / 2;
}

static float left_stem(const struct eng *e, const struct eng_event *v)
{
	return eng_event_x(e, v) + v->stem_x - e->metrics->defaults.stem / 2;
}

static int draw_level(struct eng *e, const struct eng_beam *b, unsigned level, float scale)
{
	const float thick = e->metrics->defaults.beam * scale;
	const float step = (e->metrics->defaults.beam + e->metrics->defaults.beam_gap) * scale;
	const float off = (b->direction > 0 ? 1.0f : -1.0f) * step * (float)level;
	for (uint32_t i = 0, end; i < b->n; i = end) {
		const struct eng_event *v = event_of(e, b, i);
		end = i + 1;
		if (v->flags <= level)
			continue;
		uint32_t last = v->n_heads ? i : ENG_NONE, first = last;
		for (; end < b->n && event_of(e, b, end)->flags > level &&
			same_cut(e, event_of(e, b, end - 1), event_of(e, b, end), level, b->n);
			end++) {
			if (!event_of(e, b, end)->n_heads)
				continue;
			last = end;
			first = first == ENG_NONE ? end : first;
		}
		if (first == ENG_NONE)
			continue;
		float x0 = left_stem(e, event_of(e, b, first)), x1 = right_stem(e, event_of(e, b, last));
		if (first == last) {
			if (points_right(e, b, first))
				x1 = x0 + ENG_STUB * scale;
			else
				x0 = x1 - ENG_STUB * scale;
		}
		const int rc = draw_piece(e, b, event_of(e, b, first), x0, x1, off, thick);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/** The other staff keeps off it, so that no stem is too short. */
static int keep_off(struct eng *e, const struct eng_beam *b, unsigned most)
{
	const float depth = b->is_between ? (e->metrics->defaults.beam + e->metrics->defaults.beam_gap) *
						    (float)(most - 1)
					  : 0;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct eng_event *v = event_of(e, b, i);
		if (!v->is_far || !b->is_between)
			continue;
		struct eng_skyline *sky = eng_sky_of(e, e->measure[v->measure].system, v->staff, 1);
		if (!sky)
			return -ENOMEM;
		/* where its stem would end if the beam's staff were as near as it wants;
		 * that keeps the gap of staves */
		const float x = eng_event_x(e, v) + v->stem_x, end = v->stem_y1 + ENG_STAFF_GAP + depth;
		const float least = fminf(end + e->metrics->defaults.beam / 2, v->stem_y0 - 0.5f);
		eng_sky_add(sky, (struct eng_box){x - 0.4f, least, x + 0.4f, least});
	}
	return 0;
}

int eng_draw_beams(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_beams; i++) {
		const struct eng_beam *b = &e->beam[i];
		const struct eng_event *first = event_of(e, b, 0), *last = event_of(e, b, b->n - 1);
		unsigned most = 0;
		if (e->staff[b->staff].is_tab || e->staff[b->staff].is_hidden ||
			!eng_is_set(e, first->measure))
			continue;
		const float scale = first->scale;
		for (uint32_t k = 0; k < b->n; k++)
			most = event_of(e, b, k)->flags > most ? event_of(e, b, k)->flags : most;
		int rc = draw_piece(e, b, first, left_stem(e, first), right_stem(e, last), 0,
			e->metrics->defaults.beam * scale);
		for (unsigned level = 1; rc == 0 && level < most && level < 8; level++)
			rc = draw_level(e, b, level, scale);
		if (rc == 0 && b->is_cross)
			rc = keep_off(e, b, most ? most : 1);
		if (rc < 0)
			return rc;
	}
	return 0;
}
