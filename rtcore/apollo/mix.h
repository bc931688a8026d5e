/* SPDX-License-Identifier: MIT */
/**
 * The mixer: 64 channel strips (gain, pan, mute, solo, meter) into a master with a limiter. A strip that was
 * killed does not click: its last sample fades in a few milliseconds. At unity everything below the
 * limiter's ceiling passes through bit by bit. Audio thread only, but for mix_init().
 */
#ifndef APOLLO_MIX_H
#define APOLLO_MIX_H

#include "instrument.h"

#define MIX_CEILING 0.98855f /**< -0.1 dBFS */

struct strip {
	float gain, pan; /**< as asked for: linear, -1..1 */
	uint8_t mute, solo;
	float now_l, now_r;   /**< gains in force, they move to the target within a block */
	float dc_l, dc_r;     /**< what is left of a killed sound, fading */
	float last_l, last_r; /**< last sample before the strip's gain */
	uint32_t kill_offset; /**< UINT32_MAX: none in this block */
	float peak;           /**< meter, falling 20 dB a second */
};

struct mixer {
	struct strip strip[APOLLO_CHANNELS];
	float master_gain, master_now;
	float limiter_gain;    /**< 1: not limiting */
	float limiter_release; /**< share of the way back to 1 in a frame */
	float meter_fall;      /**< factor a frame */
	float peak_l, peak_r;
	uint64_t limited; /**< blocks in which the limiter worked */
	int any_solo;
};

void mix_init(struct mixer *m, uint32_t rate_hz);
/** The strip's instruments are being cut at this frame of the block: fade what sounded before it. */
void mix_killed(struct mixer *m, uint32_t strip, uint32_t offset) MOS_RT;
/** Recompute any_solo after a strip's switches were changed. */
void mix_update(struct mixer *m) MOS_RT;
/** Sum the strips into out_l, out_r (overwritten); `extra` (may be NULL) is added to both before the master.
 */
void mix_render(struct mixer *m, struct strip_bufs *bufs, const float *extra, float *out_l, float *out_r,
	uint32_t n_frames) MOS_RT;

#endif
