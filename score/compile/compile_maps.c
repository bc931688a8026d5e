/* SPDX-License-Identifier: MIT */
/* Tempo, meter and key as they are played: a jump brings back what holds at the place jumped to. */
#include "compile_private.h"

#include <errno.h>

#include <mos/meter.h>

#define MAX_DEN 128u /* of a timeline */

/** A record more, unless the map is full. */
static int push(struct compile_context *ctx, struct compile_array *array, size_t item_bytes, const char *what,
	void **ret)
{
	if (array->n >= COMPILE_MAX_ENTRIES)
		return score_error(ctx->report, "nvx1.limit.played", "/timeline",
			"more than %u %s would be played", COMPILE_MAX_ENTRIES, what);
	*ret = compile_push(ctx->alloc, array, item_bytes);
	return *ret ? 0 : -ENOMEM;
}

int compile_stretches(
	const struct score_alloc *alloc, const struct score_play_order *order, struct compile_maps *maps)
{
	struct compile_stretch *s = NULL;

	maps->stretch.n = 0;
	for (uint32_t i = 0; i < order->n; i++) {
		const struct score_run *run = &order->run[i];

		if (s && s->last + 1 == run->first) {
			s->last = run->last;
			s->duration_ticks += run->duration_ticks;
			continue;
		}
		s = compile_push(alloc, &maps->stretch, sizeof(*s));
		if (!s)
			return -ENOMEM;
		*s = (struct compile_stretch){
			run->written_tick, run->played_tick, run->duration_ticks, run->first, run->last};
	}
	return 0;
}

/** Index of the entry of a map in force at a tick. */
static uint32_t in_force(const struct nvx_seq *map, int64_t tick)
{
	const uint32_t i = nvx_seq_find(map, tick + 1);

	return i ? i - 1 : 0;
}

/* ---- tempo ---- */

static uint64_t clamp_npq(struct compile_context *ctx, uint64_t npq, uint32_t index)
{
	if (npq >= MOS_TL_MIN_NPQ && npq <= MOS_TL_MAX_NPQ)
		return npq;
	score_warn(ctx->report, "nvx1.tempo.clamped", SCORE_AT("/timeline/tempo/%u", index),
		"%llu ns a quarter cannot be played", (unsigned long long)npq);
	return npq < MOS_TL_MIN_NPQ ? MOS_TL_MIN_NPQ : MOS_TL_MAX_NPQ;
}

/** On the straight line from `t` to `next`. */
static uint64_t npq_between(const struct nvx_tempo *t, const struct nvx_tempo *next, int64_t tick)
{
	const __int128 rise = (__int128)next->ns_per_quarter - (__int128)t->ns_per_quarter;

	return (uint64_t)((__int128)t->ns_per_quarter + rise * (tick - t->tick) / (next->tick - t->tick));
}

static int put_tempo(struct compile_context *ctx, struct compile_maps *maps, struct mos_tl_tempo tempo)
{
	struct mos_tl_tempo *last = maps->tempo.items;
	void *to = NULL;
	int rc;

	if (maps->tempo.n) {
		last += maps->tempo.n - 1;
		if (last->npq_start == last->npq_end && tempo.npq_start == tempo.npq_end &&
			last->npq_start == tempo.npq_start)
			return 0;
	}
	rc = push(ctx, &maps->tempo, sizeof(tempo), "tempo changes", &to);
	if (rc == 0)
		*(struct mos_tl_tempo *)to = tempo;
	return rc;
}

static int stretch_tempos(
	struct compile_context *ctx, struct compile_maps *maps, const struct compile_stretch *st)
{
	const struct nvx_seq *map = &ctx->score->list[NVX_LIST_tempo];
	const int64_t end = st->written_tick + st->duration_ticks;
	uint32_t i = in_force(map, st->written_tick);
	struct nvx_seq_iter it = nvx_seq_from(map, i);
	const struct nvx_tempo *t = nvx_seq_next(&it), *next;
	int rc = 0;

