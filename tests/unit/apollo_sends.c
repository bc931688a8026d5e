/* SPDX-License-Identifier: MIT */
/* The mixer with its effects: sends, chains, switching, and the same bits however time is cut into blocks. */
#include <errno.h>
#include <string.h>

#include "apollo/insert/insert_rt.h"
#include "apollo/mix.h"
#include "fx_measure.h"
#include "rtcore_fixture.h"

#define RATE 48000u
#define N (2u * RATE)

static struct mixer mixer;
static struct strip_bufs bufs;
static float left[N], right[N];

struct scene {
	/* sound of a strip at a frame; NULL: noise in strips 0 and 5, in bursts */
	float (*sound)(uint32_t strip, uint32_t frame);
	/* what happens at a frame, a multiple of 4800 */
	void (*at)(struct mixer *m, uint32_t frame);
	/* controllers that come at any frame: frame, strip, reverb, chorus */
	const uint32_t (*cc)[4];
	uint32_t n_cc, strips; /* bit per strip that has sound */
};

static float bursts(uint32_t strip, uint32_t frame)
{
	uint64_t seed = frame * UINT64_C(2654435761) + strip;

	(void)measure_noise(&seed);
	return frame / 7000 % 2 == strip % 2 ? 0.4f * measure_noise(&seed) : 0;
}

static void block(const struct scene *s, uint32_t frame, uint32_t n)
{
	bufs.active = 0;
	for (uint32_t i = 0; i < s->n_cc; i++)
		if (s->cc[i][0] >= frame && s->cc[i][0] < frame + n)
			mix_channel(&mixer, s->cc[i][1], s->cc[i][0] - frame, (uint8_t)s->cc[i][2],
				(uint8_t)s->cc[i][3]);
	for (uint32_t strip = 0; strip < 32; strip++) {
		float any = 0;

		if (!(s->strips >> strip & 1))
			continue;
		for (uint32_t i = 0; i < n; i++) {
			bufs.l[strip][i] = s->sound(strip, frame + i);
			bufs.r[strip][i] = 0.5f * bufs.l[strip][i];
			any = bufs.l[strip][i] != 0 ? 1 : any;
		}
		if (any != 0)
			bufs.active |= UINT64_C(1) << strip;
	}
	mix_render(&mixer, &bufs, NULL, left + frame, right + frame, n);
}

/* Cycles of `cycle` frames, but one ends at each multiple of 4800; blocks of at most BLOCK_MAX. */
static void play(const struct scene *s, uint32_t from, uint32_t to, uint32_t cycle)
{
	for (uint32_t at = from, n; at < to; at += n) {
		n = cycle < to - at ? cycle : to - at;
		if (n > 4800 - at % 4800)
			n = 4800 - at % 4800;
		if (s->at && at % 4800 == 0)
			s->at(&mixer, at);
		for (uint32_t b = 0; b < n; b += BLOCK_MAX)
			block(s, at + b, n - b < BLOCK_MAX ? n - b : BLOCK_MAX);
	}
}

static void set(uint32_t strip, uint32_t unit, uint32_t param, float value)
{
	cr_assert_eq(mix_fx_set(&mixer, strip, unit, param, value), 0);
}

static void everything(struct mixer *m, uint32_t frame)
{
	const struct mos_fx_param *p;
	uint64_t seed = frame + 1;

	m->strip[0].gain = frame / 4800 % 3 ? 0.7f : 1.2f;
	m->strip[5].pan = frame / 4800 % 2 ? -0.5f : 0.3f;
	m->strip[5].mute = frame / 4800 % 7 == 3;
	m->master_gain = frame / 4800 % 5 ? 1 : 2;
	mix_update(m);
	if (frame == 24000)
		mix_killed(m, 0, 0);
	for (uint32_t unit = 0; unit < MOS_FX_LOUDNESS; unit++)
		for (uint32_t i = 0; i < mos_fx_params(unit, &p); i++) {
			float share = 0.5f + 0.5f * measure_noise(&seed),
			      v = p[i].min + share * (p[i].max - p[i].min);

			if (i == 0 && unit != MOS_FX_SEND)
				v = frame / 4800 % 8 != 6; /* everything is switched off once and on again */
			if (unit == MOS_FX_REVERB && i == MOS_FX_REVERB_TIME_S)
				v = 0.2f + share;
			if (mos_fx_on_master(unit))
				(void)mix_fx_set(m, MIX_MASTER, unit, i, v);
			(void)mix_fx_set(m, frame / 4800 % 2 ? 0 : 5, unit, i, v);
		}
}

