/* SPDX-License-Identifier: MIT */
/* The widgets that come with MOS, in their sandboxes, with the theater's end of their surfaces in this
 * process: each draws, follows what plays, and does what its controls say. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "amp.h"
#include "broker_link.h"
#include "desk.h"
#include "hands.h"
#include "room.h"
#include "stage_rig.h"
#include "surfaces.h"
#include "system.h"

static const char *const bundled[] = {"metronome", "chord-detector", "recorder", "latency-hud", "tuner",
	"piano", "fretboard", "circle-of-fifths", "chord-strip", "transport", "waveform", "meters",
	"performance-monitor", "beat-grid", "braid", "chord-cubes", "falling-notes", "midi-monitor",
	"olympus-hud", "pitch-line", "mixer", "nam-amp", "room-cube", "hands"};
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

/* Two measures, both played twice; the second of two parts plays black keys, the first one rests in the
 * second measure. */
static void load_repeated(struct mos_client *c)
{
	static const char score[] =
		"{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"Again\",\"key\":\"C major\",\"tempo\":100},"
		"\"measures\":[{\"repeat\":{\"start\":true}},{\"repeat\":{\"end\":2}}],\"parts\":["
		"{\"id\":\"p1\",\"name\":\"A\",\"notes\":[{\"tick\":480,\"durationTicks\":480,\"pitch\":64}]}"
		","
		"{\"id\":\"p2\",\"name\":\"B\",\"notes\":[{\"tick\":4320,\"durationTicks\":480,\"pitch\":61}]"
		"}],\"layers\":[]}";
	const struct mos_field name[] = {mos_str("name", "again.nvx1")};
	const int fd = memfd_create("again", MFD_CLOEXEC);
	const struct mos_request load = {.method = "hermes.score.load",
		.args = name,
		.n_args = 1,
		.fds = &fd,
		.n_fds = 1,
		.timeout_ms = 30000};

	cr_assert(fd >= 0 && write(fd, score, sizeof(score) - 1) == (ssize_t)sizeof(score) - 1);
	cr_assert_eq(mos_call_request(c, &load, NULL), 0, "%s", mos_client_error(c)->message);
	(void)close(fd);
}

/* There is what is written there, and nothing of the other measure. */
static void wait_bar(struct mos_client *c, struct surface *s, int64_t bar, const char *number,
	enum mos_token part, enum mos_token other)
{
	struct mos_now now;

	cr_assert_eq(mos_call(c, "kronos.transport.seek", MOS_ARGS(mos_int("bar", bar)), NULL), 0);
	while (mos_clock_now(c, &now) < 0 || now.clock.measure + 1 != bar || !has_text(s, number) ||
		!count(s, part) || count(s, other))
		turn();
}

Test(system_pictures, falling, .timeout = 120,
	.description = "WGT-31 NVX-19: the notes of the measure that comes fall in the colour of their part, "
		       "also the second "
		       "time that it is played")
{
	const enum mos_token first = MOS_TOKEN_PITCH_0, second = MOS_TOKEN_PITCH_0 + 7;
	struct mos_client *c = open_stage();
	struct surface *s;

	load_repeated(c);
	s = start(c, "falling-notes");
	stage_set(c, "falling-notes", mos_real("beats", 2));
	wait_bar(c, s, 1, "1", first, second);
	wait_bar(c, s, 2, "2", second, first);
	wait_bar(c, s, 3, "1", first, second);
	wait_bar(c, s, 4, "2", second, first);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "falling-notes"), 0);
	close_stage(c);
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

/* --- The desk, the amplifier: what they change is measured where it sounds --- */

#define CLIP_STRIP 62
#define CLIP_PEAK "apollo.strip.62.peak"
#define CLIP_DB (-6.0206) /* of a sine of 0.5 */

static void put_le(FILE *f, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		(void)fputc((int)(value >> (8 * i) & 0xff), f);
}

/* A sine of 441 Hz at half of full scale, longer than a test that looks at it. */
static void write_sine(FILE *f)
{
	const uint32_t rate = 48000, n = 120 * rate;

	(void)fputs("RIFF", f);
	put_le(f, 36 + 2 * n, 4);
	(void)fputs("WAVEfmt ", f);
	put_le(f, 16, 4);
	put_le(f, 1 | 1u << 16, 4); /* PCM, one channel */
	put_le(f, rate, 4);
	put_le(f, 2 * rate, 4);
	put_le(f, 2 | 16u << 16, 4);
	(void)fputs("data", f);
	put_le(f, 2 * n, 4);
	for (uint32_t i = 0; i < n; i++)
		put_le(f, (uint32_t)(int32_t)lround(16384 * sin(2 * M_PI * 441 * i / rate)), 2);
}

