/* SPDX-License-Identifier: MIT */
/** Scores at random and other tools for the tests of score/model. */
#ifndef TEST_SCORE_MODEL_H
#define TEST_SCORE_MODEL_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/edit.h>

#include "draft_list.h"
#include "index.h"
#include "shape.h"

/** The same numbers in every run. */
struct dice {
	uint64_t state;
};
static inline uint32_t roll(struct dice *dice, uint32_t n)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return n ? (uint32_t)((dice->state >> 33) % n) : 0;
}

/** Fails the allocation number `fail_at` (from 1; 0: none) and counts what is not given back. */
struct failing {
	long n_calls, fail_at, live, bytes;
};
static inline void *failing_resize(void *ctx, void *ptr, size_t size_bytes)
{
	struct failing *f = ctx;
	if (size_bytes == 0) {
		f->live -= ptr != NULL;
		free(ptr);
		return NULL;
	}
	if (++f->n_calls == f->fail_at)
		return NULL;
	f->live += ptr == NULL;
	f->bytes += (long)size_bytes;
	return realloc(ptr, size_bytes);
}

static inline struct score_report *new_report(void)
{
	return calloc(1, sizeof(struct score_report));
}

static inline nvx_id some_id(struct dice *dice, struct nvx_draft *draft, nvx_id given)
{
	static unsigned serial;
	char text[32];
	switch (roll(dice, 8)) {
	case 0:
		return nvx_id_parse(
			draft->pool, text, (size_t)snprintf(text, sizeof(text), "own-%u", serial++));
	case 1:
		return nvx_id_number('n', 5000 + serial++);
	default:
		return given;
	}
}

static inline void random_notes(struct dice *dice, struct nvx_draft *draft, uint32_t part, int64_t end)
{
	const nvx_id part_id = nvx_draft_part(draft, part)->id;
	nvx_id last_event = 0;
	for (uint32_t i = roll(dice, 60); i > 0; i--) {
		struct nvx_note *note = nvx_add_note(draft, part);
		note->id = some_id(dice, draft, note->id);
		note->tick = roll(dice, (uint32_t)(end / 120)) * 120;
		note->duration_ticks = 1 + roll(dice, 1920);
		note->pitch = (uint8_t)(40 + roll(dice, 40));
		note->velocity = (uint8_t)(1 + roll(dice, 127));
		const struct nvx_note made = *note;
		if (roll(dice, 2)) {
			struct nvx_tab *tab = nvx_add_tab(draft);
			tab->e.note_id = made.id;
			tab->string = (uint8_t)(1 + roll(dice, 6));
			struct nvx_technique_use use = {.type = NVX_TECHNIQUE_HAMMER_ON,
				.to_note_id = made.id,
				.fret = NVX_NO_U8,
				.pitch = NVX_NO_U8,
				.speed_1e6hz = NVX_NO_I32};
			if (roll(dice, 3) == 0)
				tab->techniques = nvx_make_list(draft, &use, 1, sizeof(use));
		}
		if (roll(dice, 3) == 0) {
			struct nvx_fingering *finger = nvx_add_fingering(draft);
			finger->e.note_id = made.id;
			finger->hand = NVX_HAND_LEFT;
			finger->finger = NVX_FINGER_1;
		}
		if (roll(dice, 3) == 0) {
			struct nvx_lyric *lyric = nvx_add_lyric(draft);
			lyric->e.note_id = made.id;
			lyric->text = nvx_text(draft, "la", 2);
		}
		struct nvx_notation_element *event = nvx_add_notation(draft);
		const nvx_id event_id = event->e.id;
		event->e.kind = NVX_NOTATION_EVENT;
		event->e.part_id = part_id;
		event->e.tick = made.tick;
		event->e.voice = (uint8_t)(1 + roll(dice, 3));
		event->value = (uint8_t)(NVX_VALUE_4 + roll(dice, 3));
		event->e.duration_ticks = (uint32_t)nvx_value_ticks(event->value, 0, 1, 1);
		event->note_ids = nvx_make_list(draft, &made.id, 1, sizeof(made.id));
		const struct nvx_spelling spelling = {.note_id = made.id, .step = 3};
		if (roll(dice, 4) == 0)
			event->spelling = nvx_make_list(draft, &spelling, 1, sizeof(spelling));
		if (last_event && roll(dice, 4) == 0) {
			struct nvx_notation_element *slur = nvx_add_notation(draft);
			slur->e.kind = NVX_NOTATION_SLUR;
			slur->e.part_id = part_id;
			slur->from_event_id = last_event;
			slur->to_event_id = event_id;
		}
		last_event = event_id;
	}
	for (uint32_t i = roll(dice, 8); i > 0; i--) {
		struct nvx_control *control = nvx_add_control(draft, part);
		control->tick = roll(dice, (uint32_t)end);
		control->kind = NVX_CONTROL_CC;
		control->number = (uint16_t)roll(dice, 128);
		control->value = (int16_t)roll(dice, 128);
	}
}

