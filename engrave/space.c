/* SPDX-License-Identifier: MIT */
/*
 * Springs and rods. A column's spring has the length that its duration asks for and never less than what
 * keeps the ink apart; rods that span several columns raise the shortest lengths until they fit. A spring of
 * ideal length l has l (1 + force), so one force a line answers all.
 */
#include "read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_GAP 0.25f
#define SIGN_GAP 0.3f
#define TIE_GAP 0.9f /* so that a tie is seen between its heads */
#define BASE 2.0f    /* of the shortest usual duration, times STEP: LilyPond's law */
#define STEP 1.2f
#define BEHIND_BAR 0.9f
#define BEFORE_BAR 0.8f
#define EMPTY_MEASURE 6.0f
#define GRACE_IDEAL 1.1f
#define DOT_ROOM 0.6f

/** How far an event's ink reaches to both sides of its column. */
static void reach(const struct eng *e, const struct eng_event *v, float *left, float *right)
{
	float l = 0, r = 0;
	if (v->slash) {
		r = engrave_glyph(e->metrics, 0xe101)->x1;
	} else if (!v->n_heads) {
		const struct engrave_glyph *g = engrave_glyph(e->metrics, eng_rest_code(v));
		r = g->x1 * v->scale + (v->dots ? DOT_ROOM * (float)v->dots + 0.3f : 0);
	}
	for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
		const struct eng_head *h = &e->head[i];
		const struct eng_box b = eng_head_box(e, v, h);
		const float leger = h->position > 5 || h->position < -5 ? 0.2f : 0;
		l = fminf(l, b.x0 - leger);
		r = fmaxf(r, b.x1 + leger);
		if (h->accidental)
			l = fminf(l, h->accidental_x - (h->accidental_in_parens ? 0.45f : 0));
	}
	if (v->n_heads && v->dots)
		r = fmaxf(r, v->dot_x + DOT_ROOM * (float)v->dots);
	if (v->flags && v->stem && v->beam == ENG_NONE && v->n_heads)
		r = fmaxf(r, v->stem_x + engrave_glyph(e->metrics, eng_flag_code(v))->x1 * v->scale);
	if (v->arpeggio && v->arpeggio != NVX_ARPEGGIO_NONE)
		l -= 1.1f;
	*left = fmaxf(0, -(l + v->x));
	*right = fmaxf(0, r + v->x);
}

