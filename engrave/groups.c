/* SPDX-License-Identifier: MIT */
/*
 * Groups of parts on the left of a system: brackets, braces, lines, their names; and which bar lines they
 * join. What joins the staves of one part alone (frame.c) stands nearest to them. Of groups in groups the
 * bracket of a family stands next, what divides it (a square, a brace) outside of it, as orchestras have it.
 */
#include "layers.h"

#include <math.h>
#include <stdlib.h>

#define BRACKET_ROOM 1.3f
#define BRACE_ROOM 1.9f
#define THIN_ROOM 0.8f
#define OVERSHOOT 0.3f
#define TIP 0.7f /* of the font's size: clear of the clef */
#define HOOK 0.7f

#define CODE_BRACE 0xe000u
#define CODE_BRACKET_TOP 0xe003u
#define CODE_BRACKET_BOTTOM 0xe004u

static int has_sign(const struct eng_group *g)
{
	return g->symbol >= SCORE_GROUP_BRACE;
}

static int overlap(const struct eng_group *a, const struct eng_group *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* From the staves outwards. */
static int from_inside(const void *a, const void *b)
{
	const struct eng_group *p = a, *q = b;
	const int p_rank = p->symbol != SCORE_GROUP_BRACKET, q_rank = q->symbol != SCORE_GROUP_BRACKET;
	const uint32_t p_size = p->last - p->first, q_size = q->last - q->first;
	if (p_rank != q_rank)
		return p_rank - q_rank;
	if (p_size != q_size)
		return p_size < q_size ? -1 : 1;
	return p->first != q->first ? p->first < q->first ? -1 : 1 : p->order < q->order ? -1 : 1;
}

/* A part's own brace or bracket. */
static int has_own(const struct eng *e, uint32_t staff)
{
	return eng_part_end(e, staff) != staff;
}

static int staves_of(const struct eng *e, const struct score_group *from, struct eng_group *g)
{
	g->first = ENG_NONE;
	for (uint32_t i = 0; i < e->n_staves; i++) {
		const struct eng_staff *s = &e->staff[i];
		if (s->is_hidden || s->part < from->first || s->part >= from->end)
			continue;
		g->first = g->first == ENG_NONE ? i : g->first;
		g->last = i;
	}
	return g->first != ENG_NONE;
}

/* Each sign in the first place from the staves on that is free all along it. */
static void place_signs(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_groups; i++) {
		struct eng_group *g = &e->group[i];
		if (!has_sign(g))
			continue;
		float x = 0;
		for (uint32_t s = g->first; s <= g->last; s++)
			x = !e->staff[s].is_hidden && has_own(e, s) ? ENG_BRACE_ROOM : x;
		for (uint32_t k = 0; k < i; k++) {
			if (has_sign(&e->group[k]) && overlap(g, &e->group[k]))
				x = fmaxf(x, e->group[k].x + e->group[k].room);
		}
		g->x = x;
		g->room = g->symbol == SCORE_GROUP_BRACKET ? BRACKET_ROOM
			  : g->symbol == SCORE_GROUP_BRACE ? BRACE_ROOM
							   : THIN_ROOM;
	}
}

int eng_read_groups(struct eng *e)
{
	struct score_group *from = eng_alloc(e->arena, SCORE_GROUPS_MAX * sizeof(*from));
	e->group = eng_alloc(e->arena, SCORE_GROUPS_MAX * sizeof(*e->group));
	if (from == NULL || e->group == NULL)
		return -ENOMEM;
	const uint32_t n = score_groups(e->score, from);
	for (uint32_t i = 0; i < n; i++) {
		struct eng_group *g = &e->group[e->n_groups];
		*g = (struct eng_group){.order = i,
			.symbol = from[i].symbol,
			.bars = from[i].bars,
			.name = from[i].name,
			.short_name = from[i].short_name};
		if (!staves_of(e, &from[i], g))
			continue;
		/* one staff needs no sign, and one part has its own */
		if (g->first == g->last || from[i].end - from[i].first == 1)
			g->symbol = SCORE_GROUP_UNSET;
		e->n_groups++;
	}
	if (e->n_groups > 1)
		qsort(e->group, e->n_groups, sizeof(*e->group), from_inside);
	place_signs(e);
	return 0;
}

