/* SPDX-License-Identifier: MIT */
/* One bank of the tables that a reader has built. */
#include "load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LIST (1u << 26)   /* far above any real bank, and what a hostile file may cost */
#define MAX_ON_KEY (1u << 14) /* of one preset: the audio thread looks at all of a key's zones at once */

/* What is behind a bank: its tables stay where they grew. */
struct built {
	struct bank bank;
	struct bank_build from;
	uint32_t *list;
};

struct order {
	uint32_t key, preset;
};

static int by_number(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->preset > y->preset) - (x->preset < y->preset);
}

/* Presets by bank and program, those of one number as the file has them. */
static int sort_presets(struct bank_build *b)
{
	const size_t n = b->n_presets;
	struct order *order = calloc(n + 1, sizeof(*order));
	uint32_t *now = calloc(n + 1, sizeof(*now));
	struct preset *sorted = calloc(n + 1, sizeof(*sorted));

	if (!order || !now || !sorted) {
		free(order);
		free(now);
		free(sorted);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		order[i] = (struct order){(uint32_t)b->preset[i].bank << 8 | b->preset[i].program, i};
	qsort(order, n, sizeof(*order), by_number);
	for (uint32_t i = 0; i < n; i++) {
		sorted[i] = b->preset[order[i].preset];
		now[order[i].preset] = i;
	}
	for (uint32_t i = 0; i < b->n_uses; i++)
		b->use[i].preset = now[b->use[i].preset];
	free(b->preset);
	b->preset = sorted;
	free(order);
	free(now);
	return 0;
}

/* The first and the last list that a zone is in: those of its keys, or that of controllers. */
static uint32_t first_list(const struct zone *z)
{
	return z->trigger == ZONE_ON_CC ? 128 : z->key_lo;
}

static uint32_t last_list(const struct zone *z)
{
	return z->trigger == ZONE_ON_CC ? 128 : z->key_hi;
}

/* Count what each preset has, make by_key[] the places in one list. @return the list's length; above
 * MAX_LIST: it is too long, or a key's part of it. */
static uint64_t place_lists(struct bank_build *b)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < b->n_uses; i++) {
		struct preset *p = &b->preset[b->use[i].preset];
		const struct zone *z = &b->zone[b->use[i].zone];

		p->n_zones++;
		p->has_release_zones |= z->trigger == ZONE_ON_RELEASE || z->trigger == ZONE_ON_RELEASE_KEY;
		p->has_cc_zones |= z->trigger == ZONE_ON_CC;
		for (uint32_t k = first_list(z); k <= last_list(z); k++, n++)
			if (++p->by_key[k + 1] > MAX_ON_KEY)
				return MAX_LIST + 1;
	}
	if (n > MAX_LIST)
		return n;
	for (uint32_t i = 0, at = 0; i < b->n_presets; i++) {
		uint32_t *by_key = b->preset[i].by_key;

		by_key[0] = at;
		for (uint32_t k = 1; k <= 129; k++)
			by_key[k] = at += by_key[k];
	}
	return n;
}

static int make_lists(struct bank_build *b, uint32_t **ret_list, uint32_t *ret_n)
{
	const uint64_t n = place_lists(b);
	uint32_t (*next)[129] = NULL;
	uint32_t *list = NULL;

	if (n > MAX_LIST)
		return -EFBIG;
	list = malloc((n + 1) * sizeof(*list));
	next = calloc(b->n_presets + 1u, sizeof(*next));
	if (!list || !next) {
		free(list);
		free(next);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < b->n_presets; i++)
		memcpy(next[i], b->preset[i].by_key, sizeof(next[i]));
	for (uint32_t i = 0; i < b->n_uses; i++) {
		const struct zone *z = &b->zone[b->use[i].zone];

		for (uint32_t k = first_list(z); k <= last_list(z); k++)
			list[next[b->use[i].preset][k]++] = b->use[i].zone;
	}
	free(next);
	*ret_list = list;
	*ret_n = (uint32_t)n;
	return 0;
}

