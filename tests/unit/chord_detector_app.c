/* SPDX-License-Identifier: MIT */
/*
 * The chord detector's cables, with a bus, a clock and a tap of this test's own in place of libmos': what it
 * tells, how, and when.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/draw.h>

#include "app.h"

#define MS INT64_C(1000000)
#define MAX_TOLD 8192
#define OWN_SLOT 7
#define RATE 48000

static struct app app;
static int64_t now;
static struct {
	struct mos_event event;
	int is_answer;
	int64_t time_ns;
} emitted[MAX_TOLD];
static int n_emitted, n_refused;
static struct {
	uint32_t type;
	mos_event_handler handler;
	void *data;
} listeners[32];
static int n_listeners;
static void (*on_tick)(struct mos_widget *, void *);
static unsigned int tick_ms;
static char shown[8192], refused[64];
static int64_t replied_told, replied_queued;
static struct mos_field settings[6];
static struct mos_widget_context context;
static struct mos_region region;
static struct mos_audio_tap tap;
static uint64_t tap_frame;

int64_t app_time_ns(void)
{
	return now;
}

/* In place of libmos'. */

struct mos_client *mos_widget_client(struct mos_widget *widget)
{
	return NULL;
}

const struct mos_widget_context *mos_widget_context(struct mos_widget *widget)
{
	return &context;
}

int mos_widget_timer(struct mos_widget *widget, unsigned int after_ms, unsigned int every_ms,
	void (*handler)(struct mos_widget *, void *data), void *data, struct mos_timer **ret)
{
	on_tick = handler;
	tick_ms = every_ms;
	return 0;
}

void mos_widget_redraw(struct mos_widget *widget)
{
	(void)widget;
}

int mos_widget_show(
	struct mos_widget *widget, const char *text, const struct mos_field *state, size_t n_state)
{
	(void)snprintf(shown, sizeof(shown), "%s", text);
	return 0;
}

const char *mos_widget_dir(struct mos_widget *widget)
{
	(void)widget;
	return NULL;
}

void mos_widget_log(struct mos_widget *widget, const char *fmt, ...)
{
}

void mos_widget_reply(struct mos_widget *widget, const struct mos_field *result, size_t n_result)
{
	const struct mos_value map = mos_value_map(result, (uint32_t)n_result);

	replied_told = mos_get_int(&map, "told", -1);
	replied_queued = mos_get_int(&map, "queued", -1);
}

int mos_widget_refuse(struct mos_widget *widget, const char *code, const char *fmt, ...)
{
	(void)snprintf(refused, sizeof(refused), "%s", code);
	return -EREMOTEIO;
}

int mos_events_on(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data,
	struct mos_listener **ret)
{
	listeners[n_listeners].type = type;
	listeners[n_listeners].handler = handler;
	listeners[n_listeners++].data = data;
	return 0;
}

void mos_client_on_connection(struct mos_client *client,
	void (*handler)(struct mos_client *, enum mos_connection, void *data), void *data)
{
}

struct mos_client_info mos_client_info(const struct mos_client *client)
{
	return (struct mos_client_info){.slot = OWN_SLOT, .rate_hz = RATE};
}

const struct mos_error *mos_client_error(const struct mos_client *client)
{
	static const struct mos_error none = {0};

	return &none;
}

int mos_client_audio(struct mos_client *client, struct mos_audio_reader *ret)
{
	return mos_audio_reader_init(ret, &region);
}

static int record(const struct mos_event *event, int is_answer) MOS_RT
{
	n_refused += mos_event_check(event) != MOS_EVENT_OK || n_emitted == MAX_TOLD;
	if (n_emitted == MAX_TOLD)
		return -EAGAIN;
	emitted[n_emitted].event = *event;
	emitted[n_emitted].is_answer = is_answer;
	emitted[n_emitted++].time_ns = now;
	return 0;
}

int mos_emit(struct mos_client *client, const struct mos_event *event) MOS_RT
{
	return record(event, 0);
}

int mos_emit_answer(struct mos_client *client, const struct mos_event *event, const struct mos_event *cause)
	MOS_RT
{
	return record(event, 1);
}

/* The tests' side. */

static void set_up(void)
{
	cr_assert_eq(mos_region_create("tap", MOS_AUDIO_TAP_SIZE, MOS_AUDIO_TAP_ABI_MAJOR,
			     MOS_AUDIO_TAP_ABI_MINOR, 1, &region),
		0);
	cr_assert_eq(mos_audio_tap_init(&tap, &region, RATE), 0);
	mos_region_publish(&region, MOS_MAGIC_AUDIO);
	now = 1000 * MS;
	settings[0] = mos_str("audio", "input");
	settings[1] = mos_bool("midi", 1);
	settings[2] = mos_bool("score", 1);
	settings[3] = mos_str("key", "auto");
	settings[4] = mos_bool("practice", 0);
	settings[5] = mos_int("practicePart", -1);
	context.settings = mos_value_map(settings, 6);
	cr_assert_eq(app_ops.activate(NULL, &app), 0);
}

