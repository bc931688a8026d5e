/* SPDX-License-Identifier: MIT */
/* The metronome, told and heard: what the bus says is what the rhythm is, and the sink hears it there. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipewire.h"
#include "stage_play.h"
#include "stage_rig.h"
#include "stage_sound.h"
#include "system.h"

#define RATE 48000
#define QUANTUM 128
#define CLICK 76       /* General MIDI's high wood block: the voice "click" of the kit "studio" */
#define STEP_TICKS 240 /* 16 steps in 4/4 */
#define BPM 240
#define STEP_NS INT64_C(62500000) /* at BPM */

static const uint32_t told[] = {MOS_EVENT_MIDI_NOTEON, MOS_EVENT_MIDI_NOTEOFF, MOS_EVENT_METRONOME_BEAT,
	MOS_EVENT_METRONOME_PATTERN, MOS_EVENT_TRANSPORT_PLAY};

static const struct mos_field plain[] = {
	{.key = "mode", .value = {.type = MOS_VALUE_STR, .u.str = "free"}},
	{.key = "preset", .value = {.type = MOS_VALUE_STR, .u.str = "tresillo"}},
	{.key = "pattern", .value = {.type = MOS_VALUE_STR, .u.str = ""}},
	{.key = "kit", .value = {.type = MOS_VALUE_STR, .u.str = "studio"}},
	{.key = "voice_accent", .value = {.type = MOS_VALUE_STR, .u.str = "click"}},
	{.key = "advanced", .value = {.type = MOS_VALUE_BOOL, .u.boolean = 1}},
	{.key = "subdivision", .value = {.type = MOS_VALUE_INT, .u.integer = 0}},
	{.key = "master", .value = {.type = MOS_VALUE_REAL, .u.real = 1}},
	{.key = "volume_accent", .value = {.type = MOS_VALUE_REAL, .u.real = 1}},
	{.key = "accent_ratio", .value = {.type = MOS_VALUE_REAL, .u.real = 1}},
	{.key = "bpm", .value = {.type = MOS_VALUE_REAL, .u.real = BPM}},
};
#define N_PLAIN (sizeof(plain) / sizeof(*plain))

static void ask(struct mos_client *c, const char *method)
{
	stage_ask(c, "metronome", method, MOS_NO_ARGS, NULL);
}

/* With plain settings, whatever methods have set before: it keeps that over restarts. */
static void start(struct mos_client *c)
{
	stage_start(c, "metronome", plain, N_PLAIN);
	stage_ask(c, "metronome", "mode.set", MOS_ARGS(mos_str("mode", "free"), mos_int("subdivision", 0)),
		NULL);
	stage_ask(c, "metronome", "pattern.set", MOS_ARGS(mos_str("preset", "tresillo")), NULL);
	stage_ask(c, "metronome", "volume.set", MOS_ARGS(mos_real("master", 1)), NULL);
	stage_ask(c, "metronome", "accent.set", MOS_ARGS(mos_real("ratio", 1)), NULL);
}

static bool is_pattern(const struct mos_event *ev, const void *data)
{
	(void)data;
	return ev->type == MOS_EVENT_METRONOME_PATTERN;
}

static void expect_pattern(
	struct mos_client *c, struct stage_events *events, const char *want, uint16_t pulses)
{
	const struct mos_event ev = stage_expect(c, events, is_pattern, NULL, "metronome:pattern");

	cr_assert_eq(ev.u.pattern.n_steps, strlen(want));
	cr_assert_eq(ev.u.pattern.n_pulses, pulses);
	for (size_t i = 0; want[i]; i++)
		cr_assert_eq(ev.u.pattern.onset[0] >> i & 1, want[i] == 'x', "step %zu of %s", i, want);
}

static bool is_beat(const struct mos_event *ev, const void *data)
{
	(void)data;
	return ev->type == MOS_EVENT_METRONOME_BEAT && ev->u.beat.n_steps;
}

static bool beat_number(const struct mos_event *ev, const void *data)
{
	unsigned int *left = (unsigned int *)(uintptr_t)data;

	return is_beat(ev, NULL) && --*left == 0;
}

/* Wait for so many steps. */
static struct mos_event expect_steps(struct mos_client *c, struct stage_events *events, unsigned int n)
{
	return stage_expect(c, events, beat_number, &n, "metronome:beat");
}

/* What is behind the first beat of these events. @return its place, or events->n. */
static size_t first_beat(const struct stage_events *events)
{
	size_t i = 0;

	while (i < events->n && !is_beat(&events->event[i], NULL))
		i++;
	return i;
}

