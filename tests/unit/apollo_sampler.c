/* SPDX-License-Identifier: MIT */
/* The sampler: what it plays must follow from formulas, the same at any block size. */
#include "apollo_rig.h"

static float out_l[4 * RATE], out_r[4 * RATE], more_l[4 * RATE], more_r[4 * RATE];
static struct rig rig;

Test(apollo_sampler, starts_at_its_frame,
	.description = "APO-05: a note's first sample lies at its very frame")
{
	static const uint32_t at[] = {0, 1, 63, 64, 65, 200, 255, 300};

	for (uint32_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct event e[] = {{at[i], ON, 0, 60, 100}};
		uint32_t first = 0;

		rig_init(&rig);
		rig_zone(&rig, 0);
		rig_start(&rig, NULL);
		rig_render(&rig, e, 1, 0, out_l, out_r, 1024, 256);
		while (first < 1024 && out_l[first] == 0)
			first++;
		cr_assert_eq(first, at[i], "%u: %u", at[i], first);
		cr_assert_float_eq(out_l[first + 10], 0.5f, 1e-4f); /* SFZ: full level in the middle */
		rig_end(&rig);
	}
}

Test(apollo_sampler, plays_in_tune, .description = "APO-01: each key's pitch is within a hundredth of a cent")
{
	for (int key = 36; key <= 84; key += 7) {
		struct event e[] = {{0, ON, 0, (uint8_t)key, 100}};
		double cents;

		rig_init(&rig);
		rig_zone(&rig, 1);
		rig_start(&rig, &(struct sampler_options){.interp = KERNEL_SINC8});
		rig_render(&rig, e, 1, 0, out_l, out_r, RATE, 256);
		cents = 1200 * log2(rig_pitch(out_l, RATE) / SINE_HZ) - (key - 60) * 100;
		cr_assert(fabs(cents) < 0.01, "key %d: %.4f cents off", key, cents);
		rig_end(&rig);
	}
}

Test(apollo_sampler, bends, .description = "APO-01: pitch wheel with its range, and the channel's tuning")
{
	struct event e[] = {{0, CC, 0, 101, 0}, {0, CC, 0, 100, 0}, {0, CC, 0, 6, 12}, {0, BEND, 0, 127, 127},
		{0, ON, 0, 60, 100}};
	double cents;

	rig_init(&rig);
	rig_zone(&rig, 1);
	rig_start(&rig, NULL);
	rig_render(&rig, e, 5, 0, out_l, out_r, RATE, 256);
	cents = 1200 * log2(rig_pitch(out_l, RATE) / SINE_HZ);
	cr_assert_float_eq(cents, 1200.0 * 8191 / 8192, 0.05);
	rig_end(&rig);
}

Test(apollo_sampler, envelope_times,
	.description = "SoundFont envelopes: attack is a line, decay and release fall 96 dB in their time")
{
	struct event e[] = {{0, ON, 0, 60, 127}, {RATE, OFF, 0, 60, 0}};
	struct zone *z;
	double db;

	rig_init(&rig);
	z = rig_zone(&rig, 0);
	z->flavour = ZONE_SF2;
	z->param[zp_env(0, ENV_DELAY)] = z->param[zp_env(0, ENV_HOLD)] = -12000;
	z->param[zp_env(0, ENV_ATTACK)] = (float)(1200 * log2(0.1));
	z->param[zp_env(0, ENV_DECAY)] = (float)(1200 * log2(2.0));
	z->param[zp_env(0, ENV_SUSTAIN)] = 250; /* 24 dB down, reached after half a second */
	z->param[zp_env(0, ENV_RELEASE)] = (float)(1200 * log2(1.0));
	rig_start(&rig, NULL);
	rig_render(&rig, e, 2, 0, out_l, out_r, 2 * RATE, 256);
	for (uint32_t i = 480; i < 4800; i += 480)
		cr_assert_float_eq(out_l[i] / out_l[4800], i / 4800.0, 0.003, "attack at %u", i);
	db = 20 * log10(out_l[4800 + RATE / 4] / out_l[4800]);
	cr_assert_float_eq(db, -12, 0.05, "decay %.3f", db);
	db = 20 * log10(out_l[RATE - 1] / out_l[4800]);
	cr_assert_float_eq(db, -24, 0.05, "sustain %.3f", db);
	db = 20 * log10(out_l[RATE + RATE / 4] / out_l[RATE]);
	cr_assert_float_eq(db, -24, 0.05, "release %.3f", db);
	rig_end(&rig);
}

