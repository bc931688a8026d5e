/* SPDX-License-Identifier: MIT */
#include "strip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <mos/event.h>

#include "harmony.h"

#define MEASURE_PT 150.0f /* a measure's width where nothing else is said */
#define ROW_PT 84.0f
#define LEAST_LETTERS 3 /* where a longer symbol has no room for these, a dot says that there is one */

void strip_clear(struct strip *s, uint32_t n_measures)
{
	memset(s->measure, 0, sizeof(s->measure));
	s->n_measures = n_measures;
	s->is_written = 0;
}

const struct strip_measure *strip_get(const struct strip *s, uint32_t index)
{
	const struct strip_measure *m = &s->measure[index % STRIP_CACHE];

	return m->is_known && m->index == index ? m : NULL;
}

struct strip_measure *strip_put(struct strip *s, uint32_t index, int64_t tick, int64_t duration)
{
	struct strip_measure *m = &s->measure[index % STRIP_CACHE];

	*m = (struct strip_measure){
		.index = index, .is_known = 1, .tick = tick, .duration = duration > 0 ? duration : 1};
	return m;
}

void strip_add(struct strip_measure *m, int64_t tick, const char *symbol, const char *roman)
{
	struct strip_chord *c;

	if (m->n_chords == STRIP_CHORDS)
		return;
	c = &m->chord[m->n_chords++];
	c->tick = tick;
	harmony_print(symbol, c->symbol, sizeof(c->symbol));
	harmony_print(roman, c->roman, sizeof(c->roman));
}

int strip_hear(struct strip *s, int64_t tick, const char *symbol, const char *roman)
{
	const int64_t half = MOS_PPQ / 2;
	struct strip_measure *m = &s->measure[s->at % STRIP_CACHE];
	uint32_t n = 0;

	if (s->is_written || strip_get(s, s->at) != m || tick < m->tick || tick >= m->tick + m->duration)
		return 0;
	tick = m->tick + (tick - m->tick + half / 2) / half * half;
	if (tick >= m->tick + m->duration)
		tick -= half;
	/* All that was heard from here on is of an earlier time. */
	while (n < m->n_chords && m->chord[n].tick < tick)
		n++;
	m->n_chords = n;
	if (n == STRIP_CHORDS)
		return 0;
	strip_add(m, tick, symbol, roman);
	return 1;
}

void strip_place(struct strip *s, const struct order *order, uint32_t measure, int64_t tick)
{
	const struct order_run *run = order_run_at(order, tick);
	const struct strip_measure *m;

	s->tick = order_written_tick(order, tick);
	s->at = measure;
	if (run) /* of the run before, it may be */
		s->at = run == order_run_of(order, measure) ? run->first + (measure - run->played_first)
							    : run->first;
	while ((m = strip_get(s, s->at)) && s->tick >= m->tick + m->duration && s->at + 1 < s->n_measures)
		s->at++;
}

struct strip_layout strip_layout(const struct strip *s, float width, float height)
{
	const float margin = fminf(12, fminf(width, height) * 0.1f);
	struct strip_layout l = {.area = mos_box_inset((struct mos_box){0, 0, width, height}, margin)};
	const float fit = floorf(l.area.w / MEASURE_PT);
	uint32_t row;

	l.columns = s->columns ? s->columns : fit < 1 ? 1 : fit > 16 ? 16 : (uint32_t)fit;
	l.rows = l.area.h < 2 * ROW_PT ? 1 : (uint32_t)(l.area.h / ROW_PT);
	if (l.rows * l.columns > STRIP_CACHE)
		l.rows = STRIP_CACHE / l.columns;
	/* The line we are in is the first; in three and more the one before stays in sight. */
	row = s->at / l.columns;
	l.first = (row && l.rows > 2 ? row - 1 : row) * l.columns;
	return l;
}

struct mos_box strip_box(const struct strip_layout *l, uint32_t index)
{
	const uint32_t place = index - l->first;

	return mos_box_column(
		mos_box_row(l->area, place / l->columns, l->rows, 6), place % l->columns, l->columns, 0);
}

float strip_x(struct mos_box box, const struct strip_measure *m, int64_t tick)
{
	const double part = (double)(tick - m->tick) / (double)m->duration;

	return box.x + box.w * (float)(part < 0 ? 0 : part > 1 ? 1 : part);
}

int strip_chord_at(const struct strip *s, int64_t tick, uint32_t *ret_measure, uint32_t *ret_chord)
{
	for (uint32_t back = 0; back <= s->at && back < STRIP_CACHE; back++) {
		const struct strip_measure *m = strip_get(s, s->at - back);

		if (!m)
			return 0;
		for (uint32_t i = m->n_chords; i-- > 0;) {
			if (m->chord[i].tick > tick)
				continue;
			*ret_measure = m->index;
			*ret_chord = i;
			return 1;
		}
	}
	return 0;
}

uint32_t strip_missing(const struct strip *s, const struct strip_layout *l)
{
	const uint32_t n = l->rows * l->columns;

	for (uint32_t i = l->first; i < s->n_measures && i < l->first + n; i++)
		if (!strip_get(s, i))
			return i;
	return UINT32_MAX;
}

