/* SPDX-License-Identifier: MIT */
/** Between the connection to PipeWire (pipewire.c) and its nodes (pipewire_node.c, pipewire_format.c). */
#ifndef THEATER_OUT_PIPEWIRE_PRIV_H
#define THEATER_OUT_PIPEWIRE_PRIV_H

#include <pipewire/pipewire.h>
#include <spa/param/video/format-utils.h>

#include "copy.h"
#include "damage.h"
#include "retry.h"
#include "sink.h"

#define NODE_MAX_BUFFERS 16u
/** Pictures for which a buffer is left alone after it was handed on, where others are free. */
#define NODE_REST 3u

/** One of the buffers that a consumer and we share. */
struct node_slot {
	struct pw_buffer *buffer; /**< NULL: free */
	uint8_t *pixels;
	size_t size;
	struct stale lacks; /**< what changed since it was filled */
	uint64_t sent;       /**< node.n_sent with it; 0: never */
	bool is_ours;        /**< no consumer reads it */
};

struct node {
	struct sink sink; /**< first: a sink is cast to its node */
	struct out_pipewire *out;
	struct node *next;
	char *title;
	uint32_t width, height, stride, fps;

	struct pw_stream *stream; /**< NULL: no connection */
	struct spa_hook listener;
	bool streams, is_lost, is_hidden;
	enum copy_format format;
	struct node_slot slots[NODE_MAX_BUFFERS];
	struct node_slot *newest; /**< the last one that was handed on, NULL: none */
	struct damage untold;     /**< since the last one that was handed on */
	uint64_t seen;            /**< sequence of the last frame submitted; 0: none that counts */
	uint64_t n_sent;          /**< the consumers' sequence */
};

struct out_pipewire {
	sd_event *event;
	sd_event_source *io, *beat;
	struct pw_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct spa_hook listener;
	struct retry retry;
	bool is_lost, is_waiting, is_inside;
	struct node *nodes;
};

/** Make the node at the server. @return 0; -errno. */
int node_connect(struct node *node);
void node_disconnect(struct node *node);
/** Hidden, with a consumer: the last picture again. */
void node_repeat(struct node *node);

/** A node of the connection, or all of it, is of no more use: again after a pause. */
void out_pipewire_lost(struct out_pipewire *out);
/** Somebody is hidden: the beat is wanted. */
void out_pipewire_beat(struct out_pipewire *out);

/** The formats that are offered. */
const struct spa_pod *node_offer(const struct node *node, struct spa_pod_builder *builder);
/** The one that was chosen. @return 0; -EINVAL not one of ours. */
int node_chosen(const struct node *node, const struct spa_pod *param, enum copy_format *ret);
#define NODE_N_NEEDS 3u
/** What buffers must be like. @param params  room for NODE_N_NEEDS. */
void node_needs(const struct node *node, struct spa_pod_builder *builder, const struct spa_pod **params);

#endif
