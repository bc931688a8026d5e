/* SPDX-License-Identifier: MIT */
#include "desk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOLD_NS 1500000000
#define HEARD_DB (-60.0f)
#define STRIP_W 50.0f /* at least */
#define STRIP_MAX 92.0f
#define MASTER_W 76.0f
#define SENDS_FROM_H 140.0f /* a strip that is lower has no room for knobs */

/* Of a fader's way: as on most desks the upper half is what one works in. */
static const struct {
	float db, up;
} scale[] = {{DESK_LOWEST_DB, 0}, {-60, 0.07f}, {-40, 0.2f}, {-20, 0.42f}, {-10, 0.6f}, {0, 0.8f},
	{DESK_HIGHEST_DB, 1}};
#define N_SCALE (sizeof(scale) / sizeof(scale[0]))

float desk_up(float db)
{
	size_t i = 1;

	if (!(db > DESK_LOWEST_DB))
		return 0;
	if (db >= DESK_HIGHEST_DB)
		return 1;
	while (db > scale[i].db)
		i++;
	return scale[i - 1].up +
	       (db - scale[i - 1].db) / (scale[i].db - scale[i - 1].db) * (scale[i].up - scale[i - 1].up);
}

float desk_db(float up)
{
	size_t i = 1;

	if (!(up > 0))
		return DESK_LOWEST_DB;
	if (up >= 1)
		return DESK_HIGHEST_DB;
	while (up > scale[i].up)
		i++;
	return scale[i - 1].db +
	       (up - scale[i - 1].up) / (scale[i].up - scale[i - 1].up) * (scale[i].db - scale[i - 1].db);
}

void desk_init(struct desk *d)
{
	*d = (struct desk){.chosen = DESK_MASTER};
	for (uint32_t i = 0; i < DESK_STRIPS; i++) {
		d->strip[i].peak_db = d->strip[i].held_db = DESK_SILENCE_DB;
		d->counter[i] = -1;
	}
	d->counter[DESK_STRIPS] = -1;
	(void)snprintf(d->strip[DESK_MASTER].name, sizeof(d->strip[0].name), "Master");
}

void desk_take(struct desk *d, const struct mos_value *strips)
{
	for (uint32_t i = 0; strips && strips->type == MOS_VALUE_LIST && i < strips->len; i++) {
		const struct mos_value *v = &strips->u.items[i];
		const int64_t number =
			mos_get_str(v, "strip", NULL) ? DESK_MASTER : mos_get_int(v, "strip", -1);
		struct desk_strip *s;

		if (number < 0 || number > DESK_MASTER)
			continue;
		s = &d->strip[number];
		(void)snprintf(s->name, sizeof(s->name), "%s", mos_get_str(v, "name", ""));
		s->is_part = mos_get_bool(v, "part", 0);
		if (!(s->dirty & DESK_GAIN))
			s->gain_db = (float)mos_get_real(v, "gain_db", 0);
		if (!(s->dirty & DESK_PAN))
			s->pan = (float)mos_get_real(v, "pan", 0);
		if (!(s->dirty & DESK_MUTE))
			s->mute = mos_get_bool(v, "mute", 0);
		if (!(s->dirty & DESK_SOLO))
			s->solo = mos_get_bool(v, "solo", 0);
	}
	desk_sort(d);
}

const char *desk_send_name(uint32_t send)
{
	return send == 0 ? "reverb" : "chorus";
}

void desk_take_sends(struct desk *d, const struct mos_value *settings, int is_first_page)
{
	for (uint32_t i = 0; is_first_page && i < DESK_MASTER; i++)
		for (uint32_t k = 0; k < DESK_SENDS; k++)
			if (!(d->strip[i].dirty & DESK_SEND << k))
				d->strip[i].send[k] = 0;
	for (uint32_t i = 0; settings && settings->type == MOS_VALUE_LIST && i < settings->len; i++) {
		const struct mos_value *v = &settings->u.items[i];
		const int64_t strip = mos_get_str(v, "strip", NULL) ? -1 : mos_get_int(v, "strip", -1);

		if (strip < 0 || strip >= DESK_MASTER || strcmp(mos_get_str(v, "unit", ""), "send") != 0)
			continue;
		for (uint32_t k = 0; k < DESK_SENDS; k++)
			if (!(d->strip[strip].dirty & DESK_SEND << k) &&
				strcmp(mos_get_str(v, "param", ""), desk_send_name(k)) == 0)
				d->strip[strip].send[k] = (float)mos_get_real(v, "value", 0);
	}
	desk_sort(d);
}

