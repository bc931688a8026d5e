/* SPDX-License-Identifier: MIT */
/* Drawing: each function appends one record, or a few, in the surface's points. */
#include "draw_impl.h"

#include <string.h>

#define QUARTER_TURN 1.57079632679489661923f
#define FULL_TURN 6.28318530717958647692f
#define NOTHING 0.001f /* a clip that lets nothing through; 0 would let everything */

void draw_begin(
	struct mos_draw *d, struct mos_shape *shape, uint32_t max, float width, float height, int64_t time_ns)
{
	*d = (struct mos_draw){
		.shape = shape, .max = max, .width = width, .height = height, .time_ns = time_ns};
	d->level[0] = (struct draw_level){.scale = 1, .opacity = 1};
}

static const struct draw_level *level(const struct mos_draw *d)
{
	return &d->level[d->depth < DRAW_DEPTH ? d->depth : DRAW_DEPTH - 1];
}

struct mos_shape *draw_add(struct mos_draw *d, enum mos_shape_kind kind, uint32_t n_more)
{
	struct mos_shape *s;

	if (!d->shape)
		return NULL;
	if (d->max - d->n < 1 + n_more) {
		d->n_left_out++;
		return NULL;
	}
	s = &d->shape[d->n];
	memset(s, 0, (1 + n_more) * sizeof(*s));
	s->kind = (uint8_t)kind;
	d->n += 1 + n_more;
	return s;
}

static uint32_t faded(const struct mos_draw *d, uint32_t color)
{
	float opacity = (float)(color >> 24) * level(d)->opacity;

	return (color & 0xffffff) | (uint32_t)(opacity + 0.5f) << 24;
}

void draw_color(const struct mos_draw *d, struct mos_shape *s, struct mos_ink ink)
{
	s->color = faded(d, ink.color);
	if (ink.is_token)
		s->flags |= MOS_SHAPE_TOKEN;
}

float draw_scale(const struct mos_draw *d)
{
	return level(d)->scale;
}

struct mos_point draw_at(const struct mos_draw *d, struct mos_point p)
{
	const struct draw_level *l = level(d);

	return (struct mos_point){l->x + p.x * l->scale, l->y + p.y * l->scale};
}

struct mos_box draw_box_at(const struct mos_draw *d, struct mos_box box)
{
	struct mos_point at = draw_at(d, (struct mos_point){box.x, box.y});

	return (struct mos_box){at.x, at.y, box.w * draw_scale(d), box.h * draw_scale(d)};
}

/* --- What is drawn on --- */

float mos_draw_width(const struct mos_draw *d)
{
	return d->width;
}

float mos_draw_height(const struct mos_draw *d)
{
	return d->height;
}

struct mos_box mos_draw_area(const struct mos_draw *d)
{
	return (struct mos_box){0, 0, d->width, d->height};
}

int64_t mos_draw_time_ns(const struct mos_draw *d)
{
	return d->time_ns;
}

void mos_draw_again(struct mos_draw *d)
{
	d->again = 1;
}

uint8_t *mos_draw_pixels(struct mos_draw *d, uint32_t *ret_width, uint32_t *ret_height, uint32_t *ret_stride)
{
	*ret_width = d->pixels_width;
	*ret_height = d->pixels_height;
	*ret_stride = d->stride;
	return d->pixels;
}

/* --- Shapes --- */

static void set_place(struct mos_shape *s, struct mos_box box)
{
	s->x = box.x;
	s->y = box.y;
	s->w = box.w;
	s->h = box.h;
}

static void set_ends(
	const struct mos_draw *d, struct mos_shape *s, struct mos_point from, struct mos_point to)
{
	from = draw_at(d, from);
	to = draw_at(d, to);
	set_place(s, (struct mos_box){from.x, from.y, to.x, to.y});
}

