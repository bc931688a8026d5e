/* SPDX-License-Identifier: MIT */
/** mos-jack as a process: its settings, its methods, and the bridge. */
#ifndef JACK_JACK_SERVICE_H
#define JACK_JACK_SERVICE_H

#include "bridge.h"
#include "broker_link.h"
#include "settings.h"

struct jack_app {
	struct rpc_context rpc;
	struct broker_link link;
	struct jack_settings settings;
	struct bridge bridge;
	sd_event_source *said;
	struct rpc_request *waiting; /**< for what becomes of the first try; NULL: none */
};

static inline struct jack_app *jack_of(const struct rpc_request *req)
{
	return req->ctx->data;
}

/** As the settings say. @return 0, -errno. */
int jack_apply(struct jack_app *app);
/** The bridge said something: whoever waits is answered. */
void jack_said(struct jack_app *app);

extern const struct rpc_table jack_methods; /**< api.c */

#endif
