/* SPDX-License-Identifier: MIT */
/** What only the model may do with a pool. */
#ifndef SCORE_POOL_PRIVATE_H
#define SCORE_POOL_PRIVATE_H

#include <score/pool.h>

/** The items, to be changed: only while the pool belongs to one draft. */
static inline void *nvx_items_mut(struct nvx_pool *pool, nvx_list list, uint32_t *ret_n)
{
	return (void *)(uintptr_t)nvx_items(pool, list, ret_n);
}
/** Keep the first `n` items, at least one: as above. */
void nvx_items_cut(struct nvx_pool *pool, nvx_list list, uint32_t n);
/** Size of one item; 0 for handle 0. */
uint32_t nvx_item_bytes(const struct nvx_pool *pool, nvx_list list);
/** Length of the longest string so far. */
size_t nvx_pool_longest(const struct nvx_pool *pool);

#define NVX_ID_IS_NUMBER UINT32_C(0x80000000)
static inline unsigned nvx_id_letter(nvx_id id)
{
	return id >> 26 & 31u;
}
static inline int nvx_id_provisional(nvx_id id)
{
	return id >> 26 == (32u | NVX_PROVISIONAL);
}

#endif
