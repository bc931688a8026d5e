/* SPDX-License-Identifier: MIT */
/* Where the MIDI output goes: the driver knows the ports, we answer when what is sent arrives. */
#include "control_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PORTS_MAX 128u
#define LOOK_US 5000u
#define LOOK_ACCURACY_US 1000u /* 0 would mean 250 ms */
#define LOOKS_MAX 200u         /* a second: who does not run by then may never */
#define CUT_LOOKS 40u          /* somebody may have made a link there that is not ours to cut */
#define NO_DRIVER "nothing drives the clock: no MIDI output"

static int write_ports(int fd, const struct driver_port *port, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct mos_rtctl_port out = {.is_linked = port[i].link != DRIVER_NOT_LINKED};

		(void)snprintf(out.name, sizeof(out.name), "%s", port[i].name);
		if (write(fd, &out, sizeof(out)) != (ssize_t)sizeof(out))
			return -EIO;
	}
	return 0;
}

void control_midi_ports(struct control *c, struct mos_rtctl_msg *msg)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	struct driver_port *port;
	uint32_t n = 0;
	int fd, r;

	if (!c->driver) {
		control_reply_status(c, w, -ENOTCONN, NO_DRIVER);
		return;
	}
	port = calloc(PORTS_MAX, sizeof(*port));
	fd = memfd_create("mos-midi-ports", MFD_CLOEXEC);
	r = port && fd >= 0 ? 0 : -ENOMEM;
	if (r == 0) {
		n = c->o->driver->midi_ports(c->driver, port, PORTS_MAX);
		r = write_ports(fd, port, n);
	}
	free(port);
	if (r < 0) {
		control_reply_status(c, w, r, "no memory");
	} else {
		memset(&msg->u, 0, sizeof(msg->u));
		msg->status = 0;
		msg->u.midi_ports.n = n;
		control_reply_fds(c, msg, c->conn, &fd, 1);
	}
	if (fd >= 0)
		close(fd);
}

static void answer_link(struct control *c, const struct link_wait *wait)
{
	struct mos_rtctl_msg msg = {.op = wait->w.op, .id = wait->w.id};

	if (wait->is_second)
		(void)control_send(c, &msg, ENGINE_OP_MIDI_RETELL, NULL, 0);
	if (wait->w.conn == CONN_RESUME) /* it has waited until it is heard (engine_midi_out_stale()) */
		(void)control_send(c, &msg, ENGINE_OP_MIDI_HOLD, NULL, HOLD_END);
	memcpy(msg.u.midi_link.port, wait->port, sizeof(msg.u.midi_link.port));
	control_resume_put(c, &msg);
	control_reply(c, &msg, wait->w.conn);
}

static bool arrives(const struct driver_port *port, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (port[i].link == DRIVER_LINKED && strcmp(port[i].name, name) == 0)
			return true;
	return false;
}

/* Does anything that is sent now arrive at a port of that name, or with that in its name? "": at any port. */
static bool is_heard(const struct driver_port *port, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (port[i].link != DRIVER_NOT_LINKED && strstr(port[i].name, name))
			return true;
	return false;
}

static bool is_heard_now(struct control *c, const char *name)
{
	struct driver_port *port = calloc(PORTS_MAX, sizeof(*port));
	uint32_t n = port ? c->o->driver->midi_ports(c->driver, port, PORTS_MAX) : 0;
	bool heard = is_heard(port, n, name);

	free(port);
	return heard;
}

static void answer_cut(struct control *c, struct waiter w)
{
	const struct mos_rtctl_msg msg = {.op = ENGINE_OP_MIDI_HOLD};

	(void)control_send(c, &msg, ENGINE_OP_MIDI_HOLD, NULL, HOLD_END);
	control_reply_status(c, w, 0, NULL);
}

static void answer(struct control *c, const struct link_wait *wait)
{
	if (wait->is_cut)
		answer_cut(c, wait->w);
	else
		answer_link(c, wait);
}

static int on_link_timer(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;
	struct driver_port *port = calloc(PORTS_MAX, sizeof(*port));
	uint32_t n = port ? c->o->driver->midi_ports(c->driver, port, PORTS_MAX) : 0, kept = 0;

	for (uint32_t i = 0; i < c->n_link_waits; i++) {
		struct link_wait *wait = &c->link_wait[i];

		if (wait->is_cut ? is_heard(port, n, wait->port) && ++wait->looks < CUT_LOOKS
				 : !arrives(port, n, wait->port) && ++wait->looks < LOOKS_MAX)
			c->link_wait[kept++] = *wait;
		else
			answer(c, wait);
	}
	c->n_link_waits = kept;
	free(port);
	if (kept) {
		(void)sd_event_source_set_time_relative(s, LOOK_US);
		return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
	}
	return 0;
}

