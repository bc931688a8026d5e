/* SPDX-License-Identifier: MIT */
/**
 * broker.data.*: something big that an event refers to (EVT-19). The bytes are a sealed memfd that the broker
 * keeps for the client that shared it; everybody who may read events may have a copy of the descriptor.
 */
#ifndef BROKER_DATA_H
#define BROKER_DATA_H

#include <stdint.h>
#include <sys/queue.h>

#include "rpc.h"

struct broker;
struct client;
struct shared_data;

struct shared {
	TAILQ_HEAD(, shared_data) list; /**< oldest first */
	uint64_t next_id;
	sd_event_source *keep_timer, *orphan_timer; /* data_kept.c */
};

void data_init(struct shared *shared);

/** A client has left: what it shared is gone. */
void data_forget(struct shared *shared, const struct client *owner);

/** Take over what the broker before us kept; its owners have some seconds to come back. @return 0, -errno. */
int data_restore(struct broker *broker);
/** A client resumed its slot: what waited for it is its own again. */
void data_adopt(struct shared *shared, const struct client *owner);
/** Close everything; the service manager keeps it for the next broker. */
void data_finish(struct shared *shared);

/** broker.data.put */
int data_handle_put(struct rpc_request *req, const msgpack_object *params);
/** broker.data.get */
int data_handle_get(struct rpc_request *req, const msgpack_object *params);

#endif
