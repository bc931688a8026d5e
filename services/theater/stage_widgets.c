/* SPDX-License-Identifier: MIT */
/* Widgets that run, on the stage: where each is shown, and the list or picture of what it drew last. */
#include "stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void drop_list(struct stage_widget *w)
{
	render_list_destroy(w->list);
	w->list = NULL;
	w->n_shapes = 0;
}

static void drop_picture(struct stage_widget *w)
{
	render_picture_destroy(w->picture);
	w->picture = NULL;
}

void stage_widget_drop(struct stage_widget *w)
{
	drop_list(w);
	drop_picture(w);
	w->is_drawn = 0;
}

static void on_widget_came(struct surface *s, void *data)
{
	struct stage *stage = data;
	struct stage_widget *w = stage_widget_of(s);

	/* It is told again after each new link, and when it is seen to draw. */
	if (!w) {
		w = calloc(1, sizeof(*w));
		surface_set_data(s, w);
	}
	if (!w)
		log_warning("no memory for a widget: id=%s", surface_id(s));
	else
		streams_add_widget(stage->streams, s);
}

static void on_widget_gone(struct surface *s, void *data)
{
	struct stage *stage = data;
	struct stage_widget *w = stage_widget_of(s);

	input_forget(stage, surface_id(s));
	if (!w)
		return;
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct stage_canvas *canvas = &stage->canvas[c];

		for (uint32_t i = 0; canvas->manager && i < canvas->n_places; i++)
			if (canvas->place[i].item->kind == SCENE_WIDGET &&
				strcmp(canvas->place[i].item->id, surface_id(s)) == 0)
				scene_manager_damage(canvas->manager, canvas->place[i].rect);
	}
	streams_remove_widget(stage->streams, s);
	render_list_destroy(w->list);
	render_picture_destroy(w->picture);
	free(w->shape);
	free(w);
	surface_set_data(s, NULL);
}

const struct surfaces_ops stage_widget_ops = {.came = on_widget_came, .gone = on_widget_gone};

static int box_of(const void *list, uint32_t first, uint32_t n, float ret_xyxy[4])
{
	return render_list_box(list, first, n, ret_xyxy);
}

static int take_shapes(struct stage *stage, struct surface *s, struct stage_widget *w)
{
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);
	struct mos_shape *copy = malloc((n + 1) * sizeof(*copy));
	int rc = copy ? 0 : -ENOMEM;

	if (rc == 0 && !w->list)
		rc = render_list_create(stage->render, &w->list);
	w->changes.n = 0;
	if (rc == 0) {
		changes_find(w->shape, w->n_shapes, shape, n, 0, box_of, w->list, &w->changes);
		rc = render_list_set(w->list, shape, n);
	}
	if (rc < 0) {
		free(copy);
		return rc;
	}
	changes_find(w->shape, w->n_shapes, shape, n, 1, box_of, w->list, &w->changes);
	memcpy(copy, shape, n * sizeof(*copy));
	free(w->shape);
	w->shape = copy;
	w->n_shapes = n;
	return 0;
}

/* Take what a widget has drawn. */
static void take_picture(struct stage *stage, struct surface *s, struct stage_widget *w)
{
	int rc = 0;

	w->has_changed = 1;
	if (surface_kind(s) == MOS_SURFACE_PIXELS) {
		const struct mos_surface_rect *rect;
		struct render_rect changed[MOS_SURFACE_RECTS];
		uint32_t width, height, stride, n;
		const uint8_t *rgba = surface_pixels(s, &width, &height, &stride, &rect, &n);

		drop_list(w);
		if (w->picture && (w->picture_w != width || w->picture_h != height))
			drop_picture(w);
		if (!rgba) { /* nothing yet that it drew in this way */
			w->is_drawn = 0;
			return;
		}
		if (!w->picture) {
			rc = render_picture_create(stage->render, width, height, &w->picture);
			n = 0;
		}
		for (uint32_t i = 0; i < n; i++)
			changed[i] = (struct render_rect){rect[i].x, rect[i].y, rect[i].w, rect[i].h};
		if (n == 0)
			changed[n++] = (struct render_rect){0, 0, (int32_t)width, (int32_t)height};
		if (rc == 0)
			rc = render_picture_set(w->picture, rgba, stride, changed, n);
		w->picture_w = width;
		w->picture_h = height;
	} else {
		drop_picture(w);
		rc = take_shapes(stage, s, w);
	}
	w->is_drawn = rc == 0;
}

static int has_picture(const struct surface *s)
{
	const struct mos_surface_rect *rect;
	uint32_t width, height, stride, n;

	return surface_kind(s) == MOS_SURFACE_PIXELS
		       ? surface_pixels(s, &width, &height, &stride, &rect, &n) != NULL
		       : surface_shapes(s, &n) != NULL;
}

/* What it drew for another size fits its places otherwise. */
static void set_size(struct stage_widget *w, float width_pt, float height_pt)
{
	w->has_resized = w->width_pt < width_pt || w->width_pt > width_pt || w->height_pt < height_pt ||
			 w->height_pt > height_pt;
	w->width_pt = width_pt;
	w->height_pt = height_pt;
}

void stage_look_at_widgets(struct stage *stage)
{
	for (struct surface *s = NULL; (s = surfaces_next(stage->surfaces, s));) {
		struct stage_widget *w = stage_widget_of(s);

		if (w)
			w->is_shown = w->has_changed = w->has_resized = 0;
	}
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct stage_canvas *canvas = &stage->canvas[c];

		for (uint32_t i = 0; i < canvas->n_places; i++) {
			const struct scene_place *place = &canvas->place[i];
			struct surface *s = place->item->kind == SCENE_WIDGET
						    ? surfaces_find(stage->surfaces, place->item->id)
						    : NULL;
			struct stage_widget *w = s ? stage_widget_of(s) : NULL;

			/* On both canvases it is as large as on the first. */
			if (!w || w->is_shown || !place->shown || !(canvas->is_wanted || streams_want(s)))
				continue;
			w->is_shown = 1;
			set_size(w, (float)place->rect.w / canvas->px_per_pt,
				(float)place->rect.h / canvas->px_per_pt);
		}
	}
	for (struct surface *s = NULL; (s = surfaces_next(stage->surfaces, s));) {
		struct stage_widget *w = stage_widget_of(s);

		if (!w || !surface_kind(s))
			continue;
		/* What it draws now is taken with the next frame. */
		surface_place(s, w->width_pt, w->height_pt, w->is_shown,
			stage->frame_time_ns + stage_frame_ns(stage));
		const int is_new = w->is_shown && surface_poll(s);
		if (is_new)
			frame_log_take(&stage->log, surface_answer(s), stage_clock_ns());
		if (is_new || (w->is_shown && !w->is_drawn && has_picture(s)))
			take_picture(stage, s, w);
	}
}
