/* SPDX-License-Identifier: MIT */
/* Straight and wavy lines: glissandi, arpeggios, tremolos between two notes, octave lines, pedals. */
#include "layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CODE_OTTAVA_UP 0xe511u   /* 8va */
#define CODE_OTTAVA_DOWN 0xe51cu /* 8vb */
#define CODE_QUINDICESIMA_UP 0xe515u
#define CODE_QUINDICESIMA_DOWN 0xe51du
#define CODE_VENTIDUESIMA_UP 0xe518u
#define CODE_VENTIDUESIMA_DOWN 0xe51eu
#define CODE_PEDAL 0xe650u
#define CODE_PEDAL_UP 0xe655u
#define PEDAL_SCALE 0.75f
#define MAX_AHEAD 256u /* systems that a pedal is looked through for a common line */

/* --- between two notes --- */

static int glissando(struct eng *e, const struct nvx_notation_element *el, int is_across)
{
	uint32_t a = eng_find_event(e, el->from_event_id), b = eng_find_event(e, el->to_event_id);
	if (a == ENG_NONE || b == ENG_NONE || e->event[a].n_heads == 0 || e->event[b].n_heads == 0)
		return 0;
	const struct eng_event *from = &e->event[a], *to = &e->event[b];
	if (!eng_is_drawn(e, from) || !eng_is_drawn(e, to) || eng_is_on_tab(e, from))
		return 0;
	if (eng_is_across(e, from, to) != is_across)
		return 0;
	uint32_t system = eng_event_system(e, from), last = eng_event_system(e, to);
	const struct eng_staff *staff = &e->staff[from->staff];
	float x0 = eng_event_box(e, from).x1 + 0.3f, y0 = eng_y(staff, e->head[from->first_head].position);
	float y1 = eng_y(&e->staff[to->staff], e->head[to->first_head].position);
	uint32_t on = from->staff;
	if (is_across) { /* y of the system */
		y0 += eng_staff_y(e, from);
		y1 += eng_staff_y(e, to);
		on = ENG_NONE;
	}
	float accidental = e->head[to->first_head].accidental ? e->head[to->first_head].accidental_x : 0.0f;
	float x1 = eng_event_box(e, to).x0 + fminf(accidental, 0.0f) - 0.3f;
	float thick = e->metrics->defaults.stem;
	int wavy = el->style == NVX_SLUR_GLISSANDO;
	uint32_t measure = from->measure == to->measure ? from->measure : ENG_NONE;
	if (system != last) {
		float mid = from->staff == to->staff ? (y0 + y1) / 2 : y0, end = eng_system_right(e, system),
		      start = fminf(eng_system_left(e, last), x1 - 1.0f);
		struct mos_shape first =
			eng_line(x0, y0, fmaxf(end, x0 + 0.5f), mid, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		struct mos_shape rest = eng_line(start, from->staff == to->staff ? mid : y1, x1, y1, thick,
			ENGRAVE_NOTATION, MOS_TOKEN_INK);
		int r = eng_ink(e, system, from->staff, ENG_NONE, &first, 1);
		return r < 0 ? r : eng_ink(e, last, to->staff, ENG_NONE, &rest, 1);
	}
	if (x1 - x0 < 0.4f)
		return 0;
	if (wavy)
		return eng_wave(e, system, on, measure, x0, y0, x1, y1, ENGRAVE_NOTATION, MOS_TOKEN_INK, 1);
	struct mos_shape s = eng_line(x0, y0, x1, y1, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, system, on, measure, &s, 1);
}

/* Strokes between two notes without beams, half as far as they are apart, sloped like them. */
static int tremolo(struct eng *e, const struct eng_event *from)
{
	const struct eng_event *to = &e->event[from->tremolo_to];
	uint32_t system = eng_event_system(e, from);
	if (!eng_is_drawn(e, to) || eng_event_system(e, to) != system || from->n_heads == 0 ||
		to->n_heads == 0)
		return 0;
	struct eng_box a = eng_event_box(e, from), b = eng_event_box(e, to);
	float x0 = a.x1 + 0.3f, x1 = b.x0 - 0.3f, y0 = (a.y0 + a.y1) / 2, y1 = (b.y0 + b.y1) / 2;
	if (from->stem != 0 && to->stem != 0) {
		x0 = eng_event_x(e, from) + from->stem_x;
		x1 = eng_event_x(e, to) + to->stem_x;
		float inset = fminf(0.6f, (x1 - x0) / 4);
		int is_open = from->value == NVX_VALUE_2;
		x0 += is_open ? 0.0f : inset;
		x1 -= is_open ? 0.0f : inset;
		y0 = from->stem_y1;
		y1 = to->stem_y1;
	}
	float side = from->stem < 0 ? -1.0f : 1.0f; /* from the stems' ends towards the heads */
	float beam = e->metrics->defaults.beam, step = beam + e->metrics->defaults.beam_gap;
	if (fabsf(y1 - y0) > ENG_TREMOLO_RISE)
		y1 = y0 + copysignf(ENG_TREMOLO_RISE, y1 - y0);
	int r = 0;
	for (unsigned i = 0; r == 0 && i < from->tremolo && i < 8; i++) {
		float off = side * ((float)i * step + beam / 2);
		float xy[8] = {x0, y0 + off - beam / 2, x1, y1 + off - beam / 2, x1, y1 + off + beam / 2, x0,
			y0 + off + beam / 2};
		struct mos_shape s = eng_quad(xy, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		r = eng_ink(e, system, from->staff, from->measure, &s, 0);
	}
	return r;
}

/* --- arpeggios --- */

#define MAX_TOGETHER 16u
#define MAX_SEARCHED 512u /* events of a measure in which others are looked for */

/* Chords over staves are broken as one, and what has one number in the file. */
static int is_together(const struct eng *e, const struct eng_event *a, const struct eng_event *b)
{
	char x[8], y[8];
	if (a->arpeggio != b->arpeggio || a->tick != b->tick || a->is_grace || b->is_grace || !b->n_heads ||
		e->staff[a->staff].part != e->staff[b->staff].part || !eng_is_drawn(e, b) ||
		eng_is_on_tab(e, b))
		return 0;
	if (eng_holder(e, (uint32_t)(a - e->event)) == eng_holder(e, (uint32_t)(b - e->event)))
		return 1;
	return a->element != ENG_NONE && b->element != ENG_NONE &&
	       eng_fact(e, eng_notation(e, a->element)->e.extra, "arpeggio", x, sizeof(x)) &&
	       eng_fact(e, eng_notation(e, b->element)->e.extra, "arpeggio", y, sizeof(y)) &&
	       strcmp(x, y) == 0;
}

/* The chords that are broken with this one, in their order; itself among them. @return how many. */
static uint32_t together(
	const struct eng *e, const struct eng_event *ev, const struct eng_event *ret[static MAX_TOGETHER])
{
	const struct eng_measure *m = &e->measure[ev->measure];
	uint32_t n = 0;
	ret[0] = ev;
	if (m->n_events > MAX_SEARCHED)
		return 1;
	for (uint32_t i = m->first_event; i < m->first_event + m->n_events && n < MAX_TOGETHER; i++) {
		if (&e->event[i] == ev || is_together(e, ev, &e->event[i]))
			ret[n++] = &e->event[i];
	}
	return n ? n : 1;
}

/* The first of those together draws it: within a staff, or once staves have their places. */
static int arpeggio(struct eng *e, const struct eng_event *ev, int is_across)
{
	const struct eng_event *chord[MAX_TOGETHER];
	const uint32_t n = together(e, ev, chord);
	float x = INFINITY, y0 = INFINITY, y1 = -INFINITY;
	int crosses = 0;
	for (uint32_t i = 0; i < n; i++)
		crosses |= chord[i]->staff != ev->staff;
	if (chord[0] != ev || crosses != is_across)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_event *v = chord[i];
		const struct eng_staff *staff = &e->staff[v->staff];
		const float down = crosses ? eng_staff_y(e, v) : 0;
		float left = 0.0f;
		for (uint32_t k = 0; k < v->n_heads; k++) {
			const struct eng_head *h = &e->head[v->first_head + k];
			left = fminf(left, h->accidental ? h->accidental_x : h->x);
		}
		x = fminf(x, fminf(eng_event_x(e, v) + left, eng_event_box(e, v).x0) - 0.6f);
		y0 = fminf(y0, down + eng_y(staff, e->head[v->first_head + v->n_heads - 1].position) - 0.5f);
		y1 = fmaxf(y1, down + eng_y(staff, e->head[v->first_head].position) + 0.5f);
	}
	const uint32_t system = eng_event_system(e, ev), on = crosses ? ENG_NONE : ev->staff;
	if (ev->arpeggio == NVX_ARPEGGIO_NONE) { /* not broken: a bracket */
		float t = e->metrics->defaults.stem;
		struct mos_shape part[3] = {eng_line(x, y0, x, y1, t, ENGRAVE_NOTATION, MOS_TOKEN_INK),
			eng_line(x, y0, x + 0.5f, y0, t, ENGRAVE_NOTATION, MOS_TOKEN_INK),
			eng_line(x, y1, x + 0.5f, y1, t, ENGRAVE_NOTATION, MOS_TOKEN_INK)};
		int r = 0;
		for (unsigned i = 0; r == 0 && i < 3; i++)
			r = eng_ink(e, system, on, ev->measure, &part[i], 0);
		return r;
	}
	int r = eng_wave(e, system, on, ev->measure, x, y0, x, y1, ENGRAVE_NOTATION, MOS_TOKEN_INK, 0);
	if (r == 0 && ev->arpeggio == NVX_ARPEGGIO_DOWN) {
		float xy[8] = {x - 0.35f, y1 - 0.2f, x + 0.35f, y1 - 0.2f, x, y1 + 0.6f, x, y1 + 0.6f};
		struct mos_shape s = eng_quad(xy, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		r = eng_ink(e, system, on, ev->measure, &s, 0);
	}
	return r;
}

/* --- along a staff, over systems --- */

struct stretch {
	uint32_t system;
	float x0, x1;
	int is_first, is_last;
};

/* The piece of a span that one system holds. @return 0: none */
static int piece(const struct eng *e, int64_t from, int64_t to, uint32_t system, struct stretch *ret)
{
	uint32_t m0, m1;
	float x0 = eng_tick_x(e, from, &m0), x1 = eng_tick_x(e, to > from ? to - 1 : to, &m1);
	uint32_t a = e->measure[m0].system, b = e->measure[m1].system;
	if (system < a || system > b)
		return 0;
	*ret = (struct stretch){system, system == a ? x0 : eng_system_left(e, system),
		system == b ? x1 : eng_system_right(e, system), system == a, system == b};
	return 1;
}

static void systems_of(const struct eng *e, int64_t from, int64_t to, uint32_t *ret_first, uint32_t *ret_last)
{
	*ret_first = e->measure[eng_measure_of(e, from)].system;
	*ret_last = e->measure[eng_measure_of(e, to > from ? to - 1 : to)].system;
}

static int octave(struct eng *e, const struct nvx_notation_element *el, uint32_t staff)
{
	static const uint32_t code[2][3] = {{CODE_OTTAVA_UP, CODE_QUINDICESIMA_UP, CODE_VENTIDUESIMA_UP},
		{CODE_OTTAVA_DOWN, CODE_QUINDICESIMA_DOWN, CODE_VENTIDUESIMA_DOWN}};
	static const char *const name[2][3] = {{"8va", "15ma", "22ma"}, {"8vb", "15mb", "22mb"}};
	int shift = el->octave;
	if (shift == 0)
		return 0;
	int above = shift > 0, size = (abs(shift) > 3 ? 3 : abs(shift)) - 1;
	uint32_t glyph = code[!above][size], first, last;
	int64_t end = el->e.tick + el->e.duration_ticks;
	systems_of(e, el->e.tick, end, &first, &last);
	const struct engrave_glyph *g = engrave_glyph(e->metrics, glyph);
	const char *text = name[!above][size];
	float side = above ? -1.0f : 1.0f, thick = e->metrics->defaults.octave_line;
	float width =
		g->is_there ? g->x1 - g->x0 : eng_text_width(e, ENG_SIZE_EXPRESSION, MOS_SHAPE_ITALIC, text);
	float height = g->is_there ? g->y1 - g->y0 : e->metrics->cap_height * ENG_SIZE_EXPRESSION;
	int r = 0;
	for (uint32_t i = first; r == 0 && i <= last; i++) {
		struct stretch p;
		if (!piece(e, el->e.tick, end, i, &p))
			continue;
		struct eng_skyline *sky = eng_sky_of(e, i, staff, above);
		if (sky == NULL)
			return -ENOMEM;
		float x0 = p.x0 - 0.2f, x1 = fminf(p.x1 + (p.is_last ? 1.4f : 0.0f), eng_system_right(e, i));
		float outer = eng_sky_place(sky, x0, fmaxf(x1, x0 + width), 0.8f);
		float base = above ? outer : outer + height; /* of sign or text */
		struct mos_shape s =
			eng_glyph(glyph, x0 - g->x0, base + g->y0, 1.0f, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		if (g->is_there)
			r = eng_ink(e, i, staff, ENG_NONE, &s, 0);
		else
			r = eng_text(e, i, staff, ENG_NONE, x0, base, ENG_SIZE_EXPRESSION, MOS_SHAPE_ITALIC,
				ENGRAVE_NOTATION, MOS_TOKEN_INK, text, 0);
		float line = above ? base - height + thick : base, from = x0 + width + 0.4f;
		if (r == 0 && x1 > from) {
			s = eng_line(from, line, x1, line, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			s.p[1] = 0.8f;
			s.p[2] = 0.6f;
			r = eng_ink(e, i, staff, ENG_NONE, &s, 0);
			struct mos_shape hook = eng_line(
				x1, line, x1, line - side * 1.2f, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			if (r == 0 && p.is_last)
				r = eng_ink(e, i, staff, ENG_NONE, &hook, 0);
		}
	}
	return r;
}

/* --- pedals: all of a staff and system on one line --- */

static const char *pedal_word(const struct nvx_notation_element *el)
{
	return el->style == NVX_PEDAL_SOFT ? "una corda" : el->style == NVX_PEDAL_SOSTENUTO ? "Sost." : NULL;
}

static int pedal(struct eng *e, const struct nvx_notation_element *el, uint32_t staff, float *base, int draws)
{
	int64_t end = el->e.tick + el->e.duration_ticks;
	uint32_t first, last, part_last = eng_last_staff(e, el->e.part_id);
	systems_of(e, el->e.tick, end, &first, &last);
	staff = part_last == ENG_NONE ? staff : part_last;
	const char *word = pedal_word(el);
	const struct engrave_glyph *g = engrave_glyph(e->metrics, CODE_PEDAL),
				   *up = engrave_glyph(e->metrics, CODE_PEDAL_UP);
	float width = word ? eng_text_width(e, ENG_SIZE_EXPRESSION, MOS_SHAPE_ITALIC, word)
			   : g->x1 * PEDAL_SCALE,
	      thick = e->metrics->defaults.pedal_line;
	int r = 0;
	for (uint32_t i = first; r == 0 && i <= last; i++) {
		struct stretch p;
		if (!piece(e, el->e.tick, end, i, &p))
			continue;
		struct eng_skyline *sky = eng_sky_of(e, i, staff, 0);
		if (sky == NULL)
			return -ENOMEM;
		/* The star stands before the next pedal, which may be at once. */
		float x0 = p.x0, x1 = fmaxf(p.is_last ? p.x1 - up->x1 * PEDAL_SCALE - 0.5f : p.x1,
					 x0 + (p.is_first ? width : 0.0f) + 0.2f);
		float *y = &base[(size_t)i * e->n_staves + staff], from = x0;
		if (!draws && i - first >= MAX_AHEAD)
			break;
		if (!draws) {
			*y = fmaxf(*y, eng_sky_place(sky, x0, x1 + up->x1, 0.8f) + 1.7f * PEDAL_SCALE);
			continue;
		}
		if (!isfinite(*y))
			*y = eng_sky_place(sky, x0, x1 + up->x1, 0.8f) + 1.7f * PEDAL_SCALE;
		if (p.is_first && word) {
			r = eng_text(e, i, staff, ENG_NONE, x0, *y, ENG_SIZE_EXPRESSION, MOS_SHAPE_ITALIC,
				ENGRAVE_NOTATION, MOS_TOKEN_INK, word, 0);
			from = x0 + width + 0.5f;
		} else if (p.is_first) {
			struct mos_shape s =
				eng_glyph(CODE_PEDAL, x0, *y, PEDAL_SCALE, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			r = eng_ink(e, i, staff, ENG_NONE, &s, 0);
			from = x0 + width + 0.5f;
		}
		if (r == 0 && x1 > from && (word || !p.is_last || !p.is_first)) {
			struct mos_shape s = eng_line(
				from, *y - 0.1f, x1, *y - 0.1f, thick, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			s.p[1] = 0.8f;
			s.p[2] = 0.8f;
			r = eng_ink(e, i, staff, ENG_NONE, &s, 0);
		}
		if (r == 0 && p.is_last && !word) {
			struct mos_shape s = eng_glyph(
				CODE_PEDAL_UP, x1, *y, PEDAL_SCALE, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			r = eng_ink(e, i, staff, ENG_NONE, &s, 0);
		}
	}
	return r;
}

static int pedals(struct eng *e)
{
	size_t n_places = (size_t)e->n_systems * e->n_staves;
	float *base = eng_alloc(e->arena, (n_places + 1) * sizeof(*base));
	if (base == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n_places; i++)
		base[i] = -INFINITY;
	int r = 0;
	for (int draws = 0; draws < 2; draws++) {
		for (uint32_t i = 0; r == 0 && i < score_n_notation(e->score); i++) {
			const struct nvx_notation_element *el = eng_notation(e, i);
			if (el->e.kind != NVX_NOTATION_PEDAL)
				continue;
			uint32_t staff = eng_find_staff(e, el->e.part_id, el->e.staff ? el->e.staff : 1, 0);
			if (staff != ENG_NONE)
				r = pedal(e, el, staff, base, draws);
		}
	}
	return r;
}

int eng_lines(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		if (!eng_is_drawn(e, ev) || ev->n_heads == 0 || eng_is_on_tab(e, ev))
			continue;
		if (ev->arpeggio)
			r = arpeggio(e, ev, 0);
		if (r == 0 && ev->tremolo && ev->tremolo_to < e->n_events)
			r = tremolo(e, ev);
	}
	uint32_t n = score_n_notation(e->score);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind == NVX_NOTATION_SLUR &&
			(el->style == NVX_SLUR_GLISSANDO || el->style == NVX_SLUR_LINE)) {
			r = glissando(e, el, 0);
			continue;
		}
		if (el->e.kind != NVX_NOTATION_OCTAVE || e->n_measures == 0)
			continue;
		uint32_t staff = eng_find_staff(e, el->e.part_id, el->e.staff ? el->e.staff : 1, 0);
		if (staff != ENG_NONE)
			r = octave(e, el, staff);
	}
	return r < 0 || e->n_measures == 0 ? r : pedals(e);
}

int eng_cross_lines(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		if (ev->arpeggio && ev->n_heads && eng_is_drawn(e, ev) && !eng_is_on_tab(e, ev))
			r = arpeggio(e, ev, 1);
	}
	for (uint32_t i = 0; r == 0 && i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind == NVX_NOTATION_SLUR &&
			(el->style == NVX_SLUR_GLISSANDO || el->style == NVX_SLUR_LINE))
			r = glissando(e, el, 1);
	}
	return r;
}
