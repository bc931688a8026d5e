/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <engrave/engrave.h>

#include "log.h"
#include "wire_utf8.h"

#define SOUNDING_MAX 256u
#define TRIES 4
#define MOST_PT 14.0f /* of a staff space */
#define MOSTLY_FULL 0.6f
#define LEAST_PX 1.5f /* of a staff space: less is no score any more */
#define PAN_MAX 1e6f
#define FAULT_MAX 92u /* a text of two records */
#define FURNITURE (1u << ENGRAVE_FRAME)

/* What an engraving was made for. */
struct geometry {
	uint64_t version;
	int32_t w, h;
	uint32_t layers;
	uint8_t layout;
	float staff_space_px; /* 0: as it fits */
};

struct setting {
	struct job job;
	struct view *view; /* NULL: it was destroyed meanwhile */
	struct followed *score;
	struct geometry geometry;
	const struct engrave_metrics *metrics;
	float px_per_pt;
	atomic_bool cancel;
	struct engraving *made;
	float staff_space_px;
	double ms;
	int rc;
};

struct view {
	struct view_options o;
	struct followed *score;
	struct setting *setting; /* under way */
	struct geometry made_for;
	struct engraving *e;
	float staff_space_px;
	double engrave_ms;
	char fault[FAULT_MAX + 1]; /* why the score is not shown; empty: it is */
	struct render_list *page_list, *under, *over;
	uint8_t is_fresh, under_is_old;
	int32_t under_w, under_h; /* of the place that `under` was made for */
	uint32_t page;
	float zoom, pan_x, pan_y, scroll; /* pixels */
	uint32_t sounding[SOUNDING_MAX], n_sounding;
	uint32_t chord;              /* index; UINT32_MAX none */
	struct render_rect playhead; /* w 0: not shown */
	double playhead_x, playhead_tick;
	int64_t playhead_time_ns;
	uint32_t measure;
	int32_t origin_x, origin_y;
	float scale;
};

/* --- Engraving, on the worker --- */

static int is_cancelled(void *data)
{
	struct setting *s = data;

	return atomic_load_explicit(&s->cancel, memory_order_relaxed);
}

static uint32_t count_staves(const struct score *score)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < score->n_parts; i++)
		n += score->part[i]->part.staves ? score->part[i]->part.staves : 1;
	return n ? n : 1;
}

/* Large enough to read, small enough for two systems, or one of an orchestra. */
static float guess_staff_space(const struct setting *s)
{
	const float staves = s->geometry.layout == ENGRAVE_LEAD_SHEET || s->geometry.layout == ENGRAVE_GRID
				     ? 1
				     : (float)count_staves(s->score->score);
	const float system = staves * 9.5f + 5;
	const float of_two = (float)s->geometry.h / (2 * system),
		    of_one = (float)s->geometry.h / (system + 8);
	const float least = 4.5f * s->px_per_pt;
	const float most = (s->geometry.layout == ENGRAVE_CONTINUOUS ? MOST_PT : 9) * s->px_per_pt;

	if (s->geometry.staff_space_px > 0)
		return s->geometry.staff_space_px;
	if (s->geometry.layout != ENGRAVE_CONTINUOUS && of_two >= least)
		return fminf(of_two, most);
	return fmaxf(fminf(of_one, most), LEAST_PX);
}

static float tallest(const struct engraving *e)
{
	float most = 0;

	for (uint32_t i = 0; i < e->n_systems; i++)
		most = fmaxf(most, e->system[i].rect.h);
	return most;
}