/* Zones with all that moves: filters, LFOs, further envelopes, an exclusive class, modulators. */
static void rich(struct rig *r)
{
	struct zone *z = rig_zone(r, 1);

	z->filter = ZONE_LP2;
	z->param[ZP_FC] = 7000;
	z->param[ZP_Q] = 60;
	z->n_lfos = 2;
	z->param[zp_lfo(0, LFO_FREQ)] = 5;
	z->param[zp_lfo(0, LFO_TO_PITCH)] = 30;
	z->param[zp_lfo(1, LFO_FREQ)] = 3;
	z->param[zp_lfo(1, LFO_DELAY)] = 0.05f;
	z->param[zp_lfo(1, LFO_TO_FC)] = 900;
	z->n_envs = 2;
	z->param[zp_env(1, ENV_ATTACK)] = 0.02f;
	z->param[zp_env(1, ENV_DECAY)] = 0.2f;
	z->param[zp_env(1, ENV_TO_FC)] = 1500;
	z->param[zp_env(0, ENV_ATTACK)] = 0.003f;
	z->param[zp_env(0, ENV_DECAY)] = 0.5f;
	z->param[zp_env(0, ENV_SUSTAIN)] = 0.3f;
	z->param[zp_env(0, ENV_RELEASE)] = 0.1f;
	z->n_mods = 3;
	r->mod[0] = (struct zone_mod){
		.source = SRC_VELOCITY, .source2 = SRC_ONE, .curve = 5, .param = ZP_ATTEN, .amount = 400};
	r->mod[1] = (struct zone_mod){.source = SRC_CC + 1,
		.source2 = SRC_ONE,
		.curve = CURVE_UNIT,
		.param = zp_lfo(0, LFO_TO_PITCH),
		.amount = 50};
	r->mod[2] = (struct zone_mod){.source = SRC_RANDOM_BIPOLAR,
		.source2 = SRC_ONE,
		.curve = CURVE_UNIT_BIPOLAR,
		.param = ZP_PITCH,
		.amount = 9};
	z->key_hi = 90;
	z = rig_zone(r, 1);
	z->key_lo = 80;
	z->group = z->off_by = 3;
	z->filter = ZONE_HP4;
	z->param[ZP_FC] = 8000;
	z->loop = ZONE_LOOP_UNTIL_RELEASE;
	z->loop_start = 100;
	z->loop_end = 300;
	z->end = 2000;
}

static uint32_t random_score(struct event *e, uint32_t n, uint32_t frames)
{
	uint32_t seed = 99, frame = 0;

	for (uint32_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		frame += (seed >> 24) % (2 * frames / n);
		e[i] = (struct event){.frame = frame, .channel = (uint8_t)(seed >> 9 & 1)};
		e[i].a = (uint8_t)(40 + (seed >> 16) % 64);
		e[i].b = (uint8_t)(1 + (seed >> 10) % 127);
		switch (seed >> 12 & 15) {
		case 0 ... 6:
			e[i].kind = ON;
			break;
		case 7 ... 10:
			e[i].kind = OFF;
			break;
		case 11:
			e[i].kind = CC;
			e[i].a = (uint8_t)((uint8_t[]){1, 64, 66, 7}[seed >> 20 & 3]);
			break;
		case 12:
			e[i].kind = BEND;
			break;
		case 13:
			e[i].kind = KEY_PRESSURE;
			break;
		default:
			e[i].kind = PRESSURE;
			break;
		}
	}
	e[n / 2].kind = KILL;
	return frame + 1;
}

static void render_random(const struct sampler_options *o, uint32_t quantum, float *l, float *r)
{
	static struct event e[600];

	(void)random_score(e, 600, 2 * RATE);
	rig_init(&rig);
	rich(&rig);
	rig_start(&rig, o);
	rig_render(&rig, e, 600, 0, l, r, 2 * RATE, quantum);
	rig_end(&rig);
}

