/* SPDX-License-Identifier: MIT */
/* The schema and the tables say the same (NVX-02); what is loaded is what the tables say. */
#include "score_nvx_fixture.h"

#include <score/nvx_tables.h>

#include "json_check.h"
#include "json_pull.h"

static struct score_bytes schema;

static void make_schema(void)
{
	score_bytes_init(&schema, &score_heap);
	cr_assert_eq(nvx_write_schema(&schema), 0);
	score_bytes_u8(&schema, 0);
	fixture_report = (struct score_report){0};
	cr_assert_eq(json_check(schema.data, schema.n - 1, JSON_UNIQUE_KEYS, &score_heap, &fixture_report), 0,
		"NVX-02: %s", fixture_report.error[0].where);
}

static void drop_schema(void)
{
	score_bytes_finish(&schema);
}

static const uint8_t *at(const uint8_t *object, const char *path)
{
	char step[64];
	while (object && *path) {
		const size_t n = strcspn(path, "/");
		(void)snprintf(step, sizeof(step), "%.*s", (int)n, path);
		object = json_find(object, step);
		path += n + (path[n] == '/');
	}
	return object;
}

/** 1: an array of strings has this one. */
static int has_text(const uint8_t *array, const char *text)
{
	struct json_pull pull;
	int found = 0;
	json_pull_init(&pull, array);
	for (json_enter(&pull); json_next(&pull);)
		found |= json_text_is(json_string(&pull), text);
	return found;
}

Test(score_nvx_schema, every_member_of_every_table, .init = make_schema, .fini = drop_schema)
{
	const uint8_t *defs = json_find(schema.data, "$defs");
	cr_assert_not_null(defs, "NVX-02");
	for (unsigned list = 0; list <= NVX_LIST_part; list++) {
		const struct nvx_table *t = nvx_table_of(list);
		const uint8_t *def = json_find(defs, t->name);
		cr_assert_not_null(def, "NVX-02: %s", t->name);
		for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
			if (!f->name || f->kinds)
				continue;
			cr_expect_not_null(json_find(json_find(def, "properties"), f->name), "NVX-02: %s.%s",
				t->name, f->name);
			const int required = f->flags & NVX_FIELD_REQUIRED && !(f->flags & NVX_FIELD_HANGS);
			cr_expect_eq(has_text(json_find(def, "required"), f->name), required, "NVX-02: %s.%s",
				t->name, f->name);
		}
	}
}

Test(score_nvx_schema, ranges_of_nvx1, .init = make_schema, .fini = drop_schema)
{
	static const struct {
		const char *path, *value;
	} row[] = {
		{"$defs/note/properties/pitch/maximum", "127"},
		{"$defs/note/properties/velocity/minimum", "1"},
		{"$defs/note/properties/velocity/default", "100"},
		{"$defs/note/properties/cents/maximum", "100"},
		{"$defs/note/properties/offsetUs/minimum", "-50000"},
		{"$defs/tempo/properties/nsPerQuarter/maximum", "60000000000"},
		{"$defs/meter/properties/num/maximum", "255"},
		{"$defs/part/properties/mix/properties/volume/maximum", "1.5"},
		{"$defs/part/properties/staves/maximum", "8"},
		{"$defs/tab/properties/fret/maximum", "36"},
		{"$defs/lyric/properties/verse/maximum", "99"},
		{"$defs/form/properties/level/maximum", "7"},
		{"properties/ppq/const", "960"},
		{"$schema", "\"https://json-schema.org/draft/2020-12/schema\""},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const uint8_t *value = at(schema.data, row[i].path);
		cr_assert_not_null(value, "NVX-02: %s", row[i].path);
		cr_expect(strncmp((const char *)value, row[i].value, strlen(row[i].value)) == 0,
			"NVX-02: %s is %.20s", row[i].path, (const char *)value);
	}
	cr_expect(has_text(json_find(schema.data, "required"), "layers"), "NVX-02");
	cr_expect(has_text(at(schema.data, "$defs/form/properties/kind/enum"), "prechorus"), "NVX-02");
}

/* Adding gives an object the defaults that its table states, or reading would not begin where importing does.
 */
Test(score_nvx_schema, defaults_are_those_of_the_model)
{
	static struct nvx_draft draft;
	fixture_report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &fixture_report), 0);
	const uint32_t part = nvx_add_part(&draft);
	const struct {
		unsigned list;
		const void *item;
	} row[] = {
		{NVX_LIST_note, nvx_add_note(&draft, part)},
		{NVX_LIST_control, nvx_add_control(&draft, part)},
		{NVX_LIST_part, nvx_draft_part(&draft, part)},
		{NVX_LIST_form, nvx_add_form(&draft)},
		{NVX_LIST_chord, nvx_add_chord(&draft)},
		{NVX_LIST_analysis, nvx_add_analysis(&draft)},
		{NVX_LIST_tab, nvx_add_tab(&draft)},
		{NVX_LIST_fingering, nvx_add_fingering(&draft)},
		{NVX_LIST_notation, nvx_add_notation(&draft)},
		{NVX_LIST_lyric, nvx_add_lyric(&draft)},
		{NVX_LIST_marker, nvx_add_marker(&draft)},
		{NVX_LIST_performance, nvx_add_performance(&draft)},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct nvx_table *t = nvx_table_of(row[i].list);
		for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
			if (f->flags & (NVX_FIELD_REQUIRED | NVX_FIELD_WRITTEN) ||
				!nvx_field_applies(t, f, row[i].item))
				continue;
			if (f->type <= NVX_F_SET || f->type == NVX_F_COLOR || f->type == NVX_F_GROUP)
				cr_expect_eq(nvx_field_is_set(f, row[i].item), 0, "NVX-02: %s.%s", t->name,
					f->name);
		}
	}
	nvx_draft_finish(&draft);
}
