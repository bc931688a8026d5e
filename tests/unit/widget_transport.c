/* SPDX-License-Identifier: MIT */
/* The transport's buttons and its bar. */
#include <stdlib.h>

#include "widget_picture.h"

#include "transport.h"

Test(widget_transport, parts,
	.description = "WGT-10: each control is where it is seen, apart from the others, at every size")
{
	for (float size = 0.5f; size <= 4; size *= 2) {
		const struct transport_layout l = transport_layout(960 * size, 76 * size);

		for (int part = 0; part < TRANSPORT_PARTS; part++) {
			const struct mos_box b = l.part[part];

			cr_expect(b.w > 4 && b.h > 4, "part %d at %g", part, (double)size);
			cr_expect(b.x >= 0 && b.y >= 0 && b.x + b.w <= 960 * size && b.y + b.h <= 76 * size);
			cr_expect_eq((int)transport_at(&l, mos_box_center(b)), part);
			for (int other = 0; other < part; other++) {
				const struct mos_box o = l.part[other];

				cr_expect(b.x >= o.x + o.w || o.x >= b.x + b.w || b.y >= o.y + o.h ||
						  o.y >= b.y + b.h,
					"%d and %d", part, other);
			}
		}
		cr_expect_eq(transport_at(&l, (struct mos_point){1, 1}), TRANSPORT_NOWHERE);
	}
}

Test(widget_transport, bar,
	.description =
		"WGT-10: the bar's places are the score's ticks, there and back, and never outside of it")
{
	const struct transport_layout l = transport_layout(960, 76);
	const int64_t end = 300000;

	for (int64_t tick = 0; tick < end; tick += 997) {
		const float x = transport_x(&l, tick, end);

		cr_expect(llabs(transport_tick(&l, x, end) - tick) < 40);
	}
	cr_expect_eq(transport_tick(&l, -100, end), 0);
	cr_expect_eq(transport_tick(&l, NAN, end), 0);
	cr_expect_eq(transport_tick(&l, 10000, end), end - 1);
	cr_expect_eq(transport_tick(&l, 500, 0), 0, "no score");
	cr_expect_eq(transport_x(&l, -50, end), l.part[TRANSPORT_BAR].x);
	cr_expect_float_eq(
		transport_x(&l, end * 2, end), l.part[TRANSPORT_BAR].x + l.part[TRANSPORT_BAR].w, 0.01f);
}

Test(widget_transport, picture,
	.description =
		"WGT-10: what is on is lit: play, loop, click; the place, the tempo and the meter are said")
{
	struct transport_state s = {
		.tick = 150000, .bar = 40, .beat = 2, .bpm = 96.25, .under = TRANSPORT_NOWHERE};

	s.clock = (struct mos_clock){
		.state = MOS_TRANSPORT_STOPPED, .end_tick = 300000, .meter_num = 7, .meter_den = 8};
	transport_draw(picture_begin(960, 76), &s);
	picture_check();
	/* what is played of the bar */
	cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 255), 1);
	s.clock.state = MOS_TRANSPORT_PLAYING;
	s.clock.flags = MOS_CLOCK_LOOP | MOS_CLOCK_METRONOME;
	s.clock.loop_start_tick = 30000;
	s.clock.loop_end_tick = 90000;
	transport_draw(picture_begin(960, 76), &s);
	picture_check();
	cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 255), 4);
	cr_expect(picture_has_text("40.2"));
	cr_expect(picture_has_text("playing"));
	cr_expect(picture_has_text("96.2") || picture_has_text("96.3"));
	cr_expect(picture_has_text("BPM   7/8"));
	const struct transport_layout l = transport_layout(960, 76);
	int found = 0;

	for (uint32_t i = 0; i < picture.n; i++)
		if (picture_shape[i].kind == MOS_SHAPE_ARC &&
			(picture_shape[i].color & 0xff) == MOS_TOKEN_PLAYHEAD) {
			cr_expect_float_eq(picture_shape[i].x,
				l.part[TRANSPORT_BAR].x + l.part[TRANSPORT_BAR].w / 2, 0.1f);
			found++;
		}
	cr_expect_eq(found, 1);
}
