/* SPDX-License-Identifier: MIT */
/* Handlers of events. */
#include <errno.h>
#include <stdlib.h>

#include "client_impl.h"

/* One call lets a busy ring have its caller for so many events, then the caller looks after its other work.
 */
#define EVENTS_A_TURN 256

struct mos_listener {
	struct mos_client *client;
	uint32_t type;
	mos_event_handler handler; /* NULL: ended while events were told; freed after */
	void *data;
	TAILQ_ENTRY(mos_listener) link;
};

static void listener_free(struct mos_listener *l)
{
	TAILQ_REMOVE(&l->client->listeners, l, link);
	free(l);
}

void listeners_finish(struct mos_client *c)
{
	while (!TAILQ_EMPTY(&c->listeners))
		listener_free(TAILQ_FIRST(&c->listeners));
}

int mos_events_on(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data,
	struct mos_listener **ret)
{
	struct mos_listener *l;

	if (!handler)
		return -EINVAL;
	l = malloc(sizeof(*l));
	if (!l)
		return -ENOMEM;
	*l = (struct mos_listener){.client = client, .type = type, .handler = handler, .data = data};
	TAILQ_INSERT_TAIL(&client->listeners, l, link);
	*ret = l;
	return 0;
}

void mos_events_off(struct mos_listener *listener)
{
	if (!listener)
		return;
	if (listener->client->dispatching)
		listener->handler = NULL; /* somebody stands on it in the list */
	else
		listener_free(listener);
}

static void sweep(struct mos_client *c)
{
	struct mos_listener *l, *next;

	for (l = TAILQ_FIRST(&c->listeners); l; l = next) {
		next = TAILQ_NEXT(l, link);
		if (!l->handler)
			listener_free(l);
	}
}

static void tell(struct mos_client *c, const struct mos_event *event)
{
	/* Who is added by a handler hears the next event, so that this ends. */
	struct mos_listener *l, *last = TAILQ_LAST(&c->listeners, listeners);

	TAILQ_FOREACH (l, &c->listeners, link) {
		if (l->handler && (!l->type || l->type == event->type))
			l->handler(event, l->data);
		if (l == last)
			break;
	}
}

/* @return events told, -ENOTCONN. */
static int tell_due(struct mos_client *c)
{
	struct mos_event event;
	int n = 0, rc = 1;

	c->dispatching = 1;
	for (int looks = 0; looks < EVENTS_A_TURN && (rc == 1 || rc == -EOVERFLOW); looks++) {
		rc = mos_events_next(c, &event);
		if (rc == 1) {
			tell(c, &event);
			n++;
		}
	}
	c->dispatching = 0;
	sweep(c);
	return rc < 0 && rc != -EOVERFLOW ? rc : n;
}

int mos_events_dispatch(struct mos_client *client, int timeout_ms)
{
	int rc;

	if (client->dispatching)
		return -EBUSY;
	rc = tell_due(client);
	if (rc != 0 || timeout_ms == 0)
		return rc;
	rc = mos_events_wait(client, timeout_ms);
	if (rc == -ETIMEDOUT)
		return 0;
	return rc < 0 ? rc : tell_due(client);
}
