/* SPDX-License-Identifier: MIT */
#include "dll.h"

#define TWO_PI 6.283185307179586
#define SQRT2 1.4142135623730951
#define BW_WIDE_HZ 4.0   /* to lock within half a second */
#define BW_NARROW_HZ 0.1 /* then wake-up jitter of 0.5 ms is damped below 5 us */
#define SETTLE_CYCLES 64u
#define GAP_NS 5e8
#define CATCH_UP_NS INT64_C(10'000'000'000) /* who is further behind tells another time */

void dll_reset(struct dll *d, uint32_t rate_hz) MOS_RT
{
	*d = (struct dll){.nominal_ns = 1e9 / rate_hz};
	d->frame_ns = d->nominal_ns;
}

int64_t dll_cycle(struct dll *d, int64_t raw_ns, uint32_t n_frames) MOS_RT
{
	const int64_t before_ns = d->base_ns + (int64_t)d->t0;
	double raw, len = d->frame_ns * n_frames, w, bw;

	/* a driver that was held up, and another one had its place: it plays what it has missed, and time waits for it */
	if (d->valid && raw_ns < before_ns && before_ns - raw_ns < CATCH_UP_NS)
		raw_ns = before_ns;
	raw = (double)(raw_ns - d->base_ns);
	d->error_ns = raw - d->t1;
	d->lost_ns = 0;
	if (!d->valid || d->error_ns > len / 2 || d->error_ns < -len / 2) {
		if (!d->valid || d->error_ns > GAP_NS || d->error_ns < -GAP_NS) {
			d->frame_ns = d->nominal_ns;
			d->settle = SETTLE_CYCLES;
		}
		d->resyncs += (uint64_t)d->valid;
		if (d->valid && d->error_ns > 0)
			d->lost_ns = (int64_t)d->error_ns;
		d->base_ns = raw_ns;
		d->t0 = 0;
		d->t1 = d->frame_ns * n_frames;
		d->error_ns = 0;
		d->valid = 1;
		return raw_ns;
	}
	bw = d->settle ? BW_WIDE_HZ : BW_NARROW_HZ;
	if (d->settle)
		d->settle--;
	w = TWO_PI * bw * len * 1e-9;
	if (w > 0.5)
		w = 0.5; /* very long cycles: stay stable */
	d->t0 = d->t1 + SQRT2 * w * d->error_ns;
	d->frame_ns += w * w * d->error_ns / n_frames;
	/* a clock more than 1 % off is a fault, not a clock: never follow it */
	if (d->frame_ns > d->nominal_ns * 1.01)
		d->frame_ns = d->nominal_ns * 1.01;
	if (d->frame_ns < d->nominal_ns * 0.99)
		d->frame_ns = d->nominal_ns * 0.99;
	d->t1 = d->t0 + d->frame_ns * n_frames;
	return d->base_ns + (int64_t)d->t0;
}
