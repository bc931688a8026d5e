/* SPDX-License-Identifier: MIT */
/* What hangs on the pieces of a part: lines, beams, tablature, fingers, syllables; and how loud they are. */
#include "dynamics.h"
#include "export.h"

#include <stdlib.h>
#include <string.h>

static void number_pieces(struct mxo *x)
{
	for (uint32_t i = 0; i < x->n_pieces; i++) {
		if (x->pieces[i].event != MXO_NONE)
			x->piece_of_event[x->pieces[i].event] = i + 1;
	}
}

static void add_line(struct mxo *x, uint32_t piece, uint32_t slur, int is_stop)
{
	struct mxo_line *line = MXO_ADD(x, lines);
	if (line)
		*line = (struct mxo_line){piece, slur, (uint8_t)is_stop};
}

static void add_beam(
	struct mxo *x, uint32_t index, const struct nvx_notation_element *e, const uint32_t *piece)
{
	uint32_t n;
	const nvx_id *ids = nvx_items(x->score->pool, e->event_ids, &n);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t event = mxo_find_event(x, ids[i]);
		struct mxo_beam *beam = event == MXO_NONE || !piece[event] ? NULL : MXO_ADD(x, beams);
		if (beam)
			*beam = (struct mxo_beam){
				.piece = piece[event] - 1, .beam = index, .place = i, .count = n};
	}
}

static int by_line(const void *a, const void *b)
{
	const struct mxo_line *p = a, *q = b;
	if (p->piece != q->piece)
		return p->piece < q->piece ? -1 : 1;
	if (p->is_stop != q->is_stop)
		return p->is_stop ? -1 : 1;
	return p->slur < q->slur ? -1 : p->slur > q->slur;
}

static int by_beam(const void *a, const void *b)
{
	const struct mxo_beam *p = a, *q = b;
	return p->piece < q->piece ? -1 : p->piece > q->piece;
}

void mxo_gather_lines(struct mxo *x)
{
	const uint32_t *piece = x->piece_of_event;
	number_pieces(x);
	MXO_FOR_BUCKET(x, MXO_NOTATION, i)
	{
		const struct nvx_notation_element *e = mxo_notation(x, i);
		if (e->e.kind == NVX_NOTATION_SLUR) {
			const uint32_t from = mxo_find_event(x, e->from_event_id);
			const uint32_t to = mxo_find_event(x, e->to_event_id);
			if (from == MXO_NONE || to == MXO_NONE || !piece[from] || !piece[to])
				continue;
			add_line(x, piece[from] - 1, i, 0);
			add_line(x, piece[to] - 1, i, 1);
		} else if (e->e.kind == NVX_NOTATION_BEAM) {
			add_beam(x, i, e, piece);
		} else if (e->e.kind == NVX_NOTATION_EVENT && e->tremolo && e->to_event_id) {
			const uint32_t to = mxo_find_event(x, e->to_event_id);
			if (to != MXO_NONE && piece[to])
				add_line(x, piece[to] - 1, i, 1);
		}
	}
	if (x->n_lines)
		qsort(x->lines, x->n_lines, sizeof(*x->lines), by_line);
	if (x->n_beams)
		qsort(x->beams, x->n_beams, sizeof(*x->beams), by_beam);
}

static int by_ref(const void *a, const void *b)
{
	const struct mxo_ref *p = a, *q = b;
	if (p->note != q->note)
		return p->note < q->note ? -1 : 1;
	if (p->order != q->order)
		return p->order < q->order ? -1 : 1;
	return p->index < q->index ? -1 : p->index > q->index;
}

static void add_pairs(struct mxo *x, uint32_t tab)
{
	uint32_t n;
	const struct nvx_technique_use *use =
		nvx_items(x->score->pool, score_tab(x->score, tab)->techniques, &n);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t to = use[i].to_note_id ? mxo_find_note(x, use[i].to_note_id) : MXO_NONE;
		struct mxo_ref *ref = to == MXO_NONE ? NULL : MXO_ADD(x, pairs);
		if (ref)
			*ref = (struct mxo_ref){to, tab, 0};
	}
}

