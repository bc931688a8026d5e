/* SPDX-License-Identifier: MIT */
/*
 * THE-13: ink that may not lie on ink. All pairs of kinds of signs of a system that have to keep off each
 * other (Gould, Behind Bars), counted over the corpora; each pair has a limit, most of them 0.
 * Needs MOS_CORPORA, or ../shared/corpora beside the source; skipped without. Files above LARGE bytes only
 * with MOS_LONG set. MOS_SHOW=N tells N places a pair.
 */
#include <criterion/criterion.h>

#include <math.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/format.h>

#define CORPUS ""
#include "corpus.h"

#define LARGE 60000
#define MAX_ITEMS 8192
#define SLACK 0.12f /* less is a touch that nobody sees */

enum kind {
	HEAD,
	REST,
	SIGN, /* accidental */
	DOT,
	FLAG,
	STEM,
	BEAM,
	BOW,
	CLEF,
	BAR,
	SCRIPT,  /* articulation, ornament, fermata */
	NUMBER,  /* of a tuplet */
	BRACKET, /* tuplet's, ending's, octave's: thin lines */
	DYNAMIC,
	HAIRPIN,
	WORD,
	LYRIC,
	N_KINDS,
};
static const char *const names[N_KINDS] = {"head", "rest", "sign", "dot", "flag", "stem", "beam", "bow",
	"clef", "bar", "script", "number", "bracket", "dynamic", "hairpin", "word", "lyric"};

struct item {
	enum kind kind;
	float x0, y0, x1, y1;
	float left, right, half; /* of a slanted one: y at both ends, half its height */
	int is_slanted;
	uint32_t glyph;
	const struct mos_shape *shape;
};

static struct font_set *fonts;
static const struct engrave_metrics *metrics;
static unsigned n_files, n_shown[N_KINDS][N_KINDS], count[N_KINDS][N_KINDS], n_items[N_KINDS];

static void setup(void)
{
	char error[512] = "";
	cr_assert_eq(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)),
		0, "%s", error);
	metrics = font_metrics(fonts);
	n_files = 0;
	memset(count, 0, sizeof(count));
	memset(n_items, 0, sizeof(n_items));
	memset(n_shown, 0, sizeof(n_shown));
}

static void teardown(void)
{
	font_close(fonts);
}

/* ---- what a shape is ---- */

static int kind_of_glyph(uint32_t code)
{
	static const struct {
		uint32_t first, last;
		enum kind kind;
	} range[] = {{0xe050, 0xe07f, CLEF}, {0xe0a0, 0xe0ff, HEAD}, {0xe1e7, 0xe1e7, DOT},
		{0xe240, 0xe25f, FLAG}, {0xe260, 0xe2ff, SIGN}, {0xe4a0, 0xe4bf, SCRIPT},
		{0xe4c0, 0xe4cf, SCRIPT}, {0xe4e0, 0xe4f5, REST}, {0xe520, 0xe54f, DYNAMIC},
		{0xe560, 0xe5af, SCRIPT}, {0xe610, 0xe632, SCRIPT}, {0xe880, 0xe88f, NUMBER}};
	for (unsigned i = 0; i < sizeof(range) / sizeof(*range); i++) {
		if (code >= range[i].first && code <= range[i].last)
			return range[i].kind;
	}
	return -1;
}

static int is_near(float a, float b)
{
	return fabsf(a - b) < 0.005f;
}

static int kind_of_line(const struct mos_shape *s)
{
	const int is_upright = is_near(s->x, s->w), is_ink = (s->color & 0xff) == MOS_TOKEN_INK;
	if (s->layer == ENGRAVE_LYRICS || s->layer != ENGRAVE_NOTATION)
		return -1;
	if (s->flags & MOS_SHAPE_ROUND)
		return HAIRPIN;
	if (is_upright && (!is_ink || s->p[0] > 2 * metrics->defaults.stem))
		return BAR;
	if (!is_ink)
		return -1;
	if (is_upright)
		return is_near(s->p[0], metrics->defaults.stem) ||
				       is_near(s->p[0], 0.8f * metrics->defaults.stem)
			       ? STEM
			       : BRACKET;
	return is_near(s->p[0], metrics->defaults.tuplet_bracket) || s->p[1] > 0 ? BRACKET : -1;
}

