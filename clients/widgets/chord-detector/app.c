/* SPDX-License-Identifier: MIT */
#include "app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mos/clock.h>
#include <mos/ingress.h>

#define TICK_MS 8
#define DRUMS 9
#define MAX_HOPS 12 /* a tick; a program that was stopped for long skips what it missed */

/* --- Telling --- */

static void tell_numeral(struct app *a, const struct detection *d)
{
	struct mos_event ev = {.type = MOS_EVENT_BRAID_HIGHLIGHT, .tick = INT64_MIN};
	struct mos_ev_braid *b = &ev.u.braid;

	detection_numeral(&d->chord, d->has_tonality ? &d->tonality : NULL, b->roman, sizeof(b->roman));
	if (!b->roman[0])
		return;
	(void)detection_symbol(&d->chord, b->symbol, sizeof(b->symbol));
	b->key_tonic = (uint8_t)mos_tone_class(d->tonality.tonic);
	b->key_minor = d->tonality.minor;
	b->confidence = (uint8_t)(255 * d->confidence);
	(void)mos_emit(a->client, &ev);
}

static void tell(struct app *a, const struct detection *d)
{
	struct mos_event ev = {
		.type = MOS_EVENT_CHORD_DETECTED,
		.tick = INT64_MIN,
		.time_ns = (uint64_t)app_time_ns(),
		.flags = MOS_EVENT_IMMEDIATE,
		.u.chord = detection_event(d),
	};

	/* where another program's chord decided, this is an answer to it: so that no circle turns for ever */
	if (d->is_told && a->has_cause)
		(void)mos_emit_answer(a->client, &ev, &a->cause);
	else
		(void)mos_emit(a->client, &ev);
	tell_numeral(a, d);
	a->last = *d;
	app_show(a);
}

static void tell_queued(struct app *a)
{
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .tick = INT64_MIN};

	for (int i = 0; i < EXTERNAL_PER_FRAME * TICK_MS / 16 && external_take(&a->queue, &ev.u.chord); i++)
		(void)mos_emit(a->client, &ev);
}

/* `cause`: the key that this is about; NULL: time has passed. */
static void tell_expected(struct app *a, const struct expected_told *told, const struct mos_event *cause)
{
	struct mos_event ev = {
		.tick = INT64_MIN,
		.time_ns = (uint64_t)app_time_ns(),
		.flags = MOS_EVENT_IMMEDIATE,
	};

	for (int i = 0; i < 2; i++) {
		if (!(i == 0 ? told->has_highlight : told->has_feedback))
			continue;
		ev.u = (typeof(ev.u)){0};
		if (i == 0) {
			ev.type = MOS_EVENT_ROCKY_HIGHLIGHT;
			ev.u.highlight = told->highlight;
		} else {
			ev.type = MOS_EVENT_ROCKY_FEEDBACK;
			ev.u.feedback = told->feedback;
		}
		if (cause)
			(void)mos_emit_answer(a->client, &ev, cause);
		else
			(void)mos_emit(a->client, &ev);
	}
}

/* --- Hearing --- */

static void stop_hearing(struct app *a)
{
	hearing_destroy(a->hearing);
	free(a->block);
	a->hearing = NULL;
	a->block = NULL;
	a->n_block = 0;
	a->is_hearing = 0;
}

static void start_hearing(struct app *a)
{
	stop_hearing(a);
	if (a->audio == APP_AUDIO_OFF)
		return;
	if (mos_client_audio(a->client, &a->reader) < 0) {
		mos_widget_log(a->widget, "no sound: %s", mos_client_error(a->client)->message);
		return;
	}
	a->hearing = hearing_create(a->reader.rate_hz);
	a->block = a->hearing ? calloc(hearing_hop(a->hearing), sizeof(*a->block)) : NULL;
	if (!a->block) {
		mos_widget_log(a->widget, "no sound: %u Hz, or no memory", a->reader.rate_hz);
		stop_hearing(a);
		return;
	}
	a->is_hearing = 1;
}

