/* SPDX-License-Identifier: MIT */
/**
 * The queue of loads: one is active, the others wait in the order in which they came (HER-14). A load goes
 * from the file to a score (thread `files`), into the store (thread `scores`), to rtcore; only then it is the
 * score that is loaded, and whatever fails leaves the one before (HER-13). Loop.
 */
#ifndef HERMES_LOADS_H
#define HERMES_LOADS_H

#include <sys/queue.h>

#include "document.h"

#define LOADS_ENDED_MAX 16u /**< failed ones that can be asked about */
#define LOADS_WAITING_MAX 4096u
#define LOAD_NAME_BYTES 256u

struct hermes;
struct load;
TAILQ_HEAD(load_list, load);

enum load_kind {
	LOAD_CHECK, /**< a file: nothing is stored or loaded */
	LOAD_ADD,   /**< a file: into the store */
	LOAD_LOAD,  /**< a file: into the store, and plays from now on */
	LOAD_OPEN,  /**< a score of the store: plays from now on */
};

/** One that failed. */
struct load_ended {
	uint64_t load_id;
	char name[LOAD_NAME_BYTES];
	char client[48];
	struct wire_error error;
};

/** Caller's memory. */
struct loads {
	struct hermes *hermes;
	struct load_list waiting;
	struct load *active;
	uint32_t n_waiting;
	uint64_t last_id;
	struct load_ended ended[LOADS_ENDED_MAX]; /**< a ring, by load_id 0: free */
	uint32_t n_ended;
	int closing;
};

void loads_init(struct loads *loads, struct hermes *hermes);
/** Answers those that wait; the active one ends with the threads. Zeroed ones are fine. */
void loads_finish(struct loads *loads);

/** What is to be loaded. */
struct load_wish {
	enum load_kind kind;
	int fd; /**< taken, also on failure; -1: none */
	char name[LOAD_NAME_BYTES];
	uint32_t index;
	char score_id[UUID_BYTES];
};
/** Queue it. @return RPC_LATER; -errno with the request's error filled. */
int loads_add(struct loads *loads, struct rpc_request *req, const struct load_wish *wish);
/** @return 0; -ENOENT none of this number; -EALREADY it is too late. */
int loads_cancel(struct loads *loads, uint64_t load_id);
/** Put the list of METHODS.md into the open map. */
void loads_put(const struct loads *loads, struct wire_out *out);
/** Put HermesState. @param follows  1: of what is loaded, so loads that are under way count. */
void loads_put_state(
	const struct loads *loads, struct score_bytes *out, const struct standing *now, int follows);

/** Hermes was started: the score that was loaded is loaded again. */
void loads_restore(struct loads *loads);

#endif
