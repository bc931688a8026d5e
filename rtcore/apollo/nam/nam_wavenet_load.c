/* SPDX-License-Identifier: MIT */
/*
 * WaveNet's weights. A slimmable model stores its largest size; a smaller one is the first rows
 * and columns of every matrix.
 */
#include <errno.h>
#include <stdlib.h>

#include "nam_wavenet_config.h"

/* A convolution as the file has it, and how much of it is used. */
struct shape {
	uint32_t in, out;           /* used */
	uint32_t file_in, file_out; /* in the file */
	uint32_t kernel, dilation, groups;
	int has_bias;
};

static int take_conv(struct nam_reader *r, struct nam_weights *weights, const struct shape *s,
	struct nam_conv_weights *ret)
{
	int rc;

	if (s->file_in % s->groups || s->file_out % s->groups)
		return nam_fail(r, -EINVAL, "%u inputs and %u outputs do not divide into %u groups",
			s->file_in, s->file_out, s->groups);
	*ret = (struct nam_conv_weights){.w_inputs = s->file_in / s->groups};
	rc = nam_take(r, weights, (uint64_t)s->file_out * ret->w_inputs * s->kernel, &ret->w);
	if (rc == 0 && s->has_bias)
		rc = nam_take(r, weights, s->file_out, &ret->bias);
	return rc;
}

static int pack(struct nam_reader *r, const struct shape *s, const struct nam_conv_weights *from,
	struct nam_conv *ret)
{
	ret->n_in = s->in;
	ret->n_out = s->out;
	ret->kernel = s->kernel;
	ret->dilation = s->dilation;
	ret->groups = s->groups;
	return nam_conv_pack(ret, from) < 0 ? nam_fail(r, -ENOMEM, "no memory") : 0;
}

static int load_conv(
	struct nam_reader *r, struct nam_weights *weights, const struct shape *s, struct nam_conv *ret)
{
	struct nam_conv_weights from;
	int rc = take_conv(r, weights, s, &from);

	return rc == 0 ? pack(r, s, &from, ret) : rc;
}

static struct shape matrix_shape(
	uint32_t in, uint32_t out, uint32_t file_in, uint32_t file_out, uint32_t groups)
{
	return (struct shape){.in = in,
		.out = out,
		.file_in = file_in,
		.file_out = file_out,
		.kernel = 1,
		.dilation = 1,
		.groups = groups};
}

static int take_film(struct nam_reader *r, struct nam_weights *w, const struct nam_array_config *c,
	enum nam_film_place i, uint32_t n, uint32_t file_n, struct nam_film *film)
{
	const uint32_t parts = c->film_shift[i] ? 2 : 1;
	const struct shape s = {.in = c->condition,
		.out = parts * n,
		.file_in = c->condition,
		.file_out = parts * file_n,
		.kernel = 1,
		.dilation = 1,
		.groups = c->film_groups[i],
		.has_bias = 1};

	if (!c->film_active[i])
		return 0;
	film->is_active = 1;
	film->has_shift = c->film_shift[i];
	film->n = n;
	return load_conv(r, w, &s, &film->conv);
}

