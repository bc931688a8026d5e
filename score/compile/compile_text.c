/* SPDX-License-Identifier: MIT */
/* The strings of a timeline, and its markers: sections of the form and marks, at every time that they are
 * passed. */
#include "compile_private.h"

#include <errno.h>
#include <string.h>

/** Open addressing by the string's handle. */
struct compile_slot {
	nvx_str str; /**< 0: free */
	uint32_t at;
};

/** What is written, before it is played. */
struct written {
	int64_t tick;
	nvx_str label;
	uint32_t is_cue;
};

static uint32_t slot_of(const struct compile_maps *maps, nvx_str str)
{
	const struct compile_slot *slot = maps->slot.items;
	const uint32_t mask = (uint32_t)maps->slot.n - 1;
	uint32_t at = str * 0x9e3779b1u & mask;

	while (slot[at].str && slot[at].str != str)
		at = (at + 1) & mask;
	return at;
}

static int grow_slots(const struct score_alloc *alloc, struct compile_maps *maps)
{
	struct compile_array old = maps->slot;
	const size_t n = old.n ? 2 * old.n : 64;
	struct compile_slot *slot = score_zalloc(alloc, n, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	maps->slot = (struct compile_array){slot, n, n};
	for (size_t i = 0; i < old.n; i++) {
		const struct compile_slot *from = (const struct compile_slot *)old.items + i;
		if (from->str)
			slot[slot_of(maps, from->str)] = *from;
	}
	score_free(alloc, old.items);
	return 0;
}

int compile_strings_begin(struct compile_context *ctx, struct compile_maps *maps)
{
	char *empty;

	maps->strings.n = 0;
	maps->n_slots = 0;
	if (maps->slot.n == 0) {
		const int rc = grow_slots(ctx->alloc, maps);
		if (rc < 0)
			return rc;
	}
	memset(maps->slot.items, 0, maps->slot.n * sizeof(struct compile_slot));
	empty = compile_push(ctx->alloc, &maps->strings, 1);
	if (!empty)
		return -ENOMEM;
	*empty = '\0';
	return 0;
}

int compile_string(struct compile_context *ctx, struct compile_maps *maps, nvx_str str, uint32_t *ret)
{
	const char *text = nvx_string(ctx->score->pool, str, NULL);
	const size_t len = strlen(text);
	struct compile_slot *slot;

	if (len == 0) {
		*ret = 0;
		return 0;
	}
	slot = (struct compile_slot *)maps->slot.items + slot_of(maps, str);
	if (slot->str) {
		*ret = slot->at;
		return 0;
	}
	if (maps->strings.n + len + 1 > MOS_TL_MAX_EVENTS)
		return score_error(ctx->report, "nvx1.limit.played", "/layers",
			"names and labels take more than %u bytes", MOS_TL_MAX_EVENTS);
	if (score_reserve(
		    ctx->alloc, &maps->strings.items, &maps->strings.cap, maps->strings.n + len + 1, 1) < 0)
		return -ENOMEM;
	memcpy((char *)maps->strings.items + maps->strings.n, text, len + 1);
	*ret = (uint32_t)maps->strings.n;
	*slot = (struct compile_slot){str, *ret};
	maps->strings.n += len + 1;
	return ++maps->n_slots * 2 > maps->slot.n ? grow_slots(ctx->alloc, maps) : 0;
}

/** Sections and marks by tick, sections first; what says the same at one tick stands once. */
static int gather(const struct compile_context *ctx, struct compile_array *ret)
{
	struct nvx_seq_iter forms = nvx_seq_from(&ctx->score->list[NVX_LIST_form], 0);
	struct nvx_seq_iter marks = nvx_seq_from(&ctx->score->list[NVX_LIST_marker], 0);
	const struct nvx_form_element *f = nvx_seq_next(&forms);
	const struct nvx_marker_element *m = nvx_seq_next(&marks);

	while (f || m) {
		struct written w, *last = ret->items;

		if (f && (!m || f->e.tick <= m->e.tick)) {
			const int inner = f->level > 0;

			w = (struct written){f->e.tick, f->label, 0};
			f = nvx_seq_next(&forms);
			if (inner)
				continue;
		} else {
			const int silent = m->e.kind == NVX_MARKER_COMMENT;

			w = (struct written){m->e.tick, m->label, m->e.kind == NVX_MARKER_CUE};
			m = nvx_seq_next(&marks);
			if (silent)
				continue;
		}
		if (ret->n && last[ret->n - 1].tick == w.tick && last[ret->n - 1].label == w.label)
			continue;
		struct written *to = compile_push(ctx->alloc, ret, sizeof(*to));
		if (!to)
			return -ENOMEM;
		*to = w;
	}
	return 0;
}

static int put_marker(
	struct compile_context *ctx, struct compile_maps *maps, const struct written *w, int64_t tick)
{
	struct mos_tl_marker *to;
	uint32_t name_off = 0;
	const int rc = compile_string(ctx, maps, w->label, &name_off);

	if (rc < 0)
		return rc;
	if (maps->marker.n >= COMPILE_MAX_ENTRIES)
		return score_error(ctx->report, "nvx1.limit.played", "/layers/8",
			"more than %u markers would be played", COMPILE_MAX_ENTRIES);
	to = compile_push(ctx->alloc, &maps->marker, sizeof(*to));
	if (!to)
		return -ENOMEM;
	*to = (struct mos_tl_marker){.tick = tick, .name_off = name_off, .kind = w->is_cue};
	return 0;
}

/** First entry at or after a tick. */
static size_t find(const struct compile_array *written, int64_t tick)
{
	const struct written *w = written->items;
	size_t lo = 0, hi = written->n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (w[mid].tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int compile_markers(struct compile_context *ctx, struct compile_maps *maps)
{
	const struct compile_stretch *st = maps->stretch.items;
	struct compile_array written = {0};
	const struct written *w;
	int rc = gather(ctx, &written);

	maps->marker.n = 0;
	w = written.items;
	for (size_t s = 0; s < maps->stretch.n && rc == 0; s++) {
		const int64_t end = st[s].written_tick + st[s].duration_ticks;
		const int is_end = s + 1 == maps->stretch.n && end == ctx->score->end_tick;

		for (size_t i = find(&written, st[s].written_tick);
			rc == 0 && i < written.n && (w[i].tick < end || (is_end && w[i].tick == end)); i++)
			rc = put_marker(
				ctx, maps, &w[i], st[s].played_tick + (w[i].tick - st[s].written_tick));
	}
	score_free(ctx->alloc, written.items);
	return rc;
}
