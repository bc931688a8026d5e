/* SPDX-License-Identifier: MIT */
/*
 * General MIDI through the bank of FluidSynths, against one plain FluidSynth: started at the note's own
 * frame its grid is that of the note, so the samples must be the same.
 */
#include <errno.h>
#include <fluidsynth.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo/fluid.h"
#include "rtcore_fixture.h"

#define RATE 48000

static struct fluid_bank *bank_create(struct rig *r)
{
	struct fluid_bank *bank = NULL;
	char why[200];

	cr_assert_eq(fluid_bank_create(GM_BANK, r->e->rate_hz, r->e->apollo.channel, NULL, NULL, &bank, why,
			     sizeof(why)),
		0, "%s", why);
	return bank;
}

/* @return what is out of use, or NULL. */
static void *bank_set(struct rig *r, struct fluid_bank *bank)
{
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_BANK};
	uint32_t id = rig_send(r, &msg, bank, 0);
	struct engine_cmd cmd;

	engine_serve(r->e);
	do {
		cr_assert_eq(engine_receive(r->e, &cmd), 1);
	} while (cmd.msg.id != id);
	return cmd.ptr;
}

static void rig_with_bank(struct rig *r, uint32_t rate_hz, uint32_t quantum)
{
	rig_init(r, rate_hz, quantum);
	cr_assert_null(bank_set(r, bank_create(r)));
}

static void live(struct rig *r, uint32_t in_frames, uint8_t status, uint8_t channel, uint8_t d1, uint8_t d2)
{
	cr_assert_eq(live_at_frame(&r->e->live, r->e->frame + in_frames,
			     ump_cv1(MOS_GROUP_LIVE, status, channel, d1, d2), 0, MOS_SOURCE_MIDI_IN),
		0);
}

/*
 * One plain synthesizer with the settings that matter, a new one each time: FluidSynth lets the level of a
 * voice that was used before leak into the first 64 frames of the next note. The font is that of a bank.
 */
struct oracle {
	fluid_settings_t *settings;
	fluid_synth_t *synth;
};

static struct oracle oracle_open(const struct rig *r)
{
	const struct fluid_bank *bank = (const struct fluid_bank *)r->e->apollo.bank;
	struct oracle o = {.settings = new_fluid_settings()};

	fluid_settings_setint(o.settings, "synth.reverb.active", 0);
	fluid_settings_setint(o.settings, "synth.chorus.active", 0);
	fluid_settings_setint(o.settings, "synth.polyphony", 256);
	fluid_settings_setnum(o.settings, "synth.sample-rate", r->e->rate_hz);
	fluid_settings_setnum(o.settings, "synth.gain", 0.5);
	o.synth = new_fluid_synth(o.settings);
	cr_assert_geq(fluid_synth_add_sfont(o.synth, fluid_synth_get_sfont(bank->phase[0].synth, 0)), 0);
	fluid_synth_program_reset(o.synth);
	return o;
}

static void oracle_close(struct oracle *o)
{
	(void)fluid_synth_remove_sfont(o->synth, fluid_synth_get_sfont(o->synth, 0));
	delete_fluid_synth(o->synth);
	delete_fluid_settings(o->settings);
}

static void oracle_run(struct oracle *o, float *l, float *r, uint32_t n)
{
	float *out[2] = {l, r};

	memset(l, 0, n * sizeof(float));
	memset(r, 0, n * sizeof(float));
	cr_assert_eq(fluid_synth_process(o->synth, (int)n, 0, NULL, 2, out), FLUID_OK);
}

/* What happens `at` frames after the note-on. */
struct step {
	uint32_t at;
	uint8_t status, d1, d2;
};

static void oracle_step(struct oracle *o, int ch, const struct step *s)
{
	switch (s->status) {
	case 0x80:
		fluid_synth_noteoff(o->synth, ch, s->d1);
		break;
	case 0x90:
		fluid_synth_noteon(o->synth, ch, s->d1, s->d2);
		break;
	case 0xa0:
		fluid_synth_key_pressure(o->synth, ch, s->d1, s->d2);
		break;
	case 0xb0:
		fluid_synth_cc(o->synth, ch, s->d1, s->d2);
		break;
	case 0xc0:
		fluid_synth_program_change(o->synth, ch, s->d1);
		break;
	case 0xd0:
		fluid_synth_channel_pressure(o->synth, ch, s->d1);
		break;
	default:
		fluid_synth_pitch_bend(o->synth, ch, s->d1 | s->d2 << 7);
		break;
	}
}

