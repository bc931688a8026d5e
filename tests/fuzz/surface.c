/* SPDX-License-Identifier: MIT */
/*
 * A widget wrote anything at all into its surface: what the theater takes of it lies inside of the region,
 * and what it keeps can be drawn. First byte: the kind; then the widget's part of the header, then the slots.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <mos/surface.h>

#include "fuzz.h"

#define PIXELS_WIDTH 48
#define PIXELS_HEIGHT 20
#define REGION_MAX (4096 + 3 * 262144)

static _Alignas(4096) uint8_t bytes[REGION_MAX];

static void check_shapes(const struct mos_surface_frame *f)
{
	static struct mos_shape copy[MOS_SURFACE_SHAPES_MAX];
	uint32_t n_drawn, n = 0;

	FUZZ_CHECK((const uint8_t *)f->shape >= bytes + MOS_SURFACE_HDR_SIZE);
	FUZZ_CHECK((const uint8_t *)(f->shape + f->n) <= bytes + sizeof(bytes));
	n_drawn = mos_shapes_copy(copy, f->shape, f->n);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct mos_shape *s = &copy[i];
		uint32_t n_more = s->glyph > 32 ? (s->glyph - 32 + 59) / 60 : 0;

		n += s->kind != MOS_SHAPE_NONE;
		FUZZ_CHECK(s->kind <= MOS_SHAPE_CLIP && s->layer < 32 && s->clip == 0);
		FUZZ_CHECK(s->kind == MOS_SHAPE_MORE || (isfinite(s->x) && fabsf(s->w) <= MOS_SHAPE_FAR));
		if (s->kind == MOS_SHAPE_TEXT)
			FUZZ_CHECK(s->glyph && s->glyph <= MOS_SHAPE_TEXT_MAX && i + n_more < f->n &&
				   (!n_more || copy[i + n_more].kind == MOS_SHAPE_MORE));
	}
	FUZZ_CHECK(n == n_drawn);
}

static void check_pixels(const struct mos_surface_frame *f, size_t size)
{
	FUZZ_CHECK(f->pixels >= bytes + MOS_SURFACE_HDR_SIZE);
	FUZZ_CHECK(f->width && f->width <= PIXELS_WIDTH && f->height && f->height <= PIXELS_HEIGHT);
	FUZZ_CHECK(f->stride >= f->width * 4 && f->pixels + (size_t)f->stride * f->height <= bytes + size);
	FUZZ_CHECK(f->n_rects <= MOS_SURFACE_RECTS);
	for (uint32_t i = 0; i < f->n_rects; i++)
		FUZZ_CHECK(f->rect[i].w && f->rect[i].x + f->rect[i].w <= f->width && f->rect[i].h &&
			   f->rect[i].y + f->rect[i].h <= f->height);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum mos_surface_kind kind = size && data[0] & 1 ? MOS_SURFACE_PIXELS : MOS_SURFACE_SHAPES;
	uint32_t width = kind == MOS_SURFACE_PIXELS ? PIXELS_WIDTH : 0, height = width ? PIXELS_HEIGHT : 0;
	size_t region_size = mos_surface_size(kind, width, height),
	       at = offsetof(struct mos_surface_hdr, reading);
	struct mos_region region = {.base = bytes, .size = region_size, .fd = -1, .writable = 1};
	struct mos_surface_hdr *hdr = (struct mos_surface_hdr *)bytes;
	struct mos_surface s;
	struct mos_surface_frame f;
	size_t head = sizeof(*hdr) - at, n = size ? size - 1 : 0, dirty;

	FUZZ_CHECK(mos_surface_init(&s, &region, kind, width, height) == 0);
	if (n > head + 65536)
		n = head + 65536;
	dirty = n > head ? n - head : 0;
	memcpy(bytes + at, data + !!size, n < head ? n : head);
	/* Into the slot that it says is the newest. */
	if (dirty && (hdr->latest & 3) < MOS_SURFACE_SLOTS) {
		size_t to = MOS_SURFACE_HDR_SIZE + (hdr->latest & 3) * (size_t)s.slot_size;

		if (dirty > s.slot_size)
			dirty = s.slot_size;
		memcpy(bytes + to, data + 1 + head, dirty);
	}
	for (int i = 0; i < 2; i++) {
		int rc = mos_surface_take(&s, &f);

		FUZZ_CHECK(rc == 0 || (i == 0 && (rc == 1 || rc == -EBADMSG)));
		if (rc != 1)
			continue;
		if (kind == MOS_SURFACE_SHAPES)
			check_shapes(&f);
		else
			check_pixels(&f, region_size);
		mos_surface_release(&s);
		FUZZ_CHECK(hdr->reading == MOS_SURFACE_SLOTS);
	}
	memset(bytes, 0, sizeof(*hdr));
	for (uint32_t i = 0; dirty && i < MOS_SURFACE_SLOTS; i++)
		memset(bytes + MOS_SURFACE_HDR_SIZE + i * (size_t)s.slot_size, 0, dirty);
	return 0;
}
