/* SPDX-License-Identifier: MIT */
/* The pitch line: sound in, a line that bends as the sound does. */
#include <stdio.h>
#include <stdlib.h>

#include "widget_picture.h"

#include "follow.h"
#include "line.h"

#define RATE 48000u

/* A tone whose pitch is any function of time, with harmonics, `level` dB of noise below it. */
struct voice {
	double (*hz)(double t, double base);
	double base, begins_s, phase;
	uint32_t n_harmonics;
	double fade_s; /* plucked; 0: held */
	uint64_t seed;
};

static double steady(double t, double base)
{
	(void)t;
	return base;
}

static double vibrato(double t, double base)
{
	return base * exp2(50 * sin(2 * M_PI * 5.5 * t) / 1200);
}

/* An octave up in a second, after half a second. */
static double glide(double t, double base)
{
	return base * exp2(fmin(fmax(t - 0.5, 0), 1));
}

static float sample(struct voice *v, double t, uint32_t rate_hz)
{
	double x = 0;

	v->seed = v->seed * 6364136223846793005u + 1442695040888963407u;
	if (t >= v->begins_s) {
		const double hz = v->hz(t - v->begins_s, v->base), since = t - v->begins_s;

		for (uint32_t h = 1; h <= v->n_harmonics && h * hz < rate_hz / 2.2; h++)
			x += sin(v->phase * h) / h *
			     (v->fade_s > 0 ? exp(-since * (1 + 0.4 * h) / v->fade_s)
					    : fmin(since / 0.02, 1));
		v->phase += 2 * M_PI * hz / rate_hz;
	}
	return (float)(0.25 * x + ((double)(v->seed >> 40) / (1 << 24) - 0.5) * 0.001);
}

static double cents(double hz, double of)
{
	return 1200 * log2(hz / of);
}

/* Hear it for a time. @return the worst error in cents from `after_s` on, against its pitch at each point's
 * own time. */
static double worst_cents(
	struct voice *v, double seconds, double after_s, uint32_t rate_hz, uint32_t *ret_n, double *ret_mean)
{
	struct follow *f = follow_create(rate_hz);
	double worst = 0, sum = 0;
	uint32_t n = 0, n_looks = 0;
	float block[64];

	cr_assert_not_null(f);
	for (uint32_t at = 0; at < seconds * rate_hz;) {
		const uint32_t len = 1 + at * 7 % 64;
		struct follow_point p;
		double off;

		for (uint32_t i = 0; i < len; i++, at++)
			block[i] = sample(v, (double)at / rate_hz, rate_hz);
		if (!follow_hear(f, block, len, 0.88, &p) || (double)at / rate_hz < after_s)
			continue;
		n_looks++;
		if (p.hz <= 0)
			continue;
		off = fabs(cents(p.hz, v->hz(((double)at - p.ago) / rate_hz - v->begins_s, v->base)));
		worst = fmax(worst, off);
		sum += off;
		n++;
	}
	follow_destroy(f);
	cr_expect_gt(n, n_looks * 9 / 10, "MTM-05: %u of %u looks", n, n_looks);
	*ret_n = n;
	*ret_mean = sum / n;
	return worst;
}

Test(pitch_line, vibrato,
	.description = "MTM-05: a vibrato of 50 cents at 5.5 Hz is tracked within 10 cents at every look, 3 "
		       "on average")
{
	static const double notes[] = {130.81, 196, 261.63, 440, 659.26, 880, 1318.5};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		for (uint32_t harmonics = 1; harmonics <= 9; harmonics += 4) {
			struct voice v = {
				.hz = vibrato, .base = notes[i], .n_harmonics = harmonics, .seed = i};
			double mean;
			uint32_t n;
			const double worst = worst_cents(&v, 3, 0.1, RATE, &n, &mean);

			cr_expect_lt(worst, 10, "MTM-05: %g Hz, %u harmonics: %g cents", notes[i], harmonics,
				worst);
			cr_expect_lt(mean, 3, "MTM-05: %g Hz, %u harmonics: %g cents on average", notes[i],
				harmonics, mean);
		}
}

Test(pitch_line, glide,
	.description = "MTM-05: a glide over an octave in a second is tracked within 10 cents, at all rates")
{
	static const double notes[] = {82.41, 110, 220, 440, 1000};
	static const uint32_t rates[] = {44100, 48000, 96000};

	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
		for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
			struct voice v = {.hz = glide, .base = notes[i], .n_harmonics = 6, .seed = i};
			double mean;
			uint32_t n;
			const double worst = worst_cents(&v, 2, 0.1, rates[r], &n, &mean);

			cr_expect_lt(worst, 10, "MTM-05: %g Hz at %u: %g cents", notes[i], rates[r], worst);
			cr_expect_lt(mean, 3, "MTM-05: %g Hz at %u: %g cents on average", notes[i], rates[r],
				mean);
		}
}

