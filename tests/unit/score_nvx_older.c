/* SPDX-License-Identifier: MIT */
/* Older shapes of NVX1: rules of migration one by one, and what is refused with its place (NVX-03). */
#include "score_nvx_fixture.h"

static const struct nvx_note *note_at(const struct score *score, uint32_t part, uint32_t i)
{
	cr_assert_lt(part, score->n_parts, "NVX-03");
	cr_assert_lt(i, score->part[part]->note.n, "NVX-03");
	return score_part_note(score->part[part], i);
}

static struct score *loaded(const char *text)
{
	struct score *score = load_text(text);
	cr_assert_not_null(score, "NVX-03: %s %s: %s in %s", fixture_report.error[0].code,
		fixture_report.error[0].where, fixture_report.error[0].reason, text);
	return score;
}

static int warned(const char *code, const char *where)
{
	for (uint32_t i = 0; i < fixture_report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		if (strcmp(fixture_report.warning[i].code, code) == 0 &&
			(!where || strcmp(fixture_report.warning[i].where, where) == 0))
			return 1;
	return 0;
}

Test(score_nvx_older, NVX_03_times,
	.description = "NVX-03: ticks are scaled by what the file says of a quarter, else they are quarters; "
		       "half up, told")
{
	static const struct {
		const char *ppq, *start;
		int64_t tick;
		int rounded;
	} rows[] = {{"\"ppq\":480,", "480", 960, 0}, {"\"divisions\":4,", "6", 1440, 0},
		{"\"ppq\":7,", "3", 411, 1}, {"", "1.5", 1440, 0}, {"", "3", 2880, 0}, {"", "240", 240, 0},
		{"\"ppq\":128,", "1", 8, 1}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		(void)snprintf(text, sizeof(text),
			"{\"version\":\"1.0\",%s\"info\":{\"title\":\"t\"},\"tracks\":[{\"name\":\"x\","
			"\"notes\":[{\"pitch\":60,"
			"\"startTime\":%s,\"duration\":%s}]}]}",
			rows[i].ppq, rows[i].start, rows[i].start);
		struct score *score = loaded(text);
		cr_expect_eq(note_at(score, 0, 0)->tick, rows[i].tick, "NVX-03: %s%s is %lld", rows[i].ppq,
			rows[i].start, (long long)note_at(score, 0, 0)->tick);
		cr_expect_eq(warned("nvx1.rounded", NULL), rows[i].rounded, "NVX-03: %s", text);
		score_unref(score);
	}
}

Test(score_nvx_older, NVX_03_velocities,
	.description = "NVX-03: velocities of 0 to 1 only where one is no whole number")
{
	struct score *score =
		loaded("{\"info\":{},\"tracks\":[{\"notes\":[{\"pitch\":1,\"startTime\":0,\"duration\":1,"
		       "\"velocity\":0.5},{\"pitch\":2,\"startTime\":0,\"duration\":1,\"velocity\":1},"
		       "{\"pitch\":3,\"startTime\":0,\"duration\":1,\"velocity\":0.001}]}]}");
	cr_expect_eq(note_at(score, 0, 0)->velocity, 64, "NVX-03: half up");
	cr_expect_eq(note_at(score, 0, 1)->velocity, 127, "NVX-03");
	cr_expect_eq(note_at(score, 0, 2)->velocity, 1, "NVX-03: at least 1");
	score_unref(score);
	score = loaded("{\"info\":{},\"tracks\":[{\"notes\":[{\"pitch\":1,\"startTime\":0,\"duration\":1,"
		       "\"velocity\":1}]}]}");
	cr_expect_eq(note_at(score, 0, 0)->velocity, 1, "NVX-03: of 0 to 127");
	score_unref(score);
}

#define CONTRACT(signature, measures)                                                                        \
	"{\"version\":\"1.0\",\"ppq\":960,\"timeSignature\":\"" signature                                    \
	"\",\"parts\":[{\"id\":\"a\",\"name\":\"A\",\"measures\":[" measures "]}]}"
#define NOTE(start, more) "{\"midiPitch\":60,\"startTick\":" start ",\"durationTicks\":480" more "}"

Test(score_nvx_older, NVX_03_measures,
	.description = "NVX-03: measures get the length of their meter, notes keep their place in them")
{
	/* From the score's start, where 6/8 had six quarters. */
	struct score *score =
		loaded(CONTRACT("6/8", "{\"notes\":[" NOTE("0", "") "]},{\"notes\":[" NOTE("6240", "") "]}"));
	cr_expect_eq(score_measure(score, 1)->tick, 2880, "NVX-03");
	cr_expect_eq(note_at(score, 0, 1)->tick, 2880 + 480, "NVX-03: 480 after its bar line");
	score_unref(score);
	/* From the measure's start. */
	score = loaded(CONTRACT("6/8", "{\"notes\":[" NOTE("0", "") "]},{\"notes\":[" NOTE("960", "") "]}"));
	cr_expect_eq(note_at(score, 0, 1)->tick, 2880 + 960, "NVX-03");
	score_unref(score);
}

Test(score_nvx_older, NVX_03_ties,
	.description = "NVX-03: tied notes are one note, written as two; also over the bar line")
{
	struct score *score = loaded(CONTRACT("4/4",
		"{\"notes\":[{\"midiPitch\":60,\"startTick\":2880,\"durationTicks\":960,\"voice\":1,"
		"\"isTie\":true}]},"
		"{\"notes\":[{\"midiPitch\":60,\"startTick\":3840,\"durationTicks\":480,\"voice\":1}]}"));
	cr_expect_eq(score->part[0]->note.n, 1u, "NVX-03");
	cr_expect_eq(note_at(score, 0, 0)->duration_ticks, 1440u, "NVX-03");
	cr_expect_eq(score_n_notation(score), 2u, "NVX-03");
	score_unref(score);
	score = loaded(
		CONTRACT("4/4", "{\"notes\":[{\"midiPitch\":60,\"startTick\":1920,\"durationTicks\":3840,"
				"\"voice\":1}]},{\"notes\":[]}"));
	cr_expect_eq(score_n_notation(score), 2u, "NVX-03: cut at the bar line");
	score_unref(score);
}

Test(score_nvx_older, NVX_03_tuplets_and_rests, .description = "NVX-03: rests and tuplets are notation")
{
	struct score *score = loaded(CONTRACT("4/4", "{\"notes\":[{\"midiPitch\":60,\"startTick\":0,"
						     "\"durationTicks\":320,\"voice\":1},{\"midiPitch\":62,"
						     "\"startTick\":320,\"durationTicks\":320,\"voice\":1}],"
						     "\"rests\":[{\"startTick\":640,\"durationTicks\":320,"
						     "\"voice\":1}],\"tuplets\":[{\"startTick\":0,"
						     "\"durationTicks\":960,\"actual\":3,\"normal\":2}]}"));
	unsigned events = 0, rests = 0, tuplets = 0;
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *e = score_notation(score, i);
		tuplets += e->e.kind == NVX_NOTATION_TUPLET;
		if (e->e.kind != NVX_NOTATION_EVENT)
			continue;
		events++;
		rests += e->note_ids == 0;
		cr_expect(e->value == NVX_VALUE_8 && e->tuplet_id != 0, "NVX-03: event %u", (unsigned)i);
	}
	cr_expect(events == 3 && rests == 1 && tuplets == 1, "NVX-03: %u %u %u", events, rests, tuplets);
	score_unref(score);
}

