/* SPDX-License-Identifier: MIT */
/* SMuFL metadata: whatever the bytes, a place is named or the numbers are within their ranges. */
#include <math.h>
#include <string.h>

#include "font_impl.h"
#include "fuzz.h"

static struct engrave_glyph glyph[ENGRAVE_CODE_LAST - ENGRAVE_CODE_FIRST + 1];

static void check_near(float value)
{
	FUZZ_CHECK(isfinite(value) && fabsf(value) <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engrave_defaults defaults = font_emmentaler_defaults;
	char name[64] = "", error[128] = "";

	memset(glyph, 0, sizeof glyph);
	int rc = font_read_metadata(data, size, glyph, &defaults, name, sizeof name, error, sizeof error);
	FUZZ_CHECK((rc == 0) == (error[0] == 0));
	FUZZ_CHECK(memchr(name, 0, sizeof name) && memchr(error, 0, sizeof error));
	if (rc < 0)
		FUZZ_CHECK(memcmp(&defaults, &font_emmentaler_defaults, sizeof defaults) == 0);
	for (const float *d = &defaults.staff_line; d <= &defaults.text_box; d++)
		FUZZ_CHECK(*d >= 0 && *d <= 10);
	for (uint32_t i = 0; i < font_n_signs; i++) {
		const struct engrave_glyph *g = &glyph[font_sign[i].code - ENGRAVE_CODE_FIRST];
		check_near(g->stem_up_x);
		check_near(g->stem_up_y);
		check_near(g->stem_down_x);
		check_near(g->stem_down_y);
		for (unsigned k = 0; k < 2; k++) {
			check_near(g->cut_ne[k]);
			check_near(g->cut_se[k]);
			check_near(g->cut_sw[k]);
			check_near(g->cut_nw[k]);
		}
	}
	return 0;
}
