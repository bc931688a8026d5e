/* SPDX-License-Identifier: MIT */
/*
 * The PipeWire driver's life: connect, notice that the connection is lost, try again. What it is to the
 * graph lies in pipewire_node.c, whom it plays to in pipewire_graph.c, the audio thread in
 * pipewire_cycle.c, what it says about itself in pipewire_status.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <spa/param/latency-utils.h>
#include <spa/support/cpu.h>
#include <spa/utils/result.h>
#include "pipewire_priv.h"

#define RETRY_MIN_MS 250u
#define RETRY_MAX_MS 2000u
#define LOOK_STARTING_MS 20u /**< between looks at the cycle counter until cycles come */
#define LOOK_RUNNING_MS 250u
#define GOODBYE_MS 200u /**< and four quanta: a busy machine is late */

static void set_timer(struct driver *driver, uint32_t ms)
{
	struct timespec value = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	pw_loop_update_timer(pw_thread_loop_get_loop(driver->loop), driver->timer, &value, NULL, false);
}

/** The connection is of no more use. May be called from any of its callbacks: the work is done later. */
static void lose(struct driver *driver, const char *reason)
{
	if (!driver->reason[0])
		snprintf(driver->reason, sizeof(driver->reason), "%s", reason);
	pw_loop_signal_event(pw_thread_loop_get_loop(driver->loop), driver->lost);
}

/** To the audio thread: MIDI sources have gone, so what they hold ends. */
static void tell_midi_ended(struct driver *driver)
{
	atomic_fetch_add_explicit(&driver->rt->midi_ended, driver->graph.midi_ended, memory_order_relaxed);
	driver->graph.midi_ended = 0;
}

static void disconnect(struct driver *driver)
{
	pipewire_node_destroy(driver);
	pipewire_graph_finish(&driver->graph);
	tell_midi_ended(driver);
	if (driver->core) {
		spa_hook_remove(&driver->core_listener);
		pw_core_disconnect(driver->core);
	}
	driver->core = NULL;
}

static void judge(struct driver *driver)
{
	enum driver_state state = pipewire_judge(driver);

	if (driver->core)
		set_timer(driver, state == DRIVER_RUNNING ? LOOK_RUNNING_MS : LOOK_STARTING_MS);
}

static void on_lost(void *data, uint64_t count)
{
	struct driver *driver = data;

	disconnect(driver);
	judge(driver);
	set_timer(driver, driver->retry_ms);
	driver->retry_ms = driver->retry_ms * 2 < RETRY_MAX_MS ? driver->retry_ms * 2 : RETRY_MAX_MS;
}

static void on_filter_state(
	void *data, enum pw_filter_state old, enum pw_filter_state state, const char *error)
{
	struct driver *driver = data;

	if (state != PW_FILTER_STATE_STREAMING)
		atomic_store_explicit(&driver->rt->resync, true, memory_order_relaxed);
	switch (state) {
	case PW_FILTER_STATE_ERROR:
		lose(driver, error ? error : "the node failed");
		break;
	case PW_FILTER_STATE_UNCONNECTED:
		lose(driver, "the node was removed from the graph");
		break;
	case PW_FILTER_STATE_CONNECTING:
		break;
	case PW_FILTER_STATE_PAUSED:
	case PW_FILTER_STATE_STREAMING:
		driver->retry_ms = RETRY_MIN_MS;
		if (driver->graph.node_id == SPA_ID_INVALID)
			pipewire_graph_set_node(&driver->graph, pw_filter_get_node_id(driver->filter));
		break;
	}
	judge(driver);
}

/* How late a port is, is told whenever what is linked to it changes. */
static void on_param(void *data, void *port, uint32_t id, const struct spa_pod *param)
{
	struct driver *driver = data;
	struct spa_latency_info info = {0};
	double ns;

	if (id != SPA_PARAM_Latency || port != driver->rt->port[PORT_IN_FL])
		return;
	if (param && (spa_latency_parse(param, &info) < 0 || info.direction != SPA_DIRECTION_OUTPUT))
		return;
	ns = ((double)info.min_ns + (double)info.max_ns) / 2 +
	     ((double)info.min_rate + (double)info.max_rate) / 2 * 1e9 / driver->rate_hz;
	atomic_store_explicit(&driver->rt->in_late_ns, ns > 0 && ns < 1e9 ? (unsigned int)ns : 0, memory_order_relaxed);
	ns = ((double)info.min_quantum + (double)info.max_quantum) / 2 * 1000;
	atomic_store_explicit(
		&driver->rt->in_late_quanta, ns > 0 && ns < 16000 ? (unsigned int)ns : 0, memory_order_relaxed);
}

static const struct pw_filter_events filter_events = {
	PW_VERSION_FILTER_EVENTS,
	.state_changed = on_filter_state,
	.param_changed = on_param,
};

static void on_graph_changed(void *data)
{
	struct driver *driver = data;

	if (!driver->filter && !driver->reason[0] && pipewire_graph_ready(&driver->graph)) {
		int r = pipewire_node_create(driver, &filter_events);

		if (r < 0)
			lose(driver, spa_strerror(r));
	}
	tell_midi_ended(driver);
	judge(driver);
}

static void on_graph_note(void *data, const char *text)
{
	struct driver *driver = data;

	if (driver->note)
		driver->note(driver->data, text);
}

static void on_core_error(void *data, uint32_t id, int seq, int res, const char *message)
{
	if (id == PW_ID_CORE)
		lose(data, res == -EPIPE ? "the server went away" : message);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.error = on_core_error,
};

