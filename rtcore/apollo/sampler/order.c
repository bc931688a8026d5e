/* SPDX-License-Identifier: MIT */
/*
 * The order in which a strip's voices are made. Those without a filter come first, so that they are added in the same
 * order whatever sounds beside the strip; they stand at the front of an array, the others at its back.
 */
#include "voice.h"

#include <string.h>

enum ordered { NOT_YET, AS_BEGUN, BY_BUS };

/* 0: none. */
static uint32_t bus_of(const struct sampler *s, uint32_t entry) MOS_RT
{
	return (uint32_t)(s->link[order_voice(entry)].bus + 1) % (BUS_NONE + 1);
}

/* Those of a bus side by side, in their order: its sum is the same, and is added to at once. */
static void group(const struct sampler *s, uint32_t *entry, uint32_t n) MOS_RT
{
	uint16_t at[BUSES + 1] = {0};
	uint32_t grouped[ORDER_KEPT], last = 0, sum = 0;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t bus = bus_of(s, entry[k]);

		at[bus]++;
		last = bus > last ? bus : last;
	}
	for (uint32_t bus = 0, n_bus; bus <= last; bus++, sum += n_bus) {
		n_bus = at[bus];
		at[bus] = (uint16_t)sum;
	}
	for (uint32_t k = 0; k < n; k++)
		grouped[at[bus_of(s, entry[k])]++] = entry[k];
	memcpy(entry, grouped, n * sizeof(*entry));
}

/* @return those without a filter */
static uint32_t list(const struct sampler *s, uint32_t strip, uint32_t *entry, uint32_t size) MOS_RT
{
	uint32_t n_plain = 0, n_waiting = 0;

	for (uint32_t i = s->strip[strip].first, next; i != VOICE_NONE; i = next) {
		uint32_t n_lanes = s->link[i].n_lanes;

		next = s->link[i].next;
		/* without a branch: what one has does not tell what the next one has */
		entry[n_plain] = entry[size - 1 - n_waiting] = i | n_lanes << ORDER_LANES;
		n_plain += n_lanes == 0;
		n_waiting += n_lanes != 0;
	}
	return n_plain;
}

struct voice_order order_of(struct sampler *s, struct voice_work *w, uint32_t strip) MOS_RT
{
	uint32_t n = s->strip[strip].n, n_plain, wanted = w->is_heard ? BY_BUS : AS_BEGUN;
	uint32_t *entry = s->order[strip];

	if (n > ORDER_KEPT)
		return (struct voice_order){w->order, list(s, strip, w->order, s->n_pool), w->order + s->n_pool};
	if (s->strip[strip].ordered != wanted) {
		s->strip[strip].n_plain = n_plain = list(s, strip, entry, ORDER_KEPT);
		if (w->is_heard) {
			group(s, entry, n_plain);
			group(s, entry + ORDER_KEPT - (n - n_plain), n - n_plain);
		}
		s->strip[strip].ordered = wanted;
	}
	return (struct voice_order){entry, s->strip[strip].n_plain, entry + ORDER_KEPT};
}

static uint32_t find(const uint32_t *entry, uint32_t n, uint32_t wanted) MOS_RT
{
	uint32_t k = 0;

	while (k < n && entry[k] != wanted)
		k++;
	return k;
}

void order_remove(struct sampler *s, uint32_t strip, uint32_t voice) MOS_RT
{
	uint32_t *entry = s->order[strip], n_lanes = s->link[voice].n_lanes, n, k;

	if (s->strip[strip].ordered == NOT_YET)
		return;
	if (n_lanes == 0) {
		n = s->strip[strip].n_plain;
		k = find(entry, n, voice);
		if (k < n)
			memmove(&entry[k], &entry[k + 1], (--s->strip[strip].n_plain - k) * sizeof(*entry));
		return;
	}
	n = s->strip[strip].n - s->strip[strip].n_plain;
	entry += ORDER_KEPT - n;
	k = find(entry, n, voice | n_lanes << ORDER_LANES);
	if (k < n)
		memmove(&entry[1], &entry[0], k * sizeof(*entry));
}
