/* SPDX-License-Identifier: MIT */
/* Columns: one for each tick of a measure at which something stands, over all staves. */
#include "read.h"

#include <errno.h>
#include <stdlib.h>

struct key {
	int64_t tick;
	int16_t grace;
};

static int by_key(const void *a, const void *b)
{
	const struct key *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	return p->grace < q->grace ? -1 : p->grace > q->grace;
}

/** Places of grace notes around their note: in `grace` by event. */
static void order_graces(const struct eng *e, int16_t *grace)
{
	for (uint32_t i = 0, end; i < e->n_events; i = end) {
		const struct eng_event *v = &e->event[i];
		for (end = i + 1; end < e->n_events; end++) {
			const struct eng_event *x = &e->event[end];
			if (x->tick != v->tick || x->staff != v->staff || x->voice != v->voice ||
				x->is_grace != v->is_grace || x->grace_after != v->grace_after)
				break;
		}
		for (uint32_t k = i; v->is_grace && k < end; k++) {
			const uint32_t n = v->grace_after ? k - i + 1 : end - k;
			grace[k] = (int16_t)(n > INT16_MAX ? INT16_MAX : n);
			if (!v->grace_after)
				grace[k] = (int16_t)-grace[k];
		}
	}
}

static uint32_t find_column(const struct eng *e, uint32_t measure, struct key key)
{
	uint32_t low = e->measure[measure].first_column, high = low + e->measure[measure].n_columns;
	while (high - low > 1) {
		const uint32_t mid = (low + high) / 2;
		const struct key at = {e->column[mid].tick, e->column[mid].grace};
		if (by_key(&at, &key) <= 0)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int has_column(const struct eng_event *v)
{
	return !v->is_hidden && !v->is_full_measure_rest;
}

/** Symbols that stand at ticks of their own, between notes too. */
static const struct {
	uint8_t layer, list;
} symbols[] = {{ENGRAVE_CHORDS, NVX_LIST_chord}, {ENGRAVE_DIAGRAMS, NVX_LIST_diagram},
	{ENGRAVE_ANALYSIS, NVX_LIST_analysis}};

static const struct nvx_seq *symbols_of(const struct eng *e, unsigned i)
{
	static const struct nvx_seq none;
	return e->options->layers >> symbols[i].layer & 1u ? &e->score->list[symbols[i].list] : &none;
}

static uint32_t add_symbols(
	const struct eng *e, const struct eng_measure *measure, struct key *key, uint32_t n)
{
	for (unsigned i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		const struct nvx_seq *list = symbols_of(e, i);
		for (uint32_t k = nvx_seq_find(list, measure->tick); k < list->n; k++) {
			const int64_t tick = *(const int64_t *)nvx_seq_at(list, k);
			if (tick >= measure->tick + measure->duration_ticks)
				break;
			key[n++] = (struct key){tick, 0};
		}
	}
	return n;
}

int eng_columns(struct eng *e)
{
	size_t most = (size_t)e->n_events + 1;
	for (unsigned i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		most += symbols_of(e, i)->n;
	int16_t *grace = eng_alloc(e->arena, (e->n_events + 1) * sizeof(*grace));
	struct key *key = eng_alloc(e->arena, most * sizeof(*key));
	e->column = eng_alloc(e->arena, (most + e->n_measures) * sizeof(*e->column));
	if (!grace || !key || !e->column)
		return -ENOMEM;
	order_graces(e, grace);
	for (uint32_t m = 0; m < e->n_measures; m++) {
		struct eng_measure *measure = &e->measure[m];
		uint32_t n = 0;
		key[n++] = (struct key){measure->tick, 0};
		for (uint32_t i = measure->first_event; i < measure->first_event + measure->n_events; i++) {
			if (has_column(&e->event[i]))
				key[n++] = (struct key){e->event[i].tick, grace[i]};
		}
		n = add_symbols(e, measure, key, n);
		eng_sort(key, n, sizeof(*key), by_key);
		measure->first_column = e->n_columns;
		for (uint32_t i = 0; i < n; i++) {
			if (!i || by_key(&key[i - 1], &key[i]) != 0)
				e->column[e->n_columns++] = (struct eng_column){
					.tick = key[i].tick, .measure = m, .grace = key[i].grace};
		}
		measure->n_columns = e->n_columns - measure->first_column;
		for (uint32_t i = measure->first_event; i < measure->first_event + measure->n_events; i++)
			e->event[i].column = find_column(e, m, (struct key){e->event[i].tick, grace[i]});
	}
	return 0;
}
