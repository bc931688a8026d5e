/* SPDX-License-Identifier: MIT */
/*
 * What MOS hears: the source of its audio input, and the MIDI sources. Nothing is listened to by itself where
 * our own sound or our own MIDI would come back: no monitor, and nothing that links or a filter's two ends
 * lead to.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "pipewire_graph.h"

#define MONITOR_SUFFIX ".monitor"

void pipewire_graph_note(const struct pipewire_graph *graph, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	graph->config.note(graph->config.data, text);
}

static bool link_is_midi(const struct pipewire_graph *graph, const struct graph_link *link)
{
	const struct graph_port *port = pipewire_graph_port(graph, link->out_port);

	return port && port->is_midi;
}

/** @return true when it was not known yet. */
static bool feed(const struct graph_node *node)
{
	if (!node || node->is_fed)
		return false;
	((struct graph_node *)node)->is_fed = true;
	return true;
}

static bool feed_group(const struct pipewire_graph *graph, const char *group)
{
	const struct graph_node *node;
	bool more = false;

	spa_list_for_each(node, &graph->nodes, link)
	{
		if (node->group && strcmp(node->group, group) == 0)
			more |= feed(node);
	}
	return more;
}

/** Mark the nodes to which our sound (or our MIDI) comes, over whatever way. */
static void mark_fed(struct pipewire_graph *graph, bool midi)
{
	const struct graph_link *link;
	struct graph_node *node;
	bool more;

	spa_list_for_each(node, &graph->nodes, link)
	{
		node->is_fed = node->id == graph->node_id || (!midi && node == graph->sink);
	}
	do {
		more = false;
		spa_list_for_each(link, &graph->links, link)
		{
			const struct graph_node *from = pipewire_graph_node(graph, link->out_node);

			if (from && from->is_fed && link_is_midi(graph, link) == midi)
				more |= feed(pipewire_graph_node(graph, link->in_node));
		}
		spa_list_for_each(node, &graph->nodes, link)
		{
			if (node->is_fed && node->group)
				more |= feed_group(graph, node->group);
		}
	} while (more);
}

/** What was asked for by name: a source, or a sink's monitor. */
static const struct graph_node *named_source(const struct pipewire_graph *graph)
{
	const char *name = graph->config.input;
	const struct graph_node *node = pipewire_graph_find_node(graph, name);
	size_t len = strlen(name), suffix = strlen(MONITOR_SUFFIX);
	char sink[256];

	if (node)
		return node->is_sink || node->id == graph->node_id ? NULL : node;
	if (len <= suffix || len >= sizeof(sink) || strcmp(name + len - suffix, MONITOR_SUFFIX) != 0)
		return NULL;
	snprintf(sink, sizeof(sink), "%.*s", (int)(len - suffix), name);
	node = pipewire_graph_find_node(graph, sink);
	return node && node->is_sink ? node : NULL;
}

/** What the session manager calls the default; where that is none, the best. May be one that is fed: to be
 * told. */
static const struct graph_node *default_source(const struct pipewire_graph *graph)
{
	const struct graph_node *node, *best = NULL, *fed = NULL;

	if (graph->default_source[0] && (node = pipewire_graph_find_node(graph, graph->default_source)) &&
		node->is_source)
		return node;
	spa_list_for_each(node, &graph->nodes, link)
	{
		if (node->is_source && node->is_fed)
			fed = node;
		else if (node->is_source && (!best || node->priority > best->priority))
			best = node;
	}
	return best ? best : fed;
}

/** Say it when it is news. */
static void tell_source(struct pipewire_graph *graph, const char *what, const char *name)
{
	char told[sizeof(graph->source_told)];

	snprintf(told, sizeof(told), "%s %s", what, name);
	if (strcmp(told, graph->source_told) == 0)
		return;
	memcpy(graph->source_told, told, sizeof(told));
	if (strcmp(what, "fed") == 0)
		pipewire_graph_note(graph,
			"Audio input: not %.64s, where our own sound comes back. hint: --input %.64s listens "
			"all the same",
			name, name);
	else if (name[0])
		pipewire_graph_note(graph, "Audio input: %.64s.", name);
	else
		pipewire_graph_note(graph, "Audio input: no source.");
}

