/* SPDX-License-Identifier: MIT */
/* Everything of one part, in the order in which it is written. */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VOICES 128u /* of a part: 8 staves of 16 */

/** The product of the tuplets around an event. */
static void tuplet_ratio(struct mxo *x, nvx_id id, struct mxo_piece *piece)
{
	uint64_t actual = 1, normal = 1;
	for (unsigned depth = 0; id && depth < 8; depth++) {
		const uint32_t at = mxo_find_event(x, id);
		if (at == MXO_NONE || mxo_notation(x, at)->e.kind != NVX_NOTATION_TUPLET)
			break;
		const struct nvx_notation_element *t = mxo_notation(x, at);
		actual *= t->num ? t->num : 1;
		normal *= t->den ? t->den : 1;
		id = t->parent_id;
	}
	uint64_t a = actual, b = normal;
	while (b) {
		const uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	actual /= a;
	normal /= a;
	piece->actual = (uint16_t)(actual > UINT16_MAX ? 1 : actual);
	piece->normal = (uint16_t)(normal > UINT16_MAX ? 1 : normal);
}

static void add_event(struct mxo *x, uint32_t index, const struct nvx_notation_element *e)
{
	uint32_t n;
	const nvx_id *ids = nvx_items(x->score->pool, e->note_ids, &n);
	const uint32_t first = (uint32_t)x->n_heads;
	int64_t order = 0;
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t note = mxo_find_note(x, ids[i]);
		struct mxo_head *head = note == MXO_NONE ? NULL : MXO_ADD(x, heads);
		if (!head)
			continue;
		head->note = note;
		if (head == &x->heads[first])
			order = mxo_note_at(x, note)->tick;
	}
	struct mxo_piece *piece = MXO_ADD(x, pieces);
	char fact[8];
	if (!piece)
		return;
	*piece = (struct mxo_piece){
		.tick = e->e.tick,
		.order = e->is_grace ? order : 0,
		.ticks = e->is_grace ? 0 : e->e.duration_ticks,
		.event = index,
		.first = first,
		.n = (uint32_t)x->n_heads - first,
		.measure = score_measure_at(x->score, e->e.tick),
		.actual = 1,
		.normal = 1,
		.staff = e->e.staff ? e->e.staff : 1,
		.voice = e->e.voice ? e->e.voice : 1,
		.value = e->value,
		.dots = e->dots,
		.is_grace = e->is_grace,
		.is_after = e->grace_after,
		.is_joint = n > 0 && mxo_fact(x, e->e.extra, "chord", fact, sizeof(fact)),
	};
	if (piece->staff > x->n_staves)
		x->n_staves = piece->staff > 8 ? 8 : piece->staff;
	if (e->tuplet_id)
		tuplet_ratio(x, e->tuplet_id, piece);
}

static void add_item(struct mxo *x, int attribute, struct mxo_item item)
{
	struct mxo_item *out = attribute ? MXO_ADD(x, attributes) : MXO_ADD(x, directions);
	if (out)
		*out = item;
}

static void add_direction(
	struct mxo *x, uint32_t index, const struct nvx_element *e, unsigned kind, int has_end)
{
	const struct mxo_item item = {
		.tick = e->tick,
		.index = index,
		.kind = (uint8_t)kind,
		.order = (uint8_t)kind,
		.staff = e->staff ? e->staff : 1,
	};
	add_item(x, 0, item);
	if (!has_end)
		return;
	struct mxo_item stop = item;
	stop.tick += e->duration_ticks;
	stop.is_stop = 1;
	/* something without length begins before it ends */
	stop.order = e->duration_ticks ? MXO_STOP_SPAN : MXO_CONTROL + 1;
	add_item(x, 0, stop);
}

