/* SPDX-License-Identifier: MIT */
/* What is on the canvases: scenes, themes, layers, widgets seen or not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <engrave/engrave.h>

#include "caps.h"
#include "theater.h"

#define THEMES_TOLD 16u

static const char *const canvas_names[] = {"landscape", "portrait"};
static const char *const layer_names[] = {
	"form", "chords", "analysis", "tablature", "diagrams", "fingering", "notation", "lyrics", "markers"};

int api_canvas(struct rpc_request *req, const msgpack_object *params, int absent, int *ret)
{
	char name[16] = "";
	const int rc = wire_get_str(params, "canvas", name, sizeof(name));

	if (rc == -ENOENT) {
		*ret = absent;
		return 0;
	}
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		if (rc == 0 && strcmp(name, canvas_names[c]) == 0) {
			*ret = c;
			return 0;
		}
	if (rc == 0 && absent < 0 && strcmp(name, "both") == 0) {
		*ret = -1;
		return 0;
	}
	return rpc_fail_at(req, "canvas", "rpc.params.invalid", "landscape%s portrait is expected",
		absent < 0 ? ", both or" : " or");
}

/* --- Scenes --- */

static int handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct scene_shelf *shelf = theater_of(req)->stage.shelf;

	wire_open_array(&req->out, "scenes");
	for (uint32_t i = 0; i < scene_shelf_n(shelf); i++) {
		const struct scene *scene = scene_shelf_at(shelf, i);
		const struct scene *shown =
			scene_manager_scene(theater_of(req)->stage.canvas[scene->canvas].manager);

		wire_open_map(&req->out, NULL);
		wire_put_str(&req->out, "name", scene->name);
		wire_put_str(&req->out, "title", scene->title);
		wire_put_str(&req->out, "canvas", canvas_names[scene->canvas]);
		wire_put_str(&req->out, "theme", scene->theme.name);
		wire_put_u64(&req->out, "items", scene->n_items);
		wire_put_bool(&req->out, "shown", shown && strcmp(shown->name, scene->name) == 0);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}

static int no_such_scene(struct rpc_request *req, const char *name)
{
	const int rc = rpc_fail_at(req, "name", "theater.scene.unknown", "there is no scene \"%s\"", name);

	wire_error_hint(&req->error, "theater.scene.list tells which there are");
	return rc;
}

static const struct rpc_param show_params[] = {
	{"name", RPC_STR | RPC_REQUIRED}, {"canvas", RPC_STR}, {"at", RPC_STR}, {0}};

static int handle_show(struct rpc_request *req, const msgpack_object *params)
{
	struct stage *stage = &theater_of(req)->stage;
	char name[SCENE_NAME_MAX] = "", at[8] = "";
	int canvas = -1, rc, at_rc;

	if (wire_get_str(params, "name", name, sizeof(name)) < 0)
		return no_such_scene(req, "?");
	rc = api_canvas(req, params, -1, &canvas);
	if (rc < 0)
		return rc;
	at_rc = wire_get_str(params, "at", at, sizeof(at));
	if (at_rc != -ENOENT &&
		(at_rc < 0 || (strcmp(at, "now") != 0 && strcmp(at, "beat") != 0 && strcmp(at, "bar") != 0)))
		return rpc_fail_at(req, "at", "rpc.params.invalid", "now, beat or bar is expected");
	rc = stage_show(stage, name, canvas,
		strcmp(at, "now") == 0 ? (stage->frame_time_ns > 0 ? stage->frame_time_ns : 1)
		: at_rc == 0           ? stage_musical_time(stage, strcmp(at, "beat") == 0 ? 1 : 2)
				       : 0);
	return rc == -ENOENT ? no_such_scene(req, name) : rc;
}

