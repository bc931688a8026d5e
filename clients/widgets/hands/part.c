/* SPDX-License-Identifier: MIT */
#include "part.h"

#include <stdlib.h>
#include <string.h>

#define TICK_MAX (INT64_C(1) << 60)

void hands_part_clear(struct hands_part *part)
{
	for (unsigned i = 0; i < HANDS_MEASURES; i++)
		part->measure[i].is_known = 0;
	part->found[0] = '\0';
}

static const struct hands_measure *get(const struct hands_part *part, uint32_t index)
{
	const struct hands_measure *m = &part->measure[index % HANDS_MEASURES];

	return m->is_known && m->index == index ? m : NULL;
}

uint32_t hands_part_missing(const struct hands_part *part)
{
	for (uint32_t i = part->at; i < part->order.n_measures && i - part->at < 3; i++)
		if (!get(part, i))
			return i;
	/* what was struck before is held still */
	return part->at > 0 && part->at <= part->order.n_measures && !get(part, part->at - 1) ? part->at - 1
											      : UINT32_MAX;
}

unsigned hands_part_gather(const struct hands_part *part, struct hands_note *ret)
{
	unsigned n = 0;

	for (uint32_t i = part->at ? part->at - 1 : 0; i < part->at + 3; i++) {
		const struct hands_measure *m = get(part, i);

		if (!m || i >= part->order.n_measures)
			continue;
		memcpy(ret + n, m->note, m->n * sizeof(*ret));
		n += m->n;
	}
	return n;
}

void hands_propose(const struct mos_fret_neck *neck, struct hands_note *note, unsigned n)
{
	struct mos_fret_note *in = calloc(n + 1, sizeof(*in));
	struct mos_fret_place *place = calloc(n + 1, sizeof(*place));
	struct mos_fret_report report;

	for (unsigned i = 0; in && i < n; i++)
		in[i] = (struct mos_fret_note){.tick = note[i].tick,
			.duration_ticks = (uint32_t)(note[i].end_tick - note[i].tick),
			.key = note[i].key,
			.string = note[i].string,
			.fret = note[i].fret};
	const int is_found = in && place && mos_fret_propose(neck, in, n, 0, place, &report) == 0;
	for (unsigned i = 0; i < n; i++) {
		const struct mos_fret_place p = is_found ? place[i] : (struct mos_fret_place){0};

		if (!note[i].string) {
			note[i].string = p.string;
			note[i].fret = p.fret;
		}
		if (note[i].finger == HANDS_NOBODY)
			note[i].finger = p.finger;
		if (!note[i].right)
			note[i].right = p.right;
	}
	free(in);
	free(place);
}

/* ---- what Hermes answers ---- */

/* While a measure is read: its notes with their names. */
struct reading {
	struct hands_measure *m;
	const char *id[HANDS_NOTES];
	int64_t shift; /* from where it is written to where it is played */
};

static uint32_t len_of(const struct mos_value *list)
{
	return list && list->type == MOS_VALUE_LIST ? list->len : 0;
}

static void add(struct reading *r, const char *id, int64_t tick, int64_t duration, int64_t pitch)
{
	struct hands_measure *m = r->m;
	uint32_t at = m->n;

	if (tick < 0 || tick > TICK_MAX || duration <= 0 || duration > INT32_MAX || pitch < 0 ||
		pitch > 127 || m->n == HANDS_NOTES)
		return;
	tick += r->shift;
	for (; at > 0 && m->note[at - 1].tick > tick; at--) {
		m->note[at] = m->note[at - 1];
		r->id[at] = r->id[at - 1];
	}
	m->note[at] = (struct hands_note){
		.tick = tick, .end_tick = tick + duration, .key = (uint8_t)pitch, .finger = HANDS_NOBODY};
	r->id[at] = id;
	m->n++;
}

static struct hands_note *find(struct reading *r, const char *id)
{
	for (uint32_t i = 0; i < r->m->n; i++)
		if (id[0] && strcmp(r->id[i], id) == 0)
			return &r->m->note[i];
	return NULL;
}

static int has_note(const struct mos_value *part, const char *id)
{
	const struct mos_value *notes = mos_get(part, "notes");

	for (uint32_t i = 0; i < len_of(notes); i++)
		if (strcmp(mos_get_str(&notes->u.items[i], "id", ""), id) == 0)
			return 1;
	return 0;
}

