/* SPDX-License-Identifier: MIT */
/**
 * What the files of Kronos share: kronos.c keeps state and announcer, kronos_request.c does what people ask,
 * kronos_block.c walks a block, kronos_clock.c says where we are,
 * kronos_resume.c goes on where another process was. Audio thread only.
 */
#ifndef KRONOS_INTERNAL_H
#define KRONOS_INTERNAL_H

#include "kronos.h"

/** Tell the sink. */
void kronos_tell(struct kronos *k, const struct kronos_event *ev) MOS_RT;
/** Change the state, or mend an impossible change (KRO-16), and tell. */
void kronos_set_state(struct kronos *k, uint8_t to, uint16_t reason, int64_t from_tick, uint32_t offset)
	MOS_RT;
/** After a jump or a change of tempo: the next 100 ms are announced anew, at once. */
void kronos_refresh_ahead(struct kronos *k) MOS_RT;
/** Announce what comes into the 100 ms ahead during a block. */
void kronos_advance_ahead(struct kronos *k, uint32_t n_frames) MOS_RT;
/** Nothing is played that lies on a loop's end, but for the ends of notes, where nothing is cut there. */
void kronos_tell_ends(struct kronos *k, enum kronos_note what, uint32_t offset) MOS_RT;
/** Move the position, whether it rolls or not, and tell. */
void kronos_jump(struct kronos *k, int64_t tick) MOS_RT;
/** Move the position to the start, silently. */
void kronos_to_start(struct kronos *k) MOS_RT;
/** Count so many measures in before the position, from their beginning. */
void kronos_count_in(struct kronos *k, uint32_t bars) MOS_RT;
/** A state that cannot be becomes one that can (KRO-16). */
void kronos_mend(struct kronos *k) MOS_RT;

#endif
