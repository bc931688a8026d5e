/* SPDX-License-Identifier: MIT */
/* The nine layers of a score as they are drawn, with a font whose measures are known: NVX, THR-19, THR-22,
 * THR-24. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>
#include <score/format.h>

#define MEASURE 3840

/* Four measures in 4/4 of a guitar that is sung to, with something on every layer. */
static const char document[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
	"\"metadata\":{\"title\":\"Layers\",\"key\":\"C major\",\"tempo\":120,\"timeSignature\":[4,4]},"
	"\"timeline\":{\"tempo\":[{\"tick\":0,\"bpm\":120}],\"meter\":[{\"tick\":0,\"num\":4,\"den\":4}],"
	"\"key\":[{\"tick\":0,\"key\":\"C major\"}]},"
	"\"measures\":[{\"tick\":0,\"durationTicks\":3840},{\"tick\":3840,\"durationTicks\":3840},"
	"{\"tick\":7680,\"durationTicks\":3840},{\"tick\":11520,\"durationTicks\":3840}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"role\":\"melody\",\"tuning\":[64,59,55,50,45,40],"
	"\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":1920,\"pitch\":64},"
	"{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":1920,\"pitch\":67},"
	"{\"id\":\"n3\",\"tick\":3840,\"durationTicks\":1920,\"pitch\":69},"
	"{\"id\":\"n4\",\"tick\":5760,\"durationTicks\":1920,\"pitch\":64},"
	"{\"id\":\"n5\",\"tick\":7680,\"durationTicks\":1920,\"pitch\":65},"
	"{\"id\":\"n6\",\"tick\":9600,\"durationTicks\":1920,\"pitch\":69},"
	"{\"id\":\"n7\",\"tick\":11520,\"durationTicks\":3840,\"pitch\":67}]}],"
	"\"layers\":["
	"{\"type\":\"form\",\"elements\":["
	"{\"tick\":0,\"durationTicks\":7680,\"kind\":\"verse\",\"label\":\"Verse\"},"
	"{\"tick\":7680,\"durationTicks\":7680,\"kind\":\"chorus\",\"label\":\"Chorus\"}]},"
	"{\"type\":\"chords\",\"elements\":["
	"{\"tick\":0,\"durationTicks\":3840,\"symbol\":\"C\"},{\"tick\":3840,\"durationTicks\":2880,"
	"\"symbol\":\"Am7\"},"
	"{\"tick\":6720,\"durationTicks\":960,\"symbol\":\"D7\"},{\"tick\":11520,\"durationTicks\":3840,"
	"\"symbol\":\"Bbmaj7/F\"}]},"
	"{\"type\":\"analysis\",\"elements\":["
	"{\"tick\":0,\"partId\":\"p1\",\"roman\":\"I\",\"localKey\":\"C major\"},"
	"{\"tick\":3840,\"partId\":\"p1\",\"roman\":\"vi\",\"cadence\":\"HC\"}]},"
	"{\"type\":\"tablature\",\"elements\":["
	"{\"noteId\":\"n1\",\"string\":1,\"fret\":0},{\"noteId\":\"n2\",\"string\":1,\"fret\":3},"
	"{\"noteId\":\"n3\",\"string\":2,\"fret\":10,\"techniques\":[{\"type\":\"bend\",\"points\":[{"
	"\"tick\":0,\"cents\":0},"
	"{\"tick\":480,\"cents\":200}]}]},"
	"{\"noteId\":\"n4\",\"string\":3,\"fret\":9,\"techniques\":[{\"type\":\"dead\"}]}]},"
	"{\"type\":\"diagrams\",\"elements\":[{\"tick\":0,\"partId\":\"p1\",\"name\":\"C\",\"strings\":6,"
	"\"frets\":4,\"baseFret\":1,"
	"\"dots\":[{\"string\":2,\"fret\":1,\"finger\":\"1\"},{\"string\":4,\"fret\":2},{\"string\":5,"
	"\"fret\":3}],"
	"\"open\":[1,3],\"muted\":[6]}]},"
	"{\"type\":\"fingering\",\"elements\":[{\"noteId\":\"n1\",\"hand\":\"right\",\"finger\":\"m\"}]},"
	"{\"type\":\"notation\",\"elements\":[]},"
	"{\"type\":\"lyrics\",\"elements\":["
	"{\"noteId\":\"n1\",\"text\":\"Won\",\"syllabic\":\"begin\"},{\"noteId\":\"n2\",\"text\":\"der\","
	"\"syllabic\":\"end\"},"
	"{\"noteId\":\"n3\",\"text\":\"extraordinarily\"},{\"noteId\":\"n4\",\"text\":\"unforgettable\"}]},"
	"{\"type\":\"markers\",\"elements\":["
	"{\"tick\":1920,\"kind\":\"poi\",\"label\":\"listen\"},{\"tick\":9600,\"kind\":\"poi\",\"label\":"
	"\"again\"},"
	"{\"tick\":3840,\"durationTicks\":3840,\"kind\":\"loop\",\"label\":\"practise\"}]}]}";

/* Half an em a byte; signs are boxes of the engraver's own. */
static float text_width(const struct engrave_metrics *m, enum engrave_face face, const char *text, size_t n)
{
	return 0.5f * (float)n;
}

static const struct engrave_metrics *known_metrics(void)
{
	static struct engrave_glyph glyph[ENGRAVE_CODE_LAST - ENGRAVE_CODE_FIRST + 1];
	static const struct engrave_metrics metrics = {.name = "known",
		.glyph = glyph,
		.defaults = {.staff_line = 0.13f,
			.stem = 0.12f,
			.beam = 0.5f,
			.beam_gap = 0.25f,
			.leger_line = 0.16f,
			.leger_extension = 0.4f,
			.slur_end = 0.1f,
			.slur_middle = 0.22f,
			.tie_end = 0.1f,
			.tie_middle = 0.22f,
			.thin_bar = 0.16f,
			.thick_bar = 0.5f,
			.bar_gap = 0.4f,
			.repeat_dot_gap = 0.16f,
			.bracket = 0.5f,
			.hairpin = 0.16f,
			.octave_line = 0.16f,
			.pedal_line = 0.16f,
			.tuplet_bracket = 0.16f,
			.ending_line = 0.16f,
			.lyric_line = 0.16f,
			.text_box = 0.16f},
		.text_width = text_width,
		.cap_height = 0.7f,
		.ascent = 0.9f,
		.descent = 0.2f};
	return &metrics;
}

static struct score *load_text(const char *text, size_t n)
{
	static struct score_report report;
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	const struct score_import import = {.alloc = &score_heap};
	const int rc = score_import((const uint8_t *)text, n, &import, &report, &score, NULL);
	cr_assert_eq(rc, 0, "%s: %s", report.error[0].where, report.error[0].reason);
	return score;
}

static struct score *load(void)
{
	return load_text(document, sizeof(document) - 1);
}

static struct engraving *draw(unsigned layers, unsigned layout)
{
	struct score *score = load();
	struct engrave_options o = engrave_default_options();
	o.layers = (uint16_t)layers;
	o.layout = (uint8_t)layout;
	struct engraving *e = NULL;
	cr_assert_eq(engrave(score, &o, known_metrics(), NULL, NULL, &e), 0);
	score_unref(score);
	return e;
}

/* The n-th shape of a text that begins so; fails when there is none. */
static const struct mos_shape *text_shape(const struct engraving *e, unsigned layer, const char *text)
{
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == MOS_SHAPE_TEXT && s->layer == layer && s->glyph == strlen(text) &&
			memcmp(s->p, text, strlen(text)) == 0)
			return s;
	}
	cr_assert_fail("no text \"%s\" on layer %u", text, layer);
	return NULL;
}

