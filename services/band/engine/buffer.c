/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

void band_put(struct band_buffer *b, const void *bytes, size_t n)
{
	if (b->failed || n == 0)
		return;
	if (n > b->room - b->size) {
		const size_t room = 2 * b->room + n + 256;
		uint8_t *grown = realloc(b->byte, room);

		if (!grown) {
			b->failed = true;
			return;
		}
		b->byte = grown;
		b->room = room;
	}
	memcpy(b->byte + b->size, bytes, n);
	b->size += n;
}

void band_put_byte(struct band_buffer *b, uint32_t byte)
{
	const uint8_t u = (uint8_t)byte;

	band_put(b, &u, 1);
}

void band_put_number(struct band_buffer *b, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	band_put(b, digits + n, sizeof(digits) - n);
}

void band_put_text(struct band_buffer *b, const char *text)
{
	band_put(b, text, strlen(text));
}
