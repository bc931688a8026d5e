/* SPDX-License-Identifier: MIT */
/**
 * What the PipeWire driver knows of the graph it sits in: nodes, ports, the links of its own outputs, and
 * which sink it should play into. rtcore only; every function and field: the driver's loop thread.
 *
 * pipewire_graph.c keeps the tables by the registry's word, pipewire_link.c makes the links.
 */
#ifndef RTCORE_PIPEWIRE_GRAPH_H
#define RTCORE_PIPEWIRE_GRAPH_H

#include <stdint.h>
#include <pipewire/pipewire.h>
#include <pipewire/extensions/metadata.h>

/** Where a port sits in a stereo picture. */
enum graph_channel { CHANNEL_OTHER, CHANNEL_LEFT, CHANNEL_RIGHT, CHANNEL_MONO };

struct graph_node {
	struct spa_list link;
	uint32_t id;
	bool is_sink;     /**< media.class Audio/Sink */
	int32_t priority; /**< priority.session, 0 when absent */
	char *name;       /**< owned; never NULL */
};

struct graph_port {
	struct spa_list link;
	uint32_t id, node_id;
	bool is_input;
	enum graph_channel channel;
};

/** A link that leaves our node, whoever made it. */
struct graph_link {
	struct spa_list link;
	uint32_t id, out_port, in_port;
	enum pw_link_state state;
	struct pipewire_graph *graph;
	struct pw_proxy *proxy; /**< owned */
	struct spa_hook proxy_listener, info_listener;
};

/**
 * A link that we asked for. The entry outlives the link when somebody else removed it: so it is not made
 * again behind that person's back, until the sink or its ports change.
 */
struct graph_own_link {
	struct spa_list link;
	uint32_t out_port, in_port;
	struct pipewire_graph *graph;
	struct pw_proxy *proxy; /**< owned; NULL: gone */
	struct spa_hook listener;
};

struct pipewire_graph {
	struct pw_core *core; /**< borrowed */
	struct pw_registry *registry;
	struct pw_proxy *metadata;   /**< "default", NULL until seen */
	struct pw_proxy *sink_proxy; /**< of `sink`, for its state */
	struct spa_hook core_listener, registry_listener, metadata_listener, sink_listener;
	uint32_t metadata_id;
	int sync_seq;
	uint32_t syncs; /**< answered so far; from the second on the picture is whole */

	const char *target;            /**< sink's node name; NULL: the default; borrowed */
	char default_name[256];        /**< as the metadata says; "": not said */
	uint32_t node_id;              /**< ours, SPA_ID_INVALID until known */
	const struct graph_node *sink; /**< that we want to play into; NULL: there is none */
	enum pw_node_state sink_state;
	char refusal[96]; /**< the last reason that a link was refused for */

	struct spa_list nodes, ports, links, own_links;

	void (*changed)(void *data); /**< after every change of what the functions below answer */
	void *data;
};

/**
 * Start to watch.
 * @param core     Borrowed until pipewire_graph_finish().
 * @param target   Name of the sink to use, NULL: follow the default one. Borrowed.
 * @return 0 or -errno.
 */
int pipewire_graph_init(struct pipewire_graph *graph, struct pw_core *core, const char *target,
	void (*changed)(void *data), void *data);

/** Also after a failed init, or on a zeroed object. Links that we made go away. */
void pipewire_graph_finish(struct pipewire_graph *graph);

/** 1 once everything that was there when we came has been told. */
int pipewire_graph_ready(const struct pipewire_graph *graph);

/** Our node is exported under this id: from now on it is linked. */
void pipewire_graph_set_node(struct pipewire_graph *graph, uint32_t node_id);

int pipewire_graph_has_name(const struct pipewire_graph *graph, const char *node_name);

/** 1 once the graph shows our node with both master outputs. */
int pipewire_graph_is_joined(const struct pipewire_graph *graph);

/** Links that carry sound away from our master outputs now, to the sink or where somebody else led them. */
uint32_t pipewire_graph_active_links(const struct pipewire_graph *graph);

/** Links that there should be to `sink`. 0 while it has no ports that suit. */
uint32_t pipewire_graph_wanted_links(const struct pipewire_graph *graph);

/* Within the pair of files. */

/** Make the links that are missing and drop the ones that no longer lead to the sink. */
void pipewire_graph_relink(struct pipewire_graph *graph);

#endif
