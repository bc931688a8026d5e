/* SPDX-License-Identifier: MIT */
/* How many notes sound at once: beyond 4,096 nobody plays them (nvx1.md 13). */
#include <errno.h>
#include <stdlib.h>

#include "finish.h"

#define MAX_SOUNDING 4096u

static int compare_ticks(const void *a, const void *b)
{
	const int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
	return p < q ? -1 : p > q;
}

/** Bars that more notes touch than may sound: mostly there are none, and that is quickly seen. */
static int is_crowded(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	int32_t *change = score_zalloc(finish->alloc, draft->n_measure + 1, sizeof(*change));
	uint32_t sounding = 0;
	int crowded = 0;
	if (!change)
		return -ENOMEM;
	for (size_t p = 0; p < draft->n_part; p++)
		for (size_t i = 0; i < draft->part[p].n_note; i++) {
			const struct nvx_note *note = &draft->part[p].note[i];
			(void)finish->check.source.bar_at(&finish->check, note->tick);
			change[finish->bar]++;
			(void)finish->check.source.bar_at(
				&finish->check, note->tick + (int64_t)note->duration_ticks);
			change[finish->bar + 1]--;
		}
	for (size_t i = 0; i < draft->n_measure && !crowded; i++) {
		sounding += (uint32_t)change[i];
		crowded = sounding > MAX_SOUNDING;
	}
	score_free(finish->alloc, change);
	return crowded;
}

int finish_sounding(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	int crowded = draft->n_notes > MAX_SOUNDING ? is_crowded(finish) : 0;
	if (crowded <= 0)
		return crowded;
	int64_t *start = score_zalloc(finish->alloc, draft->n_notes, 2 * sizeof(*start)),
		*end = start + draft->n_notes;
	size_t n = 0;
	if (!start)
		return -ENOMEM;
	for (size_t p = 0; p < draft->n_part; p++)
		for (size_t i = 0; i < draft->part[p].n_note; i++, n++) {
			start[n] = draft->part[p].note[i].tick;
			end[n] = start[n] + (int64_t)draft->part[p].note[i].duration_ticks;
		}
	qsort(start, n, sizeof(*start), compare_ticks);
	qsort(end, n, sizeof(*end), compare_ticks);
	for (size_t i = 0, ended = 0; i < n; i++) {
		while (end[ended] <= start[i])
			ended++;
		if (i + 1 - ended <= MAX_SOUNDING)
			continue;
		score_warn(draft->report, "nvx1.limit.sounding", SCORE_AT("tick %lld", (long long)start[i]),
			"more than %u notes sound at once", MAX_SOUNDING);
		break;
	}
	score_free(finish->alloc, start);
	return 0;
}
