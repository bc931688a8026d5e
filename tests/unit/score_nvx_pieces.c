/* SPDX-License-Identifier: MIT */
/* Measures, parts and deltas as JSON (nvx1.md 15): HER-07, HER-09, HER-11. */
#include "score_nvx_fixture.h"

#include <score/score.h>

static struct score *start(void)
{
	struct score *score = load_text(full_document);
	cr_assert_not_null(score);
	return score;
}

/** Apply, and let go of the change. @return NULL: refused. */
static struct score *apply(const struct score *base, struct score_change *change)
{
	struct score *now = NULL;
	fixture_report = (struct score_report){0};
	const int rc = score_apply(base, change, &fixture_report, &now);
	cr_assert(rc == 0 || rc == -EINVAL);
	score_change_finish(change);
	return now;
}

static int same_state(const struct score *a, const struct score *b)
{
	return score_same_state(a, b);
}

static struct score *update(const struct score *base, uint32_t index, const char *json)
{
	struct score_change change = {0};
	fixture_report = (struct score_report){0};
	const int rc = nvx_read_measure(base, index, json, strlen(json), &fixture_report, &change);
	cr_assert(rc == 0 || rc == -EINVAL);
	return rc == 0 ? apply(base, &change) : NULL;
}

static char *measure_text(const struct score *score, uint32_t index)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(nvx_write_measure(score, index, &out), 0);
	score_bytes_u8(&out, 0);
	return (char *)out.data;
}

