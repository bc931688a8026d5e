/* SPDX-License-Identifier: MIT */
/**
 * Shapes drawn by Cairo: what mos/shape.h says, once more and by somebody else's renderer. The oracle of the
 * theater's renderer, and how the engraver's tests look at pages.
 *
 *     struct shapes_cairo view = {.shape = e->shape, .n = e->n_shapes, .fonts = fonts, .scale = 20};
 *     shapes_cairo_png("/tmp/page.png", 1600, 2000, &view);
 */
#ifndef TEST_SHAPES_CAIRO_H
#define TEST_SHAPES_CAIRO_H

#include <stdint.h>

#include <font.h>
#include <mos/shape.h>

struct shapes_cairo {
	const struct mos_shape *shape;
	uint32_t n;
	uint32_t layers;       /**< those shown; 0: all */
	const uint32_t *token; /**< MOS_N_TOKENS colours; NULL: black on white */
	struct font_set *fonts;
	double scale, x, y; /**< pixels = units * scale + (x, y) */
	uint8_t snaps;   /**< glyphs where the theater's renderer has them: whole pixels down, quarters across
			  */
	uint8_t opacity; /**< of all, over what is there; 0: 255 */
};

/** Over what is in `rgba`: RGBA8, premultiplied. @return 0; -ENOMEM. */
int shapes_cairo_draw(
	uint8_t *rgba, uint32_t stride, uint32_t width, uint32_t height, const struct shapes_cairo *view);
/** On MOS_TOKEN_PAPER. @return 0, -errno. */
int shapes_cairo_png(const char *path, uint32_t width, uint32_t height, const struct shapes_cairo *view);
/** Tokens for looking at scores: paper, ink, and colours that differ. */
extern const uint32_t shapes_cairo_tokens[MOS_N_TOKENS];

#endif
