/* SPDX-License-Identifier: MIT */
/**
 * msgpack-RPC on the event loop: connections that serve and call, method tables with checked parameters,
 * answers now or later. Frames are those of clients/libmos/wire.h. Main thread only; nothing blocks.
 *
 * A connection is bounded in all that its peer controls: frames (64 KiB, 16 descriptors), requests under way
 * (RPC_REQUESTS_MAX: beyond it the socket is not read), bytes waiting to be sent (RPC_QUEUE_HIGH: not read;
 * RPC_QUEUE_MAX: closed). A frame that is none closes the connection with a logged reason.
 */
#ifndef MOS_BASE_RPC_H
#define MOS_BASE_RPC_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "service.h"
#include "wire.h"

#define RPC_REQUESTS_MAX 64u
#define RPC_QUEUE_HIGH (256u << 10)
#define RPC_QUEUE_MAX (1u << 20)

/** A handler's way to say that the answer comes later, through rpc_finish(). */
#define RPC_LATER 1

struct audit_note;
struct rpc_conn;
struct rpc_request;

/* --- Methods --- */

/** Types of a parameter; several may be allowed. RPC_NUM takes integers too. */
enum {
	RPC_STR = 1u << 0,
	RPC_INT = 1u << 1,
	RPC_NUM = 1u << 2,
	RPC_BOOL = 1u << 3,
	RPC_MAP = 1u << 4,
	RPC_ARRAY = 1u << 5,
	RPC_REQUIRED = 1u << 7,
};

struct rpc_param {
	const char *key;
	uint32_t types;
};

struct rpc_method {
	const char *name; /**< "kronos.transport.play" */
	/**
	 * Handle a request whose parameters fit `params`. The result's map is open in req->out.
	 * @return 0 req->out is complete; RPC_LATER req is the handler's until rpc_finish(); -errno failed:
	 *         req->error is sent (rpc_fail() fills it).
	 */
	int (*handle)(struct rpc_request *req, const msgpack_object *params);
	const struct rpc_param *params; /**< ends with a NULL key; NULL: takes none */
	uint32_t n_fds;                 /**< descriptors that have to be beside it */
	uint32_t caps;                  /**< CAP_*: all are needed */
};

struct rpc_table {
	const struct rpc_method *method;
	size_t n;
};

/* --- The process' side --- */

TAILQ_HEAD(rpc_conn_list, rpc_conn);

/** One per process; caller's memory. */
struct rpc_context {
	struct service *service;       /**< borrowed */
	const struct rpc_table *table; /**< borrowed; `<service>.service.ping` is always there besides */
	size_t n_tables;
	void *data;        /**< the service's own */
	/** Gets a note of each call that changed something, or was refused to; NULL: nobody does. */
	void (*audit)(struct rpc_context *ctx, const struct audit_note *note);
	void *audit_data;
	struct wire_in in; /**< one for all: a frame is handled to its end before the next is read */
	struct rpc_conn_list conns;
	uint32_t n_conns;
};

/** @return 0, -ENOMEM. */
int rpc_context_init(struct rpc_context *ctx, struct service *service, const struct rpc_table *table,
	size_t n_tables, void *data);
/** Closes every connection. Zeroed or finished contexts are fine. */
void rpc_context_finish(struct rpc_context *ctx);

/* --- Connections --- */

/** Who is at the other end, as far as the kernel or the broker vouches for it. */
struct rpc_peer {
	pid_t pid; /**< 0: unknown */
	uid_t uid;
	uint32_t caps;
	uint32_t client; /**< number that the broker knows it by; 0: none */
	char name[48];   /**< as it calls itself; UTF-8 */
};

/** What a connection tells its owner. All may be NULL. */
struct rpc_conn_ops {
	/** Once, when it ends from whatever side; requests under way have lost their conn already. */
	void (*closed)(struct rpc_conn *conn, void *data);
	/** A notification came; in->params is a map, in->fds may be taken. */
	void (*notified)(struct rpc_conn *conn, struct wire_in *in, void *data);
};

