/* SPDX-License-Identifier: MIT */
/* mosctl call: any method, its parameters as JSON or as KEY=VALUE words. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "mosctl.h"

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
static yyjson_doc *words_to_json(const struct ctl_args *args, int *ret_bad)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_doc *result = NULL;

	yyjson_mut_doc_set_root(doc, root);
	for (int i = 1; i < args->n; i++) {
		const char *equals = strchr(args->word[i], '=');
		yyjson_mut_val *key, *value;
		yyjson_doc *parsed;

		if (!equals || equals == args->word[i]) {
			*ret_bad = i;
			goto out;
		}
		key = yyjson_mut_strncpy(doc, args->word[i], (size_t)(equals - args->word[i]));
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

static int call(struct ctl *ctl, const char *method, yyjson_val *params)
{
	struct block *blocks = NULL;
	struct mos_value value;
	struct mos_reply reply;
	int code, rc;

	rc = to_value(params, 0, &blocks, &value);
	if (rc < 0) {
		code = ctl_usage(ctl, "%s", rc == -E2BIG ? "the JSON is nested too deep" : "out of memory");
		goto out;
	}
	code = ctl_call(ctl, method, value.u.fields, value.len, &reply);
	if (code != CTL_OK)
		goto out;
	code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
out:
	blocks_free(blocks);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	yyjson_read_err err = {0};
	yyjson_doc *doc;
	int bad = 0, code;

	if (args->n == 2 && args->word[1][0] == '{')
		doc = yyjson_read_opts(args->word[1], strlen(args->word[1]), 0, NULL, &err);
	else
		doc = words_to_json(args, &bad);
	if (bad)
		return ctl_usage(ctl, "neither {...} nor KEY=VALUE: %s", args->word[bad]);
	if (!doc)
		return ctl_usage(ctl, "not JSON, at byte %zu: %s", err.pos, err.msg ? err.msg : "no text");
	code = call(ctl, args->word[0], yyjson_doc_get_root(doc));
	yyjson_doc_free(doc);
	return code;
}

const struct command cmd_call = {
	.name = "call",
	.words = "METHOD [JSON | KEY=VALUE...]",
	.summary = "Call any method of any service and print the answer as JSON",
	.text = "METHOD is SERVICE.NOUN.VERB; \"mosctl SERVICE NOUN VERB ...\" does the same.\n"
		"A VALUE that is JSON is taken as such, any other as text.",
	.example = "  mosctl call kronos.position.get\n"
		   "  mosctl call kronos.transport.seek '{\"bar\": 5, \"beat\": 2}'\n"
		   "  mosctl call apollo.note.play note=C4 velocity=0.5\n"
		   "  mosctl kronos loop set from_bar=1 to_bar=4",
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
