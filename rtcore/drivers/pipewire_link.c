/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "pipewire_graph.h"

#define SINK_PAIRS_MAX 2u
#define STUCK_NS INT64_C(1000000000)
#define STUCK_MAX_NS (64 * STUCK_NS) /* where it does not help it is tried less and less often */
#define WANTED_MAX (SINK_PAIRS_MAX + 2u + GRAPH_MIDI_SOURCES_MAX + GRAPH_MIDI_OUTS_MAX)

/**
 * Left and right of ours, each to a port of the sink; MONO takes both.
 * @return number of pairs. Ports appear one after the other, so less than all is not an error.
 */
static uint32_t sink_pairs(const struct pipewire_graph *graph, struct graph_pair *ret)
{
	static const enum graph_channel side[SINK_PAIRS_MAX] = {CHANNEL_LEFT, CHANNEL_RIGHT};
	uint32_t n = 0;

	if (graph->node_id == SPA_ID_INVALID || !graph->sink)
		return 0;
	for (uint32_t i = 0; i < SINK_PAIRS_MAX; i++) {
		struct graph_pair pair = {
			.out_port = pipewire_graph_find_port(graph, graph->node_id, false, false, side[i]),
			.in_port = pipewire_graph_find_port(graph, graph->sink->id, true, false, side[i]),
		};

		if (pair.in_port == SPA_ID_INVALID)
			pair.in_port =
				pipewire_graph_find_port(graph, graph->sink->id, true, false, CHANNEL_MONO);
		if (pair.out_port != SPA_ID_INVALID && pair.in_port != SPA_ID_INVALID)
			ret[n++] = pair;
	}
	return n;
}

static void free_own_link(struct graph_own_link *own)
{
	if (own->proxy) {
		spa_hook_remove(&own->listener);
		/* The server destroys the link with the proxy of the client that asked for it. */
		pw_proxy_destroy(own->proxy);
	}
	spa_list_remove(&own->link);
	free(own);
}

static void on_own_destroy(void *data)
{
	struct graph_own_link *own = data;

	spa_hook_remove(&own->listener);
	own->proxy = NULL;
}

/** The link is gone at the server; ours to drop. on_own_destroy() follows from it. */
static void on_own_removed(void *data)
{
	struct graph_own_link *own = data;

	pw_proxy_destroy(own->proxy);
}

static void on_own_error(void *data, int seq, int res, const char *message)
{
	struct graph_own_link *own = data;
	struct pipewire_graph *graph = own->graph;

	if (own->what)
		pipewire_graph_note(graph, "A link to %s was refused: %.160s.", own->what,
			message ? message : "no reason given");
	else
		snprintf(graph->refusal, sizeof(graph->refusal), "%s", message ? message : "no reason given");
	graph->config.changed(graph->config.data);
}

static const struct pw_proxy_events own_events = {
	PW_VERSION_PROXY_EVENTS,
	.destroy = on_own_destroy,
	.removed = on_own_removed,
	.error = on_own_error,
};

static void make_link(struct pipewire_graph *graph, struct graph_pair pair, const char *what)
{
	struct graph_own_link *own = calloc(1, sizeof(*own));
	char out_port[16], in_port[16];
	struct spa_dict_item items[] = {
		SPA_DICT_ITEM_INIT(PW_KEY_LINK_OUTPUT_PORT, out_port),
		SPA_DICT_ITEM_INIT(PW_KEY_LINK_INPUT_PORT, in_port),
		SPA_DICT_ITEM_INIT(PW_KEY_OBJECT_LINGER, "false"),
	};

	if (!own)
		return;
	snprintf(out_port, sizeof(out_port), "%u", pair.out_port);
	snprintf(in_port, sizeof(in_port), "%u", pair.in_port);
	own->graph = graph;
	own->what = what;
	own->out_port = pair.out_port;
	own->in_port = pair.in_port;
	spa_list_append(&graph->own_links, &own->link);
	own->proxy = pw_core_create_object(graph->config.core, "link-factory", PW_TYPE_INTERFACE_Link,
		PW_VERSION_LINK, &SPA_DICT_INIT_ARRAY(items), 0);
	if (own->proxy)
		pw_proxy_add_listener(own->proxy, &own->listener, &own_events, own);
}