Test(fluid, same_samples, .timeout = 60,
	.description = "APO-02 TIM-06: a note at any frame, with its end, pedal, bend, pressure and "
		       "controllers, gives the samples of a "
		       "plain FluidSynth that starts at that frame")
{
	static const struct step steps[][8] = {
		{{0, 0x90, 60, 100}, {10001, 0x80, 60, 0}},
		{{0, 0x90, 72, 127}, {5000, 0xb0, 64, 127}, {9000, 0x80, 72, 0}, {20005, 0xb0, 64, 0}},
		{{0, 0x90, 50, 90}, {3000, 0xe0, 0, 100}, {6001, 0xe0, 17, 20}, {9000, 0xe0, 0, 64},
			{12000, 0x80, 50, 0}},
		{{0, 0x90, 64, 80}, {2000, 0xb0, 7, 30}, {4000, 0xb0, 10, 0}, {6000, 0xb0, 11, 60},
			{8000, 0xb0, 1, 127}},
		{{0, 0x90, 64, 80}, {3000, 0xd0, 100, 0}, {5000, 0xa0, 64, 120}, {7000, 0xc0, 40, 0},
			{9000, 0x80, 64, 0}},
		{{0, 0x90, 45, 60}, {4000, 0xb0, 120, 0}},
		{{0, 0x90, 45, 60}, {4000, 0xb0, 123, 0}},
		{{0, 0x90, 45, 60}, {4000, 0xb0, 1, 100}, {6000, 0xb0, 121, 0}, {9000, 0x80, 45, 0}},
	};
	static const uint8_t programs[] = {0, 19, 24, 48, 56, 73, 80, 117};
	static float l[48000], rr[48000];
	uint64_t rng = 8;
	struct rig r;
	struct oracle o;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 256);
	for (int i = 0; i < 40; i++) {
		const struct step *s = steps[i % 8];
		/* each round another of the 64 synthesizers, none of them used before */
		uint32_t start = (uint32_t)rnd(&rng, 0, 15) * 64 + (uint32_t)(i * 37 % 64), at = 0;
		uint8_t ch = (uint8_t)rnd(&rng, 0, 7);
		float cut = 0;

		rig_run(&r, 256); /* the panic of the round before */
		rig_forget(&r);
		live(&r, 0, 0xc0, ch, programs[i % 7 + i / 36], 0);
		o = oracle_open(&r);
		fluid_synth_program_change(o.synth, ch, programs[i % 7 + i / 36]);
		for (int k = 0; k < 8 && (k == 0 || s[k].at); k++) {
			live(&r, start + s[k].at, s[k].status, ch, s[k].d1, s[k].d2);
			if (s[k].at > at)
				oracle_run(&o, l + at, rr + at, s[k].at - at);
			at = s[k].at;
			oracle_step(&o, ch, &s[k]);
		}
		oracle_run(&o, l + at, rr + at, 40000 - at);
		rig_run(&r, start + 40000);
		cr_assert_eq(rig_peak(&r, 0, start), 0);
		if (i % 8 == 5) { /* all sound off: exactly here, with a fade of 6 ms instead of the rest of
				     FluidSynth's block */
			memset(l + 4000, 0, 36000 * sizeof(float));
			cut = rig_peak(&r, start + 3000, start + 4000);
		}
		for (uint32_t f = 0; f < 40000; f++) {
			float limit =
				cut > 0 && f >= 4000 && f < 4300 ? cut * powf(0.95f, (float)(f - 4000)) : 0;

			cr_assert_leq(fabsf(r.l[start + f] - l[f]), limit,
				"round %d: frame %u of a note at %u: %g, not %g", i, f, start,
				(double)r.l[start + f], (double)l[f]);
		}
		live(&r, 0, 0xb0, ch, 120, 0);
		live(&r, 0, 0xb0, ch, 121, 0);
		live(&r, 0, 0xb0, ch, 7, 100);
		live(&r, 0, 0xb0, ch, 10, 64);
		rig_run(&r, 1024 + (64 - r.e->frame % 64) % 64);
		oracle_close(&o);
	}
	rig_finish(&r);
}

