/* SPDX-License-Identifier: MIT */
/* The widget's life, its clock, what is shown. */
#include "app.h"
#include "draw.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FAST_MS 4
#define SLOW_MS 40
#define LEAD_IN_NS INT64_C(50000000) /* from play to the first beat: time for it to be on the way */

double app_bpm(const struct app *app)
{
	return app->config.linked ? 60e9 / (double)app->now.npq : app->config.bpm;
}

int app_playing(const struct app *app)
{
	return app->config.linked ? app->now.rolling != 0 : app->free.playing;
}

void app_say(struct app *app, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(app->message, sizeof(app->message), fmt, args);
	va_end(args);
	app->dirty = 1;
}

static void show(struct app *app)
{
	const struct metro_view_state view = {.config = &app->config,
		.num = app->now.num,
		.den = app->now.den,
		.step = app->step,
		.playing = app_playing(app),
		.bpm = app_bpm(app),
		.message = app->message,
		.help = app->help};
	const struct telemetry_live live = telemetry_live(&app->telemetry);
	char text[VIEW_TEXT_SIZE], pattern[MOS_RHYTHM_STEPS_MAX + 1];
	const struct mos_preset *p = mos_preset(app->config.now.preset_id);

	(void)metro_view(&view, text);
	(void)mos_rhythm_format(&app->config.now.rhythm, pattern, sizeof(pattern));
	(void)mos_widget_show(app->widget, text,
		MOS_ARGS(mos_bool("playing", view.playing),
			mos_str("mode", app->config.linked ? "linked" : "free"), mos_real("bpm", view.bpm),
			mos_int("meter_num", view.num), mos_int("meter_den", view.den),
			mos_str("pattern", pattern), mos_str("preset", p ? p->key : "none"),
			mos_int("step", app->step), mos_int("rotation", app->config.rotation),
			mos_int("poly_a", app->config.now.poly[0]),
			mos_int("poly_b", app->config.now.poly[1]), mos_real("jitter_ms", live.jitter_ms),
			mos_str("lesson", lesson_stage_name(app->lesson.stage)),
			mos_str("message", app->message)));
	app->dirty = 0;
	mos_widget_redraw(app->widget);
}

static void tick(struct mos_widget *widget, void *data)
{
	(void)widget;
	app_look(data);
}

static void set_pace(struct app *app)
{
	const int fast = app_playing(app) || app->spot.of || app->n_pending || app->practice.n_pending;
	struct mos_timer *timer;

	if (app->timer && fast == app->fast)
		return;
	if (mos_widget_timer(
		    app->widget, fast ? FAST_MS : SLOW_MS, fast ? FAST_MS : SLOW_MS, tick, app, &timer) < 0)
		return; /* the one there is goes on */
	if (app->timer)
		mos_timer_end(app->timer);
	app->timer = timer;
	app->fast = fast;
}

static void flush(struct app *app)
{
	app->n_pending = 0;
	app->step = -1;
	app->dirty = 1;
	mos_practice_forget(&app->practice);
	cue_forget(app);
	telemetry_break(&app->telemetry);
}

/* Where we are by the clock that is followed. @return 0, -1: that clock cannot be read. */
static int look_at_clock(struct app *app, int64_t time_ns)
{
	struct mos_clock clock;
	const struct mos_clock_page *page = mos_client_clock(app->client);

	if (!app->config.linked) {
		app->now = metro_free_now(&app->free, app->config.now.num, app->config.now.den,
			(uint32_t)app->config.loop_bars, time_ns);
		return 0;
	}
	if (!page || mos_clock_read(page, &clock) < 0)
		return -1;
	app->now = metro_now_of(&clock, time_ns);
	return 0;
}

static void tell_due(struct app *app, int64_t now_ns)
{
	const int64_t lead_ns = (int64_t)app->config.lead_ms * 1000000;
	uint32_t n = 0;

	while (n < app->n_pending && app->pending[n].time_ns - lead_ns <= now_ns) {
		tell_mark(app, &app->pending[n]);
		coach_mark(app, &app->pending[n]);
		n++;
	}
	app->n_pending -= n;
	memmove(&app->pending[0], &app->pending[n], app->n_pending * sizeof(app->pending[0]));
}

