/* SPDX-License-Identifier: MIT */
/* A view's engraving, made on the worker for one place; until it is ready the one before stays. */
#include "view_impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

#define TRIES 4
#define MOST_PT 14.0f /* of a staff space */
#define MOSTLY_FULL 0.6f
#define MOSTLY_FILLED 0.85f  /* a page, by its only system */
#define BETWEEN_SYSTEMS 4.0f /* staff spaces */
#define NEARLY 1.25f         /* two systems are so much taller than a page */
#define LEAST_PX 1.5f        /* of a staff space: less is no score any more */

struct setting {
	struct job job;
	struct view *view; /* NULL: it was destroyed meanwhile */
	struct followed *score;
	struct geometry geometry;
	const struct engrave_metrics *metrics;
	float px_per_pt;
	atomic_bool cancel;
	struct engrave_kept *kept; /**< lent by the view: what earlier engravings have left */
	struct engraving *made;
	float staff_space_px;
	double ms;
	int rc;
};

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

/* The end of the fullest page. */
static float lowest(const struct engraving *e)
{
	float most = 0;

	for (uint32_t i = 0; i < e->n_systems; i++)
		most = fmaxf(most, e->system[i].rect.y + e->system[i].rect.h);
	return most;
}

/* One page that is mostly empty: all of it may be larger. */
static int grown(const struct setting *s, const struct engrave_options *options, float *sp)
{
	const struct engraving *e = s->made;
	const float most = MOST_PT * s->px_per_pt;
	float used, larger;

	if (e->n_pages != 1 || s->geometry.layout == ENGRAVE_CONTINUOUS || e->n_systems == 0)
		return 0;
	used = lowest(e);
	if (used <= 0 || used > options->page_height * MOSTLY_FULL)
		return 0;
	/* Lines break sooner then, so that height grows with the square. */
	larger = fminf(*sp * sqrtf(options->page_height / used) * 0.95f, most);
	if (larger < *sp * 1.1f)
		return 0;
	*sp = larger;
	return 1;
}

/* Where the next system too nearly had room on many a page, smaller notes let it: half of each was empty. */
static int to_two_a_page(const struct setting *s, const struct engrave_options *options, float *sp)
{
	const struct engraving *e = s->made;
	float fill = 0;
	uint32_t n = 0;

	if (s->geometry.staff_space_px > 0 || s->geometry.layout == ENGRAVE_CONTINUOUS)
		return 0;
	for (uint32_t i = 0; i + 1 < e->n_systems; i++) {
		const struct engrave_system *a = &e->system[i], *b = &e->system[i + 1];
		const float both = a->rect.h + b->rect.h + BETWEEN_SYSTEMS + 2 * options->margin;

		if ((i && a[-1].page == a->page) || a->page == b->page ||
			both > NEARLY * options->page_height)
			continue;
		fill = fmaxf(fill, both / options->page_height);
		n++;
	}
	if (4 * n < e->n_pages || fill <= 1)
		return 0;
	*sp = fmaxf(*sp / fill * 0.97f, LEAST_PX);
	return 1;
}

/* What stands above and below the staves takes more room than was guessed, or less where a page has one
 * system: that is to fill it. @return 1: the staff space is another one. */
static int to_the_page(const struct setting *s, const struct engrave_options *options, float *sp)
{
	const struct engraving *e = s->made;
	const float most = fmaxf(*sp, MOST_PT * s->px_per_pt);
	const int is_one_a_page = e->n_pages > 1 && e->n_systems == e->n_pages &&
				  s->geometry.staff_space_px <= 0 && s->geometry.layout != ENGRAVE_CONTINUOUS;
	const float used = is_one_a_page ? lowest(e) + options->margin : tallest(e) + 2 * options->margin;
	const float fill = used / options->page_height;
	float next;

	if (fill <= 1 && !(is_one_a_page && fill < MOSTLY_FILLED))
		return 0;
	next = fminf(fmaxf(*sp / fill * 0.97f, LEAST_PX), most);
	if (next == *sp)
		return 0;
	*sp = next;
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
		options.page_width = (float)s->geometry.w / sp;
		options.page_height = (float)s->geometry.h / sp;
		s->rc = engrave_again(
			s->kept, s->score->score, &options, s->metrics, is_cancelled, s, &s->made);
		if (s->rc < 0)
			break;
		if (i == 0 && s->geometry.staff_space_px <= 0 &&
			(grown(s, &options, &sp) || to_two_a_page(s, &options, &sp))) {
			engraving_free(s->made);
			s->made = NULL;
			continue;
		}
		if (i == TRIES - 1 || !to_the_page(s, &options, &sp))
			break;
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

	if (v) {
		v->setting = NULL;
		v->kept = s->kept;
		s->kept = NULL;
	}
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
	engrave_kept_free(s->kept);
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
		.px_per_pt = v->o.px_per_pt,
		.kept = v->kept ? v->kept : engrave_kept_new()}; /* none: all is set, each time */
	v->kept = NULL;
	v->setting = s;
	worker_post(v->o.worker, &s->job);
}

void view_forget_setting(struct view *v)
{
	if (!v->setting)
		return;
	v->setting->view = NULL;
	atomic_store_explicit(&v->setting->cancel, true, memory_order_relaxed);
	v->setting = NULL;
}

/* Layers that are hidden later keep their room; one that has none yet gets it. */
void view_look_at_geometry(struct view *v, const struct scene_place *place)
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