Test(score_nvx_older, NVX_03_strings,
	.description =
		"NVX-03: strings from 0 or from 1; start and stop of a slur are one technique to a note")
{
	struct score *score = loaded("{\"info\":{\"title\":\"t\"},\"measures\":[{\"noteEvents\":[{\"start\":"
				     "0,\"duration\":1,\"string\":0,\"fret\":3,"
				     "\"technical\":{\"slide\":\"start\"}},{\"start\":1,\"duration\":1,"
				     "\"string\":0,\"fret\":5,\"technical\":{"
				     "\"slide\":\"stop\",\"bendAlter\":1.5,\"vibrato\":true,\"harmonicType\":"
				     "\"pinch\",\"dead\":false}}]}]}");
	cr_assert_eq(score_n_tab(score), 2u, "NVX-03");
	cr_expect_eq(score_tab(score, 0)->string, 1, "NVX-03: counted from 0");
	cr_expect_eq(note_at(score, 0, 0)->pitch, 67, "NVX-03: of a guitar's first string");
	uint32_t n;
	const struct nvx_technique_use *use = nvx_items(score->pool, score_tab(score, 0)->techniques, &n);
	cr_assert_eq(n, 1u, "NVX-03");
	cr_expect_eq(use[0].type, NVX_TECHNIQUE_SLIDE, "NVX-03");
	cr_expect_eq(use[0].to_note_id, note_at(score, 0, 1)->id, "NVX-03");
	use = nvx_items(score->pool, score_tab(score, 1)->techniques, &n);
	cr_expect(n == 3 && use[0].type == NVX_TECHNIQUE_BEND && use[1].type == NVX_TECHNIQUE_VIBRATO &&
			  use[2].style == NVX_HARMONIC_PINCH,
		"NVX-03: %u techniques", n);
	score_unref(score);
}