/*
 * Every step is told once, in its order, at its time; what is an onset sounds exactly then, and ends again.
 * `place` is where an event is: its time in ns, or its tick.
 */
static void check_told(const struct stage_events *events, const char *pattern, int64_t step_length,
	int64_t (*place)(const struct mos_event *ev))
{
	const size_t n = strlen(pattern), first = first_beat(events);
	int64_t start, beats = 0, last = 0;
	unsigned int n_on = 0, n_off = 0;

	cr_assert_lt(first, events->n);
	start = place(&events->event[first]);
	for (size_t i = 0; i < events->n; i++) {
		const struct mos_event *ev = &events->event[i];
		const int64_t off = place(ev) - start, step = (off + step_length / 2) / step_length;

		if (is_beat(ev, NULL)) {
			const char is = pattern[(size_t)beats % n];

			cr_assert_eq(ev->u.beat.n_steps, n);
			cr_assert_eq(ev->u.beat.step, (size_t)beats % n, "step %lld is told as %u",
				(long long)beats, ev->u.beat.step);
			cr_assert_leq(llabs(off - beats * step_length), 1, "step %lld is told for %lld",
				(long long)beats, (long long)off);
			cr_assert_eq(ev->u.beat.accent, is != 'x' ? 0 : beats % (int64_t)n == 0 ? 2 : 1);
			last = beats++;
		} else if (ev->type == MOS_EVENT_MIDI_NOTEON) {
			cr_assert_eq(ev->u.note.channel, 9);
			cr_assert_eq(ev->u.note.key, CLICK);
			cr_assert_leq(llabs(off - step * step_length), 1, "a hit at %lld", (long long)off);
			cr_assert_eq(pattern[(size_t)step % n], 'x', "a hit on step %lld", (long long)step);
			n_on++;
		} else if (ev->type == MOS_EVENT_MIDI_NOTEOFF) {
			n_off++;
		}
	}
	/* hits are told ahead of the beats: as many as there are, and those on their way */
	unsigned int want = 0;

	for (int64_t s = 0; s <= last; s++)
		want += pattern[(size_t)s % n] == 'x';
	cr_assert_geq(n_on, want, "%u hits in %lld steps", n_on, (long long)beats);
	cr_assert_leq(n_on, want + 2);
	cr_assert_eq(n_on, n_off);
}

static int64_t time_of(const struct mos_event *ev)
{
	return (int64_t)ev->time_ns;
}

static int64_t tick_of(const struct mos_event *ev)
{
	return ev->tick;
}

/* When beat 0 was: what is told of time. */
struct heard {
	int64_t latency_frames; /* of the first hit */
	int64_t worst_frames;   /* how far another one is from where the first one says it is to be */
	unsigned int n;
};

/*
 * Each hit begins at its time, to a frame where time is the transport's own; cycles that are known to be lost
 * take their length along.
 */
static struct heard check_heard(
	const struct capture *cap, const int64_t *hit_ns, unsigned int n, uint64_t lost_cycles)
{
	const uint64_t slack = sound_missing(cap) + lost_cycles * QUANTUM;
	struct heard ret = {.n = n};

	for (unsigned int i = 0; i < n; i++) {
		const int64_t due = sound_frame_at(cap, hit_ns[i], RATE), early = RATE / 50;
		const float peak = sound_peak(cap, due - early, RATE / 10);
		const int64_t at = sound_onset(cap, due - early, RATE / 10, peak / 10);

		cr_assert_gt(peak, 0.003f, "hit %u is not heard", i);
		cr_assert_geq(at, 0);
		if (i == 0)
			ret.latency_frames = at - due;
		if (llabs(at - due - ret.latency_frames) > ret.worst_frames)
			ret.worst_frames = llabs(at - due - ret.latency_frames);
	}
	cr_log_info("%u hits: %lld frames behind their time, within %lld frames (%llu frames are missing)", n,
		(long long)ret.latency_frames, (long long)ret.worst_frames, (unsigned long long)slack);
	cr_assert_leq(llabs(ret.latency_frames), 4 * QUANTUM + (int64_t)slack);
	return ret;
}

static uint64_t lost_cycles(struct mos_client *c)
{
	return system_counter(c, "rt.xruns") + system_counter(c, "rt.overruns") +
	       system_counter(c, "rt.cycle_skipped");
}

static struct capture *record(unsigned int seconds)
{
	struct capture *cap;

	cr_assert_eq(capture_start(PIPEWIRE_SINK, RATE, (uint64_t)seconds * RATE, &cap), 0);
	cr_assert(capture_wait(cap, RATE / 10), "the recorder hears nothing");
	return cap;
}

