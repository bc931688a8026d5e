/* SPDX-License-Identifier: MIT */
/*
 * The microphone's way through an amplifier model, in a graph of its own: a source of noise, the real engine
 * with a model in the input strip and its process, the sink's monitor. What the sink gets is the model's
 * sound of what the source sent a known number of frames before.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "apollo/insert/insert_host.h"
#include "apollo/nam/nam.h"
#include "capture.h"
#include "engine.h"
#include "headless_pw.h"
#include "pw_source.h"

#define RATE_HZ 48000u
#define QUANTUM 128u
#define LATENCY 128u /* frames: 2.7 ms */
#define PATH_MS 15.0
#define BLOCKS 300u
#define HISTORY 8192u /* frames that the model remembers, at most */
#define OUTPUT_DB (-12.0f)

TestSuite(pw_insert, .timeout = 120);

struct rig {
	struct headless_pw pw;
	struct engine_regions regions;
	struct engine *engine;
	struct driver *driver;
	struct inserts *in;
	struct insert_bell *bell;
	pthread_t bus;
	int bell_fd;
	int is_ready;
	atomic_bool stop;
	atomic_uint n_cycles;
};

static void run_cycle(void *data, struct driver_cycle *c) MOS_RT
{
	struct rig *rig = data;

	engine_cycle(rig->engine, c);
	atomic_fetch_add_explicit(&rig->n_cycles, 1, memory_order_release);
}

static void on_status(void *data, const struct driver_status *status)
{
}

static bool runs(void *data)
{
	return atomic_load_explicit(&((struct rig *)data)->n_cycles, memory_order_acquire) > 10;
}

/* The bus thread's part of it. */
static void *ring(void *data)
{
	struct rig *rig = data;
	struct sched_param param = {.sched_priority = 10};
	uint64_t count;

	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	while (!atomic_load(&rig->stop)) {
		struct pollfd p = {.fd = rig->bell_fd, .events = POLLIN};

		(void)poll(&p, 1, 100);
		(void)!read(rig->bell_fd, &count, sizeof(count));
		insert_bell_ring(rig->bell);
	}
	return NULL;
}

static int on_swap(void *data, uint32_t strip, uint32_t slot, struct insert *next)
{
	struct rig *rig = data;
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_INSERT, .ptr = next};

	cmd.msg.u.insert.strip = strip;
	cmd.msg.u.insert.slot = slot;
	return engine_send(rig->engine, &cmd);
}

static void on_told(
	void *data, uint32_t strip, uint32_t slot, enum inserts_news news, int status, const char *text)
{
	cr_assert_neq(news, INSERTS_FAILED, "%s", text);
	((struct rig *)data)->is_ready |= news == INSERTS_READY;
}

/* Control's part. */
static bool is_in_force(void *data)
{
	struct rig *rig = data;
	struct engine_cmd cmd;

	inserts_dispatch(rig->in);
	while (engine_receive(rig->engine, &cmd))
		if (cmd.msg.op == ENGINE_OP_INSERT)
			inserts_swapped(rig->in, cmd.msg.u.insert.strip, cmd.msg.u.insert.slot, cmd.ptr);
	return rig->is_ready;
}

static void set(struct rig *rig, const char *symbol, float value)
{
	char error[256] = "";

	cr_assert_eq(inserts_control(rig->in, APOLLO_INPUT_STRIP, 0, symbol, value, error, sizeof(error)), 0,
		"%s", error);
}

static struct rig *start(const char *model)
{
	const struct driver_config config = {.rate_hz = RATE_HZ, .node_name = "mos"};
	struct inserts_config inserts = {
		.rate_hz = RATE_HZ, .quantum = QUANTUM, .program = FXHOST, .swap = on_swap, .told = on_told};
	struct rig *rig = calloc(1, sizeof(*rig));
	char error[256] = "";
	int r;

	cr_assert(rig);
	r = headless_pw_start(&rig->pw, QUANTUM, RATE_HZ);
	if (r == -ENOENT)
		cr_skip_test("PipeWire or WirePlumber is not installed");
	cr_assert_eq(r, 0);
	cr_assert_eq(engine_regions_create(&rig->regions), 0);
	rig->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rig->engine = engine_create(RATE_HZ, &rig->regions, rig->bell_fd);
	rig->bell = insert_bell_create();
	cr_assert(rig->engine && rig->bell);
	rig->engine->inserts = inserts.bell = rig->bell;
	inserts.data = rig;
	cr_assert_eq(inserts_create(&inserts, &rig->in), 0);
	cr_assert_eq(pthread_create(&rig->bus, NULL, ring, rig), 0);
	cr_assert_eq(driver_pipewire.create(&config, run_cycle, on_status, rig, &rig->driver), 0);
	cr_assert(headless_pw_wait(runs, rig));
	cr_assert_eq(inserts_set(rig->in, APOLLO_INPUT_STRIP, 0, MOS_INSERT_NAM, model, error, sizeof(error)),
		0, "%s", error);
	cr_assert(headless_pw_wait(is_in_force, rig));
	set(rig, "normalize", 0);
	set(rig, "output_db", OUTPUT_DB);
	return rig;
}

