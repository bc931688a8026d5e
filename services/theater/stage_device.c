/* SPDX-License-Identifier: MIT */
/* What the stage draws with: fonts, the device, a picture for each canvas. */
#include "stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "service.h"

#define RENDER_RETRY_NS 10000000000
#define DEVICE_OPEN_S 120 /* a driver on a busy machine compiles that long */

static void on_render_line(int level, const char *text, void *data)
{
	log_line(level, "renderer: %s", text);
}

void stage_drop_targets(struct stage *stage)
{
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		struct stage_canvas *canvas = &stage->canvas[c];

		for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++) {
			view_destroy(canvas->view[i].view);
			canvas->view[i].view = NULL;
		}
		render_list_destroy(canvas->holes);
		canvas->holes = NULL;
		canvas->n_hole_shapes = 0;
		render_canvas_destroy(canvas->target);
		canvas->target = NULL;
	}
	streams_drop_targets(stage->streams);
	for (struct surface *s = NULL; stage->surfaces && (s = surfaces_next(stage->surfaces, s));) {
		struct stage_widget *w = stage_widget_of(s);

		if (w)
			stage_widget_drop(w);
	}
}

static int open_fonts(struct stage *stage)
{
	const struct theater_config *c = stage->config;
	const struct font_options options = {.music = *c->music_font ? c->music_font : NULL,
		.metadata = *c->music_metadata ? c->music_metadata : NULL,
		.text = *c->text_font ? c->text_font : NULL,
		.italic = *c->italic_font ? c->italic_font : NULL};

	if (stage->fonts)
		return 0;
	const int rc = font_open(&options, &stage->fonts, stage->render_fault, sizeof(stage->render_fault));
	if (rc == 0 && *stage->render_fault)
		log_warning("another font is taken: reason=\"%s\"", stage->render_fault);
	return rc;
}

int stage_need_render(struct stage *stage)
{
	const struct theater_config *c = stage->config;
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const int64_t now = stage_clock_ns();
	char cache_dir[PATH_MAX] = "";
	struct render_info info;
	int rc;

	if (stage->render)
		return 0;
	if (now < stage->render_retry_ns)
		return -ENODEV;
	stage->render_retry_ns = now + RENDER_RETRY_NS;
	if (cache && *cache == '/')
		(void)snprintf(cache_dir, sizeof(cache_dir), "%s/mos", cache);
	else if (home && *home == '/')
		(void)snprintf(cache_dir, sizeof(cache_dir), "%s/.cache/mos", home);
	rc = open_fonts(stage);
	if (rc == 0) {
		const struct render_options options = {.device = *c->device ? c->device : NULL,
			.cache_dir = *cache_dir ? cache_dir : NULL,
			.backend = strcmp(c->backend, "auto") == 0 ? NULL : c->backend,
			.validate = c->validate,
			.fonts = stage->fonts,
			.log = on_render_line};

		service_patience(DEVICE_OPEN_S);
		rc = render_create(
			&options, &stage->render, stage->render_fault, sizeof(stage->render_fault));
		service_patience(0);
	}
	if (rc < 0) {
		log_warning("nothing can be drawn: reason=\"%s\"", stage->render_fault);
		render_destroy(stage->render);
		stage->render = NULL;
		return -ENODEV;
	}
	*stage->render_fault = '\0';
	render_get_info(stage->render, &info);
	for (int i = 0; i < SCENE_N_CANVASES; i++)
		scene_manager_set_still(stage->canvas[i].manager, info.is_cpu && c->divisor < 4);
	log_info("drawing: device=\"%s\" driver=\"%s\" backend=%s font=\"%s\"", info.device, info.driver,
		info.backend, font_music_name(stage->fonts));
	return 0;
}

int stage_need_target(struct stage_canvas *canvas)
{
	int rc = stage_need_render(canvas->stage);

	if (rc < 0 || canvas->target)
		return rc;
	rc = render_canvas_create(canvas->stage->render, canvas->width, canvas->height, &canvas->target);
	if (rc < 0)
		log_warning("a canvas of %u x %u cannot be made: reason=\"%s\"", canvas->width,
			canvas->height, strerror(-rc));
	scene_manager_damage_all(canvas->manager);
	return rc;
}

int stage_recover(struct stage *stage)
{
	uint32_t wait_ms = 0;

	if (!stage->is_lost)
		return 0;
	if (stage_clock_ns() < stage->render_retry_ns)
		return -EAGAIN;
	if (render_recover(stage->render, &wait_ms) < 0) {
		stage->render_retry_ns = stage_clock_ns() + (int64_t)wait_ms * 1000000;
		return -EAGAIN;
	}
	stage->is_lost = 0;
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		scene_manager_damage_all(stage->canvas[c].manager);
	streams_renew(stage->streams);
	return 0;
}
