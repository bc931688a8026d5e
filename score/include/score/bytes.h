/* SPDX-License-Identifier: MIT */
/** A growing byte buffer for writers. The first failure stays: writers look at `error` once, at their end. */
#ifndef SCORE_BYTES_H
#define SCORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include <score/alloc.h>

struct score_bytes {
	const struct score_alloc *alloc;
	uint8_t *data; /**< owned; score_bytes_finish() */
	size_t n, cap;
	int error; /**< 0, -ENOMEM: what was added since is lost */
};

void score_bytes_init(struct score_bytes *bytes, const struct score_alloc *alloc);
/** Zeroed ones are fine. */
void score_bytes_finish(struct score_bytes *bytes);
/** Room for `n` more bytes, which the caller fills and counts in `n`. NULL: in error. */
uint8_t *score_bytes_grow(struct score_bytes *bytes, size_t n);
static inline uint8_t *score_bytes_room(struct score_bytes *bytes, size_t n)
{
	return n <= bytes->cap - bytes->n && !bytes->error ? bytes->data + bytes->n
							   : score_bytes_grow(bytes, n);
}
void score_bytes_put(struct score_bytes *bytes, const void *data, size_t n);
void score_bytes_puts(struct score_bytes *bytes, const char *text);
[[gnu::format(printf, 2, 3)]] void score_bytes_printf(struct score_bytes *bytes, const char *fmt, ...);
void score_bytes_u8(struct score_bytes *bytes, uint8_t value);
void score_bytes_be16(struct score_bytes *bytes, uint16_t value);
void score_bytes_be32(struct score_bytes *bytes, uint32_t value);

#endif
