/* SPDX-License-Identifier: MIT */
#include "subscribers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_wire.h"
#include "log.h"

/* Somebody who was behind is looked at again after this. */
#define BEHIND_US 20000

struct subscription {
	struct rpc_conn *conn;
	char score_id[UUID_BYTES]; /* that is followed now; "": none yet */
	int follows;               /* whatever is loaded */
	uint64_t revision;         /* told last */
	int behind;                /* `now` is to be told when there is room */
	struct standing now;
	TAILQ_ENTRY(subscription) link;
};

void standing_put(struct score_bytes *out, const struct standing *now, int loading, unsigned permille)
{
	char state[SCORE_STATE_TEXT];

	if (now->score_id[0]) {
		score_state_format(now->state, state);
		json_put_text(out, "score_id", now->score_id);
		json_put_text(out, "state_id", state);
		json_put_number(out, "revision", (int64_t)now->revision);
		json_put_text(out, "title", now->title);
		json_put_number(out, "measure_count", now->n_measures);
		json_put_number(out, "end_ticks", now->end_tick);
	} else {
		json_put_null(out, "score_id");
	}
	json_put_bool(out, "loading", loading);
	json_put_raw(out, "progress",
		(char[]){(char)('0' + permille / 1000), '.', (char)('0' + permille / 100 % 10)}, 3);
	json_put_bool(out, "can_undo", now->can_undo);
	json_put_bool(out, "can_redo", now->can_redo);
}

/* --- Frames --- */

void subscribers_begin_changed(struct wire_out *out, const struct standing *now,
	const struct score_state *base, const struct score_bytes *ops)
{
	char text[SCORE_STATE_TEXT];

	wire_out_init(out);
	wire_begin_notify(out, "hermes.score.changed");
	wire_put_str(out, "score_id", now->score_id);
	score_state_format(now->state, text);
	wire_put_str(out, "state_id", text);
	wire_put_u64(out, "revision", now->revision);
	if (base) {
		score_state_format(*base, text);
		wire_put_str(out, "base_state_id", text);
	}
	if (ops && json_to_wire(out, "ops", (const char *)ops->data, ops->n) == 0)
		return;
	if (ops) { /* what did not fit has left its traces */
		wire_out_finish(out);
		subscribers_begin_changed(out, now, base, NULL);
		return;
	}
	wire_put_bool(out, "snapshot", 1);
}

/* Made once, sent to many. */
static void send_copy(struct rpc_conn *conn, const struct wire_out *frame)
{
	struct wire_out copy = *frame;

	copy.data = malloc(frame->len ? frame->len : 1);
	if (!copy.data)
		return;
	copy.capacity = frame->len;
	memcpy(copy.data, frame->data, frame->len);
	(void)rpc_notify(conn, &copy);
}

/* --- Who is behind --- */

static void arm(struct subscribers *subscribers)
{
	(void)sd_event_source_set_time_relative(subscribers->timer, BEHIND_US);
	(void)sd_event_source_set_enabled(subscribers->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct subscribers *subscribers = data;
	struct subscription *s;
	int more = 0;

	TAILQ_FOREACH (s, &subscribers->list, link) {
		struct wire_out out;

		if (s->behind && rpc_conn_waiting(s->conn)) {
			more = 1;
		} else if (s->behind) {
			s->behind = 0;
			s->revision = s->now.revision;
			subscribers_begin_changed(&out, &s->now, NULL, NULL);
			(void)rpc_notify(s->conn, &out);
		}
	}
	if (more)
		arm(subscribers);
	return 0;
}

static void put_behind(struct subscribers *subscribers, struct subscription *s, const struct standing *now)
{
	if (!s->behind)
		log_debug("a subscriber does not keep up: pid=%d", (int)rpc_conn_peer(s->conn)->pid);
	s->behind = 1;
	s->now = *now;
	arm(subscribers);
}

/* --- The list --- */

int subscribers_init(struct subscribers *subscribers, sd_event *event)
{
	*subscribers = (struct subscribers){0};
	TAILQ_INIT(&subscribers->list);
	int rc = sd_event_add_time(
		event, &subscribers->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, subscribers);
	return rc < 0 ? rc : sd_event_source_set_enabled(subscribers->timer, SD_EVENT_OFF);
}

void subscribers_finish(struct subscribers *subscribers)
{
	struct subscription *s;

	while (subscribers->list.tqh_last && (s = TAILQ_FIRST(&subscribers->list))) {
		TAILQ_REMOVE(&subscribers->list, s, link);
		free(s);
	}
	subscribers->timer = sd_event_source_disable_unref(subscribers->timer);
}

static int is_the(
	const struct subscription *s, const struct rpc_conn *conn, const char *score_id, int follows)
{
	return s->conn == conn && s->follows == follows && (follows || strcmp(s->score_id, score_id) == 0);
}

int subscribers_add(
	struct subscribers *subscribers, struct rpc_conn *conn, const struct standing *now, int follows)
{
	struct subscription *s, *found = NULL;

	TAILQ_FOREACH (s, &subscribers->list, link) {
		if (is_the(s, conn, now->score_id, follows))
			found = s;
	}
	if (!found) {
		found = calloc(1, sizeof(*found));
		if (!found)
			return -ENOMEM;
		TAILQ_INSERT_TAIL(&subscribers->list, found, link);
	}
	found->conn = conn;
	found->follows = follows;
	found->behind = 0;
	found->revision = now->revision;
	strcpy(found->score_id, now->score_id);
	return 0;
}

int subscribers_have_room(const struct subscribers *subscribers, const struct rpc_conn *conn)
{
	const struct subscription *s;
	unsigned n = 0;

	TAILQ_FOREACH (s, &subscribers->list, link)
		n += s->conn == conn;
	return n < SUBSCRIPTIONS_PER_CALLER;
}

void subscribers_remove(struct subscribers *subscribers, struct rpc_conn *conn, const char *score_id)
{
	struct subscription *s, *next;

	for (s = TAILQ_FIRST(&subscribers->list); s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (!is_the(s, conn, score_id, !*score_id))
			continue;
		TAILQ_REMOVE(&subscribers->list, s, link);
		free(s);
	}
}

int subscribers_has(const struct subscribers *subscribers, const struct rpc_conn *conn)
{
	const struct subscription *s;

	TAILQ_FOREACH (s, &subscribers->list, link) {
		if (s->conn == conn)
			return 1;
	}
	return 0;
}

void subscribers_forget(struct subscribers *subscribers, struct rpc_conn *conn)
{
	struct subscription *s, *next;

	for (s = TAILQ_FIRST(&subscribers->list); s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->conn != conn)
			continue;
		TAILQ_REMOVE(&subscribers->list, s, link);
		free(s);
	}
}

