/* SPDX-License-Identifier: MIT */
#include "embedding.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Places of the groups, and how much each weighs: the squares are the shares of a likeness. */
enum { DEGREES = 0, MOTIONS = 36, FAMILIES = 48, TRAITS = 54 };
#define WEIGHT_DEGREES 0.75f
#define WEIGHT_MOTIONS 0.45f
#define WEIGHT_FAMILIES 0.35f
#define WEIGHT_TRAITS 0.33f

/** Major-like, minor-like, neither. */
static unsigned mode_of(enum mos_chord_family family)
{
	switch (family) {
	case MOS_CHORD_MAJOR:
	case MOS_CHORD_AUGMENTED:
		return 0;
	case MOS_CHORD_MINOR:
	case MOS_CHORD_DIMINISHED:
		return 1;
	default:
		return 2;
	}
}

/** Counts become roots of shares, so that rare chords count for something; the group's length is `weight`. */
static void share(float *count, unsigned n, float weight)
{
	float sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += count[i];
	for (unsigned i = 0; i < n && sum > 0; i++)
		count[i] = weight * sqrtf(count[i] / sum);
}

/** @return of all changes, how many were seen before with the same neighbour. */
static float repeated(const struct embedding_facts *facts)
{
	uint8_t seen[HARMONY_N_TOKENS][(HARMONY_N_TOKENS + 7) / 8] = {0};
	uint32_t n = 0;
	for (uint32_t i = 1; i < facts->n; i++) {
		uint8_t *byte = &seen[facts->token[i - 1]][facts->token[i] / 8];
		const uint8_t bit = (uint8_t)(1u << facts->token[i] % 8);
		n += (*byte & bit) != 0;
		*byte |= bit;
	}
	return facts->n > 1 ? (float)n / (float)(facts->n - 1) : 0;
}

static float within(float value, float least, float most)
{
	return value <= least ? 0 : value >= most ? 1 : (value - least) / (most - least);
}

static void put_traits(const struct embedding_facts *facts, uint32_t n_distinct, float *trait)
{
	trait[facts->minor ? 1 : 0] = 1;
	trait[2] = facts->modulates ? 1 : 0;
	trait[3] = repeated(facts);
	trait[4] = within((float)n_distinct, 2, 24);
	trait[5] = within(log2f((float)facts->n), 2, 9);
	/* harmonic rhythm: written chords a change */
	trait[6] = within((float)facts->n_chords / (float)facts->n, 1, 4);
	trait[7] = within((float)facts->n_sections, 0, 12);
	trait[8] = facts->tempo_bpm > 0 ? within((float)facts->tempo_bpm, 40, 220) : 0.4f;
	trait[9] = within((float)n_distinct / (float)facts->n, 0, 1);
	float sum = 0;
	for (unsigned i = 0; i < EMBEDDING_DIMS - TRAITS; i++)
		sum += trait[i] * trait[i];
	for (unsigned i = 0; i < EMBEDDING_DIMS - TRAITS; i++)
		trait[i] *= WEIGHT_TRAITS / sqrtf(sum);
}

int embedding_of(const struct embedding_facts *facts, float ret[static EMBEDDING_DIMS])
{
	uint8_t is_used[HARMONY_N_TOKENS] = {0};
	uint32_t n_distinct = 0, n_sounding = 0;
	memset(ret, 0, EMBEDDING_DIMS * sizeof(*ret));
	for (uint32_t i = 0; i < facts->n; i++) {
		const uint8_t token = facts->token[i];
		if (token == HARMONY_BREAK)
			continue;
		const enum mos_chord_family family = harmony_family(token);
		n_sounding++;
		n_distinct += !is_used[token];
		is_used[token] = 1;
		ret[DEGREES + (unsigned)harmony_root(token) * 3 + mode_of(family)]++;
		ret[FAMILIES + (unsigned)family - 1]++;
		if (i > 0 && facts->token[i - 1] != HARMONY_BREAK)
			ret[MOTIONS +
				(unsigned)(harmony_root(token) - harmony_root(facts->token[i - 1]) + 12) %
					12]++;
	}
	if (n_sounding == 0)
		return -ENOENT;
	share(ret + DEGREES, MOTIONS - DEGREES, WEIGHT_DEGREES);
	share(ret + MOTIONS, FAMILIES - MOTIONS, WEIGHT_MOTIONS);
	share(ret + FAMILIES, TRAITS - FAMILIES, WEIGHT_FAMILIES);
	put_traits(facts, n_distinct, ret + TRAITS);
	return 0;
}