static void tear_down(void)
{
	cr_expect_eq(n_refused, 0, "the bus would refuse it");
	app_ops.deactivate(NULL, &app);
	mos_region_finish(&region);
}

TestSuite(chord_detector_app, .init = set_up, .fini = tear_down);

static void pass(int ms)
{
	for (const int64_t end = now + ms * MS; now < end;) {
		now += tick_ms * MS;
		on_tick(NULL, &app);
	}
}

static void publish(const struct mos_event *ev)
{
	for (int i = 0; i < n_listeners; i++) {
		if (listeners[i].type == ev->type)
			listeners[i].handler(ev, listeners[i].data);
	}
}

static void note(int on, uint8_t key, uint8_t channel, uint16_t source)
{
	const struct mos_event ev = {
		.type = on ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF,
		.source = source,
		.u.note = {.group = 3,
			.channel = channel,
			.key = key,
			.velocity = on ? 0x8000 : 0,
			.part = 0xffff},
	};

	publish(&ev);
}

/* The n-th event of a type, from 0; NULL: there are not so many. */
static const struct mos_event *find(uint32_t type, int n)
{
	for (int i = 0; i < n_emitted; i++) {
		if (emitted[i].event.type == type && n-- == 0)
			return &emitted[i].event;
	}
	return NULL;
}

static int call(const struct mos_field *params, size_t n)
{
	const struct mos_value map = mos_value_map(params, (uint32_t)n);

	refused[0] = '\0';
	replied_told = replied_queued = -1;
	return app_ops.call(NULL, "detection.emit", &map, &app);
}

Test(chord_detector_app, tells_what_is_played,
	.description = "MID-02 EVT-24: notes on the bus become chord:detected, immediate, origin midi")
{
	note(1, 36, 9, MOS_SOURCE_MIDI_IN); /* a drum is no tone */
	note(1, 60, 0, MOS_SOURCE_MIDI_IN);
	note(1, 64, 0, MOS_SOURCE_MIDI_IN);
	note(1, 67, 0, 3);
	pass(50);

	const struct mos_event *ev = find(MOS_EVENT_CHORD_DETECTED, 0);

	cr_assert_not_null(ev);
	cr_assert_null(find(MOS_EVENT_CHORD_DETECTED, 1));
	cr_assert_str_eq(ev->u.chord.symbol, "C");
	cr_assert_eq(ev->u.chord.origin, MOS_ORIGIN_MIDI);
	cr_assert_eq(ev->u.chord.source, MOS_CHORD_REALTIME);
	cr_assert(ev->flags & MOS_EVENT_IMMEDIATE);
	cr_assert_not_null(strstr(shown, "C"));
	cr_assert_null(find(MOS_EVENT_BRAID_HIGHLIGHT, 0), "no key, no numeral");
}

Test(chord_detector_app, tells_the_numeral,
	.description = "MID-03: with a key in force the numeral is told as braid:highlight")
{
	const struct mos_event key = {.type = MOS_EVENT_KEY_CHANGE, .u.key = {.fifths = -3, .minor = 1}};

	publish(&key);
	note(1, 50, 0, MOS_SOURCE_MIDI_IN);
	note(1, 54, 0, MOS_SOURCE_MIDI_IN);
	note(1, 57, 0, MOS_SOURCE_MIDI_IN);
	note(1, 60, 0, MOS_SOURCE_MIDI_IN);
	pass(50);

	const struct mos_event *ev = find(MOS_EVENT_BRAID_HIGHLIGHT, 0);

	cr_assert_not_null(ev);
	cr_assert_str_eq(ev->u.braid.roman, "V7/V");
	cr_assert_str_eq(ev->u.braid.symbol, "D7");
	cr_assert_eq(ev->u.braid.key_tonic, 0);
	cr_assert_eq(ev->u.braid.key_minor, 1);
	cr_assert_not_null(strstr(shown, "V7/V"));
	cr_assert_not_null(strstr(shown, "C minor"));
}

/* A chord of sines with overtones into the tap's input, 10 ms at a time, while time passes. */
static void sound(const int *keys, int n, int ms)
{
	for (int t = 0; t < ms; t += tick_ms) {
		float samples[RATE / 50];
		const uint32_t n_frames = RATE * tick_ms / 1000;
		const float *channels[MOS_TAP_N_CHANNELS] = {samples, samples, NULL, NULL};

		for (uint32_t i = 0; i < n_frames; i++) {
			const double at = (double)(tap_frame + i) / RATE;

			samples[i] = 0;
			for (int k = 0; k < n; k++) {
				for (int h = 1; h <= 6; h++)
					samples[i] += 0.05f / (float)h *
						      (float)sin(2 * M_PI * h * at * 440 *
								 exp2((keys[k] - 69) / 12.0));
			}
		}
		mos_audio_tap_write(&tap, tap_frame, channels, n_frames);
		tap_frame += n_frames;
		now += tick_ms * MS;
		on_tick(NULL, &app);
	}
}

