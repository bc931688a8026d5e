/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <time.h>

#define PPQ 960

int64_t place_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static bool has_loop(const struct place *place)
{
	return place->loop_end > place->loop_start;
}

/* The loop's jumps not taken: ticks go on behind its end. */
static int64_t straight_tick_at(const struct place *place, int64_t time_ns)
{
	if (place->ns_per_tick <= 0 || time_ns <= place->time_ns)
		return place->tick;
	return place->tick + (int64_t)((double)(time_ns - place->time_ns) / place->ns_per_tick);
}

int64_t place_tick_at(const struct place *place, int64_t time_ns)
{
	int64_t tick = straight_tick_at(place, time_ns);

	if (has_loop(place) && place->tick < place->loop_end && tick >= place->loop_end)
		tick = place->loop_start + (tick - place->loop_start) % (place->loop_end - place->loop_start);
	return tick;
}

int64_t place_next_line_ns(const struct place *place, const struct band_performance *p, int64_t time_ns)
{
	const int64_t tick = place_tick_at(place, time_ns);
	const uint32_t n_bars = band_performance_plan(p)->n_bars, bar = band_performance_bar_at(p, tick);
	const int64_t line = band_performance_bar_tick(p, bar < n_bars ? bar + 1 : n_bars);

	if (place->ns_per_tick <= 0 || line <= tick)
		return INT64_MAX;
	return time_ns + (int64_t)((double)(line - tick) * place->ns_per_tick);
}

/* The bar of the plan that a bar counted on plays again. */
static uint32_t bar_in_plan(
	const struct band_performance *p, uint32_t bar, uint32_t n_bars, uint32_t loop_bar)
{
	return bar < n_bars || loop_bar >= n_bars ? bar : loop_bar + (bar - n_bars) % (n_bars - loop_bar);
}

static bool is_chorus_line(const struct band_performance *p, uint32_t bar, uint32_t n_bars, uint32_t loop_bar)
{
	const struct band_plan *plan = band_performance_plan(p);
	const struct band_bar *here = &plan->bar[bar_in_plan(p, bar, n_bars, loop_bar)];
	const struct band_bar *before = &plan->bar[bar_in_plan(p, bar - 1, n_bars, loop_bar)];

	return here->chorus != before->chorus || here->item != before->item || here <= before ||
	       here->is_count_in != before->is_count_in;
}

bool place_choose_bar(const struct place *place, const struct band_performance *p, int64_t now_ns,
	int64_t margin_ns, bool chorus, uint32_t *ret_bar)
{
	const uint32_t n_bars = band_performance_plan(p)->n_bars;
	int64_t start = 0, end = 0, from = place_tick_at(place, now_ns) + 1;
	const bool endless = band_performance_loop(p, &start, &end);
	const uint32_t loop_bar = endless ? band_performance_bar_at(p, start) : n_bars;

	if (place->ns_per_tick > 0)
		from += (int64_t)((double)margin_ns / place->ns_per_tick);
	uint32_t bar = band_performance_bar_at(p, from);
	if (bar > n_bars)
		bar = n_bars;
	/* At most so many steps until every line was seen. */
	for (const uint32_t last = bar + 2 * n_bars + 2; bar <= last; bar++) {
		if (!endless && bar >= n_bars)
			return false;
		if (bar == 0 || band_performance_bar_tick(p, bar) < from)
			continue;
		if (chorus && !is_chorus_line(p, bar, n_bars, loop_bar))
			continue;
		*ret_bar = bar;
		return true;
	}
	return false;
}

struct place_bar place_bar_at(const struct band_performance *p, int64_t tick)
{
	const struct band_plan *plan = band_performance_plan(p);
	struct place_bar ret = {.bar = band_performance_bar_at(p, tick), .chord = "", .next_chord = ""};
	int64_t start = 0, end = 0;

	if (ret.bar >= plan->n_bars)
		return ret;
	ret.in_plan = &plan->bar[ret.bar];
	const double beat = (double)(tick - band_performance_bar_tick(p, ret.bar)) / PPQ;
	uint32_t next = 0;
	while (next < ret.in_plan->n_chords && ret.in_plan->chord[next].beat <= beat)
		ret.chord = ret.in_plan->chord[next++].text;
	if (next < ret.in_plan->n_chords) {
		ret.next_chord = ret.in_plan->chord[next].text;
		return ret;
	}
	uint32_t bar = ret.bar + 1;
	if (bar >= plan->n_bars && band_performance_loop(p, &start, &end))
		bar = band_performance_bar_at(p, start);
	if (bar < plan->n_bars && plan->bar[bar].n_chords)
		ret.next_chord = plan->bar[bar].chord[0].text;
	return ret;
}