int eng_add_rod(struct eng *e, uint32_t from, uint32_t to, float distance)
{
	if (from >= to || !(distance > 0))
		return 0;
	struct eng_rod *list =
		eng_grow(e->arena, e->rod, e->n_rods, &e->max_rods, e->n_rods + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	e->rod = list;
	list[e->n_rods++] = (struct eng_rod){from, to, distance};
	return 0;
}

/* ---- ideal lengths ---- */

struct play {
	int64_t duration;
	uint32_t from, to; /**< columns that it sounds through */
};

static int by_duration(const void *a, const void *b)
{
	const struct play *p = a, *q = b;
	if (p->duration != q->duration)
		return p->duration < q->duration ? -1 : 1;
	return p->from < q->from ? -1 : p->from > q->from;
}

static uint32_t top_of(uint32_t *free_from, uint32_t i)
{
	while (free_from[i] != i) {
		free_from[i] = free_from[free_from[i]];
		i = free_from[i];
	}
	return i;
}

static int is_main(const struct eng_column *c)
{
	return c->grace == 0;
}

/** Time from a column to the next main one of its measure, or the bar line. */
static int64_t time_to_next(const struct eng *e, uint32_t column)
{
	const struct eng_measure *m = &e->measure[e->column[column].measure];
	for (uint32_t i = column + 1; i < m->first_column + m->n_columns; i++) {
		if (is_main(&e->column[i]))
			return e->column[i].tick - e->column[column].tick;
	}
	return m->tick + m->duration_ticks - e->column[column].tick;
}

/** The shortest duration that the score usually has: the commonest of the measures' shortest. */
static int64_t usual_shortest(const struct eng *e)
{
	uint32_t count[16] = {};
	for (uint32_t m = 0; m < e->n_measures; m++) {
		int64_t shortest = INT64_MAX;
		for (uint32_t i = 0; i < e->measure[m].n_events; i++) {
			const struct eng_event *v = &e->event[e->measure[m].first_event + i];
			if (!v->is_grace && !v->is_hidden && !v->is_full_measure_rest &&
				v->duration_ticks > 0 && v->duration_ticks < shortest)
				shortest = v->duration_ticks;
		}
		unsigned at = 0;
		while (at < 15 && (int64_t)(30u << at) * 2 <= shortest)
			at++;
		count[at] += shortest != INT64_MAX;
	}
	unsigned best = 4; /* an eighth: 30 << 4 = 480 */
	for (unsigned i = 4; i-- > 0;) {
		if (count[i] > count[best])
			best = i;
	}
	return (int64_t)(30u << best);
}

static float ideal_of(int64_t duration, int64_t shortest)
{
	const float ratio = (float)duration / (float)shortest;
	return STEP * (ratio >= 1 ? BASE + log2f(ratio) : BASE - 1 + ratio);
}

/** Ideal lengths of a measure: by the shortest note that sounds there, in proportion to what the column has
 * of it. */
static void set_ideals(
	struct eng *e, uint32_t measure, int64_t shortest, struct play *play, uint32_t *free_from)
{
	const struct eng_measure *m = &e->measure[measure];
	const uint32_t first = m->first_column, end = first + m->n_columns;
	uint32_t n = 0;
	for (uint32_t i = m->first_event; i < m->first_event + m->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		if (!v->is_grace && !v->is_full_measure_rest && !v->is_hidden && v->duration_ticks)
			play[n++] = (struct play){v->duration_ticks, v->column, v->column};
	}
	if (n)
		qsort(play, n, sizeof(*play), by_duration);
	for (uint32_t i = first; i <= end; i++)
		free_from[i - first] = i - first;
	for (uint32_t i = first; i < end; i++)
		e->column[i].ideal = 0;
	for (uint32_t i = 0; i < n; i++) {
		const int64_t until = e->column[play[i].from].tick + play[i].duration;
		for (uint32_t c = top_of(free_from, play[i].from - first) + first;
			c < end && e->column[c].tick < until; c = top_of(free_from, c - first) + first) {
			const int64_t time = time_to_next(e, c);
			const float share = (float)time / (float)play[i].duration;
			e->column[c].ideal = ideal_of(play[i].duration, shortest) * fminf(1, share);
			free_from[c - first] = c - first + 1;
		}
	}
	for (uint32_t i = first; i < end; i++) {
		struct eng_column *c = &e->column[i];
		if (!is_main(c))
			c->ideal = GRACE_IDEAL;
		else if (c->ideal == 0)
			c->ideal = ideal_of(time_to_next(e, i), shortest);
		c->ideal *= e->options->stretch;
	}
}

/* ---- shortest lengths ---- */

struct edge {
	uint32_t column;
	float right;
};

static int by_column(const void *a, const void *b)
{
	const struct edge *p = a, *q = b;
	return p->column < q->column ? -1 : p->column > q->column;
}

struct scratch {
	struct play *play;
	uint32_t *free_from;
	struct edge *edge;   /**< an event's column and left reach */
	float *left, *right; /**< by column of a measure, of one staff */
	uint8_t *is_tied;    /**< likewise: a tie ends there */
};

/** Room that ink of one staff wants between columns. */
static int add_staff_rods(
	struct eng *e, const struct eng_measure *m, uint32_t from, uint32_t to, struct scratch *s)
{
	const uint32_t first = m->first_column;
	uint32_t before = ENG_NONE, n = 0;
	for (uint32_t i = from; i < to; i++) {
		const struct eng_event *v = &e->event[i];
		if (!v->is_hidden && !v->is_full_measure_rest)
			s->edge[n++] = (struct edge){v->column, 0};
	}
	for (uint32_t i = 0; i < n; i++) {
		s->left[s->edge[i].column - first] = s->right[s->edge[i].column - first] = 0;
		s->is_tied[s->edge[i].column - first] = 0;
	}
	for (uint32_t i = from; i < to; i++) {
		const struct eng_event *v = &e->event[i];
		float left, right;
		if (v->is_hidden || v->is_full_measure_rest)
			continue;
		reach(e, v, &left, &right);
		struct eng_column *c = &e->column[v->column];
		for (uint32_t h = v->first_head; h < v->first_head + v->n_heads; h++)
			s->is_tied[v->column - first] |= e->head[h].is_tied_from;
		s->left[v->column - first] = fmaxf(s->left[v->column - first], left);
		s->right[v->column - first] = fmaxf(s->right[v->column - first], right);
		c->left = fmaxf(c->left, left);
		c->right = fmaxf(c->right, right);
	}
	eng_sort(s->edge, n, sizeof(*s->edge), by_column);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t c = s->edge[i].column;
		if (before == c)
			continue;
		if (before != ENG_NONE) {
			const float left = s->left[c - first];
			const float gap = s->is_tied[c - first] ? fmaxf(TIE_GAP - left, SIGN_GAP)
					  : left > 0.2f         ? SIGN_GAP
								: NOTE_GAP;
			const float distance = s->right[before - first] + left + gap;
			if (c == before + 1)
				e->column[before].min = fmaxf(e->column[before].min, distance);
			else if (eng_add_rod(e, before, c, distance) < 0)
				return -ENOMEM;
		}
		before = c;
	}
	return 0;
}

