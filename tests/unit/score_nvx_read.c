/* SPDX-License-Identifier: MIT */
/*
 * Every rule of NVX1 broken once: code and pointer are right (HER-11, NVX-04, NVX-05). Versions (NVX-06,
 * NVX-07, NVX-08), what is completed, what is told.
 */
#include "score_nvx_fixture.h"

struct broken {
	const char *from, *to, *code, *where;
};

static void expect_broken(const char *document, const struct broken *row, const char *id)
{
	char *text = with(document, row->from, row->to);
	struct score *score = load_text(text);
	cr_expect_null(score, "%s: %s is accepted", id, row->to);
	if (!score) {
		int found = 0;
		for (uint32_t i = 0; i < fixture_report.n_errors && i < SCORE_MAX_ISSUES; i++)
			found |= strcmp(fixture_report.error[i].code, row->code) == 0 &&
				 strcmp(fixture_report.error[i].where, row->where) == 0;
		cr_expect(found, "%s: %s: %s at %s, not %s at %s", id, row->to, fixture_report.error[0].code,
			fixture_report.error[0].where, row->code, row->where);
		cr_expect_neq(fixture_report.error[0].reason[0], 0, "%s: %s without a reason", id, row->to);
	}
	score_unref(score);
	free(text);
}

#define EXPECT_BROKEN(rows, id)                                                                              \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof(rows[0]); i_++)                                       \
	expect_broken(full_document, &(rows)[i_], id)

Test(score_nvx_read, top_level)
{
	static const struct broken rows[] = {
		{"\"metadata\":", "\"metadatum\":", "nvx1.member.missing", ""},
		{"\"measures\":", "\"bars\":", "nvx1.member.missing", ""},
		{"\"parts\":", "\"voices\":", "nvx1.member.missing", ""},
		{"\"layers\":", "\"layer\":", "nvx1.member.missing", ""},
		{"\"title\":\"Every thing\",", "", "nvx1.member.missing", "/metadata"},
		{"\"key\":\"Bb major\",\"tempo\":96.5,", "\"tempo\":96.5,", "nvx1.member.missing",
			"/metadata"},
		{"\"tempo\":96.5,\"timeS", "\"timeS", "nvx1.member.missing", "/metadata"},
		{"\"title\":\"Every thing\"", "\"title\":7", "nvx1.type", "/metadata/title"},
		{"\"title\":\"Every thing\"", "\"title\":\"\"", "nvx1.range", "/metadata/title"},
		{"\"title\":\"Every thing\"", "\"title\":null", "nvx1.type", "/metadata/title"},
		{"\"key\":\"Bb major\",\"tempo\"", "\"key\":\"H major\",\"tempo\"", "nvx1.key.malformed",
			"/metadata/key"},
		{"\"tempo\":96.5", "\"tempo\":\"96.5\"", "nvx1.type", "/metadata/tempo"},
		{"\"tempo\":96.5", "\"tempo\":0", "nvx1.range", "/metadata/tempo"},
		{"\"timeSignature\":[4,4]", "\"timeSignature\":[4]", "nvx1.range", "/metadata/timeSignature"},
		{"\"timeSignature\":[4,4]", "\"timeSignature\":[4,3]", "nvx1.range",
			"/metadata/timeSignature"},
		{"\"timeSignature\":[4,4]", "\"timeSignature\":[0,4]", "nvx1.range",
			"/metadata/timeSignature/0"},
		{"\"createdAt\":\"2026-01-31T12:00:00Z\"", "\"createdAt\":\"yesterday\"", "nvx1.type",
			"/metadata/createdAt"},
		{"\"tags\":[\"a\",\"b\"]", "\"tags\":[\"a\",1]", "nvx1.type", "/metadata/tags/1"},
		{"\"id\":17", "\"id\":[17]", "nvx1.type", "/metadata/id"},
		{"\"ppq\":960", "\"ppq\":480", "nvx1.range", "/ppq"},
		{"\"format\":\"nvx1\"", "\"format\":\"nvx2\"", "nvx1.enum", "/format"},
		{"\"org.example.practice\":", "\"Org.Example\":", "nvx1.ext.namespace",
			"/extensions/Org.Example"},
		{"\"extensions\":{\"org", "\"extensions\":7,\"x\":{\"org", "nvx1.type", "/extensions"},
	};
	EXPECT_BROKEN(rows, "NVX-05");
}

