/* SPDX-License-Identifier: MIT */
/*
 * What systems were like when they were set, by their keys. Places are the system's own, so that one may move
 * to another page, and behind measures that were added, and is still the same.
 */
#include "keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024u
#define RUNS 4u /* that a system is remembered without being asked for: pages are tried in several sizes */

struct kept_system {
	struct eng_key key;
	struct kept_system *next; /**< in its bucket */
	uint64_t run;             /**< the last one that it was of use in */
	uint32_t n_ink, n_places;
	uint32_t first, last; /**< staves that are shown; ENG_NONE */
	struct eng_box ink_box;
	float *stacked, *staff_y;      /**< before pages are filled, and behind */
	struct eng_skyline *up, *down; /**< of the first, of the last */
	struct kept_ink *ink;
	struct eng_box *place; /**< of its chords, in their order */
};

struct engrave_kept {
	struct kept_system *bucket[BUCKETS];
	uint64_t run;
	uint32_t n_set;
};

struct engrave_kept *engrave_kept_new(void)
{
	return calloc(1, sizeof(struct engrave_kept));
}

void engrave_kept_free(struct engrave_kept *kept)
{
	for (uint32_t i = 0; kept && i < BUCKETS; i++) {
		for (struct kept_system *s = kept->bucket[i], *next; s; s = next) {
			next = s->next;
			free(s);
		}
	}
	free(kept);
}

uint32_t engrave_kept_set(const struct engrave_kept *kept)
{
	return kept->n_set;
}

static struct kept_system **bucket_of(struct engrave_kept *kept, const struct eng_key *key)
{
	return &kept->bucket[key->word[0] % BUCKETS];
}

static struct kept_system *find(struct engrave_kept *kept, const struct eng_key *key)
{
	struct kept_system *s = *bucket_of(kept, key);
	while (s && memcmp(&s->key, key, sizeof(*key)) != 0)
		s = s->next;
	return s;
}

/* ---- taking ---- */

/** The first event of a system: its first measures may have none. */
static uint32_t first_event(const struct eng *e, uint32_t system)
{
	const struct eng_system *s = &e->system[system];
	for (uint32_t i = s->first_measure; i < s->first_measure + s->n_measures; i++) {
		if (e->measure[i].n_events)
			return e->measure[i].first_event;
	}
	return 0;
}

static struct eng_skyline **skies(struct eng *e, uint32_t staff, struct eng_skyline *sky)
{
	struct eng_skyline **all = eng_alloc(e->arena, (e->n_staves + 1) * sizeof(struct eng_skyline *));
	if (all && staff != ENG_NONE)
		all[staff] = sky;
	return all;
}

/** A system is as it was: distances between its staves, and how it lies to those above and below. */
static int take(struct eng *e, uint32_t system, struct kept_system *old)
{
	struct eng_system *s = &e->system[system];
	s->up = skies(e, old->first, old->up);
	s->down = skies(e, old->last, old->down);
	s->staff_y = eng_alloc(e->arena, (e->n_staves + 1) * sizeof(*s->staff_y));
	if (!s->up || !s->down || !s->staff_y)
		return -ENOMEM;
	memcpy(s->staff_y, old->stacked, e->n_staves * sizeof(*s->staff_y));
	s->ink = old->ink_box;
	s->is_kept = 1;
	old->run = e->keep->kept->run;
	e->keep->old[system] = old;
	return 0;
}

