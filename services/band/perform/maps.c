/* SPDX-License-Identifier: MIT */
/* Where a bar lies in ticks and in time. */
#include "perform_private.h"

#include <errno.h>
#include <stdlib.h>

/**
 * What was left out of the beginning took base_u over so many ticks: two tempos, one ns apart, take exactly
 * as long.
 */
static uint32_t before(const struct band_performance *p, struct mos_tempo_seg *seg)
{
	const int64_t ticks = p->bar[0].tick;

	if (ticks == 0)
		return 0;
	const uint64_t npq = (uint64_t)(p->base_u / ticks);
	const int64_t longer = p->base_u % ticks;
	uint32_t n = 0;
	if (longer > 0)
		seg[n++] = (struct mos_tempo_seg){.tick = 0, .npq_start = npq + 1, .npq_end = npq + 1};
	seg[n++] = (struct mos_tempo_seg){.tick = longer, .npq_start = npq, .npq_end = npq};
	return n;
}

int perform_tempo(const struct band_performance *p, struct mos_tempo_seg **ret)
{
	struct mos_tempo_seg *seg = calloc((size_t)p->plan.n_bars + 2, sizeof(*seg));

	if (!seg)
		return -ENOMEM;
	uint32_t n = before(p, seg);
	for (uint32_t i = 0; i < p->plan.n_bars; i++) {
		const struct perform_bar *bar = &p->bar[i];

		if (n > 0 && bar->npq == seg[n - 1].npq_start)
			continue;
		seg[n++] =
			(struct mos_tempo_seg){.tick = bar->tick, .npq_start = bar->npq, .npq_end = bar->npq};
	}
	*ret = seg;
	return (int)n;
}

int64_t perform_bar_u(const struct band_performance *p, uint32_t bar)
{
	int64_t u = p->base_u;

	for (uint32_t i = 0; i < bar; i++)
		u += (p->bar[i + 1].tick - p->bar[i].tick) * (int64_t)p->bar[i].npq;
	return u;
}

/** A bar of the loop played on, as the bar that it is and what the loop has added until then. */
static uint32_t in_loop(const struct band_performance *p, uint32_t bar, uint32_t *ret_passes)
{
	const uint32_t n = p->plan.n_bars;

	*ret_passes = 0;
	if (bar < n)
		return bar;
	if (!p->endless)
		return n;
	*ret_passes = 1 + (bar - n) / (n - p->loop_from);
	return p->loop_from + (bar - n) % (n - p->loop_from);
}

int64_t band_performance_bar_tick(const struct band_performance *p, uint32_t bar)
{
	uint32_t passes;
	const uint32_t within = in_loop(p, bar, &passes);
	const int64_t loop = p->bar[p->plan.n_bars].tick - p->bar[p->loop_from].tick;

	return p->bar[within].tick + passes * loop;
}

int64_t band_performance_bar_ns(const struct band_performance *p, uint32_t bar)
{
	uint32_t passes;
	const uint32_t within = in_loop(p, bar, &passes);
	int64_t u = perform_bar_u(p, within);

	if (passes > 0)
		u += passes * (perform_bar_u(p, p->plan.n_bars) - perform_bar_u(p, p->loop_from));
	return u / MOS_U_PER_NS;
}

uint32_t band_performance_bar_at(const struct band_performance *p, int64_t tick)
{
	const int64_t end = p->bar[p->plan.n_bars].tick;
	uint32_t low = 0;
	uint32_t high = p->plan.n_bars - 1;

	if (p->endless && tick >= end) {
		const int64_t start = p->bar[p->loop_from].tick;

		tick = start + (tick - end) % (end - start);
	}
	while (low < high) {
		const uint32_t middle = (low + high + 1) / 2;

		if (p->bar[middle].tick <= tick)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

bool band_performance_loop(const struct band_performance *p, int64_t *ret_start, int64_t *ret_end)
{
	if (!p->endless)
		return false;
	*ret_start = p->bar[p->loop_from].tick;
	*ret_end = p->bar[p->plan.n_bars].tick;
	return true;
}
