/* SPDX-License-Identifier: MIT */
/** UTF-8 as it has to be in frames, logs and terminals: valid, and without control characters where mended.
 */
#ifndef MOS_WIRE_UTF8_H
#define MOS_WIRE_UTF8_H

#include <stddef.h>

/** 1 when all `len` bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). */
int wire_utf8_valid(const char *text, size_t len);

/**
 * Make a NUL-terminated string valid in place: each byte that belongs to no character becomes '?', and so
 * does each control character, so that a name cannot move a terminal's cursor. A character cut off at the
 * end (by a buffer's size) is removed.
 */
void wire_utf8_mend(char *text);

#endif
