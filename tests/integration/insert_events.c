/* SPDX-License-Identifier: MIT */
/*
 * What plugins hear beside the sound, through the real engine and the real process: notes at their frames,
 * the song's time. The test's own plugin plays back what it heard; the expected frames and beats come from
 * the score's tempo map.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lv2/mos-test.lv2/mos_test.h"
#include "offline_insert.h"
#include "rtcore_fixture.h"

#define RATE 48000u
#define LATENCY 320 /* of an insert offline */
#define LISTENER "0=urn:mos:test:listener"
#define HALF_S 500000000u /* 120 BPM */

struct studio {
	struct rig rig;
	struct offline_inserts *inserts;
	uint64_t began; /* frame of the rig at which the transport was started */
};

static void open_studio(struct studio *s, struct score *score, const char *insert, uint32_t quantum)
{
	const char *const list[] = {insert};
	char why[512] = "";

	(void)setenv("LV2_PATH", LV2_TEST_PATH ":/usr/lib/lv2", 1);
	rig_init(&s->rig, RATE, quantum);
	rig_score(&s->rig, score);
	cr_assert_eq(offline_inserts_create(s->rig.e, list, 1, &s->inserts, why, sizeof(why)), 0, "%s", why);
}

static void close_studio(struct studio *s)
{
	offline_inserts_destroy(s->inserts);
	rig_finish(&s->rig);
}

static void run(struct studio *s, uint32_t n_frames)
{
	char why[512];

	for (uint32_t n; n_frames; n_frames -= n) {
		n = n_frames < s->rig.quantum ? n_frames : s->rig.quantum;
		rig_run(&s->rig, n);
		cr_assert_eq(offline_inserts_settle(s->inserts, why, sizeof(why)), 0, "%s", why);
	}
}

static void play(struct studio *s, uint32_t n_frames)
{
	cr_assert_eq(rig_play(&s->rig), 0);
	s->began = s->rig.n_frames;
	run(s, n_frames);
}

/* What the plugin played for this frame of the song. */
static float left(const struct studio *s, int64_t frame)
{
	return s->rig.l[(int64_t)s->began + frame + LATENCY];
}

static double beat(const struct studio *s, int64_t frame)
{
	return (double)(s->rig.r[(int64_t)s->began + frame + LATENCY] / LISTENER_BEAT);
}

static void hears_notes(uint32_t quantum)
{
	struct score score = score_at(HALF_S, 16 * 960);
	struct mos_rtctl_msg mute = {.op = MOS_RTCTL_STRIP, .u.strip = {.strip = 5, .mask = 4, .mute = 1}};
	struct studio s;
	int64_t on[40], off[40];
	uint64_t seed = quantum;
	uint32_t others = 0;

	score_tempo(&score, 4 * 960, 371000000, 371000000);
	for (uint32_t i = 0; i < 40; i++) {
		int64_t tick = (int64_t)i * 180 + rnd(&seed, 0, 60);

		on[i] = oracle_frame(oracle_u(&score, tick), RATE);
		off[i] = oracle_frame(oracle_u(&score, tick + 90), RATE);
		if (i % 3 == 2) { /* MIDI 2.0, which the plugin does not know */
			score_ump(&score, tick, 0x40900000u | (40 + i) << 8, 0xc0000000u, i + 1, 90);
			score_ump(&score, tick + 90, 0x40800000u | (40 + i) << 8, 0, i + 1, 0);
		} else {
			score_note(&score, tick, 90, 0, (uint8_t)(40 + i), 100);
		}
		score_note(&score, tick + 45, 10, /* channel= */ 5, 60, 100); /* of another strip */
	}
	open_studio(&s, &score, LISTENER, quantum);
	cr_assert_eq(rig_ask(&s.rig, &mute), 0);
	run(&s, 9600);
	rig_forget(&s.rig);
	play(&s, 4 * RATE);
	for (uint32_t i = 0; i < 40; i++) {
		cr_expect_float_eq(left(&s, on[i]), (float)(40 + i) * LISTENER_UNIT, 1e-6, "note %u: %g", i,
			(double)left(&s, on[i]));
		cr_expect_float_eq(
			left(&s, off[i]), -(float)(40 + i) * LISTENER_UNIT, 1e-6, "end of note %u", i);
	}
	for (int64_t f = 1; f <= off[39]; f++) /* at the start it is told to let go */
		others += left(&s, f) != 0;
	cr_expect_eq(others, 80, "%u packets of the strip were heard", others);
	close_studio(&s);
}

