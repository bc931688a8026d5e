/* SPDX-License-Identifier: MIT */
/*
 * Pictures, copied and checked. Each widget has a share of what can be copied in a frame's time, so that one
 * who shows large pictures fast is shown late, and the frame of the others is not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "surface_impl.h"

#define SECOND_NS 1000000000
#define COPY_BYTES_A_SECOND (UINT64_C(1) << 30) /* of all together: 17 MB a frame */
#define COPY_BYTES_AT_ONCE (UINT64_C(9) << 20)  /* a picture of 1,920 x 1,080 */

int64_t surface_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

void surface_stop_copying(struct surface *s)
{
	if (!s->copying_now)
		return;
	free(s->copying.fresh);
	s->copying = (struct surface_copying){0};
	s->copying_now = 0;
	mos_surface_release(&s->map);
}

void surface_forget_picture(struct surface *s)
{
	surface_stop_copying(s);
	s->blank = s->n_shapes || s->pixels;
	free(s->shape);
	free(s->pixels);
	s->shape = NULL;
	s->pixels = NULL;
	s->n_shapes = s->room = 0;
	s->width = s->height = s->stride = 0;
	s->n_rects = 0;
	s->sequence = 0;
	s->answer = (struct mos_surface_answer){0};
}

static void refuse(struct surface *s, const char *why)
{
	struct surfaces *all = s->all;
	int64_t now = surface_now_ns();

	s->figures.refused++;
	all->n_refused++;
	if (now - all->said_ns < SECOND_NS)
		return;
	log_warning("pictures of widgets are refused: id=%s why=\"%s\" n=%u", s->id, why, all->n_refused);
	all->said_ns = now;
	all->n_refused = 0;
}

static void count(struct surface *s)
{
	s->figures.pictures++;
	s->figures.last_ns = surface_now_ns();
}

/* --- Shapes --- */

#define SHAPES_A_SECOND 3000000 /* of all together: 50,000 a frame, about a millisecond */

/* Add what time has brought; no more than what `most` is. */
static void refill(int64_t *share, int64_t *then_ns, int64_t now_ns, int64_t rate, int64_t most)
{
	int64_t passed = now_ns - *then_ns, more;

	if (passed > SECOND_NS)
		passed = SECOND_NS;
	more = rate * passed / SECOND_NS;
	if (!more)
		return;
	*then_ns = now_ns;
	*share += more;
	if (*share > most)
		*share = most;
}

/* Whether its next picture may be looked at: as long as nothing is owed, of its own share and of that of all.
 */
static int has_turn(struct surface *s)
{
	struct surfaces *all = s->all;
	int64_t now = surface_now_ns(), rate = SHAPES_A_SECOND / (all->n_shapes ? all->n_shapes : 1);

	refill(&s->shapes_share, &s->shapes_ns, now, rate, MOS_SURFACE_SHAPES_MAX);
	refill(&all->shapes_share, &all->shapes_ns, now, SHAPES_A_SECOND, SHAPES_A_SECOND / 60);
	return s->shapes_share > 0 && all->shapes_share > 0;
}

static void owe(struct surface *s, uint32_t n)
{
	s->shapes_share -= n;
	s->all->shapes_share -= n;
}

static int take_shapes(struct surface *s, const struct mos_surface_frame *f)
{
	struct mos_shape *old;
	uint32_t room;

	if (f->n > s->spare_room) {
		void *more = realloc(s->spare, f->n * sizeof(*s->spare));

		if (!more) {
			refuse(s, strerror(ENOMEM));
			return 0;
		}
		s->spare = more;
		s->spare_room = f->n;
	}
	if (f->n)
		(void)mos_shapes_copy(s->spare, f->shape, f->n);
	owe(s, f->n);
	count(s);
	if (!s->blank && f->n == s->n_shapes &&
		(!f->n || !memcmp(s->spare, s->shape, f->n * sizeof(*s->shape))))
		return 0; /* the same again damages nothing */
	old = s->shape;
	room = s->room;
	s->shape = s->spare;
	s->room = s->spare_room;
	s->n_shapes = f->n;
	s->spare = old;
	s->spare_room = room;
	s->blank = 0;
	s->answer = f->answer;
	return 1;
}

/* --- Pixels --- */

