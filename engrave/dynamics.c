/* SPDX-License-Identifier: MIT */
/* Dynamics and hairpins, which share a line: below the staff, above where words are sung below it. */
#include "layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPENING 1.2f  /* of a hairpin, all of it */
#define X_HEIGHT 0.5f /* middle of the letters above their baseline */
#define GAP 0.7f
#define OVERHANG 0.4f /* of letters, beyond their advance */
#define LEAST_HAIRPIN 1.2f
#define NEAR 9.0f /* lines of dynamics that follow so soon are one */
#define EVEN 2.6f /* where they are no farther apart than this */

struct item {
	uint32_t element, staff, system;
	float x0, x1, most; /* how far it may go to the right */
	int64_t tick, end;
	int is_hairpin, is_first, is_last;
};

static const char letters[] = "pmfrszn"; /* from U+E520 on */

static int is_by_glyphs(const struct eng *e, const char *text)
{
	size_t n = strlen(text);
	if (n == 0 || n > 8)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(letters, text[i]);
		if (at == NULL || !engrave_glyph(e->metrics, 0xe520u + (uint32_t)(at - letters))->is_there)
			return 0;
	}
	return 1;
}

static float width_of(const struct eng *e, const char *text)
{
	if (!is_by_glyphs(e, text))
		return eng_text_width(e, ENG_SIZE_EXPRESSION, MOS_SHAPE_ITALIC, text);
	float width = 0.0f;
	for (; *text; text++)
		width += engrave_glyph(e->metrics, 0xe520u + (uint32_t)(strchr(letters, *text) - letters))
				 ->advance;
	return width;
}

static int draw_letters(struct eng *e, const struct item *item, float y, const char *text)
{
	uint32_t measure = eng_measure_of(e, item->tick);
	if (!is_by_glyphs(e, text))
		return eng_text(e, item->system, item->staff, measure, item->x0, y + 0.2f,
			ENG_SIZE_EXPRESSION, MOS_SHAPE_ITALIC, ENGRAVE_NOTATION, MOS_TOKEN_INK, text, 0);
	float x = item->x0;
	int r = 0;
	for (; r == 0 && *text; text++) {
		uint32_t code = 0xe520u + (uint32_t)(strchr(letters, *text) - letters);
		struct mos_shape s = eng_glyph(code, x, y + X_HEIGHT, 1.0f, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		r = eng_ink(e, item->system, item->staff, measure, &s, 0);
		x += engrave_glyph(e->metrics, code)->advance;
	}
	return r;
}

static int draw_hairpin(struct eng *e, const struct item *item, float y, int opens)
{
	if (!(item->x1 > item->x0))
		return 0;
	float thick = e->metrics->defaults.hairpin, half = OPENING / 2;
	float a = opens ? 0.0f : half, b = opens ? half : 0.0f;
	/* Broken at the end of a system: the closed end stays open a little. */
	if (!item->is_first && opens)
		a = half * 0.4f;
	if (!item->is_last && !opens)
		b = half * 0.4f;
	uint32_t measure = item->is_first && item->is_last &&
					   eng_measure_of(e, item->tick) == eng_measure_of(e, item->end - 1)
				   ? eng_measure_of(e, item->tick)
				   : ENG_NONE;
	int r = 0;
	for (int k = -1; r == 0 && k <= 1; k += 2) {
		struct mos_shape s = eng_line(item->x0, y + (float)k * a, item->x1, y + (float)k * b, thick,
			ENGRAVE_NOTATION, MOS_TOKEN_INK);
		s.flags |= MOS_SHAPE_ROUND;
		r = eng_ink(e, item->system, item->staff, measure, &s, 0);
	}
	return r;
}

static int by_place(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->system != y->system)
		return x->system < y->system ? -1 : 1;
	if (x->staff != y->staff)
		return x->staff < y->staff ? -1 : 1;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	if (x->is_hairpin != y->is_hairpin)
		return x->is_hairpin - y->is_hairpin;
	return x->element < y->element ? -1 : x->element > y->element;
}

/* "cresc." and its kin stand on the line of the dynamics. */
int eng_is_dynamic_word(const struct eng *e, const struct nvx_notation_element *el)
{
	static const char *const word[] = {"cresc", "decresc", "dim", "sempre p", "sempre f", "sempre cresc",
		"sempre dim", "pi\u00f9 ", "poco a poco cresc", "poco a poco dim", "subito p", "subito f"};
	if (el->e.kind != NVX_NOTATION_TEXT || el->style > NVX_TEXT_EXPRESSION ||
		el->placement == NVX_PLACEMENT_ABOVE)
		return 0;
	const char *text = score_text(e->score, el->text);
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		if (strncmp(text, word[i], strlen(word[i])) == 0)
			return 1;
	}
	return 0;
}

