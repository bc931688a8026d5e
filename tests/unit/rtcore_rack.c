/* SPDX-License-Identifier: MIT */
/*
 * General MIDI through the engine and the sampler: the instruments by name, many notes, banks that are
 * switched while notes ring; what is loaded, where it is put, and what is refused.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo/store/store.h"
#include "frames.h"
#include "rack_load.h"
#include "rtcore_fixture.h"

#define RATE 48000
#define SECOND_BANK "/usr/share/sounds/sf2/TimGM6mb.sf2"

/* Tests run faster than the disk would have to read: all samples are in memory. */
static struct store *store;

static void setup(void)
{
	store = store_create(&(struct store_options){.is_resident = 1});
	cr_assert_not_null(store);
}

static void teardown(void)
{
	store_destroy(store);
}

TestSuite(rack, .init = setup, .fini = teardown);

static struct rack_config config_of(const struct rig *r)
{
	return (struct rack_config){.rate_hz = r->e->rate_hz,
		.interp = KERNEL_CUBIC,
		.store = store,
		.channel = r->e->apollo.channel};
}

static struct sampler *plan_load(struct rig *r, const struct rack_plan *plan, struct rack_facts **ret_facts)
{
	struct rack_config config = config_of(r);
	struct sampler *s = NULL;
	char why[200] = "";

	cr_assert_eq(rack_load(plan, &config, NULL, NULL, &s, ret_facts, why, sizeof(why)), 0, "%s", why);
	return s;
}

static struct sampler *bank_create(struct rig *r)
{
	static struct rack_plan plan = {.font = GM_BANK};

	return plan_load(r, &plan, NULL);
}

/* @return what is out of use, or NULL. */
static struct instrument *bank_set(struct rig *r, struct sampler *s)
{
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_BANK};
	uint32_t id = rig_send(r, &msg, sampler_instrument(s), (uint64_t)(uintptr_t)s);
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

Test(rack, second_worker, .timeout = 60,
	.description = "TIM-17: an engine with a second worker has it play, waits for it for a part of the cycle at most, and "
		       "counts what it did")
{
	static struct rack_plan plan = {.font = GM_BANK};
	struct workers_figures f;
	struct workers *workers;
	struct rack_config config;
	struct sampler *s = NULL;
	char why[200] = "";
	struct rig r;

	NEEDS_GM_BANK();
	cr_assert_eq(workers_create(&(struct workers_options){.is_live = 1}, &workers), 0);
	rig_init(&r, RATE, 512);
	config = config_of(&r);
	r.e->workers = config.workers = workers;
	cr_assert_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), 0, "%s", why);
	cr_assert_null(bank_set(&r, s));
	for (uint8_t ch = 0; ch < 15; ch++)
		for (uint8_t key = 0; key < 12; key++) {
			live(&r, 0, 0xc0, ch, 19, 0); /* an organ: it lasts */
			live(&r, 0, 0x90, ch, (uint8_t)(48 + key), 100);
		}
	do { /* a machine with other work may not have run it yet */
		rig_forget(&r);
		rig_run(&r, RATE / 10);
		workers_figures(workers, &f);
	} while (f.units == 0);
	rig_run(&r, 512); /* counters are told once a cycle */
	workers_figures(workers, &f);
	cr_expect_gt(rig_counter(&r, C_WORKER_UNITS), 0);
	cr_expect_leq((uint64_t)rig_counter(&r, C_WORKER_UNITS), f.units, "one that was late may have come to its end since");
	cr_expect_eq((uint64_t)rig_counter(&r, C_WORKER_LATE), f.late);
	cr_expect_gt(rig_rms(&r, 0, r.n_frames), 0.01);
	rig_finish(&r);
	workers_destroy(workers);
}

