/* SPDX-License-Identifier: MIT */
/*
 * When things happen, to the frame: against the definition of the tempo map written down a second time in
 * 128-bit integers, and against closed formulas where tempo and rate divide evenly.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "rtcore_fixture.h"

#define SEEN_MAX 8192

/* Kronos without an engine: what the sink was told. */
struct seen {
	enum kronos_note what;
	int64_t frame, told_at, tick;
	uint32_t index;
};
static struct seen seen[SEEN_MAX];
static uint32_t n_seen;
static int64_t block_frame;

static void sink(void *data, const struct kronos_event *ev) MOS_RT
{
	(void)data;
	if (n_seen < SEEN_MAX)
		seen[n_seen++] =
			(struct seen){ev->what, block_frame + ev->offset, block_frame, ev->tick, ev->index};
}

static void kronos_start(struct kronos *k, uint32_t rate_hz, struct song *song)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PLAY};

	kronos_init(k, rate_hz, sink, NULL);
	(void)kronos_swap(k, song, 0);
	n_seen = 0;
	block_frame = 0;
	cr_assert_eq(kronos_request(k, &msg, 1), 0);
}

/* 1..300 BPM and what files dare to say, constant and linear sections, at least a tick long. */
static struct score random_score(uint64_t *rng)
{
	struct score s = score_at((uint64_t)rnd(rng, 200000000, 2000000000), 0);
	int64_t tick = 0;

	for (int64_t i = rnd(rng, 0, 12); i > 0; i--) {
		struct mos_tl_tempo *t = &s.tempo[s.n_tempo - 1];

		tick += rnd(rng, 0, 3) ? rnd(rng, 1, 3000) : 1;
		if (rnd(rng, 0, 1))
			t->npq_end = (uint64_t)rnd(rng, 150000000, 3000000000);
		score_tempo(&s, tick, (uint64_t)rnd(rng, 150000000, 3000000000), 0);
		s.tempo[s.n_tempo - 1].npq_end = s.tempo[s.n_tempo - 1].npq_start;
	}
	s.end_tick = tick + rnd(rng, 1, 4000);
	for (int i = 0; i < 200; i++)
		score_control(
			&s, rnd(rng, 0, s.end_tick), 0xb0, (uint32_t)rnd(rng, 0, 47), 1, (uint8_t)i & 127);
	return s;
}

Test(timing, event_frames, .timeout = 60,
	.description =
		"TIM-06 KRO-04 KRO-01: over random tempo maps, rates and block sizes each event is told at "
		"ceil(time * rate), in order, once")
{
	static const uint32_t rates[] = {44100, 48000, 96000, 47999, 192000};
	uint64_t rng = 4711;
	struct kronos k;

	for (int map = 0; map < 60; map++) {
		uint32_t rate = rates[map % 5], next = 0;
		struct score s = random_score(&rng), copy = s;
		int64_t max_block = rnd(&rng, 0, 1) ? 8192 : 300, end = 0;
		struct song *song = score_song(&s);

		kronos_start(&k, rate, song);
		while (k.state == MOS_TRANSPORT_PLAYING) {
			uint32_t n = (uint32_t)rnd(&rng, 1, max_block);

			kronos_block(&k, n);
			block_frame += n;
		}
		for (uint32_t i = 0; i < n_seen; i++) {
			if (seen[i].what == KRONOS_STATE)
				end = seen[i].frame;
			if (seen[i].what != KRONOS_EVENT)
				continue;
			cr_assert_eq(
				seen[i].index, next, "map %d: event %u after %u", map, seen[i].index, next);
			cr_assert_eq(seen[i].tick, song->tl.event[next].tick);
			cr_assert_eq(seen[i].frame, oracle_frame(oracle_u(&copy, seen[i].tick), rate),
				"map %d, rate %u, event %u at tick %lld", map, rate, next,
				(long long)seen[i].tick);
			next++;
		}
		cr_assert_eq(next, song->tl.n_event);
		cr_assert_eq(
			end, oracle_frame(oracle_u(&copy, song->tl.end_tick), rate), "map %d: the end", map);
		song_destroy(song);
	}
}

/* Closed hi-hats far enough apart to be told from each other by silence; they sound from their first frame
 * on. */
static struct score hats(uint64_t *rng, int n)
{
	struct score s = score_at(400000000, 0);
	int64_t tick = 0;

