/* SPDX-License-Identifier: MIT */
#include "frame_log.h"

#include <stdlib.h>
#include <string.h>

#define OLDEST_NS 1000000000 /* an answer that comes later was not made for the event any more */

void frame_log_begin(struct frame_log *log, int64_t due_ns, int64_t now_ns)
{
	log->begin_ns[log->n_begun++ % FRAME_LOG_KEPT] = now_ns;
	log->due_ns = due_ns;
	log->n_waiting = 0;
}

static int64_t begun_ns(const struct frame_log *log)
{
	return log->begin_ns[(log->n_begun - 1) % FRAME_LOG_KEPT];
}

/* A widget writes the times: what contradicts itself or the clock is none of ours. */
static int is_possible(const struct mos_surface_answer *a, int64_t now_ns)
{
	return a->event_ns > 0 && a->event_ns <= a->commit_ns && a->commit_ns - a->event_ns <= OLDEST_NS &&
	       a->commit_ns <= now_ns && now_ns - a->commit_ns <= OLDEST_NS;
}

void frame_log_take(struct frame_log *log, const struct mos_surface_answer *answer, int64_t now_ns)
{
	if (log->n_waiting < FRAME_LOG_WAITING && is_possible(answer, now_ns))
		log->waiting[log->n_waiting++] = *answer;
}

/* One that happened while this frame was being drawn already is in the first. */
static uint32_t frames_since(const struct frame_log *log, int64_t event_ns)
{
	const uint64_t most = log->n_begun < FRAME_LOG_KEPT ? log->n_begun : FRAME_LOG_KEPT;
	uint32_t n = 0;

	while (n < most && log->begin_ns[(log->n_begun - 1 - n) % FRAME_LOG_KEPT] >= event_ns)
		n++;
	return n ? n : 1;
}

static void keep_answer(struct frame_log *log, const struct mos_surface_answer *a, int64_t now_ns)
{
	const uint64_t at = log->n_answers++ % FRAME_LOG_KEPT;
	const int64_t begin_ns = begun_ns(log);

	log->part_ns[FRAME_ANSWER][at] = (uint64_t)(a->commit_ns - a->event_ns);
	log->part_ns[FRAME_WAIT][at] = begin_ns > a->commit_ns ? (uint64_t)(begin_ns - a->commit_ns) : 0;
	log->part_ns[FRAME_DRAW][at] = (uint64_t)(now_ns - begin_ns);
	log->part_ns[FRAME_WHOLE][at] = (uint64_t)(now_ns - a->event_ns);
	log->frames[at] = frames_since(log, a->event_ns);
}

void frame_log_end(struct frame_log *log, int is_drawn, int64_t now_ns)
{
	const int64_t begin_ns = begun_ns(log);

	for (uint32_t i = 0; is_drawn && i < log->n_waiting; i++)
		keep_answer(log, &log->waiting[i], now_ns);
	log->n_waiting = 0;
	if (!is_drawn)
		return;
	log->work_ns[log->n_frames % FRAME_LOG_KEPT] = (uint64_t)(now_ns - begin_ns);
	log->late_ns[log->n_frames % FRAME_LOG_KEPT] =
		begin_ns > log->due_ns ? (uint64_t)(begin_ns - log->due_ns) : 0;
	log->n_frames++;
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static struct frame_quantiles quantiles(const uint64_t kept[static FRAME_LOG_KEPT], uint64_t n_ever)
{
	const uint64_t n = n_ever < FRAME_LOG_KEPT ? n_ever : FRAME_LOG_KEPT;
	uint64_t sorted[FRAME_LOG_KEPT];

	if (n == 0)
		return (struct frame_quantiles){0};
	memcpy(sorted, kept, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_u64);
	return (struct frame_quantiles){sorted[n / 2], sorted[n * 99 / 100], sorted[n - 1]};
}

void frame_log_read(const struct frame_log *log, struct frame_log_figures *ret)
{
	uint64_t frames[FRAME_LOG_KEPT];
	struct frame_quantiles of_frames;

	for (uint32_t i = 0; i < FRAME_LOG_KEPT; i++)
		frames[i] = log->frames[i];
	of_frames = quantiles(frames, log->n_answers);
	*ret = (struct frame_log_figures){.work = quantiles(log->work_ns, log->n_frames),
		.late = quantiles(log->late_ns, log->n_frames),
		.n_answers = log->n_answers,
		.frames_p50 = (uint32_t)of_frames.p50_ns,
		.frames_p99 = (uint32_t)of_frames.p99_ns};
	for (int part = 0; part < FRAME_N_PARTS; part++)
		ret->part[part] = quantiles(log->part_ns[part], log->n_answers);
}
