/* SPDX-License-Identifier: MIT */
/* A picture as a PNG file. Opaque ones have three channels; scaling averages areas exactly, premultiplied. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "sink.h"

enum { BUFFER = 1 << 18, DIVISOR_MAX = 64 };

struct picture {
	const uint8_t *rgba;
	uint32_t stride, width, height;  /**< of what is given */
	uint32_t divisor, columns, rows; /**< of what is written */
	uint8_t is_opaque;
	uint8_t *row;   /**< to write */
	uint32_t *sums; /**< of a row of areas */
};

struct writer {
	int fd, error;
	size_t used;
	uint8_t buffer[BUFFER];
};

static void flush(struct writer *w)
{
	size_t done = 0;
	while (w->error == 0 && done < w->used) {
		ssize_t n = write(w->fd, w->buffer + done, w->used - done);
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno != EINTR)
			w->error = -errno;
	}
	w->used = 0;
}

static void on_write(png_structp png, png_bytep data, size_t n)
{
	struct writer *w = png_get_io_ptr(png);
	while (n > 0 && w->error == 0) {
		size_t part = n < BUFFER - w->used ? n : BUFFER - w->used;
		memcpy(w->buffer + w->used, data, part);
		w->used += part;
		data += part;
		n -= part;
		if (w->used == BUFFER)
			flush(w);
	}
	if (w->error)
		png_error(png, "not written");
}

static void on_flush(png_structp png)
{
	flush(png_get_io_ptr(png));
}

static void on_complaint(png_structp png, png_const_charp text)
{
}

static void on_error(png_structp png, png_const_charp text)
{
	png_longjmp(png, 1);
}

static int is_opaque(const struct picture *p)
{
	for (uint32_t y = 0; y < p->height; y++) {
		const uint8_t *row = p->rgba + (size_t)y * p->stride;
		uint8_t all = 255;
		for (uint32_t x = 0; x < p->width; x++)
			all &= row[4 * x + 3];
		if (all != 255)
			return 0;
	}
	return 1;
}

static uint8_t straight(uint32_t premultiplied, uint32_t opacity)
{
	if (opacity == 0)
		return 0;
	uint32_t value = (premultiplied * 255 + opacity / 2) / opacity;
	return (uint8_t)(value < 255 ? value : 255);
}

static void put_pixel(const struct picture *p, uint32_t x, uint32_t r, uint32_t g, uint32_t b, uint32_t a)
{
	uint8_t *to = p->row + (size_t)x * (p->is_opaque ? 3 : 4);
	if (p->is_opaque) {
		to[0] = (uint8_t)r;
		to[1] = (uint8_t)g;
		to[2] = (uint8_t)b;
		return;
	}
	to[0] = straight(r, a);
	to[1] = straight(g, a);
	to[2] = straight(b, a);
	to[3] = (uint8_t)a;
}

/* Areas at the right and the bottom edge may be smaller. */
static void make_row(const struct picture *p, uint32_t y)
{
	const uint8_t *from = p->rgba + (size_t)y * p->divisor * p->stride;
	if (p->divisor == 1) {
		for (uint32_t x = 0; x < p->columns; x++, from += 4)
			put_pixel(p, x, from[0], from[1], from[2], from[3]);
		return;
	}
	uint32_t lines = p->height - y * p->divisor < p->divisor ? p->height - y * p->divisor : p->divisor;
	memset(p->sums, 0, (size_t)p->columns * 4 * sizeof *p->sums);
	for (uint32_t line = 0; line < lines; line++, from += p->stride)
		for (uint32_t x = 0, column = 0; x < p->width; column++)
			for (uint32_t i = 0; i < p->divisor && x < p->width; i++, x++)
				for (uint32_t c = 0; c < 4; c++)
					p->sums[4 * column + c] += from[4 * x + c];
	for (uint32_t x = 0; x < p->columns; x++) {
		uint32_t across =
			p->width - x * p->divisor < p->divisor ? p->width - x * p->divisor : p->divisor;
		uint32_t area = lines * across, half = area / 2;
		const uint32_t *sum = p->sums + 4 * (size_t)x;
		put_pixel(p, x, (sum[0] + half) / area, (sum[1] + half) / area, (sum[2] + half) / area,
			(sum[3] + half) / area);
	}
}

static int encode(const struct picture *p, struct writer *w)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_complaint);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info) {
		png_destroy_write_struct(&png, NULL);
		return -ENOMEM;
	}
	if (setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return w->error ? w->error : -ENOMEM;
	}
	png_set_write_fn(png, w, on_write, on_flush);
	png_set_user_limits(png, 1 << 17, 1 << 17);
	/* Drawn pictures are runs of one colour: this is ten times faster than searching, and hardly larger.
	 */
	png_set_compression_level(png, 1);
	png_set_compression_strategy(png, Z_RLE);
	png_set_compression_buffer_size(png, 1 << 16);
	png_set_IHDR(png, info, p->columns, p->rows, 8,
		p->is_opaque ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
	png_write_info(png, info);
	png_set_filter(png, 0, PNG_FILTER_UP);
	for (uint32_t y = 0; y < p->rows; y++) {
		make_row(p, y);
		png_write_row(png, p->row);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	flush(w);
	return w->error;
}

int out_png_fd(
	int fd, const uint8_t *rgba, uint32_t stride, uint32_t width, uint32_t height, uint32_t divisor)
{
	if (width == 0 || height == 0 || divisor == 0 || divisor > DIVISOR_MAX || stride / 4 < width)
		return -EINVAL;
	struct picture p = {rgba, stride, width, height, divisor, (width + divisor - 1) / divisor,
		(height + divisor - 1) / divisor};
	p.is_opaque = (uint8_t)is_opaque(&p);
	struct writer *w = malloc(sizeof *w);
	p.row = malloc((size_t)p.columns * 4);
	p.sums = calloc((size_t)p.columns * 4, sizeof *p.sums);
	int rc = -ENOMEM;
	if (w && p.row && p.sums) {
		w->fd = fd;
		w->error = 0;
		w->used = 0;
		rc = encode(&p, w);
	}
	free(p.sums);
	free(p.row);
	free(w);
	return rc;
}
