/* SPDX-License-Identifier: MIT */
/* Emmentaler's signs, put together from its glyphs as emmentaler.c says. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <freetype/ftbbox.h>

#include "font_impl.h"

/* Signs are kept in sixteenths of the font's units, so that pieces that are scaled lose nothing. */
enum { FINE = 16 };

/* FreeType's releases differ in the sign of these. */
typedef typeof(*(FT_Outline){0}.contours) contour_end;
typedef typeof(*(FT_Outline){0}.tags) point_tag;

static double units_a_space(const struct font_set *fonts)
{
	return fonts->file[FONT_MUSIC].units * FINE / 4.0;
}

static int append_points(FT_Library library, FT_Outline *to, const FT_Vector *points, const point_tag *tags,
	uint32_t n_points, const contour_end *ends, uint32_t n_contours)
{
	FT_Outline sum;
	uint32_t before = (uint32_t)to->n_points, contours = (uint32_t)to->n_contours;
	if (before + n_points > FONT_POINTS_MAX)
		return -E2BIG;
	if (FT_Outline_New(library, before + n_points, (FT_Int)(contours + n_contours), &sum))
		return -ENOMEM;
	if (before) {
		memcpy(sum.points, to->points, before * sizeof *sum.points);
		memcpy(sum.tags, to->tags, before * sizeof *sum.tags);
		memcpy(sum.contours, to->contours, contours * sizeof *sum.contours);
	}
	memcpy(sum.points + before, points, n_points * sizeof *points);
	memcpy(sum.tags + before, tags, n_points);
	for (uint32_t i = 0; i < n_contours; i++)
		sum.contours[contours + i] = (contour_end)(ends[i] + before);
	FT_Outline_Done(library, to);
	*to = sum;
	return 0;
}

int font_append_outline(
	FT_Library library, FT_Outline *to, const FT_Outline *from, const FT_Matrix *matrix, FT_Vector move)
{
	if (from->n_points <= 0)
		return 0;
	uint32_t before = (uint32_t)to->n_points;
	int rc = append_points(library, to, from->points, from->tags, (uint32_t)from->n_points,
		from->contours, (uint32_t)from->n_contours);
	if (rc < 0)
		return rc;
	for (uint32_t i = before; i < (uint32_t)to->n_points; i++) {
		if (matrix)
			FT_Vector_Transform(&to->points[i], matrix);
		to->points[i].x += move.x;
		to->points[i].y += move.y;
	}
	return 0;
}

static int append_polygon(const struct font_set *fonts, FT_Outline *to, const struct sign_part *part)
{
	FT_Vector point[16];
	point_tag tag[16];
	double unit = units_a_space(fonts);
	uint32_t n = part->n_points < 16 ? part->n_points : 16;
	for (uint32_t i = 0; i < n; i++) {
		point[i] = (FT_Vector){
			lround(part->polygon[2 * i] * unit), lround(part->polygon[2 * i + 1] * unit)};
		tag[i] = FT_CURVE_TAG_ON;
	}
	return append_points(
		fonts->library, to, point, tag, n, (const contour_end[]){(contour_end)(n - 1)}, 1);
}

static FT_Matrix part_matrix(const struct sign_part *part)
{
	double scale = (double)FINE * (part->scale > 0 ? (double)part->scale : 1) * 65536,
	       turn = part->turn * (M_PI / 180);
	double c = cos(turn) * scale, s = sin(turn) * scale;
	return (FT_Matrix){lround(c), lround(c * (double)part->shear - s), lround(s),
		lround(s * (double)part->shear + c)};
}

static int load(const struct font_set *fonts, const char *name, FT_GlyphSlot *ret)
{
	for (unsigned i = 0; i < 2; i++) {
		FT_Face face = fonts->file[i == 0 ? FONT_MUSIC : FONT_FILE_BRACE].ft;
		FT_UInt index = face ? FT_Get_Name_Index(face, name) : 0;
		if (index && !FT_Load_Glyph(face, index, FT_LOAD_NO_SCALE | FT_LOAD_NO_HINTING)) {
			*ret = face->glyph;
			return face->glyph->format == FT_GLYPH_FORMAT_OUTLINE ? 0 : -ENOENT;
		}
	}
	return -ENOENT;
}