static const uint32_t controllers[][4] = {{0, 0, 40, 0}, {0, 5, 0, 0}, {100, 0, 127, 60}, {101, 5, 30, 90},
	{130, 0, 64, 127}, {9999, 0, 0, 0}, {10001, 0, 100, 20}, {10002, 0, 101, 20}, {33333, 5, 127, 127},
	{60000, 0, 10, 10}, {60063, 0, 20, 10}, {60064, 0, 30, 10}, {60065, 0, 40, 10}};

Test(sends, any_block,
	.description = "APO-28: with all effects on, moved and switched, the same bits at any length of "
		       "blocks and cycles")
{
	static const struct scene scene = {.sound = bursts,
		.at = everything,
		.cc = controllers,
		.n_cc = sizeof(controllers) / sizeof(controllers[0]),
		.strips = 0x21};
	static const uint32_t cycles[] = {64, 100, 777, 1, 1024, 37};
	static float l[N], r[N];

	mix_init(&mixer, RATE);
	play(&scene, 0, N, 256);
	memcpy(l, left, sizeof(l));
	memcpy(r, right, sizeof(r));
	cr_expect_gt(measure_rms(l, N), 0.01);
	for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
		uint32_t n = cycles[i] == 1 ? 14400 : N;

		mix_init(&mixer, RATE);
		play(&scene, 0, n, cycles[i]);
		for (uint32_t f = 0; f < n; f++)
			cr_assert(memcmp(&left[f], &l[f], 4) == 0 && memcmp(&right[f], &r[f], 4) == 0,
				"cycles of %u: frame %u: %.9g instead of %.9g", cycles[i], f, (double)left[f],
				(double)l[f]);
	}
}

static float steady(uint32_t strip, uint32_t frame)
{
	uint64_t seed = frame * UINT64_C(2654435761) + strip * 977;

	(void)measure_noise(&seed);
	return 0.1f * measure_noise(&seed);
}

/* RMS of what the chorus gives back of strip 1, everything else taken away. */
static double returned(void (*prepare)(void))
{
	static const struct scene scene = {.sound = steady, .strips = 2};
	static float dry[N];

	mix_init(&mixer, RATE);
	prepare();
	play(&scene, 0, RATE, 256);
	memcpy(dry, left, sizeof(dry));
	mix_init(&mixer, RATE);
	set(MIX_MASTER, MOS_FX_CHORUS, MOS_FX_CHORUS_ON, 1);
	set(MIX_MASTER, MOS_FX_CHORUS, MOS_FX_CHORUS_LEVEL_DB, 0);
	prepare();
	play(&scene, 0, RATE, 256);
	for (uint32_t i = 0; i < RATE; i++)
		left[i] -= dry[i];
	return measure_rms(left + RATE / 2, RATE / 2);
}

