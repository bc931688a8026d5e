/* SPDX-License-Identifier: MIT */
/* The widgets that come with MOS, in their sandboxes, with the theater's end of their surfaces in this
 * process: each draws, follows what plays, and does what its controls say. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker_link.h"
#include "stage_rig.h"
#include "surfaces.h"
#include "system.h"

static const char *const bundled[] = {"metronome", "chord-detector", "recorder", "latency-hud", "tuner",
	"piano", "fretboard", "circle-of-fifths", "chord-strip", "transport", "waveform", "meters",
	"performance-monitor", "beat-grid", "braid", "chord-cubes"};
#define N_BUNDLED (sizeof(bundled) / sizeof(bundled[0]))

#define WIDTH 960.0f
#define HEIGHT 240.0f

static struct service service = {.program = "test", .name = "theater"};
static struct rpc_context ctx;
static struct broker_link tie;
static struct surfaces *all;
static int is_up;

static void up(struct rpc_conn *broker, void *data)
{
	is_up = 1;
	cr_assert_eq(surfaces_link(all, broker), 0);
}

static void down(void *data)
{
	is_up = 0;
	surfaces_unlink(all);
}

static void notified(struct rpc_conn *broker, struct wire_in *in, void *data)
{
	(void)surfaces_notice(all, in);
}

static const struct surfaces_ops ops = {0};
static const struct broker_link_ops tie_ops = {.up = up, .down = down, .notified = notified};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* One frame of the theater. */
static void turn(void)
{
	cr_assert_geq(sd_event_run(service.event, 4000), 0);
	for (struct surface *s = surfaces_next(all, NULL); s; s = surfaces_next(all, s)) {
		surface_place(s, WIDTH, HEIGHT, 1, now_ns() + 16666667);
		(void)surface_poll(s);
	}
}

/* The real theater has the name that the test wants; mos-session is told to leave it down. */
static pid_t theater_pid(struct mos_client *c)
{
	struct mos_reply reply = {0};
	const struct mos_value *services;
	pid_t pid = 0;

	cr_assert_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply), 0);
	services = mos_get(&reply.value, "services");
	for (uint32_t i = 0; services && services->type == MOS_VALUE_LIST && i < services->len; i++)
		if (strcmp(mos_get_str(&services->u.items[i], "name", ""), "theater") == 0 &&
			mos_get_bool(&services->u.items[i], "up", 0))
			pid = (pid_t)mos_get_int(&services->u.items[i], "pid", 0);
	mos_reply_finish(&reply);
	return pid;
}

static bool is_down(void *c)
{
	return theater_pid(c) == 0;
}

static struct mos_client *open_stage(void)
{
	struct mos_client *c = system_connect("pictures");
	const pid_t theater = theater_pid(c);

	if (theater > 0)
		cr_assert_eq(kill(theater, SIGTERM), 0);
	cr_assert(system_wait(is_down, c), "the theater goes on");

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(runtime_dir_find(NULL, service.runtime_dir, sizeof(service.runtime_dir)), 0);
	cr_assert_geq(sd_event_new(&service.event), 0);
	cr_assert_eq(rpc_context_init(&ctx, &service, NULL, 0, NULL), 0);
	cr_assert_eq(surfaces_create(&ops, NULL, &all), 0);
	cr_assert_eq(broker_link_start(&tie, &ctx, &tie_ops, NULL), 0);
	while (!is_up)
		turn();
	return c;
}

static void close_stage(struct mos_client *c)
{
	(void)mos_transport_stop(c);
	broker_link_stop(&tie);
	rpc_context_finish(&ctx);
	surfaces_destroy(all);
	service.event = sd_event_unref(service.event);
	mos_client_destroy(c);
}

static struct surface *start(struct mos_client *c, const char *id)
{
	struct surface *s;
	char log[4096];

	if (stage_call(c, "broker.widget.start", id) < 0) {
		stage_log(c, id, log, sizeof(log));
		cr_assert_fail("%s: %s: %s", id, mos_client_error(c)->message, log);
	}
	while (!(s = surfaces_find(all, id)) || surface_figures(s).pictures == 0)
		turn();
	return s;
}

/* How many shapes of the newest picture have this token as their colour. */
static uint32_t count(const struct surface *s, enum mos_token token)
{
	uint32_t n, found = 0;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		found += shape[i].kind != MOS_SHAPE_MORE && shape[i].flags & MOS_SHAPE_TOKEN &&
			 (shape[i].color & 0xff) == token;
	return found;
}

static void click(struct surface *s, float x, float y)
{
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_DOWN, {x, y}, 1, 1, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_UP, {x, y}, 1, 0, 0});
}

static uint32_t state(struct mos_client *c)
{
	struct mos_now now;

	return mos_clock_now(c, &now) == 0 ? now.clock.state : MOS_TRANSPORT_N_STATES;
}

