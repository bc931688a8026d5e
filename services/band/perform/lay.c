/* SPDX-License-Identifier: MIT */
/*
 * Lays a row of bars behind what is there. An endless row is laid until nothing changes any more, then one
 * cycle and the same cycle again: that second one is the loop, note by note a copy of the first, so that what
 * sounds over its seam does so each time round as it did the first time.
 */
#include "perform_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t part_channel[BAND_N_PARTS] = {0, 1, 9};

struct row {
	struct band_performance *p;
	uint64_t from, to;    /* bars of form.c */
	uint64_t cycle;       /* length of the loop; 0: it ends */
	uint32_t first;       /* plan's bar of `from` */
	uint32_t first_index; /* telemetry's */
	uint32_t first_note;  /* of p, that is the row's */
	bool comes_home;
	struct band_bar_chord home;
};

int perform_bars_room(struct band_performance *p, uint32_t n_bars)
{
	struct band_bar *plan = realloc(p->plan.bar, ((size_t)n_bars + 1) * sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	p->plan.bar = plan;
	struct perform_bar *bar = realloc(p->bar, ((size_t)n_bars + 1) * sizeof(*bar));
	if (!bar)
		return -ENOMEM;
	p->bar = bar;
	return 0;
}

static void *grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return array;
	const uint32_t more = *room ? *room * 2 : 256;
	void *bigger = realloc(array, more * size);
	if (bigger)
		*room = more;
	return bigger;
}

int perform_note_add(struct band_performance *p, const struct perform_note *note)
{
	if (p->n_notes == BAND_EVENTS_MAX)
		return -E2BIG;
	struct perform_note *array = grow(p->note, p->n_notes, &p->notes_room, sizeof(*array));
	if (!array)
		return -ENOMEM;
	p->note = array;
	array[p->n_notes] = *note;
	if (note->id == 0)
		array[p->n_notes].id = ++p->last_id;
	p->n_notes++;
	return 0;
}

int perform_control_add(struct band_performance *p, const struct perform_control *control)
{
	struct perform_control *array = grow(p->control, p->n_controls, &p->controls_room, sizeof(*array));

	if (!array)
		return -ENOMEM;
	p->control = array;
	array[p->n_controls++] = *control;
	return 0;
}

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/** How far it goes. */
static void measure(struct row *row)
{
	const struct band_performance *p = row->p;
	const uint64_t pass = perform_pass_bars(p);
	uint64_t at = ceil_div(row->from, pass);

	if (p->options.choruses > 0) {
		/* Asked to end when it is too late for that, it plays to the end of the chorus. */
		row->to = p->options.choruses * pass;
		if (row->to <= row->from)
			row->to = (row->from / pass + 1) * pass;
		return;
	}
	row->cycle = perform_cycle_passes(p) * pass;
	if (at < perform_growing_passes(p))
		at = perform_growing_passes(p);
	/* In the loop telemetry must have no more to count. */
	if (p->options.bar_cc && row->first_index < PERFORM_CC_MAX) {
		const uint64_t counted = row->from + PERFORM_CC_MAX - row->first_index;

		if (counted > row->cycle && at < ceil_div(counted - row->cycle, pass))
			at = ceil_div(counted - row->cycle, pass);
	}
	row->to = at * pass + 2 * row->cycle;
}

static void lay_bar(struct band_performance *p, const struct band_bar *bar, uint32_t index, const char *cue)
{
	const struct band_inputs *in = &p->item[bar->item - p->first_item].in;
	struct perform_bar *at = &p->bar[p->plan.n_bars];
	const int64_t tick = at->tick;

	*at = (struct perform_bar){
		.tick = tick,
		.npq = (uint64_t)llrint(60e9 / bar->tempo_bpm),
		.index = index,
		.num = in->meter_num,
		.den = in->meter_den,
	};
	memcpy(at->cue, cue, sizeof(at->cue));
	at[1].tick = tick + INT64_C(4) * MOS_PPQ * in->meter_num / in->meter_den;
	p->plan.bar[p->plan.n_bars++] = *bar;
}

static void lay_count_in(struct row *row, uint32_t n)
{
	char cue[BAND_SECTION_NAME];
	const struct band_bar first = perform_bar_make(row->p, perform_place_at(row->p, row->from), cue);
	const struct band_bar bar = {
		.chorus = first.chorus,
		.chorus_bar = first.chorus_bar,
		.item = first.item,
		.intensity = first.intensity,
		.tempo_bpm = first.tempo_bpm,
		.is_count_in = true,
	};

	cue[0] = '\0';
	while (n-- > 0)
		lay_bar(row->p, &bar, PERFORM_NO_INDEX, cue);
}

