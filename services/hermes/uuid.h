/* SPDX-License-Identifier: MIT */
/** Ids of scores: UUIDs of version 7, so that they sort by the time of their making (nvx1.md 12.4). */
#ifndef HERMES_UUID_H
#define HERMES_UUID_H

#include <stdint.h>

#define UUID_BYTES 37u /**< of its text with the NUL */

/** @param now_ms  Since 1970, UTC. @return 0, -errno of getrandom(). */
int uuid_make(int64_t now_ms, char ret[static UUID_BYTES]);
/** Is it the text of a UUID, in lower case? */
int uuid_is_valid(const char *text);

#endif
