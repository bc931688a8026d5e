/* SPDX-License-Identifier: MIT */
/* From a draft to a score: completed, sorted, named, checked; every rule of nvx1.md 14 broken once. */
#include "score_model.h"

#include <errno.h>

static struct score_report *report;
static struct nvx_draft draft;
static struct score *score;

static void begin(int repair)
{
	memset(report, 0, sizeof(*report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, report), 0);
	draft.repair = (uint8_t)repair;
}

static void setup(void)
{
	report = new_report();
	begin(0);
}

static void teardown(void)
{
	nvx_draft_finish(&draft);
	score_unref(score);
	free(report);
}

TestSuite(score_finish, .init = setup, .fini = teardown, .timeout = 120);

static void finish(int wanted)
{
	score_unref(score);
	const int err = nvx_finish(&draft, "song.mid", &score);
	cr_assert_eq(err, wanted, "%d: %s %s %s", err, report->error[0].code, report->error[0].where,
		report->error[0].reason);
}

static const char *id_of(nvx_id id)
{
	static char text[8][NVX_ID_MAX + 1];
	static unsigned at;
	at = (at + 1) % 8;
	(void)nvx_id_format(score->pool, id, text[at]);
	return text[at];
}

/* ---- completing ---- */

Test(score_finish, an_empty_draft_is_an_empty_score)
{
	finish(0);
	cr_assert_eq(score->n_parts, 1u);
	cr_assert_eq(score_n_measure(score), 1u);
	cr_assert_eq(score->end_tick, 3840);
	cr_assert_eq(score_tempo(score, 0)->ns_per_quarter, 500000000u);
	cr_assert(score_meter(score, 0)->num == 4 && score_meter(score, 0)->den == 4);
	cr_assert_eq(score_key(score, 0)->step, NVX_KEY_NONE);
	cr_assert_str_eq(score_text(score, score->globals.metadata.title), "song.mid");
	cr_assert_str_eq(id_of(score->part[0]->part.id), "p1");
	cr_assert_eq(report->n_warnings, 0u);
}

Test(score_finish, measures_are_made_from_the_meters)
{
	nvx_add_note(&draft, nvx_add_part(&draft))->tick = 9000;
	nvx_add_meter(&draft);
	struct nvx_meter *meter = nvx_add_meter(&draft);
	meter->tick = 5000; /* inside the second bar of 4/4 */
	meter->num = 3;
	meter->den = 8;
	finish(0);
	static const struct {
		int64_t tick;
		uint32_t duration_ticks;
		uint8_t irregular;
	} bars[] = {{0, 3840, 0}, {3840, 1160, NVX_IRREGULAR_SHORT}, {5000, 1440, 0}, {6440, 1440, 0},
		{7880, 1440, 0}};
	cr_assert_eq(score_n_measure(score), 5u);
	for (uint32_t i = 0; i < 5; i++) {
		cr_assert_eq(score_measure(score, i)->tick, bars[i].tick);
		cr_assert_eq(score_measure(score, i)->duration_ticks, bars[i].duration_ticks);
		cr_assert_eq(score_measure(score, i)->irregular, bars[i].irregular);
	}
	cr_assert_eq(score_measure_at(score, 5000), 2u);
	cr_assert_eq(score_measure_at(score, 4999), 1u);
	cr_assert_eq(score_measure_at(score, 1 << 20), 4u);
	cr_assert_eq(score_meter_at(score, 4999)->num, 4);
	cr_assert_eq(score_meter_at(score, 5000)->num, 3);
}

