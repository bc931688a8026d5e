/* SPDX-License-Identifier: MIT */
/* What differs between two pictures of a widget: against painting both. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"

#define SIDE 64
#define SHAPES_MAX 40u
#define MANY 4096u /* what a surface may hold */

struct list {
	struct mos_shape shape[SHAPES_MAX];
	uint32_t n;
};

static uint32_t seed = 12345;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static int box_of(const void *data, uint32_t first, uint32_t n, float ret[4])
{
	const struct list *list = data;
	int any = 0;

	for (uint32_t i = first; i < first + n && i < list->n; i++) {
		const struct mos_shape *s = &list->shape[i];

		if (s->kind != MOS_SHAPE_BOX && s->kind != MOS_SHAPE_TEXT)
			continue;
		ret[0] = any ? fminf(ret[0], s->x) : s->x;
		ret[1] = any ? fminf(ret[1], s->y) : s->y;
		ret[2] = any ? fmaxf(ret[2], s->x + s->w) : s->x + s->w;
		ret[3] = any ? fmaxf(ret[3], s->y + s->h) : s->y + s->h;
		any = 1;
	}
	return any;
}

static uint32_t n_asked;

static int count_box_of(const void *data, uint32_t first, uint32_t n, float ret[4])
{
	const float box[4] = {3, 0, 4, 1};

	n_asked++;
	memcpy(ret, box, sizeof(box));
	return 1;
}

static struct mos_shape random_shape(void)
{
	struct mos_shape s = {.kind = rnd(12) == 0 ? MOS_SHAPE_CLIP : MOS_SHAPE_BOX};

	s.x = (float)rnd(SIDE - 8);
	s.y = (float)rnd(SIDE - 8);
	s.w = (float)(1 + rnd(8));
	s.h = (float)(1 + rnd(8));
	s.color = 1 + rnd(5);
	return s;
}

static void paint(const struct list *list, uint32_t pixels[SIDE][SIDE])
{
	float x0 = 0, y0 = 0, x1 = SIDE, y1 = SIDE;

	memset(pixels, 0, sizeof(uint32_t[SIDE][SIDE]));
	for (uint32_t i = 0; i < list->n; i++) {
		const struct mos_shape *s = &list->shape[i];

		if (s->kind == MOS_SHAPE_CLIP) {
			x0 = s->x;
			y0 = s->y;
			x1 = s->x + s->w;
			y1 = s->y + s->h;
			continue;
		}
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++)
				if ((float)x >= fmaxf(s->x, x0) && (float)x < fminf(s->x + s->w, x1) &&
					(float)y >= fmaxf(s->y, y0) && (float)y < fminf(s->y + s->h, y1))
					pixels[y][x] = s->color;
	}
}

static int is_inside(const struct changes *c, int x, int y)
{
	for (uint32_t i = 0; i < c->n; i++)
		if ((float)x >= c->box[i].x0 && (float)x < c->box[i].x1 && (float)y >= c->box[i].y0 &&
			(float)y < c->box[i].y1)
			return 1;
	return 0;
}

static struct changes compare(const struct list *old, const struct list *now)
{
	struct changes c = {0};

	changes_find(old->shape, old->n, now->shape, now->n, 0, box_of, old, &c);
	changes_find(old->shape, old->n, now->shape, now->n, 1, box_of, now, &c);
	return c;
}

Test(theater_changes, painted,
	.description = "THE-02: every pixel that differs lies in a box that is drawn anew")
{
	static uint32_t before[SIDE][SIDE], after[SIDE][SIDE];

	for (int round = 0; round < 2000; round++) {
		struct list old = {.n = rnd(SHAPES_MAX - 4)}, now;
		const uint32_t kind = rnd(4);

		for (uint32_t i = 0; i < old.n; i++)
			old.shape[i] = random_shape();
		now = old;
		for (uint32_t k = 1 + rnd(3); k > 0 && now.n > 0; k--) {
			const uint32_t at = rnd(now.n);

			if (kind == 0) {
				now.shape[at] = random_shape();
			} else if (kind == 1) {
				memmove(&now.shape[at + 1], &now.shape[at],
					(now.n - at) * sizeof(*now.shape));
				now.shape[at] = random_shape();
				now.n++;
			} else if (kind == 2) { /* a box that moves or grows, its colour stays */
				const struct mos_shape other = random_shape();

				now.shape[at].x = other.x;
				now.shape[at].w = other.w;
				now.shape[at].y = rnd(2) ? other.y : now.shape[at].y;
				now.shape[at].h = rnd(2) ? other.h : now.shape[at].h;
			} else {
				memmove(&now.shape[at], &now.shape[at + 1],
					(now.n - at - 1) * sizeof(*now.shape));
				now.n--;
			}
		}
		const struct changes c = compare(&old, &now);
		paint(&old, before);
		paint(&now, after);
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++)
				if (before[y][x] != after[y][x])
					cr_assert(is_inside(&c, x, y), "round %d: %d, %d", round, x, y);
	}
}