Test(rack, every_program, .timeout = 60,
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

Test(rack, twenty_instruments, .timeout = 60,
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

Test(rack, polyphony,
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

Test(rack, any_quantum, .timeout = 60,
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
		if (first)
			cr_assert_eq(frames_differ(first, r.l, n), n, "quantum %u differs at frame %zu", quanta[i],
				frames_differ(first, r.l, n));
		if (!first) {
			first = r.l;
			r.l = NULL;
		}
		rig_finish(&r);
	}
	free(first);
}

Test(rack, many_notes, .timeout = 60,
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
			score_note(&s, i < 3 ? 100 : rnd(&rng, 0, 1920), rnd(&rng, 400, 960),
				n % 16 == 9 ? 10 : n % 48, /* some of the kit ring for half a minute */
				(uint8_t)(20 + n / 48 % 100), 127);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		for (int k = 0; k < 500; k++) {
			rig_forget(&r);
			rig_run(&r, 256);
			/* what was stolen fades for some frames more */
			cr_assert_leq(rig_counter(&r, C_VOICES), SAMPLER_POLYPHONY * 9 / 8,
				"%u notes: %lld voices", counts[i % 3], (long long)rig_counter(&r, C_VOICES));
			cr_assert_eq(frames_beyond(r.l, 256, MIX_CEILING * 1.000001f), 256);
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

Test(rack, controller_flood, .timeout = 60,
	.description = "APO-21: notes end although thousands of controllers come with them, and sound as the "
		       "last of these say")
{
	struct rig r;

	NEEDS_GM_BANK();
	rig_with_bank(&r, RATE, 256);
	live(&r, 0, 0xc0, 0, 19, 0);
	for (uint32_t p = 0; p < 64; p++)
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

Test(rack, switch_bank, .timeout = 60,
	.description = "APO-24 APO-06: banks switched while notes ring: each note plays on where it began, "
		       "no gap, and the last bank wins")
{
	struct sampler *bank[7];
	struct engine_cmd cmd;
	struct rig r;
	struct instrument *done;
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
			done->destroy(done);
		rig_run(&r, 1000);
		cr_expect_gt(rig_rms(&r, r.n_frames - 1000, r.n_frames), 0.7 * level,
			"switch %d: the note is gone", i);
	}
	rig_run(&r, 9600);
	cr_expect_leq(rig_max_step(&r, 38400, r.n_frames), 1.2f * own, "a click");
	live(&r, 0, 0x90, 0, 67, 100);
	rig_run(&r, 256);
	cr_expect_gt(r.e->apollo.bank->voices(r.e->apollo.bank), 0, "the last bank plays what is new");
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

Test(rack, long_note_over_a_switch, .timeout = 60,
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

/* --- What is loaded --- */

static struct rack_map map_of(const char *path, uint16_t bank, uint16_t program)
{
	struct rack_map m = {.bank = bank, .program = program, .from_bank = MOS_MAP_FIRST};

	(void)snprintf(m.path, sizeof(m.path), "%s", path);
	return m;
}

Test(rack, plan,
	.description = "APO-24: what is mapped to a place covers what was there; all of a file goes together")
{
	struct rack_plan plan = {0};
	struct rack_map a = map_of("/a.sfz", 0, 5), b = map_of("/b.sfz", 0, 5), c = map_of("/a.sfz", 1, 5);

	cr_assert_eq(rack_plan_map(&plan, &a), 0);
	cr_assert_eq(rack_plan_map(&plan, &b), 0);
	cr_expect_eq(plan.n_maps, 1);
	cr_expect_str_eq(plan.map[0].path, "/b.sfz");
	cr_assert_eq(rack_plan_map(&plan, &c), 0);
	a.program = 6;
	cr_assert_eq(rack_plan_map(&plan, &a), 0);
	cr_expect_eq(rack_plan_unmap(&plan, "/c.sfz"), -ENOENT);
	cr_expect_eq(rack_plan_unmap(&plan, "/a.sfz"), 0);
	cr_expect_eq(plan.n_maps, 1);
	cr_expect_str_eq(plan.map[0].path, "/b.sfz");
	for (uint16_t i = 0; i < RACK_MAPS; i++) {
		struct rack_map m = map_of("/d.sfz", 2, i);

		cr_expect_eq(rack_plan_map(&plan, &m), i < RACK_MAPS - 1 ? 0 : -E2BIG);
	}
	cr_expect_eq(rack_plan_unmap(&plan, ""), 0);
	cr_expect_eq(plan.n_maps, 0);
}

static const struct mos_rtctl_preset *preset_at(const struct rack_facts *f, uint32_t bank, uint32_t program)
{
	for (uint32_t i = 0; i < f->n_presets; i++)
		if (f->preset[i].bank == bank && f->preset[i].program == program)
			return &f->preset[i];
	return NULL;
}

Test(rack, mapped, .timeout = 60,
	.description = "APO-14 APO-24: a preset of another sound font is heard at the place it was put to, "
		       "and listed; "
		       "the font's others stay")
{
	static struct rack_plan plan = {.font = GM_BANK};
	struct rack_map organ = map_of(SECOND_BANK, 3, 7), kit = map_of(SECOND_BANK, 128, 1);
	struct rack_facts *facts = NULL;
	struct rig r;

	NEEDS_GM_BANK();
	if (access(SECOND_BANK, R_OK) < 0)
		cr_skip_test("needs " SECOND_BANK);
	organ.from_bank = 0;
	organ.from_program = 19;
	cr_assert_eq(rack_plan_map(&plan, &organ), 0);
	cr_assert_eq(rack_plan_map(&plan, &kit), 0);
	rig_init(&r, RATE, 256);
	cr_assert_null(bank_set(&r, plan_load(&r, &plan, &facts)));
	cr_expect_eq(facts->n_files, 3);
	cr_expect(!facts->file[0].is_mapped && facts->file[1].is_mapped && facts->file[1].bank == 3);
	cr_assert_not_null(preset_at(facts, 3, 7));
	cr_expect_eq(preset_at(facts, 3, 7)->file, 1);
	cr_expect_not_null(strstr(preset_at(facts, 3, 7)->name, "Organ"), "%s", preset_at(facts, 3, 7)->name);
	cr_assert_not_null(preset_at(facts, 128, 1));
	cr_expect_eq(preset_at(facts, 128, 1)->file, 2, "a kit is found for drums");
	cr_assert_not_null(preset_at(facts, 0, 19));
	cr_expect_eq(preset_at(facts, 0, 19)->file, 0);
	cr_expect_gt(facts->n_presets, 130);
	cr_expect_gt(facts->resident_bytes, 1 << 20);
	cr_expect_gt(facts->file_bytes, facts->file_bytes / 2);

	live(&r, 0, 0xb0, 0, 0, 3);
	live(&r, 0, 0xc0, 0, 7, 0);
	live(&r, 0, 0x90, 0, 60, 100);
	rig_run(&r, RATE);
	cr_expect_gt(rig_rms(&r, RATE / 2, RATE), 0.005, "an organ goes on");
	cr_expect_leq(abs(pitch_cents(&r, 261.6256, RATE / 4, RATE)), 20);
	free(facts);
	rig_finish(&r);
}

/* A snare on a live channel, after a bank select. @return its first half second, left. */
static void snare(uint8_t channel, uint8_t bank, float ret[RATE / 2])
{
	struct rig r;

	rig_with_bank(&r, RATE, 256);
	live(&r, 0, 0xb0, channel, 0, bank);
	live(&r, 0, 0xc0, channel, 0, 0);
	live(&r, 0, 0x90, channel, 38, 100);
	rig_run(&r, RATE);
	memcpy(ret, r.l, RATE / 2 * sizeof(ret[0]));
	rig_finish(&r);
}

Test(rack, kit_on_any_channel,
	.description = "APO-02: bank select 120, as General MIDI 2 has it, makes any channel one of drums")
{
	static float there[RATE / 2], here[RATE / 2], piano[RATE / 2];

	NEEDS_GM_BANK();
	snare(9, 120, there);
	snare(3, 120, here);
	snare(3, 0, piano);
	cr_expect_arr_eq(there, here, sizeof(here));
	cr_expect_arr_neq(there, piano, sizeof(piano));
}

struct progress {
	uint32_t n, last;
	uint64_t bytes;
	int fell;
	uint32_t enough; /* given up there; 0: never */
};

static int on_progress(void *data, uint32_t percent, uint64_t bytes)
{
	struct progress *p = data;

	p->fell |= percent < p->last || bytes < p->bytes;
	p->n++;
	p->last = percent;
	p->bytes = bytes;
	return p->enough && percent >= p->enough;
}

Test(rack, progress,
	.description = "APO-08: progress from 0 to 100 with bytes, never falling, over several files")
{
	static struct chan_state channel[APOLLO_CHANNELS];
	static struct rack_plan plan = {.font = GM_BANK};
	struct rack_config config = {
		.rate_hz = RATE, .interp = KERNEL_CUBIC, .store = store, .channel = channel};
	struct rack_map m = map_of(GM_BANK, 1, 1);
	struct progress p = {0};
	struct sampler *s = NULL;
	char why[200];

	NEEDS_GM_BANK();
	cr_assert_eq(rack_plan_map(&plan, &m), 0);
	cr_assert_eq(rack_load(&plan, &config, on_progress, &p, &s, NULL, why, sizeof(why)), 0, "%s", why);
	cr_expect_eq(p.last, 100);
	cr_expect(!p.fell);
	cr_expect_gt(p.n, 4);
	cr_expect_gt(p.bytes, 140u << 20);
	sampler_instrument(s)->destroy(sampler_instrument(s));
}

Test(rack, given_up,
	.description = "a load that nobody waits for any more is given up, and leaves nothing behind")
{
	static struct chan_state channel[APOLLO_CHANNELS];
	static struct rack_plan plan = {.font = GM_BANK};
	struct rack_config config = {.rate_hz = RATE, .store = store, .channel = channel};
	struct progress p = {.enough = 20};
	struct store_figures f;
	struct sampler *s = NULL;
	char why[200];

	NEEDS_GM_BANK();
	cr_expect_eq(rack_load(&plan, &config, on_progress, &p, &s, NULL, why, sizeof(why)), -ECANCELED);
	cr_expect_lt(p.last, 50);
	cr_expect_null(s);
	store_figures(store, &f);
	cr_expect_eq(f.resident_bytes, 0);
}

static uint32_t n_noted;
static char noted[200];

static void on_note(const char *path, const char *text)
{
	(void)snprintf(noted, sizeof(noted), "%s: %s", path, text);
	n_noted++;
}

Test(rack, notes,
	.description = "APO-18: what of a file is not played is told, with its place; the rest plays")
{
	static struct chan_state channel[APOLLO_CHANNELS];
	static struct rack_plan plan;
	static const char text[] = "<region> sample=*sine key=60\n<region> sample=*sine key=61 frobnicate=3\n"
				   "<region> sample=nothere.wav key=62\n";
	struct rack_config config = {.rate_hz = RATE, .store = store, .channel = channel, .note = on_note};
	struct sampler *s = NULL;
	char why[200] = "";
	int fd;

	(void)snprintf(plan.font, sizeof(plan.font), "/tmp/mos-test-XXXXXX.sfz");
	fd = mkstemps(plan.font, 4);
	cr_assert_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	cr_expect_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), 0, "%s", why);
	unlink(plan.font);
	cr_expect_eq(n_noted, 2);
	cr_expect(strstr(noted, ".sfz:3: ") && strstr(noted, "nothere.wav"), "%s", noted);
	if (s)
		sampler_instrument(s)->destroy(sampler_instrument(s));
}

Test(rack, bad_files,
	.description = "APO-18: a sound font that is missing, a directory, empty, text or cut short is "
		       "refused with a sentence")
{
	static struct chan_state channel[APOLLO_CHANNELS];
	struct rack_config config = {.rate_hz = RATE, .store = store, .channel = channel};
	char path[] = "/tmp/mos-test-XXXXXX", why[200];
	static struct rack_plan plan;
	struct sampler *s = NULL;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_expect_eq(
		rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), -EINVAL, "nothing at all");
	strcpy(plan.font, "/does/not/exist.sf2");
	cr_expect_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), -ENOENT);
	cr_expect(strstr(why, "/does/not/exist.sf2"), "%s", why);
	strcpy(plan.font, "/tmp");
	cr_expect_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), -EINVAL);
	strcpy(plan.font, path);
	cr_expect_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), -EINVAL);
	cr_assert_eq(write(fd, "hello, world", 12), 12);
	cr_expect_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), -EINVAL, "%s", why);
	cr_assert_eq(pwrite(fd, "RIFF\x10\0\0\0sfbkLIST", 16, 0), 16);
	cr_expect_eq(rack_load(&plan, &config, NULL, NULL, &s, NULL, why, sizeof(why)), -EINVAL);
	cr_expect(strstr(why, path), "%s", why);
	cr_expect_null(s);
	close(fd);
	unlink(path);
}
