/* SPDX-License-Identifier: MIT */
/*
 * Compiled once an instruction set: KERNEL names the table, LANES the floats of a vector. No fused
 * multiply-add and one order of additions a frame: the three builds give the same bits.
 */
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "nam_kernel.h"

#define HOT static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t vi __attribute__((vector_size(LANES * sizeof(int32_t))));

HOT vf load(const float *p) MOS_RT
{
	vf v;

	memcpy(&v, p, sizeof(v));
	return v;
}

HOT void store(float *p, vf v) MOS_RT
{
	memcpy(p, &v, sizeof(v));
}

HOT vf all(float x) MOS_RT
{
	return (vf){0} + x;
}

/* b where a is not a number, as the instructions have it. */
HOT vf lesser(vf a, vf b) MOS_RT
{
#if defined(__AVX512F__) && LANES == 16
	return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX__) && LANES == 8
	return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__) && LANES == 4
	return (vf)_mm_min_ps((__m128)a, (__m128)b);
#else
	const vi m = a < b;

	return (vf)((m & (vi)a) | (~m & (vi)b));
#endif
}

HOT vf greater(vf a, vf b) MOS_RT
{
#if defined(__AVX512F__) && LANES == 16
	return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX__) && LANES == 8
	return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__) && LANES == 4
	return (vf)_mm_max_ps((__m128)a, (__m128)b);
#else
	const vi m = a > b;

	return (vf)((m & (vi)a) | (~m & (vi)b));
#endif
}

HOT vf magnitude(vf x) MOS_RT
{
	return (vf)((vi)x & 0x7fffffff);
}

/*
 * x P(x^2) / Q(x^2), fitted for the least relative error up to 8, where tanh is 1 - 2.3e-7. In single
 * precision it is never farther than 4.4e-7 from tanh (tests/unit/apollo_nam.c walks it).
 */
HOT vf tanh_of(vf x) MOS_RT
{
	const vf y = greater(lesser(x, all(8.0f)), all(-8.0f)), t = y * y;
	const vf p = ((t * 1.14283594e-05f + 0.00295101781f) * t + 0.129256576f) * t + 0.999999881f;
	const vf q =
		(((t * 2.45919068e-07f + 0.000238668319f) * t + 0.0238155294f) * t + 0.462588727f) * t + 1.0f;

	return y * p / q;
}

HOT vf sigmoid_of(vf x) MOS_RT
{
	return tanh_of(x * 0.5f) * 0.5f + 0.5f;
}

/* The rational function that the format calls Fasttanh. */
HOT vf fast_tanh_of(vf x) MOS_RT
{
	const vf a = magnitude(x), s = x * x;
	const vf p = x * (a * 2.45550750702956f + 2.45550750702956f +
				 (a * 0.821226666969744f + 0.893229853513558f) * s);
	const vf q = (s + 2.44506634652299f) * magnitude(x + a * x * 0.814642734961073f) + 2.44506634652299f;

	return p / q;
}

HOT vf activate_one(enum nam_act_kind kind, const struct nam_act *a, float slope, vf x) MOS_RT
{
	const vf zero = all(0.0f);

	switch (kind) {
	case NAM_ACT_TANH:
		return tanh_of(x);
	case NAM_ACT_HARDTANH:
		return greater(lesser(x, all(1.0f)), all(-1.0f));
	case NAM_ACT_FASTTANH:
		return fast_tanh_of(x);
	case NAM_ACT_RELU:
		return greater(x, zero);
	case NAM_ACT_LEAKY:
		return greater(x, zero) + lesser(x, zero) * slope;
	case NAM_ACT_SIGMOID:
		return sigmoid_of(x);
	case NAM_ACT_SILU:
		return x * sigmoid_of(x);
	case NAM_ACT_HARDSWISH:
		return x * greater(lesser(x + 3.0f, all(6.0f)), zero) * (1.0f / 6.0f);
	case NAM_ACT_LEAKY_HARDTANH:
		return greater(lesser(x, all(a->high)), all(a->low)) +
		       lesser(x - a->low, zero) * a->low_slope + greater(x - a->high, zero) * a->high_slope;
	case NAM_ACT_SOFTSIGN:
		return x / (magnitude(x) + 1.0f);
	}
	return x;
}

HOT void activate_all(enum nam_act_kind kind, const struct nam_act *a, float slope, float *x, uint32_t n)
	MOS_RT
{
	for (uint32_t f = 0; f < n; f += LANES)
		store(x + f, activate_one(kind, a, slope, load(x + f)));
}

