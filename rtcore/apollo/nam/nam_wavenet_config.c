/* SPDX-License-Identifier: MIT */
#include "nam_wavenet_config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const char *const film_name[NAM_N_FILMS] = {"conv_pre_film", "conv_post_film", "input_mixin_pre_film",
	"input_mixin_post_film", "activation_pre_film", "activation_post_film", "layer1x1_post_film",
	"head1x1_post_film"};

/* {"active": ..., "groups": ...} */
static int read_1x1(struct nam_reader *r, yyjson_val *config, const char *key, int *active, uint32_t *groups,
	uint32_t *out)
{
	yyjson_val *v = yyjson_obj_get(config, key);
	int rc;

	if (yyjson_is_null(v) || !v)
		return 0;
	const size_t mark = nam_enter(r, key);
	if (!yyjson_is_obj(v))
		return nam_fail(r, -EINVAL, "must be an object");
	if ((rc = nam_get_bool(r, v, "active", active)) < 0 ||
		(rc = nam_get_u32_default(r, v, "groups", 1, NAM_CHANNELS_MAX, groups)) < 0)
		return rc;
	if (out && *active && (rc = nam_get_u32(r, v, "out_channels", 1, NAM_CHANNELS_MAX, out)) < 0)
		return rc;
	nam_leave(r, mark);
	return 0;
}

static int read_films(struct nam_reader *r, yyjson_val *config, struct nam_array_config *c)
{
	for (uint32_t i = 0; i < NAM_N_FILMS; i++) {
		yyjson_val *v = yyjson_obj_get(config, film_name[i]);
		int rc;

		c->film_groups[i] = 1;
		if (!v || yyjson_is_null(v) || yyjson_is_false(v))
			continue;
		const size_t mark = nam_enter(r, film_name[i]);
		if (!yyjson_is_obj(v))
			return nam_fail(r, -EINVAL, "must be an object or false");
		c->film_active[i] = c->film_shift[i] = 1;
		if ((rc = nam_get_bool_default(r, v, "active", &c->film_active[i])) < 0 ||
			(rc = nam_get_bool_default(r, v, "shift", &c->film_shift[i])) < 0 ||
			(rc = nam_get_u32_default(r, v, "groups", 1, NAM_CHANNELS_MAX, &c->film_groups[i])) <
				0)
			return rc;
		if (c->film_active[i] && i == NAM_FILM_LAYER_POST && !c->has_layer1x1)
			return nam_fail(r, -EINVAL, "is active, layer1x1 is not");
		c->film_active[i] &= i != NAM_FILM_HEAD_POST || c->has_head1x1;
		nam_leave(r, mark);
	}
	return 0;
}

static int read_head(struct nam_reader *r, yyjson_val *config, struct nam_array_config *c)
{
	yyjson_val *v = yyjson_obj_get(config, "head");
	int rc;

	c->head_kernel = c->head_dilation = 1;
	if (!v || yyjson_is_null(v)) {
		rc = nam_get_u32(r, config, "head_size", 1, NAM_CHANNELS_MAX, &c->file_head_out);
		return rc == 0 ? nam_get_bool(r, config, "head_bias", &c->head_bias) : rc;
	}
	const size_t mark = nam_enter(r, "head");
	if (!yyjson_is_obj(v))
		return nam_fail(r, -EINVAL, "must be an object");
	if ((rc = nam_get_u32(r, v, "out_channels", 1, NAM_CHANNELS_MAX, &c->file_head_out)) < 0 ||
		(rc = nam_get_u32_default(r, v, "head_dilation", 1, NAM_DILATION_MAX, &c->head_dilation)) <
			0 ||
		(rc = nam_get_u32(r, v, "kernel_size", 1, NAM_KERNEL_MAX, &c->head_kernel)) < 0 ||
		(rc = nam_get_bool(r, v, "bias", &c->head_bias)) < 0)
		return rc;
	nam_leave(r, mark);
	return 0;
}

