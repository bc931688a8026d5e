/* SPDX-License-Identifier: MIT */
/* Changes of a score: applied, turned round, refused, found between two scores. */
#include <errno.h>
#include <time.h>

#include "score_model.h"

static struct score_report *report;

static void setup(void)
{
	report = new_report();
}

static void teardown(void)
{
	free(report);
}

TestSuite(score_edit, .init = setup, .fini = teardown, .timeout = 120);

static const struct score_part *some_part(struct dice *dice, const struct score *score)
{
	return score->part[roll(dice, score->n_parts)];
}

static void random_note_op(struct dice *dice, const struct score *base, struct score_change *change)
{
	const struct score_part *part = some_part(dice, base);
	struct nvx_note note = {.tick = roll(dice, (uint32_t)(base->end_tick + 500)),
		.duration_ticks = 1 + roll(dice, 900),
		.pitch = (uint8_t)roll(dice, 128),
		.velocity = 90,
		.release_velocity = 64,
		.channel = NVX_NO_U8};
	if (!part->note.n || roll(dice, 3) == 0) {
		(void)score_change_add(change, SCORE_OP_ADD, NVX_LIST_note, part->part.id, 0, NULL, &note);
		return;
	}
	const struct nvx_note *old = score_part_note(part, roll(dice, part->note.n));
	note.id = old->id;
	if (roll(dice, 2))
		(void)score_change_add(change, SCORE_OP_REPLACE, NVX_LIST_note, part->part.id, 0, old, &note);
	else
		(void)score_change_add(change, SCORE_OP_REMOVE, NVX_LIST_note, part->part.id, 0, old, NULL);
	if (roll(dice, 6) == 0) /* and back, in another part */
		(void)score_change_add(
			change, SCORE_OP_ADD, NVX_LIST_note, some_part(dice, base)->part.id, 0, NULL, &note);
}

static void random_element_op(struct dice *dice, const struct score *base, struct score_change *change)
{
	const unsigned list = NVX_LIST_form + roll(dice, NVX_LIST_melody - NVX_LIST_form + 1);
	const struct nvx_seq *seq = &base->list[list];
	if (!seq->n)
		return;
	uint64_t copy[64];
	const void *item = nvx_seq_at(seq, roll(dice, seq->n));
	memcpy(copy, item, seq->item_bytes);
	struct nvx_element *e = (struct nvx_element *)(void *)copy;
	switch (roll(dice, 3)) {
	case 0:
		(void)score_change_add(change, SCORE_OP_REMOVE, list, 0, 0, item, NULL);
		break;
	case 1:
		e->tick = roll(dice, (uint32_t)base->end_tick);
		e->origin = 0;
		(void)score_change_add(change, SCORE_OP_REPLACE, list, 0, 0, item, copy);
		break;
	default:
		e->id = 0;
		e->tick += 10;
		(void)score_change_add(change, SCORE_OP_ADD, list, 0, 0, NULL, copy);
	}
}

static void random_part_op(struct dice *dice, const struct score *base, struct score_change *change)
{
	const uint32_t index = roll(dice, base->n_parts);
	struct nvx_part part = base->part[index]->part;
	switch (roll(dice, 4)) {
	case 0:
		(void)score_change_add(change, SCORE_OP_REMOVE, NVX_LIST_part, 0, index, &part, NULL);
		break;
	case 1:
		part.capo = (uint8_t)roll(dice, 2);
		part.mute = 1;
		(void)score_change_add(
			change, SCORE_OP_REPLACE, NVX_LIST_part, 0, index, &base->part[index]->part, &part);
		break;
	case 2: /* to another place, empty */
		(void)score_change_add(change, SCORE_OP_REMOVE, NVX_LIST_part, 0, index, &part, NULL);
		(void)score_change_add(
			change, SCORE_OP_ADD, NVX_LIST_part, 0, roll(dice, base->n_parts), NULL, &part);
		break;
	default:
		part.id = 0;
		part.regions = 0;
		(void)score_change_add(change, SCORE_OP_ADD, NVX_LIST_part, 0, index, NULL, &part);
	}
}

