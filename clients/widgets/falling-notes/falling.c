/* SPDX-License-Identifier: MIT */
#include "falling.h"

#include <mos/event.h>

#define KEYS_PART 0.24f /* of the height */
#define TICK_MAX (INT64_C(1) << 60)

void falling_clear(struct falling *f, int is_edited)
{
	for (unsigned i = 0; i < FALLING_MEASURES; i++) {
		f->measure[i].is_known &= is_edited;
		f->measure[i].is_old = is_edited;
	}
}

static const struct falling_measure *get(const struct falling *f, uint32_t index)
{
	const struct falling_measure *m = &f->measure[index % FALLING_MEASURES];

	return m->is_known && m->index == index ? m : NULL;
}

static const struct falling_measure *get_new(const struct falling *f, uint32_t index)
{
	const struct falling_measure *m = get(f, index);

	return m && !m->is_old ? m : NULL;
}

uint32_t falling_missing(const struct falling *f)
{
	const double last = (double)f->tick + f->ahead_beats * MOS_PPQ;
	const uint32_t n = f->order.n_measures;
	const struct falling_measure *m = NULL;

	for (uint32_t i = f->at; i < n && i - f->at < FALLING_MEASURES - 1; i++) {
		if (m && (double)(m->tick + m->duration) > last)
			break;
		m = get_new(f, i);
		if (!m)
			return i;
	}
	/* What was struck before goes on sounding into this one. */
	return f->at > 0 && f->at <= n && !get_new(f, f->at - 1) ? f->at - 1 : UINT32_MAX;
}

static int64_t number(const struct mos_value *row, uint32_t i)
{
	const struct mos_value *v = i < row->len ? &row->u.items[i] : NULL;

	return v && v->type == MOS_VALUE_INT ? v->u.integer : -1;
}

/* A row: part, tick, duration, pitch, velocity. */
static void put_note(
	const struct falling *f, struct falling_measure *m, const struct mos_value *row, int64_t shift)
{
	if (row->type != MOS_VALUE_LIST)
		return;
	const int64_t part = number(row, 0), tick = number(row, 1), duration = number(row, 2),
		      pitch = number(row, 3), velocity = number(row, 4);

	if (pitch < 0 || pitch > 127 || tick < 0 || tick > TICK_MAX || duration <= 0 ||
		duration > INT32_MAX || part < 0 || (f->only_part && part + 1 != f->only_part) ||
		m->n == FALLING_NOTES)
		return;
	m->note[m->n++] = (struct falling_note){.tick = tick + shift,
		.duration = duration,
		.key = (uint8_t)pitch,
		.part = (uint8_t)(part % 12),
		.velocity = velocity < 1     ? 1
			    : velocity > 127 ? 127
					     : (uint8_t)velocity};
}

void falling_put(struct falling *f, uint32_t index, const struct mos_value *answer)
{
	const struct order_run *run = order_run_of(&f->order, index);
	const struct mos_value *notes = mos_get(answer, "notes");
	struct falling_measure *m = &f->measure[index % FALLING_MEASURES];

	m->index = index;
	m->is_known = 1;
	m->is_old = 0;
	m->n = 0;
	m->tick = mos_get_int(answer, "tick", -1);
	m->duration = mos_get_int(answer, "duration_ticks", 0);
	if (!run || m->tick < 0 || m->tick > TICK_MAX || m->duration <= 0 || m->duration > INT32_MAX) {
		m->tick = m->duration = 0;
		return;
	}
	const int64_t shift = run->played_tick - run->written_tick;
	m->number = run->first + (index - run->played_first) + 1;
	m->tick += shift;
	for (uint32_t k = 0; notes && notes->type == MOS_VALUE_LIST && k < notes->len; k++)
		put_note(f, m, &notes->u.items[k], shift);
}

float falling_y(const struct falling *f, struct mos_box lane, int64_t tick)
{
	const double beats = (double)(tick - f->tick) / MOS_PPQ;

	return lane.y + lane.h * (float)(1 - beats / f->ahead_beats);
}

