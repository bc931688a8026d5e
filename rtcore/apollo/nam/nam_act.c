/* SPDX-License-Identifier: MIT */
/* Activations as files name them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nam_read.h"

static const struct {
	const char *name;
	struct nam_act act;
} known[] = {
	{"Tanh", {.kind = NAM_ACT_TANH}},
	{"Hardtanh", {.kind = NAM_ACT_HARDTANH}},
	{"Fasttanh", {.kind = NAM_ACT_FASTTANH}},
	{"ReLU", {.kind = NAM_ACT_RELU}},
	{"LeakyReLU", {.kind = NAM_ACT_LEAKY, .low_slope = 0.01f}},
	{"PReLU", {.kind = NAM_ACT_LEAKY, .low_slope = 0.01f}},
	{"Sigmoid", {.kind = NAM_ACT_SIGMOID}},
	{"SiLU", {.kind = NAM_ACT_SILU}},
	{"Hardswish", {.kind = NAM_ACT_HARDSWISH}},
	{"LeakyHardtanh", {NAM_ACT_LEAKY_HARDTANH, -1.0f, 1.0f, 0.01f, 0.01f, 0, NULL}},
	{"LeakyHardTanh", {NAM_ACT_LEAKY_HARDTANH, -1.0f, 1.0f, 0.01f, 0.01f, 0, NULL}},
	{"Softsign", {.kind = NAM_ACT_SOFTSIGN}},
};

static int find(struct nam_reader *r, yyjson_val *name, struct nam_act *ret)
{
	const char *text = yyjson_get_str(name);

	for (size_t i = 0; text && i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, text) == 0) {
			*ret = known[i].act;
			return 0;
		}
	return text ? nam_fail(r, -ENOTSUP, "unknown activation '%.40s'", text)
		    : nam_fail(r, -EINVAL, "must be the name of an activation");
}

static int slopes(struct nam_reader *r, yyjson_val *array, uint32_t n_channels, struct nam_act *a)
{
	size_t i, n_max;
	yyjson_val *v;
	int rc = 0;

	if (yyjson_arr_size(array) != n_channels)
		return nam_fail(
			r, -EINVAL, "has %zu slopes for %u channels", yyjson_arr_size(array), n_channels);
	a->slopes = malloc(n_channels * sizeof(float));
	if (!a->slopes)
		return nam_fail(r, -ENOMEM, "no memory");
	a->n_slopes = n_channels;
	yyjson_arr_foreach(array, i, n_max, v)
	{
		const size_t mark = nam_enter_index(r, i);

		rc = nam_value_float(r, v, &a->slopes[i]);
		if (rc < 0)
			break;
		nam_leave(r, mark);
	}
	return rc;
}

static int parameters(struct nam_reader *r, yyjson_val *value, uint32_t n_channels, struct nam_act *a)
{
	int rc = 0;

	if (a->kind == NAM_ACT_LEAKY) {
		yyjson_val *list = yyjson_obj_get(value, "negative_slopes");

		rc = nam_get_float_default(r, value, "negative_slope", &a->low_slope);
		if (rc == 0 && yyjson_is_arr(list) &&
			!yyjson_is_num(yyjson_obj_get(value, "negative_slope"))) {
			const size_t mark = nam_enter(r, "negative_slopes");

			rc = slopes(r, list, n_channels, a);
			if (rc == 0)
				nam_leave(r, mark);
		}
	} else if (a->kind == NAM_ACT_LEAKY_HARDTANH) {
		if ((rc = nam_get_float_default(r, value, "min_val", &a->low)) == 0 &&
			(rc = nam_get_float_default(r, value, "max_val", &a->high)) == 0 &&
			(rc = nam_get_float_default(r, value, "min_slope", &a->low_slope)) == 0)
			rc = nam_get_float_default(r, value, "max_slope", &a->high_slope);
		if (rc == 0 && a->low > a->high)
			rc = nam_fail(r, -EINVAL, "min_val is above max_val");
	}
	return rc;
}

int nam_value_act(struct nam_reader *r, yyjson_val *value, uint32_t n_channels, struct nam_act *ret)
{
	struct nam_act a = {0};
	int rc;

	if (yyjson_is_str(value)) {
		rc = find(r, value, &a);
	} else {
		const size_t mark = nam_enter(r, "type");

		rc = find(r, yyjson_obj_get(value, "type"), &a);
		nam_leave(r, mark);
		if (rc == 0)
			rc = parameters(r, value, n_channels, &a);
	}
	if (rc < 0)
		nam_act_finish(&a);
	else
		*ret = a;
	return rc;
}

void nam_act_finish(struct nam_act *a)
{
	free(a->slopes);
	a->slopes = NULL;
	a->n_slopes = 0;
}