Test(score_finish, measures_complete_each_other_and_a_pickup_is_bar_0)
{
	begin(1);
	nvx_add_measure(&draft)->duration_ticks = 960;
	(void)nvx_add_measure(&draft);
	(void)nvx_add_measure(&draft);
	finish(0);
	cr_assert_eq(score_measure(score, 0)->irregular, NVX_IRREGULAR_PICKUP);
	cr_assert_eq(score_measure(score, 2)->tick, 4800);
	char name[16];
	score_measure_name(score, 0, name, sizeof(name));
	cr_assert_str_eq(name, "0");
	score_measure_name(score, 2, name, sizeof(name));
	cr_assert_str_eq(name, "2");
	cr_assert_eq(report->n_warnings, 0u);
}

Test(score_finish, maps_of_an_import_are_put_in_order)
{
	begin(1);
	static const int64_t ticks[] = {1920, 960, 1920, -5};
	for (unsigned i = 0; i < 4; i++) {
		struct nvx_tempo *tempo = nvx_add_tempo(&draft);
		tempo->tick = ticks[i];
		tempo->ns_per_quarter = 1000000 * (i + 1);
	}
	struct nvx_key *key = nvx_add_key(&draft);
	nvx_set_key(key, 2, 0);
	key->tick = 960;
	finish(0);
	cr_assert_eq(score_n_tempo(score), 3u);
	cr_assert_eq(score_tempo(score, 0)->ns_per_quarter, 4000000u);
	cr_assert_eq(
		score_tempo(score, 2)->ns_per_quarter, 3000000u, "of entries at one tick the last counts");
	cr_assert_eq(score_n_key(score), 2u);
	cr_assert_eq(score_key(score, 0)->step, NVX_KEY_NONE);
	cr_assert_eq(score_key_at(score, 5000)->step, 1);
	cr_assert_eq(score_tempo_at(score, 1000)->tick, 960);
}

/* nvx1.md 12.4, 12.5 */
Test(score_finish, nvx1_NVX_05_ids_are_given_in_canonical_order_by_the_smallest_free_number)
{
	const uint32_t part = nvx_add_part(&draft);
	static const int64_t ticks[] = {960, 0, 480, 0};
	nvx_id ids[4];
	for (unsigned i = 0; i < 4; i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->tick = ticks[i];
		note->pitch = (uint8_t)(60 - i);
		if (i == 2)
			note->id = nvx_id_number('n', 2);
		ids[i] = note->id;
		struct nvx_lyric *lyric = nvx_add_lyric(&draft);
		lyric->e.note_id = ids[i];
		lyric->text = nvx_text(&draft, "x", 1);
	}
	struct nvx_chord *chord = nvx_add_chord(&draft);
	chord->symbol = nvx_text(&draft, "C", 1);
	chord->e.duration_ticks = 960;
	chord->note_ids = nvx_make_list(&draft, ids, 4, sizeof(ids[0]));
	finish(0);
	static const char *const wanted[] = {"n1", "n3", "n2", "n4"};
	static const int64_t at[] = {0, 0, 480, 960};
	for (uint32_t i = 0; i < 4; i++) {
		cr_assert_str_eq(id_of(score_part_note(score->part[0], i)->id), wanted[i]);
		cr_assert_eq(score_part_note(score->part[0], i)->tick, at[i]);
		cr_assert_eq(score_lyric(score, i)->e.tick, at[i], "time from the note");
		cr_assert_eq(score_lyric(score, i)->e.part_id, score->part[0]->part.id);
	}
	uint32_t n;
	const nvx_id *named = nvx_items(score->pool, score_chord(score, 0)->note_ids, &n);
	static const char *const in_chord[] = {"n4", "n3", "n2", "n1"};
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_str_eq(id_of(named[i]), in_chord[i]);
}

/* A sloppy import becomes a score that as a document of our own breaks no rule, whatever order it is in. */
Test(score_finish, nvx1_NVX_04_what_is_mended_holds_all_rules)
{
	for (uint64_t seed = 1000; seed < 1400; seed++) {
		struct dice dice = {seed};
		struct score *made = random_score(&dice);
		struct score *again = rebuild(made);
		assert_same(made, again);
		score_unref(again);
		score_unref(made);
	}
}

