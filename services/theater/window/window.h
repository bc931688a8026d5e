/* SPDX-License-Identifier: MIT */
/**
 * A canvas in a window: a sink as the others, its picture fitted into whatever size the window has, and what
 * is done there told back in the canvas' own pixels. No display is normal: then there is no window.
 * spec/theater.md 8.
 *
 * Thread: the event loop's. No call waits for the compositor, but window_open() for its first answers.
 */
#ifndef THEATER_WINDOW_H
#define THEATER_WINDOW_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "sink.h"

enum window_pointer {
	WINDOW_POINTER_MOVE,
	WINDOW_POINTER_DOWN,
	WINDOW_POINTER_UP,
	WINDOW_POINTER_SCROLL,
	WINDOW_POINTER_LEAVE,
};

struct window_events {
	/**
	 * @param x, y    in the canvas' pixels; outside of the canvas beside the picture, and while a button
	 * is held.
	 * @param button  0 left, 1 right, 2 middle, and so on; of DOWN and UP.
	 * @param dx, dy  of SCROLL: notches, down and right positive.
	 */
	void (*pointer)(void *data, enum window_pointer what, double x, double y, uint32_t button, double dx,
		double dy);
	/**
	 * @param key   XKB key symbol. @param text  UTF-8 of a key that writes something; "" otherwise.
	 * @param mods  1 shift, 2 control, 4 alt, 8 super.
	 */
	void (*key)(void *data, uint32_t key, const char *text, uint32_t mods, int is_down);
	/** Wanted by the user, or the display has gone (reason != NULL). Close the sink, now or later. */
	void (*close)(void *data, const char *reason);
	void *data;
};

struct window_options {
	const char *title;
	uint32_t canvas_width, canvas_height;
	uint32_t width, height; /**< of the window at first */
	uint8_t fullscreen;     /**< F11 changes it */
	const char *output; /**< name of a monitor for full screen, "DP-1"; NULL: the compositor's choice */
	struct window_events events;
};

/**
 * Open it on the display of the environment: Wayland's, else X11's (where `output` cannot be chosen).
 * @return 0; -ENOENT no display; -ENODEV no such output; -EPROTO the display lacks something; -errno. error
 * says it.
 */
int window_open(sd_event *event, const struct window_options *options, struct sink **ret, char *error,
	size_t error_size);

#endif
