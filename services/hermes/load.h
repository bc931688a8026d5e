/* SPDX-License-Identifier: MIT */
/**
 * The queue of loads: one is active, the others wait in the order in which they came (HER-14). A load becomes
 * the score in force when rtcore has taken its timeline, and not before; whatever fails leaves the old score
 * (HER-13). Main thread.
 */
#ifndef HERMES_LOAD_H
#define HERMES_LOAD_H

#include <sys/queue.h>
#include <systemd/sd-event.h>

#include "broker_link.h"
#include "rpc.h"
#include "song.h"

struct load;
TAILQ_HEAD(load_list, load);

/** Caller's memory. */
struct loader {
	struct broker_link *link; /**< borrowed: where kronos.timeline.load goes */
	sd_event_source *work;    /**< armed while loads wait and none is active */
	struct load_list queue;
	struct load *active; /**< waits for rtcore's answer; NULL: none */
	struct song *song;   /**< in force; NULL before the first load */
};

/** @return 0, -errno of the event loop. */
int loader_init(struct loader *loader, sd_event *event, struct broker_link *link);
/** Answers what still waits. The link has to be stopped before. Zeroed ones are fine. */
void loader_finish(struct loader *loader);

/**
 * Queue a load; the request is answered by rpc_finish().
 * @param fd  Taken, also on failure.
 * @return RPC_LATER, -ENOMEM.
 */
int loader_add(struct loader *loader, struct rpc_request *req, int fd, const char *name);

/** Read and import the file for a request. @param fd  Borrowed. @return 0; -errno with req->error filled. */
int load_song(struct rpc_request *req, int fd, const char *name, struct song **ret);

#endif
