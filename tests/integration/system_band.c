/* SPDX-License-Identifier: MIT */
/* The band in the whole system: what rtcore renders of it while it is changed, stopped, and while rtcore
 * dies. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

#define BAR 3840

static const uint32_t told[] = {MOS_EVENT_MIDI_NOTEON};

static struct mos_client *begin(const char *style)
{
	struct mos_client *c = system_connect("band test");
	const struct mos_field flags[] = {
		mos_str("chords", "Cmaj7 Dm7 G7 Cmaj7"), mos_str("style", style), mos_str("tempo", "240")};
	const struct mos_field options[] = {mos_int("count_in", 0), mos_int("choruses", 0)};

	system_wait_playable(c);
	cr_assert_eq(mos_events_select(c, told, 1), 0);
	cr_assert_eq(mos_call(c, "band.play",
			     MOS_ARGS(mos_field("flags", mos_value_map(flags, 3)),
				     mos_field("options", mos_value_map(options, 2))),
			     NULL),
		0, "%s", mos_client_error(c)->message);
	return c;
}

/* @return the tick from which on it is heard. */
static int64_t change(struct mos_client *c, const char *key, const char *value)
{
	const struct mos_field flags[] = {mos_str(key, value)};
	struct mos_reply reply = {0};

	cr_assert_eq(
		mos_call(c, "band.change", MOS_ARGS(mos_field("flags", mos_value_map(flags, 1))), &reply), 0,
		"%s", mos_client_error(c)->message);
	const int64_t line = mos_get_int(&reply.value, "ticks", -1);
	mos_reply_finish(&reply);
	return line;
}

static void stop(struct mos_client *c)
{
	cr_assert_eq(mos_call(c, "band.stop", MOS_NO_ARGS, NULL), 0, "%s", mos_client_error(c)->message);
}

/* Of the notes from `from` on, up to the first at or behind `to`: first and last. @return how many. */
static unsigned hear(struct mos_client *c, int64_t from, int64_t to, struct mos_event *ret_first,
	struct mos_event *ret_last)
{
	unsigned n = 0;
	struct mos_event ev;

	for (;;) {
		const int rc = mos_events_next(c, &ev);

		if (rc == 0) {
			cr_assert_eq(mos_events_wait(c, SYSTEM_WAIT_MS), 0, "%u notes, and no more", n);
			continue;
		}
		if (rc != 1 || ev.type != MOS_EVENT_MIDI_NOTEON || ev.tick < from)
			continue;
		if (ev.tick >= to)
			return n;
		if (n++ == 0)
			*ret_first = ev;
		*ret_last = ev;
	}
}

/* Cycles that a busy machine lost. */
static uint64_t lost(struct mos_client *c)
{
	return system_counter(c, "rt.xruns") + system_counter(c, "rt.overruns") +
	       system_counter(c, "rt.cycle_skipped") + system_counter(c, "kronos.resyncs");
}

static void expect_tempo(const struct mos_event *first, const struct mos_event *last, double bpm)
{
	const double ns = (double)(last->time_ns - first->time_ns),
		     ticks = (double)(last->tick - first->tick);

	cr_assert_gt(ticks, 0);
	cr_expect_float_eq(ns / ticks, 60e9 / bpm / 960, 60e9 / bpm / 960 * 0.03, "%g ns a tick at %g BPM",
		ns / ticks, bpm);
}

static int64_t voices(struct mos_client *c)
{
	struct mos_reply reply = {0};

	cr_assert_eq(mos_call(c, "apollo.engine.status", MOS_NO_ARGS, &reply), 0);
	const int64_t n = mos_get_int(&reply.value, "voices", -1);
	mos_reply_finish(&reply);
	return n;
}

static bool is_silent(void *data)
{
	return voices(data) == 0;
}

static bool sounds(void *data)
{
	return voices(data) > 0;
}

static bool is_gone(void *data)
{
	struct mos_reply reply = {0};

	cr_assert_eq(mos_call(data, "kronos.position.get", MOS_NO_ARGS, &reply), 0);
	const int64_t id = mos_get_int(&reply.value, "timeline_id", -1);
	mos_reply_finish(&reply);
	return id == 0;
}

Test(system_band, changes, .timeout = 90,
	.description = "tempo, style, chords and intensity change at the next bar line of what "
		       "runs, and are "
		       "heard from there")
{
	struct mos_client *c = begin("bossa");
	struct mos_event first, last;
	double bpm = 240;

	cr_expect_gt(hear(c, 0, BAR, &first, &last), 8);
	static const char *const flags[][2] = {{"tempo", "300"}, {"style", "swing"}, {"chords", "Am7 D7"},
		{"intensity", "hard"}, {"tempo", "260"}};
	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		const int64_t line = change(c, flags[i][0], flags[i][1]);

		cr_assert_gt(line, last.tick);
		cr_assert_eq(line % BAR, 0, "%lld", (long long)line);
		if (strcmp(flags[i][0], "tempo") == 0)
			bpm = atof(flags[i][1]);
		const uint64_t before = lost(c);
		cr_expect_gt(hear(c, line, line + BAR, &first, &last), 3, "%s", flags[i][0]);
		/* Where a busy machine lost cycles, time is no measure. */
		if (lost(c) == before)
			expect_tempo(&first, &last, bpm);
	}
	stop(c);
	mos_client_destroy(c);
}

