/* SPDX-License-Identifier: MIT */
/*
 * Where the transport stands and what that does to the sound: pause, stop, seek, chased controllers, loops,
 * the end.
 */
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "rtcore_fixture.h"

#define RATE 48000
#define FADE 300 /* frames: what was cut has faded to nothing */

/* Loud held organ chords on three channels: any cut would click. */
static struct score organ(int64_t len)
{
	struct score s = score_at(MOS_NPQ_120, len + 100);

	for (uint32_t ch = 0; ch < 3; ch++) {
		score_control(&s, 0, 0xc0, ch * 16, 16, 0);
		for (uint8_t k = 0; k < 3; k++)
			score_note(&s, 0, len, ch * 16, (uint8_t)(48 + 5 * ch + 7 * k), 70);
	}
	return s;
}

/* The cut at `at` is silent within a block and makes no step larger than the sound itself did. */
static void check_silence(const struct rig *r, uint32_t at)
{
	float before = rig_peak(r, at - 4800, at), step = rig_max_step(r, at - 4800, at);

	cr_expect_gt(before, 0.1f, "nothing sounded");
	cr_expect_lt(rig_peak(r, at + BLOCK_MAX, r->n_frames), 1e-5f, "not silent after a block");
	cr_expect_eq(rig_peak(r, at + FADE, r->n_frames), 0, "not silent to the last bit");
	cr_expect_lt(rig_max_step(r, at - 1, r->n_frames), step + 0.06f * before, "a click");
}

Test(position, pause_and_stop,
	.description = "KRO-06: pause keeps the position, stop returns to the start; both are silent within "
		       "a block, without a click")
{
	for (uint32_t at = 20000; at < 20800; at += 97) {
		struct score s = organ(9600);
		struct rig r;

		rig_init(&r, RATE, 200);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, at);
		cr_expect_eq(rig_pause(&r), 0);
		cr_expect_eq(rig_tick(&r), at / 25);
		rig_run(&r, 5000);
		cr_expect_eq(rig_tick(&r), at / 25, "it goes on while paused");
		cr_expect_eq(apollo_keys_down(&r.e->apollo), 0);
		check_silence(&r, at);
		rig_finish(&r);

		s = organ(9600);
		rig_init(&r, RATE, 200);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, at);
		cr_expect_eq(rig_stop(&r), 0);
		cr_expect_eq(rig_tick(&r), 0);
		rig_run(&r, 5000);
		check_silence(&r, at);
		rig_finish(&r);
	}
}

Test(position, seek,
	.description = "KRO-07: the first sample after a seek belongs to the target: from there on it is the "
		       "sound of a fresh start "
		       "at the target, but for the fading rest of what sounded")
{
	const int64_t target = 4000;
	struct rig r[2];

	for (int i = 0; i < 2; i++) {
		struct score s = organ(3000);

		score_note(&s, target, 200, 9, 42, 127);
		score_note(&s, target, 900, 5, 60, 100);
		score_note(&s, target + 333, 900, 6, 67, 100);
		s.end_tick = 9000;
		rig_init(&r[i], RATE, 256);
		rig_score(&r[i], &s);
	}
	cr_assert_eq(rig_play(&r[0]), 0);
	rig_run(&r[0], 30011);
	rig_forget(&r[0]);
	cr_assert_eq(rig_seek(&r[0], target), 0);
	cr_assert_eq(rig_seek(&r[1], target), 0);
	cr_assert_eq(rig_play(&r[1]), 0);
	rig_run(&r[0], 40000);
	rig_run(&r[1], 40000);
	cr_expect_neq(r[1].l[0], 0, "the hi-hat at the target sounds from its first frame on");
	for (uint32_t f = 0; f < FADE; f++)
		cr_assert_leq(fabsf(r[0].l[f] - r[1].l[f]), 2 * powf(0.95f, (float)f), "frame %u", f);
	cr_assert_eq(frames_differ(r[0].l + FADE, r[1].l + FADE, 40000 - FADE), 40000 - FADE);
	rig_finish(&r[0]);
	rig_finish(&r[1]);
}