/* Both channels of the same frames, mixed. @return frames read. */
static int read_mono(struct app *a, float *to, unsigned int n)
{
	const int is_input = a->audio == APP_AUDIO_IN;
	const uint64_t frame = a->reader.next_frame;
	float right[1024];
	const unsigned int max = n < 1024 ? n : 1024;
	const int n_left = mos_audio_read(&a->reader, is_input ? MOS_TAP_IN_L : MOS_TAP_OUT_L, to, max);

	if (n_left <= 0)
		return n_left;
	a->reader.next_frame = frame;

	const int n_right = mos_audio_read(
		&a->reader, is_input ? MOS_TAP_IN_R : MOS_TAP_OUT_R, right, (unsigned int)n_left);

	if (n_right < n_left)
		return n_right; /* lapped between the two: the next call goes on with what is whole */
	for (int i = 0; i < n_left; i++)
		to[i] = (to[i] + right[i]) / 2;
	return n_left;
}

static void listen(struct app *a, int64_t now_ns)
{
	const unsigned int hop = hearing_hop(a->hearing);

	for (int hops = 0; hops < MAX_HOPS;) {
		const int n = read_mono(a, a->block + a->n_block, hop - a->n_block);
		struct mos_chroma chroma;

		if (n <= 0) /* nothing new, or lapped: a gap in the sound, no more */
			return;
		a->n_block += (unsigned int)n;
		if (a->n_block < hop)
			continue;
		a->n_block = 0;
		hearing_step(a->hearing, a->block, &chroma);
		detector_hear(&a->detector, &chroma, HEARING_HOP_S, now_ns);
		hops++;
	}
}

/* --- Time --- */

static int same_key(const struct mos_tonality *a, const struct mos_tonality *b)
{
	return a->tonic.step == b->tonic.step && a->tonic.alter == b->tonic.alter && a->minor == b->minor;
}

static void tick(struct mos_widget *widget, void *data)
{
	struct app *a = data;
	const int64_t now_ns = app_time_ns();
	struct detection d;
	struct mos_tonality key;
	struct expected_told told;
	int has_key;

	if (a->is_hearing)
		listen(a, now_ns);
	if (detector_tick(&a->detector, now_ns, &d))
		tell(a, &d);
	tell_queued(a);
	has_key = detector_tonality(&a->detector, &key);
	if (expected_tick(&a->expected, now_ns, has_key ? &key : NULL, &told))
		tell_expected(a, &told, NULL);
	if (has_key && !(a->has_shown_key && same_key(&key, &a->shown_key))) {
		a->shown_key = key;
		a->has_shown_key = 1;
		app_show(a);
	}
}

/* --- Listening to the bus --- */

/* What the player does against what the score expects (MID-04). */
static void practise(struct app *a, const struct mos_event *ev, int64_t now_ns)
{
	struct expected_told told;
	struct mos_tonality key;
	const int has_key = detector_tonality(&a->detector, &key);

	if (ev->source == MOS_SOURCE_SCORE) {
		expected_score(&a->expected, ev, now_ns);
		return;
	}
	if (ev->source != MOS_SOURCE_MIDI_IN && ev->source >= MOS_CLIENTS_MAX)
		return;
	if (expected_played(&a->expected, ev->type == MOS_EVENT_MIDI_NOTEON, ev->u.note.key, now_ns,
		    has_key ? &key : NULL, &told))
		tell_expected(a, &told, ev);
}

static void on_note(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	const struct mos_ev_note *n = &ev->u.note;
	const int64_t now_ns = app_time_ns();
	const int is_score = ev->source == MOS_SOURCE_SCORE;

	if (n->channel == DRUMS)
		return;
	practise(a, ev, now_ns);
	detector_note(&a->detector, is_score ? MOS_ORIGIN_SCORE : MOS_ORIGIN_MIDI,
		ev->type == MOS_EVENT_MIDI_NOTEON, n->key,
		is_score && ev->flags & MOS_EVENT_SCHEDULED ? (int64_t)ev->time_ns : now_ns, now_ns);
}

