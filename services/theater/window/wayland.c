/* SPDX-License-Identifier: MIT */
/* A window of a Wayland compositor: what the display offers, the window's states, a frame's way to it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "displays.h"
#include "wayland_priv.h"

static void destroy(struct window *window)
{
	sd_event_source_disable_unref(window->io);
	window_input_finish(window);
	window_buffers_free(window);
	if (window->frame)
		wl_callback_destroy(window->frame);
	if (window->decoration)
		zxdg_toplevel_decoration_v1_destroy(window->decoration);
	if (window->toplevel)
		xdg_toplevel_destroy(window->toplevel);
	if (window->xdg_surface)
		xdg_surface_destroy(window->xdg_surface);
	if (window->surface)
		wl_surface_destroy(window->surface);
	for (uint32_t i = 0; i < window->n_outputs; i++)
		wl_output_destroy(window->outputs[i].output);
	if (window->decorations)
		zxdg_decoration_manager_v1_destroy(window->decorations);
	if (window->shell)
		xdg_wm_base_destroy(window->shell);
	if (window->shm)
		wl_shm_destroy(window->shm);
	if (window->compositor)
		wl_compositor_destroy(window->compositor);
	if (window->registry)
		wl_registry_destroy(window->registry);
	if (window->display) {
		wl_display_flush(window->display);
		wl_display_disconnect(window->display);
	}
	free(window);
}

static void die(struct window *window, const char *reason)
{
	if (window->is_dead)
		return;
	window->is_dead = true;
	window->sink.n_consumers = 0;
	window->io = sd_event_source_disable_unref(window->io);
	if (window->events.close)
		window->events.close(window->events.data, reason);
}

void window_flush(struct window *window)
{
	bool is_sent;

	if (window->is_dead)
		return;
	is_sent = wl_display_flush(window->display) >= 0;
	/* A full socket: the compositor is slow, the rest goes when it reads. */
	if (!is_sent && errno != EAGAIN)
		die(window, "the display went away");
	else
		sd_event_source_set_io_events(window->io, EPOLLIN | (is_sent ? 0 : EPOLLOUT));
}

/** @return -1: the display has gone. */
static int take_events(struct window *window, uint32_t revents)
{
	int r = 0;

	while (wl_display_prepare_read(window->display) != 0) {
		if (wl_display_dispatch_pending(window->display) < 0)
			return -1;
	}
	if (revents & EPOLLIN)
		r = wl_display_read_events(window->display);
	else
		wl_display_cancel_read(window->display);
	if (r < 0 || revents & (EPOLLHUP | EPOLLERR))
		return -1;
	return wl_display_dispatch_pending(window->display);
}

/** Callbacks may close the window: it goes when we are out of it. */
static void enter(struct window *window)
{
	window->n_inside++;
}

static void leave(struct window *window)
{
	if (--window->n_inside == 0 && window->is_closed)
		destroy(window);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct window *window = data;

	enter(window);
	if (take_events(window, revents) < 0)
		die(window, "the display went away");
	window_flush(window);
	leave(window);
	return 0;
}

static void on_ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
	xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = {.ping = on_ping};

static void on_output_name(void *data, struct wl_output *output, const char *name)
{
	struct window *window = data;

	for (uint32_t i = 0; i < window->n_outputs; i++) {
		if (window->outputs[i].output == output)
			snprintf(window->outputs[i].name, sizeof(window->outputs[i].name), "%s", name);
	}
}

static void on_output_geometry(void *data, struct wl_output *output, int32_t x, int32_t y, int32_t wide,
	int32_t high, int32_t subpixel, const char *make, const char *model, int32_t transform)
{
}

static void on_output_mode(
	void *data, struct wl_output *output, uint32_t flags, int32_t width, int32_t height, int32_t rate)
{
}

static void on_output_done(void *data, struct wl_output *output)
{
}

static void on_output_scale(void *data, struct wl_output *output, int32_t factor)
{
}

static void on_output_description(void *data, struct wl_output *output, const char *description)
{
}

static const struct wl_output_listener output_listener = {
	.geometry = on_output_geometry,
	.mode = on_output_mode,
	.done = on_output_done,
	.scale = on_output_scale,
	.name = on_output_name,
	.description = on_output_description,
};

