/* SPDX-License-Identifier: MIT */
/* widget.json's settings: a schema whose parts agree with each other. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manifest_read.h"
#include "text.h"

/* The largest whole number that a double holds exactly: bounds are doubles. */
#define INTEGER_MAX INT64_C(9007199254740992)

/* A setting while its members are read: values wait until the type is known. */
struct reading {
	struct setting *setting;
	int has_type;
	yyjson_val *initial, *choices, *max_length, *min, *max;
};

static int read_type(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct reading *r = into;

	for (uint32_t t = SETTING_BOOLEAN; t <= SETTING_STRING; t++) {
		if (yyjson_equals_str(val, setting_type_name(t))) {
			r->setting->type = t;
			r->has_type = 1;
			return 0;
		}
	}
	return manifest_refuse(err, where, "boolean, integer, number or string is expected");
}

static int read_title(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct reading *r = into;

	return manifest_read_text(val, where, r->setting->title, sizeof(r->setting->title), err);
}

static int keep_default(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	((struct reading *)into)->initial = val;
	return 0;
}

static int keep_enum(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	((struct reading *)into)->choices = val;
	return 0;
}

static int keep_max_length(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	((struct reading *)into)->max_length = val;
	return 0;
}

static int keep_minimum(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	((struct reading *)into)->min = val;
	return 0;
}

static int keep_maximum(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	((struct reading *)into)->max = val;
	return 0;
}

/* @return 0; -EINVAL with *err filled; -ENOMEM. The value is checked against what is known of `s` by now. */
static int read_value(yyjson_val *val, const char *where, const struct setting *s, struct setting_value *ret,
	struct manifest_error *err)
{
	char message[160];

	switch (s->type) {
	case SETTING_BOOLEAN:
		if (!yyjson_is_bool(val))
			return manifest_refuse(err, where, "true or false is expected");
		ret->i = yyjson_get_bool(val);
		break;
	case SETTING_INTEGER:
		ret->i = yyjson_get_sint(val);
		if (!yyjson_is_int(val) || (yyjson_is_uint(val) && yyjson_get_uint(val) > INTEGER_MAX) ||
			ret->i < -INTEGER_MAX)
			return manifest_refuse(err, where, "a whole number is expected");
		break;
	case SETTING_NUMBER:
		if (!yyjson_is_num(val))
			return manifest_refuse(err, where, "a number is expected");
		ret->f = yyjson_get_num(val);
		break;
	case SETTING_STRING:
		if (!yyjson_is_str(val) || strlen(yyjson_get_str(val)) != yyjson_get_len(val))
			return manifest_refuse(err, where, "a string is expected");
		ret->s = strdup(yyjson_get_str(val));
		if (!ret->s)
			return -ENOMEM;
		break;
	}
	if (setting_check(s, ret, message) == 0)
		return 0;
	if (s->type == SETTING_STRING) {
		free(ret->s);
		ret->s = NULL;
	}
	return manifest_refuse(err, where, "%s", message);
}

static int read_bound(yyjson_val *val, const struct setting *s, const char *where, const char *name,
	double *ret, struct manifest_error *err)
{
	char place[112];

	if (!val)
		return 0;
	text_set(place, sizeof(place), "%s/%s", where, name);
	if (s->type != SETTING_INTEGER && s->type != SETTING_NUMBER)
		return manifest_refuse(err, place, "only numbers have bounds");
	return manifest_read_number(val, place, -(double)INTEGER_MAX, (double)INTEGER_MAX, ret, err);
}

static int read_bounds(const struct reading *r, const char *where, struct manifest_error *err)
{
	struct setting *s = r->setting;
	char place[112];

	if (read_bound(r->min, s, where, "minimum", &s->min, err) < 0 ||
		read_bound(r->max, s, where, "maximum", &s->max, err) < 0)
		return -EINVAL;
	text_set(place, sizeof(place), "%s/maximum", where);
	if (s->min > s->max)
		return manifest_refuse(err, place, "it is below the minimum");
	if (!r->max_length)
		return 0;
	text_set(place, sizeof(place), "%s/maxLength", where);
	if (s->type != SETTING_STRING)
		return manifest_refuse(err, place, "only strings have a length");
	if (!yyjson_is_uint(r->max_length) || yyjson_get_uint(r->max_length) > SETTING_LENGTH_MAX)
		return manifest_refuse(
			err, place, "a whole number from 0 to %u is expected", SETTING_LENGTH_MAX);
	s->max_length = (uint32_t)yyjson_get_uint(r->max_length);
	return 0;
}