static double level(struct mos_client *c, const char *counter)
{
	return (double)(int64_t)system_counter(c, counter) / 1000;
}

static char clip[40];

/* A level that is known. */
static void play_clip(struct mos_client *c)
{
	FILE *f;
	int fd;

	strcpy(clip, "/tmp/mos-pictures-XXXXXX.wav");
	fd = mkstemps(clip, 4);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	cr_assert(f);
	write_sine(f);
	cr_assert_eq(fclose(f), 0);
	cr_assert_eq(mos_call(c, "apollo.clip.add",
			     MOS_ARGS(mos_str("path", clip), mos_int("strip", CLIP_STRIP),
				     mos_int("start_ticks", 0)),
			     NULL),
		0, "%s", mos_client_error(c)->message);
	cr_assert_eq(
		mos_call(c, "apollo.fx.set",
			MOS_ARGS(mos_str("unit", "reverb"), mos_str("param", "on"), mos_real("value", 0)),
			NULL),
		0);
	cr_assert_eq(mos_transport_play(c, 0), 0);
	/* what tests before have left sounding would be on the desk, too */
	for (unsigned strip = 48; strip < CLIP_STRIP; strip++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "apollo.strip.%u.peak", strip);
		while (level(c, name) > -90)
			turn();
	}
}

static void end_clip(struct mos_client *c)
{
	(void)mos_call(c, "apollo.clip.remove", MOS_NO_ARGS, NULL);
	(void)unlink(clip);
	(void)mos_call(c, "apollo.fx.reset", MOS_NO_ARGS, NULL);
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_int("strip", CLIP_STRIP), mos_real("gain_db", 0),
				     mos_real("pan", 0), mos_bool("mute", 0), mos_bool("solo", 0)),
			     NULL),
		0);
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_str("strip", "master"), mos_real("gain_db", 0)), NULL),
		0);
}

/* Until the meter stands there; the test's own time is the watchdog. */
static void wait_level(struct mos_client *c, const char *counter, double db)
{
	while (fabs(level(c, counter) - db) > 0.2)
		turn();
}

static void press(struct mos_client *c, const char *id, const char *name)
{
	cr_assert_eq(
		mos_call(c, "broker.widget.key", MOS_ARGS(mos_str("id", id), mos_str("key", name)), NULL), 0,
		"%s", mos_client_error(c)->message);
}

static void drag(struct surface *s, struct mos_point from, struct mos_point to)
{
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_DOWN, from, 1, 1, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_MOVE, to, 0, 1, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_UP, to, 1, 0, 0});
}

static void right_click(struct surface *s, struct mos_point at)
{
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_DOWN, at, 3, 4, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_UP, at, 3, 0, 0});
}

/* A strip's place on the desk, as the widget has it: the same answer, and the clip heard. */
static struct desk_place find_strip(struct mos_client *c, uint32_t strip)
{
	static struct desk desk;
	struct mos_reply reply = {0};
	struct desk_place place;

	desk_init(&desk);
	desk_level(&desk, CLIP_STRIP, (float)CLIP_DB, 1);
	cr_assert_eq(mos_call(c, "apollo.strip.list", MOS_NO_ARGS, &reply), 0);
	desk_take(&desk, mos_get(&reply.value, "strips"));
	mos_reply_finish(&reply);
	cr_assert_leq(desk.n_shown, desk_room(WIDTH), "no scrolling");
	cr_assert(desk_place(&desk, WIDTH, HEIGHT, strip, &place));
	return place;
}

static int strip_is(struct mos_client *c, uint32_t strip, const char *what)
{
	struct mos_reply reply = {0};
	const struct mos_value *strips;
	int is;

	cr_assert_eq(mos_call(c, "apollo.strip.list", MOS_NO_ARGS, &reply), 0);
	strips = mos_get(&reply.value, "strips");
	cr_assert(strips && strips->type == MOS_VALUE_LIST && strip < strips->len);
	is = mos_get_bool(&strips->u.items[strip], what, 0);
	mos_reply_finish(&reply);
	return is;
}