static unsigned count(const struct engraving *e, unsigned layer, unsigned kind)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++)
		n += e->shape[i].layer == layer && (kind == MOS_SHAPE_NONE || e->shape[i].kind == kind);
	return n;
}

static float x_of(const struct engraving *e, int64_t tick)
{
	float x = NAN;
	cr_assert_neq(engraving_find(e, tick, &x), UINT32_MAX);
	return x;
}

static const struct engrave_note *note_at(const struct engraving *e, int64_t tick)
{
	for (uint32_t i = 0; i < e->n_notes; i++) {
		if (e->note[i].tick == tick)
			return &e->note[i];
	}
	cr_assert_fail("no note at %lld", (long long)tick);
	return NULL;
}

#define NEAR(a, b, within) cr_assert_lt(fabsf((a) - (b)), (within), "%f, not %f", (double)(a), (double)(b))

Test(engrave_layers, all_nine,
	.description = "NVX-01, WGT-06, THR-19: each layer has shapes of its own, and none when left out")
{
	struct engraving *all = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	for (unsigned layer = 0; layer <= ENGRAVE_MARKERS; layer++)
		cr_assert_gt(count(all, layer, MOS_SHAPE_NONE), 0, "layer %u", layer);
	for (uint32_t i = 0; i < all->n_shapes; i++)
		cr_assert_lt(all->shape[i].layer, ENGRAVE_N_LAYERS);
	for (unsigned layer = 0; layer <= ENGRAVE_MARKERS; layer++) {
		if (layer == ENGRAVE_NOTATION)
			continue;
		struct engraving *e = draw(ENGRAVE_ALL_LAYERS & ~(1u << layer), ENGRAVE_PAGE);
		cr_assert_eq(count(e, layer, MOS_SHAPE_NONE), 0, "layer %u is left out", layer);
		for (unsigned other = 0; other <= ENGRAVE_MARKERS; other++) {
			if (other != layer && other != ENGRAVE_NOTATION && other != ENGRAVE_DIAGRAMS)
				cr_assert_eq(count(e, other, MOS_SHAPE_NONE),
					count(all, other, MOS_SHAPE_NONE), "%u without %u", other, layer);
		}
		const float height = all->system[0].rect.h;
		cr_assert_leq(e->system[0].rect.h, height + 0.01f, "without layer %u", layer);
		engraving_free(e);
	}
	engraving_free(all);
}

