/* SPDX-License-Identifier: MIT */
/** What lies under a damaged rectangle: mostly it is inside one panel, or one page. That colour is cleared
 * to, and nothing beneath it is drawn: on a processor each layer costs as much as all that is seen. */
#include "internal.h"

static int is_inside(struct render_rect a, struct render_rect b)
{
	return a.x >= b.x && a.y >= b.y && a.x + a.w <= b.x + b.w && a.y + a.h <= b.y + b.h;
}

/* @return 0: it lets something through. */
static int hides(struct frame *f, const struct render_item *item, const struct prim *p,
	struct render_rect rect, uint32_t *ret_color)
{
	struct instance box;

	if (p->kind != MOS_SHAPE_BOX || !(item->layers >> p->layer & 1u))
		return 0;
	f->clip = render_emit_clip(item->list, p, item, rect);
	if (!is_inside(rect, f->clip) || !render_emit_measure_box(f, p, item, &box) ||
		box.color >> 24 != 255 || !is_inside(rect, render_emit_inner(f, &box)))
		return 0;
	*ret_color = box.color;
	return 1;
}

/* From the top. */
static int find_in(
	struct frame *f, const struct render_item *item, struct render_rect rect, struct ground *ret)
{
	const struct render_list *list = item->list;
	uint32_t first, end;

	if (!render_emit_range(item, &first, &end))
		return 0;
	while (end > first) {
		const uint32_t block = (end - 1) / PRIMS_A_BLOCK, low = block * PRIMS_A_BLOCK;
		const uint32_t from = low > first ? low : first;
		const uint32_t last = render_emit_touches(item, list->block[block], rect) ? end : from;

		for (uint32_t i = last; i > from; i--)
			if (hides(f, item, &list->prim[i - 1], rect, &ret->color)) {
				ret->prim = i;
				return 1;
			}
		end = from;
	}
	return 0;
}

void render_ground_find(struct frame *f)
{
	for (uint32_t i = 0; i < f->n_damage; i++) {
		const struct render_rect rect = f->damage[i];
		struct ground *g = &f->ground[i];

		*g = (struct ground){.color = f->what->token[MOS_TOKEN_CANVAS]};
		for (uint32_t k = f->what->n_items; k > 0; k--) {
			const struct render_item *item = &f->what->item[k - 1];

			if (!render_emit_is_list(item) || item->opacity != 255 ||
				!is_inside(rect, item->clip))
				continue;
			f->opacity = 255;
			if (find_in(f, item, rect, g)) {
				g->item = k - 1;
				break;
			}
		}
	}
}
