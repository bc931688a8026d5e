/* SPDX-License-Identifier: MIT */
/* MIDI time code: its numbers, what goes out in which frame, and playing where what comes in says. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define QUANTUM 256
#define DAY_S 86400

static const double pictures_a_second[MOS_TIMECODE_N] = {0, 24, 25, 30000.0 / 1001, 30};
static const uint32_t counted[MOS_TIMECODE_N] = {0, 24, 25, 30, 30};

/* The clock on a wall: one picture on, in 29.97 past the two numbers that are left out. */
static void next(struct timecode *t)
{
	if (++t->frame < counted[t->rate])
		return;
	t->frame = 0;
	if (++t->second == 60) {
		t->second = 0;
		t->minute++;
		if (t->rate == MOS_TIMECODE_29_97_DROP && t->minute % 10)
			t->frame = 2;
	}
	if (t->minute == 60) {
		t->minute = 0;
		t->hour = (t->hour + 1) % 24;
	}
}

Test(timecode, numbers, .timeout = 60,
	.description = "KRO-26: a whole day of time code at each rate is counted as by hand, drop-frame too, "
		       "and back")
{
	for (uint32_t rate = 1; rate < MOS_TIMECODE_N; rate++) {
		struct timecode want = {.rate = rate};
		int64_t n = 0;

		do {
			struct timecode t = timecode_of(rate, n);

			cr_assert_eq(memcmp(&t, &want, sizeof(t)), 0,
				"rate %u picture %lld: %02u:%02u:%02u:%02u", rate, (long long)n, t.hour,
				t.minute, t.second, t.frame);
			cr_assert_eq(timecode_picture(&t), n);
			next(&want);
			n++;
		} while (want.hour || want.minute || want.second || want.frame);
		cr_assert_eq(n, rate == MOS_TIMECODE_29_97_DROP ? 2589408 : DAY_S * (int64_t)counted[rate]);
		cr_assert_eq(timecode_of(rate, n + 5).frame, 5, "after a day from the start");
	}
}

Test(timecode, drop_frame,
	.description = "KRO-26: the well-known places of drop-frame; what it leaves out is no time")
{
	static const struct {
		int64_t n;
		struct timecode t;
	} known[] = {{1799, {3, 0, 0, 59, 29}}, {1800, {3, 0, 1, 0, 2}}, {17981, {3, 0, 9, 59, 29}},
		{17982, {3, 0, 10, 0, 0}}, {107892, {3, 1, 0, 0, 0}}, {2589407, {3, 23, 59, 59, 29}}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct timecode t = timecode_of(MOS_TIMECODE_29_97_DROP, known[i].n);

		cr_assert_eq(memcmp(&t, &known[i].t, sizeof(t)), 0, "%lld", (long long)known[i].n);
	}
	cr_assert_eq(timecode_picture(&(struct timecode){3, 0, 1, 0, 0}), -1);
	cr_assert_eq(timecode_picture(&(struct timecode){3, 0, 59, 0, 1}), -1);
	cr_assert_eq(timecode_picture(&(struct timecode){1, 0, 0, 0, 24}), -1);
	cr_assert_eq(timecode_picture(&(struct timecode){4, 24, 0, 0, 0}), -1);
	cr_assert_eq(timecode_picture(&(struct timecode){0, 0, 0, 0, 0}), -1);
}

Test(timecode, pieces,
	.description = "KRO-26: eight quarter frames are one time; the standard's example is its bytes")
{
	/* 01:37:52:16 at 30, MIDI 1.0 Detailed Specification, time code */
	const struct timecode t = {
		.rate = MOS_TIMECODE_30, .hour = 1, .minute = 37, .second = 52, .frame = 16};
	static const uint32_t want[] = {0x00, 0x11, 0x24, 0x33, 0x45, 0x52, 0x61, 0x76};
	uint8_t nibble[TIMECODE_PIECES];
	struct timecode back;

	for (uint32_t i = 0; i < TIMECODE_PIECES; i++) {
		cr_assert_eq(timecode_piece(&t, i), want[i], "piece %u is %02x", i, timecode_piece(&t, i));
		nibble[i] = (uint8_t)(want[i] & 15);
	}
	back = timecode_of_pieces(nibble);
	cr_assert_eq(memcmp(&back, &t, sizeof(t)), 0);
	for (uint32_t rate = 1; rate < MOS_TIMECODE_N; rate++)
		for (int64_t q = 0; q < 4000000; q += 977) {
			int64_t frame = timecode_sound_frame(rate, q, RATE);

			cr_assert_lt(
				fabs((double)frame - (double)q * RATE / 4 / pictures_a_second[rate]), 1.0001);
			cr_assert_eq(timecode_quarter(rate, frame, RATE), q);
			cr_assert(frame == 0 || timecode_quarter(rate, frame - 1, RATE) == q - 1);
		}
}

