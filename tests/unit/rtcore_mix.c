/* SPDX-License-Identifier: MIT */
/* The built-in synthesizer, the strips and the master: pitch, gain, limits, silence. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000

static double key_hz(int key)
{
	return 440 * pow(2, (key - 69) / 12.0);
}

/* Notes of the live group at the next frame. */
static void live_note(struct rig *r, uint8_t status, uint8_t channel, uint8_t key, uint8_t velocity)
{
	cr_assert_eq(live_at_frame(&r->e->live, r->e->frame,
			     ump_cv1(MOS_GROUP_LIVE, status, channel, key, velocity), 0, MOS_SOURCE_MIDI_IN),
		0);
}

static int set_strip(
	struct rig *r, uint32_t strip, uint32_t mask, float gain_db, float pan, uint32_t mute, uint32_t solo)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STRIP};

	msg.u.strip = (typeof(msg.u.strip)){strip, mask, gain_db, pan, mute, solo};
	return rig_ask(r, &msg);
}

Test(mix, ready_at_once, .description = "APO-27: the built-in synthesizer sounds in the very first cycle")
{
	struct rig r;

	rig_init(&r, RATE, 64);
	live_note(&r, 0x90, 9, 42, 100);
	rig_run(&r, 64);
	cr_expect_eq(rig_first_sound(&r, 0), 0);
	rig_finish(&r);
}

Test(mix, silence, .description = "APO-28: silence is exactly 0, before and after sound, with all faders up")
{
	struct rig r;

	rig_init(&r, RATE, 256);
	cr_assert_eq(set_strip(&r, UINT32_MAX, 1, 24, 0, 0, 0), 0);
	for (uint32_t i = 0; i < MOS_N_STRIPS; i++)
		cr_assert_eq(set_strip(&r, i, 1, 24, 0, 0, 0), 0);
	rig_run(&r, 4800);
	live_note(&r, 0x90, 0, 60, 20);
	rig_run(&r, 4800);
	live_note(&r, 0x80, 0, 60, 0);
	rig_run(&r, 2 * RATE);
	cr_expect_eq(rig_peak(&r, 0, 4800), 0);
	cr_expect_gt(rig_peak(&r, 4800, 9600), 0.001f);
	cr_expect_eq(rig_peak(&r, 9600 + RATE, r.n_frames), 0);
	cr_expect_eq(rig_counter(&r, C_VOICES), 0);
	rig_finish(&r);
}

Test(mix, pitch,
	.description = "APO-09 APO-28: each key's pitch is right to a cent at each rate, and quiet where it "
		       "should be")
{
	static const uint32_t rates[] = {44100, 48000, 96000};

	for (int i = 0; i < 3; i++)
		for (uint8_t key = 36; key < 100; key = (uint8_t)(key + 9)) {
			struct rig r;
			double best = 0, best_cents = 0;

			rig_init(&r, rates[i], 256);
			live_note(&r, 0xc0, 0, 73, 0); /* a flute: nearly a sine */
			live_note(&r, 0x90, 0, key, 100);
			rig_run(&r, rates[i]);
			for (double cents = -20; cents <= 20; cents++) {
				double p = rig_power_at(
					&r, key_hz(key) * pow(2, cents / 1200), rates[i] / 4, rates[i]);

				if (p > best) {
					best = p;
					best_cents = cents;
				}
			}
			cr_expect_leq(fabs(best_cents), 1, "key %u at %u Hz: %g cents off", key, rates[i],
				best_cents);
			cr_expect_lt(rig_power_at(&r, key_hz(key) * 1.5, rates[i] / 4, rates[i]), best * 1e-6,
				"noise");
			rig_finish(&r);
		}
}

Test(mix, polyphony, .description = "APO-01: 64 notes at once, the spectrum shows each pitch")
{
	struct rig r;

	rig_init(&r, RATE, 256);
	live_note(&r, 0xc0, 0, 73, 0);
	for (uint8_t k = 36; k < 100; k++)
		live_note(&r, 0x90, 0, k, 30);
	rig_run(&r, 3 * RATE);
	cr_expect_eq(rig_counter(&r, C_VOICES), 64);
	for (int k = 36; k < 100; k++) {
		double here = rig_power_at(&r, key_hz(k), RATE / 2, 3 * RATE);

		/* halfway to the neighbours there is nothing */
		cr_expect_gt(here, 50 * rig_power_at(&r, key_hz(k) * pow(2, 1 / 24.0), RATE / 2, 3 * RATE),
			"key %d", k);
		cr_expect_gt(here, 50 * rig_power_at(&r, key_hz(k) / pow(2, 1 / 24.0), RATE / 2, 3 * RATE),
			"key %d", k);
	}
	rig_finish(&r);
}