Test(engrave_layers, form,
	.description = "NVX-10: the bar of a section reaches from its first bar line to the next section's")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_CONTINUOUS);
	const struct mos_shape *bar[2] = {};
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		if (e->shape[i].layer == ENGRAVE_FORM && e->shape[i].kind == MOS_SHAPE_BOX && n < 2)
			bar[n++] = &e->shape[i];
	}
	cr_assert_eq(n, 2);
	NEAR(bar[0]->x, e->measure[0].rect.x, 0.2f);
	NEAR(bar[0]->x + bar[0]->w, e->measure[2].rect.x, 0.2f);
	NEAR(bar[1]->x, e->measure[2].rect.x, 0.2f);
	NEAR(bar[0]->y, bar[1]->y, 0.001f);
	cr_assert_lt(bar[0]->y + bar[0]->h, text_shape(e, ENGRAVE_CHORDS, "C")->y);
	const struct mos_shape *label = text_shape(e, ENGRAVE_FORM, "Chorus");
	cr_assert(label->x > bar[1]->x && label->y > bar[1]->y && label->y < bar[1]->y + bar[1]->h);
	engraving_free(e);
}

Test(engrave_layers, chords,
	.description =
		"NVX-11: a symbol begins over its beat, on one line, its root first, accidentals as signs")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	cr_assert_eq(e->n_chords, 4);
	for (unsigned i = 0; i < 4; i++) {
		NEAR(e->chord[i].rect.x, x_of(e, e->chord[i].tick), 1.0f);
		if (i > 0)
			cr_assert_gt(e->chord[i].rect.x, e->chord[i - 1].rect.x + e->chord[i - 1].rect.w);
	}
	const struct mos_shape *c = text_shape(e, ENGRAVE_CHORDS, "C"),
			       *quality = text_shape(e, ENGRAVE_CHORDS, "m");
	const struct mos_shape *root = text_shape(e, ENGRAVE_CHORDS, "A"),
			       *seven = text_shape(e, ENGRAVE_CHORDS, "7");
	NEAR(c->y, root->y, 0.001f);
	NEAR(quality->y, root->y, 0.001f);
	cr_assert_lt(seven->y, root->y);
	cr_assert_lt(seven->h, quality->h);
	cr_assert(root->x < quality->x && quality->x < seven->x);
	/* "Bbmaj7/F": the flat is the music font's, the bass large again. */
	cr_assert_eq(count(e, ENGRAVE_CHORDS, MOS_SHAPE_GLYPH), 1);
	(void)text_shape(e, ENGRAVE_CHORDS, "maj7");
	NEAR(text_shape(e, ENGRAVE_CHORDS, "/F")->h, root->h, 0.001f);
	engraving_free(e);
}

