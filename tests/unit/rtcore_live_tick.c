/* SPDX-License-Identifier: MIT */
/* What clients play at ticks, when the transport jumps, rests, stops and loops. */
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define FRAMES_PER_TICK 25 /* at 120 BPM */
#define END 96000

/** A song that plays nothing, and a client. */
struct stage {
	struct rig rig;
	struct rig_client client;
};

static void set_up(struct stage *s)
{
	struct score score = score_at(MOS_NPQ_120, END);

	rig_init(&s->rig, RATE, 64);
	rig_score(&s->rig, &score);
	rig_client_open(&s->client, &s->rig, 0, MOS_MAY_PLAY);
	cr_assert_eq(rig_play(&s->rig), 0);
}

static void tear_down(struct stage *s)
{
	rig_client_close(&s->client, &s->rig);
	rig_finish(&s->rig);
}

static void emit_ump(struct stage *s, int64_t tick, uint32_t word)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP, .tick = tick, .flags = MOS_EVENT_IMMEDIATE};

	ev.u.ump.word[0] = word;
	cr_assert_geq(rig_emit(&s->client, &s->rig, &ev), 0);
}

static void emit_note(struct stage *s, uint8_t channel, uint8_t key, int64_t from, int64_t to)
{
	emit_ump(s, from, ump_cv1(0, 0x90, channel, key, 100));
	emit_ump(s, to, ump_cv1(0, 0x80, channel, key, 0));
}

static void run_ticks(struct stage *s, int64_t ticks)
{
	rig_run(&s->rig, (uint32_t)(ticks * FRAMES_PER_TICK));
}

static int64_t counter(struct stage *s, enum rtcore_counter c)
{
	return rig_counter(&s->rig, c);
}

Test(live_tick, jump_over,
	.description =
		"EVT-07 KRO-17: notes that a seek passes over never sound; those ahead sound at their tick")
{
	struct stage s;

	set_up(&s);
	for (int64_t t = 480; t <= 1920; t += 480)
		emit_note(&s, 0, 60, t, t + 120);
	run_ticks(&s, 100);
	cr_assert_eq(counter(&s, C_LIVE_WAITING), 8);
	cr_assert_eq(rig_seek(&s.rig, 1200), 0);
	run_ticks(&s, 200);
	cr_expect_eq(counter(&s, C_NOTES), 0, "%lld sounded", (long long)counter(&s, C_NOTES));
	cr_expect_eq(counter(&s, C_LIVE_WAITING), 4);
	run_ticks(&s, 100);
	cr_expect_eq(counter(&s, C_NOTES), 1);
	run_ticks(&s, 1000);
	cr_expect_eq(counter(&s, C_NOTES), 2);
	cr_expect_eq(counter(&s, C_KEYS), 0);
	cr_expect_eq(counter(&s, C_LIVE_WAITING), 0);
	tear_down(&s);
}

Test(live_tick, jump_into,
	.description = "EVT-07 KRO-17: of a note that a seek leads into the middle of, the end is void too, "
		       "and cuts no other note")
{
	struct stage s;

	set_up(&s);
	emit_note(&s, 0, 60, 900, 1100);
	emit_note(&s, 0, 60, 1050, 1500);
	run_ticks(&s, 100);
	cr_assert_eq(rig_seek(&s.rig, 1000), 0);
	run_ticks(&s, 200);
	cr_expect_eq(counter(&s, C_KEYS), 1);
	cr_expect_eq(counter(&s, C_NOTES), 1);
	run_ticks(&s, 400);
	cr_expect_eq(counter(&s, C_KEYS), 0);
	tear_down(&s);
}

static int seek_on(struct rig *r)
{
	return rig_seek(r, 9000);
}

static int seek_back(struct rig *r)
{
	return rig_seek(r, 10);
}

static int to_the_end(struct rig *r)
{
	int rc = rig_seek(r, END - 1);

	rig_run(r, 2 * FRAMES_PER_TICK);
	return rc;
}

static int another_score(struct rig *r)
{
	struct score score = score_at(MOS_NPQ_120, END);

	rig_score(r, &score);
	return 0;
}