Test(score_nvx_pieces, measure_comes_and_goes)
{
	struct score *score = start();
	for (uint32_t i = 0; i < score_n_measure(score); i++) {
		char *text = measure_text(score, i);
		struct score_change change = {0};
		fixture_report = (struct score_report){0};
		cr_assert_eq(nvx_read_measure(score, i, text, strlen(text), &fixture_report, &change), 0,
			"HER-07: %s %s: %s", fixture_report.error[0].where, fixture_report.error[0].reason,
			text);
		struct score *same = apply(score, &change);
		cr_assert_not_null(
			same, "HER-07: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
		cr_expect(
			same_state(same, score), "HER-07: measure %u as it was changes nothing", (unsigned)i);
		score_unref(same);
		score_free(&score_heap, text);
	}
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	cr_expect_eq(nvx_write_measure(score, 3, &out), -ENOENT);
	cr_expect_eq(out.n, 0);
	score_unref(score);
}

Test(score_nvx_pieces, measure_info)
{
	struct score *score = start();
	char *text = measure_text(score, 1);
	static const char head[] = "{\"index\":1,\"number\":\"2\",\"tick\":3840,\"durationTicks\":3840,";
	cr_expect(strncmp(text, head, strlen(head)) == 0, "HER-07: %.80s", text);
	cr_expect_not_null(strstr(text, "\"meter\":{\"num\":4,\"den\":4},\"key\":\"none\",\"nsPerQuarter\":"
					"500000000,\"formId\":\"f1\""),
		"HER-07: %s", text);
	cr_expect_not_null(strstr(text, "\"parts\":{\"p1\":{\"notes\":[{\"id\":\"n3\",\"tick\":3840,"),
		"HER-07: %s", text);
	score_free(&score_heap, text);
	score_unref(score);
}

Test(score_nvx_pieces, measure_update)
{
	struct score *score = start();
	struct score *now = update(score, 1,
		"{\"content\":{\"parts\":{\"p1\":{\"notes\":["
		"{\"tick\":4800,\"durationTicks\":960,\"pitch\":72,\"regionId\":\"r2\"},"
		"{\"id\":\"n3\",\"tick\":3840,\"durationTicks\":480,\"pitch\":65,\"regionId\":\"r2\"}]}}}}");
	cr_assert_not_null(
		now, "HER-07: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
	cr_assert_eq(now->part[0]->note.n, 4, "HER-07");
	cr_expect_eq(score_part_note(now->part[0], 2)->pitch, 65, "HER-07");
	cr_expect_eq(score_part_note(now->part[0], 3)->pitch, 72, "HER-07");
	cr_expect_eq(score->part[0]->note.n, 3, "HER-07: the snapshot before stays");
	cr_expect_eq(score_measure(now, 1)->repeat_end, 2, "HER-07: what is not given stays");
	score_unref(now);

	/* Another meter: what follows moves, and goes on in its own. */
	now = update(score, 0, "{\"meter\":{\"num\":5,\"den\":4},\"key\":\"E minor\",\"content\":{}}");
	cr_assert_not_null(
		now, "HER-07: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
	cr_expect_eq(now->end_tick, score->end_tick + 960, "HER-07");
	cr_expect_eq(score_measure(now, 1)->tick, 4800, "HER-07");
	cr_expect_eq(score_meter_at(now, 0)->num, 5, "HER-07");
	cr_expect_eq(score_meter_at(now, 4800)->num, 4, "HER-07");
	cr_expect_eq(score_key(now, 0)->mode, NVX_MODE_MINOR, "HER-07");
	cr_expect_eq(score_part_note(now->part[0], 2)->tick, 4800, "HER-07");
	score_unref(now);
	score_unref(score);
}

Test(score_nvx_pieces, measure_update_refused)
{
	static const struct {
		const char *json, *code, *where;
	} row[] = {
		{"{\"tick\":1}", "nvx1.range", "/tick"},
		{"{\"index\":2}", "nvx1.range", "/index"},
		{"[]", "nvx1.type", ""},
		{"{\"content\":{\"parts\":{\"p9\":{}}}}", "nvx1.ref.unknown", "/content/parts/p9"},
		{"{\"content\":{\"layers\":{\"shapes\":[]}}}", "nvx1.layer.unknown",
			"/content/layers/shapes"},
		{"{\"content\":{\"parts\":{\"p1\":{\"notes\":[{\"tick\":0,\"durationTicks\":1,\"pitch\":1}]}}"
		 "}}",
			"nvx1.tick.outside", "/content/parts/p1/notes/0/tick"},
		{"{\"content\":{\"parts\":{\"p1\":{\"notes\":[{\"tick\":3840,\"durationTicks\":0,\"pitch\":1}"
		 "]}}}}",
			"nvx1.range", "/content/parts/p1/notes/0/durationTicks"},
		{"{", "nvx1.json.syntax", "line 1, column 2, byte 1"},
	};
	struct score *score = start();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_expect_null(update(score, 1, row[i].json), "HER-11: %s", row[i].json);
		cr_expect_str_eq(fixture_report.error[0].code, row[i].code, "HER-11: %s", row[i].json);
		cr_expect_str_eq(fixture_report.error[0].where, row[i].where, "HER-11: %s", row[i].json);
	}
	score_unref(score);
}

Test(score_nvx_pieces, part_add)
{
	static const char json[] =
		"{\"part\":{\"id\":\"p1\",\"name\":\"Second\",\"regions\":[{\"id\":\"r1\",\"tick\":0,"
		"\"durationTicks\":11040}],\"notes\":["
		"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":960,\"pitch\":50,\"regionId\":\"r1\"},{\"tick\":"
		"960,\"durationTicks\":960,\"pitch\":52},"
		"{\"id\":\"mine\",\"tick\":1920,\"durationTicks\":960,\"pitch\":53}]},\"afterPartId\":\"p1\","
		"\"layers\":[{\"type\":\"lyrics\",\"elements\":[{\"noteId\":\"n1\",\"text\":\"la\"},{\"id\":"
		"\"l1\",\"noteId\":\"mine\",\"text\":\"lo\"}]}]}";
	struct score *score = start();
	struct score_change change = {0};
	struct score_bytes ids;
	score_bytes_init(&ids, &score_heap);
	fixture_report = (struct score_report){0};
	cr_assert_eq(nvx_read_part(score, json, strlen(json), &fixture_report, &change, &ids), 0, "%s %s",
		fixture_report.error[0].where, fixture_report.error[0].reason);
	score_bytes_u8(&ids, 0);
	cr_expect_not_null(strstr((char *)ids.data, "\"p1\":\"p3\""), "HER-07: %s", (char *)ids.data);
	cr_expect_not_null(strstr((char *)ids.data, "\"n1\":\"n5\""), "HER-07: %s", (char *)ids.data);
	cr_expect_null(strstr((char *)ids.data, "mine"), "HER-07: %s", (char *)ids.data);
	struct score *now = apply(score, &change);
	cr_assert_not_null(
		now, "HER-07: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
	cr_assert_eq(now->n_parts, 3, "HER-07");
	cr_expect_eq(now->part[1]->note.n, 3, "HER-07: it stands behind the part that was named");
	cr_expect_eq(score_n_lyric(now), 3, "HER-07");
	score_bytes_finish(&ids);
	score_unref(now);
	score_unref(score);
}

/** A change as text, read again, does the same. */
static void expect_delta(const struct score *from, const struct score *to)
{
	struct score_change change = {0}, again = {0};
	struct score_bytes text;
	cr_assert_eq(score_diff(from, to, &change), 0);
	score_bytes_init(&text, &score_heap);
	cr_assert_eq(nvx_write_change(from, &change, &text), 0);
	fixture_report = (struct score_report){0};
	cr_assert_eq(nvx_read_change(from, (char *)text.data, text.n, &fixture_report, &again), 0,
		"HER-09: %s %s: %.*s", fixture_report.error[0].where, fixture_report.error[0].reason,
		(int)text.n, (char *)text.data);
	struct score *now = apply(from, &again);
	cr_assert_not_null(
		now, "HER-09: %s %s", fixture_report.error[0].where, fixture_report.error[0].reason);
	cr_expect(same_state(now, to), "HER-09: %.*s", (int)text.n, (char *)text.data);
	score_unref(now);
	score_change_finish(&change);
	score_bytes_finish(&text);
}

Test(score_nvx_pieces, deltas)
{
	static const struct {
		const char *from, *to;
	} row[] = {
		{"\"pitch\":60,\"velocity\":90,\"velocity16\":46080",
			"\"pitch\":60,\"velocity\":88,\"velocity16\":45056,\"zz\":1"},
		{"\"title\":\"Every thing\"", "\"title\":\"Another\""},
		{"\"opacity\":0.5", "\"opacity\":0.25,\"visible\":false"},
		{"\"org.example.practice\":", "\"org.example.other\":"},
		{"\"type\":\"org.example.own\",\"elements\":[1,2]", "\"type\":\"org.example.own\""},
		{"{\"id\":\"c2\",\"tick\":10,\"kind\":\"bend\",\"value\":-8192},", ""},
		{"{\"tick\":3840,\"key\":\"none\",\"fifths\":1}",
			"{\"tick\":7680,\"key\":\"none\",\"fifths\":1}"},
		{"\"barline\":\"double\"", "\"barline\":\"heavy\""},
		{"\"nsPerQuarter\":500000000,\"bpm\":120", "\"nsPerQuarter\":400000000,\"bpm\":150"},
		{"\"text\":\"Let it ring.\"", "\"text\":\"Let it be.\""},
		{"\"durationUs\":1", "\"durationUs\":2"},
		{"\"name\":\"Drums\"", "\"name\":\"Kit\""},
		{"\"instrument\":\"kick\"", "\"instrument\":\"snare\""},
		{"\"events\":[]", "\"events\":[1]"},
		{"{\"id\":\"g2\",\"tick\":0,", "{\"id\":\"other\",\"tick\":0,"},
	};
	struct score *score = start();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char *text = with(full_document, row[i].from, row[i].to);
		struct score *other = load_text(text);
		cr_assert_not_null(other, "%s: %s %s", row[i].to, fixture_report.error[0].where,
			fixture_report.error[0].reason);
		cr_expect(!same_state(score, other), "HER-09: %s", row[i].to);
		expect_delta(score, other);
		expect_delta(other, score);
		score_unref(other);
		free(text);
	}
	score_unref(score);
}

Test(score_nvx_pieces, deltas_refused)
{
	static const struct {
		const char *json, *code, *where;
	} row[] = {
		{"[{\"op\":\"move\",\"path\":\"/parts/p1\"}]", "nvx1.enum", "/0/op"},
		{"[{\"op\":\"remove\",\"path\":\"/parts/p1/frets/n1\"}]", "nvx1.ref.unknown", "/0/path"},
		{"[{\"op\":\"add\",\"path\":\"/layers/chords/h9\"}]", "nvx1.member.missing", "/0"},
		{"[{\"op\":\"replace\",\"path\":\"/parts/p1/notes/"
		 "n1\",\"value\":{\"tick\":0,\"durationTicks\":1,\"pitch\":128}}]",
			"nvx1.range", "/0/value/pitch"},
		{"{}", "nvx1.type", ""},
	};
	struct score *score = start();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct score_change change = {0};
		fixture_report = (struct score_report){0};
		cr_expect_eq(
			nvx_read_change(score, row[i].json, strlen(row[i].json), &fixture_report, &change),
			-EINVAL, "HER-11: %s", row[i].json);
		int found = 0;
		for (uint32_t j = 0; j < fixture_report.n_errors; j++)
			found |= strcmp(fixture_report.error[j].code, row[i].code) == 0 &&
				 strcmp(fixture_report.error[j].where, row[i].where) == 0;
		cr_expect(found, "HER-11: %s: %s at %s", row[i].json, fixture_report.error[0].code,
			fixture_report.error[0].where);
	}
	score_unref(score);
}
