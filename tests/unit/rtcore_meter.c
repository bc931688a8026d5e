/* SPDX-License-Identifier: MIT */
/* Measures and beats: the score's meters, one set by hand, the count-in and the click. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "frames.h"
#include "rtcore_fixture.h"

#define RATE 48000

/* Beats of a meter by hand: their strengths. */
static const struct {
	uint16_t num, den;
	const char *strength;
} meters[] = {
	{4, 4, "2010"},
	{7, 8, "2010100"},
	{6, 8, "200100"},
	{3, 4, "200"},
	{5, 4, "20010"},
};

static const char *strengths(uint16_t num, uint16_t den)
{
	for (size_t i = 0; i < sizeof(meters) / sizeof(meters[0]); i++)
		if (meters[i].num == num && meters[i].den == den)
			return meters[i].strength;
	cr_assert_fail("%u/%u is not in the table", num, den);
	return NULL;
}

static void expect_beat(struct rig *r, int64_t tick, uint32_t measure, uint32_t beat, uint16_t num,
	uint16_t den, int64_t frame, uint32_t flags)
{
	struct mos_event ev;

	cr_assert(rig_event(r, MOS_EVENT_METRONOME_BEAT, &ev), "the beat at tick %lld is missing",
		(long long)tick);
	cr_assert_eq(ev.tick, tick, "tick %lld, not %lld", (long long)ev.tick, (long long)tick);
	cr_assert_eq(ev.u.beat.flags, flags, "tick %lld", (long long)tick);
	if (!flags)
		cr_assert_eq(ev.u.beat.measure, measure, "tick %lld: measure %u", (long long)tick,
			ev.u.beat.measure);
	cr_assert_eq(ev.u.beat.beat, beat, "tick %lld: beat %u", (long long)tick, ev.u.beat.beat);
	cr_assert_eq(ev.u.beat.meter_num, num);
	cr_assert_eq(ev.u.beat.meter_den, den);
	cr_assert_eq(ev.u.beat.accent, strengths(num, den)[beat] - '0');
	cr_assert_leq(llabs((int64_t)ev.time_ns - (int64_t)((__int128)frame * 1000000000 / RATE)), 1000,
		"tick %lld is due at another frame than %lld", (long long)tick, (long long)frame);
}

/* Sent, not asked: the first cycle serves it, so that events carry the cycle's times. */
static void play_in_cycle(struct rig *r, uint32_t bars)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PLAY, .u.play.count_in_bars = bars};

	(void)rig_send(r, &msg, NULL, 0);
}

Test(meter, meter_changes,
	.description = "KRO-21 KRO-29: beats of 4/4, 7/8, 6/8 and a measure cut short: measure, beat, "
		       "strength and frame; a measure "
		       "has num * 3840 / den ticks")
{
	static const struct {
		int64_t tick;
		uint16_t num, den;
	} change[] = {
		{0, 4, 4},
		{7680, 7, 8},
		{14400, 6, 8},
		{14400 + 2880 + 1000, 5, 4},
		{30000, 4, 4},
		{40000, 0, 0},
	};
	struct score s = score_at(400000000, 40000), copy;
	struct rig r;
	uint32_t measure = 0;

	for (int i = 1; i < 5; i++)
		score_meter(&s, change[i].tick, change[i].num, change[i].den);
	score_tempo(&s, 10000, 400000000, 250000000);
	score_tempo(&s, 20000, 250000000, 250000000);
	copy = s;
	rig_init(&r, RATE, 777);
	rig_score(&r, &s);
	play_in_cycle(&r, 0);
	rig_run(&r, (uint32_t)oracle_frame(oracle_u(&copy, 40000), RATE) + 1);
	for (int i = 0; i < 5; i++) {
		uint32_t beat = 0;

		for (int64_t t = change[i].tick; t < change[i + 1].tick; t += 3840 / change[i].den) {
			expect_beat(&r, t, measure, beat, change[i].num, change[i].den,
				oracle_frame(oracle_u(&copy, t), RATE), 0);
			beat = (beat + 1) % change[i].num;
			measure += beat == 0;
		}
		measure += beat != 0; /* cut short: it counts as one */
	}
	struct mos_event ev;

	cr_expect_eq(rig_event(&r, MOS_EVENT_METRONOME_BEAT, &ev), 0, "a beat after the end");
	rig_finish(&r);
}