/* @return 0; -ENOMEM. */
static int begin_copy(struct surface *s, const struct mos_surface_frame *f)
{
	struct surface_copying *c = &s->copying;
	int same_size = s->pixels && f->width == s->width && f->height == s->height;

	*c = (struct surface_copying){.frame = *f, .to = s->pixels};
	/* What changed is said against the picture before: a missed one makes it worthless. */
	if (!same_size || f->sequence != s->sequence + 1 || !f->n_rects) {
		c->frame.n_rects = 1;
		c->frame.rect[0] = (struct mos_surface_rect){0, 0, (uint16_t)f->width, (uint16_t)f->height};
	}
	if (!same_size) {
		c->fresh = c->to = malloc((size_t)f->width * 4 * f->height);
		if (!c->fresh)
			return -ENOMEM;
	}
	s->copying_now = 1;
	return 0;
}

/* Bytes that this widget may copy now. */
static uint64_t share(struct surface *s)
{
	uint64_t rate = COPY_BYTES_A_SECOND / (s->all->n_pixels ? s->all->n_pixels : 1);
	uint64_t most = rate / 30; /* two frames' worth; far more than a row */
	int64_t now = surface_now_ns(), passed = now - s->copied_ns;

	if (passed > SECOND_NS || !s->copied_ns)
		passed = SECOND_NS;
	s->copied_ns = now;
	s->share += rate * (uint64_t)passed / SECOND_NS;
	if (most > COPY_BYTES_AT_ONCE)
		most = COPY_BYTES_AT_ONCE;
	if (s->share > most)
		s->share = most;
	return s->share;
}

/* @return 1 all of it is copied; 0 there is more. */
static int go_on(struct surface *s)
{
	struct surface_copying *c = &s->copying;
	const struct mos_surface_frame *f = &c->frame;
	uint64_t left = share(s);

	for (; c->rect < f->n_rects; c->rect++, c->row = 0) {
		const struct mos_surface_rect *r = &f->rect[c->rect];
		size_t bytes = (size_t)r->w * 4;

		for (; c->row < r->h; c->row++) {
			size_t y = r->y + c->row;

			if (left < bytes) {
				s->share = left;
				return 0;
			}
			left -= bytes;
			memcpy(c->to + y * f->width * 4 + r->x * 4u, f->pixels + y * f->stride + r->x * 4u,
				bytes);
		}
	}
	s->share = left;
	return 1;
}

static void end_copy(struct surface *s)
{
	struct surface_copying *c = &s->copying;
	const struct mos_surface_frame *f = &c->frame;

	if (c->fresh) {
		free(s->pixels);
		s->pixels = c->fresh;
		c->fresh = NULL;
	}
	s->width = f->width;
	s->height = f->height;
	s->stride = f->width * 4;
	s->sequence = f->sequence;
	s->n_rects = f->n_rects;
	memcpy(s->rect, f->rect, sizeof(s->rect));
	s->answer = f->answer;
	s->blank = 0;
	count(s);
	surface_stop_copying(s);
}

static int take_pixels(struct surface *s, const struct mos_surface_frame *f)
{
	if (f && begin_copy(s, f) < 0) {
		refuse(s, strerror(ENOMEM));
		mos_surface_release(&s->map);
		return 0;
	}
	if (!go_on(s))
		return 0;
	end_copy(s);
	return 1;
}

/* --- */

static int has_news(const struct surface *s)
{
	return s->region.size && __atomic_load_n(&s->map.hdr->latest, __ATOMIC_RELAXED) != s->map.seen;
}

int surface_poll(struct surface *s)
{
	struct mos_surface_frame frame;
	int rc = 0;

	if (s->copying_now)
		return take_pixels(s, NULL);
	if (has_news(s)) {
		if (s->map.kind == MOS_SURFACE_SHAPES && !has_turn(s))
			return 0;
		rc = mos_surface_take(&s->map, &frame);
	}
	if (rc < 0) {
		refuse(s, "what describes it contradicts itself or the surface");
		return 0;
	}
	if (rc == 0) {
		rc = s->blank;
		s->blank = 0;
		return rc;
	}
	if (s->map.kind == MOS_SURFACE_PIXELS)
		return take_pixels(s, &frame);
	rc = take_shapes(s, &frame);
	mos_surface_release(&s->map);
	return rc;
}

const struct mos_surface_answer *surface_answer(const struct surface *s)
{
	return &s->answer;
}

const struct mos_shape *surface_shapes(const struct surface *s, uint32_t *ret_n)
{
	*ret_n = s->n_shapes;
	return s->shape;
}

const uint8_t *surface_pixels(const struct surface *s, uint32_t *ret_width, uint32_t *ret_height,
	uint32_t *ret_stride, const struct mos_surface_rect **ret_rect, uint32_t *ret_n_rects)
{
	*ret_width = s->width;
	*ret_height = s->height;
	*ret_stride = s->stride;
	*ret_rect = s->rect;
	*ret_n_rects = s->n_rects;
	return s->pixels;
}
