/* SPDX-License-Identifier: MIT */
/**
 * Who follows which score (HER-04, HER-08): one frame for each change, in order; who does not read gets the
 * newest state instead of all that led to it. Loop.
 */
#ifndef HERMES_SUBSCRIBERS_H
#define HERMES_SUBSCRIBERS_H

#include <sys/queue.h>

#include "document.h"

#define SUBSCRIPTIONS_PER_CALLER 64u

struct subscription;
TAILQ_HEAD(subscription_list, subscription);

/** Caller's memory. */
struct subscribers {
	struct subscription_list list;
	sd_event_source *timer; /**< while somebody is behind */
	struct standing loaded; /**< score_id "": none */
};

/** @return 0, -errno of the event loop. */
int subscribers_init(struct subscribers *subscribers, sd_event *event);
void subscribers_finish(struct subscribers *subscribers);

/**
 * From now on tell `conn` of a score.
 * @param now      What it is told now: changes up to this one are not told again.
 * @param follows  1: of whatever is loaded, from one load to the next.
 * @return 0, also when it is subscribed already; -ENOMEM.
 */
int subscribers_add(
	struct subscribers *subscribers, struct rpc_conn *conn, const struct standing *now, int follows);
/** May the connection add one more? */
int subscribers_have_room(const struct subscribers *subscribers, const struct rpc_conn *conn);
/** No more of it. @param score_id  "": of whatever is loaded. */
void subscribers_remove(struct subscribers *subscribers, struct rpc_conn *conn, const char *score_id);
/** Is the connection there, and subscribed to something? `conn` may point to what is gone. */
int subscribers_has(const struct subscribers *subscribers, const struct rpc_conn *conn);
/** The connection has ended. */
void subscribers_forget(struct subscribers *subscribers, struct rpc_conn *conn);

/** A change has happened. */
void subscribers_tell(struct subscribers *subscribers, const struct news *news);
/** Build the notice of a change. @param base  NULL: not known. @param ops  NULL: a snapshot is to be fetched.
 */
void subscribers_begin_changed(struct wire_out *out, const struct standing *now,
	const struct score_state *base, const struct score_bytes *ops);
/** Another score is loaded. */
void subscribers_loaded(struct subscribers *subscribers, const struct standing *now);

/** A load begins, gets on, ends; told to those who follow what is loaded. @param error  Of one that failed,
 * or NULL. */
void subscribers_load_state(struct subscribers *subscribers, uint64_t load_id, int loading, unsigned permille,
	const struct wire_error *error);

/** Put HermesState (METHODS.md) as JSON members. */
void standing_put(struct score_bytes *out, const struct standing *now, int loading, unsigned permille);

#endif
