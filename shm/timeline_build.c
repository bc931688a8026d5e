/* SPDX-License-Identifier: MIT */
#include <mos/timeline.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_order.h"

/** What an entry is sorted by; the index in it makes the order total, so that any sort is stable. */
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

static int compare(const void *left, const void *right)
{
	const struct sort_key *a = left, *b = right;

	if (a->tick != b->tick)
		return a->tick < b->tick ? -1 : 1;
	return a->rank_index < b->rank_index ? -1 : a->rank_index > b->rank_index;
}

static uint64_t align8(uint64_t off)
{
	return (off + 7) & ~UINT64_C(7);
}

/** Copy a table's records in order of tick (events: and rank). @return 0, -ENOMEM. */
static int copy_sorted(void *to, const struct table_src *src)
{
	const char *from = src->records;
	struct sort_key *keys;

	keys = calloc(src->count ? src->count : 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (uint64_t i = 0; i < src->count; i++) {
		const void *record = from + i * src->record_size;
		uint64_t rank = src->is_events ? timeline_rank(record) : 0;

		memcpy(&keys[i].tick, record, sizeof(keys[i].tick));
		keys[i].rank_index = rank << 32 | i;
	}
	qsort(keys, src->count, sizeof(*keys), compare);
	for (uint64_t i = 0; i < src->count; i++)
		memcpy((char *)to + i * src->record_size,
			from + (uint32_t)keys[i].rank_index * src->record_size, src->record_size);
	free(keys);
	return 0;
}

/** FNV-1a, 64 bits: not against an adversary, only to know the same music again. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/** Over all that follows the id in the header and the file: length, tables, strings. */
static uint64_t content_id(const struct mos_timeline_hdr *hdr)
{
	size_t from = offsetof(struct mos_timeline_hdr, end_tick);
	uint64_t id = hash_bytes(UINT64_C(0xcbf29ce484222325), (const char *)hdr + from, hdr->region.size - from);

	return id ? id : 1;
}

int mos_timeline_build(const struct mos_timeline_src *src)
{
	struct mos_timeline_hdr hdr = {
		.ppq = MOS_PPQ,
		.end_tick = src->end_tick,
		.title_off = src->title_off,
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
