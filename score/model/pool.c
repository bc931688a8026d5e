/* SPDX-License-Identifier: MIT */
/*
 * A handle is a place in units of 8 bytes. Places are numbered through blocks that grow with the pool, four
 * of a size before it doubles, so that a small document costs little, a large one wastes at most a fifth, and
 * a handle is resolved by two shifts. Blocks never move, and no reader looks at anything but them.
 */
#include <score/pool.h>

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <score/mix.h>

#include "pool_private.h"

#define UNIT_BYTES 8u
#define FIRST_LOG2 NVX_POOL_FIRST_LOG2
#define MAX_LOG2 31u
#define N_BLOCKS (4u * (MAX_LOG2 - FIRST_LOG2))
static_assert(sizeof(struct nvx_pool_blocks) == N_BLOCKS * sizeof(uint64_t *));
#define FIRST_SLOTS 64u

struct slot {
	uint32_t handle, hash;
};

struct nvx_pool {
	struct nvx_pool_blocks blocks; /* first: nvx_pool_at() */
	const struct score_alloc *alloc;
	atomic_uint refs;
	atomic_size_t bytes;
	/* the writer's own */
	uint32_t next, end; /**< units that are free in the current block */
	uint32_t current;   /**< block that is tried next */
	struct slot *slot;  /**< strings by hash; a power of two, at most 3/4 full */
	uint32_t n_slots, n_strings;
	size_t longest;
	uint64_t seed;
};

static uint32_t block_units(uint32_t block)
{
	return UINT32_C(1) << (FIRST_LOG2 - 2 + block / 4);
}

static uint32_t block_start(uint32_t block)
{
	return (4 + block % 4) << (FIRST_LOG2 - 2 + block / 4);
}

struct nvx_pool *nvx_pool_new(const struct score_alloc *alloc)
{
	struct nvx_pool *pool = score_zalloc(alloc, 1, sizeof(*pool));
	if (!pool)
		return NULL;
	pool->alloc = alloc;
	atomic_init(&pool->refs, 1);
	atomic_init(&pool->bytes, sizeof(*pool));
	/* Where things lie in the table shows nowhere; a file cannot be made to collide if it cannot know the
	 * seed. */
	pool->seed = mix_two((uintptr_t)pool, (uintptr_t)&pool);
	return pool;
}

struct nvx_pool *nvx_pool_ref(struct nvx_pool *pool)
{
	atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
	return pool;
}

