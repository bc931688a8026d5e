/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nam_model.h"
#include "nam_read.h"

#define HIDDEN_MAX 512u
#define CELLS_MAX 32u
#define WARM_MULTIPLIES 2000000000ull /* about a second's work */

static uint32_t lanes_of(uint32_t n)
{
	return (n + 15) / 16 * 16;
}

/* File: 4 gates' rows of [x, h], biases, first h, first c. Here: columns, each gate up to a multiple of 16.
 */
static int load_cell(struct nam_reader *r, struct nam_weights *weights, uint32_t n_in, uint32_t n_hidden,
	struct nam_lstm_cell *cell)
{
	const uint32_t lanes = lanes_of(n_hidden), n = n_in + n_hidden;
	const float *from, *bias, *h0, *c0;
	int rc;

	if ((rc = nam_take(r, weights, (uint64_t)4 * n_hidden * n, &from)) < 0 ||
		(rc = nam_take(r, weights, 4 * n_hidden, &bias)) < 0 ||
		(rc = nam_take(r, weights, n_hidden, &h0)) < 0 ||
		(rc = nam_take(r, weights, n_hidden, &c0)) < 0)
		return rc;
	*cell = (struct nam_lstm_cell){.n_in = n_in, .n_hidden = n_hidden, .n_lanes = lanes};
	float *w = calloc((size_t)4 * lanes * n, sizeof(float)), *b = calloc(4 * lanes, sizeof(float));
	float *h = calloc(lanes, sizeof(float)), *c = calloc(lanes, sizeof(float));
	cell->w = w;
	cell->bias = b;
	cell->h = h;
	cell->c = c;
	if (!w || !b || !h || !c)
		return nam_fail(r, -ENOMEM, "no memory");
	for (uint32_t g = 0; g < 4; g++)
		for (uint32_t i = 0; i < n_hidden; i++) {
			b[g * lanes + i] = bias[g * n_hidden + i];
			for (uint32_t j = 0; j < n; j++)
				w[((size_t)j * 4 + g) * lanes + i] = from[((size_t)g * n_hidden + i) * n + j];
		}
	memcpy(h, h0, n_hidden * sizeof(float));
	memcpy(c, c0, n_hidden * sizeof(float));
	return 0;
}

/* Half a second of silence, so that the state is where it settles. It becomes the cells' first state. */
static int warm_up(struct nam_reader *r, uint32_t rate_hz, struct nam_net *net)
{
	struct nam_lstm *l = &net->lstm;
	const struct nam_kernel *kernel = nam_kernel_best();
	const uint64_t affordable = WARM_MULTIPLIES / (net->n_multiplies + 1);
	const uint32_t n_frames = rate_hz / 2 < affordable ? rate_hz / 2 : (uint32_t)affordable;
	float *xh = calloc((size_t)2 * l->n_lanes + 16, sizeof(float)),
	      *gates = calloc((size_t)4 * l->n_lanes, sizeof(float));

	if (xh && gates)
		for (uint32_t f = 0; f < n_frames; f++) {
			xh[0] = 0.0f;
			for (uint32_t i = 0; i < l->n_cells; i++) {
				struct nam_lstm_cell *cell = &l->cells[i];

				memcpy(xh + cell->n_in, cell->h, cell->n_hidden * sizeof(float));
				/* Nobody else has the model yet. */
				kernel->lstm(cell, xh, gates, (float *)cell->c, (float *)cell->h);
				memcpy(xh, cell->h, cell->n_hidden * sizeof(float));
			}
		}
	const int rc = xh && gates ? 0 : nam_fail(r, -ENOMEM, "no memory");
	free(xh);
	free(gates);
	net->receptive_frames = n_frames;
	return rc;
}

int nam_lstm_load(struct nam_reader *r, yyjson_val *config, uint32_t rate_hz, struct nam_weights *w,
	struct nam_net *net)
{
	struct nam_lstm *l = &net->lstm;
	uint32_t n_in, n_cells, n_hidden, in_channels = 1;
	const float *head, *bias;
	int rc;

	net->kind = NAM_LSTM;
	net->n_out = 1;
	if ((rc = nam_get_u32(r, config, "num_layers", 1, CELLS_MAX, &n_cells)) < 0 ||
		(rc = nam_get_u32(r, config, "input_size", 1, 1, &n_in)) < 0 ||
		(rc = nam_get_u32(r, config, "hidden_size", 1, HIDDEN_MAX, &n_hidden)) < 0 ||
		(rc = nam_get_u32_default(r, config, "in_channels", 1, 1, &in_channels)) < 0 ||
		(rc = nam_get_u32_default(r, config, "out_channels", 1, NAM_CHANNELS_MAX, &net->n_out)) < 0)
		return rc;
	l->n_out = net->n_out;
	l->n_lanes = lanes_of(n_hidden);
	l->cells = calloc(n_cells, sizeof(*l->cells));
	l->head_w = calloc((size_t)net->n_out * l->n_lanes, sizeof(float));
	l->head_bias = calloc(net->n_out, sizeof(float));
	if (!l->cells || !l->head_w || !l->head_bias)
		return nam_fail(r, -ENOMEM, "no memory");
	for (uint32_t i = 0; i < n_cells; i++) {
		const uint32_t in = i ? n_hidden : n_in;

		l->n_cells++;
		if ((rc = load_cell(r, w, in, n_hidden, &l->cells[i])) < 0)
			return rc;
		net->n_multiplies += (uint64_t)4 * n_hidden * (in + n_hidden);
	}
	if ((rc = nam_take(r, w, (uint64_t)net->n_out * n_hidden, &head)) < 0 ||
		(rc = nam_take(r, w, net->n_out, &bias)) < 0)
		return rc;
	for (uint32_t o = 0; o < net->n_out; o++)
		memcpy(l->head_w + (size_t)o * l->n_lanes, head + (size_t)o * n_hidden,
			n_hidden * sizeof(float));
	memcpy(l->head_bias, bias, net->n_out * sizeof(float));
	net->n_multiplies += (uint64_t)net->n_out * n_hidden;
	return warm_up(r, rate_hz, net);
}
