/* SPDX-License-Identifier: MIT */
/*
 * How late does the audio cycle begin, and how long does it take?
 *
 * Wake-up: from the moment that the graph's clock names as the cycle's begin to the call of the engine.
 * Beside it, in the same graph and at the same time, the smallest pw_filter client; and cyclictest with
 * the same period and priority, which shows what the machine itself does. PipeWire wakes twice (the sink's
 * timer, then the client), cyclictest once.
 *
 * Good: no later than the smallest client (ratio about 1), p99.9 within a few times cyclictest's, where the
 * quantum of 128 frames is 2667 us.
 */
#include <errno.h>
#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "cycle.h"
#include "cyclictest.h"
#include "driver.h"

#define WARM_CYCLES 400u
#define N_CYCLES 7500u /* 20 s */
#define CYCLE_US 2667u /* of 128 frames */
#define AUDIO_PRIORITY 83u

/** Wake-ups of one client. Written by its audio thread; read when `n` has reached its end. */
struct series {
	double late_ns[N_CYCLES];
	atomic_uint n; /**< cycles seen, the warm-up included */
};

static struct series driver_series, filter_series;

static void keep(struct series *series, int64_t late_ns) MOS_RT
{
	unsigned int n = atomic_load_explicit(&series->n, memory_order_relaxed);

	if (n >= WARM_CYCLES && n < WARM_CYCLES + N_CYCLES)
		series->late_ns[n - WARM_CYCLES] = (double)late_ns;
	atomic_store_explicit(&series->n, n + 1, memory_order_release);
}

static void run_cycle(void *data, struct driver_cycle *cycle) MOS_RT
{
	cycle->leaves = 0;
	for (int i = 0; i < 2; i++)
		memset(cycle->out[i], 0, cycle->n_frames * sizeof(float));
	keep(&driver_series, cycle->late_ns);
}

static void on_status(void *data, const struct driver_status *status)
{
	fprintf(stderr, "driver: %s\n", status->text);
}

/** The smallest client: one port, silence. */
struct client {
	struct pw_thread_loop *loop;
	struct pw_filter *filter;
	void *port;
};

static void on_process(void *data, struct spa_io_position *position)
{
	struct client *client = data;
	uint64_t now_ns = pw_filter_get_nsec(client->filter);
	float *out = pw_filter_get_dsp_buffer(client->port, (uint32_t)position->clock.duration);

	if (out) {
		memset(out, 0, position->clock.duration * sizeof(float));
		keep(&filter_series, (int64_t)(now_ns - position->clock.nsec));
	}
}

static const struct pw_filter_events client_events = {
	PW_VERSION_FILTER_EVENTS,
	.process = on_process,
};

static int client_start(struct client *client, const struct headless_pw *pw)
{
	const char *const link[] = {"pw-link", "minimal:out", HEADLESS_SINK ":playback_FL", NULL};
	struct pw_properties *props;

	pw_init(NULL, NULL);
	client->loop = pw_thread_loop_new("minimal", NULL);
	if (!client->loop)
		return -errno;
	props = pw_properties_new(PW_KEY_NODE_NAME, "minimal", NULL);
	client->filter = pw_filter_new_simple(
		pw_thread_loop_get_loop(client->loop), "minimal", props, &client_events, client);
	if (!client->filter)
		return -errno;
	props = pw_properties_new(
		PW_KEY_PORT_NAME, "out", PW_KEY_FORMAT_DSP, "32 bit float mono audio", NULL);
	client->port = pw_filter_add_port(
		client->filter, PW_DIRECTION_OUTPUT, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0, props, NULL, 0);
	if (!client->port || pw_filter_connect(client->filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0) < 0 ||
		pw_thread_loop_start(client->loop) < 0)
		return -errno;
	return headless_pw_run_until(pw, link) ? 0 : -ETIMEDOUT;
}

static void client_stop(struct client *client)
{
	pw_thread_loop_stop(client->loop);
	pw_filter_destroy(client->filter);
	pw_thread_loop_destroy(client->loop);
	pw_deinit();
}

static bool is_measured(void *data)
{
	const struct series *series = data;

	return atomic_load_explicit(&series->n, memory_order_acquire) >= WARM_CYCLES + N_CYCLES;
}

static void print_wakeups(double *cyclictest, size_t n_cyclictest)
{
	static const struct {
		const char *name, *beside;
		double q;
	} figure[] = {
		{"cycle.wakeup.p50", "cycle.wakeup_beside_filter.p50", 0.5},
		{"cycle.wakeup.p99", "cycle.wakeup_beside_filter.p99", 0.99},
		{"cycle.wakeup.p999", "cycle.wakeup_beside_filter.p999", 0.999},
		{"cycle.wakeup.worst", "cycle.wakeup_beside_filter.worst", 1},
	};

	bench_sort(driver_series.late_ns, N_CYCLES);
	bench_sort(filter_series.late_ns, N_CYCLES);
	for (size_t i = 0; i < sizeof(figure) / sizeof(*figure); i++) {
		double late_ns = bench_at(driver_series.late_ns, N_CYCLES, figure[i].q);

		bench_print(figure[i].name, late_ns, "ns", n_cyclictest ? "cyclictest" : NULL,
			n_cyclictest ? bench_at(cyclictest, n_cyclictest, figure[i].q) : 0);
		bench_print(figure[i].beside, late_ns, "ns", "minimal pw_filter",
			bench_at(filter_series.late_ns, N_CYCLES, figure[i].q));
	}
}

static int measure_wakeups(struct headless_pw *pw)
{
	static double cyclictest[N_CYCLES];
	const struct driver_config config = {.rate_hz = CYCLE_RATE_HZ, .node_name = "mos"};
	struct driver *driver = NULL;
	struct client client = {0};
	struct cyclictest beside;
	size_t n;
	int r = driver_pipewire.create(&config, run_cycle, on_status, NULL, &driver);

	if (r < 0)
		return r;
	r = client_start(&client, pw);
	if (r < 0)
		goto finish;
	cyclictest_start(&beside, AUDIO_PRIORITY, CYCLE_US, N_CYCLES);
	if (!headless_pw_wait_for(is_measured, &driver_series, 120000) ||
		!headless_pw_wait_for(is_measured, &filter_series, 120000))
		r = -ETIMEDOUT;
	n = cyclictest_finish(&beside, cyclictest, N_CYCLES);
	if (r == 0)
		print_wakeups(cyclictest, n);
finish:
	client_stop(&client);
	driver_pipewire.destroy(driver);
	return r;
}

int main(void)
{
	struct headless_pw pw;
	int r = headless_pw_start(&pw, CYCLE_QUANTUM, CYCLE_RATE_HZ);

	if (r == -ENOENT) {
		fprintf(stderr, "PipeWire or WirePlumber is not installed: nothing to measure\n");
		return 77;
	}
	if (r == 0)
		r = measure_wakeups(&pw);
	if (r == 0)
		r = cycle_rtcore(&pw);
	headless_pw_stop(&pw);
	if (r < 0)
		fprintf(stderr, "bench cycle: %s\n", strerror(-r));
	return r < 0;
}