float eng_signs_room(const struct eng *e)
{
	float room = 0;
	for (uint32_t i = 0; i < e->n_staves; i++)
		room = !e->staff[i].is_hidden && has_own(e, i) ? ENG_BRACE_ROOM : room;
	for (uint32_t i = 0; i < e->n_groups; i++)
		room = fmaxf(room, e->group[i].x + e->group[i].room);
	return room;
}

/* ---- bar lines ---- */

static int is_sung(const struct eng *e, const struct eng_group *g)
{
	for (uint32_t i = g->first; i <= g->last; i++) {
		if (e->is_sung[e->staff[i].part])
			return 1;
	}
	return 0;
}

/* What joins the bar lines of a staff and the next, which is another part's: the smallest group around them.
 * Bar lines of a choir leave its words alone (Gould), whatever its file says. */
static unsigned bars_below(const struct eng *e, uint32_t staff)
{
	const struct eng_group *least = NULL;
	for (uint32_t i = 0; i < e->n_groups; i++) {
		const struct eng_group *g = &e->group[i];
		if (g->first <= staff && staff < g->last && g->bars &&
			(!least || g->last - g->first < least->last - least->first))
			least = g;
	}
	return !least || is_sung(e, least) ? (unsigned)SCORE_BARS_APART : least->bars;
}

uint32_t eng_bar_end(const struct eng *e, uint32_t system, uint32_t staff, int *ret_is_between)
{
	uint32_t end = staff;
	*ret_is_between = 0;
	for (uint32_t next = staff + 1; next < e->n_staves; next++) {
		const int is_own = e->staff[next].part == e->staff[next - 1].part;
		const unsigned bars = is_own ? (unsigned)SCORE_BARS_THROUGH : bars_below(e, next - 1);
		if (bars < SCORE_BARS_THROUGH)
			break;
		if (system == ENG_NONE ? e->staff[next].is_hidden : eng_is_hidden_in(e, system, next))
			continue;
		*ret_is_between |= bars == SCORE_BARS_BETWEEN;
		end = next;
	}
	return end;
}

/* ---- ink ---- */

/* First and last staff of a group that a system shows. @return 0: less than two. */
static int shown(
	const struct eng *e, uint32_t system, const struct eng_group *g, uint32_t *first, uint32_t *last)
{
	*first = ENG_NONE;
	for (uint32_t i = g->first; i <= g->last; i++) {
		if (eng_is_hidden_in(e, system, i))
			continue;
		*first = *first == ENG_NONE ? i : *first;
		*last = i;
	}
	return *first != ENG_NONE && *first != *last;
}

static int ink(struct eng *e, uint32_t system, struct mos_shape shape)
{
	return eng_bar_ink(e, system, ENG_NONE, shape);
}

static int bracket(struct eng *e, uint32_t system, float x, float y0, float y1)
{
	const float thick = e->metrics->defaults.bracket, left = x - thick;
	const struct mos_shape part[] = {eng_rect(left, y0 - OVERSHOOT, thick, y1 - y0 + 2 * OVERSHOOT,
						 ENGRAVE_NOTATION, MOS_TOKEN_INK),
		eng_glyph(CODE_BRACKET_TOP, left, y0 - OVERSHOOT, TIP, ENGRAVE_NOTATION, MOS_TOKEN_INK),
		eng_glyph(CODE_BRACKET_BOTTOM, left, y1 + OVERSHOOT, TIP, ENGRAVE_NOTATION, MOS_TOKEN_INK)};
	int r = 0;
	for (unsigned i = 0; r == 0 && i < sizeof(part) / sizeof(*part); i++)
		r = ink(e, system, part[i]);
	return r;
}

