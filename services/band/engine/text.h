/* SPDX-License-Identifier: MIT */
/** Text that comes from files and goes to terminals and frames: one line of whole UTF-8 characters. */
#ifndef BAND_TEXT_H
#define BAND_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** UTF-8 from end to end, without control characters. */
bool text_is_clean(const char *text);
/** Puts '?' for what is neither, and for a character that was cut off at the end. */
void text_settle(char *text);
/** As much as fits, in whole characters. @return false: it was cut. */
bool text_copy(char *ret, size_t size, const char *text);

#endif
