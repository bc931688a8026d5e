/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "nam_model.h"

int nam_conv_pack(struct nam_conv *c, const struct nam_conv_weights *from)
{
	const uint32_t n_in = c->n_in / c->groups, n_out = c->n_out / c->groups;

	c->n_rows = n_in * c->kernel + (from->mixin ? from->n_condition : 0);
	c->w = malloc((size_t)c->n_rows * c->n_out * sizeof(float));
	c->bias = calloc(c->n_out, sizeof(float));
	if (!c->w || !c->bias)
		return -ENOMEM;
	float *w = c->w;
	for (uint32_t g = 0; g < c->groups; g++)
		for (uint32_t o = 0, t; o < n_out; o += t) {
			t = nam_tile_size(n_out, o);
			for (uint32_t k = 0; k < c->kernel; k++)
				for (uint32_t i = 0; i < n_in; i++)
					for (uint32_t j = 0; j < t; j++)
						*w++ = from->w[((size_t)(g * n_out + o + j) * from->w_inputs +
								       i) *
								       c->kernel +
							       k];
			for (uint32_t i = 0; from->mixin && i < from->n_condition; i++)
				for (uint32_t j = 0; j < t; j++)
					*w++ = from->mixin[(size_t)(o + j) * from->n_condition + i];
		}
	for (uint32_t o = 0; from->bias && o < c->n_out; o++)
		c->bias[o] = from->bias[o];
	return 0;
}

void nam_conv_finish(struct nam_conv *c)
{
	free(c->w);
	free(c->bias);
	*c = (struct nam_conv){0};
}