Test(position, seek_range,
	.description = "KRO-15: seek targets outside of the score are refused and the range is named")
{
	static const int64_t bad[] = {-1, INT64_MIN, 9001, INT64_MAX};
	static const struct {
		uint32_t bar, beat, tick;
		int status;
		int64_t at;
	} bars[] = {
		{0, 0, 0, 0, 0},
		{1, 2, 5, 0, 3840 + 1920 + 5},
		{2, 1, 0, 0, 8160},
		{2, 3, 0, -ERANGE, 0},
		{0, 4, 0, -ERANGE, 0},
		{0, 0, 960, -ERANGE, 0},
		{77, 0, 0, -ERANGE, 0},
		{UINT32_MAX, 0, 0, -ERANGE, 0},
	};
	struct score s = score_at(MOS_NPQ_120, 9000);
	struct mos_rtctl_msg msg;
	struct rig r;

	score_meter(&s, 7680, 6, 8);
	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	for (int i = 0; i < 4; i++) {
		msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_SEEK, .u.seek.tick = bad[i]};
		cr_expect_eq(rig_ask(&r, &msg), -ERANGE);
		cr_expect_eq(msg.u.seek.range_min, 0);
		cr_expect_eq(msg.u.seek.range_max, 9000);
		cr_expect_eq(rig_tick(&r), 0);
	}
	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_SEEK};
		msg.u.seek.by_bar = 1;
		msg.u.seek.bar = bars[i].bar;
		msg.u.seek.beat = bars[i].beat;
		msg.u.seek.sub_tick = bars[i].tick;
		cr_expect_eq(rig_ask(&r, &msg), bars[i].status, "bar %u beat %u", bars[i].bar, bars[i].beat);
		if (!bars[i].status)
			cr_expect_eq(rig_tick(&r), bars[i].at);
	}
	cr_expect_eq(rig_seek(&r, 9000), 0, "the end itself is allowed");
	rig_finish(&r);
}

/* All that can be said about a channel, in all dialects. */
static struct score controllers(uint64_t *rng, int64_t end)
{
	static const uint8_t rpn_cc[] = {101, 100, 6, 38, 98, 99, 96, 121, 120, 123, 0, 32, 64, 7, 11};
	struct score s = score_at(MOS_NPQ_120, end);

	for (int i = 0; i < 3000; i++) {
		int64_t tick = rnd(rng, 1, end - 1);
		uint32_t ch = (uint32_t)rnd(rng, 0, 3) * 15, w = (ch / 16) << 24 | (ch % 16) << 16;
		uint8_t v = (uint8_t)rnd(rng, 0, 127), n = (uint8_t)rnd(rng, 0, 119);

		switch (rnd(rng, 0, 11)) {
		case 0:
		case 1:
		case 2:
			n = rpn_cc[rnd(rng, 0, (int64_t)sizeof(rpn_cc) - 1)];
			score_control(&s, tick, 0xb0, ch, n, n == 101 ? 0 : n == 100 ? v % 4 : v);
			break;
		case 3:
		case 4:
			score_control(&s, tick, 0xb0, ch, n, v);
			break;
		case 5:
			score_control(&s, tick, 0xc0, ch, v, 0);
			break;
		case 6:
			score_control(&s, tick, 0xd0, ch, v, 0);
			break;
		case 7:
			score_control(&s, tick, 0xe0, ch, n, v);
			break;
		case 8:
			score_ump(&s, tick, 0x40b00000u | w | (uint32_t)n << 8, (uint32_t)rnd_u64(rng), 0, 0);
			break;
		case 9:
			score_ump(&s, tick, 0x40c00000u | w | (v & 1),
				(uint32_t)v << 24 | (uint32_t)n << 8 | v, 0, 0);
			break;
		case 10:
			score_ump(&s, tick, 0x40e00000u | w, (uint32_t)rnd_u64(rng), 0, 0);
			break;
		default: /* GM on; GS reset and GS volume, which begins alike */
			if (rnd(rng, 0, 7))
				break;
			if (v & 1) {
				score_ump(&s, tick, 0x30047e7fu | (w & 0xf000000), 0x09010000, 0, 0);
			} else {
				score_ump(&s, tick, 0x30164110u | (w & 0xf000000), 0x42124000, 0, 0);
				score_ump(&s, tick,
					0x30330000u | (w & 0xf000000) | (v & 2 ? 0x7f00u : 0x0450u),
					0x41000000, 0, 0);
			}
			break;
		}
	}
	return s;
}

static void expect_same_channels(const struct rig *a, const struct rig *b, const char *what)
{
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++) {
		const struct chan_values *x = &a->e->apollo.channel[ch].v, *y = &b->e->apollo.channel[ch].v;

		for (uint32_t i = 0; i < 128; i++)
			cr_assert_eq(x->cc[i], y->cc[i], "%s: channel %u CC %u: %u, not %u", what, ch, i,
				y->cc[i], x->cc[i]);
		cr_assert_eq(x->program, y->program, "%s: program", what);
		cr_assert_eq(x->bank_msb, y->bank_msb, "%s: bank", what);
		cr_assert_eq(x->bank_lsb, y->bank_lsb, "%s: bank", what);
		cr_assert_eq(x->bend, y->bend, "%s: bend", what);
		cr_assert_eq(x->pressure, y->pressure, "%s: pressure", what);
		cr_assert_arr_eq(x->rpn, y->rpn, sizeof(x->rpn), "%s: parameters", what);
		cr_assert_eq(x->select_nrpn, y->select_nrpn, "%s: selection", what);
		cr_assert_eq(x->select_msb, y->select_msb, "%s: selection", what);
		cr_assert_eq(x->select_lsb, y->select_lsb, "%s: selection", what);
	}
}