static int make_item(const struct engraving *e, uint32_t i, struct item *ret)
{
	const struct mos_shape *s = &e->shape[i];
	int kind = -1;
	*ret = (struct item){.shape = s, .glyph = s->glyph};
	if (s->kind == MOS_SHAPE_GLYPH && (s->layer == ENGRAVE_NOTATION)) {
		const struct engrave_glyph *g = engrave_glyph(metrics, s->glyph);
		const float k = s->w / 4;
		kind = kind_of_glyph(s->glyph);
		ret->x0 = s->x + g->x0 * k;
		ret->x1 = s->x + g->x1 * k;
		ret->y0 = s->y - g->y1 * k;
		ret->y1 = s->y - g->y0 * k;
	} else if (s->kind == MOS_SHAPE_LINE) {
		kind = kind_of_line(s);
		const float thick = is_near(s->x, s->w) ? s->p[0] / 2 : 0;
		ret->x0 = fminf(s->x, s->w) - thick;
		ret->x1 = fmaxf(s->x, s->w) + thick;
		ret->y0 = fminf(s->y, s->h);
		ret->y1 = fmaxf(s->y, s->h);
		ret->is_slanted = !is_near(s->x, s->w);
		ret->left = s->x < s->w ? s->y : s->h;
		ret->right = s->x < s->w ? s->h : s->y;
		ret->half = s->p[0] / 2;
	} else if (s->kind == MOS_SHAPE_QUAD && s->layer == ENGRAVE_NOTATION && s->x == s->p[2] &&
		   s->w == s->p[0]) {
		kind = BEAM;
		ret->half = (s->p[3] - s->y) / 2;
		ret->x0 = s->x;
		ret->x1 = s->w;
		ret->left = s->y + ret->half;
		ret->right = s->h + ret->half;
		ret->y0 = fminf(s->y, s->h);
		ret->y1 = fmaxf(s->p[3], s->p[1]);
		ret->is_slanted = 1;
	} else if (s->kind == MOS_SHAPE_CURVE && s->layer == ENGRAVE_NOTATION && s->w - s->x >= 0.9f) {
		kind = BOW;
		ret->x0 = s->x;
		ret->x1 = s->w;
		ret->y0 = fminf(fminf(s->y, s->h), fminf(s->p[1], s->p[3]));
		ret->y1 = fmaxf(fmaxf(s->y, s->h), fmaxf(s->p[1], s->p[3]));
	} else if (s->kind == MOS_SHAPE_TEXT &&
		   (s->layer == ENGRAVE_NOTATION || s->layer == ENGRAVE_LYRICS)) {
		static char text[MOS_SHAPE_TEXT_MAX + 1];
		const size_t n = s->glyph;
		memcpy(text, s->p, n < 32 ? n : 32);
		for (size_t at = 32, k = i + 1; at < n; at += 60, k++)
			memcpy(text + at, (const char *)&e->shape[k] + 4, n - at < 60 ? n - at : 60);
		const enum engrave_face face = s->flags & MOS_SHAPE_BOLD     ? ENGRAVE_BOLD
					       : s->flags & MOS_SHAPE_ITALIC ? ENGRAVE_ITALIC
									     : ENGRAVE_TEXT;
		float width = metrics->text_width(metrics, face, text, n) * s->h;
		width = s->w > 0 ? fminf(width, s->w) : width;
		const float left = s->flags & MOS_SHAPE_CENTER  ? width / 2
				   : s->flags & MOS_SHAPE_RIGHT ? width
								: 0;
		const float base = s->y + (s->flags & MOS_SHAPE_MIDDLE ? metrics->cap_height * s->h / 2 : 0);
		kind = s->layer == ENGRAVE_LYRICS ? LYRIC : WORD;
		ret->x0 = s->x - left;
		ret->x1 = s->x - left + width;
		ret->y0 = base - metrics->cap_height * s->h;
		ret->y1 = base;
	}
	ret->kind = (enum kind)kind;
	return kind >= 0;
}

/* ---- what may not lie on what ---- */