static void random_frame_op(struct dice *dice, const struct score *base, struct score_change *change)
{
	struct nvx_globals globals = base->globals;
	const uint32_t index = roll(dice, score_n_measure(base));
	struct nvx_measure measure = *score_measure(base, index);
	struct nvx_tempo tempo = {.tick = roll(dice, (uint32_t)base->end_tick), .ns_per_quarter = 400000000};
	const struct nvx_tempo *old = score_tempo_at(base, tempo.tick);
	switch (roll(dice, 6)) {
	case 0:
		globals.metadata.composer = globals.metadata.title;
		(void)score_change_add(change, SCORE_OP_REPLACE, SCORE_EDIT_GLOBALS, 0, 0, NULL, &globals);
		break;
	case 1:
		measure.repeat_end = (uint8_t)(2 + roll(dice, 3));
		(void)score_change_add(change, SCORE_OP_REPLACE, NVX_LIST_measure, 0, index, NULL, &measure);
		break;
	case 2:
		(void)score_change_add(
			change, SCORE_OP_REMOVE, NVX_LIST_measure, 0, score_n_measure(base) - 1, NULL, NULL);
		break;
	case 3:
		measure.tick = -1;
		(void)score_change_add(
			change, SCORE_OP_ADD, NVX_LIST_measure, 0, score_n_measure(base), NULL, &measure);
		break;
	case 4:
		(void)score_change_add(change, SCORE_OP_ADD, NVX_LIST_tempo, 0, 0, NULL, &tempo);
		break;
	default:
		if (old->tick > 0) {
			tempo = *old;
			tempo.tick += 1;
			(void)score_change_add(change, SCORE_OP_REPLACE, NVX_LIST_tempo, 0, 0, old, &tempo);
		}
	}
}

static void random_change(struct dice *dice, const struct score *base, struct score_change *change)
{
	score_change_init(change, base);
	for (uint32_t i = 1 + roll(dice, 3); i > 0; i--) {
		switch (roll(dice, 8)) {
		case 0:
			random_part_op(dice, base, change);
			break;
		case 1:
			random_frame_op(dice, base, change);
			break;
		case 2:
		case 3:
			random_element_op(dice, base, change);
			break;
		default:
			random_note_op(dice, base, change);
		}
	}
}

static void assert_index(const struct score *score)
{
	struct score *fresh = rebuild(score);
	struct score_index index = {};
	/* An index that was made for the same pool, so that ids are the same numbers. */
	struct score bare = *score;
	bare.index = (struct score_index){};
	cr_assert_eq(score_index_make(&bare), 0);
	index = bare.index;
	cr_assert_eq(index.place.n, score->index.place.n);
	for (uint32_t i = 0; i < index.place.n; i++)
		cr_assert(memcmp(nvx_seq_at(&index.place, i), nvx_seq_at(&score->index.place, i),
				  sizeof(struct index_place)) == 0);
	cr_assert_eq(index.use.n, score->index.use.n);
	for (uint32_t i = 0; i < index.use.n; i++)
		cr_assert(memcmp(nvx_seq_at(&index.use, i), nvx_seq_at(&score->index.use, i),
				  sizeof(struct index_use)) == 0);
	score_index_finish(&index);
	score_unref(fresh);
}

