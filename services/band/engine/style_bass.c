/* SPDX-License-Identifier: MIT */
/* One style's comp and drums with another's bass. */
#include <errno.h>
#include <stdlib.h>

#include "style_internal.h"

static uint32_t common_bars(uint32_t a, uint32_t b)
{
	for (uint32_t bars = a; bars <= BAND_PATTERN_BARS; bars += a) {
		if (bars % b == 0)
			return bars;
	}
	return a > b ? a : b; /* the shorter one is cut at the seam */
}

/** A line of `bars` bars over and over, for `all_bars`. */
static int unroll(const struct band_line *line, uint32_t bars, uint32_t all_bars, double bar_beats,
	struct band_line *ret)
{
	const uint32_t times = (all_bars + bars - 1) / bars;

	if (line->n_hits == 0)
		return 0;
	ret->hit = calloc((size_t)line->n_hits * times, sizeof(*ret->hit));
	if (!ret->hit)
		return -ENOMEM;
	for (uint32_t i = 0; i < times; i++) {
		for (uint32_t k = 0; k < line->n_hits; k++) {
			struct band_hit hit = line->hit[k];

			hit.beat += i * bars * bar_beats;
			if (hit.beat < all_bars * bar_beats)
				ret->hit[ret->n_hits++] = hit;
		}
	}
	return 0;
}

static struct band_pattern *join(
	const struct band_pattern *own, const struct band_pattern *bass, double bar_beats)
{
	struct band_pattern *ret = calloc(1, sizeof(*ret));
	int rc = 0;

	if (!ret)
		return NULL;
	ret->bars = (uint16_t)common_bars(own->bars, bass->bars);
	for (uint32_t part = 0; part < BAND_N_PARTS && rc == 0; part++) {
		const struct band_pattern *from = part == BAND_BASS ? bass : own;

		rc = unroll(&from->line[part], from->bars, ret->bars, bar_beats, &ret->line[part]);
	}
	if (rc == 0)
		return ret;
	band_pattern_free(ret);
	return NULL;
}

int band_style_take_bass(struct band_style *style, const struct band_style *from)
{
	const double bar_beats = style->meter_num * 4.0 / style->meter_den;
	struct band_pattern *joined[BAND_N_INTENSITIES] = {0};

	for (uint32_t i = 0; i < BAND_N_INTENSITIES; i++) {
		const struct band_pattern *own =
			style->pattern[i] ? style->pattern[i] : style->pattern[BAND_MEDIUM];
		const struct band_pattern *bass =
			from->pattern[i] ? from->pattern[i] : from->pattern[BAND_MEDIUM];

		if (!style->pattern[i] && !from->pattern[i])
			continue;
		joined[i] = join(own, bass, bar_beats);
		if (!joined[i]) {
			while (i > 0)
				band_pattern_free(joined[--i]);
			return -ENOMEM;
		}
	}
	for (uint32_t i = 0; i < BAND_N_INTENSITIES; i++) {
		band_pattern_free(style->pattern[i]);
		style->pattern[i] = joined[i];
	}
	style->program[BAND_BASS] = from->program[BAND_BASS];
	return 0;
}
