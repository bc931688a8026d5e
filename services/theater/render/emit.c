/* SPDX-License-Identifier: MIT */
/** Items to instances: what touches the damage, in canvas pixels, with colours resolved. Done for each frame:
 * a theme, a zoom or a fade needs no new list, and a lost device nothing but its buffers. */
#include "internal.h"

#include <errno.h>
#include <math.h>

#define EM_ATLAS_MAX 256.0f /* pixels: 64 a staff space; larger ones are outlines */
#define EM_MIN 0.75f
#define SPEND_MIN (64u << 10) /* pixels: small places may be crowded */
#define FILL_GAIN 8u          /* how much cheaper than drawn */
#define FILL_SIDE_MIN 64
#define FILL_AREA_MIN (160 << 10) /* a fill ends what llvmpipe draws together: it costs 0.2 ms */
#define GROUND_SIDE_MIN 8
#define GROUND_AREA_MIN 1024
#define INNER_SIDE_MIN 24
#define INNER_AREA_MIN 4096

struct instance *render_emit_instance(struct frame *f, struct render_picture *picture)
{
	const enum run_kind kind = picture != NULL ? RUN_PICTURE : RUN_SHAPES;
	struct instance *to = (struct instance *)(void *)f->render->instances.host;
	struct run *run;

	if (f->error < 0)
		return NULL;
	if (f->n_instances == INSTANCES_MAX || f->n_runs == RUNS_MAX) {
		f->error = render_submit(f, /* is_last= */ 0);
		if (f->error < 0)
			return NULL;
	}
	run = f->n_runs > 0 ? &f->run[f->n_runs - 1] : NULL;
	if (run == NULL || run->kind != kind || run->picture != picture) {
		run = &f->run[f->n_runs++];
		*run = (struct run){.kind = kind, .first = f->n_instances, .picture = picture};
	}
	run->n++;
	f->render->info.last_instances++;
	to = &to[f->n_instances++];
	*to = (struct instance){0};
	return to;
}

uint32_t render_emit_color(const struct frame *f, const struct prim *p, uint32_t color)
{
	uint32_t alpha = color >> 24;

	if (p->flags & MOS_SHAPE_TOKEN) {
		if ((color & 0xff) >= MOS_N_TOKENS)
			return 0;
		color = f->what->token[color & 0xff];
		alpha = (alpha * (color >> 24) + 127) / 255;
	}
	alpha = (alpha * f->opacity + 127) / 255;
	return alpha == 0 ? 0 : (color & 0xffffff) | alpha << 24;
}

static int32_t floor_to(double v, int32_t low, int32_t high)
{
	return v <= low ? low : v >= high ? high : (int32_t)floor(v);
}

static int32_t ceil_to(double v, int32_t low, int32_t high)
{
	return v <= low ? low : v >= high ? high : (int32_t)ceil(v);
}

/* Pixels of a box, inside the clip. @return 0: none. */
static int bound(const struct frame *f, double x0, double y0, double x1, double y1, struct instance *ret)
{
	const struct render_rect c = f->clip;
	const int32_t px0 = floor_to(x0, c.x, c.x + c.w), py0 = floor_to(y0, c.y, c.y + c.h),
		      px1 = ceil_to(x1, c.x, c.x + c.w), py1 = ceil_to(y1, c.y, c.y + c.h);

	*ret = (struct instance){
		.x0 = (uint16_t)px0, .y0 = (uint16_t)py0, .x1 = (uint16_t)px1, .y1 = (uint16_t)py1};
	return px0 < px1 && py0 < py1;
}

/* Edges far outside need no exact place, and floats have few digits. */
static float tame(double v)
{
	return (float)fmin(fmax(v, -40000.0), 60000.0);
}

void render_emit_box(struct frame *f, double x0, double y0, double x1, double y1, uint32_t color)
{
	struct instance made, *i;

	if (color == 0 || !bound(f, x0, y0, x1, y1, &made))
		return;
	i = render_emit_instance(f, NULL);
	if (i == NULL)
		return;
	*i = made;
	i->kind = KIND_BOX;
	i->color = color;
	i->b[0] = tame(x0);
	i->b[1] = tame(y0);
	i->b[2] = tame(x1);
	i->b[3] = tame(y1);
}

