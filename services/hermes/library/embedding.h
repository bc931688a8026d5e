/* SPDX-License-Identifier: MIT */
/**
 * What a song's harmony is like, as numbers (LIB-06): which degrees it uses and for how large a share of its
 * changes, how its roots move, how its families of chords are mixed, how fast and how repetitive it is. The
 * same song gives the same numbers everywhere. Pure functions.
 */
#ifndef HERMES_EMBEDDING_H
#define HERMES_EMBEDDING_H

#include <stddef.h>
#include <stdint.h>

#include "harmony.h"

#define EMBEDDING_DIMS 64u

struct embedding_facts {
	const uint8_t *token; /**< changes above the tonic of the moment */
	uint32_t n;
	uint32_t n_chords; /**< written ones, repeated ones too */
	uint32_t n_sections;
	int minor, modulates;
	int tempo_bpm; /**< 0: not known */
};

/** @return 0; -ENOENT nothing to go by: a song without chords. */
int embedding_of(const struct embedding_facts *facts, float ret[static EMBEDDING_DIMS]);

#endif
