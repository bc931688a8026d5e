/* SPDX-License-Identifier: MIT */
/**
 * What rtcore plays: timelines, handed over through the broker one at a time, in order. Newer content of the
 * score that plays overtakes older that still waits. When rtcore has lost its timeline (it was restarted), it
 * is given again. Loop.
 */
#ifndef HERMES_PLAYER_H
#define HERMES_PLAYER_H

#include <stdint.h>
#include <sys/queue.h>

#include "broker_link.h"

/** @param error  NULL: rtcore has it, or something newer. */
typedef void player_done(void *data, int rc, const struct wire_error *error);

struct player_item;
TAILQ_HEAD(player_list, player_item);

/** Caller's memory. */
struct player {
	struct broker_link *link; /**< borrowed */
	struct player_list queue;
	int busy; /**< one is with rtcore, and those before it wait for its answer */
	int closing;
	int fd;          /**< the last one that rtcore took, or that it should have; owned; -1: none */
	uint64_t id;     /**< its content's */
	int knows;       /**< what rtcore had when it was greeted, was told: */
	uint64_t has_id; /**< 0: nothing */
};

void player_init(struct player *player, struct broker_link *link);
/** Answers what waits. The link has to be stopped before. Zeroed ones are fine. */
void player_finish(struct player *player);

/**
 * Hand a timeline over.
 * @param fd      Borrowed.
 * @param update  1: newer content of what plays: position and state stay.
 * @param done    Called once, later or now; may be NULL.
 */
void player_play(struct player *player, int fd, uint64_t id, int update, player_done *done, void *data);

/** This is what should play (Hermes was restarted): rtcore is given it only if it has something else. */
void player_adopt(struct player *player, int fd, uint64_t id);
/** An rtcore is there, with this timeline in force; 0: none. */
void player_rtcore_up(struct player *player, uint64_t timeline_id);

#endif
