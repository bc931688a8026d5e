/* SPDX-License-Identifier: MIT */
#include "compile_private.h"

#include <errno.h>
#include <string.h>

/* Moves that an insertion may cost on the average, before the array counts as disordered. */
#define INSERTION_MOVES 12u

void *compile_push(const struct score_alloc *alloc, struct compile_array *array, size_t item_bytes)
{
	if (array->n == array->cap &&
		score_reserve(alloc, &array->items, &array->cap, array->n + 1, item_bytes) < 0)
		return NULL;
	return (char *)array->items + array->n++ * item_bytes;
}

void *compile_room(const struct score_alloc *alloc, size_t n, size_t item_bytes)
{
	return alloc->resize(alloc->ctx, NULL, n ? n * item_bytes : item_bytes);
}

/** @return 1 sorted; 0 too far from sorted, the array holds the same keys in another stable order. */
static int insertion_sort(struct compile_sort_key *keys, uint32_t n)
{
	uint64_t moves = 0;

	for (uint32_t i = 1; i < n; i++) {
		const struct compile_sort_key k = keys[i];
		uint32_t at = i;

		for (; at > 0 && keys[at - 1].key > k.key; at--)
			keys[at] = keys[at - 1];
		keys[at] = k;
		moves += i - at;
		if (moves > (uint64_t)INSERTION_MOVES * i + 4096)
			return 0;
	}
	return 1;
}

static void merge_two(const struct compile_sort_key *a, const struct compile_sort_key *a_end,
	const struct compile_sort_key *b, const struct compile_sort_key *b_end, struct compile_sort_key *to)
{
	while (a < a_end && b < b_end)
		*to++ = b->key < a->key ? *b++ : *a++;
	while (a < a_end)
		*to++ = *a++;
	while (b < b_end)
		*to++ = *b++;
}

int compile_sort(const struct score_alloc *alloc, struct compile_sort_key *keys, uint32_t n)
{
	struct compile_sort_key *from = keys, *scratch, *to;

	if (insertion_sort(keys, n))
		return 0;
	scratch = to = compile_room(alloc, n, sizeof(*keys));
	if (!scratch)
		return -ENOMEM;
	for (uint64_t width = 1; width < n; width *= 2) {
		struct compile_sort_key *swap = from;

		for (uint64_t at = 0; at < n; at += 2 * width) {
			const uint64_t mid = at + width < n ? at + width : n;
			const uint64_t end = at + 2 * width < n ? at + 2 * width : n;
			merge_two(from + at, from + mid, from + mid, from + end, to + at);
		}
		from = to;
		to = swap;
	}
	if (from != keys)
		memcpy(keys, from, n * sizeof(*keys));
	score_free(alloc, scratch);
	return 0;
}

/* ---- all parts into one ---- */

/** The events of a part, or its sysex, which comes before all else of its tick: it sets up what others
 * address. */
struct stream {
	const struct mos_tl_event *at, *end;
	uint32_t id_base;
	uint16_t part;
};

#define DONE UINT64_MAX
#define STREAM_BITS 12u /* 1,024 parts, each with two streams */

struct merge {
	struct stream *stream;
	uint64_t *tree; /**< losers: keys with their stream in the lowest bits; [0] the winner */
	uint32_t n, leaves;
};

static uint64_t head_key(const struct merge *m, uint32_t s)
{
	const struct mos_tl_event *e = s < m->n ? m->stream[s].at : NULL;

	if (!e || e == m->stream[s].end)
		return DONE;
	return ((uint64_t)e->tick << 2 | e->order) << STREAM_BITS | s;
}

/** Let the leaf's new key play its way up. */
static void replay(struct merge *m, uint32_t leaf, uint64_t key)
{
	for (uint32_t node = (leaf + m->leaves) / 2; node > 0; node /= 2) {
		if (m->tree[node] < key) {
			const uint64_t loser = key;
			key = m->tree[node];
			m->tree[node] = loser;
		}
	}
	m->tree[0] = key;
}

static void first_round(struct merge *m)
{
	/* Winners by node, bottom up; losers stay. */
	uint64_t *winner = m->tree + m->leaves;

	for (uint32_t s = 0; s < m->leaves; s++)
		winner[s + m->leaves] = head_key(m, s);
	for (uint32_t node = m->leaves - 1; node > 0; node--) {
		const uint64_t a = winner[2 * node], b = winner[2 * node + 1];
		winner[node] = a < b ? a : b;
		m->tree[node] = a < b ? b : a;
	}
	m->tree[0] = m->leaves > 1 ? winner[1] : winner[m->leaves];
}

static void merge_streams(struct merge *m, struct mos_tl_event *to)
{
	first_round(m);
	while (m->tree[0] != DONE) {
		const uint32_t s = (uint32_t)(m->tree[0] & ((1u << STREAM_BITS) - 1));
		struct stream *from = &m->stream[s];

		*to = *from->at++;
		to->part = from->part;
		to->note_id += to->note_id ? from->id_base : 0;
		to++;
		replay(m, s, head_key(m, s));
	}
}

int compile_merge(const struct score_alloc *alloc, const struct compile_part *part, uint32_t n_parts,
	struct compile_array *events)
{
	struct merge m = {.leaves = 1};
	uint64_t total = 0;
	uint32_t ids = 0;
	int rc = -ENOMEM;

	m.stream = score_zalloc(alloc, (size_t)n_parts * 2 + 1, sizeof(*m.stream));
	if (!m.stream)
		return rc;
	for (uint32_t p = 0; p < n_parts; p++)
		if (part[p].n_sysex)
			m.stream[m.n++] =
				(struct stream){part[p].sysex, part[p].sysex + part[p].n_sysex, 0, 0};
	for (uint32_t p = 0; p < n_parts; p++) {
		if (part[p].n_event)
			m.stream[m.n++] = (struct stream){
				part[p].event, part[p].event + part[p].n_event, ids, (uint16_t)p};
		ids += part[p].n_ids;
		total += (uint64_t)part[p].n_event + part[p].n_sysex;
	}
	while (m.leaves < m.n)
		m.leaves *= 2;
	m.tree = score_zalloc(alloc, (size_t)m.leaves * 3, sizeof(*m.tree));
	if (m.tree &&
		score_reserve(alloc, &events->items, &events->cap, total, sizeof(struct mos_tl_event)) == 0) {
		merge_streams(&m, events->items);
		events->n = total;
		rc = 0;
	}
	score_free(alloc, m.tree);
	score_free(alloc, m.stream);
	return rc;
}
