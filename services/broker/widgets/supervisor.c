/* SPDX-License-Identifier: MIT */
/*
 * Who runs. Each widget has a goal; look() brings all of them a step nearer to it whenever something has
 * changed, so that order needs no bookkeeping: nobody starts before what it depends on is active, nobody ends
 * before those that depend on it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "deps.h"
#include "log.h"
#include "supervise.h"
#include "text.h"

#define START_US 15000000   /* from its process to its first word */
#define ACTIVATE_US 5000000 /* from there to active (WID-09) */
#define DEACTIVATE_US 2000000
#define HEALTH_US 60000000 /* of running: earlier crashes are forgotten */
#define PAUSE_MIN_US 250000
#define PAUSE_MAX_US 30000000

/* How mos-sandbox ends when nothing was run. */
#define SANDBOX_IMPOSSIBLE 125

/* Processes that come up at one time: with more, each would take longer than it is given. */
#define STARTING_MAX 8u

const char *widget_state_name(enum mos_widget_state state)
{
	static const char *const names[] = {
		"stopped", "waiting", "starting", "active", "stopping", "backoff", "failed", "removed"};

	static_assert(sizeof(names) / sizeof(*names) == MOS_WIDGET_N_STATES, "one name a state");
	return names[state];
}

int64_t supervise_now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* --- States --- */

static void on_told(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
}

/* widget:state; without rtcore there is nobody who could hear it. */
static void publish(const struct widget *w, enum mos_widget_state old)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_EVENT};
	struct mos_event *ev = &msg.u.event;

	ev->type = MOS_EVENT_WIDGET_STATE;
	ev->time_ns = (uint64_t)supervise_now_us() * 1000;
	ev->tick = INT64_MIN;
	ev->flags = MOS_EVENT_IMMEDIATE;
	ev->u.widget.state = (uint8_t)w->state;
	ev->u.widget.old_state = (uint8_t)old;
	ev->u.widget.restarts = w->restarts < UINT16_MAX ? (uint16_t)w->restarts : UINT16_MAX;
	ev->u.widget.exit_status = w->exit_status;
	text_set(ev->u.widget.id, sizeof(ev->u.widget.id), "%s", w->manifest.id);
	(void)rtlink_request(&w->all->broker->rtlink, &msg, -1, on_told, NULL);
}

void supervise_set_state(struct widget *w, enum mos_widget_state state)
{
	enum mos_widget_state old = w->state;

	if (state == old)
		return;
	w->state = state;
	w->since_us = supervise_now_us();
	w->timer = sd_event_source_disable_unref(w->timer);
	log_debug("a widget: id=%s state=%s was=%s", w->manifest.id, widget_state_name(state),
		widget_state_name(old));
	publish(w, old);
	if (old == MOS_WIDGET_ACTIVE || old == MOS_WIDGET_STOPPING || state == MOS_WIDGET_FAILED)
		viewers_ended(w);
	stage_state(w, old);
	supervisor_look(w->all);
}

static void arm(struct widget *w, uint64_t us, sd_event_time_handler_t handler)
{
	w->timer = sd_event_source_disable_unref(w->timer);
	if (sd_event_add_time_relative(
		    w->all->broker->service->event, &w->timer, CLOCK_MONOTONIC, us, 0, handler, w) < 0)
		log_error("no timer for a widget: id=%s", w->manifest.id);
}

/* --- Starting --- */

static int on_start_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget *w = data;

	/* Without rtcore nobody gets a slot: that is not the widget's fault. */
	if (w->process.spoke && !w->all->broker->rtlink.up)
		arm(w, ACTIVATE_US, on_start_deadline);
	else
		supervisor_broken(w, w->process.spoke ? "activate was not done within 5 s"
						      : "it did not come up within 15 s");
	return 0;
}

void supervisor_spoke(struct widget *w)
{
	if (w->process.spoke)
		return;
	w->process.spoke = 1;
	if (w->state == MOS_WIDGET_STARTING)
		arm(w, ACTIVATE_US, on_start_deadline);
}

void supervisor_rtcore_up(struct widgets *ws)
{
	struct widget *w;

	TAILQ_FOREACH (w, &ws->list, link) {
		if (w->state == MOS_WIDGET_STARTING && w->process.spoke)
			arm(w, ACTIVATE_US, on_start_deadline);
	}
}