/* --- Two engines, and what goes from one to the other --- */

#define HEARD_MAX 20000

struct heard {
	uint64_t frame;
	uint32_t word[2];
};

static struct rig one, other;
static struct driver_midi wire;
static struct heard heard[HEARD_MAX];
static uint32_t n_heard;
static uint64_t frames;

static struct score song_score(void)
{
	struct score s = score_at(MOS_NPQ_120, 960 * 4 * 100);

	score_note(&s, 0, 960 * 4 * 99, 0, 60, 100);
	score_tempo(&s, 960 * 8, 500000000, 700000000);
	score_tempo(&s, 960 * 24, 700000000, 700000000);
	score_tempo(&s, 960 * 40, 300000000, 300000000);
	return s;
}

static void set_up(void)
{
	struct score s = song_score();

	memset(&wire, 0, sizeof(wire));
	n_heard = 0;
	frames = 0;
	rig_init(&one, RATE, QUANTUM);
	rig_score(&one, &s);
	one.midi_out = &wire;
}

static void tell(uint32_t rate)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TIMECODE};

	msg.u.timecode.rate = rate;
	cr_assert_eq(rig_ask(&one, &msg), 0);
}

static void run_one(void)
{
	wire.n = 0;
	rig_run(&one, QUANTUM);
	for (uint32_t i = 0; i < wire.n && n_heard < HEARD_MAX; i++) {
		const struct driver_ump *u = &wire.ump[i];

		if (u->word[0] >> 16 != 0x10f1 && u->word[0] >> 28 != 3)
			continue;
		heard[n_heard++] =
			(struct heard){.frame = frames + u->offset_frames, .word = {u->word[0], u->word[1]}};
	}
	frames += QUANTUM;
	rig_forget(&one);
}

static void run(double seconds)
{
	for (int64_t n = (int64_t)(seconds * RATE / QUANTUM); n > 0; n--)
		run_one();
}

static void check_full(uint32_t i, uint32_t rate, int64_t picture)
{
	struct timecode t = timecode_of(rate, picture);

	cr_assert_lt(i + 1, n_heard);
	cr_assert_eq(heard[i].word[0], 0x30167f7fu);
	cr_assert_eq(heard[i].word[1], 0x01010000u | (t.hour | (rate - 1) << 5) << 8 | t.minute);
	cr_assert_eq(heard[i + 1].word[0], 0x30320000u | t.second << 8 | t.frame);
	cr_assert_eq(heard[i + 1].word[1], 0);
}

/* From heard[i] on: quarter frames of a song that is at `at` when frame 0 is, each in its frame. */
static void check_quarters(uint32_t i, uint32_t rate, int64_t at)
{
	int64_t q = timecode_quarter(rate, at + (int64_t)heard[i].frame, RATE);
	uint32_t first = i;

	cr_assert_eq(q % 8, 0, "they begin with the first piece of an even picture");
	for (; i < n_heard; i++, q++) {
		struct timecode t = timecode_of(rate, q / 8 * 2);

		cr_assert_eq(heard[i].word[0], 0x10f10000u | timecode_piece(&t, (uint32_t)(q % 8)) << 8,
			"rate %u, number %u", rate, i - first);
		cr_assert_eq((int64_t)heard[i].frame + at, timecode_sound_frame(rate, q, RATE));
	}
	cr_assert_gt(i - first, 100);
}