Test(live_tick, notes_end,
	.description = "EVT-07 KRO-17 APO-21: a note whose end waits for a tick ends when the transport "
		       "jumps, rests, stops or ends")
{
	static int (*const change[])(struct rig *r) = {
		seek_on, seek_back, rig_pause, rig_stop, to_the_end, another_score};

	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		struct stage s;

		set_up(&s);
		emit_note(&s, 0, 60, 200, 1000);
		emit_ump(&s, 200, ump_cv1(0, 0xb0, 0, 64, 127));
		emit_ump(&s, 1000, ump_cv1(0, 0xb0, 0, 64, 0));
		run_ticks(&s, 500);
		cr_assert_eq(counter(&s, C_KEYS), 1);
		cr_assert_eq(change[i](&s.rig), 0);
		rig_run(&s.rig, 128);
		cr_expect_eq(counter(&s, C_KEYS), 0, "it hangs after change %zu", i);
		if (change[i] != seek_back && change[i] != rig_pause)
			cr_expect_eq(
				s.rig.e->midi_state.sustain[0], 0, "the pedal hangs after change %zu", i);
		tear_down(&s);
	}
}

Test(live_tick, others_hold, .description = "EVT-07 APO-21: a note that is void ends nobody else's")
{
	struct driver_midi in = {.n = 1, .ump = {{0, 1, {ump_cv1(0, 0x90, 0, 60, 100)}}}};
	struct stage s;

	set_up(&s);
	s.rig.midi_in = &in;
	run_ticks(&s, 100);
	emit_note(&s, 0, 60, 500, 600);
	run_ticks(&s, 100);
	cr_assert_eq(rig_seek(&s.rig, 2000), 0);
	run_ticks(&s, 100);
	cr_expect_eq(counter(&s, C_KEYS), 1);
	cr_assert_eq(rig_stop(&s.rig), 0);
	run_ticks(&s, 100);
	cr_expect_eq(counter(&s, C_KEYS), 1);
	cr_expect_eq(counter(&s, C_LIVE_WAITING), 0);
	tear_down(&s);
}

Test(live_tick, stop,
	.description = "EVT-07 KRO-17: stop empties what waits for ticks, also when nothing plays; what "
		       "waits for a time stays")
{
	struct stage s;
	struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP, .tick = INT64_MIN};

	set_up(&s);
	run_ticks(&s, 100);
	ev.time_ns = (uint64_t)engine_frame_ns(s.rig.e, s.rig.e->frame) + 500000000;
	ev.u.ump.word[0] = ump_cv1(0, 0x90, 1, 40, 100);
	cr_assert_geq(rig_emit(&s.client, &s.rig, &ev), 0);
	for (int round = 0; round < 2; round++) {
		emit_note(&s, 0, 60, 400, 500);
		run_ticks(&s, 1);
		cr_assert_eq(counter(&s, C_LIVE_WAITING), 3);
		cr_assert_eq(rig_stop(&s.rig), 0);
		run_ticks(&s, 1);
		cr_expect_eq(counter(&s, C_LIVE_WAITING), 1, "round %d", round);
	}
	cr_assert_eq(rig_play(&s.rig), 0);
	run_ticks(&s, 1500);
	cr_expect_eq(counter(&s, C_NOTES), 1);
	tear_down(&s);
}

Test(live_tick, before_play,
	.description = "EVT-07: what was sent for ticks before play sounds there; what lies before the place "
		       "that play begins at, does not")
{
	struct stage s;

	set_up(&s);
	run_ticks(&s, 1000);
	cr_assert_eq(rig_pause(&s.rig), 0);
	emit_note(&s, 0, 60, 500, 600);
	emit_note(&s, 0, 62, 1500, 1600);
	run_ticks(&s, 10);
	cr_assert_eq(rig_play(&s.rig), 0);
	run_ticks(&s, 300);
	cr_expect_eq(counter(&s, C_NOTES), 0);
	run_ticks(&s, 1000);
	cr_expect_eq(counter(&s, C_NOTES), 1);
	tear_down(&s);
}

