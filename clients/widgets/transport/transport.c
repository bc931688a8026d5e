/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <math.h>

#define N_BUTTONS 4

struct transport_layout transport_layout(float width, float height)
{
	const float margin = fminf(12, fminf(width, height) * 0.1f);
	struct mos_box all = mos_box_inset((struct mos_box){0, 0, width, height}, margin);
	const float gap = margin * 0.6f;
	struct mos_box bar = mos_box_cut_bottom(&all, all.h * 0.3f), buttons, tempo;
	struct transport_layout l = {0};
	const float side = fminf(all.h - gap, width * 0.07f);

	bar.y += bar.h * 0.2f;
	bar.h *= 0.8f;
	l.part[TRANSPORT_BAR] = bar;
	all.h -= gap * 0.5f;
	buttons = mos_box_cut_left(&all, (side + gap) * N_BUTTONS);
	for (unsigned i = 0; i < N_BUTTONS; i++)
		l.part[i] = (struct mos_box){
			buttons.x + (side + gap) * (float)i, buttons.y + (buttons.h - side) / 2, side, side};
	tempo = mos_box_cut_right(&all, fminf(all.w * 0.5f, side * 4.4f));
	l.part[TRANSPORT_SLOWER] =
		(struct mos_box){tempo.x, tempo.y + (tempo.h - side * 0.7f) / 2, side * 0.7f, side * 0.7f};
	l.part[TRANSPORT_FASTER] = l.part[TRANSPORT_SLOWER];
	l.part[TRANSPORT_FASTER].x = tempo.x + tempo.w - side * 0.7f;
	l.tempo = (struct mos_box){tempo.x + side * 0.7f, tempo.y, tempo.w - side * 1.4f, tempo.h};
	l.place = all;
	return l;
}

enum transport_part transport_at(const struct transport_layout *l, struct mos_point at)
{
	for (int part = 0; part < TRANSPORT_PARTS; part++)
		if (mos_box_has(l->part[part], at))
			return (enum transport_part)part;
	return TRANSPORT_NOWHERE;
}

float transport_x(const struct transport_layout *l, int64_t tick, int64_t end_tick)
{
	const struct mos_box bar = l->part[TRANSPORT_BAR];

	if (end_tick <= 0 || tick <= 0)
		return bar.x;
	return bar.x + bar.w * (float)(tick >= end_tick ? 1 : (double)tick / (double)end_tick);
}

int64_t transport_tick(const struct transport_layout *l, float x, int64_t end_tick)
{
	const struct mos_box bar = l->part[TRANSPORT_BAR];
	const float part = (x - bar.x) / bar.w;

	if (end_tick <= 0 || !(part > 0))
		return 0;
	return part >= 1 ? end_tick - 1 : (int64_t)((double)part * (double)end_tick);
}

static void draw_stop(struct mos_draw *d, struct mos_box b, struct mos_ink ink)
{
	mos_draw_box(d, mos_box_inset(b, b.w * 0.31f), b.w * 0.04f, ink);
}

static void draw_play(struct mos_draw *d, struct mos_box b, struct mos_ink ink)
{
	mos_draw_triangle(d, (struct mos_point){b.x + b.w * 0.34f, b.y + b.h * 0.27f},
		(struct mos_point){b.x + b.w * 0.74f, b.y + b.h * 0.5f},
		(struct mos_point){b.x + b.w * 0.34f, b.y + b.h * 0.73f}, ink);
}

static void draw_pause(struct mos_draw *d, struct mos_box b, struct mos_ink ink)
{
	for (int i = 0; i < 2; i++)
		mos_draw_box(d,
			(struct mos_box){b.x + b.w * (0.31f + 0.23f * (float)i), b.y + b.h * 0.29f,
				b.w * 0.15f, b.h * 0.42f},
			b.w * 0.03f, ink);
}

static void draw_loop(struct mos_draw *d, struct mos_box b, struct mos_ink ink)
{
	const struct mos_point c = mos_box_center(b);
	const float r = b.w * 0.23f, tip = b.w * 0.12f;

	mos_draw_arc(d, c, r, b.w * 0.075f, 0.5f, 5.3f, ink);
	mos_draw_triangle(d, (struct mos_point){c.x - tip * 0.2f, c.y - r - tip},
		(struct mos_point){c.x + tip * 1.1f, c.y - r + tip * 0.1f},
		(struct mos_point){c.x - tip * 0.2f, c.y - r + tip}, ink);
}

/* A metronome. */
static void draw_click(struct mos_draw *d, struct mos_box b, struct mos_ink ink)
{
	const struct mos_point corner[4] = {{b.x + b.w * 0.43f, b.y + b.h * 0.26f},
		{b.x + b.w * 0.57f, b.y + b.h * 0.26f}, {b.x + b.w * 0.70f, b.y + b.h * 0.74f},
		{b.x + b.w * 0.30f, b.y + b.h * 0.74f}};
	const struct mos_point outline[5] = {corner[0], corner[1], corner[2], corner[3], corner[0]};

	mos_draw_polyline(d, outline, 5, b.w * 0.055f, ink);
	mos_draw_line(d, (struct mos_point){b.x + b.w * 0.5f, b.y + b.h * 0.66f},
		(struct mos_point){b.x + b.w * 0.72f, b.y + b.h * 0.30f}, b.w * 0.055f, ink);
}

