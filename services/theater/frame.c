/* SPDX-License-Identifier: MIT */
/* One canvas, one frame: what changed, what has to be drawn, who gets it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "stage.h"

/* Those of a scene that goes, too. */
#define ITEMS_MAX (2 * SCENE_ITEMS_MAX + STAGE_VIEWS_MAX * VIEW_ITEMS_MAX + 2)
#define RECTS_MAX 1024u
#define MISSED_MAX 30u
#define OVERDRAW 32 /* how often a widget may cover its place: a hostile one would stop the frame */

struct stage_widget *stage_widget_of(const struct surface *s)
{
	return surface_data(s);
}

/* --- Views --- */

struct view *stage_find_view(struct stage_canvas *canvas, const char *id)
{
	for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++)
		if (canvas->view[i].view && strcmp(canvas->view[i].id, id) == 0)
			return canvas->view[i].view;
	return NULL;
}

static struct view *need_view(struct stage_canvas *canvas, const char *id)
{
	struct stage *stage = canvas->stage;
	struct stage_view *free_one = NULL;
	struct render_info info;

	for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++) {
		struct stage_view *v = &canvas->view[i];

		if (v->view && strcmp(v->id, id) == 0) {
			v->is_used = 1;
			return v->view;
		}
		if (!v->view && !free_one)
			free_one = v;
	}
	if (!free_one)
		return NULL;
	render_get_info(stage->render, &info);
	const struct view_options options = {.worker = &stage->worker,
		.metrics = font_metrics(stage->fonts),
		.render = stage->render,
		.px_per_pt = canvas->px_per_pt,
		.scrolls = !info.is_cpu};
	if (view_create(&options, &free_one->view) < 0)
		return NULL;
	(void)snprintf(free_one->id, sizeof(free_one->id), "%s", id);
	free_one->is_used = 1;
	view_set_score(free_one->view, stage->follow.score, stage->follow.fault);
	return free_one->view;
}

static void drop_unused_views(struct stage_canvas *canvas)
{
	for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++) {
		struct stage_view *v = &canvas->view[i];

		if (v->view && !v->is_used) {
			view_destroy(v->view);
			v->view = NULL;
		}
		v->is_used = 0;
	}
}

/* --- Widgets --- */

struct render_rect stage_fit(struct render_rect rect, float width, float height)
{
	const float scale = fminf((float)rect.w / width, (float)rect.h / height);
	const int32_t w = (int32_t)lroundf(width * scale), h = (int32_t)lroundf(height * scale);

	return (struct render_rect){rect.x + (rect.w - w) / 2, rect.y + (rect.h - h) / 2, w, h};
}

uint32_t stage_widget_item(const struct surface *s, struct render_rect rect, struct render_rect clip,
	float opacity, struct render_item *ret)
{
	const struct stage_widget *w = stage_widget_of(s);

	if (!w || !w->is_drawn || rect.w <= 0 || rect.h <= 0)
		return 0;
	*ret = (struct render_item){
		.opacity = (uint8_t)lroundf(opacity * 255), .clip = clip, .layers = UINT32_MAX};
	if (w->picture) {
		ret->kind = RENDER_PICTURE;
		ret->picture = w->picture;
		ret->to = stage_fit(rect, (float)w->picture_w, (float)w->picture_h);
		return 1;
	}
	if (!w->list || w->width_pt <= 0 || w->height_pt <= 0)
		return 0;
	const struct render_rect to = stage_fit(rect, w->width_pt, w->height_pt);
	ret->kind = RENDER_LIST;
	ret->list = w->list;
	ret->n = UINT32_MAX;
	ret->overdraw = OVERDRAW;
	ret->scale = (float)to.w / w->width_pt;
	ret->x = (float)to.x;
	ret->y = (float)to.y;
	return 1;
}

static struct render_rect cut(struct render_rect a, struct render_rect b)
{
	const int32_t x0 = a.x > b.x ? a.x : b.x, y0 = a.y > b.y ? a.y : b.y;
	const int32_t x1 = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
	const int32_t y1 = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;

	return (struct render_rect){x0, y0, x1 > x0 ? x1 - x0 : 0, y1 > y0 ? y1 - y0 : 0};
}

static void damage_shapes(
	struct stage_canvas *canvas, const struct stage_widget *w, const struct scene_place *place)
{
	const struct render_rect to = stage_fit(place->rect, w->width_pt, w->height_pt);
	const float scale = (float)to.w / w->width_pt;