Test(theater_changes, small,
	.description = "THE-02: one of many keys that changes its colour is drawn anew alone")
{
	struct list old = {.n = SHAPES_MAX}, now;
	struct changes c;

	for (uint32_t i = 0; i < old.n; i++)
		old.shape[i] =
			(struct mos_shape){.kind = MOS_SHAPE_BOX, .color = 1, .x = (float)i, .w = 1, .h = 30};
	now = old;
	cr_expect_eq(compare(&old, &now).n, 0);
	now.shape[7].color = 2;
	c = compare(&old, &now);
	cr_assert_eq(c.n, 1);
	cr_expect(c.box[0].x0 == 7 && c.box[0].x1 == 8 && c.box[0].y0 == 0 && c.box[0].y1 == 30);
}

Test(theater_changes, grown,
	.description = "THE-02: a level that rises and a bar that grows are drawn anew where they did")
{
	struct list old = {.n = 2}, now;
	struct changes c;

	old.shape[0] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .x = 10, .y = 40, .w = 20, .h = 50};
	old.shape[1] = (struct mos_shape){
		.kind = MOS_SHAPE_BOX, .x = 100, .y = 10, .w = 50, .h = 8, .p = {[0] = 4, [1] = 1}};
	now = old;
	now.shape[0].y = 35;
	now.shape[0].h = 55;
	c = compare(&old, &now);
	cr_assert_eq(c.n, 1);
	cr_expect(c.box[0].x0 == 10 && c.box[0].x1 == 30 && c.box[0].y0 == 35 && c.box[0].y1 == 40);
	now = old;
	now.shape[1].w = 53;
	c = compare(&old, &now);
	cr_assert_eq(c.n, 1, "with its round end");
	cr_expect(c.box[0].x0 == 146 && c.box[0].x1 == 157 && c.box[0].y0 == 10 && c.box[0].y1 == 18);
	now.shape[1].w = 7;
	c = compare(&old, &now);
	cr_assert(c.n > 0 && c.box[0].x0 == 100, "narrower than its corners, they are others");
	now.shape[1].w = NAN;
	c = compare(&old, &now);
	cr_assert(c.n > 0 && c.box[0].x0 == 100, "nothing is drawn of it any more");
}

Test(theater_changes, apart,
	.description = "THE-02: keys far apart are drawn anew without those between, whether records "
		       "come, go or change")
{
	struct list old = {.n = 30}, now = {.n = 0};
	struct changes c;
	float sum = 0;

	for (uint32_t i = 0; i < old.n; i++)
		old.shape[i] =
			(struct mos_shape){.kind = MOS_SHAPE_BOX, .color = 1, .x = (float)i, .w = 1, .h = 30};
	for (uint32_t i = 0; i < old.n; i++) {
		if (i != 20) /* one goes, one changes, two keys have a light */
			now.shape[now.n++] = old.shape[i];
		if (i == 3 || i == 28)
			now.shape[now.n++] = (struct mos_shape){
				.kind = MOS_SHAPE_BOX, .color = 9, .x = (float)i, .y = 20, .w = 1, .h = 5};
		if (i == 12)
			now.shape[now.n - 1].color = 7;
	}
	c = compare(&old, &now);
	for (uint32_t i = 0; i < c.n; i++)
		sum += (c.box[i].x1 - c.box[i].x0) * (c.box[i].y1 - c.box[i].y0);
	cr_expect_eq(sum, 5 + 5 + 30 + 30);
	for (int x = 0; x < 4; x++)
		cr_expect(is_inside(&c, (int[]){3, 12, 20, 28}[x], 22));
}

Test(theater_changes, hostile,
	.description = "THE-07: lists that have nothing in common cost no more than a look at each")
{
	static struct mos_shape old[MANY], now[MANY];
	struct changes c = {0};

	for (uint32_t i = 0; i < MANY; i++) {
		old[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = i, .w = 1, .h = 1};
		now[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = ~i, .x = 3, .w = 1, .h = 1};
	}
	n_asked = 0;
	changes_find(old, MANY, now, MANY, 1, count_box_of, NULL, &c);
	cr_expect_eq(c.n, 1);
	cr_expect(c.box[0].x0 == 3 && c.box[0].x1 == 4);
	cr_expect_leq(n_asked, 300u);
}

Test(theater_changes, text, .description = "THE-02: a text of several records is one")
{
	struct list old = {.n = 3}, now;
	struct changes c;

	old.shape[0] =
		(struct mos_shape){.kind = MOS_SHAPE_TEXT, .glyph = 50, .x = 5, .y = 5, .w = 40, .h = 8};
	old.shape[1] = (struct mos_shape){.kind = MOS_SHAPE_MORE, .color = 0x61616161};
	old.shape[2] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .x = 60, .w = 2, .h = 2};
	now = old;
	now.shape[1].color = 0x62626262;
	c = compare(&old, &now);
	cr_assert_eq(c.n, 1);
	cr_expect(c.box[0].x0 == 5 && c.box[0].x1 == 45);
}

Test(theater_changes, many,
	.description = "THE-02: more changes than there is room for become fewer, and lose nothing")
{
	struct changes c = {0};

	for (int i = 0; i < 200; i++) {
		const struct changes_box b = {(float)rnd(1000), (float)rnd(1000), 0, 0};

		changes_add(&c, (struct changes_box){b.x0, b.y0, b.x0 + 3, b.y0 + 3});
		cr_assert_leq(c.n, CHANGES_MAX);
		cr_assert(is_inside(&c, (int)b.x0, (int)b.y0) && is_inside(&c, (int)b.x0 + 2, (int)b.y0 + 2));
	}
}
