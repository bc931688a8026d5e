/* SPDX-License-Identifier: MIT */
/** Between the window (wayland.c), its buffers (wayland_buffers.c) and its input (wayland_input.c). */
#ifndef THEATER_WINDOW_WAYLAND_PRIV_H
#define THEATER_WINDOW_WAYLAND_PRIV_H

#include <wayland-client.h>
#include <wayland-cursor.h>
#include <xkbcommon/xkbcommon.h>

#include "copy.h"
#include "damage.h"
#include "window.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define WINDOW_N_BUFFERS 3u
#define WINDOW_MAX_OUTPUTS 16u
#define WINDOW_MAX_SIZE 16384u

struct window_buffer {
	struct wl_buffer *buffer;
	uint8_t *pixels;
	struct damage lacks; /**< of the canvas */
	bool is_busy;        /**< the compositor reads it */
};

struct window {
	struct sink sink; /**< first: a sink is cast to its window */
	struct window_events events;
	uint32_t canvas_width, canvas_height;
	sd_event_source *io;

	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct zxdg_decoration_manager_v1 *decorations;
	struct {
		struct wl_output *output;
		char name[64];
	} outputs[WINDOW_MAX_OUTPUTS];
	uint32_t n_outputs;

	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct zxdg_toplevel_decoration_v1 *decoration;
	struct wl_callback *frame;     /**< not NULL: the compositor has not asked for the next picture */
	uint32_t width, height, scale; /**< width, height: as the compositor counts */
	uint32_t wide, high;           /**< the size that comes with the next configure; 0: ours */
	bool is_configured, is_fullscreen, is_dead, is_closed;
	uint32_t n_inside; /**< how deep we are in calls that may close it */

	struct window_buffer buffers[WINDOW_N_BUFFERS];
	void *pool;
	size_t pool_size;
	struct copy_fit fit;
	uint64_t seen;

	struct wl_seat *seat;
	struct wl_pointer *pointer;
	struct wl_keyboard *keyboard;
	struct wl_cursor_theme *theme;
	struct wl_surface *cursor;
	double x, y; /**< of the pointer, in the canvas */
	struct xkb_context *xkb;
	struct xkb_keymap *keymap;
	struct xkb_state *keys;
};

/** Buffers of the window's size. @return 0; -errno, the old ones are gone. */
int window_buffers_make(struct window *window);
void window_buffers_free(struct window *window);
/** The next picture. @return 0; -EAGAIN none is free. */
int window_buffers_show(struct window *window, const struct sink_frame *frame);

/** A seat has come. */
void window_input_init(struct window *window, struct wl_seat *seat);
void window_input_finish(struct window *window);

void window_toggle_fullscreen(struct window *window);
/** Send what waits; a display that is gone is told once. */
void window_flush(struct window *window);

#endif
