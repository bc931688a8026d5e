/* SPDX-License-Identifier: MIT */
/* Memory of one run: taken in pieces, given back at once. */
#include "impl.h"

#include <errno.h>

#include <stdlib.h>
#include <string.h>

#define CHUNK (1u << 20)
#define MAX_BYTES ((size_t)4 << 30) /* no score within the format's limits comes near */

struct chunk {
	struct chunk *next;
	max_align_t data[];
};

struct eng_arena {
	struct chunk *chunk;
	char *at;
	size_t left, bytes;
	int failed;
};

struct eng_arena *eng_arena_new(void)
{
	return calloc(1, sizeof(struct eng_arena));
}

int eng_arena_failed(const struct eng_arena *arena)
{
	return arena->failed;
}

void eng_arena_free(struct eng_arena *arena)
{
	if (!arena)
		return;
	while (arena->chunk) {
		struct chunk *next = arena->chunk->next;
		free(arena->chunk);
		arena->chunk = next;
	}
	free(arena);
}

void *eng_alloc(struct eng_arena *arena, size_t size)
{
	if (size > MAX_BYTES) {
		arena->failed = 1;
		return NULL;
	}
	size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (size > arena->left) {
		const size_t room = size > CHUNK / 4 ? size : CHUNK;
		struct chunk *c = arena->bytes + room > MAX_BYTES ? NULL : calloc(1, sizeof(*c) + room);
		if (!c) {
			arena->failed = 1;
			return NULL;
		}
		arena->bytes += room;
		c->next = arena->chunk;
		arena->chunk = c;
		if (room == size) /* what is left of the chunk before stays in use */
			return c->data;
		arena->at = (char *)c->data;
		arena->left = room;
	}
	void *p = arena->at;
	arena->at += size;
	arena->left -= size;
	return p;
}

void *eng_move(struct eng_arena *arena, const void *items, uint32_t n, uint32_t *cap, uint32_t need,
	size_t item_bytes)
{
	size_t room = *cap < 64 ? 64 : (size_t)*cap * 2;
	room = room < need ? need : room;
	void *p = room > UINT32_MAX ? NULL : eng_alloc(arena, room * item_bytes);
	if (!p) {
		arena->failed = 1;
		return NULL;
	}
	if (n)
		memcpy(p, items, n * item_bytes);
	*cap = (uint32_t)room;
	return p;
}

#define NEAR 8u /* places that an item moves by on the average: more are for qsort() */
#define MAX_ITEM 128u

void eng_sort(void *items, size_t n, size_t size, int (*order)(const void *, const void *))
{
	char *at = items, item[MAX_ITEM];
	size_t moves = 0;
	for (size_t i = 1; size <= MAX_ITEM && i < n && moves < NEAR * n; i++) {
		size_t k = i;
		while (k && order(at + (k - 1) * size, at + i * size) > 0)
			k--;
		if (k == i)
			continue;
		moves += i - k;
		memcpy(item, at + i * size, size);
		memmove(at + (k + 1) * size, at + k * size, (i - k) * size);
		memcpy(at + k * size, item, size);
	}
	if (n && (size > MAX_ITEM || moves >= NEAR * n))
		qsort(items, n, size, order);
}

static uint32_t slot_of(const struct eng_map *map, uint32_t key)
{
	uint32_t slot = (uint32_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 32) & map->mask;
	while (map->key[slot] && map->key[slot] != key)
		slot = (slot + 1) & map->mask;
	return slot;
}

int eng_map_put(struct eng_arena *arena, struct eng_map *map, uint32_t key, uint32_t value)
{
	if (!map->key || (map->n + 1) * 2 > map->mask) {
		const uint32_t size = map->key ? (map->mask + 1) * 2 : 64;
		struct eng_map bigger = {.key = eng_alloc(arena, size * sizeof(uint32_t)),
			.value = eng_alloc(arena, size * sizeof(uint32_t)),
			.mask = size - 1,
			.n = map->n};
		if (!bigger.key || !bigger.value)
			return -ENOMEM;
		for (uint32_t i = 0; map->key && i <= map->mask; i++) {
			if (map->key[i]) {
				const uint32_t slot = slot_of(&bigger, map->key[i]);
				bigger.key[slot] = map->key[i];
				bigger.value[slot] = map->value[i];
			}
		}
		*map = bigger;
	}
	const uint32_t slot = slot_of(map, key);
	map->n += map->key[slot] == 0;
	map->key[slot] = key;
	map->value[slot] = value;
	return 0;
}

uint32_t eng_map_get(const struct eng_map *map, uint32_t key)
{
	if (!map->key || !key)
		return ENG_NONE;
	const uint32_t slot = slot_of(map, key);
	return map->key[slot] ? map->value[slot] : ENG_NONE;
}
