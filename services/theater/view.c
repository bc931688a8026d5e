/* SPDX-License-Identifier: MIT */
#include "view_impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_utf8.h"

#define PAN_MAX 1e6f

int view_create(const struct view_options *options, struct view **ret)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->o = *options;
	v->zoom = 1;
	v->is_fresh = 1;
	v->chord = UINT32_MAX;
	v->playhead_x = -1;
	if (render_list_create(options->render, &v->page_list) < 0 ||
		render_list_create(options->render, &v->under) < 0 ||
		render_list_create(options->render, &v->over) < 0) {
		view_destroy(v);
		return -ENOMEM;
	}
	*ret = v;
	return 0;
}

void view_destroy(struct view *v)
{
	if (!v)
		return;
	view_forget_setting(v);
	render_list_destroy(v->page_list);
	render_list_destroy(v->under);
	render_list_destroy(v->over);
	engraving_free(v->e);
	engrave_kept_free(v->kept);
	followed_unref(v->score);
	free(v);
}

void view_set_score(struct view *v, struct followed *score, const char *fault)
{
	if (score && v->score == score)
		return;
	followed_unref(v->score);
	v->score = followed_ref(score);
	if (score)
		return;
	view_forget_setting(v); /* else it would be shown when it is ready */
	engraving_free(v->e);
	v->e = NULL;
	(void)snprintf(v->fault, sizeof(v->fault), *fault ? "the score cannot be read: %s" : "%s", fault);
	wire_utf8_mend(v->fault);
	v->made_for = (struct geometry){0};
	v->is_fresh = 1;
}

static struct render_rect to_pixels(const struct view *v, struct engrave_rect r, float grow)
{
	const float x0 = (r.x - grow) * v->scale + (float)v->origin_x;
	const float y0 = (r.y - grow) * v->scale + (float)v->origin_y;
	const float x1 = (r.x + r.w + grow) * v->scale + (float)v->origin_x;
	const float y1 = (r.y + r.h + grow) * v->scale + (float)v->origin_y;
	const int32_t left = (int32_t)floorf(x0), top = (int32_t)floorf(y0);

	return (struct render_rect){left, top, (int32_t)ceilf(x1) - left, (int32_t)ceilf(y1) - top};
}

/* Where the playing position is; system UINT32_MAX: nowhere. */
struct spot {
	uint32_t measure, system;
	float x; /* sp on the page */
};

static struct spot find_spot(const struct view *v, double written_tick)
{
	const struct engraving *e = v->e;
	const int64_t tick = (int64_t)floor(written_tick);
	struct spot spot = {UINT32_MAX, UINT32_MAX, 0};
	float next = 0;

	if (!e || written_tick < 0)
		return spot;
	spot.measure = engraving_find(e, tick, &spot.x);
	if (spot.measure == UINT32_MAX)
		return spot;
	spot.system = e->measure[spot.measure].system;
	/* Within a tick, so that it moves evenly at any size. */
	if (engraving_find(e, tick + 1, &next) == spot.measure)
		spot.x += (next - spot.x) * (float)(written_tick - (double)tick);
	return spot;
}

/* One system without end: the position stays in the left third, or the view steps on when it leaves. */
static void scroll_to(struct view *v, const struct scene_place *place, const struct spot *spot)
{
	const float at = spot->x * v->scale, width = (float)place->rect.w;

	if (v->o.scrolls)
		v->scroll = roundf(fmaxf(at - width / 3, 0));
	else if (at < v->scroll + width * 0.02f || at > v->scroll + width * 0.85f)
		v->scroll = roundf(fmaxf(at - width * 0.1f, 0));
}

/* @return 1: all of it moved. */
static int look_at_place(struct view *v, const struct scene_place *place, const struct spot *spot)
{
	const uint32_t page = v->page;
	const int32_t x = v->origin_x, y = v->origin_y;
	const float scale = v->scale;

	v->scale = v->staff_space_px * v->zoom;
	if (spot->system != UINT32_MAX)
		v->page = v->e->system[spot->system].page;
	if (v->page >= v->e->n_pages)
		v->page = 0;
	if (v->made_for.layout == ENGRAVE_CONTINUOUS && spot->system != UINT32_MAX)
		scroll_to(v, place, spot);
	else if (v->made_for.layout != ENGRAVE_CONTINUOUS)
		v->scroll = 0;
	/* Zoomed about the middle. */
	const float left = (float)place->rect.w * (1 - v->zoom) / 2 + v->pan_x - v->scroll;
	const float free_height = v->made_for.layout == ENGRAVE_CONTINUOUS && v->e->n_systems
					  ? ((float)place->rect.h - v->e->page[v->page].height * v->scale) / 2
					  : (float)place->rect.h * (1 - v->zoom) / 2;
	v->origin_x = place->rect.x + (int32_t)roundf(left);
	v->origin_y = place->rect.y + (int32_t)roundf(free_height + v->pan_y);
	return page != v->page || x != v->origin_x || y != v->origin_y || scale != v->scale;
}

