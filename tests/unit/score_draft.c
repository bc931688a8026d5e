/* SPDX-License-Identifier: MIT */
/* Filling a draft: defaults, limits, errors that stay, text, arithmetic; and what the structs are made of. */
#include "score_model.h"

#include <errno.h>

#include "ticks.h"

static struct score_report *report;
static struct nvx_draft draft;

static void setup(void)
{
	report = new_report();
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, report), 0);
}

static void teardown(void)
{
	nvx_draft_finish(&draft);
	free(report);
}

TestSuite(score_draft, .init = setup, .fini = teardown, .timeout = 60);

/** The item without its id: that is given. */
static void assert_default(unsigned list, const void *item, const char *name)
{
	uint64_t got[64] = {}, wanted[64] = {};
	const struct nvx_table *table = nvx_table_of(list);
	const struct shape *shape = shape_of(list);
	memcpy(got, item, table->item_bytes);
	nvx_table_init(table, wanted);
	if (shape->id != SHAPE_NO_ID) {
		memcpy((char *)got + shape->id, (char *)wanted + shape->id, sizeof(nvx_id));
		cr_assert_eq(shape->letter ? shape->letter : 0, table->letter, "%s", name);
	}
	/* What is required has no default: an import sets it. */
	for (unsigned i = 0; i < table->n_fields; i++)
		if (table->field[i].flags & NVX_FIELD_REQUIRED)
			memcpy((char *)got + table->field[i].offset, (char *)wanted + table->field[i].offset,
				table->field[i].bytes);
	for (size_t i = 0; i < table->item_bytes; i++)
		cr_assert_eq(((uint8_t *)got)[i], ((uint8_t *)wanted)[i],
			"%s: byte %zu is %u, the table has %u", name, i, ((uint8_t *)got)[i],
			((uint8_t *)wanted)[i]);
}

