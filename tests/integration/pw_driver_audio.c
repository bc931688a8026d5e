/* SPDX-License-Identifier: MIT */
/* The PipeWire driver's sound and clock, heard at the null sink's monitor by an ordinary client. */
#include <criterion/criterion.h>
#include <string.h>

#include "capture.h"
#include "pw_driver_rig.h"

#define QUANTUM 256u

TestSuite(pw_driver_audio, .timeout = 60);

#define NOWHERE UINT64_MAX
#define KEY_FRAMES 4u /**< that many samples of noise name a place: 64 bits */

static bool is_at(const struct capture *capture, uint64_t at, uint64_t frame, uint32_t n_frames)
{
	for (uint32_t i = 0; i < n_frames; i++) {
		for (int c = 0; c < 2; c++) {
			float heard = capture_channel(capture, c)[at + i], played = rig_sample(frame + i, c);

			if (memcmp(&heard, &played, sizeof(heard)) != 0)
				return false;
		}
	}
	return true;
}

/** The engine frame that is heard at `at` of the recording; NOWHERE: none that was ever played. */
static uint64_t locate(const struct capture *capture, uint64_t at, uint64_t n_played)
{
	for (uint64_t frame = 0; frame + KEY_FRAMES <= n_played; frame++) {
		if (is_at(capture, at, frame, KEY_FRAMES))
			return frame;
	}
	return NOWHERE;
}

struct comparison {
	uint64_t n_equal;  /**< frames heard as they were played */
	uint32_t n_breaks; /**< blocks that are not what was played after the block before */
};

/** Silence before the first sound is the start offset. After that every block must be as it was played. */
static struct comparison compare(const struct rig *rig, const struct capture *capture)
{
	unsigned int n_cycles = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);
	const struct rig_cycle *last = &rig->cycle[n_cycles - 1];
	struct comparison result = {0};
	uint64_t next = NOWHERE;
	uint32_t n_blocks;
	const struct capture_block *block = capture_blocks(capture, &n_blocks);

	for (uint32_t b = 0; b < n_blocks; b++) {
		if (next == NOWHERE || !is_at(capture, block[b].frame, next, block[b].n_frames)) {
			result.n_breaks += next != NOWHERE;
			next = locate(capture, block[b].frame, last->frame + last->n_frames);
			if (next == NOWHERE || !is_at(capture, block[b].frame, next, block[b].n_frames))
				continue;
		}
		result.n_equal += block[b].n_frames;
		next += block[b].n_frames;
	}
	return result;
}

/** Did the machine keep up? Not where the graph's clock jumped, or where a cycle came half a quantum late. */
static bool was_disturbed(const struct rig *rig, const struct capture *capture)
{
	unsigned int n_cycles = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);
	uint32_t n_blocks;
	const struct capture_block *block = capture_blocks(capture, &n_blocks);

	for (uint32_t b = 1; b < n_blocks; b++) {
		if (block[b].position != block[b - 1].position + block[b - 1].n_frames)
			return true;
	}
	for (unsigned int i = 0; i < n_cycles; i++) {
		const struct rig_cycle *cycle = &rig->cycle[i];
		int64_t half_ns = cycle->n_frames * INT64_C(500000000) / RIG_RATE_HZ;

		if (cycle->time_ns >= block[0].time_ns && (cycle->xruns || cycle->late_ns > half_ns))
			return true;
	}
	return false;
}

/** Record for one second and compare, again while the machine disturbs it. Skips when it always does. */
static struct comparison record_and_compare(struct rig *rig)
{
	for (int attempt = 0; attempt < 8; attempt++) {
		struct capture *capture;
		struct comparison result;
		bool disturbed;

		cr_assert_eq(capture_start(HEADLESS_SINK, RIG_RATE_HZ, RIG_RATE_HZ, &capture), 0);
		cr_assert(capture_wait(capture, RIG_RATE_HZ), "%lu frames heard", capture_frames(capture));
		disturbed = was_disturbed(rig, capture);
		result = compare(rig, capture);
		capture_stop(capture);
		if (!disturbed)
			return result;
	}
	rig_stop(rig);
	cr_skip_test("this machine loses cycles: no second of it can be compared");
	return (struct comparison){0};
}

Test(pw_driver_audio, heard_equals_played,
	.description = "APO-20 RUNNING means sound: the sink's monitor is what the cycle wrote, bit for bit")
{
	struct rig *rig = rig_start(QUANTUM);
	struct comparison result;
	struct driver_status status;

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	status = rig_status(rig);
	cr_expect_eq(status.quantum_frames, QUANTUM);
	cr_expect_eq(status.rate_hz, RIG_RATE_HZ);
	result = record_and_compare(rig);
	cr_expect_gt(result.n_equal, RIG_RATE_HZ - 16 * QUANTUM);
	cr_expect_eq(result.n_breaks, 0);
	rig_stop(rig);
}

