/* SPDX-License-Identifier: MIT */
/* A Video/Source node: its buffers, and a frame's way into them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spa/buffer/meta.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "pipewire_priv.h"

static void forget_buffers(struct node *node)
{
	node->newest = NULL;
	node->seen = 0;
}

static void set_streams(struct node *node, bool streams)
{
	node->streams = streams;
	node->sink.n_consumers = streams;
	if (!streams)
		node->seen = 0;
}

static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
	struct node *node = data;

	set_streams(node, state == PW_STREAM_STATE_STREAMING);
	if (state == PW_STREAM_STATE_ERROR || state == PW_STREAM_STATE_UNCONNECTED) {
		if (error)
			log_warning("a video node failed, it is made anew: node=%s why=%s", node->sink.name,
				error);
		node->is_lost = true;
		out_pipewire_lost(node->out);
	}
}

static void on_param(void *data, uint32_t id, const struct spa_pod *param)
{
	struct node *node = data;
	uint8_t room[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(room, sizeof(room));
	const struct spa_pod *params[NODE_N_NEEDS];

	if (!param || id != SPA_PARAM_Format)
		return;
	if (node_chosen(node, param, &node->format) < 0) {
		pw_stream_set_error(node->stream, -EINVAL, "a format that was not offered");
		return;
	}
	node_needs(node, &builder, params);
	pw_stream_update_params(node->stream, params, NODE_N_NEEDS);
}

/** Memory that the other side can map, but not shrink under our hands. @return its fd; -errno. */
static int slot_map(struct node_slot *slot)
{
	const int fd = memfd_create("mos-video", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *at;
	int r;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)slot->size) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		goto fail;
	at = mmap(NULL, slot->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		goto fail;
	slot->pixels = at;
	return fd;
fail:
	r = -errno;
	close(fd);
	return r;
}

static void on_add_buffer(void *user, struct pw_buffer *buffer)
{
	struct node *node = user;
	struct spa_data *data = &buffer->buffer->datas[0];
	struct node_slot *slot = NULL;
	int fd;

	data->data = NULL;
	data->fd = -1;
	buffer->user_data = NULL;
	for (uint32_t i = 0; i < NODE_MAX_BUFFERS && !slot; i++) {
		if (!node->slots[i].buffer)
			slot = &node->slots[i];
	}
	if (!slot || !(data->type & (1u << SPA_DATA_MemFd))) {
		pw_stream_set_error(node->stream, -ENOTSUP, "no memory that can be shared");
		return;
	}
	*slot = (struct node_slot){.size = (size_t)node->stride * node->height};
	fd = slot_map(slot);
	if (fd < 0) {
		pw_stream_set_error(node->stream, fd, "no memory for a picture: %s", strerror(-fd));
		return;
	}
	slot->buffer = buffer;
	damage_all(&slot->lacks.recent, node->width, node->height);
	data->type = SPA_DATA_MemFd;
	data->flags = SPA_DATA_FLAG_READWRITE | SPA_DATA_FLAG_MAPPABLE;
	data->fd = fd;
	data->mapoffset = 0;
	data->maxsize = (uint32_t)slot->size;
	data->data = slot->pixels;
	buffer->user_data = slot;
	forget_buffers(node);
}

static void on_remove_buffer(void *user, struct pw_buffer *buffer)
{
	struct node *node = user;
	struct node_slot *slot = buffer->user_data;

	forget_buffers(node);
	if (!slot)
		return;
	munmap(slot->pixels, slot->size);
	close((int)buffer->buffer->datas[0].fd);
	*slot = (struct node_slot){0};
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = on_state,
	.param_changed = on_param,
	.add_buffer = on_add_buffer,
	.remove_buffer = on_remove_buffer,
};

