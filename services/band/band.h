/* SPDX-License-Identifier: MIT */
/**
 * The accompanist as a process: the event loop with its callers and one thread that makes what takes long.
 * The styles are read once and never change; the player alone knows what sounds.
 */
#ifndef BAND_H
#define BAND_H

#include "broker_link.h"
#include "player.h"
#include "worker.h"

struct band {
	struct rpc_context rpc;
	struct broker_link link;
	struct worker worker;
	struct band_styles *styles; /**< any thread */
	struct player player;
};

static inline struct band *band_of(const struct rpc_request *req)
{
	return req->ctx->data;
}

/** Method tables, one a file. */
extern const struct rpc_table program_methods; /**< api_program.c */
extern const struct rpc_table file_methods;    /**< api_file.c */
extern const struct rpc_table play_methods;    /**< api_play.c */
#define BAND_TABLES 3u

#endif
