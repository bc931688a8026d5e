/* SPDX-License-Identifier: MIT */
/** The theater as a process: the stage, who calls, and the broker. */
#ifndef THEATER_THEATER_H
#define THEATER_THEATER_H

#include "broker_link.h"
#include "follow_obs.h"
#include "windows.h"

struct theater {
	struct rpc_context rpc;
	struct broker_link link;
	struct theater_config config;
	struct stage stage;
	struct follow_obs obs;
	struct windows windows;
	struct {
		struct out_record *record; /**< NULL: none */
		struct rpc_request *stopper;
		char fault[256]; /**< of the last one, until somebody asked */
	} recording;
};

static inline struct theater *theater_of(const struct rpc_request *req)
{
	return req->ctx->data;
}

/** Method tables, one a file. */
extern const struct rpc_table scene_methods;   /**< api_scene.c */
extern const struct rpc_table look_methods;    /**< api_look.c */
extern const struct rpc_table command_methods; /**< api_command.c */
extern const struct rpc_table record_methods;  /**< api_record.c */
#define THEATER_TABLES 4u

/** Ends a recording that is under way; its file is completed by the child. */
void api_record_end(struct theater *theater);

/** "landscape", "portrait" under `canvas`; absent: `absent`. @return 0 and enum scene_canvas or -1 for both;
 * -EINVAL said. */
int api_canvas(struct rpc_request *req, const msgpack_object *params, int absent, int *ret);

#endif
