/* SPDX-License-Identifier: MIT */
#include "compile_private.h"

#include <errno.h>
#include <string.h>

struct score_compiler {
	const struct score_alloc *alloc;
	struct compile_maps maps, spare; /**< of the last compile, of the one before */
	struct compile_array part;       /**< struct compile_part */
	struct compile_array feel;       /**< struct compile_feel */
	struct compile_array tl_part;    /**< struct mos_tl_part */
	struct compile_array event;      /**< struct mos_tl_event */
	struct nvx_seq drum, measure;    /**< references: what the parts' feel was made from */
};

struct score_compiler *score_compiler_new(const struct score_alloc *alloc)
{
	struct score_compiler *c = score_zalloc(alloc, 1, sizeof(*c));

	if (c)
		c->alloc = alloc;
	return c;
}

static void clear_parts(struct score_compiler *c)
{
	struct compile_part *part = c->part.items;

	for (size_t i = 0; i < c->part.n; i++)
		compile_part_clear(c->alloc, &part[i]);
	score_free(c->alloc, c->part.items);
	c->part = (struct compile_array){0};
}

static void clear(struct score_compiler *c)
{
	clear_parts(c);
	compile_maps_finish(c->alloc, &c->maps);
	compile_maps_finish(c->alloc, &c->spare);
	score_free(c->alloc, c->feel.items);
	score_free(c->alloc, c->tl_part.items);
	score_free(c->alloc, c->event.items);
	nvx_seq_unref(&c->drum);
	nvx_seq_unref(&c->measure);
	*c = (struct score_compiler){.alloc = c->alloc};
}

void score_compiler_free(struct score_compiler *c)
{
	if (!c)
		return;
	clear(c);
	score_free(c->alloc, c);
}

static int same_array(const struct compile_array *a, const struct compile_array *b, size_t item_bytes)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->items, b->items, a->n * item_bytes) == 0);
}

/** Maps of the new score in c->maps; the old ones are in c->spare. */
static int make_maps(
	struct score_compiler *c, struct compile_context *ctx, const struct score_play_order *order)
{
	const struct compile_maps old = c->maps;
	int rc;

	c->maps = c->spare;
	c->spare = old;
	rc = compile_stretches(c->alloc, order, &c->maps);
	if (rc < 0)
		return rc;
	ctx->stretch = c->maps.stretch.items;
	ctx->n_stretch = (uint32_t)c->maps.stretch.n;
	rc = compile_tempos(ctx, &c->maps, order->end_tick);
	if (rc == -ERANGE)
		return score_error(
			ctx->report, "nvx1.limit.duration", "/timeline", "lasts longer than 667 hours");
	if (rc == 0)
		rc = compile_meters(ctx, &c->maps);
	if (rc == 0)
		rc = compile_keys(ctx, &c->maps);
	if (rc == 0)
		rc = compile_strings_begin(ctx, &c->maps);
	if (rc == 0)
		rc = compile_markers(ctx, &c->maps);
	return rc;
}

static int make_feel(struct score_compiler *c, struct compile_context *ctx)
{
	const struct nvx_drum_entry *d;
	struct compile_sort_key *keys;
	struct compile_feel *feel;
	uint32_t n = 0;

	c->feel.n = 0;
	for (struct nvx_seq_iter it = nvx_seq_from(&ctx->score->list[NVX_LIST_drum], 0);
		(d = nvx_seq_next(&it));)
		n += d->has_feel && d->e.note_id && (d->push_pull_us || d->swing_percent);
	if (n == 0)
		return 0;
	keys = compile_room(c->alloc, n, sizeof(*keys));
	if (!keys || score_reserve(c->alloc, &c->feel.items, &c->feel.cap, n, sizeof(*feel)) < 0) {
		score_free(c->alloc, keys);
		return -ENOMEM;
	}
	n = 0;
	for (uint32_t i = 0; i < score_n_drum(ctx->score); i++) {
		d = score_drum(ctx->score, i);
		if (d->has_feel && d->e.note_id && (d->push_pull_us || d->swing_percent))
			keys[n++] =
				(struct compile_sort_key){(uint64_t)d->e.part_id << 32 | d->e.note_id, i, 0};
	}
	if (compile_sort(c->alloc, keys, n) < 0) {
		score_free(c->alloc, keys);
		return -ENOMEM;
	}
	feel = c->feel.items;
	for (uint32_t i = 0; i < n; i++) {
		d = score_drum(ctx->score, keys[i].index);
		feel[i] =
			(struct compile_feel){d->e.part_id, d->e.note_id, d->push_pull_us, d->swing_percent};
	}
	c->feel.n = n;
	score_free(c->alloc, keys);
	return 0;
}