Test(score_nvx_older, NVX_03_exponential_tempo,
	.description = "NVX-03: an exponential tempo is a straight line a beat, to where the curve is there")
{
	static const uint64_t ns[] = {1000000000, 707106781, 500000000, 353553391, 250000000};
	struct score *score = loaded("{\"timeline\":{\"ticksPerQuarter\":24,\"tempoMap\":{\"events\":[{"
				     "\"measureIndex\":0,\"beat\":0,\"bpm\":60,"
				     "\"type\":\"exponential\"},{\"measureIndex\":1,\"beat\":0,\"bpm\":240,"
				     "\"type\":\"step\",\"by\":1}]}},"
				     "\"structure\":{\"sections\":[]},\"tracks\":[{\"measures\":[{\"voices\":"
				     "[]},{\"voices\":[]}]}]}");

	cr_assert_eq(score_n_tempo(score), 5u, "NVX-03: %u", score_n_tempo(score));
	for (uint32_t i = 0; i < 5; i++) {
		const struct nvx_tempo *tempo = score_tempo(score, i);
		cr_expect_eq(tempo->tick, (int64_t)i * 960, "NVX-03");
		cr_expect_leq(llabs((long long)(tempo->ns_per_quarter - ns[i])), 1, "NVX-03: %llu",
			(unsigned long long)tempo->ns_per_quarter);
		cr_expect_eq(tempo->curve, i < 4 ? NVX_CURVE_LINEAR : NVX_CURVE_STEP, "NVX-03");
	}
	cr_expect(warned("nvx1.migrated", "/timeline"), "NVX-03: `by` has no place, and stays as text");
	score_unref(score);
}

Test(score_nvx_older, NVX_03_spelling,
	.description =
		"NVX-03 FMT-09: names of pitches keep their spelling: in notation, or else with the note")
{
	struct score *score = loaded("{\"timeline\":{\"ticksPerQuarter\":24},\"structure\":{\"sections\":[]},"
				     "\"tracks\":[{\"measures\":["
				     "{\"voices\":[{\"elements\":[{\"type\":\"chord\",\"pitches\":[\"C4\","
				     "\"Gb4\"],\"duration\":96}]}]}]}]}");
	uint32_t n;
	cr_assert_eq(score_n_notation(score), 1u, "NVX-03");
	const struct nvx_spelling *as = nvx_items(score->pool, score_notation(score, 0)->spelling, &n);
	cr_assert_eq(n, 1u, "NVX-03");
	cr_expect(as->step == 4 && as->alter == -1, "NVX-03: G flat");
	score_unref(score);
	score = loaded(
		"{\"info\":{},\"tracks\":[{\"notes\":[{\"pitch\":\"Gb4\",\"startTime\":0,\"duration\":1},"
		"{\"pitch\":\"G4\",\"startTime\":1,\"duration\":1}]}]}");
	cr_expect_str_eq(score_text(score, note_at(score, 0, 0)->extra),
		"\"extensions\":{\"novaxe.v1\":{\"pitch\":\"Gb4\"}}", "NVX-03");
	cr_expect_eq(note_at(score, 0, 1)->extra, 0u, "NVX-03");
	score_unref(score);
}

