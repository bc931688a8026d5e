/* SPDX-License-Identifier: MIT */
/* A window of an X server: its states, a frame's way to it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "displays.h"
#include "x11_priv.h"

static const char *const atom_names[X11_N_ATOMS] = {
	[X11_PROTOCOLS] = "WM_PROTOCOLS",
	[X11_DELETE] = "WM_DELETE_WINDOW",
	[X11_STATE] = "_NET_WM_STATE",
	[X11_FULLSCREEN] = "_NET_WM_STATE_FULLSCREEN",
	[X11_NAME] = "_NET_WM_NAME",
	[X11_UTF8] = "UTF8_STRING",
};

static void destroy(struct x11 *x11)
{
	sd_event_source_disable_unref(x11->io);
	x11_input_finish(x11);
	if (x11->connection) {
		x11_picture_free(x11);
		if (x11->window)
			xcb_destroy_window(x11->connection, x11->window);
		xcb_flush(x11->connection);
		xcb_disconnect(x11->connection);
	}
	free(x11);
}

/** Callbacks may close the window: it goes when we are out of it. */
static void enter(struct x11 *x11)
{
	x11->n_inside++;
}

static void leave(struct x11 *x11)
{
	if (--x11->n_inside == 0 && x11->is_closed)
		destroy(x11);
}

static void die(struct x11 *x11, const char *reason)
{
	if (x11->is_dead)
		return;
	x11->is_dead = true;
	x11->sink.n_consumers = 0;
	x11->io = sd_event_source_disable_unref(x11->io);
	if (x11->events.close)
		x11->events.close(x11->events.data, reason);
}

static void take(struct x11 *x11, const xcb_generic_event_t *event)
{
	const uint8_t type = event->response_type & 0x7f;

	if (event->response_type == 0) { /* an error: without shared pictures the window would stay black */
		const xcb_generic_error_t *error = (const xcb_generic_error_t *)event;
		const xcb_query_extension_reply_t *shm = xcb_get_extension_data(x11->connection, &xcb_shm_id);

		if (shm && error->major_code == shm->major_opcode)
			die(x11, "the X server cannot take our pictures");
		return;
	}
	if (type == XCB_CONFIGURE_NOTIFY) {
		const xcb_configure_notify_event_t *configure = (const xcb_configure_notify_event_t *)event;

		if (configure->width == x11->width && configure->height == x11->height)
			return;
		x11->width = configure->width;
		x11->height = configure->height;
		if (x11_picture_make(x11) < 0)
			die(x11, "no memory for the window's picture");
	} else if (type == XCB_EXPOSE) {
		x11->is_exposed = true;
	} else if (type == XCB_CLIENT_MESSAGE) {
		const xcb_client_message_event_t *message = (const xcb_client_message_event_t *)event;

		if (message->type == x11->atoms[X11_PROTOCOLS] &&
			message->data.data32[0] == x11->atoms[X11_DELETE] && x11->events.close)
			x11->events.close(x11->events.data, NULL);
	} else if (type == x11->shm_event) {
		x11->n_unread -= x11->n_unread > 0;
	} else {
		x11_input_take(x11, event);
	}
}

/** All that has come; reading from the connection happens at each flush, too. */
static void take_events(struct x11 *x11)
{
	xcb_generic_event_t *event;

	enter(x11);
	while (!x11->is_dead && (event = xcb_poll_for_event(x11->connection))) {
		take(x11, event);
		free(event);
	}
	if (xcb_connection_has_error(x11->connection))
		die(x11, "the display went away");
	if (!x11->is_dead && x11->is_exposed && x11->seen && !x11->n_unread) {
		x11_picture_repeat(x11);
		xcb_flush(x11->connection);
	}
	leave(x11);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	take_events(data);
	return 0;
}

void x11_ask_fullscreen(struct x11 *x11, uint32_t action)
{
	const xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = x11->window,
		.type = x11->atoms[X11_STATE],
		.data.data32 = {action, x11->atoms[X11_FULLSCREEN], 0, 1},
	};

	xcb_send_event(x11->connection, 0, x11->screen->root,
		XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY | XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT,
		(const char *)&message);
	xcb_flush(x11->connection);
}

static int wants(struct sink *sink)
{
	const struct x11 *x11 = (const struct x11 *)sink;

	return !x11->is_dead && !x11->n_unread;
}

static int submit(struct sink *sink, const struct sink_frame *frame)
{
	struct x11 *x11 = (struct x11 *)sink;

	if (frame->width != x11->canvas_width || frame->height != x11->canvas_height ||
		frame->stride < 4 * frame->width)
		return -EINVAL;
	if (!wants(sink) || (frame->n_damage == 0 && frame->sequence == x11->seen))
		return 0;
	x11_picture_show(x11, frame);
	sink->n_submitted++;
	xcb_flush(x11->connection);
	take_events(x11);
	return 0;
}

/** The server holds what is shown, and asks again for what it lost. */
static void hide(struct sink *sink, int hidden)
{
}

static void close_window(struct sink *sink)
{
	struct x11 *x11 = (struct x11 *)sink;

	enter(x11);
	x11->is_closed = true;
	leave(x11);
}

static const struct sink_ops ops = {
	.kind = "window",
	.wants = wants,
	.submit = submit,
	.hide = hide,
	.close = close_window,
};

