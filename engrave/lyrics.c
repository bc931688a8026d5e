/* SPDX-License-Identifier: MIT */
/* Words under the notes: verses below one another, hyphens between syllables, lines behind melismas. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "layers.h"

#define LINE_HEIGHT 1.15f
#define WORD_GAP 0.65f
#define HYPHEN 0.75f
#define HYPHEN_EVERY 9.0f

struct word {
	uint32_t lyric, staff, system, measure;
	uint32_t event, column; /* ENG_NONE: it stands at no note; at no column */
	uint32_t voice;         /* 0, unless voices of its staff sing at one time */
	uint8_t verse;
	int64_t tick;
	float left, right; /* reach against its column */
};

static uint32_t staff_of(const struct eng *e, const struct nvx_lyric *l, uint32_t ev)
{
	uint32_t staff = ev != ENG_NONE ? e->event[ev].staff
					: eng_find_staff(e, l->e.part_id, l->e.staff ? l->e.staff : 1, 0);
	if (staff == ENG_NONE && l->e.part_id == 0)
		staff = eng_first_staff(e, 0);
	return staff == ENG_NONE || e->staff[staff].is_hidden ? ENG_NONE : staff;
}

static int goes_on(const struct nvx_lyric *l)
{
	return l->syllabic == NVX_SYLLABIC_BEGIN || l->syllabic == NVX_SYLLABIC_MIDDLE;
}

static int by_line(const void *a, const void *b)
{
	const struct word *x = a, *y = b;
	if (x->staff != y->staff)
		return x->staff < y->staff ? -1 : 1;
	if (x->voice != y->voice)
		return x->voice < y->voice ? -1 : 1;
	if (x->verse != y->verse)
		return x->verse - y->verse;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->lyric < y->lyric ? -1 : x->lyric > y->lyric;
}

/* Of one line: one verse of one voice. */
static int is_one_line(const struct word *a, const struct word *b)
{
	return a->staff == b->staff && a->voice == b->voice && a->verse == b->verse;
}

static float word_x(const struct eng *e, const struct word *w)
{
	return w->event != ENG_NONE ? eng_event_x(e, &e->event[w->event]) : eng_x_at(e, w->measure, w->tick);
}

/* Voices that sing at one time have lines of their own; else a verse goes on from voice to voice. */
static int part_voices(struct eng *e, struct word *word, uint32_t n)
{
	uint8_t *is_parted = eng_alloc(e->arena, e->n_staves ? e->n_staves : 1);
	if (is_parted == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i + 1 < n; i++) {
		const struct word *a = &word[i], *b = &word[i + 1];
		if (is_one_line(a, b) && a->column == b->column && a->event != b->event &&
			a->event != ENG_NONE && b->event != ENG_NONE)
			is_parted[a->staff] = 1;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (is_parted[word[i].staff] && word[i].event != ENG_NONE)
			word[i].voice = e->event[word[i].event].voice;
	}
	qsort(word, n, sizeof(*word), by_line);
	/* Notes of a chord with words of their own: side by side. */
	for (uint32_t i = 1; i < n; i++) {
		if (!is_one_line(&word[i - 1], &word[i]) || word[i].column != word[i - 1].column ||
			word[i].tick != word[i - 1].tick)
			continue;
		float by = word[i - 1].right + WORD_GAP - word[i].left;
		word[i].left += by;
		word[i].right += by;
	}
	return 0;
}

/* All words that are drawn, line by line. */
static int collect(struct eng *e, struct word **ret, uint32_t *ret_n)
{
	uint32_t all = score_n_lyric(e->score), n = 0;
	*ret_n = 0;
	*ret = all > 0 ? eng_alloc(e->arena, all * sizeof(**ret)) : NULL;
	if (all > 0 && *ret == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < all; i++) {
		const struct nvx_lyric *l = score_lyric(e->score, i);
		uint32_t head,
			ev = l->e.note_id ? eng_find_note(e, l->e.note_id, l->e.tick, &head) : ENG_NONE;
		uint32_t staff = staff_of(e, l, ev);
		const char *text = score_text(e->score, l->text);
		/* Under a note that isn't shown there are no words either. */
		if (staff == ENG_NONE || *text == '\0' || (ev != ENG_NONE && e->event[ev].is_hidden))
			continue;
		float width = eng_text_width(e, ENG_SIZE_LYRIC, 0, text);
		/* A syllable that is held begins at its note's left edge; others stand in the middle below
		 * it. */
		int is_held = l->extend && !goes_on(l);
		float left = is_held ? 0.0f : eng_half_head(e) - width / 2;
		uint32_t m = eng_measure_of(e, l->e.tick);
		uint32_t column = ev != ENG_NONE ? e->event[ev].column : eng_find_column(e, m, l->e.tick);
		(*ret)[n++] = (struct word){i, staff, e->measure[m].system, m, ev, column, 0, l->verse,
			l->e.tick, left, left + width};
	}
	*ret_n = n;
	if (n == 0)
		return 0;
	qsort(*ret, n, sizeof(**ret), by_line);
	return part_voices(e, *ret, n);
}

