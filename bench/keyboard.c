/* SPDX-License-Identifier: MIT */
#include "keyboard.h"

#include <errno.h>
#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include <spa/control/control.h>
#include <spa/pod/builder.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "headless_pw.h"

struct keyboard {
	struct pw_thread_loop *loop;
	struct pw_filter *filter;
	void *port;
	uint32_t word;
	struct keyboard_cycle sent;
	atomic_bool armed; /**< `word` is to be sent; then `sent` says when it was */
};

static void fill(struct keyboard *keyboard, struct spa_data *data, const struct spa_io_position *position)
{
	bool armed = atomic_load_explicit(&keyboard->armed, memory_order_acquire);
	struct spa_pod_builder builder;
	struct spa_pod_frame frame;

	spa_pod_builder_init(&builder, data->data, data->maxsize);
	spa_pod_builder_push_sequence(&builder, &frame, 0);
	if (armed) {
		spa_pod_builder_control(&builder, 0, SPA_CONTROL_UMP);
		spa_pod_builder_bytes(&builder, &keyboard->word, sizeof(keyboard->word));
	}
	spa_pod_builder_pop(&builder, &frame);
	data->chunk->offset = 0;
	data->chunk->size = builder.state.offset;
	data->chunk->stride = 1;
	if (armed) {
		keyboard->sent = (struct keyboard_cycle){
			.position = position->clock.position, .time_ns = (int64_t)position->clock.nsec};
		atomic_store_explicit(&keyboard->armed, false, memory_order_release);
	}
}

static void on_process(void *data, struct spa_io_position *position)
{
	struct keyboard *keyboard = data;
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(keyboard->port);

	if (!buffer)
		return;
	if (buffer->buffer->datas[0].data)
		fill(keyboard, &buffer->buffer->datas[0], position);
	pw_filter_queue_buffer(keyboard->port, buffer);
}

static const struct pw_filter_events events = {
	PW_VERSION_FILTER_EVENTS,
	.process = on_process,
};

static int add_port(struct keyboard *keyboard)
{
	struct pw_properties *props =
		pw_properties_new(PW_KEY_PORT_NAME, "keys", PW_KEY_FORMAT_DSP, "32 bit raw UMP", NULL);

	if (!props)
		return -errno;
	keyboard->port = pw_filter_add_port(
		keyboard->filter, PW_DIRECTION_OUTPUT, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0, props, NULL, 0);
	return keyboard->port ? 0 : -errno;
}

/* The link is made by PipeWire's own tool, in the directory that PIPEWIRE_RUNTIME_DIR names. */
static bool is_linked(void *data)
{
	return system("pw-link keyboard:keys mos:midi_in >/dev/null 2>&1") == 0;
}

int keyboard_open(struct keyboard **ret)
{
	struct keyboard *keyboard = calloc(1, sizeof(*keyboard));
	int r;

	if (!keyboard)
		return -ENOMEM;
	pw_init(NULL, NULL);
	r = -ENOMEM;
	keyboard->loop = pw_thread_loop_new("keyboard", NULL);
	if (!keyboard->loop)
		goto fail;
	keyboard->filter = pw_filter_new_simple(pw_thread_loop_get_loop(keyboard->loop), "keyboard",
		pw_properties_new(PW_KEY_NODE_NAME, "keyboard", NULL), &events, keyboard);
	if (!keyboard->filter)
		goto fail;
	r = add_port(keyboard);
	if (r == 0)
		r = pw_filter_connect(keyboard->filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0);
	if (r == 0)
		r = pw_thread_loop_start(keyboard->loop);
	if (r == 0 && !headless_pw_wait(is_linked, NULL))
		r = -ETIMEDOUT;
	if (r < 0)
		goto fail;
	*ret = keyboard;
	return 0;
fail:
	keyboard_close(keyboard);
	return r;
}

void keyboard_close(struct keyboard *keyboard)
{
	if (!keyboard)
		return;
	if (keyboard->loop)
		pw_thread_loop_stop(keyboard->loop);
	if (keyboard->filter)
		pw_filter_destroy(keyboard->filter);
	if (keyboard->loop)
		pw_thread_loop_destroy(keyboard->loop);
	free(keyboard);
	pw_deinit();
}

void keyboard_send(struct keyboard *keyboard, uint32_t word)
{
	keyboard->word = word;
	atomic_store_explicit(&keyboard->armed, true, memory_order_release);
}

struct keyboard_cycle keyboard_sent(const struct keyboard *keyboard)
{
	while (atomic_load_explicit(&keyboard->armed, memory_order_acquire))
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	return keyboard->sent;
}
