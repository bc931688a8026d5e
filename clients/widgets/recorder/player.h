/* SPDX-License-Identifier: MIT */
/**
 * Replay: what sounded in a recording, again, at the same distances in time. Events are handed out a little
 * ahead of their time, so that rtcore plays them at their exact frame.
 */
#ifndef RECORDER_PLAYER_H
#define RECORDER_PLAYER_H

#include <stdint.h>
#include "journal.h"
#include "order.h"

#define PLAYER_AHEAD_NS INT64_C(150000000) /**< how far ahead of their time events are handed out */

struct player; /**< opaque */

/**
 * @param with_score  1: the score's notes too; 0: only what was played live, to be heard beside the score.
 * @param start_ns    When the first one is to sound.
 * @return 0; as journal_open().
 */
int player_create(const char *dir, const char *name, int with_score, uint64_t start_ns, struct player **ret);
void player_destroy(struct player *player);

/**
 * The next event, when its time is near. It stays the next one until player_done().
 * @return 1 it is in *ret, ready to be emitted; 0 none is near yet; -1 the recording is over; -errno.
 */
int player_next(struct player *player, uint64_t now_ns, struct mos_event *ret);
/** The event that player_next() returned has been emitted. */
void player_done(struct player *player);
/** Breaking off: ends of all that sounds now, one a call. @return 1 there is one; 0. */
int player_release(struct player *player, struct mos_event *ret);

uint64_t player_emitted(const struct player *player);

#endif