/* An upright stroke, with hooks to the staves. */
static int square(struct eng *e, uint32_t system, float x, float y0, float y1, int has_hooks)
{
	const float thick = e->metrics->defaults.thin_bar, end = has_hooks ? x + HOOK : x;
	int r = eng_bar_stroke(e, system, ENG_NONE, x - thick / 2, thick, y0, y1, 0);
	for (unsigned i = 0; r == 0 && has_hooks && i < 2; i++) {
		const float y = i ? y1 - thick / 2 : y0 + thick / 2;
		r = ink(e, system, eng_line(x, y, end, y, thick, ENGRAVE_NOTATION, MOS_TOKEN_STAFF));
	}
	return r;
}

int eng_draw_brace(struct eng *e, uint32_t system, float x, float y0, float y1)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, CODE_BRACE);
	const float height = g->y1 - g->y0, scale = height > 0.0f ? (y1 - y0) / height : 1.0f;
	return ink(e, system,
		eng_glyph(CODE_BRACE, x - g->x1 * scale, y1 + g->y0 * scale, scale, ENGRAVE_NOTATION,
			MOS_TOKEN_INK));
}

static int sign(struct eng *e, uint32_t system, const struct eng_group *g, uint32_t first, uint32_t last)
{
	const struct eng_system *s = &e->system[system];
	const float y0 = s->staff_y[first], y1 = eng_staff_bottom(e, s, last), x = s->indent - g->x;
	switch (g->symbol) {
	case SCORE_GROUP_BRACKET:
		return bracket(e, system, x - 0.4f, y0, y1);
	case SCORE_GROUP_BRACE:
		return eng_draw_brace(e, system, x - 0.35f, y0, y1);
	case SCORE_GROUP_SQUARE:
		return square(e, system, x - HOOK, y0, y1, 1);
	case SCORE_GROUP_LINE:
		return square(e, system, x - HOOK, y0, y1, 0);
	default:
		return 0;
	}
}

float eng_signs_top(const struct eng *e, uint32_t staff)
{
	float top = 0;
	for (uint32_t i = 0; i < e->n_groups; i++) {
		const struct eng_group *g = &e->group[i];
		if (g->symbol == SCORE_GROUP_BRACKET && g->first <= staff && staff <= g->last)
			top = -OVERSHOOT - TIP * engrave_glyph(e->metrics, CODE_BRACKET_TOP)->y1;
	}
	return top;
}

static const char *name_of(const struct eng_group *g, int is_short)
{
	return is_short ? g->short_name : g->name;
}

float eng_groups_width(const struct eng *e, int is_short)
{
	float width = 0;
	for (uint32_t i = 0; i < e->n_groups; i++) {
		const struct eng_group *g = &e->group[i];
		const float own = eng_text_width(e, ENG_SIZE_NAME, 0, name_of(g, is_short));
		if (own > 0)
			width = fmaxf(width, own + eng_part_names_width(e, g->first, g->last, is_short));
	}
	return width;
}

/* Left of the names of its parts. */
static int name(struct eng *e, uint32_t system, const struct eng_group *g, uint32_t first, uint32_t last)
{
	const struct eng_system *s = &e->system[system];
	const char *text = name_of(g, system > 0);
	const float parts = eng_part_names_width(e, g->first, g->last, system > 0);
	const float right = eng_names_right(e, system) - parts;
	const float middle = (s->staff_y[first] + eng_staff_bottom(e, s, last)) / 2;
	const uint32_t before = e->n_ink;
	if (!*text || right < 0.5f)
		return 0;
	const int r = eng_text(e, system, ENG_NONE, ENG_NONE, right, middle, ENG_SIZE_NAME,
		MOS_SHAPE_RIGHT | MOS_SHAPE_MIDDLE, ENGRAVE_FRAME, MOS_TOKEN_INK, text, 1);
	if (r == 0 && e->n_ink > before)
		e->ink[before].shape.w = right + 0.1f;
	return r;
}

int eng_groups(struct eng *e, uint32_t system)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_groups; i++) {
		const struct eng_group *g = &e->group[i];
		uint32_t first, last;
		if (!shown(e, system, g, &first, &last))
			continue;
		r = sign(e, system, g, first, last);
		if (r == 0)
			r = name(e, system, g, first, last);
	}
	return r;
}
