/* SPDX-License-Identifier: MIT */
/* Coverage and outlines of glyphs against FreeType's own rendering of the font file, and Cairo's of the
 * outlines. */
#include <criterion/criterion.h>

#include <cairo.h>
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <font_impl.h>

static struct font_set *fonts;

static void open_fonts(void)
{
	char error[512];
	if (font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof error) < 0)
		cr_skip("%s", error);
}

static void close_fonts(void)
{
	font_close(fonts);
}

TestSuite(raster, .init = open_fonts, .fini = close_fonts);

/* Staff spaces in pixels, as spec/theater.md 3 has them. */
static const unsigned spaces[] = {8, 12, 24, 48};
static const uint32_t signs[] = {0xe050, 0xe062, 0xe05c, 0xe0a2, 0xe0a3, 0xe0a4, 0xe260, 0xe261, 0xe262,
	0xe4e5, 0xe4e6, 0xe4e7, 0xe08a};

struct difference {
	double sum;
	uint32_t inked, far;
};

/* At the same pixels, counted from the origin. */
static unsigned at(const struct font_bitmap *b, int x, int y)
{
	int column = x - b->left, row = b->top - y;
	if (column < 0 || row < 0 || column >= (int)b->width || row >= (int)b->height)
		return 0;
	return b->coverage[(size_t)row * b->width + (size_t)column];
}

static void compare(const struct font_bitmap *a, const struct font_bitmap *b, struct difference *ret)
{
	int left = a->left < b->left ? a->left : b->left, top = a->top > b->top ? a->top : b->top;
	int right = (int)(a->left + (int)a->width > b->left + (int)b->width ? a->left + (int)a->width
									    : b->left + (int)b->width);
	int bottom = a->top - (int)a->height < b->top - (int)b->height ? a->top - (int)a->height
								       : b->top - (int)b->height;
	for (int y = top; y > bottom; y--)
		for (int x = left; x < right; x++) {
			int d = abs((int)at(a, x, y) - (int)at(b, x, y));
			ret->sum += d;
			ret->inked += at(a, x, y) || at(b, x, y);
			ret->far += d > 32;
		}
}

static FT_Face open_emmentaler(FT_Library library)
{
	FT_Face face;
	glob_t found;
	cr_assert_eq(glob("/usr/share/lilypond/*/fonts/otf/emmentaler-20.otf", 0, NULL, &found), 0);
	cr_assert_eq(FT_New_Face(library, found.gl_pathv[0], 0, &face), 0);
	globfree(&found);
	return face;
}

/* FreeType's own way from the file to the pixels. */
static struct font_bitmap by_freetype(FT_Face face, FT_UInt glyph, unsigned em_px)
{
	cr_assert_eq(FT_Set_Char_Size(face, em_px * 64, em_px * 64, 72, 72), 0);
	cr_assert_eq(FT_Load_Glyph(face, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP | FT_LOAD_RENDER), 0);
	const FT_GlyphSlot slot = face->glyph;
	cr_assert_eq(slot->bitmap.pitch, (int)slot->bitmap.width);
	return (struct font_bitmap){slot->bitmap_left, slot->bitmap_top, slot->bitmap.width,
		slot->bitmap.rows, slot->bitmap.buffer};
}

Test(raster, freetype,
	.description = "THE-12: signs are FreeType's own coverage at 8, 12, 24 and 48 pixels a space")
{
	FT_Library library;
	cr_assert_eq(FT_Init_FreeType(&library), 0);
	FT_Face face = open_emmentaler(library);
	for (unsigned s = 0; s < sizeof spaces / sizeof *spaces; s++) {
		struct difference all = {0};
		for (unsigned i = 0; i < sizeof signs / sizeof *signs; i++) {
			struct font_bitmap ours;
			const struct sign *sign = font_find_sign(signs[i]);
			struct font_bitmap theirs = by_freetype(
				face, FT_Get_Name_Index(face, sign->part[0].glyph), spaces[s] * 4);
			cr_assert_eq(font_raster(fonts, FONT_MUSIC, font_glyph(fonts, FONT_MUSIC, signs[i]),
					     spaces[s] * 4 * 64, 0, 1, &ours),
				0);
			compare(&ours, &theirs, &all);
		}
		double mean = all.sum / all.inked;
		fprintf(stderr,
			"%u px a space: mean error %.3f of 255, %u of %u pixels off by more than 32\n",
			spaces[s], mean, all.far, all.inked);
		/* Both are exact areas; what is left is where FreeType rounds corners to 1/64 pixel. */
		cr_assert_lt(mean, 0.6);
		cr_assert_eq(all.far, 0);
	}
	FT_Done_Face(face);
	FT_Done_FreeType(library);
}