static void connect_core(struct driver *driver)
{
	int r;

	driver->reason[0] = 0;
	driver->core = pw_context_connect(driver->context, NULL, 0);
	if (!driver->core) {
		r = -errno;
		lose(driver, r == -EHOSTDOWN ? "no server answers" : spa_strerror(r));
		return;
	}
	pw_core_add_listener(driver->core, &driver->core_listener, &core_events, driver);
	r = pipewire_graph_init(&driver->graph, &(struct pipewire_graph_config){
							.core = driver->core,
							.target = driver->target,
							.input = driver->input,
							.midi_in = driver->midi_in,
							.wishes = &driver->wishes,
							.changed = on_graph_changed,
							.note = on_graph_note,
							.data = driver,
						});
	if (r < 0)
		lose(driver, spa_strerror(r));
}

static void on_timer(void *data, uint64_t expirations)
{
	struct driver *driver = data;

	if (!driver->core)
		connect_core(driver);
	else
		pipewire_graph_mend(&driver->graph);
	judge(driver);
}

/** All pages of the audio thread's state are there before it starts, and stay. */
static int map_rt(struct driver *driver)
{
	void *at = mmap(NULL, sizeof(*driver->rt), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	driver->rt = at;
	driver->rt_locked = mlock(at, sizeof(*driver->rt)) == 0;
	return 0;
}

/**
 * The audio thread has the engine let go of what the MIDI output holds; then one cycle more, so that whoever listens
 * has had its turn. Not if there are no cycles.
 */
static void say_goodbye(struct driver *driver)
{
	struct pipewire_rt *rt = driver->rt;
	uint32_t quantum_frames = atomic_load_explicit(&rt->quantum_frames, memory_order_relaxed);
	uint64_t patience_ms = GOODBYE_MS + 4000ull * quantum_frames / driver->rate_hz;

	if (!atomic_load_explicit(&rt->may_sound, memory_order_acquire))
		return;
	atomic_store_explicit(&rt->leaves, true, memory_order_relaxed);
	for (uint64_t ms = 0; ms < patience_ms; ms++) {
		if (atomic_load_explicit(&rt->silent_cycles, memory_order_acquire) >= 2)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static void destroy(struct driver *driver)
{
	if (!driver)
		return;
	if (driver->rt && driver->loop)
		say_goodbye(driver);
	if (driver->loop)
		pw_thread_loop_stop(driver->loop);
	if (driver->rt)
		disconnect(driver);
	if (driver->timer)
		pw_loop_destroy_source(pw_thread_loop_get_loop(driver->loop), driver->timer);
	if (driver->lost)
		pw_loop_destroy_source(pw_thread_loop_get_loop(driver->loop), driver->lost);
	if (driver->context)
		pw_context_destroy(driver->context);
	if (driver->loop)
		pw_thread_loop_destroy(driver->loop);
	if (driver->rt)
		munmap(driver->rt, sizeof(*driver->rt));
	free(driver->target);
	free(driver->input);
	free(driver->midi_in);
	free(driver->node_name);
	free(driver);
	pw_deinit();
}

static int create(const struct driver_config *config, driver_cycle_fn cycle, driver_status_fn status,
	void *data, struct driver **ret)
{
	struct driver *driver;
	struct pw_loop *loop;
	int r;

	if (!config->rate_hz || !config->node_name || config->quantum_frames > DRIVER_MAX_FRAMES)
		return -EINVAL;
	driver = calloc(1, sizeof(*driver));
	if (!driver)
		return -ENOMEM;
	pw_init(NULL, NULL);

	driver->rate_hz = config->rate_hz;
	driver->quantum_frames = config->quantum_frames;
	driver->status = status;
	driver->note = config->note;
	driver->data = data;
	driver->retry_ms = RETRY_MIN_MS;
	driver->told.rt_policy = -1;
	driver->node_name = strdup(config->node_name);
	driver->target = config->target ? strdup(config->target) : NULL;
	driver->input = strdup(config->input ? config->input : "auto");
	driver->midi_in = strdup(config->midi_in ? config->midi_in : "auto");
	r = -ENOMEM;
	if (!driver->node_name || (config->target && !driver->target) || !driver->input || !driver->midi_in)
		goto fail;
	r = map_rt(driver);
	if (r < 0)
		goto fail;
	driver->rt->cycle = cycle;
	driver->rt->data = data;
	driver->rt->rate_hz = config->rate_hz;

	driver->loop = pw_thread_loop_new("mos-driver", NULL);
	if (!driver->loop)
		goto fail_errno;
	loop = pw_thread_loop_get_loop(driver->loop);
	/* Reverb tails end in denormal numbers, which cost a hundred times a normal one. */
	driver->context = pw_context_new(
		loop, pw_properties_new(PW_KEY_APP_NAME, "MOS", SPA_KEY_CPU_ZERO_DENORMALS, "true", NULL), 0);
	if (!driver->context)
		goto fail_errno;
	driver->timer = pw_loop_add_timer(loop, on_timer, driver);
	driver->lost = pw_loop_add_event(loop, on_lost, driver);
	if (!driver->timer || !driver->lost)
		goto fail_errno;
	/* The loop's thread does the first try, as all later ones: no callback is ever on another thread. */
	pw_loop_update_timer(loop, driver->timer, &(struct timespec){.tv_nsec = 1}, NULL, false);
	r = pw_thread_loop_start(driver->loop);
	if (r < 0)
		goto fail;
	*ret = driver;
	return 0;

fail_errno:
	r = -errno;
fail:
	destroy(driver);
	return r;
}

const struct driver_ops driver_pipewire = {
	.name = "pipewire",
	.create = create,
	.destroy = destroy,
	.midi_ports = pipewire_midi_ports,
	.midi_link = pipewire_midi_link,
	.midi_unlink = pipewire_midi_unlink,
};
