/* SPDX-License-Identifier: MIT */
/* Outlines, loaded once and kept, and as quadratic curves. spec/theater.md 3. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <freetype/ftbbox.h>

#include "font_impl.h"

/* Cubics become quadratics that are at most this far away, in em: a fifth of a unit of a thousand. */
static const double tolerance = 0.0002;

struct pen {
	struct font_quadratic *to;
	uint32_t n, max;
	double unit, x, y;
};

static void quadratic_to(struct pen *pen, double cx, double cy, double x, double y)
{
	if (pen->n < pen->max)
		pen->to[pen->n] = (struct font_quadratic){
			(float)pen->x, (float)pen->y, (float)cx, (float)cy, (float)x, (float)y};
	pen->n++;
	pen->x = x;
	pen->y = y;
}

static int on_move(const FT_Vector *to, void *data)
{
	struct pen *pen = data;
	pen->x = (double)to->x * pen->unit;
	pen->y = -(double)to->y * pen->unit;
	return 0;
}

static int on_line(const FT_Vector *to, void *data)
{
	struct pen *pen = data;
	double x = (double)to->x * pen->unit, y = -(double)to->y * pen->unit;
	if (x != pen->x || y != pen->y)
		quadratic_to(pen, (pen->x + x) / 2, (pen->y + y) / 2, x, y);
	return 0;
}

static int on_quadratic(const FT_Vector *c, const FT_Vector *to, void *data)
{
	struct pen *pen = data;
	quadratic_to(pen, (double)c->x * pen->unit, -(double)c->y * pen->unit, (double)to->x * pen->unit,
		-(double)to->y * pen->unit);
	return 0;
}

/* Place and direction (a third of the derivative) of a cubic. */
static double cubic_at(const double p[4], double t)
{
	double s = 1 - t;
	return s * s * s * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t * t * t * p[3];
}

static double cubic_slope(const double p[4], double t)
{
	double s = 1 - t;
	return s * s * (p[1] - p[0]) + 2 * s * t * (p[2] - p[1]) + t * t * (p[3] - p[2]);
}

static int on_cubic(const FT_Vector *c1, const FT_Vector *c2, const FT_Vector *to, void *data)
{
	struct pen *pen = data;
	double x[4] = {
		pen->x, (double)c1->x * pen->unit, (double)c2->x * pen->unit, (double)to->x * pen->unit};
	double y[4] = {
		pen->y, -(double)c1->y * pen->unit, -(double)c2->y * pen->unit, -(double)to->y * pen->unit};
	double third = hypot(x[3] - 3 * x[2] + 3 * x[1] - x[0], y[3] - 3 * y[2] + 3 * y[1] - y[0]);
	double parts = ceil(cbrt(sqrt(3.0) / 36 * third / tolerance));
	int n = parts < 1 ? 1 : parts > 16 ? 16 : (int)parts;
	for (int i = 0; i < n; i++) {
		double t0 = (double)i / n, t1 = (double)(i + 1) / n, half = 1.5 / n;
		/* Of the cubic's piece: (3 c1 + 3 c2 - p0 - p3) / 4. */
		double x0 = cubic_at(x, t0), y0 = cubic_at(y, t0), x1 = cubic_at(x, t1), y1 = cubic_at(y, t1);
		double cx = (x0 + x1) / 2 + half / 2 * (cubic_slope(x, t0) - cubic_slope(x, t1));
		double cy = (y0 + y1) / 2 + half / 2 * (cubic_slope(y, t0) - cubic_slope(y, t1));
		quadratic_to(pen, cx, cy, i == n - 1 ? x[3] : x1, i == n - 1 ? y[3] : y1);
	}
	return 0;
}

static const FT_Outline_Funcs to_quadratics = {on_move, on_line, on_quadratic, on_cubic, 0, 0};

