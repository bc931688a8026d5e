/* SPDX-License-Identifier: MIT */
/* What holds a page together: staff lines, braces and brackets, names of parts, titles, page numbers. Bar
 * lines: bars.c. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_GAP 1.2f
#define TITLE_SIZE 4.4f
#define SUBTITLE_SIZE 2.6f
#define CREDIT_SIZE 1.9f

#define CODE_BRACKET_TOP 0xe003u
#define CODE_BRACKET_BOTTOM 0xe004u

#define SHORT_NAME 64u

static const char *part_name(const struct eng *e, uint32_t part, int is_short, char buf[static SHORT_NAME])
{
	const struct nvx_part *p = &e->score->part[part]->part;
	const char *name = score_text(e->score, p->name), *brief = score_text(e->score, p->short_name);
	if (!is_short)
		return name;
	if (*brief)
		return brief;
	eng_abbreviate(name, buf, SHORT_NAME);
	return buf;
}

static int has_names(const struct eng *e)
{
	uint32_t first = ENG_NONE;
	for (uint32_t i = 0; i < e->n_staves; i++) {
		if (e->staff[i].is_hidden)
			continue;
		if (first == ENG_NONE)
			first = e->staff[i].part;
		else if (e->staff[i].part != first)
			return 1;
	}
	return 0;
}

uint32_t eng_part_end(const struct eng *e, uint32_t staff)
{
	uint32_t end = staff;
	for (uint32_t k = staff + 1; k < e->n_staves && e->staff[k].part == e->staff[staff].part; k++) {
		if (!e->staff[k].is_hidden)
			end = k;
	}
	return end;
}

static float widest_name(const struct eng *e, uint32_t first, uint32_t last, int is_short)
{
	float width = 0.0f;
	char buf[SHORT_NAME];
	for (uint32_t i = first; i <= last && i < e->n_staves && has_names(e); i++) {
		if (!e->staff[i].is_hidden)
			width = fmaxf(width, eng_text_width(e, ENG_SIZE_NAME, 0,
						     part_name(e, e->staff[i].part, is_short, buf)));
	}
	return width;
}

float eng_part_names_width(const struct eng *e, uint32_t first, uint32_t last, int is_short)
{
	const float width = widest_name(e, first, last, is_short);
	return width > 0.0f ? width + NAME_GAP : 0.0f;
}

float eng_names_width(const struct eng *e, int is_first_system)
{
	float width = fmaxf(
		widest_name(e, 0, e->n_staves, !is_first_system), eng_groups_width(e, !is_first_system));
	/* A very long name may not push the music off the page. */
	width = fminf(width, 0.2f * e->options->page_width);
	return (width > 0.0f ? width + NAME_GAP : 0.0f) + eng_signs_room(e);
}

float eng_names_right(const struct eng *e, uint32_t system)
{
	return e->system[system].indent - NAME_GAP + 0.2f - eng_signs_room(e);
}

float eng_title_height(const struct eng *e)
{
	const struct nvx_metadata *m = &e->score->globals.metadata;
	if (!e->options->with_title || e->options->layout == ENGRAVE_CONTINUOUS)
		return 0.0f;
	int has_credit = *score_text(e->score, m->composer) || *score_text(e->score, m->lyricist) ||
			 *score_text(e->score, m->artist);
	return TITLE_SIZE * 1.3f + (*score_text(e->score, m->subtitle) ? SUBTITLE_SIZE * 1.3f : 0.0f) +
	       (has_credit ? CREDIT_SIZE * 1.4f : 0.0f) + 2.0f;
}

/* A text that may be too wide for the page is narrowed there. */
static int furniture(
	struct eng *e, uint32_t page, float x, float y, float size, unsigned flags, const char *text)
{
	uint32_t before = e->n_ink;
	int r = eng_text(
		e, ENG_NONE, page, ENG_NONE, x, y, size, flags, ENGRAVE_FRAME, MOS_TOKEN_INK, text, 1);
	if (r == 0 && e->n_ink > before)
		e->ink[before].shape.w = e->options->page_width - 2 * e->options->margin;
	return r;
}

static int titles(struct eng *e)
{
	const struct nvx_metadata *m = &e->score->globals.metadata;
	if (eng_title_height(e) <= 0.0f)
		return 0;
	float middle = e->options->page_width / 2, right = e->options->page_width - e->options->margin;
	const char *title = score_text(e->score, m->title);
	float room = right - e->options->margin, width = eng_text_width(e, TITLE_SIZE, MOS_SHAPE_BOLD, title);
	float size = width > room ? fmaxf(TITLE_SIZE * room / width, SUBTITLE_SIZE) : TITLE_SIZE;
	float y = e->options->margin + TITLE_SIZE * 0.9f;
	int r = furniture(e, 0, middle, y, size, MOS_SHAPE_CENTER | MOS_SHAPE_BOLD, title);
	const char *subtitle = score_text(e->score, m->subtitle);
	if (r == 0 && *subtitle) {
		y += SUBTITLE_SIZE * 1.3f;
		r = furniture(e, 0, middle, y, SUBTITLE_SIZE, MOS_SHAPE_CENTER, subtitle);
	}
	y += CREDIT_SIZE * 1.4f;
	const char *composer = score_text(e->score, m->composer),
		   *lyricist = score_text(e->score, m->lyricist);
	if (!*composer)
		composer = score_text(e->score, m->artist);
	if (r == 0 && *composer)
		r = furniture(e, 0, right, y, CREDIT_SIZE, MOS_SHAPE_RIGHT, composer);
	if (r == 0 && *lyricist)
		r = furniture(e, 0, e->options->margin, y, CREDIT_SIZE, 0, lyricist);
	return r;
}