#define B(kind) (1u << (kind))
#define NOTES (B(HEAD) | B(REST) | B(SIGN) | B(DOT) | B(FLAG))
static const uint32_t keeps_off[N_KINDS] = {
	[REST] = B(HEAD) | B(REST) | B(SIGN) | B(DOT) | B(FLAG) | B(STEM) | B(BEAM) | B(BOW) | B(CLEF) |
		 B(BAR),
	[SIGN] = B(HEAD) | B(STEM) | B(FLAG) | B(DOT) | B(CLEF) | B(BAR),
	[DOT] = B(HEAD) | B(STEM) | B(FLAG) | B(BEAM) | B(BAR),
	[FLAG] = B(HEAD) | B(BAR) | B(CLEF),
	[BEAM] = B(HEAD) | B(SIGN) | B(CLEF),
	[STEM] = B(HEAD) | B(CLEF),
	[BOW] = B(HEAD) | B(SIGN) | B(DOT) | B(SCRIPT) | B(NUMBER) | B(DYNAMIC) | B(WORD) | B(CLEF) |
		B(BEAM) | B(FLAG) | B(HAIRPIN) | B(LYRIC) | B(BOW),
	[CLEF] = B(HEAD) | B(BAR) | B(DOT),
	[BAR] = B(HEAD) | B(DYNAMIC) | B(LYRIC) | B(WORD) | B(SCRIPT),
	[SCRIPT] = NOTES | B(STEM) | B(BEAM) | B(SCRIPT) | B(CLEF),
	[NUMBER] = NOTES | B(STEM) | B(BEAM) | B(SCRIPT) | B(NUMBER) | B(CLEF),
	[BRACKET] = B(HEAD) | B(REST) | B(SIGN) | B(BEAM) | B(SCRIPT) | B(BRACKET),
	[DYNAMIC] =
		NOTES | B(STEM) | B(BEAM) | B(SCRIPT) | B(NUMBER) | B(BRACKET) | B(CLEF) | B(WORD) | B(LYRIC),
	[HAIRPIN] =
		NOTES | B(STEM) | B(BEAM) | B(SCRIPT) | B(NUMBER) | B(DYNAMIC) | B(WORD) | B(LYRIC) | B(CLEF),
	[WORD] =
		NOTES | B(STEM) | B(BEAM) | B(SCRIPT) | B(NUMBER) | B(BRACKET) | B(CLEF) | B(WORD) | B(LYRIC),
	[LYRIC] = NOTES | B(STEM) | B(BEAM) | B(SCRIPT) | B(NUMBER) | B(BRACKET) | B(CLEF) | B(LYRIC),
};

static float at(const struct item *i, float x)
{
	return i->left + (i->right - i->left) * (x - i->x0) / fmaxf(i->x1 - i->x0, 0.01f);
}

/* Of signs the corners of the box are empty. */
static float corner_of(const struct item *i)
{
	return i->kind == SIGN   ? 0.35f
	       : i->kind == FLAG ? 0.3f
	       : i->kind == REST ? 0.15f
	       : i->kind == CLEF ? 0.4f
				 : 0;
}

static int through(const struct item *bow, const struct item *box)
{
	const struct mos_shape *s = bow->shape;
	const float in = SLACK + corner_of(box);
	for (unsigned k = 2; k <= 30; k++) {
		const float t = (float)k / 32, u = 1 - t, a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t,
			    d = t * t * t;
		const float x = a * s->x + b * s->p[0] + c * s->p[2] + d * s->w;
		float y = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
		float y0 = box->y0 + in, y1 = box->y1 - in;
		if (x < box->x0 + SLACK || x > box->x1 - SLACK)
			continue;
		if (box->is_slanted) {
			y0 = at(box, x) - box->half + 0.1f;
			y1 = at(box, x) + box->half - 0.1f;
		}
		if (y > y0 && y < y1)
			return 1;
	}
	return 0;
}

static float bow_y(const struct item *bow, float x)
{
	const struct mos_shape *s = bow->shape;
	float low = 0, high = 1, y = 0;
	for (unsigned i = 0; i < 16; i++) {
		const float t = (low + high) / 2, u = 1 - t, a = u * u * u, b = 3 * u * u * t,
			    c = 3 * u * t * t, d = t * t * t;
		y = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
		if (a * s->x + b * s->p[0] + c * s->p[2] + d * s->w < x)
			low = t;
		else
			high = t;
	}
	return y;
}

