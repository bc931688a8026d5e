/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <math.h>
#include <string.h>

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

	for (uint32_t a = 0; a < c->n; a++)
		for (uint32_t b = a + 1; b < c->n; b++)
			if (waste(c->box[a], c->box[b]) < waste(c->box[best_a], c->box[best_b])) {
				best_a = a;
				best_b = b;
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

static int same(const struct mos_shape *a, const struct mos_shape *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void add_run(struct changes *c, changes_box_of *box_of, const void *list, uint32_t first, uint32_t n)
{
	float box[4];

	if (n > 0 && box_of(list, first, n, box))
		changes_add(c, (struct changes_box){box[0], box[1], box[2], box[3]});
}

/* A clip holds for all behind it, so a clip that differs changes all of that. */
static int has_clip(const struct mos_shape *shape, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++)
		if (shape[i].kind == MOS_SHAPE_CLIP)
			return 1;
	return 0;
}

/* A text's records are one. */
static uint32_t text_start(const struct mos_shape *shape, uint32_t i)
{
	while (i > 0 && shape[i].kind == MOS_SHAPE_MORE)
		i--;
	return i;
}

static uint32_t text_end(const struct mos_shape *shape, uint32_t i, uint32_t n)
{
	while (i < n && shape[i].kind == MOS_SHAPE_MORE)
		i++;
	return i;
}

void changes_find(const struct mos_shape *old, uint32_t n_old, const struct mos_shape *now, uint32_t n_now,
	int is_new, changes_box_of *box_of, const void *list, struct changes *changes)
{
	const struct mos_shape *mine = is_new ? now : old;
	const uint32_t n_mine = is_new ? n_now : n_old;
	uint32_t head = 0, tail = 0;

	while (head < least(n_old, n_now) && same(&old[head], &now[head]))
		head++;
	while (tail < least(n_old, n_now) - head && same(&old[n_old - 1 - tail], &now[n_now - 1 - tail]))
		tail++;
	const uint32_t end = n_mine - tail;
	if (has_clip(old, head, n_old - tail) || has_clip(now, head, n_now - tail)) {
		add_run(changes, box_of, list, text_start(mine, head), n_mine - text_start(mine, head));
		return;
	}
	if (n_old != n_now) {
		const uint32_t first = head < n_mine ? text_start(mine, head) : n_mine;

		/* One by one where they are few, so that far ones do not span everything between them. */
		if (end - first > CHANGES_MAX) {
			add_run(changes, box_of, list, first, text_end(mine, end, n_mine) - first);
			return;
		}
		for (uint32_t i = first; i < end; i++)
			if (mine[i].kind != MOS_SHAPE_MORE)
				add_run(changes, box_of, list, i, text_end(mine, i + 1, n_mine) - i);
		return;
	}
	for (uint32_t i = head; i < end; i++)
		if (!same(&old[i], &now[i])) {
			const uint32_t first = text_start(mine, i), last = text_end(mine, i + 1, n_mine);

			add_run(changes, box_of, list, first, last - first);
			i = last - 1;
		}
}
