/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x56534f4du /* "MOSV" */
#define HEAD_BYTES 24u
#define SUM_AT 16u

/* Sixteen lanes whatever the processor has: the sums, and so the order of what is found, are the same
 * everywhere. */
typedef float lanes __attribute__((vector_size(VECTOR_LANES * sizeof(float))));

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof(value));
	return value;
}

/** FNV-1a over words of eight bytes: a block is a whole number of words. */
static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
	uint64_t sum = UINT64_C(14695981039346656037), word;
	for (size_t i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * UINT64_C(1099511628211);
		sum ^= sum >> 29; /* the high half of a word must reach the low half of the sum */
	}
	return sum;
}

int vector_normalise(float *vector, uint32_t dims)
{
	double sum = 0;
	for (uint32_t i = 0; i < dims; i++)
		sum += (double)vector[i] * (double)vector[i];
	if (!isfinite(sum) || sum < 1e-60)
		return -EINVAL;
	const double scale = 1 / sqrt(sum);
	for (uint32_t i = 0; i < dims; i++)
		vector[i] = (float)((double)vector[i] * scale);
	return 0;
}

static size_t songs_bytes(uint32_t n)
{
	return ((size_t)n * sizeof(uint32_t) + 7) / 8 * 8;
}

static size_t block_size(uint32_t n, uint32_t dims)
{
	return HEAD_BYTES + songs_bytes(n) + (size_t)n * vector_stride(dims) * sizeof(float);
}

uint8_t *vector_block_make(
	const uint32_t *song, const float *vector, uint32_t n, uint32_t dims, size_t *ret_size)
{
	const size_t size = block_size(n, dims), stride = vector_stride(dims) * sizeof(float);
	uint8_t *bytes = calloc(1, size);
	if (!bytes)
		return NULL;
	memcpy(bytes, (uint32_t[]){MAGIC, n, dims, 0}, 4 * sizeof(uint32_t));
	memcpy(bytes + HEAD_BYTES, song, n * sizeof(*song));
	for (uint32_t i = 0; i < n; i++)
		memcpy(bytes + HEAD_BYTES + songs_bytes(n) + i * stride, vector + (size_t)i * dims,
			dims * sizeof(*vector));
	const uint64_t sum = sum_of(bytes + HEAD_BYTES, size - HEAD_BYTES);
	memcpy(bytes + SUM_AT, &sum, sizeof(sum));
	*ret_size = size;
	return bytes;
}

int vector_block_open(const uint8_t *bytes, size_t size, uint32_t dims, struct vector_block *ret)
{
	if (!bytes || size < HEAD_BYTES || get_u32(bytes) != MAGIC || get_u32(bytes + 8) != dims ||
		dims == 0 || dims > VECTOR_DIMS_MAX)
		return -EBADMSG;
	const uint32_t n = get_u32(bytes + 4);
	if (n == 0 || n > vector_block_songs(dims) || size != block_size(n, dims))
		return -EBADMSG;
	*ret = (struct vector_block){n, dims, bytes + HEAD_BYTES, bytes + HEAD_BYTES + songs_bytes(n)};
	return 0;
}

int vector_block_check(const uint8_t *bytes, size_t size, uint32_t dims)
{
	struct vector_block block;
	uint64_t sum;
	if (vector_block_open(bytes, size, dims, &block) < 0)
		return -EBADMSG;
	memcpy(&sum, bytes + SUM_AT, sizeof(sum));
	for (uint32_t i = 1; i < block.n; i++)
		if (vector_block_song(&block, i) <= vector_block_song(&block, i - 1))
			return -EBADMSG;
	return sum == sum_of(bytes + HEAD_BYTES, size - HEAD_BYTES) ? 0 : -EBADMSG;
}

uint32_t vector_block_song(const struct vector_block *block, uint32_t i)
{
	return get_u32(block->song + (size_t)i * sizeof(uint32_t));
}

int vector_block_find(const struct vector_block *block, uint32_t song, float *ret)
{
	const size_t stride = vector_stride(block->dims) * sizeof(float);
	uint32_t low = 0, high = block->n;
	while (low < high) {
		const uint32_t middle = (low + high) / 2;
		if (vector_block_song(block, middle) < song)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == block->n || vector_block_song(block, low) != song)
		return -ENOENT;
	memcpy(ret, block->vector + low * stride, stride);
	return 0;
}

void vector_block_dots(const struct vector_block *block, const float *with, float *ret)
{
	const uint32_t stride = vector_stride(block->dims);
	const uint8_t *at = block->vector;
	for (uint32_t i = 0; i < block->n; i++) {
		lanes sum = {0};
		for (uint32_t k = 0; k < stride; k += VECTOR_LANES, at += sizeof(lanes)) {
			lanes a, b;
			memcpy(&a, at, sizeof(a));
			memcpy(&b, with + k, sizeof(b));
			sum += a * b;
		}
		float total = 0;
		for (uint32_t k = 0; k < VECTOR_LANES; k++)
			total += sum[k];
		ret[i] = total;
	}
}
