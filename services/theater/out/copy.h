/* SPDX-License-Identifier: MIT */
/**
 * Pixels from the theater's order (RGBA8, premultiplied) to the one that somebody asked for, and to another
 * size. Plain arithmetic, any thread.
 */
#ifndef THEATER_OUT_COPY_H
#define THEATER_OUT_COPY_H

#include <stdint.h>

#include "render.h"

enum copy_format {
	COPY_RGBA,
	COPY_BGRA,
	COPY_RGBX, /**< the fourth byte 255 */
	COPY_BGRX,
	COPY_STRAIGHT, /**< RGBA, colour not multiplied by alpha: what NDI wants (NDI-06) */
};

/** n pixels. */
void copy_row(uint8_t *to, const uint8_t *from, uint32_t n, enum copy_format format);

/** A rectangle, the same in both pictures. @param rect  inside both. */
void copy_rect(uint8_t *to, uint32_t to_stride, const uint8_t *from, uint32_t from_stride,
	const struct render_rect *rect, enum copy_format format);

/** Where a picture lies that is fitted into another size, as large as its shape allows, in the middle. */
struct copy_fit {
	uint32_t from_width, from_height;
	uint32_t width, height; /**< all of the target */
	struct render_rect
		inside; /**< where in the target the picture is; the rest is the caller's to fill */
};
struct copy_fit copy_fit(uint32_t from_width, uint32_t from_height, uint32_t width, uint32_t height);

/** What of the target a damaged rectangle of the source reaches. Empty when nothing. */
struct render_rect copy_fit_rect(const struct copy_fit *fit, const struct render_rect *rect);

/** The source's point under one of the target, as fractions of a pixel. */
void copy_fit_point(const struct copy_fit *fit, double x, double y, double *ret_x, double *ret_y);

/**
 * Scale into a rectangle of the target: each pixel is the average of the area that it covers (shrinking) or
 * the nearest pixel (growing). @param rect  in the target, inside fit->inside.
 */
void copy_scaled(const struct copy_fit *fit, uint8_t *to, uint32_t to_stride, const uint8_t *from,
	uint32_t from_stride, const struct render_rect *rect, enum copy_format format);

#endif