Test(chord_detector_app, hears,
	.description = "CHD-05: sound in the tap is told as chord:detected with origin audio within 200 ms")
{
	static const int a_minor[] = {45, 60, 64, 69}, f[] = {41, 60, 65, 69};
	int64_t start;
	const struct mos_event *ev = NULL;

	sound(a_minor, 0, 300);
	cr_assert_eq(n_emitted, 0, "silence is no news");
	start = now;
	sound(a_minor, 4, 1000);
	ev = find(MOS_EVENT_CHORD_DETECTED, 0);
	cr_assert_not_null(ev);
	cr_assert_str_eq(ev->u.chord.symbol, "Am");
	cr_assert_eq(ev->u.chord.origin, MOS_ORIGIN_AUDIO);
	cr_assert_eq(ev->u.chord.fusion, 1u << MOS_ORIGIN_AUDIO);
	cr_assert_gt(ev->u.chord.confidence, 128);
	cr_assert_lt(
		emitted[0].time_ns - start, 200 * MS, "%g ms", (double)(emitted[0].time_ns - start) / 1e6);
	n_emitted = 0;
	sound(f, 4, 1500);
	cr_assert_not_null(find(MOS_EVENT_CHORD_DETECTED, 0));

	int last = n_emitted - 1;

	while (last > 0 && emitted[last].event.type != MOS_EVENT_CHORD_DETECTED)
		last--;
	cr_assert_str_eq(emitted[last].event.u.chord.symbol, "F");
}

Test(chord_detector_app, hears_nothing_when_off)
{
	static const int a_minor[] = {45, 60, 64, 69};

	settings[0] = mos_str("audio", "off");
	cr_assert_eq(app_ops.settings(NULL, &app), 0);
	sound(a_minor, 4, 600);
	cr_assert_eq(n_emitted, 0);
	settings[0] = mos_str("audio", "output");
	settings[3] = mos_str("key", "nonsense");
	cr_assert_eq(app_ops.settings(NULL, &app), 0, "a key that is none is found by ear");
	sound(a_minor, 4, 600);
	cr_assert_eq(n_emitted, 0, "it is the input that sounds");
	settings[0] = mos_str("audio", "input");
	cr_assert_eq(app_ops.settings(NULL, &app), 0);
	sound(a_minor, 4, 600);
	cr_assert_gt(n_emitted, 0);
}

Test(chord_detector_app, emit_live,
	.description = "MID-05: origin audio and midi, of now: told at once, immediate")
{
	static const char *const origins[] = {"midi", "audio"};

	for (int i = 0; i < 2; i++) {
		const struct mos_field params[] = {mos_str("symbol", "F#m7b5/A"),
			mos_str("origin", origins[i]), mos_str("source", "real-time"),
			mos_real("confidence", 0.5)};

		n_emitted = 0;
		cr_assert_eq(call(params, 4), 0, "%s", refused);
		cr_assert_eq(replied_told, 1);
		cr_assert_eq(n_emitted, 1, "before any time passes");

		const struct mos_event *ev = find(MOS_EVENT_CHORD_DETECTED, 0);

		cr_assert(ev->flags & MOS_EVENT_IMMEDIATE);
		cr_assert_str_eq(ev->u.chord.symbol, "F#m7b5/A");
		cr_assert_eq(ev->u.chord.origin, i == 0 ? MOS_ORIGIN_MIDI : MOS_ORIGIN_AUDIO);
		cr_assert_eq(ev->u.chord.source, MOS_CHORD_REALTIME);
		cr_assert_eq(ev->u.chord.root, 6);
		cr_assert_eq(ev->u.chord.bass, 9);
		cr_assert_eq(ev->u.chord.confidence, 128);
		cr_assert_eq(ev->u.chord.fusion, 0);
	}
	/* and it has a vote */
	pass(50);
	cr_assert_eq(emitted[n_emitted - 1].event.u.chord.fusion, 3);
}