	for (int i = 0; i < n; i++) {
		tick += rnd(rng, 960, 1400);
		score_note(&s, tick, 100, 9, 42, 127);
		if (i % 3 == 1) {
			s.tempo[s.n_tempo - 1].npq_end = i % 2 ? (uint64_t)rnd(rng, 300000000, 700000000)
							       : s.tempo[s.n_tempo - 1].npq_start;
			score_tempo(&s, tick + rnd(rng, 1, 800), 0, 0);
			s.tempo[s.n_tempo - 1].npq_start = s.tempo[s.n_tempo - 1].npq_end =
				(uint64_t)rnd(rng, 300000000, 700000000);
		}
	}
	s.end_tick = tick + 480;
	return s;
}

Test(timing, sound_onsets,
	.description =
		"TIM-06 KRO-01: the built-in synthesizer's notes sound from exactly ceil(time * rate) on")
{
	static const uint32_t rates[] = {44100, 48000, 96000};
	static const uint32_t quanta[] = {1000, 1, 333};

	for (int i = 0; i < 3; i++) {
		uint64_t rng = 99;
		struct rig r;
		struct score s = hats(&rng, 12), copy = s;
		int64_t tick[12];
		uint32_t at = 0, n = 0;

		for (uint32_t e = 0; e < s.n_event; e++)
			if (s.event[e].order == MOS_TL_NOTE_ON)
				tick[n++] = s.event[e].tick;
		rig_init(&r, rates[i], quanta[i]);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, (uint32_t)oracle_frame(oracle_u(&copy, copy.end_tick), rates[i]) + 10);
		for (uint32_t k = 0; k < 12; k++) {
			at = rig_first_sound(&r, at);
			cr_assert_eq(at, oracle_frame(oracle_u(&copy, tick[k]), rates[i]), "rate %u, note %u",
				rates[i], k);
			while (at < r.n_frames && (r.l[at] != 0 || r.l[at + 1] != 0))
				at++;
		}
		cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_STOPPED);
		rig_finish(&r);
	}
}

/* Everything that can happen without a command: loop, controllers, pedal, drums, chords, tempo ramps, full
 * mix. */
static struct score busy(void)
{
	struct score s = score_at(500000000, 3840);
	uint64_t rng = 31;

	for (int i = 0; i < 120; i++) {
		uint32_t ch = (uint32_t)rnd(&rng, 0, 15);

		score_note(&s, rnd(&rng, 0, 3600), rnd(&rng, 1, 240), ch, (uint8_t)rnd(&rng, 36, 90),
			(uint8_t)rnd(&rng, 1, 127));
		score_control(&s, rnd(&rng, 0, 3600), 0xb0, ch, i % 2 ? 64 : 7, (uint8_t)rnd(&rng, 0, 127));
		score_control(&s, rnd(&rng, 0, 3600), 0xc0, ch, (uint8_t)rnd(&rng, 0, 127), 0);
		score_control(&s, rnd(&rng, 0, 3600), 0xe0, ch, 0, (uint8_t)rnd(&rng, 0, 127));
	}
	score_tempo(&s, 960, 500000000, 300000000);
	score_tempo(&s, 1920, 400000000, 400000000);
	return s;
}

Test(timing, any_quantum, .timeout = 60,
	.description = "TIM-06 KRO-20: the same bits whatever the quantum, from 1 to 8192 frames, through "
		       "loops and the limiter")
{
	static const uint32_t quanta[] = {256, 1, 7, 64, 100, 255, 257, 1023, 4096, 8192};
	float *first_l = NULL, *first_r = NULL;
	uint32_t n = 3 * 48000;

	for (size_t i = 0; i < sizeof(quanta) / sizeof(quanta[0]); i++) {
		struct score s = busy();
		struct rig r;

		rig_init(&r, 48000, quanta[i]);
		r.e->apollo.mix.master_gain = 3;
		rig_score(&r, &s);
		cr_assert_eq(rig_loop(&r, 500, 2777), 0);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, n);
		cr_assert_gt(r.e->kronos.play.loops, 0, "quantum %u: the loop was missed", quanta[i]);
		cr_assert_gt(r.e->apollo.mix.limited, 0, "the limiter was not reached");
		if (first_l) {
			cr_assert_eq(frames_differ(first_l, r.l, n), n, "quantum %u: left differs at frame %zu", quanta[i],
				frames_differ(first_l, r.l, n));
			cr_assert_eq(frames_differ(first_r, r.r, n), n, "quantum %u: right differs at frame %zu", quanta[i],
				frames_differ(first_r, r.r, n));
		}
		if (!first_l) {
			first_l = r.l;
			first_r = r.r;
			r.l = r.r = NULL;
		}
		rig_finish(&r);
	}
	free(first_l);
	free(first_r);
}

