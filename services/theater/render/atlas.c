/* SPDX-License-Identifier: MIT */
#include "atlas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int render_atlas_init(struct atlas *a, struct font_set *fonts)
{
	*a = (struct atlas){.fonts = fonts, .time = 1};
	a->slot = calloc(ATLAS_SLOTS, sizeof(*a->slot));
	if (a->slot == NULL || render_block_init(&a->bytes, ATLAS_PAGES * ATLAS_PAGE_SIZE,
				       VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, 0) < 0) {
		free(a->slot);
		a->slot = NULL;
		return -ENOMEM;
	}
	return 0;
}

void render_atlas_finish(struct atlas *a)
{
	free(a->slot);
	render_block_finish(&a->bytes);
	*a = (struct atlas){0};
}

static uint64_t key_of(
	enum font_face face, uint32_t glyph, uint32_t em_px_64, unsigned phase, unsigned narrow_256)
{
	return 1u | (uint64_t)face << 1 | (uint64_t)phase << 4 | (uint64_t)narrow_256 << 6 |
	       (uint64_t)em_px_64 << 15 | (uint64_t)glyph << 32;
}

static struct atlas_glyph *slot_of(const struct atlas *a, uint64_t key)
{
	uint64_t i = key * 0x9e3779b97f4a7c15u >> 40;

	while (a->slot[i % ATLAS_SLOTS].key != key && a->slot[i % ATLAS_SLOTS].key != 0)
		i++;
	return &a->slot[i % ATLAS_SLOTS];
}

/* Forget all glyphs of a page. */
static int empty_page(struct atlas *a, uint32_t page)
{
	struct atlas_glyph *old = a->slot;

	a->slot = calloc(ATLAS_SLOTS, sizeof(*a->slot));
	if (a->slot == NULL) {
		a->slot = old;
		return -ENOMEM;
	}
	a->n_used = 0;
	for (uint32_t i = 0; i < ATLAS_SLOTS; i++)
		if (old[i].key != 0 && old[i].page != page) {
			*slot_of(a, old[i].key) = old[i];
			a->n_used++;
		}
	free(old);
	a->page[page].size = 0;
	return 0;
}

/* A page with room for `size` bytes becomes the one to fill. */
static int make_room(struct atlas *a, uint32_t size)
{
	uint32_t oldest = 0;

	if (a->n_used < ATLAS_SLOTS / 3 * 2) {
		if (a->page[a->page_now].size + size <= ATLAS_PAGE_SIZE)
			return 0;
		for (uint32_t i = 0; i < ATLAS_PAGES; i++)
			if (a->page[i].size == 0) {
				a->page_now = i;
				return 0;
			}
	}
	for (uint32_t i = 1; i < ATLAS_PAGES; i++)
		if (a->page[i].last_use < a->page[oldest].last_use)
			oldest = i;
	if (a->page[oldest].last_use >= a->time || empty_page(a, oldest) < 0)
		return -ENOSPC;
	a->page_now = oldest;
	return 0;
}

const struct atlas_glyph *render_atlas_get(struct atlas *a, enum font_face face, uint32_t glyph,
	uint32_t em_px_64, unsigned phase, unsigned narrow_256)
{
	const uint64_t key = key_of(face, glyph, em_px_64, phase, narrow_256);
	struct atlas_glyph *s = slot_of(a, key);
	struct font_bitmap bitmap = {0};
	uint32_t size;

	if (s->key == key) {
		a->page[s->page].last_use = a->time;
		return s;
	}
	/* What cannot be had is empty, and is not asked for again. */
	if (font_raster(a->fonts, face, glyph, em_px_64, phase, (float)narrow_256 / 256.0f, &bitmap) < 0 ||
		bitmap.width > UINT16_MAX || bitmap.height > UINT16_MAX || bitmap.left < INT16_MIN ||
		bitmap.left > INT16_MAX || bitmap.top < INT16_MIN || bitmap.top > INT16_MAX ||
		(uint64_t)bitmap.width * bitmap.height > ATLAS_PAGE_SIZE)
		bitmap = (struct font_bitmap){0};
	size = bitmap.width * bitmap.height;
	if (make_room(a, size) < 0)
		return NULL;
	s = slot_of(a, key);
	*s = (struct atlas_glyph){
		.key = key,
		.offset = a->page_now * ATLAS_PAGE_SIZE + a->page[a->page_now].size,
		.left = (int16_t)bitmap.left,
		.top = (int16_t)bitmap.top,
		.width = (uint16_t)bitmap.width,
		.height = (uint16_t)bitmap.height,
		.page = (uint8_t)a->page_now,
	};
	a->n_used++;
	a->page[a->page_now].last_use = a->time;
	if (size > 0) {
		memcpy(a->bytes.host + s->offset, bitmap.coverage, size);
		render_block_touch(&a->bytes, s->offset, s->offset + size);
		a->page[a->page_now].size += size;
	}
	return s;
}

uint64_t render_atlas_used(const struct atlas *a)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < ATLAS_PAGES; i++)
		sum += a->page[i].size;
	return sum;
}
