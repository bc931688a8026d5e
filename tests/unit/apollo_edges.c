/* SPDX-License-Identifier: MIT */
/* The sampler where it is not often: loops that are counted or tiny, notes of no length, voices that no key
 * holds. */
#include "apollo/apollo.h"
#include "apollo_rig.h"

#define LONG_LOOP 65538u /* 65,535 turns of it are more than 32 bits hold */

static float out_l[4 * RATE], out_r[4 * RATE], more_l[RATE], more_r[RATE];
static int16_t samples[2][100000 + KERNEL_OVER];
static struct rig rig;
static struct apollo apollo;

/* The zone's sample is one of `samples`, so many frames of it. */
static void use_samples(uint32_t which, uint32_t n)
{
	rig.sample[which].n_frames = n;
	rig.sample[which].extent[0] = (struct sample_extent){.end = n, .data = {samples[which]}};
}

Test(apollo_edges, many_turns,
	.description = "APO-02: a loop of 65,535 long turns does not end after the first")
{
	const struct event e[] = {{0, ON, 0, 60, 100}};
	struct zone *z;

	for (uint32_t i = 0; i < LONG_LOOP; i++)
		samples[0][i] = 16384;
	rig_init(&rig);
	use_samples(0, LONG_LOOP);
	z = rig_zone(&rig, 0);
	z->end = z->loop_end = LONG_LOOP;
	z->loop_count = 65535;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 1, 0, out_l, out_r, 3 * RATE, 256);
	cr_assert_float_eq(out_l[3 * RATE - 1], 0.5f, 1e-4f);
	rig_end(&rig);
}

Test(apollo_edges, tiny_loops,
	.description = "APO-02: loops of 1 to 70 frames sound as if they were written out, at any speed")
{
	static const uint32_t way[] = {1, 2, 7, 64, 70}, turns[] = {0, 3, 5000};
	static const uint8_t key[] = {40, 60, 97, 127};

	for (uint32_t i = 0; i < sizeof(key) * 5 * 3; i++) {
		const uint32_t w = way[i % 5], k = i / 5 % 3, n = turns[k] ? 100 + w * turns[k] : 99000;
		const struct event e[] = {{0, ON, 0, key[i / 15], 100}};
		struct zone *z;

		for (uint32_t f = 0; f < 100 + w; f++)
			samples[0][f] = (int16_t)(f * 7919);
		for (uint32_t f = 0; f < 100000; f++)
			samples[1][f] = f < 100 ? samples[0][f] : samples[0][100 + (f - 100) % w];
		rig_init(&rig);
		use_samples(0, 100 + w);
		use_samples(1, n < 99000 ? n : 99000);
		for (uint32_t which = 0; which < 2; which++) {
			z = rig_zone(&rig, which);
			z->end = rig.sample[which].n_frames;
			z->loop_start = which ? 0 : 100;
			z->loop_end = which ? 0 : 100 + w;
			z->loop_count = (uint16_t)turns[k];
			z->loop = which ? ZONE_LOOP_NONE : ZONE_LOOP_ALWAYS;
			rig.bank.n_zones = 1;
			rig.zone[0] = *z;
			rig_start(&rig, NULL);
			rig_render(&rig, e, 1, 0, which ? more_l : out_l, more_r, 1500, 100);
			rig_end(&rig);
			rig.bank.n_zones = 1;
			rig.frame = 0;
		}
		for (uint32_t f = 0; f < 1400; f++)
			cr_assert(out_l[f] == more_l[f], "key %u, %u frames, %u times: frame %u: %.9g, %.9g",
				key[i / 15], w, turns[k], f, (double)out_l[f], (double)more_l[f]);
	}
}