static void set_points(const struct mos_draw *d, struct mos_shape *s, const struct mos_point point[2])
{
	for (int i = 0; i < 2; i++) {
		struct mos_point at = draw_at(d, point[i]);

		s->p[2 * i] = at.x;
		s->p[2 * i + 1] = at.y;
	}
}

static struct mos_shape *add_box(struct mos_draw *d, struct mos_box box, float radius, struct mos_ink ink)
{
	struct mos_shape *s;

	if (!(box.w > 0) || !(box.h > 0))
		return NULL;
	s = draw_add(d, MOS_SHAPE_BOX, 0);
	if (!s)
		return NULL;
	set_place(s, draw_box_at(d, box));
	s->p[0] = radius > 0 ? radius * draw_scale(d) : 0;
	draw_color(d, s, ink);
	return s;
}

/* Both colours of a record are tokens or neither is: of two kinds a second record is made by the caller. */
static int one_kind(struct mos_ink a, struct mos_ink b)
{
	return !a.is_token == !b.is_token;
}

void mos_draw_box(struct mos_draw *d, struct mos_box box, float radius, struct mos_ink fill)
{
	(void)add_box(d, box, radius, fill);
}

void mos_draw_frame(struct mos_draw *d, struct mos_box box, float radius, float border, struct mos_ink fill,
	struct mos_ink edge)
{
	struct mos_shape *s;

	if (!(border > 0)) {
		mos_draw_box(d, box, radius, fill);
		return;
	}
	if (!one_kind(fill, edge)) {
		mos_draw_box(d, box, radius, edge);
		mos_draw_box(d, mos_box_inset(box, border), radius - border, fill);
		return;
	}
	s = add_box(d, box, radius, fill);
	if (!s)
		return;
	s->p[1] = border * draw_scale(d);
	s->color2 = faded(d, edge.color);
}

void mos_draw_gradient(
	struct mos_draw *d, struct mos_box box, float radius, struct mos_ink top, struct mos_ink bottom)
{
	struct mos_shape *s = add_box(d, box, radius, top);

	if (!s || !one_kind(top, bottom))
		return;
	s->flags |= MOS_SHAPE_GRADIENT;
	s->color2 = faded(d, bottom.color);
}

static void add_line(struct mos_draw *d, struct mos_point from, struct mos_point to, float thickness,
	struct mos_ink ink, uint8_t flags)
{
	struct mos_shape *s = draw_add(d, MOS_SHAPE_LINE, 0);

	if (!s)
		return;
	set_ends(d, s, from, to);
	s->p[0] = thickness * draw_scale(d);
	s->flags = flags;
	draw_color(d, s, ink);
}

void mos_draw_line(
	struct mos_draw *d, struct mos_point from, struct mos_point to, float thickness, struct mos_ink ink)
{
	add_line(d, from, to, thickness, ink, 0);
}

void mos_draw_polyline(
	struct mos_draw *d, const struct mos_point *point, size_t n, float thickness, struct mos_ink ink)
{
	for (size_t i = 1; i < n; i++)
		add_line(d, point[i - 1], point[i], thickness, ink, MOS_SHAPE_ROUND);
}

void mos_draw_arc(struct mos_draw *d, struct mos_point center, float radius, float thickness, float start,
	float sweep, struct mos_ink ink)
{
	struct mos_shape *s;

	if (!(radius > 0))
		return;
	s = draw_add(d, MOS_SHAPE_ARC, 0);
	if (!s)
		return;
	center = draw_at(d, center);
	set_place(s, (struct mos_box){center.x, center.y, radius * draw_scale(d), thickness * draw_scale(d)});
	s->p[0] = start - QUARTER_TURN;
	s->p[1] = sweep;
	draw_color(d, s, ink);
}

void mos_draw_sector(struct mos_draw *d, struct mos_point center, float radius, float start, float sweep,
	struct mos_ink ink)
{
	mos_draw_arc(d, center, radius, 0, start, sweep, ink);
}

