/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "desk.h"
#include "knob.h"

static float y_of(struct mos_box fader, float db)
{
	return fader.y + fader.h * (1 - desk_up(db));
}

/* Of a meter: from one level to another, as far as it stands. */
static void fill(
	struct mos_draw *d, struct mos_box bar, float from_db, float to_db, float db, struct mos_ink ink)
{
	const float top = fminf(db, to_db);

	if (top > from_db)
		mos_draw_box(d,
			(struct mos_box){bar.x, y_of(bar, top), bar.w, y_of(bar, from_db) - y_of(bar, top)},
			0, ink);
}

static void draw_meter(struct mos_draw *d, const struct desk_strip *s, struct mos_box bar)
{
	mos_draw_box(d, (struct mos_box){bar.x, bar.y, bar.w, y_of(bar, -60) - bar.y}, 2,
		mos_ink_faint(MOS_TOKEN_OFF, 0.45f));
	fill(d, bar, -60, -10, s->peak_db, mos_ink(MOS_TOKEN_GOOD));
	fill(d, bar, -10, 0, s->peak_db, mos_ink(MOS_TOKEN_WARN));
	fill(d, bar, 0, DESK_HIGHEST_DB, s->peak_db, mos_ink(MOS_TOKEN_BAD));
	if (s->held_db > -60)
		mos_draw_box(d, (struct mos_box){bar.x, y_of(bar, s->held_db) - 1, bar.w, 2}, 0,
			mos_ink(s->held_db > 0 ? MOS_TOKEN_BAD : MOS_TOKEN_TEXT));
}

static void draw_fader(struct mos_draw *d, const struct desk_strip *s, struct mos_box f, int is_master)
{
	static const float mark[] = {12, 6, 0, -5, -10, -20, -40, -60};
	const float x = f.x + f.w / 2, y = y_of(f, s->gain_db), w = fminf(f.w * 0.62f, 26), h = 16;

	for (size_t i = 0; i < sizeof(mark) / sizeof(mark[0]); i++) {
		const float half = f.w * (mark[i] == 0 && !is_master ? 0.42f : 0.26f);

		mos_draw_line(d, (struct mos_point){x - half, y_of(f, mark[i])},
			(struct mos_point){x + half, y_of(f, mark[i])}, 1,
			mos_ink_faint(MOS_TOKEN_TEXT_DIM, mark[i] == 0 ? 0.8f : 0.35f));
		if (is_master && f.h > 150)
			mos_draw_text(d, (struct mos_point){x - half - 2, y_of(f, mark[i])}, 8.5f,
				MOS_RIGHT | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%.0f",
				(double)fabsf(mark[i]));
	}
	mos_draw_box(d, (struct mos_box){x - 1.5f, f.y, 3, f.h}, 1.5f, mos_ink(MOS_TOKEN_OFF));
	mos_draw_frame(d, (struct mos_box){x - w / 2, y - h / 2, w, h}, 3, 1, mos_ink(MOS_TOKEN_CANVAS),
		mos_ink(is_master ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_TEXT_DIM));
	mos_draw_box(d, (struct mos_box){x - w / 2 + 2, y - 1, w - 4, 2}, 1,
		mos_ink(is_master ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_ACCENT));
}

static void draw_pan(struct mos_draw *d, const struct desk_strip *s, struct mos_box b)
{
	const float middle = b.x + b.w / 2, x = middle + s->pan * (b.w / 2 - 4), y = b.y + b.h / 2;

	mos_draw_box(d, (struct mos_box){b.x, y - 1.5f, b.w, 3}, 1.5f, mos_ink(MOS_TOKEN_OFF));
	if (s->pan != 0)
		mos_draw_box(d, (struct mos_box){fminf(middle, x), y - 1.5f, fabsf(x - middle), 3}, 0,
			mos_ink(MOS_TOKEN_ACCENT));
	mos_draw_disc(
		d, (struct mos_point){x, y}, 5, mos_ink(s->pan != 0 ? MOS_TOKEN_ACCENT : MOS_TOKEN_TEXT_DIM));
}

/* A knob's letter stands in it: there is no room beside. */
static void draw_send(struct mos_draw *d, struct mos_box b, const char *letter, float share)
{
	const float angle = knob_angle(share, 0, 1);
	const float r = knob_draw(d, b, -KNOB_SWEEP, angle, mos_ink(MOS_TOKEN_ACCENT_2));
	const struct mos_point c = mos_box_center(b);

	mos_draw_text(d, (struct mos_point){c.x, c.y + r * 0.95f}, r * 0.8f,
		MOS_CENTER | MOS_MIDDLE | MOS_BOLD,
		mos_ink(share > 0 ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_TEXT_DIM), "%s", letter);
}