/* A part of a box, given by its pixels. */
static void emit_part(
	struct frame *f, const struct instance *box, int32_t x0, int32_t y0, int32_t x1, int32_t y1)
{
	struct instance *i = x0 < x1 && y0 < y1 ? render_emit_instance(f, NULL) : NULL;

	if (i == NULL)
		return;
	*i = *box;
	i->x0 = (uint16_t)x0;
	i->y0 = (uint16_t)y0;
	i->x1 = (uint16_t)x1;
	i->y1 = (uint16_t)y1;
}

/* The pixels wholly inside a box, which all have its first colour: as wide or as high as it is, but for the
 * border. Corners are in the way on one side only. */
struct render_rect render_emit_inner(const struct frame *f, const struct instance *box)
{
	const float corner = fmaxf(box->c[0], box->c[1]), border = box->c[1];
	const int is_wide = box->b[2] - box->b[0] > box->b[3] - box->b[1];
	const float by_x = is_wide ? corner : border, by_y = is_wide ? border : corner;
	const struct render_rect part = {(int32_t)ceilf(box->b[0] + by_x), (int32_t)ceilf(box->b[1] + by_y),
		(int32_t)floorf(box->b[2] - by_x) - (int32_t)ceilf(box->b[0] + by_x),
		(int32_t)floorf(box->b[3] - by_y) - (int32_t)ceilf(box->b[1] + by_y)};

	return box->kind & KIND_GRADIENT ? (struct render_rect){0} : rect_and(part, f->clip);
}

/* Where nothing lies under it, an opaque part is filled before anything is drawn: that costs next to nothing.
 */
static int is_ground(const struct frame *f, const struct instance *box, struct render_rect inner)
{
	const struct render_rect under = rect_and(inner, f->drawn[f->at]);

	return box->color >> 24 == 255 && (f->render->device.features & DEVICE_COPIES) &&
	       device_is_cpu(&f->render->device) && !f->render->use_compute && f->n_grounds < GROUNDS_MAX &&
	       inner.w >= GROUND_SIDE_MIN && inner.h >= GROUND_SIDE_MIN &&
	       inner.w * (int64_t)inner.h >= GROUND_AREA_MIN && under.w <= 0;
}

/* Opaque and large: filled, which costs a tenth of drawing on a processor. */
static int is_filled(const struct frame *f, const struct instance *box, struct render_rect inner)
{
	return box->color >> 24 == 255 && (f->render->device.features & DEVICE_COPIES) &&
	       !f->render->use_compute && f->n_fills < FILLS_MAX && inner.w >= FILL_SIDE_MIN &&
	       inner.h >= FILL_SIDE_MIN && inner.w * (int64_t)inner.h >= FILL_AREA_MIN;
}

/* Corners and borders are what costs; what lies between them is one colour. */
static int is_split(const struct frame *f, const struct instance *box, struct render_rect inner)
{
	return (box->kind & 0xff) == KIND_RICH && device_is_cpu(&f->render->device) &&
	       inner.w >= INNER_SIDE_MIN && inner.h >= INNER_SIDE_MIN &&
	       inner.w * (int64_t)inner.h >= INNER_AREA_MIN;
}

/* All of a box but its inner part. */
static void emit_rim(struct frame *f, const struct instance *box, struct render_rect inner)
{
	emit_part(f, box, box->x0, box->y0, box->x1, inner.y);
	emit_part(f, box, box->x0, inner.y + inner.h, box->x1, box->y1);
	emit_part(f, box, box->x0, inner.y, inner.x, inner.y + inner.h);
	emit_part(f, box, inner.x + inner.w, inner.y, box->x1, inner.y + inner.h);
}

int render_emit_measure_box(
	struct frame *f, const struct prim *p, const struct render_item *item, struct instance *ret)
{
	const double s = item->scale, x0 = p->x * s + item->x, y0 = p->y * s + item->y, x1 = x0 + p->w * s,
		     y1 = y0 + p->h * s;
	const int is_gradient = (p->flags & MOS_SHAPE_GRADIENT) != 0;
	const uint32_t color = render_emit_color(f, p, p->color);
	const uint32_t color2 = is_gradient || p->p[1] > 0.0f ? render_emit_color(f, p, p->color2) : 0;

