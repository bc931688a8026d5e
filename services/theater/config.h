/* SPDX-License-Identifier: MIT */
/** What mos-theater is told by its file: one section, [theater]; man mos-theater(1) describes each key. */
#ifndef THEATER_CONFIG_H
#define THEATER_CONFIG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct theater_config {
	char device[128], backend[16];
	char music_font[PATH_MAX], music_metadata[PATH_MAX], text_font[PATH_MAX];
	char italic_font[PATH_MAX];
	char scene[64], portrait_scene[64], theme[64];
	char scenes[PATH_MAX]; /**< a folder of scenes and themes beside the user's own */
	char window[16];       /**< "auto", "no", "landscape", "portrait", "both" */
	char output[64];       /**< the screen to fill */
	char ndi_library[PATH_MAX];
	char obs_url[256], obs_password[256];
	uint32_t divisor; /**< of the canvases' size: 1, 2, 4, 8 or 16 */
	uint32_t fps;
	uint8_t streams, widget_streams, fullscreen, ndi, validate;
};

void theater_config_init(struct theater_config *config);
/**
 * Read a file over what is there.
 * @param error  "FILE:LINE: what is wrong".
 * @return 0; -EINVAL nothing was changed; -errno of reading it.
 */
int theater_config_read(struct theater_config *config, const char *path, char *error, size_t error_size);
/** The same of text, for tests and the fuzzer. `path` is for messages. */
int theater_config_parse(struct theater_config *config, const char *path, const char *text, size_t size,
	char *error, size_t error_size);
/** Where it is read from when nobody says: $XDG_CONFIG_HOME/mos/theater.ini, ~/.config/mos/theater.ini,
 * /etc/mos/theater.ini. @return 0; -ENOENT there is none. */
int theater_config_find(char path[static PATH_MAX]);

#endif