/** Clefs that stand between the notes, before their column. */
static void add_inner_clefs(struct eng *e, const struct eng_measure *m)
{
	for (uint32_t i = m->first_change; i < m->first_change + m->n_changes; i++) {
		struct eng_change *c = &e->change[i];
		const uint32_t at =
			c->has_clef && c->tick > m->tick ? eng_find_column(e, c->measure, c->tick) : ENG_NONE;
		float own = 0;
		if (at == ENG_NONE || at == m->first_column)
			continue;
		for (uint32_t k = m->first_event; m->n_changes < 64 && k < m->first_event + m->n_events;
			k++) {
			float left, right;
			if (e->event[k].column != at || e->event[k].staff != c->staff ||
				e->event[k].is_hidden)
				continue;
			reach(e, &e->event[k], &left, &right);
			own = fmaxf(own, left);
		}
		const float room = own + SIGN_GAP + eng_clef_width(e, c->clef, 1);
		c->x = -room;
		e->column[at].left = fmaxf(e->column[at].left, room);
		e->column[at - 1].min =
			fmaxf(e->column[at - 1].min, e->column[at - 1].right + NOTE_GAP + room);
	}
}

static int set_minimums(struct eng *e, uint32_t measure, struct scratch *s)
{
	struct eng_measure *m = &e->measure[measure];
	const uint32_t end = m->first_event + m->n_events;
	for (uint32_t i = m->first_event, to; i < end; i = to) {
		for (to = i; to < end && e->event[to].staff == e->event[i].staff;)
			to++;
		if (add_staff_rods(e, m, i, to, s) < 0)
			return -ENOMEM;
	}
	for (uint32_t i = m->first_column; i < m->first_column + m->n_columns; i++) {
		struct eng_column *c = &e->column[i];
		if (i + 1 < m->first_column + m->n_columns)
			c->min = fmaxf(c->min, c->grace ? 0.6f : 0.8f);
		else
			c->min = fmaxf(c->min,
				c->right + (m->goes_on ? 0 : BEFORE_BAR) + eng_bar_room(e, measure, 0));
	}
	add_inner_clefs(e, m);
	return 0;
}

/* ---- rods over several columns ---- */

static int by_span(const void *a, const void *b)
{
	const struct eng_rod *p = a, *q = b;
	const uint32_t x = p->to - p->from, y = q->to - q->from;
	if (x != y)
		return x < y ? -1 : 1;
	return p->from != q->from ? p->from < q->from ? -1 : 1 : p->to < q->to ? -1 : p->to > q->to;
}

/** What is between the last column of a measure and the first of the next, beside the spring. */
static float gap_between(const struct eng *e, uint32_t measure)
{
	return e->measure[measure].head_width + e->column[e->measure[measure].first_column].left;
}

/** Lengthen the shortest lengths of the springs under a rod, in proportion to their ideals, until it fits. */
static void fit_rod(struct eng *e, const struct eng_rod *rod)
{
	float have = 0, ideal = 0;
	for (uint32_t i = rod->from; i < rod->to; i++) {
		have += e->column[i].min;
		ideal += e->column[i].ideal;
		if (e->column[i + 1].measure != e->column[i].measure)
			have += gap_between(e, e->column[i + 1].measure);
	}
	const float missing = rod->distance - have;
	for (uint32_t i = rod->from; missing > 0 && ideal > 0 && i < rod->to; i++)
		e->column[i].min += missing * e->column[i].ideal / ideal;
}

/* ---- places ---- */

