/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <mos/meter.h>
#include <mos/tempo.h>

#define FRAC (UINT64_C(1) << 32)

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct metro_now metro_now_of(const struct mos_clock *clock, int64_t time_ns)
{
	struct metro_now now = {
		.time_ns = time_ns,
		.rolling = (clock->flags & (MOS_CLOCK_ROLLING | MOS_CLOCK_COUNT_IN)) == MOS_CLOCK_ROLLING,
		.npq = clock->ns_per_quarter ? clock->ns_per_quarter : MOS_NPQ_120,
		.end_tick = clock->end_tick,
		.measure = clock->measure,
		.measure_tick = clock->measure_tick,
		.num = clock->meter_num ? clock->meter_num : 4,
		.den = clock->meter_den ? clock->meter_den : 4,
	};

	now.tick = mos_clock_tick_at(clock, time_ns, &now.frac);
	if (clock->flags & MOS_CLOCK_LOOP && clock->loop_end_tick > clock->loop_start_tick) {
		now.loop_start = clock->loop_start_tick;
		now.loop_end = clock->loop_end_tick;
	}
	return now;
}

void metro_free_play(struct metro_free *free, int64_t start_ns)
{
	free->playing = 1;
	free->base_ns = start_ns;
	free->base_tick = 0;
	free->base_frac = 0;
}

void metro_free_pause(struct metro_free *free)
{
	free->playing = 0;
}

/* Ticks since the beginning, loops not folded. */
static int64_t unrolled(const struct metro_free *free, int64_t time_ns, uint32_t *ret_frac)
{
	const __int128 parts = (__int128)(time_ns - free->base_ns) * MOS_PPQ * (__int128)FRAC;
	__int128 since = parts / (__int128)free->npq;

	if (parts % (__int128)free->npq < 0)
		since--;
	since += free->base_frac;
	*ret_frac = (uint32_t)since;
	return free->base_tick + (int64_t)(since >> 32);
}

void metro_free_tempo(struct metro_free *free, double bpm, int64_t now_ns)
{
	uint32_t frac;
	uint64_t npq = MOS_NPQ_120;

	(void)mos_bpm_to_npq(bpm, &npq, NULL);
	if (free->playing && now_ns > free->base_ns) {
		free->base_tick = unrolled(free, now_ns, &frac);
		free->base_frac = frac;
		free->base_ns = now_ns;
	}
	free->npq = npq;
}

struct metro_now metro_free_now(
	const struct metro_free *free, uint16_t num, uint16_t den, uint32_t loop_bars, int64_t time_ns)
{
	const int64_t measure = mos_meter_measure_ticks(num, den);
	struct metro_now now = {.time_ns = time_ns,
		.rolling = free->playing != 0,
		.npq = free->npq,
		.loop_end = loop_bars * measure,
		.num = num,
		.den = den};

	if (!free->playing)
		return now;
	now.tick = unrolled(free, time_ns, &now.frac);
	if (now.loop_end && now.tick >= 0)
		now.tick %= now.loop_end;
	now.measure_tick = floor_div(now.tick, measure) * measure;
	if (now.measure_tick < 0)
		now.measure_tick = 0;
	now.measure = (uint32_t)(now.measure_tick / measure);
	return now;
}

int64_t metro_time_of(const struct metro_now *now, int64_t tick)
{
	const __int128 parts = (__int128)(tick - now->tick) * (__int128)FRAC - now->frac;

	return now->time_ns + (int64_t)(parts * (__int128)now->npq / MOS_PPQ >> 32);
}

int64_t metro_ticks_in(const struct metro_now *now, int64_t ns)
{
	return (int64_t)((__int128)ns * MOS_PPQ / (__int128)now->npq);
}
