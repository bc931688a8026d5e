/* SPDX-License-Identifier: MIT */
/* Clefs, keys and meters of each staff: what is in force where, and where it changes. */
#include "read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Add to a list by tick; of two at one tick the later counts. The lists are read in order of tick. */
#define ADD(e, list, n, max, item)                                                                           \
	do {                                                                                                 \
		if ((n) && (list)[(n) - 1].tick >= (item).tick)                                              \
			(n)--;                                                                               \
		void *grown = eng_grow((e)->arena, (list), (n), &(max), (n) + 1, sizeof(*(list)));           \
		if (!grown)                                                                                  \
			return -ENOMEM;                                                                      \
		(list) = grown;                                                                              \
		(list)[(n)++] = (item);                                                                      \
	} while (0)

static uint32_t last_of(uint32_t n)
{
	return n ? n - 1 : 0;
}

/* Last entry at or before `at` of a list; the first if none is. */
#define LAST(list, n, at) (&(list)[last_of(eng_until(&(list)->tick, sizeof(*(list)), (n), (at)))])

struct eng_clef eng_clef_at(const struct eng *e, uint32_t staff, int64_t tick)
{
	const struct eng_signs *s = &e->signs[staff];
	return LAST(s->clef, s->n_clefs, tick)->clef;
}

int8_t eng_fifths_at(const struct eng *e, uint32_t staff, int64_t tick)
{
	const struct eng_signs *s = &e->signs[staff];
	return LAST(s->key, s->n_keys, tick)->fifths;
}

const struct eng_meter_sign *eng_meter_at(const struct eng *e, uint32_t staff, int64_t tick)
{
	const struct eng_signs *s = &e->signs[staff];
	return LAST(s->meter, s->n_meters, tick);
}

struct eng_change eng_signs_at(const struct eng *e, uint32_t staff, int64_t tick)
{
	const struct eng_meter_sign *meter = eng_meter_at(e, staff, tick);
	return (struct eng_change){.tick = tick,
		.staff = staff,
		.clef = eng_clef_at(e, staff, tick),
		.fifths = eng_fifths_at(e, staff, tick),
		.num = meter->num,
		.den = meter->den,
		.meter_sign = meter->sign};
}

/** A key as a part writes it that sounds otherwise. */
static int8_t written_fifths(const struct nvx_part *part, int concert)
{
	if (!part->has_transpose)
		return (int8_t)concert;
	int fifths = concert + ((part->transpose_chromatic * 7) % 12 + 18) % 12 - 6;
	while (fifths > 7)
		fifths -= 12;
	while (fifths < -7)
		fifths += 12;
	return (int8_t)fifths;
}

static uint8_t meter_look(const struct eng *e, nvx_str extra, unsigned num, unsigned den)
{
	char symbol[16];
	if (!eng_fact(e, extra, "symbol", symbol, sizeof(symbol)))
		return 0;
	if (strcmp(symbol, "common") == 0 && num == 4 && den == 4)
		return 1;
	return strcmp(symbol, "cut") == 0 && num == 2 && den == 2 ? 2 : 0;
}

/** One sign of the layer, for one staff. */
static int add_own(struct eng *e, struct eng_signs *s, const struct nvx_notation_element *n)
{
	if (n->e.kind == NVX_NOTATION_CLEF) {
		const struct eng_clef_sign clef = {n->e.tick, {n->sign, n->line, n->octave}};
		ADD(e, s->clef, s->n_clefs, s->max_clefs, clef);
	} else if (n->e.kind == NVX_NOTATION_OCTAVE) {
		const struct eng_octave_sign o = {n->e.tick, n->e.tick + n->e.duration_ticks, n->octave};
		ADD(e, s->octave, s->n_octaves, s->max_octaves, o);
	} else if (n->e.kind == NVX_NOTATION_KEY) {
		const struct eng_key_sign key = {n->e.tick, n->fifths};
		ADD(e, s->key, s->n_keys, s->max_keys, key);
	} else if (n->e.kind == NVX_NOTATION_METER && n->num && n->den) {
		const struct eng_meter_sign m = {
			n->e.tick, n->num, n->den, meter_look(e, n->e.extra, n->num, n->den), n->grouping};
		ADD(e, s->meter, s->n_meters, s->max_meters, m);
	}
	return 0;
}

