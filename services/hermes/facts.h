/* SPDX-License-Identifier: MIT */
/**
 * What a client is told about a score (services/METHODS.md), as members of a JSON object; and what the store
 * lists. Any thread.
 */
#ifndef HERMES_FACTS_H
#define HERMES_FACTS_H

#include <stdio.h>

#include <score/bytes.h>
#include <score/score.h>

#include "store.h"

struct timeline;

#define FACTS_FORMAT_BYTES 64u
#define FACTS_KEY_BYTES 32u

/** All borrowed. */
struct facts {
	const struct score *score;
	const char *score_id;              /**< NULL: it is not in the store */
	uint64_t revision;                 /**< 0: likewise */
	const char *format;                /**< "SMF 1", "GP5 5.10" */
	const struct timeline *timeline;   /**< NULL: not compiled */
	const struct score_report *report; /**< its warnings; NULL: none */
	uint32_t n_scores;                 /**< in the file that it is from, as a book of tunes; 0: from none */
	int all;                           /**< all parts; else as many as fit into a frame beside the rest */
};

/** Put the members into an open object. */
void facts_put(struct score_bytes *out, const struct facts *facts);
/** Lines for people. */
void facts_print(FILE *to, const struct facts *facts);

/** "C major", "none". */
void facts_key(const struct nvx_key *key, char ret[static FACTS_KEY_BYTES]);
/** For lists. @param key  Filled: ret->key points to it. */
struct store_facts facts_for_store(
	const struct score *score, const char *format, char key[static FACTS_KEY_BYTES]);
/** Put warnings as a list of {where, text, code} under "warnings", and how many there are. */
void facts_put_warnings(struct score_bytes *out, const struct score_report *report);

#endif