static int is_set(const struct desk_strip *s)
{
	return s->gain_db != 0 || s->pan != 0 || s->mute || s->solo || s->send[0] > 0 || s->send[1] > 0;
}

void desk_sort(struct desk *d)
{
	int is_there = d->chosen == DESK_MASTER;

	d->n_shown = 0;
	d->any_solo = 0;
	for (uint32_t i = 0; i < DESK_MASTER; i++) {
		const struct desk_strip *s = &d->strip[i];

		d->any_solo |= s->solo;
		if (!s->is_part && !s->was_heard && !s->dirty && !is_set(s))
			continue;
		d->shown[d->n_shown++] = (uint8_t)i;
		is_there |= d->chosen == i;
	}
	if (!is_there)
		d->chosen = d->n_shown ? d->shown[0] : DESK_MASTER;
}

void desk_level(struct desk *d, uint32_t strip, float db, int64_t now_ns)
{
	struct desk_strip *s = &d->strip[strip];

	s->peak_db = isfinite(db) ? db : DESK_SILENCE_DB;
	s->was_heard |= db > HEARD_DB;
	if (s->peak_db >= s->held_db || now_ns - s->held_ns > HOLD_NS) {
		s->held_db = s->peak_db;
		s->held_ns = now_ns;
	}
}

static float level_of(const struct mos_counters_view *view, int *counter, const char *name)
{
	if (*counter < 0)
		*counter = mos_counters_find(view, name);
	return *counter < 0 ? DESK_SILENCE_DB
			    : (float)(int64_t)mos_counters_get(view, (uint32_t)*counter) / 1000;
}

int desk_meter(struct desk *d, const struct mos_counters_view *view, int64_t now_ns)
{
	int sounds = 0, is_new = 0;
	char name[32];

	for (uint32_t i = 0; i < DESK_MASTER; i++) {
		const int was = d->strip[i].was_heard;

		(void)snprintf(name, sizeof(name), "apollo.strip.%u.peak", i);
		desk_level(d, i, level_of(view, &d->counter[i], name), now_ns);
		is_new |= d->strip[i].was_heard != was;
		sounds |= d->strip[i].held_db > HEARD_DB;
	}
	desk_level(d, DESK_MASTER,
		fmaxf(level_of(view, &d->counter[DESK_MASTER], "apollo.peak_l"),
			level_of(view, &d->counter[DESK_STRIPS], "apollo.peak_r")),
		now_ns);
	if (is_new)
		desk_sort(d);
	return sounds || d->strip[DESK_MASTER].held_db > HEARD_DB;
}

static void changed(struct desk *d, uint32_t strip, unsigned what)
{
	d->strip[strip].dirty |= what;
	d->n_changes++;
	desk_sort(d);
}

void desk_set_gain(struct desk *d, uint32_t strip, float db)
{
	db = fminf(fmaxf(db, DESK_LOWEST_DB), DESK_HIGHEST_DB);
	d->strip[strip].gain_db = roundf(db * 10) / 10;
	changed(d, strip, DESK_GAIN);
}

void desk_set_pan(struct desk *d, uint32_t strip, float pan)
{
	if (strip == DESK_MASTER)
		return;
	d->strip[strip].pan = roundf(fminf(fmaxf(pan, -1), 1) * 100) / 100;
	changed(d, strip, DESK_PAN);
}

void desk_set_send(struct desk *d, uint32_t strip, uint32_t send, float share)
{
	if (strip == DESK_MASTER)
		return;
	d->strip[strip].send[send] = roundf(fminf(fmaxf(share, 0), 1) * 100) / 100;
	changed(d, strip, DESK_SEND << send);
}

void desk_toggle(struct desk *d, uint32_t strip, unsigned what)
{
	struct desk_strip *s = &d->strip[strip];

	if (strip == DESK_MASTER)
		return;
	if (what & DESK_MUTE)
		s->mute = !s->mute;
	if (what & DESK_SOLO)
		s->solo = !s->solo;
	changed(d, strip, what);
}

void desk_choose(struct desk *d, int by)
{
	uint32_t at = d->n_shown;

	for (uint32_t i = 0; i < d->n_shown; i++)
		if (d->shown[i] == d->chosen)
			at = i;
	if (by < 0 && at > 0)
		at--;
	else if (by > 0 && at < d->n_shown)
		at++;
	d->chosen = at < d->n_shown ? d->shown[at] : DESK_MASTER;
}

int desk_next(struct desk *d, uint32_t *ret_strip, unsigned *ret_what)
{
	for (uint32_t i = 0; i < DESK_STRIPS; i++) {
		const unsigned dirty = d->strip[i].dirty, one = dirty & (DESK_SEND - 1);

		if (!dirty)
			continue;
		*ret_strip = i;
		*ret_what = one ? one : dirty & -dirty;
		d->strip[i].dirty &= ~*ret_what;
		return 1;
	}
	return 0;
}

