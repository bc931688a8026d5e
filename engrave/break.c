/* SPDX-License-Identifier: MIT */
/*
 * Lines: the breaks with the least sum of squared forces (Knuth and Plass, Renz), between those that the
 * score asks for; then one force a line puts every column in its place.
 */
#include "impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define WINDOW 240u     /* most measures of a line that are tried */
#define SHORT_LAST 0.7f /* a last line that fills less of its width is left as it is */
#define MAX_STRETCH 6.0f
#define IN_MEASURE 20.0f /* for a line that begins within a measure which fits into one */
#define PAPER 160.0f     /* no sheet has longer lines */
#define LOOSE 0.55       /* of its line that a line fills */
#define SCRAP 0.25       /* likewise: a bar or two */

float eng_names_width(const struct eng *e, int is_first_system); /* frame.c */

struct best {
	double cost;
	uint32_t from; /**< first measure of the line that ends before this one */
};

struct lines {
	struct eng *e;
	double *natural, *shortest, *heads; /**< sums before each measure */
	float *start, *courtesy;            /**< widths */
	float *within;                      /**< what it costs more to begin a line with this one */
	float full, names, first_names;
	uint8_t *is_break; /**< before a measure: the score asks for it, and has it */
};

static float room_of(const struct lines *l, uint32_t first, uint32_t end)
{
	return l->full - (first ? l->names : l->first_names) - l->courtesy[end];
}

/** What the line from `first` to before `end` costs; HUGE when it does not fit. */
static double cost_of(const struct lines *l, uint32_t first, uint32_t end, int *ret_fits)
{
	const struct eng *e = l->e;
	const double room = room_of(l, first, end) - l->start[first] + e->measure[first].head_width;
	const double natural = l->natural[end] - l->natural[first],
		     shortest = l->shortest[end] - l->shortest[first];
	const double springs = natural - (l->heads[end] - l->heads[first]);
	*ret_fits = shortest <= room;
	if (!*ret_fits)
		return 1e6 * (1 + (shortest - room) / room);
	if (natural > room)
		return 2 * pow((natural - room) / fmax(natural - shortest, 0.01), 2);
	const double force = (room - natural) / fmax(springs, 1);
	if (end == e->n_measures)
		return natural < SHORT_LAST * room ? 0.1 : 0.1 * force * force;
	return force * force;
}

static int is_asked(const struct eng *e, uint32_t measure)
{
	return measure && !e->measure[measure].is_on && eng_nvx(e, measure - 1)->line_break != NVX_BREAK_NONE;
}

static double share_of(const struct lines *l, uint32_t first, uint32_t end)
{
	return (l->natural[end] - l->natural[first]) / (double)l->full;
}

/** The breaks that are kept of those that the score asks for. They are asked for with a sheet of paper in
 * mind: on a canvas that is much wider its lines would be pulled apart, so none is kept. And where most of
 * the music stands in lines that are filled, a line of a bar or two (a meter's own line in a file of text)
 * joins the one before. */
static void keep_breaks(struct lines *l)
{
	const uint32_t n = l->e->n_measures;
	uint32_t n_lines = 0, n_loose = 0, n_filled = 0;
	for (uint32_t i = 1, from = 0; i <= n; i++) {
		if (i < n && !is_asked(l->e, i))
			continue;
		l->is_break[from] = from > 0;
		n_filled += share_of(l, from, i) >= SCRAP ? i - from : 0;
		n_lines += i < n;
		n_loose += i < n && share_of(l, from, i) < LOOSE;
		from = i;
	}
	for (uint32_t i = 1, from = 0; i < n; i++) {
		if (!is_asked(l->e, i))
			continue;
		if (from && 2 * n_filled > n && share_of(l, from, i) < SCRAP &&
			eng_nvx(l->e, from - 1)->line_break != NVX_BREAK_PAGE)
			l->is_break[from] = 0;
		from = i;
	}
	for (uint32_t i = 0; l->full > PAPER && 2 * n_loose > n_lines && i < n; i++)
		l->is_break[i] = 0;
}