Test(chord_detector_app, emit_bulk,
	.description = "MID-05: bulk of either origin is told beside the live lane, 500 a second at most")
{
	static struct mos_value chords[2000];
	static const char *const origins[] = {"audio", "midi"};

	for (int o = 0; o < 2; o++) {
		n_emitted = 0;
		for (int i = 0; i < 2000; i++)
			chords[i] = mos_value_str(i % 2 ? "Am" : "G7");

		const struct mos_field params[] = {mos_list("chords", chords, 2000),
			mos_str("origin", origins[o]), mos_str("source", "bulk")};

		cr_assert_eq(call(params, 3), 0, "%s", refused);
		cr_assert_eq(replied_queued, 2000);
		cr_assert_eq(n_emitted, 0);
		pass(1000);
		cr_assert_leq(n_emitted, 504);
		cr_assert_geq(n_emitted, 490);

		/* what is played meanwhile is told at once */
		const int before = n_emitted;

		note(1, 60, 0, MOS_SOURCE_MIDI_IN);
		note(1, 64, 0, MOS_SOURCE_MIDI_IN);
		note(1, 67, 0, MOS_SOURCE_MIDI_IN);
		pass(32);

		int is_told = 0;

		for (int i = before; i < n_emitted; i++) {
			const struct mos_ev_chord *c = &emitted[i].event.u.chord;

			is_told |= c->source == MOS_CHORD_REALTIME && strcmp(c->symbol, "C") == 0;
			cr_assert_eq(c->source == MOS_CHORD_REALTIME,
				(emitted[i].event.flags & MOS_EVENT_IMMEDIATE) != 0);
		}
		cr_assert(is_told);
		note(0, 60, 0, MOS_SOURCE_MIDI_IN);
		note(0, 64, 0, MOS_SOURCE_MIDI_IN);
		note(0, 67, 0, MOS_SOURCE_MIDI_IN);
		pass(4000);

		int n_bulk = 0;

		for (int i = 0; i < n_emitted; i++) {
			const struct mos_ev_chord *c = &emitted[i].event.u.chord;

			if (c->source != MOS_CHORD_BULK)
				continue;
			cr_assert_str_eq(c->symbol, n_bulk % 2 ? "Am" : "G7", "in order");
			cr_assert_eq(c->origin, o == 0 ? MOS_ORIGIN_AUDIO : MOS_ORIGIN_MIDI);
			n_bulk++;
		}
		cr_assert_eq(n_bulk, 2000);
	}
}

Test(chord_detector_app, emit_fused,
	.description = "MID-05: fusion that somebody else did is told as it is, and not voted on again")
{
	const struct mos_value votes[] = {mos_value_str("audio"), mos_value_str("score")};
	const struct mos_field fusion[] = {mos_list("votes", votes, 2), mos_int("version", 9)};
	const struct mos_field params[] = {
		mos_str("symbol", "Dm"), mos_field("fusion", mos_value_map(fusion, 2))};

	cr_assert_eq(call(params, 2), 0, "%s", refused);
	cr_assert_eq(n_emitted, 1);
	cr_assert_eq(emitted[0].event.u.chord.fusion, 6);
	cr_assert_eq(emitted[0].event.u.chord.version, 9);
	pass(1000);
	cr_assert_eq(n_emitted, 1);
}

Test(chord_detector_app, emit_refuses,
	.description = "MID-05: what is wrong is refused by name, and nothing is told")
{
	const struct mos_value list[] = {mos_value_str("C"), mos_value_str("H7")};
	static struct mos_value many[EXTERNAL_QUEUE + 1];
	const struct {
		struct mos_field params[3];
		const char *code;
	} row[] = {
		{{mos_str("symbol", "H7")}, "detection.symbol.invalid"},
		{{mos_str("origin", "audio")}, "detection.symbol.missing"},
		{{mos_str("symbol", "C"), mos_str("origin", "nose")}, "detection.origin.invalid"},
		{{mos_str("symbol", "C"), mos_str("source", "later")}, "detection.source.invalid"},
		{{mos_str("symbol", "C"), mos_real("confidence", 2)}, "detection.confidence.invalid"},
		{{mos_str("symbol", "C"), mos_real("confidence", (double)NAN)},
			"detection.confidence.invalid"},
		{{mos_str("symbol", "C"), mos_int("fusion", 3)}, "detection.fusion.invalid"},
		{{mos_list("chords", list, 2), mos_str("source", "bulk")}, "detection.symbol.invalid"},
		{{mos_list("chords", list, 1), mos_str("source", "bulk"), mos_str("origin", "")},
			"detection.origin.invalid"},
		{{mos_list("chords", list, 2)}, "detection.source.invalid"},
		{{mos_list("chords", many, EXTERNAL_QUEUE + 1), mos_str("source", "bulk")},
			"detection.queue.full"},
	};

	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = mos_value_str("C");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t n = 0;

		while (n < 3 && row[i].params[n].key)
			n++;
		cr_expect_lt(call(row[i].params, n), 0, "%zu", i);
		cr_expect_str_eq(refused, row[i].code, "%zu: %s", i, refused);
	}
	cr_assert_lt(
		app_ops.call(NULL, "detection.omit", &(struct mos_value){.type = MOS_VALUE_MAP}, &app), 0);
	pass(100);
	cr_assert_eq(n_emitted, 0);
}

