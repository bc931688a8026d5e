/* SPDX-License-Identifier: MIT */
#include "insert_feed.h"

void feed_event(struct insert_feed *f, uint32_t strip, uint32_t offset, uint32_t word0, uint32_t word1) MOS_RT
{
	if (!(f->listening >> strip & 1))
		return;
	if (f->n_events == FEED_EVENTS) {
		f->lost |= UINT64_C(1) << strip;
		return;
	}
	f->event[f->n_events].strip = strip;
	f->event[f->n_events++].ev = (struct insert_event){.frame = offset, .ump = {word0, word1}};
}

void feed_time(struct insert_feed *f, uint32_t offset, const struct insert_time *time) MOS_RT
{
	if (f->n_times == FEED_TIMES)
		return;
	f->time[f->n_times].offset = offset;
	f->time[f->n_times++].time = *time;
}

int feed_time_at(const struct insert_feed *f, uint32_t offset, struct insert_time *ret) MOS_RT
{
	uint32_t i = f->n_times, ahead;
	double moved, measure;

	while (i > 0 && f->time[i - 1].offset > offset)
		i--;
	if (i == 0)
		return 0;
	*ret = f->time[i - 1].time;
	if (ret->per_frame == 0)
		return 1;
	ahead = offset - f->time[i - 1].offset;
	moved = ret->per_frame * ahead;
	measure = ret->den ? 4.0 * ret->num / ret->den : 0;
	ret->frame += ahead;
	ret->quarter += moved;
	ret->measure_quarter += moved;
	if (measure > 0 && ret->measure_quarter >= measure) { /* a block is shorter than any measure */
		ret->measure_quarter -= measure;
		ret->measure++;
	}
	return 1;
}

void feed_clear(struct insert_feed *f) MOS_RT
{
	f->n_times = f->n_events = 0;
	f->lost = 0;
}
