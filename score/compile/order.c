/* SPDX-License-Identifier: MIT */
/*
 * First the plan: which stretch each measure is repeated with, how many times, and which endings there are.
 * Then the walk, which needs nothing but the plan, the number of the pass and whether a jump was taken.
 */
#include <score/order.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define NO_ENDING UINT32_MAX
#define MAX_PASSES 255u

/** A bracket with numbers over measures. */
struct ending {
	uint32_t first, last;
	uint64_t passes[4]; /**< bit n: played at the n-th pass */
	uint8_t highest;    /**< number; 0: none is given, played at every pass */
	uint8_t is_last;    /**< no other ending of its stretch follows */
	uint8_t turns_back; /**< a first ending without a repeat sign, where a second one follows */
};

/** What is repeated as one: from a start (or where the last one ended) to an end or the last ending. */
struct stretch {
	uint32_t first;
	uint32_t passes; /**< how many times, at least 1 */
};

struct plan {
	const struct score_alloc *alloc;
	uint32_t n;
	const struct nvx_measure **measure;
	uint32_t *stretch_of, *ending_of; /**< by measure */
	struct stretch *stretch;
	struct ending *ending;
	uint32_t n_stretch, n_ending;
	uint32_t n_coda, n_to_coda;
};

static void plan_finish(struct plan *p)
{
	score_free(p->alloc, p->measure);
	score_free(p->alloc, p->stretch_of);
	score_free(p->alloc, p->ending_of);
	score_free(p->alloc, p->stretch);
	score_free(p->alloc, p->ending);
}

static int plan_init(struct plan *p, const struct score *score, const struct score_alloc *alloc)
{
	const struct nvx_measure *m;
	uint32_t i = 0;

	*p = (struct plan){.alloc = alloc, .n = score_n_measure(score)};
	p->measure = score_zalloc(alloc, p->n, sizeof(*p->measure));
	p->stretch_of = score_zalloc(alloc, p->n, sizeof(*p->stretch_of));
	p->ending_of = score_zalloc(alloc, p->n, sizeof(*p->ending_of));
	p->stretch = score_zalloc(alloc, p->n, sizeof(*p->stretch));
	p->ending = score_zalloc(alloc, p->n, sizeof(*p->ending));
	if (!p->measure || !p->stretch_of || !p->ending_of || !p->stretch || !p->ending)
		return -ENOMEM;
	for (struct nvx_seq_iter it = nvx_seq_from(&score->list[NVX_LIST_measure], 0);
		i < p->n && (m = nvx_seq_next(&it)); i++) {
		p->measure[i] = m;
		p->ending_of[i] = NO_ENDING;
		p->n_coda += m->jump == NVX_JUMP_CODA;
		p->n_to_coda += m->jump == NVX_JUMP_TO_CODA;
	}
	return 0;
}

static int begins_ending(const struct nvx_measure *m)
{
	return m->ending_type == NVX_ENDING_START || m->ending_type == NVX_ENDING_START_STOP;
}

static int stops_ending(const struct nvx_measure *m)
{
	return m->ending_type == NVX_ENDING_STOP || m->ending_type == NVX_ENDING_START_STOP ||
	       m->ending_type == NVX_ENDING_DISCONTINUE;
}

static int has_pass(const struct ending *e, uint32_t pass)
{
	return !e->highest || (pass <= MAX_PASSES && (e->passes[pass / 64] >> pass % 64 & 1));
}

static void read_numbers(const struct nvx_pool *pool, const struct nvx_measure *m, struct ending *e)
{
	uint32_t n;
	const uint8_t *number = nvx_items(pool, m->ending_numbers, &n);

	for (uint32_t i = 0; i < n; i++) {
		e->passes[number[i] / 64] |= UINT64_C(1) << number[i] % 64;
		if (number[i] > e->highest)
			e->highest = number[i];
	}
}

/**
 * An ending reaches to its stop, to a repeat sign or to before the next ending, whichever comes first; one
 * that has none of these is its first measure: it is the last of its stretch, and nobody asks.
 */