Test(chord_detector_app, other_programs,
	.description = "MID-09 EVT-18: another ear's chord is voted on and answered; our own, fused and bulk "
		       "ones are not")
{
	struct mos_event ev = {
		.type = MOS_EVENT_CHORD_DETECTED,
		.source = 12,
		.u.chord = {.symbol = "Eb7",
			.pitch_classes = 0x48a,
			.root = 3,
			.bass = 3,
			.key_tonic = MOS_KEY_NONE,
			.origin = MOS_ORIGIN_AUDIO,
			.confidence = 200},
	};

	publish(&ev);
	pass(100);
	cr_assert_eq(n_emitted, 1);
	cr_assert(emitted[0].is_answer);
	cr_assert_str_eq(emitted[0].event.u.chord.symbol, "Eb7");
	cr_assert_eq(emitted[0].event.u.chord.fusion, 2);

	/* what it said comes back to it */
	ev = emitted[0].event;
	ev.source = OWN_SLOT;
	publish(&ev);
	ev.source = 12;
	strcpy(ev.u.chord.symbol, "G");
	publish(&ev); /* fused */
	ev.u.chord.fusion = 0;
	ev.u.chord.source = MOS_CHORD_BULK;
	publish(&ev);
	ev.u.chord.source = MOS_CHORD_REALTIME;
	strcpy(ev.u.chord.symbol, "nonsense");
	publish(&ev);
	pass(600);
	cr_assert_eq(n_emitted, 1);
}

Test(chord_detector_app, another_ear_beside_ours,
	.description =
		"MID-09: what others told neither is undone by our own silence nor undoes what we hold")
{
	const struct mos_event ev = {
		.type = MOS_EVENT_CHORD_DETECTED,
		.source = 12,
		.u.chord = {.symbol = "G",
			.pitch_classes = 0x884,
			.root = 7,
			.bass = 7,
			.key_tonic = MOS_KEY_NONE,
			.origin = MOS_ORIGIN_AUDIO,
			.confidence = 255},
	};
	struct mos_event midi = ev;

	sound(NULL, 0, 300);
	publish(&ev);
	sound(NULL, 0, 600);
	cr_assert_eq(n_emitted, 1);
	cr_assert_str_eq(emitted[0].event.u.chord.symbol, "G");

	/* C is held on; somebody's word about MIDI passes */
	note(1, 60, 0, MOS_SOURCE_MIDI_IN);
	note(1, 64, 0, MOS_SOURCE_MIDI_IN);
	note(1, 67, 0, MOS_SOURCE_MIDI_IN);
	pass(50);
	midi.u.chord.origin = MOS_ORIGIN_MIDI;
	strcpy(midi.u.chord.symbol, "D");
	publish(&midi);
	pass(4000);
	cr_assert_str_eq(emitted[n_emitted - 1].event.u.chord.symbol, "C");
}

Test(chord_detector_app, spelling_of_others,
	.description = "MID-10: another's symbol is told as it was spelled, whatever the key")
{
	const struct mos_event key = {.type = MOS_EVENT_KEY_CHANGE, .u.key = {.fifths = 6}};
	const struct mos_field params[] = {mos_str("symbol", "Gbm7b5")};

	publish(&key);
	cr_assert_eq(call(params, 1), 0);
	pass(100);
	cr_assert_geq(n_emitted, 2);
	cr_assert_str_eq(emitted[0].event.u.chord.symbol, "Gbm7b5");
	cr_assert_str_eq(emitted[1].event.u.chord.symbol, "Gbm7b5");
	cr_assert_eq(emitted[1].event.u.chord.key_tonic, 6);
}

Test(chord_detector_app, score,
	.description = "MID-09: the score's notes are the third ear, at the time they are due")
{
	for (uint8_t i = 0; i < 3; i++) {
		const struct mos_event ev = {
			.type = MOS_EVENT_MIDI_NOTEON,
			.source = MOS_SOURCE_SCORE,
			.flags = MOS_EVENT_SCHEDULED,
			.time_ns = (uint64_t)(now + 100 * MS),
			.u.note = {.key = (uint8_t)(62 + 4 * i - (i == 2)), .velocity = 1},
		};

		publish(&ev);
	}
	pass(88);
	cr_assert_eq(n_emitted, 0);
	pass(60);
	cr_assert_eq(n_emitted, 1);
	cr_assert_str_eq(emitted[0].event.u.chord.symbol, "D");
	cr_assert_eq(emitted[0].event.u.chord.origin, MOS_ORIGIN_SCORE);

	const struct mos_event stop = {.type = MOS_EVENT_TRANSPORT_STOP};

	publish(&stop);
	pass(1500);
	cr_assert_eq(n_emitted, 2);
	cr_assert_str_eq(emitted[1].event.u.chord.symbol, "");
}

/* Played against expected: the score is announced, the player plays, Rocky is told. */

#define FRAME_NS (16 * MS)

static void practise(int part)
{
	const struct mos_event play = {
		.type = MOS_EVENT_TRANSPORT_STATE, .u.transport = {.state = MOS_TRANSPORT_PLAYING}};

	settings[0] = mos_str("audio", "off");
	settings[4] = mos_bool("practice", 1);
	settings[5] = mos_int("practicePart", part);
	cr_assert_eq(app_ops.settings(NULL, &app), 0);
	publish(&play);
}