/* One page that is mostly empty: all of it may be larger. */
static int grown(const struct setting *s, const struct engrave_options *options, float *sp)
{
	const struct engraving *e = s->made;
	const float most = MOST_PT * s->px_per_pt;
	float used = 0, larger;

	if (e->n_pages != 1 || s->geometry.layout == ENGRAVE_CONTINUOUS || e->n_systems == 0)
		return 0;
	for (uint32_t i = 0; i < e->n_systems; i++)
		used = fmaxf(used, e->system[i].rect.y + e->system[i].rect.h);
	if (used <= 0 || used > options->page_height * MOSTLY_FULL)
		return 0;
	/* Lines break sooner then, so that height grows with the square. */
	larger = fminf(*sp * sqrtf(options->page_height / used) * 0.95f, most);
	if (larger < *sp * 1.1f)
		return 0;
	*sp = larger;
	return 1;
}

static int run_setting(struct job *job)
{
	struct setting *s = (struct setting *)job;
	struct engrave_options options = engrave_default_options();
	struct timespec begin, end;
	float sp = guess_staff_space(s);

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	options.layout = s->geometry.layout;
	options.layers = (uint16_t)(s->geometry.layers | FURNITURE);
	options.with_title = 1;
	for (int i = 0; i < TRIES; i++) {
		float height;

		options.page_width = (float)s->geometry.w / sp;
		options.page_height = (float)s->geometry.h / sp;
		s->rc = engrave(s->score->score, &options, s->metrics, is_cancelled, s, &s->made);
		if (s->rc < 0)
			break;
		height = tallest(s->made) + 2 * options.margin;
		if (i == 0 && s->geometry.staff_space_px <= 0 && grown(s, &options, &sp)) {
			engraving_free(s->made);
			s->made = NULL;
			continue;
		}
		if (height <= options.page_height || i == TRIES - 1 || sp <= LEAST_PX)
			break;
		/* What stands above and below a staff takes more room than was guessed, or it is an
		 * orchestra. */
		sp = fmaxf(sp * options.page_height / height * 0.97f, LEAST_PX);
		engraving_free(s->made);
		s->made = NULL;
	}
	s->staff_space_px = sp;
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	s->ms = (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
	return 0;
}

static void tell_fault(struct view *v, const struct setting *s)
{
	if (s->rc == -E2BIG)
		(void)snprintf(v->fault, sizeof(v->fault),
			"%u measures on %u staves are more than can be drawn (%u in all)",
			score_n_measure(s->score->score), count_staves(s->score->score), ENGRAVE_CELLS_MAX);
	else
		(void)snprintf(v->fault, sizeof(v->fault), "the score cannot be drawn: %s", strerror(-s->rc));
}

static void done_setting(struct job *job)
{
	struct setting *s = (struct setting *)job;
	struct view *v = s->view;

	if (v)
		v->setting = NULL;
	if (v && s->made) {
		engraving_free(v->e);
		v->e = s->made;
		s->made = NULL;
		v->made_for = s->geometry;
		v->staff_space_px = s->staff_space_px;
		v->engrave_ms = s->ms;
		v->fault[0] = '\0';
		v->is_fresh = 1;
	} else if (v && !job->dropped && s->rc < 0 && s->rc != -ECANCELED) {
		tell_fault(v, s);
		log_warning("the score cannot be engraved: reason=\"%s\"", v->fault);
		engraving_free(v->e);
		v->e = NULL;
		v->made_for = s->geometry; /* not again and again */
		v->is_fresh = 1;
	}
	engraving_free(s->made);
	followed_unref(s->score);
	free(s);
}

static int same_geometry(const struct geometry *a, const struct geometry *b)
{
	return a->version == b->version && a->w == b->w && a->h == b->h && a->layers == b->layers &&
	       a->layout == b->layout && a->staff_space_px == b->staff_space_px;
}

static void ask_for(struct view *v, const struct geometry *geometry)
{
	struct setting *s;

	if (v->setting) {
		if (!same_geometry(&v->setting->geometry, geometry))
			atomic_store_explicit(&v->setting->cancel, true, memory_order_relaxed);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	*s = (struct setting){.job = {.run = run_setting, .done = done_setting},
		.view = v,
		.score = followed_ref(v->score),
		.geometry = *geometry,
		.metrics = v->o.metrics,
		.px_per_pt = v->o.px_per_pt};
	v->setting = s;
	worker_post(v->o.worker, &s->job);
}

/* What is under way finds nobody. */
static void forget_setting(struct view *v)
{
	if (!v->setting)
		return;
	v->setting->view = NULL;
	atomic_store_explicit(&v->setting->cancel, true, memory_order_relaxed);
	v->setting = NULL;
}

/* --- The view --- */

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
	forget_setting(v);
	render_list_destroy(v->page_list);
	render_list_destroy(v->under);
	render_list_destroy(v->over);
	engraving_free(v->e);
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
	forget_setting(v); /* else it would be shown when it is ready */
	engraving_free(v->e);
	v->e = NULL;
	(void)snprintf(v->fault, sizeof(v->fault), *fault ? "the score cannot be read: %s" : "%s", fault);
	wire_utf8_mend(v->fault);
	v->made_for = (struct geometry){0};
	v->is_fresh = 1;
}

/* Layers that are hidden later keep their room; one that has none yet gets it. */
static void look_at_geometry(struct view *v, const struct scene_place *place)
{
	const struct scene_item *item = place->item;
	struct geometry g = {.version = v->score ? v->score->version : 0,
		.w = place->rect.w,
		.h = place->rect.h,
		.layers = item->layers & ENGRAVE_ALL_LAYERS,
		.layout = item->layout,
		.staff_space_px = item->staff_space_pt * v->o.px_per_pt};

	if (!v->score || g.w < 32 || g.h < 32)
		return;
	if (v->made_for.version)
		g.layers |= v->made_for.layers;
	if (!same_geometry(&g, &v->made_for))
		ask_for(v, &g);
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

static int on_page(const struct view *v, uint32_t system)
{
	return v->e->system[system].page == v->page;
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
			if (list[i] < v->e->n_notes && on_page(v, v->e->note[list[i]].system))
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
	if (v->chord < v->e->n_chords && on_page(v, v->e->chord[v->chord].system))
		n = add_rect(ret, n, max, to_pixels(v, v->e->chord[v->chord].rect, 0.8f));
	if (chord != UINT32_MAX && on_page(v, v->e->chord[chord].system))
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
	if (now->is_known && spot->system != UINT32_MAX && on_page(v, spot->system)) {
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

/* --- What lies over and under the page, in its units --- */

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

static void make_under(struct view *v, const struct scene_place *place)
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
	if (v->e && v->chord < v->e->n_chords && on_page(v, v->e->chord[v->chord].system)) {
		const struct engrave_rect r = v->e->chord[v->chord].rect;

		shape[n++] = token_box((struct engrave_rect){r.x - 0.5f, r.y - 0.4f, r.w + 1, r.h + 0.8f},
			0.5f, MOS_TOKEN_ACCENT, 60);
	}
	(void)render_list_set(v->under, shape, n);
	v->under_is_old = 0;
	v->under_w = place->rect.w;
	v->under_h = place->rect.h;
}

static void make_over(struct view *v)
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

		if (note->shape >= v->e->n_shapes || !on_page(v, note->system))
			continue;
		shape[n] = v->e->shape[note->shape];
		shape[n].flags |= MOS_SHAPE_TOKEN;
		shape[n++].color = MOS_TOKEN(MOS_TOKEN_SOUNDING, 255);
	}
	(void)render_list_set(v->over, shape, n);
}

static uint32_t redraw_all(struct view *v, const struct scene_place *place, struct render_rect *ret)
{
	make_under(v, place);
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

	look_at_geometry(v, place);
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
		make_over(v);
	if (moved || is_fresh)
		return redraw_all(v, place, ret);
	if (v->under_is_old)
		make_under(v, place);
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

	if (!v->e || v->scale <= 0 || v->page >= v->e->n_pages)
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