/* ---- rules ---- */

static nvx_id part_id;
static nvx_id note_id[3];

/** One bar of three quarters of a guitar. */
static void small_song(void)
{
	static const uint8_t tuning[] = {64, 59, 55, 50, 45, 40};
	const uint32_t part = nvx_add_part(&draft);
	part_id = nvx_draft_part(&draft, part)->id;
	nvx_draft_part(&draft, part)->tuning = nvx_make_list(&draft, tuning, sizeof(tuning), 1);
	(void)nvx_add_measure(&draft);
	(void)nvx_add_measure(&draft);
	for (unsigned i = 0; i < 3; i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->tick = i * 960;
		note->duration_ticks = 960;
		note->pitch = (uint8_t)(64 + i);
		note_id[i] = note->id;
	}
}

static struct nvx_tab *tab(unsigned note, uint8_t string, uint8_t fret)
{
	struct nvx_tab *made = nvx_add_tab(&draft);
	made->e.note_id = note_id[note];
	made->string = string;
	made->fret = fret;
	return made;
}

static struct nvx_notation_element *event(int64_t tick, uint32_t duration_ticks, enum nvx_value value)
{
	struct nvx_notation_element *made = nvx_add_notation(&draft);
	made->e.kind = NVX_NOTATION_EVENT;
	made->e.part_id = part_id;
	made->e.tick = tick;
	made->e.voice = 1;
	made->e.duration_ticks = duration_ticks;
	made->value = (uint8_t)value;
	return made;
}

static struct nvx_form_element *form(int64_t tick, uint32_t duration_ticks, uint8_t level)
{
	struct nvx_form_element *made = nvx_add_form(&draft);
	made->e.tick = tick;
	made->e.duration_ticks = duration_ticks;
	made->level = level;
	made->label = nvx_text(&draft, "A", 1);
	return made;
}

static void chord(int64_t tick, uint32_t duration_ticks)
{
	struct nvx_chord *made = nvx_add_chord(&draft);
	made->e.tick = tick;
	made->e.duration_ticks = duration_ticks;
	made->symbol = nvx_text(&draft, "C", 1);
}