Test(timecode, goes_out,
	.description = "KRO-26: time code out at each rate: a full frame where it stands or jumps to, each "
		       "quarter frame in its frame of "
		       "sound, whatever the tempo does; none when it is off")
{
	for (uint32_t rate = 1; rate < MOS_TIMECODE_N; rate++) {
		struct mos_clock_song song;
		struct mos_clock c;
		uint32_t n;

		set_up();
		run(0.5);
		cr_assert_eq(n_heard, 0);
		tell(rate);
		run(0.5);
		cr_assert_eq(n_heard, 2);
		check_full(0, rate, 0);
		n_heard = 0, frames = 0;
		cr_assert_eq(rig_play(&one), 0);
		run(20);
		check_full(0, rate, 0);
		check_quarters(2, rate, 0);
		n_heard = 0, frames = 0;
		cr_assert_eq(rig_seek(&one, 960 * 60 + 7), 0);
		run_one();
		cr_assert_eq(mos_clock_read_song(one.e->page, &c, &song), 0);
		run(5);
		check_full(0, rate, timecode_quarter(rate, song.frame, RATE) / 4);
		check_quarters(2, rate, song.frame);
		cr_assert_eq(rig_pause(&one), 0);
		run(0.1);
		n = n_heard;
		run(1);
		cr_assert_eq(n_heard, n, "who stands says it once");
		cr_assert_eq(heard[n - 2].word[0], 0x30167f7fu);
		tell(MOS_TIMECODE_OFF);
		cr_assert_eq(rig_play(&one), 0);
		run(1);
		cr_assert_eq(n_heard, n);
		rig_finish(&one);
	}
}

Test(timecode, loops, .description = "KRO-26: where a loop wraps time code goes on from the loop's start")
{
	set_up();
	tell(MOS_TIMECODE_25);
	cr_assert_eq(rig_loop(&one, 960, 960 * 3), 0);
	cr_assert_eq(rig_play(&one), 0);
	run(10);
	for (uint32_t i = 0, n_full = 0; i <= n_heard; i++) {
		if (i == n_heard) {
			cr_assert_geq(n_full, 8);
			break;
		}
		n_full += heard[i].word[0] == 0x30167f7fu;
		if (heard[i].word[0] == 0x30167f7fu && n_full > 1) /* a block after 0.5 s */
			check_full(i, MOS_TIMECODE_25, 12);
	}
	rig_finish(&one);
}

static void follow(uint32_t leader)
{
	struct mos_rtctl_msg msg = {
		.op = MOS_RTCTL_FOLLOW, .u.follow = {.leader = leader, .quantum_ticks = 3840}};

	cr_assert_eq(rig_ask(&other, &msg), 0);
}

static struct mos_rtctl_follow_state state(void)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW_GET};

	cr_assert_eq(rig_ask(&other, &msg), 0);
	return msg.u.follow_state;
}

/* What one says in a cycle, the other hears in the same. */
static void run_both(double seconds)
{
	for (int64_t n = (int64_t)(seconds * RATE / QUANTUM); n > 0; n--) {
		run_one();
		other.midi_in = &wire;
		rig_run(&other, QUANTUM);
		rig_forget(&other);
	}
}

static double apart_ms(void)
{
	struct mos_clock c;
	struct mos_clock_song a, b;

	cr_assert_eq(mos_clock_read_song(one.e->page, &c, &a), 0);
	cr_assert_eq(mos_clock_read_song(other.e->page, &c, &b), 0);
	return (double)(b.frame - a.frame) * 1000 / RATE;
}

Test(timecode, is_followed, .timeout = 60,
	.description = "KRO-26: who follows time code starts, stops and jumps with it and is within a "
		       "millisecond, through changes of "
		       "tempo, at each rate; its tempo stays its own")
{
	for (uint32_t rate = 1; rate < MOS_TIMECODE_N; rate++) {
		struct score s = song_score();

		set_up();
		rig_init(&other, RATE, QUANTUM);
		rig_score(&other, &s);
		follow(MOS_LEADER_MTC);
		tell(rate);
		run_both(0.5);
		cr_assert_eq(state().is_heard, 0);
		cr_assert_eq(rig_play(&one), 0);
		run_both(3);
		cr_assert_eq(other.e->kronos.state, MOS_TRANSPORT_PLAYING);
		cr_assert_eq(state().is_heard, 1);
		cr_assert_eq(state().is_in_time, 1);
		for (int i = 0; i < 20; i++) {
			run_both(1);
			cr_assert_lt(fabs(apart_ms()), 1, "rate %u after %d s: %.3f ms", rate, i, apart_ms());
		}
		cr_assert_eq(rig_tempo_rate(&other, 800000), -EOPNOTSUPP, "the rate is what follows");
		cr_assert_eq(rig_seek(&one, 960 * 70), 0);
		run_both(3);
		cr_assert_lt(fabs(apart_ms()), 1, "after a seek: %.3f ms", apart_ms());
		cr_assert_leq(state().n_jumps, 1);
		cr_assert_eq(rig_pause(&one), 0);
		run_both(0.5);
		cr_assert_eq(other.e->kronos.state, MOS_TRANSPORT_PAUSED);
		cr_assert_eq(state().is_heard, 0);
		cr_assert_eq(other.e->kronos.map.rate_ppm, 1000000);
		cr_assert_lt(
			fabs(apart_ms()), 42, "where the master stopped, to a picture: %.3f ms", apart_ms());
		cr_assert_eq(rig_seek(&one, 960 * 10), 0);
		run_both(0.2);
		cr_assert_lt(
			fabs(apart_ms()), 42, "a full frame is a place, to a picture: %.3f ms", apart_ms());
		cr_assert_eq(rig_play(&one), 0);
		run_both(3);
		cr_assert_lt(fabs(apart_ms()), 1, "and on: %.3f ms", apart_ms());
		follow(MOS_LEADER_INTERNAL);
		cr_assert_eq(other.e->kronos.map.rate_ppm, 1000000);
		rig_finish(&one);
		rig_finish(&other);
	}
}

