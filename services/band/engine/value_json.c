/* SPDX-License-Identifier: MIT */
#include "value_internal.h"

#include <errno.h>
#include <stdio.h>

#include <yyjson.h>

static int convert(struct band_doc *doc, yyjson_val *from, struct band_value *to, uint32_t depth);

static int convert_list(struct band_doc *doc, yyjson_val *from, struct band_value *to, uint32_t depth)
{
	struct band_value *last = NULL, *value;
	yyjson_arr_iter iter = yyjson_arr_iter_with(from);
	int rc = 0;

	to->type = BAND_LIST;
	for (yyjson_val *v = yyjson_arr_iter_next(&iter); v && rc == 0; v = yyjson_arr_iter_next(&iter)) {
		rc = doc_add(doc, to, &last, &value);
		if (rc == 0)
			rc = convert(doc, v, value, depth + 1);
	}
	return rc;
}

static int convert_map(struct band_doc *doc, yyjson_val *from, struct band_value *to, uint32_t depth)
{
	struct band_value *last = NULL, *value;
	yyjson_obj_iter iter = yyjson_obj_iter_with(from);
	int rc = 0;

	to->type = BAND_MAP;
	for (yyjson_val *key = yyjson_obj_iter_next(&iter); key && rc == 0;
		key = yyjson_obj_iter_next(&iter)) {
		rc = doc_add(doc, to, &last, &value);
		if (rc == 0)
			rc = doc_text(doc, to, yyjson_get_str(key), yyjson_get_len(key), &value->key);
		if (rc == 0)
			rc = convert(doc, yyjson_obj_iter_get_val(key), value, depth + 1);
	}
	return rc < 0 ? rc : doc_check_keys(doc, to);
}

static int convert(struct band_doc *doc, yyjson_val *from, struct band_value *to, uint32_t depth)
{
	int rc = 0;

	if (depth > BAND_VALUE_DEPTH)
		return doc_refuse(doc, to, "more than 16 lists and maps inside each other");
	switch (yyjson_get_type(from)) {
	case YYJSON_TYPE_OBJ:
		return convert_map(doc, from, to, depth);
	case YYJSON_TYPE_ARR:
		return convert_list(doc, from, to, depth);
	case YYJSON_TYPE_BOOL:
		to->type = BAND_BOOL;
		to->boolean = yyjson_get_bool(from);
		to->text = to->boolean ? "true" : "false";
		return 0;
	case YYJSON_TYPE_RAW:
		to->type = BAND_TEXT;
		rc = doc_text(doc, to, yyjson_get_raw(from), yyjson_get_len(from), &to->text);
		if (rc == 0)
			doc_number(to, yyjson_get_len(from));
		return rc < 0 || to->type != BAND_TEXT
			       ? rc
			       : doc_refuse(doc, to, "this number is too long or too large");
	case YYJSON_TYPE_STR:
		to->type = BAND_TEXT;
		return doc_text(doc, to, yyjson_get_str(from), yyjson_get_len(from), &to->text);
	default:
		to->type = BAND_NULL;
		to->text = "null";
		return 0;
	}
}

int doc_read_json(struct band_doc *doc, const char *bytes, size_t size)
{
	yyjson_read_err err;
	struct band_value *root;

	/* Not in place: const bytes stay what they are. Numbers as written: D-13 and tempo need no second
	 * parser. */
	yyjson_doc *json =
		yyjson_read_opts((char *)(uintptr_t)bytes, size, YYJSON_READ_NUMBER_AS_RAW, NULL, &err);
	if (!json && err.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
		return -ENOMEM;
	if (!json) {
		size_t line = 0, column = 0, chr = 0;
		char where[BAND_WHERE_MAX];

		(void)yyjson_locate_pos(bytes, size, err.pos, &line, &column, &chr);
		(void)snprintf(where, sizeof(where), "line %zu, column %zu", line, column);
		return band_error(doc->report, doc->code, where, "no JSON: %s", err.msg);
	}
	int rc = doc_add(doc, NULL, NULL, &root);
	if (rc == 0)
		rc = convert(doc, yyjson_doc_get_root(json), root, 0);
	yyjson_doc_free(json);
	return rc;
}