/* The share that a strip sends, as the mixer has it. */
static double sends(struct mos_client *c, uint32_t strip, const char *what)
{
	const struct mos_field of = mos_int("strip", strip);
	struct mos_reply reply = {0};
	const struct mos_value *list;
	double share = 0;

	cr_assert_eq(mos_call(c, "apollo.fx.list", &of, 1, &reply), 0);
	list = mos_get(&reply.value, "settings");
	for (uint32_t i = 0; list && i < list->len; i++)
		if (strcmp(mos_get_str(&list->u.items[i], "unit", ""), "send") == 0 &&
			strcmp(mos_get_str(&list->u.items[i], "param", ""), what) == 0)
			share = mos_get_real(&list->u.items[i], "value", 0);
	mos_reply_finish(&reply);
	return share;
}

static bool tells(struct mos_client *c, const char *id, const char *words)
{
	struct mos_reply reply = {0};
	bool does;

	cr_assert_eq(mos_call(c, "broker.widget.attach", MOS_ARGS(mos_str("id", id)), &reply), 0);
	does = strstr(mos_get_str(&reply.value, "text", ""), words) != NULL;
	mos_reply_finish(&reply);
	return does;
}

/* How often such a change has been told since this was asked last. */
static int told(struct mos_client *c, enum mos_mixer_what what, const char *param)
{
	struct mos_event ev;
	int n = 0;

	while (mos_events_next(c, &ev) == 1)
		n += ev.u.mixer.what == what && strcmp(ev.u.mixer.param, param) == 0 &&
		     ev.u.mixer.strip == (what == MOS_MIXER_FX ? CLIP_STRIP : MOS_MIXER_MASTER);
	return n;
}

Test(system_pictures, mixer_hears, .timeout = 180,
	.description = "WGT-31: knobs for reverb and chorus act; what others set is shown because it is "
		       "told, each thing "
		       "once, and nothing is asked for while nothing changes")
{
	static const uint32_t types[] = {MOS_EVENT_MIXER_CHANGE};
	struct mos_client *c = open_stage();
	struct surface *s;
	struct desk_place p;
	uint64_t requests;

	play_clip(c);
	wait_level(c, CLIP_PEAK, CLIP_DB);
	s = start(c, "mixer");
	while (!has_text(s, "Clips"))
		turn();
	p = find_strip(c, CLIP_STRIP);
	cr_assert_gt(p.send[0].w, 0);
	/* half of it: a hundredth a point */
	drag(s, mos_box_center(p.send[0]),
		(struct mos_point){mos_box_center(p.send[0]).x, mos_box_center(p.send[0]).y - 50});
	while (fabs(sends(c, CLIP_STRIP, "reverb") - 0.5) > 1e-3)
		turn();
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, mos_box_center(p.send[1]), 0, 0, 2});
	while (fabs(sends(c, CLIP_STRIP, "chorus") - 0.1) > 1e-3)
		turn();
	press(c, "mixer", "}");
	while (fabs(sends(c, CLIP_STRIP, "chorus") - 0.15) > 1e-3)
		turn();
	right_click(s, mos_box_center(p.send[0]));
	while (sends(c, CLIP_STRIP, "reverb") > 0)
		turn();
	/* others */
	cr_assert_eq(mos_events_select(c, types, 1), 0);
	(void)told(c, MOS_MIXER_ALL, "");
	cr_assert_eq(mos_call(c, "apollo.fx.set",
			     MOS_ARGS(mos_int("strip", CLIP_STRIP), mos_str("unit", "send"),
				     mos_str("param", "reverb"), mos_real("value", 0.25)),
			     NULL),
		0);
	while (!tells(c, "mixer", "reverb 0.25"))
		turn();
	cr_expect_geq(told(c, MOS_MIXER_FX, "reverb"), 1, "our own hand's may have come late");
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_str("strip", "master"), mos_real("gain_db", -3.5)), NULL),
		0);
	while (!tells(c, "mixer", "-3.5 dB"))
		turn();
	cr_expect_eq(told(c, MOS_MIXER_STRIP, "gain_db"), 1);
	cr_assert_eq(mos_call(c, "apollo.fx.reset", MOS_NO_ARGS, NULL), 0);
	while (!tells(c, "mixer", "reverb 0.00  chorus 0.00"))
		turn();
	cr_expect_eq(told(c, MOS_MIXER_ALL, ""), 1);
	/* a second of the stage's frames in which nothing is set */
	for (int i = 0; i < 20; i++)
		turn();
	requests = system_counter(c, "control.requests");
	for (int i = 0; i < 250; i++)
		turn();
	cr_expect_eq(system_counter(c, "control.requests"), requests, "it asks though nothing has changed");
	cr_expect_eq(stage_number(c, "mixer", "restarts"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "mixer"), 0);
	end_clip(c);
	close_stage(c);
}

