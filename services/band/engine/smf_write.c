/* SPDX-License-Identifier: MIT */
#include "smf_write.h"

void band_smf_put_be(struct band_buffer *b, uint32_t number, uint32_t bytes)
{
	for (uint32_t i = bytes; i-- > 0;)
		band_put_byte(b, number >> 8 * i & 0xff);
}

void band_smf_put_delta(struct band_buffer *b, uint32_t delta)
{
	for (uint32_t shift = 21; shift > 0; shift -= 7) {
		if (delta >> shift)
			band_put_byte(b, (delta >> shift & 0x7f) | 0x80);
	}
	band_put_byte(b, delta & 0x7f);
}

void band_smf_put_meta(struct band_buffer *b, uint32_t delta, uint32_t type, const void *bytes, uint32_t n)
{
	band_smf_put_delta(b, delta);
	band_put_byte(b, 0xff);
	band_put_byte(b, type);
	band_smf_put_delta(b, n);
	band_put(b, bytes, n);
}

size_t band_smf_open_track(struct band_buffer *b)
{
	band_put_text(b, "MTrk");
	band_smf_put_be(b, 0, 4);
	return b->size;
}

void band_smf_close_track(struct band_buffer *b, size_t start)
{
	band_smf_put_meta(b, 0, 0x2f, NULL, 0);
	if (b->failed)
		return;
	const uint32_t n = (uint32_t)(b->size - start);
	for (uint32_t i = 0; i < 4; i++)
		b->byte[start - 4 + i] = (uint8_t)(n >> 8 * (3 - i));
}
