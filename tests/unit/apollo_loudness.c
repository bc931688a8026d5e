/* SPDX-License-Identifier: MIT */
/* The loudness meter: EBU Tech 3341's and 3342's signals by their formulas, beside libebur128 itself, and its
 * resets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ebur128.h>

#include "apollo/fx/loudness.h"
#include "fx_measure.h"
#include "rtcore_fixture.h"

#define RATE 48000u

struct bench {
	struct engine_regions regions;
	struct mos_audio_tap tap;
	struct loudness *meter;
	uint32_t resets;
	uint64_t frame;
};

static void begin(struct bench *b, uint32_t rate)
{
	struct loudness_source source;

	*b = (struct bench){0};
	cr_assert_eq(engine_regions_create(&b->regions), 0);
	cr_assert_eq(mos_audio_tap_init(&b->tap, &b->regions.tap, rate), 0);
	source = (struct loudness_source){
		&b->regions.tap, b->regions.clock.base, &b->resets, &b->regions.counters};
	cr_assert_eq(loudness_create(&source, &b->meter), 0);
}

static void finish(struct bench *b)
{
	loudness_destroy(b->meter);
	engine_regions_finish(&b->regions);
}

/* A sine on both sides, `db` its peak in dBFS. */
static void tone(struct bench *b, double hz, double db, double seconds, uint32_t rate)
{
	float l[1024];
	const float *channel[MOS_TAP_N_CHANNELS] = {NULL, NULL, l, l};
	uint64_t end = b->frame + (uint64_t)(seconds * rate);
	const double peak = pow(10, db / 20);

	while (b->frame < end) {
		uint32_t n = end - b->frame < 1024 ? (uint32_t)(end - b->frame) : 1024;

		for (uint32_t i = 0; i < n; i++)
			l[i] = (float)(peak * sin(2 * M_PI * hz * (double)((b->frame + i) % rate) / rate));
		mos_audio_tap_write(&b->tap, b->frame, channel, n);
		b->frame += n;
		if (b->frame / 1024 % 4 == 0)
			loudness_turn(b->meter);
	}
	loudness_turn(b->meter);
}

static double counter(const struct bench *b, enum rtcore_counter c)
{
	return (double)(int64_t)*b->regions.counters.value[c] / 1000;
}

Test(loudness, tones,
	.description = "APO-28: EBU Tech 3341: a sine of 1 kHz at -23 and -33 dBFS on both sides reads -23 "
		       "and -33 LUFS, within 0.1")
{
	static const uint32_t rates[] = {44100, 48000, 96000};

	for (int i = 0; i < 3; i++)
		for (double db = -23; db >= -33; db -= 10) {
			struct bench b;

			begin(&b, rates[i]);
			tone(&b, 1000, db, 4, rates[i]);
			cr_expect_float_eq(counter(&b, C_LOUDNESS_MOMENTARY), db, 0.1);
			cr_expect_float_eq(counter(&b, C_LOUDNESS_SHORT), db, 0.1);
			cr_expect_float_eq(counter(&b, C_LOUDNESS_INTEGRATED), db, 0.1);
			cr_expect_float_eq(counter(&b, C_LOUDNESS_TRUE_PEAK), db, 0.3);
			cr_expect_eq(counter(&b, C_LOUDNESS_RANGE), 0);
			cr_expect_eq(counter(&b, C_LOUDNESS_LOST), 0);
			finish(&b);
		}
}

Test(loudness, gates, .description = "APO-28: EBU Tech 3341: quiet parts below the gates do not count")
{
	static const double parts[2][5][2] = {
		{{-72, 5}, {-36, 5}, {-23, 30}, {-36, 5}, {-72, 5}}, {{-26, 10}, {-20, 10.05}, {-26, 10}}};

	for (int i = 0; i < 2; i++) {
		struct bench b;

		begin(&b, RATE);
		for (int k = 0; k < 5 && parts[i][k][1] > 0; k++)
			tone(&b, 1000, parts[i][k][0], parts[i][k][1], RATE);
		cr_expect_float_eq(counter(&b, C_LOUDNESS_INTEGRATED), -23, 0.1, "case %d: %g", i,
			counter(&b, C_LOUDNESS_INTEGRATED));
		finish(&b);
	}
}

Test(loudness, range,
	.description =
		"APO-28: EBU Tech 3342: 20 s at -20 and 20 s at -30 LUFS have a range of 10 LU, within 1")
{
	static const double pairs[][3] = {{-20, -30, 10}, {-20, -15, 5}};

	for (int i = 0; i < 2; i++) {
		struct bench b;

		begin(&b, RATE);
		tone(&b, 1000, pairs[i][0], 20, RATE);
		tone(&b, 1000, pairs[i][1], 20, RATE);
		cr_expect_float_eq(counter(&b, C_LOUDNESS_RANGE), pairs[i][2], 1);
		finish(&b);
	}
}