Test(fluid, every_program, .timeout = 60,
	.description = "APO-02: all 128 programs and every General MIDI drum make a sound")
{
	struct rig r;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 1024);
	for (int p = 0; p < 128; p++) {
		rig_forget(&r);
		live(&r, 0, 0xc0, 0, (uint8_t)p, 0);
		live(&r, 0, 0x90, 0, p == 43 ? 43 : 60, 110); /* the contrabass has no such high key */
		live(&r, 14000, 0xb0, 0, 120, 0);
		rig_run(&r, 16000);
		cr_expect_gt(rig_rms(&r, 0, 14000), 0.002, "program %d", p);
	}
	for (uint8_t key = 35; key <= 81; key++) {
		rig_forget(&r);
		live(&r, 0, 0x90, 9, key, 110);
		live(&r, 14000, 0xb0, 9, 120, 0);
		rig_run(&r, 16000);
		cr_expect_gt(rig_rms(&r, 0, 14000), 0.0005, "drum %u", key);
	}
	rig_finish(&r);
}

/* How far the spectrum's comb of harmonics lies from the key's pitch. */
static int pitch_cents(const struct rig *r, double hz, uint32_t from, uint32_t to)
{
	double best = 0, sum;
	int at = 0;

	for (int cents = -60; cents <= 60; cents += 4) {
		sum = 0;
		for (int h = 1; h <= 4; h++)
			sum += sqrt(rig_power_at(r, h * hz * pow(2, cents / 1200.0), from, to));
		if (sum > best) {
			best = sum;
			at = cents;
		}
	}
	return at;
}

Test(fluid, twenty_instruments, .timeout = 60,
	.description = "APO-02: the twenty instruments by name play a scale in tune")
{
	/* tolerance in cents: bowed strings and voices waver; 50 would be the neighbour's */
	static const struct {
		const char *name;
		uint8_t program, key, cents;
	} list[] = {
		{"piano", 0, 60, 10},
		{"guitar", 24, 52, 10},
		{"bass", 33, 40, 10},
		{"violin", 40, 67, 30},
		{"cello", 42, 48, 30},
		{"flute", 73, 72, 20},
		{"clarinet", 71, 60, 20},
		{"trumpet", 56, 64, 20},
		{"trombone", 57, 50, 20},
		{"viola", 41, 60, 30},
		{"contrabass", 43, 36, 30},
		{"harp", 46, 60, 20},
		{"timpani", 47, 45, 20},
		{"horn", 60, 53, 20},
		{"tuba", 58, 36, 20},
		{"oboe", 68, 67, 20},
		{"bassoon", 70, 45, 20},
		{"organ", 19, 60, 20},
		{"choir", 52, 60, 48},
	};
	static const uint8_t scale[] = {0, 2, 4, 5, 7, 9, 11, 12};
	struct rig r;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 1024);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		for (int n = 0; n < 8; n++) {
			uint8_t key = (uint8_t)(list[i].key + scale[n]);
			int cents;

			rig_forget(&r);
			live(&r, 0, 0xc0, 0, list[i].program, 0);
			live(&r, 0, 0x90, 0, key, 100);
			live(&r, 24000, 0xb0, 0, 120, 0);
			rig_run(&r, 25000);
			cr_expect_gt(rig_rms(&r, 0, 24000), 0.002, "%s, key %u", list[i].name, key);
			cents = pitch_cents(&r, 440 * pow(2, (key - 69) / 12.0), 4000, 20000);
			cr_expect_leq(abs(cents), list[i].cents, "%s, key %u: %d cents off", list[i].name,
				key, cents);
		}
	rig_finish(&r);
}