int node_connect(struct node *node)
{
	uint8_t room[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(room, sizeof(room));
	const struct spa_pod *offer = node_offer(node, &builder);
	struct pw_properties *props = pw_properties_new(PW_KEY_MEDIA_CLASS, "Video/Source", PW_KEY_MEDIA_TYPE,
		"Video", PW_KEY_MEDIA_CATEGORY, "Capture", PW_KEY_MEDIA_ROLE, "Camera", PW_KEY_NODE_NAME,
		node->sink.name, PW_KEY_NODE_DESCRIPTION, node->title, PW_KEY_NODE_SUPPORTS_REQUEST, "1",
		NULL);
	int r;

	node->is_lost = false;
	if (!props)
		return -ENOMEM;
	node->stream = pw_stream_new(node->out->core, node->sink.name, props);
	if (!node->stream)
		return -errno;
	pw_stream_add_listener(node->stream, &node->listener, &events, node);
	r = pw_stream_connect(node->stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
		PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_ALLOC_BUFFERS | PW_STREAM_FLAG_NO_CONVERT, &offer, 1);
	if (r < 0)
		node_disconnect(node);
	return r;
}

void node_disconnect(struct node *node)
{
	struct pw_stream *stream = node->stream;

	set_streams(node, false);
	if (!stream)
		return;
	pw_stream_disconnect(stream);
	spa_hook_remove(&node->listener);
	node->stream = NULL;
	pw_stream_destroy(stream);
}

/** The newest of the buffers tells the consumer what it is. */
static void describe(struct node *node, struct spa_buffer *buffer, int64_t time_ns)
{
	struct spa_meta_header *header = spa_buffer_find_meta_data(buffer, SPA_META_Header, sizeof(*header));
	struct spa_meta *meta = spa_buffer_find_meta(buffer, SPA_META_VideoDamage);
	struct spa_chunk *chunk = buffer->datas[0].chunk;
	uint32_t i = 0;

	if (header)
		*header = (struct spa_meta_header){.pts = time_ns, .seq = node->n_sent};
	if (meta) {
		struct spa_meta_region *region;
		const uint32_t room = meta->size / (uint32_t)sizeof(*region);

		/* Too many for this consumer: all of it. */
		if (node->untold.n > room)
			damage_all(&node->untold, node->width, node->height);
		spa_meta_for_each(region, meta)
		{
			const struct render_rect *rect = i < node->untold.n ? &node->untold.rects[i++] : NULL;

			region->region = (struct spa_region){0};
			if (!rect)
				break;
			region->region.position = SPA_POINT(rect->x, rect->y);
			region->region.size = SPA_RECTANGLE((uint32_t)rect->w, (uint32_t)rect->h);
		}
	}
	*chunk = (struct spa_chunk){.size = node->stride * node->height, .stride = (int32_t)node->stride};
}

/** Start a cycle of the graph, where that is ours to do. Only a streaming node may be asked whose it is. */
static void drive(struct node *node)
{
	if (pw_stream_is_driving(node->stream) != pw_stream_is_lazy(node->stream))
		pw_stream_trigger_process(node->stream);
}

static bool has_rested(const struct node *node, const struct node_slot *slot)
{
	return !slot->sent || node->n_sent - slot->sent >= NODE_REST;
}

/** The buffer to fill. Consumers ask for many: the one used last of those that have rested lacks least, so
 * that a new picture is copied into a few of them and not into all. @return NULL: none is free. */
static struct node_slot *free_slot(struct node *node)
{
	struct node_slot *best = NULL;
	struct pw_buffer *buffer;

	while ((buffer = pw_stream_dequeue_buffer(node->stream))) {
		struct node_slot *slot = buffer->user_data;

		if (slot)
			slot->is_ours = true;
	}
	for (uint32_t i = 0; i < NODE_MAX_BUFFERS; i++) {
		struct node_slot *slot = &node->slots[i];

		if (!slot->buffer || !slot->is_ours)
			continue;
		if (!best || (has_rested(node, slot) != has_rested(node, best)
					     ? has_rested(node, slot)
					     : (slot->sent > best->sent) == has_rested(node, slot)))
			best = slot;
	}
	return best;
}

/** Bring a free buffer up to date and hand it on. */
static int send_picture(struct node *node, const uint8_t *from, uint32_t from_stride, enum copy_format format,
	int64_t time_ns)
{
	struct node_slot *slot = free_slot(node);
	struct render_rect rect;
	uint32_t at = 0;

	if (!slot) {
		node->sink.n_dropped++;
		/* Buffers come back when the graph turns. */
		drive(node);
		return -EAGAIN;
	}
	while (stale_next(&slot->lacks, &at, &rect)) {
		copy_rect(slot->pixels, node->stride, from, from_stride, &rect, format);
		node->sink.n_copied_bytes += 4 * (uint64_t)rect.w * (uint64_t)rect.h;
	}
	slot->lacks = (struct stale){0};
	node->newest = slot;
	describe(node, slot->buffer->buffer, time_ns);
	node->untold.n = 0;
	slot->sent = ++node->n_sent;
	slot->is_ours = false;
	node->sink.n_submitted++;
	pw_stream_queue_buffer(node->stream, slot->buffer);
	drive(node);
	return 0;
}

static int wants(struct sink *sink)
{
	const struct node *node = (const struct node *)sink;

	return node->streams && (!node->is_hidden || !node->newest);
}

static int submit(struct sink *sink, const struct sink_frame *frame)
{
	struct node *node = (struct node *)sink;

	if (frame->width != node->width || frame->height != node->height || frame->stride < node->stride)
		return -EINVAL;
	if (!wants(sink))
		return 0;
	for (uint32_t i = 0; i < NODE_MAX_BUFFERS; i++) {
		if (node->slots[i].buffer)
			stale_add_frame(&node->slots[i].lacks, frame, node->seen);
	}
	damage_add_frame(&node->untold, frame, node->seen);
	node->seen = frame->sequence;
	return send_picture(node, frame->rgba, frame->stride, node->format, frame->time_ns);
}

void node_repeat(struct node *node)
{
	struct timespec now;

	if (!node->streams || !node->is_hidden || !node->newest)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* What the newest lacks nobody has: its own bytes are copied as they are. */
	send_picture(node, node->newest->pixels, node->stride, COPY_RGBA,
		(int64_t)now.tv_sec * 1'000'000'000 + now.tv_nsec);
}

static void hide(struct sink *sink, int hidden)
{
	struct node *node = (struct node *)sink;

	node->is_hidden = hidden != 0;
	/* Repeats go from buffer to buffer: what a dropped frame left over is lost, so all is new afterwards.
	 */
	node->seen = 0;
	if (hidden)
		out_pipewire_beat(node->out);
}

static void close_node(struct sink *sink)
{
	struct node *node = (struct node *)sink;
	struct node **at = &node->out->nodes;

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node_disconnect(node);
	free(node->title);
	free(node);
}

static const struct sink_ops ops = {
	.kind = "pipewire",
	.wants = wants,
	.submit = submit,
	.hide = hide,
	.close = close_node,
};

int out_pipewire_open(struct out_pipewire *out, const char *name, const char *title, uint32_t width,
	uint32_t height, uint32_t fps, struct sink **ret)
{
	struct node *node;

	if (!width || !height || !fps || (uint64_t)width * height > INT_MAX / 4 ||
		strlen(name) >= sizeof(node->sink.name))
		return -EINVAL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->title = strdup(title ? title : name);
	if (!node->title) {
		free(node);
		return -ENOMEM;
	}
	node->sink.ops = &ops;
	snprintf(node->sink.name, sizeof(node->sink.name), "%s", name);
	node->out = out;
	node->width = width;
	node->height = height;
	node->stride = 4 * width;
	node->fps = fps;
	node->next = out->nodes;
	out->nodes = node;
	if (out->core && node_connect(node) < 0) {
		node->is_lost = true;
		out_pipewire_lost(out);
	}
	*ret = &node->sink;
	return 0;
}
