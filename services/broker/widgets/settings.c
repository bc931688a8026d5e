/* SPDX-License-Identifier: MIT */
/* Values of settings. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "text.h"

const char *setting_type_name(enum setting_type type)
{
	static const char *const names[] = {"boolean", "integer", "number", "string"};

	return names[type];
}

/* --- Values --- */

static void value_finish(enum setting_type type, struct setting_value *value)
{
	if (type == SETTING_STRING)
		free(value->s);
	*value = (struct setting_value){0};
}

static int value_copy(enum setting_type type, const struct setting_value *value, struct setting_value *ret)
{
	*ret = *value;
	if (type != SETTING_STRING)
		return 0;
	ret->s = strdup(value->s);
	return ret->s ? 0 : -ENOMEM;
}

static int value_equal(enum setting_type type, const struct setting_value *a, const struct setting_value *b)
{
	if (type == SETTING_STRING)
		return !strcmp(a->s, b->s);
	return type == SETTING_NUMBER ? a->f == b->f : a->i == b->i;
}

/* --- Schemas --- */

void schema_finish(struct schema *schema)
{
	for (uint32_t i = 0; i < schema->n; i++) {
		struct setting *s = &schema->setting[i];

		value_finish(s->type, &s->initial);
		for (uint32_t c = 0; c < s->n_choices; c++)
			value_finish(s->type, &s->choice[c]);
	}
	free(schema->setting);
	*schema = (struct schema){0};
}

int schema_find(const struct schema *schema, const char *name)
{
	for (uint32_t i = 0; i < schema->n; i++) {
		if (!strcmp(schema->setting[i].name, name))
			return (int)i;
	}
	return -ENOENT;
}

static void list_choices(const struct setting *s, char message[static 160])
{
	text_set(message, 160, "one of these is expected:");
	for (uint32_t i = 0; i < s->n_choices; i++) {
		if (s->type == SETTING_STRING)
			text_add(message, 160, " \"%s\"", s->choice[i].s);
		else if (s->type == SETTING_NUMBER)
			text_add(message, 160, " %g", s->choice[i].f);
		else
			text_add(message, 160, " %lld", (long long)s->choice[i].i);
	}
}

static int check_range(const struct setting *s, double value, char message[static 160])
{
	if (!isfinite(value)) {
		text_set(message, 160, "not a finite number");
		return -EINVAL;
	}
	if (value >= s->min && value <= s->max)
		return 0;
	if (isfinite(s->min) && isfinite(s->max))
		text_set(message, 160, "from %g to %g is allowed", s->min, s->max);
	else if (isfinite(s->min))
		text_set(message, 160, "at least %g is allowed", s->min);
	else
		text_set(message, 160, "at most %g is allowed", s->max);
	return -EINVAL;
}

int setting_check(const struct setting *setting, const struct setting_value *value, char message[static 160])
{
	int rc = 0;

	switch (setting->type) {
	case SETTING_BOOLEAN:
		return 0;
	case SETTING_INTEGER:
		rc = check_range(setting, (double)value->i, message);
		break;
	case SETTING_NUMBER:
		rc = check_range(setting, value->f, message);
		break;
	case SETTING_STRING:
		if (strlen(value->s) > setting->max_length) {
			text_set(message, 160, "longer than %u bytes", setting->max_length);
			rc = -EINVAL;
		}
		break;
	}
	if (rc < 0 || !setting->n_choices)
		return rc;
	for (uint32_t i = 0; i < setting->n_choices; i++) {
		if (value_equal(setting->type, value, &setting->choice[i]))
			return 0;
	}
	list_choices(setting, message);
	return -EINVAL;
}

/* --- Sets of values --- */

int settings_init(const struct schema *schema, struct settings *ret)
{
	*ret = (struct settings){0};
	for (uint32_t i = 0; i < schema->n; i++) {
		if (value_copy(schema->setting[i].type, &schema->setting[i].initial, &ret->value[i]) < 0) {
			settings_finish(schema, ret);
			return -ENOMEM;
		}
	}
	return 0;
}

void settings_finish(const struct schema *schema, struct settings *s)
{
	for (uint32_t i = 0; i < schema->n; i++)
		value_finish(schema->setting[i].type, &s->value[i]);
	*s = (struct settings){0};
}

static int settings_copy(const struct schema *schema, const struct settings *s, struct settings *ret)
{
	*ret = (struct settings){.revision = s->revision, .given = s->given};
	for (uint32_t i = 0; i < schema->n; i++) {
		if (value_copy(schema->setting[i].type, &s->value[i], &ret->value[i]) < 0) {
			settings_finish(schema, ret);
			return -ENOMEM;
		}
	}
	return 0;
}

static void replace(const struct schema *schema, struct settings *s, uint32_t i, struct setting_value value)
{
	value_finish(schema->setting[i].type, &s->value[i]);
	s->value[i] = value;
}

/* --- Changes --- */

