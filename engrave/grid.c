/* SPDX-License-Identifier: MIT */
/* The layout GRID: a box a measure, four a row, chords at their beats, a header where a section of the form
 * begins. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define A_ROW 4u
#define CELL 9.0f
#define HEADER 3.6f
#define ROW_GAP 0.0f
#define SECTION_GAP 1.6f
#define PAD 1.0f
#define CHORD 3.6f
#define LEAST_CHORD 1.2f
#define CODE_REPEAT_1_BAR 0xe500u
#define CODE_REPEAT_DOT 0xe044u

/* The section that begins in a measure, of the outermost level; NULL. */
static const struct nvx_form_element *section_at(const struct eng *e, uint32_t measure)
{
	const struct nvx_measure *m = score_measure(e->score, measure);
	const struct nvx_seq *list = &e->score->list[NVX_LIST_form];
	for (uint32_t i = nvx_seq_find(list, m->tick); i < list->n; i++) {
		const struct nvx_form_element *f = score_form(e->score, i);
		if (f->e.tick >= m->tick + m->duration_ticks)
			break;
		if (f->level == 0)
			return f;
	}
	return NULL;
}

/* Places of a measure that a playhead is led by: its quarters. */
static uint32_t columns_of(const struct nvx_measure *m)
{
	uint32_t n = (m->duration_ticks + NVX_PPQ - 1) / NVX_PPQ;
	return n < 1 ? 1 : n > 64 ? 64 : n;
}

static int lay_out(struct eng *e)
{
	uint32_t n = score_n_measure(e->score);
	e->measure = eng_alloc(e->arena, (n + 1) * sizeof(*e->measure));
	e->system = eng_alloc(e->arena, (n + 1) * sizeof(*e->system));
	uint32_t n_columns = 0;
	for (uint32_t i = 0; i < n; i++)
		n_columns += columns_of(score_measure(e->score, i));
	e->column = eng_alloc(e->arena, (n_columns + 1) * sizeof(*e->column));
	if (e->measure == NULL || e->system == NULL || e->column == NULL)
		return -ENOMEM;
	float width = e->options->page_width - 2 * e->options->margin, cell = width / (float)A_ROW;
	uint32_t in_row = A_ROW;
	for (uint32_t i = 0; i < n; i++) {
		const struct nvx_measure *nvx = score_measure(e->score, i);
		int begins = eng_has_layer(e, ENGRAVE_FORM) && section_at(e, i) != NULL;
		int is_forced = i > 0 && score_measure(e->score, i - 1)->line_break != NVX_BREAK_NONE;
		if (in_row == A_ROW || begins || is_forced) {
			e->system[e->n_systems++] = (struct eng_system){.first_measure = i,
				.width = width,
				.is_page_start = i > 0 && score_measure(e->score, i - 1)->line_break ==
								  NVX_BREAK_PAGE};
			in_row = 0;
		}
		struct eng_measure *m = &e->measure[e->n_measures++];
		*m = (struct eng_measure){.of = i,
			.tick = nvx->tick,
			.duration_ticks = nvx->duration_ticks,
			.first_column = e->n_columns,
			.n_columns = columns_of(nvx),
			.width = cell,
			.x = (float)in_row * cell,
			.system = e->n_systems - 1};
		for (uint32_t k = 0; k < m->n_columns; k++)
			e->column[e->n_columns++] =
				(struct eng_column){.tick = nvx->tick + (int64_t)k * NVX_PPQ,
					.measure = i,
					.x = m->x + cell * (float)k * NVX_PPQ /
							    fmaxf((float)nvx->duration_ticks, 1.0f)};
		e->system[e->n_systems - 1].n_measures++;
		in_row++;
	}
	return 0;
}