Test(fluid, polyphony,
	.description = "APO-01: 64 notes of stereo instruments in one frame, the spectrum shows each pitch")
{
	struct rig r;

	NEEDS_GM_BANK();
	for (uint8_t ch = 0; ch < 2; ch++) { /* two instruments near to a sine, each looked at alone */
		struct mos_rtctl_msg solo = {.op = MOS_RTCTL_STRIP};

		rig_with_bank(&r, RATE, 256);
		solo.u.strip =
			(typeof(solo.u.strip)){.strip = APOLLO_LIVE_CHANNEL + ch, .mask = 8, .solo = 1};
		cr_assert_eq(rig_ask(&r, &solo), 0);
		live(&r, 0, 0xc0, 0, 79, 0);
		live(&r, 0, 0xc0, 1, 73, 0);
		for (uint8_t k = 60; k < 92; k++) {
			live(&r, 0, 0x90, 0, k, 20);
			live(&r, 0, 0x90, 1, k, 20);
		}
		rig_run(&r, 2 * RATE);
		cr_expect_geq(
			rig_counter(&r, C_VOICES), 96, "%lld voices", (long long)rig_counter(&r, C_VOICES));
		for (uint8_t k = 60; k < 92; k++) {
			double hz = 440 * pow(2, (k - 69) / 12.0),
			       here = rig_power_at(&r, hz, RATE / 10, 2 * RATE);

			cr_expect_gt(here, 4 * rig_power_at(&r, hz * pow(2, 1 / 24.0), RATE / 10, 2 * RATE),
				"%u: key %u", ch, k);
			cr_expect_gt(here, 4 * rig_power_at(&r, hz / pow(2, 1 / 24.0), RATE / 10, 2 * RATE),
				"%u: key %u", ch, k);
		}
		rig_finish(&r);
	}
}

Test(fluid, hi_hat,
	.description = "APO-02: a closed hi-hat ends the open one as a plain FluidSynth does, whatever "
		       "frames they fall on")
{
	static float l[24000], rr[24000];
	struct oracle o;
	struct rig r;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 256);
	for (uint32_t gap = 4800; gap < 4864; gap += 7) {
		double want, got;

		o = oracle_open(&r);
		fluid_synth_noteon(o.synth, 9, 46, 120);
		oracle_run(&o, l, rr, gap);
		fluid_synth_noteon(o.synth, 9, 42, 1); /* hardly heard itself */
		oracle_run(&o, l + gap, rr + gap, 20000 - gap);
		rig_forget(&r);
		live(&r, 0, 0x90, 9, 46, 120);
		live(&r, gap, 0x90, 9, 42, 1);
		rig_run(&r, 20000);
		for (uint32_t from = gap + 64; from < gap + 6000; from += 1000) {
			want = got = 0;
			for (uint32_t f = from; f < from + 1000; f++) {
				want += (double)l[f] * l[f];
				got += (double)r.l[f] * r.l[f];
			}
			/* within 1.5 dB: the grids differ by up to a millisecond */
			cr_expect(got < 1.4 * want + 1e-7 && got > want / 1.4 - 1e-7,
				"gap %u, %u frames after: %g, not %g", gap, from - gap, got, want);
		}
		live(&r, 0, 0xb0, 9, 120, 0);
		rig_run(&r, 1024);
		oracle_close(&o);
	}
	rig_finish(&r);
}

Test(fluid, any_quantum, .timeout = 60,
	.description = "TIM-06: with the sound font too the bits don't depend on the quantum")
{
	static const uint32_t quanta[] = {256, 64, 3, 100, 4096};
	float *first = NULL;
	uint32_t n = 5 * RATE / 4;

	NEEDS_GM_BANK();
	for (size_t i = 0; i < sizeof(quanta) / sizeof(quanta[0]); i++) {
		struct score s = score_at(250000000, 3840);
		uint64_t rng = 13;
		struct rig r;

		for (int k = 0; k < 100; k++) {
			uint32_t ch = (uint32_t)rnd(&rng, 0, 15);

			score_note(&s, rnd(&rng, 0, 3000), rnd(&rng, 1, 700), ch, (uint8_t)rnd(&rng, 36, 80),
				(uint8_t)rnd(&rng, 1, 100));
			score_control(&s, rnd(&rng, 0, 3600), 0xb0, ch, k % 3 ? 64 : 10,
				(uint8_t)rnd(&rng, 0, 127));
			score_control(&s, rnd(&rng, 0, 3600), k % 2 ? 0xc0 : 0xe0, ch,
				(uint8_t)rnd(&rng, 0, 127), 64);
		}
		rig_with_bank(&r, RATE, quanta[i]);
		rig_score(&r, &s);
		cr_assert_eq(rig_loop(&r, 500, 2345), 0);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, n);
		for (uint32_t f = 0; first && f < n; f++)
			cr_assert_eq(first[f], r.l[f], "quantum %u differs at frame %u by %g", quanta[i], f,
				(double)fabsf(first[f] - r.l[f]));
		if (!first) {
			first = r.l;
			r.l = NULL;
		}
		rig_finish(&r);
	}
	free(first);
}