Test(apollo_edges, short_loops_of_two_sides,
	.description = "APO-02: loops of two channels sound as if they were written out, in whole control "
		       "periods, too")
{
	static const uint32_t way[] = {1, 30, 100, 300, 500};
	static const uint8_t key[] = {48, 60, 79};
	static int16_t right[2][100000 + KERNEL_OVER];

	for (uint32_t i = 0; i < 3 * 5; i++) {
		const uint32_t w = way[i % 5];
		const struct event e[] = {{0, ON, 0, key[i / 5], 100}};

		for (uint32_t f = 0; f < 99000; f++) {
			uint32_t at = f < 100 + w ? f : 100 + (f - 100) % w;

			samples[1][f] = (int16_t)(at * 7919);
			right[1][f] = (int16_t)(at * 4241);
		}
		memcpy(samples[0], samples[1], (100 + w) * sizeof(int16_t));
		memcpy(right[0], right[1], (100 + w) * sizeof(int16_t));
		for (uint32_t which = 0; which < 2; which++) {
			struct zone *z;

			rig_init(&rig);
			use_samples(0, which ? 99000 : 100 + w);
			rig.sample[0].n_channels = 2;
			rig.sample[0].extent[0].data[0] = samples[which];
			rig.sample[0].extent[0].data[1] = right[which];
			z = rig_zone(&rig, 0);
			z->end = rig.sample[0].n_frames;
			z->loop_start = 100;
			z->loop_end = which ? 0 : 100 + w;
			z->loop = which ? ZONE_LOOP_NONE : ZONE_LOOP_ALWAYS;
			rig_start(&rig, NULL);
			rig_render(&rig, e, 1, 0, which ? more_l : out_l, which ? more_r : out_r, 9600, 256);
			rig_end(&rig);
		}
		for (uint32_t f = 0; f < 9600; f++)
			cr_assert(out_l[f] == more_l[f] && out_r[f] == more_r[f],
				"key %u, %u frames: frame %u: %.9g, %.9g", key[i / 5], w, f, (double)out_l[f],
				(double)more_l[f]);
	}
}

Test(apollo_edges, short_loop_until_release,
	.description = "APO-02: let go, a short loop's turn is finished and the sample goes on to its end")
{
	static const uint32_t way[] = {30, 300, 511};
	const struct event e[] = {{0, ON, 0, 60, 100}, {5000, OFF, 0, 60, 0}};

	for (uint32_t i = 0; i < 3; i++) {
		const uint32_t w = way[i], whole = 100 + ((5000 - 100) / w + 1) * w, tail = 3000;

		for (uint32_t f = 0; f < 100 + w + tail; f++)
			samples[0][f] = (int16_t)(f * 7919);
		for (uint32_t f = 0; f < whole + tail; f++)
			samples[1][f] = samples[0][f < 100 ? f : f < whole ? 100 + (f - 100) % w : f - whole + 100 + w];
		for (uint32_t which = 0; which < 2; which++) {
			struct zone *z;

			rig_init(&rig);
			use_samples(which, which ? whole + tail : 100 + w + tail);
			z = rig_zone(&rig, which);
			z->end = rig.sample[which].n_frames;
			z->loop_start = 100;
			z->loop_end = 100 + w;
			z->loop = which ? ZONE_LOOP_NONE : ZONE_LOOP_UNTIL_RELEASE;
			z->param[zp_env(0, ENV_RELEASE)] = 100;
			rig_start(&rig, NULL);
			rig_render(&rig, e, 2, 0, which ? more_l : out_l, more_r, 9600, 256);
			rig_end(&rig);
		}
		for (uint32_t f = 0; f < 9600; f++)
			cr_assert(out_l[f] == more_l[f], "%u frames: frame %u: %.9g, %.9g", w, f, (double)out_l[f],
				(double)more_l[f]);
	}
}

Test(apollo_edges, no_length,
	.description = "APO-01: a SoundFont's note that ends in the frame of its start is heard for 10 ms")
{
	const struct event e[] = {{100, ON, 9, 42, 100}, {100, OFF, 9, 42, 0}};
	struct zone *z;

	rig_init(&rig);
	rig.preset.bank = BANK_DRUMS;
	z = rig_zone(&rig, 0);
	z->flavour = ZONE_SF2;
	z->param[zp_env(0, ENV_SUSTAIN)] = 0;
	for (uint32_t f = 0; f < ENV_SUSTAIN; f++)
		z->param[zp_env(0, f)] = -12000;
	z->param[zp_env(0, ENV_RELEASE)] = -12000;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 2, 9, out_l, out_r, 4800, 64);
	cr_assert_float_eq(out_l[100 + 479], 0.5f * sqrtf(0.5f), 1e-3f);
	cr_assert_lt(out_l[100 + 600], 0.1f);
	cr_assert_eq(rig.ins->voices(rig.ins), 0);
	rig_end(&rig);
}

