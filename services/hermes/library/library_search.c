/* SPDX-License-Identifier: MIT */
/*
 * Finding: a set of songs by text and facets, then the phrase in the index. Up to four steps are looked up as
 * they are; longer ones: library_long.c.
 */
#include "library_search.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set_finish(struct song_set *set)
{
	free(set->bits);
	*set = (struct song_set){0};
}

struct marking {
	uint64_t *bits;
	uint32_t base, n;
};

static int mark_list(void *data, uint32_t key, const struct posting_list *list)
{
	const struct marking *marking = data;
	struct posting_list l = *list;
	struct posting p;
	int rc;
	while ((rc = posting_next(&l, &p)) > 0) {
		const uint32_t song = marking->base + p.song;
		if (song < marking->n)
			marking->bits[song >> 6] |= UINT64_C(1) << (song & 63);
	}
	return rc;
}

static uint64_t *new_bits(const struct search *search)
{
	return calloc(search->n_songs / 64 + 1, sizeof(uint64_t));
}

/** Keep what both have; takes `bits`. */
static void intersect(struct song_set *set, uint64_t *bits, uint32_t n_songs)
{
	if (!set->bits) {
		set->bits = bits;
		return;
	}
	for (uint32_t i = 0; i <= n_songs / 64; i++)
		set->bits[i] &= bits[i];
	free(bits);
}

/** Songs that have one of the facets first .. last. */
static int restrict_to(struct search *search, enum facet kind, uint32_t first, uint32_t last)
{
	struct marking marking = {.bits = new_bits(search), .n = search->n_songs};
	int rc = marking.bits ? 0 : -ENOMEM;
	for (int s = 0; s < search->n_segments && rc == 0; s++) {
		marking.base = search->segment[s].first_song;
		for (uint32_t value = first; value <= last && rc == 0; value++)
			rc = library_scan_key(search->lib, search->segment[s].id,
				posting_key(POSTING_FACET, facet_of(kind, value)), mark_list, &marking);
	}
	if (rc < 0)
		free(marking.bits);
	else
		intersect(&search->set, marking.bits, search->n_songs);
	return rc;
}

/** Songs of a name; all spellings that differ in case only. */
static int restrict_to_name(struct search *search, enum facet kind, const char *name)
{
	struct library *lib = search->lib;
	struct marking marking = {.bits = new_bits(search), .n = search->n_songs};
	sqlite3_stmt *stmt;
	int rc = marking.bits ? 0 : -ENOMEM;
	if (rc == 0 && sqlite3_prepare_v2(lib->db, "SELECT id FROM term WHERE text=?1 COLLATE NOCASE", -1,
			       &stmt, NULL) != SQLITE_OK)
		rc = library_fail_db(lib, "the library cannot be read");
	if (rc < 0) {
		free(marking.bits);
		return rc;
	}
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
		const uint32_t facet = facet_of(kind, (uint32_t)sqlite3_column_int64(stmt, 0));
		for (int s = 0; s < search->n_segments && rc == 0; s++) {
			marking.base = search->segment[s].first_song;
			rc = library_scan_key(lib, search->segment[s].id, posting_key(POSTING_FACET, facet),
				mark_list, &marking);
		}
	}
	sqlite3_finalize(stmt);
	if (rc < 0)
		free(marking.bits);
	else
		intersect(&search->set, marking.bits, search->n_songs);
	return rc;
}

/** Words as FTS5 wants them: each quoted, the last one a prefix. */
static char *match_of(const char *text)
{
	char *match = malloc(strlen(text) * 4 + 8), *to = match;
	if (!match)
		return NULL;
	for (const char *at = text; *at;) {
		const size_t n = strcspn(at, " \t\"");
		if (n > 0) {
			*to++ = '"';
			to = mempcpy(to, at, n);
			*to++ = '"';
			at += n;
			if (!at[strspn(at, " \t\"")])
				*to++ = '*';
			*to++ = ' ';
		} else {
			at++;
		}
	}
	*to = '\0';
	return match;
}

static int restrict_to_text(struct search *search, const char *text)
{
	sqlite3_stmt *stmt = library_stmt(search->lib, SQL_FIND_TEXT);
	char *match = match_of(text);
	uint64_t *bits = new_bits(search);
	int rc = stmt ? match && bits ? 0 : -ENOMEM : -EIO;
	if (rc == 0 && *match) {
		sqlite3_bind_text(stmt, 1, match, -1, SQLITE_STATIC);
		int row;
		while ((row = sqlite3_step(stmt)) == SQLITE_ROW) {
			const uint32_t song = (uint32_t)sqlite3_column_int64(stmt, 0);
			if (song < search->n_songs)
				bits[song >> 6] |= UINT64_C(1) << (song & 63);
		}
		if (row != SQLITE_DONE)
			rc = library_fail_db(search->lib, "the words cannot be looked for");
		sqlite3_reset(stmt);
	}
	free(match);
	if (rc < 0)
		free(bits);
	else
		intersect(&search->set, bits, search->n_songs);
	return rc;
}

