/* SPDX-License-Identifier: MIT */
/**
 * Services: who serves which name, and the callers that are brought to them. A service never listens by
 * itself: for each caller the broker makes a socket pair and says who is at the other end.
 */
#ifndef BROKER_REGISTRY_H
#define BROKER_REGISTRY_H

#include <sys/queue.h>

#include "rpc.h"

#define REGISTRY_NAME_MAX 32u /**< with its NUL: a-z, 0-9 and -, a letter first */

struct broker;

struct registered {
	char name[REGISTRY_NAME_MAX];
	struct rpc_conn *conn; /**< borrowed; registry_forget() when it ends */
	TAILQ_ENTRY(registered) link;
};

struct waiting; /* a caller waiting for a service that starts */

struct registry {
	TAILQ_HEAD(, registered) services;
	TAILQ_HEAD(, waiting) waiting;
};

void registry_init(struct registry *registry);
/** Connections are closed already. */
void registry_finish(struct registry *registry);

/** NULL: nobody has that name. */
const struct registered *registry_find(const struct registry *registry, const char *name);

/** A connection ended: what it served is free again. */
void registry_forget(struct broker *broker, struct rpc_conn *conn);

/** rtcore was greeted: tell every service which one it is, and which timeline is in force there. */
void registry_rtcore_up(struct broker *broker);

/** Tell every service that the system ends. */
void registry_quit(struct registry *registry);

/** broker.service.register */
int registry_handle_register(struct rpc_request *req, const msgpack_object *params);
/** broker.service.connect */
int registry_handle_connect(struct rpc_request *req, const msgpack_object *params);

#endif