Test(score_nvx_read, time)
{
	static const struct broken rows[] = {
		{"\"nsPerQuarter\":621761658", "\"nsPerQuarter\":0", "nvx1.range",
			"/timeline/tempo/0/nsPerQuarter"},
		{"\"nsPerQuarter\":621761658", "\"nsPerQuarter\":60000000001", "nvx1.range",
			"/timeline/tempo/0/nsPerQuarter"},
		{"\"nsPerQuarter\":621761658", "\"nsPerQuarter\":1.5", "nvx1.type",
			"/timeline/tempo/0/nsPerQuarter"},
		{"\"curve\":\"linear\"", "\"curve\":\"bent\"", "nvx1.enum", "/timeline/tempo/1/curve"},
		{"{\"tick\":7680,\"bpm\":90}", "{\"tick\":7680}", "nvx1.member.missing", "/timeline/tempo/2"},
		{"{\"tick\":7680,\"bpm\":90}", "{\"tick\":7680,\"bpm\":0}", "nvx1.range",
			"/timeline/tempo/2/bpm"},
		{"\"num\":7,\"den\":8", "\"num\":7,\"den\":6", "nvx1.range", "/timeline/meter/1/den"},
		{"\"grouping\":[3,2,2]", "\"grouping\":[3,2]", "nvx1.range", "/timeline/meter/1/grouping"},
		{"\"key\":\"none\",\"fifths\":1", "\"key\":\"nine\"", "nvx1.key.malformed",
			"/timeline/key/1/key"},
		{"\"key\":\"none\",\"fifths\":1", "\"key\":\"none\",\"fifths\":8", "nvx1.range",
			"/timeline/key/1/fifths"},
		{"{\"tick\":3840,\"nsPerQuarter\"", "{\"tick\":-1,\"nsPerQuarter\"", "nvx1.range",
			"/timeline/tempo/1/tick"},
		{"{\"tick\":3840,\"nsPerQuarter\"", "{\"tick\":1099511627776,\"nsPerQuarter\"", "nvx1.range",
			"/timeline/tempo/1/tick"},
		{"\"durationTicks\":3840,\"number\"", "\"durationTicks\":0,\"number\"", "nvx1.range",
			"/measures/0/durationTicks"},
		{"\"durationTicks\":3840,\"number\"", "\"durationTicks\":3839,\"number\"",
			"nvx1.measure.length", "/measures/0/durationTicks"},
		{"{\"tick\":3840,\"durationTicks\":3840,\"repeat\"",
			"{\"tick\":3841,\"durationTicks\":3840,\"repeat\"", "nvx1.measure.gap",
			"/measures/1/tick"},
		{"\"repeat\":{\"end\":2}", "\"repeat\":{\"end\":1}", "nvx1.range", "/measures/1/repeat/end"},
		{"\"type\":\"start\"", "\"type\":\"begin\"", "nvx1.enum", "/measures/1/ending/type"},
		{"\"numbers\":[1],", "", "nvx1.member.missing", "/measures/1/ending"},
		{"\"until\":\"fine\"", "\"until\":\"segno\"", "nvx1.enum", "/measures/2/jump/until"},
		{"\"barline\":\"double\"", "\"barline\":2", "nvx1.type", "/measures/0/barline"},
		{"\"strength\":100", "\"strength\":128", "nvx1.range", "/measures/0/beats/0/strength"},
		{"\"toMeasure\":2", "\"toMeasure\":100000", "nvx1.range", "/timeline/order/1/toMeasure"},
	};
	EXPECT_BROKEN(rows, "HER-11");
}

