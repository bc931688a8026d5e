/* SPDX-License-Identifier: MIT */
/* widget.json, member by member. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "manifest_read.h"
#include "text.h"

int manifest_refuse(struct manifest_error *err, const char *where, const char *fmt, ...)
{
	va_list args;

	text_set(err->where, sizeof(err->where), "%s", where);
	va_start(args, fmt);
	(void)vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return -EINVAL;
}

int manifest_id_valid(const char *id)
{
	size_t len = strlen(id);

	return len < WIDGET_ID_MAX && id[0] >= 'a' && id[0] <= 'z' &&
	       len == strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

int manifest_read_text(yyjson_val *val, const char *where, char *buf, size_t size, struct manifest_error *err)
{
	size_t len = yyjson_get_len(val);

	if (!yyjson_is_str(val))
		return manifest_refuse(err, where, "a string is expected");
	if (!len || len >= size)
		return manifest_refuse(err, where, "1 to %zu bytes are allowed", size - 1);
	memcpy(buf, yyjson_get_str(val), len + 1);
	text_clean(buf, len);
	if (memcmp(buf, yyjson_get_str(val), len) || strpbrk(buf, "\n\t"))
		return manifest_refuse(err, where, "control characters are not allowed");
	return 0;
}

/* Text without a NUL inside; NULL: something else. */
static const char *word_of(yyjson_val *val)
{
	const char *word = yyjson_get_str(val);

	return word && strlen(word) == yyjson_get_len(val) ? word : NULL;
}

int manifest_read_number(
	yyjson_val *val, const char *where, double min, double max, double *ret, struct manifest_error *err)
{
	if (!yyjson_is_num(val))
		return manifest_refuse(err, where, "a number is expected");
	*ret = yyjson_get_num(val);
	return isfinite(*ret) && *ret >= min && *ret <= max
		       ? 0
		       : manifest_refuse(err, where, "a number from %g to %g is expected", min, max);
}

static int read_uint(yyjson_val *val, const char *where, uint32_t min, uint32_t max, uint32_t *ret,
	struct manifest_error *err)
{
	uint64_t value = yyjson_get_uint(val);

	if (!yyjson_is_uint(val) || value < min || value > max)
		return manifest_refuse(err, where, "a whole number from %u to %u is expected", min, max);
	*ret = (uint32_t)value;
	return 0;
}

int manifest_read_members(yyjson_val *map, const char *where, const struct manifest_member *members,
	void *into, struct manifest_error *err)
{
	yyjson_val *key, *val;
	size_t index, max;
	uint32_t seen = 0;

	if (!yyjson_is_obj(map))
		return manifest_refuse(err, where, "a map is expected");
	yyjson_obj_foreach(map, index, max, key, val)
	{
		char place[96];
		uint32_t i = 0;
		int rc;

		text_set(place, sizeof(place), "%s/%s", where, yyjson_get_str(key));
		while (members[i].name && !yyjson_equals_str(key, members[i].name))
			i++;
		if (!members[i].name)
			return manifest_refuse(err, place, "there is no such member");
		if (seen & 1u << i)
			return manifest_refuse(err, place, "given twice");
		seen |= 1u << i;
		rc = members[i].read(val, place, into, err);
		if (rc < 0)
			return rc;
	}
	for (uint32_t i = 0; members[i].name; i++) {
		char place[96];

		if (!members[i].needed || seen & 1u << i)
			continue;
		text_set(place, sizeof(place), "%s/%s", where, members[i].name);
		return manifest_refuse(err, place, "this member is needed");
	}
	return 0;
}

/* --- Members --- */

static int read_id(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;

	if (!word_of(val) || !manifest_id_valid(word_of(val)))
		return manifest_refuse(err, where, "a letter, then letters a-z, digits and -, at most %u",
			WIDGET_ID_MAX - 1);
	strcpy(m->id, yyjson_get_str(val));
	return 0;
}

static int read_name(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;

	return manifest_read_text(val, where, m->name, sizeof(m->name), err);
}

static int read_version(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;
	int rc = manifest_read_text(val, where, m->version_text, sizeof(m->version_text), err);

	if (rc == 0 && semver_parse(m->version_text, &m->version) < 0)
		rc = manifest_refuse(err, where, "major.minor.patch is expected, as in \"1.0.0\"");
	return rc;
}

