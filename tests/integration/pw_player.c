/* SPDX-License-Identifier: MIT */
#include "pw_player.h"

#include <criterion/criterion.h>
#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "headless_pw.h"

struct pw_player {
	struct pw_thread_loop *loop;
	struct pw_stream *stream;
	const float *sample;
	uint64_t n, at; /* `at`: data thread only */
	_Atomic(struct spa_io_position *) position;
	atomic_int_fast64_t began_ns; /* 0: not yet */
};

static void on_io_changed(void *data, uint32_t id, void *area, uint32_t size)
{
	struct pw_player *player = data;

	if (id == SPA_IO_Position)
		atomic_store(&player->position, area);
}

static void fill(struct pw_player *player, struct spa_buffer *buffer, uint32_t n)
{
	for (int c = 0; c < 2; c++) {
		struct spa_data *d = &buffer->datas[c];
		float *out = d->data;

		for (uint32_t i = 0; i < n; i++)
			out[i] = player->at + i < player->n ? player->sample[player->at + i] : 0;
		d->chunk->offset = 0;
		d->chunk->stride = sizeof(float);
		d->chunk->size = n * sizeof(float);
	}
	player->at += n;
}

static void on_process(void *data)
{
	struct pw_player *player = data;
	const struct spa_io_position *position = atomic_load(&player->position);
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(player->stream);

	if (!buffer)
		return;
	if (buffer->buffer->n_datas == 2 && buffer->buffer->datas[0].data && position) {
		uint32_t n = (uint32_t)position->clock.duration,
			 room = buffer->buffer->datas[0].maxsize / sizeof(float);

		if (player->at == 0)
			atomic_store(&player->began_ns, (int64_t)position->clock.nsec);
		fill(player, buffer->buffer, n < room ? n : room);
	}
	pw_stream_queue_buffer(player->stream, buffer);
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.io_changed = on_io_changed,
	.process = on_process,
};

static bool has_begun(void *data)
{
	return pw_player_began_ns(data) != 0;
}

struct pw_player *pw_player_start(const char *sink, uint32_t rate_hz, const float *sample, uint64_t n)
{
	struct pw_player *player = calloc(1, sizeof(*player));
	uint8_t memory[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	struct spa_audio_info_raw format = SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_F32P,
		.rate = rate_hz, .channels = 2, .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR});
	const struct spa_pod *params[] = {
		spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &format),
	};

	cr_assert(player);
	pw_init(NULL, NULL);
	player->sample = sample;
	player->n = n;
	player->loop = pw_thread_loop_new("player", NULL);
	cr_assert(player->loop);
	player->stream = pw_stream_new_simple(pw_thread_loop_get_loop(player->loop), "player",
		pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Playback",
			PW_KEY_TARGET_OBJECT, sink, PW_KEY_NODE_NAME, "player", NULL),
		&events, player);
	cr_assert(player->stream);
	cr_assert_eq(
		pw_stream_connect(player->stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
			PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS,
			params, 1),
		0);
	cr_assert_eq(pw_thread_loop_start(player->loop), 0);
	cr_assert(headless_pw_wait(has_begun, player), "the player never ran a cycle");
	return player;
}

int64_t pw_player_began_ns(const struct pw_player *player)
{
	return atomic_load(&player->began_ns);
}

void pw_player_stop(struct pw_player *player)
{
	if (!player)
		return;
	pw_thread_loop_stop(player->loop);
	pw_stream_destroy(player->stream);
	pw_thread_loop_destroy(player->loop);
	free(player);
	pw_deinit();
}