	if ((color | color2) == 0 || !bound(f, x0, y0, x1, y1, ret))
		return 0;
	ret->color = color;
	ret->d[0] = color2;
	ret->b[0] = tame(x0);
	ret->b[1] = tame(y0);
	ret->b[2] = tame(x1);
	ret->b[3] = tame(y1);
	ret->c[0] = tame(fmin(fmax(p->p[0] * s, 0.0), 0.5 * fmin(x1 - x0, y1 - y0)));
	ret->c[1] = is_gradient ? 0.0f : tame(fmax(p->p[1] * s, 0.0));
	ret->kind = is_gradient                            ? KIND_RICH | KIND_GRADIENT
		    : ret->c[0] > 0.0f || ret->c[1] > 0.0f ? KIND_RICH
							   : KIND_BOX;
	return 1;
}

/* What lies over it cannot be filled first. */
static void add_drawn(struct frame *f, struct render_rect r)
{
	struct render_rect *all = &f->drawn[f->at];

	*all = rect_around(*all, r);
}

static void emit_rich_box(struct frame *f, const struct prim *p, const struct render_item *item)
{
	struct instance box;
	struct render_rect inner;

	if (!render_emit_measure_box(f, p, item, &box))
		return;
	inner = render_emit_inner(f, &box);
	if (is_ground(f, &box, inner)) {
		f->ground_fill[f->n_grounds++] = (struct fill){inner, box.color};
		f->spent += (uint64_t)inner.w * (uint64_t)inner.h / FILL_GAIN;
		emit_rim(f, &box, inner);
	} else if (is_filled(f, &box, inner)) {
		if (f->n_runs == RUNS_MAX)
			f->error = render_submit(f, /* is_last= */ 0);
		if (f->error < 0)
			return;
		f->run[f->n_runs++] = (struct run){.kind = RUN_FILL, .rect = inner, .color = box.color};
		f->n_fills++;
		add_drawn(f, inner);
		f->spent += (uint64_t)inner.w * (uint64_t)inner.h / FILL_GAIN;
		emit_rim(f, &box, inner);
	} else if (is_split(f, &box, inner)) {
		struct instance solid = box;

		solid.kind = KIND_SOLID;
		emit_rim(f, &box, inner);
		if (box.color != 0)
			emit_part(f, &solid, inner.x, inner.y, inner.x + inner.w, inner.y + inner.h);
	} else {
		emit_part(f, &box, box.x0, box.y0, box.x1, box.y1);
	}
}

static void emit_glyph(struct frame *f, const struct prim *p, const struct render_item *item)
{
	const double em = p->w * (double)item->scale, x = p->x * (double)item->scale + item->x,
		     y = p->y * (double)item->scale + item->y;
	const uint32_t color = render_emit_color(f, p, p->color);
	const struct atlas_glyph *g;
	const double quarters = floor(x * 4.0 + 0.5), row = floor(y + 0.5);
	struct instance made, *i;
	int32_t left, top, quarter;

	if (em < EM_MIN || color == 0)
		return;
	if (em > EM_ATLAS_MAX || p->p[0] != 0.0f) {
		render_outline_glyph(f, p, item);
		return;
	}
	if (fabs(quarters) > 4.0 * 30000.0 || fabs(row) > 30000.0)
		return;
	quarter = (int32_t)quarters;
	do {
		g = render_atlas_get(&f->render->atlas, (enum font_face)p->face, p->glyph,
			(uint32_t)lrint(em * 64.0), (unsigned)quarter & 3u,
			(unsigned)lrintf(fminf(fmaxf(p->p[1], 0.0f), 1.0f) * 256.0f));
		if (g == NULL)
			f->error = render_submit(f, /* is_last= */ 0);
	} while (g == NULL && f->error == 0);
	if (g == NULL || g->width == 0)
		return;
	left = (quarter >> 2) + g->left;
	top = (int32_t)row - g->top;
	if (left < INT16_MIN || left > INT16_MAX || top < INT16_MIN || top > INT16_MAX ||
		!bound(f, left, top, left + g->width, top + g->height, &made))
		return;
	i = render_emit_instance(f, NULL);
	if (i == NULL)
		return;
	*i = made;
	i->kind = KIND_GLYPH;
	i->color = color;
	i->d[1] = g->offset;
	i->d[2] = g->width;
	i->d[3] = (uint32_t)(uint16_t)left | (uint32_t)(uint16_t)top << 16;
}