static void cc_full(void)
{
	mix_channel(&mixer, 1, 0, 0, 127);
}
static void cc_half(void)
{
	mix_channel(&mixer, 1, 0, 127, 64);
}
static void param_half(void)
{
	set(1, MOS_FX_SEND, MOS_FX_SEND_CHORUS, 0.5f);
}
static void both_half(void)
{
	mix_channel(&mixer, 1, 0, 0, 64);
	param_half();
	set(1, MOS_FX_SEND, MOS_FX_SEND_FOLLOW_CC, 0);
}
static void fader_half(void)
{
	cc_full();
	mixer.strip[1].gain = 0.5f;
}
static void muted(void)
{
	cc_full();
	mixer.strip[1].mute = 1;
}
static void other_solo(void)
{
	cc_full();
	mixer.strip[2].solo = 1;
	mix_update(&mixer);
}
static void nothing(void)
{
}

Test(sends, levels,
	.description =
		"APO-28: a send is the controller's share and the parameter's, behind fader, mute and solo")
{
	double full = returned(cc_full);

	cr_expect_gt(full, 0.02);
	cr_expect_float_eq(returned(cc_half) / full, 64 / 127.0, 1e-3);
	cr_expect_float_eq(returned(param_half) / full, 0.5, 1e-3);
	cr_expect_float_eq(returned(both_half) / full, 0.5, 1e-3);
	cr_expect_float_eq(returned(fader_half) / full, 0.5, 1e-3);
	cr_expect_eq(returned(muted), 0);
	cr_expect_eq(returned(other_solo), 0);
	cr_expect_eq(returned(nothing), 0);
}

Test(sends, off_is_as_never_on,
	.description =
		"APO-28: effects that were on and are off again leave every bit as it was without them")
{
	static const struct scene scene = {.sound = steady, .strips = 0x22};
	static float dry[N];
	const struct mos_fx_param *p;

	mix_init(&mixer, RATE);
	play(&scene, 0, N, 256);
	memcpy(dry, left, sizeof(dry));
	mix_init(&mixer, RATE);
	mix_channel(&mixer, 1, 0, 127, 127);
	for (int on = 1; on >= 0; on--) {
		for (uint32_t unit = 0; unit < MOS_FX_N_UNITS; unit++) {
			(void)mos_fx_params(unit, &p);
			if (unit == MOS_FX_SEND || unit == MOS_FX_LIMITER || unit == MOS_FX_LOUDNESS)
				continue;
			if (mos_fx_on_master(unit))
				set(MIX_MASTER, unit, 0, (float)on);
			if (mos_fx_on_strip(unit))
				set(1, unit, 0, (float)on);
		}
		if (on) {
			set(1, MOS_FX_EQ, MOS_FX_EQ_MID1_DB, 12);
			set(MIX_MASTER, MOS_FX_EQ, MOS_FX_EQ_LOW_DB, -12);
			set(MIX_MASTER, MOS_FX_COMPRESSOR, MOS_FX_COMPRESSOR_THRESHOLD_DB, -50);
			set(MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_TIME_S, 0.5f);
			play(&scene, 0, RATE / 2, 256);
			cr_expect_neq(memcmp(left + RATE / 4, dry + RATE / 4, RATE), 0);
		} else {
			play(&scene, RATE / 2, N, 256);
		}
	}
	cr_expect_arr_eq(left + N - RATE / 2, dry + N - RATE / 2, RATE / 2 * sizeof(float));
	cr_expect_eq(mixer.in_chain, 0);
	cr_expect_eq(mixer.effects, 0);
}

static float until_half(uint32_t strip, uint32_t frame)
{
	return frame < RATE / 2 ? steady(strip, frame) : 0;
}

static void kill_at_half(struct mixer *m, uint32_t frame)
{
	if (frame == RATE / 2)
		mix_killed(m, 1, 0);
}

Test(sends, tails,
	.description = "APO-28: a strip that is killed sends no more; the room rings out, then there is "
		       "exactly nothing")
{
	static const struct scene scene = {.sound = until_half, .at = kill_at_half, .strips = 2};

	mix_init(&mixer, RATE);
	mix_channel(&mixer, 1, 0, 127, 0);
	set(MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_ON, 1);
	set(MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_TIME_S, 0.2f);
	play(&scene, 0, N, 200);
	cr_expect_gt(measure_rms(left + RATE / 2 + 4800, 4800), 1e-4);
	cr_expect_lt(measure_rms(left + RATE, 4800), 1e-6);
	cr_expect_eq(measure_peak(left + N - 4800, 4800), 0);
	cr_expect_not(mix_rings(&mixer));
}

