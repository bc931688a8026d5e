/* SPDX-License-Identifier: MIT */
#ifndef NVX1_MAP_IDS_H
#define NVX1_MAP_IDS_H

#include <score/nvx_tables.h>

/** Replace every id that is set, its own and what it names. @return 0, -ENOMEM. */
typedef nvx_id nvx_id_map_fn(const void *ctx, nvx_id id);
int nvx_map_ids(
	struct nvx_pool *pool, const struct nvx_table *table, void *item, nvx_id_map_fn *fn, const void *ctx);

#endif
