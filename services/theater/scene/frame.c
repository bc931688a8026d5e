/* SPDX-License-Identifier: MIT */
/* A frame: where everything is now, what of it is seen, what has to be drawn for that. */
#include <math.h>
#include <string.h>

#include "manager.h"

/** How far a ramp is, 0..1, slow at both ends. Begins with this frame where its time was left open. */
static float ease(int64_t *start_ns, int64_t *end_ns, int64_t time_ns)
{
	float t;

	if (*start_ns == 0) {
		*start_ns = time_ns;
		*end_ns += time_ns;
	}
	if (time_ns >= *end_ns)
		return 1;
	if (time_ns <= *start_ns)
		return 0;
	t = (float)((double)(time_ns - *start_ns) / (double)(*end_ns - *start_ns));
	return t * t * (3 - 2 * t);
}

static int32_t between(int32_t a, int32_t b, float e)
{
	return a + (int32_t)lroundf((float)(b - a) * e);
}

static void move(struct scene_manager *m, struct live *live, int64_t time_ns)
{
	const float e = ease(&live->start_ns, &live->end_ns, time_ns);

	if (e < 1)
		m->moves = 1;
	if (live->hops) {
		live->rect = e < 0.5f ? live->from : live->to;
		live->opacity = e < 0.5f ? live->from_opacity * (1 - 2 * e) : live->to_opacity * (2 * e - 1);
		return;
	}
	live->rect = live->to;
	live->rect.x = between(live->from.x, live->to.x, e);
	live->rect.y = between(live->from.y, live->to.y, e);
	live->opacity = live->from_opacity + (live->to_opacity - live->from_opacity) * e;
}

static void paint(struct scene_manager *m, int64_t time_ns)
{
	const float e = ease(&m->token_start_ns, &m->token_end_ns, time_ns);

	if (e < 1)
		m->moves = 1;
	if (memcmp(m->token, m->to_token, sizeof(m->token)) == 0)
		return;
	for (uint32_t i = 0; i < MOS_N_TOKENS; i++) {
		uint32_t color = 0;

		for (uint32_t shift = 0; shift < 32; shift += 8)
			color |= (uint32_t)between((int32_t)(m->from_token[i] >> shift & 0xff),
					 (int32_t)(m->to_token[i] >> shift & 0xff), e)
				 << shift;
		m->token[i] = color;
	}
	redraw_all(&m->redraw);
}

/** Those that have left. */
static void sweep(struct scene_manager *m, int64_t time_ns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n_live; i++) {
		const struct live *live = &m->live[i];

		if (live->is_leaving && time_ns >= live->end_ns) {
			if (live->drawn.opacity)
				redraw_add(&m->redraw, live->drawn.rect);
			continue;
		}
		if (n != i)
			m->live[n] = *live;
		n++;
	}
	m->n_live = n;
}

static uint8_t opacity_byte(float opacity)
{
	return (uint8_t)lroundf(opacity * 255);
}

/** From the top: an item is seen unless opaque ones above it hide it together. */
static void look(struct scene_manager *m)
{
	m->cover.n = 0;
	m->n_place = m->n_live;
	for (uint32_t i = m->n_live; i-- > 0;) {
		const struct live *live = &m->live[i];
		const struct render_rect seen = rect_clip(live->rect, m->width, m->height);
		struct scene_place *place = &m->place[i];

		*place = (struct scene_place){.item = &live->item,
			.rect = live->rect,
			.opacity = live->opacity,
			.is_leaving = live->is_leaving};
		place->shown = seen.w && opacity_byte(live->opacity) && !cover_hides(&m->cover, seen);
		if (place->shown && live->item.opaque && opacity_byte(live->opacity) == 255)
			cover_add(&m->cover, seen);
	}
}

/** Against the frame before. Of two that changed places in depth, the one that went up is damaged: what they
 * share is part of it. */
static void compare(struct scene_manager *m)
{
	uint32_t highest = 0;

	for (uint32_t i = 0; i < m->n_live; i++) {
		struct live *live = &m->live[i];
		const struct drawn before = live->drawn;
		const struct drawn now = {.rect = live->rect,
			.opacity = m->place[i].shown ? opacity_byte(live->opacity) : 0,
			.rank = i};
		const int both = before.opacity && now.opacity;
		const int moved = memcmp(&before.rect, &now.rect, sizeof(now.rect)) != 0;

		if (before.opacity && (moved || before.opacity != now.opacity))
			redraw_add(&m->redraw, before.rect);
		if (now.opacity && (moved || before.opacity != now.opacity || live->is_dirty ||
					   (both && before.rank < highest)))
			redraw_add(&m->redraw, now.rect);
		if (both && before.rank > highest)
			highest = before.rank;
		live->is_dirty = 0;
		live->drawn = now;
	}
}

uint32_t scene_manager_places(struct scene_manager *m, int64_t time_ns, const struct scene_place **ret)
{
	if (m->next && time_ns >= m->next_ns)
		manager_begin(m, m->next_ns);
	if (m->moves) {
		m->moves = 0;
		paint(m, time_ns);
		for (uint32_t i = 0; i < m->n_live; i++)
			move(m, &m->live[i], time_ns);
		sweep(m, time_ns);
		look(m);
		compare(m);
	}
	*ret = m->place;
	return m->n_place;
}