/** What a change leads to, in all directions. */
static void follow(const struct score *base, struct score *next, struct score_change *change)
{
	struct score *again = rebuild(next), *back = NULL, *forth = NULL;
	assert_same(next, again);
	assert_index(next);

	struct score_change diff;
	cr_assert_eq(score_diff(base, next, &diff), 0);
	int err = score_apply(base, &diff, report, &forth);
	cr_assert_eq(err, 0, "diff: %s %s %s", report->error[0].code, report->error[0].where,
		report->error[0].reason);
	assert_same(forth, next);
	score_unref(forth);
	score_change_finish(&diff);
	cr_assert_eq(score_diff(base, again, &diff), 0);
	err = score_apply(base, &diff, report, &forth);
	cr_assert_eq(err, 0, "diff of pools: %s %s %s", report->error[0].code, report->error[0].where,
		report->error[0].reason);
	assert_same(forth, next);
	score_unref(forth);
	score_change_finish(&diff);

	score_change_invert(change);
	err = score_apply(next, change, report, &back);
	cr_assert_eq(err, 0, "back: %s %s %s", report->error[0].code, report->error[0].where,
		report->error[0].reason);
	assert_same(back, base);
	score_change_invert(change);
	err = score_apply(back, change, report, &forth);
	cr_assert_eq(err, 0, "redo: %s %s %s", report->error[0].code, report->error[0].where,
		report->error[0].reason);
	assert_same(forth, next);
	score_unref(forth);
	score_unref(back);
	score_unref(again);
}

/* Random edits on random scores: applied and turned round they give the same content and state; the state is
 * that of the same content built from nothing; what lies between two scores is found; a snapshot stays what
 * it was. */
Test(score_edit, hermes_HER_07_any_change_can_be_undone_and_redone)
{
	unsigned applied = 0, refused = 0;
	for (uint64_t seed = 1; seed <= 120; seed++) {
		struct dice dice = {seed};
		struct score *score = random_score(&dice);
		for (unsigned step = 0; step < 12; step++) {
			struct score_change change;
			struct score *next, *before = rebuild(score);
			random_change(&dice, score, &change);
			memset(report, 0, sizeof(*report));
			const int err = score_apply(score, &change, report, &next);
			assert_same(score, before);
			score_unref(before);
			if (err) {
				cr_assert_eq(err, -EINVAL);
				cr_assert_gt(report->n_errors, 0u);
				cr_assert_null(next);
				refused++;
			} else {
				follow(score, next, &change);
				score_unref(score);
				score = next;
				applied++;
			}
			score_change_finish(&change);
		}
		score_unref(score);
	}
	cr_log_info("%u applied, %u refused", applied, refused);
	cr_assert_gt(applied, 300u);
	cr_assert_gt(refused, 100u);
}

/* ---- what follows from a change ---- */

/** Two notes of a guitar with tablature, an event over both, a slur, a syllable, a remark. */
static struct score *small_song(const struct score_alloc *alloc)
{
	static const uint8_t tuning[] = {64, 59, 55, 50, 45, 40};
	struct nvx_draft draft;
	nvx_id notes[2], events[2];
	if (nvx_draft_init(&draft, alloc, report))
		return NULL;
	const uint32_t part = nvx_add_part(&draft);
	const nvx_id part_id = nvx_draft_part(&draft, part)->id;
	nvx_draft_part(&draft, part)->tuning = nvx_make_list(&draft, tuning, sizeof(tuning), 1);
	(void)nvx_add_measure(&draft);
	(void)nvx_add_measure(&draft);
	for (uint8_t i = 0; i < 2; i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->tick = i * 960;
		note->duration_ticks = 960;
		note->pitch = 64 + i;
		notes[i] = note->id;
		struct nvx_tab *tab = nvx_add_tab(&draft);
		tab->e.note_id = notes[i];
		tab->string = 1;
		tab->fret = i;
		struct nvx_notation_element *event = nvx_add_notation(&draft);
		events[i] = event->e.id;
		event->e.kind = NVX_NOTATION_EVENT;
		event->e.part_id = part_id;
		event->e.tick = i * 960;
		event->e.duration_ticks = 960;
		event->e.voice = 1;
		event->value = NVX_VALUE_4;
		event->note_ids = nvx_make_list(&draft, &notes[i], 1, sizeof(notes[i]));
	}
	struct nvx_notation_element *slur = nvx_add_notation(&draft);
	slur->e.kind = NVX_NOTATION_SLUR;
	slur->e.part_id = part_id;
	slur->from_event_id = events[0];
	slur->to_event_id = events[1];
	struct nvx_lyric *lyric = nvx_add_lyric(&draft);
	lyric->e.note_id = notes[0];
	lyric->text = nvx_text(&draft, "la", 2);
	struct nvx_annotation_entry *remark = nvx_add_annotation(&draft);
	remark->note_id = notes[0];
	remark->author = remark->text = nvx_text(&draft, "x", 1);
	struct score *score;
	return nvx_finish(&draft, NULL, &score) ? NULL : score;
}

