/* SPDX-License-Identifier: MIT */
/* A scene file from anywhere: refused with a place and a reason, or within its limits, and then shown. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "scene.h"

static void check_item(const struct scene_item *item)
{
	FUZZ_CHECK(item->id[0] && memchr(item->id, '\0', sizeof(item->id)));
	FUZZ_CHECK(item->kind == SCENE_WIDGET || item->kind == SCENE_SCORE);
	FUZZ_CHECK(item->x >= 0 && item->width >= 1 && item->x + item->width <= 1000.01f);
	FUZZ_CHECK(item->y >= 0 && item->height >= 1 && item->y + item->height <= 1000.01f);
	FUZZ_CHECK(item->opacity >= 0 && item->opacity <= 1);
	FUZZ_CHECK(isfinite(item->staff_space_pt) && item->z >= -1000 && item->z <= 1000);
}

/* One manager sees all of them, one after the other, in the middle of their transitions. */
static void check_shown(const struct scene *scene)
{
	static struct scene_manager *managers[SCENE_N_CANVASES];
	static int64_t now = 1;
	struct scene_manager **m = &managers[scene->canvas];
	const struct scene_place *place;
	const struct render_rect *rect;

	if (!*m)
		FUZZ_CHECK(scene_manager_create((enum scene_canvas)scene->canvas, 7680, 4320, m) == 0);
	FUZZ_CHECK(scene_manager_show(*m, scene, 0) == 0);
	for (int i = 0; i < 3; i++) {
		const uint32_t n = scene_manager_places(*m, now, &place);
		const uint32_t n_rects = scene_manager_take_damage(*m, 20000, 6, &rect);

		FUZZ_CHECK(n >= scene->n_items && n <= 2 * SCENE_ITEMS_MAX && n_rects <= SCENE_DAMAGE_MAX);
		for (uint32_t k = 0; k < n; k++)
			FUZZ_CHECK(place[k].opacity >= 0 && place[k].opacity <= 1);
		for (uint32_t k = 0; k < n_rects; k++)
			FUZZ_CHECK(rect[k].x >= 0 && rect[k].y >= 0 && rect[k].w > 0 && rect[k].h > 0 &&
				   rect[k].x + rect[k].w <= 7680 && rect[k].y + rect[k].h <= 4320);
		now += 70000000;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene *scene = NULL;
	struct scene_theme theme;
	char where[256] = "";

	(void)scene_theme_parse((const char *)data, size, &theme, where, sizeof(where));
	where[0] = '\0';
	if (scene_parse((const char *)data, size, &scene, where, sizeof(where)) < 0) {
		FUZZ_CHECK(where[0] && memchr(where, '\0', sizeof(where)) && !scene);
		return 0;
	}
	FUZZ_CHECK(scene->n_items <= SCENE_ITEMS_MAX && scene->canvas < SCENE_N_CANVASES);
	FUZZ_CHECK(scene->name[0] && scene->title[0] && scene->transition_ms <= 10000 && scene->on_beat <= 2);
	for (uint32_t i = 0; i < scene->n_items; i++) {
		check_item(&scene->item[i]);
		FUZZ_CHECK(i == 0 || scene->item[i - 1].z <= scene->item[i].z);
	}
	check_shown(scene);
	scene_free(scene);
	return 0;
}
