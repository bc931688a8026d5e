/* SPDX-License-Identifier: MIT */
/*
 * The bars of all voices, laid over one another: bar i of each voice is in measure i, which is as long as the
 * longest of them. Repeats, endings and bar lines count where any voice has them.
 */
#include <errno.h>
#include <string.h>

#include "abc_impl.h"

#define MAX_MEASURES 100000u

struct frame_measure {
	int64_t ticks;
	uint64_t ending;
	uint32_t src;
	uint32_t meter; /**< index + 1 of a meter that begins here */
	uint8_t repeat_start, repeat_end, barline, ending_stop, line_end;
	uint8_t is_edge; /**< a section may begin or end here: bars may be incomplete */
	uint8_t highest; /**< of an ending: number, of it and of those that follow at once */
};

static uint32_t count_measures(struct abc_reader *r)
{
	uint64_t most = 1;
	for (size_t i = 0; i < r->n_voice; i++) {
		struct abc_voice *v = &r->voice[i];
		uint64_t n = 0;
		for (size_t k = 0; k < v->n_bar && n <= MAX_MEASURES; k++) {
			v->bar[k].measure = (uint32_t)n;
			n += v->bar[k].count;
		}
		most = n > most ? n : most;
	}
	if (most <= MAX_MEASURES)
		return (uint32_t)most;
	r->draft->error = score_error(r->report, "nvx1.limit.measures", "line 1",
		"%llu measures, the limit is %u", (unsigned long long)most, MAX_MEASURES);
	return 0;
}

static void merge_bar(
	struct frame_measure *m, const struct abc_voice *v, const struct abc_bar *bar, bool is_first)
{
	struct frame_measure *last = m + bar->count - 1;
	const int64_t ticks = abc_ticks(bar->len);
	if (!bar->is_rest && !bar->is_empty && ticks > m->ticks)
		m->ticks = ticks;
	m->ending |= bar->ending;
	if (bar->repeat_start > m->repeat_start)
		m->repeat_start = bar->repeat_start;
	if (!m->src || is_first)
		m->src = bar->src;
	if (bar->repeat_end > last->repeat_end)
		last->repeat_end = bar->repeat_end;
	if (last->barline == NVX_BARLINE_LIGHT)
		last->barline = bar->barline;
	last->ending_stop |= bar->ending_stop;
	if (is_first && bar != &v->bar[v->n_bar - 1])
		last->line_end = bar->line_end;
}

static void find_meters(struct abc_reader *r, struct frame_measure *measure, uint32_t n)
{
	for (size_t i = 0; i < r->n_voice; i++) {
		const struct abc_voice *v = &r->voice[i];
		for (size_t k = 0; k < v->n_mark; k++) {
			const struct abc_mark *mark = &v->mark[k];
			if (mark->kind != ABC_MARK_METER || mark->bar >= v->n_bar)
				continue;
			const struct abc_bar *bar = &v->bar[mark->bar];
			uint32_t m = bar->measure;
			if (mark->at > 0) {
				m++;
				if (mark->at < bar->len)
					score_warn(r->report, ABC_BAD, abc_where_src(r, mark->src).text,
						"a meter inside a measure counts from the next one");
			}
			if (m >= n)
				continue;
			const uint32_t have = measure[m].meter;
			const struct abc_meter *own = &r->meters[mark->value];
			if (!have || i == 0)
				measure[m].meter = (uint32_t)mark->value + 1;
			else if (r->meters[have - 1].num != own->num || r->meters[have - 1].den != own->den)
				score_warn(r->report, ABC_DROPPED, abc_where_src(r, mark->src).text,
					"a meter of this voice alone is left out");
		}
	}
}

/** A bar that takes its length from the others: whole-measure rests. */
static bool is_soft(const struct abc_voice *v, uint32_t *event, uint32_t bar)
{
	bool soft = false, hard = false;
	for (; *event < v->n_event && v->event[*event].bar <= bar; (*event)++)
		if (v->event[*event].bar == bar && !(v->event[*event].flags & ABC_GRACE)) {
			soft |= (v->event[*event].flags & ABC_WHOLE_BAR) != 0;
			hard |= !(v->event[*event].flags & ABC_WHOLE_BAR);
		}
	return soft && !hard;
}