static void stack(struct eng *e)
{
	const struct engrave_options *o = e->options;
	float y = o->margin + eng_title_height(e), end = o->page_height - o->margin;
	uint32_t page = 0, on_page = 0;
	for (uint32_t i = 0; i < e->n_systems; i++) {
		struct eng_system *s = &e->system[i];
		int begins = eng_has_layer(e, ENGRAVE_FORM) && section_at(e, s->first_measure) != NULL;
		float above = begins ? HEADER + (on_page ? SECTION_GAP : 0.0f) : 0.0f;
		if (o->page_height > 0.0f && on_page > 0 && (y + above + CELL > end || s->is_page_start)) {
			page++;
			on_page = 0;
			y = o->margin;
			above = begins ? HEADER : 0.0f;
		}
		s->page = page;
		s->y = y + above;
		y = s->y + CELL + ROW_GAP;
		on_page++;
	}
	e->n_pages = e->n_systems > 0 ? page + 1 : 0;
}

static int add(struct eng *e, uint32_t measure, struct mos_shape s)
{
	return eng_ink(e, e->measure[measure].system, ENG_NONE, measure, &s, 1);
}

static int text(struct eng *e, uint32_t measure, float x, float y, float size, unsigned flags, unsigned layer,
	unsigned token, const char *string)
{
	return eng_text(
		e, e->measure[measure].system, ENG_NONE, measure, x, y, size, flags, layer, token, string, 1);
}

static int header(struct eng *e, uint32_t i)
{
	const struct nvx_form_element *f = eng_has_layer(e, ENGRAVE_FORM) ? section_at(e, i) : NULL;
	if (f == NULL)
		return 0;
	const struct eng_measure *m = &e->measure[i];
	struct mos_shape bar = eng_rect(m->x, -HEADER + 0.4f, e->system[m->system].width - m->x,
		HEADER - 0.8f, ENGRAVE_FORM, MOS_TOKEN_FORM);
	bar.color = MOS_TOKEN(MOS_TOKEN_FORM, 70);
	if (f->color) {
		bar.flags &= (uint8_t)~MOS_SHAPE_TOKEN;
		bar.color = MOS_RGBA(f->color >> 16 & 0xff, f->color >> 8 & 0xff, f->color & 0xff, 70);
	}
	bar.p[0] = 0.5f;
	int r = add(e, i, bar);
	char label[256];
	if (f->number != NVX_NO_I32)
		(void)snprintf(label, sizeof(label), "%.200s %d", score_text(e->score, f->label), f->number);
	else
		(void)snprintf(label, sizeof(label), "%.250s", score_text(e->score, f->label));
	uint32_t at = e->n_ink;
	if (r == 0)
		r = text(e, i, m->x + PAD, -HEADER / 2, 2.0f, MOS_SHAPE_BOLD | MOS_SHAPE_MIDDLE, ENGRAVE_FORM,
			MOS_TOKEN_INK, label);
	if (r == 0 && e->n_ink > at)
		e->ink[at].shape.w = e->system[m->system].width - m->x - 2 * PAD;
	return r;
}

/* Borders, heavy with dots where a part is repeated. */
static int frame(struct eng *e, uint32_t i)
{
	const struct eng_measure *m = &e->measure[i];
	const struct nvx_measure *nvx = score_measure(e->score, i);
	const struct engrave_defaults *d = &e->metrics->defaults;
	float x0 = m->x, x1 = m->x + m->width, thin = d->thin_bar, thick = d->thick_bar;
	struct mos_shape side[4] = {
		eng_line(x0 - thin / 2, 0, x1 + thin / 2, 0, thin, ENGRAVE_FRAME, MOS_TOKEN_STAFF),
		eng_line(x0 - thin / 2, CELL, x1 + thin / 2, CELL, thin, ENGRAVE_FRAME, MOS_TOKEN_STAFF),
		eng_line(x0, 0, x0, CELL, thin, ENGRAVE_FRAME, MOS_TOKEN_STAFF),
		eng_line(x1, 0, x1, CELL, thin, ENGRAVE_FRAME, MOS_TOKEN_STAFF),
	};
	int r = 0;
	for (unsigned k = 0; r == 0 && k < 4; k++)
		r = add(e, i, side[k]);
	for (int end = 0; r == 0 && end < 2; end++) {
		if (!(end ? nvx->repeat_end : nvx->repeat_start))
			continue;
		float x = end ? x1 - thick : x0, dot = end ? x1 - thick - 1.0f : x0 + thick + 0.5f;
		r = add(e, i, eng_rect(x, 0, thick, CELL, ENGRAVE_FRAME, MOS_TOKEN_INK));
		for (int k = -1; r == 0 && k <= 1; k += 2)
			r = add(e, i,
				eng_glyph(CODE_REPEAT_DOT, dot, CELL / 2 + (float)k * 1.2f, 1.6f,
					ENGRAVE_FRAME, MOS_TOKEN_INK));
	}
	int is_final = i + 1 == e->n_measures || nvx->barline == NVX_BARLINE_FINAL;
	if (r == 0 && is_final && !nvx->repeat_end)
		r = add(e, i, eng_rect(x1 - thick / 2, 0, thick, CELL, ENGRAVE_FRAME, MOS_TOKEN_INK));
	return r;
}