static int load_layer(struct nam_reader *r, struct nam_weights *w, const struct nam_array_config *c,
	uint32_t kernel, uint32_t dilation, struct nam_layer *layer)
{
	const uint32_t wide = layer->gating == NAM_GATING_NONE ? 1 : 2, z = wide * c->bottleneck,
		       file_z = wide * c->file_bottleneck;
	const struct shape conv = {.in = c->channels,
		.out = z,
		.file_in = c->file_channels,
		.file_out = file_z,
		.kernel = kernel,
		.dilation = dilation,
		.groups = c->groups,
		.has_bias = 1};
	const struct shape mixin = matrix_shape(c->condition, z, c->condition, file_z, c->mixin_groups);
	struct shape back = matrix_shape(
		c->bottleneck, c->channels, c->file_bottleneck, c->file_channels, c->layer1x1_groups);
	struct shape head = matrix_shape(
		c->bottleneck, c->head1x1_out, c->file_bottleneck, c->head1x1_out, c->head1x1_groups);
	struct nam_conv_weights of_conv, of_mixin;
	int rc;

	if ((rc = nam_remember(r, (uint64_t)(kernel - 1) * dilation, c->channels)) < 0 ||
		(rc = take_conv(r, w, &conv, &of_conv)) < 0 || (rc = take_conv(r, w, &mixin, &of_mixin)) < 0)
		return rc;
	layer->has_mixin = c->groups > 1 || c->mixin_groups > 1 || c->film_active[NAM_FILM_CONV_POST] ||
			   c->film_active[NAM_FILM_MIXIN_PRE] || c->film_active[NAM_FILM_MIXIN_POST];
	if (layer->has_mixin) {
		if ((rc = pack(r, &mixin, &of_mixin, &layer->mixin)) < 0)
			return rc;
	} else {
		of_conv.mixin = of_mixin.w;
		of_conv.n_condition = c->condition;
	}
	if ((rc = pack(r, &conv, &of_conv, &layer->conv)) < 0)
		return rc;
	back.has_bias = head.has_bias = 1;
	layer->has_layer1x1 = c->has_layer1x1;
	layer->has_head1x1 = c->has_head1x1;
	if (c->has_layer1x1 && (rc = load_conv(r, w, &back, &layer->layer1x1)) < 0)
		return rc;
	if (c->has_head1x1 && (rc = load_conv(r, w, &head, &layer->head1x1)) < 0)
		return rc;
	const uint32_t n[NAM_N_FILMS] = {
		c->channels, z, c->condition, z, z, c->bottleneck, c->channels, c->head1x1_out};
	const uint32_t file_n[NAM_N_FILMS] = {c->file_channels, file_z, c->condition, file_z, file_z,
		c->file_bottleneck, c->file_channels, c->head1x1_out};
	for (uint32_t i = 0; rc == 0 && i < NAM_N_FILMS; i++)
		rc = take_film(r, w, c, i, n[i], file_n[i], &layer->film[i]);
	return rc;
}

static int load_layers(struct nam_reader *r, yyjson_val *config, struct nam_weights *w,
	const struct nam_array_config *c, struct nam_array *a)
{
	uint32_t kernel[NAM_LAYERS_MAX] = {0}, dilation[NAM_LAYERS_MAX] = {0};
	yyjson_val *list, *v;
	size_t i, n_max;
	int rc = nam_get_array(r, config, "dilations", &list);

	if (rc < 0)
		return rc;
	const size_t mark = nam_enter(r, "dilations");
	if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > NAM_LAYERS_MAX)
		return nam_fail(r, yyjson_arr_size(list) ? -EFBIG : -EINVAL, "must have 1 to %u entries",
			NAM_LAYERS_MAX);
	yyjson_arr_foreach(list, i, n_max, v)
	{
		const size_t at = nam_enter_index(r, i);

		rc = nam_value_u32(r, v, 1, NAM_DILATION_MAX, &dilation[i]);
		if (rc < 0)
			return rc;
		nam_leave(r, at);
	}
	nam_leave(r, mark);
	a->layers = calloc(yyjson_arr_size(list), sizeof(*a->layers));
	if (!a->layers)
		return nam_fail(r, -ENOMEM, "no memory");
	a->n_layers = (uint32_t)yyjson_arr_size(list);
	rc = nam_layers_config_read(r, config, a, kernel);
	for (uint32_t j = 0; rc == 0 && j < a->n_layers; j++)
		rc = load_layer(r, w, c, kernel[j], dilation[j], &a->layers[j]);
	return rc;
}

static int load_array(struct nam_reader *r, yyjson_val *config, struct nam_weights *w,
	const struct nam_array_config *c, struct nam_array *a)
{
	const struct shape rechannel = matrix_shape(c->in, c->channels, c->file_in, c->file_channels, 1);
	struct shape head = {.in = c->bottleneck,
		.out = c->head_out,
		.file_in = c->file_bottleneck,
		.file_out = c->file_head_out,
		.kernel = c->head_kernel,
		.dilation = c->head_dilation,
		.groups = 1,
		.has_bias = c->head_bias};
	int rc;

	if (c->has_head1x1)
		head.in = head.file_in = c->head1x1_out;
	a->n_in = c->in;
	a->n_condition = c->condition;
	a->n_channels = c->channels;
	a->n_bottleneck = c->bottleneck;
	a->n_head_in = head.in;
	a->n_head_out = head.out;
	if ((rc = load_conv(r, w, &rechannel, &a->rechannel)) < 0 ||
		(rc = load_layers(r, config, w, c, a)) < 0 ||
		(rc = nam_remember(r, (uint64_t)(head.kernel - 1) * head.dilation, head.in)) < 0)
		return rc;
	return load_conv(r, w, &head, &a->head);
}