Test(system_band, silence, .timeout = 90,
	.description =
		"T-19: while the band plays, voices sound; after stop none does, and the score is gone")
{
	struct mos_client *c = begin("bossa");

	cr_expect(system_wait(sounds, c));
	stop(c);
	cr_expect(system_wait(is_silent, c), "%lld voices go on", (long long)voices(c));
	cr_expect(system_wait(is_gone, c));
	mos_client_destroy(c);
}

static bool rolls(void *data)
{
	struct mos_reply reply = {0};
	bool rolling = false;

	(void)mos_client_refresh(data);
	if (mos_call(data, "kronos.position.get", MOS_NO_ARGS, &reply) == 0)
		rolling = mos_get_bool(&reply.value, "rolling", 0);
	mos_reply_finish(&reply);
	return rolling;
}

Test(system_band, rtcore_dies, .timeout = 90,
	.description = "rtcore is killed while the band plays, and Hermes has a score, too: the new one "
		       "plays the band, which can be changed and stopped as before")
{
	struct mos_client *c = system_connect("score");

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	mos_client_destroy(c);
	c = begin("bossa");
	struct mos_event first, last;

	cr_expect_gt(hear(c, 0, BAR, &first, &last), 8);
	const pid_t pid = system_rtcore_pid(c);
	kill(pid, SIGKILL);
	while (system_rtcore_pid(c) == pid || system_rtcore_pid(c) == 0)
		(void)mos_client_refresh(c);
	cr_assert(system_wait(rolls, c), "it does not play on");
	system_wait_playable(c);
	const int64_t line = change(c, "tempo", "250");
	cr_expect_gt(line, 0);
	cr_expect(system_wait(sounds, c));
	stop(c);
	cr_expect(system_wait(is_silent, c));
	mos_client_destroy(c);
}

/* --- mos-band dies --- */

static int64_t band_pid(struct mos_client *c)
{
	struct mos_reply reply = {0};
	int64_t pid = 0;

	if (mos_call(c, "band.service.ping", MOS_NO_ARGS, &reply) == 0)
		pid = mos_get_int(&reply.value, "pid", 0);
	mos_reply_finish(&reply);
	return pid;
}

static bool is_ours_again(void *data)
{
	struct mos_reply reply = {0};
	bool playing = false;

	(void)mos_client_refresh(data);
	if (mos_call(data, "band.status", MOS_NO_ARGS, &reply) == 0)
		playing = mos_get_bool(&reply.value, "playing", 0);
	mos_reply_finish(&reply);
	return playing;
}

static int64_t timeline_id(struct mos_client *c)
{
	struct mos_reply reply = {0};

	cr_assert_eq(mos_call(c, "kronos.position.get", MOS_NO_ARGS, &reply), 0);
	const int64_t id = mos_get_int(&reply.value, "timeline_id", -1);
	mos_reply_finish(&reply);
	return id;
}

Test(system_band, band_dies, .timeout = 90,
	.description = "SCL-08: mos-band is killed while it plays what was changed twice: rtcore plays on, the new "
		       "process knows what plays, changes it and stops it")
{
	struct mos_client *c = begin("bossa");
	struct mos_event first, last;

	cr_expect_gt(hear(c, 0, BAR, &first, &last), 8);
	(void)change(c, "style", "swing");
	const int64_t line = change(c, "chords", "Am7 D7 Gmaj7");
	const int64_t pid = band_pid(c), id = timeline_id(c);
	cr_assert_gt(pid, 0);
	kill((pid_t)pid, SIGKILL);
	cr_expect_gt(hear(c, line, line + BAR, &first, &last), 3, "the music stopped");
	cr_assert(system_wait(is_ours_again, c), "the new one does not know what plays");
	cr_expect_neq(band_pid(c), pid);
	cr_expect_eq(timeline_id(c), id, "it was begun anew");
	const int64_t next = change(c, "tempo", "250");
	cr_assert_gt(next, last.tick);
	const uint64_t before = lost(c);
	cr_expect_gt(hear(c, next, next + BAR, &first, &last), 3);
	if (lost(c) == before)
		expect_tempo(&first, &last, 250);
	stop(c);
	cr_expect(system_wait(is_silent, c));
	cr_expect(system_wait(is_gone, c));
	mos_client_destroy(c);
}
