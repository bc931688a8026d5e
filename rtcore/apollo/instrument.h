/* SPDX-License-Identifier: MIT */
/**
 * An instrument: takes notes and controllers at exact frames, adds its sound to the strips. Built by the
 * loader thread, used by the audio thread, given back to the loader to be destroyed.
 *
 * Within a block the calls come in order of time, then one render().
 */
#ifndef APOLLO_INSTRUMENT_H
#define APOLLO_INSTRUMENT_H

#include <stdint.h>
#include <mos/attr.h>

#include "../block.h"
#include "channel.h"

#define STRIP_SENDS_MAX 192u

/** Voices whose zone sends more to reverb and chorus than their strip does: their sum lies in the strip, too. */
struct strip_send {
	float *l, *r;   /**< the instrument's own, until the next block; what shapes the strip shapes them */
	uint32_t strip;
	float reverb, chorus; /**< 0..1 */
};

/** Stereo buffers of all strips for one block. `active` bit n: strip n has sound in it. */
struct strip_bufs {
	float l[APOLLO_CHANNELS][BLOCK_MAX];
	float r[APOLLO_CHANNELS][BLOCK_MAX];
	uint64_t active;
	uint64_t cut; /**< bit n: what sounded in strip n breaks off at the block's first frame */
	uint32_t is_heard; /**< 1: what is sent is heard in this block; else there is nothing to send to */
	uint32_t n_sends;
	struct strip_send send[STRIP_SENDS_MAX];
};

/** Make a strip's buffer ready to be added to. */
static inline void strip_touch(struct strip_bufs *b, uint32_t strip, uint32_t n_frames) MOS_RT
{
	if (b->active >> strip & 1)
		return;
	__builtin_memset(b->l[strip], 0, n_frames * sizeof(float));
	__builtin_memset(b->r[strip], 0, n_frames * sizeof(float));
	b->active |= UINT64_C(1) << strip;
}

struct instrument {
	/** Block begins: engine frame of its first sample; an instrument may add to `bufs` before render(). */
	void (*begin)(struct instrument *i, uint64_t frame, struct strip_bufs *bufs) MOS_RT;
	/** @param velocity above 0, up to 127; whole numbers from MIDI 1.0, fractions from MIDI 2.0. */
	void (*note_on)(
		struct instrument *i, uint32_t offset, uint32_t channel, uint8_t key, float velocity) MOS_RT;
	void (*note_off)(struct instrument *i, uint32_t offset, uint32_t channel, uint8_t key) MOS_RT;
	void (*key_pressure)(
		struct instrument *i, uint32_t offset, uint32_t channel, uint8_t key, float value) MOS_RT; /**< 0..127 */
	/** Something of one key, sounding or to come. */
	void (*per_note)(struct instrument *i, uint32_t offset, const struct chan_note_msg *m) MOS_RT;
	/** The channel's state is about to change: what lies before `offset` does not hear of it. */
	void (*before_change)(struct instrument *i, uint32_t offset, uint32_t channel) MOS_RT;
	/** The channel's state has changed (controllers, program, bend ...). */
	void (*changed)(struct instrument *i, uint32_t offset, uint32_t channel) MOS_RT;
	/** All notes of the channel to their release; pedals hold. */
	void (*notes_off)(struct instrument *i, uint32_t offset, uint32_t channel) MOS_RT;
	/** The channel is silent from this very frame on. */
	void (*kill)(struct instrument *i, uint32_t offset, uint32_t channel) MOS_RT;
	/** Add n_frames to the strips. */
	void (*render)(struct instrument *i, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT;
	/** Voices sounding, releases included. */
	uint32_t (*voices)(const struct instrument *i) MOS_RT;
	/** Loader thread, after the audio thread gave it back. */
	void (*destroy)(struct instrument *i);
};

#endif