static void break_offbar(void)
{
	(void)nvx_add_meter(&draft);
	nvx_add_meter(&draft)->tick = 100;
}
static void break_map_order(void)
{
	(void)nvx_add_tempo(&draft);
	nvx_add_tempo(&draft)->tick = 500;
	nvx_add_tempo(&draft)->tick = 500;
}
static void break_map_start(void)
{
	nvx_add_key(&draft)->tick = 5;
}
static void break_gap(void)
{
	draft.measure[1].tick = 4000;
}
static void break_length(void)
{
	draft.measure[0].duration_ticks = 1000;
}
static void break_outside(void)
{
	draft.part[0].note[1].tick = 7680;
}
static void break_marker(void)
{
	struct nvx_marker_element *marker = nvx_add_marker(&draft);
	marker->label = nvx_text(&draft, "x", 1);
	marker->e.tick = 7681;
}
static void break_form(void)
{
	(void)form(0, 2000, 0);
	(void)form(1999, 100, 0);
}
static void break_parent(void)
{
	const nvx_id parent = form(0, 2000, 0)->e.id;
	form(1000, 1001, 1)->parent_id = parent;
}
static void break_chord(void)
{
	chord(0, 1000);
	chord(960, 960);
}
static void break_chord_length(void)
{
	chord(0, 0);
}
static void break_tab_pitch(void)
{
	(void)tab(0, 1, 0);
	(void)tab(1, 1, 2);
}
static void break_tab_string(void)
{
	(void)tab(0, 7, 0);
}
static void break_tab_overlap(void)
{
	draft.part[0].note[0].duration_ticks = 961;
	(void)tab(0, 1, 0);
	(void)tab(1, 1, 1);
}
static void break_finger(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct nvx_fingering *finger = nvx_add_fingering(&draft);
		finger->e.note_id = note_id[0];
		finger->hand = NVX_HAND_LEFT;
		finger->finger = (uint8_t)(NVX_FINGER_1 + i);
	}
}
static void break_verse(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct nvx_lyric *lyric = nvx_add_lyric(&draft);
		lyric->e.note_id = note_id[0];
		lyric->text = nvx_text(&draft, "x", 1);
	}
}
static void break_voice(void)
{
	(void)event(0, 960, NVX_VALUE_4);
	(void)event(480, 960, NVX_VALUE_4);
}
static void break_barline(void)
{
	(void)event(2880, 1920, NVX_VALUE_2);
}
static void break_value(void)
{
	(void)event(0, 959, NVX_VALUE_4);
}
static void break_grace(void)
{
	event(0, 480, NVX_VALUE_8)->is_grace = 1;
}
static void break_ratio(void)
{
	struct nvx_notation_element *tuplet = nvx_add_notation(&draft);
	const nvx_id id = tuplet->e.id;
	tuplet->e.kind = NVX_NOTATION_TUPLET;
	tuplet->e.part_id = part_id;
	tuplet->num = 3;
	tuplet->den = 2;
	tuplet->parent_id = id;
}
static void break_unknown(void)
{
	struct nvx_lyric *lyric = nvx_add_lyric(&draft);
	lyric->text = nvx_text(&draft, "x", 1);
	lyric->e.note_id = nvx_id_number('n', 999);
}
static void break_unknown_in_list(void)
{
	struct nvx_notation_element *made = event(0, 960, NVX_VALUE_4);
	const nvx_id ids[] = {note_id[0], nvx_id_number('n', 9)};
	made->note_ids = nvx_make_list(&draft, ids, 2, sizeof(ids[0]));
}
static void break_technique(void)
{
	const struct nvx_technique_use uses[] = {
		{.type = NVX_TECHNIQUE_TAP, .fret = NVX_NO_U8, .pitch = NVX_NO_U8, .speed_1e6hz = NVX_NO_I32},
		{.type = NVX_TECHNIQUE_HAMMER_ON,
			.to_note_id = nvx_id_number('n', 9),
			.fret = NVX_NO_U8,
			.pitch = NVX_NO_U8,
			.speed_1e6hz = NVX_NO_I32}};
	tab(0, 1, 0)->techniques = nvx_make_list(&draft, uses, 2, sizeof(uses[0]));
}
static void break_kind(void)
{
	(void)tab(0, 1, 0);
	tab(1, 1, 1)->e.part_id = note_id[0];
	draft.tab[1].e.note_id = part_id;
}
static void break_region(void)
{
	draft.part[0].note[0].region_id = nvx_id_number('r', 3);
}
static void break_region_overlap(void)
{
	const struct nvx_region regions[] = {{.id = nvx_new_id(&draft), .tick = 0, .duration_ticks = 1000},
		{.id = nvx_new_id(&draft), .tick = 999, .duration_ticks = 1000}};
	draft.part[0].part.regions = nvx_make_list(&draft, regions, 2, sizeof(regions[0]));
}
static void break_duplicate(void)
{
	draft.part[0].note[2].id = draft.part[0].note[0].id;
}
static void break_velocity(void)
{
	draft.part[0].note[1].velocity16 = 100;
}
static void break_order(void)
{
	const struct nvx_order order = {1, 2};
	*nvx_add_order(&draft) = order;
}
static void break_beats(void)
{
	const struct nvx_beat beats[] = {
		{.tick = 0, .strength = NVX_NO_U8}, {.tick = 3840, .strength = NVX_NO_U8}};
	draft.measure[0].beats = nvx_make_list(&draft, beats, 2, sizeof(beats[0]));
}
static void break_curve(void)
{
	nvx_add_tempo(&draft)->curve = NVX_CURVE_LINEAR;
}
static void break_grouping(void)
{
	static const uint8_t grouping[] = {3, 2};
	nvx_add_meter(&draft)->grouping = nvx_make_list(&draft, grouping, 2, 1);
}

