/* SPDX-License-Identifier: MIT */
/* The score's notation as voices of events; notes that no notation shows get events of their own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abc_write.h"

#define MAX_LANES 16u

bool abc_w_room(struct abc_writer *w, void *items, size_t *cap, size_t n, size_t item_bytes)
{
	if (w->error)
		return false;
	if (n <= *cap)
		return true;
	w->error = score_reserve(w->alloc, (void **)items, cap, n, item_bytes);
	return w->error == 0;
}

static int by_id(const void *a, const void *b)
{
	const struct abc_w_ref *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

uint32_t abc_w_find(const struct abc_w_ref *ref, size_t n, nvx_id id)
{
	size_t low = 0, high = n;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (ref[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && ref[low].id == id ? ref[low].index : ABC_NONE;
}

uint32_t abc_w_part(const struct abc_writer *w, nvx_id id)
{
	return abc_w_find(w->part_ref, w->score->n_parts, id);
}

static int index_score(struct abc_writer *w)
{
	const struct score *score = w->score;
	const uint64_t n = score_n_notes(score);
	w->notes = score_zalloc(w->alloc, n + 1, sizeof(*w->notes));
	w->note_ref = score_zalloc(w->alloc, n + 1, sizeof(*w->note_ref));
	w->used = score_zalloc(w->alloc, n + 1, sizeof(*w->used));
	w->event_ref = score_zalloc(w->alloc, (size_t)score_n_notation(score) + 1, sizeof(*w->event_ref));
	w->part_ref = score_zalloc(w->alloc, score->n_parts + 1, sizeof(*w->part_ref));
	w->part_voice = score_zalloc(w->alloc, (size_t)score->n_parts + 1, sizeof(*w->part_voice));
	if (!w->notes || !w->note_ref || !w->used || !w->event_ref || !w->part_ref || !w->part_voice)
		return -ENOMEM;
	for (uint32_t p = 0; p < score->n_parts; p++)
		w->part_ref[p] = (struct abc_w_ref){score->part[p]->part.id, p};
	qsort(w->part_ref, score->n_parts, sizeof(*w->part_ref), by_id);
	for (uint32_t p = 0; p < score->n_parts; p++)
		for (uint32_t i = 0; i < score->part[p]->note.n; i++) {
			w->notes[w->n_notes] = score_part_note(score->part[p], i);
			w->note_ref[w->n_notes] =
				(struct abc_w_ref){w->notes[w->n_notes]->id, (uint32_t)w->n_notes};
			w->n_notes++;
		}
	for (uint32_t i = 0; i < score_n_notation(score); i++)
		w->event_ref[w->n_refs++] = (struct abc_w_ref){score_notation(score, i)->e.id, i};
	qsort(w->note_ref, w->n_notes, sizeof(*w->note_ref), by_id);
	qsort(w->event_ref, w->n_refs, sizeof(*w->event_ref), by_id);
	return 0;
}

static struct abc_w_voice *add_voice(struct abc_writer *w, uint32_t part, unsigned staff, unsigned voice)
{
	if (!abc_w_room(w, (void *)&w->voice, &w->cap_voice, w->n_voice + 1, sizeof(*w->voice)))
		return NULL;
	w->voice[w->n_voice] = (struct abc_w_voice){
		.part = part, .staff = (uint8_t)staff, .voice = (uint8_t)voice, .velocity = 100};
	return &w->voice[w->n_voice++];
}

static struct abc_w_event *add_event(struct abc_writer *w, struct abc_w_voice *v)
{
	if (!abc_w_room(w, (void *)&v->event, &v->cap_event, v->n_event + 1, sizeof(*v->event)))
		return NULL;
	v->event[v->n_event] = (struct abc_w_event){.note = (uint32_t)w->n_note};
	return &v->event[v->n_event++];
}

static struct abc_w_note *add_note(struct abc_writer *w, struct abc_w_event *event, uint32_t index)
{
	if (!abc_w_room(w, (void *)&w->note, &w->cap_note, w->n_note + 1, sizeof(*w->note)))
		return NULL;
	w->note[w->n_note] = (struct abc_w_note){.note = w->notes[index]};
	w->used[index]++;
	event->n_notes++;
	return &w->note[w->n_note++];
}

static struct abc_ratio of_ticks(int64_t ticks)
{
	const uint32_t n = ticks > 0 && ticks < UINT32_MAX ? (uint32_t)ticks : 1;
	const uint32_t gcd = abc_gcd(n, 4 * NVX_PPQ);
	return (struct abc_ratio){n / gcd, 4 * NVX_PPQ / gcd};
}

/* ---- notation ---- */

