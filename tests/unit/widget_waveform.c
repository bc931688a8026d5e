/* SPDX-License-Identifier: MIT */
/* The waveform: a known signal makes a known picture. */
#include "widget_picture.h"

#include "wave.h"

#define RATE 48000u
static float left[RATE], right[RATE];

Test(widget_waveform, sine,
	.description = "WGT-12: a sine of 0.5 fills each column from -0.5 to 0.5, a constant is a line, its "
		       "mean square known")
{
	static struct wave w;

	wave_init(&w, RATE, 1);
	cr_expect_eq(w.per_column, RATE / WAVE_COLUMNS);
	for (uint32_t i = 0; i < RATE; i++) {
		left[i] = 0.5f * (float)sin(2 * M_PI * 800 * i / RATE); /* two periods a column */
		right[i] = -0.25f;
	}
	/* in pieces of any size */
	for (uint32_t at = 0, n = 1; at < RATE; at += n, n = n % 700 + 13)
		wave_feed(&w, (const float *const[]){left + at, right + at}, at + n <= RATE ? n : RATE - at);
	cr_assert_eq(w.n, WAVE_COLUMNS);
	for (uint32_t back = 0; back < WAVE_COLUMNS; back++) {
		const struct wave_column l = wave_at(&w, 0, back), r = wave_at(&w, 1, back);

		cr_expect_float_eq(l.high, 0.5f, 0.002f);
		cr_expect_float_eq(l.low, -0.5f, 0.002f);
		cr_expect_float_eq(l.square, 0.125f, 0.001f);
		cr_expect_eq(r.low, -0.25f);
		cr_expect_eq(r.high, -0.25f);
	}
	cr_expect_float_eq(wave_peak_db(&w), -6.02, 0.05);
	cr_expect_eq(wave_at(&w, 0, WAVE_COLUMNS).high, 0);

	const struct mos_box box = {0, 10, 100, 200};

	cr_expect_eq(wave_y(box, 0, 1), 110);
	cr_expect_eq(wave_y(box, 0.5f, 1), 60);
	cr_expect_eq(wave_y(box, 0.5f, 2), 10);
	cr_expect_eq(wave_y(box, 9, 1), 10);
	cr_expect_eq(wave_y(box, -9, 1), 210);
}

Test(widget_waveform, moves,
	.description =
		"WGT-12: the newest is on the right; what is not a number is silence, a hole is left out")
{
	static struct wave w;

	wave_init(&w, RATE, 1);
	for (uint32_t i = 0; i < RATE; i++)
		left[i] = i < RATE - w.per_column ? 0 : 0.75f;
	wave_feed(&w, (const float *const[]){left, left}, RATE);
	cr_expect_eq(wave_at(&w, 0, 0).high, 0.75f);
	cr_expect_eq(wave_at(&w, 0, 1).high, 0);
	left[0] = NAN;
	left[1] = -INFINITY;
	for (uint32_t i = 2; i < 100; i++)
		left[i] = 0;
	wave_feed(&w, (const float *const[]){left, left}, 100);
	wave_break(&w);
	wave_feed(&w, (const float *const[]){right, right}, w.per_column);
	cr_expect_eq(wave_at(&w, 0, 0).high, 0);
	cr_expect_eq(wave_at(&w, 0, 0).low, 0);
	cr_expect_eq(w.n, WAVE_COLUMNS + 1);
	wave_init(&w, RATE, 1e-9);
	cr_expect_eq(w.per_column, 1);
}

Test(widget_waveform, picture,
	.description = "WGT-12: columns that sound have a bar of their height, full scale is red")
{
	static struct wave w;

	wave_init(&w, RATE, 1);
	for (uint32_t i = 0; i < RATE; i++) {
		left[i] = i < RATE / 2 ? 0 : 0.5f * (float)sin(2 * M_PI * 800 * i / RATE);
		right[i] = i >= RATE - w.per_column ? (i % 2 ? 1 : -1) : 0;
	}
	wave_feed(&w, (const float *const[]){left, right}, RATE);
	for (float size = 0.5f; size <= 4; size *= 2) {
		wave_draw(picture_begin(768 * size, 140 * size), &w, 1, "OUTPUT");
		picture_check();
		/* each bar has its peaks and its mean */
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 0), 2 * WAVE_COLUMNS / 2 + 1);
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 255), 1);
	}
	cr_expect(picture_has_text("0.0 dB"));
}