/** The score's keys and meters, where the staff has none of its own at the tick. */
static int add_common(struct eng *e, uint32_t staff)
{
	struct eng_signs *s = &e->signs[staff];
	const struct nvx_part *part = &e->score->part[e->staff[staff].part]->part;
	struct eng_signs merged = {};
	const int has_key = !e->staff[staff].is_drums && !e->staff[staff].is_tab;
	for (uint32_t i = 0, k = 0; i < score_n_key(e->score) || k < s->n_keys;) {
		const struct nvx_key *common = i < score_n_key(e->score) ? score_key(e->score, i) : NULL;
		if (k < s->n_keys && (!common || s->key[k].tick <= common->tick)) {
			ADD(e, merged.key, merged.n_keys, merged.max_keys, s->key[k]);
			i += common && common->tick == s->key[k].tick;
			k++;
			continue;
		}
		const struct eng_key_sign key = {
			common->tick, has_key ? written_fifths(part, common->fifths) : 0};
		ADD(e, merged.key, merged.n_keys, merged.max_keys, key);
		i++;
	}
	for (uint32_t i = 0, k = 0; i < score_n_meter(e->score) || k < s->n_meters;) {
		const struct nvx_meter *common =
			i < score_n_meter(e->score) ? score_meter(e->score, i) : NULL;
		if (k < s->n_meters && (!common || s->meter[k].tick <= common->tick)) {
			ADD(e, merged.meter, merged.n_meters, merged.max_meters, s->meter[k]);
			i += common && common->tick == s->meter[k].tick;
			k++;
			continue;
		}
		const struct eng_meter_sign m = {common->tick, common->num, common->den,
			meter_look(e, common->extra, common->num, common->den), common->grouping};
		ADD(e, merged.meter, merged.n_meters, merged.max_meters, m);
		i++;
	}
	s->key = merged.key;
	s->n_keys = merged.n_keys;
	s->meter = merged.meter;
	s->n_meters = merged.n_meters;
	return 0;
}

/** A clef where nobody chose one: by what is played. */
static struct eng_clef own_clef(
	const struct eng *e, uint32_t staff, const int64_t *sum, const uint32_t *count)
{
	const struct eng_staff *st = &e->staff[staff];
	if (st->is_tab)
		return (struct eng_clef){NVX_CLEF_TAB, 5, 0};
	if (st->is_drums)
		return (struct eng_clef){NVX_CLEF_PERCUSSION, 3, 0};
	const struct nvx_part *part = &e->score->part[st->part]->part;
	const int is_plain = !part->has_transpose && !e->has_notation[st->part];
	if (is_plain && part->midi_program >= 24 &&
		part->midi_program < 32) /* guitars and basses sound an octave lower */
		return (struct eng_clef){NVX_CLEF_G, 2, -1};
	if (is_plain && part->midi_program >= 32 && part->midi_program < 40)
		return (struct eng_clef){NVX_CLEF_F, 4, -1};
	if (st->number == 2 && !e->has_notation[st->part])
		return (struct eng_clef){NVX_CLEF_F, 4, 0};
	int64_t mean = st->number == 2 ? 48 : 67;
	if (count[staff])
		mean = sum[staff] / count[staff] + part->transpose_chromatic + 12 * part->transpose_octave;
	if (mean < 57)
		return (struct eng_clef){NVX_CLEF_F, 4, (int8_t)(mean < 36 ? -1 : 0)};
	return (struct eng_clef){NVX_CLEF_G, 2, (int8_t)(mean > 92 ? 1 : 0)};
}

static int same_clef(struct eng_clef a, struct eng_clef b)
{
	return a.sign == b.sign && a.line == b.line && a.octave == b.octave;
}

struct places {
	struct eng_change *list;
	uint32_t n, max;
};

