/* SPDX-License-Identifier: MIT */
/**
 * The engine: everything that the audio cycle touches, in one struct, and the ways in and out of it.
 * cycle.c is the cycle, requests.c what it does for control, song_change.c what another song brings, song_resume.c how
 * one goes on that another process played, midi_out.c its MIDI output, publish.c what it tells the world,
 * engine_setup.c builds it.
 *
 * Ways in: the command queue (control thread), what clients play (bus thread), MIDI input (driver). Ways out:
 * clock page, event ring, counters, answers (control thread), MIDI output, sound.
 */
#ifndef RTCORE_ENGINE_H
#define RTCORE_ENGINE_H

#include <mos/audio_tap.h>
#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/rtctl.h>

#include "apollo/apollo.h"
#include "apollo/clip/clip.h"
#include "apollo/sampler/sampler.h"
#include "block.h"
#include "counters.h"
#include "cycle_times.h"
#include "drivers/driver.h"
#include "kronos/dll.h"
#include "kronos/kronos.h"
#include "live.h"
#include "midi_clock.h"
#include "midi_follow.h"
#include "midi_timecode.h"
#include "midi_out.h"
#include "midi_send.h"
#include "midi_state.h"
#include "spsc.h"

#define ENGINE_COMMANDS 1024u
#define ENGINE_ANSWERS 4096u /* all commands on the way, kept ones, retired banks and clients that left fit */
#define ENGINE_DEFERRED 512u
#define ENGINE_PER_CLIENT 32u /* sounding records a client a cycle */
#define ENGINE_PER_CYCLE 64u  /* commands a cycle */
#define ENGINE_SOUNDS 2048u
#define ENGINE_MIDI_SLOTS 1024u /**< of the ring of raw MIDI input */
#define ENGINE_SOUNDS_PER_CYCLE 1024u
#define ENGINE_LEAVES_PER_CYCLE 16u /* each goes through all keys */

/** Commands beyond enum mos_rtctl_op, from our own threads. */
enum engine_op {
	ENGINE_OP_LOADING = 1000, /**< a load has begun */
	ENGINE_OP_LOAD_FAILED,
	ENGINE_OP_SONG,          /**< ptr: const struct song, NULL: unload. Answer ptr: the old one */
	ENGINE_OP_BANK,          /**< ptr: struct instrument; arg: it as a struct sampler, or 0. Answer ptr: one that is
				      out of use, or NULL */
	ENGINE_OP_RETIRED,       /**< answers only: ptr: a bank that has rung out */
	ENGINE_OP_FX,            /**< as MOS_RTCTL_FX, on our own behalf */
	ENGINE_OP_INSERT,        /**< msg.u.insert: strip, slot; ptr: struct insert, NULL: none; arg: struct align, always
				      the same. Answer ptr: the old one */
	ENGINE_OP_CLIPS,         /**< ptr: struct clips, once, with the first clip */
	ENGINE_OP_CLIP_PLACE,    /**< msg.u.clip: its bars become ticks */
	ENGINE_OP_CLIP,          /**< ptr: struct clip */
	ENGINE_OP_CLIP_REMOVE,   /**< arg: its number. Answer ptr: it, or NULL */
	ENGINE_OP_RESUME,        /**< ptr: struct engine_resume: go on where another process was. Answer ptr: it */
	ENGINE_OP_MIDI_RETELL,   /**< one more listens to the MIDI output */
	ENGINE_OP_MIDI_HOLD,     /**< arg: enum engine_hold */
	/* to the bus (bus.h) */
	ENGINE_OP_EVENT,         /**< msg.u.event: publish it as rtcore's own */
	ENGINE_OP_CLIENT_ADD,    /**< ptr: const struct bus_attach (copied), arg: slot */
	ENGINE_OP_CLIENT_REMOVE, /**< arg: slot. Answered by the audio thread: its region may be unmapped */
};

/** While a link of the MIDI output is cut. */
enum engine_hold {
	HOLD_BEGIN = 0, /**< let go of what it holds; then only clocks are sent */
	HOLD_ON,        /**< changes nothing: its answer says that a cycle has passed */
	HOLD_END,
};

/** What a client plays, checked, from the bus thread. */
struct engine_sound {
	uint64_t time_ns; /**< 0: at once */
	int64_t tick;     /**< INT64_MIN: at `time_ns` */
	uint32_t ump[2];  /**< of the live group */
	uint16_t slot;
	uint8_t to_output; /**< 1: for the MIDI output, of group 0..2 */
	uint8_t leaves;   /**< 1: nothing sounds; the client is gone, what it holds ends */
};

