/* SPDX-License-Identifier: MIT */
/* The registry, and styles as objects. */
#include "style.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "style_internal.h"

struct band_styles {
	struct band_style **style;
	uint32_t n_styles, n_room;
};

struct band_pattern *band_pattern_copy(const struct band_pattern *pattern)
{
	struct band_pattern *ret = calloc(1, sizeof(*ret));

	if (!ret)
		return NULL;
	ret->bars = pattern->bars;
	for (uint32_t part = 0; part < BAND_N_PARTS; part++) {
		const struct band_line *from = &pattern->line[part];

		if (from->n_hits == 0)
			continue;
		ret->line[part].hit = calloc(from->n_hits, sizeof(*from->hit));
		if (!ret->line[part].hit) {
			band_pattern_free(ret);
			return NULL;
		}
		memcpy(ret->line[part].hit, from->hit, from->n_hits * sizeof(*from->hit));
		ret->line[part].n_hits = from->n_hits;
	}
	return ret;
}

void band_pattern_free(struct band_pattern *pattern)
{
	if (!pattern)
		return;
	for (uint32_t part = 0; part < BAND_N_PARTS; part++)
		free(pattern->line[part].hit);
	free(pattern);
}

/** @return false: no memory. */
static bool copy_to(struct band_pattern **to, const struct band_pattern *from)
{
	*to = from ? band_pattern_copy(from) : NULL;
	return !from || *to;
}

struct band_style *band_style_copy(const struct band_style *style)
{
	struct band_style *ret = malloc(sizeof(*ret));

	if (!ret)
		return NULL;
	*ret = *style;
	bool ok = copy_to(&ret->fill, style->fill);
	ok = copy_to(&ret->ending, style->ending) && ok;
	for (uint32_t i = 0; i < BAND_N_INTENSITIES; i++)
		ok = copy_to(&ret->pattern[i], style->pattern[i]) && ok;
	if (ok)
		return ret;
	band_style_free(ret);
	return NULL;
}

void band_style_free(struct band_style *style)
{
	if (!style)
		return;
	for (uint32_t i = 0; i < BAND_N_INTENSITIES; i++)
		band_pattern_free(style->pattern[i]);
	band_pattern_free(style->fill);
	band_pattern_free(style->ending);
	free(style);
}

static const struct band_style *find(const struct band_styles *styles, const char *name)
{
	for (uint32_t i = 0; i < styles->n_styles; i++) {
		if (strcmp(styles->style[i]->name, name) == 0)
			return styles->style[i];
	}
	return NULL;
}

int band_styles_add(struct band_styles *styles, struct band_style *style)
{
	if (find(styles, style->name))
		return -EEXIST;
	if (styles->n_styles == styles->n_room) {
		const uint32_t n_room = styles->n_room ? styles->n_room * 2 : 128;

		struct band_style **grown = reallocarray(styles->style, n_room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		styles->style = grown;
		styles->n_room = n_room;
	}
	styles->style[styles->n_styles++] = style;
	return 0;
}

static int add_built_in(struct band_styles *styles, struct band_report *report)
{
	for (const struct band_style_file *file = band_style_files; file->name; file++) {
		struct band_style *style = band_style_read(file->json, strlen(file->json), report);

		if (!style)
			continue; /* reported; the styles' test keeps this from being shipped */
		style->is_reference = file->is_reference;
		const int rc = band_styles_add(styles, style);
		if (rc < 0)
			band_style_free(style);
		if (rc == -ENOMEM)
			return rc;
	}
	return 0;
}

struct band_styles *band_styles_new(const char *dir, struct band_report *report)
{
	struct band_styles *styles = calloc(1, sizeof(*styles));

	if (!styles)
		return NULL;
	if (add_built_in(styles, report) < 0 || (dir && band_styles_add_folder(styles, dir, report) < 0)) {
		band_styles_free(styles);
		return NULL;
	}
	return styles;
}

void band_styles_free(struct band_styles *styles)
{
	if (!styles)
		return;
	for (uint32_t i = 0; i < styles->n_styles; i++)
		band_style_free(styles->style[i]);
	free(styles->style);
	free(styles);
}

uint32_t band_styles_count(const struct band_styles *styles)
{
	return styles->n_styles;
}

const struct band_style *band_styles_at(const struct band_styles *styles, uint32_t i)
{
	return i < styles->n_styles ? styles->style[i] : NULL;
}

const struct band_style *band_styles_find(const struct band_styles *styles, const char *name)
{
	const struct band_style *style = find(styles, name);

	for (const struct band_style_alias *a = band_style_aliases; !style && a->alias; a++) {
		if (strcmp(a->alias, name) == 0)
			style = find(styles, a->name);
	}
	return style;
}

double band_style_scale(const struct band_style *style, uint16_t meter_num, uint16_t meter_den)
{
	const bool is_compound = style->meter_den == 8 && style->meter_num > 3 && style->meter_num % 3 == 0;

	return is_compound && meter_den == 4 && meter_num > 1 ? 2.0 / 3 : 1;
}

/** Letters to change, add or leave out. */
static uint32_t distance(const char *a, const char *b)
{
	uint32_t row[BAND_STYLE_NAME_MAX];
	const uint32_t n = (uint32_t)strnlen(b, BAND_STYLE_NAME_MAX - 1);

	for (uint32_t j = 0; j <= n; j++)
		row[j] = j;
	for (uint32_t i = 1; *a && i < BAND_STYLE_NAME_MAX; a++, i++) {
		uint32_t diagonal = row[0];

		row[0] = i;
		for (uint32_t j = 1; j <= n; j++) {
			const uint32_t change = diagonal + (*a != b[j - 1]);
			const uint32_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < other ? change : other;
		}
	}
	return row[n];
}

const struct band_style *band_styles_near(const struct band_styles *styles, const char *name)
{
	const struct band_style *best = NULL;
	uint32_t best_distance = (uint32_t)strnlen(name, BAND_STYLE_NAME_MAX) / 2 + 1;

	for (uint32_t i = 0; *name && i < styles->n_styles; i++) {
		const char *other = styles->style[i]->name;
		const uint32_t d = strstr(other, name) || strstr(name, other) ? 1 : distance(name, other);

		if (d < best_distance) {
			best = styles->style[i];
			best_distance = d;
		}
	}
	return best;
}
