/* SPDX-License-Identifier: MIT */
/**
 * Between methods and rtcore's records: what kronos_gateway.c and apollo_gateway.c share. Requests go to
 * rtcore in the order they came, each is answered (KRO-13); what rtcore refuses becomes a stable error code.
 */
#ifndef BROKER_GATEWAY_H
#define BROKER_GATEWAY_H

#include <mos/clock.h>
#include <mos/rtctl.h>

#include "rpc.h"

struct broker;
struct rtlink;

struct gateway {
	uint32_t expected_state; /**< of the transport when the commands under way are done */
	uint32_t n_transport;    /**< plays, pauses and stops under way */
	uint64_t title_of;       /**< timeline that `title` belongs to */
	char title[96];
	char loading_title[96]; /**< of the one that rtcore is given now */
	float metronome_db;     /**< as last set */
	int kept_fd;            /**< memory with what the next broker is to know; -1: none */
};

/** Take over what the broker before us knew. */
void gateway_restore(struct broker *broker);
/** Title or level of the metronome has changed. */
void gateway_keep(const struct broker *broker);

/**
 * rtcore did it. @param answer  Its status is not negative.
 * @return as rpc_method.handle(); RPC_LATER when it forwarded `req` again.
 */
typedef int gateway_done(struct broker *broker, struct rpc_request *req, const struct mos_rtctl_msg *answer);

/**
 * Send a record to rtcore on behalf of `req`.
 * @param fd    Goes beside it, -1: none. Borrowed.
 * @param done  NULL: the answer is an empty map.
 * @return RPC_LATER, or -errno with req->error filled.
 */
int gateway_forward(struct rpc_request *req, const struct mos_rtctl_msg *msg, int fd, gateway_done *done);

/** Fill req->error for a result of rtlink_request() or of its callback. @return `rc`. */
int gateway_fail_link(struct rpc_request *req, int rc);
/** The same for an answer with a negative status. @return the status. */
int gateway_fail_status(struct rpc_request *req, const struct mos_rtctl_msg *answer);

/** State of the transport when what is under way is done: two toggles in a row end where they began. */
uint32_t gateway_expected_state(const struct gateway *gateway, const struct mos_clock *clock);

/** A number that is NaN or infinite is refused with `code`. @return 0, -EINVAL with req->error filled. */
int gateway_check_finite(struct rpc_request *req, const char *key, double value, const char *code);

/** Read an optional integer in [min, max]. @return 1 read, 0 absent, -EINVAL with req->error filled. */
int gateway_get_int(struct rpc_request *req, const msgpack_object *params, const char *key, int64_t min,
	int64_t max, const char *code, int64_t *ret);

/** Copy the clock. @return 0, or -errno with req->error filled. */
int gateway_clock(struct rpc_request *req, struct mos_clock *ret);
/** The same with the song's place. */
int gateway_place(struct rpc_request *req, struct mos_clock *ret, struct mos_clock_song *ret_song);

/** Put what kronos.position.get answers into the open map. Its time is now. */
void position_put(struct wire_out *out, const struct gateway *gateway, const struct mos_clock *clock,
	const struct mos_clock_song *song);

/** Put what apollo.engine.status answers into the open map. */
void engine_put(struct wire_out *out, const struct rtlink *rt, const struct mos_rtctl_msg *status);

#endif
