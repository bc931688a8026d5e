/* SPDX-License-Identifier: MIT */
#include "measure_edit.h"

#include <errno.h>
#include <string.h>

static void op(struct measure_edit *e, enum score_op_kind kind, unsigned list, uint32_t index,
	const void *before, const void *after)
{
	if (!e->reader->draft->error)
		nvx_add_op(e->reader, e->change, kind, list, 0, index, before, after);
}

/** The entry of a map at the measure's begin. @param restore  What goes on behind the measure; may be NULL.
 */
static void change_map(struct measure_edit *e, unsigned list, const void *wanted, const void *restore)
{
	const struct nvx_seq *seq = &e->base->list[list];
	const uint32_t at = nvx_seq_find(seq, e->start), next = nvx_seq_find(seq, e->old_end);
	const void *there = at < seq->n ? nvx_seq_at(seq, at) : NULL;

	if (there && *(const int64_t *)there != e->start)
		there = NULL;
	op(e, there ? SCORE_OP_REPLACE : SCORE_OP_ADD, list, UINT32_MAX, there, wanted);
	/* Unless something begins there anyway. */
	if (restore && !e->is_last &&
		(next >= seq->n || *(const int64_t *)nvx_seq_at(seq, next) != e->old_end))
		op(e, SCORE_OP_ADD, list, UINT32_MAX, NULL, restore);
}

static int same_grouping(const struct nvx_pool *pool, nvx_list a, nvx_list b)
{
	uint32_t n_a, n_b;
	const void *of_a = nvx_items(pool, a, &n_a), *of_b = nvx_items(pool, b, &n_b);
	return n_a == n_b && (n_a == 0 || memcmp(of_a, of_b, n_a) == 0);
}

static void change_meter(struct measure_edit *e)
{
	const struct nvx_meter *now = score_meter_at(e->base, e->start);
	struct nvx_meter wanted = e->meter, restore = *now;
	if (wanted.num == now->num && wanted.den == now->den &&
		same_grouping(e->base->pool, wanted.grouping, now->grouping))
		return;
	wanted.tick = e->start;
	restore.tick = e->new_end;
	change_map(e, NVX_LIST_meter, &wanted, &restore);
}

static void change_key(struct measure_edit *e)
{
	const struct nvx_key *now = score_key_at(e->base, e->start);
	struct nvx_key wanted = e->key;
	if (wanted.step == now->step &&
		(now->step < 0 || (wanted.alter == now->alter && wanted.mode == now->mode)))
		return;
	wanted.tick = e->start;
	wanted.fifths_given = 0;
	wanted.fifths = (int8_t)nvx_key_fifths(wanted.step, wanted.alter, wanted.mode);
	change_map(e, NVX_LIST_key, &wanted, NULL);
}

static void change_tempo(struct measure_edit *e)
{
	struct nvx_tempo wanted = *score_tempo_at(e->base, e->start);
	if (wanted.ns_per_quarter == e->ns_per_quarter)
		return;
	wanted.tick = e->start;
	wanted.ns_per_quarter = e->ns_per_quarter;
	change_map(e, NVX_LIST_tempo, &wanted, NULL);
}

void nvx_apply_measure(struct measure_edit *e)
{
	const struct nvx_measure *old = score_measure(e->base, e->index);
	const int64_t by = e->new_end - e->old_end;

	if (memcmp(old, &e->measure, sizeof(*old)) != 0)
		op(e, SCORE_OP_REPLACE, NVX_LIST_measure, e->index, old, &e->measure);
	if (by != 0 && !e->reader->draft->error)
		e->reader->draft->error = score_change_shift(e->change, e->base, e->old_end, by);
	if (e->has_meter)
		change_meter(e);
	if (e->has_key)
		change_key(e);
	if (e->has_tempo)
		change_tempo(e);
}
