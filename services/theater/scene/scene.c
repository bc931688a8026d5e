/* SPDX-License-Identifier: MIT */
/* Scene files: JSON, each member checked. docs/THEATER.md describes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>

#include "scene_internal.h"

/* What is being read. */
struct draft {
	struct scene *scene;
	const struct scene_themes *themes;
};
struct item_draft {
	struct scene_item item;
	uint8_t has_widget, has_score, only_score; /* a member that only scores have */
};

/* --- Items --- */

static int read_widget(struct json_reader *r, yyjson_val *val, void *into)
{
	struct item_draft *d = into;

	d->has_widget = 1;
	d->item.kind = SCENE_WIDGET;
	return json_name(r, val, d->item.id, sizeof(d->item.id));
}

static int read_score(struct json_reader *r, yyjson_val *val, void *into)
{
	struct item_draft *d = into;

	d->has_score = 1;
	d->item.kind = SCENE_SCORE;
	return json_name(r, val, d->item.id, sizeof(d->item.id));
}

static int read_at(struct json_reader *r, yyjson_val *val, void *into)
{
	struct scene_item *item = &((struct item_draft *)into)->item;
	double at[4];
	yyjson_val *number;
	size_t i, n;

	if (!yyjson_is_arr(val) || yyjson_arr_size(val) != 4)
		return json_refuse(
			r, "four numbers are expected: x, y, width, height in thousandths of the canvas");
	yyjson_arr_foreach(val, i, n, number)
	{
		const size_t mark = json_enter_at(r, i);
		const int rc = json_number(r, number, i < 2 ? 0 : 1, 1000, &at[i]);

		if (rc < 0)
			return rc;
		json_leave(r, mark);
	}
	for (i = 0; i < 2; i++)
		if (at[i] + at[i + 2] > 1000.0005)
			return json_refuse(r,
				"reaches beyond the canvas: %s %g and %s %g make more than 1000",
				i ? "y" : "x", at[i], i ? "height" : "width", at[i + 2]);
	item->x = (float)at[0];
	item->y = (float)at[1];
	item->width = (float)at[2];
	item->height = (float)at[3];
	return 0;
}

static int read_z(struct json_reader *r, yyjson_val *val, void *into)
{
	int64_t z;
	const int rc = json_whole(r, val, -1000, 1000, &z);

	if (rc == 0)
		((struct item_draft *)into)->item.z = (int32_t)z;
	return rc;
}

static int read_opacity(struct json_reader *r, yyjson_val *val, void *into)
{
	double opacity;
	const int rc = json_number(r, val, 0, 1, &opacity);

	if (rc == 0)
		((struct item_draft *)into)->item.opacity = (float)opacity;
	return rc;
}

static int read_visible(struct json_reader *r, yyjson_val *val, void *into)
{
	return json_flag(r, val, &((struct item_draft *)into)->item.visible);
}

static int read_opaque(struct json_reader *r, yyjson_val *val, void *into)
{
	return json_flag(r, val, &((struct item_draft *)into)->item.opaque);
}

static int read_layout(struct json_reader *r, yyjson_val *val, void *into)
{
	static const char *const words[] = {[ENGRAVE_PAGE] = "page",
		[ENGRAVE_CONTINUOUS] = "continuous",
		[ENGRAVE_LEAD_SHEET] = "lead-sheet",
		[ENGRAVE_GRID] = "grid",
		NULL};
	struct item_draft *d = into;
	const int layout = json_choice(r, val, words);

	if (layout < 0)
		return layout;
	d->only_score = 1;
	d->item.layout = (uint8_t)layout;
	return 0;
}

static int read_layers(struct json_reader *r, yyjson_val *val, void *into)
{
	static const char *const words[] = {[ENGRAVE_FORM] = "form",
		[ENGRAVE_CHORDS] = "chords",
		[ENGRAVE_ANALYSIS] = "analysis",
		[ENGRAVE_TABLATURE] = "tablature",
		[ENGRAVE_DIAGRAMS] = "diagrams",
		[ENGRAVE_FINGERING] = "fingering",
		[ENGRAVE_NOTATION] = "notation",
		[ENGRAVE_LYRICS] = "lyrics",
		[ENGRAVE_MARKERS] = "markers",
		NULL};
	struct item_draft *d = into;
	yyjson_val *word;
	size_t i, n;

	if (!yyjson_is_arr(val))
		return json_refuse(r, "a list of layers is expected");
	d->only_score = 1;
	d->item.layers = 1u << ENGRAVE_FRAME;
	yyjson_arr_foreach(val, i, n, word)
	{
		const size_t mark = json_enter_at(r, i);
		const int layer = json_choice(r, word, words);

		if (layer < 0)
			return layer;
		if (d->item.layers & 1u << layer)
			return json_refuse(r, "given twice");
		d->item.layers |= 1u << layer;
		json_leave(r, mark);
	}
	return 0;
}