Test(score_nvx_read, parts)
{
	static const struct broken rows[] = {
		{"\"id\":\"p1\",\"name\":\"Guitar\"", "\"name\":\"Guitar\"", "nvx1.member.missing",
			"/parts/0"},
		{"\"id\":\"p1\",\"name\":\"Guitar\"", "\"id\":\"p 1\",\"name\":\"Guitar\"",
			"nvx1.id.malformed", "/parts/0/id"},
		{"\"id\":\"p1\",\"name\":\"Guitar\"", "\"id\":\"\",\"name\":\"Guitar\"", "nvx1.id.malformed",
			"/parts/0/id"},
		{"\"id\":\"v1\",\"kind\"", "\"id\":\"n1\",\"kind\"", "nvx1.id.duplicate", "/media/0/id"},
		{"\"role\":\"melody\"", "\"role\":\"lead\"", "nvx1.enum", "/parts/0/role"},
		{"\"midiProgram\":24", "\"midiProgram\":128", "nvx1.range",
			"/parts/0/instrument/midiProgram"},
		{"\"midiPort\":1", "\"midiPort\":16", "nvx1.range", "/parts/0/instrument/midiPort"},
		{"\"staves\":2", "\"staves\":9", "nvx1.range", "/parts/0/staves"},
		{"\"chromatic\":-12", "\"octave\":-1", "nvx1.member.missing", "/parts/0/transpose"},
		{"\"volume\":0.8", "\"volume\":1.6", "nvx1.range", "/parts/0/mix/volume"},
		{"\"tuning\":[64,", "\"tuning\":[164,", "nvx1.range", "/parts/0/tuning/0"},
		{"\"tick\":0,\"durationTicks\":1920,\"pitch\":60", "\"durationTicks\":1920,\"pitch\":60",
			"nvx1.member.missing", "/parts/0/notes/0"},
		{"\"durationTicks\":1920,\"pitch\":60", "\"durationTicks\":0,\"pitch\":60", "nvx1.range",
			"/parts/0/notes/0/durationTicks"},
		{"\"pitch\":60,\"velocity\":90", "\"pitch\":128,\"velocity\":90", "nvx1.range",
			"/parts/0/notes/0/pitch"},
		{"\"velocity\":90", "\"velocity\":0", "nvx1.range", "/parts/0/notes/0/velocity"},
		{"\"velocity\":90", "\"velocity\":91", "nvx1.range", "/parts/0/notes/0/velocity16"},
		{"\"cents\":-12.5", "\"cents\":-100.001", "nvx1.range", "/parts/0/notes/0/cents"},
		{"\"offsetUs\":-1500", "\"offsetUs\":-50001", "nvx1.range", "/parts/0/notes/0/offsetUs"},
		{"\"channel\":3", "\"channel\":16", "nvx1.range", "/parts/0/notes/0/channel"},
		{"\"regionId\":\"r1\"", "\"regionId\":\"r9\"", "nvx1.ref.unknown",
			"/parts/0/notes/0/regionId"},
		{"\"muted\":true", "\"muted\":1", "nvx1.type", "/parts/0/notes/2/muted"},
		{"\"id\":\"n2\",\"tick\":1920", "\"id\":\"n1\",\"tick\":1920", "nvx1.id.duplicate",
			"/parts/0/notes/1/id"},
		{"\"id\":\"n2\",\"tick\":1920", "\"id\":\"n2\",\"tick\":99999", "nvx1.tick.outside",
			"/parts/0/notes/1/tick"},
		{"\"kind\":\"cc\",\"number\":7,", "\"kind\":\"cc\",", "nvx1.member.missing",
			"/parts/0/controllers/0"},
		{"\"kind\":\"cc\"", "\"kind\":\"knob\"", "nvx1.enum", "/parts/0/controllers/0/kind"},
		{"\"kind\":\"bend\",\"value\":-8192", "\"kind\":\"bend\",\"value\":-8193", "nvx1.range",
			"/parts/0/controllers/1/value"},
		{"\"data\":\"fgkB\"", "\"data\":\"fgk\"", "nvx1.type", "/parts/0/controllers/3/data"},
		{"\"words\":[4294967295,0]", "\"words\":[4294967296]", "nvx1.range",
			"/parts/0/controllers/4/words/0"},
		{"\"words\":[4294967295,0]", "\"words\":[]", "nvx1.range", "/parts/0/controllers/4/words"},
		{"\"words\":[4294967295,0]", "\"words\":[1,2,3,4,5]", "nvx1.range",
			"/parts/0/controllers/4/words"},
		{"\"kind\":\"polyPressure\",\"pitch\":60", "\"kind\":\"polyPressure\"", "nvx1.member.missing",
			"/parts/0/controllers/5"},
	};
	EXPECT_BROKEN(rows, "HER-11");
}

