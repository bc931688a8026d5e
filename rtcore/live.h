/* SPDX-License-Identifier: MIT */
/**
 * Live notes: what clients, calls and MIDI input play beside the score. Packets wait here until they are
 * due, by frame or by tick, and it is kept who holds which key, so that a client's death ends its notes
 * (APO-05, APO-21). Everything here is on the live group. Audio thread only.
 */
#ifndef RTCORE_LIVE_H
#define RTCORE_LIVE_H

#include <mos/ingress.h>

#include "block.h"
#include "kronos/kronos.h"

#define LIVE_WAITING 2048u
#define LIVE_CLIENTS 1536u /**< of these for clients; MIDI input and calls always find room */
#define LIVE_PER_CLIENT                                                                                      \
	256u            /**< and for one of them; its note-ons are refused a quarter earlier than the rest */
#define LIVE_KEYS 2048u /**< 16 channels of 128 keys */

/** In a loop, as live_collect() finds it. */
enum live_pass { LIVE_NOW = 0, LIVE_NEXT /**< not this time round */, LIVE_NEVER };

struct live_item {
	uint64_t frame; /**< due, engine frame; UINT64_MAX: due at `tick` */
	int64_t tick;
	uint32_t ump[2];
	uint16_t source;
	uint8_t pass; /**< enum live_pass */
};

struct live {
	uint32_t n_waiting, n_held;
	uint32_t n_clients; /**< waiting ones that clients sent */
	uint64_t dropped;
	struct live_item waiting[LIVE_WAITING]; /**< in order of arrival */
	uint16_t waiting_of[MOS_CLIENTS_MAX];
	uint32_t holder[LIVE_KEYS]; /**< [channel * 128 + key]: source + 1 of who holds it, 0: nobody */
};

/** @return 0, -1 when full (counted). */
int live_at_frame(struct live *l, uint64_t frame, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT;
int live_at_tick(struct live *l, int64_t tick, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT;
/**
 * Move what is due in the block into it. Ticks are looked up at the transport's position; not rolling: they
 * wait. What waits for a tick beyond a loop's end is void when the loop wraps; notes end there.
 */
void live_collect(struct live *l, const struct kronos *k, struct block *b) MOS_RT;
/** Keep the books: a packet of the live group sounds now. Call in order of time. */
void live_book(struct live *l, const struct block_event *ev) MOS_RT;
/** Everything that `source` holds or has waiting ends now. The block has room for LIVE_KEYS packets. */
void live_release(struct live *l, struct block *b, uint16_t source) MOS_RT;
/**
 * The position jumps to `tick` (INT64_MIN: nowhere, it rests; INT64_MAX: it stops): what waits for a tick before
 * that is void, what is still ahead waits on. Notes that wait for a tick to end, end now, at `frame`, as the
 * score's do; so do pedals that the jump passes over (KRO-17).
 */
void live_jump(struct live *l, int64_t tick, uint64_t frame) MOS_RT;
/** Forget what waits for a channel (of the live group), or for all (UINT32_MAX): its notes are being cut. */
void live_purge(struct live *l, uint32_t channel) MOS_RT;

#endif