Test(mix, transparent,
	.description = "APO-28: at unity, below the ceiling, what the instrument made passes to the last bit")
{
	static struct chan_state channel[APOLLO_CHANNELS];
	static struct synth synth;
	static struct strip_bufs bufs;
	struct rig r;

	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&channel[i]);
	synth_init(&synth, RATE, channel);
	rig_init(&r, RATE, BLOCK_MAX);
	live_note(&r, 0x90, 2, 50, 127);
	synth.instrument.note_on(&synth.instrument, 0, APOLLO_LIVE_CHANNEL + 2, 50, 127);
	for (int i = 0; i < 100; i++) {
		bufs.active = 0;
		synth.instrument.render(&synth.instrument, &bufs, BLOCK_MAX);
		rig_run(&r, BLOCK_MAX);
		cr_assert_arr_eq(r.l + i * BLOCK_MAX, bufs.l[APOLLO_LIVE_CHANNEL + 2], sizeof(bufs.l[0]));
		cr_assert_arr_eq(r.r + i * BLOCK_MAX, bufs.r[APOLLO_LIVE_CHANNEL + 2], sizeof(bufs.r[0]));
	}
	cr_expect_gt(rig_peak(&r, 0, r.n_frames), 0.1f);
	rig_finish(&r);
}

/* Two voices on two strips, rendered with some strip settings. */
static void render_two(struct rig *r, int which)
{
	live_note(r, 0xc0, 0, 19, 0);
	live_note(r, 0xc0, 1, 19, 0);
	if (which & 1)
		live_note(r, 0x90, 0, 57, 60);
	if (which & 2)
		live_note(r, 0x90, 1, 64, 50);
	rig_run(r, 9600);
}

Test(mix, strips,
	.description = "DESIGN 6: gain, pan, mute and solo of a strip, and the master's gain, are exact once "
		       "they are reached; what "
		       "is set in silence holds from the first sample on")
{
	static const struct {
		uint32_t mask;
		float db, pan;
		uint32_t mute, solo;
		double l, r, other;
	} c[] = {
		{1, -6, 0, 0, 0, 0.5011872, 0.5011872, 1},
		{1, 12, 0, 0, 0, 3.981072, 3.981072, 1},
		{1, -90, 0, 0, 0, 0, 0, 1},
		{1, -200, 0, 0, 0, 0, 0, 1},
		{1, 99, 0, 0, 0, 15.84893, 15.84893, 1},
		{2, 0, -1, 0, 0, 1, 0, 1},
		{2, 0, 0.25f, 0, 0, 0.75, 1, 1},
		{2, 0, 7, 0, 0, 0, 1, 1},
		{4, 0, 0, 1, 0, 0, 0, 1},
		{8, 0, 0, 0, 1, 1, 1, 0},
		{15, -6, -0.5f, 0, 1, 0.5011872, 0.2505936, 0},
		{12, 0, 0, 1, 1, 0, 0, 0},
	};
	struct rig first, second, r;

	rig_init(&first, RATE, 256);
	rig_init(&second, RATE, 256);
	render_two(&first, 1);
	render_two(&second, 2);
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		uint32_t f;

		rig_init(&r, RATE, 256);
		cr_assert_eq(set_strip(&r, APOLLO_LIVE_CHANNEL, c[i].mask, c[i].db, c[i].pan, c[i].mute,
				     c[i].solo),
			0);
		rig_run(&r, 256);
		rig_forget(&r);
		render_two(&r, 3);
		for (f = 0; f < 9600 && fabs(r.l[f] - (c[i].l * first.l[f] + c[i].other * second.l[f])) <= 1e-4 &&
			    fabs(r.r[f] - (c[i].r * first.r[f] + c[i].other * second.r[f])) <= 1e-4;)
			f++;
		cr_assert_eq(f, 9600, "case %zu frame %u", i, f);
		/* and back again, while it sounds: a block later all is as if it had never been */
		cr_assert_eq(set_strip(&r, APOLLO_LIVE_CHANNEL, 15, 0, 0, 0, 0), 0);
		rig_run(&r, 2400);
		rig_run(&first, 9600 + 2400 - first.n_frames);
		rig_run(&second, 9600 + 2400 - second.n_frames);
		for (f = 9600 + 256; f < r.n_frames && fabsf(r.l[f] - (first.l[f] + second.l[f])) <= 1e-6f;)
			f++;
		cr_assert_eq(f, r.n_frames, "case %zu frame %u", i, f);
		rig_finish(&r);
	}
	cr_expect_lt(rig_peak(&first, 0, first.n_frames), 0.06f, "too loud: the limiter would take part");
	rig_finish(&first);
	rig_finish(&second);
}