Test(fluid, many_notes, .timeout = 60,
	.description = "APO-26: 100 to 10,000 notes at once and over time: voices bounded, no note hangs, "
		       "finite, below the ceiling")
{
	static const uint32_t counts[] = {100, 1000, 10000};
	struct rig r;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 256);
	for (int i = 0; i < 6; i++) {
		struct score s = score_at(MOS_NPQ_120, 4800);
		uint64_t rng = 2;

		for (uint32_t n = 0; n < counts[i % 3]; n++) /* in one frame; then within a second */
			score_note(&s, i < 3 ? 100 : rnd(&rng, 0, 1920), rnd(&rng, 400, 960), n % 48,
				(uint8_t)(20 + n / 48 % 100), 127);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		for (int k = 0; k < 800; k++) {
			rig_forget(&r);
			rig_run(&r, 256);
			/* what was stolen fades for some blocks more, and fifty notes a block come in the
			 * meantime */
			cr_assert_leq(rig_counter(&r, C_VOICES), FLUID_VOICES_MAX * 5 / 2,
				"%u notes: %lld voices", counts[i % 3], (long long)rig_counter(&r, C_VOICES));
			for (uint32_t f = 0; f < 256; f++)
				cr_assert(isfinite(r.l[f]) && fabsf(r.l[f]) <= MIX_CEILING * 1.000001f);
		}
		cr_expect_eq(rig_counter(&r, C_KEYS), 0);
		cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_STOPPED);
		rig_run(&r, 3 * RATE);
		cr_expect_eq(rig_counter(&r, C_VOICES), 0, "%u notes: %lld voices are left", counts[i % 3],
			(long long)rig_counter(&r, C_VOICES));
		cr_expect_eq(rig_peak(&r, r.n_frames - 100, r.n_frames), 0);
	}
	rig_finish(&r);
}

Test(fluid, controller_flood, .timeout = 60,
	.description = "APO-21: notes end although thousands of controllers come with them, and sound as the "
		       "last of these say")
{
	struct rig r;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 256);
	live(&r, 0, 0xc0, 0, 19, 0);
	for (uint32_t p = 0; p < 64; p++) /* all 64 synthesizers sound */
		live(&r, p, 0x90, 0, (uint8_t)(30 + p), 40);
	rig_run(&r, 2560);
	for (int i = 0; i < 1900; i++)
		live(&r, 0, 0xb0, 0, i % 2 ? 7 : 11, (uint8_t)(20 + i % 100));
	live(&r, 0, 0xb0, 0, 11, 127);
	live(&r, 0, 0xb0, 0, 7, 0);
	for (uint32_t p = 0; p < 63; p++)
		live(&r, 10, 0x80, 0, (uint8_t)(30 + p), 0);
	rig_run(&r, RATE);
	cr_expect_lt(rig_peak(&r, r.n_frames - 4800, r.n_frames), 1e-4f, "the volume is not 0 everywhere");
	live(&r, 0, 0xb0, 0, 7, 100);
	rig_run(&r, RATE);
	cr_expect_gt(rig_peak(&r, r.n_frames - 4800, r.n_frames), 0.001f);
	live(&r, 0, 0x80, 0, 93, 0);
	rig_run(&r, 2 * RATE);
	cr_expect_eq(rig_counter(&r, C_VOICES), 0, "%lld voices hang", (long long)rig_counter(&r, C_VOICES));
	rig_finish(&r);
}

