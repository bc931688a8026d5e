/* SPDX-License-Identifier: MIT */
#include "rack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
	const struct rack_slot *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->bank != y->bank)
		return x->bank > y->bank ? -1 : 1;                /* the later bank covers the others */
	return (x->preset > y->preset) - (x->preset < y->preset); /* within one the first counts */
}

static void free_banks(struct bank *const bank[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		bank[i]->destroy(bank[i]);
}

static void fill(struct rack *r)
{
	uint32_t n = 0, kept = 0;

	for (uint32_t b = 0; b < r->n_banks; b++) {
		const struct bank *bank = r->bank[b];

		r->resident_bytes += bank->resident_bytes;
		r->file_bytes += bank->file_bytes;
		r->max_zones = bank->n_zones > r->max_zones ? bank->n_zones : r->max_zones;
		for (uint32_t p = 0; p < bank->n_presets; p++)
			r->slot[n++] = (struct rack_slot){
				.key = (uint32_t)bank->preset[p].bank << 8 | bank->preset[p].program,
				.bank = (uint16_t)b,
				.preset = p};
	}
	if (n)
		qsort(r->slot, n, sizeof(*r->slot), by_key);
	for (uint32_t i = 0; i < n; i++)
		if (kept == 0 || r->slot[kept - 1].key != r->slot[i].key)
			r->slot[kept++] = r->slot[i];
	r->n_slots = kept;
}

int rack_create(struct bank *const bank[], uint32_t n_banks, struct rack **ret)
{
	struct rack *r;
	size_t n = 0;

	if (n_banks > RACK_BANKS) {
		free_banks(bank, n_banks);
		return -E2BIG;
	}
	for (uint32_t i = 0; i < n_banks; i++)
		n += bank[i]->n_presets;
	r = calloc(1, sizeof(*r));
	if (!r || !(r->slot = calloc(n ? n : 1, sizeof(*r->slot)))) {
		free(r);
		free_banks(bank, n_banks);
		return -ENOMEM;
	}
	r->n_banks = n_banks;
	if (n_banks)
		memcpy(r->bank, bank, n_banks * sizeof(bank[0]));
	fill(r);
	*ret = r;
	return 0;
}

void rack_destroy(struct rack *r)
{
	if (!r)
		return;
	free_banks(r->bank, r->n_banks);
	free(r->slot);
	free(r);
}

/* The first slot whose key is above `key`; r->n_slots: none. */
static uint32_t above(const struct rack *r, uint32_t key) MOS_RT
{
	uint32_t lo = 0, hi = r->n_slots;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (r->slot[mid].key <= key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The last slot whose key is not above `key`. */
static const struct rack_slot *at_or_below(const struct rack *r, uint32_t key) MOS_RT
{
	uint32_t i = above(r, key);

	return i ? &r->slot[i - 1] : NULL;
}

const struct rack_slot *rack_find(const struct rack *r, uint32_t is_drums, uint32_t msb, uint32_t program)
	MOS_RT
{
	uint32_t bank = is_drums ? BANK_DRUMS : msb;
	const struct rack_slot *s = at_or_below(r, bank << 8 | program);
	uint32_t i;

	if (s && s->key == (bank << 8 | program))
		return s;
	bank = is_drums ? BANK_DRUMS : 0;
	s = at_or_below(r, bank << 8 | (is_drums ? 0 : program));
	if (s && s->key >> 8 == bank)
		return s;
	/* none below: the first one of that kind, or of any */
	i = is_drums ? above(r, (BANK_DRUMS << 8) - 1) : 0;
	if (!is_drums && r->n_slots && r->slot[0].key >> 8 == BANK_DRUMS)
		i = above(r, BANK_DRUMS << 8 | 255);
	if (i < r->n_slots && (r->slot[i].key >> 8 == BANK_DRUMS) == is_drums)
		return &r->slot[i];
	return r->n_slots && !is_drums ? &r->slot[0] : NULL;
}
