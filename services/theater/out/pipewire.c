/* SPDX-License-Identifier: MIT */
/* The connection to PipeWire: one for all nodes, inside the theater's event loop; made anew when it is lost.
 */
#include <errno.h>
#include <stdlib.h>

#include "log.h"
#include "pipewire_priv.h"

#define BEAT_US 1'000'000u

void out_pipewire_lost(struct out_pipewire *out)
{
	/* Called from PipeWire's callbacks, too: what has to go goes later. */
	if (!out->is_waiting)
		retry_later(&out->retry);
	out->is_waiting = true;
}

static void on_error(void *data, uint32_t id, int seq, int res, const char *message)
{
	struct out_pipewire *out = data;

	if (id != PW_ID_CORE || res != -EPIPE)
		return;
	if (!out->is_lost)
		log_warning("PipeWire went away, waiting for it: video nodes");
	out->is_lost = true;
	out_pipewire_lost(out);
}

static void on_done(void *data, uint32_t id, int seq)
{
	struct out_pipewire *out = data;

	if (id == PW_ID_CORE)
		retry_reset(&out->retry);
}

static const struct pw_core_events events = {
	PW_VERSION_CORE_EVENTS,
	.error = on_error,
	.done = on_done,
};

static void disconnect(struct out_pipewire *out)
{
	for (struct node *node = out->nodes; node; node = node->next)
		node_disconnect(node);
	if (out->core) {
		spa_hook_remove(&out->listener);
		pw_core_disconnect(out->core);
	}
	out->core = NULL;
}

static void connect_nodes(struct out_pipewire *out)
{
	bool all = true;

	for (struct node *node = out->nodes; node; node = node->next) {
		if (node->is_lost)
			node_disconnect(node);
		if (!node->stream && node_connect(node) < 0)
			all = false;
	}
	if (!all)
		out_pipewire_lost(out);
}

static void again(void *data)
{
	struct out_pipewire *out = data;

	out->is_waiting = false;
	if (out->is_lost)
		disconnect(out);
	if (!out->core) {
		out->core = pw_context_connect(out->context, NULL, 0);
		if (!out->core) {
			out_pipewire_lost(out);
			return;
		}
		if (out->is_lost)
			log_notice("PipeWire is back: video nodes");
		out->is_lost = false;
		pw_core_add_listener(out->core, &out->listener, &events, out);
		pw_core_sync(out->core, PW_ID_CORE, 0);
	}
	connect_nodes(out);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct out_pipewire *out = data;

	pw_loop_iterate(out->loop, 0);
	return 0;
}

static int on_beat(sd_event_source *source, uint64_t usec, void *data)
{
	struct out_pipewire *out = data;
	bool any = false;

	for (struct node *node = out->nodes; node; node = node->next) {
		any |= node->is_hidden;
		node_repeat(node);
	}
	if (any)
		out_pipewire_beat(out);
	return 0;
}

void out_pipewire_beat(struct out_pipewire *out)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(out->beat, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(out->beat, BEAT_US);
	sd_event_source_set_enabled(out->beat, SD_EVENT_ONESHOT);
}

int out_pipewire_start(sd_event *event, struct out_pipewire **ret)
{
	struct out_pipewire *out = calloc(1, sizeof(*out));
	int r;

	if (!out)
		return -ENOMEM;
	pw_init(NULL, NULL);
	out->event = sd_event_ref(event);
	r = retry_init(&out->retry, event, again, out);
	if (r < 0)
		goto fail;
	out->loop = pw_loop_new(NULL);
	if (!out->loop) {
		r = -errno;
		goto fail;
	}
	pw_loop_enter(out->loop);
	out->is_inside = true;
	out->context = pw_context_new(out->loop, pw_properties_new(PW_KEY_APP_NAME, "MOS", NULL), 0);
	if (!out->context) {
		r = -errno;
		goto fail;
	}
	r = sd_event_add_io(event, &out->io, pw_loop_get_fd(out->loop), EPOLLIN, on_io, out);
	if (r < 0)
		goto fail;
	r = sd_event_add_time_relative(event, &out->beat, CLOCK_MONOTONIC, BEAT_US, 0, on_beat, out);
	if (r < 0)
		goto fail;
	sd_event_source_set_enabled(out->beat, SD_EVENT_OFF);
	again(out);
	*ret = out;
	return 0;
fail:
	out_pipewire_stop(out);
	return r;
}

void out_pipewire_stop(struct out_pipewire *out)
{
	if (!out)
		return;
	while (out->nodes)
		out->nodes->sink.ops->close(&out->nodes->sink);
	disconnect(out);
	sd_event_source_disable_unref(out->io);
	sd_event_source_disable_unref(out->beat);
	retry_finish(&out->retry);
	if (out->context)
		pw_context_destroy(out->context);
	if (out->is_inside)
		pw_loop_leave(out->loop);
	if (out->loop)
		pw_loop_destroy(out->loop);
	sd_event_unref(out->event);
	free(out);
	pw_deinit();
}