static struct mos_box inside(float width, float height)
{
	return mos_box_inset((struct mos_box){0, 0, width, height}, 10);
}

uint32_t desk_room(float width)
{
	const float left = inside(width, 100).w - MASTER_W;

	return left < STRIP_W ? 0 : (uint32_t)(left / STRIP_W);
}

int desk_place(const struct desk *d, float width, float height, uint32_t strip, struct desk_place *ret)
{
	struct mos_box all = inside(width, height), row;
	const struct mos_box master = mos_box_cut_right(&all, fminf(MASTER_W, all.w));
	const uint32_t room = desk_room(width), left = d->n_shown > d->first ? d->n_shown - d->first : 0;
	const uint32_t n = left < room ? left : room;
	struct desk_place p = {.all = master};
	uint32_t i = 0;

	if (strip != DESK_MASTER) {
		while (i < n && d->shown[d->first + i] != strip)
			i++;
		if (i == n)
			return 0;
		all.w = fminf(all.w, STRIP_MAX * (float)n);
		p.all = mos_box_column(all, i, n, 0);
	}
	row = mos_box_inset(p.all, 4);
	p.name = mos_box_cut_top(&row, 16);
	if (strip == DESK_MASTER) {
		(void)mos_box_cut_top(&row, 20);
		(void)mos_box_cut_bottom(&row, 24);
	} else {
		struct mos_box buttons = mos_box_cut_bottom(&row, 24);

		if (row.h >= SENDS_FROM_H) {
			const struct mos_box knobs = mos_box_cut_top(&row, 26);

			for (uint32_t k = 0; k < DESK_SENDS; k++)
				p.send[k] = mos_box_column(knobs, k, DESK_SENDS, 2);
		}
		p.pan = mos_box_inset(mos_box_cut_top(&row, 20), 3);
		(void)mos_box_cut_top(&buttons, 4);
		p.mute = mos_box_column(buttons, 0, 2, 4);
		p.solo = mos_box_column(buttons, 1, 2, 4);
	}
	p.value = mos_box_cut_bottom(&row, 17);
	(void)mos_box_cut_top(&row, 8); /* the cap is taller than its place on the scale */
	(void)mos_box_cut_bottom(&row, 8);
	p.meter = mos_box_cut_right(&row, fminf(row.w * 0.3f, 12));
	p.fader = row;
	*ret = p;
	return 1;
}

enum desk_part desk_at(
	const struct desk *d, float width, float height, struct mos_point at, uint32_t *ret_strip)
{
	for (uint32_t strip = 0; strip < DESK_STRIPS; strip++) {
		struct desk_place p;

		if (!desk_place(d, width, height, strip, &p) || !mos_box_has(p.all, at))
			continue;
		*ret_strip = strip;
		if (mos_box_has(p.mute, at))
			return DESK_AT_MUTE;
		if (mos_box_has(p.solo, at))
			return DESK_AT_SOLO;
		if (mos_box_has(p.pan, at))
			return DESK_AT_PAN;
		for (uint32_t k = 0; k < DESK_SENDS; k++)
			if (mos_box_has(p.send[k], at))
				return (enum desk_part)(DESK_AT_SEND + k);
		p.fader.y -= 8;
		p.fader.h += 16;
		return mos_box_has(p.fader, at) ? DESK_AT_FADER : DESK_NAME;
	}
	return DESK_NOTHING;
}

float desk_gain_at(const struct desk_place *p, float y)
{
	return desk_db(1 - (y - p->fader.y) / p->fader.h);
}

float desk_pan_at(const struct desk_place *p, float x)
{
	const float pan = 2 * (x - p->pan.x) / p->pan.w - 1;

	return fabsf(pan) < 0.06f ? 0 : fminf(fmaxf(pan, -1), 1);
}

void desk_text(const struct desk *d, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (uint32_t i = 0; i <= d->n_shown && len < size; i++) {
		const uint32_t strip = i < d->n_shown ? d->shown[i] : DESK_MASTER;
		const struct desk_strip *s = &d->strip[strip];

		len += (size_t)snprintf(ret + len, size - len,
			"%c %-20.20s %6.1f dB  pan %+.2f  reverb %.2f  chorus %.2f%s%s\n",
			strip == d->chosen ? '>' : ' ', s->name, (double)s->gain_db, (double)s->pan,
			(double)s->send[0], (double)s->send[1], s->mute ? "  mute" : "",
			s->solo ? "  solo" : "");
	}
}
