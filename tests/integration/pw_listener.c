/* SPDX-License-Identifier: MIT */
#include "pw_listener.h"

#include <criterion/criterion.h>
#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include <spa/control/control.h>
#include <spa/pod/iter.h>
#include <stdlib.h>
#include <string.h>

struct pw_listener {
	struct pw_thread_loop *loop;
	struct pw_filter *filter;
	void *port;
	atomic_uint n, n_cycles;
	int64_t cycle_ns[LISTENER_MAX];
	struct listener_heard heard[LISTENER_MAX];
};

static void keep(struct pw_listener *listener, const struct spa_data *data, int64_t time_ns)
{
	uint32_t n = atomic_load_explicit(&listener->n, memory_order_relaxed);
	struct spa_pod *pod =
		spa_pod_from_data(data->data, data->maxsize, data->chunk->offset, data->chunk->size);
	struct spa_pod_control *control;

	if (!pod || !spa_pod_is_sequence(pod))
		return;
	SPA_POD_SEQUENCE_FOREACH((struct spa_pod_sequence *)pod, control)
	{
		if (n == LISTENER_MAX || control->type != SPA_CONTROL_UMP ||
			control->value.size < sizeof(uint32_t))
			continue;
		listener->heard[n].time_ns = time_ns;
		listener->heard[n].offset = control->offset;
		memcpy(&listener->heard[n].word, SPA_POD_BODY(&control->value), sizeof(uint32_t));
		n++;
	}
	atomic_store_explicit(&listener->n, n, memory_order_release);
}

static void on_process(void *data, struct spa_io_position *position)
{
	struct pw_listener *listener = data;
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(listener->port);
	uint32_t n = atomic_load_explicit(&listener->n_cycles, memory_order_relaxed);

	if (!buffer)
		return;
	if (n < LISTENER_MAX)
		listener->cycle_ns[n++] = (int64_t)position->clock.nsec;
	if (buffer->buffer->datas[0].data)
		keep(listener, &buffer->buffer->datas[0], (int64_t)position->clock.nsec);
	pw_filter_queue_buffer(listener->port, buffer);
	atomic_store_explicit(&listener->n_cycles, n, memory_order_release);
}

static const struct pw_filter_events events = {
	PW_VERSION_FILTER_EVENTS,
	.process = on_process,
};

struct pw_listener *pw_listener_start(const char *name, const char *port)
{
	struct pw_listener *listener = calloc(1, sizeof(*listener));

	cr_assert(listener);
	pw_init(NULL, NULL);
	listener->loop = pw_thread_loop_new(name, NULL);
	cr_assert(listener->loop);
	listener->filter = pw_filter_new_simple(pw_thread_loop_get_loop(listener->loop), name,
		pw_properties_new(PW_KEY_NODE_NAME, name, NULL), &events, listener);
	cr_assert(listener->filter);
	listener->port =
		pw_filter_add_port(listener->filter, PW_DIRECTION_INPUT, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0,
			pw_properties_new(PW_KEY_PORT_NAME, port, PW_KEY_FORMAT_DSP, "32 bit raw UMP", NULL),
			NULL, 0);
	cr_assert(listener->port);
	cr_assert_eq(pw_filter_connect(listener->filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0), 0);
	cr_assert_eq(pw_thread_loop_start(listener->loop), 0);
	return listener;
}

void pw_listener_stop(struct pw_listener *listener)
{
	pw_thread_loop_stop(listener->loop);
	pw_filter_destroy(listener->filter);
	pw_thread_loop_destroy(listener->loop);
	pw_deinit();
	free(listener);
}

uint32_t pw_listener_count(const struct pw_listener *listener)
{
	return atomic_load_explicit(&listener->n, memory_order_acquire);
}

struct listener_heard pw_listener_get(const struct pw_listener *listener, uint32_t i)
{
	return listener->heard[i];
}

uint32_t pw_listener_cycles(const struct pw_listener *listener, const int64_t **ret_time_ns)
{
	*ret_time_ns = listener->cycle_ns;
	return atomic_load_explicit(&listener->n_cycles, memory_order_acquire);
}

uint32_t pw_listener_sounding(const struct pw_listener *listener, uint32_t n)
{
	uint8_t sounds[256][128] = {0};
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t word = listener->heard[i].word, status = word >> 20 & 15;
		uint8_t *key = &sounds[(word >> 24 & 15) * 16 + (word >> 16 & 15)][word >> 8 & 127];

		if (word >> 28 != 2)
			continue;
		if (status == 9 && word & 127)
			(*key)++;
		else if ((status == 8 || status == 9) && *key)
			(*key)--;
	}
	for (uint32_t ch = 0; ch < 256; ch++)
		for (uint32_t key = 0; key < 128; key++)
			sum += sounds[ch][key];
	return sum;
}