/* A note of the score, announced now, due after `in_ms`; its tick is its time. */
static void announce(uint8_t key, uint16_t part, int in_ms, int length_ms)
{
	struct mos_event ev = {
		.type = MOS_EVENT_MIDI_NOTEON,
		.source = MOS_SOURCE_SCORE,
		.flags = MOS_EVENT_SCHEDULED,
		.time_ns = (uint64_t)(now + in_ms * MS),
		.tick = now / MS + in_ms,
		.u.note = {.key = key, .velocity = 0x8000, .part = part, .instance = 1u + key},
	};

	publish(&ev);
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	ev.u.note.velocity = 0;
	ev.time_ns += (uint64_t)(length_ms * MS);
	ev.tick += length_ms;
	publish(&ev);
}

static void announce_chord(const uint8_t keys[3], int in_ms, int length_ms)
{
	for (int i = 0; i < 3; i++)
		announce(keys[i], 0, in_ms, length_ms);
}

static void play_chord(int on, const uint8_t keys[3])
{
	for (int i = 0; i < 3; i++)
		note(on, keys[i], 0, MOS_SOURCE_MIDI_IN);
}

static int count(uint32_t type)
{
	int n = 0;

	while (find(type, n))
		n++;
	return n;
}

/* The one message so far, and that it came at once. */
static const struct mos_ev_feedback *feedback(int64_t since_ns)
{
	const struct mos_event *ev = find(MOS_EVENT_ROCKY_FEEDBACK, 0);

	cr_assert_not_null(ev, "Rocky is told nothing");
	cr_assert_null(find(MOS_EVENT_ROCKY_FEEDBACK, 1), "more than one message");
	cr_assert(ev->flags & MOS_EVENT_IMMEDIATE);
	cr_assert_leq((int64_t)ev->time_ns - since_ns, FRAME_NS);
	return &ev->u.feedback;
}

static const uint8_t c_major[] = {60, 64, 67}, c_wide[] = {48, 67, 76}, c_minor[] = {60, 63, 67},
		     f_major[] = {65, 69, 72};

Test(chord_detector_app, right_chord,
	.description =
		"MID-04 EVT-24: the score's chord, in whatever octaves, is right within a frame, its keys "
		"are shown, and that once")
{
	const struct mos_event *shown_keys = NULL;

	practise(-1);
	announce_chord(c_major, 96, 2000);
	pass(104);
	play_chord(1, c_wide);
	cr_assert_eq(feedback(now)->kind, MOS_ROCKY_RIGHT);
	cr_assert_str_eq(feedback(now)->message, "C");
	for (int i = 0; i < n_emitted; i++) {
		if (emitted[i].event.type == MOS_EVENT_ROCKY_HIGHLIGHT)
			shown_keys = &emitted[i].event;
	}
	cr_assert_not_null(shown_keys);
	cr_assert_eq(shown_keys->u.highlight.kind, MOS_ROCKY_RIGHT);
	cr_assert_eq(shown_keys->u.highlight.keys[0], UINT64_C(1) << 48);
	cr_assert_eq(shown_keys->u.highlight.keys[1], UINT64_C(1) << (67 - 64) | UINT64_C(1) << (76 - 64));
	pass(600);
	play_chord(0, c_wide);
	play_chord(1, c_wide);
	pass(600);
	cr_assert_eq(count(MOS_EVENT_ROCKY_FEEDBACK), 1);
}

Test(chord_detector_app, wrong_chord,
	.description =
		"MID-04 EVT-24: a wrong chord is told within a frame, with the symbol that is expected; "
		"mended, it is right")
{
	const struct mos_event *wrong;

	practise(-1);
	announce_chord(c_major, 96, 2000);
	pass(104);
	play_chord(1, c_minor);
	cr_assert_eq(feedback(now)->kind, MOS_ROCKY_WRONG);
	cr_assert_str_eq(feedback(now)->message, "expected C, heard Eb4");
	/* first C is right, then Eb is not */
	wrong = find(MOS_EVENT_ROCKY_HIGHLIGHT, 1);
	cr_assert_not_null(wrong);
	cr_assert_eq(wrong->u.highlight.kind, MOS_ROCKY_WRONG);
	cr_assert_eq(wrong->u.highlight.keys[0], UINT64_C(1) << 63);
	pass(16);
	play_chord(0, c_minor);
	play_chord(1, c_major);
	cr_assert_eq(count(MOS_EVENT_ROCKY_FEEDBACK), 1, "not sooner than 250 ms");
	pass(256);
	cr_assert_eq(count(MOS_EVENT_ROCKY_FEEDBACK), 2);
	cr_assert_eq(find(MOS_EVENT_ROCKY_FEEDBACK, 1)->u.feedback.kind, MOS_ROCKY_RIGHT);
}

Test(chord_detector_app, wrong_key_beside_the_chord,
	.description = "MID-04: the chord with a wrong key in it is not right until that key is let go")
{
	practise(-1);
	announce_chord(c_major, 48, 3000);
	pass(56);
	note(1, 61, 0, MOS_SOURCE_MIDI_IN);
	play_chord(1, c_major);
	pass(600);
	cr_assert_eq(feedback(INT64_MAX)->kind, MOS_ROCKY_WRONG);
	note(0, 61, 0, MOS_SOURCE_MIDI_IN);
	cr_assert_eq(count(MOS_EVENT_ROCKY_FEEDBACK), 2);
	cr_assert_eq(find(MOS_EVENT_ROCKY_FEEDBACK, 1)->u.feedback.kind, MOS_ROCKY_RIGHT, "struck in time");
}