static void on_snapshot(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	detector_snapshot(&a->detector, &ev->u.snapshot, app_time_ns());
	expected_only(&a->expected, ev->u.snapshot.keys);
}

static void on_key(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	detector_key(&a->detector, ev->u.key.fifths, ev->u.key.minor);
}

/* What was announced is void after these. */
static void on_transport(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	detector_score_stopped(&a->detector, app_time_ns());
	if (ev->type == MOS_EVENT_SCORE_LOADED)
		detector_score_loaded(&a->detector);
}

static void on_state(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	expected_transport(&a->expected, ev->u.transport.state == MOS_TRANSPORT_PLAYING);
}

static void on_seek(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	expected_seek(&a->expected, ev);
	on_transport(ev, data);
}

/* Another program's ear; not our own word, nor what was voted on elsewhere, nor an analysis. */
static void on_chord(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	const struct mos_ev_chord *c = &ev->u.chord;
	struct mos_chord chord;

	if (ev->source == mos_client_info(a->client).slot || c->fusion || c->source != MOS_CHORD_REALTIME)
		return;
	if (mos_chord_parse(c->symbol[0] ? c->symbol : "N.C.", SIZE_MAX, &chord, NULL) < 0)
		return;
	a->cause = *ev;
	a->has_cause = 1;
	detector_told(&a->detector, (enum mos_chord_origin)c->origin, &chord, (float)c->confidence / 255,
		app_time_ns());
}

/* --- The widget --- */

/* A model that cannot be used leaves the built-in stage alone. */
static void load_model(struct app *a, const char *name)
{
	const char *dir = mos_widget_dir(a->widget);
	struct chord_model_fault fault;
	int err;

	a->detector.model.n_hidden = 0;
	if (!name[0])
		return;
	err = dir ? chord_model_load(dir, name, &a->detector.model, &fault) : -EACCES;
	if (err == -EINVAL)
		mos_widget_log(a->widget, "model \"%s\", byte %zu: %s. The built-in stage works alone", name, fault.at,
			fault.why);
	else if (err < 0)
		mos_widget_log(
			a->widget, "model \"%s\": %s. The built-in stage works alone", name, strerror(-err));
}

static int on_settings(struct mos_widget *widget, void *data)
{
	struct app *a = data;
	const struct mos_value *s = &mos_widget_context(widget)->settings;
	const char *audio = mos_get_str(s, "audio", "input"), *key = mos_get_str(s, "key", "auto");
	const enum app_audio before = a->audio;
	struct detector_config config = {0};

	a->audio = strcmp(audio, "input") == 0    ? APP_AUDIO_IN
		   : strcmp(audio, "output") == 0 ? APP_AUDIO_OUT
						  : APP_AUDIO_OFF;
	if (mos_get_bool(s, "midi", 1))
		config.ears |= 1u << MOS_ORIGIN_MIDI;
	if (mos_get_bool(s, "score", 1))
		config.ears |= 1u << MOS_ORIGIN_SCORE;
	if (a->audio != APP_AUDIO_OFF)
		config.ears |= 1u << MOS_ORIGIN_AUDIO;
	if (strcmp(key, "auto") != 0) {
		config.has_key = mos_tonality_parse(key, SIZE_MAX, &config.key) == 0;
		if (!config.has_key)
			mos_widget_log(widget,
				"\"%s\" is no key, such as \"Eb\" or \"F# minor\": found by ear", key);
	}
	detector_configure(&a->detector, &config);
	load_model(a, mos_get_str(s, "model", ""));
	expected_configure(&a->expected, mos_get_bool(s, "practice", 0),
		(int)mos_get_int(s, "practicePart", EXPECTED_ALL_PARTS));
	if (a->audio != before)
		start_hearing(a);
	return 0;
}

static void on_connection(struct mos_client *client, enum mos_connection connection, void *data)
{
	if (connection == MOS_CONNECTION_NEW) /* another rtcore: another tap */
		start_hearing(data);
}

