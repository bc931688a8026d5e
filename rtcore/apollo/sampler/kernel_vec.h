/* SPDX-License-Identifier: MIT */
/**
 * Vectors for kernel_body.c: as wide as the instruction set of this build has them, in the compiler's own
 * notation (vector_size), which gcc and clang share; intrinsics only where it has no word for an instruction.
 */
#ifndef SAMPLER_KERNEL_VEC_H
#define SAMPLER_KERNEL_VEC_H

#include <stdint.h>
#include <mos/attr.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define W 16
#define PIECES(a, b, c, d)                                                                                   \
	(a), (b), (c), (d), (a) + 4, (b) + 4, (c) + 4, (d) + 4, (a) + 8, (b) + 8, (c) + 8, (d) + 8,          \
		(a) + 12, (b) + 12, (c) + 12, (d) + 12
#define IOTA 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define IOTA_Q 0, 1, 2, 3, 4, 5, 6, 7
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif defined(__AVX2__)
#include <immintrin.h>
#define W 8
#define PIECES(a, b, c, d) (a), (b), (c), (d), (a) + 4, (b) + 4, (c) + 4, (d) + 4
#define IOTA 0, 1, 2, 3, 4, 5, 6, 7
#define IOTA_Q 0, 1, 2, 3
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#else
#define W 4
#define PIECES(a, b, c, d) (a), (b), (c), (d)
#define IOTA 0, 1, 2, 3
#define IOTA_Q 0, 1
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float v4 __attribute__((vector_size(16)));
typedef float vf __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));
typedef uint32_t vu __attribute__((vector_size(4 * W)));
typedef uint64_t vq __attribute__((vector_size(4 * W)));
typedef int16_t vs __attribute__((vector_size(2 * W)));
/* The same in memory, anywhere. */
typedef int32_t vi4 __attribute__((vector_size(16)));
typedef vi4 vi4_mem __attribute__((aligned(4), may_alias));
typedef vi vi_mem __attribute__((aligned(4), may_alias));
typedef v4 v4_mem __attribute__((aligned(4), may_alias));
typedef vf vf_mem __attribute__((aligned(4), may_alias));
typedef vs vs_mem __attribute__((aligned(2), may_alias));

#define shuffle __builtin_shufflevector

/* a * b + c, rounded once where the instruction set has it: that is shorter, in time too. */
INLINE vf mul_add(vf a, vf b, vf c) MOS_RT
{
#if W == 16
	return _mm512_fmadd_ps(a, b, c);
#elif W == 8
	return _mm256_fmadd_ps(a, b, c);
#else
	return a * b + c;
#endif
}

/* The same of one float. */
INLINE float mul_add_1(float a, float b, float c) MOS_RT
{
#if W >= 8
	return __builtin_fmaf(a, b, c);
#else
	return a * b + c;
#endif
}

INLINE vf spread(float x) MOS_RT
{
	return (vf){} + x;
}

INLINE vf load(const float *p) MOS_RT
{
	return *(const vf_mem *)p;
}

INLINE void store(float *p, vf v) MOS_RT
{
	*(vf_mem *)p = v;
}

/* The first n of v. */
INLINE void store_part(float *p, vf v, uint32_t n) MOS_RT
{
#if W == 16
	_mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#else
	for (uint32_t i = 0; i < n; i++)
		p[i] = v[i];
#endif
}

/* Of W rows of 4 floats each: vector k holds rows k, 4 + k, 8 + k ..., one after the other. */
INLINE void load_rows(const float *const row[W], vf r[4]) MOS_RT
{
	for (uint32_t k = 0; k < 4; k++) {
#if W == 16
		r[k] = _mm512_castps128_ps512(*(const v4_mem *)row[k]);
		r[k] = _mm512_mask_broadcast_f32x4(r[k], 0x00f0, *(const v4_mem *)row[4 + k]);
		r[k] = _mm512_mask_broadcast_f32x4(r[k], 0x0f00, *(const v4_mem *)row[8 + k]);
		r[k] = _mm512_mask_broadcast_f32x4(r[k], 0xf000, *(const v4_mem *)row[12 + k]);
#elif W == 8
		r[k] = shuffle(*(const v4_mem *)row[k], *(const v4_mem *)row[4 + k], IOTA);
#else
		r[k] = *(const v4_mem *)row[k];
#endif
	}
}

INLINE void store_rows(float *const row[W], const vf r[4]) MOS_RT
{
	for (uint32_t k = 0; k < 4; k++) {
#if W == 16
		*(v4_mem *)row[k] = _mm512_castps512_ps128(r[k]);
		*(v4_mem *)row[4 + k] = _mm512_extractf32x4_ps(r[k], 1);
		*(v4_mem *)row[8 + k] = _mm512_extractf32x4_ps(r[k], 2);
		*(v4_mem *)row[12 + k] = _mm512_extractf32x4_ps(r[k], 3);
#elif W == 8
		*(v4_mem *)row[k] = _mm256_castps256_ps128(r[k]);
		*(v4_mem *)row[4 + k] = _mm256_extractf128_ps(r[k], 1);
#else
		*(v4_mem *)row[k] = r[k];
#endif
	}
}

/* Rows to columns and back: a 4 x 4 transpose in each 128 bits. */
INLINE void transpose(const vf r[4], vf c[4]) MOS_RT
{
	vf ab_lo = shuffle(r[0], r[1], PIECES(0, W, 1, W + 1)),
	   ab_hi = shuffle(r[0], r[1], PIECES(2, W + 2, 3, W + 3));
	vf cd_lo = shuffle(r[2], r[3], PIECES(0, W, 1, W + 1)),
	   cd_hi = shuffle(r[2], r[3], PIECES(2, W + 2, 3, W + 3));

	c[0] = shuffle(ab_lo, cd_lo, PIECES(0, 1, W, W + 1));
	c[1] = shuffle(ab_lo, cd_lo, PIECES(2, 3, W + 2, W + 3));
	c[2] = shuffle(ab_hi, cd_hi, PIECES(0, 1, W, W + 1));
	c[3] = shuffle(ab_hi, cd_hi, PIECES(2, 3, W + 2, W + 3));
}

#endif