	for (; rc == 0 && t && t->tick < end; t = next, i++) {
		const int64_t from = t->tick > st->written_tick ? t->tick : st->written_tick;
		struct mos_tl_tempo tempo = {
			st->played_tick + (from - st->written_tick), t->ns_per_quarter, t->ns_per_quarter};

		next = nvx_seq_next(&it);
		if (next && t->curve == NVX_CURVE_LINEAR) {
			tempo.npq_start = npq_between(t, next, from);
			tempo.npq_end = npq_between(t, next, next->tick < end ? next->tick : end);
		}
		tempo.npq_start = clamp_npq(ctx, tempo.npq_start, i);
		tempo.npq_end = clamp_npq(ctx, tempo.npq_end, i);
		rc = put_tempo(ctx, maps, tempo);
	}
	return rc;
}

int compile_tempos(struct compile_context *ctx, struct compile_maps *maps, int64_t end_tick)
{
	const struct compile_stretch *st = maps->stretch.items;
	struct mos_tl_tempo *tempo;
	struct mos_tempo_seg *seg;
	int rc = 0;

	maps->tempo.n = maps->tempo_seg.n = 0;
	for (size_t s = 0; s < maps->stretch.n && rc == 0; s++)
		rc = stretch_tempos(ctx, maps, &st[s]);
	if (rc == 0 && maps->tempo.n == 0)
		rc = put_tempo(ctx, maps, (struct mos_tl_tempo){0, MOS_NPQ_120, MOS_NPQ_120});
	if (rc < 0)
		return rc;
	tempo = (struct mos_tl_tempo *)maps->tempo.items + maps->tempo.n - 1;
	if (tempo->npq_end != tempo->npq_start) /* played up to the end of a curve */
		rc = put_tempo(ctx, maps, (struct mos_tl_tempo){end_tick, tempo->npq_end, tempo->npq_end});
	if (rc < 0)
		return rc;
	tempo = maps->tempo.items;
	for (size_t i = 0; i < maps->tempo.n; i++) {
		seg = compile_push(ctx->alloc, &maps->tempo_seg, sizeof(*seg));
		if (!seg)
			return -ENOMEM;
		*seg = (struct mos_tempo_seg){tempo[i].tick, tempo[i].npq_start, tempo[i].npq_end, 0};
	}
	return mos_tempo_map_init(&ctx->tempo, maps->tempo_seg.items, (uint32_t)maps->tempo.n);
}

/* ---- meter ---- */

static int64_t length_of(uint32_t num, uint32_t den)
{
	return (int64_t)num * 4 * NVX_PPQ / den;
}

/**
 * The meter that a measure is counted in. A short one is cut by what follows it; a long one gets as many
 * beats as it has, in beats as small as it takes.
 */
static struct mos_tl_meter meter_of(const struct nvx_meter *meter, int64_t duration_ticks)
{
	uint32_t den = meter->den ? meter->den : 4, num = meter->num ? meter->num : 4;

	if (den > MAX_DEN) { /* 256ths: two by two, the last may be cut */
		den = MAX_DEN;
		num = (num + 1) / 2;
	}
	if (duration_ticks > length_of(num, den)) {
		while (den < MAX_DEN && duration_ticks % length_of(1, den) != 0 &&
			duration_ticks / length_of(1, den) < 120)
			den *= 2;
		while (den > 1 && duration_ticks > length_of(255, den))
			den /= 2;
		const int64_t beats = (duration_ticks + length_of(1, den) - 1) / length_of(1, den);
		num = beats > 255 ? 255 : (uint32_t)beats;
	}
	return (struct mos_tl_meter){.num = (uint16_t)num, .den = (uint16_t)den};
}

/** Where counting on from the last entry leads anyway, none is needed. */
static int put_meter(struct compile_context *ctx, struct compile_maps *maps, struct mos_tl_meter meter)
{
	const struct mos_tl_meter *last = maps->meter.items;
	void *to = NULL;
	int rc;

	if (maps->meter.n) {
		last += maps->meter.n - 1;
		if (last->num == meter.num && last->den == meter.den &&
			last->tick + length_of(last->num, last->den) * (meter.measure - last->measure) ==
				meter.tick)
			return 0;
	}
	rc = push(ctx, &maps->meter, sizeof(meter), "changes of the meter", &to);
	if (rc == 0)
		*(struct mos_tl_meter *)to = meter;
	return rc;
}

