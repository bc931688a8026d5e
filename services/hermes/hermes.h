/* SPDX-License-Identifier: MIT */
/**
 * The score store as a process: the event loop with its callers, and two threads. `files` makes scores of
 * files and files of scores; it knows nothing but what it is given. `scores` has the store and the open
 * documents to itself.
 */
#ifndef HERMES_H
#define HERMES_H

#include "broker_link.h"
#include "documents.h"
#include "loads.h"
#include "player.h"
#include "shelf.h"
#include "subscribers.h"
#include "worker.h"

struct hermes {
	struct rpc_context rpc;
	struct broker_link link;
	struct worker files, scores;
	struct documents documents; /**< the thread `scores` has it, while that runs */
	struct player player;
	struct loads loads;
	struct shelf shelf; /**< the library */
	struct subscribers subscribers;
};

static inline struct hermes *hermes_of(const struct rpc_request *req)
{
	return req->ctx->data;
}

/** Method tables, one a file. */
extern const struct rpc_table score_methods; /**< api_score.c */
extern const struct rpc_table edit_methods;  /**< api_edit.c */
extern const struct rpc_table music_methods; /**< api_music.c */
extern const struct rpc_table load_methods;  /**< api_load.c */
extern const struct rpc_table store_methods; /**< api_store.c */
extern const struct rpc_table library_methods; /**< api_library.c */
extern const struct rpc_table shelf_methods;   /**< api_shelf.c */
extern const struct rpc_table convert_methods; /**< api_convert.c */
extern const struct rpc_table vector_methods;  /**< api_vectors.c */
#define HERMES_TABLES 9u

#endif