static void *bind_to(struct wl_registry *registry, uint32_t name, const struct wl_interface *interface,
	uint32_t version, uint32_t most)
{
	return wl_registry_bind(registry, name, interface, version < most ? version : most);
}

static void on_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	struct window *window = data;

	if (strcmp(interface, wl_compositor_interface.name) == 0 && version >= 4 && !window->compositor) {
		window->compositor = bind_to(registry, name, &wl_compositor_interface, version, 6);
	} else if (strcmp(interface, wl_shm_interface.name) == 0 && !window->shm) {
		window->shm = bind_to(registry, name, &wl_shm_interface, version, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0 && !window->shell) {
		window->shell = bind_to(registry, name, &xdg_wm_base_interface, version, 1);
		xdg_wm_base_add_listener(window->shell, &shell_listener, window);
	} else if (strcmp(interface, zxdg_decoration_manager_v1_interface.name) == 0 &&
		   !window->decorations) {
		window->decorations =
			bind_to(registry, name, &zxdg_decoration_manager_v1_interface, version, 1);
	} else if (strcmp(interface, wl_seat_interface.name) == 0 && !window->seat) {
		/* Version 1 has all that is told on; later ones add events that all need a listener. */
		window_input_init(window, bind_to(registry, name, &wl_seat_interface, version, 1));
	} else if (strcmp(interface, wl_output_interface.name) == 0 && version >= 4 &&
		   window->n_outputs < WINDOW_MAX_OUTPUTS) {
		struct wl_output *output = bind_to(registry, name, &wl_output_interface, version, 4);

		window->outputs[window->n_outputs++].output = output;
		wl_output_add_listener(output, &output_listener, window);
	}
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

static void on_surface_output(void *data, struct wl_surface *surface, struct wl_output *output)
{
}

static void on_transform(void *data, struct wl_surface *surface, uint32_t transform)
{
}

static void on_scale(void *data, struct wl_surface *surface, int32_t factor)
{
	struct window *window = data;

	if (factor < 1 || factor > 8 || (uint32_t)factor == window->scale)
		return;
	window->scale = (uint32_t)factor;
	wl_surface_set_buffer_scale(surface, factor);
	if (window->is_configured && window_buffers_make(window) < 0)
		die(window, "no memory for the window's picture");
}

static const struct wl_surface_listener surface_listener = {
	.enter = on_surface_output,
	.leave = on_surface_output,
	.preferred_buffer_scale = on_scale,
	.preferred_buffer_transform = on_transform,
};

static void on_toplevel_configure(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states)
{
	struct window *window = data;
	const uint32_t *state;

	window->wide = width > 0 ? (uint32_t)width : 0;
	window->high = height > 0 ? (uint32_t)height : 0;
	window->is_fullscreen = false;
	wl_array_for_each(state, states)
	{
		if (*state == XDG_TOPLEVEL_STATE_FULLSCREEN)
			window->is_fullscreen = true;
	}
}

static void on_toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
	struct window *window = data;

	if (window->events.close)
		window->events.close(window->events.data, NULL);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = on_toplevel_configure,
	.close = on_toplevel_close,
};

static void on_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct window *window = data;
	const uint32_t width = window->wide ? window->wide : window->width;
	const uint32_t height = window->high ? window->high : window->height;

	xdg_surface_ack_configure(surface, serial);
	if (window->is_configured && width == window->width && height == window->height)
		return;
	window->width = width;
	window->height = height;
	window->is_configured = true;
	window->sink.n_consumers = 1;
	if (window_buffers_make(window) < 0)
		die(window, "no memory for the window's picture");
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = on_configure};

static struct wl_output *find_output(const struct window *window, const char *name)
{
	for (uint32_t i = 0; name && i < window->n_outputs; i++) {
		if (strcmp(window->outputs[i].name, name) == 0)
			return window->outputs[i].output;
	}
	return NULL;
}

void window_toggle_fullscreen(struct window *window)
{
	if (window->is_fullscreen)
		xdg_toplevel_unset_fullscreen(window->toplevel);
	else
		xdg_toplevel_set_fullscreen(window->toplevel, NULL);
}

