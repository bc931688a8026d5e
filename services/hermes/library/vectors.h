/* SPDX-License-Identifier: MIT */
/**
 * Blocks of vectors, as the database keeps them (LIB-06): which songs, in rising order, and for each its
 * vector of length 1, padded with zeroes to VECTOR_LANES. Whatever comes from the disk is checked. Pure
 * functions.
 *
 *   block := "MOSV", u32 songs, u32 dims, u32 0, u64 sum of what follows, u32 song ..., f32 vector ...
 */
#ifndef HERMES_VECTORS_H
#define HERMES_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define VECTOR_DIMS_MAX 4096u
#define VECTOR_LANES 16u
#define VECTOR_BLOCK_BYTES (256u * 1024)

static inline uint32_t vector_stride(uint32_t dims)
{
	return (dims + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
}
/** Songs of one block. */
static inline uint32_t vector_block_songs(uint32_t dims)
{
	return VECTOR_BLOCK_BYTES / (vector_stride(dims) * (uint32_t)sizeof(float));
}

struct vector_block {
	uint32_t n, dims;
	const uint8_t *song, *vector; /**< anywhere in memory, not aligned */
};

/** Length 1. @return 0; -EINVAL it has no direction: zero, infinite or not a number. */
int vector_normalise(float *vector, uint32_t dims);

/** @return the block's bytes, owned; NULL: no memory. @param song  Rising. @param vector  n * dims. */
uint8_t *vector_block_make(
	const uint32_t *song, const float *vector, uint32_t n, uint32_t dims, size_t *ret_size);
/** @param dims  What the set has. @return 0, -EBADMSG. */
int vector_block_open(const uint8_t *bytes, size_t size, uint32_t dims, struct vector_block *ret);
/** Is it what was written? Reads all of it. @return 0, -EBADMSG. */
int vector_block_check(const uint8_t *bytes, size_t size, uint32_t dims);
uint32_t vector_block_song(const struct vector_block *block, uint32_t i);
/** Copy the vector of a song, padded. @return 0, -ENOENT. */
int vector_block_find(const struct vector_block *block, uint32_t song, float *ret);
/** The cosines between all of the block and one vector, which is padded. */
void vector_block_dots(const struct vector_block *block, const float *with, float *ret);

#endif