Test(apollo_sampler, any_block_size,
	.description = "APO-05: the same notes give the same bits in blocks of any length")
{
	static const uint32_t quantum[] = {64, 100, 256, 17, 0};

	render_random(NULL, 256, out_l, out_r);
	cr_assert_gt(rig_pitch(out_l, 2 * RATE), 0);
	for (uint32_t i = 0; i < sizeof(quantum) / sizeof(quantum[0]); i++) {
		render_random(NULL, quantum[i], more_l, more_r);
		for (uint32_t f = 0; f < 2 * RATE; f++)
			cr_assert(out_l[f] == more_l[f] && out_r[f] == more_r[f],
				"quantum %u: frame %u: %.9g, %.9g", quantum[i], f, (double)out_l[f],
				(double)more_l[f]);
	}
}

/* Held for long by zones that move in all ways, one of them on a bus of its own. */
static void lasting(struct rig *r)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct zone *z = rig_zone(r, 1);

		z->flavour = i & 1 ? ZONE_SF2 : ZONE_SFZ;
		z->filter = i & 1 ? ZONE_LP2_SF2 : ZONE_FILTER_OFF;
		z->param[ZP_FC] = 6000;
		z->loop_end = i < 2 ? 170 : 2000;
		z->param[ZP_PAN] = 100 * (float)i;
		z->param[ZP_REVERB] = i == 2 ? 300 : 0;
		z->n_lfos = 2;
		for (uint32_t n = 0; n < 2; n++)
			z->param[zp_lfo(n, LFO_FREQ)] = i & 1 ? 500 + 700 * (float)n : 5;
		z->param[zp_lfo(0, LFO_TO_ATTEN)] = i ? 40 : 0;
		z->param[zp_lfo(0, LFO_TO_PAN)] = i == 3 ? 200 : 0;
		z->param[zp_lfo(1, LFO_FADE)] = 0.3f;
		z->param[zp_lfo(1, LFO_TO_PITCH)] = i < 3 ? 20 : 0;
		z->n_envs = 2;
		z->param[zp_env(1, ENV_ATTACK)] = i & 1 ? -1200 : 0.2f;
		z->param[zp_env(1, ENV_DECAY)] = i & 1 ? -3000 : 0.3f;
		z->param[zp_env(1, ENV_SUSTAIN)] = i & 1 ? 300 : 0.4f;
		z->param[zp_env(1, ENV_TO_FC)] = 2000;
		if (i & 1)
			for (uint32_t f = 0; f <= ENV_RELEASE; f++)
				z->param[zp_env(0, f)] = f == ENV_SUSTAIN ? 100 : -6000;
	}
}

Test(apollo_sampler, whole_periods,
	.description = "APO-05: voices that go on for long have the same bits in whole control periods and "
		       "in parts of them")
{
	static const uint32_t quantum[] = {64, 256, 0};
	struct event e[20];

	for (uint32_t i = 0; i < 20; i++)
		e[i] = (struct event){.frame = i < 10 ? i * 37 : 40000 + i,
			.kind = i < 10 ? ON : OFF,
			.a = (uint8_t)(41 + i % 10 * 7),
			.b = 100};
	for (uint32_t i = 0; i <= sizeof(quantum) / sizeof(quantum[0]); i++) {
		rig_init(&rig);
		lasting(&rig);
		rig_start(&rig, NULL);
		rig_render(&rig, e, 20, 0, i ? more_l : out_l, i ? more_r : out_r, RATE,
			i ? quantum[i - 1] : 17);
		rig_end(&rig);
		for (uint32_t f = 0; i && f < RATE; f++)
			cr_assert(out_l[f] == more_l[f] && out_r[f] == more_r[f],
				"quantum %u: frame %u: %.9g, %.9g", quantum[i - 1], f, (double)out_l[f],
				(double)more_l[f]);
	}
	cr_assert_gt(rig_pitch(out_l, RATE), 0);
}

/* Zones that controllers move, and further modulators that add nothing to what could be ready before a note.
 */
