/* SPDX-License-Identifier: MIT */
/** A picture that a widget draws, and what is in it. */
#ifndef TESTS_WIDGET_PICTURE_H
#define TESTS_WIDGET_PICTURE_H

#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "draw_impl.h"

static struct mos_shape picture_shape[4096];
static struct mos_draw picture;

static inline struct mos_draw *picture_begin(float width, float height)
{
	draw_begin(&picture, picture_shape, 4096, width, height, 1);
	return &picture;
}

/* Everything fits, lies near the surface and is finite. */
static inline void picture_check(void)
{
	cr_assert_eq(picture.n_left_out, 0);
	cr_assert_gt(picture.n, 2);
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];

		if (s->kind == MOS_SHAPE_TEXT) {
			cr_assert(isfinite(s->x) && isfinite(s->y) && s->h > 0, "text %u", i);
			i += s->glyph > 32 ? (s->glyph - 32 + 59) / 60 : 0;
			continue;
		}
		cr_assert(
			isfinite(s->x) && isfinite(s->y) && isfinite(s->w) && isfinite(s->h), "shape %u", i);
		cr_assert(s->x >= -picture.width && s->x <= 2 * picture.width, "shape %u of kind %u at x %g",
			i, s->kind, (double)s->x);
		if (s->kind == MOS_SHAPE_BOX)
			cr_assert(s->w > 0 && s->h > 0, "box %u: %g x %g", i, (double)s->w, (double)s->h);
	}
}

/* How many shapes of a kind have a token as colour, at an opacity of at least `opacity` (0..255). */
static inline uint32_t picture_count(enum mos_shape_kind kind, enum mos_token token, uint32_t opacity)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < picture.n; i++)
		n += picture_shape[i].kind == kind && picture_shape[i].flags & MOS_SHAPE_TOKEN &&
		     (picture_shape[i].color & 0xff) == token && picture_shape[i].color >> 24 >= opacity;
	return n;
}

/* The text of up to 32 bytes at a record. */
static inline int picture_has_text(const char *text)
{
	for (uint32_t i = 0; i < picture.n; i++)
		if (picture_shape[i].kind == MOS_SHAPE_TEXT && picture_shape[i].glyph == strlen(text) &&
			picture_shape[i].glyph <= 32 && memcmp(picture_shape[i].p, text, strlen(text)) == 0)
			return 1;
	return 0;
}

#endif