static int add_change(struct eng *e, struct places *p, const struct eng_change *c)
{
	struct eng_change *list = eng_grow(e->arena, p->list, p->n, &p->max, p->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	p->list = list;
	list[p->n] = *c;
	list[p->n++].measure = eng_measure_at(e, c->tick);
	return 0;
}

static int add_changes(struct eng *e, uint32_t staff, struct places *p)
{
	const struct eng_signs *s = &e->signs[staff];
	uint32_t c = 0, k = 0, m = 0;
	while (c < s->n_clefs || k < s->n_keys || m < s->n_meters) {
		int64_t tick = INT64_MAX;
		if (c < s->n_clefs)
			tick = s->clef[c].tick;
		if (k < s->n_keys && s->key[k].tick < tick)
			tick = s->key[k].tick;
		if (m < s->n_meters && s->meter[m].tick < tick)
			tick = s->meter[m].tick;
		struct eng_change change = eng_signs_at(e, staff, tick);
		const struct eng_change before = eng_signs_at(e, staff, tick - 1);
		change.fifths_before = k ? before.fifths : 0;
		if (c < s->n_clefs && s->clef[c].tick == tick) {
			change.has_clef = !c || !same_clef(before.clef, change.clef);
			c++;
		}
		if (k < s->n_keys && s->key[k].tick == tick) {
			change.has_key = !k || before.fifths != change.fifths;
			k++;
		}
		if (m < s->n_meters && s->meter[m].tick == tick) {
			change.has_meter = !m || before.num != change.num || before.den != change.den ||
					   before.meter_sign != change.meter_sign;
			m++;
		}
		if ((change.has_clef || change.has_key || change.has_meter) && tick < e->score->end_tick &&
			add_change(e, p, &change) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int by_tick(const void *a, const void *b)
{
	const struct eng_change *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	return p->staff < q->staff ? -1 : p->staff > q->staff;
}

int eng_read_signs(struct eng_reader *r)
{
	struct eng *e = r->e;
	int64_t *sum = eng_alloc(e->arena, (e->n_staves + 1) * sizeof(*sum));
	uint32_t *count = eng_alloc(e->arena, (e->n_staves + 1) * sizeof(*count));
	e->signs = eng_alloc(e->arena, (e->n_staves + 1) * sizeof(*e->signs));
	if (!sum || !count || !e->signs)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_heads; i++) {
		const uint32_t staff = e->event[e->head[i].event].staff;
		sum[staff] += eng_note(e, e->staff[staff].part, e->head[i].note)->pitch;
		count[staff]++;
	}
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *n = eng_notation(e, i);
		if (n->e.kind != NVX_NOTATION_CLEF && n->e.kind != NVX_NOTATION_KEY &&
			n->e.kind != NVX_NOTATION_METER && n->e.kind != NVX_NOTATION_OCTAVE)
			continue;
		const uint32_t part = eng_map_get(&r->part_of_id, n->e.part_id);
		if (part == ENG_NONE || r->first_staff[part] == ENG_NONE)
			continue;
		/* a key without a staff is for all of the part's; a clef for its first */
		const int is_all =
			!n->e.staff && n->e.kind != NVX_NOTATION_CLEF && n->e.kind != NVX_NOTATION_OCTAVE;
		for (uint32_t s = 0; s < r->n_staves[part]; s++) {
			if ((is_all || s + 1 == (n->e.staff ? n->e.staff : 1u)) &&
				add_own(e, &e->signs[r->first_staff[part] + s], n) < 0)
				return -ENOMEM;
		}
	}
	struct places p = {};
	for (uint32_t i = 0; i < e->n_staves; i++) {
		struct eng_signs *s = &e->signs[i];
		if (add_common(e, i) < 0)
			return -ENOMEM;
		if (!s->n_clefs || s->clef[0].tick > 0) {
			struct eng_signs with = {};
			const struct eng_clef_sign first = {
				0, s->n_clefs && s->clef[0].clef.sign == NVX_CLEF_TAB
					   ? s->clef[0].clef
					   : own_clef(e, i, sum, count)};
			ADD(e, with.clef, with.n_clefs, with.max_clefs, first);
			for (uint32_t k = 0; k < s->n_clefs; k++)
				ADD(e, with.clef, with.n_clefs, with.max_clefs, s->clef[k]);
			s->clef = with.clef;
			s->n_clefs = with.n_clefs;
		}
		if (add_changes(e, i, &p) < 0)
			return -ENOMEM;
	}
	if (p.n)
		qsort(p.list, p.n, sizeof(*p.list), by_tick);
	e->change = p.list;
	e->n_changes = p.n;
	for (uint32_t i = 0; i < p.n; i++) {
		struct eng_measure *m = &e->measure[p.list[i].measure];
		if (!m->n_changes++)
			m->first_change = i;
	}
	return 0;
}