static int wants(struct sink *sink)
{
	const struct window *window = (const struct window *)sink;

	return window->is_configured && !window->is_dead && !window->frame;
}

static int submit(struct sink *sink, const struct sink_frame *frame)
{
	struct window *window = (struct window *)sink;
	int r;

	if (frame->width != window->canvas_width || frame->height != window->canvas_height ||
		frame->stride < 4 * frame->width)
		return -EINVAL;
	if (!wants(sink))
		return 0;
	/* The compositor holds what it has: the same again is nothing to do. */
	if (frame->n_damage == 0 && frame->sequence == window->seen)
		return 0;
	enter(window);
	r = window_buffers_show(window, frame);
	if (r < 0)
		sink->n_dropped++;
	else
		sink->n_submitted++;
	window_flush(window);
	leave(window);
	return r;
}

/** The compositor holds what is shown. */
static void hide(struct sink *sink, int hidden)
{
}

static void close_window(struct sink *sink)
{
	struct window *window = (struct window *)sink;

	enter(window);
	window->is_closed = true;
	leave(window);
}

static const struct sink_ops ops = {
	.kind = "window",
	.wants = wants,
	.submit = submit,
	.hide = hide,
	.close = close_window,
};

/** What the window is for the compositor. It answers with a configure. */
static void announce(struct window *window, const struct window_options *options, struct wl_output *output)
{
	window->surface = wl_compositor_create_surface(window->compositor);
	wl_surface_add_listener(window->surface, &surface_listener, window);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(window->shell, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_title(window->toplevel, options->title);
	xdg_toplevel_set_app_id(window->toplevel, "mos-theater");
	if (window->decorations) {
		window->decoration = zxdg_decoration_manager_v1_get_toplevel_decoration(
			window->decorations, window->toplevel);
		zxdg_toplevel_decoration_v1_set_mode(
			window->decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
	if (options->fullscreen)
		xdg_toplevel_set_fullscreen(window->toplevel, output);
	wl_surface_commit(window->surface);
	window->theme = wl_cursor_theme_load(NULL, 24, window->shm);
	window->cursor = wl_compositor_create_surface(window->compositor);
}

static int refuse(struct window *window, int r, const char *text, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s", text);
	close_window(&window->sink);
	return r;
}

int window_open_wayland(sd_event *event, const struct window_options *options, struct sink **ret, char *error,
	size_t error_size)
{
	struct window *window = calloc(1, sizeof(*window));
	struct wl_output *output;
	int r;

	if (!window) {
		snprintf(error, error_size, "no memory");
		return -ENOMEM;
	}
	window->sink.ops = &ops;
	snprintf(window->sink.name, sizeof(window->sink.name), "window");
	window->events = options->events;
	window->canvas_width = options->canvas_width;
	window->canvas_height = options->canvas_height;
	window->width = options->width;
	window->height = options->height;
	window->scale = 1;
	window->display = wl_display_connect(NULL);
	if (!window->display)
		return refuse(window, -ENOENT, "no Wayland display", error, error_size);
	window->registry = wl_display_get_registry(window->display);
	wl_registry_add_listener(window->registry, &registry_listener, window);
	/* The first round tells what there is, the second the names of the outputs. */
	if (wl_display_roundtrip(window->display) < 0 || wl_display_roundtrip(window->display) < 0)
		return refuse(window, -EPIPE, "the display went away", error, error_size);
	if (!window->compositor || !window->shm || !window->shell)
		return refuse(window, -EPROTO, "the display lacks wl_compositor 4, wl_shm or xdg_wm_base",
			error, error_size);
	output = find_output(window, options->output);
	if (options->output && !output)
		return refuse(window, -ENODEV, "the display has no output of that name", error, error_size);
	announce(window, options, output);
	r = sd_event_add_io(event, &window->io, wl_display_get_fd(window->display), EPOLLIN, on_io, window);
	if (r < 0)
		return refuse(window, r, strerror(-r), error, error_size);
	window_flush(window);
	*ret = &window->sink;
	return 0;
}
