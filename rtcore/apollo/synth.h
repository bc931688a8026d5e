/* SPDX-License-Identifier: MIT */
/**
 * The built-in synthesizer: small, ready at once, always there (APO-27). It sounds while a bank loads, when
 * none can be loaded, and it is the metronome. Four-partial tones with an envelope by program family, drums
 * from noise and falling sines. Frame-exact, no dependency.
 */
#ifndef APOLLO_SYNTH_H
#define APOLLO_SYNTH_H

#include "instrument.h"

#define SYNTH_POLYPHONY 64u
#define SYNTH_VOICES 128u /**< with room for stolen ones, which fade for 5 ms instead of clicking */

enum synth_voice_state { SYNTH_ENDED, SYNTH_HELD, SYNTH_PEDAL, SYNTH_RELEASED, SYNTH_STOLEN };

struct synth_voice {
	uint32_t on_frame;    /**< offset in the block at which it starts sounding; 0 afterwards */
	uint32_t off_frame;   /**< offset at which it is released; UINT32_MAX: not in this block */
	uint32_t steal_frame; /**< offset from which it fades quickly; UINT32_MAX: not in this block */
	uint32_t kill_frame;  /**< offset at which it ends at once; UINT32_MAX: not in this block */
	uint8_t state;        /**< enum synth_voice_state; SYNTH_PEDAL: released, but the pedal holds it */
	uint8_t channel, key, drum;
	float phase[4], inc[4], amp[4];
	float env, attack, decay, sustain, release;
	uint8_t env_stage;         /**< 0 attack, 1 decay, 2 release */
	float noise_amount, sweep; /**< drums: share of noise; factor on inc each frame */
	uint32_t noise;            /**< generator state */
	float hp;                  /**< high-pass memory of noise */
	float gain_l, gain_r;
};

struct synth {
	struct instrument instrument;
	const struct chan_state *channel;
	uint32_t rate_hz;
	uint32_t n_voices;
	float inc_per_key[128]; /**< turns a frame */
	/** Sorted by their start, and summed in that order: equal input gives equal bits at any quantum. */
	struct synth_voice voice[SYNTH_VOICES];
};

/** @param channel Apollo's channel states. Setup thread. */
void synth_init(struct synth *s, uint32_t rate_hz, const struct chan_state *channel);

#endif