Test(sends, click,
	.description = "APO-33: the click is no strip: it passes beside all sends, bit by bit, into no room")
{
	float click[64], l[64], r[64];

	mix_init(&mixer, RATE);
	set(MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_ON, 1);
	set(MIX_MASTER, MOS_FX_CHORUS, MOS_FX_CHORUS_ON, 1);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		mix_channel(&mixer, i, 0, 127, 127);
	for (uint32_t at = 0; at < RATE; at += 64) {
		bufs.active = 0;
		for (uint32_t i = 0; i < 64; i++)
			click[i] = at % 4800 < 640 ? steady(1, at + i) : 0;
		mix_render(&mixer, &bufs, click, l, r, 64);
		cr_assert_arr_eq(l, click, sizeof(click));
		cr_assert_arr_eq(r, click, sizeof(click));
	}
	cr_expect_not(mix_rings(&mixer));
}

static float faulty(uint32_t strip, uint32_t frame)
{
	if (frame % 9600 == 100)
		return NAN;
	if (frame % 9600 == 4000)
		return strip ? INFINITY : -1e30f;
	return frame % 9600 < 5000 ? steady(strip, frame) : 0;
}

Test(sends, no_number,
	.description =
		"APO-28: NaN and infinity of an instrument never reach the output, and nothing keeps them")
{
	static const struct scene scene = {.sound = faulty, .strips = 0x23};

	for (int on = 0; on < 2; on++) {
		mix_init(&mixer, RATE);
		mix_channel(&mixer, 1, 0, 127, 127);
		for (uint32_t unit = 0; unit < MOS_FX_N_UNITS && on; unit++) {
			if (unit == MOS_FX_SEND || unit == MOS_FX_LOUDNESS)
				continue;
			if (mos_fx_on_master(unit))
				set(MIX_MASTER, unit, 0, 1);
			if (mos_fx_on_strip(unit))
				set(1, unit, 0, 1);
		}
		play(&scene, 0, RATE, 256);
		for (uint32_t i = 0; i < RATE; i++)
			cr_assert(isfinite(left[i]) && isfinite(right[i]) && fabsf(left[i]) <= 0.9886f,
				"frame %u: %g", i, (double)left[i]);
		cr_expect_gt(measure_rms(left + 19200 + 300, 3000), 0.01, "it is silent ever after");
	}
}

Test(sends, no_number_cut,
	.description = "APO-28: a strip that is killed while it gives NaN and infinity fades to nothing all "
		       "the same, and so does its meter")
{
	float l[64], r[64];

	mix_init(&mixer, RATE);
	for (uint32_t at = 0; at < RATE; at += 64) {
		bufs.active = 0;
		if (at == 0) {
			strip_touch(&bufs, 3, 64);
			for (uint32_t i = 0; i < 64; i++)
				bufs.l[3][i] = bufs.r[3][i] = i % 2 ? INFINITY : NAN;
			mix_killed(&mixer, 3, 32);
		}
		mix_render(&mixer, &bufs, NULL, l, r, 64);
		for (uint32_t i = 0; i < 64; i++)
			cr_assert(isfinite(l[i]) && isfinite(r[i]));
	}
	cr_expect_eq(bufs.active, 0);
	cr_expect_lt(mixer.strip[3].peak, 0.5f);
}

