/* SPDX-License-Identifier: MIT */
/**
 * Scores as songs of the library: what they are called, their key, and their chords with the sections they
 * stand in. Any thread.
 */
#ifndef HERMES_SHELVE_H
#define HERMES_SHELVE_H

#include <score/score.h>

#include "library.h"

/**
 * Add a score within the open batch. One without written chords is analysed for them.
 * @param origin    Where it came from.
 * @param score_id  Of the store; NULL: it is not there.
 * @return 0; -ENOMEM; -errno (library_why()).
 */
int shelve(struct library *lib, const struct score *score, const char *origin, const char *score_id);

#endif
