/* SPDX-License-Identifier: MIT */
/* Items that travel between pools, and whether two of them say the same. */
#include <errno.h>

#include "pool_private.h"
#include "shape.h"

static int carry_text(struct nvx_pool *to, const struct nvx_pool *from, nvx_str *str)
{
	size_t len;
	const char *text = nvx_string(from, *str, &len);
	if (*str)
		*str = nvx_pool_string(to, text, len);
	return len && !*str ? -ENOMEM : 0;
}

static int carry_id(struct nvx_pool *to, const struct nvx_pool *from, nvx_id *id)
{
	return *id & NVX_ID_IS_NUMBER ? 0 : carry_text(to, from, id);
}

static int carry_list(
	struct nvx_pool *to, const struct nvx_pool *from, const struct shape_field *field, nvx_list *list)
{
	uint32_t n;
	const uint32_t item_bytes = nvx_item_bytes(from, *list);
	const void *items = nvx_items(from, *list, &n);
	if (!n)
		return 0;
	*list = nvx_pool_list(to, items, n, item_bytes);
	if (!*list)
		return -ENOMEM;
	char *copy = nvx_items_mut(to, *list, &n);
	for (uint32_t i = 0; i < n && field->type != SHAPE_PLAIN; i++) {
		int err;
		if (field->type == SHAPE_OBJECTS)
			err = shape_carry(to, from, field->item, copy + (size_t)i * item_bytes);
		else if (field->type == SHAPE_IDS)
			err = carry_id(to, from, (nvx_id *)(void *)copy + i);
		else
			err = carry_text(to, from, (nvx_str *)(void *)copy + i);
		if (err)
			return err;
	}
	return 0;
}

int shape_carry(struct nvx_pool *to, const struct nvx_pool *from, const struct shape *shape, void *item)
{
	for (uint32_t i = 0; i < shape->n_fields; i++) {
		const struct shape_field *field = &shape->field[i];
		uint32_t handle = shape_get(item, field);
		int err;
		if (field->type == SHAPE_TEXT)
			err = carry_text(to, from, &handle);
		else if (field->type == SHAPE_ID)
			err = carry_id(to, from, &handle);
		else
			err = carry_list(to, from, field, &handle);
		if (err)
			return err;
		shape_set(item, field, handle);
	}
	return 0;
}

static int equal_text(const struct nvx_pool *pool_a, nvx_str a, const struct nvx_pool *pool_b, nvx_str b)
{
	if (pool_a == pool_b || !a || !b)
		return a == b;
	size_t len_a, len_b;
	const char *text_a = nvx_string(pool_a, a, &len_a), *text_b = nvx_string(pool_b, b, &len_b);
	return len_a == len_b && memcmp(text_a, text_b, len_a) == 0;
}

static int equal_id(const struct nvx_pool *pool_a, nvx_id a, const struct nvx_pool *pool_b, nvx_id b)
{
	return (a | b) & NVX_ID_IS_NUMBER ? a == b : equal_text(pool_a, a, pool_b, b);
}

static int equal_list(const struct nvx_pool *pool_a, nvx_list a, const struct nvx_pool *pool_b, nvx_list b,
	const struct shape_field *field)
{
	uint32_t n_a, n_b;
	const char *items_a = nvx_items(pool_a, a, &n_a), *items_b = nvx_items(pool_b, b, &n_b);
	if ((pool_a == pool_b && a == b) || n_a != n_b)
		return n_a == n_b;
	const size_t item_bytes = n_a ? nvx_item_bytes(pool_a, a) : 0;
	if (field->type == SHAPE_PLAIN)
		return !n_a || memcmp(items_a, items_b, n_a * item_bytes) == 0;
	for (uint32_t i = 0; i < n_a; i++) {
		const char *p = items_a + i * item_bytes, *q = items_b + i * item_bytes;
		uint32_t handle_a, handle_b;
		memcpy(&handle_a, p, sizeof(handle_a));
		memcpy(&handle_b, q, sizeof(handle_b));
		const int same = field->type == SHAPE_OBJECTS ? shape_equal(pool_a, p, pool_b, q, field->item)
				 : field->type == SHAPE_IDS ? equal_id(pool_a, handle_a, pool_b, handle_b)
							    : equal_text(pool_a, handle_a, pool_b, handle_b);
		if (!same)
			return 0;
	}
	return 1;
}

int shape_equal(const struct nvx_pool *pool_a, const void *a, const struct nvx_pool *pool_b, const void *b,
	const struct shape *shape)
{
	uint64_t copy_a[64], copy_b[64];
	static_assert(sizeof(struct nvx_globals) <= sizeof(copy_a));
	if (pool_a == pool_b && memcmp(a, b, shape->item_bytes) == 0)
		return 1;
	memcpy(copy_a, a, shape->item_bytes);
	memcpy(copy_b, b, shape->item_bytes);
	for (uint32_t i = 0; i < shape->n_fields; i++) {
		shape_set(copy_a, &shape->field[i], 0);
		shape_set(copy_b, &shape->field[i], 0);
	}
	if (memcmp(copy_a, copy_b, shape->item_bytes) != 0)
		return 0;
	for (uint32_t i = 0; i < shape->n_fields; i++) {
		const struct shape_field *field = &shape->field[i];
		const uint32_t handle_a = shape_get(a, field), handle_b = shape_get(b, field);
		const int same = field->type == SHAPE_TEXT ? equal_text(pool_a, handle_a, pool_b, handle_b)
				 : field->type == SHAPE_ID
					 ? equal_id(pool_a, handle_a, pool_b, handle_b)
					 : equal_list(pool_a, handle_a, pool_b, handle_b, field);
		if (!same)
			return 0;
	}
	return 1;
}