Test(score_nvx_read, layers)
{
	static const struct broken rows[] = {
		{"\"type\":\"form\"", "\"type\":\"shape\"", "nvx1.layer.unknown", "/layers/0"},
		{"\"type\":\"chords\"", "\"type\":\"form\"", "nvx1.layer.duplicate", "/layers/1"},
		{"{\"type\":\"form\",", "{", "nvx1.member.missing", "/layers/0"},
		{"\"opacity\":0.5", "\"opacity\":1.5", "nvx1.range", "/layers/1/opacity"},
		{"\"kind\":\"verse\"", "\"kind\":\"stanza\"", "nvx1.enum", "/layers/0/elements/0/kind"},
		{"\"kind\":\"verse\",", "", "nvx1.member.missing", "/layers/0/elements/0"},
		{"\"color\":\"#0a1b2c\"", "\"color\":\"red\"", "nvx1.type", "/layers/0/elements/0/color"},
		{"\"parentId\":\"f1\"", "\"parentId\":\"h1\"", "nvx1.ref.kind",
			"/layers/0/elements/1/parentId"},
		{"\"durationTicks\":3840,\"symbol\"", "\"durationTicks\":0,\"symbol\"", "nvx1.range",
			"/layers/1/elements/0/durationTicks"},
		{"\"symbol\":\"Bb\"", "\"symbol\":\"\"", "nvx1.range", "/layers/1/elements/0/symbol"},
		{"\"inversion\":1", "\"inversion\":null", "nvx1.type", "/layers/1/elements/0/inversion"},
		{"\"noteIds\":[\"n1\",\"n2\"]", "\"noteIds\":[\"n1\",\"n9\"]", "nvx1.ref.unknown",
			"/layers/1/elements/0/noteIds/1"},
		{"\"lane\":\"center\"", "\"lane\":\"middle\"", "nvx1.enum",
			"/layers/1/elements/0/braid/lane"},
		{"\"confidence\":0.75", "\"confidence\":2", "nvx1.range",
			"/layers/1/elements/0/origin/confidence"},
		{"\"localKey\":\"F major\"", "\"localKey\":\"f major\"", "nvx1.key.malformed",
			"/layers/2/elements/0/localKey"},
		{"\"tension\":10", "\"tension\":101", "nvx1.range", "/layers/2/elements/0/tension"},
		{"\"toNoteId\":\"n2\",\"motion\"", "\"toNoteId\":\"f1\",\"motion\"", "nvx1.ref.kind",
			"/layers/2/elements/0/voiceLeading/0/toNoteId"},
		{"\"noteId\":\"n1\",\"string\":2", "\"string\":2", "nvx1.member.missing",
			"/layers/3/elements/0"},
		{"\"string\":2,\"fret\":1,\"tech", "\"string\":2,\"fret\":37,\"tech", "nvx1.range",
			"/layers/3/elements/0/fret"},
		{"\"string\":2,\"fret\":1,\"tech", "\"string\":2,\"fret\":2,\"tech", "nvx1.tab.pitch",
			"/layers/3/elements/0/fret"},
		{"\"type\":\"bend\",\"points\"", "\"type\":\"bend\",\"spots\"", "nvx1.member.missing",
			"/layers/3/elements/0/techniques/0"},
		{"\"style\":\"shift\"", "\"style\":\"natural\"", "nvx1.enum",
			"/layers/3/elements/0/techniques/1/style"},
		{"\"strings\":6", "\"strings\":13", "nvx1.range", "/layers/4/elements/0/strings"},
		{"\"finger\":\"1\"}],\"muted\"", "\"finger\":\"9\"}],\"muted\"", "nvx1.enum",
			"/layers/4/elements/0/dots/0/finger"},
		{"\"hand\":\"left\",\"finger\":\"1\"", "\"hand\":\"left\"", "nvx1.member.missing",
			"/layers/5/elements/0"},
		{"\"hand\":\"left\",\"position\":{\"fret\":5}", "\"hand\":\"left\"", "nvx1.member.missing",
			"/layers/5/elements/1"},
		{"\"partId\":\"p1\",\"kind\":\"clef\"", "\"kind\":\"clef\"", "nvx1.member.missing",
			"/layers/6/elements/2"},
		{"\"value\":\"2\",\"spelling\"", "\"value\":\"3\",\"spelling\"", "nvx1.enum",
			"/layers/6/elements/0/value"},
		{"\"value\":\"2\",\"spelling\"", "\"value\":\"4\",\"spelling\"", "nvx1.value.duration",
			"/layers/6/elements/0/durationTicks"},
		{"\"articulations\":[\"accent\",\"tenuto\"]", "\"articulations\":[\"loud\"]", "nvx1.enum",
			"/layers/6/elements/0/articulations/0"},
		{"\"step\":\"C\",\"alter\":0", "\"step\":\"H\",\"alter\":0", "nvx1.enum",
			"/layers/6/elements/0/spelling/0/step"},
		{"\"toEventId\":\"e2\"", "\"toEventId\":\"e3\"", "nvx1.ref.kind",
			"/layers/6/elements/3/toEventId"},
		{"\"style\":\"crescendo\"", "\"style\":\"louder\"", "nvx1.enum",
			"/layers/6/elements/5/style"},
		{"\"key\":\"D minor\"", "\"key\":\"\"", "nvx1.key.malformed", "/layers/6/elements/6/key"},
		{"\"num\":2,\"den\":2", "\"num\":2,\"den\":3", "nvx1.range", "/layers/6/elements/7/den"},
		{"\"syllabic\":\"begin\"", "\"syllabic\":\"first\"", "nvx1.enum",
			"/layers/7/elements/0/syllabic"},
		{"\"difficulty\":2", "\"difficulty\":6", "nvx1.range", "/layers/8/elements/1/difficulty"},
		{"\"mediaId\":\"v1\"", "\"mediaId\":\"v2\"", "nvx1.ref.unknown",
			"/layers/8/elements/1/media/mediaId"},
		{"\"durationTicks\":960,\"kind\":\"loop\"", "\"kind\":\"loop\"", "nvx1.member.missing",
			"/layers/8/elements/0"},
	};
	EXPECT_BROKEN(rows, "HER-11");
}