static const struct rule {
	const char *code, *where;
	void (*break_it)(void);
	int beyond_mending;
} rules[] = {
	{"nvx1.meter.offbar", "/timeline/meter/1/tick", break_offbar, 0},
	{"nvx1.map.order", "/timeline/tempo/2/tick", break_map_order, 0},
	{"nvx1.map.start", "/timeline/key/0/tick", break_map_start, 0},
	{"nvx1.measure.gap", "/measures/1/tick", break_gap, 0},
	{"nvx1.measure.length", "/measures/0/durationTicks", break_length, 0},
	{"nvx1.tick.outside", "/parts/0/notes/1/tick", break_outside, 0},
	{"nvx1.tick.outside", "/layers/8/elements/0/tick", break_marker, 0},
	{"nvx1.form.overlap", "/layers/0/elements/1", break_form, 0},
	{"nvx1.form.overlap", "/layers/0/elements/1/parentId", break_parent, 0},
	{"nvx1.chord.overlap", "/layers/1/elements/1", break_chord, 0},
	{"nvx1.range", "/layers/1/elements/0/durationTicks", break_chord_length, 0},
	{"nvx1.tab.pitch", "/layers/3/elements/1/fret", break_tab_pitch, 0},
	{"nvx1.tab.string", "/layers/3/elements/0/string", break_tab_string, 0},
	{"nvx1.tab.string", "/layers/3/elements/1/string", break_tab_overlap, 0},
	{"nvx1.finger.double", "/layers/5/elements/1/finger", break_finger, 0},
	{"nvx1.lyric.double", "/layers/7/elements/1/verse", break_verse, 0},
	{"nvx1.voice.overlap", "/layers/6/elements/1/tick", break_voice, 0},
	{"nvx1.voice.barline", "/layers/6/elements/0/durationTicks", break_barline, 0},
	{"nvx1.value.duration", "/layers/6/elements/0/durationTicks", break_value, 0},
	{"nvx1.value.duration", "/layers/6/elements/0/durationTicks", break_grace, 0},
	{"nvx1.tuplet.ratio", "/layers/6/elements/0/parentId", break_ratio, 0},
	{"nvx1.ref.unknown", "/layers/7/elements/0/noteId", break_unknown, 0},
	{"nvx1.ref.unknown", "/layers/6/elements/0/noteIds/1", break_unknown_in_list, 0},
	{"nvx1.ref.unknown", "/layers/3/elements/0/techniques/1/toNoteId", break_technique, 0},
	{"nvx1.ref.kind", "/layers/3/elements/1/noteId", break_kind, 0},
	{"nvx1.ref.unknown", "/parts/0/notes/0/regionId", break_region, 0},
	{"nvx1.region.overlap", "/parts/0/regions/1", break_region_overlap, 0},
	{"nvx1.id.duplicate", "/parts/0/notes/2/id", break_duplicate, 0},
	{"nvx1.range", "/parts/0/notes/1/velocity16", break_velocity, 0},
	{"nvx1.tick.outside", "/timeline/order/0/toMeasure", break_order, 1},
	{"nvx1.tick.outside", "/measures/0/beats/1/tick", break_beats, 0},
	{"nvx1.range", "/timeline/tempo/0/curve", break_curve, 0},
	{"nvx1.range", "/timeline/meter/0/grouping", break_grouping, 0},
};

Test(score_finish, nvx1_NVX_04_hermes_HER_11_every_rule_broken_once_is_told_with_code_and_pointer)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		begin(0);
		small_song();
		rules[i].break_it();
		finish(-EINVAL);
		cr_assert_null(score);
		cr_assert_str_eq(report->error[0].code, rules[i].code, "rule %zu", i);
		cr_assert_str_eq(report->error[0].where, rules[i].where, "rule %zu", i);
		cr_assert_gt(strlen(report->error[0].reason), 3u);
	}
}

