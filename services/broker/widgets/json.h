/* SPDX-License-Identifier: MIT */
/** Values between frames (msgpack), files (JSON) and memory. Pure. */
#ifndef BROKER_WIDGETS_JSON_H
#define BROKER_WIDGETS_JSON_H

#include <yyjson.h>

#include "wire.h"

/**
 * Copy a received value into a document.
 * @return NULL: binary or extension types, a key or text with a NUL inside, numbers that JSON has not (NaN,
 * infinite), no memory.
 */
yyjson_mut_val *json_from_wire(yyjson_mut_doc *doc, const msgpack_object *object);

/** Put a value into an open frame; in an array `key` is NULL. NULL becomes nil. */
void json_put(struct wire_out *out, const char *key, yyjson_mut_val *value);
/** The same for a parsed document. */
void json_put_parsed(struct wire_out *out, const char *key, yyjson_val *value);

/** Parse a file's bytes into a document that can be put and changed. @return NULL: no JSON, no memory. */
yyjson_mut_doc *json_parse(const char *bytes, size_t len);

#endif
