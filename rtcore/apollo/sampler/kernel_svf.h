/* SPDX-License-Identifier: MIT */
/** The filters of kernel_body.c: as many lanes side by side as a vector has, frame after frame. */
#ifndef SAMPLER_KERNEL_SVF_H
#define SAMPLER_KERNEL_SVF_H

#include "kernel_isa.h"
#include "kernel_vec.h"

/*
 * The filter's two states advance by b11 ic1 + b12 v3 and ic2 + (b12 ic1 + b22 v3), the equations of kernel.h
 * with the doubling put into the coefficients: v1 = (old ic1 + new ic1) / 2, v2 likewise. Shortens the chain
 * from one frame to the next to four operations, which is what a frame takes. Doubling and halving are exact.
 */
struct svf {
	vf ic1, ic2;
	vf c[SVF_N], step[SVF_N]; /* b11, b12, b22, m2 / 2, m0, m1 / 2 */
};

/* What a call has to do: take only the low-pass or mix all three outputs, and either with moving coefficients. */
enum svf_work { SVF_LOW, SVF_LOW_MOVING, SVF_ALL, SVF_MOVING };

INLINE vf svf_frame(struct svf *s, vf x, float at, enum svf_work work) MOS_RT
{
	int is_moving = work == SVF_MOVING || work == SVF_LOW_MOVING;
	vf c[SVF_N], v3 = x - s->ic2, ic1, ic2, y;

	for (uint32_t m = 0; m < SVF_N; m++)
		c[m] = is_moving ? mul_add(s->step[m], spread(at), s->c[m]) : s->c[m];
	ic1 = mul_add(c[1], v3, c[0] * s->ic1);
	ic2 = mul_add(c[2], v3, mul_add(c[1], s->ic1, s->ic2));
	y = c[SVF_M2] * (s->ic2 + ic2);
	if (work == SVF_ALL || work == SVF_MOVING)
		y = mul_add(c[SVF_M1], s->ic1 + ic1, mul_add(c[SVF_M0], x, y));
	s->ic1 = ic1;
	s->ic2 = ic2;
	return y;
}

/* The last one to three frames. */
INLINE void svf_rest(struct svf *s, float *const x[W], uint32_t k, uint32_t i, uint32_t n, enum svf_work work)
	MOS_RT
{
	float column[W];

	for (; i < n; i++) {
		for (uint32_t j = 0; j < W; j++)
			column[j] = x[j][i];
		store(column, svf_frame(s, load(column), (float)(k + i), work));
		for (uint32_t j = 0; j < W; j++)
			x[j][i] = column[j];
	}
}

/* Four frames of all lanes. */
INLINE void svf_fetch(float *const x[W], uint32_t i, vf v[4]) MOS_RT
{
	const float *row[W];
	vf r[4];

	for (uint32_t j = 0; j < W; j++)
		row[j] = x[j] + i;
	load_rows(row, r);
	transpose(r, v);
}

#if W == 16
/* 128 bits of each to one vector. */
INLINE void swap_quarters(vf *a, vf *b, vf *c, vf *d) MOS_RT
{
	vf ab_lo = _mm512_shuffle_f32x4(*a, *b, 0x44), ab_hi = _mm512_shuffle_f32x4(*a, *b, 0xee);
	vf cd_lo = _mm512_shuffle_f32x4(*c, *d, 0x44), cd_hi = _mm512_shuffle_f32x4(*c, *d, 0xee);

	*a = _mm512_shuffle_f32x4(ab_lo, cd_lo, 0x88);
	*b = _mm512_shuffle_f32x4(ab_lo, cd_lo, 0xdd);
	*c = _mm512_shuffle_f32x4(ab_hi, cd_hi, 0x88);
	*d = _mm512_shuffle_f32x4(ab_hi, cd_hi, 0xdd);
}

