/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>

#include "headless_pw.h"

#define SMALLEST_BLOCK 16u

struct capture {
	struct pw_thread_loop *loop;
	struct pw_stream *stream;
	float *channel[2];
	struct capture_block *block;
	uint64_t max_frames;
	uint32_t max_blocks;
	_Atomic(struct spa_io_position *) position; /**< of the graph, as long as the stream is in one */
	/* Written by the data thread, with release after the samples; read with acquire. */
	atomic_uint_fast64_t n_frames;
	atomic_uint n_blocks;
};

static void on_io_changed(void *data, uint32_t id, void *area, uint32_t size)
{
	struct capture *capture = data;

	if (id == SPA_IO_Position)
		atomic_store(&capture->position, area);
}

static void keep(struct capture *capture, const struct spa_buffer *buffer)
{
	uint64_t at = atomic_load_explicit(&capture->n_frames, memory_order_relaxed);
	uint32_t index = atomic_load_explicit(&capture->n_blocks, memory_order_relaxed);
	uint64_t n = buffer->datas[0].chunk->size / sizeof(float);
	const struct spa_io_position *position = atomic_load(&capture->position);

	if (!position || n == 0 || index == capture->max_blocks)
		return;
	if (n > capture->max_frames - at)
		n = capture->max_frames - at;
	for (int i = 0; i < 2; i++) {
		const struct spa_data *d = &buffer->datas[i];

		memcpy(capture->channel[i] + at, (const uint8_t *)d->data + d->chunk->offset,
			n * sizeof(float));
	}
	capture->block[index] = (struct capture_block){
		.time_ns = (int64_t)position->clock.nsec,
		.taken_ns = (int64_t)pw_stream_get_nsec(capture->stream),
		.position = position->clock.position,
		.frame = at,
		.n_frames = (uint32_t)n,
	};
	atomic_store_explicit(&capture->n_blocks, index + 1, memory_order_release);
	atomic_store_explicit(&capture->n_frames, at + n, memory_order_release);
}

static void on_process(void *data)
{
	struct capture *capture = data;
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(capture->stream);

	if (!buffer)
		return;
	if (buffer->buffer->n_datas == 2 && buffer->buffer->datas[0].data)
		keep(capture, buffer->buffer);
	pw_stream_queue_buffer(capture->stream, buffer);
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.io_changed = on_io_changed,
	.process = on_process,
};

static int connect_stream(struct capture *capture, const char *sink, uint32_t rate_hz)
{
	uint8_t memory[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	struct spa_audio_info_raw format = SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_F32P,
		.rate = rate_hz, .channels = 2, .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR});
	const struct spa_pod *params[] = {
		spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &format),
	};
	struct pw_properties *props = pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY,
		"Capture", PW_KEY_STREAM_CAPTURE_SINK, "true", PW_KEY_TARGET_OBJECT, sink, PW_KEY_NODE_NAME,
		"capture", NULL);

	capture->stream = pw_stream_new_simple(
		pw_thread_loop_get_loop(capture->loop), "capture", props, &events, capture);
	if (!capture->stream)
		return -errno;
	return pw_stream_connect(capture->stream, PW_DIRECTION_INPUT, PW_ID_ANY,
		PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS, params,
		1);
}

int capture_start(const char *sink, uint32_t rate_hz, uint64_t max_frames, struct capture **ret)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int r = -ENOMEM;

	if (!capture)
		return -ENOMEM;
	pw_init(NULL, NULL);
	capture->max_frames = max_frames;
	capture->max_blocks = (uint32_t)(max_frames / SMALLEST_BLOCK + 1);
	capture->channel[0] = calloc(max_frames, sizeof(float));
	capture->channel[1] = calloc(max_frames, sizeof(float));
	capture->block = calloc(capture->max_blocks, sizeof(*capture->block));
	if (!capture->channel[0] || !capture->channel[1] || !capture->block)
		goto fail;
	capture->loop = pw_thread_loop_new("capture", NULL);
	if (!capture->loop) {
		r = -errno;
		goto fail;
	}
	r = connect_stream(capture, sink, rate_hz);
	if (r < 0)
		goto fail;
	r = pw_thread_loop_start(capture->loop);
	if (r < 0)
		goto fail;
	*ret = capture;
	return 0;
fail:
	capture_stop(capture);
	return r;
}

uint64_t capture_frames(const struct capture *capture)
{
	return atomic_load_explicit(&capture->n_frames, memory_order_acquire);
}

struct goal {
	const struct capture *capture;
	uint64_t n_frames;
};

static bool is_reached(void *data)
{
	const struct goal *goal = data;

	return capture_frames(goal->capture) >= goal->n_frames;
}

bool capture_wait(const struct capture *capture, uint64_t n_frames)
{
	struct goal goal = {capture, n_frames};

	return headless_pw_wait(is_reached, &goal);
}

const float *capture_channel(const struct capture *capture, int channel)
{
	return capture->channel[channel];
}

const struct capture_block *capture_blocks(const struct capture *capture, uint32_t *ret_n)
{
	*ret_n = atomic_load_explicit(&capture->n_blocks, memory_order_acquire);
	return capture->block;
}

void capture_stop(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->loop)
		pw_thread_loop_stop(capture->loop);
	if (capture->stream)
		pw_stream_destroy(capture->stream);
	if (capture->loop)
		pw_thread_loop_destroy(capture->loop);
	free(capture->block);
	free(capture->channel[0]);
	free(capture->channel[1]);
	free(capture);
	pw_deinit();
}