/* --- Telling. Only who has read all before is sent to, so no queue overflows and no connection is closed
 * here. --- */

void subscribers_tell(struct subscribers *subscribers, const struct news *news)
{
	struct subscription *s;
	struct wire_out frame;
	int made = 0;

	if (strcmp(subscribers->loaded.score_id, news->now.score_id) == 0)
		subscribers->loaded = news->now;
	TAILQ_FOREACH (s, &subscribers->list, link) {
		if (strcmp(s->score_id, news->now.score_id) != 0 || s->revision >= news->now.revision)
			continue;
		if (s->behind || rpc_conn_waiting(s->conn)) {
			put_behind(subscribers, s, &news->now);
			continue;
		}
		if (!made) {
			subscribers_begin_changed(&frame, &news->now, &news->base, &news->ops);
			if (wire_end(&frame) < 0)
				break;
			made = 1;
		}
		s->revision = news->now.revision;
		send_copy(s->conn, &frame);
	}
	if (made)
		wire_out_finish(&frame);
}

void subscribers_loaded(struct subscribers *subscribers, const struct standing *now)
{
	struct subscription *s;

	subscribers->loaded = *now;
	TAILQ_FOREACH (s, &subscribers->list, link) {
		if (!s->follows)
			continue;
		strcpy(s->score_id, now->score_id);
		s->revision = now->revision;
		s->behind = 0;
	}
}

static void put_error(struct score_bytes *out, const struct wire_error *error)
{
	json_open(out, "error", '{');
	json_put_text(out, "code", error->code);
	json_put_text(out, "message", error->message);
	json_put_text(out, "where", error->where);
	json_close(out, '}');
}

void subscribers_load_state(struct subscribers *subscribers, uint64_t load_id, int loading, unsigned permille,
	const struct wire_error *error)
{
	struct subscription *s;
	struct score_bytes json;
	struct wire_out frame;

	score_bytes_init(&json, &score_heap);
	score_bytes_u8(&json, '{');
	standing_put(&json, &subscribers->loaded, loading, permille);
	json_put_number(&json, "load_id", (int64_t)load_id);
	if (error)
		put_error(&json, error);
	score_bytes_u8(&json, '}');
	wire_out_init(&frame);
	wire_begin_notify(&frame, "hermes.score.state");
	if (json_spread_to_wire(&frame, (const char *)json.data, json.n) == 0 && wire_end(&frame) == 0) {
		TAILQ_FOREACH (s, &subscribers->list, link) {
			if (!s->follows)
				continue;
			if (!rpc_conn_waiting(s->conn))
				send_copy(s->conn, &frame);
			else if (!loading && subscribers->loaded.score_id[0])
				put_behind(subscribers, s, &subscribers->loaded);
		}
	}
	wire_out_finish(&frame);
	score_bytes_finish(&json);
}