/* 16 frames of 16 lanes: all rows are read and written whole. */
INLINE void svf_square(struct svf *s, float *const x[W], uint32_t k, uint32_t i, enum svf_work work) MOS_RT
{
	vf r[4], v[16];

	for (uint32_t g = 0; g < 16; g += 4) {
		for (uint32_t j = 0; j < 4; j++)
			r[j] = load(x[g + j] + i);
		transpose(r, v + g);
	}
	for (uint32_t t = 0; t < 4; t++)
		swap_quarters(&v[t], &v[4 + t], &v[8 + t], &v[12 + t]);
	for (uint32_t t = 0; t < 16; t++)
		v[t] = svf_frame(s, v[t], (float)(k + i + t), work);
	for (uint32_t t = 0; t < 4; t++)
		swap_quarters(&v[t], &v[4 + t], &v[8 + t], &v[12 + t]);
	for (uint32_t g = 0; g < 16; g += 4) {
		transpose(v + g, r);
		for (uint32_t j = 0; j < 4; j++)
			store(x[g + j] + i, r[j]);
	}
}
#endif

/* The next frames are fetched while these are computed, each of which waits for the one before. */
INLINE void svf_frames(struct svf *out, float *const x[W], uint32_t k, uint32_t n, enum svf_work work) MOS_RT
{
	struct svf s = *out;
	float *row[W];
	vf r[4], v[4], next[4] = {};
	uint32_t i = 0;

#if W == 16
	for (; work == SVF_LOW && i + W <= n; i += W) /* the others have too much at hand */
		svf_square(&s, x, k, i, work);
#endif
	if (n - i >= 4)
		svf_fetch(x, i, next);
	for (; i + 4 <= n; i += 4) {
		for (uint32_t t = 0; t < 4; t++)
			v[t] = next[t];
		svf_fetch(x, i + 8 <= n ? i + 4 : i, next);
		for (uint32_t t = 0; t < 4; t++)
			v[t] = svf_frame(&s, v[t], (float)(k + i + t), work);
		transpose(v, r);
		for (uint32_t j = 0; j < W; j++)
			row[j] = x[j] + i;
		store_rows(row, r);
	}
	svf_rest(&s, x, k, i, n, work);
	*out = s;
}

#if W == 16
#define EIGHT 8u

INLINE vf two_rows(const float *a, const float *b) MOS_RT
{
	return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(a)), _mm256_loadu_ps(b), 1);
}

/* Eight frames of 16 lanes: vector t is frame i + t. */
INLINE void svf_eight(float *const x[W], uint32_t i, vf v[EIGHT]) MOS_RT
{
	vf r[EIGHT], c[EIGHT];

	for (uint32_t j = 0; j < 4; j++) {
		r[j] = two_rows(x[j] + i, x[4 + j] + i);
		r[4 + j] = two_rows(x[8 + j] + i, x[12 + j] + i);
	}
	transpose(r, c);
	transpose(r + 4, c + 4);
	for (uint32_t t = 0; t < 4; t++) {
		v[t] = _mm512_shuffle_f32x4(c[t], c[4 + t], 0x88);
		v[4 + t] = _mm512_shuffle_f32x4(c[t], c[4 + t], 0xdd);
	}
}

INLINE void svf_eight_back(float *const x[W], uint32_t i, const vf v[EIGHT]) MOS_RT
{
	const vi low = {0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23}, high = low + 8;
	vf r[EIGHT], c[EIGHT];

	for (uint32_t t = 0; t < 4; t++) {
		c[t] = _mm512_permutex2var_ps(v[t], (__m512i)low, v[4 + t]);
		c[4 + t] = _mm512_permutex2var_ps(v[t], (__m512i)high, v[4 + t]);
	}
	transpose(c, r);
	transpose(c + 4, r + 4);
	for (uint32_t j = 0; j < EIGHT; j++) {
		float *const *to = x + (j < 4 ? j : 4 + j);

		_mm256_storeu_ps(to[0] + i, _mm512_castps512_ps256(r[j]));
		_mm256_storeu_ps(to[4] + i, _mm512_extractf32x8_ps(r[j], 1));
	}
}
#endif

