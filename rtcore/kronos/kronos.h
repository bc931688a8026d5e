/* SPDX-License-Identifier: MIT */
/**
 * Kronos: the transport. Six states, guarded transitions, one position; the sequencer; beats; count-in;
 * loops; the clock page's content. E1.4.2, rows KRO-*. Audio thread only, but for kronos_init().
 *
 * Kronos knows neither sound nor rings: what happens on the way is told to a sink, at exact frames.
 */
#ifndef KRONOS_H
#define KRONOS_H

#include <mos/clock.h>
#include <mos/rtctl.h>

#include "song.h"
#include "walker.h"

#define KRONOS_LOOKAHEAD_MS 100u /**< TIM-03; no setting changes it */

enum kronos_note {
	KRONOS_EVENT,    /**< a score event is due: `event`, `index` */
	KRONOS_ANNOUNCE, /**< a score note will be due at `offset` frames from the block's start (TIM-03) */
	KRONOS_BEAT,     /**< `bbt`, `strength`, `count_in` */
	KRONOS_CLOCK,    /**< a MIDI clock is due: `tick` */
	KRONOS_TEMPO,    /**< `npq`, `old_npq` */
	KRONOS_KEY,      /**< `index` into the song's keys */
	KRONOS_JUMP,     /**< position moved to `tick`: end score notes, chase controllers up to the event
			    `index`. Sent before anything that sounds at the new place */
	KRONOS_SILENCE,  /**< stop or pause: end score notes at once */
	KRONOS_STATE,    /**< `old_state`, `state`, `reason`, `from_tick`, `tick`, `error` */
	KRONOS_LOOP,     /**< loop changed, or wrapped when reason is MOS_REASON_LOOP */
};

struct kronos_event {
	enum kronos_note what;
	uint32_t offset; /**< frames from the block's start */
	uint32_t index;
	const struct mos_tl_event *event;
	int64_t tick, from_tick;
	struct mos_bbt bbt;
	uint16_t strength;
	uint8_t count_in, old_state, state;
	uint8_t is_seamless; /**< of a jump: a song's own loop wraps, and what sounds goes on */
	uint16_t reason;
	int32_t error;
	uint64_t npq, old_npq;
};

/** The clock that is followed (kronos_chase.c). */
struct kronos_chase {
	uint32_t leader;  /**< enum mos_leader */
	uint32_t quantum; /**< ticks */
	int64_t offset_ns;
	int64_t now_ns;   /**< of this cycle's start */
	int64_t said_ns;  /**< when the leader was heard last */
	int is_heard;
	int is_in_time;
	int64_t tick;     /**< its line: there at `at_ns` */
	double frac;
	int64_t at_ns;
	uint64_t npq;
	int64_t shift;    /**< its tick is ours and this, within the quantum */
	int64_t error_ns; /**< it is so much ahead */
	uint32_t n_tempo; /**< changes of tempo on our side */
	uint64_t n_lost, n_jumps;
};

/** The time code that is followed (kronos_timecode.c). */
struct kronos_time {
	double frame;    /**< its line: at this frame of the song at `at_ns` */
	int64_t at_ns;
	double speed;    /**< 1: as it is named */
	int64_t said_ns; /**< when it was heard last */
	int is_heard, is_in_time;
	int has_begun;   /**< we were told to play from there on */
	int is_led;      /**< we play because of it: when it stands, so do we */
	int has_place;   /**< it was sent to `place` while we played */
	int64_t place;   /**< tick */
	int64_t error_ns; /**< it is so much ahead */
};

typedef void (*kronos_sink_fn)(void *data, const struct kronos_event *ev) MOS_RT;

/** All state of the transport; lives inside the engine's RT state. */
struct kronos {
	struct walk_map map;
	struct walker play;        /**< what sounds */
	struct walker ahead;       /**< what will sound in 100 ms */
	int song_loop;             /**< the loop came with the song; 0: none, or people set it */
	int ahead_ended;           /**< the announcer has reached the song's end */
	uint8_t state;             /**< enum mos_transport_state */
	uint8_t before_loading;    /**< state to return to when a load fails */
	struct walk_map count_map; /**< count-in: constant tempo and meter of the start place */
	kronos_v count_v;          /**< < 0 while counting in; counted in count_map's units */
	int64_t count_next_beat;   /**< tick, negative */
	int counting;
	struct kronos_chase chase;
	struct kronos_time time;
	kronos_sink_fn sink;
	void *sink_data;
	uint64_t duplicates; /**< requests that changed nothing (KRO-22) */
	uint64_t refused;    /**< illegal requests */
	uint64_t recovered;  /**< impossible states mended (KRO-16) */
};

void kronos_init(struct kronos *k, uint32_t rate_hz, kronos_sink_fn sink, void *data);

/** KRO-12: is the change in the table? Also read by the test that compares table and document. */
int kronos_legal(uint8_t from, uint8_t to) MOS_RT;

/**
 * A transport request. Fills the answer's union where there is one to fill.
 * @return 0; -EPERM not legal in this state; -ERANGE outside (seek.range_* filled); -EINVAL bad value;
 *         -EAGAIN a score is loading: the caller keeps the request and offers it again afterwards (KRO-13);
 *         -ENOTCONN driver_up is 0 and the request was to play (APO-20).
 */