Test(meter, changes_are_told,
	.description = "KRO-21: meter:change is told once for each meter, at its first beat")
{
	static const struct {
		int64_t tick;
		uint16_t num, den;
	} want[] = {{0, 4, 4}, {3840, 7, 8}, {7200, 3, 4}};
	struct score s = score_at(MOS_NPQ_120, 12000);
	struct mos_event ev;
	struct rig r;

	score_meter(&s, 3840, 7, 8);
	score_meter(&s, 7200, 3, 4);
	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	play_in_cycle(&r, 0);
	rig_run(&r, 12000 * 25);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(rig_event(&r, MOS_EVENT_METER_CHANGE, &ev), 1, "change %u is missing", i);
		cr_expect_eq(ev.tick, want[i].tick);
		cr_expect_eq(ev.u.beat.meter_num, want[i].num);
		cr_expect_eq(ev.u.beat.meter_den, want[i].den);
	}
	cr_expect_eq(rig_event(&r, MOS_EVENT_METER_CHANGE, &ev), 0, "a change too many");
	rig_finish(&r);
}

Test(meter, meter_by_hand,
	.description = "KRO-21: a meter set while playing counts from the measure in force; bars are sought "
		       "by it; 0/0 gives the "
		       "score's back")
{
	struct score s = score_at(MOS_NPQ_120, 60000);
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_METER};
	struct rig r;

	rig_init(&r, RATE, 100);
	rig_score(&r, &s);
	play_in_cycle(&r, 0);
	rig_run(&r, 25 * 4000); /* in measure 1, beat 0 is told */
	for (uint32_t b = 0; b < 5; b++)
		expect_beat(&r, 960 * b, b / 4, b % 4, 4, 4, 24000 * b, 0);
	msg.u.meter.num = 7;
	msg.u.meter.den = 8;
	cr_assert_eq(rig_ask(&r, &msg), 0);
	rig_run(&r, 25 * 8000);
	for (uint32_t b = 1; b < 17; b++)
		expect_beat(&r, 3840 + 480 * b, 1 + b / 7, b % 7, 7, 8, 25 * (3840 + 480 * b), 0);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_SEEK};
	msg.u.seek.by_bar = 1;
	msg.u.seek.bar = 4;
	msg.u.seek.beat = 6;
	cr_assert_eq(rig_ask(&r, &msg), 0);
	cr_expect_eq(
		rig_tick(&r), 3840 + 3 * 3360 + 6 * 480, "bar 5 is where the clock page says that it is");
	msg.u.seek.beat = 7;
	cr_expect_eq(rig_ask(&r, &msg), -ERANGE);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_LOOP};
	msg.u.loop = (typeof(msg.u.loop)){.active = 1, .by_bar = 1, .start_bar = 2, .end_bar = 4};
	cr_assert_eq(rig_ask(&r, &msg), 0);
	cr_expect_eq(msg.u.loop.start_tick, 3840 + 3360);
	cr_expect_eq(msg.u.loop.end_tick, 3840 + 3 * 3360);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_METER};
	cr_assert_eq(rig_ask(&r, &msg), 0);
	cr_expect_eq(r.e->kronos.map.over_num, 0);
	static const uint16_t bad[][2] = {{0, 4}, {4, 0}, {4, 3}, {256, 4}, {4, 256}, {4, 12}};
	for (size_t i = 0; i < 6; i++) {
		msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_METER};
		msg.u.meter.num = bad[i][0];
		msg.u.meter.den = bad[i][1];
		cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "%u/%u", bad[i][0], bad[i][1]);
	}
	rig_finish(&r);
}

