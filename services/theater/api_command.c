/* SPDX-License-Identifier: MIT */
/* Hands: pointer and keys as from a window, zoom, NDI on and off. */
#include <errno.h>
#include <string.h>

#include "caps.h"
#include "theater.h"

static const struct rpc_param pointer_params[] = {{"canvas", RPC_STR}, {"kind", RPC_STR | RPC_REQUIRED},
	{"x", RPC_NUM}, {"y", RPC_NUM}, {"button", RPC_INT}, {"buttons", RPC_INT}, {"wheel", RPC_NUM}, {0}};

static int read_kind(const msgpack_object *params, enum mos_pointer_kind *ret)
{
	static const char *const kinds[] = {"move", "down", "up", "leave", "wheel"};
	char kind[8] = "";

	(void)wire_get_str(params, "kind", kind, sizeof(kind));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i], kind) == 0) {
			*ret = (enum mos_pointer_kind)i;
			return 0;
		}
	return -EINVAL;
}

static int handle_pointer(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_pointer pointer = {0};
	int64_t button = 0, buttons = 0;
	double x = 0, y = 0, wheel = 0;
	int canvas = -1, rc = api_canvas(req, params, SCENE_LANDSCAPE, &canvas);

	if (rc < 0)
		return rc;
	if (read_kind(params, &pointer.kind) < 0)
		return rpc_fail_at(
			req, "kind", "rpc.params.invalid", "move, down, up, leave or wheel is expected");
	(void)wire_get_f64(params, "x", &x);
	(void)wire_get_f64(params, "y", &y);
	(void)wire_get_f64(params, "wheel", &wheel);
	(void)wire_get_i64(params, "button", &button);
	(void)wire_get_i64(params, "buttons", &buttons);
	/* Also refuses what is no number. */
	if (!(x >= 0 && x <= 65536 && y >= 0 && y <= 65536 && wheel >= -1000 && wheel <= 1000))
		return rpc_fail_at(req, "x", "rpc.params.invalid", "a pixel of the canvas is expected");
	pointer.at = (struct mos_point){(float)x, (float)y};
	pointer.wheel = (float)wheel;
	pointer.button = button >= 0 && button <= 8 ? (uint32_t)button : 0;
	pointer.buttons = (uint32_t)buttons & 0xffu;
	stage_pointer(&theater_of(req)->stage.canvas[canvas], &pointer);
	return 0;
}

static const struct rpc_param key_params[] = {{"canvas", RPC_STR}, {"key", RPC_STR | RPC_REQUIRED}, {0}};

static int handle_key(struct rpc_request *req, const msgpack_object *params)
{
	char key[32];
	int canvas = -1, rc = api_canvas(req, params, SCENE_LANDSCAPE, &canvas);

	if (rc < 0)
		return rc;
	if (wire_get_str(params, "key", key, sizeof(key)) < 0 || !*key)
		return rpc_fail_at(req, "key", "rpc.params.invalid", "a key is expected");
	stage_key(&theater_of(req)->stage.canvas[canvas], key);
	return 0;
}

static const struct rpc_param zoom_params[] = {
	{"canvas", RPC_STR}, {"id", RPC_STR}, {"factor", RPC_NUM}, {"dx", RPC_NUM}, {"dy", RPC_NUM}, {0}};

static int handle_zoom(struct rpc_request *req, const msgpack_object *params)
{
	char id[SCENE_NAME_MAX] = "score";
	double factor = 1, dx = 0, dy = 0;
	int canvas = -1, rc = api_canvas(req, params, SCENE_LANDSCAPE, &canvas);

	if (rc < 0)
		return rc;
	(void)wire_get_str(params, "id", id, sizeof(id));
	(void)wire_get_f64(params, "factor", &factor);
	(void)wire_get_f64(params, "dx", &dx);
	(void)wire_get_f64(params, "dy", &dy);
	if (!(factor >= 0.01 && factor <= 100 && dx >= -65536 && dx <= 65536 && dy >= -65536 && dy <= 65536))
		return rpc_fail_at(req, "factor", "rpc.params.invalid", "0.01 to 100 is expected");
	struct view *view = stage_find_view(&theater_of(req)->stage.canvas[canvas], id);
	if (!view)
		return rpc_fail_at(req, "id", "theater.item.unknown", "there is no such score in the scene");
	view_zoom(view, (float)factor, (float)dx, (float)dy);
	return 0;
}

static const struct rpc_param ndi_params[] = {{"on", RPC_BOOL | RPC_REQUIRED}, {0}};

static int handle_ndi(struct rpc_request *req, const msgpack_object *params)
{
	int on = 0, rc;

	(void)wire_get_bool(params, "on", &on);
	rc = streams_ndi(theater_of(req)->stage.streams, on);
	if (rc < 0) {
		rc = rpc_fail(req, rc, "theater.ndi.absent", "the NDI runtime is not installed");
		wire_error_hint(&req->error, "install NDI, or name its library in theater.ini: ndi_library=");
	}
	return rc;
}

static const struct rpc_method methods[] = {
	{"theater.input.pointer", handle_pointer, pointer_params, 0, CAP_STAGE},
	{"theater.input.key", handle_key, key_params, 0, CAP_STAGE},
	{"theater.score.zoom", handle_zoom, zoom_params, 0, CAP_STAGE},
	{"theater.ndi.set", handle_ndi, ndi_params, 0, CAP_STAGE},
};
const struct rpc_table command_methods = {methods, sizeof(methods) / sizeof(*methods)};
