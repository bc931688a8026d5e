/* SPDX-License-Identifier: MIT */
/**
 * mos-link as a process: the node, its sockets, and the tie to rtcore, which is told ten times a second where
 * the session is and answers what people changed on our side.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "broker_link.h"
#include "net.h"
#include "session.h"
#include "settings.h"

/** What rtcore answered last. */
struct link_echo {
	bool is_known, is_led, is_heard, is_in_time, is_playing;
	int64_t n_tempo, npq, lost, jumps;
	int64_t at_ns; /**< when it was at `phase` */
	double error_ms, phase;
};

struct link_app {
	struct rpc_context rpc;
	struct broker_link link;
	struct link_settings settings;
	struct link_node node;
	struct link_net net;
	struct link_echo echo;
	sd_event_source *tell;
	struct rpc_request *waiting; /**< for the transport to follow; NULL: none */
	bool is_running;             /**< node and sockets are there */
	bool is_asking;              /**< a call is under way */
	bool may_refuse;             /**< it was told to play, and may not be able to */
	bool is_taken_over;          /**< somebody chose another clock: it is not taken back, nor set when we go */
	int64_t n_tempo;             /**< changes of tempo on our side that the session knows of */
	uint64_t told;               /**< changes of the node that rtcore was told of */
	int64_t handled_us;          /**< the session's start or stop that was carried out; 0: none */
	struct link_id handled_in;   /**< of this session */
};

static inline struct link_app *link_of(const struct rpc_request *req)
{
	return req->ctx->data;
}

/** As the settings say: begin, go on, end. @return 0; 1: the transport is being told; -errno. */
int bridge_apply(struct link_app *app);
/** Broker and rtcore are there. */
void bridge_up(struct link_app *app);
void bridge_stop(struct link_app *app);

/** Put what link.session.get answers into the open map. */
void link_put_status(struct rpc_request *req);

extern const struct rpc_table link_methods; /**< api.c */

#endif