Test(pitch_line, soon,
	.description = "MTM-06: from the first sample of a plucked E2 to its pitch less than 50 ms, cycle "
		       "and look included")
{
	double worst_ms = 0;

	for (uint32_t trial = 0; trial < 40; trial++) {
		struct voice v = {.hz = steady,
			.base = 82.41,
			.begins_s = 0.3 + trial * 0.00037,
			.n_harmonics = 1 + trial % 8,
			.fade_s = 0.8,
			.seed = trial};
		struct follow *f = follow_create(RATE);
		struct follow_point p = {0};
		double ms = 0;
		float block[64];

		/* a quantum of 128 frames is there at its end, and the widget looks every 4 ms */
		for (uint32_t at = 0; at < RATE && p.hz <= 0;) {
			for (uint32_t i = 0; i < 64; i++, at++)
				block[i] = sample(&v, (double)at / RATE, RATE);
			if (follow_hear(f, block, 64, 0.88, &p) && p.hz > 0)
				ms = ((double)at / RATE - v.begins_s) * 1000 + 128.0 / RATE * 1000 + 4;
		}
		cr_assert_gt(ms, 0, "MTM-06: it was not heard");
		cr_expect_lt(ms, 50, "MTM-06: %g ms, trial %u", ms, trial);
		cr_expect_lt(fabs(cents(p.hz, v.base)), 20, "MTM-06: %g Hz", p.hz);
		worst_ms = fmax(worst_ms, ms);
		follow_destroy(f);
	}
	fprintf(stderr, "MTM-06: E2 in %.1f ms at worst\n", worst_ms);
}

Test(pitch_line, nothing,
	.description = "MTM-05: noise, silence and what is no number have no pitch; rates are checked")
{
	struct follow *f = follow_create(RATE);
	struct follow_point p;
	uint64_t seed = 1;
	uint32_t heard = 0;
	float block[64];

	cr_assert_null(follow_create(8000));
	cr_assert_null(follow_create(400000));
	for (uint32_t at = 0; at < 3 * RATE; at += 64) {
		for (uint32_t i = 0; i < 64; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			block[i] = at < RATE       ? (float)((double)(seed >> 40) / (1 << 24) - 0.5)
				   : at < 2 * RATE ? 0
						   : NAN;
		}
		heard += follow_hear(f, block, 64, 0.88, &p) && p.hz > 0;
	}
	cr_expect_leq(heard, 3, "MTM-05: %u looks found a pitch in noise", heard);
	follow_destroy(f);
}

Test(pitch_line, line_follows_a_glide,
	.description = "WGT-15 MTM-05: the line that is drawn follows a glide: each of its points lies where "
		       "the pitch was")
{
	static struct line line;
	struct voice v = {.hz = glide, .base = 220, .n_harmonics = 4};
	struct follow *f = follow_create(RATE);
	uint32_t n_lines = 0;
	float block[64], width = 720, height = 280;
	struct mos_box box = line_box(width, height);
	const int64_t now_ns = 2000000000;

	line = (struct line){.seconds = 3, .a4_hz = 440};
	for (uint32_t at = 0; at < 2 * RATE;) {
		struct follow_point p;

		for (uint32_t i = 0; i < 64; i++, at++)
			block[i] = sample(&v, (double)at / RATE, RATE);
		if (follow_hear(f, block, 64, 0.88, &p) && p.hz > 0)
			line_add(&line, (int64_t)(((double)at - p.ago) / RATE * 1e9), p.hz);
	}
	follow_destroy(f);
	draw_begin(&picture, picture_shape, 4096, width, height, now_ns);
	cr_assert_eq(line_draw(&picture, &line), 1, "WGT-15: it moves on");
	picture_check();
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];

		if (s->kind != MOS_SHAPE_LINE || (s->color & 0xff) != MOS_TOKEN_ACCENT)
			continue;

		/* where the pitch was at the time of this place */
		const double t = 2 - (1 - (double)(s->x - box.x) / (double)box.w) * 3;
		const double key = 69 + 12 * log2(glide(t, 220) / 440);
		const struct mos_point want = line_place(&line, box, now_ns, (int64_t)(t * 1e9), key);

		cr_expect_lt(fabs((double)(s->y - want.y)), box.h / 14 * 0.2, "WGT-15: at %g s %g, not %g", t,
			(double)s->y, (double)want.y);
		n_lines++;
	}
	cr_expect_gt(n_lines, 250, "WGT-15: %u pieces", n_lines);
	cr_expect(picture_has_text("A4"), "WGT-15: keys are named");
	/* later it has gone to the left, and out */
	draw_begin(&picture, picture_shape, 4096, width, height, now_ns + 4000000000);
	cr_expect_eq(line_draw(&picture, &line), 0, "WGT-15: nothing moves any more");
	cr_expect_eq(picture_count(MOS_SHAPE_LINE, MOS_TOKEN_ACCENT, 1), 0);
}

Test(pitch_line, gaps,
	.description = "WGT-15: another tone is another line; points out of order are left out")
{
	static struct line line;

	line = (struct line){.seconds = 5, .a4_hz = 440};
	for (int64_t i = 0; i < 20; i++)
		line_add(&line, 1000000000 + i * 10000000, i < 10 ? 440 : 660);
	line_add(&line, 1, 440);
	cr_assert_eq(line.n, 20);
	for (int64_t i = 0; i < 5; i++)
		line_add(&line, 2000000000 + i * 10000000, 660);
	draw_begin(&picture, picture_shape, 4096, 400, 200, 2100000000);
	(void)line_draw(&picture, &line);
	cr_expect_eq(picture_count(MOS_SHAPE_LINE, MOS_TOKEN_ACCENT, 1), 9 + 9 + 4, "WGT-15");
	for (int64_t i = 0; i < 5000; i++)
		line_add(&line, 3000000000 + i * 10000000, 440 * exp2(sin((double)i * 0.1)));
	draw_begin(&picture, picture_shape, 4096, 400, 200, 3000000000 + 50000000000);
	(void)line_draw(&picture, &line);
	picture_check();
}