Test(system_pictures, mixer, .timeout = 180,
	.description =
		"WGT-31: fader, pan, mute, solo and master act, by pointer and keys: the sound is as loud as "
		"computed; what others set is shown")
{
	struct mos_client *c = open_stage();
	struct surface *s;
	struct desk_place p;
	float x;

	play_clip(c);
	wait_level(c, CLIP_PEAK, CLIP_DB);
	s = start(c, "mixer");
	while (!has_text(s, "Clips"))
		turn();
	p = find_strip(c, CLIP_STRIP);
	x = p.fader.x + p.fader.w / 2;
	drag(s, (struct mos_point){x, p.fader.y + p.fader.h * (1 - desk_up(0))},
		(struct mos_point){x, p.fader.y + p.fader.h * (1 - desk_up(-12))});
	wait_level(c, CLIP_PEAK, CLIP_DB - 12);
	while (!has_text(s, "-12.0"))
		turn();
	click(s, mos_box_center(p.solo).x, mos_box_center(p.solo).y);
	while (!strip_is(c, CLIP_STRIP, "solo"))
		turn();
	wait_level(c, "apollo.peak_l", CLIP_DB - 12); /* nothing else is heard */
	wait_level(c, "apollo.peak_r", CLIP_DB - 12);
	drag(s, mos_box_center(p.pan), (struct mos_point){p.pan.x + p.pan.w - 0.01f, p.pan.y + p.pan.h / 2});
	while (level(c, "apollo.peak_l") > -60)
		turn();
	wait_level(c, "apollo.peak_r", CLIP_DB - 12);
	right_click(s, mos_box_center(p.fader));
	wait_level(c, "apollo.peak_r", CLIP_DB);
	press(c, "mixer", "right"); /* the master */
	for (int i = 0; i < 9; i++)
		press(c, "mixer", "down");
	wait_level(c, "apollo.peak_r", CLIP_DB - 9);
	press(c, "mixer", "left");
	press(c, "mixer", "m");
	while (!strip_is(c, CLIP_STRIP, "mute") || level(c, CLIP_PEAK) > -60)
		turn();
	press(c, "mixer", "m");
	wait_level(c, CLIP_PEAK, CLIP_DB);
	/* somebody else's hand */
	cr_assert_eq(mos_call(c, "apollo.strip.set",
			     MOS_ARGS(mos_int("strip", CLIP_STRIP), mos_real("gain_db", -21.5)), NULL),
		0);
	while (!has_text(s, "-21.5"))
		turn();
	cr_expect_eq(stage_number(c, "mixer", "restarts"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "mixer"), 0);
	end_clip(c);
	close_stage(c);
}

/* The one insert is in this state; NULL: there is none. */
static int amp_is(struct mos_client *c, const char *state)
{
	struct mos_reply reply = {0};
	const struct mos_value *list;
	int is;

	cr_assert_eq(mos_call(c, "apollo.insert.list", MOS_NO_ARGS, &reply), 0);
	list = mos_get(&reply.value, "inserts");
	is = state ? list && list->len == 1 && strcmp(mos_get_str(&list->u.items[0], "state", ""), state) == 0
		   : !list || list->len == 0;
	mos_reply_finish(&reply);
	return is;
}

