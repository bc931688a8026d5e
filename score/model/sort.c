/* SPDX-License-Identifier: MIT */
#include "sort.h"

#include <errno.h>
#include <string.h>

struct sorter {
	const struct sort_order *order;
	const char *items;
	size_t item_bytes;
};

/** Does `b` belong before `a`? */
static int is_before(const struct sorter *sorter, const struct sort_key *b, const struct sort_key *a)
{
	if (b->hi != a->hi)
		return b->hi < a->hi;
	if (b->lo != a->lo)
		return b->lo < a->lo;
	if (!sorter->order->tie)
		return 0;
	return sorter->order->tie(sorter->items + b->index * sorter->item_bytes,
		       sorter->items + a->index * sorter->item_bytes, sorter->order->ctx) < 0;
}

static int is_equal(const struct sort_key *a, const struct sort_key *b)
{
	return a->hi == b->hi && a->lo == b->lo;
}

static uint64_t tick_of(const struct sorter *sorter, size_t i)
{
	uint64_t tick;
	memcpy(&tick, sorter->items + i * sorter->item_bytes, sizeof(tick));
	return tick;
}

static struct sort_key key_of(const struct sorter *sorter, size_t i)
{
	struct sort_key key = {.index = (uint32_t)i};
	sorter->order->key(sorter->items + i * sorter->item_bytes, sorter->order->ctx, &key);
	return key;
}

/** As sorted_until(); mostly the ticks alone say it. */
static size_t ticks_sorted_until(const struct sorter *sorter, size_t n)
{
	struct sort_key last = {};
	size_t last_is = SIZE_MAX;
	int ties = 0;
	uint64_t before = n ? tick_of(sorter, 0) : 0;
	for (size_t i = 1; i < n; i++) {
		const uint64_t tick = tick_of(sorter, i);
		if (tick < before)
			return i;
		if (tick == before) {
			if (last_is != i - 1)
				last = key_of(sorter, i - 1);
			const struct sort_key key = key_of(sorter, i);
			if (is_before(sorter, &key, &last))
				return i;
			ties |= is_equal(&key, &last);
			last = key;
			last_is = i;
		}
		before = tick;
	}
	if (sorter->order->ret_ties)
		*sorter->order->ret_ties = ties != 0;
	return n;
}

/** Index of the first item that belongs before the one in front of it; n: all is sorted. */
static size_t sorted_until(const struct sorter *sorter, size_t n)
{
	if (sorter->order->by_tick)
		return ticks_sorted_until(sorter, n);
	struct sort_key last = {}, key = {};
	int ties = 0;
	for (size_t i = 0; i < n; i++) {
		key.index = (uint32_t)i;
		sorter->order->key(sorter->items + i * sorter->item_bytes, sorter->order->ctx, &key);
		if (i && is_before(sorter, &key, &last))
			return i;
		ties |= i && is_equal(&key, &last);
		last = key;
	}
	if (sorter->order->ret_ties)
		*sorter->order->ret_ties = ties != 0;
	return n;
}

static void find_ties(const struct sorter *sorter, const struct sort_key *key, size_t n)
{
	int ties = 0;
	for (size_t i = 1; i < n; i++)
		ties |= is_equal(&key[i], &key[i - 1]);
	*sorter->order->ret_ties = ties != 0;
}

static size_t run_end(const struct sorter *sorter, const struct sort_key *key, size_t from, size_t n)
{
	size_t end = from + 1;
	while (end < n && !is_before(sorter, &key[end], &key[end - 1]))
		end++;
	return end;
}

static void merge(
	const struct sorter *sorter, const struct sort_key *a, size_t n_a, size_t n_b, struct sort_key *to)
{
	const struct sort_key *b = a + n_a;
	while (n_a && n_b) {
		if (is_before(sorter, b, a)) {
			*to++ = *b++;
			n_b--;
		} else {
			*to++ = *a++;
			n_a--;
		}
	}
	memcpy(to, n_a ? a : b, (n_a ? n_a : n_b) * sizeof(*to));
}

/** Merge neighbouring runs until one is left. @return where the result lies, `key` or `other`. */
static struct sort_key *merge_runs(
	const struct sorter *sorter, struct sort_key *key, struct sort_key *other, size_t n)
{
	for (;;) {
		size_t n_runs = 0;
		for (size_t at = 0; at < n; n_runs++) {
			const size_t middle = run_end(sorter, key, at, n);
			if (middle == n) {
				memcpy(other + at, key + at, (n - at) * sizeof(*key));
				at = n;
				continue;
			}
			const size_t end = run_end(sorter, key, middle, n);
			merge(sorter, key + at, middle - at, end - middle, other + at);
			at = end;
		}
		struct sort_key *done = other;
		other = key;
		key = done;
		if (n_runs <= 1)
			return key;
	}
}

/** Where each item was before: a list of its own, which moves with the items. @return NULL: out of memory. */
static uint32_t *places_before(const struct score_alloc *alloc, size_t n, uint32_t *from)
{
	if (from)
		return from;
	from = alloc->resize(alloc->ctx, NULL, n * sizeof(*from));
	for (size_t i = 0; from && i < n; i++)
		from[i] = (uint32_t)i;
	return from;
}

/** Bring the items into the order of the keys, along the rings in which they change places: each moves once.
 */
static void gather(char *items, size_t n, size_t item_bytes, struct sort_key *key, uint32_t *from)
{
	alignas(8) char aside[SORT_MAX_BYTES];
	for (size_t i = 0; i < n; i++) {
		if (key[i].index == i)
			continue;
		const uint32_t first = from[i];
		size_t at = i;
		memcpy(aside, items + i * item_bytes, item_bytes);
		for (size_t next; (next = key[at].index) != i; at = next) {
			memcpy(items + at * item_bytes, items + next * item_bytes, item_bytes);
			from[at] = from[next];
			key[at].index = (uint32_t)at;
		}
		memcpy(items + at * item_bytes, aside, item_bytes);
		from[at] = first;
		key[at].index = (uint32_t)at;
	}
}

int sort_items(const struct score_alloc *alloc, void *items, size_t n, size_t item_bytes,
	const struct sort_order *order, uint32_t **from)
{
	const struct sorter sorter = {order, items, item_bytes};
	if (sorted_until(&sorter, n) == n)
		return 0;
	struct sort_key *key = alloc->resize(alloc->ctx, NULL, n * 2 * sizeof(*key));
	if (!key)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		key[i].index = (uint32_t)i;
		order->key(sorter.items + i * item_bytes, order->ctx, &key[i]);
	}
	struct sort_key *sorted = merge_runs(&sorter, key, key + n, n);
	if (order->ret_ties)
		find_ties(&sorter, sorted, n);
	uint32_t *before = places_before(alloc, n, *from);
	if (before) {
		gather(items, n, item_bytes, sorted, before);
		*from = before;
	}
	score_free(alloc, key);
	return before ? 0 : -ENOMEM;
}
