/* SPDX-License-Identifier: MIT */
/*
 * How exactly does a program know where the music is? While a piece with many tempo changes plays through
 * PipeWire, a client asks for the position a thousand times a second, as a widget would. What it is told is
 * compared with the ideal line: the piece's own tempo map, begun at one instant and counted by
 * CLOCK_MONOTONIC.
 *
 * Good (TIM-01, KRO-05, KRO-19): p99.9 of the deviation below 1 ms, the drift below 50 ms in 10 minutes, and
 * the anchors of the clock page on a straight line within 0.1 ms (p99). Expected is far less: the deviation
 * is that of one anchor and of up to a quantum after a tempo change, the drift that of the sink's clock.
 *
 * Beside it runs cyclictest: what it shows is the machine's. Where the machine stalls for more than half a
 * cycle, the graph loses cycles: the music then really is late by that much, and goes on. So each such place
 * begins a new line, and is counted and summed up as lost; jitter_raw is the deviation without doing so.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/control.h>
#include <mos/tempo.h>

#include "bench.h"
#include "cyclictest.h"
#include "piece.h"

#define LOOK_NS 1000000
#define LOOKS_PER_S 1000u
#define SETTLE_LOOKS 2000u /* the delay-locked loop narrows half a second after a start */
#define WAIT_MS 30000
#define SECONDS_MAX 3600u
#define CYCLICTEST_PRIORITY 80u
#define OWN_PRIORITY 20 /* below all audio, above what else the machine does: looks come when they should */

/** One look at the clock page. */
struct look {
	double at_ns;     /**< when; from the first look */
	double line_ns;   /**< deviation: `at_ns` minus the time that the tempo map gives the position */
	double anchor_ns; /**< likewise of the page's anchor, by its frame number */
	double anchor_at_ns;
	uint32_t line; /**< number of the straight line that it belongs to */
};

struct lost {
	uint32_t n; /**< places */
	double ms;  /**< in all */
};

/** Room for all looks, of the run's length. */
static struct look *look;
static double *off_ns, *cyclictest_ns;

static int fail(struct mos_client *c, const char *what)
{
	fprintf(stderr, "transport: %s: %s\n", what, c ? mos_client_error(c)->message : strerror(errno));
	return 1;
}

static uint64_t counter(const struct mos_client *c, const char *name)
{
	const struct mos_counters_view *view = mos_client_counters(c);
	int i = mos_counters_find(view, name);

	return i < 0 ? 0 : mos_counters_get(view, (uint32_t)i);
}

static double counter_quantile(const struct mos_client *c, const char *name, double q)
{
	const struct mos_counters_view *view = mos_client_counters(c);
	int i = mos_counters_find(view, name);

	return i < 0 ? 0 : (double)mos_counters_quantile(view, (uint32_t)i, q);
}