static uint32_t add_rect(struct render_rect *ret, uint32_t n, uint32_t max, struct render_rect rect)
{
	if (n < max && rect.w > 0 && rect.h > 0)
		ret[n++] = rect;
	return n;
}

static uint32_t look_at_heads(
	struct view *v, const struct follow_place *now, struct render_rect *ret, uint32_t n, uint32_t max)
{
	uint32_t sounding[SOUNDING_MAX], n_sounding = 0;

	if (now->is_rolling)
		n_sounding = engraving_sounding(v->e, (int64_t)now->written_tick, sounding, SOUNDING_MAX);
	if (n_sounding == v->n_sounding && memcmp(sounding, v->sounding, n_sounding * sizeof(*sounding)) == 0)
		return n;
	for (int pass = 0; pass < 2; pass++) {
		const uint32_t *list = pass ? sounding : v->sounding;
		const uint32_t count = pass ? n_sounding : v->n_sounding;

		for (uint32_t i = 0; i < count; i++)
			if (list[i] < v->e->n_notes && view_on_page(v, v->e->note[list[i]].system))
				n = add_rect(ret, n, max, to_pixels(v, v->e->note[list[i]].rect, 0.35f));
	}
	memcpy(v->sounding, sounding, n_sounding * sizeof(*sounding));
	v->n_sounding = n_sounding;
	return n;
}

static uint32_t look_at_chord(
	struct view *v, const struct follow_place *now, struct render_rect *ret, uint32_t n, uint32_t max)
{
	const int64_t tick = (int64_t)now->written_tick;
	uint32_t low = 0, high = v->e->n_chords, chord = UINT32_MAX;

	while (low < high) { /* sorted by tick: the last that began */
		const uint32_t middle = low + (high - low) / 2;

		if (v->e->chord[middle].tick <= tick)
			low = middle + 1;
		else
			high = middle;
	}
	if (now->is_rolling && low > 0 &&
		tick < v->e->chord[low - 1].tick + v->e->chord[low - 1].duration_ticks)
		chord = low - 1;
	if (chord == v->chord)
		return n;
	if (v->chord < v->e->n_chords && view_on_page(v, v->e->chord[v->chord].system))
		n = add_rect(ret, n, max, to_pixels(v, v->e->chord[v->chord].rect, 0.8f));
	if (chord != UINT32_MAX && view_on_page(v, v->e->chord[chord].system))
		n = add_rect(ret, n, max, to_pixels(v, v->e->chord[chord].rect, 0.8f));
	v->chord = chord;
	v->under_is_old = 1;
	return n;
}

/* A line through the system, a quarter of a staff space wide. */
static uint32_t look_at_playhead(struct view *v, const struct spot *spot, const struct follow_place *now,
	struct render_rect *ret, uint32_t n, uint32_t max)
{
	struct render_rect rect = {0};

	v->playhead_x = -1;
	v->playhead_tick = now->tick;
	v->playhead_time_ns = now->time_ns;
	v->measure = spot->measure == UINT32_MAX ? UINT32_MAX : v->e->measure[spot->measure].measure;
	if (now->is_known && spot->system != UINT32_MAX && view_on_page(v, spot->system)) {
		const struct engrave_system *s = &v->e->system[spot->system];
		const float width = fmaxf(v->scale * 0.25f, 2), x = spot->x * v->scale + (float)v->origin_x;
		const struct engrave_rect tall = {
			spot->x, s->staff_top - 2.5f, 0, s->staff_bottom - s->staff_top + 5};

		rect = to_pixels(v, tall, 0);
		rect.x = (int32_t)lroundf(x - width / 2);
		rect.w = (int32_t)lroundf(width);
		v->playhead_x = x;
	}
	if (memcmp(&rect, &v->playhead, sizeof(rect)) == 0)
		return n;
	n = add_rect(ret, n, max, v->playhead);
	n = add_rect(ret, n, max, rect);
	v->playhead = rect;
	return n;
}

static uint32_t redraw_all(struct view *v, const struct scene_place *place, struct render_rect *ret)
{
	view_make_under(v, place);
	ret[0] = place->rect;
	return 1;
}

/* A new engraving, or none any more. */
static void take_fresh(struct view *v)
{
	v->is_fresh = 0;
	v->n_sounding = 0;
	v->chord = UINT32_MAX;
	v->playhead = (struct render_rect){0};
	(void)render_list_set(v->page_list, v->e ? v->e->shape : NULL, v->e ? v->e->n_shapes : 0);
	(void)render_list_set(v->over, NULL, 0);
}

uint32_t view_update(struct view *v, const struct scene_place *place, const struct follow_place *now,
	struct render_rect *ret, uint32_t max)
{
	const int is_fresh = v->is_fresh;
	uint32_t n = 0;

