/* SPDX-License-Identifier: MIT */
#include "map_ids.h"

#include <errno.h>
#include <string.h>

#include <score/bytes.h>

struct map {
	struct nvx_pool *pool;
	nvx_id_map_fn *fn;
	const void *ctx;
};

static int map_object(const struct map *m, const struct nvx_table *table, void *item);

static void map_id(const struct map *m, void *at)
{
	nvx_id id;
	memcpy(&id, at, sizeof(id));
	if (id)
		id = m->fn(m->ctx, id);
	memcpy(at, &id, sizeof(id));
}

/** What a list's handle means never changes: the changed one is another. */
static int map_list(const struct map *m, const struct nvx_field *f, void *at)
{
	nvx_list list;
	uint32_t n;
	int rc = 0;
	memcpy(&list, at, sizeof(list));
	const void *items = nvx_items(m->pool, list, &n);
	const uint32_t size = f->type == NVX_F_IDS ? (uint32_t)sizeof(nvx_id) : f->table->item_bytes;
	struct score_bytes copy;

	if (n == 0)
		return 0;
	score_bytes_init(&copy, nvx_pool_alloc(m->pool));
	score_bytes_put(&copy, items, (size_t)n * size);
	rc = copy.error;
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		if (f->type == NVX_F_IDS)
			map_id(m, copy.data + (size_t)i * size);
		else
			rc = map_object(m, f->table, copy.data + (size_t)i * size);
	}
	if (rc == 0 && memcmp(copy.data, items, (size_t)n * size) != 0) {
		list = nvx_pool_list(m->pool, copy.data, n, size);
		rc = list ? 0 : -ENOMEM;
		memcpy(at, &list, sizeof(list));
	}
	score_bytes_finish(&copy);
	return rc;
}

static int map_object(const struct map *m, const struct nvx_table *table, void *item)
{
	for (const struct nvx_field *f = table->field; f < table->field + table->n_fields; f++) {
		void *at = (char *)item + f->offset;
		int rc = 0;
		if (f->kinds && !nvx_field_applies(table, f, item))
			continue;
		if (f->type == NVX_F_ID)
			map_id(m, at);
		else if (f->type == NVX_F_IDS || f->type == NVX_F_OBJECTS)
			rc = map_list(m, f, at);
		else if (f->type == NVX_F_GROUP)
			rc = map_object(m, f->table, at);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int nvx_map_ids(
	struct nvx_pool *pool, const struct nvx_table *table, void *item, nvx_id_map_fn *fn, const void *ctx)
{
	return map_object(&(struct map){pool, fn, ctx}, table, item);
}
