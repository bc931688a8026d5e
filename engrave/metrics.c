/* SPDX-License-Identifier: MIT */
#include <engrave/metrics.h>

const struct engrave_glyph *engrave_glyph(const struct engrave_metrics *m, uint32_t code)
{
	static const struct engrave_glyph missing = {.x1 = 1,
		.y0 = -0.5f,
		.y1 = 0.5f,
		.advance = 1,
		.cut_ne = {1, 0.5f},
		.cut_se = {1, -0.5f},
		.cut_sw = {0, -0.5f},
		.cut_nw = {0, 0.5f}};
	return code < ENGRAVE_CODE_FIRST || code > ENGRAVE_CODE_LAST ? &missing
								     : &m->glyph[code - ENGRAVE_CODE_FIRST];
}
