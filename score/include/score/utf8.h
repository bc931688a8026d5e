/* SPDX-License-Identifier: MIT */
/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure functions. */
#ifndef SCORE_UTF8_H
#define SCORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of the well-formed sequence at `text`, 1..4; 0: none. @param left  Bytes that may be read, at
 * least 1. */
size_t score_utf8_len(const uint8_t *text, size_t left);
/** Bytes that form whole, valid characters from the start on: `size` when all is valid. */
size_t score_utf8_valid(const void *text, size_t size);
/** The longest piece of valid UTF-8 that is at most `max` bytes and ends between two characters. */
size_t score_utf8_cut(const void *text, size_t size, size_t max);
/** Write a code point. @return bytes, 1..4. */
size_t score_utf8_put(uint32_t code, char to[static 4]);

#endif
