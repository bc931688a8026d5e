/* SPDX-License-Identifier: MIT */
/* Words above and below a staff: expression and technique next to it, tempo over them, then jumps and
 * rehearsal marks. */
#include "layers.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define CODE_MET_HALF 0xeca3u
#define CODE_MET_WHOLE 0xeca2u
#define CODE_MET_QUARTER 0xeca5u
#define CODE_MET_EIGHTH 0xeca7u
#define CODE_MET_16TH 0xeca9u
#define CODE_MET_DOT 0xecb7u
#define CODE_SEGNO 0xe047u
#define CODE_CODA 0xe048u
#define DEFAULT_TEMPO 500000000u
#define MARK_SCALE 0.62f

struct mark {
	uint32_t code;
	unsigned dots;
	char rest[128]; /* "= 120" */
};

/* What a metronome mark says: as the file wrote it, else in quarters. */
static struct mark mark_of(const struct eng *e, const struct nvx_tempo *t)
{
	static const struct {
		const char *name;
		uint32_t code;
	} unit[] = {{"whole", CODE_MET_WHOLE}, {"half", CODE_MET_HALF}, {"quarter", CODE_MET_QUARTER},
		{"eighth", CODE_MET_EIGHTH}, {"16th", CODE_MET_16TH}};
	struct mark mark = {.code = CODE_MET_QUARTER};
	char fact[128];
	if (eng_fact(e, t->extra, "metronome", fact, sizeof(fact))) {
		for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
			size_t n = strlen(unit[i].name);
			if (strncmp(fact, unit[i].name, n) != 0)
				continue;
			const char *at = fact + n;
			for (; *at == '.'; at++)
				mark.dots++;
			if (*at != '=')
				continue;
			mark.code = unit[i].code;
			(void)snprintf(mark.rest, sizeof(mark.rest), "= %.100s", at + 1);
			return mark;
		}
	}
	uint64_t bpm100 =
		t->ns_per_quarter ? (6000000000000u + t->ns_per_quarter / 2) / t->ns_per_quarter : 0;
	mark.dots = 0;
	if (bpm100 % 100 == 0)
		(void)snprintf(mark.rest, sizeof(mark.rest), "= %llu", (unsigned long long)(bpm100 / 100));
	else
		(void)snprintf(mark.rest, sizeof(mark.rest), "= %llu.%02llu",
			(unsigned long long)(bpm100 / 100), (unsigned long long)(bpm100 % 100));
	return mark;
}

static float mark_width(const struct eng *e, const struct mark *m)
{
	float size = ENG_SIZE_TEMPO * 0.85f;
	return (engrave_glyph(e->metrics, m->code)->x1 + 0.7f * (float)m->dots) * MARK_SCALE + 0.5f +
	       eng_text_width(e, size, 0, m->rest);
}

