/* SPDX-License-Identifier: MIT */
/*
 * How many frames lie between a wish and its sound, counted in the graph's own time: what the machine adds,
 * the bench measures (bench/latency.c). A wish that comes while a cycle is under way is served when the next
 * one begins.
 */
#include <stdlib.h>
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define DRUMS 9
#define NPQ 500000000u
#define MS_FRAMES (RATE / 1000)

static const uint32_t quanta[] = {32, 64, 128, 240};
#define N_QUANTA (sizeof(quanta) / sizeof(quanta[0]))

/** A drum on each beat, of another loudness in each bar, which sounds from its first frame. */
static struct score drum_score(uint32_t n_bars)
{
	struct score s = score_at(NPQ, (int64_t)n_bars * 4 * MOS_PPQ);
	for (uint32_t i = 0; i < n_bars * 4; i++)
		score_note(&s, (int64_t)i * MOS_PPQ, 60, DRUMS, 42, (uint8_t)(40 + i / 4 % 80));
	return s;
}

static void queue_seek(struct rig *r, int64_t tick)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_SEEK, .u.seek.tick = tick};
	(void)rig_send(r, &msg, NULL, 0);
}

/** From a seek while it plays to the first frame that is as if it had always played from there. */
static uint32_t frames_to_right_sample(struct rig *r, uint32_t n_bars, uint32_t bar)
{
	enum { COMPARED = 2048 };
	const int64_t tick = (int64_t)bar * 4 * MOS_PPQ;
	struct score s = drum_score(n_bars);
	struct rig fresh;

	rig_init(&fresh, RATE, r->quantum);
	rig_score(&fresh, &s);
	cr_assert_eq(rig_seek(&fresh, tick), 0);
	cr_assert_eq(rig_play(&fresh), 0);
	rig_forget(&fresh);
	rig_run(&fresh, COMPARED);

	const uint32_t asked = r->n_frames; /* the next cycle begins here */
	queue_seek(r, tick);
	rig_run(r, 2 * COMPARED);
	/* What sounded before is cut: the first frame from which on both are the same. */
	uint32_t right = COMPARED;
	while (right > 0 && r->l[asked + right - 1] == fresh.l[right - 1] &&
		r->r[asked + right - 1] == fresh.r[right - 1])
		right--;
	rig_finish(&fresh);
	return right;
}

Test(onset, a_seek_is_heard_in_the_cycle_that_serves_it,
	.description = "TIM-04: from the seek to the first right sample is far below 10 ms, on 240 and on "
		       "2,000 measures")
{
	static const uint32_t bars[] = {240, 2000};

	for (unsigned b = 0; b < 2; b++)
		for (unsigned q = 0; q < N_QUANTA; q++) {
			uint64_t state = 7;
			struct score s = drum_score(bars[b]);
			struct rig r;

			rig_init(&r, RATE, quanta[q]);
			rig_score(&r, &s);
			cr_assert_eq(rig_play(&r), 0);
			rig_run(&r, RATE);
			for (int i = 0; i < 6; i++) {
				const uint32_t bar = (uint32_t)rnd(&state, 0, bars[b] - 2);
				/* a seek comes at any place of a bar, when the last stroke has rung out */
				rig_run(&r, quanta[q] * (uint32_t)rnd(&state, 1, 40));
				const uint32_t frames = frames_to_right_sample(&r, bars[b], bar);
				/* What sounded fades in 3 ms and a little. A cycle passes before it is
				 * served, and the sink plays another one. */
				cr_expect_leq(frames, 4 * MS_FRAMES,
					"TIM-04: %u measures, bar %u, quantum %u: right after %u frames",
					bars[b], bar, quanta[q], frames);
				cr_expect(quanta[q] > 128 || frames + 2 * quanta[q] <= 10 * MS_FRAMES,
					"TIM-04");
			}
			rig_finish(&r);
		}
}

Test(onset, a_score_plays_in_the_cycle_after_its_load,
	.description = "HER-16: from a loaded timeline of 240 measures to its first sample is one cycle, "
		       "whatever its length")
{
	static const uint32_t bars[] = {1, 240, 2000};

	for (unsigned b = 0; b < 3; b++)
		for (unsigned q = 0; q < N_QUANTA; q++) {
			struct score s = drum_score(bars[b]);
			struct mos_rtctl_msg loading = {.op = ENGINE_OP_LOADING},
					     play = {.op = MOS_RTCTL_PLAY};
			struct rig r;

			rig_init(&r, RATE, quanta[q]);
			rig_run(&r, 10 * quanta[q]);
			struct song *song = score_song(&s);
			const uint32_t asked = r.n_frames;
			/* As the broker sends them: the play waits in the engine until the song is there. */
			(void)rig_send(&r, &loading, NULL, 0);
			(void)rig_send(&r, &play, NULL, 0);
			rig_run(&r, quanta[q]);
			cr_expect_eq(rig_first_sound(&r, asked), r.n_frames, "nothing to play yet");
			const uint32_t loaded = r.n_frames;
			rig_load(&r, song);
			rig_run(&r, 4 * quanta[q]);
			cr_expect_eq(rig_first_sound(&r, asked), loaded,
				"HER-16: %u measures, quantum %u: after %u frames", bars[b], quanta[q],
				rig_first_sound(&r, asked) - loaded);
			rig_finish(&r);
		}
}

Test(onset, a_call_is_heard_within_two_cycles,
	.description = "APO-04: from a call to its sound at the sink are at most two cycles: below 10 ms up "
		       "to 240 frames")
{
	for (unsigned q = 0; q < N_QUANTA; q++) {
		struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE};
		struct rig r;

		msg.u.note.channel = DRUMS;
		msg.u.note.role = MOS_ROLE_NOTE;
		msg.u.note.velocity = 0xc000;
		msg.u.note.len = 480;
		msg.u.note.keys[msg.u.note.n_keys++] = 42;
		rig_init(&r, RATE, quanta[q]);
		for (int i = 0; i < 5; i++) {
			rig_run(&r, RATE / 2 / quanta[q] * quanta[q]); /* until it is still again */
			const uint32_t cycle = r.n_frames;
			rig_run(&r, quanta[q]);
			cr_expect_eq(rig_first_sound(&r, cycle), r.n_frames, "it was still");
			/* It came while that cycle was under way: at worst when it had just begun. */
			(void)rig_send(&r, &msg, NULL, 0);
			rig_run(&r, 2 * quanta[q]);
			const uint32_t onset = rig_first_sound(&r, cycle);
			cr_expect_eq(onset, cycle + quanta[q], "APO-04: quantum %u: after %u frames",
				quanta[q], onset - cycle);
			/* and the sink plays these frames one cycle later */
			cr_expect_leq(onset - cycle + quanta[q], 10 * MS_FRAMES);
		}
		rig_finish(&r);
	}
}
