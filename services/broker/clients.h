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

#include "rpc.h"

struct broker;

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
	sd_event_source *death; /**< the pidfd */
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

/** rtcore was greeted: slots of another generation are void, departures that it missed are told again. */
void clients_rtcore_up(struct broker *broker);

/** broker.client.open */
int client_handle_open(struct rpc_request *req, const msgpack_object *params);
/** broker.client.list */
int client_handle_list(struct rpc_request *req, const msgpack_object *params);

#endif
