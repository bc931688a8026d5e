/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spa/utils/json.h>
#include <spa/utils/result.h>
#include <spa/utils/string.h>
#include "pipewire_graph.h"

static uint32_t dict_id(const struct spa_dict *props, const char *key)
{
	const char *value = spa_dict_lookup(props, key);
	uint32_t id = SPA_ID_INVALID;

	if (!value || !spa_atou32(value, &id, 10))
		return SPA_ID_INVALID;
	return id;
}

const struct graph_node *pipewire_graph_find_node(const struct pipewire_graph *graph, const char *name)
{
	const struct graph_node *node;

	spa_list_for_each(node, &graph->nodes, link)
	{
		if (strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}

const struct graph_node *pipewire_graph_node(const struct pipewire_graph *graph, uint32_t id)
{
	const struct graph_node *node;

	spa_list_for_each(node, &graph->nodes, link)
	{
		if (node->id == id)
			return node;
	}
	return NULL;
}

const struct graph_port *pipewire_graph_port(const struct pipewire_graph *graph, uint32_t id)
{
	const struct graph_port *port;

	spa_list_for_each(port, &graph->ports, link)
	{
		if (port->id == id)
			return port;
	}
	return NULL;
}

uint32_t pipewire_graph_find_port(const struct pipewire_graph *graph, uint32_t node_id, bool is_input,
	bool is_monitor, enum graph_channel channel)
{
	const struct graph_port *port;

	spa_list_for_each(port, &graph->ports, link)
	{
		if (port->node_id == node_id && port->is_input == is_input &&
			port->is_monitor == is_monitor && port->channel == channel && !port->is_midi)
			return port->id;
	}
	return SPA_ID_INVALID;
}

uint32_t pipewire_graph_midi_in(const struct pipewire_graph *graph)
{
	const struct graph_port *port;

	if (graph->node_id == SPA_ID_INVALID)
		return SPA_ID_INVALID;
	spa_list_for_each(port, &graph->ports, link)
	{
		if (port->node_id == graph->node_id && port->is_input && port->is_midi)
			return port->id;
	}
	return SPA_ID_INVALID;
}

/** A target is a target. Else what the session manager calls the default; without one, the best sink. */
static const struct graph_node *choose_sink(const struct pipewire_graph *graph)
{
	const struct graph_node *node, *best = NULL;

	if (graph->config.target)
		return pipewire_graph_find_node(graph, graph->config.target);
	if (graph->default_sink[0] && (node = pipewire_graph_find_node(graph, graph->default_sink)))
		return node;
	spa_list_for_each(node, &graph->nodes, link)
	{
		if (node->is_sink && (!best || node->priority > best->priority))
			best = node;
	}
	return best;
}

static void drop_sink(struct pipewire_graph *graph)
{
	if (graph->sink_proxy) {
		spa_hook_remove(&graph->sink_listener);
		pw_proxy_destroy(graph->sink_proxy);
	}
	graph->sink_proxy = NULL;
	graph->sink = NULL;
	graph->sink_state = PW_NODE_STATE_SUSPENDED;
}

static void on_sink_info(void *data, const struct pw_node_info *info)
{
	struct pipewire_graph *graph = data;

	graph->sink_state = info->state;
	graph->config.changed(graph->config.data);
}

static const struct pw_node_events sink_events = {
	PW_VERSION_NODE_EVENTS,
	.info = on_sink_info,
};

static void update(struct pipewire_graph *graph)
{
	const struct graph_node *sink;

	if (!pipewire_graph_ready(graph))
		return;
	sink = choose_sink(graph);
	if (sink != graph->sink) {
		drop_sink(graph);
		graph->sink = sink;
		if (sink)
			graph->sink_proxy = pw_registry_bind(
				graph->registry, sink->id, PW_TYPE_INTERFACE_Node, PW_VERSION_NODE, 0);
		if (graph->sink_proxy)
			pw_node_add_listener((struct pw_node *)graph->sink_proxy, &graph->sink_listener,
				&sink_events, graph);
	}
	pipewire_sources_update(graph);
	pipewire_graph_relink(graph);
	graph->config.changed(graph->config.data);
}

static int on_metadata_property(
	void *data, uint32_t subject, const char *key, const char *type, const char *value)
{
	struct pipewire_graph *graph = data;
	char name[sizeof(graph->default_sink)] = "";

	if (subject != PW_ID_CORE ||
		(key && strcmp(key, "default.audio.sink") != 0 && strcmp(key, "default.audio.source") != 0))
		return 0;
	/* No key: everything is unset. No value: this one. An unreadable value is as good as none. */
	if (key && value && spa_json_str_object_find(value, strlen(value), "name", name, sizeof(name)) <= 0)
		name[0] = 0;
	if (!key || strcmp(key, "default.audio.sink") == 0)
		memcpy(graph->default_sink, name, sizeof(name));
	if (!key || strcmp(key, "default.audio.source") == 0)
		memcpy(graph->default_source, name, sizeof(name));
	update(graph);
	return 0;
}

static const struct pw_metadata_events metadata_events = {
	PW_VERSION_METADATA_EVENTS,
	.property = on_metadata_property,
};

static void unbind_metadata(struct pipewire_graph *graph)
{
	if (graph->metadata) {
		spa_hook_remove(&graph->metadata_listener);
		pw_proxy_destroy(graph->metadata);
	}
	graph->metadata = NULL;
}

static void bind_metadata(struct pipewire_graph *graph, uint32_t id)
{
	graph->metadata =
		pw_registry_bind(graph->registry, id, PW_TYPE_INTERFACE_Metadata, PW_VERSION_METADATA, 0);
	if (!graph->metadata)
		return;
	graph->metadata_id = id;
	pw_metadata_add_listener(
		(struct pw_metadata *)graph->metadata, &graph->metadata_listener, &metadata_events, graph);
}

static void drop_metadata(struct pipewire_graph *graph)
{
	unbind_metadata(graph);
	graph->metadata_id = SPA_ID_INVALID;
	graph->default_sink[0] = graph->default_source[0] = 0;
}

static void add_metadata(struct pipewire_graph *graph, uint32_t id, const struct spa_dict *props)
{
	const char *name = spa_dict_lookup(props, PW_KEY_METADATA_NAME);

	if (!graph->metadata && name && strcmp(name, "default") == 0)
		bind_metadata(graph, id);
}

/*
 * PipeWire 1.4 can fall silent for good towards those who are bound to a metadata, after somebody else went
 * while he was still being told what is in it (seen with pw-dump and pw-metadata). Who binds anew is told. So
 * a moment after somebody has gone, who may have changed a default, we look again.
 */
#define LOOK_AGAIN_NS (200 * SPA_NSEC_PER_MSEC)

static struct pw_loop *loop_of(const struct pipewire_graph *graph)
{
	return pw_context_get_main_loop(pw_core_get_context(graph->config.core));
}

static void on_look_again(void *data, uint64_t expirations)
{
	struct pipewire_graph *graph = data;
	const uint32_t id = graph->metadata_id;

	graph->will_look_again = false;
	if (!graph->metadata)
		return;
	unbind_metadata(graph);
	bind_metadata(graph, id);
}

static void look_again_soon(struct pipewire_graph *graph)
{
	struct timespec in = {.tv_nsec = LOOK_AGAIN_NS};

	if (graph->will_look_again || !graph->look_again || !graph->metadata)
		return;
	graph->will_look_again = pw_loop_update_timer(loop_of(graph), graph->look_again, &in, NULL,
					 /* absolute= */ false) >= 0;
}

static void free_node(struct graph_node *node)
{
	free(node->name);
	free(node->group);
	free(node);
}

static void add_node(struct pipewire_graph *graph, uint32_t id, const struct spa_dict *props)
{
	const char *name = spa_dict_lookup(props, PW_KEY_NODE_NAME);
	const char *class = spa_dict_lookup(props, PW_KEY_MEDIA_CLASS);
	const char *priority = spa_dict_lookup(props, PW_KEY_PRIORITY_SESSION);
	const char *group = spa_dict_lookup(props, PW_KEY_NODE_LINK_GROUP);
	struct graph_node *node = calloc(1, sizeof(*node));

	if (!node)
		return;
	node->name = strdup(name ? name : "");
	node->group = group ? strdup(group) : NULL;
	if (!node->name || (group && !node->group)) {
		free_node(node);
		return;
	}
	node->id = id;
	node->is_sink = spa_streq(class, "Audio/Sink");
	node->is_source = spa_streq(class, "Audio/Source") || spa_streq(class, "Audio/Source/Virtual") ||
			  spa_streq(class, "Audio/Duplex");
	node->is_midi_source = spa_streq(class, "Midi/Source");
	if (priority)
		(void)spa_atoi32(priority, &node->priority, 10);
	spa_list_append(&graph->nodes, &node->link);
}

/** AUX0 and AUX1: a sound card in the "pro audio" profile names its channels so. */
static enum graph_channel channel_of(const char *name)
{
	if (!name)
		return CHANNEL_OTHER;
	if (strcmp(name, "FL") == 0 || strcmp(name, "AUX0") == 0)
		return CHANNEL_LEFT;
	if (strcmp(name, "FR") == 0 || strcmp(name, "AUX1") == 0)
		return CHANNEL_RIGHT;
	return strcmp(name, "MONO") == 0 ? CHANNEL_MONO : CHANNEL_OTHER;
}

static void free_port(struct graph_port *port)
{
	free(port->name);
	free(port->alias);
	free(port);
}

static bool is_true(const struct spa_dict *props, const char *key)
{
	const char *value = spa_dict_lookup(props, key);

	return value && spa_atob(value);
}

static void add_port(struct pipewire_graph *graph, uint32_t id, const struct spa_dict *props)
{
	const char *direction = spa_dict_lookup(props, PW_KEY_PORT_DIRECTION);
	const char *format = spa_dict_lookup(props, PW_KEY_FORMAT_DSP);
	const char *name = spa_dict_lookup(props, PW_KEY_PORT_NAME);
	const char *alias = spa_dict_lookup(props, PW_KEY_PORT_ALIAS);
	struct graph_port *port = calloc(1, sizeof(*port));

	if (!port)
		return;
	port->name = strdup(name ? name : "");
	port->alias = strdup(alias ? alias : "");
	if (!port->name || !port->alias) {
		free_port(port);
		return;
	}
	port->id = id;
	port->node_id = dict_id(props, PW_KEY_NODE_ID);
	port->is_input = direction && strcmp(direction, "in") == 0;
	port->is_midi = format && (strstr(format, "UMP") || strstr(format, "midi"));
	port->is_physical = is_true(props, PW_KEY_PORT_PHYSICAL);
	port->is_monitor = is_true(props, PW_KEY_PORT_MONITOR);
	port->channel = channel_of(spa_dict_lookup(props, PW_KEY_AUDIO_CHANNEL));
	spa_list_append(&graph->ports, &port->link);
}

static void free_link(struct graph_link *link)
{
	pipewire_sources_link_ended(link->graph, link);
	if (link->proxy) {
		spa_hook_remove(&link->info_listener);
		spa_hook_remove(&link->proxy_listener);
		pw_proxy_destroy(link->proxy);
	}
	spa_list_remove(&link->link);
	free(link);
}

static void on_link_info(void *data, const struct pw_link_info *info)
{
	struct graph_link *link = data;
	struct pipewire_graph *graph = link->graph;

	link->state = info->state;
	if (info->state == PW_LINK_STATE_ERROR)
		snprintf(graph->refusal, sizeof(graph->refusal), "%s",
			info->error ? info->error : "no reason given");
	graph->config.changed(graph->config.data);
}

static const struct pw_link_events link_events = {
	PW_VERSION_LINK_EVENTS,
	.info = on_link_info,
};

/** Only forget the proxy here: the table entry goes when the registry says so. */
static void on_link_proxy_destroy(void *data)
{
	struct graph_link *link = data;

	spa_hook_remove(&link->info_listener);
	spa_hook_remove(&link->proxy_listener);
	link->proxy = NULL;
	link->state = PW_LINK_STATE_UNLINKED;
}

static const struct pw_proxy_events link_proxy_events = {
	PW_VERSION_PROXY_EVENTS,
	.destroy = on_link_proxy_destroy,
};

static void add_link(struct pipewire_graph *graph, uint32_t id, const struct spa_dict *props)
{
	struct graph_link *link = calloc(1, sizeof(*link));

	if (!link)
		return;
	link->id = id;
	link->out_node = dict_id(props, PW_KEY_LINK_OUTPUT_NODE);
	link->in_node = dict_id(props, PW_KEY_LINK_INPUT_NODE);
	link->out_port = dict_id(props, PW_KEY_LINK_OUTPUT_PORT);
	link->in_port = dict_id(props, PW_KEY_LINK_INPUT_PORT);
	link->graph = graph;
	spa_list_append(&graph->links, &link->link);
	if (graph->node_id == SPA_ID_INVALID || link->out_node != graph->node_id)
		return;
	link->proxy = pw_registry_bind(graph->registry, id, PW_TYPE_INTERFACE_Link, PW_VERSION_LINK, 0);
	if (!link->proxy)
		return;
	pw_proxy_add_listener(link->proxy, &link->proxy_listener, &link_proxy_events, link);
	pw_link_add_listener((struct pw_link *)link->proxy, &link->info_listener, &link_events, link);
}

static void on_global(void *data, uint32_t id, uint32_t permissions, const char *type, uint32_t version,
	const struct spa_dict *props)
{
	struct pipewire_graph *graph = data;

	if (!props)
		return;
	if (spa_streq(type, PW_TYPE_INTERFACE_Node))
		add_node(graph, id, props);
	else if (spa_streq(type, PW_TYPE_INTERFACE_Port))
		add_port(graph, id, props);
	else if (spa_streq(type, PW_TYPE_INTERFACE_Link))
		add_link(graph, id, props);
	else if (spa_streq(type, PW_TYPE_INTERFACE_Metadata))
		add_metadata(graph, id, props);
	else
		return;
	update(graph);
}

static void on_global_remove(void *data, uint32_t id)
{
	struct pipewire_graph *graph = data;
	struct graph_node *node, *next_node;
	struct graph_port *port, *next_port;
	struct graph_link *link, *next_link;
	bool is_known = id == graph->metadata_id;

	spa_list_for_each_safe(node, next_node, &graph->nodes, link)
	{
		if (node->id != id)
			continue;
		is_known = true;
		if (graph->sink == node)
			drop_sink(graph);
		if (graph->source == node)
			graph->source = NULL;
		spa_list_remove(&node->link);
		free_node(node);
	}
	spa_list_for_each_safe(port, next_port, &graph->ports, link)
	{
		if (port->id != id)
			continue;
		is_known = true;
		spa_list_remove(&port->link);
		free_port(port);
	}
	spa_list_for_each_safe(link, next_link, &graph->links, link)
	{
		if (link->id != id)
			continue;
		is_known = true;
		free_link(link);
	}
	if (id == graph->metadata_id)
		drop_metadata(graph);
	if (!is_known)
		look_again_soon(graph); /* a client, or what was its */
	update(graph);
}

static const struct pw_registry_events registry_events = {
	PW_VERSION_REGISTRY_EVENTS,
	.global = on_global,
	.global_remove = on_global_remove,
};

/** The first answer comes behind all globals, the second behind what the metadata told when bound. */
static void on_core_done(void *data, uint32_t id, int seq)
{
	struct pipewire_graph *graph = data;

	if (id != PW_ID_CORE || seq != graph->sync_seq)
		return;
	graph->syncs++;
	if (!pipewire_graph_ready(graph))
		graph->sync_seq = pw_core_sync(graph->config.core, PW_ID_CORE, 0);
	else
		update(graph);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.done = on_core_done,
};

int pipewire_graph_init(struct pipewire_graph *graph, const struct pipewire_graph_config *config)
{
	struct pw_core *core = config->core;

	*graph = (struct pipewire_graph){
		.config = *config,
		.node_id = SPA_ID_INVALID,
		.metadata_id = SPA_ID_INVALID,
		.sink_state = PW_NODE_STATE_SUSPENDED,
	};
	spa_list_init(&graph->nodes);
	spa_list_init(&graph->ports);
	spa_list_init(&graph->links);
	spa_list_init(&graph->own_links);
	graph->registry = pw_core_get_registry(core, PW_VERSION_REGISTRY, 0);
	if (!graph->registry)
		return -errno;
	pw_core_add_listener(core, &graph->core_listener, &core_events, graph);
	pw_registry_add_listener(graph->registry, &graph->registry_listener, &registry_events, graph);
	graph->look_again = pw_loop_add_timer(loop_of(graph), on_look_again, graph);
	graph->sync_seq = pw_core_sync(core, PW_ID_CORE, 0);
	return 0;
}

void pipewire_graph_finish(struct pipewire_graph *graph)
{
	struct graph_node *node;
	struct graph_port *port;
	struct graph_link *link;

	if (!graph->registry)
		return;
	if (graph->look_again)
		pw_loop_destroy_source(loop_of(graph), graph->look_again);
	graph->look_again = NULL;
	spa_hook_remove(&graph->core_listener);
	spa_hook_remove(&graph->registry_listener);
	drop_sink(graph);
	drop_metadata(graph);
	graph->source = NULL;
	graph->node_id = SPA_ID_INVALID;
	pipewire_graph_relink(graph);
	spa_list_consume(link, &graph->links, link) free_link(link);
	spa_list_consume(port, &graph->ports, link)
	{
		spa_list_remove(&port->link);
		free_port(port);
	}
	spa_list_consume(node, &graph->nodes, link)
	{
		spa_list_remove(&node->link);
		free_node(node);
	}
	pw_proxy_destroy((struct pw_proxy *)graph->registry);
	graph->registry = NULL;
}

int pipewire_graph_ready(const struct pipewire_graph *graph)
{
	return graph->syncs >= 2;
}

void pipewire_graph_set_node(struct pipewire_graph *graph, uint32_t node_id)
{
	graph->node_id = node_id;
	update(graph);
}

int pipewire_graph_has_name(const struct pipewire_graph *graph, const char *node_name)
{
	return pipewire_graph_find_node(graph, node_name) != NULL;
}