/* @return 0; -EINVAL another type; -ENOMEM. A whole number is a number too. */
static int value_from_wire(enum setting_type type, const msgpack_object *object, struct setting_value *ret)
{
	*ret = (struct setting_value){0};
	switch (type) {
	case SETTING_BOOLEAN:
		if (object->type != MSGPACK_OBJECT_BOOLEAN)
			return -EINVAL;
		ret->i = object->via.boolean;
		return 0;
	case SETTING_INTEGER:
		return wire_to_i64(object, &ret->i) < 0 ? -EINVAL : 0;
	case SETTING_NUMBER:
		return wire_to_f64(object, &ret->f) < 0 ? -EINVAL : 0;
	case SETTING_STRING:
		if (object->type != MSGPACK_OBJECT_STR ||
			memchr(object->via.str.ptr, '\0', object->via.str.size))
			return -EINVAL;
		ret->s = strndup(object->via.str.ptr, object->via.str.size);
		return ret->s ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

static int change_one(const struct schema *schema, uint32_t i, const msgpack_object *object,
	struct settings *s, struct settings_error *err)
{
	const struct setting *setting = &schema->setting[i];
	struct setting_value value;
	int rc;

	if (object->type == MSGPACK_OBJECT_NIL) {
		rc = value_copy(setting->type, &setting->initial, &value);
		if (rc < 0)
			return rc;
		replace(schema, s, i, value);
		s->given &= ~(UINT64_C(1) << i);
		return 0;
	}
	rc = value_from_wire(setting->type, object, &value);
	if (rc == -EINVAL)
		text_set(err->message, sizeof(err->message), "%s %s is expected",
			setting->type == SETTING_INTEGER ? "an" : "a", setting_type_name(setting->type));
	if (rc < 0)
		return rc;
	rc = setting_check(setting, &value, err->message);
	if (rc < 0) {
		value_finish(setting->type, &value);
		return rc;
	}
	replace(schema, s, i, value);
	s->given |= UINT64_C(1) << i;
	return 0;
}

static int change_all(const struct schema *schema, const msgpack_object *changes, struct settings *s,
	struct settings_error *err)
{
	uint64_t seen = 0;

	for (uint32_t k = 0; k < changes->via.map.size; k++) {
		const msgpack_object_kv *kv = &changes->via.map.ptr[k];
		char name[64] = "?";
		int i, rc;

		rc = wire_to_str(&kv->key, name, sizeof(name));
		text_set(err->where, sizeof(err->where), "/%s", name);
		i = rc < 0 ? -ENOENT : schema_find(schema, name);
		if (i < 0) {
			text_set(err->message, sizeof(err->message), "there is no such setting");
			return -EINVAL;
		}
		if (seen & UINT64_C(1) << i) {
			text_set(err->message, sizeof(err->message), "given twice");
			return -EINVAL;
		}
		seen |= UINT64_C(1) << i;
		rc = change_one(schema, (uint32_t)i, &kv->val, s, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int settings_change(const struct schema *schema, const struct settings *old, const msgpack_object *changes,
	struct settings *ret, struct settings_error *err)
{
	int rc = settings_copy(schema, old, ret);

	*err = (struct settings_error){0};
	if (rc < 0)
		return rc;
	rc = change_all(schema, changes, ret, err);
	if (rc < 0) {
		settings_finish(schema, ret);
		return rc;
	}
	ret->revision++;
	return 0;
}

/* --- Frames --- */

static void put_value(
	struct wire_out *out, const char *key, enum setting_type type, const struct setting_value *value)
{
	switch (type) {
	case SETTING_BOOLEAN:
		wire_put_bool(out, key, (int)value->i);
		break;
	case SETTING_INTEGER:
		wire_put_i64(out, key, value->i);
		break;
	case SETTING_NUMBER:
		wire_put_f64(out, key, value->f);
		break;
	case SETTING_STRING:
		wire_put_str(out, key, value->s);
		break;
	}
}

void settings_put(
	struct wire_out *out, const char *key, const struct schema *schema, const struct settings *s)
{
	wire_open_map(out, key);
	for (uint32_t i = 0; i < schema->n; i++)
		put_value(out, schema->setting[i].name, schema->setting[i].type, &s->value[i]);
	wire_close(out);
}

static void put_setting(struct wire_out *out, const struct setting *s)
{
	wire_open_map(out, s->name);
	wire_put_str(out, "type", setting_type_name(s->type));
	put_value(out, "default", s->type, &s->initial);
	if (isfinite(s->min))
		wire_put_f64(out, "minimum", s->min);
	if (isfinite(s->max))
		wire_put_f64(out, "maximum", s->max);
	if (s->type == SETTING_STRING)
		wire_put_u64(out, "maxLength", s->max_length);
	if (s->n_choices) {
		wire_open_array(out, "enum");
		for (uint32_t i = 0; i < s->n_choices; i++)
			put_value(out, NULL, s->type, &s->choice[i]);
		wire_close(out);
	}
	if (s->title[0])
		wire_put_str(out, "title", s->title);
	wire_close(out);
}

void schema_put(struct wire_out *out, const char *key, const struct schema *schema)
{
	wire_open_map(out, key);
	for (uint32_t i = 0; i < schema->n; i++)
		put_setting(out, &schema->setting[i]);
	wire_close(out);
}