static unsigned staff_of(const struct nvx_element *e)
{
	return e->staff ? e->staff : 1;
}

static unsigned voice_of(const struct nvx_element *e)
{
	return e->voice ? e->voice : 1;
}

static struct abc_ratio tuplet_scale(const struct abc_writer *w, uint32_t tuplet)
{
	struct abc_ratio scale = {1, 1};
	for (unsigned depth = 0; tuplet && depth < 8; depth++, tuplet = w->tuplet[tuplet - 1].parent) {
		const struct abc_w_tuplet *t = &w->tuplet[tuplet - 1];
		const uint32_t num = scale.num * t->normal, den = scale.den * t->actual;
		const uint32_t gcd = abc_gcd(num, den);
		scale = (struct abc_ratio){num / gcd, den / gcd};
		if (scale.num > 65535 || scale.den > 65535)
			break;
	}
	return scale;
}

/** The length as the value says it, if it fits the ticks; else the ticks. */
static void find_length(const struct abc_writer *w, struct abc_w_event *event)
{
	const struct nvx_notation_element *n = event->n;
	event->length = of_ticks(event->end - event->tick);
	if (n->value == NVX_VALUE_UNSET) {
		event->tuplet = 0;
		return;
	}
	const struct abc_value value = {n->value, n->dots};
	const uint32_t length = abc_value_length(value), gcd = abc_gcd(length, 4096);
	const struct abc_ratio scale = tuplet_scale(w, event->tuplet);
	const int64_t ticks = (int64_t)length * 4 * NVX_PPQ * scale.num / (4096 * (int64_t)scale.den);
	const int64_t off = ticks - (event->end - event->tick);
	if (n->is_grace || (off >= -2 && off <= 2))
		event->length = (struct abc_ratio){length / gcd, 4096 / gcd};
	else
		event->tuplet = 0;
}

static void spell(const struct abc_writer *w, struct abc_w_note *note, const struct nvx_notation_element *n)
{
	uint32_t count;
	const struct nvx_spelling *list = nvx_items(w->score->pool, n->spelling, &count);
	for (uint32_t i = 0; i < count; i++)
		if (list[i].note_id == note->note->id) {
			note->has_spelling = 1;
			note->step = (int8_t)list[i].step;
			note->alter = list[i].alter;
			note->accidental = list[i].accidental;
		}
}

static uint32_t tuplet_index(const struct abc_writer *w, nvx_id id)
{
	const uint32_t element = id ? abc_w_find(w->event_ref, w->n_refs, id) : ABC_NONE;
	if (element == ABC_NONE)
		return 0;
	size_t low = 0, high = w->n_tuplet; /* in the order of the list */
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (w->tuplet[middle].count < element)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->n_tuplet && w->tuplet[low].id == id ? (uint32_t)low + 1 : 0;
}

/** While collecting, `count` is the element's index: the list is sorted by it. */
static void collect_tuplets(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_notation], 0);
	const struct nvx_notation_element *n;
	for (uint32_t i = 0; (n = nvx_seq_next(&it)); i++) {
		if (n->e.kind != NVX_NOTATION_TUPLET || n->num == 0 || n->den == 0 ||
			!abc_w_room(
				w, (void *)&w->tuplet, &w->cap_tuplet, w->n_tuplet + 1, sizeof(*w->tuplet)))
			continue;
		w->tuplet[w->n_tuplet++] =
			(struct abc_w_tuplet){.id = n->e.id, .actual = n->num, .normal = n->den, .count = i};
	}
	for (size_t i = 0; i < w->n_tuplet && !w->error; i++) {
		const nvx_id parent = score_notation(w->score, w->tuplet[i].count)->parent_id;
		const uint32_t index = tuplet_index(w, parent);
		w->tuplet[i].parent = index == i + 1 ? 0 : index;
	}
}

