/* SPDX-License-Identifier: MIT */
#include <score/score.h>

#include <stdio.h>

#include "index.h"
#include "score_private.h"

struct score *score_ref(const struct score *score)
{
	struct score *held = (struct score *)score; /* only the count changes */
	atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
	return held;
}

struct score_part *score_part_ref(struct score_part *part)
{
	atomic_fetch_add_explicit(&part->refs, 1, memory_order_relaxed);
	return part;
}

void score_part_unref(const struct score_alloc *alloc, struct score_part *part)
{
	if (!part || atomic_fetch_sub_explicit(&part->refs, 1, memory_order_acq_rel) != 1)
		return;
	nvx_seq_unref(&part->note);
	nvx_seq_unref(&part->control);
	score_free(alloc, part);
}

void score_unref(const struct score *score)
{
	struct score *held = (struct score *)score;
	if (!held || atomic_fetch_sub_explicit(&held->refs, 1, memory_order_acq_rel) != 1)
		return;
	struct nvx_pool *pool = held->pool;
	const struct score_alloc *alloc = nvx_pool_alloc(pool);
	for (uint32_t i = 0; i < held->n_parts; i++)
		score_part_unref(alloc, held->part[i]);
	score_free(alloc, held->part);
	for (unsigned i = 0; i < NVX_N_LISTS; i++)
		nvx_seq_unref(&held->list[i]);
	score_index_finish(&held->index);
	score_free(alloc, held);
	nvx_pool_unref(pool);
}

uint32_t score_find_part(const struct score *score, nvx_id id)
{
	for (uint32_t i = 0; i < score->n_parts; i++)
		if (score->part[i]->part.id == id)
			return i;
	return UINT32_MAX;
}

/** Index of the last item at or before a tick; the first one begins at 0. */
static uint32_t last_at(const struct nvx_seq *seq, int64_t tick)
{
	const uint32_t after = nvx_seq_find(seq, tick + 1);
	return after ? after - 1 : 0;
}

uint32_t score_measure_at(const struct score *score, int64_t tick)
{
	return last_at(&score->list[NVX_LIST_measure], tick);
}

const struct nvx_tempo *score_tempo_at(const struct score *score, int64_t tick)
{
	return score_tempo(score, last_at(&score->list[NVX_LIST_tempo], tick));
}

const struct nvx_meter *score_meter_at(const struct score *score, int64_t tick)
{
	return score_meter(score, last_at(&score->list[NVX_LIST_meter], tick));
}

const struct nvx_key *score_key_at(const struct score *score, int64_t tick)
{
	return score_key(score, last_at(&score->list[NVX_LIST_key], tick));
}

const struct nvx_chord *score_chord_at(const struct score *score, int64_t tick, nvx_id part_id)
{
	const struct nvx_chord *general = NULL;
	/* Chords of one part don't overlap: the latest of the part and of the whole score decide. */
	for (uint32_t i = nvx_seq_find(&score->list[NVX_LIST_chord], tick + 1); i-- > 0;) {
		const struct nvx_chord *chord = score_chord(score, i);
		if (chord->e.part_id != part_id && (chord->e.part_id || general))
			continue;
		const int sounds = tick < chord->e.tick + (int64_t)chord->e.duration_ticks;
		if (chord->e.part_id == part_id)
			return sounds ? chord
			       : general && tick < general->e.tick + (int64_t)general->e.duration_ticks
				       ? general
				       : NULL;
		general = chord;
	}
	return general && tick < general->e.tick + (int64_t)general->e.duration_ticks ? general : NULL;
}

void score_measure_name(const struct score *score, uint32_t measure, char *buf, size_t size)
{
	const struct nvx_measure *at = score_measure(score, measure);
	if (at->number)
		(void)snprintf(buf, size, "%s", score_text(score, at->number));
	else
		(void)snprintf(buf, size, "%u",
			measure + (score_measure(score, 0)->irregular != NVX_IRREGULAR_PICKUP));
}

uint64_t score_n_notes(const struct score *score)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < score->n_parts; i++)
		n += score->part[i]->note.n;
	return n;
}
