/* SPDX-License-Identifier: MIT */
/*
 * What the driver says about itself. RUNNING is a claim that is checked (APO-20): a link is active and
 * the audio thread's counter grows.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "pipewire_priv.h"

#define SILENT_MS 250 /**< no cycle for this long, plus three quanta: it does not run */
/** What PipeWire's module-rt asks for a client's data thread unless configured (RTPRIO_CLIENT). */
#define PRIORITY_ASKED 83

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/** Asked from the kernel each time: RealtimeKit may answer long after the thread has started. */
static void read_priority(const struct driver *driver, struct driver_status *status)
{
	struct sched_param param = {0};
	int policy;

	status->rt_policy = -1;
	status->rt_priority = 0;
	if (!driver->audio_tid)
		return;
	policy = sched_getscheduler(driver->audio_tid);
	if (policy < 0 || sched_getparam(driver->audio_tid, &param) < 0)
		return;
	status->rt_policy = policy & ~SCHED_RESET_ON_FORK;
	status->rt_priority = param.sched_priority;
}

/** "SCHED_FIFO 20, no more because ..." */
static void word_priority(
	const struct driver *driver, const struct driver_status *status, char *ret, size_t size)
{
	struct rlimit limit = {0};
	const char *memory = driver->rt_locked ? "" : "; memory not locked";

	getrlimit(RLIMIT_RTPRIO, &limit);
	if (status->rt_policy < 0)
		snprintf(ret, size, "priority unknown%s", memory);
	else if (status->rt_policy != SCHED_FIFO && status->rt_policy != SCHED_RR)
		snprintf(ret, size, "no real-time priority: RLIMIT_RTPRIO is %llu, RealtimeKit gave none%s",
			(unsigned long long)limit.rlim_cur, memory);
	else if (status->rt_priority < PRIORITY_ASKED)
		snprintf(ret, size, "%s %d, no more by %s%s",
			status->rt_policy == SCHED_FIFO ? "SCHED_FIFO" : "SCHED_RR", status->rt_priority,
			limit.rlim_cur == (rlim_t)status->rt_priority ? "RLIMIT_RTPRIO"
								      : "RealtimeKit's limit",
			memory);
	else
		snprintf(ret, size, "%s %d%s", status->rt_policy == SCHED_FIFO ? "SCHED_FIFO" : "SCHED_RR",
			status->rt_priority, memory);
}

/** Notice progress of the audio thread. @return true when cycles come. */
static bool cycles_come(struct driver *driver, uint32_t quantum_frames)
{
	uint64_t cycles = atomic_load_explicit(&driver->rt->cycles, memory_order_relaxed);
	int64_t now = now_ns(), patience_ns = SILENT_MS * INT64_C(1000000);

	if (!atomic_load_explicit(&driver->rt->linked, memory_order_relaxed)) {
		driver->seen_cycles = cycles;
		driver->seen_ns = 0;
		return false;
	}
	if (cycles != driver->seen_cycles) {
		driver->seen_cycles = cycles;
		driver->seen_ns = now;
	}
	patience_ns += 3 * quantum_frames * INT64_C(1000000000) / driver->rate_hz;
	return driver->seen_ns && now - driver->seen_ns < patience_ns;
}

static enum driver_state judge_connected(struct driver *driver, struct driver_status *status)
{
	const struct pipewire_graph *graph = &driver->graph;
	const char *sink = graph->sink ? graph->sink->name : NULL;
	uint32_t active = pipewire_graph_active_links(graph);
	uint32_t rate_hz = atomic_load_explicit(&driver->rt->graph_rate_hz, memory_order_relaxed);
	uint64_t refused = atomic_load_explicit(&driver->rt->refused, memory_order_relaxed);
	char priority[112];
	bool come;

	status->quantum_frames = atomic_load_explicit(&driver->rt->quantum_frames, memory_order_relaxed);
	status->rate_hz = rate_hz;
	atomic_store_explicit(&driver->rt->linked, active > 0, memory_order_relaxed);
	come = cycles_come(driver, status->quantum_frames);

#define SAY(...) snprintf(status->text, sizeof(status->text), __VA_ARGS__)
	if (!pipewire_graph_is_joined(graph)) {
		SAY("Connected to PipeWire, not yet in its graph.");
	} else if (active && rate_hz && rate_hz != driver->rate_hz) {
		SAY("The graph runs at %u Hz, the engine at %u Hz.", rate_hz, driver->rate_hz);
	} else if (active && come) {
		read_priority(driver, status);
		word_priority(driver, status, priority, sizeof(priority));
		SAY("Playing to %.32s; %s.", sink ? sink : "another program", priority);
		return DRIVER_RUNNING;
	} else if (active && refused) {
		SAY("The graph's quantum of %u frames is more than %u.", status->quantum_frames,
			DRIVER_MAX_FRAMES);
	} else if (active) {
		SAY("Linked to %.64s (%s), waiting for cycles.", sink ? sink : "another program",
			pw_node_state_as_string(graph->sink_state));
	} else if (!sink && driver->target) {
		SAY("There is no sink named %.64s.", driver->target);
	} else if (!sink) {
		SAY("There is no audio sink.");
	} else if (!pipewire_graph_wanted_links(graph)) {
		SAY("Sink %.64s has no left and right, nor mono, input.", sink);
	} else if (graph->refusal[0]) {
		SAY("The link to %.40s was refused: %.80s.", sink, graph->refusal);
	} else {
		SAY("No active link to %.64s, which is %s.", sink,
			pw_node_state_as_string(graph->sink_state));
	}
#undef SAY
	return DRIVER_IDLE;
}

enum driver_state pipewire_judge(struct driver *driver)
{
	struct driver_status status = {.state = DRIVER_DOWN, .rt_policy = -1};
	struct driver_status *told = &driver->told;

	if (driver->core)
		status.state = judge_connected(driver, &status);
	else
		snprintf(status.text, sizeof(status.text),
			"No connection to PipeWire: %s; trying again by itself.", driver->reason);
	if (told->state != status.state || told->quantum_frames != status.quantum_frames ||
		told->rate_hz != status.rate_hz || told->rt_policy != status.rt_policy ||
		told->rt_priority != status.rt_priority || strcmp(told->text, status.text) != 0) {
		*told = status;
		driver->status(driver->data, told);
	}
	return status.state;
}
