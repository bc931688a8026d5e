/* SPDX-License-Identifier: MIT */
/* The meters' figures against known signals, and the figures that Apollo measures. */
#include "widget_picture.h"

#include "meters.h"

#define RATE 48000u
static float sound[RATE];

static void sine(float level)
{
	for (uint32_t i = 0; i < RATE; i++)
		sound[i] = level * (float)sin(2 * M_PI * 1000 * i / RATE);
}

Test(widget_meters, levels,
	.description = "WGT-12 WGT-27: a sine of 0.5 has its peak at -6.02 dB and its RMS at -9.03 dB; both "
		       "fall as said")
{
	struct meters m;
	const struct meter *l = &m.channel[MOS_TAP_OUT_L];

	meters_reset(&m);
	cr_expect_eq(meter_rms_db(l), METERS_SILENCE_DB);
	cr_expect_eq(meters_move(&m), 0);
	sine(0.5f);
	for (uint32_t at = 0; at < RATE; at += 480)
		meters_feed(&m, MOS_TAP_OUT_L, sound + at, 480, RATE);
	meters_feed(&m, MOS_TAP_OUT_L, sound, RATE, RATE);
	cr_expect_float_eq(l->peak_db, -6.02, 0.01);
	cr_expect_float_eq(meter_rms_db(l), -9.03, 0.05);
	cr_expect_eq(l->clipped, 0);
	cr_expect_eq(meters_move(&m), 1);
	sine(0);
	for (uint32_t at = 0; at < RATE; at += 480)
		meters_feed(&m, MOS_TAP_OUT_L, sound, 480, RATE);
	cr_expect_float_eq(l->peak_db, -26.02, 0.05, "20 dB a second");
	cr_expect_float_eq(l->held_db, -6.02, 0.01, "held");
	for (uint32_t at = 0; at < RATE; at += 480)
		meters_feed(&m, MOS_TAP_OUT_L, sound, 480, RATE);
	cr_expect_lt(l->held_db, -10);
	sound[7] = 1;
	sound[8] = NAN;
	meters_feed(&m, MOS_TAP_OUT_L, sound, 480, RATE);
	cr_expect_eq(l->clipped, 1);
	cr_expect_float_eq(l->peak_db, 0, 0.001);
	cr_expect(isfinite(l->square));
	cr_expect_eq(m.channel[MOS_TAP_OUT_R].clipped, 0);
}

Test(widget_meters, scale, .description = "WGT-27: the scale rises with the level, half of it is -20 dB")
{
	cr_expect_eq(meters_scale(-100), 0);
	cr_expect_eq(meters_scale(3), 1);
	cr_expect_float_eq(meters_scale(-20), 0.5, 1e-9);
	for (int db = -60; db < 0; db++)
		cr_expect_lt(meters_scale(db), meters_scale(db + 1));
}

Test(widget_meters, loudness,
	.description = "WGT-27: loudness is Apollo's own figure; bars and lights are drawn at every size")
{
	static const struct mos_counter_def defs[] = {
		{"apollo.loudness.momentary", "mLUFS", MOS_COUNTER_GAUGE},
		{"apollo.loudness.true_peak", "mdB", MOS_COUNTER_GAUGE}};
	struct mos_counters counters;
	struct mos_counters_view view;
	struct meters m;
	char text[512];

	cr_assert_eq(mos_counters_create("meters-test", defs, 2, 1, &counters), 0);
	cr_assert_eq(mos_counters_attach(counters.region.fd, &view, NULL), 0);
	mos_counter_set(&counters, 0, -14300);
	mos_counter_set(&counters, 1, 250);
	meters_reset(&m);
	sine(1);
	meters_feed(&m, MOS_TAP_IN_L, sound, RATE, RATE);
	meters_read(&m, &view);
	cr_expect_float_eq(m.momentary, -14.3, 1e-9);
	cr_expect_float_eq(m.true_peak_db, 0.25, 1e-9);
	for (float size = 0.5f; size <= 4; size *= 2) {
		meters_draw(picture_begin(134 * size, 432 * size), &m);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_GOOD, 255), 1, "one channel sounds");
	}
	cr_expect(picture_has_text("-14.3"));
	meters_text(&m, text, sizeof(text));
	cr_expect_not_null(strstr(text, "CLIP"));
	cr_expect_not_null(strstr(text, "LUFS -14.3"));
	meters_text(&m, text, 20);
	cr_expect_lt(strlen(text), 20);
	mos_counters_detach(&view);
	mos_region_finish(&counters.region);
}