Test(loudness, true_peak,
	.description =
		"APO-28: EBU Tech 3341: what lies between the samples counts: +0.2 -0.4 dB of the true peak")
{
	struct bench b;

	begin(&b, RATE);
	/* a quarter of the rate, its samples at 45 degrees: they only reach -9 dB */
	float l[1200];
	const float *channel[MOS_TAP_N_CHANNELS] = {NULL, NULL, l, l};

	for (int n = 0; n < 40; n++, b.frame += 1200) {
		for (uint32_t i = 0; i < 1200; i++)
			l[i] = (float)(0.5 * sin(M_PI / 2 * i + M_PI / 4));
		mos_audio_tap_write(&b.tap, b.frame, channel, 1200);
		loudness_turn(b.meter);
	}
	cr_expect_gt(counter(&b, C_LOUDNESS_TRUE_PEAK), -6.02 - 0.4);
	cr_expect_lt(counter(&b, C_LOUDNESS_TRUE_PEAK), -6.02 + 0.2);
	finish(&b);
}

static void transport(struct bench *b, uint32_t state)
{
	struct mos_clock c = {.state = state};

	mos_clock_publish(b->regions.clock.base, &c);
}

Test(loudness, resets,
	.description = "APO-28: it begins anew when asked to and when playing begins, not when it goes on "
		       "after a pause; silence is told")
{
	struct bench b;

	begin(&b, RATE);
	transport(&b, MOS_TRANSPORT_STOPPED);
	tone(&b, 1000, -10, 5, RATE);
	b.resets++;
	tone(&b, 1000, -30, 5, RATE);
	cr_expect_float_eq(counter(&b, C_LOUDNESS_INTEGRATED), -30, 0.1);
	transport(&b, MOS_TRANSPORT_PLAYING);
	tone(&b, 1000, -20, 5, RATE);
	cr_expect_float_eq(counter(&b, C_LOUDNESS_INTEGRATED), -20, 0.1);
	transport(&b, MOS_TRANSPORT_PAUSED);
	tone(&b, 1000, -20, 0.5, RATE);
	transport(&b, MOS_TRANSPORT_PLAYING);
	tone(&b, 1000, -10, 5, RATE);
	cr_expect_float_eq(
		counter(&b, C_LOUDNESS_INTEGRATED), 10 * log10((5.5 * 0.01 + 5 * 0.1) / 10.5), 0.2);
	transport(&b, MOS_TRANSPORT_STOPPED);
	b.resets++;
	tone(&b, 1000, -200, 5, RATE);
	cr_expect_eq(counter(&b, C_LOUDNESS_INTEGRATED), -120);
	cr_expect_eq(counter(&b, C_LOUDNESS_MOMENTARY), -120);
	cr_expect_eq(counter(&b, C_LOUDNESS_TRUE_PEAK), -120);
	finish(&b);
}

Test(loudness, engine,
	.description = "APO-28: what the engine plays, measured by its own thread, is what libebur128 finds "
		       "in the rendered sound")
{
	struct loudness_source source;
	struct loudness *meter;
	ebur128_state *st = ebur128_init(2, RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
	double want = 0;
	struct rig r;

	rig_init(&r, RATE, 256);
	source = (struct loudness_source){
		&r.regions.tap, r.regions.clock.base, &r.e->apollo.mix.loudness_resets, &r.regions.counters};
	cr_assert_eq(loudness_create(&source, &meter), 0);
	for (uint8_t k = 0; k < 20; k++) {
		cr_assert_eq(live_at_frame(&r.e->live, r.e->frame,
				     ump_cv1(MOS_GROUP_LIVE, 0x90, 0, (uint8_t)(40 + k * 2), 100), 0,
				     MOS_SOURCE_MIDI_IN),
			0);
		rig_run(&r, RATE / 4);
		loudness_turn(meter);
	}
	for (uint32_t i = 0; i < r.n_frames; i++)
		(void)ebur128_add_frames_float(st, (float[]){r.l[i], r.r[i]}, 1);
	cr_assert_eq(ebur128_loudness_global(st, &want), 0);
	cr_expect_gt(want, -60);
	cr_expect_float_eq((double)rig_counter(&r, C_LOUDNESS_INTEGRATED) / 1000, want, 0.1);
	/* and the thread comes and goes */
	cr_assert_eq(loudness_start(meter), 0);
	loudness_destroy(meter);
	ebur128_destroy(&st);
	rig_finish(&r);
}