/** The index still knows songs that were removed. */
static int leave_out_removed(struct search *search)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(search->lib->db, "SELECT song FROM removed", -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(search->lib, "the library cannot be read");
	int rc = 0;
	while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
		if (!search->set.bits) {
			search->set.bits = new_bits(search);
			if (!search->set.bits) {
				rc = -ENOMEM;
				break;
			}
			memset(search->set.bits, 0xff, (search->n_songs / 64 + 1) * sizeof(uint64_t));
		}
		const uint32_t song = (uint32_t)sqlite3_column_int64(stmt, 0);
		if (song < search->n_songs)
			search->set.bits[song >> 6] &= ~(UINT64_C(1) << (song & 63));
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int restrict_songs(struct search *search, const struct library_query *query)
{
	int rc = 0;
	if (query->text && *query->text)
		rc = restrict_to_text(search, query->text);
	if (rc == 0 && query->artist && *query->artist)
		rc = restrict_to_name(search, FACET_ARTIST, query->artist);
	if (rc == 0 && query->genre && *query->genre)
		rc = restrict_to_name(search, FACET_GENRE, query->genre);
	if (rc == 0 && (query->year_from > 0 || query->year_to > 0)) {
		const uint32_t from = query->year_from > 0 ? (uint32_t)query->year_from : 1;
		const uint32_t to = query->year_to > 0 ? (uint32_t)query->year_to : 2100;
		rc = restrict_to(search, FACET_YEAR, from > 3000 ? 3000 : from, to > 3000 ? 3000 : to);
	}
	if (rc == 0 && query->tonic >= 0) {
		const uint32_t key = (uint32_t)query->tonic % 12 * 2;
		rc = restrict_to(search, FACET_KEY, key + (query->minor == 1), key + (query->minor != 0));
	}
	return rc == 0 ? leave_out_removed(search) : rc;
}

/* ---- the phrase ---- */

struct counting {
	struct search *search;
	uint32_t base;
};

static int count_list(void *data, uint32_t key, const struct posting_list *list)
{
	const struct counting *counting = data;
	struct posting_list l = *list;
	struct posting p;
	int rc;
	if (counting->search->set.bits) {
		while ((rc = posting_next(&l, &p)) > 0)
			search_count(counting->search, counting->base + p.song, p.n);
		return rc;
	}
	/* all songs: nearly every question is about that, and the longest lists are read here */
	struct library *lib = counting->search->lib;
	const uint32_t n_songs = counting->search->n_songs, base = counting->base;
	while ((rc = posting_next(&l, &p)) > 0) {
		const uint32_t song = base + p.song;
		if (song >= n_songs)
			continue;
		lib->touched[song / LIBRARY_TALLY_SONGS] = 1;
		lib->tally[song] = (uint16_t)(lib->tally[song] + p.n);
	}
	return rc;
}

/**
 * What a short phrase is looked up as: one pattern. Its first step is a chord.
 * @return the space; in POSTING_PLAIN songs that modulate are to be looked for in POSTING_LOCAL_TONIC, too.
 */
static enum posting_space pattern_of(const struct harmony_phrase *phrase, uint8_t ret[static HARMONY_GRAM])
{
	uint8_t window[HARMONY_GRAM];
	search_window(phrase, 0, phrase->any_key ? -harmony_root(phrase->step[0]) : 0, window);
	if (phrase->n == HARMONY_GRAM) {
		memcpy(ret, window, HARMONY_GRAM);
		if (phrase->any_key)
			ret[0] = (uint8_t)(ret[0] + POSTING_RELATIVE);
	} else {
		ret[0] = phrase->any_key ? POSTING_RELATIVE3 : POSTING_RUN3;
		memcpy(ret + 1, window, HARMONY_GRAM - 1);
	}
	return phrase->any_key ? POSTING_FIRST_TONIC : POSTING_PLAIN;
}

static int search_short(
	struct search *search, const struct library_segment *segment, const struct harmony_phrase *phrase)
{
	struct counting counting = {search, segment->first_song};
	uint8_t step[HARMONY_GRAM];
	const enum posting_space space = pattern_of(phrase, step);
	int rc = library_scan(search->lib, segment->id, space, step, count_list, &counting);
	if (rc == 0 && space == POSTING_PLAIN)
		rc = library_scan(search->lib, segment->id, POSTING_LOCAL_TONIC, step, count_list, &counting);
	return rc;
}

int search_phrase(struct search *search, const struct harmony_phrase *phrase)
{
	int rc = 0;
	for (int s = 0; s < search->n_segments && rc == 0; s++)
		rc = phrase->n <= HARMONY_GRAM ? search_short(search, &search->segment[s], phrase)
					       : search_long(search, &search->segment[s], phrase);
	return rc;
}

/* ---- the best ---- */

static int is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->distance < b->distance || a->distance > b->distance)
		return a->distance < b->distance;
	return a->hits != b->hits ? a->hits > b->hits : a->song < b->song;
}

