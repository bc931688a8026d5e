/* SPDX-License-Identifier: MIT */
/* Shapes, their boxes, and the list in which all ink is filed. */
#include "impl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TEXT_FIRST 32u /* bytes in a TEXT record */
#define TEXT_MORE 60u
#define MAX_INK (1u << 21) /* more than any score has: a hostile one asks for too much memory */

static struct eng_box bounds(const float *xy, unsigned n)
{
	struct eng_box b = {xy[0], xy[1], xy[0], xy[1]};
	for (unsigned i = 1; i < n; i++) {
		b.x0 = fminf(b.x0, xy[2 * i]);
		b.x1 = fmaxf(b.x1, xy[2 * i]);
		b.y0 = fminf(b.y0, xy[2 * i + 1]);
		b.y1 = fmaxf(b.y1, xy[2 * i + 1]);
	}
	return b;
}

static struct eng_box widened(struct eng_box b, float by)
{
	return (struct eng_box){b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by};
}

static struct eng_box glyph_box(const struct eng *e, const struct mos_shape *s)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, s->glyph);
	float k = s->w / 4.0f;
	struct eng_box b = {s->x + g->x0 * k, s->y - g->y1 * k, s->x + g->x1 * k, s->y - g->y0 * k};
	if (s->p[0] == 0.0f)
		return b;
	float c = cosf(s->p[0]), si = sinf(s->p[0]);
	float corner[8] = {b.x0, b.y0, b.x1, b.y0, b.x1, b.y1, b.x0, b.y1};
	for (unsigned i = 0; i < 8; i += 2) {
		float x = corner[i] - s->x, y = corner[i + 1] - s->y;
		corner[i] = s->x + x * c - y * si;
		corner[i + 1] = s->y + x * si + y * c;
	}
	return bounds(corner, 4);
}

static enum engrave_face face_of(unsigned flags)
{
	return flags & MOS_SHAPE_BOLD     ? ENGRAVE_BOLD
	       : flags & MOS_SHAPE_MONO   ? ENGRAVE_MONO
	       : flags & MOS_SHAPE_ITALIC ? ENGRAVE_ITALIC
					  : ENGRAVE_TEXT;
}

static struct eng_box text_box(const struct eng *e, const struct mos_shape *s, float width)
{
	float left = s->flags & MOS_SHAPE_CENTER ? width / 2 : s->flags & MOS_SHAPE_RIGHT ? width : 0;
	float base = s->y + (s->flags & MOS_SHAPE_MIDDLE ? e->metrics->cap_height * s->h / 2 : 0);
	return (struct eng_box){s->x - left, base - e->metrics->cap_height * 1.08f * s->h,
		s->x - left + width, base + fabsf(e->metrics->descent) * s->h};
}

static struct eng_box curve_box(const struct mos_shape *s)
{
	float xy[2 * 17];
	for (unsigned i = 0; i < 17; i++) {
		float t = (float)i / 16.0f, u = 1.0f - t;
		float a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
		xy[2 * i] = a * s->x + b * s->p[0] + c * s->p[2] + d * s->w;
		xy[2 * i + 1] = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
	}
	return widened(bounds(xy, 17), s->p[5] / 2);
}

struct eng_box eng_shape_box(const struct eng *e, const struct mos_shape *s)
{
	switch (s->kind) {
	case MOS_SHAPE_BOX:
		return (struct eng_box){s->x, s->y, s->x + s->w, s->y + s->h};
	case MOS_SHAPE_LINE: {
		float ends[4] = {s->x, s->y, s->w, s->h};
		struct eng_box b = bounds(ends, 2);
		/* Ends are cut straight: an upright line isn't longer than it says. */
		float dx = s->w - s->x, dy = s->h - s->y, length = hypotf(dx, dy);
		float nx = length > 0 ? fabsf(dy) / length * s->p[0] / 2 : 0;
		float ny = length > 0 ? fabsf(dx) / length * s->p[0] / 2 : 0;
		return (struct eng_box){b.x0 - nx, b.y0 - ny, b.x1 + nx, b.y1 + ny};
	}
	case MOS_SHAPE_ARC:
		return widened((struct eng_box){s->x, s->y, s->x, s->y}, s->w + s->h / 2);
	case MOS_SHAPE_GLYPH:
		return glyph_box(e, s);
	case MOS_SHAPE_TEXT: {
		char text[TEXT_FIRST + 1] = {0};
		memcpy(text, s->p, TEXT_FIRST);
		size_t n = s->glyph < TEXT_FIRST ? s->glyph : TEXT_FIRST;
		return text_box(e, s, e->metrics->text_width(e->metrics, face_of(s->flags), text, n) * s->h);
	}
	case MOS_SHAPE_CURVE:
		return curve_box(s);
	case MOS_SHAPE_QUAD: {
		float xy[8] = {s->x, s->y, s->w, s->h, s->p[0], s->p[1], s->p[2], s->p[3]};
		return bounds(xy, 4);
	}
	default:
		return (struct eng_box){0, 0, 0, 0};
	}
}

