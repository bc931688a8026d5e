/* SPDX-License-Identifier: MIT */
#include "place.h"

#define NS_PER_S INT64_C(1000000000)
#define GONE_NS NS_PER_S /* a page that old is nobody's any more */
#define ROUNDING 1e-6    /* of a tick: more than doubles lose */
#define NPQ_120 UINT64_C(500000000)

static uint64_t npq_of(const struct mos_clock *c) MOS_RT
{
	return c->ns_per_quarter > 0 && c->ns_per_quarter <= (uint64_t)INT64_MAX ? c->ns_per_quarter
										 : NPQ_120;
}

/*
 * Both are cycles of one graph: they begin whole cycles apart, and what the clocks say else is jitter. Not so
 * where the two run on different devices.
 */
static int64_t frames_since(const struct mos_clock *c, int64_t time_ns, uint32_t rate_hz, uint32_t n_frames)
	MOS_RT
{
	const int64_t ns = time_ns - c->time_ns, length_ns = n_frames * NS_PER_S / rate_hz;
	int64_t cycles, off;

	if (!length_ns)
		return 0;
	cycles = (ns + (ns < 0 ? -length_ns : length_ns) / 2) / length_ns;
	off = ns - cycles * length_ns;
	if (c->quantum_frames == n_frames && off < length_ns / 4 && off > -length_ns / 4)
		return cycles * n_frames;
	return ns * (int64_t)rate_hz / NS_PER_S;
}

void place_read(const struct mos_clock_page *page, int64_t time_ns, uint32_t rate_hz, uint32_t n_frames,
	struct place *ret) MOS_RT
{
	struct mos_clock *c = &ret->clock;
	int64_t age;

	*ret = (struct place){0};
	if (!page || !rate_hz || mos_clock_read_song(page, c, &ret->song) < 0)
		return;
	if (__builtin_sub_overflow(time_ns, c->time_ns, &age) || age > GONE_NS || age < -GONE_NS ||
		c->rate_hz != rate_hz || !(c->flags & MOS_CLOCK_DRIVER_UP))
		return;
	ret->is_there = true;
	ret->has_song = c->timeline_id && ret->song.end_frame > 0 && c->state != MOS_TRANSPORT_LOADING;
	ret->rolls = (c->flags & (MOS_CLOCK_ROLLING | MOS_CLOCK_COUNT_IN)) == MOS_CLOCK_ROLLING;
	ret->ago = frames_since(c, time_ns, rate_hz, n_frames);
	ret->frame = ret->song.frame + (ret->rolls ? ret->ago : 0);
}

static double ticks_of(const struct mos_clock *c, int64_t frames) MOS_RT
{
	return (double)frames / c->rate_hz * 1e9 / (double)npq_of(c) * MOS_PPQ;
}

bool place_moved(const struct place *before, const struct place *now) MOS_RT
{
	const struct mos_clock *a = &before->clock, *b = &now->clock;
	double by, limit;

	if (!before->is_there || a->timeline_id != b->timeline_id)
		return true;
	if (!before->rolls || !now->rolls) /* it began, or ended, somewhere in between */
		return false;
	by = (double)(b->tick - a->tick) - ticks_of(a, (int64_t)(b->frame - a->frame));
	limit = ticks_of(b, b->quantum_frames) / 2 + 2;
	return by > limit || by < -limit;
}

int64_t place_tick_frames(const struct place *p) MOS_RT
{
	return (int64_t)((double)npq_of(&p->clock) * p->clock.rate_hz / 1e9 / MOS_PPQ) + 1;
}

static void put(struct place_bbt *b, double in_measure, int64_t measure, int64_t measure_tick,
	const struct place *p) MOS_RT
{
	const struct mos_clock *c = &p->clock;
	const bool is_meter = c->meter_num && c->meter_den && c->meter_den <= 128;
	const uint32_t num = is_meter ? c->meter_num : 4, den = is_meter ? c->meter_den : 4;
	const double beat_ticks = MOS_PPQ * 4.0 / den, measure_ticks = beat_ticks * num;
	int64_t bars;
	double beats;

	in_measure += ROUNDING;
	bars = (int64_t)(in_measure / measure_ticks);
	if (in_measure < (double)bars * measure_ticks)
		bars--;
	beats = (in_measure - (double)bars * measure_ticks) / beat_ticks;
	if (measure + bars < 0) {
		bars = -measure;
		beats = 0;
	}
	*b = (struct place_bbt){.bar = (int32_t)(measure + bars + 1),
		.beat = (int32_t)beats + 1,
		.tick = (int32_t)((beats - (double)(int32_t)beats) * PLACE_TICKS_A_BEAT),
		.bar_start_tick = ((double)measure_tick + (double)bars * measure_ticks) / beat_ticks *
				  PLACE_TICKS_A_BEAT,
		.num = num,
		.den = den,
		.bpm = 6e10 / (double)npq_of(c) * den / 4};
}

void place_bbt(const struct place *p, int64_t frames, struct place_bbt *ret) MOS_RT
{
	const struct mos_clock *c = &p->clock;
	double tick = (double)(c->tick - c->measure_tick) + c->tick_frac / 4294967296.0;

	if (p->rolls)
		tick += ticks_of(c, p->ago + frames);
	put(ret, tick, c->measure, c->measure_tick, p);
}

void place_bbt_alone(const struct place *p, uint32_t frame, uint32_t rate_hz, struct place_bbt *ret) MOS_RT
{
	put(ret, (double)frame / rate_hz * 1e9 / (double)npq_of(&p->clock) * MOS_PPQ, 0, 0, p);
}
