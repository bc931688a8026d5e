/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <errno.h>
#include <string.h>

#include <score/mix.h>

#include "pool_private.h"

int places_init(struct places *places, const struct score_alloc *alloc, uint32_t n_given)
{
	*places = (struct places){.alloc = alloc, .n_given = n_given};
	/* numbers have 32 bits: this fits */
	const size_t size_bytes = ((size_t)n_given + 1) * sizeof(*places->given);
	places->given = alloc->resize(alloc->ctx, NULL, size_bytes);
	if (!places->given)
		return -ENOMEM;
	memset(places->given, PLACE_NONE, size_bytes);
	places->seed = (uintptr_t)places->given; /* order in the table shows nowhere */
	return 0;
}

void places_finish(struct places *places)
{
	if (!places->alloc)
		return;
	score_free(places->alloc, places->given);
	score_free(places->alloc, places->slot);
	*places = (struct places){};
}

static struct place_slot *find_slot(const struct places *places, nvx_id id)
{
	uint32_t at = (uint32_t)mix_two(id, places->seed) & (places->n_slots - 1);
	while (places->slot[at].id && places->slot[at].id != id)
		at = (at + 1) & (places->n_slots - 1);
	return &places->slot[at];
}

static int grow(struct places *places)
{
	const uint32_t n_old = places->n_slots;
	struct place_slot *old = places->slot;
	const uint32_t n_slots = n_old ? 2 * n_old : 64;
	struct place_slot *slot = score_zalloc(places->alloc, n_slots, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	places->slot = slot;
	places->n_slots = n_slots;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i].id)
			*find_slot(places, old[i].id) = old[i];
	score_free(places->alloc, old);
	return 0;
}

/** Ids may still be given while the draft is mended. */
static int reserve_given(struct places *places, uint32_t number)
{
	if (number <= places->n_given)
		return 0;
	const uint32_t n_given = 2 * number;
	struct place *given = places->alloc->resize(
		places->alloc->ctx, places->given, ((size_t)n_given + 1) * sizeof(*given));
	if (!given)
		return -ENOMEM;
	memset(given + places->n_given + 1, PLACE_NONE, (size_t)(n_given - places->n_given) * sizeof(*given));
	places->given = given;
	places->n_given = n_given;
	return 0;
}

int places_add(struct places *places, nvx_id id, struct place place)
{
	if (nvx_id_provisional(id)) {
		if (reserve_given(places, id & NVX_ID_NUMBER_MAX))
			return -ENOMEM;
		struct place *given = &places->given[id & NVX_ID_NUMBER_MAX];
		if (given->list != PLACE_NONE)
			return -EEXIST;
		*given = place;
		return 0;
	}
	if (places->n_used >= places->n_slots / 2 && grow(places))
		return -ENOMEM;
	struct place_slot *slot = find_slot(places, id);
	if (slot->id)
		return -EEXIST;
	*slot = (struct place_slot){id, place};
	places->n_used++;
	return 0;
}

struct place *places_find(const struct places *places, nvx_id id)
{
	struct place *place = NULL;
	if (nvx_id_provisional(id)) {
		const uint32_t number = id & NVX_ID_NUMBER_MAX;
		if (number <= places->n_given)
			place = &places->given[number];
	} else if (places->n_slots) {
		struct place_slot *slot = find_slot(places, id);
		if (slot->id)
			place = &slot->place;
	}
	return place && place->list != PLACE_NONE ? place : NULL;
}
