/* SPDX-License-Identifier: MIT */
/* Inserts: requests to the processes that run them, and what comes of it. */
#include "control_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apollo/insert/insert_host.h"

#define CONTROLS_MAX 256u

/* What is at that place now. */
static struct mos_rtctl_insert look(struct control *c, uint32_t strip, uint32_t slot)
{
	static struct mos_rtctl_insert list[INSERTS_MAX];
	uint32_t n = inserts_list(c->inserts, list, INSERTS_MAX);

	for (uint32_t i = 0; i < n && i < INSERTS_MAX; i++)
		if (list[i].strip == strip && list[i].slot == slot)
			return list[i];
	return (struct mos_rtctl_insert){.strip = strip, .slot = slot, .kind = MOS_INSERT_NONE};
}

/* The oldest request for that place is done. */
static void answer(struct control *c, uint32_t strip, uint32_t slot, int status, const char *text)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT, .u.insert = {.strip = strip, .slot = slot}};
	struct mos_rtctl_insert now;
	uint32_t i = 0, conn;

	while (i < c->n_insert_waits && (c->insert_wait[i].strip != strip || c->insert_wait[i].slot != slot))
		i++;
	if (i == c->n_insert_waits)
		return;
	msg.id = c->insert_wait[i].w.id;
	conn = c->insert_wait[i].w.conn;
	if (status < 0)
		control_reply_status(c, c->insert_wait[i].w, status, text);
	else
		control_reply(c, &msg, c->insert_wait[i].w.conn);
	c->n_insert_waits--;
	memmove(&c->insert_wait[i], &c->insert_wait[i + 1],
		(c->n_insert_waits - i) * sizeof(c->insert_wait[0]));
	now = look(c, strip, slot);
	control_resume_insert(c, &now, conn);
	control_mixer_insert(c, strip, slot, "");
}

static void told(
	void *data, uint32_t strip, uint32_t slot, enum inserts_news news, int status, const char *text)
{
	struct control *c = data;

	switch (news) {
	case INSERTS_READY:
	case INSERTS_REMOVED:
		answer(c, strip, slot, 0, NULL);
		break;
	case INSERTS_FAILED:
		answer(c, strip, slot, status < 0 ? status : -EIO, text);
		break;
	case INSERTS_BACK:
		log_info("%s", text);
		control_mixer_insert(c, strip, slot, "");
		break;
	case INSERTS_BYPASSED:
	case INSERTS_DIED:
	case INSERTS_GAVE_UP:
		log_warning("%s", text);
		control_mixer_insert(c, strip, slot, "");
		break;
	}
}

static int swap_insert(void *data, uint32_t strip, uint32_t slot, struct insert *next)
{
	struct mos_rtctl_msg msg = {.u.insert = {.strip = strip, .slot = slot}};
	struct control *c = data;

	if (!c->align)
		c->align = align_create();
	return control_send(c, &msg, ENGINE_OP_INSERT, next, (uint64_t)(uintptr_t)c->align);
}

static int on_inserts(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;

	inserts_dispatch(c->inserts);
	return 0;
}

int control_insert_open(struct control *c)
{
	struct inserts_config config = {
		.rate_hz = c->engine->rate_hz, .swap = swap_insert, .told = told, .data = c,
		.state_told = control_insert_state_told};
	int r;

	c->insert_bell = insert_bell_create();
	if (!c->insert_bell)
		return -ENOMEM;
	config.bell = c->engine->inserts = c->insert_bell;
	r = inserts_create(&config, &c->inserts);
	return r < 0 ? r : sd_event_add_io(c->event, NULL, inserts_fd(c->inserts), EPOLLIN, on_inserts, c);
}

static void take_all(struct control *c, uint32_t strip)
{
	for (uint32_t i = 0; i < INSERT_SLOTS; i++) {
		struct insert **slot = mix_slot(&c->engine->apollo.mix, strip, i);

		if (slot && *slot)
			inserts_swapped(c->inserts, strip, i, insert_swap(slot, NULL));
	}
}

void control_insert_close(struct control *c)
{
	for (uint32_t strip = 0; c->inserts && strip < MOS_N_STRIPS; strip++)
		take_all(c, strip);
	if (c->inserts) {
		take_all(c, UINT32_MAX);
		inserts_destroy(c->inserts);
	}
	if (c->insert_bell)
		insert_bell_destroy(c->insert_bell);
	c->engine->apollo.mix.align = NULL;
	align_destroy(c->align);
}

void control_insert_given_back(struct control *c, const struct engine_cmd *cmd)
{
	if (c->inserts)
		inserts_swapped(c->inserts, cmd->msg.u.insert.strip, cmd->msg.u.insert.slot, cmd->ptr);
}