static void merge_voices(struct abc_reader *r, struct frame_measure *measure)
{
	for (size_t i = 0; i < r->n_voice; i++) {
		struct abc_voice *v = &r->voice[i];
		uint32_t event = 0;
		for (uint32_t k = 0; k < v->n_bar; k++) {
			if (v->max_lane == 0 && is_soft(v, &event, k))
				v->bar[k].is_rest = 1;
			merge_bar(&measure[v->bar[k].measure], v, &v->bar[k], i == 0);
		}
	}
}

static void find_edges(struct frame_measure *measure, uint32_t n)
{
	for (uint32_t m = 0; m < n; m++) {
		const struct frame_measure *next = m + 1 < n ? &measure[m + 1] : NULL;
		const bool ends = !next || measure[m].repeat_end || measure[m].ending_stop ||
				  measure[m].barline != NVX_BARLINE_LIGHT || next->repeat_start ||
				  next->ending || next->meter;
		measure[m].is_edge |= m == 0 || ends;
		if (ends && next)
			measure[m + 1].is_edge = 1;
	}
}

/** Where the ending that begins with measure `m` ends. */
static uint32_t end_of_ending(const struct frame_measure *measure, uint32_t m, uint32_t n)
{
	while (m + 1 < n && !measure[m].ending_stop && !measure[m].repeat_end && !measure[m + 1].ending)
		m++;
	return m;
}

static void find_highest(struct frame_measure *measure, uint32_t n)
{
	for (uint32_t m = n; m-- > 0;) {
		if (!measure[m].ending)
			continue;
		const uint32_t next = end_of_ending(measure, m, n) + 1;
		unsigned own = 0;
		while (own < 63 && measure[m].ending >> (own + 1))
			own++;
		const unsigned others = next < n ? measure[next].highest : 0;
		measure[m].highest = (uint8_t)(own > others ? own : others);
	}
}

/** How often: "|::" says it, and the highest number of the endings. */
static void count_repeats(struct frame_measure *measure, uint32_t n)
{
	unsigned times = 2, endings = 0;
	find_highest(measure, n);
	for (uint32_t m = 0; m < n; m++) {
		if (measure[m].repeat_start) {
			times = measure[m].repeat_start;
			endings = 0;
		}
		if (measure[m].highest > endings)
			endings = measure[m].highest;
		if (!measure[m].repeat_end)
			continue;
		const unsigned most = times > endings ? times : endings;
		if (most > measure[m].repeat_end)
			measure[m].repeat_end = (uint8_t)most;
		if (!(m + 1 < n && measure[m + 1].ending)) {
			times = 2;
			endings = 0;
		}
	}
}

static void add_meter(
	struct abc_reader *r, const struct abc_meter *from, int64_t tick, const struct nvx_meter *before)
{
	if (before->num == from->num && before->den == from->den && tick > 0 && !before->grouping &&
		!from->n_groups)
		return;
	struct nvx_meter *meter = nvx_add_meter(r->draft);
	meter->tick = tick;
	meter->num = from->num;
	meter->den = from->den;
	if (from->n_groups)
		meter->grouping = nvx_make_list(r->draft, from->group, from->n_groups, 1);
}

static void warn_length(
	struct abc_reader *r, const struct frame_measure *m, uint32_t index, int64_t ticks, int64_t full)
{
	score_warn(r->report, "nvx1.measure.length", abc_where_src(r, m->src).text,
		"measure %u lasts %lld/%d quarters, the meter says %lld/%d", index + 1, (long long)ticks,
		NVX_PPQ, (long long)full, NVX_PPQ);
}

static void add_ending(struct abc_reader *r, struct nvx_measure *to, uint64_t mask)
{
	uint8_t numbers[64];
	unsigned n = 0;
	for (unsigned i = 1; i < 64; i++)
		if (mask >> i & 1)
			numbers[n++] = (uint8_t)i;
	to->ending_numbers = nvx_make_list(r->draft, numbers, n, 1);
}