int eng_keep_begin(struct eng *e, struct engrave_kept *kept)
{
	const uint32_t n = e->n_systems;
	struct eng_keep *k = eng_alloc(e->arena, sizeof(*k));
	if (!k)
		return -ENOMEM;
	*k = (struct eng_keep){.kept = kept,
		.key = eng_alloc(e->arena, (n + 1) * sizeof(*k->key)),
		.home = eng_alloc(e->arena, (n + 1) * sizeof(*k->home)),
		.first_event = eng_alloc(e->arena, (n + 1) * sizeof(*k->first_event)),
		.old = eng_alloc(e->arena, (n + 1) * sizeof(struct kept_system *)),
		.staff_y = eng_alloc(e->arena, ((size_t)n * e->n_staves + 1) * sizeof(*k->staff_y)),
		.ink = eng_alloc(e->arena, (n + 1) * sizeof(*k->ink))};
	if (!k->key || !k->home || !k->first_event || !k->old || !k->staff_y || !k->ink)
		return -ENOMEM;
	int rc = eng_find_keys(e, k->key, k->home);
	e->keep = k;
	kept->run++;
	kept->n_set = n;
	for (uint32_t i = 0; i < n; i++)
		k->first_event[i] = first_event(e, i);
	for (uint32_t i = 0, end; rc == 0 && i < n; i = end) {
		int all = 1;
		for (end = i; end < n && k->home[end] == i; end++)
			all &= find(kept, &k->key[end]) != NULL;
		for (uint32_t s = i; rc == 0 && all && s < end; s++)
			rc = take(e, s, find(kept, &k->key[s]));
	}
	return rc;
}

void eng_keep_stacked(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_systems; i++) {
		memcpy(e->keep->staff_y + (size_t)i * e->n_staves, e->system[i].staff_y,
			e->n_staves * sizeof(float));
		e->keep->ink[i] = e->system[i].ink;
	}
}

int eng_keep_moved(struct eng *e)
{
	struct eng_keep *k = e->keep;
	int any = 0;
	for (uint32_t i = 0, end; i < e->n_systems; i = end) {
		int moved = 0;
		for (end = i; end < e->n_systems && k->home[end] == i; end++)
			moved |= k->old[end] && memcmp(e->system[end].staff_y, k->old[end]->staff_y,
							e->n_staves * sizeof(float)) != 0;
		for (uint32_t s = i; s < end; s++) {
			e->system[s].is_kept = !moved;
			if (!moved)
				continue;
			k->old[s] = NULL;
			e->system[s].up = e->system[s].down = NULL; /* drawn anew */
		}
		any |= moved;
	}
	return any;
}

void eng_keep_settle(struct eng *e, const struct eng_chord_place *before)
{
	const struct eng_keep *k = e->keep;
	uint32_t *at = eng_alloc(e->arena, (e->n_systems + 1) * sizeof(*at));
	for (uint32_t i = 0; at && i < e->n_chord_places; i++) {
		struct eng_chord_place *p = &e->chord_place[i];
		const struct kept_system *old = k->old[p->system];
		if (old)
			p->box = old->place[at[p->system]++];
		else if (before && e->system[p->system].is_kept) /* set in the first round */
			p->box = before[i].box;
	}
	for (uint32_t i = 0; i < e->n_systems; i++)
		e->system[i].is_kept = k->old[i] != NULL;
}

const struct kept_ink *eng_kept_ink(const struct eng *e, uint32_t system, uint32_t *ret_n)
{
	const struct kept_system *old = e->keep ? e->keep->old[system] : NULL;
	*ret_n = old ? old->n_ink : 0;
	return old ? old->ink : NULL;
}

/* ---- keeping ---- */

static void *part_of(char **at, size_t n, size_t size)
{
	void *from = *at;
	*at += (n * size + 15) / 16 * 16;
	return from;
}

static size_t padded(size_t n)
{
	return (n + 15) / 16 * 16;
}

/** Which staves are the first and the last that a system shows. */
static void shown(const struct eng *e, uint32_t system, struct kept_system *s)
{
	s->first = s->last = ENG_NONE;
	for (uint32_t i = 0; i < e->n_staves; i++) {
		if (eng_is_hidden_in(e, system, i))
			continue;
		s->first = s->first == ENG_NONE ? i : s->first;
		s->last = i;
	}
}

static struct kept_ink as_kept(const struct eng *e, uint32_t system, const struct eng_ink *ink)
{
	const uint32_t event = ink->note == ENG_NONE ? ENG_NONE : e->head[ink->note].event;
	return (struct kept_ink){.shape = ink->shape,
		.box = ink->box,
		.staff = ink->staff,
		.measure =
			ink->measure == ENG_NONE ? ENG_NONE : ink->measure - e->system[system].first_measure,
		.event = event == ENG_NONE ? ENG_NONE : event - e->keep->first_event[system],
		.head = event == ENG_NONE ? 0 : ink->note - e->event[event].first_head};
}

