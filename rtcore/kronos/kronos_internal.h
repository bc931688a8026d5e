/* SPDX-License-Identifier: MIT */
/**
 * What the files of Kronos share: kronos.c keeps state and announcer, kronos_request.c does what people ask,
 * kronos_block.c walks a block, kronos_clock.c says where we are,
 * kronos_chase.c follows another clock, kronos_timecode.c time code, kronos_resume.c goes on where another
 * process was. Audio thread only.
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
/** The same without announcing what comes. */
void kronos_move(struct kronos *k, int64_t tick) MOS_RT;
/** Another way of counting time, at the same place. */
void kronos_set_map(struct kronos *k, const struct walk_map *next) MOS_RT;
/** Tick of a frame of the song (struct mos_clock_song); outside of it one that is outside, too. A song is
 * there. */
int64_t kronos_song_tick(const struct kronos *k, int64_t frame) MOS_RT;
/** The tempo in which is counted in before a tick. */
struct walk_map kronos_count_map(const struct walk_map *m, int64_t tick) MOS_RT;
/** We begin to play, after so many ticks of count-in: so that it fits the clock that is followed. */
void kronos_chase_launch(struct kronos *k, int64_t count_ticks) MOS_RT;
/** We are where we are: a leader without song position is to be in phase with our measure. */
void kronos_chase_measure(struct kronos *k) MOS_RT;
/** The tempo is to be changed: by us, although another clock is followed? @return 0, -EOPNOTSUPP. */
int kronos_chase_tempo(struct kronos *k, const struct mos_rtctl_msg *msg) MOS_RT;
/** No time code is followed any more. */
void kronos_time_end(struct kronos *k) MOS_RT;
void kronos_time_state(const struct kronos *k, struct mos_rtctl_follow_state *ret) MOS_RT;
/** Move the position to the start, silently. */
void kronos_to_start(struct kronos *k) MOS_RT;
/** Count so many measures in before the position, from their beginning. */
void kronos_count_in(struct kronos *k, uint32_t bars) MOS_RT;
/** A state that cannot be becomes one that can (KRO-16). */
void kronos_mend(struct kronos *k) MOS_RT;

#endif
