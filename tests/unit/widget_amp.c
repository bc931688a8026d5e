/* SPDX-License-Identifier: MIT */
/* The amplifier's face: what is in force, what is chosen, knobs. */
#include "widget_picture.h"

#include "amp.h"

static void take_models(struct amp *a)
{
	static const char *const name[] = {"clean", "crunch", "lead"};
	struct mos_field field[3];
	struct mos_value item[3], list;

	for (int i = 0; i < 3; i++) {
		field[i] = mos_str("name", name[i]);
		item[i] = mos_value_map(&field[i], 1);
	}
	list = mos_value_list(item, 3);
	amp_take_models(a, &list);
}

static int take_insert(struct amp *a, int64_t strip, const char *kind, const char *what, const char *state)
{
	const struct mos_field field[] = {mos_int("strip", strip), mos_int("slot", 0), mos_str("kind", kind),
		mos_str("what", what), mos_str("state", state), mos_str("text", "why")};
	const struct mos_value item = mos_value_map(field, 6), list = mos_value_list(&item, 1);

	return amp_take_inserts(a, &list);
}

static void take_control(struct amp *a, const char *symbol, double value)
{
	const struct mos_field field[] = {mos_str("symbol", symbol), mos_real("value", value)};
	const struct mos_value item = mos_value_map(field, 2), list = mos_value_list(&item, 1);

	amp_take_controls(a, &list);
}

Test(widget_amp, in_force,
	.description =
		"WGT-17: shown is what is in force in its own place: model, switched off or failed, gains")
{
	static struct amp a;

	a = (struct amp){.chosen = AMP_NONE, .loaded = AMP_NONE, .strip = 63};
	take_models(&a);
	cr_expect_eq(take_insert(&a, 62, "nam", "/x/clean.nam", "on"), 0, "another strip's");
	cr_expect_eq(take_insert(&a, 63, "lv2", "urn:x", "on"), 0, "no amplifier");
	cr_expect_eq(a.state, AMP_EMPTY);
	cr_expect_eq(take_insert(&a, 63, "nam", "/x/crunch.nam", "on"), 1);
	cr_expect(a.state == AMP_ON && a.loaded == 1);
	cr_expect_str_eq(amp_name(&a), "crunch");
	(void)take_insert(&a, 63, "nam", "/x/crunch.nam", "off");
	cr_expect_eq(a.state, AMP_OFF);
	(void)take_insert(&a, 63, "nam", "/x/crunch.nam", "bypassed");
	cr_expect_eq(a.state, AMP_BYPASSED);
	(void)take_insert(&a, 63, "nam", "/home/own.nam", "dead");
	cr_expect_eq(a.state, AMP_DEAD);
	cr_expect_str_eq(amp_name(&a), "own", "one that is in no list");
	take_models(&a);
	cr_expect_str_eq(amp_name(&a), "own");
	take_control(&a, "input_db", 6);
	cr_expect_eq(a.gain_db[AMP_INPUT], 6);
	amp_set(&a, AMP_OUTPUT, -99);
	cr_expect_eq(a.gain_db[AMP_OUTPUT], -AMP_GAIN_MAX);
	cr_expect_eq(a.dirty, 1u << AMP_OUTPUT);
	take_control(&a, "output_db", 3);
	cr_expect_eq(a.gain_db[AMP_OUTPUT], -AMP_GAIN_MAX, "what is being turned stays");
	take_control(&a, "normalize", 0);
	amp_choose(&a, 99);
	cr_expect_eq(a.chosen, 2);
	amp_choose(&a, -99);
	cr_expect_eq(a.chosen, AMP_NONE);
}

Test(widget_amp, picture,
	.description = "WGT-17: rows, knobs and the switch are found where they are drawn; a knob points at "
		       "its gain")
{
	static struct amp a;

	a = (struct amp){.chosen = 0, .loaded = AMP_NONE, .strip = 63, .peak_db = -12};
	take_models(&a);
	(void)take_insert(&a, 63, "nam", "/x/crunch.nam", "on");
	a.text[0] = '\0';
	amp_set(&a, AMP_INPUT, 12);
	for (float size = 0.6f; size < 4; size *= 2) {
		const float w = 400 * size, h = 240 * size;
		const struct amp_layout l = amp_layout(w, h);
		int row, pointers = 0;

		amp_draw(picture_begin(w, h), &a);
		picture_check();
		for (int i = 0; i < 4 && i < l.n_rows; i++) {
			cr_expect_eq(amp_at(&a, w, h, mos_box_center(amp_row(&l, i)), &row), AMP_AT_ROW);
			cr_expect_eq(row, i - 1);
		}
		cr_expect_eq(amp_at(&a, w, h, mos_box_center(l.knob[0]), &row), AMP_AT_INPUT);
		cr_expect_eq(amp_at(&a, w, h, mos_box_center(l.knob[1]), &row), AMP_AT_OUTPUT);
		cr_expect_eq(amp_at(&a, w, h, mos_box_center(l.bypass), &row), AMP_AT_BYPASS);
		cr_expect_eq(amp_at(&a, w, h, (struct mos_point){1, 1}, &row), AMP_NOTHING);
		cr_expect(picture_has_text("crunch") && picture_has_text("+12.0") && picture_has_text("on"));
		/* 12 of 24 dB: half of 135 degrees to the right of the top */
		for (uint32_t i = 0; i < picture.n; i++) {
			const struct mos_shape *s = &picture_shape[i];

			pointers +=
				s->kind == MOS_SHAPE_LINE &&
				mos_box_has(l.knob[0], (struct mos_point){s->x, s->y}) &&
				fabsf(atan2f(s->w - s->x, s->y - s->h) - 67.5f * (float)M_PI / 180) < 0.01f;
		}
		cr_expect_eq(pointers, 1, "the input's hand at size %g", (double)size);
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_ACCENT, 1), 1, "the way from 0");
	}
	a.state = AMP_OFF;
	amp_draw(picture_begin(400, 240), &a);
	cr_expect(picture_has_text("bypassed"));
}