Test(system_pictures, all_draw, .timeout = 300,
	.description = "WGT-30 WGT-32: each widget starts, draws, goes on drawing after a restart, and ends; "
		       "the clock goes on")
{
	struct mos_client *c = open_stage();

	cr_assert_eq(mos_transport_play(c, 0), 0);
	for (size_t i = 0; i < N_BUNDLED; i++)
		(void)start(c, bundled[i]);
	for (size_t i = 0; i < N_BUNDLED; i++) {
		struct surface *s = surfaces_find(all, bundled[i]);
		uint32_t n;

		(void)surface_shapes(s, &n);
		cr_expect_geq(n, 3, "%s: %u shapes", bundled[i], n);
		cr_expect_eq(count(s, MOS_TOKEN_PANEL), 1, "%s", bundled[i]);
		cr_expect_eq(surface_figures(s).refused, 0, "%s", bundled[i]);
		cr_expect_eq(stage_number(c, bundled[i], "restarts"), 0, "%s crashed", bundled[i]);
	}
	cr_assert_eq(stage_call(c, "broker.widget.restart", "transport"), 0);
	while (!surfaces_find(all, "transport") ||
		surface_figures(surfaces_find(all, "transport")).pictures < 1)
		turn();
	cr_expect_eq(state(c), MOS_TRANSPORT_PLAYING);
	for (size_t i = 0; i < N_BUNDLED; i++)
		cr_expect_eq(stage_call(c, "broker.widget.stop", bundled[i]), 0, "%s", bundled[i]);
	while (surfaces_next(all, NULL))
		turn();
	close_stage(c);
}

Test(system_pictures, piano, .timeout = 120,
	.description = "WGT-01: a key that the bus tells is lit, a click plays the key that it is on")
{
	static const uint32_t types[] = {MOS_EVENT_MIDI_NOTEON, MOS_EVENT_MIDI_NOTEOFF};
	struct mos_client *c = open_stage();
	struct surface *s = start(c, "piano");
	struct mos_event ev = {
		.type = MOS_EVENT_MIDI_NOTEON, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	const float white = (WIDTH - 20) / 52;
	int got = 0;

	while (count(s, MOS_TOKEN_PITCH_0 + 9))
		turn();
	ev.u.note = (struct mos_ev_note){.key = 69, .velocity = 60000, .part = 0xffff};
	cr_assert_eq(mos_emit(c, &ev), 0);
	while (!count(s, MOS_TOKEN_PITCH_0 + 9))
		turn();
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	ev.u.note.velocity = 0;
	cr_assert_eq(mos_emit(c, &ev), 0);
	while (count(s, MOS_TOKEN_PITCH_0 + 9))
		turn();

	/* the third white key: C1 */
	cr_assert_eq(mos_events_select(c, types, 2), 0);
	while (mos_events_next(c, &ev) != 0)
		;
	click(s, 10 + 2.5f * white, HEIGHT - 20);
	while (got < 2) {
		turn();
		if (mos_events_next(c, &ev) != 1)
			continue;
		cr_expect_eq(ev.type, types[got]);
		cr_expect_eq(ev.u.note.key, 24, "key %u", ev.u.note.key);
		got++;
	}
	cr_assert_eq(stage_call(c, "broker.widget.stop", "piano"), 0);
	close_stage(c);
}

Test(system_pictures, transport, .timeout = 120,
	.description = "WGT-10: play, pause, stop, loop, click, tempo and seek act")
{
	struct mos_client *c = open_stage();
	struct surface *s = start(c, "transport");
	struct mos_now now;
	const float side = WIDTH * 0.07f, y = 12 + (HEIGHT - 24) * 0.3f,
		    step = side + 7.2f; /* middle of the buttons' row */

	click(s, 12 + step + side / 2, y);
	while (state(c) != MOS_TRANSPORT_PLAYING)
		turn();
	while (count(s, MOS_TOKEN_ACCENT) < 2) /* the button is lit */
		turn();
	click(s, 12 + step + side / 2, y);
	while (state(c) != MOS_TRANSPORT_PAUSED)
		turn();
	click(s, 12 + 2 * step + side / 2, y);
	while (mos_clock_now(c, &now) < 0 || !(now.clock.flags & MOS_CLOCK_LOOP))
		turn();
	click(s, 12 + 2 * step + side / 2, y);
	while (mos_clock_now(c, &now) < 0 || now.clock.flags & MOS_CLOCK_LOOP)
		turn();
	click(s, 12 + 3 * step + side / 2, y);
	while (mos_clock_now(c, &now) < 0 || !(now.clock.flags & MOS_CLOCK_METRONOME))
		turn();
	(void)mos_metronome_set(c, 0);
	/* the middle of the bar */
	click(s, WIDTH / 2, HEIGHT - 12 - (HEIGHT - 24) * 0.12f);
	while (mos_clock_now(c, &now) < 0 || now.tick < now.clock.end_tick / 2 - 2000 ||
		now.tick > now.clock.end_tick / 2 + 2000)
		turn();
	const double bpm = now.bpm;

	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, {100, 100}, 0, 0, 1});
	while (mos_clock_now(c, &now) < 0 || now.bpm < bpm + 0.9)
		turn();
	(void)mos_tempo_follow_score(c);
	click(s, 12 + side / 2, y);
	while (state(c) != MOS_TRANSPORT_STOPPED)
		turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "transport"), 0);
	close_stage(c);
}