static void collect_event(struct abc_writer *w, struct abc_w_voice *v, const struct nvx_notation_element *n)
{
	struct abc_w_event *event = add_event(w, v);
	if (!event)
		return;
	uint32_t count;
	const nvx_id *ids = nvx_items(w->score->pool, n->note_ids, &count);
	event->n = n;
	event->tick = n->e.tick;
	event->end = n->e.tick + n->e.duration_ticks;
	event->is_grace = n->is_grace;
	event->is_hidden = n->hidden;
	event->tuplet = n->is_grace ? 0 : tuplet_index(w, n->tuplet_id);
	find_length(w, event);
	for (uint32_t i = 0; i < count && !w->error; i++) {
		const uint32_t index = abc_w_find(w->note_ref, w->n_notes, ids[i]);
		struct abc_w_note *note = index == ABC_NONE ? NULL : add_note(w, event, index);
		if (note)
			spell(w, note, n);
	}
}

/** Grace notes at one tick follow each other as their notes do. */
static void sort_graces(struct abc_writer *w, struct abc_w_voice *v)
{
	for (size_t i = 1; i < v->n_event; i++) {
		const struct abc_w_event event = v->event[i];
		size_t to = i, steps = 0;
		while (to > 0 && steps++ < 64 && v->event[to - 1].tick == event.tick) {
			const struct abc_w_event *before = &v->event[to - 1];
			const bool later = event.is_grace && before->is_grace && event.n_notes &&
					   before->n_notes &&
					   w->note[before->note].note->tick > w->note[event.note].note->tick;
			if (!later && !(event.is_grace && !before->is_grace))
				break;
			v->event[to] = *before;
			to--;
		}
		v->event[to] = event;
	}
}

#define STAVES 8u
#define VOICES 17u

/** Events of all parts, sorted into voices. */
static void collect_notation(struct abc_writer *w)
{
	const struct score *score = w->score;
	uint32_t *voice =
		score_zalloc(w->alloc, (size_t)score->n_parts * STAVES * VOICES + 1, sizeof(*voice));
	if (!voice) {
		w->error = -ENOMEM;
		return;
	}
	struct nvx_seq_iter it = nvx_seq_from(&score->list[NVX_LIST_notation], 0);
	const struct nvx_notation_element *n;
	while (!w->error && (n = nvx_seq_next(&it))) {
		if (n->e.kind != NVX_NOTATION_EVENT && n->e.kind != NVX_NOTATION_MULTI_REST)
			continue;
		const uint32_t part = abc_w_part(w, n->e.part_id);
		if (part == ABC_NONE || staff_of(&n->e) > STAVES || voice_of(&n->e) >= VOICES)
			continue;
		uint32_t *index =
			&voice[((size_t)part * STAVES + staff_of(&n->e) - 1) * VOICES + voice_of(&n->e)];
		if (*index == 0 && add_voice(w, part, staff_of(&n->e), voice_of(&n->e)))
			*index = (uint32_t)w->n_voice;
		if (*index && n->e.kind == NVX_NOTATION_EVENT)
			collect_event(w, &w->voice[*index - 1], n);
	}
	score_free(w->alloc, voice);
	for (size_t i = 0; i < w->n_voice; i++)
		sort_graces(w, &w->voice[i]);
}

/* ---- notes without notation ---- */

static void derive_pieces(struct abc_writer *w, struct abc_w_voice *v, const uint32_t *notes, unsigned n,
	int64_t from, int64_t to)
{
	while (from < to && !w->error) {
		const struct nvx_measure *m = score_measure(w->score, score_measure_at(w->score, from));
		const int64_t bar_end = m->tick + m->duration_ticks;
		const int64_t end = bar_end > from && bar_end < to ? bar_end : to;
		struct abc_w_event *event = add_event(w, v);
		if (!event)
			return;
		event->tick = from;
		event->end = end;
		event->length = of_ticks(end - from);
		for (unsigned i = 0; i < n; i++) {
			struct abc_w_note *note = add_note(w, event, notes[i]);
			if (note)
				note->tie = end < to;
		}
		from = end;
	}
}

