/* SPDX-License-Identifier: MIT */
/** Changes of tempo, as tracks and bars give them, as one map. */
#include "gp.h"

#include <errno.h>
#include <stdlib.h>

uint64_t gp_tempo_ns(uint64_t bpm_1e3, uint32_t unit_ticks)
{
	const uint64_t most = UINT64_C(60000000000);
	if (bpm_1e3 == 0 || bpm_1e3 > UINT64_C(100000000) || unit_ticks == 0)
		return 0;
	const uint64_t per = bpm_1e3 * unit_ticks;
	const uint64_t ns = (UINT64_C(60000000000000) * NVX_PPQ + per / 2) / per;
	return ns < 1 ? 1 : ns > most ? most : ns;
}

void gp_add_tempo(struct gp_song *song, struct gp_tempo tempo)
{
	void *items = song->tempo;
	if (tempo.ns_per_quarter == 0 || song->draft->error)
		return;
	if (score_reserve(song->alloc, &items, &song->cap_tempo, song->n_tempo + 1, sizeof(*song->tempo))) {
		song->draft->error = -ENOMEM;
		return;
	}
	song->tempo = items;
	tempo.order = (uint32_t)song->n_tempo;
	song->tempo[song->n_tempo++] = tempo;
}

static int by_tick(const void *a, const void *b)
{
	const struct gp_tempo *x = a, *y = b;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static struct nvx_tempo *put(struct gp_song *song, int64_t tick, uint64_t ns, enum nvx_curve curve)
{
	struct nvx_tempo *tempo = nvx_add_tempo(song->draft);
	tempo->tick = tick;
	tempo->ns_per_quarter = ns;
	tempo->curve = (uint8_t)curve;
	return tempo;
}

void gp_put_tempo_map(struct gp_song *song)
{
	if (song->n_tempo == 0)
		return;
	qsort(song->tempo, song->n_tempo, sizeof(*song->tempo), by_tick);
	uint64_t now_ns = 0;
	for (size_t i = 0; i < song->n_tempo; i++) {
		const struct gp_tempo *tempo = &song->tempo[i], *next = tempo + 1;
		const int is_last = i + 1 == song->n_tempo;
		if (!is_last && next->tick == tempo->tick)
			continue;
		if (!now_ns && tempo->tick > 0)
			(void)put(song, 0, gp_tempo_ns(120000, NVX_PPQ), NVX_CURVE_STEP);
		if (tempo->ramp_ticks && now_ns) {
			const int64_t there = tempo->tick + tempo->ramp_ticks;
			(void)put(song, tempo->tick, now_ns, NVX_CURVE_LINEAR);
			if (is_last || there < next->tick)
				(void)put(song, there, tempo->ns_per_quarter, NVX_CURVE_STEP);
		} else {
			(void)put(song, tempo->tick, tempo->ns_per_quarter,
				tempo->linear && !is_last ? NVX_CURVE_LINEAR : NVX_CURVE_STEP);
		}
		now_ns = tempo->ns_per_quarter;
	}
}