/* Answer when the graph shows what was asked for; at once, when there is no room to wait. */
static void wait_for_graph(struct control *c, struct link_wait wait)
{
	int r = 0;

	if (!c->link_timer)
		r = sd_event_add_time_relative(c->event, &c->link_timer, CLOCK_MONOTONIC, LOOK_US,
			LOOK_ACCURACY_US, on_link_timer, c);
	else if (c->n_link_waits == 0)
		r = sd_event_source_set_time_relative(c->link_timer, LOOK_US);
	if (r >= 0 && c->n_link_waits == 0)
		r = sd_event_source_set_enabled(c->link_timer, SD_EVENT_ONESHOT);
	if (r < 0 || c->n_link_waits == LINK_WAITS_MAX)
		answer(c, &wait);
	else
		c->link_wait[c->n_link_waits++] = wait;
}

static void cut(struct control *c)
{
	const struct mos_rtctl_msg *msg = &c->unlinking;
	struct link_wait wait = {.w = {MOS_RTCTL_MIDI_UNLINK, msg->id, msg->reserved0}, .is_cut = true};
	char name[sizeof(msg->u.midi_link.port) + 1] = "";
	int r;

	memcpy(name, msg->u.midi_link.port, sizeof(msg->u.midi_link.port));
	r = c->o->driver->midi_unlink(c->driver, name[0] ? name : NULL);
	c->is_unlinking = false;
	if (r < 0) {
		(void)control_send(c, msg, ENGINE_OP_MIDI_HOLD, NULL, HOLD_END);
		control_reply_status(c, wait.w, r, "the MIDI output was not linked to a port of that name");
		return;
	}
	control_resume_unlinked(c, name);
	(void)snprintf(wait.port, sizeof(wait.port), "%s", name);
	if (is_heard_now(c, name))
		wait_for_graph(c, wait);
	else
		answer_cut(c, wait.w);
}

/* Requests about links are carried out in their order. */
static void finish_unlinking(struct control *c)
{
	if (c->is_unlinking && c->driver)
		cut(c);
}

void control_midi_link(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct link_wait wait = {.w = {msg->op, msg->id, c->conn}};
	struct driver_port port = {0};
	char name[sizeof(msg->u.midi_link.port) + 1] = "", why[sizeof(msg->u.text)] = NO_DRIVER;
	int r = -ENOTCONN;

	memcpy(name, msg->u.midi_link.port, sizeof(msg->u.midi_link.port));
	finish_unlinking(c);
	if (c->driver) {
		wait.is_second = is_heard_now(c, "");
		r = c->o->driver->midi_link(c->driver, name, &port, why, sizeof(why));
	}
	(void)snprintf(wait.port, sizeof(wait.port), "%s", port.name);
	if (r == -ENOSPC)
		(void)snprintf(why, sizeof(why), "the MIDI output is linked to too many ports");
	if (r < 0)
		control_reply_status(c, wait.w, r, why);
	else
		wait_for_graph(c, wait);
}

void control_midi_unlink(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	char name[sizeof(msg->u.midi_link.port) + 1] = "";

	memcpy(name, msg->u.midi_link.port, sizeof(msg->u.midi_link.port));
	finish_unlinking(c);
	if (!c->driver) {
		control_reply_status(c, w, 0, NULL);
		return;
	}
	c->is_unlinking = true;
	c->unlinking = *msg;
	c->unlinking.reserved0 = c->conn;
	if (!is_heard_now(c, name) || control_send(c, msg, ENGINE_OP_MIDI_HOLD, NULL, HOLD_BEGIN) < 0)
		cut(c);
}

/* What was let go in one cycle has arrived when the next one is over. */
void control_midi_held(struct control *c, const struct engine_cmd *cmd)
{
	if (cmd->arg == HOLD_BEGIN && control_send(c, &cmd->msg, ENGINE_OP_MIDI_HOLD, NULL, HOLD_ON) == 0)
		return;
	if (cmd->arg == HOLD_END)
		return;
	finish_unlinking(c);
}
