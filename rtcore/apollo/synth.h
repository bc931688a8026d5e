/* SPDX-License-Identifier: MIT */
/**
 * The built-in synthesizer: small, ready at once, always there (APO-27). It sounds while a bank loads, when
 * none can be loaded, and it is the metronome. Four-partial tones with an envelope by program family, drums
 * from noise and falling sines. Frame-exact, no dependency.
 */
#ifndef APOLLO_SYNTH_H
#define APOLLO_SYNTH_H

#include "instrument.h"

#define SYNTH_VOICES 64u

struct synth_voice {
	uint32_t on_frame;    /**< offset in the block at which it starts sounding; 0 afterwards */
	uint32_t off_frame;   /**< offset at which it is released; UINT32_MAX: not in this block */
	uint32_t kill_frame;  /**< offset at which it ends at once; UINT32_MAX: not in this block */
	uint8_t state;        /**< 0 free, 1 held, 2 released but pedal holds it, 3 released */
	uint8_t channel, key, drum;
	uint64_t started;     /**< for stealing the oldest */
	float phase[4], inc[4], amp[4];
	float env, attack, decay, sustain, release;
	uint8_t env_stage;    /**< 0 attack, 1 decay, 2 release */
	float noise_amount, sweep; /**< drums: share of noise; factor on inc each frame */
	uint32_t noise;       /**< generator state */
	float hp;             /**< high-pass memory of noise */
	float gain_l, gain_r;
};

struct synth {
	struct instrument instrument;
	const struct chan_state *channel;
	uint64_t frame;
	uint64_t notes;
	uint32_t rate_hz;
	uint32_t n_active;
	float inc_per_key[128]; /**< turns a frame */
	struct synth_voice voice[SYNTH_VOICES];
};

/** @param channel Apollo's channel states. Setup thread. */
void synth_init(struct synth *s, uint32_t rate_hz, const struct chan_state *channel);

#endif
