/* SPDX-License-Identifier: MIT */
/* Chord symbols: root and bass large, quality beside, extensions raised and small, accidentals from the music
 * font. */
#include "layers.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAP 0.9f
#define SMALL 0.68f /* of raised text */
#define RAISE 0.36f /* em of the large text */
#define QUALITY 0.84f
#define CODE_FLAT 0xe260u
#define CODE_NATURAL 0xe261u
#define CODE_SHARP 0xe262u

struct pen {
	struct eng *e; /* NULL: only measured */
	const struct eng *metrics;
	uint32_t system, staff, measure;
	int no_sky, r;
	float x, y, size;
	float scale, raise; /* of what is written now */
	char run[96];
	size_t n;
};

static void flush(struct pen *p)
{
	if (p->n == 0)
		return;
	p->run[p->n] = '\0';
	float size = p->size * p->scale;
	if (p->e != NULL && p->r == 0)
		p->r = eng_text(p->e, p->system, p->staff, p->measure, p->x, p->y - p->raise * p->size, size,
			0, ENGRAVE_CHORDS, MOS_TOKEN_CHORDS, p->run, p->no_sky);
	p->x += eng_text_width(p->metrics, size, 0, p->run);
	p->n = 0;
}

static void put(struct pen *p, const char *text, size_t n)
{
	if (p->n + n >= sizeof(p->run))
		flush(p);
	memcpy(p->run + p->n, text, n);
	p->n += n;
}

static void accidental(struct pen *p, uint32_t code)
{
	flush(p);
	float size = p->size * p->scale, scale = 0.31f * size;
	const struct engrave_glyph *g = engrave_glyph(p->metrics->metrics, code);
	float y = p->y - p->raise * p->size;
	y += code == CODE_FLAT ? g->y0 * scale : -p->metrics->metrics->cap_height * size / 2;
	p->x += 0.03f * size;
	if (p->e != NULL && p->r == 0) {
		struct mos_shape s =
			eng_glyph(code, p->x - g->x0 * scale, y, scale, ENGRAVE_CHORDS, MOS_TOKEN_CHORDS);
		p->r = eng_ink(p->e, p->system, p->staff, p->measure, &s, p->no_sky);
	}
	p->x += (g->x1 - g->x0) * scale + 0.05f * size;
}

static uint32_t unicode_accidental(const char *text)
{
	if (strncmp(text, "\xe2\x99\xad", 3) == 0)
		return CODE_FLAT;
	if (strncmp(text, "\xe2\x99\xae", 3) == 0)
		return CODE_NATURAL;
	return strncmp(text, "\xe2\x99\xaf", 3) == 0 ? CODE_SHARP : 0;
}

static void level(struct pen *p, float scale, float raise)
{
	if (p->scale != scale || p->raise != raise)
		flush(p);
	p->scale = scale;
	p->raise = raise;
}

/* A letter with its accidentals. @return bytes read */
static size_t tone(struct pen *p, const char *text)
{
	put(p, text, 1);
	size_t i = 1;
	for (; i < 32; i++) {
		uint32_t code = unicode_accidental(text + i);
		if (code == 0 && text[i] != 'b' && text[i] != '#')
			break;
		accidental(p, code ? code : text[i] == 'b' ? CODE_FLAT : CODE_SHARP);
		i += code ? 2 : 0;
	}
	return i;
}

static void write_symbol(struct pen *p, const char *text)
{
	level(p, 1.0f, 0.0f);
	size_t i = 0, n = strlen(text);
	if (n > MOS_SHAPE_TEXT_MAX)
		n = MOS_SHAPE_TEXT_MAX;
	if (text[0] < 'A' || text[0] > 'G') {
		put(p, text, n < 90 ? n : 90);
		flush(p);
		return;
	}
	i = tone(p, text);
	/* "m" stands beside the root; "maj" is raised like a number. */
	size_t quality = 0;
	if (text[i] == 'm' && strncmp(text + i, "maj", 3) != 0)
		quality = strncmp(text + i, "min", 3) == 0 ? 3 : strncmp(text + i, "mi", 2) == 0 ? 2 : 1;
	else if (text[i] == '-')
		quality = 1;
	if (quality > 0) {
		level(p, QUALITY, 0.0f);
		put(p, text + i, quality);
		i += quality;
	}
	while (i < n) {
		uint32_t code = unicode_accidental(text + i);
		if (text[i] == '/' && text[i + 1] >= 'A' && text[i + 1] <= 'G') {
			level(p, 1.0f, 0.0f);
			put(p, "/", 1);
			i += 1 + tone(p, text + i + 1);
			continue;
		}
		level(p, SMALL, RAISE);
		if (code != 0) {
			accidental(p, code);
			i += 3;
		} else if ((text[i] == 'b' || text[i] == '#') && isdigit((unsigned char)text[i + 1])) {
			accidental(p, text[i] == 'b' ? CODE_FLAT : CODE_SHARP);
			i++;
		} else {
			/* All bytes of a character, so that a run is never cut within one. */
			size_t len = 1;
			while (i + len < n && ((unsigned char)text[i + len] & 0xc0) == 0x80 && len < 4)
				len++;
			put(p, text + i, len);
			i += len;
		}
	}
	flush(p);
}

