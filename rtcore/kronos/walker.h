/* SPDX-License-Identifier: MIT */
/**
 * The walker goes through a song frame by frame and says what lies on the way: events, beats, changes, the
 * loop's end, the song's end, each with its exact frame. Audio thread only, no state outside the structs.
 *
 * Position is `v`, an integer in units of 1/(960*rate) ns: v = u * rate_hz with u from mos/tempo.h. One
 * frame is `step` units (960000 * rate_ppm), whatever the tempo, so position is a function of the frame
 * count and cannot drift; a loop subtracts its exact length, so a thousand loops are exact too. An event
 * sounds in the first frame at or after its time.
 */
#ifndef KRONOS_WALKER_H
#define KRONOS_WALKER_H

#include "song.h"

#include <mos/attr.h>

typedef __int128 kronos_v;

/** How ticks become time: by the score's tempo map or at one fixed tempo; at which rate; which meter. */
struct walk_map {
	const struct song *song; /**< NULL: nothing loaded */
	uint32_t rate_hz;
	uint32_t rate_ppm;
	uint64_t fixed_npq; /**< 0: follow the score */
	/* meter set by the user, in force from over_tick on; over_num 0: the score's */
	int64_t over_tick;
	uint32_t over_measure;
	uint16_t over_num, over_den;
	int loop;
	int64_t loop_start, loop_end; /**< ticks */
};

struct walker {
	kronos_v v;    /**< position at frame `done` of the current block */
	uint32_t done; /**< frames of the block already walked */
	uint32_t next_event;
	uint32_t next_tempo; /**< index of the next tempo segment's start */
	uint32_t next_key;
	int64_t next_beat; /**< tick */
	int clocks;	   /**< 1: MIDI clocks are things on the way */
	int64_t next_clock; /**< tick */
	int in_loop;       /**< the loop's end is still to come; 0: behind us, or no loop */
	uint32_t loops;    /**< wraps so far */
};

#define WALK_CLOCK_TICKS 40 /**< 24 MIDI clocks a quarter */

enum walk_what { WALK_NOTHING = 0, WALK_CLOCK, WALK_TEMPO, WALK_KEY, WALK_BEAT, WALK_EVENT, WALK_WRAP, WALK_END };

struct walk_item {
	enum walk_what what;
	uint32_t offset; /**< frame within the block */
	uint32_t index;  /**< of the event, tempo segment or key entry */
	int64_t tick;
};

kronos_v walk_tick_to_v(const struct walk_map *m, int64_t tick) MOS_RT;
/** Last tick at or before v; `ret_frac` (may be NULL): fraction in 1/2^32. */
int64_t walk_v_to_tick(const struct walk_map *m, kronos_v v, uint32_t *ret_frac) MOS_RT;
/** v of the same musical place under another map; exact to 1/(960*rate) ns. */
kronos_v walk_convert(const struct walk_map *from, const struct walk_map *to, kronos_v v) MOS_RT;
/** Tempo as heard at a tick: rate included. */
uint64_t walk_npq_at(const struct walk_map *m, int64_t tick) MOS_RT;
struct mos_bbt walk_meter_at(const struct walk_map *m, int64_t tick) MOS_RT;
int64_t walk_next_beat(const struct walk_map *m, int64_t tick) MOS_RT;
/** As mos_meter_tick_of(), with the user's meter where it is in force. */
int64_t walk_tick_of(const struct walk_map *m, uint32_t measure, uint32_t beat, uint32_t tick) MOS_RT;
static inline int64_t walk_step(const struct walk_map *m) MOS_RT
{
	return INT64_C(960000) * m->rate_ppm;
}

/** Place the walker: everything at or after `v` is still ahead. */
void walk_seek(struct walker *w, const struct walk_map *m, kronos_v v) MOS_RT;
/**
 * The same for a walker that is on its way to frame `v`, in another map: what lies between the last frame and
 * this one is still ahead, too, and a loop whose end does still wraps.
 */
void walk_resume(struct walker *w, const struct walk_map *m, kronos_v v) MOS_RT;
/** Look for MIDI clocks from here on, or no longer. */
void walk_clocks(struct walker *w, const struct walk_map *m, int on) MOS_RT;
/** The map's loop was changed: find out whether its end is ahead. */
void walk_loop_changed(struct walker *w, const struct walk_map *m) MOS_RT;
/**
 * Next thing within the block's n_frames, in order of time. WALK_WRAP has moved the walker to the loop's
 * start; after WALK_END the caller must not go on. WALK_NOTHING: the walker stands at the block's end.
 */
struct walk_item walk_next(struct walker *w, const struct walk_map *m, uint32_t n_frames) MOS_RT;

#endif