/** @param first  Of `n` notes of the part in w->notes, in order. */
static void derive_part(struct abc_writer *w, uint32_t part, size_t first, size_t n)
{
	size_t lane[MAX_LANES];
	int64_t lane_end[MAX_LANES] = {0};
	unsigned n_lanes = 0;
	const int64_t score_end = w->score->end_tick;
	for (size_t i = first; i < first + n && !w->error;) {
		const struct nvx_note *note = w->notes[i];
		if (w->used[i]) {
			i++;
			continue;
		}
		uint32_t chord[64];
		unsigned count = 0;
		for (size_t k = i; k < first + n && count < 64 && w->notes[k]->tick == note->tick; k++)
			if (!w->used[k] && w->notes[k]->duration_ticks == note->duration_ticks)
				chord[count++] = (uint32_t)k;
		unsigned l = 0;
		while (l < n_lanes && lane_end[l] > note->tick)
			l++;
		if (l == MAX_LANES) {
			w->n_lost++;
			i++;
			continue;
		}
		if (l == n_lanes) {
			struct abc_w_voice *v = add_voice(w, part, 1, l + 1);
			if (!v)
				return;
			v->is_derived = true;
			lane[n_lanes++] = w->n_voice - 1;
		}
		int64_t end = note->tick + note->duration_ticks;
		if (end > score_end)
			end = score_end > note->tick ? score_end : note->tick + 1;
		derive_pieces(w, &w->voice[lane[l]], chord, count, note->tick, end);
		lane_end[l] = end;
		i++;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct abc_w_voice *x = a, *y = b;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->staff != y->staff)
		return x->staff < y->staff ? -1 : 1;
	if (x->is_derived != y->is_derived)
		return x->is_derived ? 1 : -1;
	return x->voice < y->voice ? -1 : x->voice > y->voice;
}

static void derive(struct abc_writer *w)
{
	size_t at = 0;
	bool *has_voice = score_zalloc(w->alloc, w->score->n_parts + 1, sizeof(*has_voice));
	if (!has_voice) {
		w->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < w->n_voice; i++)
		has_voice[w->voice[i].part] = true;
	for (uint32_t p = 0; p < w->score->n_parts && !w->error; p++) {
		const size_t n = w->score->part[p]->note.n, before = w->n_voice;
		derive_part(w, p, at, n);
		if (w->n_voice == before && !has_voice[p])
			(void)add_voice(w, p, 1, 1);
		at += n;
	}
	score_free(w->alloc, has_voice);
	if (w->error)
		return;
	qsort(w->voice, w->n_voice, sizeof(*w->voice), by_place);
	for (size_t i = w->n_voice; i-- > 0;)
		w->part_voice[w->voice[i].part] = (uint32_t)i;
	w->part_voice[w->score->n_parts] = (uint32_t)w->n_voice;
}

/* ---- what joins events ---- */

uint32_t abc_w_event_at(const struct abc_w_voice *v, int64_t tick)
{
	size_t low = 0, high = v->n_event;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (v->event[middle].tick < tick)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t)low;
}

static struct abc_w_event *event_of(struct abc_writer *w, nvx_id id)
{
	const uint32_t element = abc_w_find(w->event_ref, w->n_refs, id);
	if (element == ABC_NONE)
		return NULL;
	const struct nvx_notation_element *n = score_notation(w->score, element);
	const uint32_t part = abc_w_part(w, n->e.part_id);
	if (part == ABC_NONE)
		return NULL;
	for (uint32_t i = w->part_voice[part]; i < w->part_voice[part + 1]; i++) {
		struct abc_w_voice *v = &w->voice[i];
		if (v->staff != staff_of(&n->e) || v->voice != voice_of(&n->e) || v->is_derived)
			continue;
		for (uint32_t k = abc_w_event_at(v, n->e.tick);
			k < v->n_event && v->event[k].tick == n->e.tick; k++)
			if (v->event[k].n == n)
				return &v->event[k];
	}
	return NULL;
}

