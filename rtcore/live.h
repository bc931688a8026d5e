/* SPDX-License-Identifier: MIT */
/**
 * Live notes: what clients, calls and MIDI input play beside the score. Packets wait here until they are
 * due, by frame or by tick, and it is kept who holds which key, so that a client's death ends its notes
 * (APO-05, APO-21). Audio thread only.
 */
#ifndef RTCORE_LIVE_H
#define RTCORE_LIVE_H

#include "block.h"
#include "kronos/kronos.h"

#define LIVE_WAITING 2048u
#define LIVE_HELD 1024u

struct live_item {
	uint64_t frame;  /**< due, engine frame; UINT64_MAX: due at `tick` */
	int64_t tick;
	uint32_t ump[2];
	uint16_t source;
};

struct live {
	uint32_t n_waiting, n_held;
	uint64_t dropped;
	struct live_item waiting[LIVE_WAITING];
	struct { uint16_t source; uint8_t channel, key; } held[LIVE_HELD]; /**< channel: group * 16 + channel */
};

/** @return 0, -1 when full (counted). */
int live_at_frame(struct live *l, uint64_t frame, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT;
int live_at_tick(struct live *l, int64_t tick, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT;
/** Move what is due in the block into it. Ticks are looked up at the transport's position; not rolling: they wait. */
void live_collect(struct live *l, const struct kronos *k, struct block *b) MOS_RT;
/** Everything that `source` holds or has waiting ends now; UINT16_MAX: everybody's. */
void live_release(struct live *l, struct block *b, uint16_t source) MOS_RT;
/** Forget waiting note-offs of a channel whose notes were cut, so that they don't end newer ones. */
void live_purge(struct live *l, uint32_t channel) MOS_RT;

#endif
