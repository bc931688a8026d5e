/* SPDX-License-Identifier: MIT */
/*
 * A performance that goes on as another: bars before the line as they were, behind it a new row. What was
 * heard of the loop more than once is unrolled, so that ticks only go forward.
 */
#include "perform_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* So many bars are kept before the line; more than that, and the oldest are left out. */
#define KEPT_BARS 1024
#define LEFT_BARS 256
/* Nobody plays the same stroke twice within a 32nd: the second is the first, moved. */
#define SAME_TICKS (MOS_PPQ / 8)

struct splice {
	const struct band_performance *old;
	struct band_performance *p;
	uint32_t at;   /* old's bars, its loop counted on */
	uint32_t from; /* the first of them that is kept */
	int64_t line;
	uint32_t n_early;
};

static uint32_t loop_bars(const struct band_performance *old)
{
	return old->endless ? old->plan.n_bars - old->loop_from : 0;
}

/** The bar that an unrolled bar is. */
static uint32_t rolled(const struct band_performance *old, uint32_t bar)
{
	return bar < old->plan.n_bars ? bar : old->loop_from + (bar - old->plan.n_bars) % loop_bars(old);
}

static int keep_bars(struct splice *s)
{
	const struct band_performance *old = s->old;
	struct band_performance *p = s->p;

	const int r = perform_bars_room(p, s->at - s->from);
	if (r < 0)
		return r;
	for (uint32_t i = s->from; i < s->at; i++) {
		const uint32_t bar = rolled(old, i);
		struct perform_bar *to = &p->bar[p->plan.n_bars];

		*to = old->bar[bar];
		to->tick = band_performance_bar_tick(old, i);
		if (i >= old->plan.n_bars && p->plan.n_bars > 0 && to->index != PERFORM_NO_INDEX)
			to->index = to[-1].index + 1;
		p->plan.bar[p->plan.n_bars++] = old->plan.bar[bar];
	}
	p->bar[p->plan.n_bars] = (struct perform_bar){.tick = s->line};
	p->base_measure = old->base_measure + s->from;
	p->base_u = perform_bar_u(old, rolled(old, s->from));
	if (s->from >= old->plan.n_bars)
		p->base_u += (perform_bar_u(old, old->plan.n_bars) - perform_bar_u(old, old->loop_from)) *
			     (1 + (s->from - old->plan.n_bars) / loop_bars(old));
	return 0;
}

static int keep_note(struct splice *s, const struct perform_note *note)
{
	struct band_performance *p = s->p;

	if (note->on >= s->line || note->off < p->bar[0].tick)
		return 0;
	struct perform_note kept = *note;
	kept.bar = kept.bar > s->from ? kept.bar - s->from : 0;
	if (note->bar >= s->at)
		s->n_early++;
	return perform_note_add(p, &kept);
}

static int keep_notes(struct splice *s)
{
	const struct band_performance *old = s->old;
	const uint32_t cycle = loop_bars(old);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < old->n_notes; i++)
		r = keep_note(s, &old->note[i]);
	/* Each round of the loop that begins before the line, and what is early of the next. */
	for (uint32_t first = old->plan.n_bars; r == 0 && cycle > 0 && first <= s->at; first += cycle) {
		const int64_t ticks = band_performance_bar_tick(old, first) - old->bar[old->loop_from].tick;

		for (uint32_t i = 0; r == 0 && i < old->n_notes; i++) {
			struct perform_note note = old->note[i];

			if (note.bar < old->loop_from)
				continue;
			note.bar += first - old->loop_from;
			note.on += ticks;
			note.off += ticks;
			note.file_on += ticks / 2;
			note.file_off += ticks / 2;
			r = keep_note(s, &note);
		}
	}
	return r;
}

/** A program that was sent before all that is kept is in force at its beginning. */
static int keep_control(struct splice *s, const struct perform_control *control, int64_t ticks)
{
	const int64_t begin = s->p->bar[0].tick;
	struct perform_control kept = *control;

	kept.tick += ticks;
	if (kept.tick >= s->line)
		return 0;
	if (kept.tick < begin && kept.rank != BAND_RANK_PROGRAM)
		return 0;
	if (kept.tick <= begin && kept.rank == BAND_RANK_PROGRAM) {
		kept.tick = begin;
		for (uint32_t i = 0; i < s->p->n_controls; i++) {
			struct perform_control *before = &s->p->control[i];

			if (before->rank == kept.rank && before->track == kept.track) {
				*before = kept;
				return 0;
			}
		}
	}
	return perform_control_add(s->p, &kept);
}

static int by_tick(const void *left, const void *right)
{
	const struct perform_control *a = left;
	const struct perform_control *b = right;

	return (a->tick > b->tick) - (a->tick < b->tick);
}

static int keep_controls(struct splice *s)
{
	const struct band_performance *old = s->old;
	const uint32_t cycle = loop_bars(old);
	int r = 0;

	/* In order of time, so that the last program is the one that was sent last. */
	struct perform_control *control = calloc(old->n_controls + 1u, sizeof(*control));
	if (!control)
		return -ENOMEM;
	memcpy(control, old->control, old->n_controls * sizeof(*control));
	qsort(control, old->n_controls, sizeof(*control), by_tick);
	for (uint32_t i = 0; r == 0 && i < old->n_controls; i++)
		r = keep_control(s, &control[i], 0);
	for (uint32_t first = old->plan.n_bars; r == 0 && cycle > 0 && first < s->at; first += cycle) {
		const int64_t ticks = band_performance_bar_tick(old, first) - old->bar[old->loop_from].tick;

		for (uint32_t i = 0; r == 0 && i < old->n_controls; i++) {
			if (control[i].tick >= old->bar[old->loop_from].tick)
				r = keep_control(s, &control[i], ticks);
		}
	}
	free(control);
	return r;
}

