/* SPDX-License-Identifier: MIT */
/* The mixer's desk: faders, what is shown, what is asked for. */
#include <stdio.h>

#include "widget_picture.h"

#include "desk.h"

static struct mos_value answer_items[DESK_STRIPS];
static struct mos_field answer_fields[DESK_STRIPS][7];

/* An answer of apollo.strip.list: all strips, of which the first `parts` are the score's. */
static struct mos_value answer(uint32_t parts)
{
	static char name[DESK_STRIPS][16];

	for (uint32_t i = 0; i < DESK_STRIPS; i++) {
		struct mos_field *f = answer_fields[i];

		(void)snprintf(name[i], sizeof(name[i]), i == DESK_MASTER ? "Master" : "Part %u", i);
		f[0] = i == DESK_MASTER ? mos_str("strip", "master") : mos_int("strip", i);
		f[1] = mos_str("name", name[i]);
		f[2] = mos_real("gain_db", 0);
		f[3] = mos_real("pan", 0);
		f[4] = mos_bool("mute", 0);
		f[5] = mos_bool("solo", 0);
		f[6] = mos_bool("part", i < parts);
		answer_items[i] = mos_value_map(f, 7);
	}
	return mos_value_list(answer_items, DESK_STRIPS);
}

Test(widget_mixer, scale,
	.description = "WGT-31: a fader's way and its level are each other's inverse, and rise")
{
	float before = -1;

	for (float db = DESK_LOWEST_DB; db <= DESK_HIGHEST_DB; db += 0.25f) {
		cr_expect_float_eq(desk_db(desk_up(db)), db, 1e-3, "%g", (double)db);
		cr_expect_gt(desk_up(db), before - 1e-6f);
		before = desk_up(db);
	}
	cr_expect_float_eq(desk_up(0), 0.8f, 1e-6);
	cr_expect_eq(desk_up(-200), 0);
	cr_expect_eq(desk_up(50), 1);
	cr_expect_eq(desk_up(NAN), 0);
	cr_expect_eq(desk_db(NAN), DESK_LOWEST_DB);
}

Test(widget_mixer, shown,
	.description =
		"WGT-31: shown are the score's strips, what was set and what is heard; the master is last")
{
	static struct desk d;
	struct mos_value list = answer(3);

	desk_init(&d);
	desk_take(&d, &list);
	cr_assert_eq(d.n_shown, 3);
	desk_level(&d, 48, -12, 1);
	desk_sort(&d);
	cr_assert_eq(d.n_shown, 4);
	cr_expect_eq(d.shown[3], 48);
	desk_level(&d, 49, -70, 1);
	answer_fields[20][4] = mos_bool("mute", 1);
	desk_take(&d, &list);
	cr_assert_eq(d.n_shown, 5);
	cr_expect_eq(d.shown[3], 20);
	cr_expect_eq(d.chosen, DESK_MASTER);
	desk_choose(&d, -1);
	cr_expect_eq(d.chosen, 48);
	desk_choose(&d, 1);
	desk_choose(&d, 1);
	cr_expect_eq(d.chosen, DESK_MASTER);
	for (int i = 0; i < 9; i++)
		desk_choose(&d, -1);
	cr_expect_eq(d.chosen, 0);
	list = answer(0);
	d.strip[48].was_heard = 0;
	desk_take(&d, &list);
	cr_expect_eq(d.n_shown, 0);
	cr_expect_eq(d.chosen, DESK_MASTER, "what was chosen is not there any more");
}

Test(widget_mixer, changes,
	.description = "WGT-31: what is set is asked for once, each strip's newest; an older answer does not "
		       "take it back")
{
	static struct desk d;
	const struct mos_value list = answer(4);
	uint32_t strip;
	unsigned what;

	desk_init(&d);
	desk_take(&d, &list);
	cr_expect_eq(desk_next(&d, &strip, &what), 0);
	desk_set_gain(&d, 2, -3);
	desk_set_gain(&d, 2, -6.04f);
	desk_set_pan(&d, 2, -7);
	desk_toggle(&d, 1, DESK_MUTE);
	desk_set_gain(&d, DESK_MASTER, 99);
	desk_set_pan(&d, DESK_MASTER, 1);
	desk_toggle(&d, DESK_MASTER, DESK_SOLO);
	desk_take(&d, &list);
	cr_expect_eq(d.strip[2].gain_db, -6.0f, "%g", (double)d.strip[2].gain_db);
	cr_expect_eq(d.strip[2].pan, -1);
	cr_assert_eq(desk_next(&d, &strip, &what), 1);
	cr_expect(strip == 1 && what == DESK_MUTE);
	cr_assert_eq(desk_next(&d, &strip, &what), 1);
	cr_expect(strip == 2 && what == (DESK_GAIN | DESK_PAN));
	cr_assert_eq(desk_next(&d, &strip, &what), 1);
	cr_expect(strip == DESK_MASTER && what == DESK_GAIN, "the master has a gain only");
	cr_expect_eq(d.strip[DESK_MASTER].gain_db, DESK_HIGHEST_DB);
	cr_expect_eq(desk_next(&d, &strip, &what), 0);
	desk_take(&d, &list);
	cr_expect_eq(d.strip[2].gain_db, 0, "what others set later is taken");
}

static void take_sends(struct desk *d, int64_t strip, const char *unit, const char *param, double value)
{
	const struct mos_field field[] = {mos_int("strip", strip), mos_str("unit", unit),
		mos_str("param", param), mos_real("value", value)};
	const struct mos_value item = mos_value_map(field, 4), list = mos_value_list(&item, 1);

	desk_take_sends(d, &list, 1);
}

