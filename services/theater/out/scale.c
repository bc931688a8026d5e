/* SPDX-License-Identifier: MIT */
/*
 * Area averages without a division a pixel. A target row is made from its source rows first (16-bit sums,
 * weights of 1/256), then along the row (32-bit sums, weights of 1/65536); both in pieces that stay in the
 * nearest cache.
 */
#include "copy.h"

#include <string.h>

#define PIECE 256u   /* pixels of the target */
#define ACROSS 1024u /* pixels of the source that a piece may cover */

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint16_t words __attribute__((vector_size(32)));

/** Source pixels under a target pixel; where it begins and ends is exact to the weights' unit. */
struct span {
	uint32_t first, n;
};

static struct span span_of(uint32_t at, uint32_t n, uint32_t from)
{
	const uint32_t first = (uint32_t)((uint64_t)at * from / n);
	const uint32_t end = (uint32_t)((((uint64_t)at + 1) * from + n - 1) / n);

	/* Growing: the nearest. Also where one pixel covers more than a piece can hold. */
	if (from <= n || from / n > ACROSS / 2)
		return (struct span){(uint32_t)(((uint64_t)at * 2 + 1) * from / (2 * (uint64_t)n)), 1};
	return (struct span){first, end - first};
}

/** How much of a target pixel lies before a source pixel, in `unit` of it. Weights are differences: they add
 * up. */
static uint32_t before(uint32_t pixel, uint32_t at, uint32_t n, uint32_t from, uint32_t unit)
{
	const uint64_t begin = (uint64_t)at * from, here = (uint64_t)pixel * n;

	if (here <= begin)
		return 0;
	return here - begin >= from ? unit : (uint32_t)(((here - begin) * unit + from / 2) / from);
}

static uint32_t weight(
	const struct span *span, uint32_t i, uint32_t at, uint32_t n, uint32_t from, uint32_t unit)
{
	if (span->n == 1)
		return unit;
	return before(span->first + i + 1, at, n, from, unit) - before(span->first + i, at, n, from, unit);
}

/** sum += weight * from, for n bytes. Weights add up to 256, so sums stay below 2^16. */
static void add_row(uint16_t *restrict sum, const uint8_t *restrict from, uint32_t n, uint16_t weight)
{
	uint32_t i = 0;

	for (; i + sizeof(bytes) <= n; i += (uint32_t)sizeof(bytes)) {
		bytes b;
		words w;

		memcpy(&b, from + i, sizeof(b));
		memcpy(&w, sum + i, sizeof(w));
		w += __builtin_convertvector(b, words) * weight;
		memcpy(sum + i, &w, sizeof(w));
	}
	for (; i < n; i++)
		sum[i] = (uint16_t)(sum[i] + from[i] * weight);
}

/** The columns of a piece, and what of the source they need. */
struct piece {
	struct span spans[PIECE];
	uint32_t weights[ACROSS + 2 * PIECE]; /* of the spans of more than one, one after the other */
	uint32_t at, n, first, across;
};

static void plan(struct piece *piece, uint32_t at, uint32_t end, uint32_t n, uint32_t from)
{
	uint32_t used = 0, last = 0;

	*piece = (struct piece){.at = at};
	for (; at < end && piece->n < PIECE; at++) {
		const struct span span = span_of(at, n, from);

		last = span.first + span.n;
		if (!piece->n)
			piece->first = span.first;
		if (piece->n && last - piece->first > ACROSS)
			break;
		for (uint32_t i = 0; i < span.n && span.n > 1; i++)
			piece->weights[used++] = weight(&span, i, at, n, from, 65536);
		piece->across = last - piece->first;
		piece->spans[piece->n++] = span;
	}
}

static void along(uint8_t *to, const uint16_t *sums, const struct piece *piece)
{
	const uint32_t *weights = piece->weights;

	for (uint32_t i = 0; i < piece->n; i++, to += 4) {
		const struct span *span = &piece->spans[i];
		const uint16_t *from = sums + 4 * (size_t)(span->first - piece->first);
		uint32_t sum[4] = {0};

		if (span->n == 1) {
			for (int c = 0; c < 4; c++)
				to[c] = (uint8_t)(from[c] >> 8);
			continue;
		}
		for (uint32_t k = 0; k < span->n; k++, from += 4) {
			const uint32_t w = *weights++;

			for (int c = 0; c < 4; c++)
				sum[c] += w * from[c];
		}
		for (int c = 0; c < 4; c++)
			to[c] = (uint8_t)((sum[c] + (1u << 23)) >> 24);
	}
}

static void scale_piece(const struct copy_fit *fit, const struct piece *piece, uint8_t *to,
	uint32_t to_stride, const uint8_t *from, uint32_t from_stride, const struct render_rect *rect,
	enum copy_format format)
{
	const struct render_rect *in = &fit->inside;
	const uint32_t high = (uint32_t)in->h;
	uint16_t sums[4 * ACROSS];
	uint8_t line[4 * PIECE];

	for (int32_t y = rect->y; y < rect->y + rect->h; y++) {
		const uint32_t at = (uint32_t)(y - in->y);
		const struct span down = span_of(at, high, fit->from_height);

		memset(sums, 0, 8 * (size_t)piece->across);
		for (uint32_t i = 0; i < down.n; i++)
			add_row(sums,
				from + (size_t)(down.first + i) * from_stride + 4 * (size_t)piece->first,
				4 * piece->across,
				(uint16_t)weight(&down, i, at, high, fit->from_height, 256));
		along(line, sums, piece);
		copy_row(
			to + (size_t)y * to_stride + 4 * ((size_t)in->x + piece->at), line, piece->n, format);
	}
}

void copy_scaled(const struct copy_fit *fit, uint8_t *to, uint32_t to_stride, const uint8_t *from,
	uint32_t from_stride, const struct render_rect *rect, enum copy_format format)
{
	const struct render_rect *in = &fit->inside;
	const uint32_t wide = (uint32_t)in->w, end = (uint32_t)(rect->x + rect->w - in->x);
	struct piece piece;

	if (rect->w <= 0 || rect->h <= 0)
		return;
	if (wide == fit->from_width && (uint32_t)in->h == fit->from_height) {
		const struct render_rect same = {rect->x - in->x, rect->y - in->y, rect->w, rect->h};

		copy_rect(to + (size_t)in->y * to_stride + 4 * (size_t)in->x, to_stride, from, from_stride,
			&same, format);
		return;
	}
	for (uint32_t at = (uint32_t)(rect->x - in->x); at < end; at += piece.n) {
		plan(&piece, at, end, wide, fit->from_width);
		scale_piece(fit, &piece, to, to_stride, from, from_stride, rect, format);
	}
}
