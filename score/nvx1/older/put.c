/* SPDX-License-Identifier: MIT */
/* Notes that were read, into the draft: tied ones joined, with what hangs on them. */
#include <errno.h>
#include <string.h>

#include "../sort.h"
#include "older.h"

struct by_pitch {
	int64_t tick;
	uint32_t index;
	uint8_t pitch, staff;
};

struct by_time {
	int64_t tick;
	uint32_t order;
};

static int compare_time(const void *a, const void *b, void *)
{
	const struct by_time *x = a, *y = b;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/** In order of time; those of one tick as in the file. */
static int sort_notes(struct older *o)
{
	size_t i = 1;
	while (i < o->n_note && o->note[i - 1].tick <= o->note[i].tick)
		i++;
	if (i >= o->n_note)
		return 0;
	struct by_time *order = score_zalloc(o->r->alloc, o->n_note, sizeof(*order));
	struct older_note *sorted = score_zalloc(o->r->alloc, o->n_note, sizeof(*sorted));
	if (order && sorted) {
		for (i = 0; i < o->n_note; i++)
			order[i] = (struct by_time){o->note[i].tick, (uint32_t)i};
		nvx_sort(order, o->n_note, sizeof(*order), compare_time, NULL);
		for (i = 0; i < o->n_note; i++)
			sorted[i] = o->note[order[i].order];
		memcpy(o->note, sorted, o->n_note * sizeof(*sorted));
	}
	const int err = order && sorted ? 0 : -ENOMEM;
	score_free(o->r->alloc, order);
	score_free(o->r->alloc, sorted);
	return err;
}

static int compare_pitch(const void *a, const void *b, void *)
{
	const struct by_pitch *x = a, *y = b;
	if (x->pitch != y->pitch)
		return x->pitch - y->pitch;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static int follows(const struct older_note *first, const struct older_note *second)
{
	return first->pitch == second->pitch && first->tick + (int64_t)first->ticks == second->tick;
}

static void join(struct older *o, uint32_t first, uint32_t second)
{
	struct older_note *head = &o->note[o->note[first].head];
	if (o->note[second].head != second)
		return;
	o->note[second].head = o->note[first].head;
	head->sounding = o->note[second].tick + (int64_t)o->note[second].ticks - head->tick;
}

/**
 * A note that is marked as tied goes on in the next of its pitch; where none follows at once, it goes on from
 * the one before.
 */
static void join_tied(struct older *o, struct by_pitch *all, size_t n)
{
	nvx_sort(all, n, sizeof(*all), compare_pitch, NULL);
	for (size_t i = 0; i < n; i++) {
		struct older_note *note = &o->note[all[i].index];
		if (!(note->flags & OLDER_TIED))
			continue;
		if (i + 1 < n && follows(note, &o->note[all[i + 1].index]))
			join(o, all[i].index, all[i + 1].index);
		else if (i > 0 && follows(&o->note[all[i - 1].index], note))
			join(o, all[i - 1].index, all[i].index);
	}
}

static int find_ties(struct older *o)
{
	size_t n = 0;
	int tied = 0;
	for (size_t i = 0; i < o->n_note; i++) {
		o->note[i].head = (uint32_t)i;
		tied |= o->note[i].flags & OLDER_TIED;
	}
	if (!tied)
		return 0;
	struct by_pitch *all = score_zalloc(o->r->alloc, o->n_note, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_note; i++)
		if (!(o->note[i].flags & OLDER_REST))
			all[n++] = (struct by_pitch){
				o->note[i].tick, (uint32_t)i, o->note[i].pitch, o->note[i].staff};
	join_tied(o, all, n);
	score_free(o->r->alloc, all);
	return 0;
}

/* ---- what hangs on a note ---- */

static void put_fingers(struct older *o, const struct older_note *note)
{
	for (unsigned hand = NVX_HAND_LEFT; hand <= NVX_HAND_RIGHT; hand++) {
		const uint8_t finger = hand == NVX_HAND_LEFT ? note->left : note->right;
		if (!finger)
			continue;
		struct nvx_fingering *fingering = nvx_add_fingering(o->draft);
		fingering->e.note_id = note->id;
		fingering->e.tick = note->tick;
		fingering->hand = (uint8_t)hand;
		fingering->finger = finger;
	}
}

static const uint8_t link_type[] = {NVX_TECHNIQUE_HAMMER_ON, NVX_TECHNIQUE_PULL_OFF, NVX_TECHNIQUE_SLIDE};

static struct nvx_technique_use technique(unsigned type)
{
	return (struct nvx_technique_use){
		.type = (uint8_t)type, .fret = NVX_NO_U8, .pitch = NVX_NO_U8, .speed_1e6hz = NVX_NO_I32};
}

/** Next note of the same string, where something is slurred to; 0: there is none. */
static nvx_id next_on_string(const struct older *o, size_t from)
{
	const struct older_note *note = &o->note[from];
	/* Strings are struck often: who looks further than this has no slur to make. */
	const size_t end = o->n_note - from > 256 ? from + 256 : o->n_note;
	for (size_t i = from + 1; i < end; i++)
		if (o->note[i].string == note->string && o->note[i].tick > note->tick && o->note[i].head == i)
			return o->note[i].id;
	return 0;
}

static void put_tab(struct older *o, size_t index)
{
	const struct older_note *note = &o->note[index];
	struct nvx_technique_use use[8];
	unsigned n = 0;
	for (unsigned k = 0; k < 3; k++) {
		if (note->link[k] != OLDER_LINK_START)
			continue;
		use[n] = technique(link_type[k]);
		use[n].to_note_id = next_on_string(o, index);
		if (k == 2)
			use[n].style = NVX_SLIDE_SHIFT;
		if (use[n].to_note_id || k == 2)
			n++;
		else
			score_warn(o->r->report, "IMPORT_TECHNIQUE_DROPPED_003",
				SCORE_AT("tick %lld, string %u", (long long)note->tick, note->string),
				"a hammer-on or pull-off to no note");
	}
	if (note->bend_cents) {
		const struct nvx_point points[] = {{0, 0}, {note->ticks / 2, note->bend_cents}};
		use[n] = technique(NVX_TECHNIQUE_BEND);
		use[n++].points = nvx_make_list(o->draft, points, 2, sizeof(points[0]));
	}
	if (note->flags & OLDER_VIBRATO)
		use[n++] = technique(NVX_TECHNIQUE_VIBRATO);
	if (note->flags & OLDER_DEAD)
		use[n++] = technique(NVX_TECHNIQUE_DEAD);
	if (note->harmonic) {
		use[n] = technique(NVX_TECHNIQUE_HARMONIC);
		use[n++].style = (uint8_t)(note->harmonic - 1);
	}
	if (!note->string)
		return;
	struct nvx_tab *tab = nvx_add_tab(o->draft);
	tab->e.note_id = note->id;
	tab->e.tick = note->tick;
	tab->string = note->string;
	tab->fret = note->fret;
	tab->techniques = nvx_make_list(o->draft, use, n, sizeof(use[0]));
}

/** Tablature without strings in the part: those of a guitar. */
static void need_tuning(struct older *o)
{
	static const uint8_t guitar[] = {64, 59, 55, 50, 45, 40};
	struct nvx_part *part = nvx_draft_part(o->draft, o->part);
	unsigned most = 0;
	for (size_t i = 0; i < o->n_note; i++)
		most = o->note[i].string > most ? o->note[i].string : most;
	if (!part->tuning && most > 0 && most <= 6)
		part->tuning = nvx_make_list(o->draft, guitar, sizeof(guitar), 1);
}

static void put_note(struct older *o, struct older_note *note)
{
	struct nvx_note *to = nvx_add_note(o->draft, o->part);
	to->tick = note->tick;
	to->duration_ticks = note->sounding > UINT32_MAX ? UINT32_MAX : (uint32_t)note->sounding;
	to->pitch = note->pitch;
	to->velocity = note->velocity > 127 ? 127 : note->velocity;
	to->channel = note->channel;
	to->extra = note->extra;
	note->id = to->id;
}

void older_put_notes(struct older *o)
{
	if (o->n_note == 0 || o->draft->error)
		return;
	int err = sort_notes(o);
	if (!err)
		err = find_ties(o);
	if (err)
		o->draft->error = err;
	need_tuning(o);
	int is_written = o->has_written;
	for (size_t i = 0; i < o->n_note && !o->draft->error; i++) {
		struct older_note *note = &o->note[i];
		is_written |= note->flags & OLDER_WRITTEN;
		if (!(note->flags & OLDER_REST) && note->head == i)
			put_note(o, note);
	}
	for (size_t i = 0; i < o->n_note && !o->draft->error; i++) {
		if (o->note[i].flags & OLDER_REST || o->note[i].head != i)
			continue;
		put_fingers(o, &o->note[i]);
		put_tab(o, i);
	}
	if (is_written)
		older_put_notation(o);
	o->n_note = o->n_tuplet = 0;
	o->has_written = 0;
}