Test(insert_events, notes, .timeout = 100,
	.description = "NAM-02: a plugin hears the notes of its own strip, MIDI 1.0 and 2.0, each at its "
		       "exact frame, "
		       "and replaces its strip's sound, at any quantum")
{
	hears_notes(64);
	hears_notes(100);
	hears_notes(256);
}

/* Within [from, to) of what was rendered since play the beat goes on from `at` at `bpm`. */
static void expect_beats(const struct studio *s, int64_t from, int64_t to, double at, double bpm)
{
	for (int64_t f = from; f < to; f++) {
		double right = at + (double)(f - from) * bpm / 60 / RATE;

		cr_assert_float_eq(beat(s, f), right, 2e-4, "frame %ld: %g, not %g", f, beat(s, f), right);
	}
}

Test(insert_events, tempo, .timeout = 100,
	.description = "NAM-02: a plugin knows where the song is: beat and tempo while it plays, through a "
		       "change of "
		       "tempo, a loop's end, a jump and a stop")
{
	struct score score = score_at(HALF_S, 64 * 960);
	struct studio s;

	score_tempo(&score, 2 * 960, 400000000, 400000000); /* 150 BPM from beat 2 on, which is frame 48000 */
	open_studio(&s, &score, LISTENER, 64);
	cr_assert_eq(rig_loop(&s.rig, 0, 3 * 960), 0);
	rig_forget(&s.rig);
	run(&s, 6400);
	play(&s, 2 * RATE);
	for (int64_t f = LATENCY; f < 6000; f++)
		cr_assert_eq(s.rig.r[f], 0.0f, "it stands at the start");
	expect_beats(&s, 0, 48000 - 64, 0, 120);
	expect_beats(&s, 48000 + 64, 67200, 2 + 64 * 150.0 / 60 / RATE, 150);
	expect_beats(&s, 67200 + 64, 67200 + 20000, 64 * 120.0 / 60 / RATE, 120); /* beat 3 is beat 0 again */
	cr_assert_eq(rig_loop(&s.rig, 0, 0), 0);
	cr_assert_eq(rig_seek(&s.rig, 20 * 960), 0);
	s.began = s.rig.n_frames;
	run(&s, 9600);
	expect_beats(&s, 0, 9000, 20, 150);
	cr_assert_eq(rig_pause(&s.rig), 0);
	s.began = s.rig.n_frames;
	run(&s, 9600);
	expect_beats(&s, 0, 9000, 20 + 9600 * 150.0 / 60 / RATE, 0);
	close_studio(&s);
}

Test(insert_events, silence, .timeout = 100,
	.description = "NAM-02: when the score stops a plugin is told to let go of all that sounds, and when "
		       "more packets "
		       "come than a period holds nothing hangs")
{
	struct score score = score_at(HALF_S, 16 * 960);
	struct studio s;
	uint32_t n = 0;

	score_note(&score, 0, 15 * 960, 0, 60, 100);
	for (uint8_t key = 0; key < 90; key++) /* at one tick, in frame 24025 */
		score_note(&score, 961, 960, 0, key, 100);
	open_studio(&s, &score, LISTENER, 64);
	rig_forget(&s.rig);
	play(&s, 30000);
	for (int64_t f = 24000 - 64; f < 24064; f++)
		n += left(&s, f) <= -120 * LISTENER_UNIT;
	cr_expect_eq(n, 1, "it was told once");
	cr_assert_eq(rig_stop(&s.rig), 0);
	s.began = s.rig.n_frames;
	run(&s, 6400);
	n = 0;
	for (int64_t f = 0; f < 6000; f++)
		n += left(&s, f) <= -100 * LISTENER_UNIT;
	cr_expect_eq(n, 1, "told %u times", n);
	close_studio(&s);
}

