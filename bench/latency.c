/* SPDX-License-Identifier: MIT */
/*
 * How long from the wish to the sound? Measured on the real system at quantum 128 (2.67 ms), from the instant
 * at which a program asks to the instant at which a recorder at the sink has the first frame (bench/ear.h
 * says what that includes). The built-in synthesizer plays, since its drums sound at their very first frame;
 * a bank's samples begin when they like. Requests come at random places of the cycle.
 *
 * Three ways in, by turns: a MIDI note from another PipeWire client, mos_emit(), and a call of
 * apollo.note.play (APO-04: below 10 ms both). What comes during a cycle is served at the next one's begin,
 * which takes half a cycle in the mean and a whole one at worst; and a sink plays a cycle's frames when the
 * next one begins. So the floor is a p50 of 4.0 ms and a worst of 5.3 ms, and good is to be within 0.2 ms of
 * it. Beside them FluidSynth in the same graph, told through a pipe to its shell.
 *
 * A MIDI packet has a place in the graph already, for which midi_in is counted (TIM-02: p99 below 5 ms; the
 * floor is the sink's quantum, 2.7 ms); key_press is from the instant at which the client was told to send.
 * midi_in.to_engine is how many frames after the packet's the engine plays the note: good is none.
 *
 * Then: seek on 240 and 2,000 measures (TIM-04: p99 below 10 ms), load (HER-16: below 100 ms from the call to
 * the first sample), start (APO-27: a sound 50 ms after the start, with no bank), and the band (from asking for 32 bars
 * of chords to the first stick of the count-in: below 100 ms).
 */
#include "latency.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <mos/control.h>

#include "bench.h"
#include "keyboard.h"

#define WAIT_MS 30000
#define N_NOTES 200u /* of each way */
#define EAR_SECONDS 120

enum way { WAY_MIDI, WAY_EMIT, WAY_CALL, WAY_FLUID, N_WAYS };

struct notes {
	struct latency *latency;
	struct ear ear;
	struct keyboard *keyboard;
	struct fluid fluid;
	bool is_fluid_here;
	double ms[N_WAYS][N_NOTES];
	double key_press_ms[N_NOTES];
	double to_engine_frames[N_NOTES]; /**< of a MIDI note, within the graph */
};

uint32_t latency_random(struct latency *latency, uint32_t end)
{
	latency->random = latency->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(((latency->random >> 32) * end) >> 32);
}

void latency_pause(struct latency *latency, uint32_t min_ms, uint32_t max_ms)
{
	uint32_t us = min_ms * 1000 + latency_random(latency, (max_ms - min_ms) * 1000);

	nanosleep(&(struct timespec){.tv_nsec = us * 1000L}, NULL);
}

int latency_fail(const struct latency *latency, const char *what, const char *why)
{
	fprintf(stderr, "latency: %s: %s\n", what, why ? why : mos_client_error(latency->client)->message);
	return -1;
}

bool latency_lost_cycles(struct latency *latency)
{
	const struct mos_counters_view *view = mos_client_counters(latency->client);
	int i = mos_counters_find(view, "rt.xruns");
	uint64_t xruns = i < 0 ? 0 : mos_counters_get(view, (uint32_t)i), before = latency->xruns;

	latency->xruns = xruns;
	return xruns != before;
}

void latency_print(const char *name, double *ms, uint32_t n, double goal_ms)
{
	static const struct {
		const char *name;
		double q;
	} figure[] = {{"p50", 0.5}, {"p99", 0.99}, {"worst", 1}};
	char full[64], goal[32];

	bench_sort(ms, n);
	snprintf(goal, sizeof(goal), "goal %g ms", goal_ms);
	for (size_t i = 0; i < sizeof(figure) / sizeof(*figure); i++) {
		snprintf(full, sizeof(full), "latency.%s.%s", name, figure[i].name);
		bench_print(full, bench_at(ms, n, figure[i].q), "ms", goal, goal_ms);
	}
}

