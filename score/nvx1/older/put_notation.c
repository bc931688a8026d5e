/* SPDX-License-Identifier: MIT */
/* How an older document writes its notes: events of voices, cut at bar lines, with the tuplets that it
 * states. */
#include <errno.h>
#include <string.h>

#include "../sort.h"
#include "older.h"

#define MAX_CHORD 64u

static int compare_voice(const void *a, const void *b, void *ctx)
{
	const struct older_note *notes = ctx;
	const struct older_note *x = &notes[*(const uint32_t *)a], *y = &notes[*(const uint32_t *)b];
	if (x->staff != y->staff)
		return x->staff - y->staff;
	if (x->voice != y->voice)
		return x->voice - y->voice;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	if ((x->flags ^ y->flags) & OLDER_REST)
		return x->flags & OLDER_REST ? 1 : -1;
	if (x->ticks != y->ticks)
		return x->ticks < y->ticks ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static int one_chord(const struct older_note *a, const struct older_note *b)
{
	return a->staff == b->staff && a->voice == b->voice && a->tick == b->tick && a->ticks == b->ticks &&
	       !((a->flags | b->flags) & OLDER_REST);
}

/** The written value of a length; 0: it has none. */
static uint8_t value_of(int64_t ticks, unsigned actual, unsigned normal, uint8_t *dots)
{
	for (unsigned d = 0; d <= 2; d++) {
		for (unsigned v = NVX_VALUE_MAXIMA; v <= NVX_VALUE_1024; v++) {
			if (nvx_value_ticks((enum nvx_value)v, d, actual, normal) == ticks) {
				*dots = (uint8_t)d;
				return (uint8_t)v;
			}
		}
	}
	return 0;
}

static const struct older_tuplet *tuplet_of(const struct older *o, const struct older_note *note)
{
	size_t low = 0, high = o->n_tuplet;
	/* In order of ticks; the last that has begun. */
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (o->tuplet[middle].tick <= note->tick)
			low = middle + 1;
		else
			high = middle;
	}
	/* Several may begin at one tick, in as many voices as there can be. */
	for (size_t i = low, n = 0; i-- > 0 && n < 128; n++) {
		const struct older_tuplet *t = &o->tuplet[i];
		if (t->staff == note->staff && t->voice == note->voice && note->tick < t->end)
			return t;
	}
	return NULL;
}

static nvx_list spellings(struct older *o, const uint32_t *index, uint32_t n)
{
	struct nvx_spelling list[MAX_CHORD] = {};
	uint32_t n_list = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct older_note *note = &o->note[index[i]];
		if (note->step < 0 || note->alter == 0)
			continue;
		list[n_list++] = (struct nvx_spelling){
			.note_id = o->note[note->head].id, .step = (uint8_t)note->step, .alter = note->alter};
	}
	return nvx_make_list(o->draft, list, n_list, sizeof(list[0]));
}

/** One chord, note or rest; over a bar line it is several, tied. */
static void put_event(struct older *o, const uint32_t *index, uint32_t n)
{
	const struct older_note *note = &o->note[index[0]];
	const struct older_tuplet *tuplet = tuplet_of(o, note);
	nvx_id ids[MAX_CHORD];
	uint16_t articulations = 0;
	const nvx_id part_id = nvx_draft_part(o->draft, o->part)->id;
	for (uint32_t i = 0; i < n; i++) {
		ids[i] = o->note[o->note[index[i]].head].id;
		articulations |= o->note[index[i]].articulations;
	}
	const nvx_list note_ids =
		note->flags & OLDER_REST ? 0 : nvx_make_list(o->draft, ids, n, sizeof(ids[0]));
	const nvx_list spelling = note_ids ? spellings(o, index, n) : 0;
	const int64_t end = note->tick + (int64_t)note->ticks;
	for (int64_t tick = note->tick; tick < end && !o->draft->error;) {
		const struct older_bar *bar = older_bar_at(o, tick);
		const int64_t bar_end = bar->tick + bar->ticks;
		if (tick >= bar_end)
			return; /* past the end of the score */
		struct nvx_notation_element *event = nvx_add_notation(o->draft);
		event->e.kind = NVX_NOTATION_EVENT;
		event->e.tick = tick;
		event->e.duration_ticks = (uint32_t)((end < bar_end ? end : bar_end) - tick);
		event->e.part_id = part_id;
		event->e.staff = note->staff;
		event->e.voice = note->voice;
		event->note_ids = note_ids;
		event->spelling = spelling;
		event->articulations = tick == note->tick ? articulations : 0;
		if (tuplet && end <= bar_end)
			event->value = value_of(note->ticks, tuplet->actual, tuplet->normal, &event->dots);
		if (event->value)
			event->tuplet_id = tuplet->id;
		else
			event->value = value_of(event->e.duration_ticks, 1, 1, &event->dots);
		tick = event->e.tick + (int64_t)event->e.duration_ticks;
	}
}

