/* SPDX-License-Identifier: MIT */
/**
 * What fx_kernel_body.c's parts share. Buffers of their own have room for whole vectors: what lies behind the
 * n frames asked for is computed with them and means nothing.
 */
#ifndef FX_KERNEL_VEC_H
#define FX_KERNEL_VEC_H

#include "../sampler/kernel_vec.h"
#include "grid.h"
#include "delay.h"

#define FX_ROW (FX_GRID + 16u) /* the last vector of a row may begin at its last frame */

/* k + i, k + i + 1, .. */
INLINE vf frames_from(uint32_t k_i) MOS_RT
{
	return __builtin_convertvector((vi){IOTA} + (int32_t)k_i, vf);
}

/* fx_tidy() */
INLINE vf tidy(vf x) MOS_RT
{
	vf a = (vf)((vi)x & 0x7fffffff);

	return (vf)((vi)x & (a >= FX_TINY) & (a < 1e6f));
}

/* Bits of the first `left` numbers that are not 0. */
INLINE vi alive_bits(vf x, uint32_t left) MOS_RT
{
	return (vi)x & 0x7fffffff & ((vi){IOTA} < (int32_t)left);
}

INLINE int any_bit(vi x) MOS_RT
{
	int32_t any = 0;

	for (int i = 0; i < W; i++)
		any |= x[i];
	return any != 0;
}

/* Apart, since it is rare: the loops are to be short. */
static __attribute__((noinline)) void copy(float *to, const float *from, uint32_t n) MOS_RT
{
	__builtin_memcpy(to, from, n * sizeof(float));
}

/* The first `left` of p, if it has no more. */
INLINE vf load_left(const float *p, uint32_t left) MOS_RT
{
	float part[W] = {0};

	if (left >= W)
		return load(p);
	copy(part, p, left);
	return load(part);
}

INLINE void store_left(float *p, vf v, uint32_t left) MOS_RT
{
	float part[W];

	if (left >= W) {
		store(p, v);
		return;
	}
	store(part, v);
	copy(p, part, left);
}

#endif
