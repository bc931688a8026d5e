/* SPDX-License-Identifier: MIT */
/* The lane of form over a system: a coloured bar a section with its label, inner levels below outer ones. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAR_HEIGHT 1.9f
#define BAR_GAP 0.35f
#define LABEL 1.35f

struct piece {
	uint32_t form, system;
	float x0, x1;
	int begins;
};

static uint32_t color_of(const struct nvx_form_element *f, uint8_t *flags, uint8_t opacity)
{
	if (f->color == 0)
		return MOS_TOKEN(MOS_TOKEN_FORM, opacity);
	*flags &= (uint8_t)~MOS_SHAPE_TOKEN;
	return MOS_RGBA(f->color >> 16 & 0xff, f->color >> 8 & 0xff, f->color & 0xff, opacity);
}

static uint32_t collect(const struct eng *e, struct piece *piece)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < score_n_form(e->score); i++) {
		const struct nvx_form_element *f = score_form(e->score, i);
		int64_t from = f->e.tick, to = from + (f->e.duration_ticks ? f->e.duration_ticks : 1);
		uint32_t m0 = eng_measure_of(e, from), m1 = eng_measure_of(e, to - 1);
		uint32_t first = e->measure[m0].system, last = e->measure[m1].system;
		for (uint32_t s = first; s <= last; s++) {
			float left = e->system[s].indent, right = eng_bar_x(e, s);
			if (s == first && m0 != e->system[s].first_measure)
				left = e->measure[m0].tick == from ? e->measure[m0].x : eng_x_at(e, m0, from);
			if (s == last && m1 + 1 < e->n_measures && e->measure[m1 + 1].system == s &&
				to >= e->measure[m1 + 1].tick)
				right = e->measure[m1 + 1].x;
			else if (s == last && to < e->measure[m1].tick + e->measure[m1].duration_ticks)
				right = eng_x_at(e, m1, to);
			if (piece != NULL)
				piece[n] = (struct piece){
					i, s, left + 0.1f, fmaxf(right - 0.1f, left + 0.5f), s == first};
			n++;
		}
	}
	return n;
}

static int draw(struct eng *e, const struct piece *p, uint32_t staff, float y)
{
	const struct nvx_form_element *f = score_form(e->score, p->form);
	struct mos_shape bar = eng_rect(p->x0, y, p->x1 - p->x0, BAR_HEIGHT, ENGRAVE_FORM, MOS_TOKEN_FORM);
	bar.color = color_of(f, &bar.flags, f->level == 0 ? 72 : 44);
	bar.color2 = f->color ? (bar.color & 0xffffffu) | 0xd0000000u : MOS_TOKEN(MOS_TOKEN_FORM, 208);
	bar.p[0] = 0.4f;
	bar.p[1] = 0.1f;
	uint32_t m0 = eng_measure_of(e, f->e.tick);
	int r = eng_ink(e, p->system, staff, ENG_NONE, &bar, 0);
	const char *label = score_text(e->score, f->label);
	char text[256];
	if (f->number != NVX_NO_I32 && p->begins)
		(void)snprintf(text, sizeof(text), "%.200s %d", label, f->number);
	else
		(void)snprintf(
			text, sizeof(text), "%s%.200s%s", p->begins ? "" : "(", label, p->begins ? "" : ")");
	if (r < 0 || *label == '\0' || p->x1 - p->x0 < 1.2f)
		return r;
	uint32_t at = e->n_ink;
	r = eng_text(e, p->system, staff, p->begins ? m0 : ENG_NONE, p->x0 + 0.5f, y + BAR_HEIGHT / 2, LABEL,
		MOS_SHAPE_BOLD | MOS_SHAPE_MIDDLE, ENGRAVE_FORM, MOS_TOKEN_INK, text, 1);
	/* A long label doesn't leave its bar. */
	if (r == 0 && e->n_ink > at) {
		e->ink[at].shape.w = p->x1 - p->x0 - 0.8f;
		e->ink[at].box.x1 = fminf(e->ink[at].box.x1, p->x1 - 0.3f);
	}
	return r;
}

int eng_form(struct eng *e)
{
	uint32_t staff = eng_first_staff(e, 0);
	if (!eng_has_layer(e, ENGRAVE_FORM) || staff == ENG_NONE || e->n_measures == 0)
		return 0;
	uint32_t n = collect(e, NULL);
	struct piece *piece = n > 0 ? eng_alloc(e->arena, n * sizeof(*piece)) : NULL;
	uint8_t *levels = eng_alloc(e->arena, e->n_systems ? e->n_systems : 1);
	if ((n > 0 && piece == NULL) || levels == NULL)
		return -ENOMEM;
	(void)collect(e, piece);
	for (uint32_t i = 0; i < n; i++)
		levels[piece[i].system] |= (uint8_t)(1u << (score_form(e->score, piece[i].form)->level & 7u));
	/* One line a level over all of a system, outer levels on top. */
	float *base = eng_alloc(e->arena, (e->n_systems ? e->n_systems : 1) * sizeof(*base));
	if (base == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_systems; i++) {
		struct eng_skyline *sky = levels[i] ? eng_sky_of(e, i, eng_staff_in(e, i, staff), 1) : NULL;
		if (levels[i] && sky == NULL)
			return -ENOMEM;
		base[i] = sky != NULL ? eng_sky_place(sky, e->system[i].indent, e->system[i].width, 0.9f)
				      : 0.0f;
	}
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		unsigned level = score_form(e->score, piece[i].form)->level & 7u, above = 0;
		for (unsigned k = level + 1; k < 8; k++)
			above += levels[piece[i].system] >> k & 1u;
		float y = base[piece[i].system] - BAR_HEIGHT - (float)above * (BAR_HEIGHT + BAR_GAP);
		r = draw(e, &piece[i], eng_staff_in(e, piece[i].system, staff), y);
	}
	return r;
}
