/* SPDX-License-Identifier: MIT */
/** Lists: shapes checked and expanded once, with boxes to find those that a damaged rectangle needs. */
#include "internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST_BYTES 32u
#define TEXT_MORE_BYTES 60u
#define TEXT_MORE_OFFSET 4u

struct build {
	struct font_set *fonts;
	struct prim *prim;
	uint32_t n_prims, max_prims;
	uint32_t *start;
	struct box4 *clip;
	uint32_t n_clips, max_clips, clip_now;
	struct font_placed placed[MOS_SHAPE_TEXT_MAX];
	char text[MOS_SHAPE_TEXT_MAX];
};

int render_list_create(struct render *r, struct render_list **ret)
{
	struct render_list *list = calloc(1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	list->render = r;
	LIST_INSERT_HEAD(&r->lists, list, next);
	*ret = list;
	return 0;
}

static void empty(struct render_list *list)
{
	free(list->prim);
	free(list->box);
	free(list->block);
	free(list->start);
	free(list->clip);
	list->prim = NULL;
	list->box = list->block = list->clip = NULL;
	list->start = NULL;
	list->n_prims = list->n_shapes = list->n_clips = 0;
}

void render_list_destroy(struct render_list *list)
{
	if (list == NULL)
		return;
	LIST_REMOVE(list, next);
	empty(list);
	free(list);
}

static int is_near(float v)
{
	return v >= -MOS_SHAPE_FAR && v <= MOS_SHAPE_FAR; /* false for NaN */
}

static int is_drawable(const struct mos_shape *s)
{
	int near = is_near(s->x) && is_near(s->y) && is_near(s->w) && is_near(s->h) && s->layer < 32;

	if (s->kind == MOS_SHAPE_TEXT)
		return near && s->h > 0.0f;
	for (int i = 0; i < 8; i++)
		near &= is_near(s->p[i]);
	switch (s->kind) {
	case MOS_SHAPE_BOX:
		return near && s->w > 0.0f && s->h > 0.0f;
	case MOS_SHAPE_LINE:
		return near && s->p[0] > 0.0f;
	case MOS_SHAPE_ARC:
		return near && s->w > 0.0f && s->h >= 0.0f && s->p[1] != 0.0f;
	case MOS_SHAPE_GLYPH:
		return near && s->w > 0.0f;
	case MOS_SHAPE_CURVE:
		return near && s->p[4] >= 0.0f && s->p[5] >= 0.0f;
	case MOS_SHAPE_QUAD:
	case MOS_SHAPE_CLIP:
		return near;
	default:
		return 0;
	}
}

static struct prim *add_prim(struct build *b)
{
	if (b->n_prims == b->max_prims) {
		const uint32_t max = b->max_prims * 2 + 64;
		struct prim *more = reallocarray(b->prim, max, sizeof(*more));

		if (more == NULL)
			return NULL;
		b->prim = more;
		b->max_prims = max;
	}
	return memset(&b->prim[b->n_prims++], 0, sizeof(*b->prim));
}

static int add_clip(struct build *b, const struct mos_shape *s)
{
	if (s->w <= 0.0f) {
		b->clip_now = 0;
		return 0;
	}
	if (b->n_clips == b->max_clips) {
		const uint32_t max = b->max_clips * 2 + 8;
		struct box4 *more = reallocarray(b->clip, max, sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		b->clip = more;
		b->max_clips = max;
	}
	b->clip[b->n_clips] = (struct box4){s->x, s->y, s->x + s->w, s->y + (s->h > 0.0f ? s->h : 0.0f)};
	b->clip_now = b->n_clips++;
	return 0;
}

static struct prim *add_like(struct build *b, const struct mos_shape *s)
{
	struct prim *p = add_prim(b);

	if (p == NULL)
		return NULL;
	p->kind = s->kind;
	p->flags = s->flags;
	p->layer = s->layer;
	p->color = s->color;
	p->color2 = s->color2;
	p->clip = b->clip_now;
	p->x = s->x;
	p->y = s->y;
	p->w = s->w;
	p->h = s->h;
	memcpy(p->p, s->p, sizeof(p->p));
	return p;
}

/* The bytes of a TEXT and the MORE behind it. */
static size_t gather(struct build *b, const struct mos_shape *s, uint32_t n_left)
{
	size_t want = s->glyph < MOS_SHAPE_TEXT_MAX ? s->glyph : MOS_SHAPE_TEXT_MAX;
	size_t n = want < TEXT_FIRST_BYTES ? want : TEXT_FIRST_BYTES;

	memcpy(b->text, s->p, n);
	for (uint32_t i = 1; i < n_left && n < want && s[i].kind == MOS_SHAPE_MORE; i++) {
		const size_t part = want - n < TEXT_MORE_BYTES ? want - n : TEXT_MORE_BYTES;

		memcpy(b->text + n, (const char *)&s[i] + TEXT_MORE_OFFSET, part);
		n += part;
	}
	return n;
}

static int add_text(struct build *b, const struct mos_shape *s, uint32_t n_left)
{
	const size_t n_bytes = gather(b, s, n_left);
	float size = 0.0f, narrow = 1.0f;
	uint32_t n;

	if (b->fonts == NULL || n_bytes == 0)
		return 0;
	n = font_lay_text(b->fonts, s, b->text, n_bytes, b->placed, MOS_SHAPE_TEXT_MAX, &size, &narrow);
	for (uint32_t i = 0; i < n; i++) {
		const struct font_placed *g = &b->placed[i];
		struct prim *p;

		if (!is_near(g->x) || !is_near(g->y) || g->face >= FONT_N_FACES)
			continue;
		p = add_like(b, s);
		if (p == NULL)
			return -ENOMEM;
		p->kind = MOS_SHAPE_GLYPH;
		p->face = g->face;
		p->glyph = g->glyph;
		p->x = g->x;
		p->y = g->y;
		p->w = size;
		p->h = 0.0f;
		memset(p->p, 0, sizeof(p->p));
		p->p[1] = narrow;
	}
	return 0;
}

static int add_glyph(struct build *b, const struct mos_shape *s)
{
	const uint32_t glyph = b->fonts != NULL ? font_glyph(b->fonts, FONT_MUSIC, s->glyph) : 0;
	struct prim *p;

	if (glyph == 0)
		return 0;
	p = add_like(b, s);
	if (p == NULL)
		return -ENOMEM;
	p->face = FONT_MUSIC;
	p->glyph = glyph;
	p->p[1] = 1.0f;
	return 0;
}

static int add_shape(struct build *b, const struct mos_shape *s, uint32_t n_left)
{
	if (!is_drawable(s))
		return 0;
	switch (s->kind) {
	case MOS_SHAPE_CLIP:
		return add_clip(b, s);
	case MOS_SHAPE_TEXT:
		return add_text(b, s, n_left);
	case MOS_SHAPE_GLYPH:
		return add_glyph(b, s);
	default:
		return add_like(b, s) != NULL ? 0 : -ENOMEM;
	}
}

static struct box4 around(float x0, float y0, float x1, float y1, float by)
{
	return (struct box4){fminf(x0, x1) - by, fminf(y0, y1) - by, fmaxf(x0, x1) + by, fmaxf(y0, y1) + by};
}

static struct box4 both(struct box4 a, struct box4 b)
{
	return (struct box4){fminf(a.x0, b.x0), fminf(a.y0, b.y0), fmaxf(a.x1, b.x1), fmaxf(a.y1, b.y1)};
}

static struct box4 glyph_box(struct font_set *fonts, const struct prim *p)
{
	const struct font_box ink = font_ink(fonts, (enum font_face)p->face, p->glyph);
	const float s = p->w, reach = s * fmaxf(fmaxf(fabsf(ink.x0), fabsf(ink.x1)),
						  fmaxf(fabsf(ink.y0), fabsf(ink.y1)));

	if (p->p[0] != 0.0f)
		return around(p->x, p->y, p->x, p->y, reach * (float)M_SQRT2);
	return (struct box4){p->x + s * p->p[1] * ink.x0, p->y + s * ink.y0, p->x + s * p->p[1] * ink.x1,
		p->y + s * ink.y1};
}

static struct box4 prim_box(struct font_set *fonts, const struct prim *p)
{
	switch (p->kind) {
	case MOS_SHAPE_BOX:
		return around(p->x, p->y, p->x + p->w, p->y + p->h, 0.0f);
	case MOS_SHAPE_LINE:
		return around(p->x, p->y, p->w, p->h, 0.5f * p->p[0]);
	case MOS_SHAPE_ARC:
		return around(p->x, p->y, p->x, p->y, p->w + 0.5f * p->h);
	case MOS_SHAPE_CURVE:
		return both(around(p->x, p->y, p->w, p->h, fmaxf(p->p[4], p->p[5])),
			around(p->p[0], p->p[1], p->p[2], p->p[3], fmaxf(p->p[4], p->p[5])));
	case MOS_SHAPE_QUAD:
		return both(around(p->x, p->y, p->w, p->h, 0.0f),
			around(p->p[0], p->p[1], p->p[2], p->p[3], 0.0f));
	default:
		return glyph_box(fonts, p);
	}
}

static int make_boxes(struct render_list *list)
{
	const uint32_t n_blocks = (list->n_prims + PRIMS_A_BLOCK - 1) / PRIMS_A_BLOCK;

	list->box = calloc((size_t)list->n_prims + 1, sizeof(*list->box));
	list->block = calloc((size_t)n_blocks + 1, sizeof(*list->block));
	if (list->box == NULL || list->block == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->n_prims; i++) {
		struct box4 *block = &list->block[i / PRIMS_A_BLOCK];

		list->box[i] = prim_box(list->render->fonts, &list->prim[i]);
		*block = i % PRIMS_A_BLOCK == 0 ? list->box[i] : both(*block, list->box[i]);
	}
	return 0;
}

int render_list_set(struct render_list *list, const struct mos_shape *shapes, uint32_t n)
{
	struct build *b = calloc(1, sizeof(*b));
	struct render_list made = {.render = list->render};
	int r = 0;

	if (b == NULL)
		return -ENOMEM;
	b->fonts = list->render->fonts;
	b->start = calloc((size_t)n + 1, sizeof(*b->start));
	b->clip = calloc(8, sizeof(*b->clip));
	b->n_clips = 1;
	b->max_clips = 8;
	if (b->start == NULL || b->clip == NULL)
		r = -ENOMEM;
	for (uint32_t i = 0; i < n && r == 0; i++) {
		b->start[i] = b->n_prims;
		r = add_shape(b, &shapes[i], n - i);
	}
	if (r == 0)
		b->start[n] = b->n_prims;
	made.prim = b->prim;
	made.n_prims = b->n_prims;
	made.start = b->start;
	made.n_shapes = n;
	made.clip = b->clip;
	made.n_clips = b->n_clips;
	free(b);
	if (r == 0)
		r = make_boxes(&made);
	if (r < 0) {
		empty(&made);
		return r;
	}
	empty(list);
	made.next = list->next;
	*list = made;
	return 0;
}

int render_list_box(const struct render_list *list, uint32_t first, uint32_t n, float ret_xyxy[4])
{
	const uint32_t last =
		first < list->n_shapes && n <= list->n_shapes - first ? first + n : list->n_shapes;
	struct box4 all = {INFINITY, INFINITY, -INFINITY, -INFINITY};

	if (first >= last || list->start[first] == list->start[last])
		return 0;
	for (uint32_t i = list->start[first]; i < list->start[last]; i++)
		all = both(all, list->box[i]);
	ret_xyxy[0] = all.x0;
	ret_xyxy[1] = all.y0;
	ret_xyxy[2] = all.x1;
	ret_xyxy[3] = all.y1;
	return 1;
}