Test(engrave_layers, analysis,
	.description = "NVX-12: numerals stand below the staff at their ticks, the key before the first")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	const struct mos_shape *first = text_shape(e, ENGRAVE_ANALYSIS, "C: I"),
			       *second = text_shape(e, ENGRAVE_ANALYSIS, "vi");
	cr_assert_gt(first->y, e->system[0].staff_bottom);
	NEAR(first->y, second->y, 0.001f);
	NEAR(second->x, x_of(e, MEASURE), 1.0f);
	cr_assert_gt(text_shape(e, ENGRAVE_ANALYSIS, "HC")->y, second->y);
	engraving_free(e);
}

Test(engrave_layers, tablature,
	.description = "NVX-13: frets on the lines of their strings under the notes; a dead note is an x; a "
		       "bend has an arrow and its amount")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	float line[16];
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->layer == ENGRAVE_TABLATURE && s->kind == MOS_SHAPE_LINE && s->y == s->h &&
			s->w - s->x > 20 && n < 16)
			line[n++] = s->y;
	}
	cr_assert_eq(n, 6);
	const struct mos_shape *open = text_shape(e, ENGRAVE_TABLATURE, "0"),
			       *ten = text_shape(e, ENGRAVE_TABLATURE, "10");
	NEAR(open->y, line[0], 0.001f);
	NEAR(ten->y, line[1], 0.001f);
	NEAR(text_shape(e, ENGRAVE_TABLATURE, "x")->y, line[2], 0.001f);
	NEAR(open->x, x_of(e, 0), 0.2f);
	NEAR(ten->x, x_of(e, MEASURE), 0.2f);
	const struct mos_shape *amount = text_shape(e, ENGRAVE_TABLATURE, "full");
	cr_assert_lt(amount->y, line[0]);
	cr_assert_gt(amount->x, ten->x);
	cr_assert_eq(count(e, ENGRAVE_TABLATURE, MOS_SHAPE_QUAD), 1);
	engraving_free(e);
}

Test(engrave_layers, diagrams,
	.description =
		"NVX-14: six strings, five frets, three dots, two open strings, one muted, over the chord")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	unsigned dots = 0, open = 0, upright = 0, across = 0, slanted = 0;
	float highest = -INFINITY;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->layer != ENGRAVE_DIAGRAMS)
			continue;
		dots += s->kind == MOS_SHAPE_ARC && s->h == 0;
		open += s->kind == MOS_SHAPE_ARC && s->h > 0;
		upright += s->kind == MOS_SHAPE_LINE && s->x == s->w;
		across += s->kind == MOS_SHAPE_LINE && s->y == s->h;
		slanted += s->kind == MOS_SHAPE_LINE && s->x != s->w && s->y != s->h;
		highest = fmaxf(highest, s->kind == MOS_SHAPE_ARC ? s->y + s->w : -INFINITY);
	}
	cr_assert_eq(dots, 3);
	cr_assert_eq(open, 2);
	cr_assert_eq(upright, 6);
	cr_assert_eq(across, 5);
	cr_assert_eq(slanted, 2);
	cr_assert_lt(highest, e->chord[0].rect.y + 0.01f);
	/* The finger is written in its dot: string 2, the second from the right. */
	const struct mos_shape *finger = text_shape(e, ENGRAVE_DIAGRAMS, "1");
	int is_in_dot = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++)
		is_in_dot |= e->shape[i].layer == ENGRAVE_DIAGRAMS && e->shape[i].kind == MOS_SHAPE_ARC &&
			     e->shape[i].x == finger->x && e->shape[i].y == finger->y;
	cr_assert(is_in_dot);
	engraving_free(e);
}

