/* SPDX-License-Identifier: MIT */
/*
 * How notes are written that nobody has written yet. Each beat gets the grid that its starts fit best, halves
 * to sixteenths or thirds; notes of one start and like length are a chord; what overlaps goes to another
 * voice, at most four a staff; lengths are cut at bar lines and into values that show the beats; rests fill
 * what is left.
 */
#include "derive.h"

#include <errno.h>
#include <stdlib.h>

struct value {
	uint16_t ticks;
	uint8_t value, dots;
};
static const struct value values[] = {{3840, NVX_VALUE_1, 0}, {2880, NVX_VALUE_2, 1}, {1920, NVX_VALUE_2, 0},
	{1440, NVX_VALUE_4, 1}, {960, NVX_VALUE_4, 0}, {720, NVX_VALUE_8, 1}, {480, NVX_VALUE_8, 0},
	{360, NVX_VALUE_16, 1}, {240, NVX_VALUE_16, 0}, {180, NVX_VALUE_32, 1}, {120, NVX_VALUE_32, 0},
	{60, NVX_VALUE_64, 0}, {30, NVX_VALUE_128, 0}, {15, NVX_VALUE_256, 0}};
static const struct value thirds[] = {
	{640, NVX_VALUE_4, 0}, {320, NVX_VALUE_8, 0}, {160, NVX_VALUE_16, 0}, {80, NVX_VALUE_32, 0}};

/** The next value of a stretch that begins `at` in its measure of `num`/`den`. */
static struct value next_value(int64_t at, int64_t left, const struct nvx_meter *meter, int is_rest)
{
	const int is_compound = meter->num % 3 == 0 && meter->num > 3 && meter->den >= 8;
	const int64_t beat = is_compound ? 3 * 3840 / meter->den : BEAT;
	const int64_t in_beat = at % beat;
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const struct value *v = &values[i];
		if (v->ticks > left || (is_rest && v->dots && !(is_compound && v->ticks == beat)))
			continue;
		if (is_compound) {
			if (in_beat ? in_beat + v->ticks > beat : v->ticks > beat && v->ticks % beat)
				continue;
			if (in_beat && is_rest && v->ticks > 3840 / meter->den)
				continue;
		} else {
			/* off the beat, only a syncopated quarter may go beyond the next beat */
			if (in_beat && in_beat + v->ticks > beat &&
				!(in_beat == beat / 2 && v->ticks == beat && !is_rest))
				continue;
			/* long values where they can be seen to begin */
			if (!in_beat && v->ticks > 2 * beat && at % (2 * beat) && meter->num != 3)
				continue;
			if (is_rest && v->ticks > beat && at % v->ticks)
				continue;
		}
		return *v;
	}
	return (struct value){.ticks = (uint16_t)left, .value = NVX_VALUE_256};
}

static struct value next_third(int64_t left)
{
	for (unsigned i = 0; i < sizeof(thirds) / sizeof(*thirds); i++) {
		if (thirds[i].ticks <= left)
			return thirds[i];
	}
	return (struct value){.ticks = (uint16_t)left, .value = NVX_VALUE_64};
}

/** Open a bracket of thirds for the beat, or go on with the one of this voice. */
static uint32_t tuplet_of(struct derive *d, struct eng_event *before, int64_t from)
{
	struct eng *e = d->r->e;
	if (before && before->tuplet != ENG_NONE && before->tick / BEAT == from / BEAT)
		return before->tuplet;
	struct eng_tuplet *list = eng_grow(
		e->arena, e->tuplet, e->n_tuplets, &d->r->max_tuplets, e->n_tuplets + 1, sizeof(*list));
	if (!list)
		return ENG_NONE;
	e->tuplet = list;
	list[e->n_tuplets] = (struct eng_tuplet){.element = ENG_NONE,
		.actual = 3,
		.normal = 2,
		.first = ENG_NONE,
		.last = ENG_NONE,
		.parent = ENG_NONE,
		.bracket = NVX_NO_U8};
	return e->n_tuplets++;
}

