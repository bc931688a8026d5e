/* SPDX-License-Identifier: MIT */
/**
 * Apollo: sound. Channel states, the instruments (a bank where one is loaded, the built-in synthesizer
 * always), the mixer, the metronome's click. E1.4.3, rows APO-*. Audio thread only, but for apollo_init().
 */
#ifndef APOLLO_H
#define APOLLO_H

#include "../kronos/song.h"
#include "channel.h"
#include "instrument.h"
#include "mix.h"
#include "shape.h"
#include "synth.h"

#define APOLLO_SCORE_CHANNELS SONG_CHANNELS /**< 0..47: groups 0..2 */
#define APOLLO_LIVE_CHANNEL (MOS_GROUP_LIVE * 16u)
#define APOLLO_INPUT_STRIP 63u /**< the audio input, while an insert is there that makes something of it */
#define APOLLO_CHORD_CHANNEL                                                                                 \
	(APOLLO_LIVE_CHANNEL +                                                                               \
		12u) /**< the current chord has a strip of its own: cutting it touches nothing else */

struct apollo_click {
	uint32_t left;  /**< frames still to sound */
	uint32_t start; /**< offset in this block */
	float phase, inc, env, fall, gain;
};

struct apollo {
	uint32_t rate_hz;
	uint64_t notes_on; /**< note-ons so far */
	struct chan_state channel[APOLLO_CHANNELS];
	uint64_t keys[APOLLO_CHANNELS][2]; /**< keys that are down */
	uint32_t sysex;                    /**< see chan_is_system_on() */
	struct instrument *bank;           /**< NULL: none; owned by the loader */
	struct instrument *old_bank;       /**< ringing out after a switch */
	uint64_t old_until; /**< frame at which the old bank's notes are released, then: at which it goes */
	int old_released;
	struct synth synth;
	struct shape shape;
	struct mixer mix;
	struct apollo_click click;
	int click_in_master;
	float click_gain;
	float click_buf[BLOCK_MAX];
	struct strip_bufs bufs;
};

void apollo_init(struct apollo *a, uint32_t rate_hz);

/** A new block begins. Call before any event of it. */
void apollo_begin(struct apollo *a, uint64_t frame) MOS_RT;
/** One UMP: MIDI 1.0 or 2.0 channel voice, sysex7 (GM reset). Others are ignored. Offsets must not fall. */
void apollo_ump(struct apollo *a, uint32_t offset, const uint32_t ump[2]) MOS_RT;
/** Silence channels first..last-1 at this frame, without a click. */
void apollo_kill(struct apollo *a, uint32_t offset, uint32_t first, uint32_t last) MOS_RT;
/** Put the score's channels into a state, as if it had been played up to there. */
void apollo_chase(struct apollo *a, uint32_t offset, const struct song_chase *c) MOS_RT;
/** Something was put into this strip: at the next block's first frame it hears where the channel is. */
void apollo_inserted(struct apollo *a, uint32_t strip) MOS_RT;
/** Metronome: 2 downbeat, 1 group, 0 weak. */
void apollo_click(struct apollo *a, uint32_t offset, uint16_t strength) MOS_RT;
/** Render the block's instruments into `bufs`; what else belongs there is added before apollo_mix(). */
void apollo_play(struct apollo *a, uint32_t n_frames) MOS_RT;
/** Mix the block. `click` may be NULL. */
void apollo_mix(struct apollo *a, float *out_l, float *out_r, float *click, uint32_t n_frames) MOS_RT;
/**
 * New notes go to `bank` from now on; the bank before it rings out.
 * @return a bank that is out of use at once (of three the silent one, else the oldest), or NULL.
 */
struct instrument *apollo_set_bank(struct apollo *a, struct instrument *bank, uint64_t frame) MOS_RT;
/** The old bank when it has rung out, else NULL. */
struct instrument *apollo_retired(struct apollo *a, uint64_t frame) MOS_RT;
uint32_t apollo_voices(const struct apollo *a) MOS_RT;
uint32_t apollo_keys_down(const struct apollo *a) MOS_RT;

#endif
