/* SPDX-License-Identifier: MIT */
#include "pulse.h"

#define TWO_PI 6.283185307179586
#define SQRT2 1.4142135623730951
#define BW_HZ 0.8           /* 1 ms of jitter becomes 0.2 ms; a ramp of 5 % in 10 s is 0.2 ms behind */
#define PERIOD_MIN_NS 2.5e6 /* 1,000 BPM */
#define PERIOD_MAX_NS 2.5e9 /* 1 BPM */
#define ODD 0.35            /* of a period: no jitter any more */
#define ODD_MAX 2u          /* then it is another tempo */
#define LOST_MAX 24

void pulse_reset(struct pulse *p) MOS_RT
{
	*p = (struct pulse){0};
}

int64_t pulse_at_ns(const struct pulse *p) MOS_RT
{
	return p->base_ns + (int64_t)p->at;
}

/* From this pulse on, by a line through the last one and this, unless it paused in between. */
static void begin(struct pulse *p, int64_t ns, int has_paused) MOS_RT
{
	double gap = (double)(ns - p->last_ns);
	int is_line = p->n > 0 && !has_paused && gap >= PERIOD_MIN_NS && gap <= PERIOD_MAX_NS;

	p->n = is_line ? 2 : 1;
	p->n_odd = p->n_added = 0;
	p->base_ns = ns;
	p->at = 0;
	p->period = is_line ? gap : 0;
	p->last_ns = ns;
}

/* @return 1, when it is no longer to be taken for a continuation. */
static int is_anew(struct pulse *p, int64_t ns, double gap) MOS_RT
{
	int is_far = gap < -PERIOD_MAX_NS || gap > p->period * (LOST_MAX + 0.5);

	if (p->n >= 2 && !is_far)
		return 0;
	begin(p, ns, /* has_paused= */ p->n >= 2);
	return 1;
}

int32_t pulse_take(struct pulse *p, int64_t ns) MOS_RT
{
	double gap = (double)(ns - p->base_ns) - p->at, error, w;
	int32_t k, n_added = (int32_t)p->n_added;

	if (is_anew(p, ns, gap))
		return 1;
	k = (int32_t)(gap / p->period + 0.5);
	if (k < 1)
		k = 1;
	error = gap - k * p->period;
	if (error > ODD * p->period || error < -ODD * p->period || k > 1) {
		if (++p->n_odd > ODD_MAX) {
			begin(p, ns, /* has_paused= */ 0);
			return 1 - n_added;
		}
		if (k == 1) { /* counted, and not believed */
			p->at += p->period;
			p->last_ns = ns;
			return 1;
		}
		p->n_added += (uint32_t)k - 1;
	} else {
		p->n_odd = p->n_added = 0;
	}
	w = TWO_PI * BW_HZ * p->period * 1e-9;
	if (w < 1.6 / p->n)
		w = 1.6 / p->n;
	if (w > 0.6)
		w = 0.6;
	p->at += k * p->period + SQRT2 * w * error;
	p->period += w * w * error / k;
	if (p->period < PERIOD_MIN_NS)
		p->period = PERIOD_MIN_NS;
	p->last_ns = ns;
	p->n += p->n < UINT32_MAX;
	p->base_ns += (int64_t)p->at;
	p->at -= (double)(int64_t)p->at;
	return k;
}
