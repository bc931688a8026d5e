/* SPDX-License-Identifier: MIT */
/* What came while nobody was dispatching: notices, requests, answers, changes; told in the order they came.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client_impl.h"
#include "value_wire.h"

void item_free(struct item *item)
{
	mos_reply_finish(&item->reply);
	if (item->n_fds)
		close(item->fd);
	free(item);
}

/* Say why a request is not carried out. */
static void refuse(struct mos_client *c, struct conn *conn, uint32_t id, const char *code, const char *why)
{
	struct wire_error err;
	struct wire_out out;

	wire_error_set(&err, code, "%s", why);
	wire_out_init(&out);
	wire_begin_error(&out, id, &err);
	if (wire_end(&out) < 0)
		wire_out_finish(&out);
	else
		(void)conn_post(c, conn, id, &out); /* who hung up needs no answer */
}

/* The bound: of what was not asked for, the oldest goes. */
static void make_room(struct mos_client *c)
{
	struct item *item;

	TAILQ_FOREACH (item, &c->inbox, link) {
		if (item->kind != ITEM_NOTICE && item->kind != ITEM_REQUEST)
			continue;
		if (item->kind == ITEM_REQUEST)
			refuse(c, item->conn, item->id, "client.inbox.full", "too many requests wait here");
		TAILQ_REMOVE(&c->inbox, item, link);
		c->n_unasked--;
		item_free(item);
		return;
	}
}

void inbox_unasked(struct mos_client *c, struct conn *conn)
{
	struct item *item;

	if (c->in.kind == WIRE_NOTIFY && conn == &c->broker && link_notice(c))
		return;
	item = calloc(1, sizeof(*item));
	if (!item)
		return; /* a notice is lost, as it would be to a program that had died of it */
	item->kind = c->in.kind == WIRE_NOTIFY ? ITEM_NOTICE : ITEM_REQUEST;
	item->conn = conn;
	item->id = c->in.id;
	strcpy(item->method, c->in.method);
	if (value_copy(c->in.params, &item->reply.value, &item->reply.memory) < 0) {
		if (item->kind == ITEM_REQUEST)
			refuse(c, conn, item->id, "rpc.params.invalid", "the parameters cannot be read");
		free(item);
		return;
	}
	if (c->on_widget && item->kind == ITEM_NOTICE && conn == &c->broker && c->in.n_fds) {
		item->fd = wire_take_fd(&c->in, 0);
		item->n_fds = item->fd >= 0;
	}
	if (c->n_unasked == CLIENT_INBOX_MAX)
		make_room(c);
	TAILQ_INSERT_TAIL(&c->inbox, item, link);
	c->n_unasked++;
}

void inbox_hung_up(struct mos_client *c, const struct conn *conn)
{
	struct item *item, *next;

	for (item = TAILQ_FIRST(&c->inbox); item; item = next) {
		next = TAILQ_NEXT(item, link);
		if (item->kind != ITEM_REQUEST || item->conn != conn)
			continue;
		TAILQ_REMOVE(&c->inbox, item, link);
		c->n_unasked--;
		item_free(item);
	}
}

void inbox_answer(struct mos_client *c, struct item *item)
{
	TAILQ_INSERT_TAIL(&c->inbox, item, link);
}

void inbox_service_lost(struct mos_client *c, const struct conn *conn)
{
	struct {
		struct mos_field field;
		char service[CLIENT_NAME_MAX];
	} *memory;
	struct item *item;

	if (!c->on_notice || c->closing || c->n_unasked == CLIENT_INBOX_MAX)
		return;
	item = calloc(1, sizeof(*item));
	memory = calloc(1, sizeof(*memory));
	if (!item || !memory) {
		free(item);
		free(memory);
		return;
	}
	strcpy(memory->service, conn->service);
	memory->field = mos_str("service", memory->service);
	memory->field.value.len = (uint32_t)strlen(memory->service);
	item->kind = ITEM_NOTICE;
	strcpy(item->method, "client.service.lost");
	item->reply.value = mos_value_map(&memory->field, 1);
	item->reply.memory = memory;
	TAILQ_INSERT_TAIL(&c->inbox, item, link);
	c->n_unasked++;
}

void inbox_connection(struct mos_client *c, enum mos_connection connection)
{
	struct item *item;

	if (!c->on_connection)
		return;
	item = calloc(1, sizeof(*item));
	if (!item)
		return;
	item->kind = ITEM_CONNECTION;
	item->connection = connection;
	TAILQ_INSERT_TAIL(&c->inbox, item, link);
}

/* Only the broker speaks to a widget as such. */
static int is_widgets(const struct mos_client *c, const struct item *item)
{
	return c->on_widget && item->conn == &c->broker &&
	       (item->kind == ITEM_REQUEST || !strncmp(item->method, "widget.", 7));
}

static int tell(struct mos_client *c, struct item *item)
{
	switch (item->kind) {
	case ITEM_ANSWER:
		item->done(c, item->rc, item->rc < 0 ? NULL : &item->reply,
			item->rc < 0 ? &item->error : NULL, item->data);
		return 1;
	case ITEM_CONNECTION:
		if (!c->on_connection)
			return 0;
		c->on_connection(c, item->connection, c->on_connection_data);
		return 1;
	case ITEM_NOTICE:
	case ITEM_REQUEST:
		c->n_unasked--;
		if (is_widgets(c, item)) {
			c->on_widget(c, item, c->on_widget_data);
			return 1;
		}
		if (item->kind == ITEM_REQUEST)
			refuse(c, item->conn, item->id, "rpc.method.unknown",
				"this program answers no calls");
		if (item->kind == ITEM_REQUEST || !c->on_notice)
			return 0;
		c->on_notice(c, item->method, &item->reply.value, c->on_notice_data);
		return 1;
	}
	return 0;
}

int inbox_tell(struct mos_client *c)
{
	struct item *item;
	uint32_t n_now = 0;
	int n = 0;

	/* What comes while these are told is told the next time, so that this ends. */
	TAILQ_FOREACH (item, &c->inbox, link)
		n_now++;
	while (n_now-- && (item = TAILQ_FIRST(&c->inbox))) {
		TAILQ_REMOVE(&c->inbox, item, link);
		n += tell(c, item);
		item_free(item);
	}
	return n;
}

void inbox_finish(struct mos_client *c)
{
	struct item *item;

	async_fail(c, NULL, -ECANCELED);
	while ((item = TAILQ_FIRST(&c->inbox))) {
		TAILQ_REMOVE(&c->inbox, item, link);
		if (item->kind == ITEM_ANSWER)
			item->done(c, item->rc, item->rc < 0 ? NULL : &item->reply,
				item->rc < 0 ? &item->error : NULL, item->data);
		item_free(item);
	}
}

void mos_client_on_connection(struct mos_client *client,
	void (*handler)(struct mos_client *, enum mos_connection, void *data), void *data)
{
	client->on_connection = handler;
	client->on_connection_data = data;
}

void mos_client_on_notice(struct mos_client *client,
	void (*handler)(struct mos_client *, const char *method, const struct mos_value *params, void *data),
	void *data)
{
	client->on_notice = handler;
	client->on_notice_data = data;
}
