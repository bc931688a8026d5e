/* SPDX-License-Identifier: MIT */
/*
 * Progressions that are like another one (LIB-07): a chord replaced by one that does its work, left out, or
 * another put between. How far each step is from the original is a matter of taste; it is written down here
 * once.
 */
#include "library_search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VARIANTS 48u
#define MAX_DISTANCE 1.0f
#define COST_LEFT_OUT 0.7f
#define COST_BETWEEN 0.6f

/** What may stand for a chord: semitones above its root, the family it then has. */
struct stand_in {
	uint8_t of;
	int8_t root;
	uint8_t family;
	float cost;
};

static const struct stand_in stand_ins[] = {
	{MOS_CHORD_MAJOR, 0, MOS_CHORD_SUSPENDED, 0.2f},
	{MOS_CHORD_MAJOR, 0, MOS_CHORD_OTHER, 0.2f},
	{MOS_CHORD_MAJOR, 0, MOS_CHORD_AUGMENTED, 0.3f},
	{MOS_CHORD_MAJOR, 9, MOS_CHORD_MINOR, 0.4f},      /* its relative: I vi */
	{MOS_CHORD_MAJOR, 4, MOS_CHORD_MINOR, 0.5f},      /* two tones in common: I iii */
	{MOS_CHORD_MAJOR, 4, MOS_CHORD_DIMINISHED, 0.3f}, /* a seventh chord without its root: V vii° */
	{MOS_CHORD_MAJOR, 6, MOS_CHORD_MAJOR, 0.5f},      /* the tritone's substitute: V bII */
	{MOS_CHORD_MAJOR, 0, MOS_CHORD_MINOR, 0.6f},
	{MOS_CHORD_MINOR, 0, MOS_CHORD_SUSPENDED, 0.3f},
	{MOS_CHORD_MINOR, 0, MOS_CHORD_OTHER, 0.2f},
	{MOS_CHORD_MINOR, 0, MOS_CHORD_DIMINISHED, 0.3f},
	{MOS_CHORD_MINOR, 3, MOS_CHORD_MAJOR, 0.4f}, /* ii IV, vi I */
	{MOS_CHORD_MINOR, 8, MOS_CHORD_MAJOR, 0.5f}, /* vi IV */
	{MOS_CHORD_MINOR, 0, MOS_CHORD_MAJOR, 0.6f},
	{MOS_CHORD_DIMINISHED, 8, MOS_CHORD_MAJOR, 0.3f},
	{MOS_CHORD_DIMINISHED, 0, MOS_CHORD_MINOR, 0.3f},
	{MOS_CHORD_SUSPENDED, 0, MOS_CHORD_MAJOR, 0.2f},
	{MOS_CHORD_SUSPENDED, 0, MOS_CHORD_MINOR, 0.3f},
	{MOS_CHORD_OTHER, 0, MOS_CHORD_MAJOR, 0.2f},
	{MOS_CHORD_OTHER, 0, MOS_CHORD_MINOR, 0.2f},
	{MOS_CHORD_AUGMENTED, 0, MOS_CHORD_MAJOR, 0.3f},
};
#define N_STAND_INS (sizeof(stand_ins) / sizeof(stand_ins[0]))

struct making {
	struct variant variant[512];
	uint32_t n;
};

/** Neighbours that are equal are one change: no phrase has them. */
static int is_phrase(const struct harmony_phrase *phrase)
{
	for (unsigned i = 1; i < phrase->n; i++)
		if (phrase->step[i] == phrase->step[i - 1] && phrase->step[i] != HARMONY_ANY)
			return 0;
	return phrase->n > 0;
}

static void add(struct making *making, const struct harmony_phrase *phrase, float distance)
{
	if (distance > MAX_DISTANCE || !is_phrase(phrase))
		return;
	for (uint32_t i = 0; i < making->n; i++) {
		struct variant *v = &making->variant[i];
		if (v->phrase.n == phrase->n && memcmp(v->phrase.step, phrase->step, phrase->n) == 0) {
			if (distance < v->distance)
				v->distance = distance;
			return;
		}
	}
	if (making->n < sizeof(making->variant) / sizeof(making->variant[0]))
		making->variant[making->n++] = (struct variant){*phrase, distance};
}