Test(apollo_edges, controller_starts,
	.description = "APO-02: what a controller starts is no key's, and not started by what stood already")
{
	const struct event e[] = {
		{0, CC, 0, 11, 126}, {0, CC, 0, 20, 100}, {200, ON, 0, 60, 100}, {300, OFF, 0, 60, 0}};
	struct zone *z;

	rig_init(&rig);
	for (uint32_t i = 0; i < 2; i++) {
		z = rig_zone(&rig, 0);
		z->key_lo = 1;
		z->key_hi = 0;
		z->trigger = ZONE_ON_CC;
		z->cond = i;
		z->n_conds = 1;
		rig.cond[i] = (struct zone_cond){.kind = COND_ON_CC, .num = i ? 20 : 11, .lo = 60, .hi = 127};
	}
	rig_start(&rig, NULL);
	rig.preset.has_cc_zones = 1;
	rig_render(&rig, e, 4, 0, out_l, out_r, 9600, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 1, "%u voices", rig.ins->voices(rig.ins));
	cr_assert_float_eq(out_l[9599], 0.5f, 1e-4f, "the release of key 60 is not its own");
	rig_end(&rig);
}

Test(apollo_edges, pedal_from_before,
	.description = "APO-09: a pedal that is down holds the notes of a bank that comes later")
{
	const struct event e[] = {{0, ON, 0, 60, 100}, {100, OFF, 0, 60, 0}};

	rig_init(&rig);
	rig_zone(&rig, 0);
	chan_apply(&rig.chan[0], &(struct chan_msg){.status = 0xb, .d1 = 64, .d2 = 127});
	rig_start(&rig, NULL);
	rig_render(&rig, e, 2, 0, out_l, out_r, 9600, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 1);
	rig_end(&rig);
}

Test(apollo_edges, program_meanwhile,
	.description = "APO-02: a program change is for the next note; what voices that sound follow has not changed")
{
	const struct event e[] = {{0, ON, 0, 60, 100}};

	for (uint32_t changes = 0; changes < 2; changes++) {
		struct zone *z;
		uint32_t before;

		rig_init(&rig);
		z = rig_zone(&rig, 1);
		z->filter = ZONE_LP2;
		z->param[ZP_FC] = 6000;
		rig_start(&rig, NULL);
		before = rig.chan[0].version;
		for (uint8_t i = 0; i < 8; i++) {
			rig_render(&rig, e, i == 0, 0, (changes ? more_l : out_l) + i * 256, more_r, 256, 256);
			if (!changes)
				continue;
			chan_apply(&rig.chan[0], &(struct chan_msg){.status = 0xc, .d1 = i + 1});
			rig.ins->changed(rig.ins, 0, 0);
		}
		cr_assert_eq(rig.chan[0].version, before);
		cr_assert_eq(rig.chan[0].v.program, changes ? 8 : 0);
		rig_end(&rig);
	}
	for (uint32_t f = 0; f < 8 * 256; f++)
		cr_assert_eq(out_l[f], more_l[f], "frame %u", f);
}

Test(apollo_edges, choked_before_its_start,
	.description = "APO-02: a voice that is ended within its delay is not heard")
{
	const struct event e[] = {{0, ON, 0, 42, 100}, {100, ON, 0, 46, 100}};

	for (uint32_t by_polyphony = 0; by_polyphony < 2; by_polyphony++) {
		struct zone *z;

		rig_init(&rig);
		for (uint32_t i = 0; i < 2; i++) {
			z = rig_zone(&rig, 0);
			z->key_lo = z->key_hi = (uint8_t)(42 + 4 * i);
			z->group = 1;
			z->off_by = !by_polyphony;
			z->group_polyphony = (uint16_t)by_polyphony;
			z->param[ZP_DELAY] = i ? 0 : 0.05f;
			z->param[ZP_GAIN] = i ? 0 : 1;
		}
		rig_start(&rig, NULL);
		rig_render(&rig, e, 2, 0, out_l, out_r, 4800, 256);
		cr_assert_eq(rig.ins->voices(rig.ins), 1);
		for (uint32_t f = 0; f < 4800; f++)
			cr_assert(out_l[f] == 0, "frame %u: %g", f, (double)out_l[f]);
		rig_end(&rig);
	}
}