static int strike(struct notes *notes, enum way way)
{
	struct mos_client *c = notes->latency->client;
	struct mos_event note = {.tick = INT64_MIN, .type = MOS_EVENT_MIDI_NOTEON};

	switch (way) {
	case WAY_MIDI:
		keyboard_send(notes->keyboard, 0x20900000 | STROKE_CHANNEL << 16 | STROKE_KEY << 8 | 100);
		return 0;
	case WAY_EMIT:
		note.u.note = (struct mos_ev_note){
			.channel = STROKE_CHANNEL, .key = STROKE_KEY, .velocity = 0xc000, .part = 0xffff};
		return mos_emit(c, &note);
	case WAY_CALL:
		return mos_call(c, "apollo.note.play",
			MOS_ARGS(mos_int("note", STROKE_KEY), mos_str("duration", "0.01s"),
				mos_int("channel", STROKE_CHANNEL)),
			NULL);
	default:
		fluid_strike(&notes->fluid);
		return 0;
	}
}

static int silence(struct notes *notes, enum way way)
{
	struct mos_event cut = {.tick = INT64_MIN, .type = MOS_EVENT_MIDI_UMP};

	if (way == WAY_FLUID) {
		fluid_silence(&notes->fluid);
		return 0;
	}
	cut.u.ump.word[0] = 0x20b07800 | STROKE_CHANNEL << 16; /* all sound off */
	return mos_emit(notes->latency->client, &cut);
}

/** When the engine played the last note that came from MIDI: the event says so. 0: none came. */
static int64_t engine_time_ns(struct mos_client *c)
{
	struct mos_event event;
	int64_t time_ns = 0;
	int r;

	while ((r = mos_events_next(c, &event)) == 1 || r == -EOVERFLOW) {
		if (r == 1 && event.type == MOS_EVENT_MIDI_NOTEON && event.source == MOS_SOURCE_MIDI_IN)
			time_ns = (int64_t)event.time_ns;
	}
	return time_ns;
}

/** What only a MIDI note has. */
static void keep_midi(struct notes *notes, const struct onset *onset, uint32_t i)
{
	struct keyboard_cycle sent = keyboard_sent(notes->keyboard);
	double to_engine_ns = (double)(engine_time_ns(notes->latency->client) - sent.time_ns);

	notes->key_press_ms[i] = notes->ms[WAY_MIDI][i];
	notes->ms[WAY_MIDI][i] = (double)(onset->time_ns - sent.time_ns) / 1e6;
	notes->to_engine_frames[i] = round(fabs(to_engine_ns) * EAR_RATE_HZ / 1e9);
}

/** One note, heard and cut. @return 0; -1, said on stderr. */
static int note(struct notes *notes, enum way way, uint32_t i)
{
	struct onset onset;
	int64_t asked_ns;

	if (!ear_wait_silence(&notes->ear))
		return latency_fail(notes->latency, "note", "the one before does not end");
	latency_pause(notes->latency, 10, 25);
	ear_from_now(&notes->ear);
	asked_ns = bench_now_ns();
	if (strike(notes, way) < 0)
		return latency_fail(notes->latency, "note", NULL);
	if (!ear_wait_onset(&notes->ear, &onset))
		return latency_fail(notes->latency, "note", "nothing is heard");
	notes->ms[way][i] = (double)(onset.time_ns - asked_ns) / 1e6;
	if (way == WAY_MIDI)
		keep_midi(notes, &onset, i);
	return silence(notes, way) < 0 ? latency_fail(notes->latency, "cut", NULL) : 0;
}

static void print_notes(struct notes *notes)
{
	static const struct {
		const char *name;
		double goal_ms;
	} of[] = {[WAY_MIDI] = {"midi_in", 5}, [WAY_EMIT] = {"emit", 10}, [WAY_CALL] = {"call", 10}};
	static const char *const beside[] = {[WAY_EMIT] = "latency.emit_beside_fluidsynth.p50",
		[WAY_CALL] = "latency.call_beside_fluidsynth.p50"};
	double fluid_ms = 0;

	if (notes->is_fluid_here) {
		bench_sort(notes->ms[WAY_FLUID], N_NOTES);
		fluid_ms = bench_at(notes->ms[WAY_FLUID], N_NOTES, 0.5);
	}
	for (enum way way = WAY_MIDI; way < WAY_FLUID; way++) {
		latency_print(of[way].name, notes->ms[way], N_NOTES, of[way].goal_ms);
		if (way == WAY_MIDI) {
			bench_sort(notes->to_engine_frames, N_NOTES);
			bench_print("latency.midi_in.to_engine.worst", notes->to_engine_frames[N_NOTES - 1],
				"frames", NULL, 0);
			latency_print("key_press", notes->key_press_ms, N_NOTES, of[way].goal_ms);
		} else if (notes->is_fluid_here) {
			bench_print(beside[way], bench_at(notes->ms[way], N_NOTES, 0.5), "ms", "fluidsynth",
				fluid_ms);
		}
	}
}