Test(score_nvx_older, NVX_03_refused, .description = "NVX-03 NVX-04: errors point into the document as it is")
{
	static const struct {
		const char *text, *code, *where;
	} rows[] = {
		{CONTRACT("6/8", "{\"notes\":[" NOTE("2880", "") "]},{\"notes\":[]}"), "nvx1.tick.outside",
			"/parts/0/measures/0/notes/0"},
		{CONTRACT("4/4", "{\"notes\":[{\"midiPitch\":128,\"startTick\":0,\"durationTicks\":1}]}"),
			"nvx1.range", "/parts/0/measures/0/notes/0/midiPitch"},
		{CONTRACT("4/4", "{\"notes\":[{\"pitch\":\"H4\",\"startTick\":0,\"durationTicks\":1}]}"),
			"nvx1.range", "/parts/0/measures/0/notes/0/pitch"},
		{CONTRACT("4/4", "{\"notes\":[{\"startTick\":0,\"durationTicks\":1}]}"),
			"nvx1.member.missing", "/parts/0/measures/0/notes/0"},
		{CONTRACT("4/4", "{\"notes\":[{\"midiPitch\":60,\"startTick\":-1,\"durationTicks\":1}]}"),
			"nvx1.range", "/parts/0/measures/0/notes/0/startTick"},
		{CONTRACT("4/4", "{\"notes\":[{\"midiPitch\":60,\"startTick\":\"0\",\"durationTicks\":1}]}"),
			"nvx1.type", "/parts/0/measures/0/notes/0/startTick"},
		{CONTRACT("4/3", "{}"), "nvx1.range", "/timeSignature"},
		{"{\"version\":\"v1\",\"info\":{},\"tracks\":[]}", "nvx1.version.malformed", "/version"},
		{"{\"version\":\"4.0\",\"info\":{},\"tracks\":[]}", "nvx1.version.unsupported", "/version"},
		{"{\"info\":{\"tempo\":-1},\"tracks\":[]}", "nvx1.range", "/info/tempo"},
		{"{\"info\":[],\"tracks\":[]}", "nvx1.type", "/info"},
		{"{\"infos\":{},\"parts\":[{\"title\":7,\"measures\":[{\"beats\":[{}]}]}]}", "nvx1.type",
			"/parts/0/title"},
		{"{\"measures\":[{\"timeSigNum\":4,\"timeSigDenom\":5}]}", "nvx1.range",
			"/measures/0/timeSigDenom"},
		{"{\"version\":\"1.0\",\"metadata\":{\"title\":\"t\",\"key\":\"none\",\"tempo\":60},"
		 "\"measures\":[{\"lyrics\":"
		 "{\"x\":1}}]}",
			"nvx1.type", "/measures/0"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct score *score = load_text(rows[i].text);
		cr_expect_null(score, "NVX-03: %s", rows[i].text);
		cr_expect_str_eq(fixture_report.error[0].code, rows[i].code, "NVX-03: %s", rows[i].text);
		cr_expect_str_eq(fixture_report.error[0].where, rows[i].where, "NVX-03: %s", rows[i].text);
		score_unref(score);
	}
}

Test(score_nvx_older, NVX_03_nothing_is_lost,
	.description = "NVX-03 NVX-09: a member that has no place is kept as it stood, where it stood, in "
		       "the dialect's space")
{
	static const char *const places[] = {
		"{\"odd\":[1,{\"b\":1e400}],\"info\":{},\"tracks\":[]}",
		"{\"info\":{\"odd\":[1,{\"b\":1e400}]},\"tracks\":[]}",
		"{\"info\":{},\"tracks\":[{\"name\":\"x\",\"odd\":[1,{\"b\":1e400}]}]}",
		("{\"info\":{},\"tracks\":[{\"notes\":[{\"pitch\":60,\"startTime\":0,\"duration\":1,\"odd\":["
		 "1,{\"b\":1e400}]}]}]}"),
		"{\"infos\":{},\"parts\":[{\"odd\":[1,{\"b\":1e400}],\"measures\":[{\"beats\":[]}]}]}",
		"{\"infos\":{},\"parts\":[{\"measures\":[{\"odd\":[1,{\"b\":1e400}],\"beats\":[]}]}]}",
		"{\"infos\":{},\"parts\":[{\"measures\":[{\"beats\":[{\"odd\":[1,{\"b\":1e400}]}]}]}]}",
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct score *score = loaded(places[i]);
		cr_expect(warned("nvx1.migrated", NULL), "NVX-03: %s", places[i]);
		struct score_bytes out;
		score_bytes_init(&out, &score_heap);
		cr_assert_eq(nvx_write(score, NVX_CANONICAL, &out), 0);
		score_bytes_u8(&out, 0);
		const char *kept = strstr((const char *)out.data, "\"extensions\":{\"novaxe.v");
		cr_assert_not_null(kept, "NVX-03: %s", places[i]);
		cr_expect_not_null(strstr(kept, "\"odd\":[1,{\"b\":1e400}]"), "NVX-03: %s", kept);
		score_bytes_finish(&out);
		score_unref(score);
	}
}

Test(score_nvx_older, NVX_03_long_names,
	.description = "NVX-03: a long name is cut where it is told of, but no escape and no character in it is")
{
	static const struct {
		const char *written, *meant;
	} units[] = {{"\\\\", "\\"}, {"\\u00e9", "\xc3\xa9"}, {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"}, {"\xc3\xa9", "\xc3\xa9"}};
	for (unsigned u = 0; u < 4; u++)
		for (int n = 45; n <= 62; n++) {
			char text[256], at[160];
			(void)snprintf(text, sizeof(text), "{\"info\":{\"%.*s%s%s\":1},\"tracks\":[]}", n,
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", units[u].written,
				units[u].written);
			score_unref(loaded(text));
			const int left = n < 60 ? (60 - n) / (int)strlen(units[u].written) : 0;
			(void)snprintf(at, sizeof(at), "/info/%.*s%s%s", n < 60 ? n : 60,
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
				left > 0 ? units[u].meant : "", left > 1 ? units[u].meant : "");
			cr_expect(warned("nvx1.migrated", at), "NVX-03: %s has no %s", fixture_report.warning[0].where, at);
		}
}

Test(score_nvx_older, NVX_03_no_key, .description = "NVX-03: an empty key, before any other text, is none")
{
	struct score *score = loaded("{\"info\":{\"key\":\"\"},\"tracks\":[]}");
	cr_expect_eq(score_key(score, 0)->step, NVX_KEY_NONE, "NVX-03");
	score_unref(score);
}
