/* SPDX-License-Identifier: MIT */
/**
 * The library within the service: one thread that writes, SHELF_READERS that search, a connection each. A
 * batch stays open while requests to add wait, so that many files share one commit; each is answered after
 * it.
 */
#ifndef HERMES_SHELF_H
#define HERMES_SHELF_H

#include <limits.h>
#include <stdatomic.h>

#include "library.h"
#include "worker.h"

#define SHELF_READERS 2u
#define SHELF_BATCHES 64u

/** How far the import that runs has come. */
struct shelf_progress {
	atomic_uint_least64_t bytes, size_bytes, songs;
	atomic_int active;
};

struct shelf {
	char path[PATH_MAX];
	struct worker writer, reader[SHELF_READERS];
	struct library *lib;                   /**< the writer's; opened when it is first needed */
	struct library *search[SHELF_READERS]; /**< the readers' */
	int batch_open;                        /**< writer's thread */
	uint64_t batch;                        /**< counts batches that ended; writer's thread */
	int batch_rc[SHELF_BATCHES];           /**< how they ended, the last ones; writer's thread */
	unsigned turn;                         /**< loop's thread: who reads next */
	struct shelf_progress progress;
};

/** @param store_path  The library lies beside it; NULL: in the state directory. @return 0, -errno. */
int shelf_start(struct shelf *shelf, sd_event *event, const char *store_path);
/** Zeroed ones are fine. */
void shelf_stop(struct shelf *shelf);

#endif
