/* SPDX-License-Identifier: MIT */
/* The metronome's pictures: necklace and line. */
#include "widget_picture.h"

#include "draw.h"

static struct metro_config config_of(const char *preset, int32_t view)
{
	struct metro_config c;
	struct metro_fault fault;

	metro_config_init(&c);
	cr_assert_eq(
		metro_config_change(&c, MOS_ARGS(mos_str("preset", preset)), &fault), 0, "%s", fault.why);
	c.view = view;
	return c;
}

/* Opacity of all that is drawn in a colour of light. */
static uint64_t energy(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < picture.n; i++) {
		const uint32_t token = picture_shape[i].color & 0xff;

		if (picture_shape[i].kind != MOS_SHAPE_TEXT &&
			(token == MOS_TOKEN_ACCENT || token == MOS_TOKEN_ACCENT_2 ||
				token == MOS_TOKEN_SOUNDING))
			sum += picture_shape[i].color >> 24;
	}
	return sum;
}

Test(widget_metronome, places,
	.description = "TOU-12 WGT-09: onsets stand at their share of the circle, and in order on the line")
{
	for (uint32_t id = 1; id < MOS_PRESET_END; id++) {
		const struct metro_config c = config_of(mos_preset(id)->key, VIEW_BOTH);
		const uint32_t n = c.now.rhythm.n_steps;
		const struct metro_places p = metro_draw_places(&c, 460, 259);
		const struct mos_point center = mos_box_center(p.circle);

		for (uint32_t step = 0; step < n; step++) {
			const struct mos_point bead = metro_draw_bead(p.circle, step, n);
			const struct mos_box cell = metro_draw_cell(p.line, step, n);
			const double angle = atan2((double)(bead.x - center.x), (double)(center.y - bead.y));

			cr_expect_float_eq(remainder(angle - 2 * M_PI * step / n, 2 * M_PI), 0, 1e-4);
			cr_expect_eq(metro_draw_step_at(&c, 460, 259, bead), (int32_t)step);
			cr_expect_eq(metro_draw_step_at(&c, 460, 259, mos_box_center(cell)), (int32_t)step);
			if (step)
				cr_expect_gt(cell.x, metro_draw_cell(p.line, step - 1, n).x);
		}
		cr_expect_eq(metro_draw_step_at(&c, 460, 259, center), -1);
	}
}

Test(widget_metronome, gaps,
	.description =
		"TOU-13: as many gap arcs as onsets, together the whole circle, each as long as its gap")
{
	for (uint32_t id = 1; id < MOS_PRESET_END; id++) {
		const struct metro_config c = config_of(mos_preset(id)->key, VIEW_CIRCLE);
		const struct metro_picture p = {
			.config = &c, .num = c.now.num, .den = c.now.den, .step = -1, .bpm = 120};
		uint32_t n = 0;

		metro_draw(picture_begin(400, 400), &p);
		picture_check();
		for (uint32_t i = 0; i < picture.n; i++) {
			const struct mos_shape *s = &picture_shape[i];
			const uint32_t token = s->color & 0xff;

			n += s->kind == MOS_SHAPE_ARC && s->h > 0 &&
			     (token == MOS_TOKEN_ACCENT || token == MOS_TOKEN_ACCENT_2);
		}
		cr_expect_eq(n, mos_rhythm_pulses(&c.now.rhythm), "%s: %u arcs", mos_preset(id)->key, n);
	}
}

Test(widget_metronome, flash,
	.description = "TOU-38 WGT-09: the step that sounds flashes and fades; what is seen grows with the "
		       "intensity")
{
	struct metro_config c = config_of("tresillo", VIEW_BOTH);
	struct metro_picture p = {.config = &c, .num = 4, .den = 4, .step = 3, .playing = 1, .bpm = 120};
	uint64_t before = 0;

	cr_expect_eq(metro_draw_flash(&p), 1);
	p.since_ns = 90e6;
	cr_expect_float_eq(metro_draw_flash(&p), 0.5f, 1e-5f);
	p.since_ns = -1;
	cr_expect_eq(metro_draw_flash(&p), 0, "not yet");
	p.since_ns = 0;
	for (double intensity = 0; intensity <= 1.5; intensity += 0.25) {
		c.intensity = intensity;
		metro_draw(picture_begin(460, 259), &p);
		picture_check();
		cr_expect(intensity == 0 || energy() >= before, "%g", intensity);
		cr_expect(intensity == 0 || intensity > 1 || energy() > before, "%g", intensity);
		before = energy();
	}
	c.intensity = 1;
	for (int view = VIEW_LINE; view <= VIEW_BOTH; view++)
		for (float size = 0.5f; size <= 4; size *= 2) {
			c.view = view;
			metro_draw(picture_begin(460 * size, 259 * size), &p);
			picture_check();
			cr_expect_eq(
				picture_count(MOS_SHAPE_ARC, MOS_TOKEN_SOUNDING, 255), view != VIEW_LINE);
			cr_expect_eq(
				picture_count(MOS_SHAPE_BOX, MOS_TOKEN_SOUNDING, 255), view != VIEW_CIRCLE);
		}
}

Test(widget_metronome, long_patterns, .description = "TOU-12: a pattern of 128 steps has its places, too")
{
	struct metro_config c = config_of("tresillo", VIEW_BOTH);
	struct metro_fault fault;

	cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_int("steps", 128), mos_int("pulses", 77)), &fault),
		0, "%s", fault.why);
	const struct metro_picture p = {
		.config = &c, .num = 4, .den = 4, .step = 127, .playing = 1, .bpm = 300};
	const struct metro_places places = metro_draw_places(&c, 460, 259);

	metro_draw(picture_begin(460, 259), &p);
	picture_check();
	for (uint32_t step = 0; step < 128; step++)
		cr_expect_eq(metro_draw_step_at(
				     &c, 460, 259, mos_box_center(metro_draw_cell(places.line, step, 128))),
			(int32_t)step);
}
