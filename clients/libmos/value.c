/* SPDX-License-Identifier: MIT */
/* Reading answers by path. */
#include <stdlib.h>
#include <string.h>

#include <mos/value.h>

static const struct mos_value *map_get(const struct mos_value *map, const char *key, size_t key_len)
{
	for (uint32_t i = 0; i < map->len; i++) {
		const struct mos_field *f = &map->u.fields[i];

		if (!strncmp(f->key, key, key_len) && !f->key[key_len])
			return &f->value;
	}
	return NULL;
}

static const struct mos_value *list_get(const struct mos_value *list, const char *index, size_t index_len)
{
	uint32_t i = 0;

	if (!index_len || index_len > 9) /* nine digits fit */
		return NULL;
	for (size_t k = 0; k < index_len; k++) {
		if (index[k] < '0' || index[k] > '9')
			return NULL;
		i = i * 10 + (uint32_t)(index[k] - '0');
	}
	return i < list->len ? &list->u.items[i] : NULL;
}

const struct mos_value *mos_get(const struct mos_value *root, const char *path)
{
	const struct mos_value *v = root;

	while (v && *path) {
		size_t len = strcspn(path, "/");

		if (v->type == MOS_VALUE_MAP)
			v = map_get(v, path, len);
		else if (v->type == MOS_VALUE_LIST)
			v = list_get(v, path, len);
		else
			v = NULL;
		path += len;
		if (*path == '/')
			path++;
	}
	return v;
}

int64_t mos_get_int(const struct mos_value *root, const char *path, int64_t otherwise)
{
	const struct mos_value *v = mos_get(root, path);

	return v && v->type == MOS_VALUE_INT ? v->u.integer : otherwise;
}

uint64_t mos_get_natural(const struct mos_value *root, const char *path, uint64_t otherwise)
{
	const struct mos_value *v = mos_get(root, path);

	if (v && v->type == MOS_VALUE_NATURAL)
		return v->u.natural;
	return v && v->type == MOS_VALUE_INT && v->u.integer >= 0 ? (uint64_t)v->u.integer : otherwise;
}

double mos_get_real(const struct mos_value *root, const char *path, double otherwise)
{
	const struct mos_value *v = mos_get(root, path);

	if (!v)
		return otherwise;
	switch (v->type) {
	case MOS_VALUE_REAL:
		return v->u.real;
	case MOS_VALUE_INT:
		return (double)v->u.integer;
	case MOS_VALUE_NATURAL:
		return (double)v->u.natural;
	default:
		return otherwise;
	}
}

int mos_get_bool(const struct mos_value *root, const char *path, int otherwise)
{
	const struct mos_value *v = mos_get(root, path);

	return v && v->type == MOS_VALUE_BOOL ? v->u.boolean : otherwise;
}

const char *mos_get_str(const struct mos_value *root, const char *path, const char *otherwise)
{
	const struct mos_value *v = mos_get(root, path);

	return v && v->type == MOS_VALUE_STR ? v->u.str : otherwise;
}
