/* SPDX-License-Identifier: MIT */
/* A style file of whoever wrote it: refused with a reason, or a style within its limits that can be copied
 * and mixed. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "style.h"
#include "style_internal.h"

static void check_pattern(const struct band_style *style, const struct band_pattern *pattern)
{
	const double end = pattern->bars * style->meter_num * 4.0 / style->meter_den;

	FUZZ_CHECK(pattern->bars >= 1 && pattern->bars <= BAND_PATTERN_BARS);
	for (uint32_t part = 0; part < BAND_N_PARTS; part++) {
		const struct band_line *line = &pattern->line[part];

		for (uint32_t i = 0; i < line->n_hits; i++) {
			FUZZ_CHECK(line->hit[i].beat >= 0 && line->hit[i].beat < end && line->hit[i].len > 0);
			FUZZ_CHECK(line->hit[i].velocity >= 1 && line->hit[i].velocity <= 127);
			FUZZ_CHECK(part == BAND_DRUMS ? line->hit[i].tone <= 127
						      : line->hit[i].tone < BAND_N_TONES);
			FUZZ_CHECK(i == 0 || line->hit[i - 1].beat <= line->hit[i].beat);
		}
	}
}

static void check_style(const struct band_style *style)
{
	FUZZ_CHECK(style->name[0] && style->meter_num > 0 && style->meter_den > 0);
	FUZZ_CHECK(style->tempo_min <= style->tempo_usual && style->tempo_usual <= style->tempo_max);
	FUZZ_CHECK(style->swing >= 0 && style->swing <= 1 && style->n_ghost_steps <= BAND_STEPS_MAX);
	FUZZ_CHECK(style->ghost_len_beats > 0 && style->pattern[BAND_MEDIUM]);
	for (uint32_t i = 0; i < BAND_N_INTENSITIES; i++) {
		if (style->pattern[i])
			check_pattern(style, style->pattern[i]);
	}
	if (style->fill)
		check_pattern(style, style->fill);
	if (style->ending)
		check_pattern(style, style->ending);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct band_report report = {0};
	struct band_style *style = band_style_read((const char *)data, size, &report);

	FUZZ_CHECK((style == NULL) == (report.n_errors > 0));
	if (!style)
		return 0;
	check_style(style);
	struct band_style *copy = band_style_copy(style);
	FUZZ_CHECK(copy && band_style_take_bass(copy, style) == 0);
	check_style(copy);
	char *text = band_style_content(style), *of_copy = band_style_content(copy);
	/* Its own bass taken once more is the same style, but that intensities borrow what they borrow
	 * anyway. */
	FUZZ_CHECK(text && of_copy && strcmp(text, of_copy) == 0);
	free(text);
	free(of_copy);
	band_style_free(copy);
	band_style_free(style);
	return 0;
}