#define ENGINE_RESUME_NOTES 256u

/** Where the score goes on, and its notes that sounded there. */
struct engine_resume {
	struct kronos_place place;
	int64_t at_ns; /**< CLOCK_MONOTONIC when it was there */
	uint64_t npq;  /**< and the tempo; 0: not known */
	uint32_t n_notes;
	struct song_sounding note[ENGINE_RESUME_NOTES];
};

struct engine_cmd {
	struct mos_rtctl_msg msg; /**< op may be an enum engine_op */
	void *ptr;
	uint64_t arg;
	int64_t sent_ns; /**< CLOCK_MONOTONIC when control took the request */
};

/** MIDI input's figures, and what is to be put back when it goes away. */
struct midi_input {
	uint16_t controlled; /**< channels whose controllers it has moved */
	uint32_t n_since;    /**< packets since `since_ns` */
	int64_t since_ns;
};

/** What new content brings of each key. */
struct score_ahead {
	uint32_t n_looked;                  /**< events */
	uint64_t begins[SONG_CHANNELS][2];  /**< bit per key: it is struck */
	uint64_t ends[SONG_CHANNELS][2];    /**< bit per key: it is let go */
	uint8_t n_ends[SONG_CHANNELS][128]; /**< so often before it is struck */
};

/** Everything below is the audio thread's, but for what is marked. */
struct engine {
	uint32_t skipped;     /**< cycles given up, not counted yet (atomic) */
	uint32_t inside;      /**< 1: somebody runs the cycle. Driver's thread and control's pump exclude each
				 other by it, without waiting */
	struct spsc commands; /**< control -> audio */
	struct spsc answers;  /**< audio -> control */
	int bell_fd;          /**< eventfd, -1: no bell (offline) */
	int wake_control;     /**< set by the audio thread, cleared by the bus thread (atomic) */
	uint32_t wake_groups; /**< bells to ring at once; likewise */
	uint32_t wake_lane;   /**< bells to ring with the 16 ms frame; likewise */
	int bus_waits;        /**< set by the bus thread, cleared by the audio thread (atomic): `sounds` had no room */
	struct spsc sounds;   /**< bus -> audio: struct engine_sound */
	uint64_t serves;      /**< cycles and pumps so far (atomic; audio thread only) */

	struct mos_clock_page *page;
	struct mos_event_log log;
	struct mos_event_writer events;
	struct mos_event_writer bus_events; /**< the bus thread's */
	struct mos_event_log midi_log; /**< MIDI input as it comes in, for `midi.in` */
	struct mos_event_writer midi_events;
	struct mos_audio_tap tap; /**< hdr NULL: there is none */
	struct mos_counters *counters;

	uint32_t rate_hz;
	uint64_t frame; /**< of the next block */
	uint64_t cycle;
	int64_t anchor_ns; /**< this cycle's start, smoothed */
	int64_t cycle_ns;  /**< clock read at the cycle's start */
	struct cycle_clock cycle_clock;
	uint64_t anchor_frame;
	int driver_up;
	uint32_t groups_now;  /**< published since the last bell: groups with an immediate event */
	uint32_t groups_lane; /**< and those with another */
	int metronome;
	uint16_t meter_num, meter_den; /**< told last; 0: none yet */
	struct dll dll;
	struct kronos kronos;
	struct live live;
	struct midi_state midi_state;
	struct midi_input midi_in;
	struct midi_clock midi_clock;
	struct midi_follow midi_follow;
	struct timecode_out timecode_out;
	struct timecode_in timecode_in;
	struct apollo apollo;
	const struct sampler *sampler; /**< apollo.bank, for its figures; NULL: none */
	struct clips *clips;           /**< NULL: there are none */
	struct insert_bell *inserts;   /**< control's; NULL: nobody is to be woken */
	struct workers *workers;       /**< control's; NULL: the audio thread plays alone */
	struct block block;
	struct song_chase chase;      /**< scratch */
	struct score_ahead ahead;     /**< scratch */
	uint32_t route;               /**< MOS_TL_NO_SOUND, MOS_TL_NO_MIDI of the song in force */
	int64_t late_ns;              /**< time that was lost before this cycle: so late is the score in it */
	struct mos_gate sound_gate;   /**< score packets on their way to Apollo */
	struct midi_out out;
	struct midi_send send; /**< from clients, for the output */
	struct driver_midi *midi_out; /**< of this cycle; NULL: nobody listens */
	uint32_t midi_out_base;       /**< frames of the cycle before this block */

