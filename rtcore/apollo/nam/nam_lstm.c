/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "nam_state.h"

static float output(const struct nam_lstm *l, uint32_t o, const float *h) MOS_RT
{
	const float *w = l->head_w + (size_t)o * l->n_lanes;
	float sum[4] = {0};

	for (uint32_t i = 0; i < l->n_lanes; i += 4)
		for (uint32_t j = 0; j < 4; j++)
			sum[j] += w[i + j] * h[i + j];
	return (sum[0] + sum[1]) + (sum[2] + sum[3]) + l->head_bias[o];
}

void nam_lstm_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT
{
	const struct nam_lstm *l = &run->net->lstm;

	for (uint32_t i = 0; is_first && i < l->n_cells; i++) {
		memcpy(run->h + (size_t)i * l->n_lanes, l->cells[i].h, l->n_lanes * sizeof(float));
		memcpy(run->c + (size_t)i * l->n_lanes, l->cells[i].c, l->n_lanes * sizeof(float));
	}
	for (uint32_t f = 0; f < n; f++) {
		const float *h = NULL;

		run->xh[0] = in[f];
		for (uint32_t i = 0; i < l->n_cells; i++) {
			const struct nam_lstm_cell *cell = &l->cells[i];
			float *now = run->h + (size_t)i * l->n_lanes;

			if (h)
				memcpy(run->xh, h, cell->n_in * sizeof(float));
			memcpy(run->xh + cell->n_in, now, cell->n_hidden * sizeof(float));
			/* Warming up, the first frame has already been. */
			if (!is_first)
				run->kernel->lstm(
					cell, run->xh, run->gates, run->c + (size_t)i * l->n_lanes, now);
			h = now;
		}
		for (uint32_t o = 0; o < l->n_out; o++)
			out[o * NAM_CHUNK + f] = output(l, o, h);
	}
}
