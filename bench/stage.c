/* SPDX-License-Identifier: MIT */
/*
 * A hundred widgets on the stage (TIM-09, TIM-13, TIM-14): sandboxed processes that each draw when a chord is
 * told, beside the demo piece's score and its playhead, on the whole landscape canvas of 7680 x 4320 pixels,
 * which somebody watches. Chords wait for their 16 ms frame of the bus, nine of them a second; each changes a
 * lamp and a name in every widget. Then notes, told at once, each for one of them.
 *
 * Times are the theater's own, of its last 1,024 frames and answers: work a frame; how late the frame clock
 * woke it; from an event to the widget's picture, from there to the frame that takes it (that is the wait for
 * the frame clock, on average half a frame), from there until it is handed to the watcher.
 *
 * Good: work below a frame's 16.7 ms at the 99th percentile; a chord's pictures within 33 ms; a note's within
 * 10 ms and the wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "crowd.h"
#include "watch.h"

#define CROWD 100u
#define WARM_S 4
#define CHORDS 300
#define CHORD_EVERY_US 100000
#define NOTES 1100
#define NOTE_EVERY_US 20000
#define BUDGET_MS (1000.0 / 60)
#define STREAM "mos.canvas.landscape"

static int fail(struct mos_client *c, const char *what)
{
	fprintf(stderr, "stage: %s: %s\n", what, mos_client_error(c)->message);
	return -1;
}

/* Where the theater of this session looks for scenes. */
static int write_scene(void)
{
	char id[CROWD_ID_MAX];
	FILE *f;

	(void)mkdir(SCENES, 0755);
	f = fopen(SCENES "/crowd.json", "we");
	if (!f)
		return -1;
	(void)fprintf(f, "{\"name\": \"crowd\", \"title\": \"A crowd\", \"canvas\": \"landscape\", "
			 "\"theme\": \"night\",\n"
			 "\"items\": [{\"score\": \"score\", \"at\": [12, 21, 976, 380], \"layout\": "
			 "\"page\", \"opaque\": true}");
	for (uint32_t i = 0; i < CROWD; i++) {
		crowd_id(FOLLOWER, i, id);
		(void)fprintf(f, ",\n{\"widget\": \"%s\", \"at\": [%u, %u, 45, 100]}", id, 12 + i % 20 * 49,
			420 + i / 20 * 110);
	}
	(void)fprintf(f, "]}\n");
	return fclose(f) == 0 ? 0 : -1;
}

static int show_scene(struct mos_client *c)
{
	for (int i = 0; i < 100; i++) {
		if (mos_call(c, "theater.scene.show",
			    MOS_ARGS(mos_str("name", "crowd"), mos_str("at", "now")), NULL) == 0)
			return 0;
		(void)usleep(50000); /* the theater has not read it yet */
	}
	return fail(c, "the scene");
}

/* Over and over: a sink may be on its way. */
static int start_playing(struct mos_client *c)
{
	struct mos_now now;

	for (int i = 0; i < 100; i++) {
		if (mos_transport_play(c, 0) == 0 && mos_clock_now(c, &now) == 0)
			return mos_loop_set_ticks(c, 0, now.clock.end_tick / MOS_PPQ * MOS_PPQ);
		(void)usleep(100000);
	}
	return fail(c, "play");
}

static int start_crowd(struct mos_client *c, const char *parent)
{
	char id[CROWD_ID_MAX];

	for (uint32_t i = 0; i < CROWD; i++) {
		if (crowd_install(c, parent, FOLLOWER, i, "\"events.read\", \"surface.shapes\"") < 0)
			return -1;
		crowd_id(FOLLOWER, i, id);
		const struct mos_field of = mos_str("id", id);
		if (mos_call_request(c,
			    &(struct mos_request){.method = "broker.widget.start",
				    .args = &of,
				    .n_args = 1,
				    .timeout_ms = 30000},
			    NULL) < 0)
			return fail(c, id);
	}
	return 0;
}

static double figure(const struct mos_reply *status, const char *path)
{
	return mos_get_real(&status->value, path, 0);
}

static int report_chords(struct mos_client *c)
{
	struct mos_reply r;

	if (mos_call(c, "theater.status.get", MOS_NO_ARGS, &r) < 0)
		return fail(c, "status");
	fprintf(stderr, "stage: %s, %s, %.0f answers\n", mos_get_str(&r.value, "renderer/device", "?"),
		mos_get_str(&r.value, "renderer/backend", "?"), figure(&r, "answers/n"));
	bench_print(
		"stage.frame.all_change.p50", figure(&r, "frames/p50_ms"), "ms", "60 frames/s", BUDGET_MS);
	bench_print(
		"stage.frame.all_change.p99", figure(&r, "frames/p99_ms"), "ms", "60 frames/s", BUDGET_MS);
	bench_print("stage.frame_clock_late.p99", figure(&r, "frames/late/p99_ms"), "ms", "60 frames/s",
		BUDGET_MS);
	bench_print("stage.chord_to_picture.p50", figure(&r, "answers/to_picture/p50_ms"), "ms", "goal 33 ms",
		33);
	bench_print("stage.chord_to_picture.p99", figure(&r, "answers/to_picture/p99_ms"), "ms", "goal 33 ms",
		33);
	bench_print("stage.chord_to_submitted.p99", figure(&r, "answers/whole/p99_ms"), "ms", NULL, 0);
	bench_print("stage.chord_to_submitted.frames.p99", figure(&r, "answers/frames_p99"), "frames",
		"goal 2", 2);
	mos_reply_finish(&r);
	return 0;
}