Test(system_pictures, amplifier, .timeout = 240,
	.description =
		"WGT-17: models are loaded by a click, input, output and bypass act: the strip is as loud as "
		"computed")
{
	const struct amp_layout l = amp_layout(WIDTH, HEIGHT);
	const struct mos_point none = mos_box_center(amp_row(&l, 0)), crunch = mos_box_center(amp_row(&l, 1)),
			       whole = mos_box_center(amp_row(&l, 2)),
			       input = mos_box_center(l.knob[AMP_INPUT]),
			       output = mos_box_center(l.knob[AMP_OUTPUT]), bypass = mos_box_center(l.bypass);
	const double half_db = 20 * log10(0.5);
	struct mos_client *c = open_stage();
	struct surface *s;

	play_clip(c);
	s = start(c, "nam-amp");
	stage_set(c, "nam-amp", mos_int("strip", CLIP_STRIP));
	while (!has_text(s, "crunch") || !has_text(s, "whole") || !has_text(s, "in strip 62"))
		turn();
	wait_level(c, CLIP_PEAK, CLIP_DB);
	click(s, crunch.x, crunch.y); /* a model that halves */
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db);
	while (!has_text(s, "on"))
		turn();
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, input, 0, 0, 3});
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db + 3);
	drag(s, output, (struct mos_point){output.x, output.y + 16}); /* a quarter of a dB a point */
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db + 3 - 4);
	while (!has_text(s, "+3.0") || !has_text(s, "-4.0"))
		turn();
	click(s, bypass.x, bypass.y);
	wait_level(c, CLIP_PEAK, CLIP_DB);
	while (!amp_is(c, "off") || !has_text(s, "bypassed"))
		turn();
	press(c, "nam-amp", "b");
	wait_level(c, CLIP_PEAK, CLIP_DB + half_db + 3 - 4);
	while (!has_text(s, "on"))
		turn();
	click(s, whole.x, whole.y); /* the knobs stay */
	wait_level(c, CLIP_PEAK, CLIP_DB + 3 - 4);
	right_click(s, output);
	wait_level(c, CLIP_PEAK, CLIP_DB + 3);
	while (!has_text(s, "on"))
		turn();
	click(s, none.x, none.y);
	while (!amp_is(c, NULL))
		turn();
	wait_level(c, CLIP_PEAK, CLIP_DB);
	cr_expect_eq(stage_number(c, "nam-amp", "restarts"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "nam-amp"), 0);
	end_clip(c);
	close_stage(c);
}

/* Widgets that show what chord:detected tells. */
static const char *const chordal[] = {"circle-of-fifths", "fretboard", "chord-strip", "braid", "olympus-hud"};
#define N_CHORDAL (sizeof(chordal) / sizeof(chordal[0]))

struct answered {
	double ms;  /* from the event to the picture */
	int frames; /* of the stage, that began meanwhile: the last one took it */
};

static int by_ms(const void *a, const void *b)
{
	const struct answered *x = a, *y = b;

	return (x->ms > y->ms) - (x->ms < y->ms);
}

Test(system_pictures, chord_to_picture, .timeout = 180,
	.description = "TIM-14 TIM-13: from a chord that waits for its 16 ms frame of the bus to changed "
		       "surfaces: within "
		       "33 ms and two frames of the theater")
{
	static const struct {
		const char *symbol;
		uint8_t root;
	} chords[] = {{"C", 0}, {"F#m", 6}};
	static struct answered answered[1000];
	struct mos_client *c = open_stage();
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .tick = INT64_MIN};
	struct surface *s[N_CHORDAL];
	size_t n = 0, n_late = 0;

	for (size_t i = 0; i < N_CHORDAL; i++)
		s[i] = start(c, chordal[i]);
	for (int k = 0; k < 60; k++) {
		const int64_t emitted = now_ns();
		int64_t frame_ns = emitted;
		size_t left = N_CHORDAL;
		bool has[N_CHORDAL] = {false};

		ev.time_ns = (uint64_t)emitted;
		ev.u.chord = (struct mos_ev_chord){.pitch_classes = 1,
			.root = chords[k % 2].root,
			.bass = chords[k % 2].root,
			.key_tonic = MOS_KEY_NONE,
			.confidence = 255};
		strcpy(ev.u.chord.symbol, chords[k % 2].symbol);
		cr_assert_eq(mos_emit(c, &ev), 0);
		/* Frames of the theater's length; who has nothing to show for this chord answers nothing. */
		for (int frame = 1; frame <= 6 && left; frame++) {
			frame_ns += 16666667;
			while (now_ns() < frame_ns)
				cr_assert_geq(sd_event_run(service.event,
						      (uint64_t)(frame_ns - now_ns()) / 1000 + 1),
					0);
			for (size_t i = 0; i < N_CHORDAL; i++) {
				surface_place(s[i], WIDTH, HEIGHT, 1, frame_ns + 16666667);
				if (!surface_poll(s[i]) || surface_answer(s[i])->event_ns != emitted ||
					has[i])
					continue;
				has[i] = true;
				left--;
				answered[n++] = (struct answered){
					(double)(surface_answer(s[i])->commit_ns - emitted) / 1e6, frame};
			}
		}
	}
	cr_assert_geq(n, 100, "%zu pictures", n);
	qsort(answered, n, sizeof(*answered), by_ms);
	for (size_t i = 0; i < n; i++)
		n_late += answered[i].frames > 2;
	cr_log_info("%zu pictures: median %.1f ms, p99 %.1f ms, %zu later than two frames", n,
		answered[n / 2].ms, answered[n * 99 / 100].ms, n_late);
	/* A machine that does other things, too, misses some. */
	cr_expect_lt(answered[n / 2].ms, 33, "%.1f ms", answered[n / 2].ms);
	cr_expect_leq(n_late, n / 4, "%zu of %zu", n_late, n);
	for (size_t i = 0; i < N_CHORDAL; i++)
		cr_assert_eq(stage_call(c, "broker.widget.stop", chordal[i]), 0);
	close_stage(c);
}