void older_put_notation(struct older *o)
{
	uint32_t *order = score_zalloc(o->r->alloc, o->n_note, sizeof(*order));
	size_t n = 0;
	uint8_t staves = 1;
	if (!order) {
		o->draft->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < o->n_note; i++) {
		order[n++] = (uint32_t)i;
		staves = o->note[i].staff > staves ? o->note[i].staff : staves;
	}
	struct nvx_part *part = nvx_draft_part(o->draft, o->part);
	if (part->staves < staves)
		part->staves = staves;
	nvx_sort(order, n, sizeof(*order), compare_voice, o->note);
	for (size_t i = 0; i < n && o->n_bar && !o->draft->error;) {
		uint32_t chord = 1;
		while (i + chord < n && chord < MAX_CHORD &&
			one_chord(&o->note[order[i]], &o->note[order[i + chord]]))
			chord++;
		put_event(o, &order[i], chord);
		i += chord;
	}
	score_free(o->r->alloc, order);
}

/* ---- tuplets ---- */

static int tuplet_here(struct older *o, int64_t base)
{
	static const char *const actuals[] = {"actual", "actualNotes", "numNotes"};
	static const char *const normals[] = {"normal", "normalNotes", "inSpaceOf"};
	struct older_object obj;
	int64_t start, end = 0, actual = 0, normal = 0, staff = 1, voice = 1;
	if (!older_open(o, &obj))
		return 1;
	int ok = older_time(o, &obj, "startTick", 1, &start);
	if (ok && older_time(o, &obj, "durationTicks", 1, &end))
		end += start;
	else if (ok)
		ok = older_time(o, &obj, "endTick", 1, &end);
	for (unsigned i = 0; i < 3; i++) {
		(void)older_integer(o, &obj, actuals[i], 1, 255, &actual);
		(void)older_integer(o, &obj, normals[i], 1, 255, &normal);
	}
	(void)older_integer(o, &obj, "staff", 1, 8, &staff);
	(void)older_integer(o, &obj, "voice", 1, 16, &voice);
	ok &= actual > 0 && normal > 0 && end > start && end - start <= UINT32_MAX;
	const nvx_str extra = older_close(o, &obj);
	if (!ok || o->draft->error)
		return 0;
	if (score_reserve(o->r->alloc, (void **)&o->tuplet, &o->cap_tuplet, o->n_tuplet + 1,
		    sizeof(*o->tuplet)) < 0) {
		o->draft->error = -ENOMEM;
		return 1;
	}
	struct nvx_notation_element *tuplet = nvx_add_notation(o->draft);
	tuplet->e.kind = NVX_NOTATION_TUPLET;
	tuplet->e.part_id = nvx_draft_part(o->draft, o->part)->id;
	tuplet->e.tick = base + start;
	tuplet->e.duration_ticks = (uint32_t)(end - start);
	tuplet->e.staff = (uint8_t)staff;
	tuplet->e.voice = (uint8_t)voice;
	tuplet->e.extra = extra;
	tuplet->num = (uint16_t)actual;
	tuplet->den = (uint16_t)normal;
	size_t at = o->n_tuplet++;
	for (; at > 0 && o->tuplet[at - 1].tick > base + start && o->n_tuplet - at < 64; at--)
		o->tuplet[at] = o->tuplet[at - 1];
	o->tuplet[at] = (struct older_tuplet){base + start, base + end, tuplet->e.id, (uint8_t)staff,
		(uint8_t)voice, (uint8_t)actual, (uint8_t)normal};
	return 1;
}

void older_read_tuplets(struct older *o, const struct older_object *obj, int64_t base)
{
	const uint8_t *value = older_take(o, obj, "tuplets");
	struct older_walk walk;
	int ok = 1;
	if (!value)
		return;
	older_leave(o, obj, value);
	if (!older_into(o, obj, "tuplets", &walk))
		return;
	while (older_next(o, &walk))
		ok &= tuplet_here(o, base);
	if (!ok)
		older_leave(o, obj, value);
}