static int draw_mark(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, const struct mark *m,
	float x, float y)
{
	struct mos_shape s = eng_glyph(m->code, x, y - 0.2f, MARK_SCALE, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	int r = eng_ink(e, system, staff, measure, &s, 0);
	x += engrave_glyph(e->metrics, m->code)->x1 * MARK_SCALE;
	for (unsigned i = 0; r == 0 && i < m->dots && i < 4; i++) {
		s = eng_glyph(CODE_MET_DOT, x + 0.2f, y - 0.2f, MARK_SCALE, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		r = eng_ink(e, system, staff, measure, &s, 0);
		x += 0.7f * MARK_SCALE;
	}
	return r < 0 ? r
		     : eng_text(e, system, staff, measure, x + 0.5f, y, ENG_SIZE_TEMPO * 0.85f, 0,
			       ENGRAVE_NOTATION, MOS_TOKEN_INK, m->rest, 0);
}

/* The metronome mark of a tempo: written in the file, or a change that a reader has to know of. */
static const struct nvx_tempo *shown_tempo(const struct eng *e, int64_t tick)
{
	const struct nvx_tempo *t = score_tempo_at(e->score, tick);
	char fact[128];
	if (t == NULL || t->tick != tick)
		return NULL;
	if (eng_fact(e, t->extra, "metronome", fact, sizeof(fact)))
		return t;
	if (tick == 0)
		return t->ns_per_quarter != DEFAULT_TEMPO ? t : NULL;
	const struct nvx_tempo *before = score_tempo_at(e->score, tick - 1);
	uint64_t a = before->ns_per_quarter, b = t->ns_per_quarter, off = a > b ? a - b : b - a;
	/* Played tempo that breathes isn't marked; a twentieth at the start of a measure is. */
	uint32_t m = score_measure_at(e->score, tick);
	return off > a / 20 && score_measure(e->score, m)->tick == tick && before->tick + 4 * NVX_PPQ <= tick
		       ? t
		       : NULL;
}

struct word {
	uint32_t system, staff, measure;
	float x, size;
	unsigned flags;
	int above, boxed, right;
	const char *text;
	const struct nvx_tempo *tempo;
};

/* Against the outline of its staff; within the system's width. */
static int place(struct eng *e, const struct word *w)
{
	struct mark mark = {0};
	uint32_t staff = eng_staff_in(e, w->system, w->staff);
	float text_width = eng_text_width(e, w->size, w->flags, w->text), width = text_width;
	if (w->tempo != NULL) {
		mark = mark_of(e, w->tempo);
		width += mark_width(e, &mark) + (*w->text ? 0.8f : 0.0f);
	}
	float pad = w->boxed ? 0.45f : 0.0f, limit = e->system[w->system].width;
	float x = w->right ? w->x - width - pad : w->x + pad;
	x = fmaxf(fminf(x, limit - width - pad), pad);
	struct eng_skyline *sky = eng_sky_of(e, w->system, staff, w->above);
	if (sky == NULL)
		return -ENOMEM;
	float y = eng_sky_place(sky, x - pad - 0.2f, x + width + pad + 0.2f, 0.7f + pad);
	y += w->above ? -0.22f * w->size : 0.78f * w->size;
	int r = 0;
	if (w->boxed) {
		struct mos_shape box = eng_rect(x - pad, y - 0.78f * w->size - pad, width + 2 * pad,
			1.0f * w->size + 2 * pad, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		box.color2 = box.color;
		box.color = MOS_TOKEN(MOS_TOKEN_INK, 0);
		box.p[1] = e->metrics->defaults.text_box;
		r = eng_ink(e, w->system, staff, w->measure, &box, 0);
	}
	uint32_t at = e->n_ink;
	if (r == 0)
		r = eng_text(e, w->system, staff, w->measure, x, y, w->size, w->flags, ENGRAVE_NOTATION,
			MOS_TOKEN_INK, w->text, 0);
	if (r == 0 && e->n_ink > at && text_width > limit)
		e->ink[at].shape.w = limit;
	if (r == 0 && w->tempo != NULL)
		r = draw_mark(
			e, w->system, staff, w->measure, &mark, x + text_width + (*w->text ? 0.8f : 0.0f), y);
	return r;
}

/* Words of one style, in the order of time. */
static int words(struct eng *e, unsigned style)
{
	int r = 0;
	uint32_t n = score_n_notation(e->score);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind != NVX_NOTATION_TEXT || el->style != style || eng_is_dynamic_word(e, el) ||
			eng_is_figures(e, el))
			continue;
		uint32_t staff = eng_find_staff(e, el->e.part_id, el->e.staff ? el->e.staff : 1, 0);
		if (staff == ENG_NONE || e->staff[staff].is_hidden) {
			if (style != NVX_TEXT_TEMPO && style != NVX_TEXT_REHEARSAL)
				continue;
			staff = eng_first_staff(e, 0);
		}
		if (staff == ENG_NONE)
			continue;
		int is_tempo = style == NVX_TEXT_TEMPO, is_mark = style == NVX_TEXT_REHEARSAL;
		struct word w = {.staff = staff,
			.text = score_text(e->score, el->text),
			.boxed = is_mark || style == NVX_TEXT_BOXED};
		w.x = eng_tick_x(e, el->e.tick, &w.measure);
		w.system = e->measure[w.measure].system;
		w.above = el->placement != NVX_PLACEMENT_BELOW;
		w.size = is_tempo ? ENG_SIZE_TEMPO : is_mark ? ENG_SIZE_REHEARSAL : ENG_SIZE_EXPRESSION;
		w.flags = is_tempo || is_mark            ? MOS_SHAPE_BOLD
			  : style == NVX_TEXT_EXPRESSION ? MOS_SHAPE_ITALIC
							 : 0;
		if (is_tempo)
			w.tempo = shown_tempo(e, el->e.tick);
		if (is_mark && el->e.tick == e->measure[w.measure].tick)
			w.x = fmaxf(e->measure[w.measure].x, e->system[w.system].indent);
		if (*w.text || w.tempo)
			r = place(e, &w);
	}
	return r;
}

static int has_tempo_words(const struct eng *e, int64_t tick)
{
	const struct nvx_seq *list = &e->score->list[NVX_LIST_notation];
	for (uint32_t i = nvx_seq_find(list, tick); i < list->n && eng_notation(e, i)->e.tick == tick; i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind == NVX_NOTATION_TEXT && el->style == NVX_TEXT_TEMPO)
			return 1;
	}
	return 0;
}