static int activate(struct mos_widget *widget, void *data)
{
	static const struct {
		uint32_t type;
		mos_event_handler handler;
	} wanted[] = {
		{MOS_EVENT_MIDI_NOTEON, on_note},
		{MOS_EVENT_MIDI_NOTEOFF, on_note},
		{MOS_EVENT_MIDI_SNAPSHOT, on_snapshot},
		{MOS_EVENT_KEY_CHANGE, on_key},
		{MOS_EVENT_CHORD_DETECTED, on_chord},
		{MOS_EVENT_TRANSPORT_PAUSE, on_transport},
		{MOS_EVENT_TRANSPORT_STOP, on_transport},
		{MOS_EVENT_TRANSPORT_SEEK, on_seek},
		{MOS_EVENT_TRANSPORT_STATE, on_state},
		{MOS_EVENT_SCORE_LOADED, on_transport},
	};
	struct app *a = data;
	int rc;

	a->widget = widget;
	a->client = mos_widget_client(widget);
	detector_init(&a->detector);
	expected_init(&a->expected);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		rc = mos_events_on(a->client, wanted[i].type, wanted[i].handler, a, NULL);
		if (rc < 0)
			return rc;
	}
	mos_client_on_connection(a->client, on_connection, a);
	rc = on_settings(widget, a);
	if (rc < 0)
		return rc;
	app_show(a);
	return mos_widget_timer(widget, TICK_MS, TICK_MS, tick, a, NULL);
}

static void deactivate(struct mos_widget *widget, void *data)
{
	stop_hearing(data);
}

/* detection.emit: README.md beside this file. */
static int emit(struct app *a, const struct mos_value *params)
{
	struct external_request r;
	struct external_fault fault;
	struct mos_tonality tonality;
	const int has_key = detector_tonality(&a->detector, &tonality);
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .tick = INT64_MIN};
	struct mos_chord chord;

	if (external_parse(params, &r, &fault) < 0)
		return mos_widget_refuse(a->widget, fault.code, "%s", fault.text);
	if (r.source == MOS_CHORD_BULK) {
		if (!external_has_room(&a->queue, r.n_chords))
			return mos_widget_refuse(a->widget, "detection.queue.full",
				"%u chords wait; there is room for %d", a->queue.n, EXTERNAL_QUEUE);
		for (uint32_t i = 0; i < r.n_chords; i++) {
			ev.u.chord = external_chord(params, &r, i, has_key ? &tonality : NULL, &chord);
			external_put(&a->queue, &ev.u.chord);
		}
		mos_widget_reply(a->widget, MOS_ARGS(mos_int("told", 0), mos_int("queued", r.n_chords)));
		return 0;
	}
	ev.u.chord = external_chord(params, &r, 0, has_key ? &tonality : NULL, &chord);
	ev.flags = MOS_EVENT_IMMEDIATE;
	ev.time_ns = (uint64_t)app_time_ns();
	if (mos_emit(a->client, &ev) < 0)
		return mos_widget_refuse(a->widget, "detection.bus.full", "the bus takes no more just now");
	a->has_cause = 0;
	if (!r.is_fused)
		detector_told(&a->detector, r.origin, &chord, r.confidence, app_time_ns());
	mos_widget_reply(a->widget, MOS_ARGS(mos_int("told", 1), mos_int("queued", 0)));
	return 0;
}

static int on_call(struct mos_widget *widget, const char *name, const struct mos_value *params, void *data)
{
	if (strcmp(name, "detection.emit") == 0)
		return emit(data, params);
	return mos_widget_refuse(
		widget, "rpc.method.unknown", "chord-detector has detection.emit, not \"%.48s\"", name);
}

static void on_draw(struct mos_widget *widget, struct mos_draw *draw, void *data)
{
	(void)widget;
	app_draw(data, draw);
}

const struct mos_widget_ops app_ops = {
	.activate = activate,
	.deactivate = deactivate,
	.settings = on_settings,
	.call = on_call,
	.draw = on_draw,
};
