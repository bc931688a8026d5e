/* SPDX-License-Identifier: MIT */
/** The kinds of display, each as window_open(): -ENOENT when there is none of the kind. */
#ifndef THEATER_WINDOW_DISPLAYS_H
#define THEATER_WINDOW_DISPLAYS_H

#include "window.h"

int window_open_wayland(sd_event *event, const struct window_options *options, struct sink **ret, char *error,
	size_t error_size);
int window_open_x11(sd_event *event, const struct window_options *options, struct sink **ret, char *error,
	size_t error_size);

#endif