Test(widget_mixer, sends,
	.description =
		"WGT-31: what is sent to reverb and chorus is shown and set, each by a request of its own")
{
	static struct desk d;
	const struct mos_value list = answer(2);
	uint32_t strip;
	unsigned what;

	desk_init(&d);
	desk_take(&d, &list);
	take_sends(&d, 1, "send", "chorus", 0.25);
	cr_expect(d.strip[1].send[0] == 0 && d.strip[1].send[1] == 0.25f);
	take_sends(&d, 30, "send", "reverb", 0.5);
	cr_expect_eq(d.strip[1].send[1], 0, "it was set back");
	cr_expect_eq(d.n_shown, 3, "who sends is shown");
	take_sends(&d, 1, "eq", "reverb", 1);
	cr_expect_eq(d.strip[1].send[0], 0, "another unit's");
	desk_set_send(&d, 1, 0, 2);
	desk_set_send(&d, 1, 1, 0.333f);
	desk_set_gain(&d, 1, -6);
	desk_set_send(&d, DESK_MASTER, 0, 1);
	take_sends(&d, 1, "send", "reverb", 0.5);
	cr_expect_eq(d.strip[1].send[0], 1, "what is being set stays");
	cr_expect(desk_next(&d, &strip, &what) == 1 && strip == 1 && what == DESK_GAIN);
	cr_expect(desk_next(&d, &strip, &what) == 1 && strip == 1 && what == DESK_SEND);
	cr_expect(desk_next(&d, &strip, &what) == 1 && strip == 1 && what == DESK_SEND << 1);
	cr_expect_eq(desk_next(&d, &strip, &what), 0, "the master sends nothing");
	cr_expect_float_eq(d.strip[1].send[1], 0.33f, 1e-6);
}

Test(widget_mixer, picture,
	.description = "WGT-31: a strip for each part; controls are found where they are drawn; the cap "
		       "stands at its level")
{
	static struct desk d;
	const struct mos_value list = answer(12);

	desk_init(&d);
	desk_take(&d, &list);
	desk_set_gain(&d, 1, -20);
	desk_set_pan(&d, 1, 0.5f);
	desk_toggle(&d, 2, DESK_SOLO);
	desk_level(&d, 1, -5, 1);
	for (float size = 0.6f; size <= 3; size += 0.8f) {
		const float w = 520 * size, h = 300 * size;
		const uint32_t room = desk_room(w);
		uint32_t n_seen = 0, n_caps = 0;

		d.chosen = 1;
		desk_draw(picture_begin(w, h), &d);
		picture_check();
		for (uint32_t strip = 0; strip < DESK_STRIPS; strip++) {
			struct desk_place p;
			uint32_t found = 99;

			if (!desk_place(&d, w, h, strip, &p))
				continue;
			n_seen++;
			cr_expect(p.all.x >= 0 && p.all.x + p.all.w <= w + 0.01f && p.fader.h > 0);
			cr_expect_eq(desk_at(&d, w, h, mos_box_center(p.fader), &found), DESK_AT_FADER);
			cr_expect_eq(found, strip);
			cr_expect_float_eq(desk_gain_at(&p, p.fader.y + p.fader.h * 0.2f), 0, 0.01);
			if (strip == DESK_MASTER)
				continue;
			cr_expect_eq(desk_at(&d, w, h, mos_box_center(p.mute), &found), DESK_AT_MUTE);
			cr_expect_eq(desk_at(&d, w, h, mos_box_center(p.solo), &found), DESK_AT_SOLO);
			cr_expect_eq(desk_at(&d, w, h, mos_box_center(p.pan), &found), DESK_AT_PAN);
			for (uint32_t k = 0; k < DESK_SENDS && p.send[k].w > 0; k++)
				cr_expect_eq(desk_at(&d, w, h, mos_box_center(p.send[k]), &found),
					(enum desk_part)(DESK_AT_SEND + k));
			cr_expect(p.send[0].w > 0 || size < 1, "knobs at size %g", (double)size);
			cr_expect_eq(desk_pan_at(&p, p.pan.x + p.pan.w / 2), 0);
			cr_expect_float_eq(desk_pan_at(&p, p.pan.x + p.pan.w), 1, 1e-3);
			cr_expect(picture_has_text(d.strip[strip].name), "%s", d.strip[strip].name);
			/* the cap's line */
			for (uint32_t i = 0; i < picture.n; i++) {
				const struct mos_shape *s = &picture_shape[i];
				const float y = p.fader.y + p.fader.h * (1 - desk_up(d.strip[strip].gain_db));

				n_caps += s->kind == MOS_SHAPE_BOX && (s->color & 0xff) == MOS_TOKEN_ACCENT &&
					  fabsf(s->x + s->w / 2 - (p.fader.x + p.fader.w / 2)) < 1 &&
					  fabsf(s->y + s->h / 2 - y) < 1;
			}
		}
		cr_expect_eq(n_seen, 1 + (room < 12 ? room : 12));
		cr_expect_geq(n_caps, n_seen - 1, "%u of %u", n_caps, n_seen);
		cr_expect(
			picture_count(MOS_SHAPE_BOX, MOS_TOKEN_GOOD, 100) == 1, "one meter shows something");
	}
	/* a narrow one follows what is chosen */
	d.chosen = 11;
	desk_draw(picture_begin(300, 240), &d);
	cr_expect(picture_has_text("Part 11"));
	cr_expect(!picture_has_text("Part 0"));
}
