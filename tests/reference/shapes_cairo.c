/* SPDX-License-Identifier: MIT */
/* Each shape as a Cairo path. Blends sRGB values as they are, as the theater does. */
#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapes_cairo.h"

#define RGB(r, g, b) MOS_RGBA(r, g, b, 255)

const uint32_t shapes_cairo_tokens[MOS_N_TOKENS] = {
	[MOS_TOKEN_CANVAS] = RGB(240, 240, 240),
	[MOS_TOKEN_PANEL] = RGB(250, 250, 250),
	[MOS_TOKEN_PANEL_EDGE] = RGB(200, 200, 200),
	[MOS_TOKEN_TEXT] = RGB(0, 0, 0),
	[MOS_TOKEN_TEXT_DIM] = RGB(110, 110, 110),
	[MOS_TOKEN_ACCENT] = RGB(0, 90, 200),
	[MOS_TOKEN_ACCENT_2] = RGB(200, 90, 0),
	[MOS_TOKEN_GOOD] = RGB(0, 140, 60),
	[MOS_TOKEN_WARN] = RGB(220, 150, 0),
	[MOS_TOKEN_BAD] = RGB(210, 30, 30),
	[MOS_TOKEN_GRID] = RGB(210, 210, 210),
	[MOS_TOKEN_OFF] = RGB(225, 225, 225),
	[MOS_TOKEN_KEY_WHITE] = RGB(255, 255, 255),
	[MOS_TOKEN_KEY_BLACK] = RGB(20, 20, 20),
	[MOS_TOKEN_WOOD] = RGB(90, 60, 40),
	[MOS_TOKEN_METAL] = RGB(190, 190, 195),
	[MOS_TOKEN_PAPER] = RGB(255, 255, 255),
	[MOS_TOKEN_STAFF] = RGB(0, 0, 0),
	[MOS_TOKEN_INK] = RGB(0, 0, 0),
	[MOS_TOKEN_PLAYHEAD] = RGB(230, 60, 60),
	[MOS_TOKEN_SOUNDING] = RGB(220, 40, 120),
	[MOS_TOKEN_FORM] = RGB(90, 60, 150),
	[MOS_TOKEN_CHORDS] = RGB(20, 60, 140),
	[MOS_TOKEN_ANALYSIS] = RGB(130, 40, 90),
	[MOS_TOKEN_TABLATURE] = RGB(40, 40, 40),
	[MOS_TOKEN_DIAGRAMS] = RGB(40, 40, 40),
	[MOS_TOKEN_FINGERING] = RGB(0, 100, 90),
	[MOS_TOKEN_LYRICS] = RGB(30, 30, 30),
	[MOS_TOKEN_MARKERS] = RGB(160, 60, 0),
	[MOS_TOKEN_PITCH_0] = RGB(220, 50, 50),
	RGB(60, 120, 220),
	RGB(220, 170, 40),
	RGB(140, 60, 200),
	RGB(120, 190, 40),
	RGB(220, 60, 160),
	RGB(40, 180, 140),
	RGB(220, 100, 40),
	RGB(60, 70, 210),
	RGB(200, 200, 40),
	RGB(180, 50, 190),
	RGB(60, 180, 60),
};

struct cairo_page {
	cairo_t *cr;
	const struct shapes_cairo *view;
};

static int is_near(float v)
{
	return v >= -MOS_SHAPE_FAR && v <= MOS_SHAPE_FAR;
}

static int is_whole(const struct mos_shape *s)
{
	int near = is_near(s->x) && is_near(s->y) && is_near(s->w) && is_near(s->h) && s->layer < 32;
	for (int i = 0; i < 8 && s->kind != MOS_SHAPE_TEXT; i++)
		near = near && is_near(s->p[i]);
	return near;
}