static void emit_prim(struct frame *f, const struct prim *p, const struct render_item *item)
{
	switch (p->kind) {
	case MOS_SHAPE_BOX:
		emit_rich_box(f, p, item);
		break;
	case MOS_SHAPE_LINE:
		render_outline_line(f, p, item);
		break;
	case MOS_SHAPE_ARC:
		render_outline_arc(f, p, item);
		break;
	case MOS_SHAPE_GLYPH:
		emit_glyph(f, p, item);
		break;
	case MOS_SHAPE_CURVE:
		render_outline_curve(f, p, item);
		break;
	case MOS_SHAPE_QUAD:
		render_outline_quad(f, p, item);
		break;
	default:
		break;
	}
}

static struct render_rect pixels_of(struct box4 box, const struct render_item *item)
{
	const double s = item->scale, far = 1 << 20;
	const double x0 = floor(box.x0 * s + item->x + 0.5), y0 = floor(box.y0 * s + item->y + 0.5),
		     x1 = floor(box.x1 * s + item->x + 0.5), y1 = floor(box.y1 * s + item->y + 0.5);
	const int32_t x = (int32_t)fmin(fmax(x0, -far), far), y = (int32_t)fmin(fmax(y0, -far), far);

	return (struct render_rect){
		x, y, (int32_t)fmin(fmax(x1, -far), far) - x, (int32_t)fmin(fmax(y1, -far), far) - y};
}

/* Bounds that say "touches the rectangle", in the list's units, with a pixel of air for what spreads into its
 * neighbours. */
static struct box4 units_of(struct render_rect r, const struct render_item *item)
{
	const double s = item->scale;

	return (struct box4){(float)((r.x - 1.5 - item->x) / s), (float)((r.y - 1.5 - item->y) / s),
		(float)((r.x + r.w + 1.5 - item->x) / s), (float)((r.y + r.h + 1.5 - item->y) / s)};
}

static int touches(struct box4 a, struct box4 b)
{
	return a.x0 <= b.x1 && a.x1 >= b.x0 && a.y0 <= b.y1 && a.y1 >= b.y0;
}

struct render_rect render_emit_clip(const struct render_list *list, const struct prim *p,
	const struct render_item *item, struct render_rect clip)
{
	return p->clip != 0 ? rect_and(clip, pixels_of(list->clip[p->clip], item)) : clip;
}

int render_emit_touches(const struct render_item *item, struct box4 box, struct render_rect rect)
{
	return touches(box, units_of(rect, item));
}

int render_emit_range(const struct render_item *item, uint32_t *ret_first, uint32_t *ret_end)
{
	const struct render_list *list = item->list;
	const uint32_t last = item->first < list->n_shapes && item->n <= list->n_shapes - item->first
				      ? item->first + item->n
				      : list->n_shapes;

	if (item->first >= last)
		return 0;
	*ret_first = list->start[item->first];
	*ret_end = list->start[last];
	return 1;
}

/* Pixels of what was emitted since; all there is where a submission lies between. What is under them is drawn
 * from now on. */
static uint64_t area_since(struct frame *f, uint32_t first)
{
	const struct instance *in = (const struct instance *)(const void *)f->render->instances.host;
	uint64_t sum = 0;

	for (uint32_t i = first <= f->n_instances ? first : 0; i < f->n_instances; i++) {
		const struct render_rect r = {in[i].x0, in[i].y0, in[i].x1 - in[i].x0, in[i].y1 - in[i].y0};

		sum += (uint64_t)r.w * (uint64_t)r.h;
		add_drawn(f, r);
	}
	return sum;
}

