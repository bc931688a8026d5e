/* SPDX-License-Identifier: MIT */
/**
 * Write Standard MIDI Files byte by byte, for tests: what a file is called in a test is what stands in it.
 */
#ifndef TESTS_SMF_BYTES_H
#define TESTS_SMF_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct smf_bytes {
	uint8_t data[65536];
	size_t size;
	size_t chunk; /* where the open chunk begins */
};

#define SMF_PUT(b, ...) smf_put(b, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static inline void smf_put(struct smf_bytes *b, const void *bytes, size_t size)
{
	memcpy(b->data + b->size, bytes, size);
	b->size += size;
}

static inline void smf_be32_at(struct smf_bytes *b, size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		b->data[at + i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void smf_begin(struct smf_bytes *b, const char id[static 4])
{
	b->chunk = b->size;
	smf_put(b, id, 4);
	SMF_PUT(b, 0, 0, 0, 0);
}

static inline void smf_end(struct smf_bytes *b)
{
	smf_be32_at(b, b->chunk + 4, (uint32_t)(b->size - b->chunk - 8));
}

static inline void smf_head(struct smf_bytes *b, unsigned format, unsigned tracks, unsigned division)
{
	smf_begin(b, "MThd");
	SMF_PUT(b, (uint8_t)(format >> 8), (uint8_t)format, (uint8_t)(tracks >> 8), (uint8_t)tracks,
		(uint8_t)(division >> 8), (uint8_t)division);
	smf_end(b);
}

#endif