/* The part whose measure this is. NULL: it does not play. */
static const struct mos_value *choose(
	struct hands_part *part, const struct mos_value *parts, const struct mos_value *tab)
{
	const struct mos_field *any = NULL;
	const char *id = len_of(tab) ? mos_get_str(&tab->u.items[0], "noteId", "") : "";

	for (uint32_t i = 0; parts && parts->type == MOS_VALUE_MAP && i < parts->len; i++) {
		const struct mos_field *p = &parts->u.fields[i];

		if (!part->wanted[0] && !part->found[0] && id[0] && has_note(&p->value, id))
			(void)strncpy(part->found, p->key, HANDS_ID - 1);
		if (part->wanted[0] || part->found[0]) {
			if (strcmp(p->key, part->wanted[0] ? part->wanted : part->found) == 0)
				return &p->value;
		} else if (!any && len_of(mos_get(&p->value, "notes"))) {
			any = p;
		}
	}
	return any && !part->wanted[0] && !part->found[0] ? &any->value : NULL;
}

static void put_finger(struct hands_note *note, const struct mos_value *element)
{
	static const char right[] = "pimac", left[] = "01234";
	const char *finger = mos_get_str(element, "finger", ""), *at;

	if (mos_get_bool(element, "alternative", 0) || !finger[0])
		return;
	if (strcmp(mos_get_str(element, "hand", ""), "right") == 0) {
		if ((at = strchr(right, finger[0])))
			note->right = (uint8_t)(at - right + 1);
	} else if (finger[0] == 'T') {
		note->finger = HANDS_T;
	} else if ((at = strchr(left, finger[0]))) {
		note->finger = (uint8_t)(at - left);
	}
}

static void put_measure(struct hands_part *part, struct reading *r, const struct mos_value *content)
{
	const struct mos_value *tab = mos_get(content, "layers/tablature"),
			       *fingers = mos_get(content, "layers/fingering");
	const struct mos_value *mine = choose(part, mos_get(content, "parts"), tab),
			       *notes = mine ? mos_get(mine, "notes") : NULL;

	for (uint32_t i = 0; i < len_of(notes); i++) {
		const struct mos_value *n = &notes->u.items[i];

		add(r, mos_get_str(n, "id", ""), mos_get_int(n, "tick", -1),
			mos_get_int(n, "durationTicks", 0), mos_get_int(n, "pitch", -1));
	}
	for (uint32_t i = 0; i < len_of(tab); i++) {
		struct hands_note *n = find(r, mos_get_str(&tab->u.items[i], "noteId", ""));
		const int64_t string = mos_get_int(&tab->u.items[i], "string", 0),
			      fret = mos_get_int(&tab->u.items[i], "fret", -1);

		if (n && string >= 1 && string <= part->neck.n_strings && fret >= 0 &&
			fret <= part->neck.n_frets - part->neck.capo) {
			n->string = (uint8_t)string;
			n->fret = (uint8_t)fret;
		}
	}
	for (uint32_t i = 0; i < len_of(fingers); i++) {
		struct hands_note *n = find(r, mos_get_str(&fingers->u.items[i], "noteId", ""));

		if (n)
			put_finger(n, &fingers->u.items[i]);
	}
}

/* Rows of part, tick, duration, pitch; of the first part that there is. */
static void put_list(struct reading *r, const struct mos_value *rows)
{
	for (uint32_t i = 0; i < len_of(rows); i++) {
		const struct mos_value *row = &rows->u.items[i], *x = row->u.items;

		if (len_of(row) < 4 || x[0].type != MOS_VALUE_INT || x[1].type != MOS_VALUE_INT ||
			x[2].type != MOS_VALUE_INT || x[3].type != MOS_VALUE_INT ||
			x[0].u.integer != rows->u.items[0].u.items[0].u.integer)
			continue;
		add(r, "", x[1].u.integer, x[2].u.integer, x[3].u.integer);
	}
}

void hands_part_put(struct hands_part *part, uint32_t index, const struct mos_value *answer)
{
	const struct order_run *run = order_run_of(&part->order, index);
	struct hands_measure *m = &part->measure[index % HANDS_MEASURES];
	const struct mos_value *content = mos_get(answer, "content"), *rows = mos_get(answer, "notes");
	struct reading r = {.m = m, .shift = run ? run->played_tick - run->written_tick : 0};

	m->index = index;
	m->is_known = 1;
	m->n = 0;
	if (content)
		put_measure(part, &r, content);
	else
		put_list(&r, rows);
	hands_propose(&part->neck, m->note, m->n);
}