/* 25 frames a tick at 120 BPM and 48 kHz. */
static struct score ticks_score(void)
{
	struct score s = score_at(MOS_NPQ_120, 20000);

	for (int64_t t = 0; t < 20000; t += 7)
		score_control(&s, t, 0xb0, 0, 1, (uint8_t)(t & 127));
	return s;
}

/* Frames a tick become num/den from a given frame on; every event after it must lie on the new grid. */
static void check_change(struct mos_rtctl_msg change, int64_t num, int64_t den)
{
	for (int64_t at = 3000; at < 3060; at += 7) {
		struct score s = ticks_score();
		struct song *song = score_song(&s);
		struct kronos k;
		uint32_t frac_before, frac_after, first, checked = 0;
		int64_t tick = at / 25, rest = at % 25;

		kronos_start(&k, 48000, song);
		kronos_block(&k, (uint32_t)at);
		block_frame = at;
		cr_assert_eq(kronos_tick(&k, &frac_before), tick);
		first = n_seen;
		cr_assert_eq(kronos_request(&k, &change, 1), 0);
		cr_assert_eq(kronos_tick(&k, &frac_after), tick, "the tick jumped");
		cr_assert_leq(
			labs((long)frac_after - (long)frac_before), 1, "the position jumped within the tick");
		for (; block_frame < at + 30000; block_frame += 100)
			kronos_block(&k, 100);
		for (uint32_t i = first; i < n_seen; i++) {
			/* ticks to go, times frames a tick: ((T - tick) - rest/25) * num/den */
			int64_t go = (seen[i].tick - tick) * 25 - rest;

			if (seen[i].what != KRONOS_EVENT)
				continue;
			cr_assert_eq(seen[i].frame, at + (int64_t)ceil_div((__int128)go * num, 25 * den),
				"tick %lld after a change at frame %lld", (long long)seen[i].tick,
				(long long)at);
			checked++;
		}
		cr_assert_gt(checked, 50);
		song_destroy(song);
	}
}

Test(timing, tempo_change,
	.description = "KRO-08: tempo and rate changed while playing: the tick goes on without a jump, from "
		       "that very frame at "
		       "the new speed")
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO};

	msg.u.tempo = (typeof(msg.u.tempo)){.mode = MOS_TEMPO_FIXED, .npq = 600000000};
	check_change(msg, 30, 1); /* 100 BPM */
	msg.u.tempo.npq = 300000000;
	check_change(msg, 15, 1); /* 200 BPM */
	msg.u.tempo.npq = 260000000;
	check_change(msg, 13, 1);
	msg.u.tempo = (typeof(msg.u.tempo)){.mode = MOS_TEMPO_RATE, .rate_ppm = 2000000};
	check_change(msg, 25, 2);
	msg.u.tempo.rate_ppm = 500000;
	check_change(msg, 50, 1);
	msg.u.tempo.rate_ppm = 1250000;
	check_change(msg, 20, 1);
}

Test(timing, tempo_limits, .description = "KRO-14: tempi and rates outside of what can be played are refused")
{
	static const uint64_t bad_npq[] = {0, 1, 199999999, 60000000001, UINT64_MAX};
	static const uint32_t bad_ppm[] = {0, 1, 9999, 10000001, UINT32_MAX};
	struct score s = ticks_score();
	struct rig r;

	rig_init(&r, 48000, 64);
	rig_score(&r, &s);
	for (int i = 0; i < 5; i++) {
		cr_expect_eq(rig_tempo_fixed(&r, bad_npq[i]), -EINVAL);
		cr_expect_eq(rig_tempo_rate(&r, bad_ppm[i]), -EINVAL);
	}
	cr_expect_eq(r.e->kronos.map.fixed_npq, 0);
	cr_expect_eq(r.e->kronos.map.rate_ppm, 1000000);
	cr_expect_eq(rig_tempo_fixed(&r, 200000000), 0);
	cr_expect_eq(rig_tempo_fixed(&r, 60000000000), 0);
	cr_expect_eq(rig_tempo_rate(&r, 10000), 0);
	cr_expect_eq(rig_tempo_rate(&r, 10000000), 0);
	rig_finish(&r);
}