	/* Beyond its place, where numbers may be of any size, nothing is drawn; the place may be a little
	 * larger than what was fitted into it. */
	const float left = (float)(place->rect.x - to.x), top = (float)(place->rect.y - to.y);
	const float right = left + (float)place->rect.w, bottom = top + (float)place->rect.h;
	for (uint32_t i = 0; i < w->changes.n; i++) {
		const struct changes_box *b = &w->changes.box[i];
		/* A pixel more on each side, for what is smoothed. */
		const int32_t x0 = (int32_t)floorf(fmaxf(b->x0 * scale, left)) - 1,
			      y0 = (int32_t)floorf(fmaxf(b->y0 * scale, top)) - 1;
		const int32_t x1 = (int32_t)ceilf(fminf(b->x1 * scale, right)) + 1,
			      y1 = (int32_t)ceilf(fminf(b->y1 * scale, bottom)) + 1;

		if (b->x1 * scale >= left && b->x0 * scale <= right && b->y1 * scale >= top &&
			b->y0 * scale <= bottom)
			scene_manager_damage(canvas->manager,
				cut((struct render_rect){to.x + x0, to.y + y0, x1 - x0, y1 - y0},
					place->rect));
	}
}

/* What a widget changed: for pictures only where it did. */
static void damage_widget(
	struct stage_canvas *canvas, const struct surface *s, const struct scene_place *place)
{
	const struct stage_widget *w = stage_widget_of(s);
	const struct mos_surface_rect *rect = NULL;
	uint32_t width, height, stride, n = 0;

	if (w->has_resized || !w->is_drawn) {
		scene_manager_damage(canvas->manager, place->rect);
		return;
	}
	if (w->list) {
		damage_shapes(canvas, w, place);
		return;
	}
	if (w->picture)
		(void)surface_pixels(s, &width, &height, &stride, &rect, &n);
	if (n == 0) {
		scene_manager_damage(canvas->manager, place->rect);
		return;
	}
	const struct render_rect to = stage_fit(place->rect, (float)w->picture_w, (float)w->picture_h);
	const float scale = (float)to.w / (float)w->picture_w;
	for (uint32_t i = 0; i < n; i++) {
		/* A pixel more on each side, for what is interpolated. */
		const struct render_rect changed = {to.x + (int32_t)floorf((float)rect[i].x * scale) - 1,
			to.y + (int32_t)floorf((float)rect[i].y * scale) - 1,
			(int32_t)ceilf((float)rect[i].w * scale) + 3,
			(int32_t)ceilf((float)rect[i].h * scale) + 3};

		scene_manager_damage(canvas->manager, cut(changed, place->rect));
	}
}

/* --- The frame --- */

static uint32_t collect(struct stage_canvas *canvas, struct render_item *item)
{
	struct stage *stage = canvas->stage;
	const struct render_rect all = {0, 0, (int32_t)canvas->width, (int32_t)canvas->height};
	uint32_t n = 0;

	item[n++] = (struct render_item){.kind = RENDER_LIST,
		.opacity = 255,
		.layers = UINT32_MAX,
		.clip = all,
		.scale = canvas->px_per_pt,
		.list = canvas->holes,
		.n = UINT32_MAX};
	for (uint32_t i = 0; i < canvas->n_places && n + VIEW_ITEMS_MAX < ITEMS_MAX; i++) {
		const struct scene_place *place = &canvas->place[i];

		if (!place->shown)
			continue;
		if (place->item->kind == SCENE_SCORE) {
			const struct view *view = stage_find_view(canvas, place->item->id);

			n += view ? view_items(view, place, item + n, ITEMS_MAX - n) : 0;
		} else {
			const struct surface *s = surfaces_find(stage->surfaces, place->item->id);

			n += s && surface_kind(s) ? stage_widget_item(s, place->rect, place->rect,
							    place->opacity, item + n)
						  : 0;
		}
	}
	return n;
}

void frame_pass_canvas(struct stage_canvas *canvas)
{
	for (uint32_t i = 0; i < canvas->n_places; i++) {
		const struct scene_place *place = &canvas->place[i];
		const struct surface *s = place->shown && place->item->kind == SCENE_WIDGET
						  ? surfaces_find(canvas->stage->surfaces, place->item->id)
						  : NULL;
		const struct stage_widget *w = s ? stage_widget_of(s) : NULL;

		if (w && (w->has_changed || w->has_resized))
			scene_manager_damage(canvas->manager, place->rect);
	}
}

static void look_at_places(struct stage_canvas *canvas)
{
	struct stage *stage = canvas->stage;
	struct render_rect rect[RECTS_MAX];

	for (uint32_t i = 0; i < canvas->n_places; i++) {
		const struct scene_place *place = &canvas->place[i];

		if (place->item->kind == SCENE_SCORE) {
			struct view *view = need_view(canvas, place->item->id);
			const uint32_t n = view && place->shown
						   ? view_update(view, place, &stage->now, rect, RECTS_MAX)
						   : 0;

			for (uint32_t k = 0; k < n; k++)
				scene_manager_damage(canvas->manager, rect[k]);
		} else {
			const struct surface *s = surfaces_find(stage->surfaces, place->item->id);
			const struct stage_widget *w = s && surface_kind(s) ? stage_widget_of(s) : NULL;

			if (w && place->shown && (w->has_changed || w->has_resized))
				damage_widget(canvas, s, place);
		}
	}
	drop_unused_views(canvas);
	holes_look(canvas);
}

