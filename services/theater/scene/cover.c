/* SPDX-License-Identifier: MIT */
#include "cover.h"

void cover_add(struct cover *c, struct render_rect rect)
{
	uint32_t at = c->n;

	if (c->n == COVER_MAX)
		return;
	for (; at > 0 && c->rect[at - 1].x > rect.x; at--)
		c->rect[at] = c->rect[at - 1];
	c->rect[at] = rect;
	c->n++;
}

/** The strip from y to the next edge, within which nothing changes from top to bottom. */
static int strip_is_hidden(const struct cover *c, struct render_rect rect, int32_t y, int32_t *ret_end)
{
	int32_t reached = rect.x;

	*ret_end = rect.y + rect.h;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct render_rect *r = &c->rect[i];
		const int32_t right = r->x + r->w, bottom = r->y + r->h;
		const int32_t edge = r->y > y ? r->y : bottom;

		if (right <= rect.x || r->x >= rect.x + rect.w || edge <= y)
			continue;
		if (edge < *ret_end)
			*ret_end = edge;
		/* From left to right: behind a gap nothing helps any more. */
		if (r->y <= y && r->x <= reached && right > reached)
			reached = right;
	}
	return reached >= rect.x + rect.w;
}

int cover_hides(const struct cover *c, struct render_rect rect)
{
	for (int32_t y = rect.y, end; y < rect.y + rect.h; y = end)
		if (!strip_is_hidden(c, rect, y, &end))
			return 0;
	return 1;
}