Test(sends, no_number_out,
	.description = "NAM-03 APO-28: NaN and infinity are not handed to an insert, in a strip or the master")
{
	static struct insert_region region[2];
	float l[64], r[64];

	mix_init(&mixer, RATE);
	for (uint32_t i = 0; i < 2; i++) {
		struct insert *end = insert_create(&region[i], NULL, 0, 64);

		cr_assert_not_null(end);
		(void)insert_swap(mix_slot(&mixer, i ? MIX_MASTER : 3, 0), end);
	}
	mix_update(&mixer);
	for (uint32_t at = 0; at < 1280; at += 64) {
		bufs.active = 0;
		for (uint32_t strip = 3; strip < 5; strip++) {
			strip_touch(&bufs, strip, 64);
			for (uint32_t i = 0; i < 64; i++)
				bufs.l[strip][i] = bufs.r[strip][i] = i % 3 ? i % 3 == 1 ? INFINITY : NAN : 0.1f;
		}
		mix_render(&mixer, &bufs, NULL, l, r, 64);
	}
	for (uint32_t i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < 20 * 64; k++)
			cr_assert(isfinite(region[i].in[k / 64].l[k % 64]) &&
				  isfinite(region[i].in[k / 64].r[k % 64]));
		cr_expect_eq(region[i].n_in, 20u);
		cr_expect_neq(region[i].in[1].l[0], 0.0f);
		insert_destroy(insert_swap(mix_slot(&mixer, i ? MIX_MASTER : 3, 0), NULL));
	}
}

static float knocks(uint32_t strip, uint32_t frame)
{
	return frame % 1000 == 37 ? 0.5f : 0;
}

Test(sends, quiet_end,
	.description = "APO-28: an equaliser's last, tiny sounds do not depend on the blocks either")
{
	static const struct scene scene = {.sound = knocks, .strips = 1};
	static float whole[9600];

	for (uint32_t cycle = 256; cycle >= 5; cycle = cycle == 256 ? 5 : 0) {
		mix_init(&mixer, RATE);
		set(0, MOS_FX_EQ, MOS_FX_EQ_ON, 1);
		set(0, MOS_FX_EQ, MOS_FX_EQ_HIGH_HZ, 12000);
		set(0, MOS_FX_EQ, MOS_FX_EQ_HIGH_DB, 12);
		play(&scene, 0, 9600, cycle);
		if (cycle == 256)
			memcpy(whole, left, sizeof(whole));
	}
	cr_expect_arr_eq(left, whole, sizeof(whole));
}

Test(sends, refused,
	.description = "APO-28: effects that do not exist there, and values that are no numbers, are "
		       "refused; others are brought into range")
{
	mix_init(&mixer, RATE);
	cr_expect_eq(mix_fx_set(&mixer, 64, MOS_FX_EQ, 0, 1), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, 0, MOS_FX_N_UNITS, 0, 1), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, 0, UINT32_MAX, 0, 1), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, 0, MOS_FX_EQ, MOS_FX_EQ_N, 1), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, 0, MOS_FX_REVERB, 0, 1), -EINVAL, "there is one reverb");
	cr_expect_eq(mix_fx_set(&mixer, MIX_MASTER, MOS_FX_SEND, 0, 1), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, MIX_MASTER, MOS_FX_EQ, MOS_FX_EQ_LOW_DB, NAN), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, MIX_MASTER, MOS_FX_EQ, MOS_FX_EQ_LOW_DB, INFINITY), -EINVAL);
	cr_expect_eq(mix_fx_set(&mixer, MIX_MASTER, MOS_FX_EQ, MOS_FX_EQ_LOW_DB, 99), 0);
	cr_expect_eq(mixer.value[MOS_FX_EQ][MOS_FX_EQ_LOW_DB], 18);
	cr_expect_eq(mix_fx_set(&mixer, MIX_MASTER, MOS_FX_LOUDNESS, MOS_FX_LOUDNESS_RESET, 1), 0);
	cr_expect_eq(mixer.loudness_resets, 1);
	cr_expect_null(mix_slot(&mixer, 64, 0));
	cr_expect_null(mix_slot(&mixer, 0, INSERT_SLOTS));
	cr_expect_eq(mix_slot(&mixer, MIX_MASTER, 1), &mixer.slot[1]);
}

