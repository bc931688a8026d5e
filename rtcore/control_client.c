/* SPDX-License-Identifier: MIT */
/* Clients: their rings, and their end. */
#include "control_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

void control_detach(struct client *cl)
{
	struct mos_rtctl_msg msg = {0};

	if (cl->leaving)
		return;
	cl->leaving = cl->is_gone = 1;
	cl->death = sd_event_source_disable_unref(cl->death);
	if (control_send_bus(cl->control, &msg, ENGINE_OP_CLIENT_REMOVE, NULL, cl->slot) < 0)
		cl->leaving = 0; /* housekeeping tries again */
}

void control_detach_slot(struct control *c, uint32_t slot, uint64_t cookie)
{
	struct client *cl = slot < MOS_CLIENTS_MAX ? c->client[slot] : NULL;

	/* its pidfd may have been quicker, and the slot belong to somebody else by now */
	if (cl && cl->cookie == cookie)
		control_detach(cl);
}

static int on_death(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	control_detach(data);
	return 0;
}

void control_client_gone(struct control *c, uint32_t slot)
{
	struct client *cl = c->client[slot];

	if (!cl)
		return;
	c->client[slot] = NULL;
	c->n_clients--;
	sd_event_source_disable_unref(cl->death);
	mos_region_finish(&cl->ring);
	close(cl->doorbell);
	if (cl->pidfd >= 0)
		close(cl->pidfd);
	free(cl);
	/* told last: who reads it may count our descriptors */
	mos_counter_set(&c->regions->counters, C_CLIENTS, c->n_clients);
}

void control_attach(struct control *c, struct mos_rtctl_msg *msg, int pidfd)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	struct client *cl = NULL;
	uint32_t slot;
	int r = -ENOMEM;

	for (slot = 0; slot < MOS_CLIENTS_MAX && c->client[slot]; slot++)
		;
	if (slot == MOS_CLIENTS_MAX) {
		control_reply_status(c, w, -EUSERS, "1024 clients are connected, there is no room for more");
		goto fail_fd;
	}
	cl = calloc(1, sizeof(*cl));
	if (!cl)
		goto fail;
	*cl = (struct client){
		.slot = slot, .pid = msg->u.client.pid, .pidfd = pidfd, .doorbell = -1, .control = c};
	memcpy(cl->name, msg->u.client.name, sizeof(cl->name) - 1);
	r = getrandom(&cl->cookie, sizeof(cl->cookie), 0) == sizeof(cl->cookie) ? 0 : -EIO;
	if (r == 0)
		r = mos_region_create("mos-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR,
			MOS_INGRESS_ABI_MINOR, c->regions->generation, &cl->ring);
	if (r == 0)
		r = mos_ingress_init(&cl->ring, slot);
	if (r == 0) {
		mos_region_publish(&cl->ring, MOS_MAGIC_INGRESS);
		r = mos_ingress_reader_init(&cl->attach.ring, &cl->ring);
	}
	if (r == 0) { /* the file is shared with the client: non-blocking is for its own good only */
		cl->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		r = cl->doorbell < 0 ? -errno : 0;
		cl->attach.doorbell = cl->doorbell;
		cl->attach.may = msg->u.client.may;
	}
	if (r == 0 && pidfd >= 0)
		r = sd_event_add_io(c->event, &cl->death, pidfd, EPOLLIN, on_death, cl);
	if (r < 0)
		goto fail;
	c->client[slot] = cl;
	c->n_clients++;
	mos_counter_set(&c->regions->counters, C_CLIENTS, c->n_clients);
	msg->u.client.slot = slot;
	msg->u.client.cookie = cl->cookie;
	if (control_send_bus(c, msg, ENGINE_OP_CLIENT_ADD, &cl->attach, slot) == 0)
		return;
	control_client_gone(c, slot);
	control_reply_status(c, w, -EBUSY, "too many requests at once");
	return;
fail:
	control_reply_status(c, w, r, "no room for another client");
	if (cl) {
		mos_region_finish(&cl->ring);
		if (cl->doorbell >= 0)
			close(cl->doorbell);
	}
	free(cl);
fail_fd:
	if (pidfd >= 0)
		close(pidfd);
}

void control_resume(struct control *c, struct mos_rtctl_msg *msg)
{
	uint32_t slot = msg->u.client.slot;
	struct client *cl = slot < MOS_CLIENTS_MAX ? c->client[slot] : NULL;

	/* the cookie is a secret between rtcore and that client; the process must be the same too */
	if (!cl || cl->is_gone || cl->cookie != msg->u.client.cookie || cl->pid != msg->u.client.pid) {
		msg->status = -ESTALE;
		control_reply(c, msg, c->conn);
		return;
	}
	msg->status = 0;
	control_reply_fds(c, msg, c->conn, (const int[]){cl->ring.fd, cl->doorbell}, 2);
}
