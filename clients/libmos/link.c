/* SPDX-License-Identifier: MIT */
/* The way to the broker: opened, resumed, looked after, and found again when broker or rtcore were restarted.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client_impl.h"

#define RETRY_MOST_NS SECOND_NS
/* A sink may be away for hours: its clock stands, and all is well. Another rtcore is told by a notice; asking
 * is for the case that it got lost. */
#define CHECK_MOST_NS (10 * SECOND_NS)

/* Three to five quarters of a time: a thousand clients that saw the same must not ask at the same moment. */
static int64_t spread(const struct mos_client *c, int64_t ns)
{
	uint64_t mixed = ((uint64_t)client_now_ns() + c->info.slot) * UINT64_C(0x9e3779b97f4a7c15);

	return ns - ns / 4 + (int64_t)((mixed >> 32) % (uint64_t)(ns / 2));
}

static void begin_question(struct mos_client *c, uint32_t id)
{
	c->link.question_id = id;
	c->link.question_deadline_ns = client_now_ns() + (int64_t)c->timeout_ms * MS_NS;
}

/* The way is open: `fresh` when regions are new. */
static void up(struct mos_client *c, int fresh)
{
	struct link *l = &c->link;

	l->state = LINK_UP;
	l->open_rc = fresh;
	l->retry_ns = RETRY_FIRST_NS;
	c->broker.ready = 1;
	if (fresh && l->was_up)
		inbox_connection(c, MOS_CONNECTION_NEW);
	else if (l->told_lost)
		inbox_connection(c, MOS_CONNECTION_BACK);
	l->told_lost = 0;
	l->was_up = 1;
	(void)conn_flush(c, &c->broker); /* a connection that fails now is noticed when it is read */
}

void link_down(struct mos_client *c)
{
	struct link *l = &c->link;
	int64_t now_ns = client_now_ns();

	if (l->state == LINK_UP || !l->down_since_ns)
		l->down_since_ns = now_ns;
	/* Found gone: look again at once. Could not be had: give it time. */
	l->retry_at_ns = l->state == LINK_UP ? now_ns : now_ns + spread(c, l->retry_ns);
	if (l->state != LINK_UP && l->retry_ns < RETRY_MOST_NS)
		l->retry_ns = l->retry_ns * 2 < RETRY_MOST_NS ? l->retry_ns * 2 : RETRY_MOST_NS;
	l->state = LINK_DOWN;
	l->question_id = 0;
	l->renew = 0;
	if (l->was_up && !l->told_lost && !c->closing) {
		l->told_lost = 1;
		inbox_connection(c, MOS_CONNECTION_LOST);
	}
}

static int ask_open(struct mos_client *c)
{
	const struct mos_field resume[] = {
		mos_int("slot", c->info.slot),
		{"cookie", {.type = MOS_VALUE_NATURAL, .u.natural = c->cookie}},
	};
	const struct mos_field args[] = {
		mos_str("name", c->name),
		mos_field("resume", mos_value_map(resume, 2)),
	};
	const struct mos_request request = {
		.method = "broker.client.open", .args = args, .n_args = c->plane ? 2 : 1};
	uint32_t id = ++c->broker.next_id;
	struct wire_out out;
	int rc;

	rc = conn_encode(c, id, &request, &out);
	if (rc == 0)
		rc = wire_send(c->broker.sock, &out, MSG_DONTWAIT);
	wire_out_finish(&out);
	if (rc < 0) {
		client_fail(c, rc, "client.send.failed", "broker.client.open: cannot send to the broker: %s",
			strerror(-rc));
		conn_lost(c, &c->broker, -ECONNRESET);
		return rc;
	}
	c->link.state = LINK_OPENING;
	c->broker.ready = 0;
	begin_question(c, id);
	return 0;
}

static int is_given_and_gone(const struct mos_client *c)
{
	return c->link.given && c->broker.sock < 0;
}

