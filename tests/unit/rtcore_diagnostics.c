/* SPDX-License-Identifier: MIT */
/* KRO-11: each figure of the diagnostics moves when its fault is planted, and only then. */
#include <unistd.h>

#include "rtcore_fixture.h"

#define RATE 48000u
#define QUANTUM 256u
#define MS 1000000

/* A graph clock that the test bends. */
struct graph {
	struct rig rig;
	double time_ns, frame_ns;
	float l[QUANTUM], r[QUANTUM];
};

static struct graph g;

static void setup(void)
{
	rig_init(&g.rig, RATE, QUANTUM);
	g.time_ns = 5e9;
	g.frame_ns = 1e9 / RATE;
}

static void teardown(void)
{
	rig_finish(&g.rig);
}

TestSuite(diagnostics, .init = setup, .fini = teardown, .timeout = 30);

/* One cycle, `off_ns` away from where the clock would have it. */
static void cycle(double off_ns, int64_t late_ns, uint32_t xruns)
{
	struct driver_cycle c = {.n_frames = QUANTUM,
		.rate_hz = RATE,
		.time_ns = (int64_t)(g.time_ns + off_ns),
		.late_ns = late_ns,
		.xruns = xruns,
		.out = {g.l, g.r}};

	engine_cycle(g.rig.e, &c);
	g.time_ns += g.frame_ns * QUANTUM;
}

static void seconds(double s)
{
	for (double end = g.time_ns + s * 1e9; g.time_ns < end;)
		cycle(0, 0, 0);
}

static uint64_t worst(enum rtcore_counter c)
{
	const struct mos_counters *counters = &g.rig.regions.counters;
	struct mos_counters_view view;
	uint64_t value;

	cr_assert_eq(mos_counters_attach(counters->region.fd, &view, NULL), 0);
	value = mos_counters_quantile(&view, c, 1.0);
	mos_counters_detach(&view);
	return value;
}

static int64_t count(enum rtcore_counter c)
{
	return rig_counter(&g.rig, c);
}

/* All that tells of a fault, while there is none. */
static void expect_quiet(void)
{
	cr_expect_lt(
		count(C_JITTER_MAX), 2000, "the clock's own rounding: %lld", (long long)count(C_JITTER_MAX));
	cr_expect_lt(llabs(count(C_DLL_ERROR)), 2000);
	cr_expect_lt(llabs(count(C_DRIFT)), 2000, "%lld ppb", (long long)count(C_DRIFT));
	cr_expect_eq(count(C_RESYNCS), 0);
	cr_expect_eq(count(C_XRUNS), 0);
	cr_expect_eq(worst(C_WAKEUP), 0);
	cr_expect_eq(count(C_DEFERRED), 0);
	cr_expect_eq(count(C_LATE), 0);
	cr_expect_eq(count(C_REFUSED), 0);
	cr_expect_eq(count(C_DUPLICATES), 0);
	cr_expect_eq(count(C_LIVE_DROPPED), 0);
}

Test(diagnostics, quiet, .description = "KRO-11: a graph on time, a score that plays: nothing is told")
{
	struct score s = score_at(500000000, 8 * 960);

	for (int beat = 0; beat < 8; beat++)
		score_note(&s, beat * 960, 480, 0, 60, 100);
	rig_score(&g.rig, &s);
	cr_assert_eq(rig_play(&g.rig), 0);
	seconds(3);
	expect_quiet();
	cr_expect_gt(count(C_EVENTS_DUE), 0, "it did play");
}

Test(diagnostics, jitter,
	.description = "KRO-11 TIM-01: a cycle that begins 2 ms late is in histogram, maximum and DLL error")
{
	seconds(2);
	cycle(2 * MS, 0, 0);
	cr_expect_geq(worst(C_JITTER), 1900000);
	cr_expect(count(C_JITTER_MAX) > 1900000 && count(C_JITTER_MAX) < 2100000, "%lld",
		(long long)count(C_JITTER_MAX));
	cr_expect(count(C_DLL_ERROR) > 1900000 && count(C_DLL_ERROR) < 2100000, "%lld",
		(long long)count(C_DLL_ERROR));
	cr_expect_eq(count(C_RESYNCS), 0, "a late cycle is no lost one");
	cr_expect_eq(count(C_XRUNS), 0);
}

Test(diagnostics, drift,
	.description = "KRO-11 KRO-05: a sink 200 ppm slow shows as that drift, one that is fast with the "
		       "other sign")
{
	g.frame_ns *= 1 + 200e-6;
	seconds(60);
	cr_expect(llabs(count(C_DRIFT) - 200000) < 10000, "%lld ppb", (long long)count(C_DRIFT));
	g.frame_ns *= 1 - 400e-6;
	seconds(60);
	cr_expect(llabs(count(C_DRIFT) + 200000) < 10000, "%lld ppb", (long long)count(C_DRIFT));
}

Test(diagnostics, lost_cycles,
	.description = "KRO-11: a graph that stood still is a resynchronisation, no jitter")
{
	seconds(2);
	g.time_ns += 1e9;
	seconds(1);
	cr_expect_eq(count(C_RESYNCS), 1);
	cr_expect_lt(count(C_JITTER_MAX), 2000, "%lld", (long long)count(C_JITTER_MAX));
}

Test(diagnostics, xruns_and_wakeup,
	.description = "KRO-11: what the driver tells of xruns and late wake-ups is counted")
{
	seconds(1);
	cycle(0, 700000, 0);
	cycle(0, 0, 3);
	cycle(0, 0, 2);
	cr_expect_eq(count(C_XRUNS), 5);
	cr_expect(worst(C_WAKEUP) >= 700000 && worst(C_WAKEUP) < 2 * 700000, "%llu",
		(unsigned long long)worst(C_WAKEUP));
}

Test(diagnostics, queue_depth,
	.description = "KRO-11: requests that wait for a load are the queue's depth, until it ends")
{
	struct score s = score_at(500000000, 960);
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_LOADING};

	rig_send(&g.rig, &msg, NULL, 0);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_PLAY};
	for (int i = 0; i < 3; i++)
		rig_send(&g.rig, &msg, NULL, 0);
	cycle(0, 0, 0);
	cr_expect_eq(count(C_DEFERRED), 3);
	msg = (struct mos_rtctl_msg){.op = ENGINE_OP_SONG};
	rig_send(&g.rig, &msg, score_song(&s), 0);
	cycle(0, 0, 0);
	cr_expect_eq(count(C_DEFERRED), 0);
	cr_expect_eq(count(C_DUPLICATES), 2, "KRO-22: two of three play requests asked for what was there");
}

Test(diagnostics, refusals, .description = "KRO-11 KRO-12: an illegal change is counted")
{
	(void)rig_pause(&g.rig);
	cycle(0, 0, 0);
	cr_expect_eq(count(C_REFUSED), 1);
}

Test(diagnostics, latencies,
	.description = "KRO-23: each seek is in the histogram, by the time from request to position")
{
	struct score s = score_at(500000000, 9600);

	rig_score(&g.rig, &s);
	for (int i = 0; i < 5; i++) {
		struct engine_cmd cmd = {.msg.op = MOS_RTCTL_SEEK, .sent_ns = engine_now_ns() - 3 * MS};

		cmd.msg.u.seek.tick = 960 * i;
		cr_assert_eq(engine_send(g.rig.e, &cmd), 0);
	}
	cycle(0, 0, 0);
	cr_expect_geq(worst(C_SEEK), 3 * MS);
	cr_expect_eq(count(C_COMMANDS), 5, "KRO-28: what was carried out");
}