Test(score_nvx_read, rails_media_learning)
{
	static const struct broken rows[] = {
		{"\"instrument\":\"kick\"", "\"instrument\":\"boot\"", "nvx1.enum",
			"/rails/drums/0/instrument"},
		{"\"swingPercent\":60", "\"swingPercent\":101", "nvx1.range",
			"/rails/drums/0/feel/swingPercent"},
		{"\"depth\":5", "\"depth\":101", "nvx1.range", "/rails/performance/0/vibrato/depth"},
		{"\"lyricId\":\"l1\"", "\"lyricId\":\"n1\"", "nvx1.ref.kind", "/rails/melody/0/lyricId"},
		{"\"kind\":\"audio\",\"url\"", "\"kind\":\"film\",\"url\"", "nvx1.enum", "/media/0/kind"},
		{"\"url\":\"a.ogg\",", "", "nvx1.member.missing", "/media/0"},
		{"\"us\":500000", "\"us\":null", "nvx1.type", "/media/0/sync/1/us"},
		{"\"target\":{\"noteId\":\"n1\"},", "", "nvx1.member.missing", "/learning/annotations/0"},
		{"\"target\":{\"noteId\":\"n1\"}", "\"target\":{}", "nvx1.member.missing",
			"/learning/annotations/0/target"},
		{"\"replyTo\":\"s1\"", "\"replyTo\":\"n1\"", "nvx1.ref.kind",
			"/learning/annotations/1/replyTo"},
	};
	EXPECT_BROKEN(rows, "HER-11");
}