static void end_on(struct band_bar *bar)
{
	bar->is_fill = false;
	bar->is_click = false;
	bar->is_ending = true;
}

static void lay_bars(struct row *row)
{
	struct band_performance *p = row->p;
	const bool ends = row->cycle == 0 && p->options.ending;
	char cue[BAND_SECTION_NAME];
	struct band_bar bar;

	row->first = p->plan.n_bars;
	for (uint64_t b = row->from; b < row->to; b++) {
		bar = perform_bar_make(p, perform_place_at(p, b), cue);
		if (ends && !row->comes_home && b + 1 == row->to) {
			bar.rests = p->options.rests;
			end_on(&bar);
		}
		lay_bar(p, &bar, row->first_index + (uint32_t)(b - row->from), cue);
	}
	if (!row->comes_home)
		return;
	end_on(&bar);
	bar.rests = p->options.rests;
	bar.chord[0] = row->home;
	bar.n_chords = 1;
	bar.chorus_bar++;
	bar.pattern_bar++;
	cue[0] = '\0';
	lay_bar(p, &bar, row->first_index + (uint32_t)(row->to - row->from), cue);
}

/** Bars of one item without a break, from `from` on. */
static uint32_t stretch_end(const struct band_performance *p, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < p->plan.n_bars && p->plan.bar[to].item == p->plan.bar[from].item &&
		p->plan.bar[to].is_count_in == p->plan.bar[from].is_count_in)
		to++;
	return to;
}

static const struct perform_item *item_of(const struct band_performance *p, uint32_t bar)
{
	return &p->item[p->plan.bar[bar].item - p->first_item];
}

static int play(const struct row *row, struct band_report *report)
{
	struct band_performance *p = row->p;
	const uint32_t keep_to = p->plan.n_bars - (uint32_t)row->cycle;
	int r = 0;

	for (uint32_t from = row->first; r == 0 && from < keep_to;) {
		const uint32_t end = stretch_end(p, from);
		/* One bar more than is kept: what the last one leads to. */
		const uint32_t to = end > keep_to ? keep_to + 1 : end;

		r = perform_players(p, &item_of(p, from)->in, from, to, keep_to, report);
		from = end;
	}
	return r;
}

static int copy_cycle(const struct row *row)
{
	struct band_performance *p = row->p;
	const uint32_t n = p->n_notes;
	const uint32_t cycle = (uint32_t)row->cycle;
	const uint32_t loop = p->plan.n_bars - cycle;
	const int64_t ticks = p->bar[p->plan.n_bars].tick - p->bar[loop].tick;
	int r = 0;

	for (uint32_t i = row->first_note; r == 0 && i < n; i++) {
		struct perform_note note = p->note[i];

		if (note.bar < loop - cycle)
			continue;
		note.bar += cycle;
		note.on += ticks;
		note.off += ticks;
		note.file_on += ticks / 2;
		note.file_off += ticks / 2;
		r = perform_note_add(p, &note);
	}
	return r;
}

static int click(const struct row *row, uint32_t from, struct band_report *report)
{
	struct band_performance *p = row->p;
	int r = 0;

	while (r == 0 && from < p->plan.n_bars) {
		const uint32_t to = stretch_end(p, from);

		r = perform_clicks(p, &item_of(p, from)->in, from, to, report);
		from = to;
	}
	return r;
}

/** What sounds into the loop from before its first round would sound again each time, or end what sounds
 * then. */
static void clear_loop(struct band_performance *p)
{
	const uint32_t cycle = p->plan.n_bars - p->loop_from;
	const int64_t start = p->bar[p->loop_from].tick;
	const int64_t ticks = p->bar[p->plan.n_bars].tick - start;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_notes; i++) {
		struct perform_note note = p->note[i];

		if (note.bar + cycle < p->loop_from) {
			if (note.on >= start)
				continue;
			note.off = note.off < start ? note.off : start;
		}
		if (note.off - note.on > ticks)
			note.off = note.on + ticks;
		p->note[n++] = note;
	}
	p->n_notes = n;
}

/* Programs, where they change; telemetry. */

