/* SPDX-License-Identifier: MIT */
#include "order.h"

#include <errno.h>

#define TICK_MAX (INT64_C(1) << 60)

void order_plain(struct order *o, uint32_t n_measures)
{
	o->n = n_measures > 0;
	o->n_measures = n_measures;
	o->run[0] = (struct order_run){.n = n_measures, .duration = TICK_MAX};
}

/* @return 0: it is no run that follows `before`. */
static int read_run(const struct mos_value *value, const struct order_run *before, struct order_run *ret)
{
	const int64_t first = mos_get_int(value, "first", -1), last = mos_get_int(value, "last", -1);

	ret->written_tick = mos_get_int(value, "written_tick", -1);
	ret->played_tick = mos_get_int(value, "played_tick", -1);
	ret->duration = mos_get_int(value, "duration_ticks", -1);
	if (first < 0 || last < first || last >= INT32_MAX || ret->written_tick < 0 ||
		ret->written_tick > TICK_MAX || ret->played_tick < 0 || ret->played_tick > TICK_MAX ||
		ret->duration < 0 || ret->duration > TICK_MAX)
		return 0;
	ret->first = (uint32_t)first;
	ret->n = (uint32_t)(last - first) + 1;
	ret->played_first = before ? before->played_first + before->n : 0;
	return ret->n <= INT32_MAX - ret->played_first &&
	       (!before || ret->played_tick >= before->played_tick);
}

int order_read(struct order *o, const struct mos_value *answer)
{
	const struct mos_value *runs = mos_get(answer, "runs");
	struct order_run run;

	if (!runs || runs->type != MOS_VALUE_LIST)
		return -EINVAL;
	/* Looked at twice, so that nothing is taken of an answer that is wrong somewhere. */
	for (int takes = 0; takes < 2; takes++) {
		struct order_run before = {0};

		for (uint32_t i = 0; i < runs->len && i < ORDER_RUNS; i++) {
			if (!read_run(&runs->u.items[i], i ? &before : NULL, &run))
				return -EINVAL;
			before = run;
			if (takes)
				o->run[i] = run;
		}
		if (takes)
			o->n_measures = before.played_first + before.n;
	}
	o->n = runs->len < ORDER_RUNS ? runs->len : ORDER_RUNS;
	return 0;
}

const struct order_run *order_run_of(const struct order *o, uint32_t played)
{
	for (uint32_t i = o->n; i-- > 0;)
		if (played >= o->run[i].played_first)
			return played - o->run[i].played_first < o->run[i].n ? &o->run[i] : NULL;
	return NULL;
}

const struct order_run *order_run_at(const struct order *o, int64_t played_tick)
{
	for (uint32_t i = o->n; i-- > 1;)
		if (played_tick >= o->run[i].played_tick)
			return &o->run[i];
	return o->n ? &o->run[0] : NULL;
}

int64_t order_written_tick(const struct order *o, int64_t played_tick)
{
	const struct order_run *run = order_run_at(o, played_tick);

	return run ? played_tick - run->played_tick + run->written_tick : played_tick;
}

int64_t order_played_tick(const struct order *o, int64_t written_tick)
{
	for (uint32_t i = 0; i < o->n; i++) {
		const struct order_run *run = &o->run[i];

		if (written_tick >= run->written_tick && written_tick - run->written_tick < run->duration)
			return run->played_tick + (written_tick - run->written_tick);
	}
	return -1;
}