int eng_same_lyrics(struct eng_same *s)
{
	struct eng *e = s->e;
	struct word *word;
	uint32_t n, m;
	if (!eng_has_layer(e, ENGRAVE_LYRICS) || e->n_measures == 0)
		return 0;
	const int r = collect(e, &word, &n);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct word *w = &word[i], *next = i + 1 < n && is_one_line(w, &w[1]) ? &w[1] : NULL;
		const struct nvx_lyric *l = score_lyric(e->score, w->lyric);
		const struct eng_measure *first = &e->measure[e->system[w->system].first_measure];
		const int64_t end = l->e.tick + (l->e.duration_ticks ? l->e.duration_ticks : 1);
		const char *text = score_text(e->score, l->text);
		const float reach[] = {w->left, w->right};
		const int64_t number[] = {w->staff, w->voice, w->verse, l->syllabic, l->extend,
			w->tick - first->tick, end - first->tick,
			w->measure - e->system[w->system].first_measure,
			eng_same_event(s, w->system, w->event),
			w->column == ENG_NONE ? -1 : (int64_t)(w->column - first->first_column),
			!next                       ? 0
			: next->system == w->system ? 1
						    : 2};
		eng_same_mix(s, w->system, text, strlen(text));
		eng_same_mix(s, w->system, reach, sizeof(reach));
		eng_same_mix(s, w->system, number, sizeof(number));
		if (l->extend && !goes_on(l)) { /* its line goes on in the next systems */
			(void)eng_end_x(e, end, &m);
			if (e->measure[m].system > w->system)
				eng_same_join(s, w->system, e->measure[m].system);
		}
	}
	return r;
}

static int has_bars_below(const struct eng *e, const struct word *w)
{
	int is_between;
	return eng_bar_end(e, ENG_NONE, w->staff, &is_between) > w->staff;
}

/* Where bar lines run on to the staff below, words keep clear of them. */
static void keep_from_bars(struct eng *e, const struct word *w)
{
	if (w->column == ENG_NONE || !has_bars_below(e, w))
		return;
	const struct eng_measure *m = &e->measure[w->measure];
	struct eng_column *c = &e->column[w->column];
	if (w->column == m->first_column)
		c->left = fmaxf(c->left, -w->left - 0.6f);
	if (w->column + 1 == m->first_column + m->n_columns)
		c->right = fmaxf(c->right, w->right - 0.4f);
}

int eng_lyric_rods(struct eng *e)
{
	struct word *word;
	uint32_t n;
	int r = collect(e, &word, &n);
	for (uint32_t i = 0; r == 0 && i < n; i++)
		keep_from_bars(e, &word[i]);
	for (uint32_t i = 0; r == 0 && i + 1 < n; i++) {
		const struct word *a = &word[i], *b = &word[i + 1];
		if (!is_one_line(a, b) || a->column == ENG_NONE || b->column == ENG_NONE ||
			a->column >= b->column)
			continue;
		float gap = goes_on(score_lyric(e->score, a->lyric)) ? HYPHEN + 0.5f : WORD_GAP;
		r = eng_add_rod(e, a->column, b->column, a->right - b->left + gap);
	}
	return r;
}

/* A bar line that runs through the words has no hyphen on it. */
static float off_bars(const struct eng *e, const struct word *w, float mid, float half, float x0, float x1)
{
	const struct eng_system *s = &e->system[w->system];
	const float clear = half + 0.35f;
	if (!has_bars_below(e, w))
		return mid;
	for (uint32_t i = w->measure + 1; i < s->first_measure + s->n_measures; i++) {
		const float bar = e->measure[i].x;
		if (bar > mid + clear)
			break;
		if (e->measure[i].is_skipped || bar < mid - clear)
			continue;
		if (bar - clear - half >= x0 + 0.1f)
			return bar - clear;
		return fminf(bar + clear, fmaxf(x1 - half, mid));
	}
	return mid;
}

static int hyphens(struct eng *e, const struct word *w, float x0, float x1, float y)
{
	float gap = x1 - x0;
	if (gap < 0.4f)
		return 0;
	unsigned n = (unsigned)fminf(fmaxf(1.0f, floorf(gap / HYPHEN_EVERY)), 1000.0f);
	float length = fminf(HYPHEN, gap * 0.7f);
	int r = 0;
	for (unsigned i = 0; r == 0 && i < n; i++) {
		float mid = off_bars(e, w, x0 + gap * ((float)i + 0.5f) / (float)n, length / 2, x0, x1);
		float at = y - 0.26f * ENG_SIZE_LYRIC;
		struct mos_shape s = eng_line(mid - length / 2, at, mid + length / 2, at,
			e->metrics->defaults.lyric_line * 1.2f, ENGRAVE_LYRICS, MOS_TOKEN_LYRICS);
		r = eng_ink(e, w->system, w->staff, w->measure, &s, 0);
	}
	return r;
}