Test(apollo_edges, bank_that_is_not_there,
	.description = "APO-17: pedal up after a program that the rack has nothing of")
{
	const struct event e[] = {{0, CC, 0, 64, 127}, {0, ON, 0, 60, 100}, {100, OFF, 0, 60, 0}},
			   up = {0, CC, 0, 64, 0};
	const struct chan_msg kit = {.status = 0xc, .has_bank = 1, .bank_msb = 120};

	rig_init(&rig);
	rig_zone(&rig, 0);
	rig_zone(&rig, 0)->trigger = ZONE_ON_RELEASE;
	rig.preset.has_release_zones = 1;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 3, 0, out_l, out_r, 512, 256);
	rig.ins->before_change(rig.ins, 0, 0);
	chan_apply(&rig.chan[0], &kit);
	rig.ins->changed(rig.ins, 0, 0);
	rig_play(&rig, &up, 0);
	rig_render(&rig, NULL, 0, 0, out_l, out_r, 4800, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 0);
	rig_end(&rig);
}

Test(apollo_edges, one_note_of_too_many,
	.description = "APO-26: a note of 1,000 zones takes a bounded number of voices")
{
	const struct event e[] = {{0, ON, 0, 60, 100}};
	struct zone *z;

	rig_init(&rig);
	z = rig_zone(&rig, 0);
	z->key_lo = z->key_hi = 60;
	rig.more_often = 999;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 1, 0, out_l, out_r, 256, 256);
	cr_assert_eq(rig.ins->voices(rig.ins), 128);
	rig_end(&rig);
}

Test(apollo_edges, one_note_of_a_long_list,
	.description = "APO-26: of a list of 100 zones all that fit a note start, also behind 50 that do not")
{
	const struct event e[] = {{0, ON, 0, 60, 100}, {0, ON, 1, 60, 20}};
	struct zone *z;

	rig_init(&rig);
	for (uint32_t i = 0; i < 2; i++) {
		z = rig_zone(&rig, i);
		z->key_lo = z->key_hi = 60;
		z->vel_lo = i ? 64 : 1;
		z->vel_hi = i ? 127 : 63;
	}
	rig.more_often = 49;
	rig_start(&rig, NULL);
	rig_render(&rig, e, 1, 0, out_l, out_r, 256, 256);
	cr_expect_eq(rig.ins->voices(rig.ins), 50, "the last ones");
	rig_render(&rig, e + 1, 1, 1, out_l, out_r, 256, 256);
	cr_expect_eq(rig.ins->voices(rig.ins), 100, "the first ones");
	rig_end(&rig);
}

Test(apollo_edges, racks,
	.description =
		"APO-17: which preset a rack without drums, with nothing but drums, or with nothing has")
{
	struct preset p[3] = {{.bank = 3, .program = 5}, {.bank = BANK_DRUMS, .program = 8}, {.bank = 200}};
	struct bank none = {.preset = p}, drums = {.preset = &p[1], .n_presets = 1},
		    no_drums = {.preset = p, .n_presets = 1}, all = {.preset = p, .n_presets = 3},
		    *banks[] = {&none, &drums, &no_drums, &all};
	/* for drums, for program 0 of bank 0: number of the preset, or -1 */
	static const int want[][2] = {{-1, -1}, {8, 8}, {-1, 5}, {8, 5}};

	for (uint32_t i = 0; i < 4; i++) {
		struct rack_slot slot[3];
		struct rack r = {.n_slots = banks[i]->n_presets, .slot = slot};

		for (uint32_t k = 0; k < r.n_slots; k++)
			slot[k] = (struct rack_slot){
				.key = (uint32_t)banks[i]->preset[k].bank << 8 | banks[i]->preset[k].program};
		for (uint32_t is_melodic = 0; is_melodic < 2; is_melodic++) {
			const struct rack_slot *s = rack_find(&r, !is_melodic, 0, 0);

			cr_assert_eq(s ? (int)(s->key & 255) : -1, want[i][is_melodic], "rack %u, %u", i,
				is_melodic);
		}
	}
}