Test(timecode, a_tape,
	.description = "KRO-26: a machine that runs too fast or too slow, a millisecond of jitter either "
		       "way, some messages lost: "
		       "within two milliseconds")
{
	static const double speeds[] = {0.94, 1, 1.05};

	for (size_t i = 0; i < sizeof(speeds) / sizeof(*speeds); i++) {
		const double begin_s = 100; /* of the tape; not on an even picture */
		struct score s = song_score();
		uint64_t seed = 26;
		int64_t q = 3, start;
		double worst_ms = 0;

		rig_init(&other, RATE, QUANTUM);
		rig_score(&other, &s);
		follow(MOS_LEADER_MTC);
		start = (int64_t)other.e->frame;
		while ((int64_t)other.e->frame < start + 12 * RATE) {
			double now_s = (double)((int64_t)other.e->frame - start) / RATE;
			struct mos_clock_song song;
			struct mos_clock c;

			wire.n = 0;
			for (double at_s;
				(at_s = (double)q / 100 / speeds[i]) < now_s + (double)QUANTUM / RATE; q++) {
				const struct timecode t =
					timecode_of(MOS_TIMECODE_25, (int64_t)(begin_s * 25) + q / 8 * 2);
				double offset = (at_s - now_s) * RATE + (double)rnd(&seed, -48, 48);

				if (rnd(&seed, 0, 200) == 0)
					continue;
				wire.ump[wire.n++] = (struct driver_ump){
					.offset_frames = offset < 0          ? 0
							 : offset >= QUANTUM ? QUANTUM - 1
									     : (uint32_t)offset,
					.n_words = 1,
					.word = {0x10f10000u | timecode_piece(&t, (uint32_t)(q % 8)) << 8}};
			}
			other.midi_in = &wire;
			rig_run(&other, QUANTUM);
			rig_forget(&other);
			cr_assert_eq(mos_clock_read_song(other.e->page, &c, &song), 0);
			if (now_s > 6)
				worst_ms = fmax(worst_ms,
					fabs((double)song.frame / RATE - begin_s - now_s * speeds[i]) * 1000);
		}
		cr_assert_eq(other.e->kronos.state, MOS_TRANSPORT_PLAYING);
		cr_assert_lt(worst_ms, 2, "at %.2f: %.3f ms", speeds[i], worst_ms);
		rig_finish(&other);
	}
}

Test(timecode, rubbish,
	.description = "KRO-26: what is no time code, or none of ours, is not followed, and does no harm")
{
	uint64_t seed = 5;
	struct score s = song_score();

	set_up();
	rig_init(&other, RATE, QUANTUM);
	rig_score(&other, &s);
	follow(MOS_LEADER_MTC);
	for (int i = 0; i < 20000; i++) {
		wire.n = (uint32_t)rnd(&seed, 0, 8);
		for (uint32_t k = 0; k < wire.n; k++)
			wire.ump[k] = (struct driver_ump){.offset_frames = k * 10,
				.n_words = 2,
				.word = {rnd(&seed, 0, 1) ? 0x10f10000u | (uint32_t)rnd(&seed, 0, 127) << 8
							  : 0x30000000u | (uint32_t)rnd(&seed, 0, 0x3fffff),
					(uint32_t)rnd(&seed, 0, UINT32_MAX)}};
		other.midi_in = &wire;
		rig_run(&other, QUANTUM);
		rig_forget(&other);
	}
	cr_assert_lt(other.e->kronos.state, MOS_TRANSPORT_N_STATES);
	rig_finish(&one);
	rig_finish(&other);
}