/* Exact averages of what was damaged. */
static void shrink(struct stage_eye *eye, const uint8_t *rgba, uint32_t stride,
	const struct render_rect *rect, uint32_t n, struct render_rect *ret)
{
	const uint32_t d = eye->divisor, area = d * d;

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t x0 = (uint32_t)rect[i].x / d, y0 = (uint32_t)rect[i].y / d;
		uint32_t x1 = ((uint32_t)(rect[i].x + rect[i].w) + d - 1) / d,
			 y1 = ((uint32_t)(rect[i].y + rect[i].h) + d - 1) / d;

		x1 = x1 < eye->width ? x1 : eye->width;
		y1 = y1 < eye->height ? y1 : eye->height;
		for (uint32_t y = y0; y < y1; y++)
			for (uint32_t x = x0; x < x1; x++) {
				uint32_t sum[4] = {area / 2, area / 2, area / 2, area / 2};

				for (uint32_t v = 0; v < d; v++) {
					const uint8_t *from =
						rgba + (size_t)(y * d + v) * stride + (size_t)x * d * 4;

					for (uint32_t u = 0; u < d * 4; u++)
						sum[u & 3] += from[u];
				}
				for (int c = 0; c < 4; c++)
					eye->small[((size_t)y * eye->width + x) * 4 + (size_t)c] =
						(uint8_t)(sum[c] / area);
			}
		ret[i] = (struct render_rect){
			(int32_t)x0, (int32_t)y0, (int32_t)(x1 - x0), (int32_t)(y1 - y0)};
	}
}

static void show_to(
	struct stage_canvas *canvas, struct stage_eye *eye, const struct render_rect *damage, uint32_t n)
{
	struct render_rect rect[DAMAGE_MAX]; /* the eye may go with the call */
	struct sink_frame frame = {.damage = rect,
		.width = eye->width,
		.height = eye->height,
		.time_ns = canvas->stage->frame_time_ns};

	for (uint32_t i = 0; i < n; i++)
		damage_add(&eye->lacks, &damage[i], canvas->width, canvas->height);
	if (!eye->sink->ops->wants(eye->sink)) {
		/* A window that is a frame late lacks little; for who does not look the sum is not kept. */
		if (++eye->n_missed == MISSED_MAX)
			damage_all(&eye->lacks, canvas->width, canvas->height);
		return;
	}
	eye->n_missed = 0;
	eye->sequence += eye->lacks.n > 0;
	frame.rgba = render_pixels(canvas->target, &frame.stride);
	frame.n_damage = eye->lacks.n;
	memcpy(rect, eye->lacks.rects, eye->lacks.n * sizeof(*rect));
	eye->lacks.n = 0;
	if (eye->divisor > 1) {
		shrink(eye, frame.rgba, frame.stride, rect, frame.n_damage, rect);
		frame.rgba = eye->small;
		frame.stride = eye->width * 4;
	}
	frame.sequence = eye->sequence;
	(void)eye->sink->ops->submit(eye->sink, &frame); /* may end with the window closed: no eye any more */
}

void frame_draw_canvas(struct stage_canvas *canvas)
{
	static struct render_item item[ITEMS_MAX];
	struct stage *stage = canvas->stage;
	const struct render_rect *damage;
	struct render_info info;
	uint32_t n;

	look_at_places(canvas);
	render_get_info(stage->render, &info);
	n = scene_manager_take_damage(canvas->manager, info.ns_a_rect, info.ns_a_pixel, &damage);
	if (n > 0) {
		const struct render_frame frame = {.damage = damage,
			.n_damage = n,
			.item = item,
			.n_items = collect(canvas, item),
			.token = scene_manager_tokens(canvas->manager)};
		const int rc = render_draw(canvas->target, &frame);

		if (rc < 0) {
			/* The picture is the one before; all of it is drawn when there is a device again. */
			scene_manager_damage_all(canvas->manager);
			stage->is_lost = 1;
			return;
		}
		for (uint32_t i = 0; i < n; i++)
			stage->figures.damage_px += (uint64_t)damage[i].w * (uint64_t)damage[i].h;
		canvas->sequence++;
	}
	for (uint32_t i = 0; i < canvas->n_eyes;) {
		const struct sink *sink = canvas->eye[i].sink;

		show_to(canvas, &canvas->eye[i], damage, n);
		i += i < canvas->n_eyes && canvas->eye[i].sink == sink;
	}
}
