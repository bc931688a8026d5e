/* SPDX-License-Identifier: MIT */
/* Requests that wait until a widget is active, or gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "supervise.h"
#include "text.h"

/* Longer than any deadline on the way. */
#define PATIENCE_US 30000000

static int answer(struct widget_waiter *waiter, int rc)
{
	struct widget *w = waiter->widget;
	struct rpc_request *req = waiter->req;

	switch (rc) {
	case 0:
		wire_put_str(&req->out, "id", w->manifest.id);
		wire_put_str(&req->out, "state", widget_state_name(w->state));
		wire_put_i64(&req->out, "pid", w->process.pid);
		return 0;
	case -ECHILD:
		return rpc_fail_at(req, w->manifest.id, "broker.widget.failed", "%s", w->text);
	case -ETIMEDOUT:
		return rpc_fail_at(req, w->manifest.id, "broker.widget.timeout", "not %s within 30 s%s%s",
			waiter->for_stop ? "gone" : "active", w->text[0] ? ": " : "", w->text);
	default:
		return rpc_fail_at(req, w->manifest.id, "broker.widget.failed",
			"it was told to stop before it was active");
	}
}

static void waiter_end(struct widget_waiter *waiter, int rc)
{
	TAILQ_REMOVE(&waiter->widget->waiters, waiter, link);
	sd_event_source_disable_unref(waiter->timer);
	rpc_finish(waiter->req, answer(waiter, rc));
	free(waiter);
}

void supervise_answer(struct widget *w, int for_stop, int rc)
{
	struct widget_waiter *waiter, *next;

	for (waiter = TAILQ_FIRST(&w->waiters); waiter; waiter = next) {
		next = TAILQ_NEXT(waiter, link);
		if (waiter->for_stop == for_stop)
			waiter_end(waiter, rc);
	}
}

void supervise_answer_dependents_failed(struct widget *w)
{
	struct widget *other;

	TAILQ_FOREACH (other, &w->all->list, link) {
		for (uint32_t i = 0; i < other->manifest.n_dependencies; i++) {
			if (strcmp(other->manifest.dependency[i].id, w->manifest.id) ||
				TAILQ_EMPTY(&other->waiters))
				continue;
			text_set(other->text, sizeof(other->text), "it needs \"%s\", which failed: %s",
				w->manifest.id, w->text);
			supervise_answer(other, /* for_stop= */ 0, -ECHILD);
		}
	}
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	waiter_end(data, -ETIMEDOUT);
	return 0;
}

int supervisor_wait(struct widget *w, struct rpc_request *req, int for_stop)
{
	struct widget_waiter *waiter = calloc(1, sizeof(*waiter));
	int rc;

	if (!waiter)
		return -ENOMEM;
	*waiter = (struct widget_waiter){.req = req, .for_stop = for_stop, .widget = w};
	if (!for_stop && w->state == MOS_WIDGET_ACTIVE && !w->again) {
		rc = answer(waiter, 0);
		free(waiter);
		return rc;
	}
	rc = sd_event_add_time_relative(w->all->broker->service->event, &waiter->timer, CLOCK_MONOTONIC,
		PATIENCE_US, 0, on_timeout, waiter);
	if (rc < 0) {
		free(waiter);
		return rc;
	}
	TAILQ_INSERT_TAIL(&w->waiters, waiter, link);
	return RPC_LATER;
}