/** A sloppy draft: nothing of it fits. nvx_finish() in repair mode has to make a score of it. */
static inline void random_draft(struct dice *dice, struct nvx_draft *draft)
{
	static const uint8_t guitar[] = {64, 59, 55, 50, 45, 40};
	const int64_t end = (1 + roll(dice, 12)) * 3840;
	for (uint32_t i = roll(dice, 3); i > 0; i--) {
		struct nvx_meter *meter = nvx_add_meter(draft);
		meter->tick = roll(dice, (uint32_t)end);
		meter->num = (uint16_t)(2 + roll(dice, 6));
		meter->den = (uint16_t)(1u << (1 + roll(dice, 3)));
		nvx_add_tempo(draft)->tick = roll(dice, (uint32_t)end);
		struct nvx_key *key = nvx_add_key(draft);
		key->tick = roll(dice, (uint32_t)end);
		nvx_set_key(key, (int)roll(dice, 15) - 7, (int)roll(dice, 2));
	}
	for (uint32_t p = 1 + roll(dice, 3); p > 0; p--) {
		const uint32_t part = nvx_add_part(draft);
		nvx_draft_part(draft, part)->name = nvx_text(draft, "part", 4);
		nvx_draft_part(draft, part)->tuning = nvx_make_list(draft, guitar, sizeof(guitar), 1);
		random_notes(dice, draft, part, end);
	}
	for (uint32_t i = roll(dice, 10); i > 0; i--) {
		struct nvx_chord *chord = nvx_add_chord(draft);
		chord->symbol = nvx_text(draft, i % 2 ? "Am7" : "G", i % 2 ? 3 : 1);
		chord->e.tick = roll(dice, (uint32_t)end);
		chord->e.duration_ticks = roll(dice, 4000);
		struct nvx_form_element *form = nvx_add_form(draft);
		form->label = nvx_text(draft, "A", 1);
		form->e.kind = (uint8_t)roll(dice, 5);
		form->e.tick = roll(dice, (uint32_t)end);
		form->e.duration_ticks = roll(dice, 9000);
		form->level = (uint8_t)roll(dice, 2);
		struct nvx_marker_element *marker = nvx_add_marker(draft);
		marker->label = nvx_text(draft, "here", 4);
		marker->e.tick = roll(dice, (uint32_t)end);
		struct nvx_annotation_entry *annotation = nvx_add_annotation(draft);
		annotation->author = nvx_text(draft, "me", 2);
		annotation->text = nvx_text(draft, "so", 2);
		annotation->element_id = marker->e.id;
	}
}

static inline struct score *finish_or_fail(struct nvx_draft *draft)
{
	struct score *score = NULL;
	struct score_report *report = draft->report;
	const int err = nvx_finish(draft, "test", &score);
	cr_assert_eq(err, 0, "%d %s %s %s", err, report->error[0].code, report->error[0].where,
		report->error[0].reason);
	return score;
}