static int report_notes(struct mos_client *c)
{
	struct mos_reply r;

	if (mos_call(c, "theater.status.get", MOS_NO_ARGS, &r) < 0)
		return fail(c, "status");
	bench_print("stage.frame.p50", figure(&r, "frames/p50_ms"), "ms", "60 frames/s", BUDGET_MS);
	bench_print("stage.frame.p99", figure(&r, "frames/p99_ms"), "ms", "60 frames/s", BUDGET_MS);
	bench_print("stage.input_to_picture.p50", figure(&r, "answers/to_picture/p50_ms"), "ms", "goal 10 ms",
		10);
	bench_print("stage.input_to_picture.p99", figure(&r, "answers/to_picture/p99_ms"), "ms", "goal 10 ms",
		10);
	bench_print("stage.wait_for_frame_clock.p50", figure(&r, "answers/to_frame/p50_ms"), "ms",
		"60 frames/s", BUDGET_MS);
	bench_print("stage.wait_for_frame_clock.p99", figure(&r, "answers/to_frame/p99_ms"), "ms",
		"60 frames/s", BUDGET_MS);
	bench_print("stage.frame_to_submitted.p50", figure(&r, "answers/to_submitted/p50_ms"), "ms",
		"goal 10 ms", 10);
	bench_print("stage.frame_to_submitted.p99", figure(&r, "answers/to_submitted/p99_ms"), "ms",
		"goal 10 ms", 10);
	bench_print("stage.input_to_submitted.p50", figure(&r, "answers/whole/p50_ms"), "ms", NULL, 0);
	bench_print("stage.input_to_submitted.p99", figure(&r, "answers/whole/p99_ms"), "ms", NULL, 0);
	mos_reply_finish(&r);
	return 0;
}

static void emit_chords(struct mos_client *c)
{
	static const char *const symbol[] = {"C", "F#m", "Bb", "E7"};
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .tick = INT64_MIN};

	for (int i = 0; i < CHORDS; i++) {
		ev.time_ns = (uint64_t)bench_now_ns();
		ev.u.chord = (struct mos_ev_chord){
			.pitch_classes = 1, .key_tonic = MOS_KEY_NONE, .confidence = 255};
		(void)snprintf(ev.u.chord.symbol, sizeof(ev.u.chord.symbol), "%s", symbol[i % 4]);
		(void)mos_emit(c, &ev);
		(void)usleep(CHORD_EVERY_US + i % 17 * 1000); /* not in step with frames */
	}
}

/* A note's end is told, too, or all keys would sound in the end. */
static void emit_notes(struct mos_client *c)
{
	struct mos_event ev = {.tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

	for (int i = 0; i < NOTES; i++) {
		const uint8_t key = (uint8_t)(i % CROWD);

		ev.type = MOS_EVENT_MIDI_NOTEON;
		ev.time_ns = (uint64_t)bench_now_ns();
		ev.u.note = (struct mos_ev_note){.key = key, .velocity = 1000, .part = 0xffff};
		(void)mos_emit(c, &ev);
		(void)usleep(NOTE_EVERY_US + i % 13 * 700);
		ev.type = MOS_EVENT_MIDI_NOTEOFF;
		ev.u.note.velocity = 0;
		(void)mos_emit(c, &ev);
	}
}

static int measure(struct mos_client *c, const char *parent)
{
	pid_t watcher;
	int rc;

	if (start_crowd(c, parent) < 0 || show_scene(c) < 0 || start_playing(c) < 0)
		return -1;
	watcher = watch_start(c, STREAM);
	if (watcher < 0)
		return -1;
	(void)sleep(WARM_S);
	emit_chords(c);
	rc = report_chords(c);
	emit_notes(c);
	rc = rc < 0 ? rc : report_notes(c);
	watch_stop(watcher);
	return rc;
}

int main(void)
{
	const struct mos_client_options options = {
		.name = "bench-stage", .timeout_ms = 30000, .wait_ms = 5000};
	char parent[] = "/tmp/mos-bench-stage-XXXXXX", command[128];
	struct mos_client *c;
	struct mos_error error;
	int rc;

	if (write_scene() < 0 || !mkdtemp(parent)) {
		fprintf(stderr, "stage: no place for scene and widgets\n");
		return 1;
	}
	if (mos_client_create(&options, &c, &error) < 0) {
		fprintf(stderr, "stage: %s\n", error.message);
		return 1;
	}
	rc = mos_score_load(c, DEMO_MIDI, NULL) < 0 ? fail(c, "the score") : measure(c, parent);
	(void)mos_transport_stop(c);
	mos_client_destroy(c);
	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", parent);
	if (system(command) != 0)
		fprintf(stderr, "stage: %s is left\n", parent);
	return rc < 0 ? 1 : 0;
}