/** A measure that a line can hold is not broken without need. */
static void price_pieces(struct lines *l)
{
	const struct eng *e = l->e;
	for (uint32_t i = 0, end; i < e->n_measures; i = end) {
		for (end = i + 1; end < e->n_measures && e->measure[end].is_on;)
			end++;
		const int is_short = l->natural[end] - l->natural[i] < (double)l->full;
		for (uint32_t k = i + 1; is_short && k < end; k++)
			l->within[k] = IN_MEASURE;
	}
}

static int may_break(const struct eng *e, uint32_t measure)
{
	return measure == e->n_measures || !e->measure[measure].is_skipped;
}

static int choose(struct lines *l, struct best *best)
{
	const struct eng *e = l->e;
	const uint32_t most = e->options->max_measures_a_line ? e->options->max_measures_a_line : WINDOW;
	best[0].cost = 0;
	for (uint32_t end = 1; end <= e->n_measures; end++) {
		best[end].cost = INFINITY;
		if (!may_break(e, end))
			continue;
		uint32_t shown = 0;
		for (uint32_t first = end; first-- > 0;) {
			shown += !e->measure[first].is_skipped;
			if (!may_break(e, first))
				continue;
			int fits;
			const double cost = cost_of(l, first, end, &fits);
			const double before = best[first].cost + (double)l->within[first];
			const int is_first = isinf(best[end].cost);
			if (((!fits || shown > most) && !is_first) || shown > WINDOW)
				break;
			if (before + cost < best[end].cost) {
				best[end].cost = before + cost;
				best[end].from = first;
			}
			if (l->is_break[first])
				break;
		}
		if ((end & 1023) == 0 && e->cancelled && e->cancelled(e->cancel_data))
			return -ECANCELED;
	}
	return 0;
}

/* ---- force ---- */

struct spring {
	float at, ideal, min; /**< force from where on it gives */
};

static int by_tension(const void *a, const void *b)
{
	const float p = ((const struct spring *)a)->at, q = ((const struct spring *)b)->at;
	return p < q ? -1 : p > q;
}

/** The force at which springs are `length` together; -1: they cannot be so short. */
static float force_of(struct spring *spring, uint32_t n, float length)
{
	double stiff = 0, soft = 0;
	for (uint32_t i = 0; i < n; i++)
		stiff += (double)spring[i].min;
	if (stiff >= (double)length)
		return -1;
	qsort(spring, n, sizeof(*spring), by_tension);
	double force = 0;
	for (uint32_t i = 0; i < n; i++) {
		stiff -= (double)spring[i].min;
		soft += (double)spring[i].ideal;
		force = ((double)length - stiff) / soft - 1;
		if (i + 1 == n || force <= (double)spring[i + 1].at)
			break;
	}
	return (float)force;
}

static int is_last(const struct eng *e, const struct eng_system *s)
{
	return s->first_measure + s->n_measures == e->n_measures;
}

static void place_line(struct eng *e, uint32_t system, struct spring *spring, float courtesy)
{
	struct eng_system *s = &e->system[system];
	const uint32_t end = s->first_measure + s->n_measures;
	uint32_t n = 0;
	float fixed = 0, natural = 0;
	for (uint32_t i = s->first_measure; i < end; i++) {
		const struct eng_measure *m = &e->measure[i];
		if (m->is_skipped)
			continue;
		fixed += (i == s->first_measure ? s->head_width : m->head_width) +
			 e->column[m->first_column].left;
		for (uint32_t c = m->first_column; c < m->first_column + m->n_columns; c++) {
			const struct eng_column *at = &e->column[c];
			spring[n++] = (struct spring){at->min / at->ideal - 1, at->ideal, at->min};
			natural += fmaxf(at->min, at->ideal);
		}
	}
	const float room = s->width - s->indent - courtesy;
	const int is_loose = e->options->layout == ENGRAVE_CONTINUOUS ||
			     (is_last(e, s) && fixed + natural < SHORT_LAST * room);
	s->force = is_loose ? 0 : force_of(spring, n, room - fixed);
	if (s->force > MAX_STRETCH)
		s->force = MAX_STRETCH;
	/* too much for the line whatever is done: everything closer, so that the page holds it */
	float squeeze = 1;
	if (s->force <= -1) {
		float shortest = 0;
		for (uint32_t i = 0; i < n; i++)
			shortest += spring[i].min;
		squeeze = shortest > 0 ? fmaxf(0.05f, (room - fixed) / shortest) : 1;
		squeeze = fminf(squeeze, 1);
	}
	float x = s->indent;
	for (uint32_t i = s->first_measure; i < end; i++) {
		struct eng_measure *m = &e->measure[i];
		m->system = system;
		m->x = x;
		m->width = 0;
		if (m->is_skipped) {
			for (uint32_t c = m->first_column; c < m->first_column + m->n_columns; c++)
				e->column[c].x = x;
			continue;
		}
		for (uint32_t c = m->first_column; squeeze < 1 && c < m->first_column + m->n_columns; c++)
			e->column[c].min *= squeeze;
		x = eng_stretch_measure(
			e, i, s->force, i == s->first_measure ? s->head_width : m->head_width, 1);
		m->width = x - m->x;
	}
	if (e->options->layout == ENGRAVE_CONTINUOUS)
		s->width = x;
}