/* The arrays fit each other. */
static int check_chain(struct nam_reader *r, struct nam_array_config *c, uint32_t n, uint32_t n_condition)
{
	for (uint32_t i = 0; i < n; i++) {
		const size_t mark = nam_enter_index(r, i);
		const uint32_t wanted = i ? c[i - 1].file_channels : 1;
		const uint32_t head_in = c[i].has_head1x1 ? c[i].head1x1_out : c[i].file_bottleneck;

		if (c[i].file_in != wanted)
			return nam_fail(r, -EINVAL, "input_size is %u, %u come in", c[i].file_in, wanted);
		if (c[i].condition != n_condition)
			return nam_fail(r, -EINVAL, "condition_size is %u, the condition has %u",
				c[i].condition, n_condition);
		if (i && c[i - 1].file_head_out != head_in)
			return nam_fail(r, -EINVAL, "its head adds up %u channels, the array before gives %u",
				head_in, c[i - 1].file_head_out);
		c[i].in = i ? c[i - 1].channels : 1;
		c[i].head_out = c[i].file_head_out;
		if (i && c[i].channels != c[i].file_channels)
			c[i - 1].head_out = c[i].has_head1x1 ? c[i].head1x1_out : c[i].bottleneck;
		nam_leave(r, mark);
	}
	return 0;
}

/* Convolutions behind all arrays, with an activation before each. */
static int load_post_head(struct nam_reader *r, yyjson_val *config, struct nam_weights *w,
	struct nam_wavenet *net, uint32_t n_in, uint32_t *ret_out)
{
	uint32_t channels, out, in = n_in, stated = n_in;
	yyjson_val *list, *v;
	size_t i, n_max;
	int rc;

	if ((rc = nam_get_u32(r, config, "channels", 1, NAM_CHANNELS_MAX, &channels)) < 0 ||
		(rc = nam_get_u32(r, config, "out_channels", 1, NAM_CHANNELS_MAX, &out)) < 0 ||
		(rc = nam_get_u32_default(r, config, "in_channels", 1, NAM_CHANNELS_MAX, &stated)) < 0 ||
		(rc = nam_get_array(r, config, "kernel_sizes", &list)) < 0)
		return rc;
	if (stated != n_in)
		return nam_fail(r, -EINVAL, "in_channels is %u, %u come in", stated, n_in);
	if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > NAM_LAYERS_MAX)
		return nam_fail(r, -EINVAL, "kernel_sizes must have 1 to %u entries", NAM_LAYERS_MAX);
	size_t mark = nam_enter(r, "activation");
	/* One slope for all: the channels differ from stage to stage. */
	rc = nam_value_act(r, yyjson_obj_get(config, "activation"), 0, &net->head_act);
	if (rc < 0)
		return rc;
	nam_leave(r, mark);
	net->head = calloc(yyjson_arr_size(list), sizeof(*net->head));
	if (!net->head)
		return nam_fail(r, -ENOMEM, "no memory");
	mark = nam_enter(r, "kernel_sizes");
	yyjson_arr_foreach(list, i, n_max, v)
	{
		const size_t at = nam_enter_index(r, i);
		struct shape s = {.in = in, .file_in = in, .dilation = 1, .groups = 1, .has_bias = 1};

		s.out = s.file_out = i + 1 < n_max ? channels : out;
		if ((rc = nam_value_u32(r, v, 1, NAM_KERNEL_MAX, &s.kernel)) < 0 ||
			(rc = nam_remember(r, s.kernel - 1, s.in)) < 0 ||
			(rc = load_conv(r, w, &s, &net->head[net->n_head])) < 0)
			return rc;
		net->n_head++;
		in = s.out;
		nam_leave(r, at);
	}
	nam_leave(r, mark);
	*ret_out = out;
	return 0;
}

static uint64_t multiplies(const struct nam_conv *c)
{
	return (uint64_t)c->n_rows * c->n_out;
}

static void sum_up(struct nam_net *net)
{
	struct nam_wavenet *wn = &net->wavenet;
	uint64_t frames = 1;

	for (uint32_t i = 0; i < wn->n_arrays; i++) {
		const struct nam_array *a = &wn->arrays[i];

		net->n_multiplies += multiplies(&a->rechannel) + multiplies(&a->head);
		frames += nam_conv_history(&a->head);
		for (uint32_t j = 0; j < a->n_layers; j++) {
			const struct nam_layer *l = &a->layers[j];

			frames += nam_conv_history(&l->conv);
			net->n_multiplies += multiplies(&l->conv) + multiplies(&l->mixin) +
					     multiplies(&l->layer1x1) + multiplies(&l->head1x1);
			for (uint32_t k = 0; k < NAM_N_FILMS; k++)
				net->n_multiplies += multiplies(&l->film[k].conv);
		}
	}
	for (uint32_t i = 0; i < wn->n_head; i++) {
		frames += nam_conv_history(&wn->head[i]);
		net->n_multiplies += multiplies(&wn->head[i]);
	}
	if (wn->condition) {
		frames += wn->condition->receptive_frames;
		net->n_multiplies += wn->condition->n_multiplies;
	}
	net->receptive_frames = (uint32_t)(frames < UINT32_MAX ? frames : UINT32_MAX);
}