Test(insert_events, instrument, .timeout = 100,
	.description = "NAM-02: an instrument by others plays the score's notes, in tune, and ends with them")
{
	struct score score = score_at(HALF_S, 16 * 960);
	struct studio s;

	if (access("/usr/lib/lv2/mda.lv2", R_OK) < 0)
		cr_skip_test("needs the plugins of mda-lv2");
	score_note(&score, 960, 1920, 0, 69, 100);
	open_studio(&s, &score, "0=http://drobilla.net/plugins/mda/EPiano", 256);
	rig_forget(&s.rig);
	play(&s, 4 * RATE);
	cr_expect_lt(rig_peak(&s.rig, 0, 24000 + LATENCY), 1e-4f);
	cr_expect_gt(rig_rms(&s.rig, 26000, 60000), 0.01);
	cr_expect_gt(rig_power_at(&s.rig, 440, 26000, 60000), 20 * rig_power_at(&s.rig, 466, 26000, 60000));
	cr_expect_lt(rig_rms(&s.rig, 150000, 190000), 0.1 * rig_rms(&s.rig, 26000, 60000));
	close_studio(&s);
}

/* --- Parts that plugins make late --- */

#define EVERY 12000u /* frames from note to note: half a quarter */

/* One note a strip, all at the same ticks; what sounds when only `strip` is heard. */
static void parts(uint32_t strip, uint32_t quantum, int with_click, float *ret, uint32_t n)
{
	static const char *const list[] = {"1=urn:mos:test:gain;gain=1", "2=urn:mos:test:keeper",
		"3=urn:mos:test:gain;gain=1", "3=urn:mos:test:keeper"};
	struct score score = score_at(HALF_S, 16 * 960);
	struct mos_rtctl_msg m = {.op = MOS_RTCTL_STRIP, .u.strip = {.strip = strip, .mask = 8, .solo = 1}};
	struct mos_rtctl_msg metronome = {.op = MOS_RTCTL_METRONOME, .u.metronome = {.on = 1}};
	struct offline_inserts *inserts = NULL;
	char why[512] = "";
	struct studio s;

	for (uint32_t i = 0; i < 4; i++)
		score_note(&score, 480, 240, i, 60, 100);
	(void)setenv("LV2_PATH", LV2_TEST_PATH ":/usr/lib/lv2", 1);
	rig_init(&s.rig, RATE, quantum);
	rig_score(&s.rig, &score);
	cr_assert_eq(offline_inserts_create(s.rig.e, list, 4, &inserts, why, sizeof(why)), 0, "%s", why);
	s.inserts = inserts;
	cr_assert_eq(rig_ask(&s.rig, &m), 0);
	if (with_click)
		cr_assert_eq(rig_ask(&s.rig, &metronome), 0);
	rig_forget(&s.rig);
	play(&s, n - quantum); /* rig_play() ran one cycle */
	run(&s, quantum);
	memcpy(ret, with_click ? s.rig.click : s.rig.l, n * sizeof(float));
	cr_expect_eq(rig_counter(&s.rig, C_MIX_LATENCY), 2 * LATENCY + 37, "%ld", (long)rig_counter(&s.rig, C_MIX_LATENCY));
	close_studio(&s);
}

static float part[5][48000];

Test(insert_events, aligned, .timeout = 100,
	.description = "KRO-24: parts of the score with plugins of different latency, and one with none, "
		       "sound aligned to the "
		       "frame, bit by bit; so does the metronome's click")
{
	const uint32_t latest = 2 * LATENCY + 37;
	uint32_t first = 0, click = 0;

	for (uint32_t i = 0; i < 4; i++)
		parts(i, 64, 0, part[i], 48000);
	while (first < 48000 && part[3][first] == 0)
		first++;
	cr_assert_lt(first, 48000);
	for (uint32_t i = 0; i < 4; i++)
		cr_expect_arr_eq(part[i], part[3], sizeof(part[3]), "part %u", i);
	cr_expect_geq(first, EVERY + latest);
	cr_expect_leq(first, EVERY + latest + 2, "%u", first);
	parts(0, 64, 1, part[4], 48000);
	while (click < 48000 && part[4][click] == 0)
		click++;
	cr_expect_geq(click, latest);
	cr_expect_leq(click, latest + 2, "%u", click);
	parts(0, 100, 0, part[4], 48000);
	cr_expect_arr_eq(part[4], part[0], sizeof(part[0]), "in cycles of 100");
}
