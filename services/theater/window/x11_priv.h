/* SPDX-License-Identifier: MIT */
/** Between the X11 window (x11.c), its picture (x11_picture.c) and its input (x11_input.c). */
#ifndef THEATER_WINDOW_X11_PRIV_H
#define THEATER_WINDOW_X11_PRIV_H

#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xkbcommon/xkbcommon-x11.h>

#include "copy.h"
#include "damage.h"
#include "window.h"

#define X11_MAX_SIZE 16384u

enum x11_atom {
	X11_PROTOCOLS,
	X11_DELETE,
	X11_STATE,
	X11_FULLSCREEN,
	X11_NAME,
	X11_UTF8,
	X11_N_ATOMS,
};

struct x11 {
	struct sink sink; /**< first: a sink is cast to its window */
	struct window_events events;
	uint32_t canvas_width, canvas_height;
	sd_event_source *io;

	xcb_connection_t *connection;
	xcb_screen_t *screen;
	xcb_window_t window;
	xcb_gcontext_t gc;
	xcb_atom_t atoms[X11_N_ATOMS];
	uint8_t shm_event; /**< "the server has read the picture" */
	uint32_t width, height;
	bool is_dead, is_closed;
	uint32_t n_inside; /**< how deep we are in calls that may close it */

	xcb_shm_seg_t segment; /**< 0: none */
	uint8_t *pixels;
	size_t size;
	struct damage lacks; /**< of the canvas */
	struct copy_fit fit;
	uint32_t n_unread; /**< parts that the server has not read yet */
	bool is_exposed;   /**< the server forgot what it showed */
	uint64_t seen;

	double x, y;
	struct xkb_context *xkb;
	struct xkb_keymap *keymap;
	struct xkb_state *keys;
};

/** Memory of the window's size, known to the server. @return 0; -errno, the old one is gone. */
int x11_picture_make(struct x11 *x11);
void x11_picture_free(struct x11 *x11);
/** The next picture; the server has read the one before. */
void x11_picture_show(struct x11 *x11, const struct sink_frame *frame);
/** All of it again, where it lost it. */
void x11_picture_repeat(struct x11 *x11);

int x11_input_init(struct x11 *x11);
void x11_input_finish(struct x11 *x11);
/** Pointer and key events; others are left alone. */
void x11_input_take(struct x11 *x11, const xcb_generic_event_t *event);

/** Ask the window manager. @param action  0 remove, 1 add, 2 toggle. */
void x11_ask_fullscreen(struct x11 *x11, uint32_t action);

#endif
