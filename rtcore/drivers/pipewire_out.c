/* SPDX-License-Identifier: MIT */
/*
 * Where our MIDI output goes: ports that somebody asked for by name. The name is kept, so the link is there
 * whenever the port is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pipewire_priv.h"

static uint32_t our_output(const struct pipewire_graph *graph)
{
	const struct graph_port *port;

	spa_list_for_each(port, &graph->ports, link)
	{
		if (port->node_id == graph->node_id && !port->is_input && port->is_midi)
			return port->id;
	}
	return SPA_ID_INVALID;
}

/** Somebody's MIDI input, and how it is called. */
static bool name_port(
	const struct pipewire_graph *graph, const struct graph_port *port, char *ret, size_t size)
{
	const struct graph_node *node = pipewire_graph_node(graph, port->node_id);

	if (!node || node->id == graph->node_id || !port->is_input || !port->is_midi || port->is_monitor)
		return false;
	snprintf(ret, size, "%s:%s", node->name, port->name);
	return true;
}

static bool is_wished(const struct graph_wishes *wishes, const char *name)
{
	for (uint32_t i = 0; i < wishes->n; i++) {
		if (strcmp(wishes->name[i], name) == 0)
			return true;
	}
	return false;
}

uint32_t pipewire_out_pairs(const struct pipewire_graph *graph, struct graph_pair *ret)
{
	char name[DRIVER_PORT_NAME_MAX];
	const struct graph_port *port;
	uint32_t out = our_output(graph), n = 0;

	if (graph->node_id == SPA_ID_INVALID || out == SPA_ID_INVALID || !graph->config.wishes->n)
		return 0;
	spa_list_for_each(port, &graph->ports, link)
	{
		if (n < GRAPH_MIDI_OUTS_MAX && name_port(graph, port, name, sizeof(name)) &&
			is_wished(graph->config.wishes, name))
			ret[n++] = (struct graph_pair){.out_port = out, .in_port = port->id};
	}
	return n;
}

static enum driver_link link_to(const struct pipewire_graph *graph, uint32_t in_port)
{
	enum driver_link best = DRIVER_NOT_LINKED;
	const struct graph_link *link;
	uint32_t out = our_output(graph);

	spa_list_for_each(link, &graph->links, link)
	{
		if (link->out_port == out && link->in_port == in_port && best != DRIVER_LINKED)
			best = link->state == PW_LINK_STATE_ACTIVE ? DRIVER_LINKED : DRIVER_LINKING;
	}
	return best;
}

/** A question from another thread, under the loop's lock. */
struct question {
	const char *name;
	struct driver_port *port; /**< room for `max` */
	uint32_t max, n;
	char *why;
	size_t why_size;
};

static int list_ports(struct driver *driver, struct question *q)
{
	const struct graph_port *port;

	if (!driver->core)
		return -ENOTCONN;
	spa_list_for_each(port, &driver->graph.ports, link)
	{
		struct driver_port *at = &q->port[q->n];

		if (q->n == q->max)
			break;
		if (!name_port(&driver->graph, port, at->name, sizeof(at->name)))
			continue;
		at->link = link_to(&driver->graph, port->id);
		q->n++;
	}
	return 0;
}

enum { EXACTLY, ALIAS, PARTLY, N_WAYS };

static bool suits(const struct graph_port *port, const char *full, const char *wanted, int way)
{
	switch (way) {
	case EXACTLY:
		return strcmp(full, wanted) == 0;
	case ALIAS:
		return strcmp(port->alias, wanted) == 0;
	default:
		return strstr(full, wanted) || strstr(port->alias, wanted);
	}
}

static void say_names(struct question *q, const char *begin, const struct pipewire_graph *graph, int way)
{
	char name[DRIVER_PORT_NAME_MAX];
	const struct graph_port *port;
	size_t at = (size_t)snprintf(q->why, q->why_size, "%s", begin);
	bool any = false;

	spa_list_for_each(port, &graph->ports, link)
	{
		if (!name_port(graph, port, name, sizeof(name)) ||
			(way < N_WAYS && !suits(port, name, q->name, way)))
			continue;
		if (at + strlen(name) + 8 >= q->why_size) {
			if (at + 8 < q->why_size)
				snprintf(q->why + at, q->why_size - at, " ...");
			return;
		}
		at += (size_t)snprintf(q->why + at, q->why_size - at, "%s%s", any ? ", " : " ", name);
		any = true;
	}
	if (!any && at < q->why_size)
		snprintf(q->why + at, q->why_size - at, " none");
}