static int page_numbers(struct eng *e)
{
	if (e->options->page_height <= 0.0f || e->options->layout == ENGRAVE_CONTINUOUS)
		return 0;
	int r = 0;
	for (uint32_t page = 1; r == 0 && page < e->n_pages; page++) {
		char number[16];
		(void)snprintf(number, sizeof(number), "%u", page + 1);
		r = furniture(e, page, e->options->page_width / 2,
			e->options->page_height - e->options->margin * 0.4f, CREDIT_SIZE, MOS_SHAPE_CENTER,
			number);
	}
	return r;
}

static int staff_lines(struct eng *e, uint32_t system, uint32_t staff)
{
	const struct eng_system *s = &e->system[system];
	const struct eng_staff *st = &e->staff[staff];
	float half = e->metrics->defaults.thin_bar / 2;
	unsigned layer = st->is_tab ? ENGRAVE_TABLATURE : ENGRAVE_NOTATION;
	int r = 0;
	uint32_t next = s->first_measure + s->n_measures;
	/* To the last bar line, and on under courtesy signs. */
	float right = eng_bar_x(e, system) + (next < e->n_measures ? eng_courtesy_width(e, next) : 0.0f);
	for (unsigned i = 0; r == 0 && i < st->lines; i++) {
		float y = s->staff_y[staff] + (float)i * st->space;
		r = eng_bar_ink(e, system, ENG_NONE,
			eng_line(s->indent, y, right + half, y, e->metrics->defaults.staff_line, layer,
				MOS_TOKEN_STAFF));
	}
	return r;
}

static int brace(struct eng *e, uint32_t system, uint32_t from, uint32_t to)
{
	const struct eng_system *s = &e->system[system];
	float y0 = s->staff_y[from], y1 = eng_staff_bottom(e, s, to), x = s->indent;
	if (e->staff[to].is_tab) {
		float thick = e->metrics->defaults.bracket * 0.6f, at = x - 0.5f - thick;
		int r = eng_bar_ink(e, system, ENG_NONE,
			eng_rect(at, y0, thick, y1 - y0, ENGRAVE_NOTATION, MOS_TOKEN_INK));
		if (r == 0)
			r = eng_bar_ink(e, system, ENG_NONE,
				eng_glyph(CODE_BRACKET_TOP, at, y0, 0.7f, ENGRAVE_NOTATION, MOS_TOKEN_INK));
		return r < 0 ? r
			     : eng_bar_ink(e, system, ENG_NONE,
				       eng_glyph(CODE_BRACKET_BOTTOM, at, y1, 0.7f, ENGRAVE_NOTATION,
					       MOS_TOKEN_INK));
	}
	return eng_draw_brace(e, system, x - 0.35f, y0, y1);
}

static int system_start(struct eng *e, uint32_t system)
{
	const struct eng_system *s = &e->system[system];
	int r = 0, names = has_names(e);
	char buf[SHORT_NAME];
	uint32_t first = ENG_NONE, last = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_staves; i++) {
		if (eng_is_hidden_in(e, system, i))
			continue;
		first = first == ENG_NONE ? i : first;
		last = eng_part_end(e, i);
		if (last != i)
			r = brace(e, system, i, last);
		const char *name = part_name(e, e->staff[i].part, system > 0, buf);
		if (r == 0 && names && *name) {
			uint32_t before = e->n_ink;
			float right = eng_names_right(e, system);
			float middle = (s->staff_y[i] + eng_staff_bottom(e, s, last)) / 2;
			r = eng_text(e, system, ENG_NONE, ENG_NONE, right, middle, ENG_SIZE_NAME,
				MOS_SHAPE_RIGHT | MOS_SHAPE_MIDDLE, ENGRAVE_FRAME, MOS_TOKEN_INK, name, 1);
			if (r == 0)
				e->ink[before].shape.w = right + 0.1f;
		}
		i = last;
	}
	if (r == 0 && first != ENG_NONE && first != last)
		r = eng_bar_stroke(e, system, ENG_NONE, s->indent, e->metrics->defaults.thin_bar,
			s->staff_y[first], eng_staff_bottom(e, s, last), 0);
	return r < 0 ? r : eng_groups(e, system);
}

int eng_furniture(struct eng *e)
{
	int r = titles(e);
	return r < 0 ? r : page_numbers(e);
}

int eng_frame(struct eng *e)
{
	int r = eng_furniture(e);
	for (uint32_t i = 0; r == 0 && i < e->n_systems; i++) {
		if (e->system[i].is_kept)
			continue;
		for (uint32_t k = 0; r == 0 && k < e->n_staves; k++) {
			if (!eng_is_hidden_in(e, i, k))
				r = staff_lines(e, i, k);
		}
		if (r == 0)
			r = eng_bars(e, i);
		if (r == 0)
			r = system_start(e, i);
	}
	return r;
}