static void render_with_idle(uint32_t n_idle, float *l, float *r)
{
	static const uint16_t idle[] = {zp_env(0, ENV_ATTACK), zp_env(1, ENV_DECAY), zp_lfo(0, LFO_FREQ),
		zp_lfo(1, LFO_DELAY), ZP_OFFSET, ZP_FC, ZP_ATTEN};
	static struct event e[600];

	(void)random_score(e, 600, 2 * RATE);
	rig_init(&rig);
	lasting(&rig);
	rig.mod[0] = (struct zone_mod){.source = SRC_CC + 1,
		.source2 = SRC_ONE,
		.param = zp_lfo(1, LFO_TO_PITCH),
		.amount = 50};
	rig.mod[1] = (struct zone_mod){
		.source = SRC_CC + 7, .source2 = SRC_ONE, .curve = 5, .param = ZP_ATTEN, .amount = 300};
	rig.mod[2] = (struct zone_mod){
		.source = SRC_VELOCITY, .source2 = SRC_CC + 1, .param = ZP_GAIN, .amount = 0.5f};
	for (uint32_t i = 0; i < n_idle; i++)
		rig.mod[3 + i] = (struct zone_mod){.source = SRC_VELOCITY,
			.source2 = SRC_ONE,
			.param = idle[i % (sizeof(idle) / sizeof(idle[0]))]};
	for (uint32_t i = 0; i < rig.bank.n_zones; i++)
		rig.zone[i].n_mods = (uint16_t)(3 + n_idle);
	rig_start(&rig, NULL);
	rig_render(&rig, e, 600, 0, l, r, 2 * RATE, 256);
	rig_end(&rig);
}

Test(apollo_sampler, ready_or_not,
	.description = "APO-05: what is known of a zone before its notes gives the bits that each note would find")
{
	static const uint32_t n_idle[] = {7, 21}; /* all kinds, and more than are kept of a channel */

	render_with_idle(0, out_l, out_r);
	cr_assert_gt(rig_pitch(out_l, 2 * RATE), 0);
	for (uint32_t i = 0; i < sizeof(n_idle) / sizeof(n_idle[0]); i++) {
		render_with_idle(n_idle[i], more_l, more_r);
		for (uint32_t f = 0; f < 2 * RATE; f++)
			cr_assert(out_l[f] == more_l[f] && out_r[f] == more_r[f], "%u idle: frame %u: %.9g, %.9g",
				n_idle[i], f, (double)out_l[f], (double)more_l[f]);
	}
}

Test(apollo_sampler, any_block_size_when_full,
	.description = "APO-26: whose voice is stolen does not depend on the length of blocks")
{
	struct sampler_options o = {.polyphony = 7, .interp = KERNEL_LINEAR};
	static const uint32_t quantum[] = {64, 100, 17, 0};

	render_random(&o, 256, out_l, out_r);
	for (uint32_t i = 0; i < sizeof(quantum) / sizeof(quantum[0]); i++) {
		render_random(&o, quantum[i], more_l, more_r);
		for (uint32_t f = 0; f < 2 * RATE; f++)
			cr_assert(out_l[f] == more_l[f], "quantum %u: frame %u", quantum[i], f);
	}
}

Test(apollo_sampler, any_kernel,
	.description = "APO-28: instruction sets that multiply and add in one rounding give the same bits, and what rounds twice is "
		       "off by less than the last of 20 bits")
{
	const struct kernel *all[3];
	uint32_t n = kernel_all(all);
	double signal, error;

	for (enum kernel_interp interp = 0; interp < KERNEL_N_INTERP; interp++) {
		render_random(
			&(struct sampler_options){.kernel = all[0], .interp = interp}, 256, out_l, out_r);
		for (uint32_t i = 1; i < n; i++) {
			render_random(&(struct sampler_options){.kernel = all[i], .interp = interp}, 256,
				more_l, more_r);
			signal = error = 0;
			for (uint32_t f = 0; f < 2 * RATE; f++) {
				signal += (double)out_l[f] * out_l[f];
				error += ((double)out_l[f] - more_l[f]) * ((double)out_l[f] - more_l[f]);
			}
			cr_assert(i == 1 ? sqrt(error / signal) < 0x1p-20 : error == 0, "%s differs from %s by %g dB",
				all[i]->name, all[i - 1]->name, 10 * log10(error / signal));
			memcpy(out_l, more_l, 2 * RATE * sizeof(float));
		}
	}
}

