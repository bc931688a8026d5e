/* SPDX-License-Identifier: MIT */
/* The tuner without a system: sound in, note and string out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/pitch.h>

#include "ear.h"
#include "view.h"

struct listening {
	struct ear *ear;
	struct tuner_view view;
	uint32_t rate_hz, n_looks;
	double phase[12];
	struct tuner_reading last;
};

static struct listening start(uint32_t rate_hz, const char *tuning)
{
	struct listening l = {
		.rate_hz = rate_hz, .view = {.a4_hz = 440, .min_confidence = 0.8, .tuning = tuning}};

	l.ear = ear_create(rate_hz);
	cr_assert_not_null(l.ear);
	return l;
}

/* Sound of so many harmonics that fades, in pieces of odd lengths. @return the worst error in cents once it
 * is heard. */
static double play(struct listening *l, double hz, double seconds, uint32_t n_harmonics, double fade_s)
{
	uint32_t n = (uint32_t)(seconds * l->rate_hz), since_heard = 0;
	double worst = 0;
	float block[211];

	for (uint32_t at = 0; at < n;) {
		uint32_t len = 1 + at * 7 % 211;
		struct mos_pitch_found found;

		for (uint32_t i = 0; i < len; i++, at++) {
			double v = 0;

			for (uint32_t h = 0; h < n_harmonics && hz * (h + 1) < l->rate_hz / 2.2; h++) {
				v += sin(l->phase[h]) / (h + 1) *
				     exp(-(double)at / l->rate_hz * (h + 1) / fade_s);
				l->phase[h] =
					fmod(l->phase[h] + 2 * M_PI * hz * (h + 1) / l->rate_hz, 2 * M_PI);
			}
			block[i] = (float)(0.3 * v);
		}
		if (!ear_hear(l->ear, block, len, &found))
			continue;
		l->n_looks++;
		l->last = tuner_view_step(&l->view, found);
		/* the ear's longest memory has to be of this sound only */
		if (l->last.hz > 0 && ++since_heard > 10)
			worst = fmax(worst, fabs(1200 * log2(l->last.hz / hz)));
	}
	cr_expect_gt(since_heard, 10, "%.2f Hz was hardly heard", hz);
	return worst;
}

Test(tuner, chromatic, .timeout = 60,
	.description = "MTM-03: plucked tones from 27 to 4,200 Hz, at three rates: the right key, less than "
		       "a cent off")
{
	static const uint32_t rates[] = {44100, 48000, 96000};

	for (int r = 0; r < 3; r++) {
		double worst = 0;

		for (double key = 21; key <= 108; key += 4.37) {
			struct listening l = start(rates[r], "chromatic");
			double hz = mos_key_to_hz(key, 440), off = play(&l, hz, 0.9, 8, 2.0);

			cr_expect_lt(off, 1.0, "%.2f Hz at %u: %.2f cents off", hz, rates[r], off);
			cr_expect_eq(l.last.key, (int)floor(key + 0.5), "%.2f Hz: key %d", hz, l.last.key);
			worst = fmax(worst, off);
			ear_destroy(l.ear);
		}
		printf("%u Hz: worst %.3f cents\n", rates[r], worst);
	}
}

Test(tuner, reference, .description = "MTM-03: cents are counted from the reference pitch, 415 to 466")
{
	for (double a4 = 415; a4 <= 466; a4 += 3) {
		struct listening l = start(48000, "chromatic");
		struct mos_event ev;

		l.view.a4_hz = a4;
		(void)play(&l, a4, 0.6, 4, 5);
		cr_expect_eq(l.last.key, 69);
		cr_expect_lt(fabs(l.last.cents), 0.5);
		ev = tuner_view_event(&l.view, &l.last);
		cr_expect_eq(mos_event_check(&ev), MOS_EVENT_OK);
		cr_expect_eq(ev.u.pitch.a4_deci_hz, (uint16_t)lround(a4 * 10));
		cr_expect_lt(abs((int)ev.u.pitch.milli_hz - (int)lround(a4 * 1000)), 150);
		ear_destroy(l.ear);
	}
}

Test(tuner, strings, .timeout = 60,
	.description = "MTM-04: each string of each tuning, 30 cents too low and too high, is named rightly "
		       "with its "
		       "error")
{
	static const uint8_t guitar[] = {64, 59, 55, 50, 45, 40}, dadgad[] = {62, 57, 55, 50, 45, 38};

	for (int t = 0; t < 2; t++)
		for (int s = 0; s < 6; s++)
			for (double off = -30; off <= 30; off += 60) {
				struct listening l = start(48000, t ? "dadgad" : "guitar");
				char text[256];

				(void)play(&l, mos_key_to_hz((t ? dadgad : guitar)[s] + off / 100, 440), 0.7,
					8, 2);
				cr_expect_eq(l.last.string, s + 1, "string %d %+.0f: %d", s + 1, off,
					l.last.string);
				cr_expect_lt(fabs(l.last.string_cents - off), 1);
				tuner_view_text(&l.view, &l.last, text, sizeof(text));
				cr_expect_not_null(
					strstr(text, off > 0 ? "too high" : "too low"), "%s", text);
				ear_destroy(l.ear);
			}
}

Test(tuner, follows,
	.description =
		"MTM-03: another note is shown within 200 ms, silence within 400 ms, not a note between")
{
	struct listening l = start(48000, "chromatic");
	static float zero[480];
	struct mos_pitch_found found;
	uint32_t n = 0;
	char text[256];

	(void)play(&l, 440, 0.5, 4, 5);
	cr_expect_eq(l.last.key, 69);
	(void)play(&l, 587.33, 0.45, 4, 5);
	cr_expect_eq(l.last.key, 74);
	for (n = 0; n < 100 && l.last.hz > 0; n++)
		if (ear_hear(l.ear, zero, 480, &found))
			l.last = tuner_view_step(&l.view, found);
	cr_expect_leq(n, 45, "the note stays for %u ms", n * 10);
	tuner_view_text(&l.view, &l.last, text, sizeof(text));
	cr_expect_eq(strncmp(text, "--\n", 3), 0);
	ear_destroy(l.ear);
}

Test(tuner, garbage, .description = "MTM-03: NaN, infinity and full scale noise have no pitch and do no harm")
{
	struct listening l = start(48000, "guitar");
	struct mos_pitch_found found;
	uint64_t state = 1;
	float block[256];

	for (int i = 0; i < 2000; i++) {
		for (int k = 0; k < 256; k++) {
			uint32_t bits;

			state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
			bits = (uint32_t)(state >> 32);
			memcpy(&block[k], &bits, sizeof(bits));
		}
		if (ear_hear(l.ear, block, 256, &found)) {
			struct tuner_reading r = tuner_view_step(&l.view, found);
			struct mos_event ev = tuner_view_event(&l.view, &r);

			cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
		}
	}
	cr_expect_null(ear_create(8000));
	cr_expect_null(ear_create(0));
	ear_reset(l.ear);
	(void)play(&l, 220, 0.5, 4, 5);
	cr_expect_eq(l.last.key, 57, "deaf after garbage");
	ear_destroy(l.ear);
}
