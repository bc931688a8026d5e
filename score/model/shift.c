/* SPDX-License-Identifier: MIT */
/* Making and taking room in time. */
#include <errno.h>
#include <string.h>

#include "edit_private.h"

struct shift {
	struct score_change *change;
	const struct score *base;
	int64_t from, delta;
};

static int replace(const struct shift *shift, unsigned list, nvx_id part_id, uint32_t index,
	const void *before, const void *after)
{
	return score_change_add(shift->change, SCORE_OP_REPLACE, list, part_id, index, before, after);
}

/** Items that begin with their tick. What hangs on a note goes with it. */
static int shift_list(const struct shift *shift, const struct nvx_seq *seq, unsigned list, nvx_id part_id)
{
	uint64_t copy[64];
	struct nvx_seq_iter it = nvx_seq_from(seq, nvx_seq_find(seq, shift->from));
	for (const void *item; (item = nvx_seq_next(&it));) {
		int64_t tick;
		memcpy(copy, item, seq->item_bytes);
		memcpy(&tick, item, sizeof(tick));
		tick += shift->delta;
		memcpy(copy, &tick, sizeof(tick));
		if (shape_is_element(list) && ((const struct nvx_element *)item)->note_id)
			continue;
		if (replace(shift, list, part_id, 0, item, copy))
			return -ENOMEM;
	}
	return 0;
}

/** Entries of a map, so that no two ever stand at one tick; the first stays. */
static int shift_map(const struct shift *shift, unsigned list)
{
	const struct nvx_seq *seq = &shift->base->list[list];
	uint32_t from = nvx_seq_find(seq, shift->from);
	if (from == 0)
		from = 1;
	for (uint32_t i = from; i < seq->n; i++) {
		uint64_t copy[8];
		const void *item = nvx_seq_at(seq, shift->delta > 0 ? seq->n - 1 - (i - from) : i);
		int64_t tick;
		memcpy(copy, item, seq->item_bytes);
		memcpy(&tick, item, sizeof(tick));
		tick += shift->delta;
		memcpy(copy, &tick, sizeof(tick));
		if (replace(shift, list, 0, 0, item, copy))
			return -ENOMEM;
	}
	return 0;
}

static int shift_measures(const struct shift *shift)
{
	struct nvx_pool *pool = shift->base->pool;
	const struct nvx_seq *seq = &shift->base->list[NVX_LIST_measure];
	for (uint32_t i = nvx_seq_find(seq, shift->from); i < seq->n; i++) {
		const struct nvx_measure *measure = score_measure(shift->base, i);
		struct nvx_measure moved = *measure;
		uint32_t n;
		moved.tick += shift->delta;
		const struct nvx_beat *beats = nvx_items(pool, measure->beats, &n);
		if (n) {
			struct nvx_beat *copy = score_zalloc(shift->change->alloc, n, sizeof(*copy));
			if (!copy)
				return -ENOMEM;
			memcpy(copy, beats, n * sizeof(*copy));
			for (uint32_t k = 0; k < n; k++)
				copy[k].tick += shift->delta;
			moved.beats = nvx_pool_list(pool, copy, n, sizeof(*copy));
			score_free(shift->change->alloc, copy);
			if (!moved.beats)
				return -ENOMEM;
		}
		if (replace(shift, NVX_LIST_measure, 0, i, measure, &moved))
			return -ENOMEM;
	}
	return 0;
}

/** Regions behind move, one around the place grows or shrinks. */
static int shift_regions(const struct shift *shift, const struct nvx_part *part)
{
	uint32_t n;
	const struct nvx_region *regions = nvx_items(shift->base->pool, part->regions, &n);
	if (!n)
		return 0;
	struct nvx_region *copy = score_zalloc(shift->change->alloc, n, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, regions, n * sizeof(*copy));
	for (uint32_t i = 0; i < n; i++) {
		const int64_t length = (int64_t)copy[i].duration_ticks + shift->delta;
		if (copy[i].tick >= shift->from)
			copy[i].tick += shift->delta;
		else if (copy[i].tick + (int64_t)copy[i].duration_ticks > shift->from && length > 0)
			copy[i].duration_ticks = (uint32_t)(length < UINT32_MAX ? length : UINT32_MAX);
	}
	struct nvx_part moved = *part;
	moved.regions = nvx_pool_list(shift->base->pool, copy, n, sizeof(*copy));
	score_free(shift->change->alloc, copy);
	if (!moved.regions)
		return -ENOMEM;
	return replace(shift, NVX_LIST_part, 0, 0, part, &moved);
}

int score_change_shift(
	struct score_change *change, const struct score *base, int64_t from_tick, int64_t delta_ticks)
{
	const struct shift shift = {change, base, from_tick, delta_ticks};
	int err = 0;
	for (unsigned list = NVX_LIST_tempo; list <= NVX_LIST_key && !err; list++)
		err = shift_map(&shift, list);
	if (!err)
		err = shift_measures(&shift);
	for (uint32_t p = 0; p < base->n_parts && !err; p++) {
		const struct score_part *part = base->part[p];
		err = shift_regions(&shift, &part->part);
		if (!err)
			err = shift_list(&shift, &part->note, NVX_LIST_note, part->part.id);
		if (!err)
			err = shift_list(&shift, &part->control, NVX_LIST_control, part->part.id);
	}
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody && !err; list++)
		err = shift_list(&shift, &base->list[list], list, 0);
	for (uint32_t i = 0; i < score_n_annotation(base) && !err; i++) {
		struct nvx_annotation_entry moved = *score_annotation(base, i);
		if (moved.tick < from_tick || moved.note_id || moved.element_id)
			continue;
		moved.tick += delta_ticks;
		err = replace(&shift, NVX_LIST_annotation, 0, 0, score_annotation(base, i), &moved);
	}
	return err;
}
