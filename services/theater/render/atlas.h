/* SPDX-License-Identifier: MIT */
/** Coverage of glyphs at the sizes in use: pages of bytes, each glyph's rows one after the other, the page
 * that was not used for longest given up when all are full. spec/theater.md 3. */
#ifndef THEATER_RENDER_ATLAS_H
#define THEATER_RENDER_ATLAS_H

#include "device.h"

#define ATLAS_PAGES 16u
#define ATLAS_PAGE_SIZE (1u << 20)
#define ATLAS_SLOTS (128u << 10) /**< of the table; two thirds are used at most */

struct atlas_glyph {
	uint64_t key; /**< 0: a free slot */
	uint32_t offset;
	int16_t left, top;
	uint16_t width, height; /**< 0: nothing to draw */
	uint8_t page;
};

struct atlas {
	struct font_set *fonts;
	struct block bytes;
	struct atlas_glyph *slot;
	uint32_t n_used;
	struct {
		uint32_t size;
		uint64_t last_use;
	} page[ATLAS_PAGES];
	uint32_t page_now;
	uint64_t time; /**< counts submissions */
};

int render_atlas_init(struct atlas *a, struct font_set *fonts);
void render_atlas_finish(struct atlas *a);
/** @param narrow_256  horizontal scale. @return NULL: all pages hold what is about to be drawn: draw, raise
 * `time`, ask again. */
const struct atlas_glyph *render_atlas_get(struct atlas *a, enum font_face face, uint32_t glyph,
	uint32_t em_px_64, unsigned phase, unsigned narrow_256);
uint64_t render_atlas_used(const struct atlas *a);

#endif