/* Floats `at` to `at + 7` of W sections, one vector each. */
INLINE void svf_columns(struct kernel_section *const section[W], uint32_t at, vf c[8]) MOS_RT
{
	float *row[W];

	for (uint32_t j = 0; j < W; j++)
		row[j] = (float *)section[j];
#if W == 16
	svf_eight(row, at, c);
#else
	svf_fetch(row, at, c);
	svf_fetch(row, at + 4, c + 4);
#endif
}

INLINE void svf_load(struct svf *s, struct kernel_section *const section[W], const int32_t side[W]) MOS_RT
{
	vf first[8], last[8]; /* states and a low-pass' coefficients; the other two, and how they move */
	vi is_right = *(const vi_mem *)side != 0;

	static_assert(sizeof(struct kernel_section) == 16 * sizeof(float));
	svf_columns(section, 0, first);
	svf_columns(section, 8, last);
	s->ic1 = (vf)(((vi)first[0] & ~is_right) | ((vi)first[1] & is_right));
	s->ic2 = (vf)(((vi)first[2] & ~is_right) | ((vi)first[3] & is_right));
	s->c[SVF_A1] = first[4] * 2 - 1;
	s->c[SVF_A2] = first[5] * 2;
	s->c[SVF_A3] = first[6] * 2;
	s->c[SVF_M2] = first[7] * 0.5f;
	s->c[SVF_M0] = last[0];
	s->c[SVF_M1] = last[1] * 0.5f;
	s->step[SVF_A1] = last[2] * 2;
	s->step[SVF_A2] = last[3] * 2;
	s->step[SVF_A3] = last[4] * 2;
	s->step[SVF_M2] = last[5] * 0.5f;
	s->step[SVF_M0] = last[6];
	s->step[SVF_M1] = last[7] * 0.5f;
}

/* Over all lanes of a group at once, so that all builds do the same. */
INLINE enum svf_work svf_work(const struct kernel_lane lane[], uint32_t n_lanes) MOS_RT
{
	vi4 all[3] = {};

	for (uint32_t j = 0; j < n_lanes; j++)
		for (uint32_t i = 0; i < 3; i++)
			all[i] |= *(const vi4_mem *)((const float *)lane[j].section + 4 + 4 * i);
	int is_low = !((all[1][0] | all[1][1] | all[2][2] | all[2][3]) & INT32_MAX); /* M0 and M1, and how they move */
	int is_moving = ((all[1][2] | all[1][3] | all[2][0] | all[2][1] | all[2][2] | all[2][3]) & INT32_MAX) != 0;

	if (is_moving)
		return is_low ? SVF_LOW_MOVING : SVF_MOVING;
	return is_low ? SVF_LOW : SVF_ALL;
}

INLINE vf sane(vf x) MOS_RT
{
	vf a = (vf)((vi)x & INT32_MAX);

	return (vf)((vi)x & (a > 1e-15f) & (a < 1e6f));
}

/* Lanes that fill a vector. */
struct svf_lanes {
	struct svf s;
	float *row[W];
	struct kernel_section *section[W];
	int32_t side[W];
};

INLINE void svf_open(struct svf_lanes *g, const struct kernel_lane lane[W]) MOS_RT
{
	for (uint32_t j = 0; j < W; j++) {
		g->row[j] = lane[j].x;
		g->section[j] = lane[j].section;
		g->side[j] = (int32_t)lane[j].side;
	}
	svf_load(&g->s, g->section, g->side);
}

INLINE void svf_close(const struct svf_lanes *g) MOS_RT
{
	float ic1[W], ic2[W];

	store(ic1, sane(g->s.ic1));
	store(ic2, sane(g->s.ic2));
	for (uint32_t j = 0; j < W; j++) {
		g->section[j]->ic1[g->side[j]] = ic1[j];
		g->section[j]->ic2[g->side[j]] = ic2[j];
	}
}