static int programs(struct band_performance *p, uint32_t from)
{
	int sent[PERFORM_N_TRACKS];
	int r = 0;

	memset(sent, -1, sizeof(sent));
	for (uint32_t i = 0; i < p->n_controls; i++) {
		if (p->control[i].rank == BAND_RANK_PROGRAM)
			sent[p->control[i].track] = p->control[i].data1;
	}
	for (uint32_t i = from; i < p->plan.n_bars; i++) {
		if (i > from && p->plan.bar[i].item == p->plan.bar[i - 1].item)
			continue;
		for (int part = 0; r == 0 && part < BAND_N_PARTS; part++) {
			const struct perform_control control = {
				.tick = p->bar[i].tick,
				.track = (uint8_t)(PERFORM_COMP + part),
				.rank = BAND_RANK_PROGRAM,
				.status = (uint8_t)(0xc0 | part_channel[part]),
				.data1 = item_of(p, i)->in.style->program[part],
			};

			if (sent[control.track] == control.data1)
				continue;
			sent[control.track] = control.data1;
			r = perform_control_add(p, &control);
		}
	}
	return r;
}

static int tell(struct band_performance *p, uint32_t bar, enum perform_track track, uint8_t controller,
	uint32_t value)
{
	return perform_control_add(
		p, &(struct perform_control){
			   .tick = p->bar[bar].tick,
			   .track = (uint8_t)track,
			   .rank = BAND_RANK_CC,
			   .status = (uint8_t)(0xb0 | p->options.bar_cc_channel),
			   .data1 = controller,
			   .data2 = (uint8_t)(value < PERFORM_CC_MAX ? value : PERFORM_CC_MAX),
		   });
}

static int telemetry(const struct row *row)
{
	struct band_performance *p = row->p;
	const struct band_options *o = &p->options;
	const uint32_t last = p->bar[p->plan.n_bars - 1].index;
	int r = 0;

	for (uint32_t i = row->first; r == 0 && o->bar_cc && i < p->plan.n_bars; i++) {
		const uint64_t at = row->from + (i - row->first);
		const struct perform_place place = perform_place_at(p, at);
		const bool is_start =
			p->n_items > 1 ? place.bar == 0 && place.chorus % p->item[place.item].repeats == 0
				       : at == 0;

		if (is_start && at < row->to)
			r = tell(p, i, PERFORM_SECTION, o->bar_cc_section, p->plan.bar[i].item);
		if (r == 0)
			r = tell(p, i, PERFORM_COUNTDOWN, o->bar_cc_countdown,
				row->cycle ? PERFORM_CC_MAX : last - p->bar[i].index);
		if (r == 0)
			r = tell(p, i, PERFORM_INDEX, o->bar_cc_index, p->bar[i].index);
	}
	return r;
}

/** Telemetry's next number. */
static uint32_t next_index(const struct band_performance *p)
{
	for (uint32_t i = p->plan.n_bars; i-- > 0;) {
		if (p->bar[i].index != PERFORM_NO_INDEX)
			return p->bar[i].index + 1;
	}
	return 0;
}

int perform_lay(struct band_performance *p, uint32_t count_in, uint64_t bar, struct band_report *report)
{
	const uint32_t begin = p->plan.n_bars;
	struct row row = {.p = p, .from = bar, .first_index = next_index(p), .first_note = p->n_notes};
	int r;

	measure(&row);
	row.comes_home =
		row.cycle == 0 && p->options.ending && perform_home(&p->item[p->n_items - 1], &row.home);
	const uint64_t n_bars = (uint64_t)begin + count_in + (row.to - row.from) + row.comes_home;
	if (n_bars > PERFORM_BARS_MAX) {
		(void)band_error(report, "band.options.bars", "choruses",
			"%llu bars are more than the %u that a performance may have",
			(unsigned long long)n_bars, PERFORM_BARS_MAX);
		band_hint(report, p->options.choruses ? "fewer choruses" : "a trainer with larger steps");
		return -EINVAL;
	}
	r = perform_bars_room(p, (uint32_t)n_bars);
	if (r < 0)
		return r;
	lay_count_in(&row, count_in);
	lay_bars(&row);
	p->endless = row.cycle > 0;
	p->loop_from = p->plan.n_bars - (uint32_t)row.cycle;
	r = play(&row, report);
	if (r == 0 && p->endless)
		r = copy_cycle(&row);
	if (r == 0)
		r = click(&row, begin, report);
	if (r == 0 && p->endless)
		clear_loop(p);
	if (r == 0)
		r = programs(p, begin);
	return r == 0 ? telemetry(&row) : r;
}
