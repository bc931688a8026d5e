/* SPDX-License-Identifier: MIT */
/** Between rpc_conn.c (bytes, queues, life and death) and rpc_dispatch.c (methods, parameters, answers). */
#ifndef MOS_BASE_RPC_INTERNAL_H
#define MOS_BASE_RPC_INTERNAL_H

#include "rpc.h"

/** Handle a request frame: answer it, or leave it with its handler. */
void rpc_dispatch(struct rpc_conn *conn, struct wire_in *in);

/** The connection keeps count of what it still has to answer. */
void rpc_conn_add_request(struct rpc_conn *conn, struct rpc_request *req);
void rpc_conn_remove_request(struct rpc_conn *conn, struct rpc_request *req);

/** End `out` and queue it; taken, also on failure. @return as rpc_notify(). */
int rpc_conn_send(struct rpc_conn *conn, struct wire_out *out);

#endif
