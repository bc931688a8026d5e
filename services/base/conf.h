/* SPDX-License-Identifier: MIT */
/**
 * What people set of a service, kept from one run to the next: a small file in the state directory, key=value
 * a line.
 */
#ifndef MOS_BASE_CONF_H
#define MOS_BASE_CONF_H

#include <stdbool.h>

#define CONF_MAX 4096u /**< bytes of a file */

/** A line. @return false: it is none; that is said, and it is left out. */
typedef bool (*conf_take_fn)(void *data, const char *key, const char *value);

/** Read `name`; where there is no such file nothing is taken. @return 0; -errno: it cannot be read. */
int conf_read(const char *name, conf_take_fn take, void *data);
/** Put `text` in its place, as a whole or not at all. @return 0, -errno. */
int conf_write(const char *name, const char *text);

#endif