int link_begin(struct mos_client *c, int64_t deadline_ns)
{
	int rc;

	if (c->link.state != LINK_DOWN)
		return 0;
	if (c->closing)
		return client_fail(c, -ECANCELED, "client.closed", "the client is being destroyed");
	if (is_given_and_gone(c))
		return client_fail(c, -ECONNRESET, "client.connection.lost",
			"the broker has hung up: this widget has to end");
	if (c->broker.sock < 0) {
		rc = conn_connect(c, deadline_ns);
		if (rc < 0)
			return rc;
	}
	if (c->flags & MOS_CLIENT_CONTROL_ONLY) {
		up(c, 0);
		return 0;
	}
	return ask_open(c);
}

static int is_another_rtcore(const struct mos_client *c)
{
	uint64_t generation;

	return wire_get_u64(wire_get_map(c->in.result, "rtcore"), "generation", &generation) == 0 &&
	       generation != 0 && generation != c->info.generation;
}

void link_answer(struct mos_client *c)
{
	int opening = c->link.state == LINK_OPENING;
	int fresh, rc;

	c->link.question_id = 0;
	if (!opening) {
		if (!c->in.error && is_another_rtcore(c))
			c->link.renew = 1;
		return;
	}
	rc = grant_take(c, &fresh);
	if (rc == 0) {
		up(c, fresh);
		return;
	}
	c->link.open_rc = rc;
	/* Without its slot the connection is of no use, but a given one is the only one that there is. */
	if (c->link.given) {
		link_down(c);
		async_fail(c, &c->broker, rc);
	} else {
		conn_lost(c, &c->broker, rc);
	}
}

int link_notice(struct mos_client *c)
{
	uint64_t generation;

	if (strcmp(c->in.method, "broker.client.renew"))
		return 0;
	if (c->plane && (wire_get_u64(c->in.params, "generation", &generation) < 0 ||
				generation != c->info.generation))
		c->link.renew = 1;
	return 1;
}

static int renew(struct mos_client *c, int64_t deadline_ns)
{
	c->link.renew = 0;
	if (c->link.state != LINK_UP)
		return 0;
	c->link.state = LINK_DOWN;
	c->link.down_since_ns = client_now_ns();
	return link_begin(c, deadline_ns);
}

/* The broker does not open a slot twice on one connection. */
static int has_to_reconnect(const struct mos_client *c)
{
	return c->link.open_rc == -EREMOTEIO && !c->link.given &&
	       !strcmp(c->error.code, "broker.client.opened");
}

/* No answer to the question of broker.client.open within its own time. */
static void question_expired(struct mos_client *c)
{
	c->link.question_id = 0;
	if (c->link.state == LINK_OPENING && c->link.given)
		link_down(c);
	else if (c->link.state == LINK_OPENING)
		conn_lost(c, &c->broker, -ETIMEDOUT);
}

static void open_failed(struct mos_client *c, int rc)
{
	client_fail(c, rc,
		rc == -ETIMEDOUT ? "client.call.timeout"
		: rc == -EPROTO  ? "client.answer.invalid"
				 : "client.connection.lost",
		"broker.client.open: %s",
		rc == -ETIMEDOUT ? "no answer from the broker in time"
		: rc == -EPROTO  ? c->in.bad
				 : "the broker hung up before it answered");
	if (rc != -ETIMEDOUT)
		conn_lost(c, &c->broker, -ECONNRESET);
	else if (client_now_ns() >= c->link.question_deadline_ns)
		question_expired(c); /* before that only this caller was in a hurry */
}

static int open_once(struct mos_client *c, int64_t deadline_ns)
{
	int rc = link_begin(c, deadline_ns);

	while (rc >= 0 && c->link.state == LINK_OPENING) {
		rc = conn_receive(c, &c->broker);
		if (rc == -EAGAIN)
			rc = conn_wait(c->broker.sock, POLLIN, deadline_ns);
		if (rc < 0)
			open_failed(c, rc);
	}
	return rc < 0 ? rc : c->link.open_rc;
}

int link_open(struct mos_client *c, int64_t deadline_ns)
{
	int rc = 0;

	if (c->link.renew)
		rc = renew(c, deadline_ns);
	else if (c->link.state == LINK_UP)
		return 0;
	if (rc == 0)
		rc = open_once(c, deadline_ns);
	return rc < 0 && has_to_reconnect(c) ? open_once(c, deadline_ns) : rc;
}