Test(timing, thousand_loops,
	.description = "KRO-20: 1,000 loops over a tempo ramp that fits no frame: each wrap and each note at "
		       "its exact frame")
{
	uint64_t rng = 9;
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOOP};
	struct score s = score_at(487654321, 9600), copy;
	struct song *song;
	struct kronos k;
	uint32_t loops = 0, notes = 0;

	score_tempo(&s, 500, 487654321, 333333333);
	score_tempo(&s, 1500, 401234567, 401234567);
	score_control(&s, 700, 0xb0, 0, 1, 1);
	copy = s;
	song = score_song(&s);
	__int128 first = oracle_u(&copy, 1777), len = first - oracle_u(&copy, 333),
		 note = oracle_u(&copy, 700);

	kronos_start(&k, 44100, song);
	msg.u.loop = (typeof(msg.u.loop)){.start_tick = 333, .end_tick = 1777, .active = 1};
	cr_assert_eq(kronos_request(&k, &msg, 1), 0);
	while (loops < 1000) {
		uint32_t n = (uint32_t)rnd(&rng, 1, rnd(&rng, 0, 9) ? 512 : 8192);

		n_seen = 0;
		kronos_block(&k, n);
		block_frame += n;
		for (uint32_t i = 0; i < n_seen; i++) {
			if (seen[i].what == KRONOS_LOOP) {
				cr_assert_eq(seen[i].frame, oracle_frame(first + loops * len, 44100),
					"wrap %u", loops);
				loops++;
			} else if (seen[i].what == KRONOS_EVENT) {
				cr_assert_eq(seen[i].frame, oracle_frame(note + notes * len, 44100),
					"round %u", notes);
				notes++;
			}
		}
	}
	cr_expect_geq(notes, 1000);
	song_destroy(song);
}

Test(timing, ten_hours, .timeout = 60,
	.description = "KRO-05 KRO-01: ten hours of frames at 44.1 kHz and an odd tempo: position equals the "
		       "formula in every "
		       "block, error 0")
{
	const uint64_t npq = 487654321;
	const int64_t frames = INT64_C(36000) * 44100;
	struct score s = score_at(npq, 80000000);
	struct song *song = score_song(&s);
	struct kronos k;
	uint32_t frac;

	kronos_start(&k, 44100, song);
	while (block_frame < frames) {
		kronos_block(&k, 1023);
		block_frame += 1023;
		n_seen = 0;
		/* a tick is npq * rate / 960e9 frames: exact fractions */
		__int128 num = (__int128)block_frame * 960000000000, den = (__int128)npq * 44100;

		cr_assert_eq(
			kronos_tick(&k, &frac), (int64_t)(num / den), "frame %lld", (long long)block_frame);
		cr_assert_eq(frac, (uint32_t)((num % den << 32) / den), "frame %lld", (long long)block_frame);
	}
	song_destroy(song);
}

Test(timing, ten_hours_of_changes, .timeout = 60,
	.description = "KRO-05 KRO-08: ten hours with 10,000 changes of tempo and rate: less than a "
		       "millionth of a tick off")
{
	const int64_t frames = INT64_C(36000) * 48000;
	struct score s = score_at(MOS_NPQ_120, 400000000);
	struct song *song = score_song(&s);
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO};
	struct kronos k;
	uint64_t rng = 5, npq = MOS_NPQ_120, ppm = 1000000;
	__int128 ticks40 = 0; /* position in 2^-40 ticks; each change rounds by one of them at most */
	int64_t since = 0;

	kronos_start(&k, 48000, song);
	while (block_frame < frames) {
		uint32_t n = (uint32_t)rnd(&rng, 1, 350000), frac;
		__int128 now, got;

		kronos_block(&k, n);
		block_frame += n;
		since += n;
		n_seen = 0;
		now = ticks40 + ((__int128)since * 960000 * ppm << 40) / ((__int128)npq * 48000);
		got = ((__int128)kronos_tick(&k, &frac) << 40) + ((__int128)frac << 8);
		cr_assert(got - now < 1 << 20 && now - got < 1 << 20, "frame %lld: off by %g ticks",
			(long long)block_frame, (double)(got - now) / (double)(INT64_C(1) << 40));
		ticks40 = now;
		since = 0;
		msg.u.tempo.mode = rnd(&rng, 0, 1) ? MOS_TEMPO_FIXED : MOS_TEMPO_RATE;
		msg.u.tempo.npq = (uint64_t)rnd(&rng, 200000000, 1000000000);
		msg.u.tempo.rate_ppm = (uint32_t)rnd(&rng, 500000, 2000000);
		if (msg.u.tempo.mode == MOS_TEMPO_FIXED) {
			npq = msg.u.tempo.npq;
			ppm = 1000000;
		} else {
			ppm = msg.u.tempo.rate_ppm;
		}
		cr_assert_eq(kronos_request(&k, &msg, 1), 0);
	}
	song_destroy(song);
}