uint32_t eng_find_column(const struct eng *e, uint32_t measure, int64_t tick)
{
	const struct eng_measure *m = &e->measure[measure];
	uint32_t low = m->first_column, high = low + m->n_columns;
	while (low < high) {
		const uint32_t mid = (low + high) / 2;
		const struct eng_column *c = &e->column[mid];
		if (c->tick < tick || (c->tick == tick && c->grace < 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->first_column + m->n_columns && e->column[low].tick == tick && !e->column[low].grace
		       ? low
		       : ENG_NONE;
}

float eng_x_at(const struct eng *e, uint32_t measure, int64_t tick)
{
	const struct eng_measure *m = &e->measure[measure];
	const uint32_t low = m->first_column + eng_until(&e->column[m->first_column].tick, sizeof(*e->column),
						       m->n_columns, tick);
	uint32_t at = ENG_NONE;
	/* the main column of that tick, or the one before */
	for (uint32_t i = low; i-- > m->first_column;) {
		if (is_main(&e->column[i])) {
			at = i;
			break;
		}
	}
	if (at == ENG_NONE)
		return m->x;
	const struct eng_column *c = &e->column[at];
	float x1 = m->x + m->width;
	int64_t t1 = m->tick + m->duration_ticks;
	for (uint32_t i = at + 1; i < m->first_column + m->n_columns; i++) {
		if (is_main(&e->column[i])) {
			x1 = e->column[i].x;
			t1 = e->column[i].tick;
			break;
		}
	}
	if (tick <= c->tick || t1 <= c->tick)
		return c->x;
	return c->x + (x1 - c->x) * fminf(1, (float)(tick - c->tick) / (float)(t1 - c->tick));
}

float eng_event_x(const struct eng *e, const struct eng_event *event)
{
	return e->column[event->column].x + event->x;
}

/* ---- a line ---- */

/** Lengths of a measure at a force; also its width. @return where its last spring ends. */
float eng_stretch_measure(struct eng *e, uint32_t measure, float force, float head, int places)
{
	struct eng_measure *m = &e->measure[measure];
	float x = m->x + head + e->column[m->first_column].left;
	for (uint32_t i = m->first_column; i < m->first_column + m->n_columns; i++) {
		struct eng_column *c = &e->column[i];
		if (places)
			c->x = x;
		x += fmaxf(c->min, c->ideal * (1 + force));
	}
	return x;
}

static int is_empty(const struct eng *e, const struct eng_measure *m)
{
	for (uint32_t i = m->first_event; i < m->first_event + m->n_events; i++) {
		if (!e->event[i].is_full_measure_rest && !e->event[i].is_hidden)
			return 0;
	}
	return 1;
}

int eng_space(struct eng *e)
{
	uint32_t most = 0, events = 0;
	for (uint32_t i = 0; i < e->n_measures; i++) {
		most = e->measure[i].n_columns > most ? e->measure[i].n_columns : most;
		events = e->measure[i].n_events > events ? e->measure[i].n_events : events;
	}
	struct scratch s = {
		.play = eng_alloc(e->arena, (events + 1) * sizeof(*s.play)),
		.free_from = eng_alloc(e->arena, (most + 2) * sizeof(*s.free_from)),
		.edge = eng_alloc(e->arena, (events + 1) * sizeof(*s.edge)),
		.left = eng_alloc(e->arena, (most + 1) * sizeof(float)),
		.right = eng_alloc(e->arena, (most + 1) * sizeof(float)),
		.is_tied = eng_alloc(e->arena, most + 1),
	};
	if (!s.play || !s.free_from || !s.edge || !s.left || !s.right || !s.is_tied)
		return -ENOMEM;
	const int64_t shortest = usual_shortest(e);
	for (uint32_t i = 0; i < e->n_measures; i++) {
		struct eng_measure *m = &e->measure[i];
		m->head_width = (m->is_on ? NOTE_GAP : BEHIND_BAR) + eng_bar_room(e, i, 1) +
				eng_head_signs_width(e, i);
		set_ideals(e, i, shortest, s.play, s.free_from);
		if (set_minimums(e, i, &s) < 0)
			return -ENOMEM;
		struct eng_column *last = &e->column[m->first_column + m->n_columns - 1];
		if (is_empty(e, m)) {
			last->ideal = fmaxf(last->ideal, EMPTY_MEASURE);
			last->min = fmaxf(last->min, EMPTY_MEASURE);
			if (m->multi_rest > 1)
				last->min = last->ideal = 10;
		}
		last->min += eng_tail_signs_width(e, i);
		last->ideal += eng_tail_signs_width(e, i);
		if ((i & 1023) == 1023 && e->cancelled && e->cancelled(e->cancel_data))
			return -ECANCELED;
	}
	if (e->n_rods)
		qsort(e->rod, e->n_rods, sizeof(*e->rod), by_span);
	for (uint32_t i = 0; i < e->n_rods; i++) {
		if (e->rod[i].to < e->n_columns)
			fit_rod(e, &e->rod[i]);
	}
	for (uint32_t i = 0; i < e->n_measures; i++) {
		struct eng_measure *m = &e->measure[i];
		m->x = 0;
		m->min_width = m->is_skipped ? 0 : eng_stretch_measure(e, i, -1, m->head_width, 0);
		m->width = m->is_skipped ? 0 : eng_stretch_measure(e, i, 0, m->head_width, 0);
	}
	return 0;
}
