/* SPDX-License-Identifier: MIT */
/**
 * One block: the piece of a cycle that is rendered at once, at most BLOCK_MAX frames, and the list of
 * packets that sound in it, each with its exact frame. Filled by Kronos (score) and the live queue,
 * read by Apollo and the MIDI output. Audio thread only.
 */
#ifndef RTCORE_BLOCK_H
#define RTCORE_BLOCK_H

#include <stdint.h>
#include <mos/attr.h>

#define BLOCK_MAX 256u         /**< frames: 64 stereo strips stay within the second-level cache */
#define BLOCK_EVENTS_MAX 4096u /**< packets a block; what finds no room stays in its queue for the next one  \
				*/

enum block_origin { ORIGIN_SCORE = 0, ORIGIN_LIVE = 1, ORIGIN_ACTION = 2, ORIGIN_OUTPUT = 3 /**< from a client, for the MIDI output */ };

struct block_event {
	uint32_t offset; /**< frame within the block */
	uint32_t ump[2]; /**< one channel-voice or sysex7 packet; ORIGIN_ACTION: see engine.h */
	uint16_t source; /**< client slot or MOS_SOURCE_* */
	uint8_t origin;  /**< enum block_origin */
	uint8_t reserved;
};

struct block {
	uint64_t frame;    /**< engine frame of the block's first sample */
	uint32_t n_frames; /**< 1..BLOCK_MAX */
	uint32_t n_events;
	struct block_event event[BLOCK_EVENTS_MAX]; /**< sorted by offset once block_sort() was called */
};

/** @return 0, or -1 when the block is full (the caller keeps the packet). */
static inline int block_add(struct block *b, uint32_t offset, uint32_t word0, uint32_t word1, uint16_t source,
	uint8_t origin) MOS_RT
{
	if (b->n_events == BLOCK_EVENTS_MAX)
		return -1;
	b->event[b->n_events++] = (struct block_event){
		.offset = offset, .ump = {word0, word1}, .source = source, .origin = origin};
	return 0;
}

/** Stable insertion sort by offset: the list is two sorted runs, so this is nearly linear. */
static inline void block_sort(struct block *b) MOS_RT
{
	for (uint32_t i = 1; i < b->n_events; i++) {
		struct block_event e = b->event[i];
		uint32_t j = i;

		for (; j > 0 && b->event[j - 1].offset > e.offset; j--)
			b->event[j] = b->event[j - 1];
		b->event[j] = e;
	}
}

/* MIDI 1.0 channel-voice packets (UMP message type 2), the engine's own notation. */
static inline uint32_t ump_cv1(uint8_t group, uint8_t status, uint8_t channel, uint8_t d1, uint8_t d2) MOS_RT
{
	return 0x20000000u | (uint32_t)(group & 15) << 24 | (uint32_t)(status | (channel & 15)) << 16 |
	       (uint32_t)(d1 & 127) << 8 | (d2 & 127);
}

#endif