	uint32_t n_deferred;
	struct engine_cmd deferred[ENGINE_DEFERRED];

	float unheard[2][BLOCK_MAX];
};

/** The regions that the engine writes; made once, owned by who made them. */
struct engine_regions {
	struct mos_region clock, events, tap, midi;
	struct mos_counters counters;
	uint64_t generation;
};

/* engine_setup.c: any thread but the audio thread */

/** @return 0 or -errno. */
int engine_regions_create(struct engine_regions *r);
void engine_regions_finish(struct engine_regions *r);
/**
 * Build an engine. @param bell_fd eventfd or -1. @return NULL: no memory.
 */
struct engine *engine_create(uint32_t rate_hz, struct engine_regions *regions, int bell_fd);
/** No cycle may run any more. Songs and banks in force are destroyed. */
void engine_destroy(struct engine *e);
/** Control thread: queue a command. @return 0, -EAGAIN full. */
int engine_send(struct engine *e, const struct engine_cmd *cmd);
/** Control thread: take an answer. @return 1, 0 none. */
int engine_receive(struct engine *e, struct engine_cmd *ret);
/** Control thread, when no driver runs: let commands and clients be served. Does nothing while a cycle runs.
 */
void engine_pump(struct engine *e);

/* cycle.c: the audio thread */

/** The driver's cycle function; data is the engine. */
void engine_cycle(void *data, struct driver_cycle *c) MOS_RT;
/** Serve commands and clients; part of the cycle, and all of the pump. */
void engine_serve(struct engine *e) MOS_RT;
/** Put a packet or an action into the block; a full block is played up to there first, so nothing is lost. */
void engine_add(struct engine *e, uint32_t offset, uint32_t word0, uint32_t word1, uint16_t source,
	uint8_t origin) MOS_RT;
/** While serving: half of the block is free afterwards. */
void engine_make_room(struct engine *e) MOS_RT;
/** No cycle will come: what was served takes effect now, unheard. */
void engine_flush(struct engine *e) MOS_RT;

/* requests.c */

/** Execute one command and answer it, or keep it until the load ends. */
void engine_request(struct engine *e, struct engine_cmd *cmd) MOS_RT;
/** What Kronos meets on the way (struct kronos' sink). */
void engine_on_kronos(void *data, const struct kronos_event *ev) MOS_RT;
/** Perform a block's ORIGIN_ACTION record. */
void engine_action(struct engine *e, uint32_t offset, uint32_t action, uint32_t value) MOS_RT;

/* block_event.ump[0] of ORIGIN_ACTION records: what to do at that frame; ump[1]: the value */
#define ACTION_SILENCE 1u /* end the score's notes */
#define ACTION_JUMP 2u    /* that, and bring the controllers to where they are before the event `value` */
#define ACTION_CLICK 3u   /* value: strength */
#define ACTION_END 4u     /* release the score's notes */
#define ACTION_MIDI 5u    /* value: a packet of one word for the MIDI output */
#define ACTION_SWEEP 6u   /* the MIDI output's controllers are put back, after the end of the score's notes */
#define ACTION_CHASE 7u   /* as ACTION_JUMP, but what sounds goes on */
#define ACTION_ROUTE 8u   /* value: MOS_TL_NO_SOUND, MOS_TL_NO_MIDI: where the score does not go any more */

/* song_resume.c */

/** A song that was just put in force goes on; its notes are struck again. @return 0, -EPERM. */
int engine_resume(struct engine *e, const struct engine_resume *r) MOS_RT;

/* song_change.c */

/** How the song in force is to be played. Where it does not go any more, what sounds there ends. */
void engine_take_policy(struct engine *e) MOS_RT;
/**
 * After an edit of the playing score: a key that is down, but that the new score does not let go within the events
 * looked at, ends now. Later than that it would be let go by stop or the end.
 */
void engine_end_orphans(struct engine *e) MOS_RT;

/* midi_out.c */

/** At the cycle's start: who begins to listen, and what the last cycle had no room for. */
void engine_midi_out_begin(struct engine *e) MOS_RT;
/** Send a packet as it is. */
void engine_midi_out(struct engine *e, uint32_t offset, const uint32_t ump[2]) MOS_RT;
/** Send a packet of the score or of a client, where its gate lets it. */
void engine_midi_out_notes(struct engine *e, struct midi_out_lane *lane, uint32_t offset, const uint32_t ump[2]) MOS_RT;
/** End every key that the score holds there; with `sweep` everybody's, and put all controllers back. What finds no room
 * follows. */
