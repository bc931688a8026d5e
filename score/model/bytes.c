/* SPDX-License-Identifier: MIT */
#include <score/bytes.h>

#include <errno.h>
#include <stdarg.h>
#include <stdckdint.h>
#include <stdio.h>
#include <string.h>

void score_bytes_init(struct score_bytes *bytes, const struct score_alloc *alloc)
{
	*bytes = (struct score_bytes){.alloc = alloc};
}

void score_bytes_finish(struct score_bytes *bytes)
{
	if (bytes->data)
		score_free(bytes->alloc, bytes->data);
	*bytes = (struct score_bytes){.alloc = bytes->alloc};
}

uint8_t *score_bytes_grow(struct score_bytes *bytes, size_t n)
{
	if (bytes->error)
		return NULL;
	if (n > bytes->cap - bytes->n) {
		void *data = bytes->data;
		size_t need;
		if (ckd_add(&need, bytes->n, n) || score_reserve(bytes->alloc, &data, &bytes->cap, need, 1)) {
			bytes->error = -ENOMEM;
			return NULL;
		}
		bytes->data = data;
	}
	return bytes->data + bytes->n;
}

void score_bytes_put(struct score_bytes *bytes, const void *data, size_t n)
{
	uint8_t *to = n ? score_bytes_room(bytes, n) : NULL;
	if (!to)
		return;
	memcpy(to, data, n);
	bytes->n += n;
}

void score_bytes_puts(struct score_bytes *bytes, const char *text)
{
	score_bytes_put(bytes, text, strlen(text));
}

void score_bytes_printf(struct score_bytes *bytes, const char *fmt, ...)
{
	char text[128];
	va_list args;
	va_start(args, fmt);
	const int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0) {
		bytes->error = -ENOMEM;
		return;
	}
	if ((size_t)len < sizeof(text)) {
		score_bytes_put(bytes, text, (size_t)len);
		return;
	}
	uint8_t *to = score_bytes_grow(bytes, (size_t)len + 1); /* vsnprintf ends with a NUL */
	if (!to)
		return;
	va_start(args, fmt);
	(void)vsnprintf((char *)to, (size_t)len + 1, fmt, args);
	va_end(args);
	bytes->n += (size_t)len;
}

void score_bytes_u8(struct score_bytes *bytes, uint8_t value)
{
	score_bytes_put(bytes, &value, 1);
}

void score_bytes_be16(struct score_bytes *bytes, uint16_t value)
{
	const uint8_t raw[] = {(uint8_t)(value >> 8), (uint8_t)value};
	score_bytes_put(bytes, raw, sizeof(raw));
}

void score_bytes_be32(struct score_bytes *bytes, uint32_t value)
{
	const uint8_t raw[] = {
		(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
	score_bytes_put(bytes, raw, sizeof(raw));
}
