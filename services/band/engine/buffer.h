/* SPDX-License-Identifier: MIT */
/** Bytes that grow: texts to be hashed, files. Fails once for all: look at `failed` at the end. */
#ifndef BAND_BUFFER_H
#define BAND_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct band_buffer {
	uint8_t *byte;
	size_t size, room;
	bool failed;
};

void band_put(struct band_buffer *b, const void *bytes, size_t n);
void band_put_byte(struct band_buffer *b, uint32_t byte);
/** Decimal digits. */
void band_put_number(struct band_buffer *b, uint64_t number);
void band_put_text(struct band_buffer *b, const char *text);

#endif
