/* SPDX-License-Identifier: MIT */
#include "copy.h"

#include <string.h>

static void swap_row(
	uint8_t *restrict to, const uint8_t *restrict from, uint32_t n, uint32_t keep, uint32_t fill)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t p;

		memcpy(&p, from + 4 * (size_t)i, 4);
		p = (p & keep) | ((p & 0xffu) << 16) | ((p >> 16) & 0xffu) | fill;
		memcpy(to + 4 * (size_t)i, &p, 4);
	}
}

static void opaque_row(uint8_t *restrict to, const uint8_t *restrict from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t p;

		memcpy(&p, from + 4 * (size_t)i, 4);
		p |= 0xff000000u;
		memcpy(to + 4 * (size_t)i, &p, 4);
	}
}

static void straight_row(uint8_t *restrict to, const uint8_t *restrict from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, to += 4, from += 4) {
		const uint32_t alpha = from[3];

		if (alpha == 255 || alpha == 0) {
			memcpy(to, from, 4);
			if (!alpha)
				memset(to, 0, 4);
			continue;
		}
		/* (c * 255 + alpha / 2) / alpha, exact: numerators are below 2^16. */
		const uint64_t reciprocal = ((1u << 24) + alpha - 1) / alpha;

		for (int c = 0; c < 3; c++) {
			const uint64_t straight = (from[c] * 255u + alpha / 2) * reciprocal >> 24;

			to[c] = (uint8_t)(straight < 255 ? straight : 255);
		}
		to[3] = (uint8_t)alpha;
	}
}

void copy_row(uint8_t *to, const uint8_t *from, uint32_t n, enum copy_format format)
{
	switch (format) {
	case COPY_RGBA:
		memcpy(to, from, 4 * (size_t)n);
		break;
	case COPY_BGRA:
		swap_row(to, from, n, 0xff00ff00u, 0);
		break;
	case COPY_RGBX:
		opaque_row(to, from, n);
		break;
	case COPY_BGRX:
		swap_row(to, from, n, 0x0000ff00u, 0xff000000u);
		break;
	case COPY_STRAIGHT:
		straight_row(to, from, n);
		break;
	}
}

void copy_rect(uint8_t *to, uint32_t to_stride, const uint8_t *from, uint32_t from_stride,
	const struct render_rect *rect, enum copy_format format)
{
	const size_t x = 4 * (size_t)rect->x;

	for (size_t y = (size_t)rect->y; y < (size_t)rect->y + (size_t)rect->h; y++)
		copy_row(to + y * to_stride + x, from + y * from_stride + x, (uint32_t)rect->w, format);
}

struct copy_fit copy_fit(uint32_t from_width, uint32_t from_height, uint32_t width, uint32_t height)
{
	struct copy_fit fit = {
		.from_width = from_width, .from_height = from_height, .width = width, .height = height};
	uint64_t w = width, h = height;

	if (!from_width || !from_height)
		return fit;
	if (w * from_height > h * from_width)
		w = h * from_width / from_height;
	else
		h = w * from_height / from_width;
	if (!w || !h)
		return fit;
	fit.inside = (struct render_rect){
		(int32_t)((width - w) / 2), (int32_t)((height - h) / 2), (int32_t)w, (int32_t)h};
	return fit;
}

struct render_rect copy_fit_rect(const struct copy_fit *fit, const struct render_rect *rect)
{
	const struct render_rect *in = &fit->inside;
	int64_t left, top, right, bottom;

	if (!in->w || rect->w <= 0 || rect->h <= 0)
		return (struct render_rect){0};
	left = (int64_t)rect->x * in->w / fit->from_width;
	top = (int64_t)rect->y * in->h / fit->from_height;
	right = (((int64_t)rect->x + rect->w) * in->w + fit->from_width - 1) / fit->from_width;
	bottom = (((int64_t)rect->y + rect->h) * in->h + fit->from_height - 1) / fit->from_height;
	return (struct render_rect){(int32_t)(in->x + left), (int32_t)(in->y + top), (int32_t)(right - left),
		(int32_t)(bottom - top)};
}

void copy_fit_point(const struct copy_fit *fit, double x, double y, double *ret_x, double *ret_y)
{
	const struct render_rect *in = &fit->inside;

	*ret_x = in->w ? (x - in->x) * fit->from_width / in->w : 0;
	*ret_y = in->h ? (y - in->y) * fit->from_height / in->h : 0;
}