static void draw_lanes(struct mos_draw *d, struct mos_box lane)
{
	for (int key = PIANO_LOW; key <= PIANO_HIGH; key++) {
		const struct mos_box box = piano_key_box(lane, key);

		if (key % 12 == 0 || key % 12 == 5)
			mos_draw_line(d, (struct mos_point){box.x, lane.y},
				(struct mos_point){box.x, lane.y + lane.h}, 1,
				mos_ink_faint(MOS_TOKEN_OFF, key % 12 == 0 ? 0.9f : 0.4f));
	}
}

/* Bar lines, with their numbers. */
static void draw_line(
	struct mos_draw *d, const struct falling *f, struct mos_box lane, const struct falling_measure *m)
{
	const float y = falling_y(f, lane, m->tick), size = lane.h * 0.03f < 11 ? lane.h * 0.03f : 11;

	if (!m->duration || y < lane.y || y > lane.y + lane.h)
		return;
	mos_draw_line(d, (struct mos_point){lane.x, y}, (struct mos_point){lane.x + lane.w, y}, 1,
		mos_ink_faint(MOS_TOKEN_OFF, 0.9f));
	mos_draw_text(d, (struct mos_point){lane.x + 3, y - 3}, size, MOS_LEFT, mos_ink(MOS_TOKEN_TEXT_DIM),
		"%u", m->number);
}

static void draw_note(
	struct mos_draw *d, const struct falling *f, struct mos_box lane, const struct falling_note *n)
{
	const struct mos_box column = piano_key_box(lane, n->key < PIANO_LOW ? PIANO_LOW : n->key);
	const float bottom = falling_y(f, lane, n->tick), top = falling_y(f, lane, n->tick + n->duration);
	const float from = top < lane.y ? lane.y : top;
	const float to = bottom > lane.y + lane.h ? lane.y + lane.h : bottom;
	struct mos_ink ink = mos_ink_pitch(n->part * 7 % 12);

	if (n->key < PIANO_LOW || n->key > PIANO_HIGH || n->tick < f->from_tick || to - from < 0.5f)
		return;
	ink.color = (ink.color & 0x00ffffffu) | (uint32_t)(110 + n->velocity) << 24;
	mos_draw_box(d, (struct mos_box){column.x + column.w * 0.08f, from, column.w * 0.84f, to - from},
		column.w * 0.2f, ink);
}

void falling_draw(struct mos_draw *d, const struct falling *f, const struct played *played)
{
	static const struct piano_look look = {.color = PIANO_COLOR_PITCH, .labels = PIANO_LABELS_C};
	const float width = mos_draw_width(d), height = mos_draw_height(d), keys = height * KEYS_PART;
	const struct mos_box keyboard = piano_keyboard(width, keys);
	const struct mos_box lane = {keyboard.x, keyboard.x, keyboard.w, height - keys - keyboard.x};

	mos_draw_box(d, mos_draw_area(d), 8, mos_ink(MOS_TOKEN_PANEL));
	draw_lanes(d, lane);
	mos_draw_clip(d, lane);
	const uint32_t first = f->at ? f->at - 1 : 0, n = f->order.n_measures;

	/* Lines lie under notes. */
	for (uint32_t i = first; i < n && i < f->at + FALLING_MEASURES - 1; i++)
		if (get(f, i))
			draw_line(d, f, lane, get(f, i));
	for (uint32_t i = first; i < n && i < f->at + FALLING_MEASURES - 1; i++) {
		const struct falling_measure *m = get(f, i);

		for (uint32_t k = 0; m && k < m->n; k++)
			draw_note(d, f, lane, &m->note[k]);
	}
	mos_draw_clip_end(d);
	if (!f->order.n_measures)
		mos_draw_text(d, mos_box_center(lane), lane.h * 0.06f, MOS_CENTER | MOS_MIDDLE,
			mos_ink(MOS_TOKEN_TEXT_DIM), "no score");
	mos_draw_push(d, (struct mos_point){0, height - keys}, 1);
	piano_draw_keys(d, keyboard, &look, played);
	mos_draw_pop(d);
}
