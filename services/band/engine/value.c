/* SPDX-License-Identifier: MIT */
#include "value_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

#define BLOCK_SIZE 16384u

struct doc_block {
	struct doc_block *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

void *doc_alloc(struct band_doc *doc, size_t size)
{
	const size_t need = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	struct doc_block *block = doc->block;

	if (!block || block->size - block->used < need) {
		const size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;

		block = calloc(1, sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct doc_block){.older = doc->block, .size = room};
		doc->block = block;
	}
	block->used += need;
	return block->bytes + block->used - need;
}

int doc_add(
	struct band_doc *doc, struct band_value *parent, struct band_value **last, struct band_value **ret)
{
	if (doc->n_values++ >= BAND_VALUES_MAX)
		return doc_refuse(doc, parent, "more than 65536 values");
	struct band_value *value = doc_alloc(doc, sizeof(*value));
	if (!value)
		return -ENOMEM;
	value->parent = parent;
	value->text = "";
	if (!parent) {
		doc->root = value;
	} else {
		value->index = parent->n++;
		if (*last)
			(*last)->next = value;
		else
			parent->first = value;
		*last = value;
	}
	*ret = value;
	return 0;
}

int doc_text(
	struct band_doc *doc, const struct band_value *at, const char *text, size_t len, const char **ret)
{
	if (memchr(text, '\0', len))
		return doc_refuse(doc, at, "a text has a NUL in it");
	char *copy = doc_alloc(doc, len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	*ret = copy;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct band_value *const *x = a, *const *y = b;
	const int order = strcmp((*x)->key, (*y)->key);

	return order ? order : (*x)->index < (*y)->index ? -1 : 1;
}

int doc_check_keys(struct band_doc *doc, const struct band_value *map)
{
	int rc = 0;

	if (map->n < 2)
		return 0;
	const struct band_value **sorted = calloc(map->n, sizeof(const struct band_value *));
	if (!sorted)
		return -ENOMEM;
	for (const struct band_value *v = map->first; v; v = v->next)
		sorted[v->index] = v;
	qsort(sorted, map->n, sizeof(const struct band_value *), by_key);
	for (uint32_t i = 1; i < map->n && rc == 0; i++) {
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
			rc = doc_refuse(doc, sorted[i], "this key stands twice");
	}
	free(sorted);
	return rc;
}

void doc_number(struct band_value *value, size_t len)
{
	struct band_number number;

	if (!band_number_parse(value->text, len, &number))
		return;
	value->type = number.whole ? BAND_INT : BAND_REAL;
	value->integer = number.integer;
	value->real = number.real;
}

int doc_refuse(struct band_doc *doc, const struct band_value *at, const char *why)
{
	char where[BAND_WHERE_MAX];

	return band_error(doc->report, doc->code, at ? band_value_where(at, where) : "/", "%s", why);
}

int band_doc_read(
	const char *bytes, size_t size, const char *code, struct band_report *report, struct band_doc **ret)
{
	size_t i = 0;

	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	if (size > BAND_FILE_MAX)
		return band_error(report, code, "/", "larger than %u bytes", BAND_FILE_MAX);
	while (i < size && memchr(" \t\r\n", bytes[i], 4))
		i++;
	if (i == size)
		return band_error(report, code, "/", "the file is empty");

	struct band_doc *doc = calloc(1, sizeof(*doc));
	if (!doc)
		return -ENOMEM;
	doc->code = code;
	doc->report = report;
	const int rc = bytes[i] == '{' || bytes[i] == '[' ? doc_read_json(doc, bytes, size)
							  : doc_read_yaml(doc, bytes, size);
	if (rc < 0) {
		band_doc_free(doc);
		return rc;
	}
	doc->report = NULL;
	*ret = doc;
	return 0;
}

void band_doc_free(struct band_doc *doc)
{
	if (!doc)
		return;
	while (doc->block) {
		struct doc_block *older = doc->block->older;

		free(doc->block);
		doc->block = older;
	}
	free(doc);
}

const struct band_value *band_doc_root(const struct band_doc *doc)
{
	return doc->root;
}

const struct band_value *band_value_get(const struct band_value *map, const char *key)
{
	if (map->type != BAND_MAP)
		return NULL;
	for (const struct band_value *v = map->first; v; v = v->next) {
		if (strcmp(v->key, key) == 0)
			return v;
	}
	return NULL;
}

bool band_value_is_number(const struct band_value *value)
{
	return value->type == BAND_INT || value->type == BAND_REAL;
}

/** A reference token of a JSON pointer. @return the new length; no more than `room`. */
static size_t add_token(char *buf, size_t len, size_t room, const struct band_value *value)
{
	char index[16];
	const char *key = value->key;

	if (!key) {
		(void)snprintf(index, sizeof(index), "%u", value->index);
		key = index;
	}
	if (len < room)
		buf[len++] = '/';
	for (; *key && len + 2 <= room; key++) {
		if (*key == '~' || *key == '/')
			buf[len++] = '~';
		buf[len++] = *key == '~' ? '0' : *key == '/' ? '1' : *key;
	}
	return len;
}

const char *band_value_where(const struct band_value *value, char buf[BAND_WHERE_MAX])
{
	const struct band_value *path[BAND_VALUE_DEPTH + 2];
	const size_t room = value->line ? BAND_WHERE_MAX - 34 : BAND_WHERE_MAX - 1;
	uint32_t depth = 0;
	size_t len = 0;

	for (const struct band_value *v = value; v->parent && depth < BAND_VALUE_DEPTH + 2; v = v->parent)
		path[depth++] = v;
	while (depth > 0)
		len = add_token(buf, len, room, path[--depth]);
	if (len == 0)
		buf[len++] = '/';
	buf[len] = '\0';
	if (value->line)
		(void)snprintf(
			buf + len, BAND_WHERE_MAX - len, " (line %u, column %u)", value->line, value->column);
	return buf;
}