int64_t strip_tick_at(const struct strip *s, const struct strip_layout *l, struct mos_point at)
{
	for (uint32_t i = l->first; i < s->n_measures && i < l->first + l->rows * l->columns; i++) {
		const struct mos_box box = strip_box(l, i);
		const struct strip_measure *m = strip_get(s, i);

		if (m && mos_box_has(box, at))
			return m->tick + (int64_t)((double)((at.x - box.x) / box.w) * (double)m->duration);
	}
	return -1;
}

/* Characters as they are seen. */
static size_t n_letters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static float chord_end(struct mos_box box, const struct strip_measure *m, uint32_t i)
{
	return i + 1 < m->n_chords ? strip_x(box, m, m->chord[i + 1].tick) : box.x + box.w;
}

/* One size for a measure, at which its longest symbol has room: bold letters are about 0.7 em wide. */
static float symbol_size(struct mos_box box, const struct strip_measure *m)
{
	float size = fminf(box.h * 0.38f, 30);

	for (uint32_t i = 0; i < m->n_chords; i++) {
		const float room = chord_end(box, m, i) - strip_x(box, m, m->chord[i].tick);

		size = fminf(size, room * 0.88f / (0.68f * (float)(n_letters(m->chord[i].symbol) + 1)));
	}
	return fmaxf(size, fminf(box.h * 0.16f, 11));
}

static void draw_chord(struct mos_draw *d, const struct strip *s, struct mos_box box,
	const struct strip_measure *m, uint32_t i, int is_now)
{
	const float pad = fminf(9, box.w * 0.05f), x = strip_x(box, m, m->chord[i].tick) + pad;
	const float width = fmaxf(chord_end(box, m, i) - x - pad * 0.3f, 4), size = symbol_size(box, m);
	const float y = box.y + box.h * (s->has_numerals ? 0.46f : 0.54f);

	if (width < size * LEAST_LETTERS * 0.68f && n_letters(m->chord[i].symbol) > LEAST_LETTERS) {
		mos_draw_disc(d, (struct mos_point){x, y}, 2,
			mos_ink(is_now ? MOS_TOKEN_ACCENT : MOS_TOKEN_TEXT_DIM));
		return;
	}
	mos_draw_text_in(d, (struct mos_box){x, y - size / 2, width, size}, size, MOS_MIDDLE | MOS_BOLD,
		mos_ink(is_now ? MOS_TOKEN_ACCENT : MOS_TOKEN_TEXT), "%s", m->chord[i].symbol);
	if (s->has_numerals && m->chord[i].roman[0])
		mos_draw_text_in(d, (struct mos_box){x, box.y + box.h * 0.72f, width, box.h * 0.2f},
			fminf(box.h * 0.17f, 14), MOS_MIDDLE,
			mos_ink(is_now ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_TEXT_DIM), "%s", m->chord[i].roman);
}

static void draw_measure(struct mos_draw *d, const struct strip *s, struct mos_box box, uint32_t index)
{
	const struct strip_measure *m = strip_get(s, index);
	const int is_here = s->has_place && index == s->at;
	uint32_t now_measure = UINT32_MAX, now_chord = 0;

	if (s->has_place && !strip_chord_at(s, s->tick, &now_measure, &now_chord))
		now_measure = UINT32_MAX;
	if (is_here)
		mos_draw_box(d, box, 3, mos_ink_faint(MOS_TOKEN_ACCENT, 0.10f));
	mos_draw_line(d, (struct mos_point){box.x, box.y}, (struct mos_point){box.x, box.y + box.h}, 1.5f,
		mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.7f));
	mos_draw_text(d, (struct mos_point){box.x + 5, box.y + fminf(box.h * 0.12f, 9)},
		fminf(box.h * 0.14f, 11), MOS_MIDDLE, mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.9f), "%u",
		index + 1);
	for (uint32_t i = 0; m && i < m->n_chords; i++)
		draw_chord(d, s, box, m, i, index == now_measure && i == now_chord);
	if (m && !m->n_chords)
		mos_draw_text(d, mos_box_center(box), fminf(box.h * 0.3f, 22), MOS_CENTER | MOS_MIDDLE,
			mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.6f), "–");
	if (m && is_here) {
		const float x = strip_x(box, m, s->tick);

		mos_draw_line(d, (struct mos_point){x, box.y}, (struct mos_point){x, box.y + box.h}, 2,
			mos_ink(MOS_TOKEN_PLAYHEAD));
	}
}

void strip_draw(struct mos_draw *d, const struct strip *s)
{
	const struct strip_layout l = strip_layout(s, mos_draw_width(d), mos_draw_height(d));
	struct mos_box last;
	uint32_t i;

	(void)mos_draw_panel(d, "");
	if (!s->n_measures) {
		mos_draw_text(d, mos_box_center(l.area), fminf(l.area.h * 0.3f, 16), MOS_CENTER | MOS_MIDDLE,
			mos_ink(MOS_TOKEN_TEXT_DIM), "no score");
		return;
	}
	for (i = l.first; i < s->n_measures && i < l.first + l.rows * l.columns; i++) {
		last = strip_box(&l, i);
		draw_measure(d, s, last, i);
		if (i + 1 == s->n_measures || (i + 1 - l.first) % l.columns == 0)
			mos_draw_line(d, (struct mos_point){last.x + last.w, last.y},
				(struct mos_point){last.x + last.w, last.y + last.h},
				i + 1 == s->n_measures ? 4 : 1.5f, mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.7f));
	}
}