int eng_break(struct eng *e)
{
	const uint32_t n = e->n_measures;
	const int is_endless = e->options->layout == ENGRAVE_CONTINUOUS;
	struct best *best = eng_alloc(e->arena, (n + 1) * sizeof(*best));
	struct spring *spring = eng_alloc(e->arena, ((size_t)e->n_columns + 1) * sizeof(*spring));
	struct lines l = {.e = e,
		.natural = eng_alloc(e->arena, (n + 1) * sizeof(double)),
		.shortest = eng_alloc(e->arena, (n + 1) * sizeof(double)),
		.heads = eng_alloc(e->arena, (n + 1) * sizeof(double)),
		.start = eng_alloc(e->arena, (n + 1) * sizeof(float)),
		.courtesy = eng_alloc(e->arena, (n + 1) * sizeof(float)),
		.is_break = eng_alloc(e->arena, n + 1),
		.within = eng_alloc(e->arena, (n + 1) * sizeof(float)),
		.full = e->options->page_width - 2 * e->options->margin,
		.names = eng_names_width(e, 0),
		.first_names = eng_names_width(e, 1)};
	e->system = eng_alloc(e->arena, (n + 1) * sizeof(*e->system));
	if (!best || !spring || !l.natural || !l.shortest || !l.heads || !l.start || !l.courtesy ||
		!l.within || !l.is_break || !e->system)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_measure *m = &e->measure[i];
		l.natural[i + 1] = l.natural[i] + (double)m->width;
		l.shortest[i + 1] = l.shortest[i] + (double)m->min_width;
		l.heads[i + 1] = l.heads[i] + (double)m->head_width;
		l.start[i] = eng_system_signs_width(e, i);
		l.courtesy[i] = i ? eng_courtesy_width(e, i) : 0;
	}
	price_pieces(&l);
	keep_breaks(&l);
	if (is_endless) {
		best[n].from = 0;
	} else {
		const int rc = choose(&l, best);
		if (rc < 0)
			return rc;
	}
	for (uint32_t end = n; end > 0; end = best[end].from)
		e->n_systems++;
	uint32_t system = e->n_systems;
	for (uint32_t end = n; end > 0; end = best[end].from) {
		struct eng_system *s = &e->system[--system];
		s->first_measure = best[end].from;
		s->n_measures = end - s->first_measure;
		s->is_page_start = l.is_break[s->first_measure] &&
				   eng_nvx(e, s->first_measure - 1)->line_break == NVX_BREAK_PAGE;
		s->indent = s->first_measure ? l.names : l.first_names;
		s->width = l.full;
		s->head_width = l.start[s->first_measure];
	}
	for (uint32_t i = 0; i < e->n_systems; i++) {
		const uint32_t end = e->system[i].first_measure + e->system[i].n_measures;
		place_line(e, i, spring, end < n ? l.courtesy[end] : 0);
	}
	return 0;
}