Test(raster, text, .description = "THE-12: letters are FreeType's own coverage, bit by bit but for rounding")
{
	FT_Library library;
	FT_Face face;
	struct difference all = {0};
	cr_assert_eq(FT_Init_FreeType(&library), 0);
	cr_assert_eq(FT_New_Face(library, fonts->file[FONT_TEXT].path, 0, &face), 0);
	for (uint32_t code = 'A'; code <= 'z'; code++) {
		struct font_bitmap ours, theirs = by_freetype(face, FT_Get_Char_Index(face, code), 17);
		cr_assert_eq(font_raster(fonts, FONT_TEXT, font_glyph(fonts, FONT_TEXT, code), 17 * 64, 0, 1,
				     &ours),
			0);
		compare(&ours, &theirs, &all);
	}
	cr_assert_gt(all.inked, 2000);
	cr_assert_lt(all.sum / all.inked, 0.6);
	cr_assert_eq(all.far, 0);
	FT_Done_Face(face);
	FT_Done_FreeType(library);
}

static double ink(const struct font_bitmap *b)
{
	double sum = 0;
	for (size_t i = 0; i < (size_t)b->width * b->height; i++)
		sum += b->coverage[i];
	return sum / 255;
}

/* Area and middle of a black head: both follow from the outline alone, so each phase and width has to keep
 * them. */
Test(raster, phases,
	.description = "THE-12: a phase moves a glyph by quarter pixels, narrowing scales it across")
{
	struct font_bitmap b;
	double area[5], middle[5];
	uint32_t head = font_glyph(fonts, FONT_MUSIC, 0xe0a4);
	for (unsigned i = 0; i < 5; i++) {
		cr_assert_eq(font_raster(fonts, FONT_MUSIC, head, 40 * 64, i & 3, i == 4 ? 0.8f : 1, &b), 0);
		double moment = 0;
		area[i] = ink(&b);
		for (size_t p = 0; p < (size_t)b.width * b.height; p++)
			moment += b.coverage[p] * ((double)(b.left + (int)(p % b.width)) + 0.5);
		middle[i] = moment / 255 / area[i];
	}
	for (unsigned i = 1; i < 4; i++) {
		cr_assert_float_eq(area[i], area[0], 0.01 * area[0]);
		cr_assert_float_eq(middle[i], middle[0] + 0.25 * i, 0.02);
	}
	cr_assert_float_eq(area[4], 0.8 * area[0], 0.01 * area[0]);
	cr_assert_float_eq(middle[4], 0.8 * middle[0], 0.02);
}

/* Cairo samples a grid of 15 x 17 a pixel; four pixels a pixel each way make that finer than what is
 * compared. */
enum { FINER = 4 };