Test(mix, strip_limits,
	.description = "DESIGN 6: strips that don't exist and gains that are no numbers are refused and "
		       "change nothing")
{
	struct rig r;

	rig_init(&r, RATE, 256);
	cr_expect_eq(set_strip(&r, 64, 1, 0, 0, 0, 0), -EINVAL);
	cr_expect_eq(set_strip(&r, UINT32_MAX - 1, 1, 0, 0, 0, 0), -EINVAL);
	cr_expect_eq(set_strip(&r, 0, 1, NAN, 0, 0, 0), -EINVAL);
	cr_expect_eq(set_strip(&r, 0, 1, INFINITY, 0, 0, 0), -EINVAL);
	cr_expect_eq(set_strip(&r, 0, 2, 0, -INFINITY, 0, 0), -EINVAL);
	cr_expect_eq(set_strip(&r, UINT32_MAX, 2, 0, 0, 0, 0), -EINVAL, "the master has no pan");
	cr_expect_eq(set_strip(&r, UINT32_MAX, 1, NAN, 0, 0, 0), -EINVAL);
	cr_expect_eq(r.e->apollo.mix.strip[0].gain, 1);
	cr_expect_eq(r.e->apollo.mix.master_gain, 1);
	rig_finish(&r);
}

Test(mix, glide,
	.description = "DESIGN 6: a fader moved while sound passes makes no step larger than the sound's own")
{
	struct rig r;
	float own;

	rig_init(&r, RATE, 256);
	live_note(&r, 0xc0, 0, 19, 0);
	live_note(&r, 0x90, 0, 48, 90);
	rig_run(&r, 9600);
	own = rig_max_step(&r, 4800, 9600);
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(set_strip(&r, APOLLO_LIVE_CHANNEL, 4, 0, 0, i % 2 == 0, 0), 0);
		rig_run(&r, 2400);
	}
	cr_expect_leq(rig_max_step(&r, 9600, r.n_frames), own + rig_peak(&r, 4800, 9600) / 128);
	rig_finish(&r);
}

Test(mix, limiter,
	.description = "APO-26 APO-28: from 100 to 10,000 notes at once: voices bounded, no note hangs, "
		       "output finite and below the "
		       "ceiling")
{
	static const uint32_t counts[] = {100, 1000, 5000, 10000};

	for (int i = 0; i < 4; i++) {
		struct score s = score_at(MOS_NPQ_120, 9600);
		struct rig r;

		for (uint32_t n = 0; n < counts[i]; n++)
			score_note(&s, 100, 960, n % 48, (uint8_t)(20 + n / 48 % 100), 127);
		rig_init(&r, RATE, 1024);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, 2500 + 1024);
		cr_expect_eq(rig_counter(&r, C_NOTES), counts[i]);
		cr_expect_eq(rig_counter(&r, C_LATE), 0);
		cr_expect_leq(rig_counter(&r, C_VOICES), SYNTH_VOICES);
		/* struck twice at once, a key counts for two and sounds for one */
		cr_expect_geq(rig_counter(&r, C_VOICES), SYNTH_POLYPHONY / 2);
		rig_run(&r, 3 * RATE);
		for (uint32_t f = 0; f < r.n_frames; f++) {
			cr_assert(isfinite(r.l[f]) && isfinite(r.r[f]));
			cr_assert_leq(fabsf(r.l[f]), MIX_CEILING * 1.000001f);
			cr_assert_leq(fabsf(r.r[f]), MIX_CEILING * 1.000001f);
		}
		cr_expect_gt(rig_counter(&r, C_LIMITED), 0);
		cr_expect_eq(rig_counter(&r, C_KEYS), 0, "notes hang");
		cr_expect_eq(rig_counter(&r, C_VOICES), 0);
		rig_finish(&r);
	}
}

Test(mix, steal_without_click,
	.description = "APO-26: a voice stolen by a new note fades instead of clicking")
{
	struct rig r;
	float own;

	rig_init(&r, RATE, 200);
	live_note(&r, 0xc0, 0, 19, 0);
	live_note(&r, 0xc0, 1, 91, 0); /* a pad: it rises slowly */
	live_note(&r, 0x90, 0, 36, 127);
	for (uint8_t k = 0; k < SYNTH_POLYPHONY - 1; k++)
		live_note(&r, 0x90, 1, (uint8_t)(30 + k), 1);
	rig_run(&r, 24000);
	own = rig_max_step(&r, 12000, 24000);
	live_note(&r, 0x90, 1, 29, 1); /* takes the oldest: the loud one */
	rig_run(&r, 24000);
	cr_expect_lt(rig_peak(&r, 25000, 48000), 0.2f * rig_peak(&r, 12000, 24000), "it was not stolen");
	cr_expect_leq(rig_max_step(&r, 23990, 48000), own + 0.03f * rig_peak(&r, 12000, 24000), "a click");
	rig_finish(&r);
}