/* Wait until it has recorded a moment. */
static void record_until(const struct capture *cap, int64_t time_ns)
{
	const int64_t left = time_ns - stage_now_ns();

	cr_assert(capture_wait(
		cap, capture_frames(cap) + (uint64_t)(left > 0 ? left * RATE / 1000000000 : 0) + QUANTUM));
}

static bool is_quiet(void *data)
{
	return system_counter(data, "live.waiting") == 0 && system_counter(data, "apollo.keys_down") == 0;
}

Test(system_stage_metronome, by_itself, .timeout = 60,
	.description = "TOU-01 TOU-03 TOU-48: free: patterns are told, each step and hit is told for its own "
		       "time and heard "
		       "then; a pause leaves silence and no held note")
{
	static const char rumba[] = "x...x..x..x..x..";
	struct mos_client *c = system_connect("stage");
	struct stage_events events = {0};
	struct capture *cap;
	int64_t hit_ns[64], last_ns = 0;
	unsigned int n = 0;
	uint64_t lost;

	system_wait_playable(c);
	start(c);
	stage_listen(c, told, sizeof(told) / sizeof(*told));
	stage_ask(c, "metronome", "pattern.set", MOS_ARGS(mos_int("pulses", 5), mos_int("steps", 16)), NULL);
	expect_pattern(c, &events, "x..x..x..x..x...", 5);
	stage_ask(c, "metronome", "pattern.set", MOS_ARGS(mos_str("preset", "rumba-clave")), NULL);
	expect_pattern(c, &events, rumba, 5);
	cap = record(8);
	events.n = 0;
	lost = lost_cycles(c);
	ask(c, "transport.play");
	(void)expect_steps(c, &events, 33);
	ask(c, "transport.pause");
	stage_take_until(c, &events, stage_now_ns() + 100000000);
	check_told(&events, rumba, STEP_NS, time_of);
	for (size_t i = 0; i < events.n; i++)
		if (events.event[i].type == MOS_EVENT_MIDI_NOTEON && n < 64)
			hit_ns[n++] = last_ns = time_of(&events.event[i]);
	cr_assert(system_wait(is_quiet, c), "a note is held, or waits");
	record_until(cap, last_ns + INT64_C(1200000000));
	lost = lost_cycles(c) - lost;
	/* by time: the clock's line is followed, and moves by itself */
	cr_assert_leq(check_heard(cap, hit_ns, n, lost).worst_frames,
		RATE / 1000 + (int64_t)(sound_missing(cap) + lost * QUANTUM));
	cr_assert_lt(sound_peak(cap, sound_frame_at(cap, last_ns + INT64_C(800000000), RATE), RATE / 4),
		1e-3f, "it goes on after the pause");
	events.n = 0;
	stage_take(c, &events);
	cr_assert_eq(first_beat(&events), events.n, "a beat is told after the pause");
	capture_stop(cap);
	stage_stop(c, "metronome");
	stage_events_finish(&events);
	mos_client_destroy(c);
}

/* A score of 32 quiet measures of 4/4 at BPM. */
static void load_silence(struct mos_client *c)
{
	static const uint8_t smf[] = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 0, 0, 1, 1, 0xe0, /* 480 a quarter */
		'M', 'T', 'r', 'k', 0, 0, 0, 24,    /* bytes that follow */
		0, 0xff, 0x51, 3, 0x03, 0xd0, 0x90, /* 250,000 us a quarter */
		0, 0xff, 0x58, 4, 4, 2, 24, 8,      /* 4/4 */
		0, 0xc0, 0,                         /* a piano that is silent */
		0x83, 0xe0, 0, 0xff, 0x2f, 0};      /* the end, after 61,440 */
	char path[] = "/tmp/mos-stage-XXXXXX.mid";
	int fd = mkstemps(path, 4);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, smf, sizeof(smf)), (ssize_t)sizeof(smf));
	close(fd);
	cr_assert_eq(mos_score_load(c, path, NULL), 0, "%s (%s)", mos_client_error(c)->message,
		mos_client_error(c)->where);
	unlink(path);
}

