/* SPDX-License-Identifier: MIT */
#include "sfz_known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	int64_t number;
	char key[];
};

struct sfz_known {
	struct entry **slot;
	uint32_t n, n_slots; /* a power of two */
};

#define FIRST_SLOTS 256u

static uint64_t hash(const char *key)
{
	uint64_t h = 14695981039346656037u;

	for (; *key; key++)
		h = (h ^ (uint8_t)*key) * 1099511628211u;
	return h ^ h >> 29;
}

static struct entry **find(struct entry **slot, uint32_t n_slots, const char *key)
{
	uint64_t i = hash(key);

	while (slot[i & (n_slots - 1)] && strcmp(slot[i & (n_slots - 1)]->key, key) != 0)
		i++;
	return &slot[i & (n_slots - 1)];
}

struct sfz_known *sfz_known_new(void)
{
	struct sfz_known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->n_slots = FIRST_SLOTS;
	k->slot = calloc(k->n_slots, sizeof(struct entry *));
	if (!k->slot) {
		free(k);
		return NULL;
	}
	return k;
}

void sfz_known_free(struct sfz_known *k)
{
	if (!k)
		return;
	for (uint32_t i = 0; i < k->n_slots; i++)
		free(k->slot[i]);
	free(k->slot);
	free(k);
}

static int grow(struct sfz_known *k)
{
	struct entry **slot = calloc(2 * (size_t)k->n_slots, sizeof(struct entry *));

	if (!slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->n_slots; i++)
		if (k->slot[i])
			*find(slot, 2 * k->n_slots, k->slot[i]->key) = k->slot[i];
	free(k->slot);
	k->slot = slot;
	k->n_slots *= 2;
	return 0;
}

int64_t *sfz_known_number(struct sfz_known *k, const char *key, int *ret_is_new)
{
	struct entry **at;
	size_t n = strlen(key);

	if (2 * k->n >= k->n_slots && grow(k) < 0)
		return NULL;
	at = find(k->slot, k->n_slots, key);
	*ret_is_new = !*at;
	if (!*at) {
		*at = malloc(sizeof(**at) + n + 1);
		if (!*at)
			return NULL;
		(*at)->number = 0;
		memcpy((*at)->key, key, n + 1);
		k->n++;
	}
	return &(*at)->number;
}

int sfz_known_add(struct sfz_known *k, const char *key)
{
	int is_new;

	return sfz_known_number(k, key, &is_new) ? is_new : -ENOMEM;
}
