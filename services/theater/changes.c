/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <math.h>
#include <string.h>

#define NEAR 16u         /* how far both are searched for where they go on alike */
#define CHANGED_MAX 256u /* records that are looked at one by one */
#define TEXT_RECORDS_MAX (2 + MOS_SHAPE_TEXT_MAX / 60)

static struct changes_box unite(struct changes_box a, struct changes_box b)
{
	return (struct changes_box){
		fminf(a.x0, b.x0), fminf(a.y0, b.y0), fmaxf(a.x1, b.x1), fmaxf(a.y1, b.y1)};
}

static float area(struct changes_box b)
{
	return (b.x1 - b.x0) * (b.y1 - b.y0);
}

/* How much more would be drawn if two were one. */
static float waste(struct changes_box a, struct changes_box b)
{
	return area(unite(a, b)) - area(a) - area(b);
}

static void merge_closest(struct changes *c)
{
	uint32_t best_a = 0, best_b = 1;
	float least = INFINITY;

	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t b = a + 1; b < c->n; b++) {
			const float costs = waste(c->box[a], c->box[b]);

			if (costs < least) {
				least = costs;
				best_a = a;
				best_b = b;
			}
		}
	c->box[best_a] = unite(c->box[best_a], c->box[best_b]);
	c->box[best_b] = c->box[--c->n];
}

void changes_add(struct changes *c, struct changes_box box)
{
	if (!(box.x1 > box.x0 && box.y1 > box.y0))
		return;
	for (uint32_t i = 0; i < c->n; i++)
		if (waste(c->box[i], box) <= 0) {
			c->box[i] = unite(c->box[i], box);
			return;
		}
	if (c->n == CHANGES_MAX)
		merge_closest(c);
	c->box[c->n++] = box;
}

static int differ(float a, float b)
{
	return a < b || a > b;
}

/* A side of a box that moves changes a strip, as wide as its corners and border, and no more. */
static void add_strip(struct changes *c, float a, float b, float rim, float low, float high, int is_x)
{
	const float from = fminf(a, b) - rim, to = fmaxf(a, b) + rim;

	if (differ(a, b))
		changes_add(c, is_x ? (struct changes_box){from, low, to, high}
				    : (struct changes_box){low, from, high, to});
}

/* Others draw nothing, whatever their sides say. */
static int is_drawn(const struct mos_shape *s)
{
	return fabsf(s->x) <= MOS_SHAPE_FAR && fabsf(s->y) <= MOS_SHAPE_FAR && s->w <= MOS_SHAPE_FAR &&
	       s->h <= MOS_SHAPE_FAR && s->w > 0 && s->h > 0;
}

/* Levels and progress are boxes that grow: all else about them stays. @return 0: not such a pair. */
static int add_grown(struct changes *c, const struct mos_shape *old, const struct mos_shape *now)
{
	const float rim = fmaxf(fmaxf(old->p[0], old->p[1]), 0);
	const struct changes_box a = {old->x, old->y, old->x + old->w, old->y + old->h},
				 b = {now->x, now->y, now->x + now->w, now->y + now->h}, all = unite(a, b);
	struct mos_shape moved = *old;

	moved.x = now->x;
	moved.y = now->y;
	moved.w = now->w;
	moved.h = now->h;
	if (old->kind != MOS_SHAPE_BOX || memcmp(&moved, now, sizeof(moved)) != 0 || !is_drawn(old) ||
		!is_drawn(now))
		return 0;
	/* Too small for its corners they are others; a gradient is as high as its box. */
	if (!(fminf(fminf(old->w, old->h), fminf(now->w, now->h)) >= 2 * rim))
		return 0;
	if ((old->flags & MOS_SHAPE_GRADIENT) && (differ(a.y0, b.y0) || differ(a.y1, b.y1)))
		return 0;
	add_strip(c, a.x0, b.x0, rim, all.y0, all.y1, 1);
	add_strip(c, a.x1, b.x1, rim, all.y0, all.y1, 1);
	add_strip(c, a.y0, b.y0, rim, all.x0, all.x1, 0);
	add_strip(c, a.y1, b.y1, rim, all.x0, all.x1, 0);
	return 1;
}

static void add_run(struct changes *c, changes_box_of *box_of, const void *list, uint32_t first, uint32_t n)
{
	float box[4];

	if (n > 0 && box_of(list, first, n, box))
		changes_add(c, (struct changes_box){box[0], box[1], box[2], box[3]});
}