static void put_place(struct wire_out *out, const struct scene_place *place)
{
	wire_open_map(out, NULL);
	wire_put_str(out, "id", place->item->id);
	wire_put_str(out, "kind", place->item->kind == SCENE_SCORE ? "score" : "widget");
	wire_put_bool(out, "shown", place->shown);
	wire_put_f64(out, "opacity", (double)place->opacity);
	wire_put_i64(out, "x", place->rect.x);
	wire_put_i64(out, "y", place->rect.y);
	wire_put_i64(out, "width", place->rect.w);
	wire_put_i64(out, "height", place->rect.h);
	wire_close(out);
}

static const struct rpc_param canvas_params[] = {{"canvas", RPC_STR}, {0}};

static int handle_get(struct rpc_request *req, const msgpack_object *params)
{
	struct stage *stage = &theater_of(req)->stage;
	const char *before[16];
	int c = 0, rc = api_canvas(req, params, SCENE_LANDSCAPE, &c);

	if (rc < 0)
		return rc;
	const struct stage_canvas *canvas = &stage->canvas[c];
	const struct scene *scene = scene_manager_scene(canvas->manager);
	wire_put_str(&req->out, "canvas", canvas_names[c]);
	wire_put_str(&req->out, "name", scene ? scene->name : "");
	wire_put_str(&req->out, "theme", scene ? scene->theme.name : "");
	wire_put_u64(&req->out, "width", canvas->width);
	wire_put_u64(&req->out, "height", canvas->height);
	wire_put_bool(&req->out, "wanted", canvas->is_wanted);
	wire_open_array(&req->out, "places");
	for (uint32_t i = 0; i < canvas->n_places; i++)
		put_place(&req->out, &canvas->place[i]);
	wire_close(&req->out);
	wire_open_array(&req->out, "before");
	const uint32_t n = scene_manager_history(canvas->manager, before, 16);
	for (uint32_t i = 0; i < n; i++)
		wire_put_str(&req->out, NULL, before[i]);
	wire_close(&req->out);
	return 0;
}

/* --- Theme, layers, widgets, focus --- */

static const struct rpc_param theme_params[] = {{"name", RPC_STR | RPC_REQUIRED}, {"canvas", RPC_STR}, {0}};

static int no_such_theme(struct rpc_request *req, const char *name)
{
	const char *names[THEMES_TOLD];
	const uint32_t n = scene_shelf_themes(theater_of(req)->stage.shelf, names, THEMES_TOLD);
	char list[160] = "";
	const int rc = rpc_fail_at(req, "name", "theater.theme.unknown", "there is no theme \"%s\"", name);

	for (uint32_t i = 0, at = 0; i < n && i < THEMES_TOLD && at < sizeof(list); i++)
		at += (uint32_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", names[i]);
	wire_error_hint(&req->error, "there are %s", list);
	return rc;
}

static int handle_theme(struct rpc_request *req, const msgpack_object *params)
{
	char name[SCENE_NAME_MAX] = "?";
	int canvas = -1, rc = api_canvas(req, params, -1, &canvas);

	if (rc < 0)
		return rc;
	if (wire_get_str(params, "name", name, sizeof(name)) < 0 ||
		stage_theme(&theater_of(req)->stage, name, canvas) < 0)
		return no_such_theme(req, name);
	return 0;
}

/* Every item of the canvases that has the id, or, "": every score. @return how many took it. */
static int on_items(struct stage *stage, int canvas, const char *id,
	int (*set)(struct scene_manager *, const struct scene_item *, int, int), int a, int b)
{
	int n = 0;

	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct stage_canvas *on = &stage->canvas[c];

		for (uint32_t i = 0; (canvas < 0 || canvas == c) && i < on->n_places; i++) {
			const struct scene_item *item = on->place[i].item;

			if (on->place[i].is_leaving ||
				(*id ? strcmp(item->id, id) != 0 : item->kind != SCENE_SCORE))
				continue;
			n += set(on->manager, item, a, b) == 0;
		}
	}
	return n;
}

static int set_visible(struct scene_manager *m, const struct scene_item *item, int visible, int unused)
{
	return scene_manager_set_visible(m, item->id, visible);
}

