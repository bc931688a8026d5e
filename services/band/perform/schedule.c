/* SPDX-License-Identifier: MIT */
/* A performance as a sender plays it: in nanoseconds, by the arithmetic that rtcore has (mos/tempo.h). */
#include "perform_private.h"

#include <errno.h>
#include <stdlib.h>

struct band_due perform_due(int64_t due_ns, const struct perform_message *m)
{
	return (struct band_due){
		.due_ns = due_ns,
		.ump = {UINT32_C(0x20000000) | (uint32_t)m->status << 16 | (uint32_t)m->data1 << 8 |
			m->data2},
		.rank = m->rank,
		.track = m->track,
	};
}

int band_performance_schedule(
	const struct band_performance *p, struct band_report *report, struct band_schedule *ret)
{
	struct perform_message *message = NULL;
	struct band_schedule schedule = {};
	struct mos_tempo_seg *seg = NULL;
	struct mos_tempo_map map;

	int r = perform_messages(p, report, &message, &schedule.n_due);
	if (r < 0)
		return r;
	const int n_seg = perform_tempo(p, &seg);
	schedule.due = calloc(schedule.n_due + 1u, sizeof(*schedule.due));
	r = n_seg < 0 || !schedule.due ? -ENOMEM : mos_tempo_map_init(&map, seg, (uint32_t)n_seg);
	for (uint32_t i = 0; r == 0 && i < schedule.n_due; i++)
		schedule.due[i] = perform_due(mos_tempo_tick_to_ns(&map, message[i].tick), &message[i]);
	if (r == 0) {
		schedule.end_ns = band_performance_bar_ns(p, p->plan.n_bars);
		if (p->endless) {
			schedule.loop_start_ns = band_performance_bar_ns(p, p->loop_from);
			schedule.loop_end_ns = schedule.end_ns;
		} else if (schedule.n_due > 0 && schedule.due[schedule.n_due - 1].due_ns > schedule.end_ns) {
			schedule.end_ns = schedule.due[schedule.n_due - 1].due_ns;
		}
		*ret = schedule;
	} else {
		perform_failed(r, report);
		free(schedule.due);
	}
	free(message);
	free(seg);
	return r;
}

void band_schedule_finish(struct band_schedule *schedule)
{
	free(schedule->due);
	*schedule = (struct band_schedule){};
}