static void find_atoms(struct x11 *x11)
{
	xcb_intern_atom_cookie_t cookies[X11_N_ATOMS];

	for (int i = 0; i < X11_N_ATOMS; i++)
		cookies[i] =
			xcb_intern_atom(x11->connection, 0, (uint16_t)strlen(atom_names[i]), atom_names[i]);
	for (int i = 0; i < X11_N_ATOMS; i++) {
		xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(x11->connection, cookies[i], NULL);

		x11->atoms[i] = reply ? reply->atom : XCB_ATOM_NONE;
		free(reply);
	}
}

/** Memory by descriptor came with version 1.2. */
static bool find_shm(struct x11 *x11)
{
	const xcb_query_extension_reply_t *extension = xcb_get_extension_data(x11->connection, &xcb_shm_id);
	xcb_shm_query_version_reply_t *version;
	bool is_there;

	if (!extension || !extension->present)
		return false;
	x11->shm_event = (uint8_t)(extension->first_event + XCB_SHM_COMPLETION);
	version = xcb_shm_query_version_reply(x11->connection, xcb_shm_query_version(x11->connection), NULL);
	is_there = version && (version->major_version > 1 || version->minor_version >= 2);
	free(version);
	return is_there;
}

/** Blue, green, red, nothing: 32 bits a pixel, as nearly all screens have. */
static bool fits(const struct x11 *x11)
{
	const xcb_setup_t *setup = xcb_get_setup(x11->connection);
	xcb_depth_iterator_t depth = xcb_screen_allowed_depths_iterator(x11->screen);

	if (setup->image_byte_order != XCB_IMAGE_ORDER_LSB_FIRST)
		return false;
	for (; depth.rem; xcb_depth_next(&depth)) {
		xcb_visualtype_iterator_t visual = xcb_depth_visuals_iterator(depth.data);

		for (; visual.rem; xcb_visualtype_next(&visual)) {
			if (visual.data->visual_id == x11->screen->root_visual)
				return depth.data->depth == 24 && visual.data->red_mask == 0xff0000 &&
				       visual.data->green_mask == 0xff00 && visual.data->blue_mask == 0xff;
		}
	}
	return false;
}

static void announce(struct x11 *x11, const struct window_options *options)
{
	xcb_connection_t *c = x11->connection;
	const uint32_t values[] = {x11->screen->black_pixel,
		XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY | XCB_EVENT_MASK_POINTER_MOTION |
			XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE |
			XCB_EVENT_MASK_LEAVE_WINDOW | XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE};

	x11->window = xcb_generate_id(c);
	xcb_create_window(c, XCB_COPY_FROM_PARENT, x11->window, x11->screen->root, 0, 0, (uint16_t)x11->width,
		(uint16_t)x11->height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, x11->screen->root_visual,
		XCB_CW_BACK_PIXEL | XCB_CW_EVENT_MASK, values);
	x11->gc = xcb_generate_id(c);
	xcb_create_gc(c, x11->gc, x11->window, XCB_GC_GRAPHICS_EXPOSURES, &(uint32_t){0});
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, x11->window, x11->atoms[X11_PROTOCOLS], XCB_ATOM_ATOM,
		32, 1, &x11->atoms[X11_DELETE]);
	xcb_change_property(c, XCB_PROP_MODE_REPLACE, x11->window, x11->atoms[X11_NAME], x11->atoms[X11_UTF8],
		8, (uint32_t)strlen(options->title), options->title);
	if (options->fullscreen)
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, x11->window, x11->atoms[X11_STATE],
			XCB_ATOM_ATOM, 32, 1, &x11->atoms[X11_FULLSCREEN]);
	xcb_map_window(c, x11->window);
}

static int refuse(struct x11 *x11, int r, const char *text, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s", text);
	destroy(x11);
	return r;
}

int window_open_x11(sd_event *event, const struct window_options *options, struct sink **ret, char *error,
	size_t error_size)
{
	struct x11 *x11 = calloc(1, sizeof(*x11));
	int r;

	if (!x11) {
		snprintf(error, error_size, "no memory");
		return -ENOMEM;
	}
	x11->sink.ops = &ops;
	snprintf(x11->sink.name, sizeof(x11->sink.name), "window");
	x11->events = options->events;
	x11->canvas_width = options->canvas_width;
	x11->canvas_height = options->canvas_height;
	x11->width = options->width;
	x11->height = options->height;
	if (!getenv("DISPLAY"))
		return refuse(x11, -ENOENT, "no display, neither Wayland nor X11", error, error_size);
	x11->connection = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(x11->connection))
		return refuse(x11, -ENOENT, "no display, neither Wayland nor X11", error, error_size);
	if (options->output)
		return refuse(x11, -ENODEV, "X11: an output cannot be chosen", error, error_size);
	x11->screen = xcb_setup_roots_iterator(xcb_get_setup(x11->connection)).data;
	if (!find_shm(x11) || !fits(x11))
		return refuse(
			x11, -EPROTO, "the display lacks MIT-SHM 1.2 or 24-bit colours", error, error_size);
	r = x11_input_init(x11);
	if (r < 0)
		return refuse(x11, r, "the display has no keyboard map", error, error_size);
	find_atoms(x11);
	announce(x11, options);
	r = x11_picture_make(x11);
	if (r == 0)
		r = sd_event_add_io(
			event, &x11->io, xcb_get_file_descriptor(x11->connection), EPOLLIN, on_io, x11);
	if (r < 0)
		return refuse(x11, r, strerror(-r), error, error_size);
	xcb_flush(x11->connection);
	x11->sink.n_consumers = 1;
	*ret = &x11->sink;
	return 0;
}