	view_look_at_geometry(v, place);
	v->under_is_old |= v->under_w != place->rect.w || v->under_h != place->rect.h;
	if (is_fresh)
		take_fresh(v);
	if (!v->e) {
		v->origin_x = place->rect.x;
		v->origin_y = place->rect.y;
		v->scale = 1;
		return is_fresh || v->under_is_old ? redraw_all(v, place, ret) : 0;
	}
	const struct spot spot = find_spot(v, now->is_known ? now->written_tick : 0);
	const int moved = look_at_place(v, place, &spot);
	n = look_at_heads(v, now, ret, n, max);
	n = look_at_chord(v, now, ret, n, max);
	n = look_at_playhead(v, &spot, now, ret, n, max);
	if (n > 0 || moved || is_fresh)
		view_make_over(v);
	if (moved || is_fresh)
		return redraw_all(v, place, ret);
	if (v->under_is_old)
		view_make_under(v, place);
	for (uint32_t i = 0; i < n; i++) { /* not beyond its place */
		const int32_t x1 = ret[i].x + ret[i].w, y1 = ret[i].y + ret[i].h;
		const int32_t px1 = place->rect.x + place->rect.w, py1 = place->rect.y + place->rect.h;

		ret[i].x = ret[i].x > place->rect.x ? ret[i].x : place->rect.x;
		ret[i].y = ret[i].y > place->rect.y ? ret[i].y : place->rect.y;
		ret[i].w = (x1 < px1 ? x1 : px1) - ret[i].x;
		ret[i].h = (y1 < py1 ? y1 : py1) - ret[i].y;
	}
	return n;
}

static struct render_item list_item(const struct view *v, const struct scene_place *place,
	struct render_list *list, uint32_t first, uint32_t n, uint32_t layers)
{
	return (struct render_item){.kind = RENDER_LIST,
		.opacity = (uint8_t)lroundf(place->opacity * 255),
		.layers = layers,
		.clip = place->rect,
		.scale = v->scale,
		.x = (float)v->origin_x,
		.y = (float)v->origin_y,
		.list = list,
		.first = first,
		.n = n};
}

uint32_t view_items(
	const struct view *v, const struct scene_place *place, struct render_item *ret, uint32_t max)
{
	const uint32_t layers = (place->item->layers & ENGRAVE_ALL_LAYERS) | FURNITURE;
	uint32_t n = 0;

	if (max < VIEW_ITEMS_MAX)
		return 0;
	ret[n++] = list_item(v, place, v->under, 0, UINT32_MAX, UINT32_MAX);
	if (!v->e || v->page >= v->e->n_pages)
		return n;
	ret[n++] = list_item(v, place, v->page_list, v->e->page[v->page].first_shape,
		v->e->page[v->page].n_shapes, layers);
	ret[n++] = list_item(v, place, v->over, 0, UINT32_MAX, layers);
	return n;
}

int view_is_settled(const struct view *v)
{
	return !v->setting && !v->is_fresh && (!v->score || v->made_for.version == v->score->version);
}

int view_at(const struct view *v, const struct scene_place *place, int32_t x, int32_t y, struct view_hit *ret)
{
	uint32_t note, measure;

	/* An engraving that no frame has shown yet has no place that could be meant. */
	if (!v->e || v->is_fresh || v->scale <= 0 || v->page >= v->e->n_pages)
		return -ENOENT;
	engraving_at(v->e, v->page, (float)(x - v->origin_x) / v->scale, (float)(y - v->origin_y) / v->scale,
		&note, &measure);
	*ret = (struct view_hit){0};
	if (note != UINT32_MAX) {
		const struct engrave_note *n = &v->e->note[note];

		*ret = (struct view_hit){.tick = n->tick,
			.is_note = 1,
			.pitch = n->pitch,
			.duration_ticks = n->duration_ticks,
			.measure = v->e->measure[n->measure].measure};
	} else if (measure != UINT32_MAX) {
		ret->tick = v->e->measure[measure].tick;
		ret->duration_ticks = v->e->measure[measure].duration_ticks;
		ret->measure = v->e->measure[measure].measure;
	} else {
		return -ENOENT;
	}
	ret->played_tick = v->score ? score_played_tick(&v->score->order, ret->tick) : ret->tick;
	return 0;
}

void view_zoom(struct view *v, float factor, float dx_px, float dy_px)
{
	v->zoom = fminf(fmaxf(v->zoom * factor, 0.1f), 8);
	v->pan_x = fminf(fmaxf(v->pan_x + dx_px, -PAN_MAX), PAN_MAX);
	v->pan_y = fminf(fmaxf(v->pan_y + dy_px, -PAN_MAX), PAN_MAX);
}

struct view_figures view_figures(const struct view *v)
{
	return (struct view_figures){.page = v->page,
		.n_pages = v->e ? v->e->n_pages : 0,
		.n_elements = v->e ? v->e->n_elements : 0,
		.n_shapes = v->e ? v->e->n_shapes : 0,
		.measure = v->measure,
		.staff_space_px = v->staff_space_px,
		.engrave_ms = v->engrave_ms,
		.playhead_x = v->playhead_x,
		.playhead_tick = v->playhead_tick,
		.playhead_time_ns = v->playhead_time_ns,
		.fault = v->fault};
}