Test(apollo_sampler, steals_without_a_click,
	.description = "APO-26: voices are stolen when none is left; no click, no more voices than there are")
{
	static struct event e[400];
	struct sampler_figures f;
	float jump = 0;

	for (uint32_t i = 0; i < 400; i++)
		e[i] = (struct event){i * 200, ON, 0, (uint8_t)(20 + i % 100), 100};
	rig_init(&rig);
	rig_zone(&rig, 0)->param[zp_env(0, ENV_ATTACK)] = 0.01f;
	rig_start(&rig, &(struct sampler_options){.polyphony = 16});
	rig_render(&rig, e, 400, 0, out_l, out_r, 80000, 256);
	for (uint32_t i = 1; i < 80000; i++)
		jump = fmaxf(jump, fabsf(out_l[i] - out_l[i - 1]));
	sampler_figures(rig.sampler, &f);
	cr_assert_leq(f.peak_voices, 16 + 64);
	cr_assert_eq(f.stolen, 400 - 16);
	/* one attack of 10 ms and the fades of 5 ms that overlap: never steeper than these lines */
	cr_assert_lt(jump, 0.5f * (3 / 480.0f + 3 / 240.0f), "a jump of %g", (double)jump);
	rig_end(&rig);
}

Test(apollo_sampler, thousands_at_once,
	.description = "APO-26: 10,000 notes in one frame take what there is, and end")
{
	static struct event e[10000];
	struct sampler_figures f;

	for (uint32_t i = 0; i < 10000; i++)
		e[i] = (struct event){
			10, ON, (uint8_t)(i / 128 % 9), (uint8_t)(i % 128), (uint8_t)(1 + i % 127)};
	rig_init(&rig);
	rig_zone(&rig, 1);
	rig_start(&rig, NULL);
	rig_render(&rig, e, 10000, 0, out_l, out_r, 2048, 256);
	sampler_figures(rig.sampler, &f);
	cr_assert_eq(f.notes, 10000);
	cr_assert_leq(f.peak_voices, SAMPLER_POLYPHONY + SAMPLER_POLYPHONY / 4);
	for (uint32_t ch = 0; ch < 9; ch++)
		rig.ins->notes_off(rig.ins, 0, ch);
	rig_render(&rig, NULL, 0, 0, out_l, out_r, RATE / 10, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 0, "%u voices are left", rig.ins->voices(rig.ins));
	rig_end(&rig);
}

Test(apollo_sampler, sixty_four_keys, .description = "APO-01: 64 notes at once, each pitch is there")
{
	static struct event e[64];

	for (uint32_t i = 0; i < 64; i++)
		e[i] = (struct event){0, ON, 0, (uint8_t)(30 + i), 100};
	rig_init(&rig);
	rig_zone(&rig, 1);
	rig_start(&rig, NULL);
	rig_render(&rig, e, 64, 0, out_l, out_r, 4 * RATE, 256);
	for (uint32_t i = 0; i < 64;
		i++) { /* the spectrum at each key, by Goertzel over 4 s with a Hann window */
		double hz = SINE_HZ * exp2((30.0 + i - 60) / 12), re = 0, im = 0;

		for (uint32_t n = 0; n < 4 * RATE; n++) {
			double w = 0.5 - 0.5 * cos(2 * M_PI * n / (4.0 * RATE)), a = 2 * M_PI * hz * n / RATE;

			re += w * out_l[n] * cos(a);
			im += w * out_l[n] * sin(a);
		}
		cr_assert_float_eq(2 * hypot(re, im) / (2.0 * RATE), 0.5, 0.02, "key %u", 30 + i);
	}
	rig_end(&rig);
}

Test(apollo_sampler, pedals_hold, .description = "APO-09: sustain and sostenuto hold what they should")
{
	struct event e[] = {{0, ON, 0, 60, 100}, {10, CC, 0, 66, 127}, {20, ON, 0, 64, 100},
		{30, OFF, 0, 60, 0}, {30, OFF, 0, 64, 0}, {5000, CC, 0, 66, 0}};
	struct event p[] = {
		{0, CC, 0, 64, 127}, {0, ON, 0, 60, 100}, {100, OFF, 0, 60, 0}, {4000, CC, 0, 64, 0}};

	rig_init(&rig);
	rig_zone(&rig, 1);
	rig_start(&rig, NULL);
	rig_render(&rig, e, 5, 0, out_l, out_r, 4992, 64);
	cr_assert_eq(rig.ins->voices(rig.ins), 1, "only the key that was down when sostenuto was pressed");
	rig_play(&rig, &e[5], 0);
	rig_render(&rig, NULL, 0, 0, out_l, out_r, 4800, 64);
	cr_assert_eq(rig.ins->voices(rig.ins), 0);
	rig_render(&rig, p, 3, 0, out_l, out_r, 4000, 100);
	cr_assert_eq(rig.ins->voices(rig.ins), 1);
	rig_play(&rig, &p[3], 0);
	rig_render(&rig, NULL, 0, 0, out_l, out_r, 4800, 100);
	cr_assert_eq(rig.ins->voices(rig.ins), 0);
	rig_end(&rig);
}