/** One list of the two; `at`: up to where they are compared. */
struct side {
	const struct mos_shape *shape;
	uint32_t at, end, n;
};

/* A text's records are one. */
static uint32_t after(const struct side *s, uint32_t i)
{
	const uint32_t most = s->end - i < TEXT_RECORDS_MAX ? s->end : i + TEXT_RECORDS_MAX;

	for (i++; i < most && s->shape[i].kind == MOS_SHAPE_MORE; i++)
		;
	return i;
}

static int same(const struct side *a, uint32_t i, const struct side *b, uint32_t k)
{
	const uint32_t n = after(a, i) - i;

	return n == after(b, k) - k && memcmp(&a->shape[i], &b->shape[k], n * sizeof(*a->shape)) == 0;
}

/* What both end with, from a record on that begins something. */
static void cut_tail(struct side *a, struct side *b)
{
	while (a->end > 0 && b->end > 0 &&
		memcmp(&a->shape[a->end - 1], &b->shape[b->end - 1], sizeof(*a->shape)) == 0) {
		a->end--;
		b->end--;
	}
	while (a->end < a->n && a->shape[a->end].kind == MOS_SHAPE_MORE) {
		a->end++;
		b->end++;
	}
}

/* The nearest place where both go on alike; where there is none, the next of both. */
static void find_next(const struct side *a, const struct side *b, uint32_t *ret_a, uint32_t *ret_b)
{
	uint32_t in_a[NEAR + 1] = {a->at}, in_b[NEAR + 1] = {b->at};

	for (uint32_t i = 0; i < NEAR; i++) {
		in_a[i + 1] = in_a[i] < a->end ? after(a, in_a[i]) : a->end;
		in_b[i + 1] = in_b[i] < b->end ? after(b, in_b[i]) : b->end;
	}
	*ret_a = in_a[1];
	*ret_b = in_b[1];
	for (uint32_t far = 1; far <= NEAR; far++)
		for (uint32_t i = 0; i <= far; i++) {
			const uint32_t x = in_a[i], y = in_b[far - i];

			if (x < a->end && y < b->end && same(a, x, b, y)) {
				*ret_a = x;
				*ret_b = y;
				return;
			}
		}
}

/* A clip holds for all behind it, so a clip that differs changes all of that. */
static int has_clip(const struct side *s, uint32_t end)
{
	for (uint32_t i = s->at; i < end; i++)
		if (s->shape[i].kind == MOS_SHAPE_CLIP)
			return 1;
	return 0;
}

void changes_find(const struct mos_shape *old, uint32_t n_old, const struct mos_shape *now, uint32_t n_now,
	int is_new, changes_box_of *box_of, const void *list, struct changes *changes)
{
	struct side a = {old, 0, n_old, n_old}, b = {now, 0, n_now, n_now};
	const struct side *mine = is_new ? &b : &a;
	uint32_t n_changed = 0;

	cut_tail(&a, &b);
	while (a.at < a.end || b.at < b.end) {
		uint32_t next_a = a.end, next_b = b.end;

		if (a.at < a.end && b.at < b.end) {
			if (same(&a, a.at, &b, b.at)) {
				a.at = after(&a, a.at);
				b.at = after(&b, b.at);
				continue;
			}
			find_next(&a, &b, &next_a, &next_b);
		}
		if (has_clip(&a, next_a) || has_clip(&b, next_b)) {
			add_run(changes, box_of, list, mine->at, mine->n - mine->at);
			return;
		}
		n_changed += next_a - a.at + next_b - b.at;
		if (n_changed > CHANGED_MAX) { /* where much changed, there is little to be saved */
			const int clips = has_clip(&a, a.end) || has_clip(&b, b.end);

			add_run(changes, box_of, list, mine->at, (clips ? mine->n : mine->end) - mine->at);
			return;
		}
		const int are_pairs = next_a - a.at == next_b - b.at;

		/* One by one, so that far ones do not span what lies between them. */
		for (uint32_t i = mine->at, end = is_new ? next_b : next_a; i < end; i = after(mine, i))
			if (!are_pairs ||
				!add_grown(changes, &old[a.at + i - mine->at], &now[b.at + i - mine->at]))
				add_run(changes, box_of, list, i, after(mine, i) - i);
		a.at = next_a;
		b.at = next_b;
	}
}