void nvx_pool_unref(struct nvx_pool *pool)
{
	if (!pool || atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (uint32_t i = 0; i < N_BLOCKS; i++)
		score_free(pool->alloc, pool->blocks.block[i]);
	score_free(pool->alloc, pool->slot);
	score_free(pool->alloc, pool);
}

const struct score_alloc *nvx_pool_alloc(const struct nvx_pool *pool)
{
	return pool->alloc;
}

size_t nvx_pool_bytes(const struct nvx_pool *pool)
{
	return atomic_load_explicit(&pool->bytes, memory_order_relaxed);
}

size_t nvx_pool_longest(const struct nvx_pool *pool)
{
	return pool->longest;
}

static uint64_t *new_block(struct nvx_pool *pool, uint32_t block, uint32_t units)
{
	const size_t size_bytes = (size_t)units * UNIT_BYTES;
	uint64_t *p = pool->alloc->resize(pool->alloc->ctx, NULL, size_bytes);
	if (!p)
		return NULL;
	pool->blocks.block[block] = p;
	atomic_fetch_add_explicit(&pool->bytes, size_bytes, memory_order_relaxed);
	return p;
}

/** Room in another block than the current one. */
static uint32_t take_block(struct nvx_pool *pool, size_t size_bytes)
{
	if (size_bytes > (size_t)block_units(N_BLOCKS - 1) * UNIT_BYTES)
		return 0;
	const uint32_t units = (uint32_t)((size_bytes + UNIT_BYTES - 1) / UNIT_BYTES);
	while (pool->current < N_BLOCKS && pool->blocks.block[pool->current])
		pool->current++;
	uint32_t block = pool->current;
	if (block == N_BLOCKS)
		return 0;
	if (units > block_units(block)) {
		/* Larger than what comes next: a block of its own, further up, just as large as needed. */
		while (block < N_BLOCKS && (units > block_units(block) || pool->blocks.block[block]))
			block++;
		return block < N_BLOCKS && new_block(pool, block, units) ? block_start(block) : 0;
	}
	if (!new_block(pool, block, block_units(block)))
		return 0;
	pool->current = block + 1;
	pool->next = block_start(block) + units;
	pool->end = block_start(block) + block_units(block);
	return block_start(block);
}

/** Room for `size_bytes`, below 2^64 - 8. @return its handle, 0: full or out of memory. */
static inline uint32_t take(struct nvx_pool *pool, size_t size_bytes)
{
	const size_t units = (size_bytes + UNIT_BYTES - 1) / UNIT_BYTES;
	if (units > pool->end - pool->next)
		return take_block(pool, size_bytes);
	const uint32_t handle = pool->next;
	pool->next += (uint32_t)units;
	return handle;
}

/** Room for one more string in the table. */
static int grow_table(struct nvx_pool *pool)
{
	if (pool->n_strings < pool->n_slots / 4 * 3)
		return 0;
	const uint32_t n_slots = pool->n_slots ? 2 * pool->n_slots : FIRST_SLOTS;
	if (n_slots == 0)
		return -ENOMEM;
	struct slot *slot = score_zalloc(pool->alloc, n_slots, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < pool->n_slots; i++) {
		if (!pool->slot[i].handle)
			continue;
		uint32_t at = pool->slot[i].hash & (n_slots - 1);
		while (slot[at].handle)
			at = (at + 1) & (n_slots - 1);
		slot[at] = pool->slot[i];
	}
	atomic_fetch_add_explicit(
		&pool->bytes, (n_slots - pool->n_slots) * sizeof(*slot), memory_order_relaxed);
	score_free(pool->alloc, pool->slot);
	pool->slot = slot;
	pool->n_slots = n_slots;
	return 0;
}

/** A string lies as its length (4 bytes), its bytes, a NUL. */
static int is_string(const struct nvx_pool *pool, nvx_str str, const char *text, size_t len)
{
	const char *p = nvx_pool_at(pool, str);
	uint32_t have;
	memcpy(&have, p, sizeof(have));
	return have == len && memcmp(p + sizeof(have), text, len) == 0;
}

/** Slot of a string, or the free one where it belongs. */
static struct slot *find_slot(const struct nvx_pool *pool, const char *text, size_t len, uint32_t hash)
{
	for (uint32_t at = hash & (pool->n_slots - 1);; at = (at + 1) & (pool->n_slots - 1)) {
		struct slot *slot = &pool->slot[at];
		if (!slot->handle || (slot->hash == hash && is_string(pool, slot->handle, text, len)))
			return slot;
	}
}

nvx_str nvx_pool_string(struct nvx_pool *pool, const char *text, size_t len)
{
	if (len > INT32_MAX || grow_table(pool))
		return 0;
	const uint32_t hash = (uint32_t)mix_bytes(text, len, pool->seed);
	struct slot *slot = find_slot(pool, text, len, hash);
	if (slot->handle)
		return slot->handle;
	const uint32_t handle = take(pool, sizeof(uint32_t) + len + 1);
	if (!handle)
		return 0;
	char *p = nvx_pool_at(pool, handle);
	const uint32_t have = (uint32_t)len;
	memcpy(p, &have, sizeof(have));
	if (len)
		memcpy(p + sizeof(have), text, len);
	p[sizeof(have) + len] = '\0';
	*slot = (struct slot){handle, hash};
	pool->n_strings++;
	if (len > pool->longest)
		pool->longest = len;
	return handle;
}

nvx_str nvx_pool_find(const struct nvx_pool *pool, const char *text, size_t len)
{
	if (!pool->n_slots || len > INT32_MAX)
		return 0;
	return find_slot(pool, text, len, (uint32_t)mix_bytes(text, len, pool->seed))->handle;
}

const char *nvx_string(const struct nvx_pool *pool, nvx_str str, size_t *ret_len)
{
	uint32_t len = 0;
	const char *text = "";
	if (str) {
		const char *p = nvx_pool_at(pool, str);
		memcpy(&len, p, sizeof(len));
		text = p + sizeof(len);
	}
	if (ret_len)
		*ret_len = len;
	return text;
}

nvx_list nvx_pool_list(struct nvx_pool *pool, const void *items, uint32_t n, uint32_t item_bytes)
{
	if (n == 0)
		return 0;
	/* two numbers of 32 bits: this fits */
	const size_t size_bytes = (size_t)n * item_bytes + sizeof(struct nvx_pool_list);
	const uint32_t handle = take(pool, size_bytes);
	if (!handle)
		return 0;
	struct nvx_pool_list *head = nvx_pool_at(pool, handle);
	*head = (struct nvx_pool_list){n, item_bytes};
	if (size_bytes == sizeof(*head) + sizeof(nvx_id)) /* as most are */
		memcpy(head + 1, items, sizeof(nvx_id));
	else
		memcpy(head + 1, items, (size_t)n * item_bytes);
	return handle;
}

void nvx_items_cut(struct nvx_pool *pool, nvx_list list, uint32_t n)
{
	((struct nvx_pool_list *)nvx_pool_at(pool, list))->n = n;
}

uint32_t nvx_item_bytes(const struct nvx_pool *pool, nvx_list list)
{
	return list ? ((const struct nvx_pool_list *)nvx_pool_at(pool, list))->item_bytes : 0;
}