int compile_meters(struct compile_context *ctx, struct compile_maps *maps)
{
	const struct nvx_seq *map = &ctx->score->list[NVX_LIST_meter];
	const struct compile_stretch *st = maps->stretch.items;
	static const struct nvx_meter common = {.num = 4, .den = 4};
	uint32_t played = 0;

	maps->meter.n = 0;
	for (size_t s = 0; s < maps->stretch.n; s++) {
		struct nvx_seq_iter measures = nvx_seq_from(&ctx->score->list[NVX_LIST_measure], st[s].first);
		struct nvx_seq_iter meters = nvx_seq_from(map, in_force(map, st[s].written_tick));
		const struct nvx_meter *now = nvx_seq_next(&meters), *next = nvx_seq_next(&meters);
		const struct nvx_measure *m;

		for (uint32_t i = st[s].first; i <= st[s].last && (m = nvx_seq_next(&measures)); i++) {
			while (next && next->tick <= m->tick) {
				now = next;
				next = nvx_seq_next(&meters);
			}
			struct mos_tl_meter meter = meter_of(now ? now : &common, m->duration_ticks);
			meter.tick = st[s].played_tick + (m->tick - st[s].written_tick);
			meter.measure = played++;
			const int rc = put_meter(ctx, maps, meter);
			if (rc < 0)
				return rc;
		}
	}
	return maps->meter.n ? 0 : put_meter(ctx, maps, (struct mos_tl_meter){0, 4, 4, 0});
}

/* ---- key ---- */

static int has_minor_third(const struct nvx_key *key)
{
	return key->mode == NVX_MODE_MINOR || key->mode == NVX_MODE_DORIAN ||
	       key->mode == NVX_MODE_PHRYGIAN || key->mode == NVX_MODE_AEOLIAN ||
	       key->mode == NVX_MODE_LOCRIAN;
}

int compile_keys(struct compile_context *ctx, struct compile_maps *maps)
{
	const struct nvx_seq *map = &ctx->score->list[NVX_LIST_key];
	const struct compile_stretch *st = maps->stretch.items;

	maps->key.n = 0;
	for (size_t s = 0; s < maps->stretch.n; s++) {
		struct nvx_seq_iter it = nvx_seq_from(map, in_force(map, st[s].written_tick));
		const struct nvx_key *k;

		while ((k = nvx_seq_next(&it)) && k->tick < st[s].written_tick + st[s].duration_ticks) {
			const int64_t from = k->tick > st[s].written_tick ? k->tick : st[s].written_tick;
			const struct mos_tl_key key = {
				.tick = st[s].played_tick + (from - st[s].written_tick),
				.fifths = k->fifths,
				.minor = k->step != NVX_KEY_NONE && has_minor_third(k)};
			const struct mos_tl_key *last = maps->key.items;
			void *to = NULL;

			if (k->step == NVX_KEY_NONE && !k->fifths_given)
				continue; /* a timeline has no word for no key */
			if (maps->key.n && last[maps->key.n - 1].fifths == key.fifths &&
				last[maps->key.n - 1].minor == key.minor)
				continue;
			const int rc = push(ctx, &maps->key, sizeof(key), "changes of the key", &to);
			if (rc < 0)
				return rc;
			*(struct mos_tl_key *)to = key;
		}
	}
	return 0;
}

void compile_maps_finish(const struct score_alloc *alloc, struct compile_maps *maps)
{
	score_free(alloc, maps->stretch.items);
	score_free(alloc, maps->tempo.items);
	score_free(alloc, maps->tempo_seg.items);
	score_free(alloc, maps->meter.items);
	score_free(alloc, maps->key.items);
	score_free(alloc, maps->marker.items);
	score_free(alloc, maps->strings.items);
	score_free(alloc, maps->slot.items);
	*maps = (struct compile_maps){0};
}