static int read_staff_space(struct json_reader *r, yyjson_val *val, void *into)
{
	struct item_draft *d = into;
	double pt;
	const int rc = json_number(r, val, 1, 200, &pt);

	if (rc < 0)
		return rc;
	d->only_score = 1;
	d->item.staff_space_pt = (float)pt;
	return 0;
}

static int read_item(struct json_reader *r, yyjson_val *val, struct scene_item *ret)
{
	static const struct json_member members[] = {{"widget", 0, read_widget}, {"score", 0, read_score},
		{"at", 1, read_at}, {"z", 0, read_z}, {"opacity", 0, read_opacity},
		{"visible", 0, read_visible}, {"opaque", 0, read_opaque}, {"layout", 0, read_layout},
		{"layers", 0, read_layers}, {"staff_space_pt", 0, read_staff_space}, {0}};
	struct item_draft d = {.item = {.visible = 1, .opacity = 1, .layers = ENGRAVE_ALL_LAYERS}};
	const int rc = json_members(r, val, members, &d);

	if (rc < 0)
		return rc;
	if (d.has_widget + d.has_score != 1)
		return json_refuse(r, "either \"widget\" or \"score\" is expected");
	if (d.only_score && !d.has_score)
		return json_refuse(r, "layout, layers and staff_space_pt are a score's");
	if (!d.has_score)
		d.item.layers = 0;
	*ret = d.item;
	return 0;
}

static int read_items(struct json_reader *r, yyjson_val *val, void *into)
{
	struct scene *scene = ((struct draft *)into)->scene;
	const size_t n_items = yyjson_arr_size(val);
	yyjson_val *item;
	size_t i, n, n_scores = 0;

	if (!yyjson_is_arr(val))
		return json_refuse(r, "a list is expected");
	if (n_items > SCENE_ITEMS_MAX)
		return json_refuse(r, "%zu items; %u are allowed", n_items, SCENE_ITEMS_MAX);
	scene->item = calloc(n_items ? n_items : 1, sizeof(*scene->item));
	if (!scene->item)
		return -ENOMEM;
	yyjson_arr_foreach(val, i, n, item)
	{
		const size_t mark = json_enter_at(r, i);
		struct scene_item *read = &scene->item[i];
		const int rc = read_item(r, item, read);

		if (rc < 0)
			return rc;
		for (size_t k = 0; k < i; k++)
			if (strcmp(scene->item[k].id, read->id) == 0)
				return json_refuse(
					r, "%s is in this scene already, as item %zu", read->id, k);
		n_scores += read->kind == SCENE_SCORE;
		if (n_scores > SCENE_SCORES_MAX)
			return json_refuse(r, "more than %u scores", SCENE_SCORES_MAX);
		json_leave(r, mark);
		scene->n_items++;
	}
	return 0;
}

/* --- The scene --- */

static int read_name(struct json_reader *r, yyjson_val *val, void *into)
{
	struct scene *scene = ((struct draft *)into)->scene;

	return json_name(r, val, scene->name, sizeof(scene->name));
}

static int read_title(struct json_reader *r, yyjson_val *val, void *into)
{
	struct scene *scene = ((struct draft *)into)->scene;

	return json_text(r, val, scene->title, sizeof(scene->title));
}

static int read_canvas(struct json_reader *r, yyjson_val *val, void *into)
{
	static const char *const words[] = {
		[SCENE_LANDSCAPE] = "landscape", [SCENE_PORTRAIT] = "portrait", NULL};
	const int canvas = json_choice(r, val, words);

	if (canvas < 0)
		return canvas;
	((struct draft *)into)->scene->canvas = (uint8_t)canvas;
	return 0;
}