static uint32_t color_of(const struct shapes_cairo *view, const struct mos_shape *s, uint32_t color)
{
	const uint32_t *token = view->token ? view->token : shapes_cairo_tokens;
	if (!(s->flags & MOS_SHAPE_TOKEN))
		return color;
	if ((color & 0xff) >= MOS_N_TOKENS)
		return 0;
	uint32_t rgba = token[color & 0xff], opacity = ((rgba >> 24) * (color >> 24) + 127) / 255;
	return (rgba & 0xffffff) | opacity << 24;
}

static double part(uint32_t color, unsigned shift)
{
	return (color >> shift & 0xff) / 255.0;
}

static void set_color(struct cairo_page *page, const struct mos_shape *s, uint32_t color)
{
	uint32_t c = color_of(page->view, s, color);
	cairo_set_source_rgba(page->cr, part(c, 0), part(c, 8), part(c, 16), part(c, 24));
}

static void round_box(cairo_t *cr, double x, double y, double w, double h, double radius)
{
	double r = fmin(fmax(radius, 0), fmin(w, h) / 2);
	cairo_new_sub_path(cr);
	if (r <= 0) {
		cairo_rectangle(cr, x, y, w, h);
		return;
	}
	cairo_arc(cr, x + w - r, y + r, r, -M_PI / 2, 0);
	cairo_arc(cr, x + w - r, y + h - r, r, 0, M_PI / 2);
	cairo_arc(cr, x + r, y + h - r, r, M_PI / 2, M_PI);
	cairo_arc(cr, x + r, y + r, r, M_PI, 3 * M_PI / 2);
	cairo_close_path(cr);
}

static void draw_box(struct cairo_page *page, const struct mos_shape *s)
{
	cairo_t *cr = page->cr;
	double border = s->flags & MOS_SHAPE_GRADIENT ? 0 : fmax((double)s->p[1], 0);
	if (s->w <= 0 || s->h <= 0)
		return;
	round_box(cr, (double)s->x, (double)s->y, (double)s->w, (double)s->h, (double)s->p[0]);
	if (s->flags & MOS_SHAPE_GRADIENT) {
		uint32_t top = color_of(page->view, s, s->color), bottom = color_of(page->view, s, s->color2);
		cairo_pattern_t *shade =
			cairo_pattern_create_linear(0, (double)s->y, 0, (double)(s->y + s->h));
		cairo_pattern_add_color_stop_rgba(
			shade, 0, part(top, 0), part(top, 8), part(top, 16), part(top, 24));
		cairo_pattern_add_color_stop_rgba(
			shade, 1, part(bottom, 0), part(bottom, 8), part(bottom, 16), part(bottom, 24));
		cairo_set_source(cr, shade);
		cairo_fill(cr);
		cairo_pattern_destroy(shade);
		return;
	}
	double w = (double)s->w - 2 * border, h = (double)s->h - 2 * border;
	if (border > 0) {
		cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
		if (w > 0 && h > 0)
			round_box(cr, (double)s->x + border, (double)s->y + border, w, h,
				fmax((double)s->p[0] - border, 0));
		set_color(page, s, s->color2);
		cairo_fill(cr);
		cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
		if (w <= 0 || h <= 0)
			return;
		round_box(cr, (double)s->x + border, (double)s->y + border, w, h,
			fmax((double)s->p[0] - border, 0));
	}
	set_color(page, s, s->color);
	cairo_fill(cr);
}

