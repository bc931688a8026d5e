/* SPDX-License-Identifier: MIT */
/** What people set of Link, kept from one run to the next: link.conf in the state directory, a line each. */
#ifndef LINK_SETTINGS_H
#define LINK_SETTINGS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define LINK_QUANTUM_MAX 64u

struct link_settings {
	bool is_on;
	bool start_stop;             /**< start and stop together with others */
	uint32_t quantum;            /**< beats that are in phase: a measure */
	char interface[IF_NAMESIZE]; /**< only this one; empty: all */
};

/** What is there; lines that are none are said and left out. @return 0; -errno: it cannot be read. */
int link_settings_read(struct link_settings *ret);
/** As a whole or not at all. @return 0, -errno. */
int link_settings_write(const struct link_settings *s);
/** May an interface be called so? */
bool link_settings_is_interface(const char *name);

#endif