/* Simulated wake-ups: worst and 99th percentile distance of the smoothed anchors from the ideal line, in ns.
 */
static double dll_error(struct dll *d, double frame_ns, uint32_t quantum, uint32_t cycles, uint32_t settle,
	double *start, uint64_t *rng)
{
	static double err[200000];
	uint32_t n = 0, above = 0;
	double p99 = 0;

	for (uint32_t i = 0; i < cycles; i++) {
		/* late by 0 to 0.5 ms; the ideal line is as late as the mean */
		double late = (double)rnd(rng, 0, 500000);
		int64_t out = dll_cycle(d, (int64_t)(*start + late), quantum);

		if (i >= settle)
			err[n++] = fabs((double)out - (*start + 250000));
		*start += frame_ns * quantum;
	}
	for (p99 = 0; n > 0; p99 += 500) {
		above = 0;
		for (uint32_t i = 0; i < n; i++)
			above += err[i] > p99;
		if (above <= n / 100)
			break;
	}
	return p99;
}

Test(timing, dll,
	.description = "KRO-19: wake-ups that are 0 to 0.5 ms late on a clock 200 ppm off: 99 % of the "
		       "anchors within "
		       "0.1 ms of the line, and again after a gap")
{
	static const uint32_t quanta[] = {64, 256, 1024};

	for (int i = 0; i < 3; i++) {
		struct dll d;
		uint64_t rng = 17;
		double frame_ns = 1e9 / 48000 * (1 + 200e-6), start = 5e12;
		uint32_t cycles = 60 * 48000 / quanta[i], settle = 20 * 48000 / quanta[i];
		double p99;

		dll_reset(&d, 48000);
		p99 = dll_error(&d, frame_ns, quanta[i], cycles, settle, &start, &rng);
		cr_expect_lt(p99, 100000, "quantum %u: %g us", quanta[i], p99 / 1000);
		cr_expect_lt(fabs(d.frame_ns / frame_ns - 1), 20e-6, "quantum %u: the rate is not found",
			quanta[i]);
		start += 3e9; /* suspended */
		p99 = dll_error(&d, frame_ns, quanta[i], cycles, settle, &start, &rng);
		cr_expect_lt(p99, 100000, "quantum %u after a gap: %g us", quanta[i], p99 / 1000);
	}
}

Test(timing, dll_steady,
	.description = "KRO-19: without jitter the anchor is the wake-up itself, to the nanosecond")
{
	struct dll d;

	dll_reset(&d, 48000);
	for (int64_t i = 0; i < 100000; i++) {
		int64_t t = 1000000007 + i * 256 * 125 / 6 * 1000;

		cr_assert_leq(labs(dll_cycle(&d, t, 256) - t), 1000);
	}
}

Test(timing, dll_catches_up,
	.description = "KRO-19: time does not go back when a driver plays what it has missed while another one had its place")
{
	const int64_t period_ns = 5333333, start_ns = 1000000000;
	int64_t last_ns = 0, ns, i = 0;
	struct dll d;

	dll_reset(&d, 48000);
	for (; i < 100; i++)
		last_ns = dll_cycle(&d, start_ns + i * period_ns, 256);
	ns = dll_cycle(&d, start_ns + 600 * period_ns, 256); /* another driver, after a pause */
	cr_assert_eq(ns, start_ns + 600 * period_ns);
	for (last_ns = ns; i < 700; i++) {
		ns = dll_cycle(&d, start_ns + i * period_ns, 256);
		cr_assert_geq(ns, last_ns, "KRO-19: cycle %d", (int)i);
		last_ns = ns;
	}
	cr_assert_leq(labs(ns - (start_ns + 699 * period_ns)), period_ns / 100, "KRO-19: it is there again");
	ns = dll_cycle(&d, start_ns - INT64_C(20000000000), 256);
	cr_assert_eq(ns, start_ns - INT64_C(20000000000), "KRO-19: another clock's time is another time");
}