static void find_endings(struct plan *p, const struct nvx_pool *pool)
{
	uint32_t open = NO_ENDING;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct nvx_measure *m = p->measure[i];

		if (begins_ending(m)) {
			if (open != NO_ENDING)
				p->ending[open].last = i - 1;
			open = p->n_ending++;
			p->ending[open] = (struct ending){.first = i, .last = i};
			read_numbers(pool, m, &p->ending[open]);
		} else if (m->repeat_start) {
			open = NO_ENDING;
		}
		if (open != NO_ENDING && (stops_ending(m) || m->repeat_end)) {
			p->ending[open].last = i;
			open = NO_ENDING;
		}
	}
	for (uint32_t e = 0; e < p->n_ending; e++)
		for (uint32_t i = p->ending[e].first; i <= p->ending[e].last; i++)
			p->ending_of[i] = e;
}

/** Whether the measure after an ending begins another ending of the same stretch: one with new numbers. */
static int goes_on(const struct plan *p, uint32_t measure, const uint64_t seen[4])
{
	const struct ending *e;

	if (measure >= p->n || p->ending_of[measure] == NO_ENDING || p->measure[measure]->repeat_start)
		return 0;
	e = &p->ending[p->ending_of[measure]];
	for (unsigned w = 0; w < 4; w++)
		if (e->passes[w] & seen[w])
			return 0;
	return e->highest > 0;
}

/** Where nothing sends the player back at the end of a first ending, the second one itself does. */
static int turns_back(const struct plan *p, const struct ending *e)
{
	for (uint32_t i = e->first; i <= e->last; i++)
		if (p->measure[i]->repeat_end || p->measure[i]->jump == NVX_JUMP_DACAPO ||
			p->measure[i]->jump == NVX_JUMP_DALSEGNO)
			return 0;
	return 1;
}

/** The stretch that begins at `first`. @return the measure after it. */
static uint32_t find_stretch(struct plan *p, uint32_t first)
{
	struct stretch s = {.first = first, .passes = 1};
	uint64_t seen[4] = {0};
	uint32_t i = first;

	for (int over = 0; i < p->n && !over; i++) {
		const struct nvx_measure *m = p->measure[i];
		struct ending *e = p->ending_of[i] == NO_ENDING ? NULL : &p->ending[p->ending_of[i]];

		if (m->repeat_start && i != first)
			break;
		if (m->repeat_end > s.passes)
			s.passes = m->repeat_end;
		if (e && e->highest > s.passes)
			s.passes = e->highest;
		p->stretch_of[i] = p->n_stretch;
		if (e && i == e->last) {
			for (unsigned w = 0; w < 4; w++)
				seen[w] |= e->passes[w];
			over = e->is_last = !goes_on(p, i + 1, seen);
			e->turns_back = !over && turns_back(p, e);
		} else if (!e && m->repeat_end) {
			over = !goes_on(p, i + 1, seen);
		}
	}
	p->stretch[p->n_stretch++] = s;
	return i;
}

/* ---- the walk ---- */

struct walk {
	const struct plan *plan;
	struct score_play_order *order;
	struct score_report *report;
	size_t cap;
	uint32_t *played;    /**< by measure: how many times so far */
	uint8_t *jump_taken; /**< by measure */
	uint64_t n_played;
	uint32_t at, pass, stretch;
	uint8_t after_jump; /**< repeats are not taken */
	uint8_t until;      /**< of the last jump: NVX_JUMP_FINE, NVX_JUMP_CODA, NONE: whichever comes */
	uint8_t may_end;    /**< at "fine": a jump was taken once */
};