static int apply_one(const struct score *base, enum score_op_kind kind, unsigned list, const void *before,
	const void *after, struct score **ret)
{
	struct score_change change;
	score_change_init(&change, base);
	memset(report, 0, sizeof(*report));
	cr_assert_eq(score_change_add(&change, kind, list, base->part[0]->part.id, 0, before, after), 0);
	const int err = score_apply(base, &change, report, ret);
	if (!err)
		follow(base, *ret, &change);
	score_change_finish(&change);
	return err;
}

Test(score_edit, hermes_HER_07_what_hangs_on_a_note_goes_and_moves_with_it)
{
	struct score *base = small_song(&score_heap), *next;
	const struct nvx_note *note = score_part_note(base->part[0], 0);
	cr_assert_eq(apply_one(base, SCORE_OP_REMOVE, NVX_LIST_note, note, NULL, &next), 0);
	cr_assert_eq(score_n_tab(next), 1u);
	cr_assert_eq(score_n_lyric(next), 0u);
	cr_assert_eq(score_n_annotation(next), 0u);
	cr_assert_eq(score_n_notation(next), 3u);
	cr_assert_eq(score_notation(next, 0)->note_ids + score_notation(next, 1)->note_ids, 0u,
		"a rest, and the slur");
	score_unref(next);

	struct nvx_note moved = *note;
	moved.tick = 1920;
	cr_assert_eq(apply_one(base, SCORE_OP_REPLACE, NVX_LIST_note, NULL, &moved, &next), 0);
	cr_assert_eq(score_lyric(next, 0)->e.tick, 1920);
	cr_assert_eq(score_tab(next, 1)->e.tick, 1920);
	cr_assert_eq(score_tab(next, 1)->e.note_id, note->id);
	score_unref(next);

	cr_assert_eq(
		apply_one(base, SCORE_OP_REMOVE, NVX_LIST_notation, score_notation(base, 1), NULL, &next), 0);
	cr_assert_eq(score_n_notation(next), 1u, "a slur is nothing without its events");
	score_unref(next);
	score_unref(base);
}