/* Fields of a clock page agree with each other and with the tick, by their own definitions. */
Test(timing, clock_page,
	.description = "KRO-09: state, tick, measure, beat, tempo and due times agree in every cycle")
{
	struct score s = score_at(500000000, 30000);
	struct rig r;
	struct mos_clock c;

	score_tempo(&s, 5000, 500000000, 250000000);
	score_tempo(&s, 12000, 400000000, 400000000);
	score_meter(&s, 3840, 7, 8);
	score_meter(&s, 3840 + 2 * 3360, 6, 8);
	s.key[s.n_key++] = (struct mos_tl_key){.tick = 0, .fifths = 2};
	s.key[s.n_key++] = (struct mos_tl_key){.tick = 9000, .fifths = -3, .minor = 1};
	struct score copy = s;

	rig_init(&r, 48000, 333);
	rig_score(&r, &s);
	cr_assert_eq(rig_play(&r), 0);
	for (uint64_t frame = 0; r.e->kronos.state == MOS_TRANSPORT_PLAYING; frame += 333) {
		__int128 u = floor_div((__int128)frame * 960000000000, 48000), due;
		int64_t beat, measure_len;

		rig_run(&r, 333);
		rig_forget(&r);
		cr_assert_eq(mos_clock_read(r.regions.clock.base, &c), 0);
		cr_assert_eq(c.frame, frame);
		cr_assert_eq(c.time_ns, (int64_t)((__int128)frame * 1000000000 / 48000));
		cr_assert(oracle_u(&copy, c.tick) <= u && u < oracle_u(&copy, c.tick + 1),
			"tick %lld at frame %llu", (long long)c.tick, (unsigned long long)frame);
		measure_len = c.meter_num * 3840 / c.meter_den;
		beat = 3840 / c.meter_den;
		cr_assert(c.measure_tick <= c.tick && c.tick < c.measure_tick + measure_len);
		cr_assert_eq(c.meter_num, c.tick < 3840 ? 4 : c.tick < 10560 ? 7 : 6);
		cr_assert_eq(c.meter_den, c.tick < 3840 ? 4 : 8);
		cr_assert_eq(c.measure, c.tick < 3840    ? 0
					: c.tick < 10560 ? 1 + (c.tick - 3840) / 3360
							 : 3 + (c.tick - 10560) / 2880);
		/* the next beat is the first that has not begun; the one at the position itself counts */
		cr_assert_geq(c.next_beat_tick, c.tick);
		cr_assert_leq(c.next_beat_tick, c.tick + beat);
		cr_assert_eq((c.next_beat_tick - c.measure_tick) % beat, 0);
		due = oracle_u(&copy, c.next_beat_tick);
		cr_assert_leq(llabs(c.next_beat_ns - (int64_t)(due / 960)), 1);
		cr_assert_eq(c.key_fifths, c.tick < 9000 ? 2 : -3);
		cr_assert_eq(c.key_minor, c.tick < 9000 ? 0 : 1);
	}
	rig_finish(&r);
}