Test(position, chase, .timeout = 60,
	.description = "KRO-07: after a seek, a loop's wrap or a pause all controllers are as if the score "
		       "had been played up to there")
{
	uint64_t rng = 77;

	for (int round = 0; round < 30; round++) {
		uint64_t seed = rnd_u64(&rng);
		int64_t tick = rnd(&rng, 1, 5990);
		struct rig played, other;
		struct score s = controllers(&(uint64_t){seed}, 6000);

		rig_init(&played, RATE, 1000);
		rig_score(&played, &s);
		cr_assert_eq(rig_play(&played), 0);
		rig_run(&played, (uint32_t)tick * 25 + 1); /* the events of the tick included */

		s = controllers(&(uint64_t){seed}, 6000);
		rig_init(&other, RATE, 1000);
		rig_score(&other, &s);
		if (round % 3 == 0) { /* from elsewhere */
			cr_assert_eq(rig_play(&other), 0);
			rig_run(&other, (uint32_t)rnd(&rng, 1, 140000));
			cr_assert_eq(rig_seek(&other, tick), 0);
			rig_run(&other, 1);
			expect_same_channels(&played, &other, "seek");
		} else if (round % 3 == 1) { /* paused just there, or a few frames later */
			uint32_t more = (uint32_t)rnd(&rng, 0, 24);

			cr_assert_eq(rig_play(&other), 0);
			rig_run(&other, (uint32_t)tick * 25 + more);
			cr_assert_eq(rig_pause(&other), 0);
			rig_run(&other, 100);
			cr_assert_eq(rig_play(&other), 0);
			rig_run(&other, 25 - more);
			rig_run(&played, 24);
			expect_same_channels(&played, &other, "pause");
		} else if (tick < 5900) { /* wrapped back */
			cr_assert_eq(rig_loop(&other, tick, tick + 90), 0);
			cr_assert_eq(rig_seek(&other, tick + 10), 0);
			cr_assert_eq(rig_play(&other), 0);
			rig_run(&other, 80 * 25 + 1);
			cr_assert_eq(other.e->kronos.play.loops, 1);
			expect_same_channels(&played, &other, "loop");
		}
		rig_finish(&played);
		rig_finish(&other);
	}
}

/* A plain MIDI 1.0 device at the output: what it has been told. */
struct device {
	uint8_t cc[SONG_CHANNELS][128], program[SONG_CHANNELS];
	uint16_t bend[SONG_CHANNELS], range[SONG_CHANNELS];
	int keys;
};

static void device_hear(struct device *d, const struct driver_midi *m)
{
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t w = m->ump[i].word[0], ch = (w >> 24 & 15) * 16 + (w >> 16 & 15);
		uint8_t d1 = w >> 8 & 127, d2 = w & 127;

		switch (w >> 20 & 15) {
		case 0xb:
			d->cc[ch][d1] = d2;
			if (d1 == 6 && d->cc[ch][101] == 0 && d->cc[ch][100] == 0)
				d->range[ch] = d2;
			break;
		case 0xc:
			d->program[ch] = d1;
			break;
		case 0xe:
			d->bend[ch] = (uint16_t)(d1 | d2 << 7);
			break;
		case 0x9:
			d->keys += d2 ? 1 : -1;
			break;
		case 0x8:
			d->keys--;
			break;
		default:
			break;
		}
	}
}

