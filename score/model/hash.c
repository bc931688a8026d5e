/* SPDX-License-Identifier: MIT */
/*
 * The state of a score is the sum of its objects' hashes, so a change is a subtraction and an addition. An
 * object's hash is taken over the numbers in its struct and the contents that its handles lead to, never over
 * the handles.
 */
#include <errno.h>
#include <stdio.h>

#include "pool_private.h"
#include "shape.h"

static void mix_text(const struct nvx_pool *pool, nvx_str str, struct mix128 *h)
{
	size_t len;
	const char *text = nvx_string(pool, str, &len);
	mix128_bytes(h, text, len);
}

/** An id that is a number is the same in every pool. */
static inline void mix_id(const struct nvx_pool *pool, nvx_id id, struct mix128 *h)
{
	mix128_word(h, id & NVX_ID_IS_NUMBER ? id : 0);
	if (id && !(id & NVX_ID_IS_NUMBER))
		mix_text(pool, id, h);
}

static void mix_list(
	const struct nvx_pool *pool, const struct shape_field *field, nvx_list list, struct mix128 *h)
{
	uint32_t n;
	const char *items = nvx_items(pool, list, &n);
	mix128_word(h, n);
	if (field->type == SHAPE_PLAIN) {
		mix128_bytes(h, items, (size_t)n * nvx_item_bytes(pool, list));
		return;
	}
	if (field->type == SHAPE_IDS) {
		const nvx_id *ids = (const nvx_id *)(const void *)items;
		for (uint32_t i = 0; i < n; i++)
			mix_id(pool, ids[i], h);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (field->type == SHAPE_OBJECTS)
			shape_hash(pool, field->item, items + (size_t)i * field->item->item_bytes, h);
		else
			mix_text(pool, ((const nvx_str *)(const void *)items)[i], h);
	}
}

/** Is this handle's value the same in every pool? */
static int is_plain(const struct shape_field *field, uint32_t handle)
{
	return !handle || (field->type == SHAPE_ID && handle & NVX_ID_IS_NUMBER);
}

static_assert(sizeof(struct nvx_globals) <= SHAPE_MAX_BYTES &&
	      sizeof(struct nvx_notation_element) <= SHAPE_MAX_BYTES);

static struct mix_block block_of(const struct shape *shape, const struct shape_used *used)
{
	return mix_block(used->words, ((size_t)shape->item_bytes + 15) / 16);
}

/** @param used  Fields and words beyond these hold nothing. */
static inline void mix_item(const struct nvx_pool *pool, const struct shape *shape,
	const struct shape_used *used, const struct mix_block *block, const void *item, struct mix128 *h)
{
	uint64_t word[SHAPE_MAX_BYTES / 8];
	const size_t n_words = ((size_t)shape->item_bytes + 15) / 16 * 2;

	word[n_words - 1] = word[n_words - 2] = 0;
	memcpy(word, item, shape->item_bytes);
	uint64_t others = 0; /* fields whose value lies in the pool */
	for (uint32_t k = 0; k < used->n; k++) {
		const struct shape_field *field = &shape->field[used->field[k]];
		if (is_plain(field, shape_get(item, field)))
			continue;
		shape_set(word, field, 0);
		others |= UINT64_C(1) << used->field[k];
	}
	mix128_block(h, word, block);
	for (; others; others &= others - 1) {
		const uint32_t i = (uint32_t)__builtin_ctzll(others);
		const struct shape_field *field = &shape->field[i];
		const uint32_t handle = shape_get(item, field);
		mix128_word(h, i + 1u);
		if (field->type == SHAPE_TEXT || field->type == SHAPE_ID)
			mix_text(pool, handle, h);
		else
			mix_list(pool, field, handle, h);
	}
}

void shape_hash(const struct nvx_pool *pool, const struct shape *shape, const void *item, struct mix128 *h)
{
	struct shape_used all;
	shape_use_all(shape, &all);
	const struct mix_block block = block_of(shape, &all);
	mix_item(pool, shape, &all, &block, item, h);
}

struct mix128 shape_hash_seed(const struct nvx_pool *pool, unsigned list, nvx_id part_id, uint32_t index)
{
	struct mix128 h = {MIX_K2, MIX_K3};
	mix128_word(&h, list | (uint64_t)index << 32);
	mix_id(pool, part_id, &h);
	return h;
}

static struct score_state state_of(const struct shape *shape, struct mix128 h)
{
	mix128_word(&h, shape->item_bytes);
	return (struct score_state){{h.a, h.b}};
}

struct score_state shape_state(
	const struct nvx_pool *pool, const struct shape *shape, const void *item, struct mix128 seed)
{
	shape_hash(pool, shape, item, &seed);
	return state_of(shape, seed);
}

struct score_state score_item_state(const struct score *score, unsigned list, const void *item)
{
	return shape_state(score->pool, shape_of(list), item, shape_hash_seed(score->pool, list, 0, 0));
}

void shape_add_states(struct score_state *sum, const struct nvx_pool *pool, unsigned list, nvx_id part_id,
	const void *items, uint32_t n, uint32_t first, const struct shape_used *used)
{
	const struct shape *shape = shape_of(list);
	const char *item = items;
	const struct mix128 seed = shape_hash_seed(pool, list, part_id, 0);
	const struct mix_block block = block_of(shape, used);
	for (uint32_t i = 0; i < n; i++, item += shape->item_bytes) {
		struct mix128 h =
			shape_ordered(list) ? shape_hash_seed(pool, list, part_id, first + i) : seed;
		mix_item(pool, shape, used, &block, item, &h);
		state_add(sum, state_of(shape, h));
	}
}

void state_add(struct score_state *sum, struct score_state share)
{
	sum->word[1] += share.word[1];
	sum->word[0] += share.word[0] + (sum->word[1] < share.word[1]);
}

void state_sub(struct score_state *sum, struct score_state share)
{
	const int borrow = sum->word[1] < share.word[1];
	sum->word[1] -= share.word[1];
	sum->word[0] -= share.word[0] + (uint64_t)borrow;
}

void score_state_format(struct score_state state, char buf[static SCORE_STATE_TEXT])
{
	(void)snprintf(buf, SCORE_STATE_TEXT, "%016llx%016llx", (unsigned long long)state.word[0],
		(unsigned long long)state.word[1]);
}

int score_state_parse(const char *text, struct score_state *ret)
{
	struct score_state state = {};
	if (strlen(text) != SCORE_STATE_TEXT - 1)
		return -EINVAL;
	for (unsigned i = 0; i < SCORE_STATE_TEXT - 1; i++) {
		const char c = text[i];
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else
			return -EINVAL;
		state.word[i / 16] = state.word[i / 16] << 4 | digit;
	}
	*ret = state;
	return 0;
}
