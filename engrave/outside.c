/* SPDX-License-Identifier: MIT */
/* Pass 8: what stands outside of the staves, from the inside out; measure numbers and endings. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "keep.h"
#include "layers.h"

int eng_outside(struct eng *e)
{
	/* What comes later stands farther off. */
	static int (*const pass[])(struct eng *) = {eng_scripts_far, eng_fingerings, eng_dynamics, eng_lyrics,
		eng_measure_numbers, eng_chord_symbols, eng_diagrams, eng_texts, eng_endings, eng_analysis,
		eng_markers, eng_form};
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof(pass) / sizeof(pass[0]); i++)
		r = e->cancelled != NULL && e->cancelled(e->cancel_data) ? -ECANCELED : pass[i](e);
	return r;
}

/* At the start of each system but the first, over the clef. */
int eng_measure_numbers(struct eng *e)
{
	uint32_t first = eng_first_staff(e, 0);
	int r = 0;
	for (uint32_t i = 0; r == 0 && first != ENG_NONE && i < e->n_systems; i++) {
		uint32_t staff = eng_staff_in(e, i, first);
		const struct eng_system *s = &e->system[i];
		char name[64];
		score_measure_name(e->score, e->measure[s->first_measure].of, name, sizeof(name));
		if (i == 0 || s->n_measures == 0 || e->measure[s->first_measure].is_on || *name == '\0')
			continue;
		struct eng_skyline *sky = eng_sky_of(e, i, staff, 1);
		if (sky == NULL)
			return -ENOMEM;
		float width = eng_text_width(e, ENG_SIZE_NUMBER, 0, name);
		float y = fminf(eng_sky_place(sky, s->indent, s->indent + width, 0.5f),
			eng_signs_top(e, staff) - 0.3f);
		r = eng_text(e, i, staff, s->first_measure, s->indent, y, ENG_SIZE_NUMBER, 0, ENGRAVE_FRAME,
			MOS_TOKEN_INK, name, 0);
	}
	return r;
}

/* --- endings --- */

struct ending {
	uint32_t first, last; /* measures */
	int is_closed;
};

/* The ending that begins at a measure. @return 0: none does. */
static int ending_at(const struct eng *e, uint32_t i, struct ending *ret)
{
	const struct nvx_measure *m = eng_nvx(e, i);
	if (e->measure[i].is_on ||
		(m->ending_type != NVX_ENDING_START && m->ending_type != NVX_ENDING_START_STOP))
		return 0;
	*ret = (struct ending){i, i, m->ending_type == NVX_ENDING_START_STOP};
	while (ret->last + 1 < e->n_measures && e->measure[ret->last].goes_on)
		ret->last++;
	if (m->ending_type == NVX_ENDING_START_STOP)
		return 1;
	for (uint32_t k = ret->last + 1; k < e->n_measures; k++) {
		unsigned type = eng_nvx(e, k)->ending_type;
		if (type == NVX_ENDING_START || type == NVX_ENDING_START_STOP)
			return 1;
		if (type == NVX_ENDING_STOP || type == NVX_ENDING_DISCONTINUE) {
			ret->last = k;
			ret->is_closed = type == NVX_ENDING_STOP;
			return 1;
		}
	}
	return 1;
}

/* Where an ending is drawn, as measures. */
static void drawn_from_to(const struct eng *e, const struct ending *ending, uint32_t *m0, uint32_t *m1)
{
	*m0 = eng_measure_of(e, e->measure[ending->first].tick);
	*m1 = eng_measure_of(e, e->measure[ending->last].tick);
}

static void ending_text(const struct eng *e, uint32_t measure, char *buf, size_t size)
{
	uint32_t n;
	const uint8_t *number = nvx_items(e->score->pool, eng_nvx(e, measure)->ending_numbers, &n);
	size_t used = 0;
	buf[0] = '\0';
	for (uint32_t i = 0; i < n && used + 8 < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%u.", i ? " " : "", number[i]);
}

static int draw_ending(struct eng *e, uint32_t first_staff, const struct ending *ending)
{
	float thick = e->metrics->defaults.ending_line, size = ENG_SIZE_EXPRESSION;
	uint32_t m0, m1;
	drawn_from_to(e, ending, &m0, &m1);
	uint32_t first = e->measure[m0].system, last = e->measure[m1].system;
	int r = 0;
	for (uint32_t i = first; r == 0 && i <= last; i++) {
		const struct eng_system *s = &e->system[i];
		uint32_t staff = eng_staff_in(e, i, first_staff);
		float x0 = i == first ? fmaxf(e->measure[m0].x, s->indent) : s->indent, x1 = eng_bar_x(e, i);
		if (i == last && m1 + 1 < e->n_measures && e->measure[m1 + 1].system == i)
			x1 = e->measure[m1 + 1].x;
		x0 += 0.25f;
		x1 -= 0.25f;
		struct eng_skyline *sky = eng_sky_of(e, i, staff, 1);
		if (sky == NULL)
			return -ENOMEM;
		float y = fminf(eng_sky_place(sky, x0, x1, 0.8f) - size, -3.2f), foot = y + size + 0.3f;
		uint32_t measure = m0 == m1 ? m0 : ENG_NONE;
		struct mos_shape roof = eng_line(
			x0 - thick / 2, y, x1 + thick / 2, y, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		struct mos_shape left = eng_line(x0, y, x0, foot, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		struct mos_shape right = eng_line(x1, y, x1, foot, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		char text[128];
		ending_text(e, ending->first, text, sizeof(text));
		const float wide = eng_text_width(e, size * 0.9f, 0, text);
		const float scale = fminf(0.9f, 0.9f * fmaxf(x1 - x0 - 0.9f, 1.0f) / fmaxf(wide, 0.1f));
		r = eng_ink(e, i, staff, measure, &roof, 0);
		if (r == 0 && i == first)
			r = eng_ink(e, i, staff, measure, &left, 0);
		if (r == 0 && i == first)
			r = eng_text(e, i, staff, measure, x0 + 0.5f, y + 0.88f * size, size * scale, 0,
				ENGRAVE_NOTATION, MOS_TOKEN_INK, text, 0);
		if (r == 0 && i == last && ending->is_closed)
			r = eng_ink(e, i, staff, measure, &right, 0);
	}
	return r;
}

int eng_endings(struct eng *e)
{
	uint32_t staff = eng_first_staff(e, 0);
	int r = 0;
	struct ending ending;
	for (uint32_t i = 0; r == 0 && staff != ENG_NONE && i < e->n_measures; i++) {
		if (!ending_at(e, i, &ending))
			continue;
		r = draw_ending(e, staff, &ending);
		i = ending.last;
	}
	return r;
}

int eng_same_endings(struct eng_same *s)
{
	struct eng *e = s->e;
	struct ending ending;
	for (uint32_t i = 0; i < e->n_measures; i++) {
		uint32_t m0, m1;
		char text[128];
		if (!ending_at(e, i, &ending))
			continue;
		drawn_from_to(e, &ending, &m0, &m1);
		ending_text(e, ending.first, text, sizeof(text));
		for (uint32_t k = e->measure[m0].system; k <= e->measure[m1].system; k++) {
			const uint32_t from = e->system[k].first_measure,
				       end = from + e->system[k].n_measures;
			const uint32_t place[] = {m0 < from ? ENG_NONE : m0 - from,
				m1 >= end ? ENG_NONE : m1 - from, m0 == m1, (uint32_t)ending.is_closed};
			eng_same_mix(s, k, place, sizeof(place));
			eng_same_mix(s, k, text, strlen(text));
		}
		i = ending.last;
	}
	return 0;
}