Test(score_nvx_read, versions)
{
	static const struct {
		const char *version, *code; /* NULL: accepted */
	} row[] = {
		{"\"1.0\"", NULL},
		{"\"2.0\"", NULL},
		{"\"3.0\"", NULL},
		{"\"1.0.0\"", NULL},
		{"\"2.7.13\"", NULL},
		{"\"3.0.0\"", NULL},
		{"\"3.9.1\"", NULL},
		{"\"3.0.999999\"", NULL},
		{"\"\\u0033.0.0\"", NULL},
		{"\"\"", "nvx1.version.malformed"},
		{"\"3\"", "nvx1.version.malformed"},
		{"\"v3.0\"", "nvx1.version.malformed"},
		{"\"03.0.0\"", "nvx1.version.malformed"},
		{"\"3.0.0-rc\"", "nvx1.version.malformed"},
		{"\"3.1\"", "nvx1.version.malformed"},
		{"\"3.0.\"", "nvx1.version.malformed"},
		{"\"3.0.0.0\"", "nvx1.version.malformed"},
		{"\" 3.0.0\"", "nvx1.version.malformed"},
		{"\"3.0.0 \"", "nvx1.version.malformed"},
		{"\"3.00.0\"", "nvx1.version.malformed"},
		{"\"3.0.99999999999999999999\"", "nvx1.version.malformed"},
		{"3", "nvx1.version.malformed"},
		{"3.0", "nvx1.version.malformed"},
		{"null", "nvx1.version.malformed"},
		{"[\"3.0.0\"]", "nvx1.version.malformed"},
		{"\"4.0.0\"", "nvx1.version.unsupported"},
		{"\"0.9.0\"", "nvx1.version.unsupported"},
		{"\"4.0\"", "nvx1.version.unsupported"},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char *text = with(full_document, "\"3.0.0\"", row[i].version);
		struct score *score = load_text(text);
		cr_expect_eq(score == NULL, row[i].code != NULL, "NVX-06: %s: %s %s", row[i].version,
			fixture_report.error[0].where, fixture_report.error[0].reason);
		if (row[i].code) {
			cr_expect_str_eq(
				fixture_report.error[0].code, row[i].code, "NVX-08: %s", row[i].version);
			cr_expect_str_eq(
				fixture_report.error[0].where, "/version", "NVX-08: %s", row[i].version);
			cr_expect_eq(fixture_report.n_errors, 1, "NVX-08: nothing else is looked at");
		}
		score_unref(score);
		free(text);
	}
	char *text = with(full_document, "\"version\":\"3.0.0\",", "");
	cr_expect_null(load_text(text), "NVX-08");
	cr_expect_str_eq(fixture_report.error[0].code, "nvx1.version.missing", "NVX-08");
	free(text);
}

Test(score_nvx_read, newer_minor_says_nothing_of_unknown_members)
{
	char *newer = with(full_document, "\"3.0.0\"", "\"3.1.0\"");
	char *text = with(newer, "\"pitch\":60,", "\"pitch\":60,\"shine\":1,");
	struct score *score = load_text(text);
	cr_assert_not_null(score, "NVX-06");
	cr_expect_eq(fixture_report.n_warnings, 0, "NVX-06");
	score_unref(score);
	free(text);
	free(newer);
}

Test(score_nvx_read, all_errors_in_order_of_the_document)
{
	char *one = with(full_document, "\"pitch\":60,", "\"pitch\":200,");
	char *two = with(one, "\"title\":\"Every thing\",", "");
	char *text = with(two, "\"url\":\"a.ogg\",", "\"url\":7,");
	cr_expect_null(load_text(text));
	cr_assert_eq(fixture_report.n_errors, 3, "HER-11: all errors of a step are told");
	cr_expect_str_eq(fixture_report.error[0].where, "/metadata", "HER-11");
	cr_expect_str_eq(fixture_report.error[1].where, "/parts/0/notes/0/pitch", "HER-11");
	cr_expect_str_eq(fixture_report.error[1].value, "200", "HER-11");
	cr_expect_str_eq(fixture_report.error[1].reason, "200 is above 127", "HER-11");
	cr_expect_str_eq(fixture_report.error[2].where, "/media/0/url", "HER-11");
	free(one);
	free(two);
	free(text);
}

Test(score_nvx_read, maps_win_over_metadata)
{
	static const struct {
		const char *from, *to, *where;
	} row[] = {
		{"\"tempo\":96.5", "\"tempo\":97", "/metadata/tempo"},
		{"\"timeSignature\":[4,4]", "\"timeSignature\":[3,4]", "/metadata/timeSignature"},
		{"\"key\":\"Bb major\",\"tempo\"", "\"key\":\"B major\",\"tempo\"", "/metadata/key"},
		{"\"bpm\":120", "\"bpm\":121", "/timeline/tempo/1/bpm"},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char *text = with(full_document, row[i].from, row[i].to);
		struct score *score = load_text(text);
		cr_assert_not_null(score, "NVX-05: %s", row[i].to);
		cr_expect_eq(fixture_report.n_warnings, 1, "NVX-05: %s", row[i].to);
		cr_expect_str_eq(fixture_report.warning[0].code, "nvx1.metadata.differs", "NVX-05");
		cr_expect_str_eq(fixture_report.warning[0].where, row[i].where, "NVX-05");
		cr_expect_eq(score_tempo(score, 0)->ns_per_quarter, 621761658, "NVX-05");
		cr_expect_eq(score_meter(score, 0)->num, 4, "NVX-05");
		score_unref(score);
		free(text);
	}
}