static int read_choices(const struct reading *r, const char *where, struct manifest_error *err)
{
	struct setting_value choice[SETTING_CHOICES_MAX];
	struct setting *s = r->setting;
	uint32_t n = 0;
	size_t i, max;
	yyjson_val *item;
	char place[112];
	int rc = 0;

	if (!r->choices)
		return 0;
	text_set(place, sizeof(place), "%s/enum", where);
	if (!yyjson_is_arr(r->choices) || !yyjson_arr_size(r->choices) ||
		yyjson_arr_size(r->choices) > SETTING_CHOICES_MAX)
		return manifest_refuse(
			err, place, "a list of 1 to %u values is expected", SETTING_CHOICES_MAX);
	if (s->type == SETTING_BOOLEAN)
		return manifest_refuse(err, place, "a boolean has its two values already");
	yyjson_arr_foreach(r->choices, i, max, item)
	{
		text_set(place, sizeof(place), "%s/enum/%zu", where, i);
		choice[n] = (struct setting_value){0};
		rc = read_value(item, place, s, &choice[n], err);
		if (rc < 0)
			break;
		n++;
	}
	/* Only now: while they were read nothing was excluded. Freed with the schema in any case. */
	memcpy(s->choice, choice, n * sizeof(*choice));
	s->n_choices = n;
	return rc;
}

static int read_setting(yyjson_val *val, const char *where, struct setting *s, struct manifest_error *err)
{
	static const struct manifest_member members[] = {
		{"type", 1, read_type},
		{"default", 1, keep_default},
		{"minimum", 0, keep_minimum},
		{"maximum", 0, keep_maximum},
		{"enum", 0, keep_enum},
		{"maxLength", 0, keep_max_length},
		{"title", 0, read_title},
		{0},
	};
	struct reading r = {.setting = s};
	char place[112];
	int rc = manifest_read_members(val, where, members, &r, err);

	if (rc == 0)
		rc = read_bounds(&r, where, err);
	if (rc == 0)
		rc = read_choices(&r, where, err);
	if (rc < 0)
		return rc;
	text_set(place, sizeof(place), "%s/default", where);
	return read_value(r.initial, place, s, &s->initial, err);
}

static int name_valid(const char *name, size_t len)
{
	return len && len < SETTING_NAME_MAX && strlen(name) == len &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

int manifest_read_schema(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct schema *schema = &((struct manifest *)into)->schema;
	size_t i, n;
	yyjson_val *key, *item;

	if (!yyjson_is_obj(val))
		return manifest_refuse(err, where, "a map is expected");
	if (yyjson_obj_size(val) > SETTINGS_MAX)
		return manifest_refuse(err, where, "at most %u settings are allowed", SETTINGS_MAX);
	if (!yyjson_obj_size(val))
		return 0;
	schema->setting = calloc(yyjson_obj_size(val), sizeof(*schema->setting));
	if (!schema->setting)
		return -ENOMEM;
	yyjson_obj_foreach(val, i, n, key, item)
	{
		const char *name = yyjson_get_str(key) ? yyjson_get_str(key) : "";
		struct setting *s = &schema->setting[i];
		char place[96];
		int rc;

		text_set(place, sizeof(place), "%s/%s", where, name);
		if (!name_valid(name, yyjson_get_len(key)))
			return manifest_refuse(err, place, "a name has letters, digits, _ and -, at most %u",
				SETTING_NAME_MAX - 1);
		if (schema_find(schema, name) >= 0)
			return manifest_refuse(err, place, "given twice");
		strcpy(s->name, name);
		s->min = -INFINITY;
		s->max = INFINITY;
		s->max_length = SETTING_LENGTH_DEFAULT;
		schema->n++;
		rc = read_setting(item, place, s, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}