int kronos_request(struct kronos *k, struct mos_rtctl_msg *msg, int driver_up) MOS_RT;

/** A load begins (idle, ready, stopped -> loading; playing, paused: the old song goes on meanwhile). */
void kronos_loading(struct kronos *k) MOS_RT;
/** The load failed: back to where we were. */
void kronos_load_failed(struct kronos *k) MOS_RT;
/**
 * Put a song in force. update_only 0: state becomes ready, position the start; 1: same score, new
 * content: position and state stay. song NULL: unload, idle. A loop that the song brings (mos_tl_policy) is in force
 * with it. @return the old song, for the loader to free.
 */
const struct song *kronos_swap(struct kronos *k, const struct song *song, int update_only) MOS_RT;

/** Tell of MIDI clocks from here on, or no longer. */
void kronos_set_clocks(struct kronos *k, int on) MOS_RT;

/** Where a transport was that is to go on. */
struct kronos_place {
	int64_t tick;        /**< of the song: while counting in, the start point */
	int64_t count_tick;  /**< while counting in: to go on from here, negative */
	uint32_t tick_frac;  /**< of whichever moves */
	uint32_t count_bars; /**< 0: not counting in */
	uint8_t state;       /**< enum mos_transport_state */
};

/**
 * A song that has just been put in force goes on as another process left it, sink or not: its position stands until a
 * cycle comes. What is outside of the song becomes its nearest end. @return 0; -EPERM: not ready.
 */
int kronos_resume(struct kronos *k, const struct kronos_place *place) MOS_RT;

/** Walk n_frames: tells the sink everything on the way, in order of time. */
void kronos_block(struct kronos *k, uint32_t n_frames) MOS_RT;

/** Fill a clock page content for the block that comes next; frame, time_ns, frame_ps and driver flags are the
 * caller's. */
void kronos_clock(const struct kronos *k, struct mos_clock *c) MOS_RT;
/** The same of the song's place in frames. */
void kronos_clock_song(const struct kronos *k, struct mos_clock_song *ret) MOS_RT;

/** Position now: tick (before the start point while counting in) and fraction. */
int64_t kronos_tick(const struct kronos *k, uint32_t *ret_frac) MOS_RT;
/**
 * Frames from the next block's start to a tick ahead, at today's tempo; -1: behind us or not rolling. In a loop a
 * tick behind us is ahead where the way to it through the loop's end is the shorter one.
 */
int64_t kronos_frames_to_tick(const struct kronos *k, int64_t tick) MOS_RT;
/** Frames from the next block's start to the loop's end; -1: none is ahead, or not rolling. */
int64_t kronos_frames_to_wrap(const struct kronos *k) MOS_RT;
/** Length of `ticks` in frames at the tempo in force. */
uint64_t kronos_ticks_to_frames(const struct kronos *k, uint64_t ticks) MOS_RT;

/*
 * Following another clock. Its tempo is in force instead of the score's while it is heard, and the rate is moved
 * by what is missing, so that we are where it is within a second; who is too far away jumps, to a measure's start.
 */

/** Whose clock it is. The tempo stays when nobody's is followed any more. @return 0, -EINVAL. */
int kronos_follow(struct kronos *k, const struct mos_rtctl_follow *follow) MOS_RT;
void kronos_follow_state(const struct kronos *k, struct mos_rtctl_follow_state *ret) MOS_RT;
/** Where the leader is; to be said again at least each second. @return 0; -EPERM: none is followed; -EINVAL. */
int kronos_lead(struct kronos *k, const struct mos_rtctl_lead *line) MOS_RT;
/** The leader begins: in `wait` (of this block's start) we are at `tick` and it is at `leader_tick`. */
void kronos_chase_start(struct kronos *k, int64_t tick, kronos_v wait, int64_t leader_tick) MOS_RT;
/** The leader, not playing, moved: so do we, if we don't play either. */
void kronos_chase_place(struct kronos *k, int64_t tick) MOS_RT;
/** The leader ends. */
void kronos_chase_stop(struct kronos *k) MOS_RT;
/*
 * Following time code, which says where in the song's time we are: the tempo stays ours.
 */

/** It was heard in this cycle, whatever it said. */
void kronos_time_heard(struct kronos *k) MOS_RT;
/** Of `line`, where it is and how fast; the first time we begin to play. @param now_ns  Of this block's start. */
void kronos_time_lead(struct kronos *k, const struct kronos_time *line, int64_t now_ns) MOS_RT;
/** It stands at a frame of the song. */
void kronos_time_place(struct kronos *k, int64_t frame) MOS_RT;
/** Steer for the cycle; who is heard no more stops. */
void kronos_time_cycle(struct kronos *k, double frame_ns, double nominal_ns) MOS_RT;

/** A cycle begins at this CLOCK_MONOTONIC time. */
void kronos_chase_now(struct kronos *k, int64_t now_ns) MOS_RT;
/** Steer for the cycle, when what was asked has been done; lengths of a frame as they are and as written. */
void kronos_chase_cycle(struct kronos *k, uint32_t n_frames, double frame_ns, double nominal_ns) MOS_RT;

#endif
