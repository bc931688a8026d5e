/* SPDX-License-Identifier: MIT */
/* Parameters of a call from words of a command line. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "params.h"

#define DEPTH_MAX 16 /* frames refuse more */

/* Everything made for one call hangs in a list and is freed together. */
struct block {
	struct block *next;
	max_align_t data[];
};

static void *block_new(struct block **list, size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size + 1);

	if (!b)
		return NULL;
	b->next = *list;
	*list = b;
	return b->data;
}

static void blocks_free(struct block *list)
{
	while (list) {
		struct block *next = list->next;

		free(list);
		list = next;
	}
}

/* @return 0, -E2BIG too deep, -ENOMEM. Texts stay yyjson's. */
static int to_value(yyjson_val *json, int depth, struct block **list, struct mos_value *ret)
{
	uint32_t n = (uint32_t)yyjson_get_len(json);
	size_t i, max;
	yyjson_val *key, *item;
	int rc = 0;

	if (depth == DEPTH_MAX)
		return -E2BIG;
	switch (yyjson_get_type(json)) {
	case YYJSON_TYPE_BOOL:
		*ret = mos_value_bool(yyjson_get_bool(json));
		return 0;
	case YYJSON_TYPE_NUM:
		if (yyjson_is_real(json))
			*ret = mos_value_real(yyjson_get_real(json));
		else if (yyjson_is_uint(json) && yyjson_get_uint(json) > INT64_MAX)
			*ret = (struct mos_value){MOS_VALUE_NATURAL, 0, {.natural = yyjson_get_uint(json)}};
		else
			*ret = mos_value_int(yyjson_get_sint(json));
		return 0;
	case YYJSON_TYPE_STR:
		*ret = mos_value_str(yyjson_get_str(json));
		return 0;
	case YYJSON_TYPE_ARR: {
		struct mos_value *items = block_new(list, n * sizeof(*items));

		if (!items)
			return -ENOMEM;
		yyjson_arr_foreach(json, i, max, item)
		{
			rc = to_value(item, depth + 1, list, &items[i]);
			if (rc < 0)
				return rc;
		}
		*ret = mos_value_list(items, n);
		return 0;
	}
	case YYJSON_TYPE_OBJ: {
		struct mos_field *fields = block_new(list, n * sizeof(*fields));

		if (!fields)
			return -ENOMEM;
		yyjson_obj_foreach(json, i, max, key, item)
		{
			fields[i].key = yyjson_get_str(key);
			rc = to_value(item, depth + 1, list, &fields[i].value);
			if (rc < 0)
				return rc;
		}
		*ret = mos_value_map(fields, n);
		return 0;
	}
	default:
		*ret = (struct mos_value){0};
		return 0;
	}
}

/* KEY=VALUE words as a JSON object: a VALUE that is JSON by itself is taken so, any other is text. */
static yyjson_doc *words_to_json(int n, char *const *words, int *ret_bad)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_doc *result = NULL;

	yyjson_mut_doc_set_root(doc, root);
	for (int i = 0; i < n; i++) {
		const char *equals = strchr(words[i], '=');
		yyjson_mut_val *key, *value;
		yyjson_doc *parsed;

		if (!equals || equals == words[i]) {
			*ret_bad = i;
			goto out;
		}
		key = yyjson_mut_strncpy(doc, words[i], (size_t)(equals - words[i]));
		parsed = yyjson_read(equals + 1, strlen(equals + 1), 0);
		value = parsed ? yyjson_val_mut_copy(doc, yyjson_doc_get_root(parsed))
			       : yyjson_mut_strcpy(doc, equals + 1);
		yyjson_doc_free(parsed);
		yyjson_mut_obj_add(root, key, value);
	}
	result = yyjson_mut_doc_imut_copy(doc, NULL);
out:
	yyjson_mut_doc_free(doc);
	return result;
}

int params_parse(struct ctl *ctl, int n, char *const *words, struct params *ret)
{
	yyjson_read_err err = {0};
	int bad = -1, rc;

	*ret = (struct params){0};
	if (n == 1 && words[0][0] == '{')
		ret->doc = yyjson_read_opts(words[0], strlen(words[0]), 0, NULL, &err);
	else
		ret->doc = words_to_json(n, words, &bad);
	if (bad >= 0)
		return ctl_usage(ctl, "neither {...} nor KEY=VALUE: %s", words[bad]);
	if (!ret->doc)
		return ctl_usage(ctl, "not JSON, at byte %zu: %s", err.pos, err.msg ? err.msg : "no text");
	rc = to_value(yyjson_doc_get_root(ret->doc), 0, &ret->blocks, &ret->map);
	if (rc == 0)
		return CTL_OK;
	params_free(ret);
	return ctl_usage(ctl, "%s", rc == -E2BIG ? "the JSON is nested too deep" : "out of memory");
}

void params_free(struct params *params)
{
	blocks_free(params->blocks);
	yyjson_doc_free(params->doc);
}
