/* SPDX-License-Identifier: MIT */
#include "damage.h"

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static struct render_rect cover(const struct render_rect *a, const struct render_rect *b)
{
	const int64_t x = lesser(a->x, b->x), y = lesser(a->y, b->y);
	const int64_t right = greater((int64_t)a->x + a->w, (int64_t)b->x + b->w);
	const int64_t bottom = greater((int64_t)a->y + a->h, (int64_t)b->y + b->h);

	return (struct render_rect){(int32_t)x, (int32_t)y, (int32_t)(right - x), (int32_t)(bottom - y)};
}

static int64_t area(const struct render_rect *rect)
{
	return (int64_t)rect->w * rect->h;
}

/** Pixels that are copied for nothing when two become one; negative: they overlap, and one is cheaper. */
static int64_t growth(const struct render_rect *a, const struct render_rect *b)
{
	const struct render_rect both = cover(a, b);

	return area(&both) - area(a) - area(b);
}

void damage_all(struct damage *damage, uint32_t width, uint32_t height)
{
	damage->n = width && height;
	damage->rects[0] = (struct render_rect){0, 0, (int32_t)width, (int32_t)height};
}

void damage_add(struct damage *damage, const struct render_rect *rect, uint32_t width, uint32_t height)
{
	const int64_t x = greater(rect->x, 0), y = greater(rect->y, 0);
	const int64_t right = lesser((int64_t)rect->x + rect->w, width);
	const int64_t bottom = lesser((int64_t)rect->y + rect->h, height);
	struct render_rect cut;
	uint32_t best = 0;
	int64_t least = INT64_MAX;

	if (right <= x || bottom <= y)
		return;
	cut = (struct render_rect){(int32_t)x, (int32_t)y, (int32_t)(right - x), (int32_t)(bottom - y)};
	for (uint32_t i = 0; i < damage->n; i++) {
		const int64_t cost = growth(&damage->rects[i], &cut);

		if (cost < least) {
			least = cost;
			best = i;
		}
	}
	if (damage->n && (least <= 0 || damage->n == DAMAGE_MAX))
		damage->rects[best] = cover(&damage->rects[best], &cut);
	else
		damage->rects[damage->n++] = cut;
}

void damage_add_frame(struct damage *damage, const struct sink_frame *frame, uint64_t last)
{
	const bool repeats = frame->sequence == last && frame->n_damage == 0;

	if (!last || (frame->sequence != last + 1 && !repeats)) {
		damage_all(damage, frame->width, frame->height);
		return;
	}
	for (uint32_t i = 0; i < frame->n_damage; i++)
		damage_add(damage, &frame->damage[i], frame->width, frame->height);
}