static int on_healthy(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget *w = data;

	w->crashes_in_row = 0;
	w->timer = sd_event_source_disable_unref(w->timer);
	return 0;
}

void supervisor_ready(struct widget *w)
{
	if (w->state != MOS_WIDGET_STARTING)
		return;
	w->text[0] = '\0';
	supervise_set_state(w, MOS_WIDGET_ACTIVE);
	arm(w, HEALTH_US, on_healthy);
	supervise_answer(w, /* for_stop= */ 0, 0);
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget *w = data;

	supervise_set_state(w, MOS_WIDGET_WAITING);
	return 0;
}

static void spawn(struct widget *w)
{
	int rc = process_start(w);

	if (rc < 0) {
		text_set(w->text, sizeof(w->text), "its process cannot be started: %s", strerror(-rc));
		w->exit_status = 127;
		supervise_crashed(w);
		return;
	}
	w->text[0] = '\0';
	supervise_set_state(w, MOS_WIDGET_STARTING);
	arm(w, START_US, on_start_deadline);
}

/* --- Ending --- */

static int on_stop_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget *w = data;

	w->timer = sd_event_source_disable_unref(w->timer);
	text_set(w->text, sizeof(w->text), "deactivate was not done within 2 s: killed");
	journal_note(&w->journal, "%s", w->text);
	log_warning("a widget did not end in time, killing it: id=%s", w->manifest.id);
	process_kill(w);
	return 0;
}

static void begin_stop(struct widget *w)
{
	struct wire_out out;
	struct rpc_conn *conn = process_begin(w, &out, "widget.deactivate");

	supervise_set_state(w, MOS_WIDGET_STOPPING);
	if (conn && rpc_notify(conn, &out) == 0)
		arm(w, DEACTIVATE_US, on_stop_deadline);
	else
		process_kill(w);
}

void supervisor_broken(struct widget *w, const char *reason)
{
	if (!widget_lives(w) || w->process.killed)
		return;
	text_set(w->text, sizeof(w->text), "%s", reason);
	log_warning("a widget is of no use, killing it: id=%s reason=\"%s\"", w->manifest.id, reason);
	journal_note(&w->journal, "%s: killed", reason);
	process_kill(w);
}

void supervise_crashed(struct widget *w)
{
	struct widget_crash *crash = &w->crash[w->n_crashes++ % WIDGET_CRASHES_KEPT];
	uint64_t pause = PAUSE_MIN_US;
	struct timespec now;

	w->restarts++;
	w->crashes_in_row++;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	crash->when_unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	crash->status = w->exit_status;
	journal_note(&w->journal, "%s", w->text);
	journal_tail(&w->journal, 20, crash->log, sizeof(crash->log));
	log_warning("a widget crashed: id=%s reason=\"%s\" in_a_row=%u", w->manifest.id, w->text,
		w->crashes_in_row);
	if (w->crashes_in_row >= WIDGET_CRASHES_IN_ROW_MAX) {
		journal_note(&w->journal, "crashed %u times in a row: given up", w->crashes_in_row);
		w->goal = 0;
		supervise_set_state(w, MOS_WIDGET_FAILED);
		supervise_answer_dependents_failed(w);
	} else {
		for (uint32_t i = 1; i < w->crashes_in_row && pause < PAUSE_MAX_US; i++)
			pause *= 2;
		supervise_set_state(w, MOS_WIDGET_BACKOFF);
		arm(w, pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US, on_pause_over);
	}
	supervise_answer(w, /* for_stop= */ 0, -ECHILD);
	supervise_answer(w, /* for_stop= */ 1, 0);
}

/* The sandbox has printed the reason last. */
static void tell_sandbox(struct widget *w)
{
	char line[sizeof(w->text)];

	journal_tail(&w->journal, 1, line, sizeof(line));
	line[strcspn(line, "\n")] = '\0';
	text_set(w->text, sizeof(w->text), "no sandbox: %s", line);
}

static void tell_status(struct widget *w, int status)
{
	w->exit_status = status;
	if (w->process.killed)
		return; /* the reason is known */
	if (status == SANDBOX_IMPOSSIBLE)
		tell_sandbox(w);
	else if (status < 0)
		text_set(w->text, sizeof(w->text), "killed by signal %d (%s)", -status, strsignal(-status));
	else
		text_set(w->text, sizeof(w->text), "ended by itself with status %d", status);
}