static int load_arrays(struct nam_reader *r, yyjson_val *list, double size, struct nam_weights *w,
	struct nam_array_config *c, struct nam_net *net)
{
	struct nam_wavenet *wn = &net->wavenet;
	const size_t mark = nam_enter(r, "layers");
	yyjson_val *v;
	size_t i, n_max;
	int slimmed = 0, rc;

	yyjson_arr_foreach(list, i, n_max, v)
	{
		const size_t at = nam_enter_index(r, i);

		if (!yyjson_is_obj(v))
			return nam_fail(r, -EINVAL, "must be an object");
		if ((rc = nam_array_config_read(r, v, size, &c[i])) < 0)
			return rc;
		slimmed |= c[i].channels != c[i].file_channels;
		nam_leave(r, at);
	}
	if ((rc = check_chain(r, c, (uint32_t)n_max, wn->condition ? wn->condition->n_out : 1)) < 0)
		return rc;
	yyjson_arr_foreach(list, i, n_max, v)
	{
		const size_t at = nam_enter_index(r, i);

		if (slimmed && (c[i].head_kernel != 1 || c[i].groups != 1 || c[i].mixin_groups != 1 ||
				       c[i].layer1x1_groups != 1 || c[i].head1x1_groups != 1))
			return nam_fail(r, -ENOTSUP, "groups and long heads cannot be slimmed");
		wn->n_arrays++;
		if ((rc = load_array(r, v, w, &c[i], &wn->arrays[i])) < 0)
			return rc;
		nam_leave(r, at);
	}
	net->n_out = wn->arrays[n_max - 1].n_head_out;
	nam_leave(r, mark);
	return 0;
}

int nam_wavenet_load(struct nam_reader *r, yyjson_val *config, double size, uint32_t depth,
	struct nam_weights *w, struct nam_net *net)
{
	struct nam_wavenet *wn = &net->wavenet;
	yyjson_val *list, *v;
	uint32_t in_channels = 1;
	const float *scale;
	int rc;

	net->kind = NAM_WAVENET;
	if ((rc = nam_get_array(r, config, "layers", &list)) < 0 ||
		(rc = nam_get_u32_default(r, config, "in_channels", 1, 1, &in_channels)) < 0)
		return rc;
	const size_t n = yyjson_arr_size(list);
	if (n < 1 || n > NAM_LAYERS_MAX)
		return nam_fail(r, n ? -EFBIG : -EINVAL, "layers must have 1 to %u entries", NAM_LAYERS_MAX);
	v = yyjson_obj_get(config, "condition_dsp");
	if (v && !yyjson_is_null(v)) {
		const size_t mark = nam_enter(r, "condition_dsp");

		if ((rc = nam_net_load(r, v, NAM_SIZE_BEST, depth + 1, &wn->condition, NULL)) < 0)
			return rc;
		nam_leave(r, mark);
	}
	struct nam_array_config *c = calloc(n, sizeof(*c));
	wn->arrays = calloc(n, sizeof(*wn->arrays));
	rc = c && wn->arrays ? load_arrays(r, list, size, w, c, net) : nam_fail(r, -ENOMEM, "no memory");
	free(c);
	v = yyjson_obj_get(config, "head");
	if (rc == 0 && v && !yyjson_is_null(v)) {
		const size_t mark = nam_enter(r, "head");

		rc = yyjson_is_obj(v) ? load_post_head(r, v, w, wn, net->n_out, &net->n_out)
				      : nam_fail(r, -EINVAL, "must be an object");
		if (rc == 0)
			nam_leave(r, mark);
	}
	/* The last weight is the scale in force, head_scale only repeats what it was made with. */
	if (rc == 0 && (rc = nam_take(r, w, 1, &scale)) == 0) {
		wn->head_scale = *scale;
		sum_up(net);
	}
	return rc;
}
