/* SPDX-License-Identifier: MIT */
/* Hermes timeline JSON in and out (HTL-01, HTL-02, HTL-03, FMT-06). */
#include "score_nvx_fixture.h"

#include <score/format.h>

static struct score *import_timeline(const char *text)
{
	const struct score_import how = {.alloc = &score_heap, .name = "lesson"};
	struct score *score = NULL;
	enum score_format format = SCORE_N_FORMATS;
	memset(&fixture_report, 0, sizeof(fixture_report));
	const int rc =
		score_import((const uint8_t *)text, strlen(text), &how, &fixture_report, &score, &format);
	cr_assert(rc == 0 || rc == -EINVAL, "%d", rc);
	if (rc == 0)
		cr_expect_eq(format, SCORE_FORMAT_TIMELINE, "FMT-06");
	return score;
}

static char *export_timeline(const struct score *score)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(score_export(score, SCORE_FORMAT_TIMELINE, &out, &fixture_report), 0, "FMT-06");
	score_bytes_u8(&out, 0);
	return (char *)out.data;
}

static int warned(const char *code)
{
	for (uint32_t i = 0; i < fixture_report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		if (strcmp(fixture_report.warning[i].code, code) == 0)
			return 1;
	return 0;
}

#define EVENTS(list) "{\"version\":\"1.0\",\"events\":[" list "]}"
#define EVENTS_960(list) "{\"version\":\"1.0\",\"ppq\":960,\"metadata\":{\"tempo\":60},\"events\":[" list "]}"

Test(score_timeline, HTL_01_the_example_of_the_source,
	.description =
		"HTL-01 FMT-06: the example loads, at 480 a quarter; its measure is compared, not believed")
{
	struct score *score = import_timeline(EVENTS(
		"{\"timestamp\":5.5,\"tick\":2640,\"measure\":1,\"beat\":1.0,\"type\":\"chord_change\","
		"\"data\":{\"detected\":\"Am7\",\"expected\":\"Am7\",\"roman\":\"i7\",\"confidence\":0.95}"
		"}"));
	cr_assert_not_null(score, "HTL-01: %s", fixture_report.error[0].reason);
	cr_expect(warned("timeline.ppq.guessed") && warned("timeline.measure.differs"), "HTL-01");
	cr_assert_eq(score_n_chord(score), 1u, "HTL-01");
	cr_expect_eq(score_chord(score, 0)->e.tick, 5280, "HTL-01: scaled to 960");
	cr_expect_str_eq(score_text(score, score_chord(score, 0)->symbol), "Am7", "HTL-01");
	cr_expect_str_eq(score_text(score, score_chord(score, 0)->roman), "i7", "HTL-01");
	cr_expect_eq(
		score_tempo(score, 0)->ns_per_quarter, 1000000000u, "HTL-01: 480 ticks a second are 60 BPM");
	char *text = export_timeline(score);
	cr_expect_not_null(
		strstr(text, "{\"timestamp\":5.5,\"tick\":5280,\"measure\":2,\"beat\":2.5,\"type\":"
			     "\"chord_change\",\"data\":{\"detected\":\"Am7\",\"expected\":\"Am7\",\"roman\":"
			     "\"i7\",\"confidence\":0.95}}"),
		"HTL-01: %s", text);
	score_free(&score_heap, text);
	score_unref(score);
}

Test(score_timeline, HTL_02_each_type,
	.description = "HTL-02 FMT-06: each type is read and written; what is no music stays an event")
{
	struct score *score = import_timeline(EVENTS_960(
		"{\"timestamp\":0,\"tick\":0,\"type\":\"score_loaded\",\"data\":{\"title\":\"Tune\"}},"
		"{\"timestamp\":1,\"tick\":960,\"type\":\"midi_event\",\"data\":{\"note\":64,\"velocity\":80,"
		"\"channel\":9,\"source\":\"pads\"}},"
		"{\"timestamp\":1.5,\"tick\":1440,\"type\":\"widget_state\",\"data\":{\"widgetId\":\"w\","
		"\"state\":[1]}},"
		"{\"timestamp\":2,\"tick\":1920,\"type\":\"midi_event\",\"data\":{\"note\":64,\"velocity\":0,"
		"\"channel\":9,\"source\":\"pads\"}},"
		"{\"timestamp\":2,\"tick\":1920,\"type\":\"tempo_change\",\"data\":{\"bpm\":120}},"
		"{\"timestamp\":3,\"tick\":3840,\"type\":\"key_change\",\"data\":{\"key\":\"Bb minor\"}},"
		"{\"timestamp\":3,\"tick\":3840,\"type\":\"chord_change\",\"data\":{\"detected\":\"C\","
		"\"expected\":"
		"\"Cm\",\"roman\":null,\"confidence\":0.5}},"
		"{\"timestamp\":3.5,\"tick\":4800,\"type\":\"org.example.own\",\"data\":{\"x\":1}}"));
	cr_assert_not_null(
		score, "HTL-02: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
	cr_expect_str_eq(score_text(score, score->globals.metadata.title), "Tune", "HTL-02");
	cr_assert_eq(score->n_parts, 1u, "HTL-02");
	cr_assert_eq(score->part[0]->note.n, 1u, "HTL-02");
	const struct nvx_note *note = score_part_note(score->part[0], 0);
	cr_expect(
		note->tick == 960 && note->duration_ticks == 960 && note->pitch == 64 && note->velocity == 80,
		"HTL-02: the note that was played");
	cr_expect_eq(score->part[0]->part.role, NVX_ROLE_DRUMS, "HTL-02");
	cr_assert_eq(score_n_tempo(score), 2u, "HTL-02");
	cr_expect_eq(score_tempo(score, 1)->ns_per_quarter, 500000000u, "HTL-02");
	cr_expect_eq(score_key_at(score, 3840)->fifths, -5, "HTL-02");
	cr_expect_str_eq(
		score_text(score, score_chord(score, 0)->symbol), "Cm", "HTL-02: what the score has");
	cr_assert_eq(score_n_extended(score), 1u, "HTL-02");
	char *text = export_timeline(score);
	static const char *const wanted[] = {"{\"timestamp\":0,\"tick\":0,\"measure\":1,\"beat\":1,\"type\":"
					     "\"score_loaded\",\"data\":{\"title\":\"Tune\"}}",
		"{\"timestamp\":1,\"tick\":960,\"measure\":1,\"beat\":2,\"type\":\"midi_event\",\"data\":{"
		"\"note\":64,"
		"\"velocity\":80,\"channel\":9,\"source\":\"pads\"}}",
		"\"data\":{\"note\":64,\"velocity\":0,\"channel\":9,\"source\":\"pads\"}}",
		"\"data\":{\"state\":[1],\"widgetId\":\"w\"},\"type\":\"widget_state\"}",
		"\"type\":\"tempo_change\",\"data\":{\"bpm\":120,\"nsPerQuarter\":500000000}}",
		"\"type\":\"key_change\",\"data\":{\"key\":\"Bb minor\"}}",
		"{\"detected\":\"C\",\"expected\":\"Cm\",\"roman\":null,\"confidence\":0.5}}",
		"{\"timestamp\":3.5,\"tick\":4800,\"measure\":2,\"beat\":2,\"data\":{\"x\":1},\"type\":"
		"\"org.example.own\"}"};
	const char *at = text;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		cr_expect_not_null(strstr(text, wanted[i]), "HTL-02: no %s in %s", wanted[i], at);
	struct score *again = import_timeline(text);
	cr_assert_not_null(again, "HTL-02");
	cr_expect(score_same_state(again, score), "HTL-02: the same score again");
	score_unref(again);
	score_free(&score_heap, text);
	score_unref(score);
}

Test(score_timeline, HTL_02_what_music_has_no_place_for,
	.description = "HTL-02: times that are not the tempo map's and further members of music are told, "
		       "not lost in silence")
{
	struct score *score = import_timeline(EVENTS_960(
		"{\"timestamp\":0,\"tick\":0,\"measure\":1,\"beat\":1,\"type\":\"chord_change\",\"data\":"
		"{\"detected\":null,\"expected\":\"C\",\"roman\":null,\"confidence\":null}},"
		"{\"timestamp\":1.005,\"tick\":960,\"type\":\"key_change\",\"data\":{\"key\":\"C major\"}}"));
	cr_assert_not_null(score, "HTL-02: %s", fixture_report.error[0].reason);
	cr_expect_not(
		warned("nvx1.migrated"), "HTL-02: all of it is kept: %s", fixture_report.warning[0].reason);
	score_unref(score);
	score = import_timeline(EVENTS_960(
		"{\"timestamp\":0,\"tick\":0,\"type\":\"midi_event\",\"data\":{\"note\":64,\"velocity\":80},"
		"\"mos.record\":\"AAAA\"},"
		"{\"timestamp\":1.25,\"tick\":960,\"type\":\"midi_event\",\"data\":{\"note\":64,\"velocity\":"
		"0,"
		"\"pressure\":3}}"));
	cr_assert_not_null(score, "HTL-02: %s", fixture_report.error[0].reason);
	cr_assert_eq(fixture_report.n_warnings, 2u, "HTL-02");
	cr_expect_not_null(strstr(fixture_report.warning[0].reason,
				   "1 timestamps of music are not those of the tempo map, by up "
				   "to 0.250 s"),
		"HTL-02: %s", fixture_report.warning[0].reason);
	cr_expect_not_null(
		strstr(fixture_report.warning[1].reason, "2 events that are music say more, as mos.record"),
		"HTL-02: %s", fixture_report.warning[1].reason);
	score_unref(score);
}

static uint32_t ppq_of(const char *text)
{
	struct score *score = import_timeline(text);
	cr_assert_not_null(score, "FMT-06: %s", fixture_report.error[0].reason);
	const int64_t tick = score_chord(score, 0)->e.tick;
	score_unref(score);
	return tick ? (uint32_t)(960 * 960 / tick) : 0;
}

Test(score_timeline, FMT_06_ppq,
	.description = "FMT-06: ticks a quarter by the nearest of 240, 480, 960 at the tempo")
{
#define CHORDS(t1, k1, t2, k2)                                                                               \
	"{\"timestamp\":" t1 ",\"tick\":" k1 ",\"type\":\"chord_change\",\"data\":{\"expected\":\"C\"}},"    \
	"{\"timestamp\":" t2 ",\"tick\":" k2 ",\"type\":\"chord_change\",\"data\":{\"expected\":\"G\"}}"
#define AT_120(list) "{\"version\":\"1.0\",\"metadata\":{\"tempo\":120},\"events\":[" list "]}"
	/* The first chord stands at tick 960 of the file: at 960 * 960 / ppq here. */
	cr_expect_eq(ppq_of(AT_120(CHORDS("0", "960", "1", "1440"))), 240u,
		"FMT-06: 480 ticks a second at 120 BPM");
	cr_expect_eq(ppq_of(AT_120(CHORDS("0", "960", "1", "1921"))), 480u, "FMT-06");
	cr_expect_eq(ppq_of(AT_120(CHORDS("0", "960", "1", "2870"))), 960u, "FMT-06");
	cr_expect_eq(ppq_of(EVENTS(CHORDS("0", "960", "1", "2880"))), 480u, "FMT-06: no tempo says it");
	cr_expect_eq(
		ppq_of("{\"version\":\"1.0\",\"ppq\":960,\"events\":[" CHORDS("0", "960", "1", "1440") "]}"),
		960u, "FMT-06: stated");
	cr_expect_not(warned("timeline.ppq.guessed"), "FMT-06");
}

Test(score_timeline, FMT_06_refused, .description = "FMT-06: what is no timeline is refused with its place")
{
	static const struct {
		const char *text, *code, *where;
	} rows[] = {
		{"{\"events\":[]}", "nvx1.version.missing", ""},
		{"{\"version\":\"2.0\",\"events\":[]}", "nvx1.version.unsupported", ""},
		{"{\"version\":\"1.0\",\"events\":{}}", "nvx1.type", "/events"},
		{EVENTS("7"), "nvx1.type", "/events/0"},
		{EVENTS("{\"tick\":0,\"type\":\"x\"}"), "nvx1.member.missing", "/events/0"},
		{EVENTS("{\"timestamp\":-1,\"tick\":0,\"type\":\"x\"}"), "nvx1.range", "/events/0/timestamp"},
		{EVENTS("{\"timestamp\":1,\"tick\":\"0\",\"type\":\"x\"}"), "nvx1.type", "/events/0/tick"},
		{EVENTS("{\"timestamp\":1,\"tick\":0}"), "nvx1.member.missing", "/events/0"},
		{EVENTS("{\"timestamp\":1,\"tick\":0,\"type\":\"midi_event\",\"data\":{\"note\":128,"
			"\"velocity\":1}}"),
			"nvx1.range", "/events/0/data/note"},
		{EVENTS("{\"timestamp\":1,\"tick\":0,\"type\":\"midi_event\",\"data\":{\"note\":1}}"),
			"nvx1.member.missing", "/events/0/data"},
		{"{\"version\":\"1.0\",\"events\":[", "nvx1.json.syntax", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct score *score = import_timeline(rows[i].text);
		cr_expect_null(score, "FMT-06: %s", rows[i].text);
		cr_expect_str_eq(fixture_report.error[0].code, rows[i].code, "FMT-06: %s", rows[i].text);
		if (rows[i].where)
			cr_expect_str_eq(
				fixture_report.error[0].where, rows[i].where, "FMT-06: %s", rows[i].text);
		score_unref(score);
	}
}

Test(score_timeline, HTL_03_many, .description = "HTL-03: 100,000 events come in and out, none is missing")
{
	enum { N = 50000 };
	char *text = malloc((size_t)N * 240);
	size_t n = (size_t)sprintf(
		text, "{\"version\":\"1.0\",\"ppq\":960,\"metadata\":{\"tempo\":60},\"events\":[");
	for (int i = 0; i < N; i++)
		n += (size_t)sprintf(text + n,
			"%s{\"timestamp\":%d.%03d,\"tick\":%d,\"type\":\"midi_event\",\"data\":{\"note\":%d,"
			"\"velocity\":64}},"
			"{\"timestamp\":%d.%03d,\"tick\":%d,\"type\":\"midi_event\",\"data\":{\"note\":%d,"
			"\"velocity\":0}}",
			i ? "," : "", i / 10, i % 10 * 100, i * 96, 40 + i % 40, i / 10, i % 10 * 100 + 50,
			i * 96 + 48, 40 + i % 40);
	strcpy(text + n, "]}");
	struct score *score = import_timeline(text);
	cr_assert_not_null(score, "HTL-03: %s", fixture_report.error[0].reason);
	cr_expect_eq(score_n_notes(score), (uint64_t)N, "HTL-03");
	char *out = export_timeline(score);
	unsigned events = 0;
	for (const char *at = out; *at; at++)
		events += *at == 'm' && strncmp(at, "midi_event", 10) == 0;
	cr_expect_eq(events, 2u * N, "HTL-03");
	score_free(&score_heap, out);
	score_unref(score);
	free(text);
}

Test(score_timeline, FMT_06_time,
	.description = "FMT-06 HTL-01: events stand at the times that the tempo map gives")
{
	/* A beat at 60, then in a straight line of ns a quarter from 60 to 120 over a measure. */
	struct score *score = load_text("{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"t\",\"key\":"
					"\"none\",\"tempo\":60},\"timeline\":{\"tempo\":["
					"{\"tick\":0,\"nsPerQuarter\":1000000000},{\"tick\":3840,"
					"\"nsPerQuarter\":1000000000,\"curve\":\"linear\"},"
					"{\"tick\":7680,\"nsPerQuarter\":500000000}]},\"measures\":[{},{},{}]"
					",\"parts\":[{\"id\":\"p\",\"name\":\"p\",\"notes\":["
					"{\"tick\":5760,\"durationTicks\":1920,\"pitch\":60},{\"tick\":8640,"
					"\"durationTicks\":960,\"pitch\":60}]}],"
					"\"layers\":[]}");
	cr_assert_not_null(score, "FMT-06: %s", fixture_report.error[0].reason);
	char *text = export_timeline(score);
	/* 4 s, then 2 quarters of 1 to 0.75 s: 1.75 s; at the end of the ramp 3 s; a quarter of 0.5 s behind
	 * it. */
	cr_expect_not_null(strstr(text, "{\"timestamp\":5.75,\"tick\":5760,\"measure\":2,\"beat\":3,"),
		"FMT-06: %s", text);
	cr_expect_not_null(strstr(text, "{\"timestamp\":7,\"tick\":7680,"), "FMT-06: %s", text);
	cr_expect_not_null(strstr(text, "{\"timestamp\":7.5,\"tick\":8640,"), "FMT-06: %s", text);
	score_free(&score_heap, text);
	score_unref(score);
}

Test(score_timeline, HTL_01_a_fault_in_any_order,
	.description = "HTL-01: what is wrong with a chord is told also where another stands at its place")
{
#define SURE(confidence)                                                                                     \
	"{\"timestamp\":1,\"tick\":960,\"measure\":1,\"beat\":2,\"type\":\"chord_change\","              \
	"\"data\":{\"detected\":\"C\",\"expected\":null,\"roman\":null,\"confidence\":" confidence "}}"
	static const char *const texts[] = {
		EVENTS_960(SURE("0.5") "," SURE("5.5")), EVENTS_960(SURE("5.5") "," SURE("0.5"))};
#undef SURE
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_null(import_timeline(texts[i]), "HTL-01");
		cr_expect_str_eq(fixture_report.error[0].code, "nvx1.range", "HTL-01");
		cr_expect_str_eq(fixture_report.error[0].where, i ? "/events/0/data/confidence" : "/events/1/data/confidence",
			"HTL-01");
	}
}

Test(score_timeline, HTL_01_the_fastest_tempo,
	.description = "HTL-01: a tempo of one nanosecond a quarter note, which the score can hold, comes back")
{
	struct score *score = import_timeline(EVENTS_960(
		"{\"timestamp\":0,\"tick\":0,\"measure\":1,\"beat\":1,\"type\":\"tempo_change\",\"data\":{\"nsPerQuarter\":1}}"));
	cr_assert_not_null(score, "HTL-01");
	char *text = export_timeline(score);
	struct score *again = import_timeline(text);
	cr_assert_not_null(again, "HTL-01: %s in %s", fixture_report.error[0].reason, text);
	cr_expect_eq(score_tempo(again, 0)->ns_per_quarter, 1u, "HTL-01");
	free(text);
	score_unref(again);
	score_unref(score);
}
