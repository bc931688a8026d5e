/* SPDX-License-Identifier: MIT */
/* What players say while a note sounds: MIDI 2.0 in its full resolution, per-note controllers, MPE, NRPN. */
#include "apollo/apollo.h"
#include "apollo_rig.h"

static struct rig rig;
static struct apollo apollo;
static float out_l[RATE], out_r[RATE];

/* Apollo itself, playing this rig's sampler and its zones. */
static void start_rig(void)
{
	apollo_init(&apollo, RATE);
	rig_start(&rig, &(struct sampler_options){.channel = apollo.channel, .interp = KERNEL_CUBIC});
	(void)apollo_set_bank(&apollo, rig.ins, 0);
}

static void start_apollo(uint32_t sample)
{
	rig_init(&rig);
	(void)rig_zone(&rig, sample);
	start_rig();
}

static void end_apollo(void)
{
	rig_end(&rig);
}

static void send(uint32_t word0, uint32_t word1)
{
	apollo_begin(&apollo, rig.frame);
	apollo_ump(&apollo, 0, (const uint32_t[2]){word0, word1});
}

/* One packet after the other, then n frames of a channel. */
static void run(uint32_t channel, uint32_t n)
{
	for (uint32_t f = 0; f < n; f += 240) {
		apollo_begin(&apollo, rig.frame);
		apollo_play(&apollo, 240);
		for (uint32_t i = 0; i < 240; i++) {
			out_l[f + i] = apollo.bufs.active >> channel & 1 ? apollo.bufs.l[channel][i] : 0;
			out_r[f + i] = apollo.bufs.active >> channel & 1 ? apollo.bufs.r[channel][i] : 0;
		}
		rig.frame += 240;
	}
}

static uint32_t cv2(uint32_t status, uint32_t channel, uint32_t d1, uint32_t d2)
{
	return 0x40000000u | status << 16 | channel << 16 | d1 << 8 | d2;
}

static uint32_t cv1(uint32_t status, uint32_t channel, uint32_t d1, uint32_t d2)
{
	return 0x20000000u | status << 16 | channel << 16 | d1 << 8 | d2;
}

/* M2-115, min-center-max: how a 7-bit value looks in 16 or 32 bits. */
static uint32_t scale_up(uint32_t x, uint32_t from, uint32_t to)
{
	uint32_t shift = to - from, low = x & ((1u << (from - 1)) - 1), bits = from - 1, y = x << shift;

	if (x <= 1u << (from - 1))
		return y;
	for (int at = (int)shift - (int)bits;; at -= (int)bits) {
		if (at >= 0)
			y |= low << at;
		else {
			y |= low >> -at;
			break;
		}
	}
	return y;
}

static double cents(void)
{
	return 1200 * log2(rig_pitch(out_l, 24000) / SINE_HZ);
}

Test(apollo_expression, scaled_values_come_back,
	.description = "MIDI 2.0 values that were scaled up (M2-115) are what they were; finer ones keep "
		       "their fraction")
{
	struct chan_msg m;

	for (uint32_t v = 1; v < 128; v++) {
		cr_assert_eq(
			chan_decode((uint32_t[2]){cv2(0x90, 0, 60, 0), scale_up(v, 7, 16) << 16}, &m), 0);
		cr_assert(m.d2 == v && m.fine == 0, "velocity %u: %u + %u/256", v, m.d2, m.fine);
		cr_assert_eq(chan_decode((uint32_t[2]){cv2(0xb0, 0, 7, 0), scale_up(v, 7, 32)}, &m), 0);
		cr_assert(m.d2 == v && m.fine == 0, "controller %u: %u + %u/256", v, m.d2, m.fine);
	}
	cr_assert_eq(chan_decode((uint32_t[2]){cv2(0x90, 0, 60, 0), (50u << 9 | 256u) << 16}, &m), 0);
	cr_assert_float_eq(chan_msg_value(&m), 50.5f, 1e-6f);
}

Test(apollo_expression, sixteen_bit_velocity,
	.description = "16-bit velocity: levels between two steps of MIDI 1.0")
{
	float level[3];

	for (uint32_t i = 0; i < 3; i++) {
		rig_init(&rig);
		rig_zone(&rig, 0)->n_mods = 1;
		rig.mod[0] = (struct zone_mod){.source = SRC_VELOCITY,
			.source2 = SRC_ONE,
			.op = ZONE_MULTIPLY,
			.curve = CURVE_UNIT,
			.param = ZP_GAIN,
			.amount = 1};
		start_rig();
		send(cv2(0x90, 0, 60, 0), (40u * 512 + i * 256) << 16);
		run(0, 480);
		level[i] = out_l[240];
		end_apollo();
	}
	cr_assert_float_eq(level[1] - level[0], 0.5f * 0.5f / 127, 1e-5f);
	cr_assert_float_eq(level[2] - level[1], 0.5f * 0.5f / 127, 1e-5f);
}

Test(apollo_expression, per_note_bend,
	.description = "MIDI 2.0 per-note pitch bend moves its key, and no other")
{
	start_apollo(1);
	send(cv2(0x90, 0, 60, 0), 0x80000000u);
	send(cv2(0x60, 0, 64, 0), 0xc0000000u);
	run(0, 24000);
	cr_assert_float_eq(cents(), 0, 0.1);
	send(cv2(0x60, 0, 60, 0), 0x80000000u + 0x80000000u / 48); /* a semitone of 48 */
	run(0, 24000);
	cr_assert_float_eq(cents(), 100, 0.1);
	send(cv2(0xf0, 0, 60, 1), 0); /* reset */
	run(0, 24000);
	cr_assert_float_eq(cents(), 0, 0.1);
	end_apollo();
}

