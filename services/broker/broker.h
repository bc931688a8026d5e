/* SPDX-License-Identifier: MIT */
/**
 * mos-broker: the door of the studio. Everything it holds hangs from one struct broker; all of it belongs to
 * the main thread.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "audit.h"
#include "clients.h"
#include "data.h"
#include "gateway.h"
#include "metrics.h"
#include "registry.h"
#include "rpc.h"
#include "rtlink.h"
#include "widget.h"

/** Connections at one time; beyond it a caller is hung up on at once. Clients hold slots, so more of them. */
#define BROKER_CONNS_MAX 2048u

#define BROKER_TABLES 6 /**< of methods: broker.* in four, kronos.*, apollo.* */

struct broker {
	struct service *service;
	int lock_fd; /**< holds the runtime directory (CNF-03) */
	int door;    /**< the listening socket */
	int door_is_managers;
	int closing; /**< we leave; the clients stay with rtcore and resume with the next broker */
	sd_event_source *door_io;
	struct retry door_pause; /**< while descriptors are short */
	struct rpc_table tables[BROKER_TABLES];
	struct rpc_context rpc;
	struct rtlink rtlink;
	struct clients clients;
	struct registry registry;
	struct gateway gateway;
	struct shared shared;
	struct metrics metrics;
	struct audit audit;
	struct widgets widgets;
};

/** The broker that a request came to. */
static inline struct broker *broker_of(const struct rpc_request *req)
{
	return req->ctx->data;
}

/** kronos.diagnostics.get (diagnostics.c). */
int diagnostics_handle_get(struct rpc_request *req, const msgpack_object *params);

/** kronos.clock.* (follow_gateway.c). */
int follow_handle_follow(struct rpc_request *req, const msgpack_object *params);
int follow_handle_lead(struct rpc_request *req, const msgpack_object *params);
int follow_handle_timecode(struct rpc_request *req, const msgpack_object *params);
int follow_handle_status(struct rpc_request *req, const msgpack_object *params);
/** kronos.midiout.* (midiout_gateway.c). */
int midiout_handle_ports(struct rpc_request *req, const msgpack_object *params);
int midiout_handle_link(struct rpc_request *req, const msgpack_object *params);
int midiout_handle_unlink(struct rpc_request *req, const msgpack_object *params);

/** Method tables, one a file. */
extern const struct rpc_table broker_methods; /**< broker_methods.c */
extern const struct rpc_table widget_methods; /**< widgets/control.c */
extern const struct rpc_table duty_methods;   /**< widgets/duties.c */
extern const struct rpc_table stage_methods;  /**< widgets/stage.c */
extern const struct rpc_table kronos_methods; /**< kronos_gateway.c */
extern const struct rpc_table apollo_methods; /**< apollo_gateway.c */

#endif
