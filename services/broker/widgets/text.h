/* SPDX-License-Identifier: MIT */
/** Text of a widget that people will see on their terminals. Pure. */
#ifndef BROKER_WIDGETS_TEXT_H
#define BROKER_WIDGETS_TEXT_H

#include <stddef.h>

/** Make each control character a '?', but line ends and tabs: no widget moves a cursor or sets a title. */
void text_clean(char *text, size_t len);

/** Write, and append, to a buffer of `size` bytes: what does not fit is cut off. */
void text_set(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void text_add(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
