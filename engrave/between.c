/* SPDX-License-Identifier: MIT */
/*
 * Dynamics between the staves of one part, once these have their places: in the middle of the space between
 * them (Gould: they are for both hands), or as near to it as what else stands there lets them: notes, stems
 * and beams from staff to staff among it. Letters that nothing else helps go a little to the side.
 */
#include "layers.h"

#include <math.h>
#include <stdlib.h>

#define CLEAR 0.35f
#define FROM_STAFF 0.5f
#define MAX_BACK 4096u /* ink that reaches far to the right, looked back through */
#define MAX_INTERVALS 256u

/* What a system holds, from left to right; y the system's. */
struct obstacle {
	struct eng_box box;
	uint32_t ink;
	float reach; /**< farthest right of all up to this one */
};

struct interval {
	float from, to;
};

int eng_add_between(struct eng *e, uint32_t system, uint32_t staff, uint32_t first_ink)
{
	const uint32_t next = staff + 1;
	if (first_ink == e->n_ink || next >= e->n_staves || e->staff[next].part != e->staff[staff].part ||
		e->staff[next].is_tab || eng_is_hidden_in(e, system, next))
		return 0;
	struct eng_between *list = eng_grow(
		e->arena, e->between, e->n_between, &e->max_between, e->n_between + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	e->between = list;
	list[e->n_between++] = (struct eng_between){system, staff, first_ink, e->n_ink - first_ink};
	return 0;
}

static int by_x(const void *a, const void *b)
{
	const struct obstacle *p = a, *q = b;
	if (p->box.x0 < q->box.x0 || p->box.x0 > q->box.x0)
		return p->box.x0 < q->box.x0 ? -1 : 1;
	return p->ink < q->ink ? -1 : p->ink > q->ink;
}

static struct eng_box in_system(const struct eng *e, const struct eng_ink *ink)
{
	struct eng_box b = ink->box;
	if (ink->staff != ENG_NONE) {
		b.y0 += e->system[ink->system].staff_y[ink->staff];
		b.y1 += e->system[ink->system].staff_y[ink->staff];
	}
	return b;
}

/* Ink by system, each from left to right. `start` has an entry a system and one behind. */
static struct obstacle *read_obstacles(struct eng *e, uint32_t *start)
{
	struct obstacle *all = eng_alloc(e->arena, (e->n_ink + 1) * sizeof(*all));
	uint8_t *is_asked =
		eng_alloc(e->arena, e->n_systems + 1u); /* for: others have no dynamics between staves */
	if (all == NULL || is_asked == NULL)
		return NULL;
	for (uint32_t i = 0; i < e->n_between; i++)
		is_asked[e->between[i].system] = 1;
	for (uint32_t i = 0; i < e->n_ink; i++) {
		if (e->ink[i].system != ENG_NONE && is_asked[e->ink[i].system])
			start[e->ink[i].system]++;
	}
	for (uint32_t i = 0, sum = 0; i <= e->n_systems; i++) {
		sum += start[i];
		start[i] = sum;
	}
	for (uint32_t i = e->n_ink; i-- > 0;) {
		const struct eng_ink *ink = &e->ink[i];
		if (ink->system != ENG_NONE && is_asked[ink->system])
			all[--start[ink->system]] = (struct obstacle){in_system(e, ink), i, 0};
	}
	for (uint32_t i = 0; i < e->n_systems; i++) {
		const uint32_t n = start[i + 1] - start[i];
		if (n > 1)
			qsort(all + start[i], n, sizeof(*all), by_x);
		float reach = -INFINITY;
		for (uint32_t k = start[i]; k < start[i + 1]; k++)
			all[k].reach = reach = fmaxf(reach, all[k].box.x1);
	}
	return all;
}

static int is_own(const struct eng_between *b, uint32_t ink)
{
	return ink - b->first_ink < b->n_ink;
}

/* What a piece of ink may not be moved down by, for each thing that it would meet. */
static uint32_t forbid(const struct obstacle *all, uint32_t n, const struct eng_between *b,
	struct eng_box box, struct interval *ret, uint32_t n_ret)
{
	uint32_t low = 0, high = n;
	while (low < high) {
		const uint32_t mid = (low + high) / 2;
		if (all[mid].box.x0 < box.x1 + CLEAR)
			low = mid + 1;
		else
			high = mid;
	}
	for (uint32_t i = low, back = 0; i-- > 0 && all[i].reach > box.x0 - CLEAR && back < MAX_BACK;
		back++) {
		const struct eng_box *o = &all[i].box;
		if (o->x1 > box.x0 - CLEAR && !is_own(b, all[i].ink) && n_ret < MAX_INTERVALS)
			ret[n_ret++] = (struct interval){o->y0 - box.y1 - CLEAR, o->y1 - box.y0 + CLEAR};
	}
	return n_ret;
}

static int is_free(const struct interval *no, uint32_t n, float at)
{
	for (uint32_t i = 0; i < n; i++) {
		if (at > no[i].from + 0.001f && at < no[i].to - 0.001f)
			return 0;
	}
	return 1;
}

/* The free place nearest to `wish`, from `least` to `most`. @return 0: none. */
static int nearest(const struct interval *no, uint32_t n, float wish, float least, float most, float *ret)
{
	float best = INFINITY;
	for (uint32_t i = 0; i <= 2 * n; i++) {
		const float at = i == 2 * n ? wish : i % 2 ? no[i / 2].to : no[i / 2].from;
		if (at >= least && at <= most && fabsf(at - wish) < best && is_free(no, n, at)) {
			best = fabsf(at - wish);
			*ret = at;
		}
	}
	return isfinite(best);
}

static void move(
	struct eng *e, struct obstacle *all, uint32_t n, const struct eng_between *b, float dx, float dy)
{
	for (uint32_t i = b->first_ink; i < b->first_ink + b->n_ink; i++) {
		struct eng_ink *ink = &e->ink[i];
		eng_shape_move(&ink->shape, dx, dy);
		ink->box = (struct eng_box){
			ink->box.x0 + dx, ink->box.y0 + dy, ink->box.x1 + dx, ink->box.y1 + dy};
	}
	for (uint32_t i = 0; i < n; i++) {
		if (is_own(b, all[i].ink))
			all[i].box = in_system(e, &e->ink[all[i].ink]);
	}
}

static void settle(struct eng *e, struct obstacle *all, uint32_t n, const struct eng_between *b)
{
	static const float aside[] = {0, 0.6f, -0.6f, 1.2f, -1.2f, 1.8f, -1.8f};
	const struct eng_system *s = &e->system[b->system];
	const float top = eng_staff_bottom(e, s, b->staff), bottom = s->staff_y[b->staff + 1];
	float y0 = INFINITY, y1 = -INFINITY;
	int is_letters = 1;
	for (uint32_t i = b->first_ink; i < b->first_ink + b->n_ink; i++) {
		const struct eng_box box = in_system(e, &e->ink[i]);
		y0 = fminf(y0, box.y0);
		y1 = fmaxf(y1, box.y1);
		is_letters &= e->ink[i].shape.kind == MOS_SHAPE_GLYPH;
	}
	const float wish = (top + bottom) / 2 - (y0 + y1) / 2;
	const float least = top + FROM_STAFF - y0, most = bottom - FROM_STAFF - y1;
	for (unsigned k = 0; k < (is_letters ? sizeof(aside) / sizeof(*aside) : 1); k++) {
		struct interval no[MAX_INTERVALS];
		uint32_t n_no = 0;
		float dy = 0;
		for (uint32_t i = b->first_ink; i < b->first_ink + b->n_ink; i++) {
			struct eng_box box = in_system(e, &e->ink[i]);
			if (e->ink[i].shape.kind == MOS_SHAPE_MORE)
				continue;
			box.x0 += aside[k];
			box.x1 += aside[k];
			n_no = forbid(all, n, b, box, no, n_no);
		}
		if (n_no < MAX_INTERVALS && nearest(no, n_no, wish, least, most, &dy)) {
			move(e, all, n, b, aside[k], dy);
			return;
		}
	}
}

int eng_place_between(struct eng *e)
{
	if (e->n_between == 0)
		return 0;
	uint32_t *start = eng_alloc(e->arena, (e->n_systems + 2) * sizeof(*start));
	struct obstacle *all = start ? read_obstacles(e, start) : NULL;
	if (all == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_between; i++) {
		const uint32_t from = start[e->between[i].system];
		settle(e, all + from, start[e->between[i].system + 1] - from, &e->between[i]);
	}
	return 0;
}
