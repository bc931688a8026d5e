/* SPDX-License-Identifier: MIT */
/* Where a scene places a widget that does not run, its name stands in an empty panel. */
#include <string.h>

#include "stage.h"

#define HOLE_SHAPES 4u
#define NAME_BYTES_OF_TEXT 32u

static int is_hole(const struct stage_canvas *canvas, const struct scene_place *place)
{
	return place->shown && place->item->kind == SCENE_WIDGET &&
	       !surfaces_find(canvas->stage->surfaces, place->item->id);
}

/* A panel and a line of text, in points. @return records. */
static uint32_t draw_hole(
	const struct stage_canvas *canvas, const struct scene_place *place, struct mos_shape *ret)
{
	const float scale = canvas->px_per_pt;
	const float x = (float)place->rect.x / scale, y = (float)place->rect.y / scale;
	const float w = (float)place->rect.w / scale, h = (float)place->rect.h / scale;
	const size_t n = strlen(place->item->id);
	const unsigned faint = (unsigned)(place->opacity * 255);

	ret[0] = (struct mos_shape){.kind = MOS_SHAPE_BOX,
		.flags = MOS_SHAPE_TOKEN,
		.color = MOS_TOKEN(MOS_TOKEN_PANEL, faint),
		.color2 = MOS_TOKEN(MOS_TOKEN_PANEL_EDGE, faint),
		.x = x,
		.y = y,
		.w = w,
		.h = h,
		.p = {8, 1}};
	ret[1] = (struct mos_shape){.kind = MOS_SHAPE_TEXT,
		.flags = MOS_SHAPE_TOKEN | MOS_SHAPE_CENTER | MOS_SHAPE_MIDDLE,
		.color = MOS_TOKEN(MOS_TOKEN_OFF, faint),
		.glyph = (uint32_t)n,
		.x = x + w / 2,
		.y = y + h / 2,
		.w = w * 0.9f,
		.h = 14};
	memcpy(ret[1].p, place->item->id, n < NAME_BYTES_OF_TEXT ? n : NAME_BYTES_OF_TEXT);
	if (n <= NAME_BYTES_OF_TEXT)
		return 2;
	ret[2] = (struct mos_shape){.kind = MOS_SHAPE_MORE};
	memcpy((char *)&ret[2] + 4, place->item->id + NAME_BYTES_OF_TEXT, n - NAME_BYTES_OF_TEXT);
	return 3;
}

void holes_look(struct stage_canvas *canvas)
{
	static struct mos_shape shape[HOLE_SHAPES_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < canvas->n_places && n + HOLE_SHAPES <= HOLE_SHAPES_MAX; i++)
		if (is_hole(canvas, &canvas->place[i]))
			n += draw_hole(canvas, &canvas->place[i], shape + n);
	if (!canvas->holes && render_list_create(canvas->stage->render, &canvas->holes) < 0)
		return;
	if (n == canvas->n_hole_shapes && memcmp(shape, canvas->hole_shape, n * sizeof(*shape)) == 0)
		return;
	if (render_list_set(canvas->holes, shape, n) < 0)
		return;
	canvas->n_hole_shapes = n;
	memcpy(canvas->hole_shape, shape, n * sizeof(*shape));
	for (uint32_t i = 0; i < canvas->n_places; i++)
		if (canvas->place[i].item->kind == SCENE_WIDGET)
			scene_manager_damage(canvas->manager, canvas->place[i].rect);
}
