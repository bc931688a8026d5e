/* SPDX-License-Identifier: MIT */
/**
 * Between the public values (mos/value.h) and frames (wire.h). Private to libmos.
 */
#ifndef MOS_VALUE_WIRE_H
#define MOS_VALUE_WIRE_H

#include <mos/value.h>

#include "wire.h"

/** Put a field into an open frame; in an array `key` is NULL. Depth and size are wire's to refuse. */
void value_put(struct wire_out *out, const char *key, const struct mos_value *value);

/**
 * Copy a received value into memory of its own: one block, the nodes first, then the texts.
 * @param ret_memory  To be freed by the caller; NULL for scalars.
 * @return 0; -EPROTO binary, extension types, a map key or text with a NUL inside; -ENOMEM.
 */
int value_copy(const msgpack_object *object, struct mos_value *ret, void **ret_memory);

#endif