static void draw_line(struct cairo_page *page, const struct mos_shape *s)
{
	cairo_t *cr = page->cr;
	double dash[2] = {(double)s->p[1], (double)s->p[2]};
	if (s->p[0] <= 0)
		return;
	if (dash[0] > 0 && dash[1] > 0)
		cairo_set_dash(cr, dash, 2, 0);
	cairo_set_line_cap(cr, s->flags & MOS_SHAPE_ROUND ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
	cairo_set_line_width(cr, (double)s->p[0]);
	cairo_move_to(cr, (double)s->x, (double)s->y);
	cairo_line_to(cr, (double)s->w, (double)s->h);
	set_color(page, s, s->color);
	cairo_stroke(cr);
	cairo_set_dash(cr, NULL, 0, 0);
}

static void draw_arc(struct cairo_page *page, const struct mos_shape *s)
{
	cairo_t *cr = page->cr;
	double start = (double)s->p[0], sweep = fmin(fmax((double)s->p[1], -2 * M_PI), 2 * M_PI);
	if (s->w <= 0 || s->h < 0 || sweep == 0)
		return;
	cairo_new_path(cr);
	if (s->h == 0 && fabs(sweep) < 2 * M_PI)
		cairo_move_to(cr, (double)s->x, (double)s->y);
	if (sweep > 0)
		cairo_arc(cr, (double)s->x, (double)s->y, (double)s->w, start, start + sweep);
	else
		cairo_arc_negative(cr, (double)s->x, (double)s->y, (double)s->w, start, start + sweep);
	set_color(page, s, s->color);
	if (s->h == 0) {
		cairo_close_path(cr);
		cairo_fill(cr);
		return;
	}
	if (fabs(sweep) >= 2 * M_PI)
		cairo_close_path(cr);
	cairo_set_line_cap(cr, s->flags & MOS_SHAPE_ROUND ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
	cairo_set_line_width(cr, (double)s->h);
	cairo_stroke(cr);
}

/* Middle line and thickness at t; the thickness grows and falls as a parabola. */
static void draw_curve(struct cairo_page *page, const struct mos_shape *s)
{
	enum { STEPS = 64 };
	cairo_t *cr = page->cr;
	double x[4] = {(double)s->x, (double)s->p[0], (double)s->p[2], (double)s->w};
	double y[4] = {(double)s->y, (double)s->p[1], (double)s->p[3], (double)s->h};
	double side[2][STEPS + 1][2], nx = 0, ny = 0;
	for (int i = 0; i <= STEPS; i++) {
		double t = (double)i / (double)STEPS, u = 1 - t;
		double w[4] = {u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t},
		       d[3] = {u * u, 2 * u * t, t * t};
		double px = 0, py = 0, dx = 0, dy = 0;
		for (int k = 0; k < 4; k++) {
			px += w[k] * x[k];
			py += w[k] * y[k];
		}
		for (int k = 0; k < 3; k++) {
			dx += d[k] * (x[k + 1] - x[k]);
			dy += d[k] * (y[k + 1] - y[k]);
		}
		double length = hypot(dx, dy),
		       half = ((double)s->p[4] + (double)(s->p[5] - s->p[4]) * 4 * t * u) / 2;
		if (length > 1e-9) {
			nx = dy / length;
			ny = -dx / length;
		}
		for (int k = 0; k < 2; k++) {
			side[k][i][0] = px + (k ? -half : half) * nx;
			side[k][i][1] = py + (k ? -half : half) * ny;
		}
	}
	cairo_new_path(cr);
	for (int i = 0; i <= STEPS; i++)
		cairo_line_to(cr, side[0][i][0], side[0][i][1]);
	for (int i = STEPS; i >= 0; i--)
		cairo_line_to(cr, side[1][i][0], side[1][i][1]);
	cairo_close_path(cr);
	set_color(page, s, s->color);
	cairo_fill(cr);
}

static void draw_quad(struct cairo_page *page, const struct mos_shape *s)
{
	cairo_t *cr = page->cr;
	cairo_move_to(cr, (double)s->x, (double)s->y);
	cairo_line_to(cr, (double)s->w, (double)s->h);
	cairo_line_to(cr, (double)s->p[0], (double)s->p[1]);
	cairo_line_to(cr, (double)s->p[2], (double)s->p[3]);
	cairo_close_path(cr);
	set_color(page, s, s->color);
	cairo_fill(cr);
}

static void outline_path(cairo_t *cr, const struct font_quadratic *q, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, q++) {
		double x0 = (double)q->x0, y0 = (double)q->y0, x1 = (double)q->x1, y1 = (double)q->y1;
		if (i == 0 || q->x0 != q[-1].x1 || q->y0 != q[-1].y1) {
			cairo_close_path(cr);
			cairo_move_to(cr, x0, y0);
		}
		cairo_curve_to(cr, x0 + 2.0 / 3 * ((double)q->cx - x0), y0 + 2.0 / 3 * ((double)q->cy - y0),
			x1 + 2.0 / 3 * ((double)q->cx - x1), y1 + 2.0 / 3 * ((double)q->cy - y1), x1, y1);
	}
	cairo_close_path(cr);
}

/* x, y, em in units. */
static void draw_glyph(struct cairo_page *page, enum font_face face, uint32_t glyph, double x, double y,
	double em, double narrow, double turn)
{
	cairo_t *cr = page->cr;
	const struct shapes_cairo *view = page->view;
	const struct font_quadratic *outline;
	uint32_t n = font_outline(view->fonts, face, glyph, &outline);
	if (n == 0)
		return;
	double px = x * view->scale + view->x, py = y * view->scale + view->y;
	if (view->snaps && turn == 0) {
		px = floor(px * 4 + 0.5) / 4;
		py = floor(py + 0.5);
	}
	cairo_save(cr);
	cairo_identity_matrix(cr);
	cairo_translate(cr, px, py);
	cairo_rotate(cr, turn);
	cairo_scale(cr, em * view->scale * narrow, em * view->scale);
	cairo_new_path(cr);
	outline_path(cr, outline, n);
	cairo_restore(cr);
	cairo_fill(cr);
}

static void draw_text(struct cairo_page *page, const struct mos_shape *s, uint32_t left)
{
	struct font_placed placed[MOS_SHAPE_TEXT_MAX];
	char text[MOS_SHAPE_TEXT_MAX];
	uint32_t n = s->glyph < MOS_SHAPE_TEXT_MAX ? s->glyph : MOS_SHAPE_TEXT_MAX, have = n < 32 ? n : 32;
	float em, narrow;
	memcpy(text, s->p, have);
	for (uint32_t i = 1; have < n && i < left && s[i].kind == MOS_SHAPE_MORE; i++) {
		uint32_t some = n - have < 60 ? n - have : 60;
		memcpy(text + have, (const char *)&s[i] + 4, some);
		have += some;
	}
	uint32_t n_placed =
		font_lay_text(page->view->fonts, s, text, have, placed, MOS_SHAPE_TEXT_MAX, &em, &narrow);
	set_color(page, s, s->color);
	for (uint32_t i = 0; i < n_placed; i++)
		draw_glyph(page, placed[i].face, placed[i].glyph, (double)placed[i].x, (double)placed[i].y,
			(double)em, (double)narrow, 0);
}

static void set_clip(struct cairo_page *page, const struct mos_shape *s)
{
	const struct shapes_cairo *view = page->view;
	cairo_reset_clip(page->cr);
	if (s->w <= 0)
		return;
	/* On whole pixels, as the theater has it. */
	double x0 = floor((double)s->x * view->scale + view->x + 0.5),
	       y0 = floor((double)s->y * view->scale + view->y + 0.5);
	double x1 = floor((double)(s->x + s->w) * view->scale + view->x + 0.5);
	double y1 = floor((double)(s->y + fmaxf(s->h, 0)) * view->scale + view->y + 0.5);
	cairo_save(page->cr);
	cairo_identity_matrix(page->cr);
	cairo_rectangle(page->cr, x0, y0, x1 - x0, y1 - y0);
	cairo_restore(page->cr);
	cairo_clip(page->cr);
}

static void draw_shape(struct cairo_page *page, const struct mos_shape *s, uint32_t left)
{
	uint32_t layers = page->view->layers ? page->view->layers : UINT32_MAX;
	if (!is_whole(s))
		return;
	if (s->kind == MOS_SHAPE_CLIP) {
		set_clip(page, s);
		return;
	}
	if (!(layers >> s->layer & 1))
		return;
	switch (s->kind) {
	case MOS_SHAPE_BOX:
		draw_box(page, s);
		break;
	case MOS_SHAPE_LINE:
		draw_line(page, s);
		break;
	case MOS_SHAPE_ARC:
		draw_arc(page, s);
		break;
	case MOS_SHAPE_GLYPH:
		set_color(page, s, s->color);
		draw_glyph(page, FONT_MUSIC, font_glyph(page->view->fonts, FONT_MUSIC, s->glyph),
			(double)s->x, (double)s->y, (double)s->w, 1, (double)s->p[0]);
		break;
	case MOS_SHAPE_TEXT:
		draw_text(page, s, left);
		break;
	case MOS_SHAPE_CURVE:
		draw_curve(page, s);
		break;
	case MOS_SHAPE_QUAD:
		draw_quad(page, s);
		break;
	default:
		break;
	}
}

static int draw_all(cairo_surface_t *surface, const struct shapes_cairo *view)
{
	struct cairo_page page = {cairo_create(surface), view};
	cairo_t *cr = page.cr;
	int fades = view->opacity && view->opacity < 255;
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_BEST);
	cairo_set_tolerance(cr, 0.02);
	if (fades)
		cairo_push_group(cr);
	cairo_translate(cr, view->x, view->y);
	cairo_scale(cr, view->scale, view->scale);
	for (uint32_t i = 0; i < view->n; i++)
		draw_shape(&page, &view->shape[i], view->n - i);
	cairo_reset_clip(cr);
	if (fades) {
		cairo_pop_group_to_source(cr);
		cairo_identity_matrix(cr);
		cairo_paint_with_alpha(cr, view->opacity / 255.0);
	}
	int rc = cairo_status(cr) == CAIRO_STATUS_SUCCESS ? 0 : -ENOMEM;
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	return rc;
}