static void choose_source(struct pipewire_graph *graph)
{
	const struct graph_node *source = NULL;

	if (strcmp(graph->config.input, "none") == 0) {
		graph->source = NULL;
		return;
	}
	if (strcmp(graph->config.input, "auto") != 0) {
		source = named_source(graph);
	} else {
		source = default_source(graph);
		if (source && source->is_fed) {
			tell_source(graph, "fed", source->name);
			graph->source = NULL;
			return;
		}
	}
	graph->source = source;
	tell_source(graph, "hear", source ? source->name : "");
}

/** Links into our MIDI input, also those that people made: said once, and remembered for their end. */
static void notice_midi_links(struct pipewire_graph *graph)
{
	uint32_t midi_in = pipewire_graph_midi_in(graph);
	struct graph_link *link;

	spa_list_for_each(link, &graph->links, link)
	{
		const struct graph_port *port;
		const struct graph_node *node;

		if (link->is_midi_in || midi_in == SPA_ID_INVALID || link->in_port != midi_in)
			continue;
		port = pipewire_graph_port(graph, link->out_port);
		node = pipewire_graph_node(graph, link->out_node);
		snprintf(link->from, sizeof(link->from), "%.60s:%.60s", node ? node->name : "?",
			port ? port->name : "?");
		link->is_midi_in = true;
		pipewire_graph_note(graph, "MIDI input: %s.", link->from);
	}
}

void pipewire_sources_update(struct pipewire_graph *graph)
{
	mark_fed(graph, /* midi= */ false);
	choose_source(graph);
	notice_midi_links(graph);
	mark_fed(graph, /* midi= */ true); /* for pipewire_sources_pairs() */
}

void pipewire_sources_link_ended(struct pipewire_graph *graph, const struct graph_link *link)
{
	if (!link->is_midi_in)
		return;
	graph->midi_ended++;
	pipewire_graph_note(graph, "MIDI input: %s is gone; what it held ends.", link->from);
}

/** Somebody's hands, or their stand-in; not a program that happens to have a MIDI output. */
static bool is_midi_source(const struct pipewire_graph *graph, const struct graph_port *port)
{
	const struct graph_node *node = pipewire_graph_node(graph, port->node_id);
	const char *wanted = graph->config.midi_in;

	if (!node || port->is_input || !port->is_midi || port->is_monitor || node->id == graph->node_id)
		return false;
	if (strcmp(wanted, "none") == 0)
		return false;
	if (strcmp(wanted, "auto") != 0)
		return strstr(node->name, wanted) || strstr(port->name, wanted) ||
		       strstr(port->alias, wanted);
	return port->is_physical || (node->is_midi_source && !node->is_fed);
}

/** The one of its outputs that suits this side. A virtual source has nothing but monitors. */
static uint32_t source_port(const struct pipewire_graph *graph, enum graph_channel side)
{
	for (int is_monitor = 0; is_monitor <= 1; is_monitor++) {
		uint32_t id = pipewire_graph_find_port(graph, graph->source->id, false, is_monitor, side);

		if (id == SPA_ID_INVALID)
			id = pipewire_graph_find_port(
				graph, graph->source->id, false, is_monitor, CHANNEL_MONO);
		if (id != SPA_ID_INVALID)
			return id;
	}
	return SPA_ID_INVALID;
}

static uint32_t audio_pairs(const struct pipewire_graph *graph, struct graph_pair *ret)
{
	static const enum graph_channel side[] = {CHANNEL_LEFT, CHANNEL_RIGHT};
	uint32_t n = 0;

	for (uint32_t i = 0; graph->source && i < 2; i++) {
		struct graph_pair pair = {
			.out_port = source_port(graph, side[i]),
			.in_port = pipewire_graph_find_port(graph, graph->node_id, true, false, side[i]),
		};

		if (pair.out_port != SPA_ID_INVALID && pair.in_port != SPA_ID_INVALID)
			ret[n++] = pair;
	}
	return n;
}

uint32_t pipewire_sources_pairs(const struct pipewire_graph *graph, struct graph_pair *ret)
{
	uint32_t midi_in = pipewire_graph_midi_in(graph), n, n_midi = 0;
	const struct graph_port *port;

	if (graph->node_id == SPA_ID_INVALID)
		return 0;
	n = audio_pairs(graph, ret);
	spa_list_for_each(port, &graph->ports, link)
	{
		if (midi_in == SPA_ID_INVALID || n_midi == GRAPH_MIDI_SOURCES_MAX ||
			!is_midi_source(graph, port))
			continue;
		ret[n++] = (struct graph_pair){.out_port = port->id, .in_port = midi_in};
		n_midi++;
	}
	return n;
}
