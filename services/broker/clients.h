/* SPDX-License-Identifier: MIT */
/**
 * Clients: everybody who came through the door. One object holds all that a client has, so that its death is
 * one destroy (EVT-04): its slot and ingress ring in rtcore, its name in the registry, its requests. Death is
 * noticed by the socket's hang-up, and by the process' pidfd where a child kept the socket.
 */
#ifndef BROKER_CLIENTS_H
#define BROKER_CLIENTS_H

#include <stdint.h>
#include <sys/queue.h>

#include <mos/region.h>

#include "rpc.h"

struct broker;
struct widget;

/** Connections of one process at one time (SEC-03): none keeps the others out. */
#define CLIENT_CONNS_PER_PROCESS 256u

enum client_state {
	CLIENT_CALLING,   /**< may call, has no slot */
	CLIENT_ATTACHING, /**< rtcore was asked for a slot */
	CLIENT_ATTACHED,
	CLIENT_LEAVING, /**< gone; rtcore still has to take its slot back */
};

struct client {
	struct broker *broker;
	struct rpc_conn *conn; /**< NULL: gone */
	enum client_state state;
	uint32_t slot;          /**< while ATTACHED or LEAVING */
	uint64_t cookie;        /**< secret of slot and client */
	uint64_t generation;    /**< of the rtcore that gave the slot */
	int pidfd;              /**< owned; -1: the kernel gave none */
	sd_event_source *death; /**< the pidfd; NULL for a widget, whose process is watched by process.c */
	struct widget *widget;  /**< the one at the other end; NULL: somebody who came through the door */
	struct mos_region
		ring; /**< its ingress region, read for its figures only; not mapped: base is NULL */
	TAILQ_ENTRY(client) link;
};

struct clients {
	TAILQ_HEAD(, client) list;
	uint32_t n; /**< that are here, with or without a slot */
};

void clients_init(struct clients *clients);
/** Forget all of them; connections are closed already. rtcore keeps the rings for the next broker. */
void clients_finish(struct clients *clients);

/** Somebody came through the door. @param sock  Taken. @return 0, -errno. */
int client_accept(struct broker *broker, int sock);

/** A widget's connection, made with it. @param sock  Taken. @return 0, -errno. */
int client_adopt(struct broker *broker, int sock, struct widget *widget, struct client **ret);

/** Refuse what would show one widget another. @return 0; -EACCES with req->error filled. */
int client_not_for_widgets(struct rpc_request *req);

/** Put the names of capabilities as a list. */
void caps_put(struct wire_out *out, const char *key, uint32_t caps);

/** rtcore was greeted: slots of another generation are void, and their clients are told to open again;
 * departures that it missed are told again. */
void clients_rtcore_up(struct broker *broker);

/** broker.client.open */
int client_handle_open(struct rpc_request *req, const msgpack_object *params);
/** broker.client.list */
int client_handle_list(struct rpc_request *req, const msgpack_object *params);

#endif