static void sleep_until(int64_t ns)
{
	struct timespec ts = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/** Exact to the fraction of a tick. A tick lasts as many u as a quarter lasts ns. */
static double position_ns(const struct mos_tempo_map *map, const struct mos_now *now)
{
	double u = (double)mos_tempo_tick_to_u(map, now->tick);

	return (u + (double)mos_tempo_npq_at(map, now->tick) * now->tick_frac / 4294967296.0) / MOS_U_PER_NS;
}

/** Look `n` times, after the clock has settled. @return 0; 1, said on stderr. */
static int take_looks(
	struct mos_client *c, const struct mos_tempo_map *map, uint32_t n, struct lost *ret_lost)
{
	int64_t next_ns = bench_now_ns(), origin_ns = next_ns;
	double anchor_before = 0;
	uint32_t line = 0;

	for (uint32_t i = 0; i < n + SETTLE_LOOKS; i++, next_ns += LOOK_NS) {
		struct look *l = &look[i < SETTLE_LOOKS ? 0 : i - SETTLE_LOOKS];
		struct mos_now now;
		double half_cycle_ns, step;
		int r;

		sleep_until(next_ns);
		r = mos_clock_now(c, &now);
		if (r < 0) {
			fprintf(stderr, "transport: the clock cannot be read after %u looks: %s\n", i,
				strerror(-r));
			return 1;
		}
		if (!(now.clock.flags & MOS_CLOCK_ROLLING)) {
			fprintf(stderr, "transport: the clock stands still after %u looks: %s, flags %#x\n",
				i, mos_transport_state_name(now.clock.state), now.clock.flags);
			return 1;
		}
		l->at_ns = (double)(now.time_ns - origin_ns);
		l->line_ns = l->at_ns - position_ns(map, &now);
		l->anchor_at_ns = (double)(now.clock.time_ns - origin_ns);
		l->anchor_ns = l->anchor_at_ns - (double)now.clock.frame * 1e9 / now.clock.rate_hz;
		half_cycle_ns = 0.5e9 * now.clock.quantum_frames / now.clock.rate_hz;
		step = l->anchor_ns - anchor_before;
		anchor_before = l->anchor_ns;
		if (i > SETTLE_LOOKS && fabs(step) > half_cycle_ns) {
			line++;
			ret_lost->n++;
			ret_lost->ms += step / 1e6;
		}
		l->line = line;
	}
	return 0;
}

/**
 * Fit straight lines of one common slope, an offset each, by least squares. Leaves in off_ns how far each
 * look is from its line, in rising order.
 *
 * @param x, y     Of look i, as offsets into struct look.
 * @param lines    Each line number apart; false: all looks are one line.
 * @return the slope.
 */
static double fit(uint32_t n, size_t x, size_t y, bool lines)
{
#define AT(i, field) (*(const double *)((const char *)&look[i] + (field)))
	double xx = 0, xy = 0, slope;

	for (int pass = 0; pass < 2; pass++) {
		slope = xx > 0 ? xy / xx : 0;
		for (uint32_t from = 0, to; from < n; from = to) {
			double mean_x = 0, mean_y = 0;

			for (to = from; to < n && (!lines || look[to].line == look[from].line); to++) {
				mean_x += AT(to, x);
				mean_y += AT(to, y);
			}
			mean_x /= to - from;
			mean_y /= to - from;
			for (uint32_t i = from; i < to; i++) {
				double dx = AT(i, x) - mean_x, dy = AT(i, y) - mean_y;

				if (pass == 0) {
					xx += dx * dx;
					xy += dx * dy;
				} else {
					off_ns[i] = fabs(dy - slope * dx);
				}
			}
		}
	}
#undef AT
	bench_sort(off_ns, n);
	return slope;
}

static void print_figures(struct mos_client *c, uint32_t n, size_t n_cyclictest)
{
	static const struct {
		const char *name;
		double q;
	} jitter[] = {
		{"transport.jitter.p50", 0.5},
		{"transport.jitter.p99", 0.99},
		{"transport.jitter.p999", 0.999},
		{"transport.jitter.max", 1},
	};
	double slope = fit(n, offsetof(struct look, at_ns), offsetof(struct look, line_ns), true);

	for (size_t i = 0; i < sizeof(jitter) / sizeof(*jitter); i++)
		bench_print(jitter[i].name, bench_at(off_ns, n, jitter[i].q) / 1000, "us",
			n_cyclictest ? "cyclictest" : NULL,
			n_cyclictest ? bench_at(cyclictest_ns, n_cyclictest, jitter[i].q) / 1000 : 0);
	bench_print("transport.jitter_beside_goal.p999", bench_at(off_ns, n, 0.999) / 1000, "us", "goal 1 ms",
		1000);
	bench_print("transport.drift", slope * 600e3, "ms in 10 min", "goal 50 ms", 50);
	fit(n, offsetof(struct look, at_ns), offsetof(struct look, line_ns), false);
	bench_print("transport.jitter_raw.p999", bench_at(off_ns, n, 0.999) / 1000, "us", "goal 1 ms", 1000);
	fit(n, offsetof(struct look, anchor_at_ns), offsetof(struct look, anchor_ns), true);
	bench_print("transport.anchor.p99", bench_at(off_ns, n, 0.99) / 1000, "us", "goal 0.1 ms", 100);
	bench_print("kronos.jitter.p99", counter_quantile(c, "kronos.jitter", 0.99) / 1000, "us",
		"goal 0.1 ms", 100);
}

static int measure(struct mos_client *c, uint32_t seconds, const char *path)
{
	static struct mos_tempo_seg seg[PIECE_TEMPI];
	uint32_t n = seconds * LOOKS_PER_S;
	struct cyclictest beside;
	struct mos_tempo_map map;
	struct lost lost = {0};
	uint64_t xruns, resyncs;
	size_t n_cyclictest;
	int r = piece_write_band(path, seconds + 10, &map, seg);

	if (r < 0) {
		errno = -r;
		return fail(NULL, path);
	}
	if (mos_call(c, "apollo.engine.init", MOS_NO_ARGS, NULL) < 0 || mos_score_load(c, path, NULL) < 0 ||
		mos_transport_play(c, 0) < 0)
		return fail(c, "play");
	xruns = counter(c, "rt.xruns");
	resyncs = counter(c, "kronos.resyncs");
	cyclictest_start(&beside, CYCLICTEST_PRIORITY, 1000000 / LOOKS_PER_S, n);
	r = take_looks(c, &map, n, &lost);
	xruns = counter(c, "rt.xruns") - xruns;
	resyncs = counter(c, "kronos.resyncs") - resyncs;
	n_cyclictest = cyclictest_finish(&beside, cyclictest_ns, n);
	mos_transport_stop(c);
	if (r != 0)
		return r;
	print_figures(c, n, n_cyclictest);
	bench_print("transport.lost.places", lost.n, "", NULL, 0);
	bench_print("transport.lost.time", lost.ms, "ms", NULL, 0);
	bench_print("transport.lost.xruns", (double)xruns, "", NULL, 0);
	bench_print("transport.lost.resyncs", (double)resyncs, "", NULL, 0);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"seconds", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	char path[] = "/tmp/mos-bench-transport-XXXXXX.mid";
	struct mos_client *c;
	struct mos_error error;
	uint32_t seconds = 10;
	int opt, fd, r;

	while ((opt = getopt_long(argc, argv, "", known, NULL)) == 's')
		seconds = (uint32_t)strtoul(optarg, NULL, 10);
	if (opt != -1 || optind < argc || seconds < 1 || seconds > SECONDS_MAX) {
		fprintf(stderr, "Usage: mos-session -p -q 128 -- %s [--seconds 1..%u]\n", argv[0],
			SECONDS_MAX);
		return 2;
	}
	if (mos_client_create(
		    &(struct mos_client_options){.name = "bench", .wait_ms = WAIT_MS, .timeout_ms = WAIT_MS},
		    &c, &error) < 0) {
		fprintf(stderr, "transport: %s (%s)\n", error.message, error.hint);
		return 1;
	}
	look = calloc(seconds * LOOKS_PER_S, sizeof(*look));
	off_ns = calloc(seconds * LOOKS_PER_S, sizeof(*off_ns));
	cyclictest_ns = calloc(seconds * LOOKS_PER_S, sizeof(*cyclictest_ns));
	fd = mkstemps(path, 4);
	if (!look || !off_ns || !cyclictest_ns || fd < 0)
		return fail(NULL, path);
	close(fd);
	(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = OWN_PRIORITY});
	r = measure(c, seconds, path);
	unlink(path);
	mos_client_destroy(c);
	free(look);
	free(off_ns);
	free(cyclictest_ns);
	return r;
}