/** A heap whose top is the worst that is kept. */
static void sift_down(struct candidate *heap, uint32_t n, uint32_t i)
{
	for (;;) {
		uint32_t worst = i;
		for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
			if (is_better(&heap[worst], &heap[child]))
				worst = child;
		if (worst == i)
			return;
		const struct candidate swap = heap[i];
		heap[i] = heap[worst];
		heap[worst] = swap;
		i = worst;
	}
}

void best_add(struct best *best, const struct candidate *candidate)
{
	if (best->n < best->max) {
		best->heap[best->n++] = *candidate;
		if (best->n == best->max)
			for (uint32_t i = best->n / 2 + 1; i-- > 0;)
				sift_down(best->heap, best->n, i);
		return;
	}
	if (best->max > 0 && is_better(candidate, &best->heap[0])) {
		best->heap[0] = *candidate;
		sift_down(best->heap, best->n, 0);
	}
}

static int compare_candidates(const void *a, const void *b)
{
	return is_better(a, b) ? -1 : 1;
}

/** What was counted becomes candidates; the scratch is clean again. */
void search_take(struct search *search, struct library_found *found, struct best *best, float distance,
	const struct harmony_phrase *phrase)
{
	struct library *lib = search->lib;
	for (uint32_t first = 0; first < search->n_songs; first += LIBRARY_TALLY_SONGS) {
		if (!lib->touched[first / LIBRARY_TALLY_SONGS])
			continue;
		uint16_t *tally = lib->tally + first, most = 0;
		uint32_t n_songs = 0, n_hits = 0;
		for (uint32_t i = 0; i < LIBRARY_TALLY_SONGS; i++) { /* one the compiler makes wide */
			n_songs += tally[i] != 0;
			n_hits += tally[i];
			most = tally[i] > most ? tally[i] : most;
		}
		found->n_songs += n_songs;
		found->n_hits += n_hits;
		for (uint32_t i = 0; i < LIBRARY_TALLY_SONGS; i++) {
			/* nearly always nothing of 1,024 songs is better than what there is */
			if (best->n == best->max && most < best->heap[0].hits &&
				distance >= best->heap[0].distance)
				break;
			if (tally[i] > 0)
				best_add(best, &(struct candidate){.song = first + i,
						       .hits = tally[i],
						       .distance = distance,
						       .phrase = phrase});
		}
		memset(tally, 0, LIBRARY_TALLY_SONGS * sizeof(*tally));
		lib->touched[first / LIBRARY_TALLY_SONGS] = 0;
	}
}

static int take_all(struct search *search, struct library_found *found, struct best *best)
{
	if (search->set.bits) {
		for (uint32_t i = 0; i <= search->n_songs / 64; i++) {
			for (uint64_t bits = search->set.bits[i]; bits; bits &= bits - 1) {
				const uint32_t song = i * 64 + (uint32_t)__builtin_ctzll(bits);
				if (song == 0 || song >= search->n_songs)
					continue;
				found->n_songs++;
				best_add(best, &(struct candidate){.song = song});
			}
		}
		return 0;
	}
	for (uint32_t song = 1; song < search->n_songs; song++) {
		found->n_songs++;
		best_add(best, &(struct candidate){.song = song});
	}
	return 0;
}

static int make_scratch(struct search *search)
{
	struct library *lib = search->lib;
	if (lib->n_scratch >= search->n_songs)
		return 0;
	free(lib->tally);
	free(lib->touched);
	const uint32_t n =
		(search->n_songs + search->n_songs / 8) / LIBRARY_TALLY_SONGS * LIBRARY_TALLY_SONGS +
		LIBRARY_TALLY_SONGS;
	lib->tally = calloc(n, sizeof(*lib->tally));
	lib->touched = calloc(n / LIBRARY_TALLY_SONGS, sizeof(*lib->touched));
	lib->n_scratch = lib->tally && lib->touched ? n : 0;
	return lib->n_scratch ? 0 : -ENOMEM;
}

