/* SPDX-License-Identifier: MIT */
#include "nam_state.h"

void nam_convnet_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT
{
	const struct nam_convnet *cn = &run->net->convnet;
	const float *x = in;

	for (uint32_t i = 0; i < cn->n_blocks; i++) {
		float *y = run->x[i & 1];

		nam_ring_write(&run->rings[i], x, n, is_first);
		nam_conv_ring(run, &cn->blocks[i], &run->rings[i], NULL, 0, y, n);
		nam_ring_advance(&run->rings[i], n);
		nam_activate(run, &cn->act, y, cn->blocks[i].n_out, n);
		x = y;
	}
	nam_conv_planes(run, &cn->head, x, NULL, out, n);
}

void nam_linear_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT
{
	nam_ring_write(&run->rings[0], in, n, is_first);
	nam_conv_ring(run, &run->net->linear, &run->rings[0], NULL, 0, out, n);
	nam_ring_advance(&run->rings[0], n);
}