static void make_quadratics(struct font_set *fonts, struct font_shape_outline *outline)
{
	struct pen count = {.unit = 1.0 / outline->units};
	outline->has_quadratics = 1;
	if (outline->ft.n_points <= 0 || FT_Outline_Decompose(&outline->ft, &to_quadratics, &count))
		return;
	size_t size = count.n * sizeof *outline->quadratic;
	if (count.n == 0 || fonts->outline_bytes + size > FONT_OUTLINES_MAX)
		return;
	struct pen pen = {.unit = count.unit, .max = count.n, .to = malloc(size)};
	if (!pen.to)
		return;
	FT_Outline_Decompose(&outline->ft, &to_quadratics, &pen);
	outline->quadratic = pen.to;
	outline->n_quadratics = count.n;
	fonts->outline_bytes += size;
}

static int load_glyph(const struct font_set *fonts, const struct font_file *file, FT_UInt index,
	const FT_Matrix *matrix, struct font_shape_outline *ret)
{
	if (!file->ft || FT_Load_Glyph(file->ft, index, FT_LOAD_NO_SCALE | FT_LOAD_NO_HINTING) ||
		file->ft->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
		return -ENOENT;
	ret->units = file->units;
	ret->advance = (float)((double)file->ft->glyph->metrics.horiAdvance / file->units);
	return font_append_outline(
		fonts->library, &ret->ft, &file->ft->glyph->outline, matrix, (FT_Vector){0, 0});
}

/* Notes in a line of text stand on the base line, a little smaller than between staff lines. */
static int is_note(uint32_t code)
{
	return (code >= 0xe1d0 && code <= 0xe1ef) || (code >= 0xeca0 && code <= 0xecb7);
}

static int load_sign_in_text(struct font_set *fonts, uint32_t code, struct font_shape_outline *ret)
{
	const struct font_shape_outline *sign = font_get_outline(fonts, FONT_MUSIC, FONT_SIGN(code));
	if (!sign)
		return -ENOENT;
	double scale = is_note(code) ? 0.85 : 1, up = is_note(code) ? 0.5 / 4 : 0;
	FT_Matrix matrix = {lround(scale * 65536), 0, 0, lround(scale * 65536)};
	ret->units = sign->units;
	ret->advance = (float)((double)sign->advance * scale);
	return font_append_outline(
		fonts->library, &ret->ft, &sign->ft, &matrix, (FT_Vector){0, lround(up * sign->units)});
}

static int load_sign(struct font_set *fonts, uint32_t glyph, struct font_shape_outline *ret)
{
	uint32_t n_signs = FONT_SIGN_LAST - FONT_SIGN_FIRST + 1;
	if (glyph > 0x2000 && glyph <= 0x2000 + n_signs)
		return load_sign_in_text(fonts, glyph - 0x2001 + FONT_SIGN_FIRST, ret);
	if (glyph == 0 || glyph > n_signs)
		return -ENOENT;
	uint32_t code = glyph - 1 + FONT_SIGN_FIRST;
	const struct font_file *file = &fonts->file[FONT_MUSIC];
	if (fonts->is_smufl) {
		FT_UInt index = FT_Get_Char_Index(file->ft, code);
		return index ? load_glyph(fonts, file, index, NULL, ret) : -ENOENT;
	}
	const struct sign *sign = font_find_sign(code);
	return sign ? font_build_sign(fonts, sign, ret) : -ENOENT;
}

static struct font_shape_outline *load_outline(struct font_set *fonts, enum font_face face, uint32_t glyph)
{
	struct font_shape_outline made = {.glyph = glyph};
	static const FT_Matrix slant = {0x10000, 0x3333, 0, 0x10000}; /* a fifth, as oblique faces have it */
	const int is_slanted = face == FONT_ITALIC && fonts->is_slanted;
	int rc = face == FONT_MUSIC
			 ? load_sign(fonts, glyph, &made)
			 : load_glyph(fonts, &fonts->file[face], glyph, is_slanted ? &slant : NULL, &made);
	FT_BBox box = {0};
	size_t size = sizeof made + (size_t)made.ft.n_points * (sizeof(FT_Vector) + 1);
	struct font_shape_outline *kept = NULL;
	if (rc == 0 && (made.ft.n_points <= 0 || !FT_Outline_Get_BBox(&made.ft, &box)) &&
		fonts->outline_bytes + size <= FONT_OUTLINES_MAX)
		kept = malloc(sizeof *kept);
	if (!kept) {
		FT_Outline_Done(fonts->library, &made.ft);
		return NULL;
	}
	double unit = 1.0 / made.units;
	made.ink = (struct font_box){(float)((double)box.xMin * unit), (float)(-(double)box.yMax * unit),
		(float)((double)box.xMax * unit), (float)(-(double)box.yMin * unit)};
	*kept = made;
	fonts->outline_bytes += size;
	return kept;
}

static uint32_t slot_of(const struct font_outlines *cache, uint32_t glyph)
{
	uint32_t i = glyph * 2654435761u & (cache->n_slots - 1);
	while (cache->slot[i] && cache->slot[i]->glyph != glyph)
		i = (i + 1) & (cache->n_slots - 1);
	return i;
}

static int grow(struct font_outlines *cache)
{
	struct font_outlines larger = {.n = cache->n, .n_slots = cache->n_slots ? cache->n_slots * 2 : 256};
	if (!(larger.slot = calloc(larger.n_slots, sizeof *larger.slot)))
		return -ENOMEM;
	for (uint32_t i = 0; i < cache->n_slots; i++)
		if (cache->slot[i])
			larger.slot[slot_of(&larger, cache->slot[i]->glyph)] = cache->slot[i];
	free(cache->slot);
	*cache = larger;
	return 0;
}

const struct font_shape_outline *font_get_outline(struct font_set *fonts, enum font_face face, uint32_t glyph)
{
	if ((unsigned)face >= FONT_N_FACES)
		return NULL;
	struct font_outlines *cache = &fonts->outlines[face];
	if (cache->n_slots) {
		struct font_shape_outline *known = cache->slot[slot_of(cache, glyph)];
		if (known)
			return known;
	}
	struct font_shape_outline *made = load_outline(fonts, face, glyph);
	if (!made)
		return NULL;
	/* After loading: a sign in text loads the sign, which may make the table grow. */
	if (cache->n * 2 >= cache->n_slots && grow(cache) < 0) {
		fonts->outline_bytes -= sizeof *made + (size_t)made->ft.n_points * (sizeof(FT_Vector) + 1);
		FT_Outline_Done(fonts->library, &made->ft);
		free(made);
		return NULL;
	}
	cache->slot[slot_of(cache, glyph)] = made;
	cache->n++;
	return made;
}

void font_outlines_free(struct font_set *fonts)
{
	for (unsigned face = 0; face < FONT_N_FACES; face++) {
		struct font_outlines *cache = &fonts->outlines[face];
		for (uint32_t i = 0; i < cache->n_slots; i++) {
			if (!cache->slot[i])
				continue;
			FT_Outline_Done(fonts->library, &cache->slot[i]->ft);
			free(cache->slot[i]->quadratic);
			free(cache->slot[i]);
		}
		free(cache->slot);
		*cache = (struct font_outlines){0};
	}
}

uint32_t font_outline(
	struct font_set *fonts, enum font_face face, uint32_t glyph, const struct font_quadratic **ret)
{
	/* The cache owns it, and nobody else uses the set meanwhile. */
	struct font_shape_outline *outline =
		(struct font_shape_outline *)font_get_outline(fonts, face, glyph);
	*ret = NULL;
	if (!outline)
		return 0;
	if (!outline->has_quadratics)
		make_quadratics(fonts, outline);
	*ret = outline->quadratic;
	return outline->n_quadratics;
}

struct font_box font_ink(struct font_set *fonts, enum font_face face, uint32_t glyph)
{
	const struct font_shape_outline *outline = font_get_outline(fonts, face, glyph);
	return outline ? outline->ink : (struct font_box){0};
}