/* HER-07: overfull measures are refused, and so is all that breaks a rule; the base stays as it was. */
Test(score_edit, hermes_HER_07_HER_11_a_change_that_breaks_a_rule_is_refused_with_its_place)
{
	struct score *base = small_song(&score_heap), *next;
	struct score *same = rebuild(base);
	struct nvx_notation_element event = *score_notation(base, 1);
	event.e.duration_ticks = 3840;
	event.value = NVX_VALUE_1;
	cr_assert_eq(apply_one(base, SCORE_OP_REPLACE, NVX_LIST_notation, NULL, &event, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, event.e.tick ? "nvx1.voice.barline" : "nvx1.voice.overlap");

	struct nvx_note note = *score_part_note(base->part[0], 0);
	note.pitch = 70;
	cr_assert_eq(apply_one(base, SCORE_OP_REPLACE, NVX_LIST_note, NULL, &note, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, "nvx1.tab.pitch");
	cr_assert_str_eq(report->error[0].where, "/layers/tablature/t1/fret");

	note.pitch = 64;
	note.duration_ticks = 961;
	cr_assert_eq(apply_one(base, SCORE_OP_REPLACE, NVX_LIST_note, NULL, &note, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, "nvx1.tab.string");
	note.tick = 7680;
	cr_assert_eq(apply_one(base, SCORE_OP_REPLACE, NVX_LIST_note, NULL, &note, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, "nvx1.tick.outside");
	cr_assert_str_eq(report->error[0].where, "/parts/p1/notes/n1/tick");

	note.id = nvx_id_number('n', 77);
	cr_assert_eq(apply_one(base, SCORE_OP_REMOVE, NVX_LIST_note, &note, NULL, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, "nvx1.ref.unknown");
	note = *score_part_note(base->part[0], 0);
	cr_assert_eq(apply_one(base, SCORE_OP_ADD, NVX_LIST_note, NULL, &note, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, "nvx1.id.duplicate");
	struct nvx_part part = base->part[0]->part;
	cr_assert_eq(apply_one(base, SCORE_OP_REMOVE, NVX_LIST_part, &part, NULL, &next), -EINVAL);
	part.capo = 2;
	cr_assert_eq(apply_one(base, SCORE_OP_REPLACE, NVX_LIST_part, NULL, &part, &next), -EINVAL);
	cr_assert_str_eq(report->error[0].code, "nvx1.tab.pitch");
	assert_same(base, same);
	score_unref(same);
	score_unref(base);
}

Test(score_edit, what_is_added_gets_ids_that_were_never_used)
{
	struct score *base = small_song(&score_heap), *one, *two;
	struct nvx_note note = *score_part_note(base->part[0], 1);
	const nvx_id last = note.id;
	note.id = 0;
	note.tick = 4000;
	cr_assert_eq(apply_one(base, SCORE_OP_ADD, NVX_LIST_note, NULL, &note, &one), 0);
	const struct nvx_note *added = score_part_note(one->part[0], 2);
	cr_assert_eq(added->id, last + 1);
	cr_assert_eq(apply_one(one, SCORE_OP_REMOVE, NVX_LIST_note, added, NULL, &two), 0);
	score_unref(one);
	cr_assert_eq(apply_one(two, SCORE_OP_ADD, NVX_LIST_note, NULL, &note, &one), 0);
	cr_assert_eq(score_part_note(one->part[0], 2)->id, last + 2);
	score_unref(one);
	score_unref(two);
	score_unref(base);
}

Test(score_edit, a_measure_is_put_in_by_moving_what_follows)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct dice dice = {seed};
		struct score *base = random_score(&dice), *next;
		const uint32_t at = roll(&dice, score_n_measure(base));
		const struct nvx_measure *here = score_measure(base, at);
		const struct nvx_measure fresh = {.tick = here->tick,
			.duration_ticks = here->duration_ticks,
			.irregular = NVX_IRREGULAR_LONG};
		struct score_change change;
		score_change_init(&change, base);
		cr_assert_eq(score_change_shift(&change, base, here->tick, here->duration_ticks), 0);
		cr_assert_eq(
			score_change_add(&change, SCORE_OP_ADD, NVX_LIST_measure, 0, at, NULL, &fresh), 0);
		memset(report, 0, sizeof(*report));
		const int err = score_apply(base, &change, report, &next);
		if (!err) {
			cr_assert_eq(next->end_tick, base->end_tick + here->duration_ticks);
			cr_assert_eq(score_n_notes(next), score_n_notes(base));
			follow(base, next, &change);
			score_unref(next);
		} else {
			/* A span that lies over the bar line does not grow with it. */
			cr_assert(strstr(report->error[0].code, "overlap") ||
					  strstr(report->error[0].code, "meter") ||
					  strstr(report->error[0].code, "length"),
				"%s %s %s", report->error[0].code, report->error[0].where,
				report->error[0].reason);
		}
		score_change_finish(&change);
		score_unref(base);
	}
}

/* HER-13: a change is made or it is not. */
Test(score_edit, hermes_HER_13_no_allocation_is_taken_for_granted)
{
	long fail_at = 0;
	int err;
	do {
		struct failing failing = {};
		const struct score_alloc alloc = {failing_resize, &failing};
		struct score *base = small_song(&alloc), *next = NULL;
		const struct score_state state = score_state(base);
		struct score_change change, diff = {};
		score_change_init(&change, base);
		struct nvx_part part = base->part[0]->part;
		part.id = 0;
		part.tuning = 0;
		struct nvx_note note = *score_part_note(base->part[0], 0);
		failing.n_calls = 0;
		failing.fail_at = ++fail_at;
		err = score_change_add(&change, SCORE_OP_ADD, NVX_LIST_part, 0, 1, NULL, &part);
		if (!err)
			err = score_change_add(
				&change, SCORE_OP_REMOVE, NVX_LIST_note, part.id, 0, &note, NULL);
		if (!err)
			err = score_apply(base, &change, report, &next);
		if (!err)
			err = score_diff(base, next, &diff);
		cr_assert(err == 0 || err == -ENOMEM, "%ld: %d", fail_at, err);
		cr_assert(score_state_equal(score_state(base), state));
		cr_assert_eq(score_n_tab(base), 2u);
		score_change_finish(&change);
		score_change_finish(&diff);
		score_unref(next);
		score_unref(base);
		cr_assert_eq(failing.live, 0, "allocation %ld", fail_at);
	} while (err);
	cr_assert_gt(fail_at, 40);
}

/* A bar of a long score costs what the bar costs. */
Test(score_edit, hermes_HER_09_a_bar_of_a_long_score_is_changed_at_the_cost_of_the_bar)
{
	enum { PARTS = 10, NOTES = 20000 };
	struct failing failing = {};
	const struct score_alloc alloc = {failing_resize, &failing};
	struct nvx_draft draft;
	cr_assert_eq(nvx_draft_init(&draft, &alloc, report), 0);
	for (uint32_t p = 0; p < PARTS; p++) {
		const uint32_t part = nvx_add_part(&draft);
		for (uint32_t i = 0; i < NOTES; i++) {
			struct nvx_note *note = nvx_add_note(&draft, part);
			note->tick = i * 240;
			note->duration_ticks = 240;
			note->pitch = (uint8_t)(40 + i % 40);
			const nvx_id note_id = note->id;
			struct nvx_notation_element *event = nvx_add_notation(&draft);
			event->e.kind = NVX_NOTATION_EVENT;
			event->e.part_id = draft.part[part].part.id;
			event->e.tick = i * 240;
			event->e.duration_ticks = 240;
			event->e.voice = 1;
			event->value = NVX_VALUE_16;
			event->note_ids = nvx_make_list(&draft, &note_id, 1, sizeof(note_id));
		}
	}
	struct score *base = finish_or_fail(&draft), *next;
	cr_assert_eq(score_index_make(base), 0);
	double best_ms = 1e9;
	for (unsigned round = 0; round < 20; round++) {
		struct score_change change;
		score_change_init(&change, base);
		const struct score_part *part = base->part[round % PARTS];
		for (uint32_t i = 0; i < 16; i++) {
			struct nvx_note note = *score_part_note(part, 16 * (300 + round) + i);
			note.pitch ^= 1;
			cr_assert_eq(score_change_add(&change, i ? SCORE_OP_REPLACE : SCORE_OP_REMOVE,
					     NVX_LIST_note, part->part.id, 0, &note, &note),
				0);
		}
		struct timespec from, to;
		failing.bytes = 0;
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		cr_assert_eq(score_apply(base, &change, report, &next), 0);
		(void)clock_gettime(CLOCK_MONOTONIC, &to);
		const double ms =
			(double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		best_ms = ms < best_ms ? ms : best_ms;
		cr_assert_lt(failing.bytes, 100 * 1024);
		score_change_finish(&change);
		score_unref(base);
		base = next;
	}
	cr_log_info("16 notes of %u: %.3f ms, %ld bytes asked for", PARTS * NOTES, best_ms, failing.bytes);
#ifdef NDEBUG
	cr_assert_lt(best_ms, 1.0);
#else
	cr_assert_lt(best_ms, 10.0, "sanitizers included");
#endif
	score_unref(base);
	cr_assert_eq(failing.live, 0);
}
