/* SPDX-License-Identifier: MIT */
/** Inside the search: what its steps hand to each other. */
#ifndef HERMES_LIBRARY_SEARCH_H
#define HERMES_LIBRARY_SEARCH_H

#include "library_impl.h"

/** Songs by number; without bits: all. */
struct song_set {
	uint64_t *bits;
};

struct search {
	struct library *lib;
	struct library_segment segment[LIBRARY_MAX_SEGMENTS];
	int n_segments;
	uint32_t n_songs; /**< numbers below this one */
	struct song_set set;
};

struct candidate {
	uint32_t song, hits;
	float distance;
	const struct harmony_phrase *phrase; /**< what was found; NULL: no phrase was asked for */
};

/** The best `max`, in no order. */
struct best {
	struct candidate *heap;
	uint32_t n, max;
};
void best_add(struct best *best, const struct candidate *candidate);

/** Count a phrase in lib->hits. @return 0, -errno. */
int search_phrase(struct search *search, const struct harmony_phrase *phrase);
/** Hand what was counted over and clean up. */
void search_take(struct search *search, struct library_found *found, struct best *best, float distance,
	const struct harmony_phrase *phrase);

/** Phrases that are like one, nearest first, itself at the front. */
struct variant {
	struct harmony_phrase phrase;
	float distance;
};
struct variants {
	struct variant *phrase; /**< owned: free() */
	uint32_t n;
};
/** Each song counts with the nearest variant that it has. */
int search_similar(struct search *search, const struct harmony_phrase *phrase, struct library_found *found,
	struct best *best, struct variants *variants);

/** Fill the hits from the candidates' rows. @param similar  1: say which phrase was found. @return 0, -errno.
 */
int search_describe(struct library *lib, const struct candidate *candidate, uint32_t n, int similar,
	struct library_found *found);

#endif