static void stop(struct rig *rig)
{
	struct insert **slot;

	driver_pipewire.destroy(rig->driver);
	slot = mix_slot(&rig->engine->apollo.mix, APOLLO_INPUT_STRIP, 0);
	(void)insert_swap(slot, NULL);
	atomic_store(&rig->stop, true);
	pthread_join(rig->bus, NULL);
	inserts_destroy(rig->in);
	engine_destroy(rig->engine);
	engine_regions_finish(&rig->regions);
	insert_bell_destroy(rig->bell);
	headless_pw_stop(&rig->pw);
	close(rig->bell_fd);
	free(rig);
}

/* The model's sound of the source's noise, frames position..position + n - 1. */
static void expect(const struct nam_model *m, uint64_t position, float *ret, uint32_t n)
{
	struct nam_state *state = nam_state_create(m);
	float x[256];

	cr_assert(state);
	for (uint64_t at = position - HISTORY; at < position + n; at += QUANTUM) {
		for (uint32_t i = 0; i < QUANTUM; i++)
			x[i] = 0.5f * (pw_source_sample(at + i, 0) + pw_source_sample(at + i, 1));
		nam_process(state, x, at >= position ? ret + (at - position) : x, QUANTUM);
	}
	nam_state_destroy(state);
}

/* @return 1 the block is what the source sent `way` frames before, through the model */
static int is_right(const struct nam_model *m, const struct capture_block *b, const float *left, uint32_t way)
{
	const float gain = powf(10, OUTPUT_DB / 20);
	float want[QUANTUM];

	if (b->n_frames != QUANTUM)
		return 0;
	expect(m, b->position - way, want, QUANTUM);
	for (uint32_t i = 0; i < QUANTUM; i++)
		if (!(fabsf(left[b->frame + i] - want[i] * gain) < 1e-5f))
			return 0;
	return 1;
}

/* The recorder gets what the sink plays in the cycle after; how many cycles the graph takes is its affair. */
static uint32_t find_way(const struct nam_model *m, const struct capture_block *b, const float *left)
{
	for (uint32_t way = LATENCY; way <= LATENCY + 8 * QUANTUM; way += QUANTUM)
		if (is_right(m, b, left, way))
			return way;
	return 0;
}

Test(pw_insert, microphone,
	.description = "NAM-02: from the microphone through an amplifier model to the sink, 99 % of all "
		       "blocks within 15 ms")
{
	const struct pw_source_config config = {.name = "microphone",
		.media_class = "Audio/Source",
		.kind = PW_SOURCE_AUDIO,
		.priority = 2000};
	const char *given = getenv("MOS_CORPORA");
	char path[4096], error[256] = "";
	const struct capture_block *blocks;
	struct nam_model *m;
	struct capture *capture;
	struct pw_source *source;
	struct rig *rig;
	uint32_t n, n_right = 0, n_looked = 0, way = 0;
	double path_ms;

	(void)snprintf(path, sizeof(path), "%s/nam/core/wavenet.nam",
		given ? given : MOS_SOURCE_ROOT "/../shared/corpora");
	if (access(path, R_OK) < 0)
		cr_skip_test("needs %s", path);
	cr_assert_eq(nam_load(path, NAM_SIZE_BEST, &m, error, sizeof(error)), 0, "%s", error);
	cr_assert_lt(nam_info(m)->receptive_frames, HISTORY);
	rig = start(path);
	source = pw_source_start(&config);
	/* on a machine that loses cycles, a second without a loss may take a few tries */
	for (uint32_t tries = 0; tries < 10 && (!n_looked || n_right * 100 < n_looked * 99); tries++) {
		n_right = n_looked = 0;
		cr_assert_eq(capture_start(HEADLESS_SINK, RATE_HZ, 2 * RATE_HZ, &capture), 0);
		cr_assert(capture_wait(capture, 2 * RATE_HZ));
		blocks = capture_blocks(capture, &n);
		for (uint32_t i = n > BLOCKS + 2 ? n - BLOCKS - 2 : 0; i + 2 < n; i += 3, n_looked++) {
			if (!way)
				way = find_way(m, &blocks[i], capture_channel(capture, 0));
			n_right +=
				(uint32_t)(way && is_right(m, &blocks[i], capture_channel(capture, 0), way));
		}
		capture_stop(capture);
	}
	cr_assert_geq(n_right * 100, n_looked * 99, "%u of %u blocks are right", n_right, n_looked);
	path_ms = 1e3 * (way + QUANTUM) / RATE_HZ; /* with the cycle in which the source took it */
	(void)fprintf(stderr,
		"microphone to recorder %.2f ms, %.2f of them the model's; %u of %u blocks in time\n",
		path_ms, 1e3 * LATENCY / RATE_HZ, n_right, n_looked);
	cr_assert_lt(path_ms, PATH_MS);
	pw_source_stop(source);
	stop(rig);
	nam_free(m);
}
