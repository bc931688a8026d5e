/* SPDX-License-Identifier: MIT */
/* One chord: stem, seconds beside each other, dots. */
#include "impl.h"

#include <math.h>
#include <stdlib.h>

#define STEM 3.5f
#define DOT_GAP 0.35f

struct eng_box eng_head_box(const struct eng *e, const struct eng_event *v, const struct eng_head *h)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, h->code);
	const float y = eng_y(&e->staff[v->staff], h->position);
	if (!h->code)
		return (struct eng_box){h->x, y, h->x, y};
	return (struct eng_box){
		h->x + g->x0 * v->scale, y - g->y1 * v->scale, h->x + g->x1 * v->scale, y - g->y0 * v->scale};
}

uint32_t eng_rest_code(const struct eng_event *v)
{
	if (v->is_full_measure_rest)
		return v->value == NVX_VALUE_BREVE ? 0xe4e2 : 0xe4e3;
	if (v->value <= NVX_VALUE_LONG)
		return 0xe4e1;
	return 0xe4e2u + (v->value - NVX_VALUE_BREVE);
}

uint32_t eng_flag_code(const struct eng_event *v)
{
	const unsigned flags = v->flags > 8 ? 8 : v->flags;
	return flags ? 0xe240u + 2 * (flags - 1) + (v->stem < 0) : 0;
}

/** How far the stem goes on beyond the flag's origin: three flags and more grow that way. */
float eng_flag_rise(const struct eng *e, const struct eng_event *v)
{
	if (!v->flags)
		return 0;
	const struct engrave_glyph *g = engrave_glyph(e->metrics, eng_flag_code(v));
	return fmaxf(0, v->stem > 0 ? g->stem_up_y : -g->stem_down_y);
}

static int direction_of(const struct eng *e, uint32_t event)
{
	const struct eng_event *v = &e->event[event];
	const unsigned wish = v->element == ENG_NONE ? NVX_STEM_AUTO : eng_notation(e, v->element)->stem;
	if (wish == NVX_STEM_UP || wish == NVX_STEM_DOWN)
		return wish == NVX_STEM_UP ? 1 : -1;
	if (e->event[event].n_voices > 1)
		return v->voice % 2 ? -1 : 1;
	if (v->is_grace)
		return 1;
	const int low = e->head[v->first_head].position;
	const int high = e->head[v->first_head + v->n_heads - 1].position;
	return low + high < 0 ? 1 : -1;
}

static int has_stem(const struct eng *e, const struct eng_event *v)
{
	return v->n_heads && v->value >= NVX_VALUE_2 &&
	       (v->element == ENG_NONE || eng_notation(e, v->element)->stem != NVX_STEM_NONE);
}

/** Heads a second apart stand on both sides of the stem. */
static void place_heads(struct eng *e, struct eng_event *v, int direction)
{
	struct eng_head *head = &e->head[v->first_head];
	const struct eng_head *last = NULL;
	int is_moved = 1;
	for (uint32_t i = 0; i < v->n_heads; i++) {
		struct eng_head *h = direction > 0 ? &head[i] : &head[v->n_heads - 1 - i];
		const struct engrave_glyph *g = engrave_glyph(e->metrics, h->code);
		if (last && last->position == h->position &&
			last->alter == h->alter) { /* twice the same: one */
			h->x = last->x;
			h->accidental = 0;
			continue;
		}
		is_moved = last && abs(h->position - last->position) <= 1 && !is_moved;
		h->x = is_moved ? (float)direction * (g->x1 - e->metrics->defaults.stem) * v->scale : 0;
		last = h;
	}
}