static void place(FT_Outline *piece, const struct sign_part *part, double unit)
{
	FT_BBox box;
	if (FT_Outline_Get_BBox(piece, &box))
		return;
	FT_Pos x = lround((double)part->x * unit), y = lround((double)part->y * unit);
	if (part->place & LEFT)
		x -= box.xMin;
	if (part->place & CENTER)
		x -= (box.xMin + box.xMax) / 2;
	if (part->place & BOTTOM)
		y -= box.yMin;
	if (part->place & TOP)
		y -= box.yMax;
	if (part->place & MIDDLE)
		y -= (box.yMin + box.yMax) / 2;
	FT_Outline_Translate(piece, x, y);
}

static int append_part(
	const struct font_set *fonts, FT_Outline *to, const struct sign_part *part, double *ret_advance)
{
	FT_Outline piece = {0};
	FT_GlyphSlot glyph;
	int rc;
	*ret_advance = 0;
	if (part->polygon) {
		rc = append_polygon(fonts, &piece, part);
	} else if ((rc = load(fonts, part->glyph, &glyph)) == 0) {
		FT_Matrix matrix = part_matrix(part);
		rc = font_append_outline(fonts->library, &piece, &glyph->outline, &matrix, (FT_Vector){0, 0});
		if (!(part->place & (LEFT | CENTER)) && !part->turn)
			*ret_advance = (double)glyph->metrics.horiAdvance *
				       (part->scale > 0 ? (double)part->scale : 1) /
				       fonts->file[FONT_MUSIC].units;
	}
	if (rc == 0) {
		place(&piece, part, units_a_space(fonts));
		rc = font_append_outline(fonts->library, to, &piece, NULL, (FT_Vector){0, 0});
	}
	FT_Outline_Done(fonts->library, &piece);
	return rc;
}

/* The font kerns its letters: "ff" is closer than its advances say. */
static int append_letters(
	const struct font_set *fonts, FT_Outline *to, const char *letters, double *ret_advance)
{
	hb_buffer_t *buffer = hb_buffer_create();
	hb_buffer_add_utf8(buffer, letters, -1, 0, -1);
	hb_buffer_set_language(buffer, hb_language_from_string("en", 2));
	hb_buffer_guess_segment_properties(buffer);
	hb_shape(fonts->file[FONT_MUSIC].hb, buffer, NULL, 0);
	unsigned n = 0;
	const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(buffer, &n);
	int rc = n == strlen(letters) ? 0 : -ENOENT;
	double x = 0, ignored;
	for (unsigned i = 0; i < n && rc == 0; i++) {
		struct sign_part part = {.glyph = (const char[]){letters[i], 0},
			.x = (float)(4 * (x + at[i].x_offset / 65536.0))};
		rc = append_part(fonts, to, &part, &ignored);
		x += at[i].x_advance / 65536.0;
	}
	hb_buffer_destroy(buffer);
	*ret_advance = x;
	return rc;
}

int font_build_sign(const struct font_set *fonts, const struct sign *sign, struct font_shape_outline *ret)
{
	FT_Outline all = {0};
	double advance = 0;
	int rc = 0, n = 0;
	if (sign->letters)
		rc = append_letters(fonts, &all, sign->letters, &advance);
	for (; !sign->letters && rc == 0 && n < SIGN_PARTS && (sign->part[n].glyph || sign->part[n].polygon);
		n++)
		rc = append_part(fonts, &all, &sign->part[n], &advance);
	FT_BBox box = {0};
	if (rc == 0 && all.n_points > 0 && FT_Outline_Get_BBox(&all, &box))
		rc = -ENOENT;
	if (rc < 0) {
		FT_Outline_Done(fonts->library, &all);
		return rc;
	}
	ret->units = fonts->file[FONT_MUSIC].units * FINE;
	ret->ft = all;
	if (n > 1 || (!sign->letters && advance <= 0))
		advance = (double)box.xMax / ret->units;
	ret->advance = (float)advance;
	return 0;
}
