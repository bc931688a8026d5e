/* SPDX-License-Identifier: MIT */
/*
 * Long phrases: their windows of four steps are looked up, and where all of them stand at the distances that
 * they have in the phrase, the phrase stands. Windows of steps that are all known have one list each: these
 * are walked side by side, and places are read of songs that all of them have. Else the places of a window's
 * lists are collected first.
 *
 * In any key windows are counted from their first chords. Each has a known chord in common with the one
 * before, so that the keys are the same, too; where more than two unknown chords in a row prevent that, all
 * twelve keys are tried.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "library_search.h"

#define WINDOWS_MAX HARMONY_PHRASE_MAX

struct window {
	enum posting_space space;
	uint8_t step[HARMONY_GRAM];
	unsigned at; /* its first step's place in the phrase */
};

void search_window(
	const struct harmony_phrase *phrase, unsigned at, int shift, uint8_t ret[static HARMONY_GRAM])
{
	for (unsigned i = 0; i < HARMONY_GRAM; i++)
		ret[i] = at + i < phrase->n ? harmony_transpose(phrase->step[at + i], shift) : POSTING_PAD;
}

/** Occurrences of one window: song << 16 | place where the phrase would begin. */
struct places {
	uint64_t *at;
	size_t n, cap;
	uint32_t base, offset;
	uint32_t n_keys;
	const struct search *search;
};

