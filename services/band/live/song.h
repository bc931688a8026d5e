/* SPDX-License-Identifier: MIT */
/**
 * A schedule made ready for the loop: its own copy, in order, with the ends of notes that ring over the
 * loop's end folded back into it. Immutable once made; the loop only walks through it.
 */
#ifndef BAND_SONG_H
#define BAND_SONG_H

#include "live.h"

#define SONG_MIN_LOOP_NS 1000000 /* a shorter loop could keep a sender busy for ever */
#define SONG_KEYS 128u

struct song_event {
	int64_t due_ns; /* of pass 0; in the loop: loop_start_ns and on, below its end */
	int64_t pass;   /* of the loop, from 0: heard from this one on */
	uint32_t ump[2];
	uint32_t order; /* as it came */
	uint8_t rank;
	bool once; /* in that pass only */
};

/** Enough to say where a song is. */
struct song_place {
	int64_t origin_ns;                  /* CLOCK_MONOTONIC of the song's 0 */
	int64_t loop_start_ns, loop_len_ns; /* length 0: none */
	int64_t end_ns;
};

struct song {
	struct song_event *event;
	uint32_t n_events, n_before; /* those before the loop come first */
	int64_t loop_start_ns, loop_len_ns, end_ns;
	int64_t at_ns; /* where it is entered */
	/* notes that began before at_ns and end at or after it */
	uint8_t carry[MOS_GATE_CHANNELS][SONG_KEYS];
	struct song *next; /* of those that wait to be freed */
};

/** @return 0; -EINVAL: no such schedule can be played; -ENOMEM. */
int song_new(const struct band_schedule *schedule, int64_t at_ns, struct song **ret);
void song_free(struct song *song); /* and those behind it; NULL does nothing */

/** First event at or after a time. */
uint32_t song_find(const struct song *song, int64_t due_ns);
int64_t song_position(const struct song_place *place, int64_t now_ns);

/** Note of a channel voice packet. @return false: it is none. */
struct song_note {
	uint32_t channel, key; /* channel: UMP group * 16 + channel, below MOS_GATE_CHANNELS */
	bool is_on;
};
bool song_note(const uint32_t ump[2], struct song_note *ret);

#endif
