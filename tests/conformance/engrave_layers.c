/* SPDX-License-Identifier: MIT */
/*
 * THE-13: what stands outside of the staves keeps off each other, and slurs clear the heads that they pass,
 * held against the corpora of MusicXML, ABC and Guitar Pro. Needs MOS_CORPORA, or ../shared/corpora beside
 * the source; skipped without. Files above LARGE bytes only with MOS_LONG set.
 */
#include <criterion/criterion.h>

#include <math.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/format.h>

#define CORPUS ""
#include "corpus.h"

#define LARGE 60000
#define MAX_SHOWN 12
#define MAX_BOXES 4096
#define SLACK 0.2f

static struct font_set *fonts;
static const struct engrave_metrics *metrics;
static unsigned n_files, n_texts, n_overlaps, n_bows, n_crossings;

static void setup(void)
{
	char error[512] = "";
	cr_assert_eq(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)),
		0, "%s", error);
	metrics = font_metrics(fonts);
	n_files = n_texts = n_overlaps = n_bows = n_crossings = 0;
}

static void teardown(void)
{
	font_close(fonts);
}

struct box {
	float x0, y0, x1, y1;
	uint32_t what; /* code point, layer of a text */
	char text[36];
};

static int is_dynamic(uint32_t code)
{
	return code >= 0xe520 && code <= 0xe53b;
}

static struct box glyph_box(const struct mos_shape *s)
{
	const struct engrave_glyph *g = engrave_glyph(metrics, s->glyph);
	const float k = s->w / 4;
	return (struct box){
		s->x + g->x0 * k, s->y - g->y1 * k, s->x + g->x1 * k, s->y - g->y0 * k, s->glyph, ""};
}

/* All of a text, from its first record and those behind it. */
static struct box text_box(const struct engraving *e, uint32_t i)
{
	static char text[MOS_SHAPE_TEXT_MAX + 1];
	const struct mos_shape *s = &e->shape[i];
	const size_t n = s->glyph;
	memcpy(text, s->p, n < 32 ? n : 32);
	for (size_t at = 32, k = i + 1; at < n; at += 60, k++) {
		cr_assert(k < e->n_shapes && e->shape[k].kind == MOS_SHAPE_MORE);
		memcpy(text + at, (const char *)&e->shape[k] + 4, n - at < 60 ? n - at : 60);
	}
	text[n] = 0;
	const enum engrave_face face = s->flags & MOS_SHAPE_BOLD     ? ENGRAVE_BOLD
				       : s->flags & MOS_SHAPE_ITALIC ? ENGRAVE_ITALIC
								     : ENGRAVE_TEXT;
	float width = metrics->text_width(metrics, face, text, n) * s->h;
	if (s->w > 0)
		width = fminf(width, s->w);
	const float left = s->flags & MOS_SHAPE_CENTER ? width / 2 : s->flags & MOS_SHAPE_RIGHT ? width : 0;
	const float base = s->y + (s->flags & MOS_SHAPE_MIDDLE ? metrics->cap_height * s->h / 2 : 0);
	struct box b = {s->x - left, base - metrics->cap_height * s->h, s->x - left + width,
		base + 0.1f * s->h, s->layer, ""};
	(void)snprintf(b.text, sizeof(b.text), "%.35s", text);
	return b;
}

static int is_word_layer(unsigned layer)
{
	return layer == ENGRAVE_NOTATION || layer == ENGRAVE_LYRICS || layer == ENGRAVE_ANALYSIS ||
	       layer == ENGRAVE_FRAME || layer == ENGRAVE_MARKERS || layer == ENGRAVE_FINGERING;
}

/* One measure that is longer than a line: no layout holds its words. */
static int is_overfull(const struct engraving *e, const struct engrave_system *s)
{
	if (s->n_measures != 1)
		return 0;
	const struct engrave_measure *m = &e->measure[s->first_measure];
	return m->n_columns > 8 && m->rect.w / (float)m->n_columns < 2.2f;
}

static void check_words(const char *path, const struct engraving *e, uint32_t system)
{
	if (is_overfull(e, &e->system[system]))
		return;
	static struct box box[MAX_BOXES];
	unsigned n = 0;
	const struct engrave_system *s = &e->system[system];
	const uint32_t last = s->first_measure + s->n_measures - 1;
	const uint32_t end = s->n_measures ? e->measure[last].first_shape + e->measure[last].n_shapes
					   : s->first_shape + s->n_shapes;
	for (uint32_t i = s->first_shape; i < end && n < MAX_BOXES; i++) {
		const struct mos_shape *shape = &e->shape[i];
		if (shape->kind == MOS_SHAPE_TEXT && is_word_layer(shape->layer))
			box[n++] = text_box(e, i);
		else if (shape->kind == MOS_SHAPE_GLYPH && is_dynamic(shape->glyph))
			box[n++] = glyph_box(shape);
	}
	for (uint32_t i = 0; i < e->n_chords && n < MAX_BOXES; i++) {
		const struct engrave_rect r = e->chord[i].rect;
		if (e->chord[i].system == system)
			box[n++] = (struct box){
				r.x, r.y + 0.2f, r.x + r.w, r.y + r.h - 0.3f, ENGRAVE_CHORDS, "chord"};
	}
	n_texts += n;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = i + 1; k < n; k++) {
			/* Letters of one dynamic lean into each other. */
			if (is_dynamic(box[i].what) && is_dynamic(box[k].what))
				continue;
			const float across = fminf(box[i].x1, box[k].x1) - fmaxf(box[i].x0, box[k].x0);
			const float down = fminf(box[i].y1, box[k].y1) - fmaxf(box[i].y0, box[k].y0);
			if (across <= SLACK || down <= SLACK)
				continue;
			if (n_overlaps++ < MAX_SHOWN)
				(void)fprintf(stderr,
					"%s: system %u: \"%s\" and \"%s\" overlap at %.1f %.1f by %.2f x "
					"%.2f\n",
					path, system, box[i].text, box[k].text, (double)box[k].x0,
					(double)box[k].y0, (double)across, (double)down);
		}
	}
}