/* @param from  the first that is not hidden */
static void emit_list(struct frame *f, const struct render_item *item, struct render_rect clip, uint32_t from)
{
	const struct render_list *list = item->list;
	const struct box4 seen = units_of(clip, item);
	const uint64_t place = (uint64_t)clip.w * (uint64_t)clip.h;
	const uint64_t most = item->overdraw != 0 ? SPEND_MIN + item->overdraw * place : UINT64_MAX;
	uint32_t first_prim, end;

	if (!render_emit_range(item, &first_prim, &end))
		return;
	f->spent = 0;
	for (uint32_t i = first_prim > from ? first_prim : from; i < end && f->error == 0 && f->spent <= most;
		i++) {
		const struct prim *p = &list->prim[i];
		const uint32_t first = f->n_instances;

		if (i % PRIMS_A_BLOCK == 0 && !touches(list->block[i / PRIMS_A_BLOCK], seen)) {
			i += PRIMS_A_BLOCK - 1;
			continue;
		}
		if (!touches(list->box[i], seen) || !(item->layers >> p->layer & 1u))
			continue;
		f->clip = render_emit_clip(list, p, item, clip);
		if (f->clip.w <= 0 || f->clip.h <= 0)
			continue;
		emit_prim(f, p, item);
		f->spent += area_since(f, first);
	}
	f->render->info.n_cut_short += f->spent > most;
}

/* Opaque and one to one: copied, which costs a tenth of drawing. */
static int is_copied(const struct frame *f, const struct render_item *item)
{
	return item->picture->is_opaque && item->opacity == 255 && !f->render->use_compute &&
	       (f->render->device.features & DEVICE_COPIES) && (uint32_t)item->to.w == item->picture->width &&
	       (uint32_t)item->to.h == item->picture->height;
}

static void emit_picture(struct frame *f, const struct render_item *item, struct render_rect clip)
{
	const struct render_rect to = item->to, seen = rect_and(clip, to);
	struct instance *i;

	if (seen.w <= 0 || seen.h <= 0 || item->opacity == 0)
		return;
	add_drawn(f, seen);
	f->error = render_picture_realize(item->picture);
	if (f->error == 0 && f->n_runs == RUNS_MAX)
		f->error = render_submit(f, /* is_last= */ 0);
	if (f->error < 0)
		return;
	if (is_copied(f, item)) {
		f->run[f->n_runs++] = (struct run){.kind = RUN_COPY,
			.picture = item->picture,
			.rect = seen,
			.from_x = seen.x - to.x,
			.from_y = seen.y - to.y};
		return;
	}
	i = render_emit_instance(f, item->picture);
	if (i == NULL)
		return;
	i->x0 = (uint16_t)seen.x;
	i->y0 = (uint16_t)seen.y;
	i->x1 = (uint16_t)(seen.x + seen.w);
	i->y1 = (uint16_t)(seen.y + seen.h);
	i->kind = KIND_PICTURE;
	i->color = 0xffffffu | (uint32_t)item->opacity << 24;
	i->b[0] = (float)to.x;
	i->b[1] = (float)to.y;
	i->b[2] = (float)to.w;
	i->b[3] = (float)to.h;
	i->d[1] = item->picture->width;
	i->d[2] = item->picture->height;
}

int render_emit_is_list(const struct render_item *item)
{
	return item->kind == RENDER_LIST && item->list != NULL && item->scale > 0.0f &&
	       item->scale <= MOS_SHAPE_FAR && fabsf(item->x) <= MOS_SHAPE_FAR &&
	       fabsf(item->y) <= MOS_SHAPE_FAR;
}

void render_emit_item(struct frame *f, uint32_t at)
{
	const struct render_item *item = &f->what->item[at];
	const int is_list = render_emit_is_list(item);
	const int is_picture = item->kind == RENDER_PICTURE && item->picture != NULL;

	if ((!is_list && !is_picture) || item->opacity == 0)
		return;
	f->opacity = item->opacity;
	for (uint32_t i = 0; i < f->n_damage && f->error == 0; i++) {
		const struct render_rect clip = rect_and(f->damage[i], item->clip);
		const struct ground *ground = &f->ground[i];

		if (clip.w <= 0 || clip.h <= 0 || at < ground->item)
			continue;
		f->at = i;
		if (is_list)
			emit_list(f, item, clip, at == ground->item ? ground->prim : 0);
		else
			emit_picture(f, item, clip);
	}
}