void supervisor_gone(struct widget *w, int status)
{
	int asked = w->state == MOS_WIDGET_STOPPING;

	w->again = 0;
	if (asked && !w->process.killed)
		w->text[0] = '\0';
	if (asked)
		w->exit_status = status;
	else
		tell_status(w, status);
	w->process.killed = 0;
	if (!asked && w->goal) {
		supervise_crashed(w);
		return;
	}
	supervise_set_state(w, w->goal ? MOS_WIDGET_WAITING : MOS_WIDGET_STOPPED);
	supervise_answer(w, /* for_stop= */ 1, 0);
	if (!w->goal)
		supervise_answer(w, /* for_stop= */ 0, -ECANCELED);
}

/* --- Looking --- */

static int depends_on(const struct widget *w, const struct widget *on)
{
	for (uint32_t i = 0; i < w->manifest.n_dependencies; i++) {
		if (!strcmp(w->manifest.dependency[i].id, on->manifest.id))
			return 1;
	}
	return 0;
}

static int has_to_leave(const struct widget *w)
{
	if (!w->goal || w->again)
		return 1;
	for (uint32_t i = 0; i < w->manifest.n_dependencies; i++) {
		const struct widget *d = widgets_find(w->all, w->manifest.dependency[i].id);

		if (!d || d->leaving || (widget_lives(w) && d->state != MOS_WIDGET_ACTIVE))
			return 1;
	}
	return 0;
}

/* Until nothing changes: leaving spreads from dependencies to dependents, also around a circle. */
static void mark_leaving(struct widgets *ws)
{
	struct widget *w;
	int changed = 1;

	TAILQ_FOREACH (w, &ws->list, link)
		w->leaving = 0;
	while (changed) {
		changed = 0;
		TAILQ_FOREACH (w, &ws->list, link) {
			if (!w->leaving && has_to_leave(w))
				w->leaving = changed = 1;
		}
	}
}

static int is_needed(const struct widget *w)
{
	const struct widget *other;

	TAILQ_FOREACH (other, &w->all->list, link) {
		if (widget_lives(other) && depends_on(other, w))
			return 1;
	}
	return 0;
}

/* What it waits for. @return 1: it may start now. */
static int may_start(struct widget *w)
{
	struct broker *b = w->all->broker;

	for (uint32_t i = 0; i < w->manifest.n_dependencies; i++) {
		const char *id = w->manifest.dependency[i].id;
		const struct widget *d = widgets_find(w->all, id);

		if (d && d->state == MOS_WIDGET_ACTIVE && !d->leaving)
			continue;
		text_set(w->text, sizeof(w->text), "waits for the widget \"%s\"%s%s", id,
			d && d->text[0] ? ": " : "", d ? d->text : "");
		return 0;
	}
	for (uint32_t i = 0; i < w->manifest.n_services; i++) {
		if (registry_find(&b->registry, w->manifest.service[i]))
			continue;
		text_set(w->text, sizeof(w->text), "waits for the service \"%s\"", w->manifest.service[i]);
		return 0;
	}
	return 1;
}

static void step(struct widget *w, uint32_t *n_starting)
{
	if (widget_lives(w)) {
		if (w->leaving && (w->state == MOS_WIDGET_STARTING || w->state == MOS_WIDGET_ACTIVE) &&
			!is_needed(w))
			begin_stop(w);
		return;
	}
	if (keep_writes(w))
		return; /* looked at again when it is on the disk */
	if (w->change && change_begin(w))
		return;
	w->again = 0;
	if (!w->goal) {
		if (w->state == MOS_WIDGET_WAITING || w->state == MOS_WIDGET_BACKOFF) {
			w->text[0] = '\0';
			supervise_set_state(w, MOS_WIDGET_STOPPED);
			supervise_answer(w, /* for_stop= */ 0, -ECANCELED);
		}
		supervise_answer(w, /* for_stop= */ 1, 0);
		return;
	}
	if (w->state == MOS_WIDGET_WAITING && may_start(w) && *n_starting < STARTING_MAX) {
		(*n_starting)++;
		spawn(w);
	}
}

static void tell_all_ended(struct widgets *ws)
{
	void (*ended)(struct broker *broker) = ws->ended;
	struct widget *w;

	TAILQ_FOREACH (w, &ws->list, link) {
		if (widget_lives(w))
			return;
	}
	ws->ended = NULL;
	if (ended)
		ended(ws->broker);
}