void control_insert_quantum(struct control *c, uint32_t frames)
{
	if (c->inserts && frames)
		inserts_quantum(c->inserts, frames);
}

static uint32_t free_slot(struct control *c, uint32_t strip)
{
	static struct mos_rtctl_insert list[INSERTS_MAX];
	uint32_t n = inserts_list(c->inserts, list, INSERTS_MAX), taken = 0, slot = 0;

	for (uint32_t i = 0; i < n && i < INSERTS_MAX; i++)
		if (list[i].strip == strip && list[i].slot < INSERT_SLOTS)
			taken |= 1u << list[i].slot;
	while (slot < INSERT_SLOTS && taken >> slot & 1)
		slot++;
	return slot;
}

void control_insert(struct control *c, struct mos_rtctl_msg *msg)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	uint32_t strip = msg->u.insert.strip, slot = msg->u.insert.slot;
	char why[sizeof(msg->u.text)] = "";
	int r;

	msg->u.insert.what[sizeof(msg->u.insert.what) - 1] = 0;
	if (slot == MOS_INSERT_ANY)
		slot = free_slot(c, strip);
	if (slot >= INSERT_SLOTS) {
		control_reply_status(c, w, -ENOSPC, "a strip has four places for inserts");
		return;
	}
	if (c->n_insert_waits == INSERT_WAITS_MAX) {
		control_reply_status(c, w, -EBUSY, "too many inserts are being started");
		return;
	}
	c->insert_wait[c->n_insert_waits++] = (struct insert_wait){.w = w, .strip = strip, .slot = slot};
	r = inserts_set(c->inserts, strip, slot, msg->u.insert.kind, msg->u.insert.what, why, sizeof(why));
	if (r < 0) { /* told() will say nothing of it: it is the newest of those that wait */
		c->n_insert_waits--;
		control_reply_status(c, w, r, why);
	}
}

void control_insert_set(struct control *c, struct mos_rtctl_msg *msg)
{
	char why[sizeof(msg->u.text)] = "", symbol[sizeof(msg->u.insert_set.symbol) + 1] = "";
	int r;

	memcpy(symbol, msg->u.insert_set.symbol, sizeof(msg->u.insert_set.symbol));
	r = inserts_control(c->inserts, msg->u.insert_set.strip, msg->u.insert_set.slot, symbol,
		msg->u.insert_set.value, why, sizeof(why));
	if (r == 0) {
		control_resume_put(c, msg);
		control_mixer_insert(c, msg->u.insert_set.strip, msg->u.insert_set.slot, symbol);
	}
	control_reply_status(c, (struct waiter){msg->op, msg->id, c->conn}, r, r < 0 ? why : NULL);
}

void control_insert_list(struct control *c, struct mos_rtctl_msg *msg)
{
	static struct mos_rtctl_insert list[INSERTS_MAX];
	uint32_t n = inserts_list(c->inserts, list, INSERTS_MAX);

	n = n < INSERTS_MAX ? n : INSERTS_MAX;
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.insert_list.n = n;
	(void)control_reply_table(c, msg, &(struct control_table){list, n * sizeof(list[0])}, 1);
}

void control_insert_get(struct control *c, struct mos_rtctl_msg *msg)
{
	static struct insert_control from[CONTROLS_MAX];
	static struct mos_rtctl_control list[CONTROLS_MAX];
	static struct mos_rtctl_insert there[INSERTS_MAX];
	uint32_t strip = msg->u.insert.strip, slot = msg->u.insert.slot, i = 0;
	uint32_t n = inserts_list(c->inserts, there, INSERTS_MAX);

	while (i < n && i < INSERTS_MAX && (there[i].strip != strip || there[i].slot != slot))
		i++;
	if (i >= n || i >= INSERTS_MAX) {
		control_reply_status(c, (struct waiter){msg->op, msg->id, c->conn}, -ENOENT,
			"there is no insert at that place");
		return;
	}
	n = inserts_controls(c->inserts, strip, slot, from, CONTROLS_MAX);
	n = n < CONTROLS_MAX ? n : CONTROLS_MAX;
	for (i = 0; i < n; i++) {
		list[i] = (struct mos_rtctl_control){.min = from[i].min,
			.max = from[i].max,
			.initial = from[i].initial,
			.value = from[i].value};
		memcpy(list[i].symbol, from[i].symbol, sizeof(list[i].symbol));
	}
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.insert_list.n = n;
	(void)control_reply_table(c, msg, &(struct control_table){list, n * sizeof(list[0])}, 1);
}