Test(apollo_expression, pitch_of_the_note_on,
	.description = "MIDI 2.0 attribute 3: the pitch of this note, and of no later one")
{
	start_apollo(1);
	send(cv2(0x90, 0, 60, 3), 0x80000000u | (uint32_t)(60.5 * 512));
	run(0, 24000);
	cr_assert_float_eq(cents(), 50, 0.1);
	send(cv1(0xb0, 0, 120, 0), 0);
	send(cv2(0x90, 0, 60, 0), 0x80000000u);
	run(0, 24000);
	cr_assert_float_eq(cents(), 0, 0.1);
	end_apollo();
}

Test(apollo_expression, per_note_pan_and_level,
	.description = "MIDI 2.0 registered per-note controllers 7 and 10")
{
	start_apollo(0);
	send(cv2(0x90, 0, 60, 0), 0x80000000u);
	send(cv2(0x00, 0, 60, 10), 0xffffffffu);
	run(0, 480);
	cr_assert_lt(fabsf(out_l[400]), 1e-3f);
	cr_assert_gt(out_r[400], 0.6f);
	send(cv2(0x00, 0, 60, 10), 0x80000000u);
	send(cv2(0x00, 0, 60, 7), scale_up(50, 7, 32));
	run(0, 480);
	cr_assert_float_eq(out_l[400], 0.5f / 4, 1e-3f); /* (50 / 100)^2 */
	end_apollo();
}

Test(apollo_expression, mpe,
	.description = "MPE: RPN 6 makes a zone; members bend by 48 semitones, the manager bends them all, "
		       "its pedal holds them")
{
	start_apollo(1);
	send(cv1(0xb0, 0, 101, 0), 0);
	send(cv1(0xb0, 0, 100, 6), 0);
	send(cv1(0xb0, 0, 6, 5), 0);
	cr_assert_eq(chan_bend_range(&apollo.channel[5]), 4800);
	cr_assert_eq(chan_bend_range(&apollo.channel[6]), 200);
	send(cv1(0x90, 1, 60, 100), 0);
	send(cv1(0xe0, 1, 0, 64 + 8), 0); /* an eighth of 48 semitones */
	run(1, 24000);
	cr_assert_float_eq(cents(), 600, 0.2);
	send(cv1(0xe0, 0, 127, 127), 0); /* and two semitones by the manager */
	run(1, 24000);
	cr_assert_float_eq(cents(), 800, 0.3);
	send(cv1(0xb0, 0, 64, 127), 0);
	send(cv1(0x80, 1, 60, 0), 0);
	run(1, 9600);
	cr_assert_eq(apollo_voices(&apollo), 1);
	send(cv1(0xb0, 0, 64, 0), 0);
	run(1, 9600);
	cr_assert_eq(apollo_voices(&apollo), 0);
	/* the zone is taken away: the members are ordinary channels again */
	send(cv1(0xb0, 0, 101, 0), 0);
	send(cv1(0xb0, 0, 100, 6), 0);
	send(cv1(0xb0, 0, 6, 0), 0);
	cr_assert_eq(chan_bend_range(&apollo.channel[5]), 200);
	cr_assert_eq(apollo.channel[1].zone_cents, 0);
	end_apollo();
}

Test(apollo_expression, gs_nrpn,
	.description = "GS NRPN 1/32 and its kin are the sound controllers of General MIDI 2")
{
	static const uint8_t nrpn[][2] = {
		{8, 76}, {9, 77}, {10, 78}, {32, 74}, {33, 71}, {99, 73}, {100, 75}, {102, 72}};

	start_apollo(1);
	for (uint32_t i = 0; i < sizeof(nrpn) / sizeof(nrpn[0]); i++) {
		send(cv1(0xb0, 2, 99, 1), 0);
		send(cv1(0xb0, 2, 98, nrpn[i][0]), 0);
		send(cv1(0xb0, 2, 6, 20 + i), 0);
		cr_assert_eq(apollo.channel[2].v.cc[nrpn[i][1]], 20 + i, "NRPN 1/%u", nrpn[i][0]);
	}
	cr_assert_eq(apollo.channel[2].v.rpn[RPN_BEND_RANGE], 2 << 7, "no RPN was meant");
	end_apollo();
}

Test(apollo_expression, darker,
	.description = "Controller 74 below its centre: a SoundFont zone without a filter gets one")
{
	double level[2];

	for (uint32_t i = 0; i < 2; i++) {
		struct zone *z;

		rig_init(&rig);
		z = rig_zone(&rig, 1);
		z->flavour = ZONE_SF2;
		z->param[ZP_FC] = 13500;
		z->param[ZP_Q] = -30.1f;
		z->param[zp_env(0, ENV_SUSTAIN)] = 0;
		for (uint32_t f = 0; f < ENV_SUSTAIN; f++)
			z->param[zp_env(0, f)] = -12000;
		start_rig();
		send(cv1(0xb0, 0, 74, i ? 0 : 64), 0);
		send(cv1(0x90, 0, 84, 100), 0); /* 1,920 Hz, the filter then at 1,244 Hz */
		run(0, 4800);
		level[i] = 0;
		for (uint32_t n = 2400; n < 4800; n++)
			level[i] += (double)out_l[n] * (double)out_l[n];
		end_apollo();
	}
	cr_assert_float_eq(10 * log10(level[1] / level[0]), -10 * log10(1 + pow(1920 / 1244.5, 4)), 0.3);
}