Test(score_finish, nvx1_NVX_04_the_same_in_an_import_is_mended_and_holds_all_rules)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].beyond_mending)
			continue;
		begin(1);
		small_song();
		rules[i].break_it();
		finish(0);
		cr_assert_eq(report->n_errors, 0u);
		struct score *again = rebuild(score);
		assert_same(score, again);
		score_unref(again);
	}
}

Test(score_finish, a_song_without_faults_has_none)
{
	small_song();
	for (uint8_t i = 0; i < 3; i++) {
		(void)tab(i, 1, i);
		event(i * 960, 960, NVX_VALUE_4)->note_ids =
			nvx_make_list(&draft, &note_id[i], 1, sizeof(nvx_id));
	}
	(void)event(3840, 3840, NVX_VALUE_1);
	finish(0);
	cr_assert_eq(report->n_warnings, 0u, "%s %s", report->warning[0].code, report->warning[0].where);
}

Test(score_finish, warnings_don_t_refuse)
{
	small_song();
	draft.part[0].note[2].duration_ticks = 100000;
	chord(0, 960);
	draft.chord[0].symbol = nvx_text(&draft, "Hmpf?", 5);
	finish(0);
	cr_assert_eq(report->n_warnings, 2u);
	cr_assert_str_eq(report->warning[0].code, "nvx1.note.past-end");
	cr_assert_str_eq(report->warning[0].where, "/parts/0/notes/2/durationTicks");
	cr_assert_str_eq(report->warning[1].code, "nvx1.chord.unparsed");
}

/* nvx1.md 13 */
Test(score_finish, nvx1_NVX_04_more_than_4096_notes_at_once_are_told)
{
	for (unsigned crowd = 0; crowd < 2; crowd++) {
		begin(0);
		const uint32_t part = nvx_add_part(&draft);
		for (unsigned i = 0; i < 4096 + 2; i++) {
			struct nvx_note *note = nvx_add_note(&draft, part);
			note->tick = i % 2 * 100;
			note->duration_ticks = crowd ? 101 : 100;
		}
		finish(0);
		cr_assert_eq(report->n_warnings, crowd);
		cr_assert(!crowd || !strcmp(report->warning[0].code, "nvx1.limit.sounding"));
	}
}

Test(score_finish, a_whole_rest_fills_a_bar_of_any_meter)
{
	struct nvx_meter *meter = nvx_add_meter(&draft);
	meter->num = 3;
	small_song();
	(void)event(0, 2880, NVX_VALUE_1);
	(void)event(2880, 2880, NVX_VALUE_UNSET);
	finish(0);
}

/* nvx1.md 14: by position in the document, the first 100. */
Test(score_finish, hermes_HER_11_errors_are_told_in_the_document_s_order)
{
	small_song();
	for (unsigned i = 0; i < 300; i++) {
		struct nvx_lyric *lyric = nvx_add_lyric(&draft);
		lyric->text = nvx_text(&draft, "x", 1);
		lyric->e.tick = 3000 - i; /* sorted the other way round */
		lyric->e.note_id = nvx_id_number('n', 1000 + i);
	}
	break_voice();
	break_length();
	finish(-EINVAL);
	cr_assert_eq(report->n_errors, 303u);
	cr_assert_str_eq(report->error[0].where, "/measures/0/durationTicks");
	cr_assert_str_eq(
		report->error[1].where, "/layers/6/elements/1/durationTicks", "over the short bar's line");
	cr_assert_str_eq(report->error[2].where, "/layers/6/elements/1/tick");
	char where[64];
	for (unsigned i = 3; i < SCORE_MAX_ISSUES; i++) {
		(void)snprintf(where, sizeof(where), "/layers/7/elements/%u/noteId", i - 3);
		cr_assert_str_eq(report->error[i].where, where);
		cr_assert_str_eq(report->error[i].code, "nvx1.ref.unknown");
	}
	cr_assert_str_eq(report->error[3].value, "\"n1000\"");
}