Test(engrave_layers, fingering,
	.description = "NVX-15: a finger stands over the middle of its note, clear of it")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	const struct mos_shape *m = text_shape(e, ENGRAVE_FINGERING, "m");
	const struct engrave_note *note = note_at(e, 0);
	NEAR(m->x, note->rect.x + note->rect.w / 2, 0.01f);
	cr_assert_lt(m->y, note->rect.y);
	engraving_free(e);
}

Test(engrave_layers, lyrics,
	.description = "NVX-17: syllables stand under their notes on one line, a hyphen between them, and "
		       "never run into one another")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_PAGE);
	static const char *const word[] = {"Won", "der", "extraordinarily", "unforgettable"};
	float right = -INFINITY;
	for (unsigned i = 0; i < 4; i++) {
		const struct mos_shape *s = text_shape(e, ENGRAVE_LYRICS, word[i]);
		const struct engrave_note *note = note_at(e, (int64_t)i * 1920);
		const float width = 0.5f * s->h * (float)strlen(word[i]);
		NEAR(s->x + width / 2, note->rect.x + note->rect.w / 2, 0.3f);
		cr_assert_gt(s->x, right + 0.3f, "%s", word[i]);
		right = s->x + width;
		cr_assert_gt(s->y, note->rect.y + note->rect.h);
		NEAR(s->y, text_shape(e, ENGRAVE_LYRICS, "Won")->y, 0.001f);
	}
	unsigned hyphens = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->layer == ENGRAVE_LYRICS && s->kind == MOS_SHAPE_LINE) {
			hyphens++;
			NEAR((s->x + s->w) / 2,
				(text_shape(e, ENGRAVE_LYRICS, "Won")->x + 1.5f * 2.0f +
					text_shape(e, ENGRAVE_LYRICS, "der")->x) /
					2,
				0.01f);
		}
	}
	cr_assert_eq(hyphens, 1);
	engraving_free(e);
}

Test(engrave_layers, markers,
	.description = "THR-22, NVX-18: a diamond at each point of interest's tick; a loop from bar line to "
		       "bar line")
{
	for (unsigned layout = ENGRAVE_PAGE; layout <= ENGRAVE_CONTINUOUS; layout++) {
		struct engraving *e = draw(ENGRAVE_ALL_LAYERS, layout);
		static const int64_t tick[] = {1920, 9600};
		unsigned n = 0;
		for (uint32_t i = 0; i < e->n_shapes; i++) {
			const struct mos_shape *s = &e->shape[i];
			if (s->layer != ENGRAVE_MARKERS || s->kind != MOS_SHAPE_QUAD)
				continue;
			cr_assert_lt(n, 2);
			NEAR(s->x, x_of(e, tick[n]), 0.1f);
			/* A diamond: four corners as far from its middle. */
			NEAR(s->w - s->x, s->x - s->p[2], 0.001f);
			NEAR(s->p[1] - s->h, s->h - s->y, 0.001f);
			cr_assert_lt(s->p[1], e->system[0].staff_top);
			n++;
		}
		cr_assert_eq(n, 2);
		(void)text_shape(e, ENGRAVE_MARKERS, "listen");
		const struct mos_shape *label = text_shape(e, ENGRAVE_MARKERS, "practise");
		int is_there = 0;
		for (uint32_t i = 0; i < e->n_shapes; i++) {
			const struct mos_shape *s = &e->shape[i];
			if (s->layer == ENGRAVE_MARKERS && s->kind == MOS_SHAPE_BOX && s->w > 3.0f) {
				is_there = fabsf(s->x - e->measure[1].rect.x) < 0.1f &&
					   fabsf(s->x + s->w - e->measure[2].rect.x) < 0.1f;
				cr_assert_gt(s->y, label->y);
			}
		}
		cr_assert(is_there || layout == ENGRAVE_PAGE, "the loop's bar");
		engraving_free(e);
	}
}