/* Number, meter where it changes, endings and jumps: small, along the upper edge. */
static int notes_of(struct eng *e, uint32_t i)
{
	const struct eng_measure *m = &e->measure[i];
	const struct nvx_measure *nvx = score_measure(e->score, i);
	char name[64], ending[80] = "";
	score_measure_name(e->score, i, name, sizeof(name));
	int r = *name ? text(e, i, m->x + 0.5f, 1.5f, 1.2f, 0, ENGRAVE_FRAME, MOS_TOKEN_STAFF, name) : 0;
	uint32_t n;
	const uint8_t *number = nvx_items(e->score->pool, nvx->ending_numbers, &n);
	size_t used = 0;
	if (nvx->ending_type == NVX_ENDING_START || nvx->ending_type == NVX_ENDING_START_STOP) {
		for (uint32_t k = 0; k < n && used + 8 < sizeof(ending); k++)
			used += (size_t)snprintf(
				ending + used, sizeof(ending) - used, "%s%u.", k ? " " : "", number[k]);
	}
	static const char *const jump[] = {"", "D.C.", "D.S.", "To Coda", "Fine", "\u00a7", "Coda"};
	const struct nvx_meter *meter = score_meter_at(e->score, m->tick);
	char right[160];
	if (meter != NULL && meter->tick == m->tick)
		(void)snprintf(right, sizeof(right), "%s %s %u/%u", ending,
			nvx->jump < 7 ? jump[nvx->jump] : "", meter->num, meter->den);
	else
		(void)snprintf(right, sizeof(right), "%s %s", ending, nvx->jump < 7 ? jump[nvx->jump] : "");
	const char *at = right + strspn(right, " ");
	if (r < 0 || *at == '\0')
		return r;
	return text(e, i, m->x + m->width - (nvx->repeat_end ? 1.6f : 0.5f), 1.5f, 1.2f, MOS_SHAPE_RIGHT,
		ENGRAVE_FRAME, MOS_TOKEN_INK, at);
}

/* The chords that begin in a measure; of several parts' one is shown at a tick. */
static uint32_t chords_of(const struct eng *e, uint32_t i, uint32_t *ret, uint32_t max)
{
	const struct eng_measure *m = &e->measure[i];
	const struct nvx_seq *list = &e->score->list[NVX_LIST_chord];
	uint32_t n = 0;
	int64_t last = -1;
	for (uint32_t k = nvx_seq_find(list, m->tick); k < list->n && n < max; k++) {
		const struct nvx_chord *c = score_chord(e->score, k);
		if (c->e.tick >= m->tick + m->duration_ticks)
			break;
		if (c->e.tick != last)
			ret[n++] = k;
		last = c->e.tick;
	}
	return n;
}