Test(apollo_sampler, exclusive_class,
	.description = "APO-01: a note of a class ends those before it in the class")
{
	struct event e[] = {{0, ON, 0, 42, 100}, {1000, ON, 0, 46, 100}};
	struct zone *z;

	rig_init(&rig);
	z = rig_zone(&rig, 1);
	z->group = z->off_by = 1;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 2, 0, out_l, out_r, 1024, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 2, "it fades");
	rig_render(&rig, NULL, 0, 0, out_l, out_r, 512, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 1);
	rig_end(&rig);
}

Test(apollo_sampler, round_robin_and_switches,
	.description = "SFZ: sequences take turns, key switches choose, ranges of velocity part")
{
	struct zone *z;
	struct event e[] = {{0, ON, 0, 60, 100}};
	float level[4];

	rig_init(&rig);
	for (uint32_t i = 0; i < 3; i++) {
		z = rig_zone(&rig, 0);
		z->param[ZP_GAIN] = 0.1f * (float)(i + 1);
		z->cond = i;
		z->n_conds = 1;
		z->key_lo = 10;
		rig.cond[i] = (struct zone_cond){.kind = COND_SEQUENCE, .lo = (float)i + 1, .hi = 3};
	}
	rig_start(&rig, NULL);
	for (uint32_t i = 0; i < 4; i++) {
		rig_render(&rig, e, 1, 0, out_l, out_r, 64, 64);
		level[i] = out_l[32];
		rig_play(&rig, &(struct event){.kind = KILL}, 0);
	}
	cr_assert_float_eq(level[0], 0.05f, 1e-5f);
	cr_assert_float_eq(level[1], 0.10f, 1e-5f);
	cr_assert_float_eq(level[2], 0.15f, 1e-5f);
	cr_assert_float_eq(level[3], 0.05f, 1e-5f);
	rig_end(&rig);

	rig_init(&rig);
	for (uint32_t i = 0; i < 2; i++) {
		z = rig_zone(&rig, 0);
		z->param[ZP_GAIN] = 0.1f * (float)(i + 1);
		z->cond = i;
		z->n_conds = 1;
		z->key_lo = 40;
		rig.cond[i] = (struct zone_cond){
			.kind = COND_LAST_SWITCH, .lo = 24 + (float)i, .hi = 24 + (float)i};
	}
	rig.preset.has_switch = 1;
	rig.preset.sw_lo = 24;
	rig.preset.sw_hi = 25;
	rig.preset.sw_default = 24;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 1, 0, out_l, out_r, 64, 64);
	cr_assert_float_eq(out_l[32], 0.05f, 1e-5f);
	rig_play(&rig, &(struct event){.kind = KILL}, 0);
	rig_play(&rig, &(struct event){.kind = ON, .a = 25, .b = 100}, 0);
	rig_render(&rig, e, 1, 0, out_l, out_r, 64, 64);
	cr_assert_float_eq(out_l[32], 0.10f, 1e-5f);
	rig_end(&rig);
}

Test(apollo_sampler, loop_until_release,
	.description = "SFZ loop_sustain, SoundFont mode 3: after the release the sample goes on to its end")
{
	struct event e[] = {{0, ON, 0, 60, 100}, {10000, OFF, 0, 60, 0}};
	struct zone *z;
	uint32_t last = 0;

	rig_init(&rig);
	z = rig_zone(&rig, 0);
	z->loop = ZONE_LOOP_UNTIL_RELEASE;
	z->loop_start = 100;
	z->loop_end = 1100;
	z->end = 3000;
	z->param[zp_env(0, ENV_RELEASE)] = 100;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 2, 0, out_l, out_r, 20000, 256);
	for (uint32_t i = 0; i < 20000; i++)
		last = out_l[i] > 0.1f ? i : last;
	/* at frame 10000 it is 900 frames into the loop: frame 1000 of 3000 */
	cr_assert(abs((int)last - 11999) <= 2, "last frame %u", last);
	rig_end(&rig);
}
