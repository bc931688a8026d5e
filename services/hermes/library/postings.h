/* SPDX-License-Identifier: MIT */
/**
 * The phrase index: where each run of four changes occurs, as blocks of bytes that a database keeps. Pure
 * functions, one thread an object.
 *
 * A *key* is a gram in its space (30 bits). A *segment* covers songs first .. last and is written once: its
 * blocks hold the keys in rising order, each with its *list* of songs and places. Numbers are base-128, low
 * bits first.
 *
 *   block  := { key - key before (the first: from the block's own first key), bytes of the list, list }
 *   list   := bytes of the heads, heads, places
 *   heads  := { (song - song before) * 4 + min(n - 1, 3), n - 4 if that was 3 }
 *   places := { place, place - place before - 1 ... }
 *
 * Heads lie together because counting songs needs nothing else, and that is what most questions come to.
 * The first song of a list counts from the segment's first.
 */
#ifndef HERMES_POSTINGS_H
#define HERMES_POSTINGS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "harmony.h"

/**
 * Where a gram was counted from. Songs that stay in one key have one stream of tokens, above their tonic.
 * Songs that modulate have two: above the first tonic all through, for long phrases in any key, and above the
 * tonic of the moment. Facets are what else songs are found by (artist, year ...): numbers instead of grams,
 * one place a song.
 */
enum posting_space { POSTING_PLAIN, POSTING_FIRST_TONIC, POSTING_LOCAL_TONIC, POSTING_FACET };

/*
 * A key's first digit may be none of the tokens. Relative runs, whose first root counts as 0, are there so
 * that a phrase in any key is one question instead of twelve; runs of three, so that a short phrase need not
 * read all the runs of four that begin with it: their lists count songs and have no places, since short
 * phrases need none.
 */
#define POSTING_RELATIVE 80u   /**< + the first token: four, counted from the first root */
#define POSTING_RELATIVE3 126u /**< then three tokens, counted from the first root; no places */
#define POSTING_RUN3 127u      /**< then three tokens; no places */

#define POSTING_MAX_PLACES 65535u        /**< changes of a song that are indexed */
#define POSTING_MAX_SONGS (1u << 18)     /**< of one segment while it is collected */
#define POSTING_MAX_MERGE 8u             /**< segments that become one */
#define POSTING_BLOCK_BYTES (16u * 1024) /**< a block is longer only where one list is */

static inline uint32_t posting_key(enum posting_space space, uint32_t gram)
{
	return (uint32_t)space << 28 | gram;
}

/** What a segment is made from: one number an occurrence. */
struct posting_set {
	uint64_t *entry;
	size_t n, cap;
	uint64_t *spare; /**< for sorting */
};

/** Add the grams of a song's tokens, at every place; the end is padded with breaks. @return 0, -ENOMEM. */
int posting_add(
	struct posting_set *set, enum posting_space space, uint32_t song, const uint8_t *token, size_t n);
/** Add a song's runs of three. @return 0, -ENOMEM. */
int posting_add_runs(
	struct posting_set *set, enum posting_space space, uint32_t song, const uint8_t *token, size_t n);
/** Add its runs counted from their first roots; tokens above any tonic. @return 0, -ENOMEM. */
int posting_add_relative(struct posting_set *set, uint32_t song, const uint8_t *token, size_t n);
/** Say that a song has this facet: 28 bits. @return 0, -ENOMEM. */
int posting_add_facet(struct posting_set *set, uint32_t facet, uint32_t song);
/** Zeroed ones are fine. */
void posting_set_finish(struct posting_set *set);

/** Takes a block. @return 0, -errno to stop. */
typedef int (*posting_sink)(void *data, uint32_t first_key, const uint8_t *bytes, size_t size);
/** Sort and write all blocks; the set is empty afterwards. @return 0, -ENOMEM, what the sink returned. */
int posting_write(struct posting_set *set, posting_sink sink, void *data);

struct posting_list {
	const uint8_t *at, *end; /**< heads */
	const uint8_t *place, *places_end;
	uint32_t song;
};

/** A song of a list: its number from the segment's first, and how often the gram occurs in it. */
struct posting {
	uint32_t song;
	uint32_t n; /**< at least 1 */
};

/** The rare heads: numbers of several bytes. */
int posting_next_long(struct posting_list *list, struct posting *ret);

/** Next song; the places are left where they are. @return 1; 0 at the end; -EBADMSG damaged. */
static inline int posting_next(struct posting_list *list, struct posting *ret)
{
	const uint8_t *at = list->at;
	if (at == list->end)
		return 0;
	const uint32_t head = *at++;
	if (head < 0x80 && (head & 3) != 3) { /* nearly always */
		list->at = at;
		ret->song = list->song += head >> 2;
		ret->n = (head & 3) + 1;
		return 1;
	}
	return posting_next_long(list, ret);
}

/** Read the places of the song that posting_next() gave; to be called for each song, or for none. @return 0;
 * -EBADMSG. */
int posting_places(struct posting_list *list, const struct posting *posting, uint16_t *ret);

/** Pass over the places of the song that posting_next() gave. @return 0; -EBADMSG. */
static inline int posting_skip_places(struct posting_list *list, const struct posting *posting)
{
	const uint8_t *at = list->place;
	for (uint32_t left = posting->n; left > 0; at++) {
		if (at == list->places_end)
			return -EBADMSG;
		left -= *at < 0x80;
	}
	list->place = at;
	return 0;
}

/** Lists of a block, one after the other. */
struct posting_block {
	const uint8_t *at, *end;
	uint32_t key; /**< of the list that was read last */
};
struct posting_block posting_block_open(uint32_t first_key, const uint8_t *bytes, size_t size);
/** @return 1, block->key says whose list it is; 0 at the end; -EBADMSG. */
int posting_block_next(struct posting_block *block, struct posting_list *ret);

/** Writer of blocks from lists in rising order of keys: what merging needs. */
struct posting_writer {
	posting_sink sink;
	void *data;
	uint8_t *bytes;
	size_t n, cap;
	uint32_t first_key, last_key;
	int error; /**< the first one stays */
};
void posting_writer_init(struct posting_writer *writer, posting_sink sink, void *data);
/**
 * Append the list of a key, put together from lists of neighbouring segments in the order of their songs.
 * @param n     At most POSTING_MAX_MERGE.
 * @param base  For each: what its first song counts from, relative to the merged segment's first.
 */
void posting_writer_add(struct posting_writer *writer, uint32_t key, const struct posting_list *list,
	const uint32_t *base, size_t n);
/** Hand out the last block and free. @return 0, the first error. */
int posting_writer_finish(struct posting_writer *writer);

/** What is looked for: a pattern of four steps: tokens, the first digits above, HARMONY_ANY. */
#define POSTING_PAD 0xfeu /**< a step that every token matches, breaks too */
/** The lowest key >= `from` of this space that the pattern matches; UINT32_MAX: none. */
uint32_t posting_seek(enum posting_space space, const uint8_t step[static HARMONY_GRAM], uint32_t from);

#endif
