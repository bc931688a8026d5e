/* SPDX-License-Identifier: MIT */
/**
 * A channel's own envelope on top of what its instrument has (NRPN 77/0..2): each note-on strikes it anew,
 * for all that sounds on the channel. Made for clicks (TOU-22). Channels that have none cost nothing. Audio
 * thread only.
 */
#ifndef APOLLO_SHAPE_H
#define APOLLO_SHAPE_H

#include "instrument.h"

#define SHAPE_STRIKES 16u /**< a block on one channel; of more the last ones count as one */

struct shape_env {
	float gain, rise, fall, sustain; /**< rise and fall: a frame */
	uint32_t rising;
	uint32_t n_strikes;
	uint16_t strike[SHAPE_STRIKES]; /**< offsets in this block, in order */
};

struct shape {
	float rate_hz;
	uint64_t on; /**< bit n: channel n has one */
	struct shape_env env[APOLLO_CHANNELS];
};

/** A note begins. What its channel says now is in force from here on. */
void shape_strike(struct shape *s, const struct chan_state *c, uint32_t channel, uint32_t offset) MOS_RT;
/** The block's sound is in the strips, and with their zones' sends. */
void shape_apply(struct shape *s, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT;

#endif
