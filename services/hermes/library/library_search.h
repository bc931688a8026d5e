/* SPDX-License-Identifier: MIT */
/** Inside the search: what its steps hand to each other. */
#ifndef HERMES_LIBRARY_SEARCH_H
#define HERMES_LIBRARY_SEARCH_H

#include "library_impl.h"

/** Songs by number; without bits: all. */
struct song_set {
	uint64_t *bits;
};
static inline int set_has(const struct song_set *set, uint32_t song)
{
	return !set->bits || (set->bits[song >> 6] >> (song & 63) & 1);
}

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

/** The phrase occurs so often in a song. */
static inline void search_count(struct search *search, uint32_t song, uint32_t n)
{
	struct library *lib = search->lib;
	if (song >= search->n_songs || !set_has(&search->set, song))
		return;
	lib->touched[song / LIBRARY_TALLY_SONGS] = 1;
	lib->tally[song] = (uint16_t)(lib->tally[song] + n);
}
/** The four steps of a window, transposed; what lies beyond the phrase is anything. */
void search_window(
	const struct harmony_phrase *phrase, unsigned at, int shift, uint8_t ret[static HARMONY_GRAM]);
/** Count a phrase of more than HARMONY_GRAM steps in a segment. @return 0, -errno. */
int search_long(
	struct search *search, const struct library_segment *segment, const struct harmony_phrase *phrase);
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

/** The songs whose vectors are nearest to that of query->like, but itself. @return 0, -ENOENT, -errno. */
int search_nearest(struct search *search, const struct library_query *query, struct library_found *found,
	struct best *best);

/** Fill the hits from the candidates' rows. @param similar  1: say which phrase was found. @return 0, -errno.
 */
int search_describe(struct library *lib, const struct candidate *candidate, uint32_t n, int similar,
	struct library_found *found);

#endif