static float apart(float x0, float y0, struct mos_point p)
{
	return hypotf(x0 - p.x, y0 - p.y);
}

/* Is the upright edge in the room's far left corner drawn where the formula says? */
static int has_corner(const struct surface *s, struct room_camera camera)
{
	const float x = -ROOM_W / 2, z = -ROOM_D / 2;
	const struct mos_point foot = room_project(camera, WIDTH, HEIGHT, (struct room_point){x, 0, z}),
			       top = room_project(camera, WIDTH, HEIGHT, (struct room_point){x, ROOM_H, z});
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct mos_shape *l = &shape[i];

		if (l->kind == MOS_SHAPE_LINE &&
			((apart(l->x, l->y, foot) < 0.2f && apart(l->w, l->h, top) < 0.2f) ||
				(apart(l->x, l->y, top) < 0.2f && apart(l->w, l->h, foot) < 0.2f)))
			return 1;
	}
	return 0;
}

Test(system_pictures, room, .timeout = 120,
	.description = "WGT-26: keys, the pointer and time turn the camera, and the picture is the one that "
		       "is computed")
{
	struct mos_client *c = open_stage();
	struct surface *s = start(c, "room-cube");
	uint64_t pictures;
	struct room room;

	room_init(&room, 0);
	while (!has_corner(s, room.camera))
		turn();
	press(c, "room-cube", "right");
	room_turn(&room, (float)M_PI / 12, 0);
	while (!has_corner(s, room.camera))
		turn();
	drag(s, (struct mos_point){400, 100}, (struct mos_point){380, 110}); /* 8 mrad a point */
	room_turn(&room, 20 * 0.008f, 10 * 0.008f);
	while (!has_corner(s, room.camera))
		turn();
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, {400, 100}, 0, 0, 1});
	room_zoom(&room, 1 / 1.1f);
	while (!has_corner(s, room.camera))
		turn();
	pictures = surface_figures(s).pictures;
	for (int i = 0; i < 30; i++)
		turn();
	cr_expect_leq(surface_figures(s).pictures, pictures + 1, "it stands: nothing is drawn");
	stage_set(c, "room-cube", mos_real("turn_s", 20));
	while (has_corner(s, room.camera) || surface_figures(s).pictures < pictures + 30)
		turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "room-cube"), 0);
	close_stage(c);
}

