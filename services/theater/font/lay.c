/* SPDX-License-Identifier: MIT */
/* TEXT shapes: where their glyphs are, as mos/shape.h says. */
#include <math.h>
#include <string.h>

#include "font_impl.h"

static const char ellipsis[] = "\xe2\x80\xa6";
/* Too long text is narrowed this far before it is cut. */
static const float narrowest = 0.8f;

/* Longest beginning (at a character) that fits with the ellipsis; widths grow with length closely enough to
 * search. */
static size_t cut(struct font_set *fonts, enum font_face face, char *text, size_t n, float limit)
{
	size_t low = 0, high = n;
	char tail[sizeof ellipsis];
	while (low < high) {
		size_t middle = (low + high + 1) / 2;
		while (middle < n && ((unsigned char)text[middle] & 0xc0) == 0x80)
			middle++;
		if (middle > high)
			middle = high;
		memcpy(tail, text + middle, sizeof ellipsis - 1);
		memcpy(text + middle, ellipsis, sizeof ellipsis - 1);
		float width;
		font_shape(fonts, face, text, middle + sizeof ellipsis - 1, NULL, 0, &width);
		memcpy(text + middle, tail, sizeof ellipsis - 1);
		if (width <= limit) {
			low = middle;
		} else {
			high = middle - 1;
			while (high > low && ((unsigned char)text[high] & 0xc0) == 0x80)
				high--;
		}
	}
	while (low > 0 && text[low - 1] == ' ')
		low--;
	memcpy(text + low, ellipsis, sizeof ellipsis - 1);
	return low + sizeof ellipsis - 1;
}

uint32_t font_lay_text(struct font_set *fonts, const struct mos_shape *shape, const char *text, size_t n,
	struct font_placed *ret, uint32_t max, float *ret_size, float *ret_narrow)
{
	enum font_face face = shape->flags & MOS_SHAPE_MONO     ? FONT_MONO
			      : shape->flags & MOS_SHAPE_BOLD   ? FONT_BOLD
			      : shape->flags & MOS_SHAPE_ITALIC ? FONT_ITALIC
								: FONT_TEXT;
	char cut_text[MOS_SHAPE_TEXT_MAX + sizeof ellipsis];
	float width, em = shape->h, narrow = 1;
	*ret_size = em;
	*ret_narrow = 1;
	if (!(em > 0) || !isfinite(em) || !isfinite(shape->x) || !isfinite(shape->y))
		return 0;
	if (n > MOS_SHAPE_TEXT_MAX)
		n = MOS_SHAPE_TEXT_MAX;
	uint32_t n_placed = font_shape(fonts, face, text, n, ret, max, &width);
	if (shape->w > 0 && width * em > shape->w) {
		narrow = shape->w / (width * em);
		if (narrow < narrowest) {
			narrow = narrowest;
			memcpy(cut_text, text, n);
			n = cut(fonts, face, cut_text, n, shape->w / (em * narrow));
			n_placed = font_shape(fonts, face, cut_text, n, ret, max, &width);
		}
	}
	float x = shape->x, y = shape->y, wide = width * em * narrow;
	if (shape->flags & MOS_SHAPE_CENTER)
		x -= wide / 2;
	else if (shape->flags & MOS_SHAPE_RIGHT)
		x -= wide;
	if (shape->flags & MOS_SHAPE_MIDDLE)
		y += fonts->metrics.cap_height / 2 * em;
	for (uint32_t i = 0; i < n_placed; i++) {
		ret[i].x = x + ret[i].x * em * narrow;
		ret[i].y = y + ret[i].y * em;
	}
	*ret_narrow = narrow;
	return n_placed;
}