/* The line behind a held syllable, to the last note that it is sung on. `base`: first baselines, by system
 * and staff. */
static int extender(struct eng *e, const struct word *w, float x0, float y, const float *base)
{
	const struct nvx_lyric *l = score_lyric(e->score, w->lyric);
	uint32_t m;
	float x1 = eng_end_x(e, l->e.tick + (l->e.duration_ticks ? l->e.duration_ticks : 1), &m);
	uint32_t last = e->measure[m].system;
	float thick = e->metrics->defaults.lyric_line;
	int r = 0;
	for (uint32_t i = w->system; r == 0 && i <= last && i - w->system < 16; i++) {
		float a = i == w->system ? x0 + 0.25f : eng_system_left(e, i),
		      b = i == last ? x1 : eng_system_right(e, i);
		if (b - a < 0.6f)
			continue;
		const float *own = &base[w->staff + (size_t)w->system * e->n_staves],
			    *there = own + (size_t)(i - w->system) * e->n_staves;
		struct eng_skyline *sky = eng_sky_of(e, i, w->staff, 0);
		if (sky == NULL)
			return -ENOMEM;
		const float at = isfinite(*there) ? y - *own + *there
						  : eng_sky_place(sky, a, b, 0.6f) + ENG_SIZE_LYRIC;
		struct mos_shape s = eng_line(a, at, b, at, thick, ENGRAVE_LYRICS, MOS_TOKEN_LYRICS);
		r = eng_ink(e, i, w->staff, i == w->system ? w->measure : ENG_NONE, &s, 0);
	}
	return r;
}

static int draw_word(struct eng *e, const struct word *w, const struct word *next, float y, const float *base)
{
	const struct nvx_lyric *l = score_lyric(e->score, w->lyric);
	float x = word_x(e, w);
	int r = eng_text(e, w->system, w->staff, w->measure, x + w->left, y, ENG_SIZE_LYRIC, 0,
		ENGRAVE_LYRICS, MOS_TOKEN_LYRICS, score_text(e->score, l->text), 0);
	if (r == 0 && goes_on(l)) {
		float to = eng_system_right(e, w->system) - 0.3f;
		if (next != NULL && next->system == w->system)
			to = word_x(e, next) + next->left;
		else if (next == NULL)
			to = x + w->right + 1.5f;
		r = hyphens(e, w, x + w->right, to, y);
	}
	if (r == 0 && l->extend && !goes_on(l))
		r = extender(e, w, x + w->right, y, base);
	return r;
}

int eng_lyrics(struct eng *e)
{
	struct word *word;
	uint32_t n;
	if (!eng_has_layer(e, ENGRAVE_LYRICS) || e->n_measures == 0)
		return 0;
	int r = collect(e, &word, &n);
	if (r < 0 || n == 0)
		return r;
	/* First baseline and number of verses of each staff in each system. */
	size_t n_places = (size_t)e->n_systems * e->n_staves;
	float *base = eng_alloc(e->arena, n_places * sizeof(*base));
	struct line {
		uint32_t n, last; /* of this system so far: a verse that has no words here takes none */
	} *line = eng_alloc(e->arena, n_places * sizeof(*line));
	if (base == NULL || line == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n_places; i++)
		base[i] = -INFINITY;
	for (uint32_t i = 0; i < n; i++) {
		const struct word *w = &word[i];
		struct eng_skyline *sky = eng_sky_of(e, w->system, w->staff, 0);
		if (sky == NULL)
			return -ENOMEM;
		float x = word_x(e, w), *b = &base[(size_t)w->system * e->n_staves + w->staff];
		*b = fmaxf(*b, eng_sky_place(sky, x + w->left - 0.2f, x + w->right + 0.2f, 0.6f) +
				       0.76f * ENG_SIZE_LYRIC);
	}
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct word *w = &word[i];
		struct line *at = &line[(size_t)w->system * e->n_staves + w->staff];
		if (at->n == 0 || !is_one_line(&word[at->last], w))
			at->n++;
		at->last = i;
		const struct word *next = i + 1 < n && is_one_line(w, &w[1]) ? &w[1] : NULL;
		float y = base[(size_t)w->system * e->n_staves + w->staff] +
			  (float)(at->n - 1) * LINE_HEIGHT * ENG_SIZE_LYRIC;
		r = draw_word(e, w, next, y, base);
	}
	return r;
}
