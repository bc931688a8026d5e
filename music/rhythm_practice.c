/* SPDX-License-Identifier: MIT */
/* Notes against the onsets that were meant. */
#include <mos/rhythm_practice.h>

#include <errno.h>
#include <math.h>
#include <string.h>

void mos_timing_add(struct mos_timing *timing, int64_t value_ns)
{
	const double off = (double)value_ns - timing->mean_ns;

	if (timing->n == 0 || value_ns < timing->min_ns)
		timing->min_ns = value_ns;
	if (timing->n == 0 || value_ns > timing->max_ns)
		timing->max_ns = value_ns;
	timing->n++;
	timing->mean_ns += off / timing->n;
	timing->m2 += off * ((double)value_ns - timing->mean_ns);
}

double mos_timing_jitter_ns(const struct mos_timing *timing)
{
	return timing->n < 2 ? 0 : sqrt(timing->m2 / timing->n);
}

int mos_practice_expect(struct mos_practice *practice, int64_t time_ns, uint32_t step)
{
	if (practice->n_pending == MOS_PRACTICE_PENDING)
		return -ENOSPC;
	practice->pending[practice->n_pending].time_ns = time_ns;
	practice->pending[practice->n_pending++].step = step;
	return 0;
}

static void take_out(struct mos_practice *practice, uint32_t i)
{
	practice->n_pending--;
	memmove(&practice->pending[i], &practice->pending[i + 1],
		(practice->n_pending - i) * sizeof(practice->pending[0]));
}

static int64_t distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

struct mos_judged mos_practice_play(struct mos_practice *practice, int64_t time_ns)
{
	struct mos_judged judged = {.kind = MOS_JUDGE_EXTRA, .time_ns = time_ns};
	uint32_t nearest = 0;

	for (uint32_t i = 1; i < practice->n_pending; i++)
		if (distance(practice->pending[i].time_ns, time_ns) <
			distance(practice->pending[nearest].time_ns, time_ns))
			nearest = i;
	if (practice->n_pending &&
		distance(practice->pending[nearest].time_ns, time_ns) <= practice->window_ns) {
		judged.time_ns = practice->pending[nearest].time_ns;
		judged.step = practice->pending[nearest].step;
		judged.offset_ns = time_ns - judged.time_ns;
		judged.kind = distance(time_ns, judged.time_ns) <= practice->right_ns ? MOS_JUDGE_RIGHT
			      : judged.offset_ns < 0                                  ? MOS_JUDGE_EARLY
										      : MOS_JUDGE_LATE;
		take_out(practice, nearest);
		mos_timing_add(&practice->offset, judged.offset_ns);
	}
	practice->count[judged.kind]++;
	return judged;
}

int mos_practice_pass(struct mos_practice *practice, int64_t now_ns, struct mos_judged *ret)
{
	if (!practice->n_pending || practice->pending[0].time_ns >= now_ns - practice->window_ns)
		return 0;
	*ret = (struct mos_judged){.kind = MOS_JUDGE_MISSED,
		.step = practice->pending[0].step,
		.time_ns = practice->pending[0].time_ns};
	take_out(practice, 0);
	practice->count[MOS_JUDGE_MISSED]++;
	return 1;
}

void mos_practice_forget(struct mos_practice *practice)
{
	practice->n_pending = 0;
}