/* Hairpins stop short of the letters next to them; what has no room goes on to the right. */
static void make_room(struct item *item, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < n; i++) {
		struct item *a = &item[i], *b = &item[i + 1];
		if (a->is_hairpin && a->x1 > b->x0 - 0.8f)
			a->x1 = fmaxf(a->x0 + LEAST_HAIRPIN, b->x0 - 0.8f);
		const float from = a->x1 + (a->is_hairpin && b->is_hairpin ? 0.3f : 0.6f);
		const float width = b->is_hairpin ? LEAST_HAIRPIN : b->x1 - b->x0;
		if (b->x0 < from) {
			b->x0 = from;
			/* one that goes on begins in the next line */
			if (b->is_hairpin && !b->is_last && b->x1 < from + LEAST_HAIRPIN)
				b->x1 = from;
			else
				b->x1 = b->is_hairpin ? fmaxf(b->x1, from + width) : from + width;
		}
	}
	/* and back from a bar line, as far as the letters before it lets it */
	for (uint32_t i = n; i-- > 0;) {
		struct item *a = &item[i];
		const float to = i + 1 < n ? fminf(a->most, item[i + 1].x0 - 0.6f) : a->most;
		const float before = i > 0 && item[i - 1].is_hairpin ? item[i - 1].x1 + 0.6f : -INFINITY;
		const float back = fminf(a->x1 - to, a->x0 - before);
		if (a->is_hairpin || back <= 0.0f)
			continue;
		a->x0 -= back;
		a->x1 -= back;
	}
}

/* How far out items that touch in time stand, on one line. */
static float line_of(const struct eng_skyline *sky, const struct item *item, uint32_t n, int above)
{
	float side = above ? -1.0f : 1.0f, y = -INFINITY;
	for (uint32_t i = 0; i < n; i++) {
		float half = item[i].is_hairpin ? OPENING / 2 : 1.0f;
		float over = item[i].is_hairpin ? 0.0f : OVERHANG;
		y = fmaxf(y, side * eng_sky_place(sky, item[i].x0 - over, item[i].x1 + over, GAP) + half);
	}
	return y;
}

static int draw_line(struct eng *e, const struct item *item, uint32_t n, int above, float out)
{
	const float y = above ? -out : out;
	const uint32_t first_ink = e->n_ink;
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct nvx_notation_element *el = eng_notation(e, item[i].element);
		if (item[i].is_hairpin)
			r = draw_hairpin(e, &item[i], y, el->style == NVX_HAIRPIN_CRESCENDO);
		else
			r = draw_letters(e, &item[i], y, score_text(e->score, el->text));
	}
	return r < 0 || above ? r : eng_add_between(e, item->system, item->staff, first_ink);
}

struct line {
	uint32_t first, n;
	float out; /* from the staff's top line, away from its middle */
};

/* Lines of one staff that follow each other closely are level. */
static void level(const struct item *item, struct line *line, uint32_t n)
{
	for (uint32_t i = 0, end; i < n; i = end) {
		float out = line[i].out, in = line[i].out;
		for (end = i + 1; end < n; end++) {
			const struct item *a = &item[line[end - 1].first + line[end - 1].n - 1],
					  *b = &item[line[end].first];
			const float most = fmaxf(out, line[end].out), least = fminf(in, line[end].out);
			if (a->system != b->system || a->staff != b->staff || b->x0 - a->x1 > NEAR ||
				most - least > EVEN)
				break;
			out = most;
			in = least;
		}
		for (uint32_t k = i; k < end; k++)
			line[k].out = out;
	}
}

int eng_dynamic_rods(struct eng *e)
{
	struct before {
		int64_t tick;
		float width;
		uint8_t is_set;
	} *before = eng_alloc(e->arena, (e->n_staves ? e->n_staves : 1) * sizeof(*before));
	int r = before == NULL ? -ENOMEM : 0;
	for (uint32_t i = 0; r == 0 && i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind != NVX_NOTATION_DYNAMIC)
			continue;
		uint32_t staff = eng_find_staff(e, el->e.part_id, el->e.staff ? el->e.staff : 1, 0);
		if (staff == ENG_NONE)
			continue;
		float width = width_of(e, score_text(e->score, el->text));
		/* Wide ones begin nearer to their notes than half their width: collect(). */
		struct before *b = &before[staff];
		if (b->is_set && b->tick < el->e.tick)
			r = eng_keep_apart(e, b->tick, el->e.tick,
				fmaxf(b->width / 2, b->width - 1.2f) + fminf(width / 2, 1.2f) + 0.8f);
		*b = (struct before){el->e.tick, width, 1};
	}
	return r;
}

/* Words below a staff send its dynamics above. */
static int is_above(const struct eng *e, const struct item *item)
{
	return e->is_sung[e->staff[item->staff].part];
}

/* Bar lines run on where its dynamics stand. */
static int is_between_bars(const struct eng *e, const struct item *item)
{
	int is_between;
	if (!is_above(e, item))
		return eng_bar_end(e, item->system, item->staff, &is_between) > item->staff;
	return item->staff > 0 && eng_bar_end(e, item->system, item->staff - 1, &is_between) >= item->staff;
}