/* Two bows that cross: which of them is above changes where they are over each other, ends aside. */
static int cross(const struct item *a, const struct item *b)
{
	const float x0 = fmaxf(a->x0, b->x0) + 0.4f, x1 = fminf(a->x1, b->x1) - 0.4f;
	float above = 0;
	for (unsigned i = 0; x1 > x0 && i <= 24; i++) {
		const float x = x0 + (x1 - x0) * (float)i / 24;
		const float off = bow_y(a, x) - bow_y(b, x);
		if (above * off < -0.05f)
			return 1;
		if (fabsf(off) > 0.05f)
			above = off > 0 ? 1 : -1;
	}
	return 0;
}

static int touch(const struct item *a, const struct item *b)
{
	if (a->kind == BOW && b->kind == BOW)
		return cross(a, b);
	if (a->kind == BOW)
		return through(a, b);
	if (b->kind == BOW)
		return through(b, a);
	const float x0 = fmaxf(a->x0, b->x0), x1 = fminf(a->x1, b->x1);
	const float corner = fmaxf(corner_of(a), corner_of(b));
	const float slack =
		a->kind == STEM || b->kind == STEM || a->kind == BAR || b->kind == BAR ? 0.02f : SLACK;
	if (x1 - x0 < slack)
		return 0;
	float a0 = a->y0, a1 = a->y1, b0 = b->y0, b1 = b->y1;
	if (a->is_slanted) {
		a0 = fminf(at(a, x0), at(a, x1)) - a->half;
		a1 = fmaxf(at(a, x0), at(a, x1)) + a->half;
	}
	if (b->is_slanted) {
		b0 = fminf(at(b, x0), at(b, x1)) - b->half;
		b1 = fmaxf(at(b, x0), at(b, x1)) + b->half;
	}
	const float down = fminf(a1, b1) - fmaxf(a0, b0);
	const float thin = fminf(fminf(a1 - a0, b1 - b0) / 2, SLACK);
	return down > thin && (x1 - x0 > slack + corner || down > slack + corner);
}

/* A chord's own stem, or the sign that two voices share. */
static int is_allowed(const struct item *a, const struct item *b)
{
	if (a->kind == b->kind && is_near(a->x0, b->x0) && is_near(a->y0, b->y0) && is_near(a->x1, b->x1))
		return 1;
	const struct item *stem = a->kind == STEM ? a : b->kind == STEM ? b : NULL;
	const struct item *head = a->kind == HEAD ? a : b->kind == HEAD ? b : NULL;
	if (stem && head) { /* on a side of it */
		const float x = (stem->x0 + stem->x1) / 2;
		return x < head->x0 + 0.25f || x > head->x1 - 0.25f;
	}
	return 0;
}

static int by_x(const void *a, const void *b)
{
	const float p = ((const struct item *)a)->x0, q = ((const struct item *)b)->x0;
	return p < q ? -1 : p > q;
}

static void check_system(const char *path, const struct engraving *e, uint32_t system)
{
	static struct item item[MAX_ITEMS];
	unsigned n = 0;
	const struct engrave_system *s = &e->system[system];
	const uint32_t last = s->first_measure + s->n_measures - 1;
	const uint32_t end = s->n_measures ? e->measure[last].first_shape + e->measure[last].n_shapes
					   : s->first_shape + s->n_shapes;
	const unsigned most = getenv("MOS_SHOW") ? (unsigned)atoi(getenv("MOS_SHOW")) : 0;
	for (uint32_t i = s->first_shape; i < end && n < MAX_ITEMS; i++)
		n += (unsigned)make_item(e, i, &item[n]);
	qsort(item, n, sizeof(*item), by_x);
	for (unsigned i = 0; i < n; i++) {
		n_items[item[i].kind]++;
		for (unsigned k = i + 1; k < n && item[k].x0 < item[i].x1; k++) {
			const struct item *a = &item[i], *b = &item[k];
			if (!(keeps_off[a->kind] >> b->kind & 1) && !(keeps_off[b->kind] >> a->kind & 1))
				continue;
			if (a->y0 > b->y1 || b->y0 > a->y1 || !touch(a, b) || is_allowed(a, b))
				continue;
			if (a->kind > b->kind) {
				const struct item *swap = a;
				a = b;
				b = swap;
			}
			count[a->kind][b->kind]++;
			if (n_shown[a->kind][b->kind]++ < most)
				(void)fprintf(stderr, "%s: page %u system %u: %s %X on %s %X at %.1f %.1f\n",
					path, s->page + 1, system, names[a->kind], a->glyph, names[b->kind],
					b->glyph, (double)a->x0, (double)a->y0);
		}
	}
}