Test(chord_detector_app, chord_too_soon_and_too_late,
	.description =
		"MID-04: a chord that is struck before its time is early when it is due; after it, late")
{
	practise(-1);
	announce_chord(c_major, 0, 1000);
	pass(8);
	play_chord(1, c_major);
	pass(840);
	play_chord(0, c_major);
	n_emitted = 0;
	/* struck before it is even announced */
	play_chord(1, f_major);
	pass(256);
	n_emitted = 0;
	announce_chord(f_major, 40, 1000);
	pass(48);
	cr_assert_eq(count(MOS_EVENT_ROCKY_FEEDBACK), 1);
	cr_assert_eq(find(MOS_EVENT_ROCKY_FEEDBACK, 0)->u.feedback.kind, MOS_ROCKY_EARLY);
	pass(952);
	play_chord(0, f_major);
	n_emitted = 0;
	announce_chord(c_major, 48, 1000);
	pass(248);
	play_chord(1, c_major);
	cr_assert_eq(feedback(now)->kind, MOS_ROCKY_LATE);
	cr_assert_str_eq(feedback(now)->message, "C 200 ms late");
}

Test(chord_detector_app, held_chord_is_not_struck_again,
	.description = "MID-04: a stroke counts for one of the score's chords")
{
	practise(-1);
	announce_chord(c_major, 8, 200);
	pass(8);
	play_chord(1, c_major);
	pass(120);
	announce_chord(c_major, 80, 600);
	pass(600);
	cr_assert_eq(feedback(INT64_MAX)->kind, MOS_ROCKY_RIGHT);
}

Test(chord_detector_app, notes_in_time,
	.description = "MID-04: a note is early or late beyond a tolerance, wrong by name, and right in time")
{
	static const struct {
		int at_ms; /* from when it is due */
		uint8_t key;
		int kind; /* -1: no message */
		const char *message;
	} row[] = {
		{0, 62, -1, NULL},
		{-48, 62, -1, NULL},
		{56, 62, -1, NULL},
		{-72, 62, MOS_ROCKY_EARLY, "D4 72 ms early"},
		{120, 62, MOS_ROCKY_LATE, "D4 120 ms late"},
		{0, 63, MOS_ROCKY_WRONG, "expected D4, heard Eb4"},
		{-48, 63, MOS_ROCKY_WRONG, "expected D4, heard Eb4"},
		{0, 74, MOS_ROCKY_WRONG, "expected D4, heard D5"}, /* a melody is in its octave */
	};

	practise(-1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct mos_event *ev;

		n_emitted = 0;
		announce(62, 0, 96, 400);
		pass(96 + row[i].at_ms);
		note(1, row[i].key, 0, 5);
		ev = find(MOS_EVENT_ROCKY_HIGHLIGHT, 0);
		cr_assert_not_null(ev, "row %zu", i);
		cr_expect_eq(ev->u.highlight.kind,
			row[i].kind == MOS_ROCKY_WRONG ? MOS_ROCKY_WRONG : MOS_ROCKY_RIGHT, "row %zu", i);
		if (row[i].kind < 0) {
			cr_expect_eq(count(MOS_EVENT_ROCKY_FEEDBACK), 0, "row %zu", i);
		} else {
			cr_expect_eq(feedback(now)->kind, row[i].kind, "row %zu", i);
			cr_expect_str_eq(feedback(now)->message, row[i].message, "row %zu", i);
		}
		note(0, row[i].key, 0, 5);
		pass(1200);
	}
}

Test(chord_detector_app, rocky_is_told_slowly,
	.description = "MID-04: at most one message each 250 ms, however much is wrong; every key is shown")
{
	int64_t last = 0;

	practise(-1);
	announce_chord(c_major, 0, 10000);
	pass(8);
	for (int i = 0; i < 100; i++) {
		note(1, 61, 0, MOS_SOURCE_MIDI_IN);
		note(0, 61, 0, MOS_SOURCE_MIDI_IN);
		pass(16);
	}
	cr_assert_geq(count(MOS_EVENT_ROCKY_FEEDBACK), 6);
	for (int i = 0; i < n_emitted; i++) {
		if (emitted[i].event.type != MOS_EVENT_ROCKY_FEEDBACK)
			continue;
		cr_assert_geq(emitted[i].time_ns - last, 250 * MS);
		last = emitted[i].time_ns;
	}
	cr_assert_eq(count(MOS_EVENT_ROCKY_HIGHLIGHT), 100);
}

static int n_rocky(void)
{
	return count(MOS_EVENT_ROCKY_FEEDBACK) + count(MOS_EVENT_ROCKY_HIGHLIGHT);
}