INLINE void svf_as(const struct kernel_lane lane[W], uint32_t k, uint32_t n, enum svf_work work) MOS_RT
{
	struct svf_lanes g;

	svf_open(&g, lane);
	svf_frames(&g.s, g.row, k, n, work);
	svf_close(&g);
}

static void svf_one(const struct kernel_lane lane[W], uint32_t k, uint32_t n, enum svf_work work) MOS_RT
{
	if (work == SVF_MOVING)
		svf_as(lane, k, n, SVF_MOVING);
	else if (work == SVF_LOW_MOVING)
		svf_as(lane, k, n, SVF_LOW_MOVING);
	else if (work == SVF_ALL)
		svf_as(lane, k, n, SVF_ALL);
	else
		svf_as(lane, k, n, SVF_LOW);
}

#if W == 16
/* Two vectors of lanes side by side: each frame waits for the one before, and half of the time passes while it does. */
INLINE void svf_both(const struct kernel_lane lane[2 * W], uint32_t k, uint32_t n, enum svf_work work_b) MOS_RT
{
	struct svf_lanes a, b;
	struct svf s, t;
	vf v[EIGHT], u[EIGHT];

	svf_open(&a, lane);
	svf_open(&b, lane + W);
	s = a.s;
	t = b.s;
	for (uint32_t i = 0; i < n; i += EIGHT) {
		svf_eight(a.row, i, v);
		svf_eight(b.row, i, u);
		for (uint32_t f = 0; f < EIGHT; f++) {
			v[f] = svf_frame(&s, v[f], (float)(k + i + f), SVF_LOW);
			u[f] = svf_frame(&t, u[f], (float)(k + i + f), work_b);
		}
		svf_eight_back(a.row, i, v);
		svf_eight_back(b.row, i, u);
	}
	a.s = s;
	b.s = t;
	svf_close(&a);
	svf_close(&b);
}

static void svf_low_low(const struct kernel_lane lane[2 * W], uint32_t k, uint32_t n) MOS_RT
{
	svf_both(lane, k, n, SVF_LOW);
}

static void svf_low_moving(const struct kernel_lane lane[2 * W], uint32_t k, uint32_t n) MOS_RT
{
	svf_both(lane, k, n, SVF_LOW_MOVING);
}

static_assert(KERNEL_GROUP == W && KERNEL_LANES == 2 * W);
#endif

static void svf(const struct kernel_lane lane[], uint32_t n_lanes, uint32_t k, uint32_t n) MOS_RT
{
	enum svf_work work[KERNEL_LANES / KERNEL_GROUP];
	struct kernel_lane all[KERNEL_LANES];
	struct kernel_section none = {};
	float idle[KERNEL_FRAMES];
	uint32_t full = (n_lanes + W - 1) / W * W;

	for (uint32_t g = 0; g * KERNEL_GROUP < n_lanes; g++)
		work[g] = svf_work(lane + g * KERNEL_GROUP,
			n_lanes - g * KERNEL_GROUP < KERNEL_GROUP ? n_lanes - g * KERNEL_GROUP : KERNEL_GROUP);
	if (n_lanes < full) { /* the others filter silence */
		__builtin_memset(idle, 0, n * sizeof(float));
		__builtin_memcpy(all, lane, n_lanes * sizeof(*lane));
		for (uint32_t j = n_lanes; j < full; j++)
			all[j] = (struct kernel_lane){&none, idle, 0};
		lane = all;
	}
#if W == 16
	if (full == 2 * W && n % EIGHT == 0 && work[0] == SVF_LOW && (work[1] == SVF_LOW || work[1] == SVF_LOW_MOVING)) {
		if (work[1] == SVF_LOW)
			svf_low_low(lane, k, n);
		else
			svf_low_moving(lane, k, n);
		return;
	}
#endif
	for (uint32_t at = 0; at < full; at += W)
		svf_one(lane + at, k, n, work[at / KERNEL_GROUP]);
}

#endif