static int64_t add_measures(
	struct abc_reader *r, const struct frame_measure *measure, uint32_t n, int64_t *ret_tick)
{
	struct abc_meter meter = {.num = 4, .den = 4, .is_free = 1};
	struct nvx_meter before = {0};
	uint32_t ending_last = 0;
	uint64_t ending = 0;
	int64_t tick = 0;
	for (uint32_t m = 0; m < n && !r->draft->error; m++) {
		const struct frame_measure *from = &measure[m];
		if (from->meter)
			meter = r->meters[from->meter - 1];
		if (from->meter || m == 0) {
			add_meter(r, &meter, tick, &before);
			before = (struct nvx_meter){
				.num = meter.num, .den = meter.den, .grouping = meter.n_groups};
		}
		const int64_t full = (int64_t)meter.num * 4 * NVX_PPQ / meter.den;
		const int64_t ticks = from->ticks ? from->ticks : full;
		ret_tick[m] = tick;
		struct nvx_measure *to = nvx_add_measure(r->draft);
		to->tick = tick;
		to->duration_ticks = (uint32_t)ticks;
		if (ticks != full)
			to->irregular = ticks > full ? NVX_IRREGULAR_LONG
					: m == 0     ? NVX_IRREGULAR_PICKUP
						     : NVX_IRREGULAR_SHORT;
		if (ticks != full && !meter.is_free && (ticks > full || !from->is_edge))
			warn_length(r, from, m, ticks, full);
		to->repeat_start = from->repeat_start > 0;
		to->repeat_end = from->repeat_end;
		to->barline = from->barline;
		to->line_break = from->line_end ? NVX_BREAK_LINE : NVX_BREAK_NONE;
		if (from->ending) {
			ending_last = end_of_ending(measure, m, n);
			ending = from->ending;
			to->ending_type = ending_last == m ? NVX_ENDING_START_STOP : NVX_ENDING_START;
			add_ending(r, to, ending);
		} else if (ending && m == ending_last) {
			to->ending_type = NVX_ENDING_STOP;
			add_ending(r, to, ending);
		}
		if (m == ending_last)
			ending = 0;
		tick += ticks;
		if (tick > NVX_MAX_TICK)
			r->draft->error = score_error(r->report, "nvx1.tick.outside",
				abc_where_src(r, from->src).text, "the score is longer than 2^40 ticks");
	}
	ret_tick[n] = tick;
	return tick;
}

/** Voices whose bar is shorter than the measure: the rest of it is silent. */
static void check_voices(struct abc_reader *r, const struct frame_measure *measure)
{
	for (size_t i = 0; r->n_voice > 1 && i < r->n_voice; i++) {
		const struct abc_voice *v = &r->voice[i];
		for (size_t k = 0; k < v->n_bar; k++) {
			const struct abc_bar *bar = &v->bar[k];
			if (!bar->is_rest && !bar->is_empty &&
				abc_ticks(bar->len) < measure[bar->measure].ticks)
				score_warn(r->report, "nvx1.measure.length", abc_where_src(r, bar->src).text,
					"measure %u is shorter in voice %.*s than in another",
					bar->measure + 1, (int)(v->name_id.n < 32 ? v->name_id.n : 32),
					v->name_id.at);
		}
	}
}

int abc_make_measures(struct abc_reader *r, struct abc_frame *frame)
{
	frame->n = count_measures(r);
	if (frame->n == 0)
		return r->draft->error;
	struct frame_measure *measure = score_zalloc(r->alloc, frame->n, sizeof(*measure));
	frame->tick = score_zalloc(r->alloc, (size_t)frame->n + 1, sizeof(*frame->tick));
	if (!measure || !frame->tick) {
		score_free(r->alloc, measure);
		return r->draft->error = -ENOMEM;
	}
	merge_voices(r, measure);
	find_meters(r, measure, frame->n);
	find_edges(measure, frame->n);
	count_repeats(measure, frame->n);
	const int64_t end = add_measures(r, measure, frame->n, frame->tick);
	if (end > r->draft->end_tick)
		r->draft->end_tick = end;
	check_voices(r, measure);
	score_free(r->alloc, measure);
	return r->draft->error;
}
