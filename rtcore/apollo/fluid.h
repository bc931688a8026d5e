/* SPDX-License-Identifier: MIT */
/**
 * General MIDI playback through FluidSynth, made sample-accurate.
 *
 * FluidSynth starts notes only at multiples of 64 frames. So there are 64 synthesizers over one sound font,
 * number p renders blocks that begin at engine frames f with f % 64 == p, and a note that is due at frame f
 * goes to number f % 64: it starts exactly there. Synthesizers without voices are skipped, those with voices
 * hear controllers at their next block begin, as in a single FluidSynth. Channel state is brought to a
 * synthesizer only when a note needs it. What a single synthesizer does between its notes (a key struck
 * again ends the older note, exclusive classes of drums) is done here across all of them.
 */
#ifndef APOLLO_FLUID_H
#define APOLLO_FLUID_H

#include <fluidsynth.h>

#include "instrument.h"

#define FLUID_PHASES 64u
#define FLUID_OPS 16384u
#define FLUID_POLYPHONY 128u  /**< voices a synthesizer: 64 stereo notes in one frame (APO-01) */
#define FLUID_NOTES 64u       /**< notes a synthesizer starts in a block: its inner queue is finite */
#define FLUID_VOICES_MAX 256u /**< all together; above it the oldest notes are ended (APO-26) */
#define FLUID_FIFO 1024u

enum fluid_op_kind {
	OP_ON,
	OP_OFF,
	OP_CC,
	OP_PROGRAM,
	OP_BEND,
	OP_PRESSURE,
	OP_KEY_PRESSURE,
	OP_RPN,
	OP_NOTES_OFF,
	OP_KILL,
	OP_CHOKE
};

struct fluid_op {
	uint16_t offset;
	uint8_t kind; /**< enum fluid_op_kind */
	uint8_t channel;
	uint16_t a, b, c;
	uint16_t next; /**< index of the next op of the same synthesizer */
};

struct fluid_phase {
	fluid_synth_t *synth;
	uint64_t channels;   /**< bit n: voices on channel n are possible */
	uint64_t trash;      /**< bit n: killed; what FluidSynth rendered ahead for n is thrown away up to its
				block's end */
	uint16_t head, tail; /**< its ops of this block; UINT16_MAX: none */
	uint16_t notes_on;   /**< since the last render: FluidSynth's inner queue is finite */
	uint16_t running;    /**< 1: inside a block of its own; 0: at rest */
	int draining;        /**< no voice left; comes to rest at its next block begin */
	uint32_t synced[APOLLO_CHANNELS]; /**< version of the channel's state that it knows */
	float *out[2 * APOLLO_CHANNELS];
};

/** What the audio thread touches; `phase[].synth` and the settings are made and freed by the loader. */
struct fluid_bank {
	struct instrument instrument;
	const struct chan_state *channel; /**< Apollo's, APOLLO_CHANNELS of them */
	uint64_t frame;
	uint64_t active; /**< bit p: phase p is rendering */
	uint32_t n_ops;
	int behind; /**< changes of channels were put off: there were too many of them */
	uint32_t n_voices;
	uint64_t dropped; /**< ops that found no room */
	uint64_t stolen;
	uint64_t note_phases[APOLLO_CHANNELS][128]; /**< bit p: key is down in phase p */
	struct {
		uint8_t channel, key, phase;
	} fifo[FLUID_FIFO]; /**< notes in order of their start */
	uint32_t fifo_head, fifo_n;
	uint32_t fifo_old; /**< of these started in earlier blocks */
	struct fluid_phase phase[FLUID_PHASES];
	struct fluid_op op[FLUID_OPS];
	fluid_settings_t *settings; /**< owned, loader */
	uint64_t bytes;             /**< of the sound font file */
};

/** Fill `bank->instrument` with the audio thread's functions (all but destroy) and empty the op lists. */
void fluid_bank_bind(struct fluid_bank *bank);

/**
 * Load a sound font and build all synthesizers. Loader thread; takes about a second for 140 MiB.
 * @param channel   Apollo's channel states, read by the audio thread later.
 * @param progress  Called with 0..100; may be NULL.
 * @param ret_error One English sentence on failure.
 * @return 0; -ENOENT, -EACCES, -EINVAL (no sound font, or corrupt), -ENOMEM.
 */
int fluid_bank_create(const char *path, uint32_t rate_hz, const struct chan_state *channel,
	void (*progress)(void *data, uint32_t percent, uint64_t bytes), void *progress_data,
	struct fluid_bank **ret, char *ret_error, size_t error_size);

#endif