/** Cut a stretch of a measure (of the score) into values. @param chord  NULL: rests. */
static int add_stretch(struct derive *d, uint32_t measure, int64_t from, int64_t to, uint32_t staff,
	unsigned voice, const struct open_chord *chord)
{
	struct eng *e = d->r->e;
	const int64_t start = e->bar[measure].tick;
	const struct nvx_meter *meter = e->bar[measure].meter;
	uint32_t before = ENG_NONE;
	if (d->r->n_events && d->r->event[d->r->n_events - 1].voice == DERIVED_VOICE + voice &&
		d->r->event[d->r->n_events - 1].staff == staff)
		before = d->r->n_events - 1;
	while (from < to) {
		const int64_t beat_end = from - from % BEAT + BEAT;
		const int in_thirds = eng_is_third(d, from) && (from % BEAT || to < beat_end);
		struct value v = in_thirds ? next_third((to < beat_end ? to : beat_end) - from)
					   : next_value(from - start, to - from, meter, !chord);
		if (!in_thirds && from + v.ticks > beat_end && (from + v.ticks) % BEAT &&
			eng_is_third(d, from + v.ticks))
			v = next_value(from - start, beat_end - from, meter, !chord);
		uint32_t tuplet = ENG_NONE;
		if (in_thirds) {
			tuplet = tuplet_of(d, before == ENG_NONE ? NULL : &d->r->event[before], from);
			if (tuplet == ENG_NONE)
				return -ENOMEM;
		}
		struct eng_event *out = eng_add_event(d->r);
		if (!out)
			return -ENOMEM;
		before = d->r->n_events - 1;
		out->tick = from;
		out->duration_ticks = v.ticks;
		out->measure = eng_measure_at(e, from);
		out->staff = staff;
		out->voice = DERIVED_VOICE + voice;
		out->value = v.value;
		out->dots = v.dots;
		out->tuplet = tuplet;
		for (uint32_t i = 0; chord && i < chord->n; i++) {
			if (eng_add_head(d->r, out, d->pending[chord->first + i].note) < 0)
				return -ENOMEM;
		}
		from += v.ticks;
	}
	return 0;
}

static uint32_t staff_of(const struct derive *d, unsigned staff)
{
	return d->r->first_staff[d->part] + staff;
}

/** Rests from where a voice is written to `to`, within the measure that `to` ends in or lies in. */
static int add_rests(struct derive *d, uint32_t measure, unsigned staff, unsigned voice, int64_t to)
{
	const int64_t start = d->r->e->bar[measure].tick;
	int64_t from = d->written[staff][voice] > start ? d->written[staff][voice] : start;
	if (!d->alone || from >= to)
		return 0;
	d->written[staff][voice] = to;
	return add_stretch(d, measure, from, to, staff_of(d, staff), voice, NULL);
}

