/* SPDX-License-Identifier: MIT */
/**
 * Strings, ids and lists of one document and of all its snapshots. Append-only: a handle means the same as
 * long as the pool lives, and what it means never moves or changes. One thread adds; any thread may read what
 * a handle that it was given means. Reference-counted, atomically.
 */
#ifndef SCORE_POOL_H
#define SCORE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <score/alloc.h>

/** A string of a pool; 0: none (which is not the empty string). Below 2^31. */
typedef uint32_t nvx_str;
/** A list of a pool: items of one size; 0: none (the empty list). Below 2^31. */
typedef uint32_t nvx_list;
/**
 * Identity of a part, note, element ... (nvx1.md 12.4); 0: none. Equal ids are equal numbers. An id that is
 * its kind's letter and a number without leading zeros ("n12") is held as a number, any other as a string of
 * the pool.
 */
typedef uint32_t nvx_id;

struct nvx_pool;

/** @param alloc  Borrowed for the pool's life. @return NULL: out of memory. */
struct nvx_pool *nvx_pool_new(const struct score_alloc *alloc);
struct nvx_pool *nvx_pool_ref(struct nvx_pool *pool);
/** NULL is fine. */
void nvx_pool_unref(struct nvx_pool *pool);
const struct score_alloc *nvx_pool_alloc(const struct nvx_pool *pool);
/** Bytes held: what an append-only pool costs; Hermes rewrites a document whose pool is mostly garbage. */
size_t nvx_pool_bytes(const struct nvx_pool *pool);

/** Equal strings get equal handles. Any bytes, also NUL. @return 0 only when out of memory or full. */
nvx_str nvx_pool_string(struct nvx_pool *pool, const char *text, size_t len);
/** The handle of a string that is in the pool, 0: it is not. The writer's thread. */
nvx_str nvx_pool_find(const struct nvx_pool *pool, const char *text, size_t len);
/** NUL-terminated bytes of the pool; "" for handle 0. @param ret_len  May be NULL. */
const char *nvx_string(const struct nvx_pool *pool, nvx_str str, size_t *ret_len);

/**
 * Copy a list of `n` items of `item_bytes` (8-aligned in the pool). An empty one is 0.
 * @return 0 with n > 0: out of memory or full.
 */
nvx_list nvx_pool_list(struct nvx_pool *pool, const void *items, uint32_t n, uint32_t item_bytes);

/** What a pool begins with: the blocks in which handles are resolved. For the functions below. */
struct nvx_pool_blocks {
	uint64_t *block[88];
};
#define NVX_POOL_FIRST_LOG2 9u /**< the first block begins at unit 512, so that no handle is 0 */
struct nvx_pool_list {
	uint32_t n, item_bytes;
};
/** Where a handle's bytes lie. */
static inline void *nvx_pool_at(const struct nvx_pool *pool, uint32_t handle)
{
	const struct nvx_pool_blocks *blocks = (const struct nvx_pool_blocks *)(const void *)pool;
	const unsigned log2 = 31u - (unsigned)__builtin_clz(handle);
	const uint32_t block = 4 * (log2 - NVX_POOL_FIRST_LOG2) + (handle >> (log2 - 2) & 3u);
	return blocks->block[block] + (handle & ((UINT32_C(1) << (log2 - 2)) - 1));
}
/** NULL and *ret_n = 0 for handle 0. */
static inline const void *nvx_items(const struct nvx_pool *pool, nvx_list list, uint32_t *ret_n)
{
	*ret_n = 0;
	if (!list)
		return NULL;
	const struct nvx_pool_list *head = (const struct nvx_pool_list *)nvx_pool_at(pool, list);
	*ret_n = head->n;
	return head + 1;
}

/** The letter of an id that was made by number and has no name yet: importers' ids until the draft is
 * finished. */
#define NVX_PROVISIONAL 31u
/** In the order in which they are numbered. */
#define NVX_ID_LETTERS "prncfhatdgelkxvs"
#define NVX_ID_NUMBER_MAX ((1u << 26) - 1u)

/** @param letter  One of NVX_ID_LETTERS as a character, or NVX_PROVISIONAL. @param number  1 ..
 * NVX_ID_NUMBER_MAX. */
nvx_id nvx_id_number(unsigned letter, uint32_t number);
/** From text that has the form of an id (1..64 of A-Z a-z 0-9 . _ : -). @return 0: malformed, or no memory
 * (errno). */
nvx_id nvx_id_parse(struct nvx_pool *pool, const char *text, size_t len);
#define NVX_ID_MAX 64u
/** The id if the pool can hold an object by it, 0: malformed, or no object has it. The writer's thread. */
nvx_id nvx_id_find(const struct nvx_pool *pool, const char *text, size_t len);
/** @return its length; `buf` is NUL-terminated. */
size_t nvx_id_format(const struct nvx_pool *pool, nvx_id id, char buf[static NVX_ID_MAX + 1]);
/** Order by the bytes of their text, as 12.5 asks. */
int nvx_id_compare(const struct nvx_pool *pool, nvx_id a, nvx_id b);

#endif