/* Letters stand on no bar line that runs through them. */
static void keep_off_bars(const struct eng *e, struct item *item, uint32_t measure)
{
	const struct eng_measure *m = &e->measure[measure];
	const float width = item->x1 - item->x0, from = m->x + 0.4f + OVERHANG;
	if (!is_between_bars(e, item))
		return;
	item->most = m->x + m->width - eng_bar_room(e, measure, 0) - OVERHANG - 0.4f;
	item->x0 = fmaxf(fminf(item->x0, item->most - width), from);
	item->x1 = item->x0 + width;
}

static uint32_t collect(const struct eng *e, struct item *item)
{
	uint32_t n = 0, all = score_n_notation(e->score);
	for (uint32_t i = 0; i < all; i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		int is_word = eng_is_dynamic_word(e, el);
		if (el->e.kind != NVX_NOTATION_DYNAMIC && el->e.kind != NVX_NOTATION_HAIRPIN && !is_word)
			continue;
		uint32_t staff = eng_find_staff(e, el->e.part_id, el->e.staff ? el->e.staff : 1, 0), m0, m1;
		if (staff == ENG_NONE || e->staff[staff].is_hidden)
			continue;
		float x0 = eng_tick_x(e, el->e.tick, &m0);
		if (el->e.kind == NVX_NOTATION_DYNAMIC || is_word) {
			float width = width_of(e, score_text(e->score, el->text));
			float left = is_word ? x0 : x0 + eng_half_head(e) - fminf(width / 2, 1.2f);
			if (item != NULL) {
				struct item *to = &item[n];
				*to = (struct item){i, staff, e->measure[m0].system, left, left + width,
					INFINITY, el->e.tick, el->e.tick, 0, 1, 1};
				if (!is_word)
					keep_off_bars(e, to, m0);
			}
			n++;
			continue;
		}
		int64_t end = el->e.tick + (el->e.duration_ticks ? el->e.duration_ticks : 1);
		float x1 = eng_tick_x(e, end - 1, &m1);
		uint32_t first = e->measure[m0].system, last = e->measure[m1].system;
		/* One that ends with its measure ends before the bar line. */
		x1 = fminf(x1 + 0.6f, e->measure[m1].x + e->measure[m1].width - 0.4f);
		for (uint32_t s = first; s <= last; s = s == first && last - first > 16 ? last : s + 1) {
			float a = s == first ? x0 + 0.2f : eng_system_left(e, s),
			      b = s == last ? x1 : eng_system_right(e, s);
			if (item != NULL)
				item[n] = (struct item){i, staff, s, a, fmaxf(b, a + 1.2f), INFINITY,
					el->e.tick, end, 1, s == first, s == last};
			n++;
		}
	}
	return n;
}

/* The same letters twice at one place, as files of several voices have them, would read as other letters. */
static uint32_t drop_doubles(const struct eng *e, struct item *item, uint32_t n)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct item *before = kept ? &item[kept - 1] : NULL;
		if (before && !item[i].is_hairpin && !before->is_hairpin &&
			item[i].system == before->system && item[i].staff == before->staff &&
			item[i].tick == before->tick &&
			strcmp(score_text(e->score, eng_notation(e, item[i].element)->text),
				score_text(e->score, eng_notation(e, before->element)->text)) == 0)
			continue;
		item[kept++] = item[i];
	}
	return kept;
}

int eng_dynamics(struct eng *e)
{
	uint32_t n = e->n_measures > 0 ? collect(e, NULL) : 0;
	if (n == 0)
		return 0;
	struct item *item = eng_alloc(e->arena, n * sizeof(*item));
	if (item == NULL)
		return -ENOMEM;
	struct line *line = eng_alloc(e->arena, n * sizeof(*line));
	if (line == NULL)
		return -ENOMEM;
	(void)collect(e, item);
	qsort(item, n, sizeof(*item), by_place);
	n = drop_doubles(e, item, n);
	uint32_t n_lines = 0;
	for (uint32_t i = 0, end; i < n; i = end) {
		int64_t reach = item[i].end;
		float right = item[i].x1;
		end = i + 1;
		while (end < n && item[end].system == item[i].system && item[end].staff == item[i].staff &&
			(item[end].tick <= reach ||
				(item[end].tick <= reach + 240 && item[end - 1].is_hairpin) ||
				item[end].x0 < right + 1.0f)) {
			/* as far as those before push it */
			right = item[end].is_hairpin
					? fmaxf(right, item[end].x1)
					: fmaxf(item[end].x0, right + 0.6f) + item[end].x1 - item[end].x0;
			reach = item[end].end > reach ? item[end].end : reach;
			end++;
		}
		make_room(item + i, end - i);
		const int above = is_above(e, &item[i]);
		const struct eng_skyline *sky = eng_sky_of(e, item[i].system, item[i].staff, above);
		if (sky == NULL)
			return -ENOMEM;
		line[n_lines++] = (struct line){i, end - i, line_of(sky, item + i, end - i, above)};
	}
	level(item, line, n_lines);
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < n_lines; i++) {
		const struct item *first = &item[line[i].first];
		r = draw_line(e, first, line[i].n, is_above(e, first), line[i].out);
	}
	return r;
}