static void place_stem(struct eng *e, struct eng_event *v)
{
	const struct eng_staff *staff = &e->staff[v->staff];
	const struct eng_head *low = &e->head[v->first_head], *high = low + v->n_heads - 1;
	const struct eng_head *base = v->stem > 0 ? low : high, *far = v->stem > 0 ? high : low;
	const struct engrave_glyph *g = engrave_glyph(e->metrics, base->code ? base->code : 0xe0a4);
	const float half = e->metrics->defaults.stem / 2, k = v->scale;
	float length = v->is_grace ? 2.6f : STEM * k;
	const int out = v->stem * far->position; /* how far it points away from the middle */
	if (v->stem > 0) {
		v->stem_x = (g->has_stem_up ? g->stem_up_x : g->x1) * k - half;
		v->stem_y0 = eng_y(staff, base->position) - (g->has_stem_up ? g->stem_up_y : 0) * k;
	} else {
		v->stem_x = (g->has_stem_down ? g->stem_down_x : g->x0) * k + half;
		v->stem_y0 = eng_y(staff, base->position) - (g->has_stem_down ? g->stem_down_y : 0) * k;
	}
	if (v->beam == ENG_NONE)
		length += eng_flag_rise(e, v) * k;
	if (v->tremolo && v->tremolo_to == ENG_NONE)
		length += 0.5f * (float)(v->tremolo > 1 ? v->tremolo - 1 : 0) + (v->flags ? 0.75f : 0);
	else if (out > 0 && !v->is_grace)
		length -= fminf(v->flags ? 0.5f : 1.0f, 0.125f * (float)out);
	if (v->stem < 0 && v->flags && v->beam == ENG_NONE) /* it points at the head: clear of it */
		length = fmaxf(length,
			(engrave_glyph(e->metrics, eng_flag_code(v))->y1 + eng_flag_rise(e, v) + 0.5f) * k);
	if (v->stem > 0 && v->flags && v->beam == ENG_NONE && far->x > 0) /* a head stands under it */
		length = fmaxf(length,
			(eng_flag_rise(e, v) - engrave_glyph(e->metrics, eng_flag_code(v))->y0 + 0.65f) * k);
	v->stem_y1 = eng_y(staff, far->position) - (float)v->stem * length;
	const float middle = (float)(staff->lines - 1) / 2;
	if (!v->is_grace && (v->stem > 0 ? v->stem_y1 > middle : v->stem_y1 < middle))
		v->stem_y1 = middle;
}

/** Dots stand in spaces, each in its own where there is room. */
static void place_dots(struct eng *e, struct eng_event *v, int is_lower)
{
	float right = 0;
	int above = INT32_MAX;
	for (uint32_t i = v->n_heads; i-- > 0;) {
		struct eng_head *h = &e->head[v->first_head + i];
		right = fmaxf(right, eng_head_box(e, v, h).x1);
		int at = h->position % 2 ? h->position : h->position + (is_lower && v->n_heads == 1 ? -1 : 1);
		if (at >= above)
			at = above - 2;
		/* too far from its head: then it shares the one above */
		h->dot_position = (int8_t)(at < h->position - 1 ? above : at);
		above = h->dot_position;
	}
	v->dot_x = right + DOT_GAP * v->scale;
	if (!v->dots || v->stem <= 0 || !v->flags || v->beam != ENG_NONE)
		return;
	/* beside the flag where that hangs down so far */
	const struct engrave_glyph *flag = engrave_glyph(e->metrics, eng_flag_code(v));
	const int top = e->head[v->first_head + v->n_heads - 1].dot_position;
	if (v->stem_y1 + (eng_flag_rise(e, v) - flag->y0) * v->scale > eng_y(&e->staff[v->staff], top) - 0.3f)
		v->dot_x = fmaxf(v->dot_x, v->stem_x + flag->x1 * v->scale + 0.2f);
}

static void place_rest(struct eng *e, uint32_t event)
{
	struct eng_event *v = &e->event[event];
	const unsigned voices = e->event[event].n_voices;
	v->rest_position =
		v->value == NVX_VALUE_1 || (v->is_full_measure_rest && v->value != NVX_VALUE_BREVE) ? 2 : 0;
	if (e->staff[v->staff].lines < 4 && v->rest_position)
		v->rest_position = 0;
	if (voices > 1)
		v->rest_position = (int8_t)(v->rest_position + (v->voice % 2 ? -4 : 4));
	v->dot_x = engrave_glyph(e->metrics, eng_rest_code(v))->x1 * v->scale + DOT_GAP;
}

/* ---- chords over staves ---- */

static unsigned wish_of(const struct eng *e, const struct eng_event *v)
{
	return v->element == ENG_NONE ? NVX_STEM_AUTO : eng_notation(e, v->element)->stem;
}

/** As the score wants it, the voice, or so that the stem is shorter. */
static int joint_direction(const struct eng *e, uint32_t base, uint32_t top, uint32_t bottom)
{
	const struct eng_event *v = &e->event[base];
	if (v->beam != ENG_NONE && v->stem)
		return v->stem;
	for (uint32_t i = base; i != ENG_NONE; i = e->event[i].joined) {
		const unsigned wish = wish_of(e, &e->event[i]);
		if (wish == NVX_STEM_UP || wish == NVX_STEM_DOWN)
			return wish == NVX_STEM_UP ? 1 : -1;
	}
	if (v->n_voices > 1)
		return v->voice % 2 ? -1 : 1;
	const int low = e->head[e->event[bottom].first_head].position;
	const int high = e->head[e->event[top].first_head + e->event[top].n_heads - 1].position;
	return low + high <= 0 ? 1 : -1;
}

