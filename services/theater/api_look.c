/* SPDX-License-Identifier: MIT */
/* Looking: pictures, figures, streams. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "theater.h"

static const struct rpc_param shot_params[] = {{"canvas", RPC_STR}, {"divisor", RPC_INT}, {0}};

static void on_shot(int fd, void *data)
{
	struct rpc_request *req = data;

	if (fd < 0) {
		const char *fault = theater_of(req)->stage.render_fault;

		rpc_finish(req, rpc_fail(req, fd, "theater.picture.failed", "%s",
					fd == -ENODEV && *fault ? fault : strerror(-fd)));
		return;
	}
	wire_put_u64(&req->out, "size_bytes", (uint64_t)lseek(fd, 0, SEEK_END));
	(void)lseek(fd, 0, SEEK_SET);
	wire_add_fd(&req->out, fd);
	(void)close(fd);
	rpc_finish(req, 0);
}

static int handle_shot(struct rpc_request *req, const msgpack_object *params)
{
	struct stage *stage = &theater_of(req)->stage;
	int64_t divisor = 1;
	int canvas = -1, rc = api_canvas(req, params, SCENE_LANDSCAPE, &canvas);

	if (rc < 0)
		return rc;
	(void)wire_get_i64(params, "divisor", &divisor);
	if (divisor < 1 || divisor > 64)
		return rpc_fail_at(req, "divisor", "rpc.params.invalid", "1 to 64 is expected");
	stage->render_retry_ns = stage->render ? stage->render_retry_ns : 0; /* asked for: try now */
	if (stage_need_render(stage) < 0) {
		rc = rpc_fail(req, -ENODEV, "theater.device.absent", "%s", stage->render_fault);
		wire_error_hint(&req->error, "mesa-vulkan-drivers draws without a graphics card, too");
		return rc;
	}
	rc = stage_shoot(stage, (enum scene_canvas)canvas, (uint32_t)divisor, on_shot, req);
	if (rc == -EBUSY)
		return rpc_fail(req, rc, "theater.picture.busy", "several pictures are under way");
	return rc < 0 ? rc : RPC_LATER;
}

/* --- Figures --- */

static void put_render(struct wire_out *out, struct stage *stage)
{
	struct render_info info;

	wire_open_map(out, "renderer");
	wire_put_bool(out, "open", stage->render != NULL);
	if (stage->render) {
		render_get_info(stage->render, &info);
		wire_put_str(out, "device", info.device);
		wire_put_str(out, "driver", info.driver);
		wire_put_str(out, "backend", info.backend);
		wire_put_bool(out, "software", info.is_cpu);
		wire_put_bool(out, "lost", info.is_lost);
		wire_put_u64(out, "losses", info.n_losses);
		wire_put_u64(out, "recoveries", info.n_recoveries);
		wire_put_u64(out, "validation", info.n_validation);
		wire_put_u64(out, "objects", info.n_objects);
		wire_put_u64(out, "device_bytes", info.device_bytes);
		wire_put_u64(out, "draws", info.last_draws);
		wire_put_u64(out, "instances", info.last_instances);
		wire_put_u64(out, "cut_short", info.n_cut_short);
	} else if (*stage->render_fault) {
		wire_put_str(out, "fault", stage->render_fault);
	}
	wire_close(out);
}

static void put_views(struct wire_out *out, const struct stage_canvas *canvas)
{
	for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++) {
		if (!canvas->view[i].view)
			continue;
		const struct view_figures f = view_figures(canvas->view[i].view);

		wire_open_map(out, NULL);
		wire_put_str(out, "id", canvas->view[i].id);
		wire_put_u64(out, "page", f.page + 1u);
		wire_put_u64(out, "pages", f.n_pages);
		wire_put_u64(out, "elements", f.n_elements);
		wire_put_u64(out, "shapes", f.n_shapes);
		wire_put_f64(out, "staff_space_px", (double)f.staff_space_px);
		wire_put_f64(out, "engrave_ms", f.engrave_ms);
		wire_put_f64(out, "playhead_x", f.playhead_x);
		wire_put_f64(out, "playhead_tick", f.playhead_tick);
		wire_put_i64(out, "playhead_time_ns", f.playhead_time_ns);
		wire_put_bool(out, "settled", view_is_settled(canvas->view[i].view));
		if (*f.fault)
			wire_put_str(out, "fault", f.fault);
		wire_close(out);
	}
}

static void put_quantiles(struct wire_out *out, const char *key, const struct frame_quantiles *q)
{
	wire_open_map(out, key);
	wire_put_f64(out, "p50_ms", (double)q->p50_ns / 1e6);
	wire_put_f64(out, "p99_ms", (double)q->p99_ns / 1e6);
	wire_put_f64(out, "max_ms", (double)q->max_ns / 1e6);
	wire_close(out);
}

