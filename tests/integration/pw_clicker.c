/* SPDX-License-Identifier: MIT */
#include "pw_clicker.h"

#include <criterion/criterion.h>
#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "headless_pw.h"

#define CLICK_NS 20'000'000

struct pw_clicker {
	struct pw_thread_loop *loop;
	struct pw_stream *stream;
	_Atomic(struct spa_io_position *) position;
	atomic_uint n_cycles;
};

static void on_io_changed(void *data, uint32_t id, void *area, uint32_t size)
{
	struct pw_clicker *clicker = data;

	if (id == SPA_IO_Position)
		atomic_store(&clicker->position, area);
}

static void on_process(void *data)
{
	struct pw_clicker *clicker = data;
	const struct spa_io_position *position = atomic_load(&clicker->position);
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(clicker->stream);
	struct spa_data *d;
	uint32_t n;

	if (!buffer)
		return;
	d = &buffer->buffer->datas[0];
	if (d->data && position) {
		float *out = d->data;

		n = d->maxsize / (uint32_t)sizeof(float);
		n = position->clock.duration < n ? (uint32_t)position->clock.duration : n;
		for (uint32_t i = 0; i < n; i++) {
			const uint64_t at = position->clock.nsec + i * 1'000'000'000ull / CLICKER_RATE;
			const uint64_t since = at % CLICKER_EVERY_NS;

			out[i] = since >= CLICK_NS ? 0 : since / 500'000 % 2 ? 0.8f : -0.8f;
		}
		*d->chunk = (struct spa_chunk){.stride = sizeof(float), .size = n * (uint32_t)sizeof(float)};
		atomic_fetch_add(&clicker->n_cycles, 1);
	}
	pw_stream_queue_buffer(clicker->stream, buffer);
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.io_changed = on_io_changed,
	.process = on_process,
};

static bool has_begun(void *data)
{
	return atomic_load(&((struct pw_clicker *)data)->n_cycles) > 0;
}

struct pw_clicker *pw_clicker_start(const char *sink)
{
	struct pw_clicker *clicker = calloc(1, sizeof(*clicker));
	uint8_t memory[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	struct spa_audio_info_raw format = SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_F32P,
		.rate = CLICKER_RATE, .channels = 1, .position = {SPA_AUDIO_CHANNEL_MONO});
	const struct spa_pod *params[] = {
		spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &format),
	};

	cr_assert(clicker);
	pw_init(NULL, NULL);
	clicker->loop = pw_thread_loop_new("clicker", NULL);
	cr_assert(clicker->loop);
	clicker->stream = pw_stream_new_simple(pw_thread_loop_get_loop(clicker->loop), "clicker",
		pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Playback",
			PW_KEY_TARGET_OBJECT, sink, PW_KEY_NODE_NAME, "clicker", NULL),
		&events, clicker);
	cr_assert(clicker->stream);
	cr_assert_eq(
		pw_stream_connect(clicker->stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
			PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS,
			params, 1),
		0);
	cr_assert_eq(pw_thread_loop_start(clicker->loop), 0);
	cr_assert(headless_pw_wait(has_begun, clicker), "the clicker never ran a cycle");
	return clicker;
}

void pw_clicker_stop(struct pw_clicker *clicker)
{
	if (!clicker)
		return;
	pw_thread_loop_stop(clicker->loop);
	pw_stream_destroy(clicker->stream);
	pw_thread_loop_destroy(clicker->loop);
	free(clicker);
	pw_deinit();
}