static void point_of(const struct mos_shape *s, float t, float *x, float *y)
{
	const float u = 1 - t, a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
	*x = a * s->x + b * s->p[0] + c * s->p[2] + d * s->w;
	*y = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
}

/* A bow of ordinary width, so no wave, that runs through the inside of a head. */
static int crosses(const struct mos_shape *bow, const struct box *head)
{
	for (unsigned i = 3; i <= 29; i++) {
		float x, y;
		point_of(bow, (float)i / 32, &x, &y);
		if (x > head->x0 + 0.25f && x < head->x1 - 0.25f && y > head->y0 + 0.25f &&
			y < head->y1 - 0.25f)
			return 1;
	}
	return 0;
}

static void check_bows(const char *path, const struct engraving *e, uint32_t system)
{
	static struct box head[MAX_BOXES];
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_notes && n < MAX_BOXES; i++) {
		const struct mos_shape *s = &e->shape[e->note[i].shape];
		if (e->note[i].system == system && s->kind == MOS_SHAPE_GLYPH)
			head[n++] = glyph_box(s);
	}
	const struct engrave_system *s = &e->system[system];
	const uint32_t last = s->first_measure + s->n_measures - 1;
	const uint32_t end = s->n_measures ? e->measure[last].first_shape + e->measure[last].n_shapes
					   : s->first_shape + s->n_shapes;
	for (uint32_t i = s->first_shape; i < end; i++) {
		const struct mos_shape *bow = &e->shape[i];
		if (bow->kind != MOS_SHAPE_CURVE || bow->layer != ENGRAVE_NOTATION || bow->w - bow->x < 0.9f)
			continue;
		n_bows++;
		for (unsigned k = 0; k < n; k++) {
			if (head[k].x1 < bow->x || head[k].x0 > bow->w || !crosses(bow, &head[k]))
				continue;
			if (n_crossings++ < MAX_SHOWN)
				(void)fprintf(stderr,
					"%s: system %u: the bow from %.1f %.1f to %.1f %.1f runs through the "
					"head at %.1f %.1f\n",
					path, system, (double)bow->x, (double)bow->y, (double)bow->w,
					(double)bow->h, (double)head[k].x0, (double)head[k].y0);
			break;
		}
	}
}

static void check_file(const char *path, struct bytes b, void *data)
{
	static struct score_report report;
	memset(&report, 0, sizeof(report));
	struct score *score = NULL;
	const struct score_import import = {.alloc = &score_heap, .name = path};
	if (score_import(b.data, b.size, &import, &report, &score, NULL) == 0) {
		const struct engrave_options o = engrave_default_options();
		struct engraving *e = NULL;
		cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0, "%s", path);
		n_files++;
		for (uint32_t i = 0; i < e->n_systems; i++) {
			check_words(path, e, i);
			check_bows(path, e, i);
		}
		engraving_free(e);
		score_unref(score);
	}
}

static void check(const char *folder)
{
	walk_corpus(folder, LARGE, check_file, NULL);
	if (n_files == 0)
		cr_skip("no readable file below %s", folder);
	(void)fprintf(stderr, "%s: %u files, %u words, %u overlaps; %u bows, %u through heads\n", folder,
		n_files, n_texts, n_overlaps, n_bows, n_crossings);
	cr_expect_eq(n_overlaps, 0);
	cr_expect_eq(n_crossings, 0);
}

#define FOLDER(test, folder, row)                                                                            \
	Test(engrave_layers, test, .init = setup, .fini = teardown,                                          \
		.description = row ": words keep off each other, bows off heads: " folder)                   \
	{                                                                                                    \
		check(folder);                                                                               \
	}
FOLDER(musicxml_lilypond, "musicxml/lilypond", "THE-13, WGT-07")
FOLDER(musicxml_bach, "musicxml/music21-bach", "THE-13, NVX-17")
FOLDER(musicxml_corpus, "musicxml/music21-corpus", "THE-13")
FOLDER(musicxml_musescore, "musicxml/musescore", "THE-13, NVX-11")
FOLDER(musicxml_osmd, "musicxml/osmd", "THE-13")
FOLDER(musicxml_alphatab, "musicxml/alphatab", "THE-13")
FOLDER(abc, "abc", "THE-13")
FOLDER(guitarpro, "guitarpro", "THE-13, NVX-13")
