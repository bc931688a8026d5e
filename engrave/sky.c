/* SPDX-License-Identifier: MIT */
/* Outlines: the farthest y over short steps of x. A step is a quarter space, so things keep about that much
 * apart sideways; only systems without end have wider ones. */
#include "impl.h"

#include <math.h>
#include <string.h>

#define STEP 0.25f
#define MAX_STEPS 65536u

struct eng_skyline {
	float step;
	uint32_t n;
	int is_up;
	float *y;
};

struct eng_skyline *eng_sky_new(struct eng_arena *arena, int is_up, float width, float y)
{
	struct eng_skyline *sky = eng_alloc(arena, sizeof(*sky));
	if (sky == NULL)
		return NULL;
	width = isfinite(width) ? fmaxf(width, 1.0f) : 1.0f;
	sky->step = fmaxf(STEP, width / (float)(MAX_STEPS - 1));
	sky->n = (uint32_t)ceilf(width / sky->step);
	sky->n = sky->n > MAX_STEPS ? MAX_STEPS : sky->n;
	sky->is_up = is_up;
	sky->y = eng_alloc(arena, sky->n * sizeof(*sky->y));
	if (sky->y == NULL)
		return NULL;
	for (uint32_t i = 0; i < sky->n; i++)
		sky->y[i] = y;
	return sky;
}

size_t eng_sky_bytes(const struct eng_skyline *sky)
{
	return sizeof(*sky) + sky->n * sizeof(*sky->y);
}

struct eng_skyline *eng_sky_copy(void *to, const struct eng_skyline *sky)
{
	struct eng_skyline *copy = to;
	*copy = *sky;
	copy->y = (float *)(copy + 1);
	memcpy(copy->y, sky->y, sky->n * sizeof(*sky->y));
	return copy;
}

static uint32_t step_of(const struct eng_skyline *sky, float x)
{
	float i = floorf(x / sky->step);
	if (!(i > 0.0f))
		return 0;
	return i < (float)sky->n ? (uint32_t)i : sky->n - 1;
}

static uint32_t last_step_of(const struct eng_skyline *sky, float x0, float x1)
{
	uint32_t first = step_of(sky, x0), last = step_of(sky, x1 - 1.0e-4f);
	return last < first ? first : last;
}

void eng_sky_add(struct eng_skyline *sky, struct eng_box box)
{
	float y = sky->is_up ? box.y0 : box.y1;
	if (!isfinite(y) || !isfinite(box.x0) || !isfinite(box.x1) || box.x1 < box.x0)
		return;
	uint32_t last = last_step_of(sky, box.x0, box.x1);
	for (uint32_t i = step_of(sky, box.x0); i <= last; i++)
		sky->y[i] = sky->is_up ? fminf(sky->y[i], y) : fmaxf(sky->y[i], y);
}

float eng_sky_place(const struct eng_skyline *sky, float x0, float x1, float gap)
{
	uint32_t i = step_of(sky, x0), last = last_step_of(sky, x0, x1);
	float y = sky->y[i];
	for (; i <= last; i++)
		y = sky->is_up ? fminf(y, sky->y[i]) : fmaxf(y, sky->y[i]);
	return sky->is_up ? y - gap : y + gap;
}

float eng_sky_distance(const struct eng_skyline *upper_down, const struct eng_skyline *lower_up, float gap)
{
	float distance = -INFINITY;
	uint32_t n = upper_down->n < lower_up->n ? upper_down->n : lower_up->n;
	for (uint32_t i = 0; i < n; i++) {
		/* A neighbour counts too, so that what only just misses sideways doesn't slip through. */
		float y = lower_up->y[i];
		if (i > 0)
			y = fminf(y, lower_up->y[i - 1]);
		if (i + 1 < n)
			y = fminf(y, lower_up->y[i + 1]);
		distance = fmaxf(distance, upper_down->y[i] - y);
	}
	return distance + gap;
}
