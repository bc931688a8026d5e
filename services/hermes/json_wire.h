/* SPDX-License-Identifier: MIT */
/**
 * Between the two ways in which the same values travel: JSON text (what the score's readers and writers
 * speak) and frames. And a writer of small JSON. Pure functions.
 */
#ifndef HERMES_JSON_WIRE_H
#define HERMES_JSON_WIRE_H

#include <score/bytes.h>

#include "wire.h"

/**
 * A value of a frame as JSON text. Whole numbers stay whole; bytes and extensions of msgpack have no JSON.
 * @return 0; -EINVAL no JSON; -ENOMEM.
 */
int json_from_wire(const msgpack_object *value, struct score_bytes *out);

/**
 * Put a JSON text: under `key`; in an array `key` is NULL; with `spread`, the members of an object into the
 * open map.
 * @return 0; -EMSGSIZE it is too large, too deep or too exact for a frame: `out` may hold a part of it;
 * -EINVAL it is no JSON; -ENOMEM.
 */
int json_to_wire(struct wire_out *out, const char *key, const char *text, size_t n);
int json_spread_to_wire(struct wire_out *out, const char *text, size_t n);

/* --- Writing: commas come by themselves. `key` NULL in an array. Text that is no UTF-8 is mended. --- */

void json_open(struct score_bytes *out, const char *key, char bracket);
void json_close(struct score_bytes *out, char bracket);
void json_put_text(struct score_bytes *out, const char *key, const char *text);
void json_put_number(struct score_bytes *out, const char *key, int64_t number);
void json_put_bool(struct score_bytes *out, const char *key, int value);
void json_put_null(struct score_bytes *out, const char *key);
/** Seconds, as many digits as there are. */
void json_put_seconds(struct score_bytes *out, const char *key, int64_t ns);
/** JSON text as it is. */
void json_put_raw(struct score_bytes *out, const char *key, const void *text, size_t n);

#endif
