/* SPDX-License-Identifier: MIT */
/* Tempo, meter and key of a draft: in order, from tick 0 on, in range. */
#include <errno.h>
#include <string.h>

#include "finish.h"
#include "sort.h"
#include "ticks.h"

#define MAX_NS_PER_QUARTER UINT64_C(60000000000)

static int64_t tick_of(const void *item)
{
	int64_t tick;
	memcpy(&tick, item, sizeof(tick));
	return tick;
}

static void tick_key(const void *item, void *, struct sort_key *ret)
{
	ret->hi = (uint64_t)tick_of(item);
	ret->lo = 0;
}

/** A document of our own states its maps in order. */
static void check_map(struct finish *finish, unsigned list)
{
	const struct draft_list map = draft_list(finish->draft, list, 0);
	for (size_t i = 0; i < *map.n; i++) {
		const struct check_at at = {list, 0, (uint32_t)i, draft_item(&map, i)};
		const int64_t tick = tick_of(at.item);
		if (i == 0 && tick != 0)
			(void)check_broken(&finish->check, &at, "nvx1.map.start", "/tick",
				"%lld: the first entry is at 0", (long long)tick);
		else if (i > 0 && tick <= tick_of(draft_item(&map, i - 1)))
			(void)check_broken(&finish->check, &at, "nvx1.map.order", "/tick",
				"%lld is not after %lld", (long long)tick,
				(long long)tick_of(draft_item(&map, i - 1)));
	}
}

/** The same tempo once more: what was said of it the first time still holds. */
static void keep_said(const struct nvx_tempo *first, struct nvx_tempo *again)
{
	if (!again->extra && again->ns_per_quarter == first->ns_per_quarter)
		again->extra = first->extra;
}

/** Of an import: sort; of entries at one tick the last counts. */
static int order_map(struct finish *finish, unsigned list)
{
	const struct draft_list map = draft_list(finish->draft, list, 0);
	for (size_t i = 0; i < *map.n; i++)
		if (tick_of(draft_item(&map, i)) < 0)
			memset(draft_item(&map, i), 0, sizeof(int64_t));
	const struct sort_order order = {.key = tick_key};
	if (sort_items(finish->alloc, *map.items, *map.n, map.item_bytes, &order, &finish->from[list]))
		return -ENOMEM;
	size_t n = 0;
	for (size_t i = 0; i < *map.n; i++) {
		if (n && tick_of(draft_item(&map, n - 1)) == tick_of(draft_item(&map, i))) {
			n--;
			if (list == NVX_LIST_tempo)
				keep_said(draft_item(&map, n), draft_item(&map, i));
		}
		memmove(draft_item(&map, n++), draft_item(&map, i), map.item_bytes);
	}
	*map.n = n;
	return 0;
}

/** Without an entry at 0 there is the default. */
static int begin_map(struct finish *finish, unsigned list)
{
	struct nvx_draft *draft = finish->draft;
	struct draft_list map = draft_list(draft, list, 0);
	if (*map.n && (tick_of(draft_item(&map, 0)) == 0 || !draft->repair))
		return 0;
	if (list == NVX_LIST_tempo)
		(void)nvx_add_tempo(draft);
	else if (list == NVX_LIST_meter)
		(void)nvx_add_meter(draft);
	else
		(void)nvx_add_key(draft);
	if (draft->error)
		return draft->error;
	uint64_t entry[8];
	static_assert(sizeof(struct nvx_tempo) <= sizeof(entry) && sizeof(struct nvx_key) <= sizeof(entry));
	map = draft_list(draft, list, 0);
	memcpy(entry, draft_item(&map, *map.n - 1), map.item_bytes);
	memmove(draft_item(&map, 1), draft_item(&map, 0), (*map.n - 1) * map.item_bytes);
	memcpy(draft_item(&map, 0), entry, map.item_bytes);
	return 0;
}

static void check_tempo(struct check *check, struct nvx_tempo *tempo, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_at at = {NVX_LIST_tempo, 0, (uint32_t)i, &tempo[i]};
		if ((tempo[i].ns_per_quarter == 0 || tempo[i].ns_per_quarter > MAX_NS_PER_QUARTER) &&
			check_broken(check, &at, "nvx1.range", "/nsPerQuarter",
				"%llu is not in 1..60000000000", (unsigned long long)tempo[i].ns_per_quarter))
			tempo[i].ns_per_quarter = tempo[i].ns_per_quarter ? MAX_NS_PER_QUARTER : 1;
		if (i + 1 == n && tempo[i].curve == NVX_CURVE_LINEAR &&
			check_broken(check, &at, "nvx1.range", "/curve", "the last entry leads nowhere"))
			tempo[i].curve = NVX_CURVE_STEP;
	}
}

static int grouping_fits(const struct nvx_pool *pool, nvx_list grouping, unsigned num)
{
	uint32_t n;
	const uint8_t *beats = nvx_items(pool, grouping, &n);
	unsigned sum = 0;
	for (uint32_t i = 0; i < n; i++)
		sum += beats[i];
	return n == 0 || sum == num;
}

uint32_t finish_bar_ticks(const struct nvx_meter *meter)
{
	const unsigned num = meter->num, den = meter->den;
	if (num < 1 || num > 255 || den < 1 || den > 256 || (den & (den - 1)))
		return 0;
	return num * 4 * NVX_PPQ / den;
}

static void check_meter(struct check *check, struct nvx_meter *meter, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_at at = {NVX_LIST_meter, 0, (uint32_t)i, &meter[i]};
		if (!finish_bar_ticks(&meter[i]) &&
			check_broken(check, &at, "nvx1.range", "", "%u/%u is no meter", meter[i].num,
				meter[i].den)) {
			meter[i].num = i ? meter[i - 1].num : 4;
			meter[i].den = i ? meter[i - 1].den : 4;
			meter[i].grouping = 0;
		}
		if (!grouping_fits(check->pool, meter[i].grouping, meter[i].num) &&
			check_broken(
				check, &at, "nvx1.range", "/grouping", "does not add up to %u", meter[i].num))
			meter[i].grouping = 0;
	}
}

/** The signature that is shown for a key: those of more than seven signs are those of their enharmonic ones.
 */
static int8_t shown_fifths(const struct nvx_key *key)
{
	int fifths = key->step == NVX_KEY_NONE ? 0 : nvx_key_fifths(key->step, key->alter, key->mode);
	while (fifths > 7)
		fifths -= 12;
	while (fifths < -7)
		fifths += 12;
	return (int8_t)fifths;
}

void finish_settle_key(struct nvx_key *key)
{
	const int8_t fifths = shown_fifths(key);
	if (!key->fifths_given || key->fifths == fifths) {
		key->fifths = fifths;
		key->fifths_given = 0;
	}
	if (key->step == NVX_KEY_NONE) {
		key->alter = 0;
		key->mode = 0;
	}
}

int finish_maps(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	for (unsigned list = NVX_LIST_tempo; list <= NVX_LIST_key; list++) {
		int err = 0;
		if (draft->repair)
			err = order_map(finish, list);
		else
			check_map(finish, list);
		if (!err)
			err = begin_map(finish, list);
		if (err)
			return err;
	}
	check_tempo(&finish->check, draft->tempo, draft->n_tempo);
	check_meter(&finish->check, draft->meter, draft->n_meter);
	for (size_t i = 0; i < draft->n_key; i++)
		finish_settle_key(&draft->key[i]);
	/* Bars and bar lines can't be reckoned in a map that is wrong. */
	return draft->report->n_errors ? -EINVAL : 0;
}