/* Score notes, and how far ahead of its sound each was announced. */
static void check_announcements(struct rig *r, const struct score *s, uint32_t rate_hz, uint64_t from_frame,
	int64_t from_tick, uint32_t block)
{
	struct mos_event ev;
	uint64_t now = from_frame; /* of the cycle that published what is read next */
	uint32_t notes = 0, expected = 0;
	uint32_t ahead = rate_hz / 10;

	for (uint32_t i = 0; i < s->n_event; i++)
		expected += s->event[i].order != MOS_TL_CONTROL && s->event[i].tick >= from_tick;
	for (int rolls = 1; rolls;) {
		rolls = r->e->kronos.state == MOS_TRANSPORT_PLAYING;
		while (rig_event(r, 0, &ev)) {
			int64_t due;

			if (ev.type != MOS_EVENT_MIDI_NOTEON && ev.type != MOS_EVENT_MIDI_NOTEOFF) {
				cr_assert_neq(ev.type, MOS_EVENT_MIDI_UMP, "a controller was announced");
				continue;
			}
			cr_assert(ev.flags & MOS_EVENT_SCHEDULED);
			cr_assert_eq(ev.source, MOS_SOURCE_SCORE);
			due = (int64_t)from_frame +
			      oracle_frame(oracle_u(s, ev.tick) - oracle_u(s, from_tick), rate_hz);
			/* the anchor is the offline line: frame f begins at f / rate */
			cr_assert_leq(
				llabs((int64_t)ev.time_ns - (int64_t)((__int128)due * 1000000000 / rate_hz)),
				1000, "tick %lld is announced for another time", (long long)ev.tick);
			if (due - (int64_t)from_frame >= ahead)
				cr_assert(due >= (int64_t)now + ahead && due < (int64_t)now + ahead + block,
					"due in %lld frames, not in %u", (long long)(due - (int64_t)now),
					ahead);
			notes++;
		}
		now = r->e->frame;
		rig_run(r, block);
		rig_forget(r);
	}
	cr_assert_eq(notes, expected, "%u of %u notes were announced", notes, expected);
}

Test(timing, announcements,
	.description = "TIM-03: each score note is announced once, 100 ms before it is due; after a seek "
		       "too; controllers are not")
{
	static const uint32_t rates[] = {44100, 48000, 96000};

	for (int i = 0; i < 3; i++) {
		uint64_t rng = 3;
		struct score s = score_at(500000000, 9600);
		struct mos_rtctl_msg play = {.op = MOS_RTCTL_PLAY};
		struct mos_rtctl_msg seek = {.op = MOS_RTCTL_SEEK, .u.seek.tick = 4001};
		struct rig r;

		score_tempo(&s, 2000, 600000000, 300000000);
		score_tempo(&s, 6000, 420000000, 420000000);
		for (int k = 0; k < 80; k++) {
			score_note(&s, rnd(&rng, 0, 9000), rnd(&rng, 1, 500), (uint32_t)rnd(&rng, 0, 47), 60,
				64);
			score_control(&s, rnd(&rng, 0, 9000), 0xb0, 0, 7, 100);
		}
		struct score copy = s;

		copy.event = malloc(s.n_event * sizeof(*s.event));
		memcpy(copy.event, s.event, s.n_event * sizeof(*s.event));
		rig_init(&r, rates[i], 128);
		rig_score(&r, &s);
		(void)rig_send(&r, &play, NULL, 0);
		rig_run(&r, 128);
		check_announcements(&r, &copy, rates[i], 0, 0, 128);
		(void)rig_send(&r, &seek, NULL, 0);
		(void)rig_send(&r, &play, NULL, 0);
		rig_run(&r, 128);
		check_announcements(&r, &copy, rates[i], r.e->frame - 128, 4001, 128);
		free(copy.event);
		rig_finish(&r);
	}
}

Test(timing, announcements_of_a_count_in,
	.description = "TIM-03: with a count-in before it even the first note is announced 100 ms ahead")
{
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct mos_rtctl_msg play = {.op = MOS_RTCTL_PLAY, .u.play.count_in_bars = 1};
	struct rig r;
	struct mos_event ev;
	uint64_t told = 0;

	score_note(&s, 0, 100, 0, 60, 64);
	rig_init(&r, 48000, 64);
	rig_score(&r, &s);
	(void)rig_send(&r, &play, NULL, 0);
	while (!told) {
		uint64_t now = r.e->frame;

		rig_run(&r, 64);
		if (rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev))
			told = now;
		rig_forget(&r);
		cr_assert_lt(now, 96000, "the note is not announced before it sounds");
	}
	cr_expect_leq(llabs((int64_t)ev.time_ns - 2000000000), 1000, "one bar at 120 BPM is 2 s");
	cr_expect(told + 4800 <= 96000 && 96000 < told + 4800 + 64, "announced at frame %llu",
		(unsigned long long)told);
	rig_run(&r, 48000);
	cr_expect_eq(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev), 0, "announced twice");
	rig_finish(&r);
}