void eng_shape_move(struct mos_shape *s, float dx, float dy)
{
	if (s->kind == MOS_SHAPE_MORE || s->kind == MOS_SHAPE_NONE)
		return;
	s->x += dx;
	s->y += dy;
	if (s->kind == MOS_SHAPE_LINE || s->kind == MOS_SHAPE_CURVE || s->kind == MOS_SHAPE_QUAD) {
		s->w += dx;
		s->h += dy;
	}
	if (s->kind == MOS_SHAPE_CURVE || s->kind == MOS_SHAPE_QUAD) {
		for (unsigned i = 0; i < 4; i += 2) {
			s->p[i] += dx;
			s->p[i + 1] += dy;
		}
	}
}

struct eng_skyline *eng_sky_of(struct eng *e, uint32_t system, uint32_t staff, int is_up)
{
	struct eng_system *s = &e->system[system];
	struct eng_skyline ***side = is_up ? &s->up : &s->down;
	if (*side == NULL) {
		*side = eng_alloc(e->arena, e->n_staves * sizeof(**side));
		if (*side == NULL)
			return NULL;
	}
	if ((*side)[staff] == NULL) {
		const struct eng_staff *st = &e->staff[staff];
		float bottom = (float)(st->lines > 1 ? st->lines - 1 : 0) * st->space;
		(*side)[staff] = eng_sky_new(e->arena, is_up, s->width + 2.0f, is_up ? 0.0f : bottom);
	}
	return (*side)[staff];
}

static int file_ink(struct eng *e, const struct eng_ink *ink)
{
	if (e->n_ink == e->max_ink) {
		uint32_t max = e->max_ink ? e->max_ink * 2 : 1024;
		struct eng_ink *more =
			max <= MAX_INK ? eng_alloc(e->arena, (size_t)max * sizeof(*more)) : NULL;
		if (more == NULL)
			return -ENOMEM;
		if (e->n_ink > 0)
			memcpy(more, e->ink, e->n_ink * sizeof(*more));
		e->ink = more;
		e->max_ink = max;
	}
	e->ink[e->n_ink++] = *ink;
	return 0;
}

/* A curve fills little of its box: its outline is that of short pieces. */
static void outline_curve(struct eng_skyline *sky, const struct mos_shape *s)
{
	float x = s->x, y = s->y;
	for (unsigned i = 1; i <= 16; i++) {
		float t = (float)i / 16.0f, u = 1.0f - t;
		float a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
		float x1 = a * s->x + b * s->p[0] + c * s->p[2] + d * s->w;
		float y1 = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
		eng_sky_add(sky, (struct eng_box){fminf(x, x1), fminf(y, y1) - s->p[5] / 2, fmaxf(x, x1),
					 fmaxf(y, y1) + s->p[5] / 2});
		x = x1;
		y = y1;
	}
}

static int file_with_box(struct eng *e, struct eng_ink ink, int no_sky)
{
	int r = file_ink(e, &ink);
	if (r < 0 || no_sky || ink.staff == ENG_NONE || ink.system == ENG_NONE)
		return r;
	for (int is_up = 0; is_up < 2; is_up++) {
		struct eng_skyline *sky = eng_sky_of(e, ink.system, ink.staff, is_up);
		if (sky == NULL)
			return -ENOMEM;
		if (ink.shape.kind == MOS_SHAPE_CURVE)
			outline_curve(sky, &ink.shape);
		else
			eng_sky_add(sky, ink.box);
	}
	return 0;
}

