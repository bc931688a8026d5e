/* SPDX-License-Identifier: MIT */
#include <mos/timeline.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_order.h"

/** What an entry is sorted by: tick, then rank; and where it comes from. */
struct sort_key {
	int64_t tick;
	uint64_t rank_index; /* rank << 32 | index in the source */
};

/** A table of the source: records that begin with their tick and are sorted, or plain ones. */
struct table_src {
	const void *records;
	uint64_t count;
	size_t record_size;
	struct mos_tl_table *ref; /* in the header, filled by lay_out() */
	int is_sorted, is_events;
};

/* The digits of a key, lowest first: four of the rank, eight of the tick. */
#define DIGITS 12
static uint8_t digit(const struct sort_key *key, unsigned int d)
{
	return (uint8_t)(d < 4 ? key->rank_index >> (32 + 8 * d) : (uint64_t)key->tick >> (8 * (d - 4)));
}

/**
 * Radix sort, lowest digit first, from one array into the other; a digit that is the same in all keys costs
 * nothing. Stable, so the index is never compared. Negative ticks come last; the check refuses them.
 *
 * @return the array that holds the result.
 */
static struct sort_key *sort(struct sort_key *from, struct sort_key *to, uint64_t n)
{
	uint32_t count[DIGITS][256] = {0};

	for (uint64_t i = 0; i < n; i++)
		for (unsigned int d = 0; d < DIGITS; d++)
			count[d][digit(&from[i], d)]++;
	for (unsigned int d = 0; d < DIGITS; d++) {
		struct sort_key *swap = from;
		uint32_t at = 0;

		if (n == 0 || count[d][digit(&from[0], d)] == n)
			continue;
		for (unsigned int v = 0; v < 256; v++) {
			uint32_t here = count[d][v];

			count[d][v] = at;
			at += here;
		}
		for (uint64_t i = 0; i < n; i++)
			to[count[d][digit(&from[i], d)]++] = from[i];
		from = to;
		to = swap;
	}
	return from;
}

static uint64_t align8(uint64_t off)
{
	return (off + 7) & ~UINT64_C(7);
}

static struct sort_key key_of(const struct table_src *src, uint64_t i)
{
	const void *record = (const char *)src->records + i * src->record_size;
	uint64_t rank = src->is_events ? timeline_rank(record) : 0;
	struct sort_key key = {.rank_index = rank << 32 | i};

	memcpy(&key.tick, record, sizeof(key.tick));
	return key;
}

/** Hermes sorts as it compiles. */
static int is_in_order(const struct table_src *src)
{
	struct sort_key last = {INT64_MIN, 0};

	for (uint64_t i = 0; i < src->count; i++) {
		const struct sort_key key = key_of(src, i);

		if (key.tick < last.tick || (key.tick == last.tick && key.rank_index < last.rank_index))
			return 0;
		last = key;
	}
	return 1;
}

/** Copy a table's records in order of tick (events: and rank). @return 0, -ENOMEM. */
static int copy_sorted(void *to, const struct table_src *src)
{
	const char *from = src->records;
	uint64_t room = src->count ? src->count : 1;
	struct sort_key *memory, *keys;

	if (is_in_order(src)) {
		if (src->count)
			memcpy(to, from, src->count * src->record_size);
		return 0;
	}
	memory = keys = calloc(2 * room, sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	for (uint64_t i = 0; i < src->count; i++)
		keys[i] = key_of(src, i);
	keys = sort(memory, memory + room, src->count);
	for (uint64_t i = 0; i < src->count; i++)
		memcpy((char *)to + i * src->record_size,
			from + (uint32_t)keys[i].rank_index * src->record_size, src->record_size);
	free(memory);
	return 0;
}

/** FNV-1a of a 64-bit word with the high half folded in: only to know the same music again, no defence. */
static uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

/** Four at a time, since each waits for the one before; the rest and the four together in a row. */
static uint64_t hash_words(const uint64_t *words, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325), lane[4] = {hash, hash + 1, hash + 2, hash + 3};
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		for (size_t k = 0; k < 4; k++)
			lane[k] = hash_word(lane[k], words[i + k]);
	for (; i < n; i++)
		hash = hash_word(hash, words[i]);
	for (size_t k = 0; k < 4; k++)
		hash = hash_word(hash, lane[k]);
	return hash;
}

/** Over all that follows the id in the header and the file: length, tables, strings. */
static uint64_t content_id(const struct mos_timeline_hdr *hdr)
{
	/* the file is padded to words, and so is the header up to there */
	size_t from = offsetof(struct mos_timeline_hdr, end_tick) / sizeof(uint64_t);
	uint64_t id = hash_words((const uint64_t *)hdr + from, hdr->region.size / sizeof(uint64_t) - from);

	return id ? id : 1;
}

int mos_timeline_build(const struct mos_timeline_src *src)
{
	struct mos_timeline_hdr hdr = {
		.ppq = MOS_PPQ,
		.end_tick = src->end_tick,
		.title_off = src->title_off,
		.policy = src->policy,
	};
	const struct table_src tables[] = {
		{src->tempo, src->n_tempo, sizeof(*src->tempo), &hdr.tempos, .is_sorted = 1},
		{src->meter, src->n_meter, sizeof(*src->meter), &hdr.meters, .is_sorted = 1},
		{src->key, src->n_key, sizeof(*src->key), &hdr.keys, .is_sorted = 1},
		{src->event, src->n_event, sizeof(*src->event), &hdr.events, .is_sorted = 1, .is_events = 1},
		{src->marker, src->n_marker, sizeof(*src->marker), &hdr.markers, .is_sorted = 1},
		{src->part, src->n_part, sizeof(*src->part), &hdr.parts},
		{src->strings, src->strings_len, 1, &hdr.strings},
	};
	const size_t n_tables = sizeof(tables) / sizeof(tables[0]);
	struct mos_timeline_hdr *out;
	struct mos_region region;
	struct mos_timeline checked;
	struct mos_timeline_error err;
	uint64_t off = sizeof(hdr);
	int r;

	for (size_t i = 0; i < n_tables; i++) {
		if (tables[i].count > MOS_TL_MAX_EVENTS)
			return -EINVAL;
		*tables[i].ref = (struct mos_tl_table){.off = off, .count = tables[i].count};
		off = align8(off + tables[i].count * tables[i].record_size);
	}
	r = mos_region_create("mos-timeline", off, MOS_TIMELINE_ABI_MAJOR, MOS_TIMELINE_ABI_MINOR,
		/* generation= */ 1, &region);
	if (r < 0)
		return r;
	out = region.base;
	hdr.region = out->region;
	*out = hdr;
	for (size_t i = 0; i < n_tables; i++) {
		void *to = (char *)region.base + tables[i].ref->off;

		if (tables[i].is_sorted)
			r = copy_sorted(to, &tables[i]);
		else if (tables[i].count > 0)
			memcpy(to, tables[i].records, tables[i].count * tables[i].record_size);
		if (r < 0)
			goto finish;
	}
	out->id = content_id(out);
	mos_region_publish(&region, MOS_MAGIC_TIMELINE);
	r = mos_region_seal_all(&region);
	if (r < 0)
		goto finish;
	r = mos_timeline_check(region.base, region.size, &checked, &err);
	if (r < 0)
		goto finish;
	r = region.fd;
	region.fd = -1; /* the caller's now */

finish:
	mos_region_finish(&region);
	return r;
}