Test(chord_detector_app, rocky_is_not_asked,
	.description =
		"MID-04: nothing is told where practice is off, nothing plays, the part is another, the "
		"score rests, or it is the score, a drum or MOS itself that sounds")
{
	struct mos_event state = {
		.type = MOS_EVENT_TRANSPORT_STATE, .u.transport = {.state = MOS_TRANSPORT_PLAYING}};

	/* off */
	publish(&state);
	announce_chord(c_major, 0, 300);
	play_chord(1, c_minor);
	play_chord(0, c_minor);
	pass(1000);
	cr_assert_eq(n_rocky(), 0);

	/* another part */
	practise(3);
	announce_chord(c_major, 0, 300);
	play_chord(1, c_minor);
	play_chord(0, c_minor);
	pass(1000);
	cr_assert_eq(n_rocky(), 0);
	announce(60, 3, 0, 300);
	note(1, 61, 0, MOS_SOURCE_MIDI_IN);
	cr_assert_eq(n_rocky(), 2);
	note(0, 61, 0, MOS_SOURCE_MIDI_IN);
	pass(1000);
	n_emitted = 0;

	/* a rest */
	note(1, 61, 0, MOS_SOURCE_MIDI_IN);
	note(0, 61, 0, MOS_SOURCE_MIDI_IN);
	pass(1000);
	cr_assert_eq(n_rocky(), 0);

	/* not the player */
	announce(60, 3, 0, 5000);
	note(1, 61, 0, MOS_SOURCE_RTCORE);
	note(1, 61, 9, MOS_SOURCE_MIDI_IN);
	cr_assert_eq(n_rocky(), 0);

	/* it pauses */
	state.u.transport.state = MOS_TRANSPORT_PAUSED;
	publish(&state);
	note(1, 61, 0, MOS_SOURCE_MIDI_IN);
	pass(500);
	cr_assert_eq(n_rocky(), 0);
}

static void seek_to_c_major(int by_ticks)
{
	struct mos_event seek = {.type = MOS_EVENT_TRANSPORT_SEEK,
		.u.transport = {.state = MOS_TRANSPORT_PLAYING, .old_state = MOS_TRANSPORT_PLAYING}};

	practise(-1);
	announce_chord(f_major, 0, 4000);
	pass(500);
	announce_chord(f_major, 50, 4000);
	/* to where C is written; as rtcore does, notes first */
	seek.time_ns = (uint64_t)now;
	seek.u.transport.from_tick = now / MS;
	seek.u.transport.to_tick = now / MS + by_ticks;
	for (int i = 0; i < 3; i++) {
		struct mos_event ev = {
			.type = MOS_EVENT_MIDI_NOTEON,
			.source = MOS_SOURCE_SCORE,
			.flags = MOS_EVENT_SCHEDULED,
			.time_ns = (uint64_t)now,
			.tick = seek.u.transport.to_tick,
			.u.note = {.key = c_major[i], .velocity = 1, .instance = 900u + i},
		};

		publish(&ev);
	}
	publish(&seek);
	pass(8);
	n_emitted = 0;
	play_chord(1, c_major);
	cr_assert_eq(feedback(now)->kind, MOS_ROCKY_RIGHT);
	cr_assert_str_eq(feedback(now)->message, "C");
}

Test(chord_detector_app, expected_after_a_seek,
	.description = "MID-04: what was announced before a seek is void; what is announced anew counts")
{
	seek_to_c_major(5000);
}

Test(chord_detector_app, expected_after_a_seek_back,
	.description = "MID-04: the same for a seek to before what sounds")
{
	seek_to_c_major(-800);
}

Test(chord_detector_app, wrong_just_before_a_change,
	.description = "MID-04: a wrong key just before a change of chord is told what the next chord is")
{
	practise(-1);
	announce_chord(c_major, 0, 500);
	pass(408);
	announce_chord(f_major, 92, 500);
	pass(48);
	note(1, 66, 0, MOS_SOURCE_MIDI_IN);
	cr_assert_eq(feedback(now)->kind, MOS_ROCKY_WRONG);
	cr_assert_str_eq(feedback(now)->message, "expected F, heard F#4");
}

Test(chord_detector_app, expected_notes_beyond_all_bounds,
	.description = "MID-04: more notes than there is room for, and notes with neither end nor sense")
{
	practise(-1);
	for (int i = 0; i < 5000; i++) {
		struct mos_event ev = {
			.type = i % 7 ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF,
			.source = MOS_SOURCE_SCORE,
			.flags = MOS_EVENT_SCHEDULED,
			.time_ns = (uint64_t)(now + (i * 37 % 200 - 100) * MS),
			.tick = i,
			.u.note = {.key = (uint8_t)(i * 31 % 256), .velocity = 1, .part = 0xffff},
		};

		publish(&ev);
		note(i & 1, (uint8_t)(i * 17 % 256), 0, MOS_SOURCE_MIDI_IN);
		if (i % 50 == 0)
			pass(8);
	}
	cr_assert_leq(app.expected.n_notes, EXPECTED_N_NOTES);
}
