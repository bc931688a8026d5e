/* SPDX-License-Identifier: MIT */
/* What inserts are told about the time. */
#include "engine.h"

#define TICK_FRACTIONS 4294967296.0

/* Of a place within a tick, which is some twenty frames long. */
static int64_t frame_of(const struct walk_map *m, int64_t tick, uint32_t frac) MOS_RT
{
	kronos_v at = walk_tick_to_v(m, tick), len = walk_tick_to_v(m, tick + 1) - at, step = walk_step(m);

	/* one tick is at most 1.2e16 units, so the product fits; half a frame: the fraction was rounded down */
	return (int64_t)((at + len * (kronos_v)frac / ((kronos_v)1 << 32) + step / 2) / step);
}

static struct insert_time time_of(
	const struct engine *e, const struct mos_clock *c, int64_t tick, uint32_t frac) MOS_RT
{
	const double quarters = 1.0 / MOS_PPQ;
	struct insert_time t = {.quarter = ((double)tick + (double)frac / TICK_FRACTIONS) * quarters,
		.num = c->meter_num,
		.den = c->meter_den,
		.measure = c->measure};

	t.measure_quarter = t.quarter - (double)c->measure_tick * quarters;
	if (c->ns_per_quarter) {
		t.bpm = 6e10 / (double)c->ns_per_quarter;
		if (c->flags & MOS_CLOCK_ROLLING && !(c->flags & MOS_CLOCK_COUNT_IN))
			t.per_frame = 1e9 / ((double)c->ns_per_quarter * c->rate_hz);
	}
	if (e->kronos.map.song)
		t.frame = frame_of(&e->kronos.map, tick, frac);
	return t;
}

/* The loop's start, where the block wraps. */
static void tell_wrap(struct engine *e, struct mos_clock *c, uint32_t n_frames) MOS_RT
{
	int64_t frames = kronos_frames_to_wrap(&e->kronos);
	struct insert_time t;
	struct mos_bbt b;

	if (frames <= 0 || frames >= n_frames)
		return;
	b = walk_meter_at(&e->kronos.map, c->loop_start_tick);
	c->meter_num = b.num;
	c->meter_den = b.den;
	c->measure = b.measure;
	c->measure_tick = b.measure_tick;
	c->ns_per_quarter = walk_npq_at(&e->kronos.map, c->loop_start_tick);
	t = time_of(e, c, c->loop_start_tick, 0);
	feed_time(&e->apollo.mix.feed, (uint32_t)frames, &t);
}

void engine_tell_inserts(struct engine *e, uint32_t n_frames) MOS_RT
{
	struct mos_clock c = {0};
	struct insert_time t;

	if (!e->apollo.mix.feed.is_read)
		return;
	kronos_clock(&e->kronos, &c);
	if (!e->driver_up)
		c.flags &= ~MOS_CLOCK_ROLLING;
	t = time_of(e, &c, c.tick, c.tick_frac);
	feed_time(&e->apollo.mix.feed, 0, &t);
	if (c.flags & MOS_CLOCK_LOOP && t.per_frame > 0)
		tell_wrap(e, &c, n_frames);
}