void engine_midi_out_release(struct engine *e, uint32_t offset, int sweep) MOS_RT;
/** Tell what it has not heard of these SONG_CHANNELS channels. */
void engine_midi_out_chase(struct engine *e, uint32_t offset, const struct chan_state *to) MOS_RT;
/** Let go, and send nothing but clocks until told otherwise, or for half a second. */
void engine_midi_out_hold(struct engine *e, int on) MOS_RT;
/** Who listens may still hold what another process has played: it lets go of all, now or when it is there. */
void engine_midi_out_stale(struct engine *e) MOS_RT;
/** Somebody new listens, beside others: all controllers are told again. */
void engine_midi_out_retell(struct engine *e) MOS_RT;
/** No cycle may come for a while. @return 1: nothing is left to be sent; 0: call again. */
int engine_midi_out_leave(struct engine *e) MOS_RT;

/* midi_in.c */

/** Packets of the block that begins at frame `first` of the cycle. */
void engine_midi_in(struct engine *e, const struct driver_midi *in, uint32_t first, uint32_t n_frames) MOS_RT;
/** A source is gone: what MIDI input holds ends, controllers that it moved go back. Before the first block. */
void engine_midi_in_ended(struct engine *e) MOS_RT;
/** Rate, drops, latency; at the cycle's end. */
void engine_midi_in_figures(struct engine *e, const struct driver_cycle *c, int64_t end_ns) MOS_RT;
/** Tell what is held, where that is due. */
void engine_midi_snapshot(struct engine *e) MOS_RT;

/* midi_clock.c */

/** Switch it. */
void engine_midi_clock(struct engine *e, int on) MOS_RT;
/** What Kronos meets on the way, before anybody else hears of it. */
void engine_midi_clock_on_kronos(struct engine *e, const struct kronos_event *k) MOS_RT;
/** No cycle may come for a while: who follows stops. */
void engine_midi_clock_leave(struct engine *e) MOS_RT;
/** At the cycle's start: who begins to listen hears where we are. */
void engine_midi_clock_listener(struct engine *e) MOS_RT;

/* midi_follow.c */

/** A system packet that came in at this frame of the block. */
void engine_midi_follow(struct engine *e, uint32_t word, uint32_t offset) MOS_RT;
/** MOS_RTCTL_FOLLOW. @return 0, -EINVAL. */
int engine_follow(struct engine *e, struct mos_rtctl_msg *msg) MOS_RT;

/* midi_timecode.c */

/** Say it on the MIDI output, or nothing. @param rate  enum mos_timecode. @return 0, -EINVAL. */
int engine_timecode(struct engine *e, uint32_t rate) MOS_RT;
/** A block begins, and Kronos has not walked it yet. */
void engine_timecode_block(struct engine *e, uint32_t n_frames) MOS_RT;
/** A system packet that came in at this frame of the block. */
void engine_timecode_in(struct engine *e, uint32_t word, uint32_t offset) MOS_RT;
/** A packet of a system exclusive message that came in. */
void engine_timecode_sysex(struct engine *e, const uint32_t word[2]) MOS_RT;

/* ingress.c */

/** Take what clients play. */
void engine_ingress(struct engine *e) MOS_RT;

/* publish.c */

/** Publish an event that happens at `offset` frames from the current block's start. */
void engine_publish(struct engine *e, const struct mos_event *ev, uint32_t offset) MOS_RT;
/** Fill type and note of an event from a note packet. @return 1, 0: no note on or off. */
int engine_note_event(const uint32_t ump[2], struct mos_event *ev) MOS_RT;
void engine_publish_clock(struct engine *e, uint32_t quantum_frames) MOS_RT;
/** insert_time.c: where the block begins that is about to be walked, for the inserts. */
void engine_tell_inserts(struct engine *e, uint32_t n_frames) MOS_RT;
/** Meters and gauges, once a cycle. */
void engine_publish_counters(struct engine *e) MOS_RT;
/** Ring where somebody has to wake up. */
void engine_bell(struct engine *e) MOS_RT;
int64_t engine_frame_ns(const struct engine *e, uint64_t frame) MOS_RT;
int64_t engine_now_ns(void) MOS_RT;
static inline void engine_count(struct engine *e, enum rtcore_counter c, uint64_t by) MOS_RT
{
	mos_counter_add(e->counters, c, by);
}

#endif
