/* SPDX-License-Identifier: MIT */
/* The MIDI clock on the MIDI output: which packets, in which frame. */
#include <string.h>

#include "rtcore_fixture.h"

#define CLOCK 0x10f80000u
#define START 0x10fa0000u
#define CONTINUE 0x10fb0000u
#define STOP 0x10fc0000u
#define POSITION(sixteenth) (0x10f20000u | ((sixteenth) & 127u) << 8 | (sixteenth) >> 7)
#define MAX_HEARD 4096

/** An engine and what comes out of its MIDI output. */
struct stage {
	struct rig rig;
	struct driver_midi out;
	uint64_t frames;
	uint32_t n_heard;
	struct {
		uint64_t frame;
		uint32_t word;
	} heard[MAX_HEARD];
};

static struct stage stage;

static void set_up(struct score *score, uint32_t rate_hz, uint32_t quantum)
{
	memset(&stage, 0, sizeof(stage));
	rig_init(&stage.rig, rate_hz, quantum);
	rig_score(&stage.rig, score);
	stage.rig.midi_out = &stage.out;
}

static void clocks(int on)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_CLOCK};

	msg.u.midi_clock.on = (uint32_t)on;
	cr_assert_eq(rig_ask(&stage.rig, &msg), 0);
}

/* Cycle by cycle, and write down what is told; a seek or a stop tells with the next cycle. */
static void run(uint32_t n_frames)
{
	while (n_frames > 0) {
		uint32_t n = n_frames < stage.rig.quantum ? n_frames : stage.rig.quantum;

		stage.out.n = 0;
		rig_run(&stage.rig, n);
		for (uint32_t i = 0; i < stage.out.n && stage.n_heard < MAX_HEARD; i++) {
			const struct driver_ump *u = &stage.out.ump[i];

			if (u->word[0] >> 28 != 1)
				continue;
			cr_assert_eq(u->n_words, 1);
			stage.heard[stage.n_heard].frame = stage.frames + u->offset_frames;
			stage.heard[stage.n_heard++].word = u->word[0];
		}
		stage.frames += n;
		n_frames -= n;
		rig_forget(&stage.rig);
	}
}

static void forget(void)
{
	stage.frames = 0;
	stage.n_heard = 0;
}