static int is_hidden(const struct eng *e, uint32_t system, uint32_t staff)
{
	return system != ENG_NONE &&
	       (e->system[system].is_kept || (staff != ENG_NONE && eng_is_hidden_in(e, system, staff)));
}

int eng_ink(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, const struct mos_shape *shape,
	int no_sky)
{
	if (is_hidden(e, system, staff))
		return 0;
	return file_with_box(e,
		(struct eng_ink){.shape = *shape,
			.box = eng_shape_box(e, shape),
			.system = system,
			.staff = staff,
			.measure = measure,
			.note = ENG_NONE},
		no_sky);
}

static struct mos_shape shape_of(unsigned kind, unsigned layer, unsigned token)
{
	return (struct mos_shape){.kind = (uint8_t)kind,
		.flags = MOS_SHAPE_TOKEN,
		.layer = (uint8_t)layer,
		.color = MOS_TOKEN(token, 255)};
}

struct mos_shape eng_glyph(uint32_t code, float x, float y, float scale, unsigned layer, unsigned token)
{
	struct mos_shape s = shape_of(MOS_SHAPE_GLYPH, layer, token);
	s.glyph = code;
	s.x = x;
	s.y = y;
	s.w = 4.0f * scale;
	return s;
}

struct mos_shape eng_line(
	float x0, float y0, float x1, float y1, float thickness, unsigned layer, unsigned token)
{
	struct mos_shape s = shape_of(MOS_SHAPE_LINE, layer, token);
	s.x = x0;
	s.y = y0;
	s.w = x1;
	s.h = y1;
	s.p[0] = thickness;
	return s;
}

struct mos_shape eng_rect(float x, float y, float w, float h, unsigned layer, unsigned token)
{
	struct mos_shape s = shape_of(MOS_SHAPE_BOX, layer, token);
	s.x = x;
	s.y = y;
	s.w = w;
	s.h = h;
	return s;
}

struct mos_shape eng_quad(const float xy[8], unsigned layer, unsigned token)
{
	struct mos_shape s = shape_of(MOS_SHAPE_QUAD, layer, token);
	s.x = xy[0];
	s.y = xy[1];
	s.w = xy[2];
	s.h = xy[3];
	memcpy(s.p, xy + 4, 4 * sizeof(float));
	return s;
}

/* How much of a text is drawn: whole characters up to the most that a shape holds. */
static size_t drawn_length(const char *text)
{
	size_t n = strlen(text);
	if (n <= MOS_SHAPE_TEXT_MAX)
		return n;
	n = MOS_SHAPE_TEXT_MAX;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

float eng_text_width(const struct eng *e, float size, unsigned flags, const char *text)
{
	return e->metrics->text_width(e->metrics, face_of(flags), text, drawn_length(text)) * size;
}

int eng_text(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x, float y, float size,
	unsigned flags, unsigned layer, unsigned token, const char *text, int no_sky)
{
	size_t n = drawn_length(text);
	if (n == 0 || is_hidden(e, system, staff))
		return 0;
	struct mos_shape s = shape_of(MOS_SHAPE_TEXT, layer, token);
	s.flags |= (uint8_t)flags;
	s.glyph = (uint32_t)n;
	s.x = x;
	s.y = y;
	s.h = size;
	memcpy(s.p, text, n < TEXT_FIRST ? n : TEXT_FIRST);
	struct eng_ink ink = {.shape = s,
		.box = text_box(e, &s, eng_text_width(e, size, flags, text)),
		.system = system,
		.staff = staff,
		.measure = measure,
		.note = ENG_NONE};
	int r = file_with_box(e, ink, no_sky);
	for (size_t at = TEXT_FIRST; r == 0 && at < n; at += TEXT_MORE) {
		ink.shape = (struct mos_shape){.kind = MOS_SHAPE_MORE, .layer = (uint8_t)layer};
		memcpy((char *)&ink.shape + 4, text + at, n - at < TEXT_MORE ? n - at : TEXT_MORE);
		r = file_ink(e, &ink);
	}
	return r;
}
