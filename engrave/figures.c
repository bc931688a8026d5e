/* SPDX-License-Identifier: MIT */
/* Figured bass: the figures of a note below each other, those of a system on one line; a stroke through a
 * figure that is raised or lowered. */
#include "layers.h"

#include <math.h>
#include <string.h>

#define SIZE 1.7f
#define STEP 1.75f /* from line to line */
#define GAP 0.7f
#define MAX_FIGURES 12u
#define STROKE 0.12f
#define BESIDE 0.5f

struct figure {
	char text[24];
	char stroke; /* through its number; 0: none */
	float tail;  /* what stands behind the number */
};

struct figures {
	struct figure figure[MAX_FIGURES];
	unsigned n;
};

/* Length of a sharp, flat or natural. */
static size_t sign_at(const char *at)
{
	return strncmp(at, "\u266f", 3) == 0 || strncmp(at, "\u266d", 3) == 0 || strncmp(at, "\u266e", 3) == 0
		       ? 3
		       : 0;
}

/* Signs, a number, signs: "\u266f6", "5/", "\u266e". @return behind it; NULL: it is a word. */
static const char *read_figure(const struct eng *e, const char *at, struct figure *ret)
{
	size_t n = 0, number = 0;
	*ret = (struct figure){};
	while (*at && *at != ' ') {
		const size_t sign = sign_at(at), bytes = sign ? sign : 1;
		const int is_stroke = *at == '/' || *at == '\\' || *at == '|';
		if (!sign && !is_stroke && *at != '+' && !(*at >= '0' && *at <= '9'))
			return NULL;
		if (is_stroke) {
			ret->stroke = *at++;
			continue;
		}
		if (n + bytes >= sizeof(ret->text))
			return NULL;
		memcpy(ret->text + n, at, bytes);
		n += bytes;
		at += bytes;
		if (at[-1] >= '0' && at[-1] <= '9')
			number = n;
	}
	ret->tail = number ? eng_text_width(e, SIZE, 0, ret->text + number) : 0;
	return n ? at : NULL;
}

static int read_figures(const struct eng *e, const char *text, struct figures *ret)
{
	ret->n = 0;
	while (text != NULL && *text && ret->n < MAX_FIGURES) {
		text = read_figure(e, text, &ret->figure[ret->n++]);
		while (text != NULL && *text == ' ')
			text++;
	}
	return text != NULL && *text == 0 && ret->n > 0;
}

int eng_is_figures(const struct eng *e, const struct nvx_notation_element *el)
{
	struct figures f;
	return el->e.kind == NVX_NOTATION_TEXT && el->style == NVX_TEXT_EXPRESSION &&
	       el->placement == NVX_PLACEMENT_BELOW && read_figures(e, score_text(e->score, el->text), &f);
}

static float width_of(const struct eng *e, const struct figures *f)
{
	float width = 0;
	for (unsigned i = 0; i < f->n; i++)
		width = fmaxf(width, eng_text_width(e, SIZE, 0, f->figure[i].text));
	return width;
}

struct place {
	uint32_t element, system, staff, measure;
	int64_t tick;
	float x, half; /* its middle, half its width */
};

/* Several of one note stand beside each other. */
static uint32_t find_places(const struct eng *e, struct place *ret)
{
	struct figures f;
	uint32_t n = 0;
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (!eng_is_figures(e, el))
			continue;
		const uint32_t staff = eng_find_staff(e, el->e.part_id, el->e.staff ? el->e.staff : 1, 0);
		if (staff == ENG_NONE || e->staff[staff].is_hidden)
			continue;
		if (ret != NULL) {
			const struct place *before = n ? &ret[n - 1] : NULL;
			struct place *p = &ret[n];
			*p = (struct place){.element = i, .staff = staff, .tick = el->e.tick};
			(void)read_figures(e, score_text(e->score, el->text), &f);
			p->half = width_of(e, &f) / 2;
			p->x = eng_tick_x(e, el->e.tick, &p->measure) + eng_half_head(e);
			p->system = e->measure[p->measure].system;
			if (before != NULL && before->tick == p->tick && before->staff == staff)
				p->x = fmaxf(p->x, before->x + before->half + p->half + BESIDE);
		}
		n++;
	}
	return n;
}

static int draw_stroke(struct eng *e, const struct place *p, const struct figure *f, float x, float y)
{
	const float height = e->metrics->cap_height * SIZE, lean = f->stroke == '|' ? 0.0f : 0.45f;
	const float left = f->stroke == '\\' ? -lean : lean;
	const struct mos_shape s = eng_line(
		x - left, y - 0.15f, x + left, y - height + 0.15f, STROKE, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, p->system, p->staff, p->measure, &s, 0);
}

static int draw(struct eng *e, const struct place *p, const struct figures *f, float y)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < f->n; i++, y += STEP) {
		const struct figure *g = &f->figure[i];
		const float right = p->x + eng_text_width(e, SIZE, 0, g->text) / 2 - g->tail;
		r = eng_text(e, p->system, p->staff, p->measure, p->x, y, SIZE, MOS_SHAPE_CENTER,
			ENGRAVE_NOTATION, MOS_TOKEN_INK, g->text, 0);
		if (r == 0 && g->stroke)
			r = draw_stroke(e, p, g, right - eng_text_width(e, SIZE, 0, "6") / 2, y);
	}
	return r;
}

int eng_figures(struct eng *e)
{
	const uint32_t n = find_places(e, NULL);
	struct figures f;
	int r = 0;
	if (n == 0)
		return 0;
	struct place *place = eng_alloc(e->arena, n * sizeof(*place));
	float *line = /* first baselines, by system and staff */
		eng_alloc(e->arena, (size_t)e->n_systems * e->n_staves * sizeof(*line));
	if (place == NULL || line == NULL)
		return -ENOMEM;
	(void)find_places(e, place);
	for (uint32_t i = 0; i < n; i++) {
		const struct place *p = &place[i];
		const struct eng_skyline *sky = eng_sky_of(e, p->system, p->staff, 0);
		if (sky == NULL)
			return -ENOMEM;
		float *to = &line[(size_t)p->system * e->n_staves + p->staff];
		*to = fmaxf(*to, eng_sky_place(sky, p->x - p->half - 0.1f, p->x + p->half + 0.1f, GAP) +
					 e->metrics->cap_height * SIZE);
	}
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct place *p = &place[i];
		(void)read_figures(e, score_text(e->score, eng_notation(e, p->element)->text), &f);
		r = draw(e, p, &f, line[(size_t)p->system * e->n_staves + p->staff]);
	}
	return r;
}