/* The packets other than clocks, in their order, are these. */
static void expect_told(const char *when, const uint32_t *word, uint32_t n)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < stage.n_heard; i++) {
		if (stage.heard[i].word == CLOCK)
			continue;
		if (seen < n)
			cr_expect_eq(stage.heard[i].word, word[seen], "%s: %x instead of %x", when,
				stage.heard[i].word, word[seen]);
		seen++;
	}
	cr_expect_eq(seen, n, "%s: %u packets instead of %u", when, seen, n);
}
#define EXPECT_TOLD(when, ...)                                                                               \
	expect_told(when, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

Test(midi_clock, frames,
	.description = "TOU-45 KRO-02: 24 clocks a quarter, each in its exact frame, at any tempo, over "
		       "ramps and jumps of tempo")
{
	static const uint64_t npq[] = {200000000, 333333333, 500000000, 1234567891};
	static const uint32_t rates[] = {44100, 48000, 96000};

	for (size_t i = 0; i < 4; i++) {
		struct score s = score_at(npq[i], 9600), copy;
		uint32_t n = 0;

		score_tempo(&s, 960, npq[i], 2 * npq[i]);
		score_tempo(&s, 4000, npq[i] / 2, npq[i] / 2);
		copy = s;
		set_up(&s, rates[i % 3], i % 2 ? 333 : 64);
		clocks(1);
		run(1000);
		cr_assert_eq(stage.n_heard, 0, "clocks while nothing plays");
		forget();
		cr_assert_eq(rig_play(&stage.rig), 0);
		run((uint32_t)oracle_frame(oracle_u(&copy, 9600), rates[i % 3]) + 1000);
		for (uint32_t k = 0; k < stage.n_heard; k++) {
			if (stage.heard[k].word != CLOCK)
				continue;
			cr_assert_eq((int64_t)stage.heard[k].frame,
				oracle_frame(oracle_u(&copy, 40 * (int64_t)n), rates[i % 3]),
				"clock %u in frame %llu", n, (unsigned long long)stage.heard[k].frame);
			n++;
		}
		cr_expect_eq(n, 240);
		EXPECT_TOLD("a whole song", START, STOP);
		cr_expect_eq(stage.heard[0].word, START);
		cr_expect_eq(stage.heard[stage.n_heard - 1].word, STOP);
		rig_finish(&stage.rig);
	}
}

Test(midi_clock, off,
	.description = "TOU-45: there is no clock until it is asked for, and none when it is switched off")
{
	struct score s = score_at(MOS_NPQ_120, 96000);

	set_up(&s, 48000, 64);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(48000);
	cr_expect_eq(stage.n_heard, 0);
	clocks(1);
	run(12000); /* to the next 16th */
	EXPECT_TOLD("on in the middle", POSITION(8u), CONTINUE);
	forget();
	clocks(0);
	run(48000);
	EXPECT_TOLD("off", STOP);
	cr_expect_eq(stage.n_heard, 1);
	rig_finish(&stage.rig);
}

Test(midi_clock, transport,
	.description = "TOU-45 KRO-03: start from the top, continue after a pause where it was, song "
		       "position after a seek, stop with the transport's")
{
	struct score s = score_at(MOS_NPQ_120, 96000);

	set_up(&s, 48000, 128);
	clocks(1);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(10000);
	EXPECT_TOLD("play", START);
	forget();
	cr_assert_eq(rig_pause(&stage.rig), 0);
	run(1000);
	EXPECT_TOLD("pause", STOP);
	cr_expect_eq(stage.n_heard, 1);
	forget();
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(2000);
	EXPECT_TOLD("on again", CONTINUE);
	forget();
	cr_assert_eq(rig_seek(&stage.rig, 960 * 10 + 1), 0);
	run(1000);
	EXPECT_TOLD("seek", STOP);
	cr_expect_gt(stage.n_heard, 1, "the tempo is told on");
	run(6000);
	EXPECT_TOLD("the 16th after it", STOP, POSITION(41u), CONTINUE);
	forget();
	cr_assert_eq(rig_stop(&stage.rig), 0);
	run(1000);
	EXPECT_TOLD("stop", STOP);
	forget();
	cr_assert_eq(rig_play_count_in(&stage.rig, 1), 0);
	run(95999);
	cr_expect_eq(stage.n_heard, 0, "a count-in is no music");
	run(10);
	EXPECT_TOLD("after the count-in", START);
	rig_finish(&stage.rig);
}

Test(midi_clock, loops,
	.description = "TOU-45 KRO-10: a loop's start is told where it wraps, and no clock is lost or "
		       "doubled: thirty rounds, each clock in its frame")
{
	const uint32_t per_round = 2 * 24, round_frames = 2 * 24000;
	struct score s = score_at(MOS_NPQ_120, 96000);
	uint32_t n = 0, n_positions = 0;

	set_up(&s, 48000, 333);
	clocks(1);
	cr_assert_eq(rig_loop(&stage.rig, 960, 960 * 3), 0);
	cr_assert_eq(rig_seek(&stage.rig, 960), 0);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(30 * round_frames);
	for (uint32_t k = 0; k < stage.n_heard; k++) {
		if (stage.heard[k].word == CLOCK) {
			cr_assert_eq(stage.heard[k].frame, n * UINT64_C(1000), "clock %u", n);
			n++;
		} else if (stage.heard[k].word == POSITION(4u)) {
			cr_assert_eq(stage.heard[k].frame, n_positions * (uint64_t)round_frames);
			cr_assert_eq(stage.heard[k + 1].word, CONTINUE);
			cr_assert_eq(stage.heard[k + 2].word, CLOCK);
			n_positions++;
		} else {
			cr_assert(stage.heard[k].word == STOP || stage.heard[k].word == CONTINUE);
		}
	}
	cr_expect_eq(n, 30 * per_round);
	cr_expect_eq(n_positions, 30);
	rig_finish(&stage.rig);
}

Test(midi_clock, late_listener, .description = "TOU-45: who is connected in the middle is told where we are")
{
	struct score s = score_at(MOS_NPQ_120, 96000);

	set_up(&s, 48000, 64);
	clocks(1);
	stage.rig.midi_out = NULL;
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(25000);
	stage.rig.midi_out = &stage.out;
	run(6000);
	EXPECT_TOLD("connected", POSITION(5u), CONTINUE);
	rig_finish(&stage.rig);
}
