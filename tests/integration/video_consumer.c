/* SPDX-License-Identifier: MIT */
#include "video_consumer.h"

#include <errno.h>
#include <pipewire/pipewire.h>
#include <spa/buffer/meta.h>
#include <spa/param/buffers.h>
#include <spa/param/video/format-utils.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct video_consumer {
	struct pw_thread_loop *loop;
	struct pw_stream *stream;
	struct spa_video_info_raw info;
	video_frame_fn frame;
	void *data;
	_Atomic uint64_t n;
};

static void on_param(void *data, uint32_t id, const struct spa_pod *param)
{
	struct video_consumer *consumer = data;
	uint8_t room[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(room, sizeof(room));
	const struct spa_pod *params[3];
	const int region = sizeof(struct spa_meta_region);

	if (!param || id != SPA_PARAM_Format)
		return;
	spa_format_video_raw_parse(param, &consumer->info);
	params[0] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
		SPA_PARAM_BUFFERS_dataType,
		SPA_POD_CHOICE_FLAGS_Int((1 << SPA_DATA_MemPtr) | (1 << SPA_DATA_MemFd)));
	params[1] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_Header), SPA_PARAM_META_size,
		SPA_POD_Int((int)sizeof(struct spa_meta_header)));
	params[2] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoDamage), SPA_PARAM_META_size,
		SPA_POD_CHOICE_RANGE_Int(region * 16, region, region * 16));
	pw_stream_update_params(consumer->stream, params, 3);
}

static void read_damage(struct video_frame *frame, const struct spa_buffer *buffer)
{
	const struct spa_meta *meta = spa_buffer_find_meta(buffer, SPA_META_VideoDamage);
	const struct spa_meta_region *region;

	if (!meta)
		return;
	spa_meta_for_each(region, meta)
	{
		if (!spa_meta_region_is_valid(region) || frame->n_damage == 16)
			break;
		frame->damage[frame->n_damage++] = (struct video_area){region->region.position.x,
			region->region.position.y, region->region.size.width, region->region.size.height};
	}
}

static void on_process(void *data)
{
	struct video_consumer *consumer = data;
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(consumer->stream);
	const struct spa_meta_header *header;
	struct timespec now;

	if (!buffer)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	header = spa_buffer_find_meta_data(buffer->buffer, SPA_META_Header, sizeof(*header));
	if (header && buffer->buffer->datas[0].data) {
		struct video_frame frame = {
			.pixels = buffer->buffer->datas[0].data,
			.width = consumer->info.size.width,
			.height = consumer->info.size.height,
			.stride = (uint32_t)buffer->buffer->datas[0].chunk->stride,
			.format = consumer->info.format,
			.pts_ns = header->pts,
			.taken_ns = (int64_t)now.tv_sec * 1'000'000'000 + now.tv_nsec,
			.sequence = header->seq,
		};

		read_damage(&frame, buffer->buffer);
		if (consumer->frame)
			consumer->frame(consumer->data, &frame);
		atomic_fetch_add(&consumer->n, 1);
	}
	pw_stream_queue_buffer(consumer->stream, buffer);
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.param_changed = on_param,
	.process = on_process,
};

int video_consumer_start(
	const char *node, uint32_t format, video_frame_fn frame, void *data, struct video_consumer **ret)
{
	struct video_consumer *consumer = calloc(1, sizeof(*consumer));
	uint8_t room[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(room, sizeof(room));
	const struct spa_pod *params[1];
	int r;

	if (!consumer)
		return -ENOMEM;
	pw_init(NULL, NULL);
	consumer->frame = frame;
	consumer->data = data;
	consumer->loop = pw_thread_loop_new("watcher", NULL);
	consumer->stream = pw_stream_new_simple(pw_thread_loop_get_loop(consumer->loop), "watcher",
		pw_properties_new(PW_KEY_MEDIA_TYPE, "Video", PW_KEY_MEDIA_CATEGORY, "Capture",
			PW_KEY_MEDIA_ROLE, "Camera", PW_KEY_TARGET_OBJECT, node, PW_KEY_NODE_DONT_RECONNECT,
			"false", NULL),
		&events, consumer);
	params[0] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat,
		SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video), SPA_FORMAT_mediaSubtype,
		SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw), SPA_FORMAT_VIDEO_format, SPA_POD_Id(format));
	r = pw_stream_connect(consumer->stream, PW_DIRECTION_INPUT, PW_ID_ANY,
		PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS, params, 1);
	if (r == 0)
		r = pw_thread_loop_start(consumer->loop);
	if (r < 0) {
		video_consumer_stop(consumer);
		return r;
	}
	*ret = consumer;
	return 0;
}

uint64_t video_consumer_frames(const struct video_consumer *consumer)
{
	return atomic_load(&consumer->n);
}

void video_consumer_stop(struct video_consumer *consumer)
{
	if (!consumer)
		return;
	pw_thread_loop_stop(consumer->loop);
	pw_stream_destroy(consumer->stream);
	pw_thread_loop_destroy(consumer->loop);
	free(consumer);
	pw_deinit();
}