Test(meter, count_in,
	.description = "KRO-06 KRO-21: a count-in of N bars of the meter and tempo at the start: its beats, "
		       "flag, position before the "
		       "start, and the song's first frame")
{
	static const struct {
		int64_t from;
		uint32_t bars;
		uint64_t npq;
		uint16_t num, den;
	} c[] = {
		{0, 1, 500000000, 4, 4},
		{0, 2, 487654321, 4, 4},
		{7680, 1, 487654321, 7, 8},
		{7700, 3, 333333333, 7, 8},
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct score s = score_at(c[i].npq, 20000);
		int64_t beat = 3840 / c[i].den, len = c[i].bars * c[i].num * beat;
		/* frames: ticks * npq * rate / 960e9 */
		int64_t start = (int64_t)ceil_div((__int128)len * c[i].npq * RATE, 960000000000);
		struct mos_event ev;
		struct mos_clock clock;
		struct rig r;

		score_meter(&s, 7680, 7, 8);
		score_note(&s, c[i].from, 300, 9, 42, 127);
		rig_init(&r, RATE, 55);
		rig_score(&r, &s);
		cr_assert_eq(rig_seek(&r, c[i].from), 0);
		play_in_cycle(&r, c[i].bars);
		rig_run(&r, 5500);
		cr_assert_eq(mos_clock_read(r.regions.clock.base, &clock), 0);
		cr_expect(clock.flags & MOS_CLOCK_COUNT_IN);
		cr_expect(clock.flags & MOS_CLOCK_ROLLING);
		cr_expect_eq(clock.tick, c[i].from - len +
						 (int64_t)floor_div((__int128)clock.frame * 960000000000,
							 (__int128)c[i].npq * RATE));
		rig_run(&r, (uint32_t)start + 10000 - r.n_frames);
		cr_assert_eq(mos_clock_read(r.regions.clock.base, &clock), 0);
		cr_expect_not(clock.flags & MOS_CLOCK_COUNT_IN);
		for (uint32_t b = 0; b < c[i].bars * c[i].num; b++)
			expect_beat(&r, c[i].from - len + b * beat, 0, b % c[i].num, c[i].num, c[i].den,
				(int64_t)ceil_div((__int128)b * beat * c[i].npq * RATE, 960000000000), 1);
		if (rig_event(&r, MOS_EVENT_METRONOME_BEAT, &ev))
			cr_expect_eq(ev.u.beat.flags, 0, "the count-in is longer than it should be");
		cr_expect_neq(r.click[1], 0, "the first beat of the count-in is not heard");
		cr_expect_eq(r.click[start + 1], 0, "the metronome is off: no click in the song");
		/* the click is heard beside it, so the hi-hat is looked for on its own strip */
		cr_expect_gt(r.e->apollo.mix.strip[9].peak, 0.01f);
		for (uint32_t f = 0; f < r.n_frames; f++) {
			float rest = fabsf(r.l[f] - r.click[f]);

			cr_assert(f < start ? rest < 1e-6f : f > start || rest > 1e-6f,
				"%zu: frame %u of %lld", i, f, (long long)start);
		}
		rig_finish(&r);
	}
}

Test(meter, count_in_follows_tempo,
	.description = "KRO-08: a tempo set while counting in counts from that very frame")
{
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct rig r;

	score_note(&s, 0, 100, 9, 42, 127);
	rig_init(&r, RATE, 100);
	rig_score(&r, &s);
	play_in_cycle(&r, 1);
	rig_run(&r, 48000); /* half of the bar */
	cr_assert_eq(rig_tempo_fixed(&r, 250000000), 0);
	rig_run(&r, 23999);
	cr_expect_eq(rig_tick(&r), -1);
	cr_expect_eq(rig_counter(&r, C_NOTES), 0);
	rig_run(&r, 2);
	cr_expect_eq(rig_counter(&r, C_NOTES), 1);
	cr_expect_eq(rig_tick(&r), 0);
	rig_finish(&r);
}

Test(meter, metronome_click,
	.description = "APO-33: the click sounds from the beat's frame on, on its own buffer, and in the "
		       "master only where asked")
{
	for (uint16_t in_master = 0; in_master < 2; in_master++) {
		struct score s = score_at(487654321, 9600);
		struct mos_rtctl_msg msg = {.op = MOS_RTCTL_METRONOME};
		struct rig r;
		uint32_t at = 0;

		msg.u.metronome.on = 1;
		rig_init(&r, RATE, 333);
		rig_score(&r, &s);
		r.e->apollo.click_in_master = in_master;
		cr_assert_eq(rig_ask(&r, &msg), 0);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, 150000);
		for (int64_t b = 0; b < 6; b++) {
			/* a sine: zero at its first frame */
			uint32_t due = (uint32_t)ceil_div((__int128)b * 960 * 487654321 * RATE, 960000000000);

			while (at < r.n_frames && r.click[at] == 0)
				at++;
			cr_assert_eq(at, due + 1, "beat %lld", (long long)b);
			at += 2000; /* 30 ms and a rest */
		}
		cr_assert_eq(in_master ? frames_differ(r.l, r.click, r.n_frames) : frames_beyond(r.l, r.n_frames, 0),
			r.n_frames);
		rig_finish(&r);
	}
}