Test(position, midi_output_follows,
	.description = "KRO-07: a device at the MIDI output is told what a jump changes: pedal up, bend, "
		       "program, bend range, keys")
{
	static struct driver_midi out;
	static struct device d = {.bend[0] = 8192, .cc[0][101] = 127};
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct rig r;

	score_control(&s, 1000, 0xb0, 0, 64, 127);
	score_control(&s, 1000, 0xb0, 0, 101, 0);
	score_control(&s, 1000, 0xb0, 0, 100, 0);
	score_control(&s, 1000, 0xb0, 0, 6, 12);
	score_control(&s, 1000, 0xc0, 0, 40, 0);
	score_control(&s, 1000, 0xe0, 0, 0, 100);
	score_note(&s, 1500, 5000, 0, 60, 100);
	rig_init(&r, RATE, 64);
	r.midi_out = &out;
	rig_score(&r, &s);
	cr_assert_eq(rig_play(&r), 0);
	for (int i = 0; i < 1000; i++) {
		out = (struct driver_midi){0};
		if (i == 900) {
			cr_expect_eq(d.cc[0][64], 127);
			cr_expect_eq(d.range[0], 12);
			cr_expect_eq(d.program[0], 40);
			cr_expect_eq(d.bend[0], 100 << 7);
			cr_expect_eq(d.keys, 1);
			cr_assert_eq(rig_seek(&r, 500), 0);
		}
		rig_run(&r, 64);
		rig_forget(&r);
		device_hear(&d, &out);
		if (i == 900) {
			cr_expect_eq(d.cc[0][64], 0, "the pedal stays down");
			cr_expect_eq(d.range[0], 2);
			cr_expect_eq(d.program[0], 0);
			cr_expect_eq(d.bend[0], 8192);
			cr_expect_eq(d.keys, 0, "a key stays down");
		}
	}
	rig_finish(&r);
}

Test(position, loop_releases,
	.description = "KRO-20: a note that reaches over the loop's end is ended there, without a click")
{
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct rig r;

	score_control(&s, 0, 0xc0, 0, 16, 0);
	score_note(&s, 1000, 5000, 0, 60, 90);
	rig_init(&r, RATE, 256);
	rig_score(&r, &s);
	cr_assert_eq(rig_loop(&r, 0, 2000), 0);
	cr_assert_eq(rig_play(&r), 0);
	rig_run(&r, 50010);
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 0);
	rig_run(&r, 24000);
	check_silence(&r, 50000);
	rig_run(&r, 20000); /* and it begins again in the second round */
	cr_expect_eq(rig_first_sound(&r, 51000), 75001, "a sine starts with a zero at frame 75000");
	rig_finish(&r);
}

Test(position, clock_at_the_loops_end,
	.description = "KRO-09 KRO-20: a cycle that begins at the loop's end is at its start, for readers of "
		       "the clock too")
{
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct rig r;
	int wraps = 0;

	rig_init(&r, RATE, 256);
	rig_score(&r, &s);
	cr_assert_eq(
		rig_loop(&r, 0, 1920), 0); /* 48,000 frames: every second end of it lies between two cycles */
	cr_assert_eq(rig_play(&r), 0);
	for (int64_t before = 0; wraps < 4;) {
		struct mos_clock c;

		rig_run(&r, 256);
		cr_assert_eq(mos_clock_read(r.e->page, &c), 0);
		cr_assert_lt(c.tick, 1920);
		cr_expect_eq(c.measure, 0);
		cr_expect_leq(c.next_beat_tick, 1920);
		if (c.tick < before && c.tick == 0)
			cr_expect_eq(c.next_beat_tick, 0);
		wraps += c.tick < before;
		before = c.tick;
	}
	rig_finish(&r);
}

Test(position, end_of_score,
	.description = "KRO-06: at its end a score stops by itself, rings out, and play starts it again")
{
	struct score s = score_at(MOS_NPQ_120, 4001);
	struct mos_event ev;
	struct rig r;

	score_control(&s, 0, 0xc0, 0, 19, 0);
	score_ump(&s, 3000, ump_cv1(0, 0x90, 0, 60, 100), 0, 1, 0); /* nobody ends it */
	score_note(&s, 3500, 501, 1, 67, 100);                      /* ends with the score */
	rig_init(&r, RATE, 333);
	rig_score(&r, &s);
	cr_assert_eq(rig_play(&r), 0);
	rig_run(&r, 100025);
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_PLAYING);
	rig_run(&r, 1);
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_STOPPED);
	cr_expect_eq(rig_tick(&r), 0);
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 0, "a note without an end goes on");
	while (rig_event(&r, MOS_EVENT_TRANSPORT_STATE, &ev) && ev.u.transport.state != MOS_TRANSPORT_STOPPED)
		;
	cr_expect_eq(ev.u.transport.reason, MOS_REASON_END_OF_SCORE);
	cr_expect_eq(ev.u.transport.frame, 100025);
	cr_expect_eq(ev.u.transport.from_tick, 4001);
	rig_run(&r, 96000);
	cr_expect_gt(rig_peak(&r, 100030, 100500), 0.01f, "the release is cut");
	cr_expect_eq(rig_peak(&r, 150000, r.n_frames), 0);
	cr_assert_eq(rig_seek(&r, 4001), 0);
	cr_assert_eq(rig_play(&r), 0);
	cr_expect_eq(rig_tick(&r), 0, "play at the very end starts from the top");
	rig_run(&r, 2500);
	cr_expect_eq(rig_tick(&r), 100);
	rig_finish(&r);
}