/**
 * Serve and call over a connected socket.
 * @param sock  Taken, also on failure.
 * @param peer  Copied; NULL: nobody is vouched for, no capabilities.
 * @return 0, -ENOMEM, -errno of sd_event_add_io.
 */
int rpc_conn_create(struct rpc_context *ctx, int sock, const struct rpc_peer *peer,
	const struct rpc_conn_ops *ops, void *data, struct rpc_conn **ret);
/** End it: answers not yet sent are lost. The object is gone afterwards. NULL is fine. */
void rpc_conn_close(struct rpc_conn *conn);

/** Whether so much waits to be sent that its requests are not read (RPC_QUEUE_HIGH). */
int rpc_conn_is_behind(const struct rpc_conn *conn);

/** Connections whose peer is the process `pid`. */
uint32_t rpc_count_conns_of(const struct rpc_context *ctx, pid_t pid);

struct rpc_context *rpc_conn_context(struct rpc_conn *conn);
struct rpc_peer *rpc_conn_peer(struct rpc_conn *conn); /**< may be written, e.g. its name */
void *rpc_conn_data(struct rpc_conn *conn);
/**
 * Give the peer at most this share of our processor time; who asks faster is read later, and slows itself
 * only. @return 0, -errno of sd_event_add_time: there is no limit then.
 */
int rpc_conn_ration(struct rpc_conn *conn, uint32_t permille);
/** Whether frames wait because the peer does not read them. */
int rpc_conn_waiting(const struct rpc_conn *conn);

/**
 * Queue a notification (begun with wire_begin_notify()). `out` is taken, also on failure.
 * @return 0; -errno of wire_end(); -ENOBUFS the peer does not read: the connection is closed.
 */
int rpc_notify(struct rpc_conn *conn, struct wire_out *out);

/**
 * An answer to our call. @param rc 0: in->result; -EREMOTEIO: in->error; -ECONNRESET: the connection ended
 * first, `in` is NULL.
 */
typedef void rpc_answered(void *data, int rc, struct wire_in *in);

/** Start a request in `out`; its params map is open. @return its id, for rpc_call(). */
uint32_t rpc_begin_call(struct rpc_conn *conn, struct wire_out *out, const char *method);
/**
 * Queue the request. `out` is taken, also on failure.
 * @return 0: `answered` is called once, later; otherwise never: -ENOMEM, -errno of wire_end(), -ENOBUFS.
 */
int rpc_call(struct rpc_conn *conn, struct wire_out *out, uint32_t id, rpc_answered *answered, void *data);

/* --- Requests --- */

/** A request being handled. */
struct rpc_request {
	struct rpc_context *ctx;
	struct rpc_conn *conn;   /**< NULL once the caller is gone: rpc_finish() it all the same */
	struct wire_out out;     /**< the result's map is open */
	struct wire_error error; /**< sent when the handler fails */
	struct audit_note *note; /**< NULL: none is made */
	uint32_t id;
	TAILQ_ENTRY(rpc_request) link;
};

/** Take a descriptor that came beside the request: inside handle() only. @return the fd, or -ENOENT. */
int rpc_take_fd(struct rpc_request *req, uint32_t index);

/** End a request that was left for later, after handle() has returned. @param rc as handle()'s result, but
 * not RPC_LATER. Frees it. */
void rpc_finish(struct rpc_request *req, int rc);

/**
 * The same for a request that failed, with more than req->error can say: of several reasons that is the first,
 * `errors` of the answer are all of them, or as many as fit into a frame.
 */
void rpc_finish_with(struct rpc_request *req, int rc, const struct wire_details *details);

/** Fill req->error. @return `rc`, so that a handler can `return rpc_fail(...)`. */
int rpc_fail(struct rpc_request *req, int rc, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** The same for a bad parameter: `where` is its key. */
int rpc_fail_at(struct rpc_request *req, const char *where, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