/**
 * Where no xrun is reported, a cycle begins when the frames of the one before are over. The null sink's
 * clock is exact to a nanosecond.
 * @return steps without xrun.
 */
static unsigned int check_clock(const struct rig *rig, unsigned int n_cycles)
{
	unsigned int steady = 0;

	for (unsigned int i = 1; i < n_cycles; i++) {
		const struct rig_cycle *a = &rig->cycle[i - 1], *b = &rig->cycle[i];
		int64_t step_ns = b->time_ns - a->time_ns,
			one_ns = a->n_frames * INT64_C(1000000000) / RIG_RATE_HZ;

		cr_expect_geq(b->late_ns, 0);
		if (b->xruns)
			continue;
		steady++;
		cr_expect(step_ns >= one_ns - 1 && step_ns <= one_ns + 1,
			"cycle %u of %u frames began %ld ns after one of %u frames", i, b->n_frames, step_ns,
			a->n_frames);
	}
	return steady;
}

Test(pw_driver_audio, cycle_times_are_the_graphs,
	.description =
		"KRO-01 each cycle carries the graph's clock: n frames later is n frames of time later")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, NULL);
	rig_expect_cycles(rig, 200);
	cr_expect_gt(check_clock(rig, 200), 150);
	rig_stop(rig);
}

static bool runs_at_256(void *data)
{
	return rig_status(data).state == DRIVER_RUNNING && rig_status(data).quantum_frames == 256;
}

static bool runs_at_1024(void *data)
{
	return rig_status(data).state == DRIVER_RUNNING && rig_status(data).quantum_frames == 1024;
}

static void set_graph(struct rig *rig, const char *key, const char *value)
{
	const char *const argv[] = {"pw-metadata", "-n", "settings", "0", key, value, NULL};

	cr_assert_eq(headless_pw_run(&rig->pw, argv), 0);
}

Test(pw_driver_audio, quantum_changes,
	.description =
		"the quantum changes while playing: no frame is lost or played twice, the status says so")
{
	struct rig *rig = rig_start(QUANTUM);
	unsigned int n;

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	rig_expect_cycles(rig, 20);
	set_graph(rig, "clock.max-quantum", "1024");
	set_graph(rig, "clock.quantum", "1024");
	cr_expect(headless_pw_wait(runs_at_1024, rig), "%s", rig_status(rig).text);
	set_graph(rig, "clock.quantum", "256");
	cr_expect(headless_pw_wait(runs_at_256, rig), "%s", rig_status(rig).text);
	n = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);
	cr_expect_gt(check_clock(rig, n), n / 2);
	cr_expect_eq(rig->n_running, 1, "a change of quantum is no interruption");
	/* The monitor itself cuts a cycle at a change, so the sound is compared behind it. */
	cr_expect_eq(record_and_compare(rig).n_breaks, 0);
	rig_stop(rig);
}

static bool runs_again_at_1024(void *data)
{
	struct rig *rig = data;

	return runs_at_1024(rig) && rig->n_running == 2;
}

Test(pw_driver_audio, quantum_forced,
	.description = "APO-20 PipeWire stops the graph to force a quantum: the pause is reported, sound "
		       "goes on after it")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	set_graph(rig, "clock.force-quantum", "1024");
	cr_expect(headless_pw_wait(runs_again_at_1024, rig), "%s", rig_status(rig).text);
	cr_expect_eq(record_and_compare(rig).n_breaks, 0);
	rig_stop(rig);
}

Test(pw_driver_audio, quantum_asked_for,
	.description = "a quantum in the configuration is forced on the graph")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 128, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	cr_expect_eq(rig_status(rig).quantum_frames, 128);
	rig_stop(rig);
}

Test(pw_driver_audio, priority_is_said, .description = "the status says which priority the audio thread has")
{
	struct rig *rig = rig_start(QUANTUM);
	struct driver_status status;

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	status = rig_status(rig);
	cr_expect_neq(status.rt_policy, -1);
	if (status.rt_priority > 0)
		cr_expect(strstr(status.text, "SCHED_FIFO") || strstr(status.text, "SCHED_RR"), "%s",
			status.text);
	else
		cr_expect(strstr(status.text, "RLIMIT_RTPRIO"), "%s", status.text);
	rig_stop(rig);
}
