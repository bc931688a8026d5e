/* SPDX-License-Identifier: MIT */
/* The two older architectures: a chain of convolutions of two taps, and one impulse response. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nam_model.h"
#include "nam_read.h"

#define RECEPTIVE_MAX (1u << 17)

/* scale = weight / sqrt(variance + eps), shift = bias - scale * mean: into the convolution, which has no bias
 * itself. */
static int fold(struct nam_reader *r, struct nam_weights *w, struct nam_conv *c, float *row)
{
	const uint32_t n = c->n_out, size = c->n_in / c->groups * c->kernel;
	const float *norm;
	const int rc = nam_take(r, w, (uint64_t)4 * n + 1, &norm);

	if (rc < 0)
		return rc;
	for (uint32_t o = 0; o < n; o++) {
		const double scale = norm[2 * n + o] / sqrt((double)norm[n + o] + norm[4 * n]);

		if (!isfinite(scale))
			return nam_fail(r, -EINVAL, "variance %u of a normalisation is not positive", o);
		for (uint32_t i = 0; i < size; i++)
			row[(size_t)o * size + i] = (float)(row[(size_t)o * size + i] * scale);
		c->bias[o] = (float)(norm[3 * n + o] - scale * norm[o]);
	}
	return 0;
}

static int load_block(struct nam_reader *r, struct nam_weights *w, int has_norm, struct nam_conv *c)
{
	struct nam_conv_weights from = {.w_inputs = c->n_in / c->groups};
	const uint64_t n = (uint64_t)c->n_out * from.w_inputs * c->kernel;
	struct nam_conv norm = *c;
	float *copy = NULL;
	int rc;

	if (c->n_in % c->groups || c->n_out % c->groups)
		return nam_fail(r, -EINVAL, "%u inputs and %u outputs do not divide into %u groups", c->n_in,
			c->n_out, c->groups);
	if ((rc = nam_remember(r, nam_conv_history(c), c->n_in)) < 0 || (rc = nam_take(r, w, n, &from.w)) < 0)
		return rc;
	if (has_norm) {
		copy = malloc(n * sizeof(float));
		norm.bias = calloc(c->n_out, sizeof(float));
		rc = copy && norm.bias ? 0 : nam_fail(r, -ENOMEM, "no memory");
		if (rc == 0)
			memcpy(copy, from.w, n * sizeof(float));
		if (rc == 0 && (rc = fold(r, w, &norm, copy)) == 0) {
			from.w = copy;
			from.bias = norm.bias;
		}
	} else {
		rc = nam_take(r, w, c->n_out, &from.bias);
	}
	if (rc == 0 && nam_conv_pack(c, &from) < 0)
		rc = nam_fail(r, -ENOMEM, "no memory");
	free(copy);
	free(norm.bias);
	return rc;
}

int nam_convnet_load(struct nam_reader *r, yyjson_val *config, struct nam_weights *w, struct nam_net *net)
{
	struct nam_convnet *cn = &net->convnet;
	uint32_t channels, groups = 1, in_channels = 1, dilation = 1;
	uint64_t frames = 1;
	yyjson_val *list, *v;
	int has_norm, rc;
	size_t i, n_max;

	net->kind = NAM_CONVNET;
	net->n_out = 1;
	if ((rc = nam_get_u32(r, config, "channels", 1, NAM_CHANNELS_MAX, &channels)) < 0 ||
		(rc = nam_get_bool(r, config, "batchnorm", &has_norm)) < 0 ||
		(rc = nam_get_u32_default(r, config, "groups", 1, NAM_CHANNELS_MAX, &groups)) < 0 ||
		(rc = nam_get_u32_default(r, config, "in_channels", 1, 1, &in_channels)) < 0 ||
		(rc = nam_get_u32_default(r, config, "out_channels", 1, NAM_CHANNELS_MAX, &net->n_out)) < 0 ||
		(rc = nam_get_array(r, config, "dilations", &list)) < 0)
		return rc;
	size_t mark = nam_enter(r, "activation");
	if ((rc = nam_value_act(r, yyjson_obj_get(config, "activation"), channels, &cn->act)) < 0)
		return rc;
	nam_leave(r, mark);
	mark = nam_enter(r, "dilations");
	if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > NAM_LAYERS_MAX)
		return nam_fail(r, -EINVAL, "must have 1 to %u entries", NAM_LAYERS_MAX);
	cn->blocks = calloc(yyjson_arr_size(list), sizeof(*cn->blocks));
	if (!cn->blocks)
		return nam_fail(r, -ENOMEM, "no memory");
	yyjson_arr_foreach(list, i, n_max, v)
	{
		const size_t at = nam_enter_index(r, i);
		struct nam_conv *c = &cn->blocks[cn->n_blocks++];

		if ((rc = nam_value_u32(r, v, 1, NAM_DILATION_MAX, &dilation)) < 0)
			return rc;
		*c = (struct nam_conv){.n_in = i ? channels : 1,
			.n_out = channels,
			.kernel = 2,
			.dilation = dilation,
			.groups = groups};
		if ((rc = load_block(r, w, has_norm, c)) < 0)
			return rc;
		frames += dilation;
		net->n_multiplies += (uint64_t)c->n_rows * c->n_out;
		nam_leave(r, at);
	}
	nam_leave(r, mark);
	cn->head = (struct nam_conv){
		.n_in = channels, .n_out = net->n_out, .kernel = 1, .dilation = 1, .groups = 1};
	rc = load_block(r, w, 0, &cn->head);
	net->receptive_frames = (uint32_t)frames;
	net->n_multiplies += (uint64_t)channels * net->n_out;
	return rc;
}

/* Weight j is the response j frames after an impulse: the last tap of a kernel is the newest frame. */
int nam_linear_load(struct nam_reader *r, yyjson_val *config, struct nam_weights *w, struct nam_net *net)
{
	struct nam_conv *c = &net->linear;
	struct nam_conv_weights from = {.w_inputs = 1};
	uint32_t n, channels = 1;
	const float *response;
	int has_bias, rc;

	net->kind = NAM_LINEAR;
	net->n_out = 1;
	if ((rc = nam_get_u32(r, config, "receptive_field", 1, RECEPTIVE_MAX, &n)) < 0 ||
		(rc = nam_get_bool(r, config, "bias", &has_bias)) < 0 ||
		(rc = nam_get_u32_default(r, config, "in_channels", 1, 1, &channels)) < 0 ||
		(rc = nam_get_u32_default(r, config, "out_channels", 1, 1, &channels)) < 0 ||
		(rc = nam_remember(r, n, 1)) < 0 || (rc = nam_take(r, w, n, &response)) < 0 ||
		(has_bias && (rc = nam_take(r, w, 1, &from.bias)) < 0))
		return rc;
	float *taps = malloc(n * sizeof(float));
	if (!taps)
		return nam_fail(r, -ENOMEM, "no memory");
	for (uint32_t i = 0; i < n; i++)
		taps[i] = response[n - 1 - i];
	from.w = taps;
	*c = (struct nam_conv){.n_in = 1, .n_out = 1, .kernel = n, .dilation = 1, .groups = 1};
	rc = nam_conv_pack(c, &from) < 0 ? nam_fail(r, -ENOMEM, "no memory") : 0;
	free(taps);
	net->receptive_frames = n;
	net->n_multiplies = n;
	return rc;
}