Test(system_pictures, strip, .timeout = 120,
	.description = "WGT-08: the strip fetches the score's measures and shows where we are")
{
	struct mos_client *c = open_stage();
	struct surface *s = start(c, "chord-strip");

	cr_assert_eq(mos_transport_play(c, 0), 0);
	while (!count(s, MOS_TOKEN_PLAYHEAD))
		turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "chord-strip"), 0);
	close_stage(c);
}

Test(system_pictures, waveform, .timeout = 120,
	.description = "WGT-12 WGT-27: what sounds is seen in the waveform and the meters")
{
	struct mos_client *c = open_stage();
	struct surface *wave = start(c, "waveform"), *meters = start(c, "meters");

	cr_assert_eq(mos_transport_play(c, 0), 0);
	while (count(wave, MOS_TOKEN_ACCENT) < 10 || !count(meters, MOS_TOKEN_GOOD))
		turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "waveform"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "meters"), 0);
	close_stage(c);
}

Test(system_pictures, cubes, .timeout = 120,
	.description = "HRM-04 EVT-26 WGT-05: a chord that is detected lifts its cube and sounds, a "
		       "braid:highlight does nothing")
{
	static const uint32_t types[] = {MOS_EVENT_MIDI_NOTEON};
	struct mos_client *c = open_stage();
	struct mos_event ev = {
		.type = MOS_EVENT_BRAID_HIGHLIGHT, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	struct surface *s = start(c, "chord-cubes");
	struct surface *braid = start(c, "braid");
	const uint32_t dark = count(braid, MOS_TOKEN_ACCENT);
	uint64_t pictures;
	uint16_t classes = 0;

	stage_set(c, "chord-cubes", mos_bool("sound", 1));
	strcpy(ev.u.braid.symbol, "G");
	strcpy(ev.u.braid.roman, "V");
	cr_assert_eq(mos_emit(c, &ev), 0);
	pictures = surface_figures(s).pictures;
	while (count(braid, MOS_TOKEN_ACCENT) == dark)
		turn();
	for (int i = 0; i < 30; i++)
		turn();
	cr_expect_eq(surface_figures(s).pictures, pictures);
	cr_expect_eq(count(s, MOS_TOKEN_ACCENT), 0);

	cr_assert_eq(mos_events_select(c, types, 1), 0);
	while (mos_events_next(c, &ev) != 0)
		;
	ev = (struct mos_event){
		.type = MOS_EVENT_CHORD_DETECTED, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	strcpy(ev.u.chord.symbol, "Gb"); /* IV of D flat */
	ev.u.chord.root = ev.u.chord.bass = 6;
	ev.u.chord.pitch_classes = 1u << 6 | 1u << 10 | 1u << 1;
	ev.u.chord.key_tonic = 1;
	cr_assert_eq(mos_emit(c, &ev), 0);
	while (count(s, MOS_TOKEN_ACCENT) != 3) /* the sides of one cube */
		turn();
	while (classes != (1u << 6 | 1u << 10 | 1u << 1)) {
		turn();
		if (mos_events_next(c, &ev) == 1)
			classes |= (uint16_t)(1u << ev.u.note.key % 12);
	}
	cr_assert_eq(stage_call(c, "broker.widget.stop", "braid"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "chord-cubes"), 0);
	close_stage(c);
}

static int has_text(const struct surface *s, const char *text)
{
	const size_t len = strlen(text);
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		if (shape[i].kind == MOS_SHAPE_TEXT && shape[i].glyph == len && len <= sizeof(shape[i].p) &&
			memcmp(shape[i].p, text, len) == 0)
			return 1;
	return 0;
}

Test(system_pictures, monitor, .timeout = 120,
	.description = "WGT-28 WGT-27: the figures that are shown are those of the counters page, which "
		       "mosctl top reads")
{
	struct mos_client *c = open_stage();
	struct surface *s = start(c, "performance-monitor");
	const uint64_t polyphony = system_counter(c, "apollo.polyphony"),
		       clients = system_counter(c, "control.clients");
	char text[40];

	cr_assert_gt(polyphony, 0);
	(void)snprintf(text, sizeof(text), "of %llu, %llu stolen", (unsigned long long)polyphony,
		(unsigned long long)system_counter(c, "apollo.stolen"));
	while (!has_text(s, text))
		turn();
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)clients);
	while (!has_text(s, text))
		turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "performance-monitor"), 0);
	close_stage(c);
}