static bool is_linked(const struct pipewire_graph *graph, struct graph_pair pair)
{
	const struct graph_own_link *own;
	const struct graph_link *link;

	spa_list_for_each(own, &graph->own_links, link)
	{
		if (own->out_port == pair.out_port && own->in_port == pair.in_port)
			return true;
	}
	spa_list_for_each(link, &graph->links, link)
	{
		if (link->out_port == pair.out_port && link->in_port == pair.in_port)
			return true;
	}
	return false;
}

static bool is_wanted(const struct graph_own_link *own, const struct graph_pair *wanted, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (own->out_port == wanted[i].out_port && own->in_port == wanted[i].in_port)
			return true;
	}
	return false;
}

void pipewire_graph_relink(struct pipewire_graph *graph)
{
	struct graph_own_link *own, *next;
	struct graph_pair wanted[WANTED_MAX];
	uint32_t n_sink = sink_pairs(graph, wanted),
		 n_in = n_sink + pipewire_sources_pairs(graph, wanted + n_sink),
		 n = n_in + pipewire_out_pairs(graph, wanted + n_in);

	spa_list_for_each_safe(own, next, &graph->own_links, link)
	{
		if (!is_wanted(own, wanted, n))
			free_own_link(own);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!is_linked(graph, wanted[i]))
			make_link(graph, wanted[i],
				i < n_sink ? NULL : i < n_in ? "our input" : "a MIDI port");
	}
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static const struct graph_link *link_of(const struct pipewire_graph *graph, const struct graph_own_link *own)
{
	const struct graph_link *link;

	spa_list_for_each(link, &graph->links, link)
	{
		if (link->out_port == own->out_port && link->in_port == own->in_port)
			return link;
	}
	return NULL;
}

/*
 * A session manager that is killed and comes back suspends every node at its start. PipeWire 1.4 may leave a link paused
 * for ever after that, between nodes that run.
 */
void pipewire_graph_mend(struct pipewire_graph *graph)
{
	struct graph_own_link *own, *next;
	int64_t now = now_ns();
	bool all_active = true, is_mended = false;

	spa_list_for_each_safe(own, next, &graph->own_links, link)
	{
		const struct graph_link *link = own->what || !own->proxy ? NULL : link_of(graph, own);
		struct graph_pair pair = {own->out_port, own->in_port};

		all_active &= own->what || (link && link->state == PW_LINK_STATE_ACTIVE);
		if (!link || link->state != PW_LINK_STATE_PAUSED || graph->sink_state != PW_NODE_STATE_RUNNING) {
			own->stuck_ns = 0;
		} else if (!own->stuck_ns) {
			own->stuck_ns = now;
		} else if (now - own->stuck_ns > graph->mend_wait_ns) {
			pipewire_graph_note(graph, "A link to %.64s stood still; it is made anew.", graph->sink->name);
			free_own_link(own);
			make_link(graph, pair, NULL); /* at the list's end */
			is_mended = true;
		}
	}
	if (all_active || !graph->mend_wait_ns)
		graph->mend_wait_ns = STUCK_NS;
	else if (is_mended && graph->mend_wait_ns < STUCK_MAX_NS)
		graph->mend_wait_ns *= 2;
}

int pipewire_graph_is_joined(const struct pipewire_graph *graph)
{
	return graph->node_id != SPA_ID_INVALID &&
	       pipewire_graph_find_port(graph, graph->node_id, false, false, CHANNEL_LEFT) !=
		       SPA_ID_INVALID &&
	       pipewire_graph_find_port(graph, graph->node_id, false, false, CHANNEL_RIGHT) != SPA_ID_INVALID;
}

uint32_t pipewire_graph_wanted_links(const struct pipewire_graph *graph)
{
	struct graph_pair wanted[SINK_PAIRS_MAX];

	return sink_pairs(graph, wanted);
}

uint32_t pipewire_graph_active_links(const struct pipewire_graph *graph)
{
	const struct graph_link *link;
	uint32_t left, right, active = 0;

	if (!pipewire_graph_is_joined(graph))
		return 0;
	left = pipewire_graph_find_port(graph, graph->node_id, false, false, CHANNEL_LEFT);
	right = pipewire_graph_find_port(graph, graph->node_id, false, false, CHANNEL_RIGHT);
	spa_list_for_each(link, &graph->links, link)
	{
		if (link->out_port == left || link->out_port == right)
			active += link->state == PW_LINK_STATE_ACTIVE;
	}
	return active;
}