static int measure_notes(struct latency *latency)
{
	static struct notes notes;
	int r;

	notes = (struct notes){.latency = latency};
	if (ear_open(&notes.ear, EAR_SECONDS) < 0)
		return -1;
	r = keyboard_open(&notes.keyboard);
	if (r < 0) {
		ear_close(&notes.ear);
		return latency_fail(latency, "keyboard", strerror(-r));
	}
	notes.is_fluid_here = fluid_start(&notes.fluid) == 0;
	if (!notes.is_fluid_here)
		fprintf(stderr, "latency: FluidSynth or its bank is not installed: no peer\n");
	/* The first of each way warms up and is overwritten: links come to life, FluidSynth loads its bank.
	 */
	for (uint32_t i = 0; r == 0 && i <= N_NOTES; i++) {
		for (enum way way = WAY_MIDI; r == 0 && way < N_WAYS; way++) {
			if (way != WAY_FLUID || notes.is_fluid_here)
				r = note(&notes, way, i ? i - 1 : 0);
		}
	}
	if (r == 0)
		print_notes(&notes);
	fluid_stop(&notes.fluid);
	keyboard_close(notes.keyboard);
	ear_close(&notes.ear);
	return r;
}

static int seek(struct latency *latency)
{
	int r = latency_seek(latency, 240);

	return r < 0 ? r : latency_seek(latency, 2000);
}

static int load(struct latency *latency)
{
	return latency_load(latency, 240);
}

static const struct part {
	const char *name;
	int (*run)(struct latency *latency);
} parts[] = {{"notes", measure_notes}, {"seek", seek}, {"load", load}, {"start", latency_start},
	{"band", latency_band}};

/** @return whether a part of this name is among those named; all are when none is. */
static bool is_chosen(const char *part, char **names)
{
	bool chosen = !*names;

	for (; *names; names++)
		chosen |= strcmp(*names, part) == 0;
	return chosen;
}

static bool is_part(const char *name)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (strcmp(parts[i].name, name) == 0)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct latency latency = {0};
	struct mos_error error;
	uint64_t xruns_before;
	int r = 0;

	for (int i = 1; i < argc; i++) {
		if (!is_part(argv[i])) {
			fprintf(stderr,
				"Usage: mos-session -p -q 128 -a mos-rtcore=--instrument -a "
				"mos-rtcore=builtin -- %s "
				"[notes|seek|load|start|band]...\n",
				argv[0]);
			return 2;
		}
	}
	if (mos_client_create(
		    &(struct mos_client_options){.name = "bench", .wait_ms = WAIT_MS, .timeout_ms = WAIT_MS},
		    &latency.client, &error) < 0) {
		fprintf(stderr, "latency: %s (%s)\n", error.message, error.hint);
		return 1;
	}
	if (getrandom(&latency.random, sizeof(latency.random), 0) < 0)
		latency.random = (uint64_t)bench_now_ns();
	(void)signal(SIGPIPE, SIG_IGN);           /* FluidSynth may have ended */
	(void)mlockall(MCL_CURRENT | MCL_FUTURE); /* or the recorder's thread would meet new pages */
	(void)latency_lost_cycles(&latency);
	xruns_before = latency.xruns;
	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		if (is_chosen(parts[i].name, argv + 1))
			r = parts[i].run(&latency);
	}
	(void)latency_lost_cycles(&latency);
	fprintf(stderr, "latency: %lu xruns in all\n", latency.xruns - xruns_before);
	mos_client_destroy(latency.client);
	return r < 0;
}