Test(position, play_stop_cycles, .timeout = 60,
	.description =
		"KRO-17: 10,000 times play and stop: nothing waits, nothing is held, no memory is taken")
{
	struct score s = organ(9600);
	struct rig r;
	struct mallinfo2 before, after;
	uint64_t rng = 1;

	rig_init(&r, RATE, 256);
	rig_score(&r, &s);
	for (int i = 0; i < 10000; i++) {
		if (i == 10)
			before = mallinfo2();
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, (uint32_t)rnd(&rng, 1, 400));
		cr_assert_eq(rnd(&rng, 0, 3) ? rig_stop(&r) : rig_pause(&r), 0);
		rig_run(&r, 64);
		rig_forget(&r);
	}
	after = mallinfo2();
	cr_assert_eq(rig_stop(&r), 0);
	rig_run(&r, 1024);
	cr_expect_eq(after.uordblks, before.uordblks, "%zu bytes more", after.uordblks - before.uordblks);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	cr_expect_eq(rig_counter(&r, C_DEFERRED), 0);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	cr_expect_eq(rig_counter(&r, C_VOICES), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	cr_expect_eq(spsc_fill(&r.e->answers), 0);
	cr_expect_eq(spsc_fill(&r.e->commands), 0);
	rig_finish(&r);
}

static struct mos_clock_song song_place(struct rig *r)
{
	struct mos_clock c;
	struct mos_clock_song song;

	rig_run(r, r->quantum); /* the page of a cycle's start */
	cr_assert_eq(mos_clock_read_song(r->e->page, &c, &song), 0);
	return song;
}

static int seek_frame(struct rig *r, int64_t frame, int64_t *ret_tick)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_SEEK, .u.seek = {.tick = frame, .by_frame = 1}};
	int rc = rig_ask(r, &msg);

	*ret_tick = rig_tick(r);
	return rc;
}

Test(position, song_frames,
	.description = "KRO-26: the clock page tells the song's place in frames, through changes and ramps "
		       "of tempo; a frame is "
		       "sought to the last tick that has begun there; at the tempo and rate in force")
{
	uint64_t seed = 26;
	struct score s = score_at(MOS_NPQ_120, 40000), copy;
	struct rig r;

	score_note(&s, 0, 39000, 0, 60, 70);
	score_tempo(&s, 7000, 400000000, 900000000);
	score_tempo(&s, 15000, 900000000, 900000000);
	score_tempo(&s, 23456, 333333333, 333333333);
	copy = s; /* the oracle asks for tempo alone */
	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	for (int i = 0; i < 300; i++) {
		int64_t tick = rnd(&seed, 0, 40000), frame, end = oracle_frame(oracle_u(&copy, 40000), RATE),
			at;

		cr_assert_eq(rig_seek(&r, tick), 0);
		cr_assert_eq(song_place(&r).frame, oracle_frame(oracle_u(&copy, tick), RATE), "tick %lld",
			(long long)tick);
		cr_assert_eq(song_place(&r).end_frame, end);
		frame = rnd(&seed, 0, end - 1);
		cr_assert_eq(seek_frame(&r, frame, &at), 0);
		cr_assert_leq(oracle_u(&copy, at) * RATE, (__int128)frame * 960 * 1000000000);
		cr_assert_gt(oracle_u(&copy, at + 1) * RATE, (__int128)frame * 960 * 1000000000);
		cr_assert_leq(song_place(&r).frame, frame);
		cr_assert_eq(seek_frame(&r, end, &at), 0);
		cr_assert_eq(at, 40000);
		cr_assert_eq(seek_frame(&r, end + 1, &at), -ERANGE);
		cr_assert_eq(seek_frame(&r, -1, &at), -ERANGE);
	}
	cr_assert_eq(rig_seek(&r, 9600), 0);
	cr_assert_eq(rig_tempo_fixed(&r, 250000000), 0);
	cr_assert_eq(song_place(&r).frame, 120000, "ten quarters of a quarter of a second");
	cr_assert_eq(rig_tempo_rate(&r, 500000), 0);
	cr_assert_eq(song_place(&r).frame, 240000, "at half the rate twice as many");
	cr_assert_eq(rig_play(&r), 0);
	rig_run(&r, 64 * 100);
	cr_assert_eq(song_place(&r).frame, 240000 + 64 * 100, "one a frame as it plays");
	rig_finish(&r);
}