static int play(struct walk *w, uint32_t measure)
{
	const struct nvx_measure *m = w->plan->measure[measure];
	const uint32_t n = w->plan->n;
	const uint32_t max =
		n > SCORE_MAX_PLAYED_MEASURES ? n + SCORE_MAX_PLAYED_MEASURES : SCORE_MAX_PLAYED_MEASURES;
	struct score_play_order *order = w->order;
	struct score_run *run = order->n ? &order->run[order->n - 1] : NULL;

	if (w->n_played++ >= max)
		return score_error(w->report, "nvx1.order.endless", SCORE_AT("/measures/%u", measure),
			"more than %u measures would be played", max);
	if (run && run->last + 1 == measure && run->pass == w->played[measure]) {
		run->last = measure;
	} else {
		if (score_reserve(order->alloc, (void **)&order->run, &w->cap, (size_t)order->n + 1,
			    sizeof(*run)) < 0)
			return -ENOMEM;
		run = &order->run[order->n++];
		*run = (struct score_run){.first = measure,
			.last = measure,
			.written_tick = m->tick,
			.played_tick = order->end_tick,
			.pass = w->played[measure]};
	}
	run->duration_ticks += m->duration_ticks;
	order->end_tick += m->duration_ticks;
	w->played[measure]++;
	return 0;
}

/** The nearest segno before the jump, else the first after it; without one, the beginning. */
static uint32_t find_segno(struct walk *w, uint32_t from)
{
	const struct plan *p = w->plan;

	for (uint32_t i = from + 1; i-- > 0;)
		if (p->measure[i]->jump == NVX_JUMP_SEGNO)
			return i;
	for (uint32_t i = from + 1; i < p->n; i++)
		if (p->measure[i]->jump == NVX_JUMP_SEGNO)
			return i;
	score_warn(w->report, "nvx1.order.target", SCORE_AT("/measures/%u/jump", from),
		"there is no segno; played from the beginning");
	return 0;
}

/** As many codas as ways to them: in order. Else the next coda, or the last one. @return plan->n: there is
 * none. */
static uint32_t find_coda(const struct plan *p, uint32_t from)
{
	uint32_t nth = 0, seen = 0, found = p->n;

	for (uint32_t i = 0; i < from; i++)
		nth += p->measure[i]->jump == NVX_JUMP_TO_CODA;
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->measure[i]->jump != NVX_JUMP_CODA)
			continue;
		if (p->n_coda == p->n_to_coda ? seen++ == nth : i > from)
			return i;
		found = i;
	}
	return found;
}

static void jump_back(struct walk *w, uint32_t from)
{
	const struct nvx_measure *m = w->plan->measure[from];

	w->jump_taken[from] = w->after_jump = w->may_end = 1;
	w->until = m->jump_until;
	w->at = m->jump == NVX_JUMP_DACAPO ? 0 : find_segno(w, from);
	w->stretch = UINT32_MAX;
}

/** 1: this pass is the last one that comes by here. */
static int is_last_pass(const struct walk *w, uint32_t measure)
{
	const struct plan *p = w->plan;
	const struct ending *e =
		p->ending_of[measure] == NO_ENDING ? NULL : &p->ending[p->ending_of[measure]];

	return w->pass >= p->stretch[w->stretch].passes || (e && e->highest && e->highest <= w->pass);
}

/** After a measure was played: where next. @return 1: that was all. */
static int advance(struct walk *w)
{
	const struct plan *p = w->plan;
	const uint32_t here = w->at;
	const struct nvx_measure *m = p->measure[here];
	const struct ending *e = p->ending_of[here] == NO_ENDING ? NULL : &p->ending[p->ending_of[here]];
	const int back = m->repeat_end || (e && e->turns_back && here == e->last);
	const int jumps =
		(m->jump == NVX_JUMP_DACAPO || m->jump == NVX_JUMP_DALSEGNO) && !w->jump_taken[here];

	if (m->jump == NVX_JUMP_FINE && w->may_end && !(w->after_jump && w->until == NVX_JUMP_CODA))
		return 1;
	if (m->jump == NVX_JUMP_TO_CODA && w->after_jump && w->until != NVX_JUMP_FINE) {
		const uint32_t coda = find_coda(p, here);

		if (coda < p->n) {
			w->at = coda;
			w->after_jump = 0;
			w->stretch = UINT32_MAX;
			return 0;
		}
	}
	if (jumps && is_last_pass(w, here)) {
		jump_back(w, here);
	} else if (back && !w->after_jump && w->pass < p->stretch[w->stretch].passes) {
		w->pass++;
		w->at = p->stretch[w->stretch].first;
	} else {
		w->at++;
	}
	return 0;
}

