/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nam_read.h"

int nam_fail(struct nam_reader *r, int code, const char *format, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(r->error, r->error_size, "%s: %s%s%s", r->name, r->where, r->where_n ? ": " : "", text);
	return code;
}

size_t nam_enter(struct nam_reader *r, const char *key)
{
	const size_t mark = r->where_n;
	const int n = snprintf(r->where + mark, sizeof(r->where) - mark, "/%s", key);

	r->where_n = mark + (size_t)n < sizeof(r->where) ? mark + (size_t)n : sizeof(r->where) - 1;
	return mark;
}

size_t nam_enter_index(struct nam_reader *r, size_t index)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", index);
	return nam_enter(r, text);
}

void nam_leave(struct nam_reader *r, size_t mark)
{
	r->where_n = mark;
	r->where[mark] = '\0';
}

/* NULL: missing, or null. */
static yyjson_val *member(yyjson_val *object, const char *key)
{
	yyjson_val *v = yyjson_obj_get(object, key);

	return yyjson_is_null(v) ? NULL : v;
}

static int refuse(struct nam_reader *r, const char *key, yyjson_val *found, const char *wanted)
{
	const size_t mark = nam_enter(r, key);
	const int rc = nam_fail(r, -EINVAL, found ? "must be %s" : "is missing; it must be %s", wanted);

	nam_leave(r, mark);
	return rc;
}

int nam_get_object(struct nam_reader *r, yyjson_val *object, const char *key, yyjson_val **ret)
{
	*ret = member(object, key);
	return yyjson_is_obj(*ret) ? 0 : refuse(r, key, *ret, "an object");
}

int nam_get_array(struct nam_reader *r, yyjson_val *object, const char *key, yyjson_val **ret)
{
	*ret = member(object, key);
	return yyjson_is_arr(*ret) ? 0 : refuse(r, key, *ret, "an array");
}

int nam_value_u32(struct nam_reader *r, yyjson_val *value, uint32_t low, uint32_t high, uint32_t *ret)
{
	const double x = yyjson_is_num(value) ? yyjson_get_num(value) : NAN;

	if (!(x >= -9e15 && x <= 9e15) || x != floor(x))
		return nam_fail(r, -EINVAL, "must be a whole number");
	if (x < low)
		return nam_fail(r, -EINVAL, "is %.0f, must be %u at least", x, low);
	if (x > high)
		return nam_fail(r, -EFBIG, "is %.0f, must be %u at most", x, high);
	*ret = (uint32_t)x;
	return 0;
}

int nam_value_float(struct nam_reader *r, yyjson_val *value, float *ret)
{
	const double x = yyjson_is_num(value) ? yyjson_get_num(value) : NAN;

	if (!(x >= -FLT_MAX && x <= FLT_MAX))
		return nam_fail(r, -EINVAL, "must be a number");
	*ret = (float)x;
	return 0;
}

int nam_get_u32_default(
	struct nam_reader *r, yyjson_val *object, const char *key, uint32_t low, uint32_t high, uint32_t *ret)
{
	yyjson_val *v = member(object, key);

	if (!v)
		return 0;
	const size_t mark = nam_enter(r, key);
	const int rc = nam_value_u32(r, v, low, high, ret);
	nam_leave(r, mark);
	return rc;
}

int nam_get_u32(
	struct nam_reader *r, yyjson_val *object, const char *key, uint32_t low, uint32_t high, uint32_t *ret)
{
	return member(object, key) ? nam_get_u32_default(r, object, key, low, high, ret)
				   : refuse(r, key, NULL, "a whole number");
}

int nam_get_bool_default(struct nam_reader *r, yyjson_val *object, const char *key, int *ret)
{
	yyjson_val *v = member(object, key);

	if (!v)
		return 0;
	if (!yyjson_is_bool(v))
		return refuse(r, key, v, "true or false");
	*ret = yyjson_get_bool(v);
	return 0;
}

int nam_get_bool(struct nam_reader *r, yyjson_val *object, const char *key, int *ret)
{
	return member(object, key) ? nam_get_bool_default(r, object, key, ret)
				   : refuse(r, key, NULL, "true or false");
}

int nam_get_float_default(struct nam_reader *r, yyjson_val *object, const char *key, float *ret)
{
	yyjson_val *v = member(object, key);

	if (!v)
		return 0;
	const size_t mark = nam_enter(r, key);
	const int rc = nam_value_float(r, v, ret);
	nam_leave(r, mark);
	return rc;
}

int nam_weights_read(struct nam_reader *r, yyjson_val *array, struct nam_weights *ret)
{
	const size_t n = yyjson_arr_size(array);
	size_t i, n_max;
	yyjson_val *v;

	*ret = (struct nam_weights){.w = malloc((n ? n : 1) * sizeof(float)), .n = n};
	if (!ret->w)
		return nam_fail(r, -ENOMEM, "no memory");
	yyjson_arr_foreach(array, i, n_max, v)
	{
		if (yyjson_is_num(v) && fabs(yyjson_get_num(v)) <= FLT_MAX) {
			ret->w[i] = (float)yyjson_get_num(v);
			continue;
		}
		const size_t mark = nam_enter_index(r, i);
		const int rc = nam_fail(r, -EINVAL, "must be a number");
		nam_leave(r, mark);
		nam_weights_finish(ret);
		return rc;
	}
	return 0;
}

void nam_weights_finish(struct nam_weights *w)
{
	free(w->w);
	*w = (struct nam_weights){0};
}

int nam_take(struct nam_reader *r, struct nam_weights *w, uint64_t n, const float **ret)
{
	if (n > w->n - w->n_taken)
		return nam_fail(r, -EINVAL,
			"too few weights: %llu or more are needed up to here, there are %zu",
			(unsigned long long)(w->n_taken + n), w->n);
	*ret = w->w + w->n_taken;
	w->n_taken += n;
	return 0;
}

int nam_remember(struct nam_reader *r, uint64_t frames, uint32_t n_planes)
{
	r->state_bytes += (frames + 4 * NAM_CHUNK) * n_planes * sizeof(float);
	if (r->state_bytes > NAM_STATE_BYTES_MAX)
		return nam_fail(r, -EFBIG, "would remember %llu MiB of sound up to here, %llu are the limit",
			(unsigned long long)(r->state_bytes >> 20),
			(unsigned long long)(NAM_STATE_BYTES_MAX >> 20));
	return 0;
}