/** A syllable that hangs on no note: under the rest, or the note, that begins there. */
static void add_free_lyric(struct mxo *x, uint32_t index)
{
	const struct nvx_lyric *l = score_lyric(x->score, index);
	const uint32_t measure = score_measure_at(x->score, l->e.tick);
	size_t low = 0, high = x->n_pieces;
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (x->pieces[mid].measure < measure)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < x->n_pieces && x->pieces[low].measure == measure; low++) {
		const struct mxo_piece *p = &x->pieces[low];
		if (p->tick != l->e.tick || p->is_grace)
			continue;
		struct mxo_ref *ref = MXO_ADD(x, free_lyrics);
		if (ref)
			*ref = (struct mxo_ref){(uint32_t)low, index, l->verse};
		return;
	}
	x->loss[MXO_LOSS_LYRIC]++;
}

void mxo_gather_refs(struct mxo *x)
{
	const struct score *s = x->score;
	struct mxo_ref *ref;
	MXO_FOR_BUCKET(x, MXO_TABS, i)
	{
		const uint32_t note = mxo_find_note(x, score_tab(s, i)->e.note_id);
		if (note == MXO_NONE || !(ref = MXO_ADD(x, tabs)))
			continue;
		*ref = (struct mxo_ref){note, i, 0};
		add_pairs(x, i);
	}
	MXO_FOR_BUCKET(x, MXO_FINGERS, i)
	{
		const uint32_t note = mxo_find_note(x, score_fingering(s, i)->e.note_id);
		if (note != MXO_NONE && (ref = MXO_ADD(x, fingers)))
			*ref = (struct mxo_ref){note, i, 0};
	}
	MXO_FOR_BUCKET(x, MXO_LYRICS, i)
	{
		const uint32_t note = mxo_find_note(x, score_lyric(s, i)->e.note_id);
		if (note != MXO_NONE && (ref = MXO_ADD(x, lyrics)))
			*ref = (struct mxo_ref){note, i, score_lyric(s, i)->verse};
		else if (!score_lyric(s, i)->e.note_id)
			add_free_lyric(x, i);
	}
	if (x->n_tabs)
		qsort(x->tabs, x->n_tabs, sizeof(*ref), by_ref);
	if (x->n_fingers)
		qsort(x->fingers, x->n_fingers, sizeof(*ref), by_ref);
	if (x->n_lyrics)
		qsort(x->lyrics, x->n_lyrics, sizeof(*ref), by_ref);
	if (x->n_free_lyrics)
		qsort(x->free_lyrics, x->n_free_lyrics, sizeof(*ref), by_ref);
	if (x->n_pairs)
		qsort(x->pairs, x->n_pairs, sizeof(*ref), by_ref);
}

/** The same rule as an import has: what is not said here is said by a note's own dynamics. */
void mxo_gather_loudness(struct mxo *x)
{
	uint8_t before = MX_VELOCITY;
	for (size_t i = 0; i < x->n_directions; i++) {
		struct mxo_loudness l = {.tick = x->directions[i].tick};
		if (x->directions[i].kind != MXO_DYNAMIC)
			continue;
		mx_dynamic_velocity(score_text(x->score, mxo_notation(x, x->directions[i].index)->text),
			&l.here, &l.after);
		if (!l.here)
			continue;
		l.after = l.after ? l.after : before;
		before = l.after;
		struct mxo_loudness *out = MXO_ADD(x, loudness);
		if (out)
			*out = l;
	}
}

uint8_t mxo_velocity_at(const struct mxo *x, int64_t tick)
{
	size_t low = 0, high = x->n_loudness;
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (x->loudness[mid].tick <= tick)
			low = mid + 1;
		else
			high = mid;
	}
	return !low                                ? MX_VELOCITY
	       : x->loudness[low - 1].tick == tick ? x->loudness[low - 1].here
						   : x->loudness[low - 1].after;
}