/** The part that was made last time, if it was: most often at the same place. */
static struct compile_part *find_old(struct compile_part *old, size_t n_old, nvx_id id, size_t hint)
{
	for (size_t i = 0; i < n_old; i++) {
		struct compile_part *p = &old[(hint + i) % n_old];
		if (p->id == id && p->is_made)
			return p;
	}
	return NULL;
}

/** Take what was made of the parts last time into the new list; those that are gone are freed. */
static int take_parts(struct score_compiler *c, const struct score *score)
{
	struct compile_part *old = c->part.items, *part;
	const size_t n_old = c->part.n;

	part = score_zalloc(c->alloc, score->n_parts ? score->n_parts : 1, sizeof(*part));
	if (!part)
		return -ENOMEM;
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct score_part *sp = score->part[i];
		struct compile_part *from = find_old(old, n_old, sp->part.id, i);

		if (from) {
			part[i] = *from;
			*from = (struct compile_part){0};
		}
		part[i].id = sp->part.id;
		if (!from || !nvx_seq_same(&part[i].note, &sp->note) ||
			!nvx_seq_same(&part[i].control, &sp->control)) {
			compile_part_clear(c->alloc, &part[i]);
			part[i].id = sp->part.id;
			part[i].note = nvx_seq_ref(sp->note);
			part[i].control = nvx_seq_ref(sp->control);
			compile_part_look(sp, &part[i].channels, &part[i].has_shifts);
		}
	}
	clear_parts(c);
	c->part = (struct compile_array){part, score->n_parts, score->n_parts};
	return 0;
}

struct changes {
	int order, tempo, measures, drums;
};

static int is_current(const struct compile_context *ctx, const struct compile_part *p,
	const struct changes *changed, uint8_t audible, struct compile_strip strip,
	const struct compile_start *start)
{
	int has_feel = p->has_feel;

	for (uint32_t i = 0; changed->drums && i < ctx->n_feel; i++)
		has_feel |= ctx->feel[i].part_id == p->id;
	return p->is_made && !changed->order && p->audible == audible && p->strip.group == strip.group &&
	       p->strip.channel == strip.channel && memcmp(&p->start, start, sizeof(*start)) == 0 &&
	       !(changed->tempo && (p->has_shifts || has_feel)) &&
	       !((changed->measures || changed->drums) && has_feel);
}

static int make_parts(struct score_compiler *c, struct compile_context *ctx, const struct changes *changed,
	uint32_t *ret_n_made)
{
	const struct score *score = ctx->score;
	struct compile_part *part = c->part.items;
	struct compile_strip *strip = score_zalloc(c->alloc, score->n_parts + 1u, sizeof(*strip));
	struct compile_start *start = score_zalloc(c->alloc, score->n_parts + 1u, sizeof(*start));
	int any_solo = 0, rc = strip && start ? 0 : -ENOMEM;

	if (rc == 0)
		compile_strips(ctx, part, strip, start);
	for (uint32_t i = 0; i < score->n_parts; i++)
		any_solo |= score->part[i]->part.solo;
	for (uint32_t i = 0; i < score->n_parts && rc == 0; i++) {
		const struct nvx_part *np = &score->part[i]->part;
		const uint8_t audible = !np->mute && (!any_solo || np->solo);
		struct compile_part *p = &part[i];

		if (is_current(ctx, p, changed, audible, strip[i], &start[i])) {
			const uint64_t n = (uint64_t)p->n_event + p->n_sysex;

			if (n > ctx->events_left)
				rc = -E2BIG;
			ctx->events_left -= n;
			continue;
		}
		score_free(c->alloc, p->event);
		score_free(c->alloc, p->sysex);
		p->event = p->sysex = NULL;
		p->n_event = p->n_sysex = p->n_ids = 0;
		p->end_tick = 0;
		p->audible = audible;
		p->strip = strip[i];
		p->start = start[i];
		rc = compile_part_make(ctx, score->part[i], p);
		++*ret_n_made;
	}
	score_free(c->alloc, strip);
	score_free(c->alloc, start);
	if (rc == -E2BIG)
		return score_error(ctx->report, "nvx1.limit.played", "/parts",
			"more than %u events would be played", MOS_TL_MAX_EVENTS);
	return rc;
}