static void draw_switch(struct mos_draw *d, struct mos_box b, const char *label, int on, enum mos_token token)
{
	mos_draw_box(d, b, 4, on ? mos_ink(token) : mos_ink_faint(MOS_TOKEN_OFF, 0.55f));
	mos_draw_text(d, mos_box_center(b), b.h * 0.62f, MOS_CENTER | MOS_MIDDLE | MOS_BOLD,
		mos_ink(on ? MOS_TOKEN_CANVAS : MOS_TOKEN_TEXT_DIM), "%s", label);
}

static void draw_value(struct mos_draw *d, struct mos_box box, float db)
{
	const float size = fminf(box.h * 0.72f, box.w * 0.26f);

	if (db <= DESK_LOWEST_DB)
		mos_draw_text(d, mos_box_center(box), size, MOS_CENTER | MOS_MIDDLE | MOS_MONO,
			mos_ink(MOS_TOKEN_TEXT_DIM), "–∞");
	else
		mos_draw_text(d, mos_box_center(box), size, MOS_CENTER | MOS_MIDDLE | MOS_MONO,
			mos_ink(MOS_TOKEN_TEXT), db == 0 ? "%.1f" : "%+.1f", (double)db);
}

static void draw_strip(struct mos_draw *d, const struct desk *desk, uint32_t strip)
{
	const struct desk_strip *s = &desk->strip[strip];
	const int is_master = strip == DESK_MASTER;
	struct desk_place p;

	if (!desk_place(desk, mos_draw_width(d), mos_draw_height(d), strip, &p))
		return;
	if (strip == desk->chosen)
		mos_draw_frame(d, mos_box_inset(p.all, 1), 6, 1.5f, mos_ink_faint(MOS_TOKEN_ACCENT, 0.1f),
			mos_ink(MOS_TOKEN_ACCENT));
	else if (is_master)
		mos_draw_box(d, mos_box_inset(p.all, 1), 6, mos_ink_faint(MOS_TOKEN_OFF, 0.2f));
	mos_draw_push(d, (struct mos_point){0, 0}, 1);
	if (!is_master && (s->mute || (desk->any_solo && !s->solo)))
		mos_draw_fade(d, 0.45f); /* it is not heard */
	if (s->name[0])
		mos_draw_text_in(d, p.name, 12, MOS_CENTER | MOS_MIDDLE | (is_master ? MOS_BOLD : 0),
			mos_ink(is_master ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_TEXT), "%s", s->name);
	else
		mos_draw_text_in(
			d, p.name, 12, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%u", strip);
	if (!is_master)
		draw_pan(d, s, p.pan);
	for (uint32_t k = 0; k < DESK_SENDS; k++)
		if (p.send[k].w > 0)
			draw_send(d, p.send[k], k == 0 ? "R" : "C", s->send[k]);
	draw_fader(d, s, p.fader, is_master);
	draw_meter(d, s, p.meter);
	draw_value(d, p.value, s->gain_db);
	mos_draw_pop(d);
	if (is_master)
		return;
	draw_switch(d, p.mute, "M", s->mute, MOS_TOKEN_BAD);
	draw_switch(d, p.solo, "S", s->solo, MOS_TOKEN_WARN);
}

/* So that the chosen one is seen. */
static void scroll(struct desk *desk, float width)
{
	const uint32_t room = desk_room(width);

	for (uint32_t i = 0; i < desk->n_shown; i++) {
		if (desk->shown[i] != desk->chosen)
			continue;
		if (i < desk->first)
			desk->first = i;
		if (room && i >= desk->first + room)
			desk->first = i - room + 1;
	}
	if (desk->first + room > desk->n_shown)
		desk->first = desk->n_shown > room ? desk->n_shown - room : 0;
}

void desk_draw(struct mos_draw *d, struct desk *desk)
{
	const uint32_t room = desk_room(mos_draw_width(d));

	(void)mos_draw_panel(d, "");
	scroll(desk, mos_draw_width(d));
	for (uint32_t i = 0; i < room && desk->first + i < desk->n_shown; i++)
		draw_strip(d, desk, desk->shown[desk->first + i]);
	draw_strip(d, desk, DESK_MASTER);
	if (desk->n_shown == 0)
		mos_draw_text(d, (struct mos_point){(mos_draw_width(d) - 80) / 2, mos_draw_height(d) / 2}, 13,
			MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "nothing plays yet");
	/* there is more to the side */
	if (desk->first > 0)
		mos_draw_text(d, (struct mos_point){5, mos_draw_height(d) / 2}, 14, MOS_CENTER | MOS_MIDDLE,
			mos_ink(MOS_TOKEN_TEXT_DIM), "‹");
	if (desk->first + room < desk->n_shown)
		mos_draw_text(d, (struct mos_point){mos_draw_width(d) - 5, mos_draw_height(d) / 2}, 14,
			MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "›");
}