static void put_frames(struct wire_out *out, const struct stage *stage)
{
	static const char *const part[FRAME_N_PARTS] = {[FRAME_ANSWER] = "to_picture",
		[FRAME_WAIT] = "to_frame",
		[FRAME_DRAW] = "to_submitted",
		[FRAME_WHOLE] = "whole"};
	const struct stage_figures f = stage_figures(stage);
	struct frame_log_figures log;

	frame_log_read(&stage->log, &log);
	wire_open_map(out, "frames");
	wire_put_u64(out, "worked", stage->log.n_frames);
	wire_put_u64(out, "drawn", f.drawn);
	wire_put_u64(out, "skipped", f.skipped);
	wire_put_f64(out, "p50_ms", (double)log.work.p50_ns / 1e6);
	wire_put_f64(out, "p99_ms", (double)log.work.p99_ns / 1e6);
	wire_put_f64(out, "max_ms", (double)log.work.max_ns / 1e6);
	put_quantiles(out, "late", &log.late);
	wire_put_u64(out, "damage_px", f.damage_px);
	wire_put_i64(out, "next_time_ns", stage->next_ns + stage_frame_ns(stage));
	wire_close(out);
	wire_open_map(out, "answers");
	wire_put_u64(out, "n", log.n_answers);
	for (int i = 0; i < FRAME_N_PARTS; i++)
		put_quantiles(out, part[i], &log.part[i]);
	wire_put_u64(out, "frames_p50", log.frames_p50);
	wire_put_u64(out, "frames_p99", log.frames_p99);
	wire_close(out);
}

static int handle_status(struct rpc_request *req, const msgpack_object *params)
{
	struct stage *stage = &theater_of(req)->stage;

	put_render(&req->out, stage);
	put_frames(&req->out, stage);
	wire_put_bool(&req->out, "recording", theater_of(req)->recording.record != NULL);
	wire_open_array(&req->out, "canvases");
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct stage_canvas *canvas = &stage->canvas[c];
		const struct scene *scene = scene_manager_scene(canvas->manager);

		wire_open_map(&req->out, NULL);
		wire_put_str(&req->out, "canvas", c == SCENE_LANDSCAPE ? "landscape" : "portrait");
		wire_put_str(&req->out, "scene", scene ? scene->name : "");
		wire_put_u64(&req->out, "width", canvas->width);
		wire_put_u64(&req->out, "height", canvas->height);
		wire_put_u64(&req->out, "pictures", canvas->sequence);
		wire_put_bool(&req->out, "wanted", canvas->is_wanted);
		wire_open_array(&req->out, "scores");
		put_views(&req->out, canvas);
		wire_close(&req->out);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}

static int handle_widgets(struct rpc_request *req, const msgpack_object *params)
{
	const struct stage *stage = &theater_of(req)->stage;

	wire_open_array(&req->out, "widgets");
	for (struct surface *s = NULL; (s = surfaces_next(stage->surfaces, s));) {
		const struct stage_widget *w = stage_widget_of(s);
		const struct surface_figures f = surface_figures(s);

		wire_open_map(&req->out, NULL);
		wire_put_str(&req->out, "id", surface_id(s));
		wire_put_str(&req->out, "name", surface_name(s));
		wire_put_str(&req->out, "surface",
			surface_kind(s) == MOS_SURFACE_SHAPES   ? "shapes"
			: surface_kind(s) == MOS_SURFACE_PIXELS ? "pixels"
								: "none");
		wire_put_bool(&req->out, "shown", w && w->is_shown);
		wire_put_u64(&req->out, "pictures", f.pictures);
		wire_put_u64(&req->out, "refused", f.refused);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}

static int handle_streams(struct rpc_request *req, const msgpack_object *params)
{
	const struct streams *streams = theater_of(req)->stage.streams;

	wire_open_array(&req->out, "streams");
	for (uint32_t i = 0; i < streams_n(streams); i++) {
		struct sink *sink = streams_at(streams, i);

		wire_open_map(&req->out, NULL);
		wire_put_str(&req->out, "name", sink->name);
		wire_put_str(&req->out, "kind", sink->ops->kind);
		wire_put_bool(&req->out, "watched", sink->ops->wants(sink));
		wire_put_u64(&req->out, "frames", sink->n_submitted);
		wire_put_u64(&req->out, "dropped", sink->n_dropped);
		wire_put_u64(&req->out, "copied_bytes", sink->n_copied_bytes);
		wire_put_bool(&req->out, "on_air", sink->is_on_air);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}

static const struct rpc_method methods[] = {
	{"theater.canvas.shot", handle_shot, shot_params, 0, CAP_STAGE},
	{"theater.status.get", handle_status, NULL, 0, CAP_STATUS_READ},
	{"theater.widget.list", handle_widgets, NULL, 0, CAP_STATUS_READ},
	{"theater.stream.list", handle_streams, NULL, 0, CAP_STATUS_READ},
};
const struct rpc_table look_methods = {methods, sizeof(methods) / sizeof(*methods)};