/** Fill the first voice with rests up to the measure, and the measure of another that has begun. */
static int fill(struct derive *d, unsigned staff, unsigned voice, uint32_t measure)
{
	struct eng *e = d->r->e;
	const int64_t done = d->written[staff][voice];
	uint32_t m = eng_bar_at(e, done);
	for (int first = 1; m < measure; m++, first = 0) {
		const struct nvx_measure *at = e->bar[m].nvx;
		const int64_t end = at->tick + at->duration_ticks;
		if (voice == 0 && done <= at->tick && d->alone) {
			struct eng_event *out = eng_add_event(d->r);
			if (!out)
				return -ENOMEM;
			out->tick = at->tick;
			out->duration_ticks = at->duration_ticks;
			out->measure = eng_measure_at(e, at->tick);
			out->staff = staff_of(d, staff);
			out->voice = DERIVED_VOICE;
			d->written[staff][0] = end;
		} else if ((first && done > at->tick) || voice == 0) {
			if (add_rests(d, m, staff, voice, end) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int write_chord(struct derive *d, unsigned staff, unsigned voice)
{
	struct eng *e = d->r->e;
	struct open_chord *c = &d->open[staff][voice];
	int64_t from = c->from;
	c->is_open = 0;
	uint32_t m = eng_bar_at(e, from);
	if (fill(d, staff, voice, m) < 0 || add_rests(d, m, staff, voice, from) < 0)
		return -ENOMEM;
	for (; from < c->to && m < e->n_bars; m++) {
		const int64_t end = e->bar[m].tick + e->bar[m].nvx->duration_ticks;
		const int64_t to = c->to < end ? c->to : end;
		if (add_stretch(d, m, from, to, staff_of(d, staff), voice, c) < 0)
			return -ENOMEM;
		from = to;
	}
	d->written[staff][voice] = from;
	return 0;
}

static int close_voice(struct derive *d, unsigned staff, unsigned voice, int64_t next)
{
	struct open_chord *c = &d->open[staff][voice];
	if (!c->is_open)
		return 0;
	if (next > c->from && (c->to > next || next - c->to < 240))
		c->to = next; /* cut short, or held over a gap too small for a rest */
	return write_chord(d, staff, voice);
}

static int place_chord(struct derive *d, unsigned staff, struct open_chord c)
{
	unsigned best = 0;
	for (unsigned i = 0; i < VOICES; i++) {
		const struct open_chord *a = &d->open[staff][i], *b = &d->open[staff][best];
		if (!a->is_open || a->to <= c.from) {
			best = i;
			break;
		}
		/* the one that must give up least, but never one that begins here */
		if (b->from >= c.from || (a->from < c.from && a->to < b->to))
			best = i;
	}
	if (close_voice(d, staff, best, c.from) < 0)
		return -ENOMEM;
	c.is_open = 1;
	d->open[staff][best] = c;
	return 0;
}

static int make_chords(struct derive *d)
{
	for (uint32_t i = 0; i < d->n;) {
		const struct pending *first = &d->pending[i];
		struct open_chord c = {.from = first->from, .to = first->to, .first = i};
		const int64_t length = c.to - c.from;
		unsigned groups = 1;
		for (; i < d->n && d->pending[i].from == first->from && d->pending[i].staff == first->staff;
			i++) {
			/* much shorter: another voice, as long as there are any */
			const int64_t own = d->pending[i].to - d->pending[i].from;
			if (i > c.first && own * 4 < length * 3 && groups < VOICES &&
				d->pending[i].to != d->pending[i - 1].to) {
				c.n = i - c.first;
				if (place_chord(d, first->staff, c) < 0)
					return -ENOMEM;
				c.first = i;
				c.to = d->pending[i].to;
				groups++;
			}
		}
		c.n = i - c.first;
		if (place_chord(d, first->staff, c) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int collect(struct derive *d)
{
	struct eng *e = d->r->e;
	const struct score_part *part = e->score->part[d->part];
	const unsigned n_staves = d->r->n_staves[d->part];
	d->pending = eng_alloc(e->arena, ((size_t)part->note.n + 1) * sizeof(*d->pending));
	uint8_t *taken = eng_alloc(e->arena, (size_t)part->note.n + 1);
	if (!d->pending || !taken)
		return -ENOMEM;
	for (uint32_t i = 0; !d->alone && i < d->r->n_events; i++) {
		const struct eng_event *v = &d->r->event[i];
		for (uint32_t h = 0; e->staff[v->staff].part == d->part && h < v->n_heads; h++)
			taken[e->head[v->first_head + h].note] = 1;
	}
	struct nvx_seq_iter it = nvx_seq_from(&part->note, 0);
	const struct nvx_note *note;
	for (uint32_t i = 0; (note = nvx_seq_next(&it)); i++) {
		const int64_t to = note->tick + note->duration_ticks;
		if (taken[i] || note->tick >= e->score->end_tick)
			continue;
		const uint32_t staff = n_staves >= 2 && note->pitch < 60 ? 1 : 0;
		d->pending[d->n++] = (struct pending){
			note->tick, to < e->score->end_tick ? to : e->score->end_tick, i, staff};
	}
	return 0;
}

int eng_derive(struct eng_reader *r, uint32_t part, int alone)
{
	struct eng *e = r->e;
	struct derive d = {.r = r, .part = part, .alone = alone};
	int rc = collect(&d);
	if (rc < 0)
		return rc;
	if (d.n) {
		rc = eng_quantise(&d);
		if (rc == 0)
			rc = make_chords(&d);
	}
	const unsigned n_staves = r->n_staves[part] > 2 ? 2 : r->n_staves[part];
	for (unsigned staff = 0; rc == 0 && staff < n_staves; staff++) {
		for (unsigned v = 0; rc == 0 && v < VOICES; v++) {
			rc = close_voice(&d, staff, v, d.open[staff][v].to);
			if (rc == 0 && alone && (v == 0 || d.written[staff][v]))
				rc = fill(&d, staff, v, score_n_measure(e->score));
		}
	}
	return rc;
}