static void hold(struct eng *e, uint32_t base, uint32_t holder, uint32_t foot, int direction)
{
	const uint32_t beam = e->event[base].beam;
	for (uint32_t i = base; i != ENG_NONE; i = e->event[i].joined) {
		struct eng_event *v = &e->event[i];
		v->joins = i == holder ? ENG_NONE : holder;
		v->is_foot = i == foot;
		v->is_joint = i == base ? 2 : 1;
		v->stem = (int8_t)direction;
		v->flags = i == holder ? v->flags : 0;
		v->beam = i == holder ? beam : ENG_NONE;
	}
	if (beam == ENG_NONE)
		return;
	const struct eng_beam *b = &e->beam[beam];
	for (uint32_t k = b->first; k < b->first + b->n; k++) {
		if (e->beam_event[k] == base)
			e->beam_event[k] = holder;
	}
	e->event[holder].is_far = e->event[holder].staff != b->staff;
}

/** Of a chord over staves the event at the end of its stem holds it. */
static void settle_joints(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_events; i++)
		e->event[i].is_joint =
			e->event[i].joined != ENG_NONE && e->event[i].joins == ENG_NONE ? 2 : 0;
	for (uint32_t i = 0; i < e->n_events; i++) {
		uint32_t top = i, bottom = i;
		if (e->event[i].is_joint != 2)
			continue;
		for (uint32_t k = e->event[i].joined; k != ENG_NONE; k = e->event[k].joined) {
			top = e->event[k].staff < e->event[top].staff ? k : top;
			bottom = e->event[k].staff > e->event[bottom].staff ? k : bottom;
		}
		const int direction = joint_direction(e, i, top, bottom);
		hold(e, i, direction > 0 ? top : bottom, direction > 0 ? bottom : top, direction);
	}
}

/** One stem: what moves one of its chords aside moves all. */
static void align_joints(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_events; i++) {
		float x = e->event[i].x;
		if (e->event[i].is_joint != 2)
			continue;
		for (uint32_t k = i; k != ENG_NONE; k = e->event[k].joined)
			x = fmaxf(x, e->event[k].x);
		for (uint32_t k = i; k != ENG_NONE; k = e->event[k].joined)
			e->event[k].x = x;
	}
}

/** Strokes are little steeper than a beam: the stem that ends nearer to the heads goes on until they are. */
static void level_tremolo(struct eng_event *a, struct eng_event *b)
{
	if (!a->stem || a->stem != b->stem || a->staff != b->staff || b->beam != ENG_NONE)
		return;
	if (a->stem > 0) {
		const float end = fminf(a->stem_y1, b->stem_y1) + ENG_TREMOLO_RISE;
		a->stem_y1 = fminf(a->stem_y1, end);
		b->stem_y1 = fminf(b->stem_y1, end);
	} else {
		const float end = fmaxf(a->stem_y1, b->stem_y1) - ENG_TREMOLO_RISE;
		a->stem_y1 = fmaxf(a->stem_y1, end);
		b->stem_y1 = fmaxf(b->stem_y1, end);
	}
}

/** Strokes between two notes that no beam joins: both stems reach beyond them. */
static void reach_tremolos(struct eng *e)
{
	const float step = e->metrics->defaults.beam + e->metrics->defaults.beam_gap;
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *pair[2] = {&e->event[i], NULL};
		if (!pair[0]->tremolo || pair[0]->tremolo_to >= e->n_events || pair[0]->beam != ENG_NONE)
			continue;
		pair[1] = &e->event[pair[0]->tremolo_to];
		for (unsigned k = 0; k < 2; k++) {
			struct eng_event *v = pair[k];
			const struct eng_head *far =
				&e->head[v->first_head + (v->stem > 0 ? v->n_heads - 1 : 0)];
			const float least = step * (float)pair[0]->tremolo + 1.5f;
			if (!v->n_heads || !v->stem || v->beam != ENG_NONE)
				continue;
			const float y = eng_y(&e->staff[v->staff], far->position) - (float)v->stem * least;
			v->stem_y1 = v->stem > 0 ? fminf(v->stem_y1, y) : fmaxf(v->stem_y1, y);
		}
		level_tremolo(pair[0], pair[1]);
	}
}

int eng_chords(struct eng *e)
{
	int rc = eng_group_beams(e);
	if (rc < 0)
		return rc;
	eng_direct_beams(e);
	settle_joints(e);
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *v = &e->event[i];
		if (!v->n_heads) {
			if (!v->slash)
				place_rest(e, i);
			continue;
		}
		const int is_given = v->stem && (v->beam != ENG_NONE || v->is_joint);
		const int direction = is_given ? v->stem : direction_of(e, i);
		v->stem = (int8_t)(has_stem(e, v) ? direction : 0);
		place_heads(e, v, direction);
		if (v->stem)
			place_stem(e, v);
		place_dots(e, v, v->voice % 2 && e->event[i].n_voices > 1);
	}
	reach_tremolos(e);
	rc = eng_clusters(e);
	align_joints(e);
	return rc;
}
