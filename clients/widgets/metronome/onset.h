/* SPDX-License-Identifier: MIT */
/*
 * Where a clap, a stroke or a plucked string begins in a stream of samples (TOU-44). The level a millisecond
 * is compared with how the sound before it dies away; the beginning itself is then looked for sample by
 * sample. Told some ms later.
 */
#ifndef METRONOME_ONSET_H
#define METRONOME_ONSET_H

#include <stdint.h>

#define ONSET_KEPT 4096u /* newest samples; 20 ms at any rate */

struct onset {
	uint32_t rate_hz, hop;
	uint64_t frame; /* of the next sample */
	float sample[ONSET_KEPT];
	float last_in, last_out; /* of the high-pass */
	float peak;              /* of the hop so far */
	float follower[4];       /* how loud it was, dying away; [0] the newest, of three hops ago: [3] */
	float noise;             /* what is always there */
	uint32_t since;          /* samples of the hop so far */
	uint32_t wait;           /* hops until it may be looked for, after a trigger */
	uint32_t deaf;           /* hops, after an onset */
	float before;            /* level before the trigger */
};

/* @return 0; -1: a rate outside 8,000 to 192,000. */
int onset_init(struct onset *onset, uint32_t rate_hz);
/* The next samples begin at this frame: what was before is forgotten, as after a hole. */
void onset_at(struct onset *onset, uint64_t frame);
/*
 * Take a sample; NaN and infinite ones are silence.
 * @return 1 and the frame at which something began; 0.
 */
int onset_hear(struct onset *onset, float sample, uint64_t *ret_frame);

#endif