void app_look(struct app *app)
{
	const int64_t now_ns = app_time_ns();
	const int played = app_playing(app);
	const struct metro_now was = app->now;

	if (look_at_clock(app, now_ns) < 0)
		return;
	/* Steps tell of themselves: while it stands, or is counted in, there are none. */
	if (app->now.npq != was.npq || app->now.num != was.num || app->now.den != was.den)
		app->dirty = 1;
	metro_schedule(&app->schedule, &app->sounding, &app->now, app->config.linked, &app->batch);
	if (app->batch.jumped)
		flush(app);
	for (uint32_t i = 0; i < app->batch.n_hits; i++)
		tell_hit(app, &app->batch.hit[i]);
	for (uint32_t i = 0; i < app->batch.n_marks && app->n_pending < METRO_HITS_MAX; i++) {
		const struct metro_due_mark *m = &app->batch.mark[i];

		app->pending[app->n_pending++] = *m;
		if (m->mark.what & MARK_ONSET)
			cue_accent(app, m);
		if (m->mark.what & MARK_ONSET && app->config.practice)
			(void)mos_practice_expect(&app->practice, m->time_ns, m->mark.step);
	}
	cue_look(app, now_ns);
	spot_look(app, now_ns);
	tell_due(app, now_ns);
	mic_look(app, now_ns);
	coach_pass(app, now_ns);
	if (app->unsaved && now_ns >= app->save_at_ns)
		(void)keep_save(app);
	if (played != app_playing(app))
		app->dirty = 1;
	if (app->dirty)
		show(app);
	set_pace(app);
}

static void done(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	(void)client;
	(void)reply;
	if (rc < 0)
		app_say(data, "%s", error ? error->message : strerror(-rc));
}

static int ask(struct app *app, const char *method, const struct mos_field *args, size_t n_args)
{
	return mos_call_async(app->client,
		&(struct mos_request){.method = method, .args = args, .n_args = n_args}, done, app);
}

int app_play(struct app *app, int play)
{
	if (app->config.linked)
		return ask(app, play ? "kronos.transport.play" : "kronos.transport.pause", MOS_NO_ARGS);
	if (play && !app->free.playing) {
		spot_stop(app);
		memset(&app->schedule, 0, sizeof(app->schedule));
		metro_free_play(&app->free, app_time_ns() + LEAD_IN_NS);
	} else if (!play) {
		metro_free_pause(&app->free);
	}
	app->dirty = 1;
	app_look(app);
	return 0;
}

void app_set_bpm(struct app *app, double bpm)
{
	struct metro_fault fault;

	if (app->config.linked)
		(void)ask(app, "kronos.tempo.set", MOS_ARGS(mos_real("bpm", bpm)));
	else if (metro_config_change(&app->config, MOS_ARGS(mos_real("bpm", bpm)), &fault) == 0)
		app_changed(app);
}

void app_changed(struct app *app)
{
	static const int64_t right_ns = 25000000, window_ns = 120000000;
	const int32_t was_linked = app->sounding.linked;
	const struct mos_rhythm was = app->sounding.now.rhythm;

	coach_arrange(app);
	if (was_linked != app->config.linked) {
		metro_free_pause(&app->free);
		memset(&app->schedule, 0, sizeof(app->schedule));
		flush(app);
	}
	metro_free_tempo(&app->free, app->config.bpm, app_time_ns());
	if (!mos_rhythm_equal(&was, &app->sounding.now.rhythm))
		tell_pattern(app);
	if (memcmp(&app->told_envelope, &app->config.envelope, sizeof(app->told_envelope)) != 0)
		tell_envelope(app, &app->config.envelope);
	app->practice.right_ns = right_ns;
	app->practice.window_ns = window_ns;
	app->telemetry.threshold_ns = (int64_t)(app->config.threshold_ms * 1e6);
	app->unsaved = app->dirty = 1;
}

static void on_transport(const struct mos_event *event, void *data)
{
	struct app *app = data;

	if (!app->config.linked)
		return;
	if (event->type == MOS_EVENT_TRANSPORT_PLAY)
		spot_stop(app);
	metro_schedule_start(&app->schedule, event->u.transport.to_tick);
	app_look(app);
}

static void on_note(const struct mos_event *event, void *data)
{
	coach_note(data, event);
	cue_note(data, event);
}

static void on_note_end(const struct mos_event *event, void *data)
{
	cue_note(data, event);
}

/* Another rtcore knows nothing of what was told to the one before. */
static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	struct app *app = data;

	(void)client;
	if (what != MOS_CONNECTION_NEW)
		return;
	app->cue.program = 0;
	mic_forget(app);
	tell_envelope(app, &app->config.envelope);
}

static int activate(struct mos_widget *widget, void *data)
{
	static const uint32_t starts[] = {MOS_EVENT_TRANSPORT_PLAY, MOS_EVENT_TRANSPORT_SEEK};
	const struct mos_widget_context *context = mos_widget_context(widget);
	struct app *app = data;
	struct metro_fault fault;
	int r;

	app->widget = widget;
	app->client = mos_widget_client(widget);
	app->step = -1;
	app->now = (struct metro_now){.num = 4, .den = 4, .npq = 500000000};
	metro_config_init(&app->settings);
	if (metro_config_load(&app->settings, &context->settings, &fault) < 0)
		mos_widget_log(widget, "setting %s: %s, defaults are used", fault.where, fault.why);
	app->config = app->settings;
	telemetry_init(&app->telemetry, app->config.threshold_ms);
	keep_load(app, &context->state);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		r = mos_events_on(app->client, starts[i], on_transport, app, NULL);
		if (r < 0)
			return r;
	}
	r = mos_events_on(app->client, MOS_EVENT_MIDI_NOTEON, on_note, app, NULL);
	if (r < 0)
		return r;
	r = mos_events_on(app->client, MOS_EVENT_MIDI_NOTEOFF, on_note_end, app, NULL);
	if (r < 0)
		return r;
	mos_client_on_connection(app->client, on_connection, app);
	app->told_envelope = (struct metro_envelope){.sustain = 1};
	app_changed(app);
	app->unsaved = 0;
	set_pace(app);
	app_look(app);
	return app->timer ? 0 : -ENOMEM;
}