static int set_layer(struct scene_manager *m, const struct scene_item *item, int layer, int visible)
{
	const uint32_t bit = 1u << layer;

	return scene_manager_set_layers(m, item->id, visible ? item->layers | bit : item->layers & ~bit);
}

static const struct rpc_param visible_params[] = {
	{"id", RPC_STR | RPC_REQUIRED}, {"visible", RPC_BOOL | RPC_REQUIRED}, {"canvas", RPC_STR}, {0}};

static int handle_visible(struct rpc_request *req, const msgpack_object *params)
{
	char id[SCENE_NAME_MAX] = "";
	int canvas = -1, visible = 1, rc = api_canvas(req, params, -1, &canvas);

	if (rc < 0)
		return rc;
	(void)wire_get_bool(params, "visible", &visible);
	if (wire_get_str(params, "id", id, sizeof(id)) < 0 || !*id ||
		on_items(&theater_of(req)->stage, canvas, id, set_visible, visible, 0) == 0)
		return rpc_fail_at(req, "id", "theater.item.unknown",
			"nothing of that name is in the scene: \"%s\"", id);
	return 0;
}

static const struct rpc_param layer_params[] = {{"layer", RPC_STR | RPC_REQUIRED},
	{"visible", RPC_BOOL | RPC_REQUIRED}, {"id", RPC_STR}, {"canvas", RPC_STR}, {0}};

static int handle_layer(struct rpc_request *req, const msgpack_object *params)
{
	char id[SCENE_NAME_MAX] = "", name[16] = "";
	int canvas = -1, visible = 1, layer = 0, rc = api_canvas(req, params, -1, &canvas);

	if (rc < 0)
		return rc;
	(void)wire_get_bool(params, "visible", &visible);
	(void)wire_get_str(params, "id", id, sizeof(id));
	(void)wire_get_str(params, "layer", name, sizeof(name));
	while (layer < (int)(sizeof(layer_names) / sizeof(*layer_names)) &&
		strcmp(layer_names[layer], name) != 0)
		layer++;
	if (layer == (int)(sizeof(layer_names) / sizeof(*layer_names)))
		return rpc_fail_at(req, "layer", "theater.layer.unknown",
			"form, chords, analysis, tablature, diagrams, fingering, notation, lyrics or markers "
			"is expected");
	if (on_items(&theater_of(req)->stage, canvas, id, set_layer, layer, visible) == 0)
		return rpc_fail_at(req, "id", "theater.item.unknown", "there is no such score in the scene");
	return 0;
}

static const struct rpc_param focus_params[] = {{"id", RPC_STR}, {"canvas", RPC_STR}, {0}};

static int handle_focus(struct rpc_request *req, const msgpack_object *params)
{
	struct stage *stage = &theater_of(req)->stage;
	char id[SCENE_NAME_MAX] = "";
	int canvas = -1, n = 0, rc = api_canvas(req, params, -1, &canvas);

	if (rc < 0)
		return rc;
	(void)wire_get_str(params, "id", id, sizeof(id));
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		if (canvas < 0 || canvas == c)
			n += scene_manager_focus(stage->canvas[c].manager, *id ? id : NULL) == 0;
	return n ? 0
		 : rpc_fail_at(req, "id", "theater.item.unknown",
			   "nothing of that name is in the scene: \"%s\"", id);
}

static const struct rpc_method methods[] = {
	{"theater.scene.list", handle_list, NULL, 0, CAP_STATUS_READ},
	{"theater.scene.get", handle_get, canvas_params, 0, CAP_STATUS_READ},
	{"theater.scene.show", handle_show, show_params, 0, CAP_STAGE},
	{"theater.theme.set", handle_theme, theme_params, 0, CAP_STAGE},
	{"theater.layer.set", handle_layer, layer_params, 0, CAP_STAGE},
	{"theater.item.set", handle_visible, visible_params, 0, CAP_STAGE},
	{"theater.focus.set", handle_focus, focus_params, 0, CAP_STAGE},
};
const struct rpc_table scene_methods = {methods, sizeof(methods) / sizeof(*methods)};