static void replace_one(struct making *making, const struct harmony_phrase *phrase, float distance)
{
	for (unsigned i = 0; i < phrase->n; i++) {
		if (phrase->step[i] == HARMONY_ANY)
			continue;
		for (unsigned s = 0; s < N_STAND_INS; s++) {
			const struct stand_in *in = &stand_ins[s];
			if (in->of != (uint8_t)harmony_family(phrase->step[i]))
				continue;
			struct harmony_phrase other = *phrase;
			other.step[i] = harmony_token(
				harmony_root(phrase->step[i]) + in->root, (enum mos_chord_family)in->family);
			add(making, &other, distance + in->cost);
		}
	}
}

static void leave_one_out(struct making *making, const struct harmony_phrase *phrase)
{
	for (unsigned i = 1; i + 1 < phrase->n && phrase->n > 3; i++) {
		struct harmony_phrase other = *phrase;
		memmove(other.step + i, other.step + i + 1, (size_t)(phrase->n - i - 1));
		other.n--;
		add(making, &other, COST_LEFT_OUT);
	}
}

static void put_one_between(struct making *making, const struct harmony_phrase *phrase)
{
	for (unsigned i = 1; i < phrase->n && phrase->n < HARMONY_PHRASE_MAX; i++) {
		struct harmony_phrase other = *phrase;
		memmove(other.step + i + 1, other.step + i, (size_t)(phrase->n - i));
		other.step[i] = HARMONY_ANY;
		other.n++;
		add(making, &other, COST_BETWEEN);
	}
}

/** Nearest first; as they were made where two are equally near, so that an answer is always the same. */
static void sort(struct making *making)
{
	for (uint32_t i = 1; i < making->n; i++) {
		const struct variant v = making->variant[i];
		uint32_t k = i;
		for (; k > 0 && making->variant[k - 1].distance > v.distance; k--)
			making->variant[k] = making->variant[k - 1];
		making->variant[k] = v;
	}
}

static int make_variants(const struct harmony_phrase *phrase, struct variants *ret)
{
	struct making *making = calloc(1, sizeof(*making));
	if (!making)
		return -ENOMEM;
	add(making, phrase, 0);
	replace_one(making, phrase, 0);
	leave_one_out(making, phrase);
	put_one_between(making, phrase);
	const uint32_t n_one = making->n;
	for (uint32_t i = 1; i < n_one; i++) {
		const struct variant once = making->variant[i];
		if (once.phrase.n == phrase->n)
			replace_one(making, &once.phrase, once.distance);
	}
	sort(making);
	ret->n = making->n < MAX_VARIANTS ? making->n : MAX_VARIANTS;
	ret->phrase = malloc(ret->n * sizeof(*ret->phrase));
	if (ret->phrase)
		memcpy(ret->phrase, making->variant, ret->n * sizeof(*ret->phrase));
	free(making);
	return ret->phrase ? 0 : -ENOMEM;
}

/** Songs that were found count no more. */
static int forget_found(struct search *search)
{
	const struct library *lib = search->lib;
	const size_t n = search->n_songs / 64 + 1;
	if (!search->set.bits) {
		search->set.bits = malloc(n * sizeof(uint64_t));
		if (!search->set.bits)
			return -ENOMEM;
		memset(search->set.bits, 0xff, n * sizeof(uint64_t));
	}
	for (uint32_t song = 0; song < search->n_songs; song++) {
		if (!lib->touched[song / LIBRARY_TALLY_SONGS])
			song |= LIBRARY_TALLY_SONGS - 1;
		else if (lib->tally[song] != 0)
			search->set.bits[song >> 6] &= ~(UINT64_C(1) << (song & 63));
	}
	return 0;
}

int search_similar(struct search *search, const struct harmony_phrase *phrase, struct library_found *found,
	struct best *best, struct variants *variants)
{
	int rc = make_variants(phrase, variants);
	for (uint32_t i = 0; i < variants->n && rc == 0; i++) {
		const struct variant *v = &variants->phrase[i];
		rc = search_phrase(search, &v->phrase);
		if (rc == 0)
			rc = forget_found(search);
		search_take(search, found, best, v->distance, &v->phrase);
		/* What comes now is farther away than everything that is kept. */
		if (best->n == best->max)
			break;
	}
	return rc;
}
