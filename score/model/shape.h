/* SPDX-License-Identifier: MIT */
/**
 * Which fields of the structs of nvx.h are handles, and what they lead to: enough to rename ids, check
 * references, hash contents and carry an item from one pool into another, without a visit of every member.
 * All other bytes are plain numbers. A unit test compares this with the tables of nvx_tables.h. Constant
 * data.
 */
#ifndef SCORE_SHAPE_H
#define SCORE_SHAPE_H

#include <score/mix.h>
#include <score/nvx.h>
#include <score/nvx_tables.h>
#include <score/score.h>

enum shape_type {
	SHAPE_TEXT,    /**< nvx_str */
	SHAPE_ID,      /**< nvx_id */
	SHAPE_PLAIN,   /**< nvx_list of numbers */
	SHAPE_TEXTS,   /**< nvx_list of nvx_str */
	SHAPE_IDS,     /**< nvx_list of nvx_id */
	SHAPE_OBJECTS, /**< nvx_list of structs */
};

struct shape;
struct shape_field {
	const char *name; /**< way of the JSON member; NULL: never told */
	const struct shape *item;
	uint16_t offset;
	uint8_t type; /**< enum shape_type */
	uint8_t ref;  /**< enum nvx_ref */
	uint8_t need; /**< 1: the object is nothing without what this names */
};
struct shape {
	const struct shape_field *field;
	uint16_t n_fields;
	uint16_t item_bytes;
	uint16_t id; /**< offset of the object's own id; SHAPE_NO_ID: it has none */
	char letter; /**< of its ids */
};
#define SHAPE_NO_ID UINT16_MAX
/** As a list: the globals. */
#define SHAPE_GLOBALS 0xffu

/** @param list  enum nvx_list_kind, also note, control and part. */
const struct shape *shape_of(unsigned list);
extern const struct shape shape_globals, shape_region;

/** A 32-bit handle in an item. */
static inline uint32_t shape_get(const void *item, const struct shape_field *field)
{
	uint32_t handle;
	memcpy(&handle, (const char *)item + field->offset, sizeof(handle));
	return handle;
}
static inline void shape_set(void *item, const struct shape_field *field, uint32_t handle)
{
	memcpy((char *)item + field->offset, &handle, sizeof(handle));
}
static inline nvx_id shape_item_id(const struct shape *shape, const void *item)
{
	nvx_id id;
	memcpy(&id, (const char *)item + shape->id, sizeof(id));
	return id;
}
/** 1: elements of a layer or rail: the item begins with struct nvx_element. */
static inline int shape_is_element(unsigned list)
{
	return list >= NVX_LIST_form && list <= NVX_LIST_melody;
}

/** Those fields of a shape that some item of a list has something in: the others need no look. */
#define SHAPE_MAX_FIELDS 64u
#define SHAPE_MAX_BYTES 512u /**< of an item; a multiple of 8 each */
struct shape_used {
	uint64_t words; /**< bit n: some item has something in its n-th eight bytes */
	uint8_t n;
	uint8_t field[SHAPE_MAX_FIELDS];
};
/** @param item_bytes  From one item to the next. */
void shape_find_used(
	const struct shape *shape, const void *items, size_t n, size_t item_bytes, struct shape_used *ret);
/** All of them, for a single item. */
void shape_use_all(const struct shape *shape, struct shape_used *ret);

/** Mix in what an item says, whatever pool its handles are of. */
void shape_hash(const struct nvx_pool *pool, const struct shape *shape, const void *item, struct mix128 *h);
/** Where the hash of an item of a list begins. @param part_id  Of notes and controls. @param index  Where
 * order matters. */
struct mix128 shape_hash_seed(const struct nvx_pool *pool, unsigned list, nvx_id part_id, uint32_t index);
/** 1: the order of a list's items is their own. */
static inline int shape_ordered(unsigned list)
{
	return list == NVX_LIST_part || list == NVX_LIST_order || list == NVX_LIST_extended;
}
/** One object's share of a state. */
struct score_state shape_state(
	const struct nvx_pool *pool, const struct shape *shape, const void *item, struct mix128 seed);
/** Add the shares of items of a list, from index `first` on. @param used  What they have something in, or
 * more. */
void shape_add_states(struct score_state *sum, const struct nvx_pool *pool, unsigned list, nvx_id part_id,
	const void *items, uint32_t n, uint32_t first, const struct shape_used *used);
void state_add(struct score_state *sum, struct score_state share);
void state_sub(struct score_state *sum, struct score_state share);

/** Make an item's handles those of another pool. @return 0, -ENOMEM. */
int shape_carry(struct nvx_pool *to, const struct nvx_pool *from, const struct shape *shape, void *item);
/** 1: both say the same. */
int shape_equal(const struct nvx_pool *pool_a, const void *a, const struct nvx_pool *pool_b, const void *b,
	const struct shape *shape);

#endif
