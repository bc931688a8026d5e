/* SPDX-License-Identifier: MIT */
#include "pw_source.h"

#include <criterion/criterion.h>
#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include <spa/control/control.h>
#include <spa/pod/builder.h>
#include <stdatomic.h>
#include <string.h>

#include "headless_pw.h"

#define CYCLES_MAX 65536u

struct source_cycle {
	int64_t time_ns;
	uint64_t position;
};

struct pw_source {
	struct pw_thread_loop *loop;
	struct pw_filter *filter;
	void *port[2];
	enum pw_source_kind kind;
	uint32_t word[4], n_words;
	atomic_bool armed;
	atomic_uint n_cycles;
	struct source_cycle cycle[CYCLES_MAX];
};

float pw_source_sample(uint64_t position, int channel)
{
	uint64_t x = (position * 2 + (uint64_t)channel + 77) * 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
	return (float)(int32_t)((x ^ (x >> 32)) & 0xffff) / 65536.0f - 0.5f;
}

static void sound(struct pw_source *source, const struct spa_io_position *position)
{
	uint32_t n = (uint32_t)position->clock.duration;

	for (int c = 0; c < 2; c++) {
		float *out = pw_filter_get_dsp_buffer(source->port[c], n);

		for (uint32_t i = 0; out && i < n; i++)
			out[i] = pw_source_sample(position->clock.position + i, c);
	}
}

static void play(struct pw_source *source)
{
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(source->port[0]);
	bool armed = atomic_load_explicit(&source->armed, memory_order_acquire);
	struct spa_pod_builder builder;
	struct spa_pod_frame frame;
	struct spa_data *data;

	if (!buffer)
		return;
	data = &buffer->buffer->datas[0];
	spa_pod_builder_init(&builder, data->data, data->maxsize);
	spa_pod_builder_push_sequence(&builder, &frame, 0);
	if (armed) {
		spa_pod_builder_control(&builder, 0, SPA_CONTROL_UMP);
		spa_pod_builder_bytes(&builder, source->word, source->n_words * 4);
	}
	spa_pod_builder_pop(&builder, &frame);
	data->chunk->offset = 0;
	data->chunk->size = builder.state.offset;
	data->chunk->stride = 1;
	pw_filter_queue_buffer(source->port[0], buffer);
	if (armed)
		atomic_store_explicit(&source->armed, false, memory_order_release);
}

static void on_process(void *data, struct spa_io_position *position)
{
	struct pw_source *source = data;
	unsigned int n = atomic_load_explicit(&source->n_cycles, memory_order_relaxed);

	if (source->kind == PW_SOURCE_AUDIO)
		sound(source, position);
	else
		play(source);
	if (n < CYCLES_MAX) {
		source->cycle[n] =
			(struct source_cycle){(int64_t)position->clock.nsec, position->clock.position};
		atomic_store_explicit(&source->n_cycles, n + 1, memory_order_release);
	}
}

static const struct pw_filter_events events = {
	PW_VERSION_FILTER_EVENTS,
	.process = on_process,
};

static void *add_port(struct pw_source *source, const struct pw_source_config *config, const char *name,
	const char *format, const char *channel)
{
	struct pw_properties *props =
		pw_properties_new(PW_KEY_PORT_NAME, name, PW_KEY_FORMAT_DSP, format, NULL);

	if (channel)
		pw_properties_set(props, PW_KEY_AUDIO_CHANNEL, channel);
	if (config->physical)
		pw_properties_set(props, PW_KEY_PORT_PHYSICAL, "true");
	return pw_filter_add_port(
		source->filter, PW_DIRECTION_OUTPUT, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0, props, NULL, 0);
}

struct pw_source *pw_source_start(const struct pw_source_config *config)
{
	struct pw_source *source = calloc(1, sizeof(*source));
	struct pw_properties *props = pw_properties_new(PW_KEY_NODE_NAME, config->name, NULL);

	cr_assert(source);
	pw_init(NULL, NULL);
	source->kind = config->kind;
	if (config->media_class)
		pw_properties_set(props, PW_KEY_MEDIA_CLASS, config->media_class);
	if (config->priority)
		pw_properties_setf(props, PW_KEY_PRIORITY_SESSION, "%d", config->priority);
	source->loop = pw_thread_loop_new(config->name, NULL);
	cr_assert(source->loop);
	source->filter = pw_filter_new_simple(
		pw_thread_loop_get_loop(source->loop), config->name, props, &events, source);
	cr_assert(source->filter);
	if (config->kind == PW_SOURCE_AUDIO) {
		source->port[0] = add_port(source, config, "capture_FL", "32 bit float mono audio", "FL");
		source->port[1] = add_port(source, config, "capture_FR", "32 bit float mono audio", "FR");
		cr_assert(source->port[1]);
	} else {
		source->port[0] = add_port(source, config, "keys", "32 bit raw UMP", NULL);
	}
	cr_assert(source->port[0]);
	cr_assert_eq(pw_filter_connect(source->filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0), 0);
	cr_assert_eq(pw_thread_loop_start(source->loop), 0);
	return source;
}

void pw_source_stop(struct pw_source *source)
{
	if (!source)
		return;
	pw_thread_loop_stop(source->loop);
	pw_filter_destroy(source->filter);
	pw_thread_loop_destroy(source->loop);
	pw_deinit();
	free(source);
}

static bool has_sent(void *data)
{
	return !atomic_load_explicit(&((struct pw_source *)data)->armed, memory_order_acquire);
}

void pw_source_send(struct pw_source *source, const uint32_t *words, uint32_t n_words)
{
	memcpy(source->word, words, n_words * sizeof(*words));
	source->n_words = n_words;
	atomic_store_explicit(&source->armed, true, memory_order_release);
	cr_assert(headless_pw_wait(has_sent, source), "the source never ran a cycle");
}

bool pw_source_position(const struct pw_source *source, int64_t time_ns, uint64_t *ret)
{
	unsigned int n = atomic_load_explicit(&source->n_cycles, memory_order_acquire);

	for (unsigned int i = 0; i < n; i++) {
		if (source->cycle[i].time_ns != time_ns)
			continue;
		*ret = source->cycle[i].position;
		return true;
	}
	return false;
}