static void by_cairo(const struct font_quadratic *q, uint32_t n, double em_px,
	const struct font_bitmap *frame, uint8_t *ret)
{
	cairo_surface_t *surface = cairo_image_surface_create(
		CAIRO_FORMAT_A8, (int)frame->width * FINER, (int)frame->height * FINER);
	cairo_t *cr = cairo_create(surface);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_BEST);
	cairo_scale(cr, FINER, FINER);
	cairo_set_tolerance(cr, 0.01);
	cairo_translate(cr, -frame->left, frame->top);
	cairo_scale(cr, em_px, em_px);
	for (uint32_t i = 0; i < n; i++, q++) {
		double x0 = (double)q->x0, y0 = (double)q->y0, cx = (double)q->cx, cy = (double)q->cy,
		       x1 = (double)q->x1, y1 = (double)q->y1;
		if (i == 0 || q->x0 != q[-1].x1 || q->y0 != q[-1].y1)
			cairo_move_to(cr, x0, y0);
		cairo_curve_to(cr, (x0 + 2 * cx) / 3, (y0 + 2 * cy) / 3, (x1 + 2 * cx) / 3, (y1 + 2 * cy) / 3,
			x1, y1);
	}
	cairo_fill(cr);
	cairo_surface_flush(surface);
	const uint8_t *pixels = cairo_image_surface_get_data(surface);
	size_t stride = (size_t)cairo_image_surface_get_stride(surface);
	for (uint32_t y = 0; y < frame->height; y++)
		for (uint32_t x = 0; x < frame->width; x++) {
			unsigned sum = 0;
			for (unsigned k = 0; k < FINER * FINER; k++)
				sum += pixels[(y * FINER + k / FINER) * stride + x * FINER + k % FINER];
			ret[(size_t)y * frame->width + x] =
				(uint8_t)((sum + FINER * FINER / 2) / (FINER * FINER));
		}
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
}

/* All signs of the table, pieces put together included: one rasteriser each for the coverage and the curves.
 * FreeType flattens curves to within an eighth of a pixel, 32 of 255, which is most of what differs. */
Test(raster, cairo, .description = "THE-12: the quadratics of every sign, filled by Cairo, are its coverage")
{
	struct difference all = {0};
	for (uint32_t i = 0; i < font_n_signs; i++) {
		struct font_bitmap ours, theirs;
		const struct font_quadratic *q;
		uint32_t glyph = font_glyph(fonts, FONT_MUSIC, font_sign[i].code),
			 n = font_outline(fonts, FONT_MUSIC, glyph, &q);
		cr_assert_neq(glyph, 0, "%s", font_sign[i].name);
		cr_assert_eq(font_raster(fonts, FONT_MUSIC, glyph, 192 * 64, 0, 1, &ours), 0, "%s",
			font_sign[i].name);
		cr_assert((n == 0) == (ours.width == 0), "%s", font_sign[i].name);
		if (n == 0)
			continue;
		uint8_t *pixels = malloc((size_t)ours.width * ours.height);
		theirs = ours;
		theirs.coverage = pixels;
		by_cairo(q, n, 192, &ours, pixels);
		struct difference one = {0};
		compare(&ours, &theirs, &one);
		cr_assert_lt(one.sum / one.inked, 5, "%s: mean %f", font_sign[i].name, one.sum / one.inked);
		all.sum += one.sum;
		all.inked += one.inked;
		all.far += one.far;
		free(pixels);
	}
	fprintf(stderr,
		"all signs at 48 px a space against Cairo: mean error %.3f, %u of %u pixels off by more than "
		"32\n",
		all.sum / all.inked, all.far, all.inked);
	cr_assert_lt(all.sum / all.inked, 1.5);
	cr_assert_lt(all.far, all.inked / 300);
}

/* The box is the outline's: no curve leaves it, and one touches each side. */
Test(raster, boxes, .description = "THE-12: the box of a sign's ink is exactly its curves'")
{
	for (uint32_t i = 0; i < font_n_signs; i++) {
		const struct font_quadratic *q;
		uint32_t glyph = font_glyph(fonts, FONT_MUSIC, font_sign[i].code),
			 n = font_outline(fonts, FONT_MUSIC, glyph, &q);
		struct font_box box = font_ink(fonts, FONT_MUSIC, glyph), seen = {9, 9, -9, -9};
		for (uint32_t k = 0; k < n * 33; k++) {
			const struct font_quadratic *c = &q[k / 33];
			float t = (float)(k % 33) / 32, u = 1 - t;
			float x = u * u * c->x0 + 2 * u * t * c->cx + t * t * c->x1,
			      y = u * u * c->y0 + 2 * u * t * c->cy + t * t * c->y1;
			seen = (struct font_box){
				fminf(seen.x0, x), fminf(seen.y0, y), fmaxf(seen.x1, x), fmaxf(seen.y1, y)};
		}
		if (n == 0)
			continue;
		cr_assert_float_eq(seen.x0, box.x0, 0.002, "%s", font_sign[i].name);
		cr_assert_float_eq(seen.y0, box.y0, 0.002, "%s", font_sign[i].name);
		cr_assert_float_eq(seen.x1, box.x1, 0.002, "%s", font_sign[i].name);
		cr_assert_float_eq(seen.y1, box.y1, 0.002, "%s", font_sign[i].name);
	}
}

