/* SPDX-License-Identifier: MIT */
/* From a recording to a Hermes timeline and back, and to what sounds again. */
#include <errno.h>
#include <yyjson.h>

#include "player.h"
#include "recorder_fixture.h"
#include "timeline.h"

#define MS UINT64_C(1000000)
#define START (5000 * MS)

static const struct journal_limits roomy = {.segment_bytes = 16 << 20, .keep_bytes = 64 << 20};

static void record(const char *dir, const char *name, const struct mos_event *ev, size_t n)
{
	struct journal *j = NULL;

	cr_assert_eq(journal_create(dir, name, &roomy, START, UINT64_C(1700000000) * 1000 * MS, &j), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(journal_append(j, &ev[i]), 0);
	cr_assert_eq(journal_close(j), 0);
}

/* The caller frees. */
static char *export(const char *dir, const char *name, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	cr_assert_eq(timeline_export(dir, name, out, NULL), 0);
	fclose(out);
	return text;
}

static struct mos_event note(uint64_t seq, uint64_t ms, uint16_t source, int on, uint8_t key)
{
	return (struct mos_event){.seq = seq,
		.time_ns = START + ms * MS,
		.tick = INT64_MIN,
		.type = on ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF,
		.source = source,
		.flags = MOS_EVENT_IMMEDIATE,
		.u.note = {.group = 3,
			.channel = 1,
			.key = key,
			.velocity = (uint16_t)(on ? 0x9abc : 0x1234),
			.part = 0xffff}};
}

Test(recorder_timeline, members,
	.description =
		"HTL-01 HTL-02: version, ppq, rising timestamps; each type under its name with its members; "
		"measure and beat from the beats")
{
	struct mos_event ev[] = {
		{.seq = 1,
			.time_ns = START,
			.tick = 0,
			.type = MOS_EVENT_METRONOME_BEAT,
			.source = MOS_SOURCE_RTCORE,
			.u.beat = {.meter_num = 4, .meter_den = 4, .accent = 2, .ns_per_quarter = 500 * MS}},
		note(2, 250, MOS_SOURCE_MIDI_IN, 1, 60),
		{.seq = 3,
			.time_ns = START + 500 * MS,
			.tick = 960,
			.type = MOS_EVENT_METRONOME_BEAT,
			.source = MOS_SOURCE_RTCORE,
			.u.beat = {.beat = 1, .meter_num = 4, .meter_den = 4, .ns_per_quarter = 500 * MS}},
		{.seq = 4,
			.time_ns = START + 600 * MS,
			.tick = INT64_MIN,
			.type = MOS_EVENT_CHORD_DETECTED,
			.source = 3,
			.u.chord = {.symbol = "Am7", .root = 9, .bass = 9, .confidence = 242}},
		{.seq = 5,
			.time_ns = START + 700 * MS,
			.tick = INT64_MIN,
			.type = MOS_EVENT_WIDGET_STATE,
			.source = MOS_SOURCE_BROKER,
			.u.widget = {.state = 3, .id = "tuner"}},
		{.seq = 6,
			.time_ns = START + 750 * MS,
			.tick = 1440,
			.type = MOS_EVENT_TEMPO_CHANGE,
			.source = MOS_SOURCE_RTCORE,
			.u.tempo = {.ns_per_quarter = 1000 * MS,
				.old_ns_per_quarter = 500 * MS,
				.rate_ppm = 1000000}},
		{.seq = 7,
			.time_ns = START + 800 * MS,
			.tick = INT64_MIN,
			.type = MOS_EVENT_KEY_CHANGE,
			.source = MOS_SOURCE_RTCORE,
			.u.key = {.fifths = -3, .minor = 1}},
		{.seq = 8,
			.time_ns = START + 900 * MS,
			.tick = INT64_MIN,
			.type = MOS_EVENT_SCORE_LOADED,
			.source = MOS_SOURCE_RTCORE,
			.u.score = {.n_events = 12}},
		{.seq = 9,
			.time_ns = START + 950 * MS,
			.tick = INT64_MIN,
			.type = MOS_EVENT_TUNER_PITCH,
			.source = 3},
	};
	static const char *const type[] = {"metronome:beat", "midi_event", "metronome:beat", "chord_change",
		"widget_state", "tempo_change", "key_change", "score_loaded", "tuner:pitch"};
	static const double seconds[] = {0, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95};
	static const int64_t tick[] = {0, 480, 960, 1152, 1344, 1440, 1488, 1584, 1632};
	static const double beat[] = {1, 1.5, 2, 2.2, 2.4, 2.5, 0, 0, 0};
	yyjson_val *root, *events, *event;
	size_t size, i, max;
	char dir[64], *text;
	yyjson_doc *doc;

	make_dir(dir);
	record(dir, "lesson", ev, 9);
	text = export(dir, "lesson", &size);
	doc = yyjson_read(text, size, 0);
	cr_assert_not_null(doc, "no JSON: %s", text);
	root = yyjson_doc_get_root(doc);
	cr_expect_str_eq(yyjson_get_str(yyjson_obj_get(root, "version")), "1.0");
	cr_expect_eq(yyjson_get_int(yyjson_obj_get(root, "ppq")), 960);
	cr_expect_str_eq(yyjson_get_str(yyjson_obj_get(yyjson_obj_get(root, "metadata"), "recordedAt")),
		"2023-11-14T22:13:20Z");
	events = yyjson_obj_get(root, "events");
	cr_assert_eq(yyjson_arr_size(events), 9);
	yyjson_arr_foreach(events, i, max, event)
	{
		cr_expect_str_eq(yyjson_get_str(yyjson_obj_get(event, "type")), type[i]);
		cr_expect_float_eq(yyjson_get_num(yyjson_obj_get(event, "timestamp")), seconds[i], 1e-6);
		cr_expect_eq(yyjson_get_sint(yyjson_obj_get(event, "tick")), tick[i], "event %zu at %ld", i,
			yyjson_get_sint(yyjson_obj_get(event, "tick")));
		cr_expect_eq(yyjson_get_int(yyjson_obj_get(event, "measure")), 1);
		if (beat[i] > 0)
			cr_expect_float_eq(yyjson_get_num(yyjson_obj_get(event, "beat")), beat[i], 0.002);
	}
#define DATA(n, member) yyjson_obj_get(yyjson_obj_get(yyjson_arr_get(events, n), "data"), member)
	cr_expect_eq(yyjson_get_int(DATA(1, "note")), 60);
	cr_expect_eq(yyjson_get_int(DATA(1, "velocity")), 77);
	cr_expect_str_eq(yyjson_get_str(DATA(1, "source")), "midi-in");
	cr_expect_str_eq(yyjson_get_str(DATA(3, "detected")), "Am7");
	cr_expect(yyjson_is_null(DATA(3, "roman")));
	cr_expect_float_eq(yyjson_get_num(DATA(3, "confidence")), 0.95, 0.001);
	cr_expect_str_eq(yyjson_get_str(DATA(4, "widgetId")), "tuner");
	cr_expect_float_eq(yyjson_get_num(DATA(5, "bpm")), 60, 1e-9);
	cr_expect_str_eq(yyjson_get_str(DATA(6, "key")), "C minor");
	yyjson_doc_free(doc);
	free(text);
	remove_dir(dir);
}

/* A stream as the bus tells it: score notes announced 100 ms ahead, live ones as they come. */
static size_t make_stream(struct mos_event *ev, size_t n)
{
	uint64_t state = 99, ms = 10;

	for (size_t i = 0; i < n; i++) {
		state = mix(state + i);
		ms += state % 7;
		ev[i] = numbered(i);
		ev[i].type = mos_event_type_at((uint32_t)(state >> 8) % 30);
		if (ev[i].type == MOS_EVENT_MIDI_NOTEON || ev[i].type == MOS_EVENT_MIDI_NOTEOFF)
			ev[i].type = MOS_EVENT_TUNER_PITCH;
		ev[i].flags = MOS_EVENT_IMMEDIATE;
		ev[i].seq = i + 1000;
		ev[i].source = MOS_SOURCE_RTCORE;
		ev[i].time_ns = START + ms * MS;
		if (state >> 20 & 1) {
			ev[i] = note(i + 1000, ms, state >> 21 & 1 ? MOS_SOURCE_SCORE : MOS_SOURCE_MIDI_IN,
				state >> 22 & 1, (uint8_t)(40 + (state >> 24) % 30));
			if (ev[i].source == MOS_SOURCE_SCORE) {
				ev[i].time_ns += 100 * MS;
				ev[i].flags |= MOS_EVENT_SCHEDULED;
				ev[i].u.note.group = 0;
			}
		}
	}
	return n;
}

Test(recorder_timeline, bit_equal,
	.description = "HTL-03 HTL-04: journal to timeline to records: every event is there again, bit for "
		       "bit, in its "
		       "order; and the timeline of those is the same text")
{
	enum { N = 20000 };
	struct mos_event *ev = calloc(N, sizeof(*ev)), *back = NULL;
	char dir[64], where[96], *text, *again;
	uint64_t start;
	size_t size, size_again;
	int64_t n;

	make_dir(dir);
	make_stream(ev, N);
	record(dir, "one", ev, N);
	text = export(dir, "one", &size);
	n = timeline_read(text, size, &back, &start, where);
	cr_assert_eq(n, N, "%ld: %s", n, where);
	cr_expect_eq(start, START);
	for (size_t i = 0; i < N; i++)
		cr_assert_eq(memcmp(&back[i], &ev[i], sizeof(ev[i])), 0, "event %zu is another", i);
	cr_assert_eq(journal_remove(dir, "one"), 0);
	record(dir, "one", back, N);
	again = export(dir, "one", &size_again);
	cr_assert_eq(size, size_again);
	cr_expect_eq(memcmp(text, again, size), 0);
	free(again);
	free(text);
	free(back);
	free(ev);
	remove_dir(dir);
}

/* Play a recording to its end into a list, on a clock of our own. */
static size_t replay(
	const char *dir, const char *name, int with_score, uint64_t start, struct mos_event *ret, size_t max)
{
	struct player *p = NULL;
	struct mos_event ev;
	size_t n = 0;
	int got = 0;

	cr_assert_eq(player_create(dir, name, with_score, start, &p), 0);
	for (uint64_t now = start - 150 * MS; got != -1; now += 20 * MS) {
		while ((got = player_next(p, now, &ev)) == 1) {
			cr_assert_lt(n, max);
			cr_assert_leq(ev.time_ns, now + (uint64_t)PLAYER_AHEAD_NS, "handed out too early");
			cr_assert_geq(
				ev.time_ns + 20 * MS, now + (uint64_t)PLAYER_AHEAD_NS, "handed out late");
			cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
			ret[n++] = ev;
			player_done(p);
		}
		cr_assert_geq(got, -1);
	}
	cr_expect_eq(player_emitted(p), n);
	player_destroy(p);
	return n;
}

Test(recorder_timeline, replay_equal,
	.description = "HTL-04: a replay emits what sounded, at the same distances to the nanosecond; the "
		       "replay of a "
		       "recording of it is the same again")
{
	enum { N = 5000 };
	struct mos_event *ev = calloc(N, sizeof(*ev)), *a = calloc(N, sizeof(*a)), *b = calloc(N, sizeof(*b));
	size_t n_live = 0, n_a, n_b;
	uint64_t first = 0;
	char dir[64];

	make_dir(dir);
	make_stream(ev, N);
	for (size_t i = 0; i < N; i++) /* nothing hangs, nothing jumps: what is played is what was played */
		if (ev[i].type == MOS_EVENT_MIDI_UMP || ev[i].type >> 8 == 0x10 || ev[i].type >> 8 == 0x12)
			ev[i].type = MOS_EVENT_TUNER_PITCH;
	record(dir, "a", ev, N);
	n_a = replay(dir, "a", 0, 1000000 * MS, a, N);
	for (size_t i = 0; i < N; i++) {
		int sounds = ev[i].type == MOS_EVENT_MIDI_NOTEON || ev[i].type == MOS_EVENT_MIDI_NOTEOFF;

		if (!sounds || ev[i].source != MOS_SOURCE_MIDI_IN)
			continue;
		first = first ? first : ev[i].time_ns;
		cr_assert_lt(n_live, n_a, "event %zu did not sound again", i);
		cr_assert_eq(a[n_live].type, ev[i].type);
		cr_assert_eq(memcmp(&a[n_live].u.note, &ev[i].u.note, sizeof(ev[i].u.note)), 0);
		cr_assert_eq(a[n_live].time_ns - 1000000 * MS, ev[i].time_ns - first);
		n_live++;
	}
	cr_assert_geq(n_live, N / 6);
	for (size_t i = n_live; i < n_a; i++) /* what hung at the end is let go */
		cr_expect_eq(a[i].type, MOS_EVENT_MIDI_NOTEOFF);
	for (size_t i = 0; i < n_a; i++)
		a[i].source = 5;
	record(dir, "b", a, n_a);
	n_b = replay(dir, "b", 0, 1000000 * MS, b, N);
	cr_assert_eq(n_a, n_b);
	for (size_t i = 0; i < n_a; i++) {
		b[i].source = 5;
		cr_assert_eq(memcmp(&a[i], &b[i], sizeof(a[i])), 0, "event %zu differs the second time", i);
	}
	free(ev);
	free(a);
	free(b);
	remove_dir(dir);
}

Test(recorder_timeline, stopped_score,
	.description = "HTL-04: notes that were announced and then stopped do not sound in a replay; those "
		       "that sounded end")
{
	struct mos_event ev[] = {
		note(1, 100, MOS_SOURCE_SCORE, 1, 60), /* sounds */
		note(2, 150, MOS_SOURCE_SCORE, 1, 62), /* announced, but the stop came first */
		{.seq = 3,
			.time_ns = START + 120 * MS,
			.tick = 0,
			.type = MOS_EVENT_TRANSPORT_STOP,
			.source = MOS_SOURCE_RTCORE,
			.flags = MOS_EVENT_IMMEDIATE},
		note(4, 130, MOS_SOURCE_MIDI_IN, 1, 70),
		note(5, 140, MOS_SOURCE_MIDI_IN, 0, 70),
	};
	struct mos_event got[8];
	char dir[64], *text;
	size_t n, size;

	for (int i = 0; i < 2; i++)
		ev[i].flags |= MOS_EVENT_SCHEDULED;
	make_dir(dir);
	record(dir, "s", ev, 5);
	n = replay(dir, "s", 1, 1000 * MS, got, 8);
	cr_assert_eq(n, 4);
	cr_expect(
		got[0].type == MOS_EVENT_MIDI_NOTEON && got[0].u.note.key == 60 && got[0].u.note.group == 3);
	cr_expect(got[1].type == MOS_EVENT_MIDI_NOTEOFF && got[1].u.note.key == 60);
	cr_expect_eq(got[1].time_ns - got[0].time_ns, 20 * MS);
	cr_expect_eq(got[2].u.note.key, 70);
	cr_expect_eq(replay(dir, "s", 0, 1000 * MS, got, 8), 2, "without the score");
	text = export(dir, "s", &size);
	cr_expect_not_null(strstr(text, "\"void\":true"));
	free(text);
	remove_dir(dir);
}

Test(recorder_timeline, foreign,
	.description = "HTL-01: the notes of another program's timeline are read; what is none is refused "
		       "with its place")
{
	static const char good[] =
		"{\"version\":\"1.0\",\"events\":[{\"timestamp\":5.5,\"tick\":2640,\"measure\":1,\"beat\":1."
		"0,"
		"\"type\":\"chord_change\",\"data\":{\"detected\":\"Am7\"}},{\"timestamp\":6.25,\"type\":"
		"\"midi_event\",\"data\":{\"note\":64,\"velocity\":127,\"channel\":2}},{\"timestamp\":7,"
		"\"type\":"
		"\"midi_event\",\"data\":{\"note\":64,\"velocity\":0,\"channel\":2}}]}";
	static const struct {
		const char *text, *where;
	} bad[] = {
		{"", "byte 0"},
		{"{", "byte 1"},
		{"[]", "/version"},
		{"{\"version\":\"2.0\",\"events\":[]}", "/version"},
		{"{\"version\":\"1.0\"}", "/events"},
		{"{\"version\":\"1.0\",\"events\":{}}", "/events"},
		{"{\"version\":\"1.0\",\"events\":[{\"type\":\"midi_event\",\"data\":{\"note\":128}}]}",
			"/events/0"},
		{"{\"version\":\"1.0\",\"events\":[{\"mos\":{\"record\":\"00\"}}]}", "/events/0"},
		{"{\"version\":\"1.0\",\"events\":[{\"mos\":{\"record\":7}}]}", "/events/0"},
	};
	struct mos_event *ev = NULL;
	uint64_t start = 0;
	char where[96];

	cr_assert_eq(timeline_read(good, sizeof(good) - 1, &ev, &start, where), 2);
	cr_expect_eq(ev[0].time_ns, 6250 * MS);
	cr_expect_eq(ev[0].u.note.velocity, 0xffff);
	cr_expect_eq(ev[1].type, MOS_EVENT_MIDI_NOTEOFF);
	free(ev);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(timeline_read(bad[i].text, strlen(bad[i].text), &ev, &start, where), -EINVAL,
			"%s", bad[i].text);
		cr_expect_eq(strncmp(where, bad[i].where, strlen(bad[i].where)), 0, "%s for %s", where,
			bad[i].text);
	}
}