Test(score_draft, nvx1_NVX_05_what_is_added_has_the_defaults_of_the_tables)
{
#define X(name, type)                                                                                        \
	if (NVX_LIST_##name >= NVX_LIST_form)                                                                \
		assert_default(NVX_LIST_##name, nvx_add_##name(&draft), #name);
	NVX_LISTS(X)
#undef X
	const uint32_t part = nvx_add_part(&draft);
	assert_default(NVX_LIST_part, nvx_draft_part(&draft, part), "part");
	assert_default(NVX_LIST_note, nvx_add_note(&draft, part), "note");
	assert_default(NVX_LIST_control, nvx_add_control(&draft, part), "control");
}

static const struct shape_field *field_at(const struct shape *shape, unsigned offset)
{
	for (unsigned i = 0; i < shape->n_fields; i++)
		if (shape->field[i].offset == offset)
			return &shape->field[i];
	return NULL;
}

static unsigned shape_type_of(unsigned type)
{
	switch (type) {
	case NVX_F_STRING:
	case NVX_F_LITERAL:
	case NVX_F_JSON:
	case NVX_F_MEMBERS:
	case NVX_F_EXTRA:
	case NVX_F_TIME:
		return SHAPE_TEXT;
	case NVX_F_ID:
		return SHAPE_ID;
	case NVX_F_BASE64:
	case NVX_F_INTS:
		return SHAPE_PLAIN;
	case NVX_F_STRINGS:
		return SHAPE_TEXTS;
	case NVX_F_IDS:
		return SHAPE_IDS;
	default:
		return UINT32_MAX;
	}
}

/** Every handle that the table knows, `base` into the struct of the shape. */
static void compare_fields(
	const struct nvx_table *table, const struct shape *shape, unsigned base, const char *in)
{
	if (table->extra >= 0)
		cr_assert_not_null(field_at(shape, base + (unsigned)table->extra), "%s: extra", in);
	for (unsigned i = 0; i < table->n_fields; i++) {
		const struct nvx_field *field = &table->field[i];
		const unsigned wanted = shape_type_of(field->type);
		if (field->type == NVX_F_GROUP) {
			compare_fields(field->table, shape, base + field->offset, in);
			continue;
		}
		const struct shape_field *have = field_at(shape, base + field->offset);
		if (wanted != UINT32_MAX) {
			cr_assert_not_null(have, "%s.%s", in, field->name);
			cr_assert_eq(have->type, wanted, "%s.%s", in, field->name);
			if (wanted == SHAPE_ID || wanted == SHAPE_IDS)
				cr_assert_eq(have->ref, field->ref, "%s.%s", in, field->name);
		} else if (field->type == NVX_F_OBJECTS || field->type == NVX_F_ONE) {
			cr_assert_not_null(have, "%s.%s", in, field->name);
			if (have->type == SHAPE_OBJECTS) {
				cr_assert_eq(have->item->item_bytes, field->table->item_bytes, "%s.%s", in,
					field->name);
				compare_fields(field->table, have->item, 0, field->name);
			} else {
				cr_assert_eq(have->type, SHAPE_PLAIN, "%s.%s", in, field->name);
				for (unsigned k = 0; k < field->table->n_fields; k++)
					cr_assert_eq(shape_type_of(field->table->field[k].type), UINT32_MAX,
						"%s.%s holds handles", in, field->name);
			}
		}
	}
}

Test(score_draft, shapes_and_tables_agree_on_every_handle)
{
#define X(name, type) compare_fields(nvx_table_of(NVX_LIST_##name), shape_of(NVX_LIST_##name), 0, #name);
	NVX_LISTS(X)
#undef X
	compare_fields(nvx_table_of(NVX_LIST_note), shape_of(NVX_LIST_note), 0, "note");
	compare_fields(nvx_table_of(NVX_LIST_control), shape_of(NVX_LIST_control), 0, "control");
	compare_fields(nvx_table_of(NVX_LIST_part), shape_of(NVX_LIST_part), 0, "part");
	compare_fields(
		&nvx_table_metadata, &shape_globals, offsetof(struct nvx_globals, metadata), "metadata");
	compare_fields(&nvx_table_audio, &shape_globals, offsetof(struct nvx_globals, audio), "audio");
	for (unsigned i = 0; i < NVX_N_LAYERS; i++)
		cr_assert_not_null(
			field_at(&shape_globals, (unsigned)offsetof(struct nvx_globals, layer[i].extra)));
}

/* nvx1.md 13 */
Test(score_draft, nvx1_NVX_04_limits_end_a_draft_before_memory_is_spent)
{
	for (uint32_t i = 0; i < 1024; i++)
		cr_assert_eq(nvx_add_part(&draft), i);
	cr_assert_eq(draft.error, 0);
	cr_assert_eq(nvx_add_part(&draft), UINT32_MAX);
	cr_assert_eq(draft.error, -E2BIG);
	cr_assert_str_eq(report->error[0].code, "nvx1.limit.parts");
	/* Everything may still be called, and goes nowhere. */
	nvx_draft_part(&draft, UINT32_MAX)->capo = 3;
	nvx_add_note(&draft, UINT32_MAX)->tick = 1;
	nvx_add_note(&draft, 0)->tick = 1;
	nvx_add_lyric(&draft)->verse = 2;
	cr_assert_eq(nvx_text(&draft, "x", 1), 0u);
	cr_assert_eq(draft.part[0].n_note, 0u);
	struct score *score;
	cr_assert_eq(nvx_finish(&draft, NULL, &score), -E2BIG);
	cr_assert_eq(report->n_errors, 1u);
}

Test(score_draft, nvx1_NVX_04_measures_notes_and_maps_have_limits)
{
	static const struct {
		const char *code;
		uint32_t max;
	} cases[] = {
		{"nvx1.limit.measures", 100000}, {"nvx1.limit.tempo", 100000}, {"nvx1.limit.notes", 1000000}};
	for (unsigned c = 0; c < 3; c++) {
		memset(report, 0, sizeof(*report));
		nvx_draft_finish(&draft);
		cr_assert_eq(nvx_draft_init(&draft, &score_heap, report), 0);
		const uint32_t part = nvx_add_part(&draft);
		for (uint32_t i = 0; i <= cases[c].max; i++) {
			cr_assert_eq(draft.error, 0, "%s: %u", cases[c].code, i);
			if (c == 0)
				(void)nvx_add_measure(&draft);
			else if (c == 1)
				(void)nvx_add_tempo(&draft);
			else
				(void)nvx_add_note(&draft, part);
		}
		cr_assert_eq(draft.error, -E2BIG);
		cr_assert_str_eq(report->error[0].code, cases[c].code);
	}
}

/* A note so late that its measures would be too many. */
Test(score_draft, nvx1_NVX_04_a_late_note_ends_in_a_limit)
{
	draft.repair = 1;
	nvx_add_note(&draft, nvx_add_part(&draft))->tick = NVX_MAX_TICK - 5;
	struct score *score;
	cr_assert_eq(nvx_finish(&draft, NULL, &score), -E2BIG);
	cr_assert_str_eq(report->error[0].code, "nvx1.limit.measures");
}

Test(score_draft, a_cancelled_import_stops)
{
	static atomic_bool cancel;
	draft.cancel = &cancel;
	const uint32_t part = nvx_add_part(&draft);
	(void)nvx_add_note(&draft, part);
	cr_assert_eq(draft.error, 0);
	atomic_store(&cancel, 1);
	(void)nvx_add_note(&draft, part);
	cr_assert_eq(draft.error, -ECANCELED);
	cr_assert_eq(draft.part[0].n_note, 1u);
	struct score *score;
	cr_assert_eq(nvx_finish(&draft, NULL, &score), -ECANCELED);
}

static const char *cleaned(const char *text, size_t len)
{
	const nvx_str str = nvx_clean_text(&draft, text, len);
	return str ? nvx_string(draft.pool, str, NULL) : NULL;
}

Test(score_draft, text_of_unknown_encoding_becomes_presentable)
{
	cr_assert_str_eq(cleaned("  Na\xc3\xafve \t\n song\0 ", 18), "Na\xc3\xafve  song");
	cr_assert_str_eq(cleaned("caf\xe9 \x80", 6), "caf\xc3\xa9 \xe2\x82\xac");
	cr_assert_null(cleaned(" \n\t", 3));
	cr_assert_null(cleaned(NULL, 0));
	char text[3000];
	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	cr_assert_eq(strlen(cleaned(text, sizeof(text))), 1023u);
	memset(text, 0xff, sizeof(text));
	cr_assert_eq(strlen(cleaned(text, sizeof(text))), 1024u);
}

/* nvx1.md 4.1 */
Test(score_draft, borders_of_tuplets_always_add_up)
{
	for (uint32_t n = 1; n < 60; n++)
		for (int64_t span = 1; span < 4000; span += 37) {
			int64_t last = 1000;
			for (uint32_t k = 1; k <= n; k++) {
				const int64_t border = nvx_border(1000, span, k, n);
				const int64_t exact2n = 2 * (int64_t)k * span;
				cr_assert_geq(border, last);
				cr_assert(
					llabs(2 * n * (border - 1000) - exact2n) <= n, "half a tick at most");
				last = border;
			}
			cr_assert_eq(last, 1000 + span);
		}
	cr_assert_eq(nvx_border(0, NVX_MAX_TICK, 4000000000u, 4000000000u), NVX_MAX_TICK);
}

Test(score_draft, values_last_what_they_say)
{
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_MAXIMA, 0, 1, 1), 30720);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_1, 0, 1, 1), 3840);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_4, 1, 1, 1), 1440);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_4, 4, 1, 1), 1860);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_8, 0, 3, 2), 320);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_1024, 0, 1, 1), 4, "3.75, half up");
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_UNSET, 0, 1, 1), 0);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_4, 9, 1, 1), 0);
	cr_assert_eq(nvx_value_ticks(NVX_VALUE_4, 0, 0, 1), 0);
}

Test(score_draft, keys_and_signatures_follow_from_each_other)
{
	for (int fifths = -7; fifths <= 7; fifths++)
		for (int minor = 0; minor < 2; minor++) {
			struct nvx_key key = {};
			nvx_set_key(&key, fifths, minor);
			cr_assert_eq(nvx_key_fifths(key.step, key.alter, key.mode), fifths);
		}
	struct nvx_key key;
	nvx_set_key(&key, -3, 1);
	cr_assert(key.step == 0 && key.alter == 0 && key.mode == NVX_MODE_MINOR, "C minor");
	nvx_set_key(&key, 6, 0);
	cr_assert(key.step == 3 && key.alter == 1, "F# major");
	cr_assert_eq(nvx_key_fifths(1, 0, NVX_MODE_DORIAN), 0, "D dorian");
	cr_assert_eq(nvx_key_fifths(6, -1, NVX_MODE_LYDIAN), -1, "Bb lydian");
}
