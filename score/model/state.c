/* SPDX-License-Identifier: MIT */
#include <score/score.h>

#include "score_private.h"
#include "seq_private.h"
#include "shape.h"

static void add_seq(struct score_state *sum, const struct score *score, unsigned list, nvx_id part_id,
	const struct nvx_seq *seq)
{
	struct shape_used used;
	uint32_t n;
	for (uint32_t i = 0; i < seq->n; i += n) {
		const void *items = nvx_seq_run(seq, i, &n);
		shape_find_used(shape_of(list), items, n, seq->item_bytes, &used);
		shape_add_states(sum, score->pool, list, part_id, items, n, i, &used);
	}
}

static struct score_state work_out(const struct score *score)
{
	struct score_state sum = shape_state(score->pool, &shape_globals, &score->globals,
		shape_hash_seed(score->pool, SHAPE_GLOBALS, 0, 0));
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct score_part *part = score->part[i];
		state_add(&sum, shape_state(score->pool, shape_of(NVX_LIST_part), &part->part,
					shape_hash_seed(score->pool, NVX_LIST_part, 0, i)));
		add_seq(&sum, score, NVX_LIST_note, part->part.id, &part->note);
		add_seq(&sum, score, NVX_LIST_control, part->part.id, &part->control);
	}
	for (unsigned list = 0; list < NVX_N_LISTS; list++)
		add_seq(&sum, score, list, 0, &score->list[list]);
	return sum;
}

void score_know_state(struct score *score, struct score_state state)
{
	for (unsigned i = 0; i < 2; i++)
		atomic_store_explicit(&score->state.word[i], state.word[i], memory_order_relaxed);
	/* Pairs with score_state(): who sees this sees the words. */
	atomic_store_explicit(&score->state.is_known, true, memory_order_release);
}

struct score_state score_state(const struct score *score)
{
	struct score *held = (struct score *)score; /* what it says stays as it is */
	struct score_state state;
	if (atomic_load_explicit(&held->state.is_known, memory_order_acquire)) {
		for (unsigned i = 0; i < 2; i++)
			state.word[i] = atomic_load_explicit(&held->state.word[i], memory_order_relaxed);
		return state;
	}
	state = work_out(score); /* two that ask at once find the same */
	score_know_state(held, state);
	return state;
}
