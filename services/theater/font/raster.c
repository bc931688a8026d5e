/* SPDX-License-Identifier: MIT */
/* Coverage of a glyph by FreeType's exact-area raster: not hinted, at a phase of a quarter pixel. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "font_impl.h"

#define EM_MAX (1024u * 64)
#define SIDE_MAX 8192
#define AREA_MAX (32u << 20)

static int draw(struct font_set *fonts, FT_Outline *outline, struct font_bitmap *ret)
{
	FT_BBox box;
	FT_Outline_Get_CBox(outline, &box);
	FT_Pos left = box.xMin >> 6, bottom = box.yMin >> 6;
	FT_Pos width = ((box.xMax + 63) >> 6) - left, height = ((box.yMax + 63) >> 6) - bottom;
	*ret = (struct font_bitmap){0};
	if (outline->n_points <= 0 || width <= 0 || height <= 0)
		return 0;
	if (width > SIDE_MAX || height > SIDE_MAX || (size_t)width * (size_t)height > AREA_MAX)
		return -E2BIG;
	size_t size = (size_t)width * (size_t)height;
	if (size > fonts->scratch_size) {
		uint8_t *larger = realloc(fonts->scratch, size);
		if (!larger)
			return -ENOMEM;
		fonts->scratch = larger;
		fonts->scratch_size = size;
	}
	memset(fonts->scratch, 0, size);
	FT_Outline_Translate(outline, -left * 64, -bottom * 64);
	FT_Bitmap bitmap = {.rows = (unsigned)height,
		.width = (unsigned)width,
		.pitch = (int)width,
		.buffer = fonts->scratch,
		.num_grays = 256,
		.pixel_mode = FT_PIXEL_MODE_GRAY};
	FT_Error failed = FT_Outline_Get_Bitmap(fonts->library, outline, &bitmap);
	if (failed)
		return failed == FT_Err_Out_Of_Memory ? -ENOMEM : -ENOENT;
	*ret = (struct font_bitmap){.left = (int32_t)left,
		.top = (int32_t)(bottom + height),
		.width = (uint32_t)width,
		.height = (uint32_t)height,
		.coverage = fonts->scratch};
	return 0;
}

int font_raster(struct font_set *fonts, enum font_face face, uint32_t glyph, uint32_t em_px_64,
	unsigned phase, float narrow, struct font_bitmap *ret)
{
	const struct font_shape_outline *outline = font_get_outline(fonts, face, glyph);
	if (!outline)
		return -ENOENT;
	if (em_px_64 == 0 || em_px_64 > EM_MAX || !(narrow > 0 && narrow <= 4))
		return -E2BIG;
	double scale = (double)em_px_64 / outline->units, scale_x = scale * (double)narrow;
	FT_Outline scaled = {0};
	int rc = font_append_outline(fonts->library, &scaled, &outline->ft, NULL, (FT_Vector){0, 0});
	for (int i = 0; rc == 0 && i < scaled.n_points; i++) {
		scaled.points[i].x = lround((double)scaled.points[i].x * scale_x) + (FT_Pos)(phase & 3) * 16;
		scaled.points[i].y = lround((double)scaled.points[i].y * scale);
	}
	if (rc == 0)
		rc = draw(fonts, &scaled, ret);
	FT_Outline_Done(fonts->library, &scaled);
	return rc;
}
