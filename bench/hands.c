/* SPDX-License-Identifier: MIT */
/*
 * How long do hands take to find their places (HRM-07), and how far off are they? `solve`: one hand for one
 * of the 120 shapes of the fretboard, all fingers down and none near where they begin. `frame`: what the
 * widget does for a picture, both hands out of four full measures of notes, at places between the chords too.
 *
 * Good: 99 % below the goal of 16 ms, which is a frame; off by less than 1 mm.
 */
#include "bench.h"
#include "fretboard.h"
#include "part.h"

#define GOAL_MS 16
#define GOAL_MM 1
#define ROUNDS 40
#define SHAPES (N_SHAPES * 24)
#define CHORD_TICKS 240
#define N_NOTES (HANDS_WINDOW - FRETBOARD_STRINGS)

/* Of this thread: what it takes, and not what others take meanwhile. */
static int64_t work_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static struct hands_note note[HANDS_WINDOW];
static double ms[ROUNDS * SHAPES];

/* @return how many notes. */
static unsigned make_shape(unsigned i, int64_t tick, struct hands_note *ret)
{
	static const uint8_t right[FRETBOARD_STRINGS] = {
		MOS_FRET_A, MOS_FRET_M, MOS_FRET_I, MOS_FRET_P, MOS_FRET_P, MOS_FRET_P};
	const struct fretboard_grip grip = fretboard_caged(
		(enum fretboard_shape)(i % N_SHAPES), (int)(i / N_SHAPES % 12), i / N_SHAPES >= 12);
	unsigned n = 0;

	for (int s = 0; s < FRETBOARD_STRINGS; s++)
		if (grip.fret[s] >= 0)
			ret[n++] = (struct hands_note){.tick = tick,
				.end_tick = tick + CHORD_TICKS,
				.string = (uint8_t)(FRETBOARD_STRINGS - s),
				.fret = (uint8_t)grip.fret[s],
				.finger = (uint8_t)grip.finger[s],
				.right = right[FRETBOARD_STRINGS - 1 - s]};
	return n;
}

static void print(const char *name, size_t n)
{
	char text[64];

	bench_sort(ms, n);
	(void)snprintf(text, sizeof(text), "hands.%s.p50", name);
	bench_print(text, bench_at(ms, n, 0.5), "ms", "goal", GOAL_MS);
	(void)snprintf(text, sizeof(text), "hands.%s.p99", name);
	bench_print(text, bench_at(ms, n, 0.99), "ms", "goal", GOAL_MS);
	(void)snprintf(text, sizeof(text), "hands.%s.worst", name);
	bench_print(text, ms[n - 1], "ms", "goal", GOAL_MS);
}

static void measure_solve(void)
{
	double worst_mm = 0;
	size_t n = 0;

	for (int round = -1; round < ROUNDS; round++) /* the first warms up */
		for (unsigned i = 0; i < SHAPES; i++) {
			const unsigned n_notes = make_shape(i, 0, note);
			struct hands_touch touch[HANDS_FINGERS];
			struct hands_task task;
			struct hands_pose pose;

			hands_aim(&mos_fret_guitar, note, n_notes, HANDS_LEFT, 0, &task, touch);
			const int64_t begin = work_ns();
			const struct hands_result result = hands_solve(&task, &pose);
			if (round >= 0)
				ms[n++] = (double)(work_ns() - begin) / 1e6;
			worst_mm = (double)result.error_mm > worst_mm ? (double)result.error_mm : worst_mm;
		}
	print("solve", n);
	bench_print("hands.solve.off", worst_mm, "mm", "goal", GOAL_MM);
}

static void measure_frame(void)
{
	unsigned n_notes = 0;
	int64_t tick = 0;
	size_t n = 0;

	for (unsigned i = 0; n_notes <= N_NOTES; i = (i + 37) % SHAPES, tick += CHORD_TICKS)
		n_notes += make_shape(i, tick, note + n_notes);
	for (size_t i = 0; i < ROUNDS * SHAPES / 2; i++) {
		const double at = (double)tick * (double)i / (ROUNDS * SHAPES / 2);
		struct hands_seen seen[HANDS_SIDES];
		const int64_t begin = work_ns();

		for (int side = 0; side < HANDS_SIDES; side++)
			hands_show(&mos_fret_guitar, note, n_notes, (enum hands_side)side, at, &seen[side]);
		ms[n++] = (double)(work_ns() - begin) / 1e6;
	}
	print("frame", n);
}

int main(void)
{
	measure_solve();
	measure_frame();
	return 0;
}