/* How many channels this size has. */
static int read_slimmable(struct nam_reader *r, yyjson_val *config, double size, struct nam_array_config *c)
{
	yyjson_val *v = yyjson_obj_get(config, "slimmable"), *kwargs, *list, *entry;
	const char *method = yyjson_get_str(yyjson_obj_get(v, "method"));
	uint32_t before = 0, n = 0, chosen = 0, index;
	size_t i, n_max;
	int rc;

	c->channels = c->file_channels;
	if (!yyjson_is_obj(v) || !method || !*method)
		return 0;
	const size_t mark = nam_enter(r, "slimmable");
	if (strcmp(method, "slice_channels_uniform") != 0)
		return nam_fail(r, -ENOTSUP, "unknown method '%.40s'", method);
	kwargs = yyjson_obj_get(v, "kwargs");
	list = yyjson_obj_get(kwargs, "allowed_channels");
	if (!list || yyjson_is_null(list)) {
		index = (uint32_t)floor(size * c->file_channels);
		c->channels = index < c->file_channels ? index + 1 : c->file_channels;
		nam_leave(r, mark);
		return 0;
	}
	(void)nam_enter(r, "kwargs");
	(void)nam_enter(r, "allowed_channels");
	n = (uint32_t)yyjson_arr_size(list);
	if (n == 0 || n > NAM_CHANNELS_MAX)
		return nam_fail(r, -EINVAL, "must be a list of 1 to %u numbers", NAM_CHANNELS_MAX);
	index = (uint32_t)floor(size * n);
	if (index >= n)
		index = n - 1;
	yyjson_arr_foreach(list, i, n_max, entry)
	{
		const size_t at = nam_enter_index(r, i);
		uint32_t channels = 0;

		rc = nam_value_u32(r, entry, 1, NAM_CHANNELS_MAX, &channels);
		if (rc == 0 && channels <= before)
			rc = nam_fail(r, -EINVAL, "must be more than the entry before");
		if (rc < 0)
			return rc;
		before = channels;
		if (i == index)
			chosen = channels;
		nam_leave(r, at);
	}
	if (before != c->file_channels)
		return nam_fail(r, -EINVAL, "must end with all %u channels", c->file_channels);
	c->channels = chosen;
	nam_leave(r, mark);
	return 0;
}

int nam_array_config_read(struct nam_reader *r, yyjson_val *config, double size, struct nam_array_config *c)
{
	int rc;

	c->groups = c->mixin_groups = c->layer1x1_groups = c->head1x1_groups = 1;
	c->has_layer1x1 = 1;
	if ((rc = nam_get_u32(r, config, "input_size", 1, NAM_CHANNELS_MAX, &c->file_in)) < 0 ||
		(rc = nam_get_u32(r, config, "condition_size", 1, NAM_CHANNELS_MAX, &c->condition)) < 0 ||
		(rc = nam_get_u32(r, config, "channels", 1, NAM_CHANNELS_MAX, &c->file_channels)) < 0)
		return rc;
	c->file_bottleneck = c->file_channels;
	if ((rc = nam_get_u32_default(r, config, "bottleneck", 1, NAM_CHANNELS_MAX, &c->file_bottleneck)) <
			0 ||
		(rc = nam_get_u32_default(r, config, "groups_input", 1, NAM_CHANNELS_MAX, &c->groups)) < 0 ||
		(rc = nam_get_u32_default(
			 r, config, "groups_input_mixin", 1, NAM_CHANNELS_MAX, &c->mixin_groups)) < 0 ||
		(rc = read_1x1(r, config, "layer1x1", &c->has_layer1x1, &c->layer1x1_groups, NULL)) < 0 ||
		(rc = read_1x1(r, config, "head1x1", &c->has_head1x1, &c->head1x1_groups, &c->head1x1_out)) <
			0 ||
		(rc = read_films(r, config, c)) < 0 || (rc = read_head(r, config, c)) < 0 ||
		(rc = read_slimmable(r, config, size, c)) < 0)
		return rc;
	/* Without the matrix back to the channels, what a layer makes are its channels. */
	if (!c->has_layer1x1 && c->file_bottleneck != c->file_channels)
		return nam_fail(r, -EINVAL, "bottleneck is %u, without layer1x1 it must be the %u channels",
			c->file_bottleneck, c->file_channels);
	c->bottleneck = c->file_bottleneck;
	if (c->channels != c->file_channels) {
		c->bottleneck = c->file_bottleneck * c->channels / c->file_channels;
		if (c->bottleneck == 0)
			c->bottleneck = 1;
	}
	return 0;
}