/* ---- states ---- */

Test(score_finish, the_state_is_of_the_content_and_of_all_of_it)
{
	struct dice dice = {77};
	struct score *made = random_score(&dice);
	for (unsigned list = 0; list < NVX_N_LISTS; list++) {
		const struct nvx_seq *seq = &made->list[list];
		const struct shape *shape = shape_of(list);
		if (!seq->n)
			continue;
		uint64_t copy[64];
		memcpy(copy, nvx_seq_at(seq, 0), shape->item_bytes);
		const struct mix128 seed = shape_hash_seed(made->pool, list, 0, 0);
		const struct score_state is = shape_state(made->pool, shape, copy, seed);
		for (unsigned i = 0; i < shape->item_bytes; i++) {
			int handle = 0;
			for (unsigned f = 0; f < shape->n_fields; f++)
				handle |= i - shape->field[f].offset < 4;
			if (handle)
				continue;
			((uint8_t *)copy)[i] ^= 1;
			const struct score_state other = shape_state(made->pool, shape, copy, seed);
			((uint8_t *)copy)[i] ^= 1;
			cr_assert_neq(is.word[0], other.word[0], "list %u, byte %u", list, i);
			cr_assert_neq(is.word[1], other.word[1], "list %u, byte %u", list, i);
		}
	}
	char text[SCORE_STATE_TEXT];
	struct score_state parsed;
	score_state_format(score_state(made), text);
	cr_assert_eq(score_state_parse(text, &parsed), 0);
	cr_assert(score_state_equal(parsed, score_state(made)));
	cr_assert_eq(score_state_parse("x", &parsed), -EINVAL);
	text[3] = 'G';
	cr_assert_eq(score_state_parse(text, &parsed), -EINVAL);
	score_unref(made);
}

Test(score_finish, chords_are_found_for_a_part_and_for_all)
{
	small_song();
	chord(0, 960);
	chord(1920, 960);
	chord(960, 960);
	draft.chord[2].e.part_id = part_id;
	finish(0);
	const nvx_id part = score->part[0]->part.id;
	cr_assert_eq(score_chord_at(score, 500, 0)->e.tick, 0);
	cr_assert_null(score_chord_at(score, 1000, 0));
	cr_assert_eq(score_chord_at(score, 1000, part)->e.tick, 960);
	cr_assert_eq(score_chord_at(score, 500, part)->e.tick, 0, "of the whole score");
	cr_assert_eq(score_n_notes(score), 3u);
	cr_assert_eq(score_find_part(score, part), 0u);
	cr_assert_eq(score_find_part(score, nvx_id_number('p', 9)), UINT32_MAX);
}

/* ---- memory ---- */

/* HER-13: all or nothing. */
Test(score_finish, hermes_HER_13_no_allocation_is_taken_for_granted)
{
	nvx_draft_finish(&draft);
	long fail_at = 0;
	int err;
	do {
		struct failing failing = {.fail_at = ++fail_at};
		const struct score_alloc alloc = {failing_resize, &failing};
		struct dice dice = {4242};
		memset(report, 0, sizeof(*report));
		err = nvx_draft_init(&draft, &alloc, report);
		if (!err) {
			draft.repair = 1;
			random_draft(&dice, &draft);
			err = nvx_finish(&draft, NULL, &score);
		}
		cr_assert(err == 0 || err == -ENOMEM, "%ld: %d", fail_at, err);
		score_unref(score);
		score = NULL;
		cr_assert_eq(failing.live, 0, "allocation %ld", fail_at);
	} while (err);
	cr_assert_gt(fail_at, 100);
}