static int read_theme(struct json_reader *r, yyjson_val *val, void *into)
{
	struct draft *d = into;
	char name[SCENE_NAME_MAX];
	int rc;

	if (yyjson_is_obj(val))
		return theme_read(r, val, &d->scene->theme);
	rc = json_name(r, val, name, sizeof(name));
	if (rc < 0)
		return rc;
	rc = scene_theme_find(name, &d->scene->theme);
	if (rc < 0 && d->themes)
		rc = d->themes->find(name, &d->scene->theme, d->themes->data);
	return rc < 0 ? json_refuse(r, "there is no theme %s", name) : 0;
}

static int read_kind(struct json_reader *r, yyjson_val *val, void *into)
{
	static const char *const words[] = {
		[SCENE_CUT] = "cut", [SCENE_FADE] = "fade", [SCENE_SLIDE] = "slide", NULL};
	const int kind = json_choice(r, val, words);

	if (kind < 0)
		return kind;
	((struct scene *)into)->transition = (uint8_t)kind;
	return 0;
}

static int read_ms(struct json_reader *r, yyjson_val *val, void *into)
{
	int64_t ms;
	const int rc = json_whole(r, val, 0, 10000, &ms);

	if (rc == 0)
		((struct scene *)into)->transition_ms = (uint32_t)ms;
	return rc;
}

static int read_on(struct json_reader *r, yyjson_val *val, void *into)
{
	static const char *const words[] = {"now", "beat", "bar", NULL};
	const int on = json_choice(r, val, words);

	if (on < 0)
		return on;
	((struct scene *)into)->on_beat = (uint8_t)on;
	return 0;
}

static int read_transition(struct json_reader *r, yyjson_val *val, void *into)
{
	static const struct json_member members[] = {
		{"kind", 1, read_kind}, {"ms", 0, read_ms}, {"on", 0, read_on}, {0}};

	return json_members(r, val, members, ((struct draft *)into)->scene);
}

static void sort_items(struct scene *scene)
{
	/* Stable: what is later in the file is above. */
	for (uint32_t i = 1; i < scene->n_items; i++) {
		const struct scene_item item = scene->item[i];
		uint32_t at = i;

		for (; at > 0 && scene->item[at - 1].z > item.z; at--)
			scene->item[at] = scene->item[at - 1];
		scene->item[at] = item;
	}
}

int scene_read(const char *json, size_t size, const struct scene_themes *themes, struct scene **ret,
	char *where, size_t where_size)
{
	static const struct json_member members[] = {{"name", 1, read_name}, {"title", 0, read_title},
		{"canvas", 1, read_canvas}, {"theme", 0, read_theme}, {"transition", 0, read_transition},
		{"items", 1, read_items}, {0}};
	struct draft d = {.scene = calloc(1, sizeof(*d.scene)), .themes = themes};
	struct json_reader r;
	yyjson_doc *doc = NULL;
	int rc = -ENOMEM;

	if (d.scene)
		doc = json_open(&r, json, size, where, where_size, &rc);
	if (doc) {
		(void)scene_theme_find("stage", &d.scene->theme);
		d.scene->transition = SCENE_FADE;
		d.scene->transition_ms = 400;
		rc = json_members(&r, yyjson_doc_get_root(doc), members, &d);
	}
	yyjson_doc_free(doc);
	if (rc < 0) {
		scene_free(d.scene);
		return rc;
	}
	if (!d.scene->title[0])
		memcpy(d.scene->title, d.scene->name, sizeof(d.scene->name));
	sort_items(d.scene);
	*ret = d.scene;
	return 0;
}

int scene_parse(const char *json, size_t size, struct scene **ret, char *where, size_t where_size)
{
	return scene_read(json, size, NULL, ret, where, where_size);
}

int scene_copy(const struct scene *scene, struct scene **ret)
{
	struct scene *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *scene;
	copy->item = calloc(scene->n_items ? scene->n_items : 1, sizeof(*copy->item));
	if (!copy->item) {
		free(copy);
		return -ENOMEM;
	}
	if (scene->n_items)
		memcpy(copy->item, scene->item, scene->n_items * sizeof(*copy->item));
	*ret = copy;
	return 0;
}

void scene_free(struct scene *scene)
{
	if (!scene)
		return;
	free(scene->item);
	free(scene);
}