/* A clock that stands still belongs to a dead rtcore, or to a sink that is away: ask which. */
static void follow(struct mos_client *c, int64_t now_ns)
{
	const struct mos_request request = {.method = "broker.system.status"};
	struct link *l = &c->link;
	struct wire_out out;
	uint32_t id;

	if (!clock_is_stale(c)) {
		l->check_ns = CLIENT_CHECK_NS;
		l->check_at_ns = 0;
		return;
	}
	if (!l->check_at_ns)
		l->check_at_ns = now_ns + spread(c, l->check_ns);
	if (l->state != LINK_UP || l->question_id || now_ns < l->check_at_ns)
		return;
	l->check_ns = l->check_ns * 2 < CHECK_MOST_NS ? l->check_ns * 2 : CHECK_MOST_NS;
	l->check_at_ns = now_ns + spread(c, l->check_ns);
	id = ++c->broker.next_id;
	if (conn_encode(c, id, &request, &out) < 0)
		wire_out_finish(&out);
	else if (conn_post(c, &c->broker, id, &out) == 0)
		begin_question(c, id);
}

static void turn_conn(struct mos_client *c, struct conn *conn)
{
	if (conn->sock < 0 || conn_pump(c, conn) < 0)
		return;
	if (conn_flush(c, conn) < 0)
		conn_lost(c, conn, -ECONNRESET);
}

static void look_after(struct mos_client *c, int64_t now_ns)
{
	struct link *l = &c->link;

	if (l->question_id && now_ns >= l->question_deadline_ns)
		question_expired(c);
	if (l->renew)
		(void)renew(c, now_ns);
	if (l->state == LINK_DOWN && now_ns >= l->retry_at_ns && !is_given_and_gone(c)) {
		l->down_rc = link_begin(c, now_ns);
		if (l->down_rc < 0 && l->state == LINK_DOWN)
			link_down(c);
	}
	follow(c, now_ns);
}

int link_turn(struct mos_client *c)
{
	struct mos_error before = c->error;
	struct link *l = &c->link;
	int64_t now_ns = client_now_ns();

	l->turn_at_ns = now_ns + CLIENT_CHECK_NS;
	turn_conn(c, &c->broker);
	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++)
		turn_conn(c, &c->services[i]);
	async_expire(c, now_ns);
	(void)client_watch(c);
	look_after(c, now_ns);
	if (is_given_and_gone(c))
		return client_fail(c, -ECONNRESET, "client.connection.lost",
			"the broker has hung up: this widget has to end");
	/* Whoever follows the connection hears of it; anybody else has to be told that nothing will come. */
	if (l->state == LINK_DOWN && l->down_rc < 0 && !c->on_connection && c->plane && clock_is_stale(c) &&
		now_ns - l->down_since_ns > (int64_t)c->timeout_ms * MS_NS)
		return client_fail(c, l->down_rc, "client.broker.unreachable", "MOS is gone from %s: %s",
			c->socket_path, strerror(-l->down_rc));
	c->error = before;
	return 0;
}

int64_t link_due_ns(const struct mos_client *c)
{
	const struct link *l = &c->link;
	int64_t due_ns = INT64_MAX;

	if (l->renew || is_given_and_gone(c))
		return 0;
	if (l->question_id)
		due_ns = l->question_deadline_ns;
	if (l->state == LINK_DOWN && l->retry_at_ns < due_ns)
		due_ns = l->retry_at_ns;
	return due_ns;
}

static int refresh(struct mos_client *c, int64_t deadline_ns)
{
	const struct mos_request request = {.method = "broker.system.status"};
	int rc;

	if (c->broker.sock >= 0)
		(void)conn_pump(c, &c->broker);
	if (c->link.renew || c->link.state != LINK_UP || (c->flags & MOS_CLIENT_CONTROL_ONLY))
		return link_open(c, deadline_ns);
	rc = conn_call(c, &c->broker, &request, deadline_ns);
	if (rc < 0)
		return rc == -EPIPE ? link_open(c, deadline_ns) : rc;
	if (!is_another_rtcore(c))
		return 0; /* the same one, or none at the moment */
	c->link.renew = 1;
	return link_open(c, deadline_ns);
}

int mos_client_refresh(struct mos_client *client)
{
	int rc = refresh(client, client_now_ns() + (int64_t)client->timeout_ms * MS_NS);

	client_rearm(client);
	return rc;
}
