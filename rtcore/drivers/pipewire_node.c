/* SPDX-License-Identifier: MIT */
/* What MOS is to the graph: one node, its properties, its seven ports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <spa/param/buffers.h>
#include <spa/pod/builder.h>
#include "pipewire_priv.h"
#include "pipewire_ump.h"

#define STACK_TOUCH_BYTES (128u * 1024u)

struct port_plan {
	enum pw_direction direction;
	const char *name, *format, *channel;
};

/* The click has no channel, so nothing takes it for a part of the master. */
static const struct port_plan plan[PORT_COUNT] = {
	[PORT_FL] = {PW_DIRECTION_OUTPUT, "output_FL", "32 bit float mono audio", "FL"},
	[PORT_FR] = {PW_DIRECTION_OUTPUT, "output_FR", "32 bit float mono audio", "FR"},
	[PORT_CLICK] = {PW_DIRECTION_OUTPUT, "click", "32 bit float mono audio", NULL},
	[PORT_IN_FL] = {PW_DIRECTION_INPUT, "in_FL", "32 bit float mono audio", "FL"},
	[PORT_IN_FR] = {PW_DIRECTION_INPUT, "in_FR", "32 bit float mono audio", "FR"},
	[PORT_MIDI_IN] = {PW_DIRECTION_INPUT, "midi_in", "32 bit raw UMP", NULL},
	[PORT_MIDI_OUT] = {PW_DIRECTION_OUTPUT, "midi_out", "32 bit raw UMP", NULL},
};

static int add_port(struct driver *driver, enum pipewire_port index)
{
	const struct port_plan *p = &plan[index];
	struct pw_properties *props =
		pw_properties_new(PW_KEY_PORT_NAME, p->name, PW_KEY_FORMAT_DSP, p->format, NULL);
	uint8_t memory[256];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	const struct spa_pod *params[1];
	uint32_t n_params = 0;

	if (!props)
		return -errno;
	if (p->channel)
		pw_properties_set(props, PW_KEY_AUDIO_CHANNEL, p->channel);
	if (index == PORT_MIDI_OUT)
		params[n_params++] = spa_pod_builder_add_object(&builder, SPA_TYPE_OBJECT_ParamBuffers,
			SPA_PARAM_Buffers, SPA_PARAM_BUFFERS_blocks, SPA_POD_Int(1), SPA_PARAM_BUFFERS_size,
			SPA_POD_CHOICE_RANGE_Int(PIPEWIRE_UMP_BYTES, PIPEWIRE_UMP_BYTES, INT32_MAX),
			SPA_PARAM_BUFFERS_stride, SPA_POD_Int(1));
	driver->rt->port[index] = pw_filter_add_port(
		driver->filter, p->direction, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0, props, params, n_params);
	return driver->rt->port[index] ? 0 : -errno;
}

/** "mos", or "mos-2" and so on: two of us can be told apart in every patch bay. */
static void set_name(struct driver *driver, struct pw_properties *props)
{
	const char *name = driver->node_name;

	for (unsigned int i = 2; pipewire_graph_has_name(&driver->graph, name); i++) {
		pw_properties_setf(props, PW_KEY_NODE_NAME, "%s-%u", driver->node_name, i);
		name = pw_properties_get(props, PW_KEY_NODE_NAME);
	}
}

static struct pw_properties *make_properties(struct driver *driver)
{
	/*
	 * No media.class: session managers leave the node alone, as they do with any JACK-like client.
	 * The engine's rate is fixed, so the graph is asked to run at it; sinks resample where they must.
	 * Without links nothing should drive us: want-driver off.
	 */
	struct pw_properties *props =
		pw_properties_new(PW_KEY_NODE_NAME, driver->node_name, PW_KEY_NODE_DESCRIPTION,
			"Musical Operating System", PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY,
			"Filter", PW_KEY_MEDIA_ROLE, "Production", PW_KEY_NODE_WANT_DRIVER, "false", NULL);

	if (!props)
		return NULL;
	set_name(driver, props);
	pw_properties_setf(props, PW_KEY_NODE_FORCE_RATE, "%u", driver->rate_hz);
	pw_properties_setf(props, PW_KEY_NODE_MAX_LATENCY, "%u/%u", DRIVER_MAX_FRAMES, driver->rate_hz);
	if (driver->quantum_frames) {
		pw_properties_setf(
			props, PW_KEY_NODE_LATENCY, "%u/%u", driver->quantum_frames, driver->rate_hz);
		pw_properties_setf(props, PW_KEY_NODE_FORCE_QUANTUM, "%u", driver->quantum_frames);
	}
	return props;
}

/** On the audio thread, before its first cycle: say who we are, and have the stack's pages in place. */
static int enter_audio_thread(
	struct spa_loop *loop, bool async, uint32_t seq, const void *data, size_t size, void *user_data)
{
	struct driver *driver = user_data;
	volatile char stack[STACK_TOUCH_BYTES];

	for (size_t i = 0; i < sizeof(stack); i += 4096)
		stack[i] = 0;
	driver->audio_tid = gettid();
	return 0;
}

/* PipeWire keeps the first listener with a process function for its audio thread, so it has one of its own.
 */
static const struct pw_filter_events rt_events = {
	PW_VERSION_FILTER_EVENTS,
	.process = pipewire_process,
};

int pipewire_node_create(struct driver *driver, const struct pw_filter_events *events)
{
	struct pw_properties *props = make_properties(driver);
	int r;

	if (!props)
		return -errno;
	driver->filter = pw_filter_new(driver->core, driver->node_name, props);
	if (!driver->filter)
		return -errno;
	driver->rt->filter = driver->filter;
	for (int i = 0; i < PORT_COUNT; i++) {
		r = add_port(driver, i);
		if (r < 0)
			goto fail;
	}
	pw_filter_add_listener(driver->filter, &driver->rt_listener, &rt_events, driver->rt);
	pw_filter_add_listener(driver->filter, &driver->filter_listener, events, driver);
	driver->listening = true;
	r = pw_filter_connect(driver->filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0);
	if (r < 0)
		goto fail;
	/* Blocks until the audio thread has run it, which waits for nobody. */
	pw_loop_invoke(pw_filter_get_data_loop(driver->filter), enter_audio_thread, 0, NULL, 0, true, driver);
	return 0;

fail:
	pipewire_node_destroy(driver);
	return r;
}

void pipewire_node_destroy(struct driver *driver)
{
	struct pw_filter *filter = driver->filter;

	if (!filter)
		return;
	driver->filter = NULL;
	atomic_store_explicit(&driver->rt->linked, false, memory_order_relaxed);
	atomic_store_explicit(&driver->rt->resync, true, memory_order_relaxed);
	/* What happens from here on is our doing and no news. */
	if (driver->listening)
		spa_hook_remove(&driver->filter_listener);
	driver->listening = false;
	/* Returns when the data loop has let go of the node: no cycle runs afterwards. */
	pw_filter_destroy(filter);
	driver->audio_tid = 0;
	driver->seen_ns = 0;
}