/* A C major chord as somebody has fingered it, who does not play it as we would propose. */
static const char fingered[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,\"metadata\":{\"title\":\"C\",\"composer\":"
	"\"\",\"key\":\"C major\",\"tempo\":120,\"timeSignature\":[4,4]},\"timeline\":{"
	"\"tempo\":[{\"tick\":0,\"nsPerQuarter\":500000000}],\"meter\":[{\"tick\":0,\"num\":4,\"den\":4}],"
	"\"key\":[{\"tick\":0,\"key\":\"C major\"}]},\"measures\":[{\"tick\":0,\"durationTicks\":"
	"3840}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"tuning\":[64,59,55,50,45,40],\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":3840,\"pitch\":60},"
	"{\"id\":\"n2\",\"tick\":0,\"durationTicks\":3840,\"pitch\":52},"
	"{\"id\":\"n3\",\"tick\":0,\"durationTicks\":3840,\"pitch\":48}]}],\"layers\":["
	"{\"type\":\"tablature\",\"elements\":[{\"id\":\"t1\",\"noteId\":\"n1\",\"string\":2,\"fret\":1},"
	"{\"id\":\"t2\",\"noteId\":\"n2\",\"string\":4,\"fret\":2},"
	"{\"id\":\"t3\",\"noteId\":\"n3\",\"string\":5,\"fret\":3}]},"
	"{\"type\":\"fingering\",\"elements\":[{\"id\":\"g1\",\"noteId\":\"n1\",\"hand\":\"left\",\"finger\":"
	"\"2\"},"
	"{\"id\":\"g2\",\"noteId\":\"n2\",\"hand\":\"left\",\"finger\":\"3\"},"
	"{\"id\":\"g3\",\"noteId\":\"n3\",\"hand\":\"left\",\"finger\":\"4\"},"
	"{\"id\":\"g4\",\"noteId\":\"n1\",\"hand\":\"right\",\"finger\":\"a\"},"
	"{\"id\":\"g5\",\"noteId\":\"n2\",\"hand\":\"right\",\"finger\":\"i\"},"
	"{\"id\":\"g6\",\"noteId\":\"n3\",\"hand\":\"right\",\"finger\":\"p\"}]}]}";

/* Is the finger's name drawn where it presses? */
static int has_finger(
	const struct surface *s, const struct hands_scene *scene, char name, unsigned string, unsigned fret)
{
	const struct mos_point to =
		hands_project(scene, WIDTH, HEIGHT, hands_on_fret(&scene->neck, string, fret), NULL);
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		if (shape[i].kind == MOS_SHAPE_TEXT && shape[i].glyph == 1 &&
			*(const char *)shape[i].p == name && apart(shape[i].x, shape[i].y, to) < 4)
			return 1;
	return 0;
}

static int has_chord(const struct surface *s, const struct hands_scene *scene)
{
	return has_finger(s, scene, '2', 2, 1) && has_finger(s, scene, '3', 4, 2) &&
	       has_finger(s, scene, '4', 5, 3) && count(s, MOS_TOKEN_ACCENT) == 3 &&
	       count(s, MOS_TOKEN_ACCENT_2) == 3;
}

Test(system_pictures, hands, .timeout = 120,
	.description =
		"WGT-25 HRM-08: the chord of the score is held with its fingers, on a shorter neck and in a "
		"mirror too; what is played live is held as well")
{
	char path[] = "/tmp/mos-hands-XXXXXX.json";
	struct hands_scene scene = {.neck = mos_fret_guitar, .camera = hands_camera(HANDS_FRONT)};
	struct mos_client *c = open_stage();
	struct mos_event ev = {
		.type = MOS_EVENT_MIDI_NOTEON, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	struct surface *s = start(c, "hands");
	const int fd = mkstemps(path, 5);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, fingered, sizeof(fingered) - 1), (ssize_t)sizeof(fingered) - 1);
	close(fd);
	cr_assert_eq(mos_score_load(c, path, NULL), 0, "%s", mos_client_error(c)->message);
	(void)unlink(path);
	while (!has_chord(s, &scene))
		turn();
	scene.neck.scale_mm = 560;
	stage_set(c, "hands", mos_real("scale_mm", 560));
	while (!has_chord(s, &scene))
		turn();
	scene.is_left_handed = 1;
	stage_set(c, "hands", mos_bool("left_handed", 1));
	while (!has_chord(s, &scene))
		turn();
	/* F sharp on the lowest string is at its second fret, whatever the score has */
	ev.u.note = (struct mos_ev_note){.key = 42, .velocity = 60000, .part = 0xffff};
	cr_assert_eq(mos_emit(c, &ev), 0);
	while (count(s, MOS_TOKEN_ACCENT) != 1 ||
		!(has_finger(s, &scene, '1', 6, 2) || has_finger(s, &scene, '2', 6, 2)))
		turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "hands"), 0);
	close_stage(c);
}
