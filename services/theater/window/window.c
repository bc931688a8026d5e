/* SPDX-License-Identifier: MIT */
/* Which display: Wayland first, X11 second, none third. */
#include "window.h"

#include <errno.h>
#include <stdio.h>

#include "displays.h"

int window_open(sd_event *event, const struct window_options *options, struct sink **ret, char *error,
	size_t error_size)
{
	int r;

	if (!options->canvas_width || !options->canvas_height || !options->width || !options->height) {
		snprintf(error, error_size, "a window without a size");
		return -EINVAL;
	}
	r = window_open_wayland(event, options, ret, error, error_size);
	if (r == -ENOENT)
		r = window_open_x11(event, options, ret, error, error_size);
	return r;
}