/* One measure that is longer than a line: no layout holds it. */
static int is_overfull(const struct engraving *e, const struct engrave_system *s)
{
	if (s->n_measures != 1)
		return 0;
	const struct engrave_measure *m = &e->measure[s->first_measure];
	return m->n_columns > 8 && m->rect.w / (float)m->n_columns < 2.2f;
}

/* Two voices of 64ths a third apart: there is no place for either. */
static int has_no_layout(const char *path)
{
	const char *name = strrchr(path, '/');
	return name && strcmp(name, "/layout-multi-voice.gp") == 0;
}

static void check_file(const char *path, struct bytes b, void *data)
{
	if (has_no_layout(path))
		return;
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
			if (!is_overfull(e, &e->system[i]))
				check_system(path, e, i);
		}
		engraving_free(e);
		score_unref(score);
	}
}

/* What is let through in one folder, of all that is said to keep off: words of a file that are longer than
 * their measure, single places. */
static unsigned most_of(enum kind a, enum kind b)
{
	static const struct {
		enum kind a, b;
		unsigned most;
	} limit[] = {{FLAG, BOW, 1}, {BAR, WORD, 5}, {REST, BEAM, 1}, {BEAM, CLEF, 1}};
	for (unsigned i = 0; i < sizeof(limit) / sizeof(*limit); i++) {
		if (limit[i].a == a && limit[i].b == b)
			return limit[i].most;
	}
	return 0;
}

static unsigned tell(void)
{
	unsigned sum = 0;
	for (unsigned a = 0; a < N_KINDS; a++) {
		for (unsigned b = a; b < N_KINDS; b++) {
			if (count[a][b])
				(void)fprintf(
					stderr, "  %-8s on %-8s %6u\n", names[a], names[b], count[a][b]);
			cr_expect_leq(count[a][b], most_of((enum kind)a, (enum kind)b), "%s on %s: %u",
				names[a], names[b], count[a][b]);
			sum += count[a][b];
		}
	}
	return sum;
}

static void check(const char *folder)
{
	walk_corpus(folder, LARGE, check_file, NULL);
	if (n_files == 0)
		cr_skip("no readable file below %s", folder);
	unsigned items = 0;
	for (unsigned k = 0; k < N_KINDS; k++)
		items += n_items[k];
	(void)fprintf(stderr, "%s: %u files, %u signs\n", folder, n_files, items);
	const unsigned sum = tell();
	(void)fprintf(stderr, "%s: %u collisions\n", folder, sum);
}

#define FOLDER(test, folder, row)                                                                            \
	Test(engrave_collisions, test, .init = setup, .fini = teardown, .timeout = 120,                      \
		.description = row ": signs keep off each other: " folder)                                   \
	{                                                                                                    \
		check(folder);                                                                               \
	}
FOLDER(musicxml_lilypond, "musicxml/lilypond", "THE-13")
FOLDER(musicxml_bach, "musicxml/music21-bach", "THE-13")
FOLDER(musicxml_corpus, "musicxml/music21-corpus", "THE-13")
FOLDER(musicxml_musescore, "musicxml/musescore", "THE-13")
FOLDER(musicxml_osmd, "musicxml/osmd", "THE-13")
FOLDER(musicxml_alphatab, "musicxml/alphatab", "THE-13")
FOLDER(abc, "abc", "THE-13")
FOLDER(guitarpro, "guitarpro", "THE-13")
