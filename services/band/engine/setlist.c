/* SPDX-License-Identifier: MIT */
/* A setlist in either form: {name, programs: [{config, repeat}]} or {id, title, items: [{name, file,
 * repeats}]}. */
#include "setlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "text.h"

#define REPEATS_MAX 999

static const char *const setlist_keys[] = {"name", "id", "title", "programs", "items", "tempo", "tempo_bpm",
	"outfile", "defaults", "level", "category", "tags", "description", "notes", NULL};
static const char *const item_keys[] = {"config", "file", "repeat", "repeats", "notes", "name", NULL};

static const struct band_value *either(const struct band_value *map, const char *key, const char *other)
{
	const struct band_value *value = band_value_get(map, key);

	return value ? value : band_value_get(map, other);
}

/** What people read: cut to fit, said so. */
static void take_words(const struct field *f, const struct band_value *value, char *ret, size_t size)
{
	char where[BAND_WHERE_MAX];

	if (!value || value->type == BAND_NULL)
		return;
	if (!text_copy(ret, size, value->text))
		band_warn(f->report, "TEXT_LONG", band_value_where(value, where), "only %zu bytes are kept",
			size - 1);
	text_settle(ret);
}

static void take_item(const struct field *f, const struct band_value *value, struct band_setlist_item *ret)
{
	const struct band_value *path = either(value, "file", "config"),
				*repeats = either(value, "repeats", "repeat");
	int64_t n = 1;
	char where[BAND_WHERE_MAX];

	if (!field_type(f, NULL, value, BAND_MAP))
		return;
	field_unknown(f, value, item_keys);
	if (!path || path->type != BAND_TEXT || path->text[0] == '\0') {
		(void)band_error(f->report, f->code, band_value_where(path ? path : value, where),
			"an item names a program: \"file\" (or \"config\")");
		return;
	}
	if (field_text(f, NULL, path, ret->path, sizeof(ret->path)) && !text_is_clean(ret->path))
		(void)band_error(f->report, f->code, band_value_where(path, where),
			"a path without control characters");
	if (repeats && repeats->type != BAND_NULL)
		(void)field_int(f, "REPEATS_RANGE", repeats, 1, REPEATS_MAX, &n);
	ret->repeats = (uint32_t)n;
	take_words(f, band_value_get(value, "name"), ret->name, sizeof(ret->name));
	take_words(f, band_value_get(value, "notes"), ret->notes, sizeof(ret->notes));
}

static int take_items(const struct field *f, const struct band_value *root, struct band_setlist *ret)
{
	const struct band_value *list = either(root, "items", "programs");
	char where[BAND_WHERE_MAX];

	if (!list || list->type != BAND_LIST || list->n == 0 || list->n > BAND_SETLIST_ITEMS_MAX)
		return band_error(f->report, f->code, band_value_where(list ? list : root, where),
			"a setlist has \"items\" (or \"programs\"), 1 to %u of them", BAND_SETLIST_ITEMS_MAX);
	ret->item = calloc(list->n, sizeof(*ret->item));
	if (!ret->item)
		return -ENOMEM;
	for (const struct band_value *v = list->first; v; v = v->next)
		take_item(f, v, &ret->item[ret->n_items++]);
	return 0;
}

/** @return BAND_N_KEYS: no default can be given for this. */
static uint32_t key_of(const char *name)
{
	if (strcmp(name, "tempo_bpm") == 0)
		return BAND_KEY_TEMPO;
	for (uint32_t key = BAND_KEY_CHORDS + 1; key < BAND_KEY_NAME; key++) {
		if (strcmp(band_key_name(key), name) == 0)
			return key;
	}
	return BAND_N_KEYS;
}

static void take_default(
	const struct field *f, const struct band_value *value, struct band_setlist *ret, size_t *used)
{
	const uint32_t key = key_of(value->key);
	char where[BAND_WHERE_MAX];

	if (value->type == BAND_NULL)
		return;
	if (key == BAND_N_KEYS || value->type == BAND_LIST || value->type == BAND_MAP) {
		band_warn(f->report, "KEY_UNKNOWN", band_value_where(value, where),
			"\"%.40s\" is no default that is known, or no single value", value->key);
		return;
	}
	const size_t size = strlen(value->text) + 1;
	memcpy(ret->text + *used, value->text, size);
	ret->defaults.value[key] = ret->text + *used;
	*used += size;
}

/** `room`: the texts of all values together fit into as many bytes as the file has, with a NUL for each. */
static int take_defaults(
	const struct field *f, const struct band_value *root, size_t room, struct band_setlist *ret)
{
	const struct band_value *defaults = band_value_get(root, "defaults");
	const struct band_value *tempo = either(root, "tempo_bpm", "tempo");
	size_t used = 0;

	ret->text = malloc(room);
	if (!ret->text)
		return -ENOMEM;
	if (defaults && defaults->type != BAND_NULL && field_type(f, NULL, defaults, BAND_MAP)) {
		for (const struct band_value *v = defaults->first; v; v = v->next)
			take_default(f, v, ret, &used);
	}
	if (tempo)
		take_default(f, tempo, ret, &used);
	return 0;
}

static int read_setlist(
	const struct field *f, const struct band_value *root, size_t size, struct band_setlist *ret)
{
	const struct band_value *outfile = band_value_get(root, "outfile");

	if (!field_type(f, NULL, root, BAND_MAP))
		return -EINVAL;
	field_unknown(f, root, setlist_keys);
	const int rc = take_items(f, root, ret);
	if (rc < 0)
		return rc;
	take_words(f, either(root, "title", "name"), ret->title, sizeof(ret->title));
	if (!ret->title[0])
		take_words(f, band_value_get(root, "id"), ret->title, sizeof(ret->title));
	if (outfile && outfile->type != BAND_NULL)
		(void)field_text(f, NULL, outfile, ret->outfile, sizeof(ret->outfile));
	if (ret->outfile[0] == '.' || strchr(ret->outfile, '/') || !text_is_clean(ret->outfile)) {
		char where[BAND_WHERE_MAX];

		band_warn(f->report, "OUTFILE", band_value_where(outfile, where),
			"\"%.40s\" is no plain file name", ret->outfile);
		ret->outfile[0] = '\0';
	}
	return take_defaults(f, root, 2 * size + 16, ret);
}

int band_setlist_read(const char *bytes, size_t size, struct band_report *report, struct band_setlist *ret)
{
	const struct field f = {.report = report, .code = "SETLIST_INVALID"};
	const uint32_t errors_before = report->n_errors;
	struct band_setlist setlist = {0};
	struct band_doc *doc;
	int rc = band_doc_read(bytes, size, "LOAD_ERROR", report, &doc);

	if (rc < 0)
		return rc;
	rc = read_setlist(&f, band_doc_root(doc), size, &setlist);
	band_doc_free(doc);
	if (rc == 0 && report->n_errors != errors_before)
		rc = -EINVAL;
	if (rc < 0)
		band_setlist_finish(&setlist);
	else
		*ret = setlist;
	return rc;
}

void band_setlist_finish(struct band_setlist *setlist)
{
	free(setlist->text);
	free(setlist->item);
	*setlist = (struct band_setlist){0};
}
