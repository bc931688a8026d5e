/* SPDX-License-Identifier: MIT */
/* What lies under a view's page and over it: paper, the chord, the playhead, what sounds. */
#include "view_impl.h"

#include <string.h>

static struct mos_shape token_box(struct engrave_rect r, float radius, unsigned token, unsigned opacity)
{
	return (struct mos_shape){.kind = MOS_SHAPE_BOX,
		.flags = MOS_SHAPE_TOKEN,
		.layer = ENGRAVE_FRAME,
		.color = MOS_TOKEN(token, opacity),
		.x = r.x,
		.y = r.y,
		.w = r.w,
		.h = r.h,
		.p = {radius}};
}

/* In the middle of the empty page. @return records. */
static uint32_t fault_text(const struct view *v, struct engrave_rect page, struct mos_shape *ret)
{
	const size_t n = strlen(v->fault), head = n < sizeof(ret->p) ? n : sizeof(ret->p);

	ret[0] = (struct mos_shape){.kind = MOS_SHAPE_TEXT,
		.flags = MOS_SHAPE_TOKEN | MOS_SHAPE_CENTER | MOS_SHAPE_MIDDLE,
		.layer = ENGRAVE_FRAME,
		.color = MOS_TOKEN(MOS_TOKEN_INK, 255),
		.glyph = (uint32_t)n,
		.x = page.x + page.w / 2,
		.y = page.y + page.h / 2,
		.w = page.w * 0.9f,
		.h = 14 * v->o.px_per_pt};
	memcpy(ret[0].p, v->fault, head);
	ret[1] = (struct mos_shape){.kind = MOS_SHAPE_MORE};
	memcpy((char *)&ret[1] + 4, v->fault + head, n - head);
	return n > head ? 2 : 1;
}

void view_make_under(struct view *v, const struct scene_place *place)
{
	struct mos_shape shape[3];
	uint32_t n = 0;
	const float scale = v->scale > 0 ? v->scale : 1;
	const struct engrave_rect all = {(float)(place->rect.x - v->origin_x) / scale,
		(float)(place->rect.y - v->origin_y) / scale, (float)place->rect.w / scale,
		(float)place->rect.h / scale};

	shape[n++] = token_box(all, 0, MOS_TOKEN_PAPER, 255);
	if (!v->e && *v->fault)
		n += fault_text(v, all, shape + n);
	if (v->e && v->chord < v->e->n_chords && view_on_page(v, v->e->chord[v->chord].system)) {
		const struct engrave_rect r = v->e->chord[v->chord].rect;

		shape[n++] = token_box((struct engrave_rect){r.x - 0.5f, r.y - 0.4f, r.w + 1, r.h + 0.8f},
			0.5f, MOS_TOKEN_ACCENT, 60);
	}
	(void)render_list_set(v->under, shape, n);
	v->under_is_old = 0;
	v->under_w = place->rect.w;
	v->under_h = place->rect.h;
}

void view_make_over(struct view *v)
{
	struct mos_shape shape[SOUNDING_MAX + 1];
	uint32_t n = 0;

	if (v->playhead.w > 0) {
		const struct engrave_rect r = {(float)(v->playhead.x - v->origin_x) / v->scale,
			(float)(v->playhead.y - v->origin_y) / v->scale, (float)v->playhead.w / v->scale,
			(float)v->playhead.h / v->scale};

		shape[n++] = token_box(r, 0, MOS_TOKEN_PLAYHEAD, 200);
	}
	for (uint32_t i = 0; i < v->n_sounding; i++) {
		const struct engrave_note *note = &v->e->note[v->sounding[i]];

		if (note->shape >= v->e->n_shapes || !view_on_page(v, note->system))
			continue;
		shape[n] = v->e->shape[note->shape];
		shape[n].flags |= MOS_SHAPE_TOKEN;
		shape[n++].color = MOS_TOKEN(MOS_TOKEN_SOUNDING, 255);
	}
	(void)render_list_set(v->over, shape, n);
}