/* Each is empty in the coverage of its sign, and the flat's are as wide as its stem leaves. */
Test(raster, cutouts, .description = "THE-13: free corners of accidentals hold no ink")
{
	const float px = 100;
	for (uint32_t code = 0xe260; code <= 0xe26b; code++) {
		const struct engrave_glyph *g = &font_metrics(fonts)->glyph[code - ENGRAVE_CODE_FIRST];
		const float box[4][4] = {{g->cut_ne[0], g->cut_ne[1], g->x1, g->y1},
			{g->x0, g->cut_nw[1], g->cut_nw[0], g->y1},
			{g->x0, g->y0, g->cut_sw[0], g->cut_sw[1]},
			{g->cut_se[0], g->y0, g->x1, g->cut_se[1]}};
		struct font_bitmap b;
		if (!g->is_there)
			continue;
		cr_assert_eq(font_raster(fonts, FONT_MUSIC, font_glyph(fonts, FONT_MUSIC, code),
				     (uint32_t)px * 4 * 64, 0, 1, &b),
			0);
		/* Two pixels of grain. */
		for (unsigned i = 0; i < 4; i++)
			for (int y = (int)(box[i][1] * px) + 3; y < (int)(box[i][3] * px) - 3; y++)
				for (int x = (int)(box[i][0] * px) + 3; x < (int)(box[i][2] * px) - 3; x++)
					cr_assert_eq(at(&b, x, y), 0, "U+%X, corner %u: ink at %d, %d", code,
						i, x, y);
	}
	const struct engrave_glyph *flat = &font_metrics(fonts)->glyph[0x260];
	cr_assert_lt(flat->cut_ne[0], 0.4f);
	cr_assert_lt(flat->cut_ne[1], 0.9f);
	cr_assert_eq(flat->cut_nw[0], flat->x0, "no room left of its stem");
}

Test(raster, refusals, .description = "THR-09: no such glyph, face or size: refused, nothing drawn")
{
	struct font_bitmap b;
	const struct font_quadratic *q;
	uint32_t head = font_glyph(fonts, FONT_MUSIC, 0xe0a4);
	cr_assert_eq(font_raster(fonts, FONT_MUSIC, 0, 64, 0, 1, &b), -ENOENT);
	cr_assert_eq(font_raster(fonts, FONT_MUSIC, UINT32_MAX, 64, 0, 1, &b), -ENOENT);
	cr_assert_eq(font_raster(fonts, FONT_TEXT, 1u << 30, 64, 0, 1, &b), -ENOENT);
	cr_assert_eq(font_raster(fonts, (enum font_face)77, 1, 64, 0, 1, &b), -ENOENT);
	cr_assert_eq(font_raster(fonts, FONT_MUSIC, head, 0, 0, 1, &b), -E2BIG);
	cr_assert_eq(font_raster(fonts, FONT_MUSIC, head, 1024 * 64 + 1, 0, 1, &b), -E2BIG);
	cr_assert_eq(font_raster(fonts, FONT_MUSIC, head, 1024 * 64, 0, 1, &b), 0);
	cr_assert_eq(font_raster(fonts, FONT_MUSIC, head, 640, 0, NAN, &b), -E2BIG);
	cr_assert_eq(font_outline(fonts, FONT_MUSIC, 0, &q), 0);
	cr_assert_eq(font_outline(fonts, FONT_TEXT, font_glyph(fonts, FONT_TEXT, ' '), &q), 0,
		"a space has no ink");
}