static void activate(const struct nam_act *a, float slope, float *x, uint32_t n_frames) MOS_RT
{
	const uint32_t n = (n_frames + NAM_STEP - 1) / NAM_STEP * NAM_STEP;

#define CASE(kind)                                                                                           \
	case kind:                                                                                           \
		activate_all(kind, a, slope, x, n);                                                          \
		break
	switch (a->kind) {
		CASE(NAM_ACT_TANH);
		CASE(NAM_ACT_HARDTANH);
		CASE(NAM_ACT_FASTTANH);
		CASE(NAM_ACT_RELU);
		CASE(NAM_ACT_LEAKY);
		CASE(NAM_ACT_SIGMOID);
		CASE(NAM_ACT_SILU);
		CASE(NAM_ACT_HARDSWISH);
		CASE(NAM_ACT_LEAKY_HARDTANH);
		CASE(NAM_ACT_SOFTSIGN);
	}
#undef CASE
}

/* t outputs, v vectors of frames: t * v sums stay in registers. Both are constants where it is called. */
HOT void tile(uint32_t t, uint32_t v, const float *w, const float *bias, const float *const *rows,
	uint32_t n_rows, const float *from, float *y, uint32_t f) MOS_RT
{
	vf sum[NAM_TILE][4];

	for (uint32_t o = 0; o < t; o++)
		for (uint32_t i = 0; i < v; i++) {
			sum[o][i] = all(bias[o]);
			if (from)
				sum[o][i] += load(from + o * NAM_CHUNK + f + i * LANES);
		}
	for (uint32_t r = 0; r < n_rows; r++, w += t) {
		vf x[4];

		for (uint32_t i = 0; i < v; i++)
			x[i] = load(rows[r] + f + i * LANES);
		for (uint32_t o = 0; o < t; o++)
			for (uint32_t i = 0; i < v; i++)
				sum[o][i] += x[i] * w[o];
	}
	for (uint32_t o = 0; o < t; o++)
		for (uint32_t i = 0; i < v; i++)
			store(y + o * NAM_CHUNK + f + i * LANES, sum[o][i]);
}

/* Few outputs leave registers for more frames at once, and hide the latency of the additions. */
#define WIDE(t) ((t) <= 2 ? 4u : (t) <= 4 || LANES == 16 ? 2u : 1u)

HOT void tile_all(uint32_t t, const float *w, const float *bias, const float *const *rows, uint32_t n_rows,
	const float *from, float *y, uint32_t n) MOS_RT
{
	uint32_t f = 0;

	for (; f + WIDE(t) * LANES <= n; f += WIDE(t) * LANES)
		tile(t, WIDE(t), w, bias, rows, n_rows, from, y, f);
	for (; f < n; f += LANES)
		tile(t, 1, w, bias, rows, n_rows, from, y, f);
}

static void matmul(const struct nam_matrix *m, const float *const *rows, const float *from, float *y,
	uint32_t n_frames) MOS_RT
{
	const uint32_t n = (n_frames + NAM_STEP - 1) / NAM_STEP * NAM_STEP;
	const float *w = m->w;

	for (uint32_t o = 0, t; o < m->n_out; o += t) {
		const float *at = from ? from + (size_t)o * NAM_CHUNK : NULL;
		float *to = y + (size_t)o * NAM_CHUNK;

		t = nam_tile_size(m->n_out, o);
#define CASE(size)                                                                                           \
	case size:                                                                                           \
		tile_all(size, w, m->bias + o, rows, m->n_rows, at, to, n);                                  \
		break
		switch (t) {
			CASE(1);
			CASE(2);
			CASE(3);
			CASE(4);
			CASE(5);
			CASE(6);
			CASE(7);
			CASE(8);
		}
#undef CASE
		w += (size_t)t * m->n_rows;
	}
}

static void lstm(const struct nam_lstm_cell *cell, const float *xh, float *gates, float *c, float *h) MOS_RT
{
	const uint32_t lanes = cell->n_lanes, n = cell->n_in + cell->n_hidden;

	for (uint32_t j = 0; j < 4 * lanes; j += 4 * LANES) {
		vf sum[4];

		for (uint32_t i = 0; i < 4; i++)
			sum[i] = load(cell->bias + j + i * LANES);
		for (uint32_t k = 0; k < n; k++)
			for (uint32_t i = 0; i < 4; i++)
				sum[i] += load(cell->w + (size_t)k * 4 * lanes + j + i * LANES) * xh[k];
		for (uint32_t i = 0; i < 4; i++)
			store(gates + j + i * LANES, sum[i]);
	}
	for (uint32_t j = 0; j < lanes; j += LANES) {
		const vf in = sigmoid_of(load(gates + j)), forget = sigmoid_of(load(gates + lanes + j));
		const vf cell_in = tanh_of(load(gates + 2 * lanes + j)),
			 out = sigmoid_of(load(gates + 3 * lanes + j));
		const vf now = forget * load(c + j) + in * cell_in;

		store(c + j, now);
		store(h + j, out * tanh_of(now));
	}
}

const struct nam_kernel KERNEL = {.name = KERNEL_NAME, .matmul = matmul, .activate = activate, .lstm = lstm};