static int tempos(struct eng *e)
{
	int r = 0;
	uint32_t staff = eng_first_staff(e, 0);
	for (uint32_t i = 0; r == 0 && staff != ENG_NONE && i < score_n_tempo(e->score); i++) {
		int64_t tick = score_tempo(e->score, i)->tick;
		struct word w = {.staff = staff,
			.size = ENG_SIZE_TEMPO,
			.above = 1,
			.text = "",
			.tempo = shown_tempo(e, tick)};
		if (w.tempo == NULL || has_tempo_words(e, tick))
			continue;
		w.x = eng_tick_x(e, tick, &w.measure);
		w.system = e->measure[w.measure].system;
		r = place(e, &w);
	}
	return r;
}

static int sign(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, uint32_t code, float x)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
	staff = eng_staff_in(e, system, staff);
	struct eng_skyline *sky = eng_sky_of(e, system, staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float scale = 0.9f, y = eng_sky_place(sky, x, x + (g->x1 - g->x0) * scale, 0.7f) + g->y0 * scale;
	struct mos_shape s = eng_glyph(code, x - g->x0 * scale, y, scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, system, staff, measure, &s, 0);
}

static int jumps(struct eng *e)
{
	uint32_t staff = eng_first_staff(e, 0);
	int r = 0;
	for (uint32_t i = 0; r == 0 && staff != ENG_NONE && i < e->n_measures; i++) {
		const struct nvx_measure *m = eng_nvx(e, i);
		const int is_sign = m->jump == NVX_JUMP_SEGNO || m->jump == NVX_JUMP_CODA;
		if (m->jump == NVX_JUMP_NONE || (is_sign ? e->measure[i].is_on : e->measure[i].goes_on))
			continue;
		uint32_t drawn = eng_measure_of(e, e->measure[i].tick), system = e->measure[drawn].system;
		float left = fmaxf(e->measure[drawn].x, e->system[system].indent);
		float right = i + 1 < e->n_measures && e->measure[i + 1].system == system &&
					      !e->measure[i + 1].is_skipped
				      ? e->measure[i + 1].x
				      : e->system[system].width;
		if (is_sign) {
			r = sign(e, system, staff, drawn, m->jump == NVX_JUMP_SEGNO ? CODE_SEGNO : CODE_CODA,
				left);
			continue;
		}
		char text[32];
		const char *until = m->jump_until == NVX_JUMP_FINE   ? " al Fine"
				    : m->jump_until == NVX_JUMP_CODA ? " al Coda"
								     : "";
		const char *what = m->jump == NVX_JUMP_DACAPO     ? "D.C."
				   : m->jump == NVX_JUMP_DALSEGNO ? "D.S."
				   : m->jump == NVX_JUMP_TO_CODA  ? "To Coda"
								  : "Fine";
		(void)snprintf(text, sizeof(text), "%s%s", what,
			m->jump == NVX_JUMP_DACAPO || m->jump == NVX_JUMP_DALSEGNO ? until : "");
		struct word w = {.system = system,
			.staff = staff,
			.measure = drawn,
			.x = right,
			.size = ENG_SIZE_EXPRESSION * 1.1f,
			.flags = MOS_SHAPE_BOLD,
			.above = 1,
			.right = 1,
			.text = text};
		r = place(e, &w);
	}
	return r;
}

int eng_texts(struct eng *e)
{
	if (e->n_measures == 0)
		return 0;
	static const uint8_t order[] = {
		NVX_TEXT_NONE, NVX_TEXT_EXPRESSION, NVX_TEXT_TECHNIQUE, NVX_TEXT_BOXED};
	int r = eng_figures(e);
	for (size_t i = 0; r == 0 && i < sizeof(order); i++)
		r = words(e, order[i]);
	if (r == 0)
		r = tempos(e);
	if (r == 0)
		r = words(e, NVX_TEXT_TEMPO);
	if (r == 0)
		r = jumps(e);
	return r < 0 ? r : words(e, NVX_TEXT_REHEARSAL);
}