static int begin_search(struct library *lib, struct search *search)
{
	*search = (struct search){.lib = lib};
	search->n_segments = library_segments(lib, search->segment, LIBRARY_MAX_SEGMENTS);
	if (search->n_segments < 0)
		return search->n_segments;
	search->n_songs = 1;
	for (int s = 0; s < search->n_segments; s++) {
		const uint32_t end = search->segment[s].first_song + search->segment[s].n_songs;
		if (end > search->n_songs)
			search->n_songs = end;
	}
	const int rc = make_scratch(search);
	return rc < 0 ? library_fail(lib, rc, "out of memory") : 0;
}

/** Steps that any chord matches say nothing at the ends. */
static void trim(struct harmony_phrase *phrase)
{
	uint8_t from = 0;
	while (phrase->n > 0 && phrase->step[phrase->n - 1] == HARMONY_ANY)
		phrase->n--;
	while (from < phrase->n && phrase->step[from] == HARMONY_ANY)
		from++;
	phrase->n -= from;
	memmove(phrase->step, phrase->step + from, phrase->n);
}

static int read_phrase(struct library *lib, const struct library_query *query, struct harmony_phrase *ret)
{
	size_t where;
	const int rc = harmony_phrase_parse(query->phrase, query->phrase_minor, ret, &where);
	if (rc == -E2BIG)
		return library_fail(lib, -EINVAL, "a phrase has at most %u chords", HARMONY_PHRASE_MAX);
	if (rc == 0) {
		ret->any_key |= (uint8_t)(query->any_key != 0);
		trim(ret);
		if (ret->n > 0)
			return 0;
	}
	return library_fail(lib, -EINVAL,
		"\"%s\" at byte %zu is neither a phrase of numerals (ii V I) nor of chords (Dm7 G7 C)",
		query->phrase, where + 1);
}

static int find(struct search *search, const struct library_query *query, struct library_found *found,
	struct best *best, struct variants *variants)
{
	struct harmony_phrase phrase;
	int rc = restrict_songs(search, query);
	if (rc < 0)
		return rc;
	if (query->like > 0)
		return search_nearest(search, query, found, best);
	if (!query->phrase || !*query->phrase)
		return take_all(search, found, best);
	rc = read_phrase(search->lib, query, &phrase);
	if (rc < 0)
		return rc;
	if (query->similar)
		return search_similar(search, &phrase, found, best, variants);
	variants->phrase = malloc(sizeof(*variants->phrase));
	if (!variants->phrase)
		return library_fail(search->lib, -ENOMEM, "out of memory");
	variants->phrase[0] = (struct variant){phrase, 0};
	rc = search_phrase(search, &phrase);
	search_take(search, found, best, 0, &variants->phrase[0].phrase);
	return rc;
}

int library_search(struct library *lib, const struct library_query *query, struct library_found *ret)
{
	struct search search = {0};
	struct variants variants = {0};
	const uint32_t limit = query->limit ? query->limit : 20;
	struct best best = {.max = query->offset + (limit < 10000 ? limit : 10000)};

	*ret = (struct library_found){0};
	if (query->offset > 1000000)
		return library_fail(lib, -EINVAL, "only the first million results can be shown");
	best.heap = malloc((best.max + 1) * sizeof(*best.heap));
	int rc = best.heap ? 0 : -ENOMEM;
	/* One read transaction: all of the answer is of one state. */
	const int own = rc == 0 && sqlite3_get_autocommit(lib->db);
	if (own)
		rc = library_exec(lib, "BEGIN");
	if (rc == 0)
		rc = begin_search(lib, &search);
	if (rc == 0)
		rc = find(&search, query, ret, &best, &variants);
	if (rc < 0 && lib->n_scratch > 0) {
		memset(lib->tally, 0, lib->n_scratch * sizeof(*lib->tally));
		memset(lib->touched, 0, lib->n_scratch / LIBRARY_TALLY_SONGS);
	}
	if (rc == 0) {
		qsort(best.heap, best.n, sizeof(*best.heap), compare_candidates);
		if (best.n > query->offset)
			rc = search_describe(
				lib, best.heap + query->offset, best.n - query->offset, query->similar, ret);
	}
	library_release(lib);
	if (own)
		(void)sqlite3_exec(lib->db, "COMMIT", NULL, NULL, NULL); /* nothing was written */
	set_finish(&search.set);
	free(best.heap);
	free(variants.phrase);
	if (rc < 0)
		library_found_finish(ret);
	return rc;
}

void library_found_finish(struct library_found *found)
{
	free(found->hit);
	*found = (struct library_found){0};
}