static int name_parts(struct score_compiler *c, struct compile_context *ctx)
{
	const struct score *score = ctx->score;
	const struct compile_part *part = c->part.items;
	struct mos_tl_part *to;

	if (score_reserve(c->alloc, &c->tl_part.items, &c->tl_part.cap, score->n_parts + 1u, sizeof(*to)) < 0)
		return -ENOMEM;
	to = c->tl_part.items;
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct nvx_part *np = &score->part[i]->part;

		to[i] = (struct mos_tl_part){.group = part[i].strip.group,
			.channel = part[i].strip.channel,
			.program = np->midi_program & 0x7f,
			.is_drums = part[i].strip.channel == COMPILE_DRUMS};
		const int rc = compile_string(ctx, &c->maps, np->name, &to[i].name_off);
		if (rc < 0)
			return rc;
	}
	c->tl_part.n = score->n_parts;
	return 0;
}

static int fill(
	struct score_compiler *c, struct compile_context *ctx, int64_t end_tick, struct score_compiled *ret)
{
	const struct compile_part *part = c->part.items;
	struct mos_timeline_src *src = &ret->src;
	int rc = name_parts(c, ctx);

	if (rc == 0)
		rc = compile_string(ctx, &c->maps, ctx->score->globals.metadata.title, &src->title_off);
	if (rc == 0)
		rc = compile_merge(c->alloc, part, ctx->score->n_parts, &c->event);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < ctx->score->n_parts; i++)
		if (part[i].end_tick > end_tick)
			end_tick = part[i].end_tick; /* what rings past the end is heard out */
	if (end_tick > MOS_TL_MAX_TICK || mos_tempo_tick_to_u(&ctx->tempo, end_tick) > INT64_MAX / 4)
		return score_error(
			ctx->report, "nvx1.limit.duration", "/timeline", "lasts longer than 667 hours");
	ret->duration_ns = mos_tempo_tick_to_ns(&ctx->tempo, end_tick);
	src->tempo = c->maps.tempo.items;
	src->n_tempo = (uint32_t)c->maps.tempo.n;
	src->meter = c->maps.meter.items;
	src->n_meter = (uint32_t)c->maps.meter.n;
	src->key = c->maps.key.items;
	src->n_key = (uint32_t)c->maps.key.n;
	src->marker = c->maps.marker.items;
	src->n_marker = (uint32_t)c->maps.marker.n;
	src->part = c->tl_part.items;
	src->n_part = (uint32_t)c->tl_part.n;
	src->event = c->event.items;
	src->n_event = (uint32_t)c->event.n;
	src->strings = c->maps.strings.items;
	src->strings_len = c->maps.strings.n;
	src->end_tick = end_tick;
	return 0;
}

static int compile(struct score_compiler *c, struct compile_context *ctx,
	const struct score_play_order *order, struct score_compiled *ret)
{
	const struct score *score = ctx->score;
	struct changes changed;
	int rc;

	if (order->end_tick > MOS_TL_MAX_TICK)
		return score_error(ctx->report, "nvx1.limit.duration", "/measures",
			"more than 2^40 ticks would be played");
	rc = make_maps(c, ctx, order);
	if (rc < 0)
		return rc;
	changed = (struct changes){
		.order = !same_array(&c->maps.stretch, &c->spare.stretch, sizeof(struct compile_stretch)),
		.tempo = !same_array(&c->maps.tempo, &c->spare.tempo, sizeof(struct mos_tl_tempo)),
		.measures = !nvx_seq_same(&c->measure, &score->list[NVX_LIST_measure]),
		.drums = !nvx_seq_same(&c->drum, &score->list[NVX_LIST_drum]),
	};
	if (changed.drums)
		rc = make_feel(c, ctx);
	ctx->feel = c->feel.items;
	ctx->n_feel = (uint32_t)c->feel.n;
	nvx_seq_unref(&c->measure);
	nvx_seq_unref(&c->drum);
	c->measure = nvx_seq_ref(score->list[NVX_LIST_measure]);
	c->drum = nvx_seq_ref(score->list[NVX_LIST_drum]);
	if (rc == 0)
		rc = take_parts(c, score);
	if (rc == 0)
		rc = make_parts(c, ctx, &changed, &ret->n_parts_made);
	if (rc == 0)
		rc = fill(c, ctx, order->end_tick, ret);
	return rc;
}

int score_compile(struct score_compiler *c, const struct score *score, struct score_report *report,
	struct score_compiled *ret)
{
	struct compile_context ctx = {
		.score = score, .alloc = c->alloc, .report = report, .events_left = MOS_TL_MAX_EVENTS};
	struct score_compiled made = {0};
	struct score_play_order order;
	int rc = score_play_order(score, c->alloc, report, &order);

	if (rc == 0) {
		rc = compile(c, &ctx, &order, &made);
		score_play_order_finish(&order);
	}
	if (rc < 0)
		clear(c);
	else
		*ret = made;
	return rc;
}
