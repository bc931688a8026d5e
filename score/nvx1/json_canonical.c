/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "json_pull.h"
#include "json_put.h"
#include "sort.h"
#include "words.h"

/** A member that is written: its key, and where its text lies in the output. */
struct member {
	struct json_text key;
	uint32_t first; /**< place among the keys that come first; beyond them: the same for all */
	size_t begin, end;
};

struct canonical {
	struct json_pull pull;
	struct score_bytes *out;
	struct member *member;
	size_t n, cap;
};

static void put_text(struct canonical *c, struct json_text text)
{
	if (!text.escaped) {
		json_put_string(c->out, text.at, text.len);
		return;
	}
	char *plain = score_zalloc(c->out->alloc, text.len + 1u, 1);
	if (plain)
		json_put_string(c->out, plain, json_decode(text, plain));
	else
		c->out->error = -ENOMEM;
	score_free(c->out->alloc, plain);
}

static int by_key(const void *a, const void *b, void *)
{
	const struct member *x = a, *y = b;
	return x->first != y->first ? (x->first < y->first ? -1 : 1) : json_text_compare(x->key, y->key);
}

/** Bring the members' texts, written in the document's order from `begin` on, into canonical order. */
static void reorder(struct canonical *c, size_t first, size_t begin)
{
	struct member *m = c->member + first;
	const size_t n = c->n - first;
	size_t i = 1;

	while (i < n && by_key(&m[i - 1], &m[i], NULL) < 0)
		i++;
	if (i >= n || c->out->error)
		return;
	const size_t size = c->out->n - begin;
	char *copy = score_zalloc(c->out->alloc, size, 1);
	if (!copy) {
		c->out->error = -ENOMEM;
		return;
	}
	memcpy(copy, c->out->data + begin, size);
	nvx_sort(m, n, sizeof(*m), by_key, NULL);
	c->out->n = begin;
	for (i = 0; i < n; i++) {
		if (i > 0)
			score_bytes_u8(c->out, ',');
		score_bytes_put(c->out, copy + (m[i].begin - begin), m[i].end - m[i].begin);
	}
	score_free(c->out->alloc, copy);
}

static void value(struct canonical *c, const struct nvx_words *first);

static void object(struct canonical *c, const struct nvx_words *words)
{
	const size_t first = c->n;
	score_bytes_u8(c->out, '{');
	const size_t begin = c->out->n;
	for (json_enter(&c->pull); json_next(&c->pull);) {
		const struct json_text key = json_key(&c->pull);
		if (c->n > first)
			score_bytes_u8(c->out, ',');
		if (score_reserve(c->out->alloc, (void **)&c->member, &c->cap, c->n + 1, sizeof(*c->member)) <
			0) {
			c->out->error = -ENOMEM;
			json_skip(&c->pull);
			continue;
		}
		const size_t at = c->n++, start = c->out->n;
		const int known = words && !key.escaped ? nvx_word_find(words, key.at, key.len) : -1;
		put_text(c, key);
		score_bytes_u8(c->out, ':');
		value(c, NULL);
		c->member[at] =
			(struct member){key, known < 0 ? UINT32_MAX : (uint32_t)known, start, c->out->n};
	}
	reorder(c, first, begin);
	score_bytes_u8(c->out, '}');
	c->n = first;
}

static void value(struct canonical *c, const struct nvx_words *first)
{
	switch (json_kind(&c->pull)) {
	case JSON_OBJECT:
		object(c, first);
		break;
	case JSON_ARRAY:
		score_bytes_u8(c->out, '[');
		for (json_enter(&c->pull); json_next(&c->pull);) {
			if (json_index(&c->pull) > 0)
				score_bytes_u8(c->out, ',');
			value(c, NULL);
		}
		score_bytes_u8(c->out, ']');
		break;
	case JSON_STRING:
		put_text(c, json_string(&c->pull));
		break;
	default: {
		const struct json_text raw = json_raw(&c->pull);
		score_bytes_put(c->out, raw.at, raw.len);
	}
	}
}

void json_canonical(const uint8_t *at, const struct nvx_words *first, struct score_bytes *out)
{
	struct canonical c = {.out = out};
	json_pull_init(&c.pull, at);
	value(&c, first);
	score_free(out->alloc, c.member);
}