static int read_api(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;

	return read_uint(val, where, 0, 1000000, &m->api, err);
}

/* No component of it may lead out of the folder. */
static int leads_out(const char *path)
{
	if (*path == '/')
		return 1;
	for (const char *p = path; *p; p += strcspn(p, "/"), p += *p == '/') {
		size_t len = strcspn(p, "/");

		if (!len || (len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return 1;
	}
	return path[strlen(path) - 1] == '/';
}

static int read_component(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;
	int rc = manifest_read_text(val, where, m->component, sizeof(m->component), err);

	if (rc == 0 && leads_out(m->component))
		rc = manifest_refuse(
			err, where, "a path inside the folder is expected, without \".\" and \"..\"");
	return rc;
}

static int read_capabilities(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;
	size_t i, n;
	yyjson_val *item;

	if (!yyjson_is_arr(val))
		return manifest_refuse(err, where, "a list is expected");
	yyjson_arr_foreach(val, i, n, item)
	{
		uint32_t bit = word_of(item) ? caps_from_name(word_of(item)) : 0;
		char place[96];

		text_set(place, sizeof(place), "%s/%zu", where, i);
		if (!bit)
			return manifest_refuse(err, place, "there is no such capability");
		if (!(bit & CAPS_WIDGET))
			return manifest_refuse(err, place, "no widget can have this capability");
		if (m->caps & bit)
			return manifest_refuse(err, place, "given twice");
		m->caps |= bit;
	}
	return 0;
}

static int read_dependency_id(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest_dependency *d = into;

	if (!word_of(val) || !manifest_id_valid(word_of(val)))
		return manifest_refuse(err, where, "a widget's id is expected");
	strcpy(d->id, yyjson_get_str(val));
	return 0;
}

static int read_dependency_version(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest_dependency *d = into;
	int rc = manifest_read_text(val, where, d->range_text, sizeof(d->range_text), err);

	if (rc == 0 && semver_range_parse(d->range_text, &d->range) < 0)
		rc = manifest_refuse(err, where, "a range is expected, as in \">=1.0 <2\"");
	return rc;
}

static int read_dependencies(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	static const struct manifest_member members[] = {
		{"id", 1, read_dependency_id},
		{"version", 0, read_dependency_version},
		{0},
	};
	struct manifest *m = into;
	size_t i, n;
	yyjson_val *item;

	if (!yyjson_is_arr(val) || yyjson_arr_size(val) > MANIFEST_DEPENDENCIES_MAX)
		return manifest_refuse(
			err, where, "a list of at most %u is expected", MANIFEST_DEPENDENCIES_MAX);
	yyjson_arr_foreach(val, i, n, item)
	{
		char place[96];
		int rc;

		text_set(place, sizeof(place), "%s/%zu", where, i);
		rc = manifest_read_members(item, place, members, &m->dependency[i], err);
		if (rc < 0)
			return rc;
		for (size_t k = 0; k < i; k++) {
			if (!strcmp(m->dependency[k].id, m->dependency[i].id))
				return manifest_refuse(
					err, place, "\"%s\" is given twice", m->dependency[i].id);
		}
		m->n_dependencies++;
	}
	return 0;
}

static int read_services(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	struct manifest *m = into;
	size_t i, n;
	yyjson_val *item;

	if (!yyjson_is_arr(val) || yyjson_arr_size(val) > MANIFEST_SERVICES_MAX)
		return manifest_refuse(err, where, "a list of at most %u is expected", MANIFEST_SERVICES_MAX);
	yyjson_arr_foreach(val, i, n, item)
	{
		char place[96];

		text_set(place, sizeof(place), "%s/%zu", where, i);
		if (!word_of(item) || !manifest_id_valid(word_of(item)))
			return manifest_refuse(err, place, "a service's name is expected");
		if (manifest_names_service(m, yyjson_get_str(item)))
			return manifest_refuse(err, place, "given twice");
		strcpy(m->service[m->n_services++], yyjson_get_str(item));
	}
	return 0;
}

static int read_x(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return manifest_read_number(val, where, -1e6, 1e6, &((struct manifest *)into)->x, err);
}

static int read_y(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return manifest_read_number(val, where, -1e6, 1e6, &((struct manifest *)into)->y, err);
}

static int read_position(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	static const struct manifest_member members[] = {{"x", 1, read_x}, {"y", 1, read_y}, {0}};

	return manifest_read_members(val, where, members, into, err);
}

/* Above 0: half a thousandth of the canvas is nothing that can be seen. */
static int read_width(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return manifest_read_number(val, where, 1e-3, 1e6, &((struct manifest *)into)->width, err);
}

static int read_height(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return manifest_read_number(val, where, 1e-3, 1e6, &((struct manifest *)into)->height, err);
}

static int read_size(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	static const struct manifest_member members[] = {
		{"width", 1, read_width}, {"height", 1, read_height}, {0}};

	return manifest_read_members(val, where, members, into, err);
}

static int read_memory(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return read_uint(val, where, 1, 256, &((struct manifest *)into)->memory_mb, err);
}

static int read_tasks(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return read_uint(val, where, 1, 64, &((struct manifest *)into)->tasks, err);
}

static int read_cpu(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	return read_uint(val, where, 1, 100, &((struct manifest *)into)->cpu_percent, err);
}

static int read_limits(yyjson_val *val, const char *where, void *into, struct manifest_error *err)
{
	static const struct manifest_member members[] = {
		{"memory_mb", 0, read_memory},
		{"tasks", 0, read_tasks},
		{"cpu_percent", 0, read_cpu},
		{0},
	};

	return manifest_read_members(val, where, members, into, err);
}

/* --- The whole --- */

static const struct manifest_member all_members[] = {
	{"id", 1, read_id},
	{"name", 1, read_name},
	{"version", 1, read_version},
	{"api", 1, read_api},
	{"component", 1, read_component},
	{"capabilities", 1, read_capabilities},
	{"dependencies", 0, read_dependencies},
	{"services", 0, read_services},
	{"defaultPosition", 1, read_position},
	{"defaultSize", 1, read_size},
	{"settings", 0, manifest_read_schema},
	{"limits", 0, read_limits},
	{0},
};

int manifest_parse(const char *bytes, size_t len, struct manifest *ret, struct manifest_error *err)
{
	yyjson_read_err bad = {0};
	char place[32];
	int rc;

	*ret = (struct manifest){.memory_mb = 64, .tasks = 16, .cpu_percent = 50};
	*err = (struct manifest_error){0};
	if (len > MANIFEST_BYTES_MAX)
		return manifest_refuse(err, "", "larger than %u bytes", MANIFEST_BYTES_MAX);
	/* Without the in-situ flag the bytes are only read. */
	ret->doc = yyjson_read_opts((char *)bytes, len, 0, NULL, &bad);
	if (!ret->doc) {
		text_set(place, sizeof(place), "byte %zu", bad.pos);
		return manifest_refuse(err, place, "no JSON: %s", bad.msg ? bad.msg : "no memory");
	}
	rc = manifest_read_members(yyjson_doc_get_root(ret->doc), "", all_members, ret, err);
	if (rc < 0)
		manifest_finish(ret);
	return rc;
}

void manifest_finish(struct manifest *m)
{
	schema_finish(&m->schema);
	yyjson_doc_free(m->doc);
	*m = (struct manifest){0};
}

int manifest_check_api(const struct manifest *m, uint32_t oldest, uint32_t newest, struct manifest_error *err)
{
	if (m->api > newest)
		(void)manifest_refuse(err, "/api",
			"it is written for widget API %u, this MOS runs API %u: a newer MOS is needed",
			m->api, newest);
	else if (m->api < oldest)
		(void)manifest_refuse(err, "/api",
			"it is written for widget API %u, this MOS runs API %u and newer: a newer version of "
			"the widget "
			"is needed",
			m->api, oldest);
	else
		return 0;
	return -ENOTSUP;
}

int manifest_names_service(const struct manifest *m, const char *service)
{
	for (uint32_t i = 0; i < m->n_services; i++) {
		if (!strcmp(m->service[i], service))
			return 1;
	}
	return 0;
}