Test(score_nvx_read, what_is_missing_follows)
{
	struct score *score =
		load_text("{\"layers\":[],\"parts\":[{\"id\":\"p1\",\"name\":\"\",\"notes\":["
			  "{\"pitch\":60,\"durationTicks\":120.0,\"tick\":9.6e2}]}],\"measures\":[{},{}],"
			  "\"metadata\":{\"title\":\"t\",\"key\":\"Am\",\"tempo\":90,\"timeSignature\":[6,8]}"
			  ",\"version\":\"3.0\"}");
	cr_assert_not_null(
		score, "NVX-05: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
	cr_expect_eq(score_tempo(score, 0)->ns_per_quarter, 666666667, "NVX-05");
	cr_expect_eq(score->end_tick, 2 * 2880, "NVX-05");
	cr_expect_eq(score_key(score, 0)->mode, NVX_MODE_MINOR, "NVX-05");
	cr_expect_eq(score_part_note(score->part[0], 0)->duration_ticks, 120);
	cr_expect_eq(score_part_note(score->part[0], 0)->tick, 960);
	score_unref(score);
}

Test(score_nvx_read, drums_without_notes_get_them)
{
	char *text = with(full_document, "\"noteId\":\"n4\",\"instrument\":\"kick\"",
		"\"tick\":960,\"instrument\":\"snare\"");
	struct score *score = load_text(text);
	cr_assert_not_null(score, "NVX-20");
	cr_assert_eq(score->part[1]->note.n, 2, "NVX-20");
	cr_expect_eq(score_part_note(score->part[1], 1)->pitch, 38, "NVX-20");
	cr_expect_eq(score_drum(score, 0)->e.note_id, score_part_note(score->part[1], 1)->id, "NVX-20");
	score_unref(score);
	free(text);
}

Test(score_nvx_read, limits)
{
	char *label = malloc(1100);
	memset(label, 'x', 1099);
	label[1099] = 0;
	char to[1200];
	(void)snprintf(to, sizeof(to), "\"title\":\"%.1025s\"", label);
	expect_broken(full_document,
		&(struct broken){"\"title\":\"Every thing\"", to, "nvx1.limit.label", "/metadata/title"},
		"HER-11");
	free(label);

	/* 257 KiB of extensions on one object. */
	const size_t n = 257u << 10;
	char *big = malloc(n + 100), *at = big + sprintf(big, "\"extensions\":{\"x\":\"");
	memset(at, 'y', n);
	strcpy(at + n, "\"},\"pitch\":60");
	expect_broken(full_document,
		&(struct broken){"\"pitch\":60", big, "nvx1.limit.extensions", "/parts/0/notes/0"}, "HER-11");
	free(big);
}

Test(score_nvx_read, other_kinds_are_told_apart)
{
	static const struct {
		const char *text, *code;
	} row[] = {
		{"[]", "nvx1.format.unknown"},
		{"{}", "nvx1.format.unknown"},
		{"{\"a\":1,\"b\":2}", "nvx1.format.unknown"},
		{"{\"events\":[]}", "nvx1.format.unknown"},
		{"7", "nvx1.format.unknown"},
		{"{", "nvx1.json.syntax"},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_expect_null(load_text(row[i].text));
		cr_expect_str_eq(fixture_report.error[0].code, row[i].code, "HER-11: %s", row[i].text);
	}
}

/* Nothing but an error comes of damaged documents, whatever is damaged (NVX-04). */
Test(score_nvx_read, damaged_documents, .timeout = 120)
{
	const size_t n = strlen(full_document);
	uint64_t seed = 1;
	unsigned refused = 0;
	for (unsigned i = 0; i < 4000; i++) {
		char *text = strdup(full_document);
		for (unsigned j = 0; j < 1 + i % 3; j++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[(seed >> 33) % n] = "0123456789\"{}[],:-.ezx\\ "[(seed >> 20) % 24];
		}
		struct score *score = load_bytes(text, n);
		refused += score == NULL;
		if (!score)
			cr_expect(
				fixture_report.error[0].code && fixture_report.error[0].reason[0], "NVX-04");
		score_unref(score);
		free(text);
	}
	cr_expect_gt(refused, 1000, "NVX-04");
}