Test(fluid, switch_bank, .timeout = 60,
	.description = "APO-24 APO-06: banks switched while notes ring: each note plays on where it began, "
		       "no gap, and the last bank wins")
{
	struct fluid_bank *bank[7];
	struct engine_cmd cmd;
	struct rig r;
	void *done;
	int retired = 0;

	NEEDS_GM_BANK();
	rig_init(&r, RATE, 256);
	live(&r, 0, 0xc0, 0, 19, 0);
	live(&r, 0, 0x90, 0, 48, 100); /* on the built-in synthesizer: nothing is loaded yet */
	rig_run(&r, 9600);
	for (int i = 0; i < 7; i++)
		bank[i] = bank_create(&r);
	cr_assert_null(bank_set(&r, bank[0]));
	rig_run(&r, 4800);
	cr_expect_gt(rig_rms(&r, 9600, 14400), 0.8 * rig_rms(&r, 4800, 9600),
		"the first note was cut by the bank");
	live(&r, 0, 0x80, 0, 48, 0);
	live(&r, 0, 0x90, 0, 60, 100); /* on bank 0 */
	rig_run(&r, 24000);
	float own = rig_max_step(&r, 30000, 38400);
	double level = rig_rms(&r, 30000, 38400);

	for (int i = 1; i < 7; i++) { /* rapidly */
		done = bank_set(&r, bank[i]);
		if (done)
			((struct instrument *)done)->destroy(done);
		rig_run(&r, 1000);
		cr_expect_gt(rig_rms(&r, r.n_frames - 1000, r.n_frames), 0.7 * level,
			"switch %d: the note is gone", i);
	}
	rig_run(&r, 9600);
	cr_expect_leq(rig_max_step(&r, 38400, r.n_frames), 1.2f * own, "a click");
	live(&r, 0, 0x90, 0, 67, 100);
	rig_run(&r, 256);
	cr_expect_gt(bank[6]->instrument.voices(&bank[6]->instrument), 0, "the last bank plays what is new");
	live(&r, 0, 0x80, 0, 60, 0);
	live(&r, 0, 0x80, 0, 67, 0);
	rig_run(&r, 3 * RATE);
	cr_expect_eq(rig_counter(&r, C_VOICES), 0);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	while (engine_receive(r.e, &cmd))
		if (cmd.msg.op == ENGINE_OP_RETIRED) {
			((struct instrument *)cmd.ptr)->destroy(cmd.ptr);
			retired++;
		}
	cr_expect_eq(retired, 1, "what has rung out goes back to the loader");
	rig_finish(&r);
}

Test(fluid, long_note_over_a_switch, .timeout = 60,
	.description = "APO-24: a note that is held for ever does not keep its bank for ever, and is "
		       "released, not cut")
{
	struct engine_cmd cmd;
	struct rig r;
	int retired = 0;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 256);
	live(&r, 0, 0xc0, 0, 19, 0);
	live(&r, 0, 0x90, 0, 48, 100);
	rig_run(&r, 9600);
	cr_assert_null(bank_set(&r, bank_create(&r)));
	for (int s = 0; s < 20 && !retired; s++) {
		rig_run(&r, RATE);
		while (engine_receive(r.e, &cmd))
			if (cmd.msg.op == ENGINE_OP_RETIRED) {
				((struct instrument *)cmd.ptr)->destroy(cmd.ptr);
				retired++;
			}
	}
	cr_expect_eq(retired, 1);
	cr_expect_gt(rig_rms(&r, 7 * RATE, 8 * RATE), 0.01, "it rings for seconds first");
	cr_expect_leq(
		rig_max_step(&r, 7 * RATE, r.n_frames), 1.1f * rig_max_step(&r, RATE, 7 * RATE), "a click");
	rig_finish(&r);
}

Test(fluid, bad_files,
	.description = "APO-18: a sound font that is missing, a directory, empty, text or cut short is "
		       "refused with a sentence")
{
	char path[] = "/tmp/mos-test-XXXXXX", why[200];
	struct fluid_bank *bank = NULL;
	static struct chan_state channel[APOLLO_CHANNELS];
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_expect_eq(
		fluid_bank_create("/does/not/exist.sf2", RATE, channel, NULL, NULL, &bank, why, sizeof(why)),
		-ENOENT);
	cr_expect(strstr(why, "/does/not/exist.sf2"));
	cr_expect_eq(fluid_bank_create("/tmp", RATE, channel, NULL, NULL, &bank, why, sizeof(why)), -EINVAL);
	cr_expect_eq(fluid_bank_create(path, RATE, channel, NULL, NULL, &bank, why, sizeof(why)), -EINVAL);
	cr_assert_eq(write(fd, "hello, world", 12), 12);
	cr_expect_eq(fluid_bank_create(path, RATE, channel, NULL, NULL, &bank, why, sizeof(why)), -EINVAL);
	cr_assert_eq(pwrite(fd, "RIFF\x10\0\0\0sfbkLIST", 16, 0), 16);
	cr_expect_eq(fluid_bank_create(path, RATE, channel, NULL, NULL, &bank, why, sizeof(why)), -EINVAL);
	cr_expect(strstr(why, path), "%s", why);
	cr_expect_null(bank);
	close(fd);
	unlink(path);
}