static int keep_items(
	struct splice *s, const struct band_inputs *in, bool keep_form, const struct perform_place *place)
{
	const struct band_performance *old = s->old;
	struct band_performance *p = s->p;
	int r = 0;

	if (!keep_form) {
		p->first_item = old->first_item + old->n_items;
		return perform_item_add(p, in, 1, 0);
	}
	p->first_item = old->first_item;
	for (uint32_t i = 0; r == 0 && i < old->n_items; i++) {
		const struct perform_item *item = &old->item[i];
		const bool is_new = i == place->item;
		/* A tempo that was changed is where the trainer goes on from. */
		const bool is_tempo = is_new && in->tempo_bpm != item->in.tempo_bpm;

		r = perform_item_add(
			p, is_new ? in : &item->in, item->repeats, is_tempo ? place->chorus : item->round);
	}
	return r;
}

/** Where old's row is at the line. */
static struct perform_place place_of(const struct band_performance *old, uint32_t at)
{
	const struct band_bar *bar = &old->plan.bar[rolled(old, at)];
	struct perform_place place = {.item = bar->item - old->first_item, .chorus = bar->chorus};

	/* Bars that were kept of another program are no place in this one's form. */
	if (bar->item < old->first_item)
		return (struct perform_place){};
	const struct perform_item *item = &old->item[place.item];
	place.bar = bar->chorus_bar >= item->from ? bar->chorus_bar - item->from : 0;
	return place;
}

/** The same place in the new form, which may be shorter, or another section of it. */
static uint64_t bar_in_new(const struct splice *s, struct perform_place place)
{
	const struct perform_item *item = &s->p->item[place.item];
	const uint32_t form_bar = place.bar + s->old->item[place.item].from;

	place.bar = form_bar >= item->from ? (form_bar - item->from) % item->n_bars : 0;
	return perform_bar_of(s->p, place);
}

static uint32_t count_in_left(const struct band_performance *old, uint32_t at)
{
	uint32_t n = 0;

	while (at + n < old->plan.n_bars && old->plan.bar[at + n].is_count_in)
		n++;
	return n;
}

/** Drums by their key; others may be an octave off, for behind the line they begin afresh. */
static bool is_same(const struct perform_note *a, const struct perform_note *b)
{
	return a->track == b->track &&
	       (a->track == PERFORM_DRUMS ? a->key == b->key : a->key % 12 == b->key % 12);
}

/** A stroke that was early, and has been heard: it is the new row's own, or ends at the line. */
static void join_early(struct splice *s, uint32_t n_kept)
{
	struct band_performance *p = s->p;

	for (uint32_t i = 0; i < n_kept && s->n_early > 0; i++) {
		struct perform_note *early = &p->note[i];

		if (early->bar + s->from < s->at)
			continue;
		s->n_early--;
		early->off = early->off < s->line ? early->off : s->line;
		for (uint32_t k = n_kept; k < p->n_notes; k++) {
			const struct perform_note *note = &p->note[k];

			if (!is_same(note, early) || note->on < s->line || note->on - s->line > SAME_TICKS ||
				note->bar + s->from != s->at)
				continue;
			early->off = note->off;
			early->file_off = note->file_off;
			memmove(&p->note[k], &p->note[k + 1], (p->n_notes - k - 1) * sizeof(*note));
			p->n_notes--;
			break;
		}
	}
}

static int splice(struct splice *s, const struct band_inputs *in, bool keep_form, struct band_report *report)
{
	const struct perform_place place = place_of(s->old, s->at);
	struct band_performance *p = s->p;
	uint64_t bar = 0;

	p->last_id = s->old->last_id;
	int r = keep_items(s, in, keep_form, &place);
	if (r == 0)
		r = perform_items_open(p, report);
	if (r == 0)
		r = keep_bars(s);
	if (r == 0)
		r = keep_notes(s);
	if (r == 0)
		r = keep_controls(s);
	if (r < 0)
		return r;
	if (keep_form)
		bar = bar_in_new(s, place);
	const uint32_t n_kept = p->n_notes;
	r = perform_lay(p, count_in_left(s->old, s->at), bar, report);
	if (r == 0)
		join_early(s, n_kept);
	return r;
}

struct band_performance *band_performance_splice(const struct band_performance *old, uint32_t at_bar,
	const struct band_inputs *in, const struct band_options *options, bool keep_form,
	struct band_report *report)
{
	const uint32_t cycle = loop_bars(old);
	struct splice s = {.old = old, .at = at_bar};

	if (band_options_check(options, report) < 0)
		return NULL;
	if (cycle ? at_bar > old->plan.n_bars + cycle : at_bar >= old->plan.n_bars) {
		(void)band_error(report, "band.options.bar", "at", "there is no bar %u ahead", at_bar);
		return NULL;
	}
	/* Whoever plays the loop is at most a round of it before the line. */
	const uint32_t left = LEFT_BARS > 2 * cycle + 2 ? LEFT_BARS : 2 * cycle + 2;
	if (at_bar > KEPT_BARS && at_bar > left)
		s.from = at_bar - left;
	s.line = band_performance_bar_tick(old, at_bar);
	s.p = perform_open(keep_form ? old->n_items : 1, options);
	int r = s.p ? splice(&s, in, keep_form, report) : -ENOMEM;
	if (r == 0) {
		perform_warn(s.p, report);
		return s.p;
	}
	perform_failed(r, report);
	band_performance_free(s.p);
	return NULL;
}