/** The one port that the name means. @return 0, -ENOENT, -ENOTUNIQ. */
static int find_port(const struct pipewire_graph *graph, struct question *q)
{
	char name[DRIVER_PORT_NAME_MAX];
	const struct graph_port *port;

	for (int way = EXACTLY; q->name[0] && way < N_WAYS; way++) {
		uint32_t n = 0;

		spa_list_for_each(port, &graph->ports, link)
		{
			if (!name_port(graph, port, name, sizeof(name)) || !suits(port, name, q->name, way))
				continue;
			if (n == 0)
				snprintf(q->port->name, sizeof(q->port->name), "%s", name);
			/* two of one name are one wish */
			n += n == 0 || strcmp(name, q->port->name) != 0;
		}
		if (n == 1)
			return 0;
		if (n > 1) {
			say_names(q, "several MIDI inputs have that in their names:", graph, way);
			return -ENOTUNIQ;
		}
	}
	say_names(q, "no MIDI input has that name; there are:", graph, N_WAYS);
	return -ENOENT;
}

/** Somebody may have cut our link, which is respected until now. */
static void forget_cut_links(struct pipewire_graph *graph)
{
	struct graph_own_link *own, *next;

	spa_list_for_each_safe(own, next, &graph->own_links, link)
	{
		if (own->proxy || own->out_port != our_output(graph))
			continue;
		spa_list_remove(&own->link);
		free(own);
	}
}

static int link_port(struct driver *driver, struct question *q)
{
	struct graph_wishes *wishes = &driver->wishes;
	int r;

	if (!driver->core || driver->graph.node_id == SPA_ID_INVALID)
		return -ENOTCONN;
	r = find_port(&driver->graph, q);
	if (r < 0)
		return r;
	if (!is_wished(wishes, q->port->name)) {
		if (wishes->n == GRAPH_WISHES_MAX)
			return -ENOSPC;
		snprintf(wishes->name[wishes->n++], sizeof(wishes->name[0]), "%s", q->port->name);
	}
	forget_cut_links(&driver->graph);
	pipewire_graph_relink(&driver->graph);
	return 0;
}

static int unlink_port(struct driver *driver, const struct question *q)
{
	struct graph_wishes *wishes = &driver->wishes;
	uint32_t kept = 0, n = wishes->n;

	for (uint32_t i = 0; i < n; i++) {
		bool goes =
			!q->name || (is_wished(wishes, q->name) ? strcmp(wishes->name[i], q->name) == 0
								: strstr(wishes->name[i], q->name) != NULL);

		/* `n` names stand until all were looked at */
		if (!goes)
			memmove(q->port[kept++].name, wishes->name[i], sizeof(wishes->name[i]));
	}
	for (uint32_t i = 0; i < kept; i++)
		memcpy(wishes->name[i], q->port[i].name, sizeof(wishes->name[i]));
	wishes->n = kept;
	if (driver->core)
		pipewire_graph_relink(&driver->graph);
	return q->name && kept == n ? -ENOENT : 0;
}

uint32_t pipewire_midi_ports(struct driver *driver, struct driver_port *ret, uint32_t max)
{
	struct question q = {.port = ret, .max = max};
	int r;

	pw_thread_loop_lock(driver->loop);
	r = list_ports(driver, &q);
	pw_thread_loop_unlock(driver->loop);
	return r < 0 ? 0 : q.n;
}

int pipewire_midi_link(
	struct driver *driver, const char *name, struct driver_port *ret, char *ret_why, size_t why_size)
{
	struct question q = {.name = name, .port = ret, .why = ret_why, .why_size = why_size};
	int r;

	pw_thread_loop_lock(driver->loop);
	r = link_port(driver, &q);
	pw_thread_loop_unlock(driver->loop);
	return r;
}

int pipewire_midi_unlink(struct driver *driver, const char *name)
{
	struct driver_port scratch[GRAPH_WISHES_MAX];
	const struct question q = {.name = name, .port = scratch};
	int r;

	pw_thread_loop_lock(driver->loop);
	r = unlink_port(driver, &q);
	pw_thread_loop_unlock(driver->loop);
	return r;
}