Test(system_stage_metronome, with_the_score, .timeout = 60,
	.description = "TOU-01 TOU-48: linked: steps and hits are told for the score's own ticks, the "
		       "distances heard "
		       "are those to the frame; stop is silence")
{
	static const char son[] = "x..x..x.";
	struct mos_client *c = system_connect("stage");
	struct stage_events events = {0};
	int64_t hit_ns[64], play_ns = 0, stopped;
	struct capture *cap;
	unsigned int n = 0;
	uint64_t lost;

	system_wait_playable(c);
	load_silence(c);
	start(c);
	stage_settings(c, "metronome", MOS_ARGS(mos_str("mode", "linked")));
	cr_assert_neq(
		mos_call(c, "broker.widget.call",
			MOS_ARGS(mos_str("id", "metronome"), mos_str("name", "pattern.set"),
				mos_field("params", mos_value_map(MOS_ARGS(mos_str("preset", "aksak"))))),
			NULL),
		0, "a pattern that is linked can be changed");
	cr_assert_str_eq(mos_client_error(c)->code, "metronome.pattern.locked");
	stage_listen(c, told, sizeof(told) / sizeof(*told));
	for (int take = 0;; take++) {
		cap = record(8);
		lost = lost_cycles(c);
		ask(c, "transport.play");
		(void)expect_steps(c, &events, 25);
		cr_assert_eq(mos_transport_stop(c), 0);
		stopped = stage_now_ns();
		/* what was told before may still be on its way */
		stage_take_until(c, &events, stopped + 100000000);
		/* A process that is woken a whole step late joins at the next one. */
		if (events.event[first_beat(&events)].tick == 0 || take == 2)
			break;
		capture_stop(cap);
		stage_events_finish(&events);
		events = (struct stage_events){0};
	}
	cr_assert_eq(events.event[first_beat(&events)].tick, 0, "it does not begin where the score does");
	check_told(&events, son, 2 * STEP_TICKS, tick_of);
	for (size_t i = 0; i < events.n; i++) {
		const struct mos_event *ev = &events.event[i];

		if (ev->type == MOS_EVENT_TRANSPORT_PLAY)
			play_ns = time_of(ev);
		else if (ev->type == MOS_EVENT_MIDI_NOTEON && ev->tick < 24 * 2 * STEP_TICKS && n < 64)
			hit_ns[n++] = ev->tick * STEP_NS / STEP_TICKS;
	}
	cr_assert_gt(play_ns, 0);
	for (unsigned int i = 0; i < n; i++)
		hit_ns[i] += play_ns;
	cr_assert(system_wait(is_quiet, c), "a note is held, or waits");
	record_until(cap, stopped + 900000000);
	lost = lost_cycles(c) - lost;
	/* the first one is told when the score rolls already: it sounds at once, all others at their frames
	 */
	cr_assert_gt(n, 2);
	cr_assert_leq(check_heard(cap, hit_ns + 1, n - 1, lost).worst_frames,
		2 + (int64_t)(sound_missing(cap) + lost * QUANTUM));
	/* what was struck dies away by itself */
	cr_assert_lt(sound_peak(cap, sound_frame_at(cap, stopped + 500000000, RATE), RATE / 4), 1e-4f,
		"it sounds after the stop");
	capture_stop(cap);
	stage_stop(c, "metronome");
	stage_events_finish(&events);
	mos_client_destroy(c);
}

Test(system_stage_metronome, four_against_three, .timeout = 60,
	.description = "TOU-17: the two voices of a polyrhythm divide the measure exactly")
{
	enum { MEASURE = 4 * MOS_PPQ, MEASURES = 2 };
	struct mos_client *c = system_connect("stage");
	struct stage_events events = {0};
	unsigned int n_four = 0, n_three = 0;

	system_wait_playable(c);
	load_silence(c);
	start(c);
	stage_ask(c, "metronome", "pattern.set",
		MOS_ARGS(mos_str("pattern", "x..."), mos_int("poly_a", 4), mos_int("poly_b", 3)), NULL);
	stage_ask(c, "metronome", "mode.set", MOS_ARGS(mos_str("mode", "linked")), NULL);
	stage_listen(c, told, sizeof(told) / sizeof(*told));
	ask(c, "transport.play");
	(void)expect_steps(c, &events, 4 * MEASURES + 1);
	cr_assert_eq(mos_transport_stop(c), 0);
	stage_take(c, &events);
	for (size_t i = 0; i < events.n; i++) {
		const struct mos_event *ev = &events.event[i];

		if (ev->type != MOS_EVENT_MIDI_NOTEON || ev->tick >= MEASURES * MEASURE)
			continue;
		if (ev->u.note.key == CLICK)
			cr_assert_eq(ev->tick, MEASURE / 4 * (int64_t)n_four++);
		else
			cr_assert_eq(ev->tick, MEASURE / 3 * (int64_t)n_three++);
	}
	cr_assert_eq(n_four, 4 * MEASURES);
	cr_assert_eq(n_three, 3 * MEASURES);
	cr_assert(system_wait(is_quiet, c), "a note is held, or waits");
	stage_stop(c, "metronome");
	stage_events_finish(&events);
	mos_client_destroy(c);
}