static void gather_notation(struct mxo *x, uint32_t index, const struct nvx_notation_element *e)
{
	switch (e->e.kind) {
	case NVX_NOTATION_EVENT:
		add_event(x, index, e);
		break;
	case NVX_NOTATION_CLEF:
	case NVX_NOTATION_KEY:
	case NVX_NOTATION_METER:
	case NVX_NOTATION_STAFF_LINES:
	case NVX_NOTATION_MULTI_REST:
	case NVX_NOTATION_MEASURE_REPEAT:
	case NVX_NOTATION_SLASH:
		add_item(x, 1,
			(struct mxo_item){.tick = e->e.tick,
				.index = index,
				.kind = e->e.kind,
				.order = e->e.kind,
				.staff = e->e.staff});
		if (e->e.kind == NVX_NOTATION_SLASH && e->e.duration_ticks)
			add_item(x, 1,
				(struct mxo_item){.tick = e->e.tick + e->e.duration_ticks,
					.index = index,
					.kind = e->e.kind,
					.order = e->e.kind,
					.staff = e->e.staff,
					.is_stop = 1});
		break;
	case NVX_NOTATION_DYNAMIC:
		add_direction(x, index, &e->e, MXO_DYNAMIC, 0);
		break;
	case NVX_NOTATION_TEXT:
		add_direction(x, index, &e->e, MXO_TEXT, 0);
		break;
	case NVX_NOTATION_HAIRPIN:
	case NVX_NOTATION_PEDAL:
	case NVX_NOTATION_OCTAVE:
		add_direction(x, index, &e->e, MXO_SPAN, 1);
		break;
	default:
		break;
	}
}

/** What belongs to the score stands in the first part. */
static void gather_common(struct mxo *x)
{
	const struct score *s = x->score;
	for (uint32_t i = 0; i < score_n_tempo(s); i++)
		add_item(x, 0,
			(struct mxo_item){.tick = score_tempo(s, i)->tick,
				.index = i,
				.kind = MXO_TEMPO,
				.order = MXO_TEMPO,
				.staff = 1});
	for (uint32_t i = 0; i < score_n_marker(s); i++) {
		if (score_marker(s, i)->e.kind == NVX_MARKER_REHEARSAL)
			add_direction(x, i, &score_marker(s, i)->e, MXO_MARKER, 0);
	}
	for (uint32_t i = 0; i < score_n_form(s); i++)
		add_direction(x, i, &score_form(s, i)->e, MXO_FORM, 0);
}

static void gather_keys_and_meters(struct mxo *x)
{
	const struct score *s = x->score;
	for (uint32_t i = 0; i < score_n_key(s); i++)
		add_item(x, 1,
			(struct mxo_item){.tick = score_key(s, i)->tick,
				.index = i,
				.kind = MXO_KEY_MAP,
				.order = NVX_NOTATION_KEY});
	for (uint32_t i = 0; i < score_n_meter(s); i++)
		add_item(x, 1,
			(struct mxo_item){.tick = score_meter(s, i)->tick,
				.index = i,
				.kind = MXO_METER_MAP,
				.order = NVX_NOTATION_METER});
}

static int by_item(const void *a, const void *b)
{
	const struct mxo_item *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	if (p->order != q->order)
		return p->order < q->order ? -1 : 1;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	return p->index < q->index ? -1 : p->index > q->index;
}

static int by_piece(const void *a, const void *b)
{
	const struct mxo_piece *p = a, *q = b;
	if (p->measure != q->measure)
		return p->measure < q->measure ? -1 : 1;
	if (p->voice != q->voice)
		return p->voice < q->voice ? -1 : 1;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	/* grace notes, what they lead to, those that follow it */
	const int x = p->is_grace ? (p->is_after ? 2 : 0) : 1, y = q->is_grace ? (q->is_after ? 2 : 0) : 1;
	if (x != y)
		return x < y ? -1 : 1;
	if (p->order != q->order)
		return p->order < q->order ? -1 : 1;
	if (p->is_joint != q->is_joint)
		return p->is_joint - q->is_joint;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	if (p->first != q->first)
		return p->first < q->first ? -1 : 1;
	return p->event < q->event ? -1 : p->event > q->event;
}

static void sort_pieces(struct mxo *x)
{
	if (x->n_pieces)
		qsort(x->pieces, x->n_pieces, sizeof(*x->pieces), by_piece);
}

/** Do two staves use a voice's number at once? Then each staff gets its own numbers. */
static int voices_meet(const struct mxo *x)
{
	for (size_t i = 1; i < x->n_pieces; i++) {
		const struct mxo_piece *a = &x->pieces[i - 1], *b = &x->pieces[i];
		if (a->measure != b->measure || a->voice != b->voice || a->is_grace || b->is_grace)
			continue;
		const int same = a->tick == b->tick && a->ticks == b->ticks && a->n && b->n &&
				 (a->is_joint || b->is_joint);
		if (a->tick + a->ticks > b->tick && a->staff != b->staff && !same)
			return 1;
	}
	return 0;
}

