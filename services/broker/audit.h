/* SPDX-License-Identifier: MIT */
/**
 * Who did what, when (SEC-04): notes of the dispatcher, our own and those of the services, become lines of
 * the audit log. The same call again and again is written once, then once a second with a count; who calls
 * faster than anybody would is written of no more, only counted. Main thread; only the disk's thread waits
 * for the disk.
 */
#ifndef BROKER_AUDIT_H
#define BROKER_AUDIT_H

#include <systemd/sd-event.h>

#include "audit_log.h"
#include "rpc.h"

struct broker;

#define AUDIT_CALLERS 64u

/** How much of a caller is still written: a bucket that time fills. */
struct audit_caller {
	int64_t pid;
	uint32_t left;
	uint64_t filled_ns;
	uint64_t skipped;
	char name[48];
};

/** Caller's memory. */
struct audit {
	struct broker *broker;
	struct audit_log log;
	struct audit_note last; /**< written last; what equals it is counted in `again` */
	char last_by[48];
	uint64_t again;
	uint64_t lost; /**< records that could not be written; told by the next that can */
	uint64_t lost_ever;
	uint64_t told_ns; /**< the journal heard of the head then */
	int failing;      /**< said once */
	int is_dirty;     /**< not on the disk yet */
	int is_flushing;  /**< the disk is at it: a slow one is not asked again and again */
	struct audit_caller caller[AUDIT_CALLERS];
	sd_event_source *timer;
};

/** Open the log; without one the broker works all the same, and says so. */
void audit_start(struct audit *audit, struct broker *broker);
/** When all calls have ended and the disk's thread has stopped. Zeroed ones are fine. */
void audit_stop(struct audit *audit);

/** rpc_context.audit of the broker. */
void audit_take(struct rpc_context *ctx, const struct audit_note *note);

/** broker.audit.note, broker.audit.status */
int audit_handle_note(struct rpc_request *req, const msgpack_object *params);
int audit_handle_status(struct rpc_request *req, const msgpack_object *params);

#endif