static int walk_on(struct walk *w)
{
	const struct plan *p = w->plan;

	while (w->at < p->n) {
		const uint32_t at = w->at, e = p->ending_of[at];

		if (p->stretch_of[at] != w->stretch) {
			w->stretch = p->stretch_of[at];
			w->pass = w->after_jump ? p->stretch[w->stretch].passes : 1;
		}
		if (e != NO_ENDING && p->ending[e].first == at && !has_pass(&p->ending[e], w->pass)) {
			w->at = p->ending[e].last + 1;
			continue;
		}
		const int rc = play(w, at);
		if (rc < 0)
			return rc;
		if (advance(w))
			break;
	}
	return 0;
}

static int walk_as_stated(struct walk *w, const struct score *score)
{
	for (uint32_t i = 0; i < score_n_order(score); i++) {
		const struct nvx_order *o = score_order(score, i);

		if (o->from_measure > o->to_measure || o->to_measure >= w->plan->n)
			return score_error(w->report, "nvx1.range", SCORE_AT("/timeline/order/%u", i),
				"no measures from %u to %u", o->from_measure, o->to_measure);
		for (uint32_t m = o->from_measure; m <= o->to_measure; m++) {
			const int rc = play(w, m);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

int score_play_order(const struct score *score, const struct score_alloc *alloc, struct score_report *report,
	struct score_play_order *ret)
{
	struct score_play_order order = {.alloc = alloc};
	struct plan plan;
	struct walk w = {.plan = &plan, .order = &order, .report = report, .stretch = UINT32_MAX};
	int rc = plan_init(&plan, score, alloc);

	w.played = score_zalloc(alloc, plan.n, sizeof(*w.played));
	w.jump_taken = score_zalloc(alloc, plan.n, sizeof(*w.jump_taken));
	if (rc == 0 && (!w.played || !w.jump_taken))
		rc = -ENOMEM;
	if (rc == 0 && score_n_order(score) > 0) {
		rc = walk_as_stated(&w, score);
	} else if (rc == 0) {
		find_endings(&plan, score->pool);
		for (uint32_t i = 0; i < plan.n;)
			i = find_stretch(&plan, i);
		rc = walk_on(&w);
	}
	score_free(alloc, w.played);
	score_free(alloc, w.jump_taken);
	plan_finish(&plan);
	if (rc < 0)
		score_play_order_finish(&order);
	else
		*ret = order;
	return rc;
}

void score_play_order_finish(struct score_play_order *order)
{
	if (order->alloc)
		score_free(order->alloc, order->run);
	*order = (struct score_play_order){0};
}

int64_t score_played_tick(const struct score_play_order *order, int64_t written_tick)
{
	for (uint32_t i = 0; i < order->n; i++) {
		const struct score_run *run = &order->run[i];

		if (written_tick >= run->written_tick &&
			written_tick - run->written_tick < run->duration_ticks)
			return run->played_tick + (written_tick - run->written_tick);
	}
	return -1;
}

int64_t score_written_tick(const struct score_play_order *order, int64_t played_tick)
{
	uint32_t lo = 0, hi = order->n;

	if (order->n == 0)
		return 0;
	while (hi - lo > 1) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (order->run[mid].played_tick <= played_tick)
			lo = mid;
		else
			hi = mid;
	}
	const struct score_run *run = &order->run[lo];
	const int64_t in = played_tick - run->played_tick;
	return run->written_tick + (in < 0 ? 0 : in > run->duration_ticks ? run->duration_ticks : in);
}