static int chords(struct eng *e, uint32_t i)
{
	const struct eng_measure *m = &e->measure[i];
	uint32_t chord[32], n = chords_of(e, i, chord, 32);
	float left = PAD + (score_measure(e->score, i)->repeat_start ? 1.6f : 0.0f),
	      room = m->width - left - PAD / 2;
	if (n == 0) {
		/* What stood before goes on. */
		const struct nvx_chord *c = score_chord_at(e->score, m->tick, 0);
		const struct engrave_glyph *g = engrave_glyph(e->metrics, CODE_REPEAT_1_BAR);
		float scale = 1.4f;
		return c == NULL ? 0
				 : add(e, i,
					   eng_glyph(CODE_REPEAT_1_BAR,
						   m->x + m->width / 2 - (g->x0 + g->x1) / 2 * scale,
						   CELL / 2 + (g->y0 + g->y1) / 2 * scale, scale,
						   ENGRAVE_CHORDS, MOS_TOKEN_CHORDS));
	}
	/* One size a cell: the largest at which each chord ends before the next begins. */
	float size = CHORD, duration = fmaxf((float)m->duration_ticks, 1.0f);
	for (uint32_t k = 0; k < n; k++) {
		const struct nvx_chord *c = score_chord(e->score, chord[k]);
		float from = (float)(c->e.tick - m->tick) / duration;
		float to = k + 1 < n
				   ? (float)(score_chord(e->score, chord[k + 1])->e.tick - m->tick) / duration
				   : 1.0f;
		float width = eng_chord_width(e, score_text(e->score, c->symbol), 1.0f);
		size = fminf(size, (to - from) * room * 0.94f / fmaxf(width, 0.1f));
	}
	size = fmaxf(size, LEAST_CHORD);
	float base = CELL / 2 + 0.5f * e->metrics->cap_height * size;
	int r = 0;
	for (uint32_t k = 0; r == 0 && k < n; k++) {
		const struct nvx_chord *c = score_chord(e->score, chord[k]);
		const char *symbol = score_text(e->score, c->symbol);
		float x = m->x + left + room * (float)(c->e.tick - m->tick) / duration;
		e->chord_place[e->n_chord_places++] = (struct eng_chord_place){chord[k], m->system, ENG_NONE,
			{x, base - 1.05f * size, x + eng_chord_width(e, symbol, size), base + 0.25f * size}};
		r = eng_chord_draw(e, m->system, ENG_NONE, i, x, base, size, symbol, 1);
	}
	return r;
}

/* The numeral or function of what begins here, small, along the lower edge. */
static int analysis(struct eng *e, uint32_t i)
{
	const struct eng_measure *m = &e->measure[i];
	const struct nvx_seq *list = &e->score->list[NVX_LIST_analysis];
	int r = 0;
	float free_from = m->x;
	for (uint32_t k = nvx_seq_find(list, m->tick), n = 0; r == 0 && k < list->n && n < 16; k++, n++) {
		const struct nvx_analysis *a = score_analysis(e->score, k);
		const char *roman = score_text(e->score, a->roman);
		if (a->e.tick >= m->tick + m->duration_ticks)
			break;
		float x = m->x + PAD +
			  (m->width - 1.5f * PAD) * (float)(a->e.tick - m->tick) /
				  fmaxf((float)m->duration_ticks, 1.0f);
		if (*roman == '\0' || x < free_from)
			continue;
		free_from = x + eng_text_width(e, 1.4f, 0, roman) + 0.4f;
		r = text(e, i, x, CELL - 0.8f, 1.4f, 0, ENGRAVE_ANALYSIS, MOS_TOKEN_ANALYSIS, roman);
	}
	return r;
}

int eng_grid(struct eng *e, struct engraving **ret)
{
	int r = lay_out(e);
	if (r < 0)
		return r;
	e->chord_place = eng_alloc(e->arena, (score_n_chord(e->score) + 1) * sizeof(*e->chord_place));
	if (e->chord_place == NULL)
		return -ENOMEM;
	stack(e);
	for (uint32_t i = 0; r == 0 && i < e->n_measures; i++) {
		if (e->cancelled != NULL && (i & 255u) == 0 && e->cancelled(e->cancel_data))
			return -ECANCELED;
		r = frame(e, i);
		if (r == 0)
			r = header(e, i);
		if (r == 0)
			r = notes_of(e, i);
		if (r == 0 && eng_has_layer(e, ENGRAVE_CHORDS))
			r = chords(e, i);
		if (r == 0 && eng_has_layer(e, ENGRAVE_ANALYSIS))
			r = analysis(e, i);
	}
	if (r == 0)
		r = eng_furniture(e);
	return r < 0 ? r : eng_emit(e, ret);
}