static void put(struct engrave_kept *kept, struct kept_system *s)
{
	struct kept_system **at = bucket_of(kept, &s->key);
	for (struct kept_system **before = at; *before; before = &(*before)->next) {
		if (memcmp(&(*before)->key, &s->key, sizeof(s->key)) == 0) { /* its staves stood otherwise */
			struct kept_system *old = *before;
			*before = old->next;
			free(old);
			break;
		}
	}
	s->next = *at;
	*at = s;
}

/** @param place  Of its chords. */
static void keep(struct eng *e, uint32_t system, const uint32_t *order, uint32_t n, const uint32_t *place,
	uint32_t n_places)
{
	const struct eng_keep *k = e->keep;
	const struct eng_system *from = &e->system[system];
	struct kept_system own = {.key = k->key[system],
		.run = k->kept->run,
		.n_ink = n,
		.n_places = n_places,
		.ink_box = k->ink[system]};
	shown(e, system, &own);
	const struct eng_skyline *up = own.first == ENG_NONE ? NULL : from->up[own.first];
	const struct eng_skyline *down = own.last == ENG_NONE ? NULL : from->down[own.last];
	const size_t up_bytes = up ? eng_sky_bytes(up) : 0, down_bytes = down ? eng_sky_bytes(down) : 0;
	char *at = malloc(padded(sizeof(own)) + padded(n * sizeof(*own.ink)) +
			  padded(own.n_places * sizeof(*own.place)) +
			  2 * padded(e->n_staves * sizeof(float)) + padded(up_bytes) + padded(down_bytes));
	if (!at) /* it is set anew next time */
		return;
	struct kept_system *s = part_of(&at, 1, sizeof(own));
	own.ink = part_of(&at, n, sizeof(*own.ink));
	own.place = part_of(&at, own.n_places, sizeof(*own.place));
	own.stacked = part_of(&at, e->n_staves, sizeof(float));
	own.staff_y = part_of(&at, e->n_staves, sizeof(float));
	own.up = up ? eng_sky_copy(part_of(&at, 1, up_bytes), up) : NULL;
	own.down = down ? eng_sky_copy(part_of(&at, 1, down_bytes), down) : NULL;
	for (uint32_t i = 0; i < n; i++)
		own.ink[i] = as_kept(e, system, &e->ink[order[i]]);
	for (uint32_t i = 0; i < n_places; i++)
		own.place[i] = e->chord_place[place[i]].box;
	memcpy(own.stacked, k->staff_y + (size_t)system * e->n_staves, e->n_staves * sizeof(float));
	memcpy(own.staff_y, from->staff_y, e->n_staves * sizeof(float));
	*s = own;
	put(k->kept, s);
}

/** Places of chords by system, in their order. @param first  By system, and one behind; zeroed. */
static void sort_places(const struct eng *e, uint32_t *first, uint32_t *place)
{
	for (uint32_t i = 0; i < e->n_chord_places; i++)
		first[e->chord_place[i].system]++;
	for (uint32_t i = 0, sum = 0; i <= e->n_systems; i++)
		first[i] = sum += first[i];
	for (uint32_t i = e->n_chord_places; i-- > 0;)
		place[--first[e->chord_place[i].system]] = i;
}

void eng_keep_end(struct eng *e, const uint32_t *order, const uint32_t *start)
{
	struct engrave_kept *kept = e->keep->kept;
	uint32_t *first = eng_alloc(e->arena, (e->n_systems + 1) * sizeof(*first));
	uint32_t *place = eng_alloc(e->arena, (e->n_chord_places + 1) * sizeof(*place));
	if (first && place)
		sort_places(e, first, place);
	for (uint32_t i = 0; i < e->n_systems; i++) {
		if (e->keep->old[i])
			kept->n_set--;
		else if (first && place) /* else it is set anew next time */
			keep(e, i, order + start[i], start[i + 1] - start[i], place + first[i],
				first[i + 1] - first[i]);
	}
	for (uint32_t i = 0; i < BUCKETS; i++) {
		for (struct kept_system **at = &kept->bucket[i]; *at;) {
			struct kept_system *s = *at;
			if (kept->run - s->run < RUNS) {
				at = &s->next;
				continue;
			}
			*at = s->next;
			free(s);
		}
	}
}