/* Cairo's ARGB32 is BGRA in memory on little-endian machines. */
static void swap_channels(
	uint8_t *to, uint32_t to_stride, const uint8_t *from, uint32_t from_stride, uint32_t w, uint32_t h)
{
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			const uint8_t *p = from + (size_t)y * from_stride + 4 * (size_t)x;
			uint8_t *q = to + (size_t)y * to_stride + 4 * (size_t)x,
				rgba[4] = {p[2], p[1], p[0], p[3]};
			memcpy(q, rgba, 4);
		}
}

int shapes_cairo_draw(
	uint8_t *rgba, uint32_t stride, uint32_t width, uint32_t height, const struct shapes_cairo *view)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)width, (int)height);
	int rc = -ENOMEM;
	if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS) {
		uint8_t *pixels = cairo_image_surface_get_data(surface);
		uint32_t pixels_stride = (uint32_t)cairo_image_surface_get_stride(surface);
		swap_channels(pixels, pixels_stride, rgba, stride, width, height);
		cairo_surface_mark_dirty(surface);
		rc = draw_all(surface, view);
		swap_channels(rgba, stride, pixels, pixels_stride, width, height);
	}
	cairo_surface_destroy(surface);
	return rc;
}

int shapes_cairo_png(const char *path, uint32_t width, uint32_t height, const struct shapes_cairo *view)
{
	uint32_t paper = (view->token ? view->token : shapes_cairo_tokens)[MOS_TOKEN_PAPER];
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
	cairo_t *cr = cairo_create(surface);
	cairo_set_source_rgb(cr, part(paper, 0), part(paper, 8), part(paper, 16));
	cairo_paint(cr);
	cairo_destroy(cr);
	int rc = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS ? draw_all(surface, view) : -ENOMEM;
	if (rc == 0 && cairo_surface_write_to_png(surface, path) != CAIRO_STATUS_SUCCESS)
		rc = -EIO;
	cairo_surface_destroy(surface);
	return rc;
}