static int read_gating(struct nam_reader *r, yyjson_val *v, enum nam_gating *ret)
{
	const char *text = yyjson_get_str(v);

	if (text && strcmp(text, "none") == 0)
		*ret = NAM_GATING_NONE;
	else if (text && strcmp(text, "gated") == 0)
		*ret = NAM_GATING_GATED;
	else if (text && strcmp(text, "blended") == 0)
		*ret = NAM_GATING_BLENDED;
	else
		return nam_fail(r, -EINVAL, "must be \"none\", \"gated\" or \"blended\"");
	return 0;
}

/* A member that is one for all layers, or a list with one for each; `one` for layer i. */
static int for_layers(struct nam_reader *r, yyjson_val *config, const char *key, struct nam_array *array,
	int (*one)(struct nam_reader *r, yyjson_val *v, void *data, uint32_t layer), void *data)
{
	yyjson_val *v = yyjson_obj_get(config, key), *entry = v;
	yyjson_arr_iter list = {0};
	int rc = 0;

	if (!v || yyjson_is_null(v))
		return 0;
	const size_t mark = nam_enter(r, key);
	if (yyjson_is_arr(v)) {
		if (yyjson_arr_size(v) != array->n_layers)
			return nam_fail(r, -EINVAL, "has %zu entries for %u layers", yyjson_arr_size(v),
				array->n_layers);
		yyjson_arr_iter_init(v, &list);
	}
	for (uint32_t i = 0; i < array->n_layers; i++) {
		size_t at = r->where_n;

		if (yyjson_is_arr(v)) {
			entry = yyjson_arr_iter_next(&list);
			at = nam_enter_index(r, i);
		}
		rc = one(r, entry, data, i);
		if (rc < 0)
			return rc;
		nam_leave(r, at);
	}
	nam_leave(r, mark);
	return rc;
}

struct layers_config {
	struct nam_array *array;
	uint32_t *kernel;
};

static int one_kernel(struct nam_reader *r, yyjson_val *v, void *data, uint32_t i)
{
	struct layers_config *l = data;

	return nam_value_u32(r, v, 1, NAM_KERNEL_MAX, &l->kernel[i]);
}

static int one_gating(struct nam_reader *r, yyjson_val *v, void *data, uint32_t i)
{
	struct layers_config *l = data;

	return read_gating(r, v, &l->array->layers[i].gating);
}

static int one_activation(struct nam_reader *r, yyjson_val *v, void *data, uint32_t i)
{
	struct layers_config *l = data;

	return nam_value_act(r, v, l->array->n_bottleneck, &l->array->layers[i].act);
}

static int one_secondary(struct nam_reader *r, yyjson_val *v, void *data, uint32_t i)
{
	struct layers_config *l = data;

	if (l->array->layers[i].gating == NAM_GATING_NONE)
		return 0;
	return nam_value_act(r, v, l->array->n_bottleneck, &l->array->layers[i].gate);
}

int nam_layers_config_read(
	struct nam_reader *r, yyjson_val *config, struct nam_array *a, uint32_t *ret_kernel)
{
	struct layers_config l = {.array = a, .kernel = ret_kernel};
	const int has_list = yyjson_obj_get(config, "kernel_sizes") != NULL;
	int gated = 0, rc;

	if (!yyjson_obj_get(config, "activation"))
		return nam_fail(r, -EINVAL, "activation is missing");
	if (has_list == (yyjson_obj_get(config, "kernel_size") != NULL))
		return nam_fail(r, -EINVAL, "must have either kernel_size or kernel_sizes");
	for (uint32_t i = 0; i < a->n_layers; i++)
		a->layers[i].gate.kind = NAM_ACT_SIGMOID;
	rc = for_layers(r, config, has_list ? "kernel_sizes" : "kernel_size", a, one_kernel, &l);
	if (rc == 0 && yyjson_obj_get(config, "gating_mode"))
		rc = for_layers(r, config, "gating_mode", a, one_gating, &l);
	else if (rc == 0 && (rc = nam_get_bool_default(r, config, "gated", &gated)) == 0)
		for (uint32_t i = 0; gated && i < a->n_layers; i++)
			a->layers[i].gating = NAM_GATING_GATED;
	if (rc == 0)
		rc = for_layers(r, config, "activation", a, one_activation, &l);
	return rc == 0 ? for_layers(r, config, "secondary_activation", a, one_secondary, &l) : rc;
}