static void send(const struct chan_msg *m)
{
	const uint32_t ump[2] = {0x20000000u | (uint32_t)m->status << 20 | (uint32_t)m->channel << 16 |
				 (uint32_t)m->d1 << 8 | m->d2};

	apollo_begin(&apollo, 0);
	apollo_ump(&apollo, 0, ump);
}

Test(apollo_edges, zone_after_a_jump,
	.description = "MPE: after a jump, and after a reset, members have the range, the program and the "
		       "bend they should")
{
	static struct song_chase chase;
	static const struct chan_msg score[] = {
		{0, 0xb, 101, 0}, {0, 0xb, 100, 6}, {0, 0xb, 6, 5}, {0, 0xc, 40}, {0, 0xe, 127, 127}};

	for (uint32_t ch = 0; ch < APOLLO_SCORE_CHANNELS; ch++)
		chan_init(&chase.channel[ch]);
	apollo_init(&apollo, RATE);
	for (uint32_t i = 0; i < 4; i++)
		chan_apply_all(chase.channel, &score[i]);
	for (uint32_t i = 0; i < 5; i++)
		send(&score[i]);
	cr_assert_float_eq(apollo.channel[1].zone_cents, 200, 0.1f);
	apollo_begin(&apollo, 0);
	apollo_chase(&apollo, 0, &chase); /* to before the bend */
	cr_assert_eq(apollo.channel[1].zone_cents, 0);
	cr_assert_eq(chan_bend_range(&apollo.channel[5]), 4800);
	cr_assert_eq(apollo.channel[5].v.program, 40);
	cr_assert_eq(apollo.channel[6].v.program, 0);
	chan_apply_all(chase.channel, &score[4]);
	apollo_chase(&apollo, 0, &chase);
	cr_assert_float_eq(apollo.channel[5].zone_cents, 200, 0.1f);
	cr_assert_eq(apollo.channel[6].zone_cents, 0);
	apollo_ump(&apollo, 0, (const uint32_t[2]){0x30047e7fu, 0x09010000u}); /* GM on */
	cr_assert_eq(apollo.channel[5].zone_cents, 0);
	cr_assert_eq(chan_bend_range(&apollo.channel[5]), 200);
}

Test(apollo_edges, filter_gain,
	.description = "APO-01: the gain of a peak or shelf (SFZ fil_gain_onccN, fil2_gain_onccN) follows its controller while "
		       "the note sounds")
{
	const struct event events[] = {{0, ON, 0, 60, 127}, {RATE / 2, CC, 0, 20, 127}};

	for (uint32_t second = 0; second < 2; second++) {
		struct zone *z;
		float before, after;

		rig_init(&rig);
		z = rig_zone(&rig, 1);
		if (second)
			z->filter2 = ZONE_PEAK;
		else
			z->filter = ZONE_PEAK;
		z->param[second ? ZP_FC2 : ZP_FC] = 7050; /* 480 Hz: the tone */
		z->n_mods = 1;
		rig.mod[0] = (struct zone_mod){.source = SRC_CC + 20,
			.source2 = SRC_ONE,
			.curve = CURVE_UNIT,
			.param = second ? ZP_FILTER_GAIN2 : ZP_FILTER_GAIN,
			.amount = 12};
		rig_start(&rig, NULL);
		rig_render(&rig, events, 2, 0, out_l, out_r, RATE, 256);
		rig_end(&rig);
		before = after = 0;
		for (uint32_t i = RATE / 4; i < RATE / 2; i++)
			before = fmaxf(before, fabsf(out_l[i]));
		for (uint32_t i = 3 * RATE / 4; i < RATE; i++)
			after = fmaxf(after, fabsf(out_l[i]));
		cr_expect_float_eq(20 * log10f(after / before), 12, 0.1f, "filter %u: %g dB", second + 1,
			20 * log10((double)(after / before)));
	}
}