Test(sends, table,
	.description =
		"APO-28: the table of effects: each name is unique, each initial value within its range")
{
	for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
		const struct mos_fx_param *p;
		uint32_t n = mos_fx_params(u, &p);

		cr_assert_eq(mos_fx_unit_of(mos_fx_unit_name(u)), u);
		cr_expect(mos_fx_on_strip(u) || mos_fx_on_master(u));
		for (uint32_t i = 0; i < n; i++) {
			cr_expect(p[i].min < p[i].max && p[i].initial >= p[i].min && p[i].initial <= p[i].max,
				"%s", p[i].name);
			for (uint32_t k = 0; k < i; k++)
				cr_expect_str_neq(p[i].name, p[k].name);
		}
	}
	cr_expect_null(mos_fx_unit_name(MOS_FX_N_UNITS));
	cr_expect_eq(mos_fx_unit_of("nothing"), MOS_FX_N_UNITS);
}

static void fx(struct rig *r, uint32_t strip, uint32_t unit, uint32_t param, float value)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FX};

	msg.u.fx.strip = strip;
	msg.u.fx.unit = unit;
	msg.u.fx.param = param;
	msg.u.fx.value = value;
	cr_assert_eq(rig_ask(r, &msg), 0);
}

/* A score whose controllers 91 and 93 move at odd places, played with the room on. */
static void play_score(struct rig *r, uint32_t quantum, uint8_t most)
{
	struct score s = score_at(MOS_NPQ_120, 1920);
	uint64_t seed = 8;

	for (uint32_t i = 0; i < 40; i++) {
		score_note(&s, 11 + i * 41, 37, i % 3, (uint8_t)(48 + i), 100);
		score_control(&s, 7 + i * 43, 0xb0, i % 3, 91, (uint8_t)rnd(&seed, 0, most));
		score_control(&s, 7 + i * 47, 0xb0, i % 3, 93, (uint8_t)rnd(&seed, 0, most));
	}
	rig_init(r, RATE, quantum);
	rig_score(r, &s);
	fx(r, UINT32_MAX, MOS_FX_REVERB, MOS_FX_REVERB_ON, 1);
	fx(r, UINT32_MAX, MOS_FX_CHORUS, MOS_FX_CHORUS_ON, 1);
	fx(r, 1, MOS_FX_EQ, MOS_FX_EQ_ON, 1);
	fx(r, 1, MOS_FX_EQ, MOS_FX_EQ_MID1_DB, 6);
	fx(r, 2, MOS_FX_COMPRESSOR, MOS_FX_COMPRESSOR_ON, 1);
	cr_assert_eq(rig_play(r), 0);
	rig_run(r, RATE);
}

Test(sends, engine,
	.description = "APO-28: a score's controllers 91 and 93 reach the sends at their frames: the same "
		       "bits at any quantum")
{
	static const uint32_t quanta[] = {64, 100, 441, 1024};
	struct rig first, dry, r;
	double off = 0;

	play_score(&first, 256, 127);
	play_score(&dry, 256, 0);
	for (uint32_t i = 0; i < RATE; i++)
		off = fmax(off, fabs((double)(first.l[i] - dry.l[i])));
	cr_expect_gt(off, 1e-3, "the controllers change nothing");
	for (size_t i = 0; i < sizeof(quanta) / sizeof(quanta[0]); i++) {
		play_score(&r, quanta[i], 127);
		cr_expect_arr_eq(r.l, first.l, RATE * sizeof(float), "quantum %u", quanta[i]);
		cr_expect_arr_eq(r.r, first.r, RATE * sizeof(float), "quantum %u", quanta[i]);
		rig_finish(&r);
	}
	rig_finish(&dry);
	rig_finish(&first);
}