float eng_chord_width(const struct eng *e, const char *symbol, float size)
{
	struct pen p = {.metrics = e, .size = size};
	write_symbol(&p, symbol);
	return p.x;
}

int eng_chord_draw(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x, float y,
	float size, const char *symbol, int no_sky)
{
	struct pen p = {.e = e,
		.metrics = e,
		.system = system,
		.staff = staff,
		.measure = measure,
		.no_sky = no_sky,
		.x = x,
		.y = y,
		.size = size};
	write_symbol(&p, symbol);
	return p.r;
}

static uint32_t staff_of(const struct eng *e, const struct nvx_chord *c)
{
	uint32_t staff = eng_first_staff(e, c->e.part_id);
	return staff == ENG_NONE ? eng_first_staff(e, 0) : staff;
}

static int by_staff(const void *a, const void *b)
{
	const struct eng_chord_place *x = a, *y = b;
	if (x->staff != y->staff)
		return x->staff < y->staff ? -1 : 1;
	return x->chord < y->chord ? -1 : x->chord > y->chord;
}

/* Chords by staff, then time. One that a part not drawn has at the same tick as another isn't written over
 * it. */
static int collect(struct eng *e, struct eng_chord_place **ret, uint32_t *ret_n)
{
	uint32_t all = score_n_chord(e->score), n = 0;
	*ret_n = 0;
	*ret = all > 0 ? eng_alloc(e->arena, all * sizeof(**ret)) : NULL;
	if (all == 0 || *ret == NULL)
		return all == 0 ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < all; i++) {
		uint32_t staff = staff_of(e, score_chord(e->score, i));
		if (staff != ENG_NONE && *score_text(e->score, score_chord(e->score, i)->symbol))
			(*ret)[n++] = (struct eng_chord_place){.chord = i, .staff = staff};
	}
	qsort(*ret, n, sizeof(**ret), by_staff);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct eng_chord_place *before = kept > 0 ? &(*ret)[kept - 1] : NULL;
		if (before != NULL && before->staff == (*ret)[i].staff &&
			score_chord(e->score, before->chord)->e.tick ==
				score_chord(e->score, (*ret)[i].chord)->e.tick)
			continue;
		(*ret)[kept++] = (*ret)[i];
	}
	*ret_n = kept;
	return 0;
}

int eng_chord_rods(struct eng *e)
{
	struct eng_chord_place *place;
	uint32_t n;
	int r = collect(e, &place, &n);
	for (uint32_t i = 0; r == 0 && i + 1 < n; i++) {
		if (place[i].staff != place[i + 1].staff)
			continue;
		const struct nvx_chord *a = score_chord(e->score, place[i].chord),
				       *b = score_chord(e->score, place[i + 1].chord);
		r = eng_keep_apart(e, a->e.tick, b->e.tick,
			eng_chord_width(e, score_text(e->score, a->symbol), ENG_SIZE_CHORD) + GAP);
	}
	return r;
}

int eng_chord_symbols(struct eng *e)
{
	if (!eng_has_layer(e, ENGRAVE_CHORDS) || e->n_measures == 0)
		return 0;
	struct eng_chord_place *place;
	uint32_t n;
	int r = collect(e, &place, &n);
	if (r < 0 || n == 0)
		return r;
	for (uint32_t i = 0, end; r == 0 && i < n; i = end) {
		/* All of one staff and system on one line. */
		float base = INFINITY, free_from = -INFINITY;
		uint32_t measure, system = 0, staff = place[i].staff;
		for (end = i; end < n && place[end].staff == staff; end++) {
			const struct nvx_chord *c = score_chord(e->score, place[end].chord);
			float x = eng_tick_x(e, c->e.tick, &measure);
			if (end == i)
				system = e->measure[measure].system;
			if (e->measure[measure].system != system)
				break;
			float width = eng_chord_width(e, score_text(e->score, c->symbol), ENG_SIZE_CHORD);
			struct eng_skyline *sky = eng_sky_of(e, system, eng_staff_in(e, system, staff), 1);
			if (sky == NULL)
				return -ENOMEM;
			/* Rods hold between columns; what stands between them moves on. */
			x = fmaxf(fminf(x, e->system[system].width + 1.0f - width), free_from);
			free_from = x + width + 0.5f * GAP;
			base = fminf(base, eng_sky_place(sky, x, x + width, 1.0f));
			place[end].system = system;
			place[end].box = (struct eng_box){x, 0, x + width, 0};
		}
		for (uint32_t k = i; r == 0 && k < end; k++) {
			const struct nvx_chord *c = score_chord(e->score, place[k].chord);
			place[k].box.y0 = base - 1.05f * ENG_SIZE_CHORD;
			place[k].box.y1 = base + 0.25f * ENG_SIZE_CHORD;
			place[k].staff = eng_staff_in(e, system, staff);
			r = eng_chord_draw(e, system, place[k].staff, eng_measure_of(e, c->e.tick),
				place[k].box.x0, base, ENG_SIZE_CHORD, score_text(e->score, c->symbol), 0);
		}
	}
	e->chord_place = place;
	e->n_chord_places = n;
	return r;
}
