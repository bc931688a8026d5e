/* SPDX-License-Identifier: MIT */
/**
 * What the band after this one needs to find what plays: the request that began it and the changes since,
 * with their bars, in a memfd that the service manager keeps (fdstore.h). Made again of these, a performance
 * is the same to the byte, or it is not adopted. What a thread of our own played died with us. Loop.
 */
#ifndef BAND_KEPT_H
#define BAND_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service.h"

#define KEPT_CHANGES_MAX 256u /**< each is made again: more would take too long */

enum kept_kind {
	KEPT_PLAY = 1,   /**< parameters of band.play, msgpack */
	KEPT_FILE = 2,   /**< what came beside it; may be missing */
	KEPT_CHANGE = 3, /**< parameters of band.change, msgpack; `bar` is where it begins */
};

/** Of what rtcore has now. */
struct kept_state {
	uint64_t timeline_id;
	uint8_t digest[32]; /**< SHA-256 of the timeline's bytes */
	uint64_t generation;
	uint64_t base[3]; /**< struct player_counts */
	char port[128];
	uint8_t linked, hold;
	uint8_t reserved[6]; /**< 0: what is summed has no padding */
};
static_assert(sizeof(struct kept_state) == 8 + 32 + 8 + 24 + 128 + 8);

struct kept {
	int fd; /**< -1: nobody keeps it */
	struct kept_state state;
	uint8_t *bytes; /**< records; owned */
	size_t n;
	unsigned n_changes;
	bool whole; /**< the records say all there is to know of what plays */
};

/** A record, borrowed from the bytes. */
struct kept_record {
	enum kept_kind kind;
	uint32_t bar;
	const uint8_t *bytes;
	size_t n;
};

/** Take what the manager kept. @return true: the state and the records are those of the process before. */
bool kept_open(struct kept *kept, struct service *service);
void kept_close(struct kept *kept);

/** The next record. @param at  Where to look, from 0; moved on. @return false: there is no more. */
bool kept_next(const struct kept *kept, size_t *at, struct kept_record *ret);

/** Begin anew. */
void kept_clear(struct kept *kept);
/** Forget what was added since there were so many bytes. @param n  0: nothing. */
void kept_cut(struct kept *kept, size_t n);
/** Add a record; what does not fit makes the whole useless until kept_clear(). */
void kept_add(struct kept *kept, enum kept_kind kind, uint32_t bar, const void *bytes, size_t n);
/** Into the memfd. */
void kept_write(struct kept *kept);

#endif
