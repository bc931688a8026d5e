/* SPDX-License-Identifier: MIT */
/**
 * What the PipeWire driver knows of the graph it sits in: nodes, ports, links, which sink it should play into
 * and which sources it should hear. rtcore only; every function and field: the driver's loop thread.
 *
 * pipewire_graph.c keeps the tables by the registry's word, pipewire_sources.c says what should be heard,
 * pipewire_out.c where our MIDI output goes, pipewire_link.c makes the links.
 */
#ifndef RTCORE_PIPEWIRE_GRAPH_H
#define RTCORE_PIPEWIRE_GRAPH_H

#include <stdint.h>
#include <pipewire/pipewire.h>
#include <pipewire/extensions/metadata.h>

#include "driver.h"

/** Where a port sits in a stereo picture. */
enum graph_channel { CHANNEL_OTHER, CHANNEL_LEFT, CHANNEL_RIGHT, CHANNEL_MONO };

struct graph_node {
	struct spa_list link;
	uint32_t id;
	bool is_sink;        /**< media.class Audio/Sink */
	bool is_source;      /**< media.class Audio/Source and the like */
	bool is_midi_source; /**< media.class Midi/Source */
	bool is_fed;         /**< what we send comes there; pipewire_sources.c */
	int32_t priority;    /**< priority.session, 0 when absent */
	char *name;          /**< owned; never NULL */
	char *group; /**< owned; node.link-group: what goes into one of these comes out of another; or NULL */
};

struct graph_port {
	struct spa_list link;
	uint32_t id, node_id;
	bool is_input, is_midi;
	bool is_physical; /**< a plug of the machine */
	bool is_monitor;  /**< what a sink plays, to be listened to */
	enum graph_channel channel;
	char *name;  /**< owned; never NULL */
	char *alias; /**< owned; never NULL */
};

/** A link, whoever made it. Those that leave our node are followed by a proxy. */
struct graph_link {
	struct spa_list link;
	uint32_t id, out_node, in_node, out_port, in_port;
	enum pw_link_state state;
	bool is_midi_in; /**< into our MIDI input; sticky, so that its end is noticed whatever goes first */
	char from[128];  /**< then: where it comes from, in words */
	struct pipewire_graph *graph;
	struct pw_proxy *proxy; /**< owned; NULL: not ours */
	struct spa_hook proxy_listener, info_listener;
};

/**
 * A link that we asked for. The entry outlives the link when somebody else removed it: so it is not made
 * again behind that person's back, until the sink, the source or their ports change.
 */
struct graph_own_link {
	struct spa_list link;
	uint32_t out_port, in_port;
	const char *what; /**< for its refusal, static text; NULL: sound to the sink, told by the status */
	int64_t stuck_ns; /**< to the sink: since when it has stood still while the sink runs; 0: it does not */
	struct pipewire_graph *graph;
	struct pw_proxy *proxy; /**< owned; NULL: gone */
	struct spa_hook listener;
};

/** Two ports that are to be linked. */
struct graph_pair {
	uint32_t out_port, in_port;
};
#define GRAPH_MIDI_SOURCES_MAX 64u
#define GRAPH_MIDI_OUTS_MAX 32u

#define GRAPH_WISHES_MAX 16u

/** Ports that our MIDI output shall be linked to, by their whole names. */
struct graph_wishes {
	uint32_t n;
	char name[GRAPH_WISHES_MAX][DRIVER_PORT_NAME_MAX];
};

/** Pointers are borrowed until pipewire_graph_finish(). */
struct pipewire_graph_config {
	struct pw_core *core;
	const char *target;  /**< sink's node name, NULL: follow the default one */
	const char *input;   /**< as driver_config; never NULL */
	const char *midi_in; /**< as driver_config; never NULL */
	const struct graph_wishes *wishes;
	void (*changed)(void *data); /**< after every change of what the functions below answer */
	void (*note)(void *data, const char *text);
	void *data;
};

struct pipewire_graph {
	struct pipewire_graph_config config;
	struct pw_registry *registry;
	struct pw_proxy *metadata;   /**< "default", NULL until seen */
	struct pw_proxy *sink_proxy; /**< of `sink`, for its state */
	struct spa_hook core_listener, registry_listener, metadata_listener, sink_listener;
	uint32_t metadata_id;
	struct spa_source *look_again; /**< timer: bind to the metadata anew; NULL: it could not be made */
	bool will_look_again;
	int sync_seq;
	uint32_t syncs; /**< answered so far; from the second on the picture is whole */

	char default_sink[256];        /**< as the metadata says; "": not said */
	char default_source[256];      /**< likewise */
	uint32_t node_id;              /**< ours, SPA_ID_INVALID until known */
	const struct graph_node *sink; /**< that we want to play into; NULL: there is none */
	enum pw_node_state sink_state;
	int64_t mend_wait_ns; /**< a link to it that stands still for so long is made anew; 0: not set yet */
	const struct graph_node *source; /**< that we want to hear; NULL: there is none */
	char source_told[256];           /**< what was said about it last */
	uint32_t midi_ended; /**< links into our MIDI input that ended; the driver takes it back to 0 */
	char refusal[96];    /**< the last reason that a link to the sink was refused for */

	struct spa_list nodes, ports, links, own_links;
};

/** Start to watch. @return 0 or -errno. */
int pipewire_graph_init(struct pipewire_graph *graph, const struct pipewire_graph_config *config);

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

/** Make those links to the sink anew that have stood still for a second although it runs. */
void pipewire_graph_mend(struct pipewire_graph *graph);

/* Within the four files. */

const struct graph_node *pipewire_graph_find_node(const struct pipewire_graph *graph, const char *name);
const struct graph_node *pipewire_graph_node(const struct pipewire_graph *graph, uint32_t id);
const struct graph_port *pipewire_graph_port(const struct pipewire_graph *graph, uint32_t id);
/** An audio port's id, SPA_ID_INVALID. */
uint32_t pipewire_graph_find_port(const struct pipewire_graph *graph, uint32_t node_id, bool is_input,
	bool is_monitor, enum graph_channel channel);
/** Our MIDI input's id, SPA_ID_INVALID. */
uint32_t pipewire_graph_midi_in(const struct pipewire_graph *graph);
void pipewire_graph_note(const struct pipewire_graph *graph, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Choose anew what is heard, say so when it is another, and notice MIDI links. */
void pipewire_sources_update(struct pipewire_graph *graph);
/** Links that there should be from sources to us. @param ret  Room for 2 + GRAPH_MIDI_SOURCES_MAX. */
uint32_t pipewire_sources_pairs(const struct pipewire_graph *graph, struct graph_pair *ret);
/** Links that there should be from our MIDI output. @param ret  Room for GRAPH_MIDI_OUTS_MAX. */
uint32_t pipewire_out_pairs(const struct pipewire_graph *graph, struct graph_pair *ret);
/** A link is gone. */
void pipewire_sources_link_ended(struct pipewire_graph *graph, const struct graph_link *link);

/** Make the links that are missing and drop the ones that are no longer wanted. */
void pipewire_graph_relink(struct pipewire_graph *graph);

#endif
