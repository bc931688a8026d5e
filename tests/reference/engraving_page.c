/* SPDX-License-Identifier: MIT */
/*
 * Pages as pictures, to be looked at.
 *     engraving-page OUT-FOLDER FILE[:PAGE]...      PAGE from 1, 1 without
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>
#include <score/format.h>

#include "shapes_cairo.h"

#define PIXELS_A_SPACE 12

static struct score *read_score(const char *path)
{
	static struct score_report report;
	static uint8_t bytes[16u << 20];
	struct score *score = NULL;
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	const size_t n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	const char *slash = strrchr(path, '/');
	const struct score_import import = {.alloc = &score_heap, .name = slash ? slash + 1 : path};
	report = (struct score_report){0};
	return score_import(bytes, n, &import, &report, &score, NULL) < 0 ? NULL : score;
}

static int draw(const char *out, const char *path, unsigned page, struct font_set *fonts)
{
	char name[4096];
	struct score *score = read_score(path);
	struct engraving *e = NULL;
	const struct engrave_options options = engrave_default_options();
	int rc = score ? engrave(score, &options, font_metrics(fonts), NULL, NULL, &e) : -1;
	if (rc == 0 && page - 1 < e->n_pages) {
		const struct engrave_page *p = &e->page[page - 1];
		const char *slash = strrchr(path, '/');
		const struct engrave_rect *last = &e->system[p->first_system + p->n_systems - 1].rect;
		const float height = last->y + last->h + options.margin / 2; /* no empty paper */
		const struct shapes_cairo view = {.shape = e->shape + p->first_shape,
			.n = p->n_shapes,
			.fonts = fonts,
			.scale = PIXELS_A_SPACE};
		(void)snprintf(name, sizeof(name), "%s/%s-%u.png", out, slash ? slash + 1 : path, page);
		rc = shapes_cairo_png(name, (uint32_t)(p->width * PIXELS_A_SPACE),
			(uint32_t)(height * PIXELS_A_SPACE), &view);
	}
	engraving_free(e);
	score_unref(score);
	return rc;
}

int main(int argc, char **argv)
{
	struct font_set *fonts;
	char error[512];
	if (argc < 3 || font_open(NULL, &fonts, error, sizeof(error)) < 0) {
		(void)fprintf(stderr, "engraving-page OUT-FOLDER FILE[:PAGE]...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		char *colon = strrchr(argv[i], ':');
		const unsigned page = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 1;
		if (colon)
			*colon = 0;
		if (draw(argv[1], argv[i], page ? page : 1, fonts) < 0)
			(void)fprintf(stderr, "%s: not engraved\n", argv[i]);
	}
	font_close(fonts);
	return 0;
}