static inline struct score *random_score(struct dice *dice)
{
	struct nvx_draft draft;
	struct score_report *report = new_report();
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, report), 0);
	draft.repair = 1;
	random_draft(dice, &draft);
	struct score *score = finish_or_fail(&draft);
	free(report);
	return score;
}

static inline void *add_to(struct nvx_draft *draft, unsigned list)
{
	switch (list) {
#define X(name, type)                                                                                        \
	case NVX_LIST_##name:                                                                                \
		return nvx_add_##name(draft);
		NVX_LISTS(X)
#undef X
	default:
		return NULL;
	}
}

static inline void put_list(struct nvx_draft *draft, const struct score *score, unsigned list,
	const struct nvx_seq *seq, uint32_t part)
{
	const struct shape *shape = shape_of(list);
	/* Back to front where order has no meaning: the draft sorts. */
	const int turned = shape_is_element(list) || list >= NVX_N_LISTS;
	for (uint32_t i = 0; i < seq->n; i++) {
		void *item = list == NVX_LIST_note      ? (void *)nvx_add_note(draft, part)
			     : list == NVX_LIST_control ? (void *)nvx_add_control(draft, part)
							: add_to(draft, list);
		memcpy(item, nvx_seq_at(seq, turned ? seq->n - 1 - i : i), shape->item_bytes);
		cr_assert_eq(shape_carry(draft->pool, score->pool, shape, item), 0);
	}
}

/** The same content as a document of our own, in another pool: it has to hold all rules as it stands. */
static inline struct score *rebuild(const struct score *score)
{
	struct nvx_draft draft;
	struct score_report *report = new_report();
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, report), 0);
	draft.globals = score->globals;
	cr_assert_eq(shape_carry(draft.pool, score->pool, &shape_globals, &draft.globals), 0);
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const uint32_t part = nvx_add_part(&draft);
		draft.part[part].part = score->part[p]->part;
		cr_assert_eq(
			shape_carry(draft.pool, score->pool, shape_of(NVX_LIST_part), &draft.part[part].part),
			0);
		put_list(&draft, score, NVX_LIST_note, &score->part[p]->note, part);
		put_list(&draft, score, NVX_LIST_control, &score->part[p]->control, part);
	}
	for (unsigned list = 0; list < NVX_N_LISTS; list++)
		put_list(&draft, score, list, &score->list[list], 0);
	struct score *again = finish_or_fail(&draft);
	free(report);
	return again;
}

static inline void assert_same_seq(const struct score *a, const struct nvx_seq *p, const struct score *b,
	const struct nvx_seq *q, unsigned list)
{
	cr_assert_eq(p->n, q->n, "list %u: %u and %u", list, p->n, q->n);
	for (uint32_t i = 0; i < p->n; i++)
		cr_assert(shape_equal(a->pool, nvx_seq_at(p, i), b->pool, nvx_seq_at(q, i), shape_of(list)),
			"list %u, item %u differs", list, i);
}

/** Equal, item by item, in order; and so equal in state. */
static inline void assert_same(const struct score *a, const struct score *b)
{
	cr_assert_eq(a->n_parts, b->n_parts);
	for (uint32_t p = 0; p < a->n_parts; p++) {
		cr_assert(shape_equal(
			a->pool, &a->part[p]->part, b->pool, &b->part[p]->part, shape_of(NVX_LIST_part)));
		assert_same_seq(a, &a->part[p]->note, b, &b->part[p]->note, NVX_LIST_note);
		assert_same_seq(a, &a->part[p]->control, b, &b->part[p]->control, NVX_LIST_control);
	}
	for (unsigned list = 0; list < NVX_N_LISTS; list++)
		assert_same_seq(a, &a->list[list], b, &b->list[list], list);
	cr_assert(shape_equal(a->pool, &a->globals, b->pool, &b->globals, &shape_globals));
	cr_assert_eq(a->end_tick, b->end_tick);
	cr_assert(score_same_state(a, b), "equal content, other state");
}

#endif
