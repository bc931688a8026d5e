/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "nam_state.h"

void nam_ring_write(struct nam_ring *ring, const float *planes, uint32_t n, int is_first) MOS_RT
{
	const uint32_t to_end = ring->length - ring->at, n_one = n < to_end ? n : to_end;

	for (uint32_t p = 0; p < ring->n_planes; p++) {
		float *to = ring->data + (size_t)p * ring->stride;
		const float *from = planes + (size_t)p * NAM_CHUNK;

		if (is_first) {
			for (uint32_t i = 0; i < ring->length + NAM_CHUNK; i++)
				to[i] = from[0];
			continue;
		}
		memcpy(to + ring->at, from, n_one * sizeof(float));
		if (n_one < n)
			memcpy(to, from + n_one, (n - n_one) * sizeof(float));
		if (n_one < n || ring->at < NAM_CHUNK)
			memcpy(to + ring->length, to, NAM_CHUNK * sizeof(float));
	}
}

void nam_ring_advance(struct nam_ring *ring, uint32_t n) MOS_RT
{
	ring->at = ring->at + n < ring->length ? ring->at + n : ring->at + n - ring->length;
}

uint32_t nam_ring_rows(const struct nam_ring *ring, const struct nam_conv *c, uint32_t g, const float **rows)
	MOS_RT
{
	const uint32_t n_in = c->n_in / c->groups;
	uint32_t n = 0;

	for (uint32_t k = 0; k < c->kernel; k++) {
		const uint32_t back = (c->kernel - 1 - k) * c->dilation;
		const uint32_t at = ring->at >= back ? ring->at - back : ring->at + ring->length - back;
		const float *from = ring->data + at + (size_t)g * n_in * ring->stride;

		for (uint32_t i = 0; i < n_in; i++)
			rows[n++] = from + (size_t)i * ring->stride;
	}
	return n;
}

static struct nam_matrix group(const struct nam_conv *c, uint32_t g) MOS_RT
{
	const uint32_t n_out = c->n_out / c->groups;

	return (struct nam_matrix){.n_rows = c->n_rows,
		.n_out = n_out,
		.w = c->w + (size_t)g * n_out * c->n_rows,
		.bias = c->bias + g * n_out};
}

void nam_conv_ring(struct nam_run *run, const struct nam_conv *c, const struct nam_ring *ring,
	const float *mixed, uint32_t n_mixed, float *y, uint32_t n) MOS_RT
{
	const float **rows = run->scratch.rows;

	for (uint32_t g = 0; g < c->groups; g++) {
		const struct nam_matrix m = group(c, g);
		const uint32_t n_rows = nam_ring_rows(ring, c, g, rows);

		for (uint32_t i = 0; mixed && i < n_mixed; i++)
			rows[n_rows + i] = mixed + (size_t)i * NAM_CHUNK;
		run->kernel->matmul(&m, rows, NULL, y + (size_t)g * m.n_out * NAM_CHUNK, n);
	}
}

void nam_conv_planes(struct nam_run *run, const struct nam_conv *c, const float *x, const float *from,
	float *y, uint32_t n) MOS_RT
{
	const uint32_t n_in = c->n_in / c->groups;
	const float **rows = run->scratch.rows;

	for (uint32_t g = 0; g < c->groups; g++) {
		const struct nam_matrix m = group(c, g);
		const size_t to = (size_t)g * m.n_out * NAM_CHUNK;

		for (uint32_t i = 0; i < n_in; i++)
			rows[i] = x + (size_t)(g * n_in + i) * NAM_CHUNK;
		run->kernel->matmul(&m, rows, from ? from + to : NULL, y + to, n);
	}
}

void nam_activate(const struct nam_run *run, const struct nam_act *a, float *planes, uint32_t n_planes,
	uint32_t n) MOS_RT
{
	for (uint32_t p = 0; p < n_planes; p++)
		run->kernel->activate(a, a->n_slopes ? a->slopes[p % a->n_slopes] : a->low_slope,
			planes + (size_t)p * NAM_CHUNK, n);
}
