/* SPDX-License-Identifier: MIT */
/**
 * Scores as songs of the library: what they are called, their key, and their chords with the sections they
 * stand in. Any thread.
 */
#ifndef HERMES_SHELVE_H
#define HERMES_SHELVE_H

#include <score/score.h>

#include "library.h"

/** The score with chords of its own: itself, or what analysis makes of it. @return a reference; NULL: no
 * memory. */
struct score *shelve_chords(const struct score *score);

/**
 * Add a score within the open batch.
 * @param chords    What shelve_chords() made of it.
 * @param origin    Where it came from.
 * @param score_id  Of the store; NULL: it is not there.
 * @return 0; -errno (library_why()).
 */
int shelve(struct library *lib, const struct score *score, const struct score *chords, const char *origin,
	const char *score_id);

#endif