Test(engrave_layers, grid,
	.description = "THR-24: a box a measure, four a row, chords at their beats in it, headers where "
		       "sections begin")
{
	struct engraving *e = draw(ENGRAVE_ALL_LAYERS, ENGRAVE_GRID);
	cr_assert_eq(e->n_measures, 4);
	cr_assert_eq(e->n_systems, 2, "the chorus begins a row");
	const struct engrave_measure *m = e->measure;
	NEAR(m[1].rect.x, m[0].rect.x + m[0].rect.w, 0.01f);
	NEAR(m[2].rect.x, m[0].rect.x, 0.01f);
	NEAR(m[0].rect.w * 4, e->page[0].width - 16, 0.01f);
	cr_assert_gt(m[2].rect.y, m[0].rect.y);
	/* Am7 on the first beat of its box, D7 on the fourth. */
	cr_assert_eq(e->n_chords, 4);
	cr_assert_lt(e->chord[1].rect.x, m[1].rect.x + 0.25f * m[1].rect.w);
	cr_assert_gt(e->chord[2].rect.x, m[1].rect.x + 0.7f * m[1].rect.w);
	cr_assert_leq(e->chord[2].rect.x + e->chord[2].rect.w, m[1].rect.x + m[1].rect.w);
	cr_assert_geq(e->chord[2].rect.x, e->chord[1].rect.x + e->chord[1].rect.w);
	/* No chord begins in the third measure: a repeat sign. */
	cr_assert_eq(count(e, ENGRAVE_FORM, MOS_SHAPE_BOX), 2);
	cr_assert_lt(text_shape(e, ENGRAVE_FORM, "Chorus")->y, m[2].rect.y + 4);
	float x;
	cr_assert_eq(engraving_find(e, MEASURE + 1920, &x), 1);
	cr_assert(x > m[1].rect.x + 0.4f * m[1].rect.w && x < m[1].rect.x + 0.6f * m[1].rect.w);
	engraving_free(e);
}

Test(engrave_layers, same_bits, .description = "THE-13: the same score gives the same bits")
{
	for (unsigned layout = ENGRAVE_PAGE; layout <= ENGRAVE_GRID; layout++) {
		struct engraving *a = draw(ENGRAVE_ALL_LAYERS, layout), *b = draw(ENGRAVE_ALL_LAYERS, layout);
		cr_assert_eq(a->n_shapes, b->n_shapes);
		cr_assert_eq(memcmp(a->shape, b->shape, a->n_shapes * sizeof(*a->shape)), 0);
		engraving_free(a);
		engraving_free(b);
	}
}

/* The document with one of its lists replaced. */
static void check_hostile(const char *layer, const char *elements)
{
	const char *from = strstr(document, layer);
	cr_assert_not_null(from);
	from = strchr(from, '[') + 1;
	const char *to = strstr(from, "]},{\"type\"");
	to = to ? to : document + sizeof(document) - 1 - strlen("]}]}");
	const size_t n = sizeof(document) + strlen(elements);
	char *text = malloc(n);
	cr_assert_not_null(text);
	const int len = snprintf(text, n, "%.*s%s%s", (int)(from - document), document, elements, to);
	cr_assert(len > 0 && (size_t)len < n);
	struct score *score = load_text(text, (size_t)len);
	for (unsigned layout = ENGRAVE_PAGE; layout <= ENGRAVE_GRID; layout++) {
		struct engrave_options o = engrave_default_options();
		o.layout = (uint8_t)layout;
		struct engraving *e = NULL;
		cr_assert_eq(engrave(score, &o, known_metrics(), NULL, NULL, &e), 0);
		for (uint32_t i = 0; i < e->n_shapes; i++) {
			const struct mos_shape *s = &e->shape[i];
			if (s->kind == MOS_SHAPE_MORE)
				continue;
			cr_assert(isfinite(s->x) && isfinite(s->y) && isfinite(s->w) && isfinite(s->h));
			cr_assert(fabsf(s->x) < MOS_SHAPE_FAR && fabsf(s->y) < MOS_SHAPE_FAR);
			if (s->kind == MOS_SHAPE_TEXT)
				cr_assert(s->glyph > 0 && s->glyph <= MOS_SHAPE_TEXT_MAX);
		}
		engraving_free(e);
	}
	score_unref(score);
	free(text);
}