static int look(sd_event_source *source, void *data)
{
	struct widgets *ws = data;
	struct widget *w, *next;
	uint32_t n_starting = 0;

	mark_leaving(ws);
	TAILQ_FOREACH (w, &ws->list, link)
		n_starting += w->state == MOS_WIDGET_STARTING;
	for (w = TAILQ_FIRST(&ws->list); w; w = next) {
		next = TAILQ_NEXT(w, link);
		step(w, &n_starting);
	}
	tell_all_ended(ws);
	return 0;
}

void supervisor_look(struct widgets *ws)
{
	int rc = ws->reconcile ? sd_event_source_set_enabled(ws->reconcile, SD_EVENT_ONESHOT)
			       : sd_event_add_defer(ws->broker->service->event, &ws->reconcile, look, ws);

	if (rc < 0 && rc != -ESTALE) /* the loop has ended, and they with it */
		log_error("cannot look after the widgets: error=\"%s\"", strerror(-rc));
}

/* --- Goals --- */

static int refuse_order(struct rpc_request *req, const struct widget *w, const struct deps_error *err)
{
	return rpc_fail_at(req, w->manifest.id,
		err->fault == DEPS_CYCLE ? "broker.widget.cycle" : "broker.widget.missing",
		err->fault == DEPS_CYCLE ? "its dependencies go in a circle: %s" : "%s", err->text);
}

static int check_api(struct rpc_request *req, const struct widget *w)
{
	struct manifest_error err;

	if (manifest_check_api(&w->manifest, WIDGET_API_OLDEST, WIDGET_API_NEWEST, &err) == 0)
		return 0;
	return rpc_fail_at(req, w->manifest.id, "broker.widget.api", "%s", err.message);
}

static void set_goal(struct widget *w)
{
	w->goal = 1;
	if (widget_lives(w))
		return;
	w->restarts = w->crashes_in_row = 0;
	if (w->state == MOS_WIDGET_STOPPED || w->state == MOS_WIDGET_FAILED || w->state == MOS_WIDGET_BACKOFF)
		supervise_set_state(w, MOS_WIDGET_WAITING);
}

int supervisor_start(struct widget *w, struct rpc_request *req)
{
	const struct manifest *manifest[WIDGETS_MAX];
	struct widget *widget[WIDGETS_MAX], *other;
	uint32_t order[WIDGETS_MAX], n = 0, start = 0;
	struct deps_error err;
	int n_order;

	TAILQ_FOREACH (other, &w->all->list, link) {
		if (other == w)
			start = n;
		widget[n] = other;
		manifest[n++] = &other->manifest;
	}
	if (w->all->ending)
		return rpc_fail_at(req, w->manifest.id, "broker.widget.failed", "the broker ends");
	n_order = deps_order(manifest, n, start, order, &err);
	if (n_order < 0)
		return refuse_order(req, w, &err);
	for (int i = 0; i < n_order; i++) {
		if (check_api(req, widget[order[i]]) < 0)
			return -EINVAL;
	}
	for (int i = 0; i < n_order; i++)
		set_goal(widget[order[i]]);
	keep_wanted(w->all);
	supervisor_look(w->all);
	return 0;
}

void supervisor_stop(struct widget *w)
{
	struct widget *other;
	int changed = 1;

	w->goal = 0;
	if (w->state == MOS_WIDGET_FAILED)
		supervise_set_state(w, MOS_WIDGET_STOPPED);
	/* Those that depend on it, and those that depend on them: they are not to come back by themselves. */
	while (changed) {
		changed = 0;
		TAILQ_FOREACH (other, &w->all->list, link) {
			for (uint32_t i = 0; other->goal && i < other->manifest.n_dependencies; i++) {
				const struct widget *d =
					widgets_find(w->all, other->manifest.dependency[i].id);

				if (d && !d->goal && d->state != MOS_WIDGET_FAILED) {
					other->goal = 0;
					changed = 1;
				}
			}
		}
	}
	keep_wanted(w->all);
	supervisor_look(w->all);
}

void supervisor_cycle(struct widget *w)
{
	w->again = widget_lives(w);
	supervisor_look(w->all);
}

void supervisor_end_all(struct widgets *ws, void (*ended)(struct broker *broker))
{
	struct widget *w;

	ws->ending = 1;
	TAILQ_FOREACH (w, &ws->list, link)
		w->goal = 0;
	ws->ended = ended;
	supervisor_look(ws);
}