/* Where voices begin and what they repeat is worth keeping in memory. */
static int tell_store(const struct bank_build *b)
{
	for (uint32_t i = 0; i < b->n_zones; i++) {
		const struct zone *z = &b->zone[i];
		const struct store_loop loop = {z->loop_start, z->loop_end};
		const int is_loop = z->loop == ZONE_LOOP_ALWAYS || z->loop == ZONE_LOOP_UNTIL_RELEASE;
		const float skip = z->param[ZP_OFFSET];
		uint64_t start = z->start;
		int r;

		if (z->generator != ZONE_SAMPLE)
			continue;
		if (skip > 0)
			start += (uint64_t)fminf(skip, 4e9f);
		r = z->is_reverse ? store_set_whole(b->set, z->sample) : 0;
		if (r == 0)
			r = store_set_use(b->set, z->sample, start < z->end ? (uint32_t)start : z->end - 1,
				is_loop ? &loop : NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

static void destroy(struct bank *bank)
{
	struct built *o = bank->owner;

	build_free(&o->from);
	free(o->list);
	free(o);
}

/* The room that was too much goes back; a shrink that fails leaves the table as it is. */
static void trim(void **table, uint32_t n, size_t size)
{
	void *less = *table && n ? realloc(*table, n * size) : NULL;

	if (less)
		*table = less;
}

#define TRIM(b, table, n)                                                                                    \
	do {                                                                                                 \
		void *trimmed_ = (b)->table;                                                                 \
		trim(&trimmed_, (b)->n, sizeof(*(b)->table));                                                \
		(b)->table = trimmed_;                                                                       \
	} while (0)

static void trim_tables(struct bank_build *b)
{
	TRIM(b, zone, n_zones);
	TRIM(b, mod, n_mods);
	TRIM(b, cond, n_conds);
	TRIM(b, flex, n_flex);
	TRIM(b, curve, n_curves);
	free(b->use);
	b->use = NULL;
	free(b->curve_slot);
	b->curve_slot = NULL;
	b->n_uses = b->n_curve_slots = 0;
}

static void fill(struct built *o, uint32_t n_list)
{
	const struct bank_build *b = &o->from;
	uint64_t resident = 0;
	uint32_t n_samples = 0;
	const struct sample *sample = b->set ? store_set_samples(b->set, &n_samples, &resident) : NULL;

	resident += sizeof(*o) + b->n_zones * sizeof(*b->zone) + b->n_mods * sizeof(*b->mod) +
		    b->n_conds * sizeof(*b->cond) + b->n_flex * sizeof(*b->flex) +
		    b->n_curves * sizeof(*b->curve) + b->n_presets * sizeof(*b->preset) +
		    n_list * sizeof(*o->list);
	o->bank = (struct bank){.sample = sample,
		.zone = b->zone,
		.mod = b->mod,
		.cond = b->cond,
		.flex = b->flex,
		.curve = (const float (*)[CURVE_POINTS])b->curve,
		.preset = b->preset,
		.zone_list = o->list,
		.cc_init = b->cc_init,
		.n_samples = n_samples,
		.n_zones = b->n_zones,
		.n_mods = b->n_mods,
		.n_conds = b->n_conds,
		.n_flex = b->n_flex,
		.n_curves = b->n_curves,
		.n_presets = b->n_presets,
		.n_list = n_list,
		.resident_bytes = resident,
		.file_bytes = b->file_bytes,
		.destroy = destroy,
		.owner = o};
}

static int finish(
	struct bank_build *b, const struct load_options *o, struct built *to, char *error, size_t error_size)
{
	uint32_t n_list = 0;
	int r = build_check(b, error, error_size);

	if (r < 0)
		return r;
	(void)snprintf(error, error_size, "no memory for the bank's lists");
	r = sort_presets(b);
	if (r == 0)
		r = make_lists(b, &to->list, &n_list);
	if (r == -EFBIG)
		(void)snprintf(error, error_size,
			"the bank is too big: its %u zones cover too many keys, or one key too often",
			b->n_zones);
	if (r == 0 && b->set) {
		r = tell_store(b);
		if (r == 0)
			r = store_set_load(b->set, o->progress, o->data, error, error_size);
	}
	if (r < 0)
		return r;
	trim_tables(b);
	to->from = *b;
	*b = (struct bank_build){0};
	fill(to, n_list);
	return 0;
}

int build_finish(
	struct bank_build *b, const struct load_options *o, struct bank **ret, char *error, size_t error_size)
{
	struct built *to = calloc(1, sizeof(*to));
	int r = -ENOMEM;

	if (!to)
		(void)snprintf(error, error_size, "no memory for the bank");
	else
		r = finish(b, o, to, error, error_size);
	if (r < 0) {
		if (to)
			free(to->list);
		free(to);
		build_free(b);
		return r;
	}
	if (error_size)
		error[0] = 0;
	*ret = &to->bank;
	return 0;
}