Test(engrave_layers, hostile, .description = "NVX-01, THE-13: extremes of every layer end in finite shapes")
{
	static char text[4096];
	char name[3001];
	memset(name, 'W', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	memcpy(name + 1020, "\u266d\u266d\u266d", 9); /* a character where a text is cut */
	(void)snprintf(text, sizeof(text),
		"{\"tick\":0,\"durationTicks\":3840,\"symbol\":\"C%.900s\"},"
		"{\"tick\":3840,\"durationTicks\":1,\"symbol\":\"/"
		"\"},{\"tick\":3841,\"durationTicks\":1,\"symbol\":\"Bbbbbb////A#b/\"},"
		"{\"tick\":15359,\"durationTicks\":1,\"symbol\":\"\u266f\"}",
		name);
	check_hostile("\"chords\"", text);
	(void)snprintf(text, sizeof(text),
		"{\"noteId\":\"n1\",\"text\":\"%.900s\",\"syllabic\":\"begin\",\"verse\":99},"
		"{\"tick\":15359,\"partId\":\"p1\",\"text\":\"x\",\"extend\":true,\"durationTicks\":900000}",
		name);
	check_hostile("\"lyrics\"", text);
	check_hostile("\"markers\"",
		"{\"tick\":15359,\"kind\":\"loop\",\"label\":\"l\",\"durationTicks\":1},"
		"{\"tick\":15359,\"kind\":\"rehearsal\",\"label\":\"r\"},{\"tick\":15359,\"kind\":\"poi\","
		"\"label\":\"p\"}");
	check_hostile("\"form\"",
		"{\"tick\":15359,\"durationTicks\":1,\"kind\":\"coda\",\"label\":\"c\",\"level\":7},"
		"{\"tick\":0,\"durationTicks\":15360,\"kind\":\"section\",\"label\":\"all\",\"color\":"
		"\"#123456\"}");
	check_hostile("\"diagrams\"", "{\"tick\":0,\"partId\":\"p1\",\"name\":\"x\",\"strings\":12,\"frets\":"
				      "24,\"baseFret\":30,\"muted\":[1,12],\"open\":[2],"
				      "\"dots\":[{\"string\":12,\"fret\":1},{\"string\":1,\"fret\":36}],"
				      "\"barres\":[{\"fret\":31,\"from\":12,\"to\":1}]},"
				      "{\"tick\":1,\"partId\":\"p1\",\"name\":\"k\",\"kind\":\"keyboard\","
				      "\"keys\":[{\"pitch\":0},{\"pitch\":127,\"finger\":\"5\"}]}");
	check_hostile("\"tablature\"",
		"{\"noteId\":\"n1\",\"string\":6,\"fret\":24,\"techniques\":["
		"{\"type\":\"slide\",\"style\":\"shift\",\"toNoteId\":\"n1\"},{\"type\":\"slide\","
		"\"style\":\"legato\",\"toNoteId\":\"n7\"},"
		"{\"type\":\"hammer-on\",\"toNoteId\":\"n7\"},{\"type\":\"bend\",\"points\":[{\"tick\":0,"
		"\"cents\":300},{\"tick\":9,\"cents\":0}]},{"
		"\"type\":\"whammy\",\"points\":[{\"tick\":0,\"cents\":-2400}]},"
		"{\"type\":\"vibrato\",\"width\":\"wide\"},{\"type\":\"strum\","
		"\"direction\":\"down\"},{\"type\":\"arpeggio\",\"direction\":\"up\"},"
		"{\"type\":\"palm-mute\"},{\"type\":\"let-ring\"},{\"type\":\"tremolo-"
		"pick\",\"strokes\":5},{\"type\":\"dead\"},"
		"{\"type\":\"harmonic\",\"style\":\"feedback\"}]}");
}