static void join(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_notation], 0);
	const struct nvx_notation_element *n;
	for (uint32_t i = 0; (n = nvx_seq_next(&it)); i++) {
		if (n->e.kind == NVX_NOTATION_BEAM) {
			uint32_t count;
			const nvx_id *ids = nvx_items(w->score->pool, n->event_ids, &count);
			for (uint32_t k = 0; k < count; k++) {
				struct abc_w_event *event = event_of(w, ids[k]);
				if (event)
					event->beam = i + 1;
			}
		} else if (n->e.kind == NVX_NOTATION_SLUR) {
			struct abc_w_event *from = event_of(w, n->from_event_id),
					   *to = event_of(w, n->to_event_id);
			const bool dashed = n->style == NVX_SLUR_DASHED;
			if (!from || !to || from->slurs_begin == 255 || to->slurs_end == 255)
				continue;
			from->slurs_begin++;
			from->slurs_dashed += dashed;
			to->slurs_end++;
		}
	}
}

/** A note that the next event of the voice names too is tied. */
static void tie(struct abc_writer *w, struct abc_w_voice *v)
{
	struct abc_w_event *before = NULL;
	for (size_t i = 0; i < v->n_event; i++) {
		struct abc_w_event *event = &v->event[i];
		if (event->is_grace)
			continue;
		for (uint32_t a = 0; before && a < before->n_notes; a++)
			for (uint32_t b = 0; b < event->n_notes && b < 256; b++)
				if (w->note[before->note + a].note == w->note[event->note + b].note)
					w->note[before->note + a].tie = 1;
		before = event;
	}
}

static void count_tuplets(struct abc_writer *w)
{
	for (size_t i = 0; i < w->n_tuplet; i++)
		w->tuplet[i].count = 0;
	for (size_t i = 0; i < w->n_voice; i++)
		for (size_t k = 0; k < w->voice[i].n_event; k++) {
			uint32_t t = w->voice[i].event[k].tuplet;
			for (unsigned depth = 0; t && depth < 8; depth++, t = w->tuplet[t - 1].parent)
				w->tuplet[t - 1].count++;
		}
}

static void collect_fingers(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_fingering], 0);
	const struct nvx_fingering *f;
	uint8_t *finger = score_zalloc(w->alloc, w->n_notes + 1, 1);
	if (!finger) {
		w->error = -ENOMEM;
		return;
	}
	while ((f = nvx_seq_next(&it))) {
		const uint32_t index =
			f->e.note_id ? abc_w_find(w->note_ref, w->n_notes, f->e.note_id) : ABC_NONE;
		if (index != ABC_NONE && f->finger >= NVX_FINGER_0 && f->finger <= NVX_FINGER_5 &&
			!f->alternative)
			finger[index] = f->finger;
		else
			w->n_lost++;
	}
	for (size_t i = 0; i < w->n_note; i++) {
		const uint32_t index = abc_w_find(w->note_ref, w->n_notes, w->note[i].note->id);
		w->note[i].finger = finger[index];
		finger[index] = 0; /* once, not at every tied piece */
	}
	score_free(w->alloc, finger);
}

int abc_collect(struct abc_writer *w)
{
	w->error = index_score(w);
	if (w->error)
		return w->error;
	collect_tuplets(w);
	collect_notation(w);
	derive(w);
	if (w->error)
		return w->error;
	count_tuplets(w);
	join(w);
	for (size_t i = 0; i < w->n_voice; i++)
		if (!w->voice[i].is_derived)
			tie(w, &w->voice[i]);
	collect_fingers(w);
	return w->error;
}

void abc_collect_finish(struct abc_writer *w)
{
	for (size_t i = 0; i < w->n_voice; i++) {
		score_free(w->alloc, w->voice[i].event);
		score_free(w->alloc, w->voice[i].mark);
	}
	score_free(w->alloc, w->voice);
	score_free(w->alloc, w->note);
	score_free(w->alloc, w->tuplet);
	score_free(w->alloc, w->notes);
	score_free(w->alloc, w->note_ref);
	score_free(w->alloc, w->event_ref);
	score_free(w->alloc, w->used);
	score_free(w->alloc, w->part_ref);
	score_free(w->alloc, w->part_voice);
	score_bytes_finish(&w->texts);
}