/* The loudest sample of each of the 16 steps of a measure, the least of `n_measures`. */
static void measure_levels(
	struct mos_client *c, struct stage_events *events, unsigned int n_measures, float ret[static 16])
{
	struct capture *cap = record(12);
	struct mos_event last;
	size_t first;

	events->n = 0;
	ask(c, "transport.play");
	last = expect_steps(c, events, 16 * n_measures + 1);
	ask(c, "transport.pause");
	record_until(cap, time_of(&last) + 100000000);
	first = first_beat(events);
	for (int i = 0; i < 16; i++)
		ret[i] = INFINITY;
	for (size_t i = first, step = 0; i < events->n && step < 16 * (size_t)n_measures; i++) {
		float peak;

		if (!is_beat(&events->event[i], NULL))
			continue;
		/* what is sent to the sink now is heard a cycle or two later */
		peak = sound_peak(
			cap, sound_frame_at(cap, time_of(&events->event[i]), RATE) - QUANTUM, RATE / 10);
		ret[step % 16] = fminf(ret[step % 16], peak);
		step++;
	}
	capture_stop(cap);
	cr_assert(system_wait(is_quiet, c), "a note is held, or waits");
}

static void expect_ratio(float a, float b, float want, const char *what)
{
	cr_log_info("%s: %.3f, %.3f as set", what, (double)(a / b), (double)want);
	cr_assert_float_eq(
		a / b / want, 1, 0.15f, "%s: %f where %f is set", what, (double)(a / b), (double)want);
}

Test(system_stage_metronome, levels, .timeout = 60,
	.description = "TOU-18 TOU-23 TOU-24: the six tiers are heard as loud as set, accents by their "
		       "ratio, all by the master "
		       "volume, none at 0")
{
	struct mos_client *c = system_connect("stage");
	struct stage_events events = {0};
	float base[16], now[16];

	system_wait_playable(c);
	start(c);
	stage_settings(c, "metronome",
		MOS_ARGS(mos_str("pattern", ".......x........"), mos_int("subdivision", 4),
			mos_real("bpm", 100), mos_str("voice_downbeat", "click"),
			mos_str("voice_beat_3", "click"), mos_str("voice_weak", "click"),
			mos_str("voice_eighth", "click"), mos_str("voice_ghost", "click"),
			mos_real("volume_downbeat", 0.8), mos_real("volume_beat_3", 0.6),
			mos_real("volume_weak", 0.45), mos_real("volume_eighth", 0.3),
			mos_real("volume_ghost", 0.2)));
	stage_listen(c, told, sizeof(told) / sizeof(*told));
	measure_levels(c, &events, 1, base);
	expect_ratio(base[0], base[7], 0.8f, "downbeat to accent");
	expect_ratio(base[8], base[7], 0.6f, "beat 3 to accent");
	expect_ratio(base[4], base[7], 0.45f, "weak beat to accent");
	expect_ratio(base[2], base[7], 0.3f, "eighth to accent");
	expect_ratio(base[1], base[7], 0.2f, "ghost to accent");
	stage_ask(c, "metronome", "accent.set", MOS_ARGS(mos_real("ratio", 2)), NULL);
	measure_levels(c, &events, 1, now);
	expect_ratio(now[7], base[7], 2, "accent ratio 2");
	expect_ratio(now[0], base[0], 1, "downbeat beside it");
	stage_ask(c, "metronome", "accent.set", MOS_ARGS(mos_real("ratio", 0.5)), NULL);
	stage_ask(c, "metronome", "volume.set", MOS_ARGS(mos_real("master", 0.5)), NULL);
	measure_levels(c, &events, 1, now);
	expect_ratio(now[7], base[7], 0.25f, "accent ratio 0.5, master 0.5");
	expect_ratio(now[0], base[0], 0.5f, "master 0.5");
	stage_ask(c, "metronome", "volume.set", MOS_ARGS(mos_real("master", 0)), NULL);
	measure_levels(c, &events, 1, now);
	for (int i = 0; i < 16; i++)
		cr_assert_lt(now[i], 1e-3f, "step %d is heard at volume 0", i);
	stage_settings(c, "metronome", MOS_ARGS(mos_str("pattern", "")));
	stage_stop(c, "metronome");
	stage_events_finish(&events);
	mos_client_destroy(c);
}
