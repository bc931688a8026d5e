/* SPDX-License-Identifier: MIT */
/**
 * A service's tie to the broker: registers under its name, takes the callers that the broker hands over as
 * connections of its own, comes back by itself when the broker was restarted, ends the service when the
 * broker says that the system ends or that the name is taken (CNF-03). Main thread.
 */
#ifndef MOS_BASE_BROKER_LINK_H
#define MOS_BASE_BROKER_LINK_H

#include "retry.h"
#include "rpc.h"

/** Callers at one time, of all and of one process; beyond it a caller is hung up on at once. */
#define BROKER_LINK_CALLERS_MAX 2048u
#define BROKER_LINK_CALLS_PER_PROCESS 64u

/** Told to the service; each may be NULL. */
struct broker_link_ops {
	/** Registered: calls to the broker (kronos.*, apollo.*) can be made on `broker` until down(). */
	void (*up)(struct rpc_conn *broker, void *data);
	void (*down)(void *data);
	/** After up(), and when another rtcore has come. @param timeline_id  What is in force there; 0:
	 * nothing. */
	void (*rtcore_up)(uint64_t generation, uint64_t timeline_id, void *data);
	/** The broker told something that this link does not know by itself. */
	void (*notified)(struct rpc_conn *broker, struct wire_in *in, void *data);
	/** For the connections of callers. */
	struct rpc_conn_ops caller;
};

/** Caller's memory. */
struct broker_link {
	struct rpc_context *ctx;           /**< borrowed */
	const struct broker_link_ops *ops; /**< borrowed */
	void *data;
	struct rpc_conn *conn; /**< NULL: not connected */
	int registered;
	int refused_logged; /**< "no broker" was said once */
	uint64_t n_unheard; /**< calls that no audit log knows of; told to the next broker */
	struct retry retry;
};

/**
 * Start; goes on for ever, also when there is no broker yet. The name is the service's.
 * @return 0, -errno of the event loop.
 */
int broker_link_start(
	struct broker_link *link, struct rpc_context *ctx, const struct broker_link_ops *ops, void *data);
/** Zeroed or stopped links are fine. */
void broker_link_stop(struct broker_link *link);

/** The broker's connection, NULL while there is none. */
struct rpc_conn *broker_link_conn(struct broker_link *link);

/** Connect to the socket `name` of the runtime directory. @return the fd, -errno. */
int broker_link_connect(const char *runtime_dir, const char *name);

#endif
