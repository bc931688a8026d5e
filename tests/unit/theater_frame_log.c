/* SPDX-License-Identifier: MIT */
/* What frames took, and how long what happened took to be seen, by times of the test's own. */
#include <criterion/criterion.h>

#include "frame_log.h"

#define MS INT64_C(1000000)
#define PERIOD (50 * MS / 3)

static struct frame_log frames;
static struct frame_log_figures figures;
static int64_t now_ns = 100000 * MS;

static void answer(int64_t event_ns, int64_t commit_ns)
{
	frame_log_take(
		&frames, &(struct mos_surface_answer){.event_ns = event_ns, .commit_ns = commit_ns}, now_ns);
}

static void read_figures(void)
{
	frame_log_read(&frames, &figures);
}

Test(theater_frame_log, parts,
	.description =
		"TIM-13: from event to submitted frame in three parts, the wait for the frame clock apart, "
		"and they are the whole")
{
	frame_log_begin(&frames, now_ns, now_ns);
	frame_log_end(&frames, 1, now_ns + 2 * MS);
	const int64_t event = now_ns + 5 * MS, commit = event + 3 * MS;
	now_ns += PERIOD;
	frame_log_begin(&frames, now_ns - MS / 2, now_ns);
	answer(event, commit);
	frame_log_end(&frames, 1, now_ns + 4 * MS);
	read_figures();
	cr_assert_eq(figures.n_answers, 1);
	cr_expect_eq(figures.part[FRAME_ANSWER].p50_ns, 3 * MS);
	cr_expect_eq(figures.part[FRAME_WAIT].p50_ns, (uint64_t)(now_ns - commit));
	cr_expect_eq(figures.part[FRAME_DRAW].p50_ns, 4 * MS);
	cr_expect_eq(figures.part[FRAME_WHOLE].p50_ns, (uint64_t)(now_ns + 4 * MS - event));
	cr_expect_eq(figures.part[FRAME_ANSWER].p50_ns + figures.part[FRAME_WAIT].p50_ns +
			     figures.part[FRAME_DRAW].p50_ns,
		figures.part[FRAME_WHOLE].p50_ns);
	cr_expect_eq(figures.frames_p99, 1, "the next frame");
	cr_expect_eq(figures.late.max_ns, MS / 2);
	cr_expect_eq(figures.work.max_ns, 4 * MS);
	cr_expect_eq(frames.n_frames, 2);
}

Test(theater_frame_log, counted_in_frames,
	.description = "TIM-14: how late an answer is, is counted in frames, whatever time those took")
{
	int64_t event = 0;

	for (int i = 0; i < 5; i++) {
		now_ns += i == 3 ? 7 * PERIOD : PERIOD; /* one that hung */
		frame_log_begin(&frames, now_ns, now_ns);
		if (i == 1)
			event = now_ns + MS;
		if (i == 4)
			answer(event, now_ns - MS);
		frame_log_end(&frames, 1, now_ns + MS);
	}
	read_figures();
	cr_expect_eq(figures.frames_p50, 3);
	now_ns += PERIOD;
	frame_log_begin(&frames, now_ns, now_ns);
	now_ns += MS; /* answered while the frame looks at other widgets */
	answer(now_ns - MS / 2, now_ns - MS / 4);
	frame_log_end(&frames, 1, now_ns + MS);
	read_figures();
	cr_assert_eq(figures.n_answers, 2);
	cr_expect_eq(frames.frames[1], 1);
	cr_expect_eq(frames.part_ns[FRAME_WAIT][1], 0);
}

Test(theater_frame_log, lies,
	.description =
		"TIM-13 THE-07: times that contradict each other or the clock are nobody's figures, nor what "
		"was not drawn")
{
	frame_log_begin(&frames, now_ns, now_ns);
	answer(0, now_ns - MS);
	answer(now_ns - MS, 0);
	answer(now_ns - MS, now_ns - 2 * MS);
	answer(now_ns - MS, now_ns + MS);
	answer(INT64_MIN, now_ns - MS);
	answer(INT64_MAX, INT64_MAX);
	answer(-1, -1);
	answer(1, now_ns - MS);
	frame_log_end(&frames, 1, now_ns + MS);
	frame_log_begin(&frames, now_ns, now_ns);
	answer(now_ns - 2 * MS, now_ns - MS);
	frame_log_end(&frames, 0, now_ns + MS);
	read_figures();
	cr_expect_eq(figures.n_answers, 0, "%llu", (unsigned long long)figures.n_answers);
	cr_expect_eq(frames.n_frames, 1);
}

Test(theater_frame_log, many,
	.description = "TIM-14: a frame takes the answers of a hundred widgets and more, and the last 1,024 "
		       "are kept")
{
	for (int f = 0; f < 20; f++) {
		now_ns += PERIOD;
		frame_log_begin(&frames, now_ns, now_ns);
		for (int i = 0; i < (f == 19 ? 300 : 100); i++)
			answer(now_ns - (f < 12 ? 900 : 2) * MS, now_ns - MS);
		frame_log_end(&frames, 1, now_ns + MS);
	}
	read_figures();
	cr_expect_eq(figures.n_answers, 1900 + FRAME_LOG_WAITING);
	cr_expect_eq(figures.part[FRAME_ANSWER].p99_ns, 899 * MS);
	cr_expect_eq(figures.part[FRAME_ANSWER].p50_ns, MS, "older ones are forgotten");
}
