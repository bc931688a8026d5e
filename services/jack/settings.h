/* SPDX-License-Identifier: MIT */
/** Whether we are a JACK client, kept from one run to the next: jack.conf in the state directory. */
#ifndef JACK_SETTINGS_H
#define JACK_SETTINGS_H

#include <stdbool.h>

struct jack_settings {
	bool is_on;
};

/** What is there; lines that are none are said and left out. @return 0; -errno: it cannot be read. */
int jack_settings_read(struct jack_settings *ret);
/** As a whole or not at all. @return 0, -errno. */
int jack_settings_write(const struct jack_settings *s);

#endif