Test(live_tick, across_the_loop,
	.description = "EVT-07 APO-05: a note for a tick at the loop's start, sent before its end, sounds in "
		       "the frame of the score's there")
{
	for (int i = 0; i < 12; i++) {
		const int64_t tick = 960 + 7 * i;
		struct score s;
		struct rig rig[2];
		struct rig_client c;
		uint32_t at[2];

		for (int k = 0; k < 2; k++) {
			s = score_at(333333333, 9600);
			score_tempo(&s, 1000, 333333333, 777777777);
			score_tempo(&s, 2000, 432109876, 432109876);
			if (k == 0)
				score_note(&s, tick, 1, 9, 42, 127);
			rig_init(&rig[k], 44100, k ? 333 : 256);
			rig_score(&rig[k], &s);
			cr_assert_eq(rig_loop(&rig[k], 960, 2000), 0);
			cr_assert_eq(rig_seek(&rig[k], 1900), 0);
			cr_assert_eq(rig_play(&rig[k]), 0);
		}
		rig_client_open(&c, &rig[1], 0, MOS_MAY_PLAY);
		cr_assert_geq(rig_emit(&c, &rig[1],
				      &(struct mos_event){.type = MOS_EVENT_MIDI_UMP,
					      .tick = tick,
					      .u.ump.word[0] = ump_cv1(0, 0x90, 9, 42, 127)}),
			0);
		for (int k = 0; k < 2; k++) {
			rig_run(&rig[k], 30000);
			at[k] = rig_first_sound(&rig[k], 0);
		}
		cr_assert_lt(at[0], 30000);
		cr_expect_eq(
			at[1], at[0], "tick %lld: frame %u instead of %u", (long long)tick, at[1], at[0]);
		rig_client_close(&c, &rig[1]);
		rig_finish(&rig[0]);
		rig_finish(&rig[1]);
	}
}

Test(live_tick, beyond_the_loop,
	.description = "EVT-07 KRO-17: a note that lasts beyond the loop's end ends there; one that would "
		       "begin beyond it is void, and a late one sounds at once")
{
	struct stage s;

	set_up(&s);
	cr_assert_eq(rig_loop(&s.rig, 0, 960), 0);
	emit_note(&s, 0, 60, 900, 1000);
	emit_note(&s, 0, 62, 970, 990);
	run_ticks(&s, 950);
	cr_assert_eq(counter(&s, C_KEYS), 1);
	run_ticks(&s, 15);
	cr_expect_eq(counter(&s, C_KEYS), 0);
	cr_expect_eq(counter(&s, C_LIVE_WAITING), 0);
	run_ticks(&s, 195);
	cr_expect_eq(counter(&s, C_NOTES), 1);
	emit_note(&s, 0, 64, 190, 250);
	run_ticks(&s, 4);
	cr_expect_eq(counter(&s, C_NOTES), 2);
	tear_down(&s);
}

Test(live_tick, nothing_hangs, .timeout = 60,
	.description = "EVT-07 APO-21 KRO-17: whatever the transport does, with stop no key is down and "
		       "nothing waits")
{
	uint64_t rng = 11;

	for (int round = 0; round < 200; round++) {
		struct stage s;

		set_up(&s);
		for (int step = 0; step < 60; step++) {
			int64_t here = rig_tick(&s.rig), from = here + rnd(&rng, -50, 400);
			uint8_t channel, key;

			switch (rnd(&rng, 0, 8)) {
			case 0:
				(void)rig_seek(&s.rig, rnd(&rng, 0, 4000));
				break;
			case 1:
				(void)rig_loop(&s.rig, from > 0 ? from : 0, from + 500);
				break;
			case 2:
				(void)rig_pause(&s.rig);
				break;
			case 3:
				(void)rig_tempo_rate(&s.rig, (uint32_t)rnd(&rng, 500000, 4000000));
				break;
			case 4:
				(void)rig_loop(&s.rig, 0, 0);
				break;
			default:
				(void)rig_play(&s.rig);
				channel = (uint8_t)rnd(&rng, 0, 2);
				key = (uint8_t)rnd(&rng, 60, 70);
				emit_note(&s, channel, key, from, from + rnd(&rng, 1, 300));
				break;
			}
			rig_run(&s.rig, (uint32_t)rnd(&rng, 1, 4000));
		}
		(void)rig_stop(&s.rig);
		rig_run(&s.rig, 128);
		cr_assert_eq(counter(&s, C_KEYS), 0, "round %d: %lld keys hang", round,
			(long long)counter(&s, C_KEYS));
		cr_assert_eq(counter(&s, C_LIVE_WAITING), 0, "round %d", round);
		tear_down(&s);
	}
}