void mos_draw_disc(struct mos_draw *d, struct mos_point center, float radius, struct mos_ink ink)
{
	mos_draw_arc(d, center, radius, 0, 0, FULL_TURN, ink);
}

void mos_draw_quad(struct mos_draw *d, const struct mos_point point[4], struct mos_ink ink)
{
	struct mos_shape *s = draw_add(d, MOS_SHAPE_QUAD, 0);

	if (!s)
		return;
	set_ends(d, s, point[0], point[1]);
	set_points(d, s, &point[2]);
	draw_color(d, s, ink);
}

void mos_draw_triangle(
	struct mos_draw *d, struct mos_point a, struct mos_point b, struct mos_point c, struct mos_ink ink)
{
	mos_draw_quad(d, (const struct mos_point[]){a, b, c, c}, ink);
}

void mos_draw_curve(struct mos_draw *d, const struct mos_point point[4], float thickness, struct mos_ink ink)
{
	struct mos_shape *s = draw_add(d, MOS_SHAPE_CURVE, 0);

	if (!s)
		return;
	set_ends(d, s, point[0], point[3]);
	set_points(d, s, &point[1]);
	s->p[4] = s->p[5] = thickness * draw_scale(d);
	draw_color(d, s, ink);
}

void mos_draw_glyph(
	struct mos_draw *d, struct mos_point at, uint32_t code_point, float staff_space, struct mos_ink ink)
{
	struct mos_shape *s = draw_add(d, MOS_SHAPE_GLYPH, 0);

	if (!s)
		return;
	at = draw_at(d, at);
	s->glyph = code_point;
	s->x = at.x;
	s->y = at.y;
	s->w = 4 * staff_space * draw_scale(d);
	draw_color(d, s, ink);
}

/* --- What is in force --- */

void mos_draw_push(struct mos_draw *d, struct mos_point origin, float scale)
{
	const struct draw_level *l = level(d);
	struct mos_point at = draw_at(d, origin);

	if (++d->depth < DRAW_DEPTH)
		d->level[d->depth] = (struct draw_level){at.x, at.y, l->scale * scale, l->opacity};
}

void mos_draw_pop(struct mos_draw *d)
{
	if (d->depth)
		d->depth--;
}

void mos_draw_fade(struct mos_draw *d, float opacity)
{
	float outer;

	if (d->depth >= DRAW_DEPTH)
		return;
	outer = d->depth ? d->level[d->depth - 1].opacity : 1;
	d->level[d->depth].opacity = outer * (opacity > 0 ? opacity < 1 ? opacity : 1 : 0);
}

static struct mos_box common(struct mos_box a, struct mos_box b)
{
	float right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
	float bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;

	a.x = a.x > b.x ? a.x : b.x;
	a.y = a.y > b.y ? a.y : b.y;
	a.w = right - a.x > NOTHING ? right - a.x : NOTHING;
	a.h = bottom - a.y > NOTHING ? bottom - a.y : NOTHING;
	return a;
}

static void add_clip(struct mos_draw *d, struct mos_box box)
{
	struct mos_shape *s = draw_add(d, MOS_SHAPE_CLIP, 0);

	if (s)
		set_place(s, box);
}

void mos_draw_clip(struct mos_draw *d, struct mos_box box)
{
	struct mos_box outer = mos_draw_area(d);

	if (d->n_clips++ >= DRAW_CLIPS)
		return;
	if (d->n_clips > 1)
		outer = d->clip[d->n_clips - 2];
	d->clip[d->n_clips - 1] = common(draw_box_at(d, box), outer);
	add_clip(d, d->clip[d->n_clips - 1]);
}

void mos_draw_clip_end(struct mos_draw *d)
{
	if (!d->n_clips || d->n_clips-- > DRAW_CLIPS)
		return;
	add_clip(d, d->n_clips ? d->clip[d->n_clips - 1] : (struct mos_box){0});
}