static void number_voices(struct mxo *x)
{
	uint8_t number[MAX_VOICES + 1] = {};
	unsigned next = 1;
	if (!voices_meet(x))
		return;
	/* in the order of staves and voices */
	for (size_t i = 0; i < x->n_pieces; i++) {
		const struct mxo_piece *p = &x->pieces[i];
		number[(p->staff - 1u) % 8 * 16 + (p->voice - 1u) % 16] = 1;
	}
	for (unsigned i = 0; i < MAX_VOICES; i++) {
		if (number[i])
			number[i] = (uint8_t)next++;
	}
	for (size_t i = 0; i < x->n_pieces; i++) {
		struct mxo_piece *p = &x->pieces[i];
		p->voice = number[(p->staff - 1u) % 8 * 16 + (p->voice - 1u) % 16];
	}
	sort_pieces(x);
}

/** From which piece to which each note is written, and its ties. */
static void tie_pieces(struct mxo *x)
{
	for (uint32_t i = 0; i < x->n_pieces; i++) {
		const struct mxo_piece *p = &x->pieces[i];
		for (uint32_t h = p->first; h < p->first + p->n; h++) {
			struct mxo_note *note = &x->notes[x->heads[h].note];
			x->heads[h].tie_stop = note->first != MXO_NONE && !p->is_grace;
			if (note->first == MXO_NONE)
				note->first = i;
			note->last = i;
		}
	}
	for (uint32_t i = 0; i < x->n_pieces; i++) {
		const struct mxo_piece *p = &x->pieces[i];
		for (uint32_t h = p->first; h < p->first + p->n; h++)
			x->heads[h].tie_start = x->notes[x->heads[h].note].last != i && !p->is_grace;
	}
}

static void gather_controls(struct mxo *x)
{
	const struct nvx_seq *controls = &x->score->part[x->part]->control;
	struct nvx_seq_iter it = nvx_seq_from(controls, 0);
	const struct nvx_control *c;
	for (uint32_t i = 0; (c = nvx_seq_next(&it)); i++) {
		const int pedal =
			c->kind == NVX_CONTROL_CC && (c->number == 64 || c->number == 66 || c->number == 67);
		if (pedal || c->kind == NVX_CONTROL_PROGRAM)
			add_item(x, 0,
				(struct mxo_item){.tick = c->tick,
					.index = i,
					.kind = MXO_CONTROL,
					.order = MXO_CONTROL,
					.staff = 1});
		else
			x->loss[MXO_LOSS_CONTROL]++;
	}
}

void mxo_gather_part(struct mxo *x)
{
	const struct score *s = x->score;
	const uint32_t n_notes = s->part[x->part]->note.n;
	x->n_staves = x->p->staves ? x->p->staves : 1;
	MXO_FOR_BUCKET(x, MXO_NOTATION, i)
	{
		gather_notation(x, i, mxo_notation(x, i));
	}
	for (uint32_t i = 0; i < n_notes; i++) {
		struct mxo_note *note = MXO_ADD(x, notes);
		if (note)
			*note = (struct mxo_note){MXO_NONE, MXO_NONE};
	}
	if (x->error)
		return;
	sort_pieces(x);
	number_voices(x);
	for (size_t i = 0; i < x->n_heads; i++)
		x->notes[x->heads[i].note].first = 0; /* written */
	x->has_events = x->n_pieces > 0;
	mxo_derive(x, !x->has_events);
	for (uint32_t i = 0; i < n_notes && !x->error; i++)
		x->notes[i] = (struct mxo_note){MXO_NONE, MXO_NONE};
	if (x->error)
		return;
	sort_pieces(x);
	tie_pieces(x);
	mxo_gather_lines(x);
	mxo_gather_refs(x);
	gather_controls(x);
	mxo_gather_kept(x);
	gather_keys_and_meters(x);
	if (x->part == 0)
		gather_common(x);
	MXO_FOR_BUCKET(x, MXO_CHORDS, i)
	{
		add_direction(x, i, &score_chord(s, i)->e, MXO_CHORD, 0);
	}
	if (x->n_directions)
		qsort(x->directions, x->n_directions, sizeof(*x->directions), by_item);
	mxo_gather_loudness(x);
	if (x->n_attributes)
		qsort(x->attributes, x->n_attributes, sizeof(*x->attributes), by_item);
}