static int collect_list(void *data, uint32_t key, const struct posting_list *list)
{
	struct places *places = data;
	struct posting_list l = *list;
	struct posting p;
	static _Thread_local uint16_t place[POSTING_MAX_PLACES];
	int rc;
	places->n_keys++;
	while ((rc = posting_next(&l, &p)) > 0) {
		const uint32_t song = places->base + p.song;
		if (p.n > sizeof(place) / sizeof(place[0]) || posting_places(&l, &p, place) < 0)
			return -EBADMSG;
		if (song >= places->search->n_songs || !set_has(&places->search->set, song))
			continue;
		if (places->n + p.n > places->cap) {
			const size_t cap = (places->n + p.n) * 2;
			uint64_t *grown = realloc(places->at, cap * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			places->at = grown;
			places->cap = cap;
		}
		for (uint32_t i = 0; i < p.n; i++)
			if (place[i] >= places->offset)
				places->at[places->n++] = (uint64_t)song << 16 | (place[i] - places->offset);
	}
	return rc;
}

static int compare_places(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static size_t intersect_places(uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b)
{
	size_t n = 0;
	for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
		if (a[i] < b[k])
			i++;
		else if (a[i] > b[k])
			k++;
		else
			a[n++] = a[i++], k++;
	}
	return n;
}

static int is_known(const struct window *window)
{
	for (unsigned i = 0; i < HARMONY_GRAM; i++)
		if (window->step[i] == HARMONY_ANY || window->step[i] == POSTING_PAD)
			return 0;
	return 1;
}

/* ---- windows with one list each ---- */

/** A window's list, kept beyond the look at its block. */
struct kept {
	uint8_t *bytes;
	struct posting_list list;
	struct posting posting; /**< where the walk is */
	uint32_t at;            /**< the window's */
};

static int keep_list(void *data, uint32_t key, const struct posting_list *list)
{
	struct kept *kept = data;
	const size_t n_heads = (size_t)(list->end - list->at),
		     n_places = (size_t)(list->places_end - list->place);
	kept->bytes = malloc(n_heads + n_places + 1);
	if (!kept->bytes)
		return -ENOMEM;
	memcpy(kept->bytes, list->at, n_heads);
	memcpy(kept->bytes + n_heads, list->place, n_places);
	kept->list = (struct posting_list){kept->bytes, kept->bytes + n_heads, kept->bytes + n_heads,
		kept->bytes + n_heads + n_places, 0};
	return 0;
}

/** Places that the song of all lists has in each, at the windows' distances. */
static int count_common(struct kept *kept, unsigned n, uint16_t *place, uint16_t *other, uint32_t *ret)
{
	uint32_t n_places = 0;
	for (unsigned w = 0; w < n; w++) {
		uint16_t *to = w == 0 ? place : other;
		const uint32_t count = kept[w].posting.n;
		if (count > POSTING_MAX_PLACES || posting_places(&kept[w].list, &kept[w].posting, to) < 0)
			return -EBADMSG;
		if (w == 0) {
			n_places = count; /* the first window begins the phrase */
			continue;
		}
		uint32_t both = 0;
		for (uint32_t i = 0, k = 0; i < n_places && k < count;) {
			const uint32_t wanted = place[i] + kept[w].at;
			if (wanted < other[k])
				i++;
			else if (wanted > other[k])
				k++;
			else
				place[both++] = place[i++], k++;
		}
		n_places = both;
	}
	*ret = n_places;
	return 0;
}

/** Go on to the first song that is not before `song`. @return 1, 0 the end, -EBADMSG. */
static int advance(struct kept *kept, uint32_t song)
{
	int rc = 1;
	while (rc > 0 && kept->posting.song < song) {
		rc = posting_skip_places(&kept->list, &kept->posting);
		if (rc == 0)
			rc = posting_next(&kept->list, &kept->posting);
	}
	return rc;
}

static int walk_side_by_side(struct search *search, uint32_t base, struct kept *kept, unsigned n)
{
	uint16_t *place = malloc(2 * POSTING_MAX_PLACES * sizeof(*place));
	uint32_t song = 0, n_common;
	int rc = place ? 1 : -ENOMEM;
	for (unsigned w = 0; w < n && rc > 0; w++) {
		rc = posting_next(&kept[w].list, &kept[w].posting);
		if (rc > 0 && kept[w].posting.song > song)
			song = kept[w].posting.song;
	}
	while (rc > 0) {
		unsigned w = 0;
		for (; w < n && rc > 0; w++) {
			rc = advance(&kept[w], song);
			if (rc > 0 && kept[w].posting.song > song) {
				song = kept[w].posting.song;
				break;
			}
		}
		if (rc <= 0 || w < n)
			continue;
		rc = count_common(kept, n, place, place + POSTING_MAX_PLACES, &n_common);
		if (rc == 0 && n_common > 0)
			search_count(search, base + song, n_common);
		for (w = 0; w < n && rc == 0; w++) {
			rc = posting_next(&kept[w].list, &kept[w].posting);
			rc = rc > 0 ? 0 : rc == 0 ? 1 : rc;
		}
		if (rc == 1) /* a list has ended, and with it the walk */
			rc = 0;
		else if (rc == 0) {
			song = kept[0].posting.song;
			rc = 1;
		}
	}
	free(place);
	return rc;
}

static int search_known(
	struct search *search, const struct library_segment *segment, const struct window *window, unsigned n)
{
	struct kept kept[WINDOWS_MAX] = {0};
	unsigned w = 0;
	int rc = 0;
	for (; w < n && rc == 0; w++) {
		kept[w].at = window[w].at;
		rc = library_scan_key(search->lib, segment->id,
			posting_key(window[w].space, harmony_gram(window[w].step)), keep_list, &kept[w]);
		if (!kept[w].bytes)
			break;
	}
	if (rc == 0 && w == n)
		rc = walk_side_by_side(search, segment->first_song, kept, n);
	for (unsigned i = 0; i < n; i++)
		free(kept[i].bytes);
	return rc == -EBADMSG ? library_fail(search->lib, rc, "a block of the index is damaged") : rc;
}

/* ---- windows with many lists ---- */

static int search_unknown(
	struct search *search, const struct library_segment *segment, const struct window *window, unsigned n)
{
	struct places all = {.search = search, .base = segment->first_song};
	int rc = 0;
	for (unsigned w = 0; w < n && rc == 0 && (w == 0 || all.n > 0); w++) {
		struct places places = {
			.search = search, .base = segment->first_song, .offset = window[w].at};
		rc = library_scan(
			search->lib, segment->id, window[w].space, window[w].step, collect_list, &places);
		if (rc == 0 && places.n_keys > 1 && places.n > 1)
			qsort(places.at, places.n, sizeof(*places.at), compare_places);
		if (rc == 0 && w == 0) {
			all = places;
			places.at = NULL;
		} else if (rc == 0) {
			all.n = intersect_places(all.at, all.n, places.at, places.n);
		}
		free(places.at);
	}
	for (size_t i = 0; i < all.n && rc == 0; i++)
		search_count(search, (uint32_t)(all.at[i] >> 16), 1);
	free(all.at);
	return rc;
}

static int search_windows(
	struct search *search, const struct library_segment *segment, const struct window *window, unsigned n)
{
	for (unsigned w = 0; w < n; w++)
		if (!is_known(&window[w]))
			return search_unknown(search, segment, window, n);
	return search_known(search, segment, window, n);
}

/* ---- which windows ---- */

/** Side by side, counted from a tonic. @return how many. */
static unsigned plan_in_key(
	const struct harmony_phrase *phrase, enum posting_space space, int shift, struct window *window)
{
	const unsigned last = phrase->n - HARMONY_GRAM;
	unsigned n = 0;
	for (unsigned at = 0;; at += HARMONY_GRAM) {
		window[n] = (struct window){.space = space, .at = at < last ? at : last};
		search_window(phrase, window[n].at, shift, window[n].step);
		n++;
		if (at >= last)
			return n;
	}
}

/** The next window's first step: a known chord of the one before, best such that the phrase ends with it. */
static unsigned next_linked(const struct harmony_phrase *phrase, unsigned at)
{
	unsigned best = 0;
	for (unsigned i = at + 1; i < at + HARMONY_GRAM && i < phrase->n; i++) {
		if (phrase->step[i] == HARMONY_ANY)
			continue;
		best = i;
		if (i + HARMONY_GRAM >= phrase->n)
			break;
	}
	return best;
}

/** Linked by their chords, each counted from its first one. @return how many; 0: they cannot be linked. */
static unsigned plan_linked(const struct harmony_phrase *phrase, struct window *window)
{
	unsigned n = 0, at = 0;
	for (;;) {
		window[n] = (struct window){.space = POSTING_FIRST_TONIC, .at = at};
		search_window(phrase, at, -harmony_root(phrase->step[at]), window[n].step);
		window[n].step[0] = (uint8_t)(window[n].step[0] + POSTING_RELATIVE);
		n++;
		if (at + HARMONY_GRAM >= phrase->n)
			return n;
		at = next_linked(phrase, at);
		if (at == 0)
			return 0;
	}
}

int search_long(
	struct search *search, const struct library_segment *segment, const struct harmony_phrase *phrase)
{
	struct window window[WINDOWS_MAX];
	unsigned n = phrase->any_key ? plan_linked(phrase, window) : 0;
	if (n > 0)
		return search_windows(search, segment, window, n);
	const enum posting_space second = phrase->any_key ? POSTING_FIRST_TONIC : POSTING_LOCAL_TONIC;
	int rc = 0;
	for (int i = 0; i < (phrase->any_key ? 24 : 2) && rc == 0; i++) {
		n = plan_in_key(phrase, i & 1 ? second : POSTING_PLAIN, i / 2, window);
		rc = search_windows(search, segment, window, n);
	}
	return rc;
}
