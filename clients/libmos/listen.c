/* SPDX-License-Identifier: MIT */
/* Handlers of events: by type, and called in the order of their registration whatever they asked for. */
#include <errno.h>
#include <stdlib.h>

#include "client_impl.h"
#include "../../shm/probe.h"

struct mos_listener {
	struct mos_client *client;
	uint32_t type;
	uint32_t place;            /* of its list */
	uint64_t number;           /* of its registration */
	mos_event_handler handler; /* NULL: ended while events were told; freed after */
	void *data;
	TAILQ_ENTRY(mos_listener) link;
	TAILQ_ENTRY(mos_listener) ended;
};

/* Ended ones stay where they are until nobody can stand on them. */
static void unlink_and_free(struct mos_client *c, struct mos_listener *l)
{
	TAILQ_REMOVE(&c->reading.list[l->place].head, l, link);
	free(l);
}

uint64_t listeners_wanted(const struct mos_client *c)
{
	const struct mos_listener *l;
	uint64_t wanted = 0;

	for (uint32_t i = 0; i <= MOS_EVENT_TYPES_MAX; i++) {
		TAILQ_FOREACH (l, &c->reading.list[i].head, link) {
			if (!l->handler)
				continue;
			if (i == 0)
				return CLIENT_TYPES_ALL;
			wanted |= UINT64_C(1) << (i - 1);
			break;
		}
	}
	return wanted;
}

void listeners_finish(struct mos_client *c)
{
	struct mos_listener *l;

	for (uint32_t i = 0; i <= MOS_EVENT_TYPES_MAX; i++) {
		while ((l = TAILQ_FIRST(&c->reading.list[i].head)))
			unlink_and_free(c, l);
	}
}

void listeners_sweep(struct mos_client *c)
{
	struct mos_listener *l;

	while ((l = TAILQ_FIRST(&c->reading.ended.head))) {
		TAILQ_REMOVE(&c->reading.ended.head, l, ended);
		unlink_and_free(c, l);
	}
}

/* @return where listeners of the type are kept; -EINVAL. */
static int place_of(uint32_t type)
{
	int index = type ? mos_event_type_index(type) : -1;

	if (type && index < 0)
		return -EINVAL;
	return index + 1;
}

int mos_events_on(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data,
	struct mos_listener **ret)
{
	struct reading *r = &client->reading;
	int place = place_of(type);
	struct mos_listener *l;

	if (!handler || place < 0)
		return client_fail(client, -EINVAL, "client.event.unknown",
			"no handler, or no type of event: %#x", type);
	if (!client->plane)
		return plane_denied(client, -ENOTCONN, NULL);
	if (!client->plane->events.base)
		return plane_denied(client, -EACCES, "events.read");
	l = malloc(sizeof(*l));
	if (!l)
		return client_fail(client, -ENOMEM, "client.memory", "out of memory");
	*l = (struct mos_listener){
		.client = client,
		.type = type,
		.place = (uint32_t)place,
		.number = ++r->n_registered,
		.handler = handler,
		.data = data,
	};
	TAILQ_INSERT_TAIL(&r->list[place].head, l, link);
	r->n_listeners++;
	r->begun = 1;
	r->by_handlers = 1;
	reading_changed(client);
	if (ret)
		*ret = l;
	return 0;
}

static void end(struct mos_client *c, struct mos_listener *l)
{
	l->handler = NULL;
	c->reading.n_listeners--;
	if (c->dispatching) /* somebody may stand on it in the list */
		TAILQ_INSERT_TAIL(&c->reading.ended.head, l, ended);
	else
		unlink_and_free(c, l);
}

void mos_events_off(struct mos_listener *listener)
{
	struct mos_client *c;

	if (!listener || !listener->handler)
		return;
	c = listener->client;
	end(c, listener);
	reading_changed(c);
}

int mos_events_off_handler(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data)
{
	int place = place_of(type), n = 0;
	struct mos_listener *l, *next;

	if (place < 0 || !handler)
		return 0;
	for (l = TAILQ_FIRST(&client->reading.list[place].head); l; l = next) {
		next = TAILQ_NEXT(l, link);
		if (l->handler != handler || l->data != data)
			continue;
		end(client, l);
		n++;
	}
	if (n)
		reading_changed(client);
	return n;
}

void mos_events_off_all(struct mos_client *client)
{
	struct mos_listener *l, *next;

	for (uint32_t i = 0; i <= MOS_EVENT_TYPES_MAX; i++) {
		for (l = TAILQ_FIRST(&client->reading.list[i].head); l; l = next) {
			next = TAILQ_NEXT(l, link);
			if (l->handler)
				end(client, l);
		}
	}
	reading_changed(client);
}

static void tell(struct mos_client *c, const struct mos_event *event)
{
	/* Who is added by a handler hears the next event, so that this ends. */
	uint64_t last = c->reading.n_registered;
	int place = place_of(event->type);
	/* asked now: a listener may cut the connection */
	uint32_t slot = c->plane->writer.slot_id;
	struct mos_listener *all = TAILQ_FIRST(&c->reading.list[0].head);
	struct mos_listener *typed = place > 0 ? TAILQ_FIRST(&c->reading.list[place].head) : NULL;

	for (;;) {
		/* Of the two lists' next ones, who came first. */
		struct mos_listener **from = all && (!typed || all->number < typed->number) ? &all : &typed;
		struct mos_listener *l = *from;

		if (!l || l->number > last)
			return;
		if (l->handler) {
			MOS_PROBE(listener_begin, event->seq, event->type, slot);
			l->handler(event, l->data);
			MOS_PROBE(listener_end, event->seq, event->type, slot);
		}
		*from = TAILQ_NEXT(l, link);
	}
}

void listeners_tell(struct mos_client *c, const struct mos_event *event)
{
	c->telling = event;
	tell(c, event);
	c->telling = NULL;
}