static void deactivate(struct mos_widget *widget, void *data)
{
	static const struct metro_envelope none = {.sustain = 1};
	struct app *app = data;

	(void)widget;
	if (memcmp(&app->told_envelope, &none, sizeof(none)) != 0)
		tell_envelope(app, &none);
	if (app->unsaved)
		(void)keep_save(app);
}

static int settings(struct mos_widget *widget, void *data)
{
	struct app *app = data;
	struct mos_field before[METRO_CONFIG_FIELDS];
	const struct mos_value old =
		mos_value_map(before, (uint32_t)metro_config_fields(&app->settings, before));
	const struct mos_value *map = &mos_widget_context(widget)->settings;
	struct metro_fault fault;

	if (metro_config_update(&app->config, &old, map, &fault) < 0)
		app_say(app, "%s: %s", fault.where, fault.why);
	if (metro_config_load(&app->settings, map, &fault) < 0)
		mos_widget_log(widget, "setting %s: %s", fault.where, fault.why);
	app_changed(app);
	app_look(app);
	return 0;
}

static void key(struct mos_widget *widget, const char *name, void *data)
{
	(void)widget;
	key_pressed(data, name);
	app_look(data);
}

static int call(struct mos_widget *widget, const char *name, const struct mos_value *params, void *data)
{
	const int r = method_call(data, name, params);

	(void)widget;
	app_look(data);
	return r;
}

/* The step that sounds when the picture is seen, the visual lead earlier: it may not be told yet. */
static void find_step(const struct app *app, int64_t time_ns, struct metro_picture *picture)
{
	const int64_t lead_ns = (int64_t)app->config.lead_ms * 1000000;

	picture->step = app->step;
	picture->since_ns = (double)(time_ns + lead_ns - app->step_ns);
	for (uint32_t i = 0; i < app->n_pending; i++) {
		const struct metro_due_mark *due = &app->pending[i];

		if (!(due->mark.what & MARK_STEP) || due->time_ns - lead_ns > time_ns)
			continue;
		picture->step = due->mark.step;
		picture->since_ns = (double)(time_ns + lead_ns - due->time_ns);
	}
}

static void draw(struct mos_widget *widget, struct mos_draw *d, void *data)
{
	struct app *app = data;
	struct metro_picture picture = {.config = &app->sounding,
		.num = app->now.num,
		.den = app->now.den,
		.playing = app_playing(app),
		.bpm = app_bpm(app),
		.message = app->message};

	(void)widget;
	app->width = mos_draw_width(d);
	app->height = mos_draw_height(d);
	find_step(app, mos_draw_time_ns(d), &picture);
	metro_draw(d, &picture);
	if (picture.playing)
		mos_draw_again(d);
}

/* A click on a step makes a rest of an onset, and back (TOU-25). */
static void pointer(struct mos_widget *widget, const struct mos_pointer *at, void *data)
{
	struct app *app = data;
	struct mos_rhythm rhythm = app->config.now.rhythm;
	char pattern[MOS_RHYTHM_STEPS_MAX + 1];
	struct metro_fault fault;
	int32_t step;

	(void)widget;
	if (at->kind == MOS_POINTER_WHEEL && at->wheel != 0)
		app_set_bpm(app, app_bpm(app) + (at->wheel > 0 ? 1 : -1));
	if (at->kind != MOS_POINTER_DOWN || at->button != 1)
		return;
	step = metro_draw_step_at(&app->config, app->width, app->height, at->at);
	if (step < 0)
		return;
	mos_rhythm_put(&rhythm, (uint32_t)step, !mos_rhythm_has(&rhythm, (uint32_t)step));
	(void)mos_rhythm_format(&rhythm, pattern, sizeof(pattern));
	if (metro_config_change(&app->config, MOS_ARGS(mos_str("pattern", pattern)), &fault) == 0)
		app_changed(app);
	else
		app_say(app, "%s: %s", fault.where, fault.why);
	app_look(app);
}

const struct mos_widget_ops app_ops = {.activate = activate,
	.deactivate = deactivate,
	.settings = settings,
	.key = key,
	.call = call,
	.draw = draw,
	.pointer = pointer};