static void draw_buttons(
	struct mos_draw *d, const struct transport_layout *l, const struct transport_state *s)
{
	const int plays = s->clock.state == MOS_TRANSPORT_PLAYING;
	const int on[N_BUTTONS] = {0, plays, (s->clock.flags & MOS_CLOCK_LOOP) != 0,
		(s->clock.flags & MOS_CLOCK_METRONOME) != 0};
	void (*const icon[N_BUTTONS])(struct mos_draw *, struct mos_box, struct mos_ink) = {
		draw_stop, plays ? draw_pause : draw_play, draw_loop, draw_click};

	for (int i = 0; i < N_BUTTONS; i++) {
		const struct mos_box b = l->part[i];

		mos_draw_box(d, b, b.w * 0.2f,
			on[i]                ? mos_ink(MOS_TOKEN_ACCENT)
			: (int)s->under == i ? mos_ink(MOS_TOKEN_OFF)
					     : mos_ink_faint(MOS_TOKEN_OFF, 0.55f));
		icon[i](d, b, mos_ink(on[i] ? MOS_TOKEN_CANVAS : MOS_TOKEN_TEXT));
	}
}

static void draw_tempo(struct mos_draw *d, const struct transport_layout *l, const struct transport_state *s)
{
	static const char *const sign[] = {"−", "+"};
	const struct mos_point c = mos_box_center(l->tempo);

	for (int i = 0; i < 2; i++) {
		const struct mos_box b = l->part[TRANSPORT_SLOWER + i];

		mos_draw_box(d, b, b.w / 2,
			mos_ink_faint(MOS_TOKEN_OFF, (int)s->under == TRANSPORT_SLOWER + i ? 1 : 0.55f));
		mos_draw_text(d, mos_box_center(b), b.h * 0.62f, MOS_CENTER | MOS_MIDDLE,
			mos_ink(MOS_TOKEN_TEXT), "%s", sign[i]);
	}
	mos_draw_text(d, (struct mos_point){c.x, c.y - l->tempo.h * 0.12f}, l->tempo.h * 0.46f,
		MOS_CENTER | MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT), "%.1f", s->bpm);
	mos_draw_text(d, (struct mos_point){c.x, c.y + l->tempo.h * 0.33f}, l->tempo.h * 0.22f,
		MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "BPM   %u/%u", s->clock.meter_num,
		s->clock.meter_den);
}

static void draw_bar(struct mos_draw *d, const struct transport_layout *l, const struct transport_state *s)
{
	const struct mos_box bar = l->part[TRANSPORT_BAR];
	const int64_t end = s->clock.end_tick;
	const float x = transport_x(l, s->tick, end), h = bar.h * 0.26f;
	const struct mos_box groove = {bar.x, bar.y + (bar.h - h) / 2, bar.w, h};
	const int drawn = s->from_tick != s->to_tick;
	const int64_t from = drawn ? s->from_tick : s->clock.loop_start_tick,
		      to = drawn ? s->to_tick : s->clock.loop_end_tick;

	mos_draw_box(d, groove, h / 2, mos_ink_faint(MOS_TOKEN_OFF, 0.8f));
	if (drawn || s->clock.flags & MOS_CLOCK_LOOP)
		mos_draw_box(d,
			(struct mos_box){transport_x(l, from, end), bar.y + bar.h * 0.08f,
				transport_x(l, to, end) - transport_x(l, from, end) + 1, bar.h * 0.84f},
			h / 2, mos_ink_faint(MOS_TOKEN_ACCENT_2, 0.35f));
	if (end <= 0)
		return;
	mos_draw_box(d, (struct mos_box){bar.x, groove.y, fmaxf(x - bar.x, h), h}, h / 2,
		mos_ink(MOS_TOKEN_ACCENT));
	mos_draw_disc(d, (struct mos_point){x, bar.y + bar.h / 2},
		bar.h * (s->under == TRANSPORT_BAR ? 0.42f : 0.34f), mos_ink(MOS_TOKEN_PLAYHEAD));
}

void transport_draw(struct mos_draw *d, const struct transport_state *s)
{
	const struct transport_layout l = transport_layout(mos_draw_width(d), mos_draw_height(d));
	const float size = fminf(l.place.h * 0.72f, l.place.w * 0.22f), y = l.place.y + l.place.h / 2;
	const float middle = l.place.x + l.place.w / 2;

	(void)mos_draw_panel(d, "");
	draw_buttons(d, &l, s);
	mos_draw_text(d, (struct mos_point){middle, y - l.place.h * 0.1f}, size,
		MOS_CENTER | MOS_MIDDLE | MOS_MONO | MOS_BOLD,
		mos_ink(s->clock.flags & MOS_CLOCK_COUNT_IN ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_TEXT), "%u.%u",
		s->bar, s->beat);
	mos_draw_text(d, (struct mos_point){middle, y + l.place.h * 0.38f}, l.place.h * 0.22f,
		MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s",
		mos_transport_state_name(s->clock.state));
	draw_tempo(d, &l, s);
	draw_bar(d, &l, s);
}
