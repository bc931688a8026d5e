/* SPDX-License-Identifier: MIT */
/* settings.json: {"revision": n, "settings": {those that were set}}. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

/* @return 0 it fits; -EINVAL; -ENOMEM. */
static int value_from_json(const struct setting *s, yyjson_val *val, struct setting_value *ret)
{
	char message[160];
	int rc;

	*ret = (struct setting_value){0};
	switch (s->type) {
	case SETTING_BOOLEAN:
		if (!yyjson_is_bool(val))
			return -EINVAL;
		ret->i = yyjson_get_bool(val);
		break;
	case SETTING_INTEGER:
		if (!yyjson_is_int(val) || (yyjson_is_uint(val) && yyjson_get_uint(val) > INT64_MAX))
			return -EINVAL;
		ret->i = yyjson_get_sint(val);
		break;
	case SETTING_NUMBER:
		if (!yyjson_is_num(val))
			return -EINVAL;
		ret->f = yyjson_get_num(val);
		break;
	case SETTING_STRING:
		if (!yyjson_is_str(val) || strlen(yyjson_get_str(val)) != yyjson_get_len(val))
			return -EINVAL;
		ret->s = strdup(yyjson_get_str(val));
		if (!ret->s)
			return -ENOMEM;
		break;
	}
	rc = setting_check(s, ret, message);
	if (rc < 0 && s->type == SETTING_STRING)
		free(ret->s);
	return rc;
}

/* @return how many did not fit; -ENOMEM. */
static int take_values(const struct schema *schema, yyjson_val *map, struct settings *s)
{
	size_t index, n;
	yyjson_val *key, *val;
	int left_out = 0;

	yyjson_obj_foreach(map, index, n, key, val)
	{
		struct setting_value value;
		int i = schema_find(schema, yyjson_get_str(key)), rc;

		rc = i < 0 ? -EINVAL : value_from_json(&schema->setting[i], val, &value);
		if (rc == -ENOMEM)
			return rc;
		if (rc < 0) {
			left_out++;
			continue;
		}
		if (schema->setting[i].type == SETTING_STRING)
			free(s->value[i].s);
		s->value[i] = value;
		s->given |= UINT64_C(1) << i;
	}
	return left_out;
}

int settings_read(const struct schema *schema, const char *bytes, size_t len, struct settings *ret)
{
	yyjson_doc *doc;
	yyjson_val *revision, *map;
	int rc = settings_init(schema, ret);

	if (rc < 0)
		return rc;
	doc = yyjson_read(bytes, len, 0);
	revision = yyjson_obj_get(yyjson_doc_get_root(doc), "revision");
	map = yyjson_obj_get(yyjson_doc_get_root(doc), "settings");
	if (yyjson_is_uint(revision) && yyjson_is_obj(map)) {
		ret->revision = yyjson_get_uint(revision);
		rc = take_values(schema, map, ret);
		if (rc < 0)
			settings_finish(schema, ret);
	} else {
		rc = -EINVAL;
	}
	yyjson_doc_free(doc);
	return rc;
}

static yyjson_mut_val *value_to_json(
	yyjson_mut_doc *doc, enum setting_type type, const struct setting_value *value)
{
	switch (type) {
	case SETTING_BOOLEAN:
		return yyjson_mut_bool(doc, !!value->i);
	case SETTING_INTEGER:
		return yyjson_mut_sint(doc, value->i);
	case SETTING_NUMBER:
		return yyjson_mut_real(doc, value->f);
	case SETTING_STRING:
		return yyjson_mut_str(doc, value->s);
	}
	return NULL;
}

char *settings_write(const struct schema *schema, const struct settings *s, size_t *ret_len)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = doc ? yyjson_mut_obj(doc) : NULL;
	yyjson_mut_val *map = yyjson_mut_obj(doc);
	int ok = root && map && yyjson_mut_obj_add_uint(doc, root, "revision", s->revision) &&
		 yyjson_mut_obj_add_val(doc, root, "settings", map);
	char *bytes = NULL;

	for (uint32_t i = 0; ok && i < schema->n; i++) {
		if (s->given >> i & 1)
			ok = yyjson_mut_obj_add_val(doc, map, schema->setting[i].name,
				value_to_json(doc, schema->setting[i].type, &s->value[i]));
	}
	if (ok) {
		yyjson_mut_doc_set_root(doc, root);
		bytes = yyjson_mut_write(doc, YYJSON_WRITE_PRETTY, ret_len);
	}
	yyjson_mut_doc_free(doc);
	return bytes;
}
