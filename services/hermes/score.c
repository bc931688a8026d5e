/* SPDX-License-Identifier: MIT */
#include "score.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#define STRINGS_MAX_BYTES ((size_t)16 << 20) /* what a timeline's string table holds */
#define PARTS_MAX 65534u                     /* 0xffff says "no part" in an event */

int score_init(struct score *score, const struct hermes_alloc *alloc)
{
	*score = (struct score){.alloc = alloc};
	int rc = hermes_reserve(alloc, (void **)&score->strings, &score->cap_strings, 1, 1);
	if (rc < 0)
		return rc;
	score->strings[score->n_strings++] = '\0';
	return 0;
}

void score_finish(struct score *score)
{
	if (!score->alloc)
		return;
#define X(field, type) hermes_free(score->alloc, score->field);
	SCORE_ARRAYS(X)
#undef X
	*score = (struct score){0};
}

/** Append `n` items to one of the arrays. @return index of the first. */
static int64_t append(struct score *score, void **items, size_t *len, size_t *cap, const void *item, size_t n,
	size_t item_bytes)
{
	const size_t at = *len;
	int rc = hermes_reserve(score->alloc, items, cap, at + n, item_bytes);
	if (rc < 0)
		return rc;
	if (n)
		memcpy((char *)*items + at * item_bytes, item, n * item_bytes);
	*len = at + n;
	return (int64_t)at;
}

#define APPEND(score, field, items, n)                                                                       \
	append(score, (void **)&(score)->field, &(score)->n_##field, &(score)->cap_##field, items, n,        \
		sizeof(*(score)->field))

/** Room for `n` more timeline events? */
static int has_room(const struct score *score, uint64_t n)
{
	return score->n_events + n <= MOS_TL_MAX_EVENTS;
}

int64_t score_add_part(struct score *score, const struct score_part *part)
{
	return score->n_part < PARTS_MAX ? APPEND(score, part, part, 1) : -E2BIG;
}

int64_t score_add_note(struct score *score, const struct score_note *note)
{
	if (!has_room(score, 2))
		return -E2BIG;
	int64_t at = APPEND(score, note, note, 1);
	if (at >= 0)
		score->n_events += 2;
	return at;
}

int64_t score_add_control(struct score *score, const struct score_control *control)
{
	if (!has_room(score, 1))
		return -E2BIG;
	int64_t at = APPEND(score, control, control, 1);
	if (at >= 0)
		score->n_events++;
	return at;
}

int64_t score_add_sysex(struct score *score, const struct score_sysex *sysex, const uint8_t *bytes)
{
	const uint64_t n_packets = sysex->n_bytes / 6 + 1;
	if (!has_room(score, n_packets))
		return -E2BIG;
	int64_t bytes_at = APPEND(score, sysex_bytes, bytes, sysex->n_bytes);
	if (bytes_at < 0)
		return bytes_at;
	struct score_sysex stored = *sysex;
	stored.bytes_at = (uint32_t)bytes_at;
	int64_t at = APPEND(score, sysex, &stored, 1);
	if (at < 0)
		score->n_sysex_bytes = (size_t)bytes_at;
	else
		score->n_events += n_packets;
	return at;
}

int64_t score_add_tempo(struct score *score, const struct score_tempo *tempo)
{
	return score->n_tempo < MOS_TL_MAX_EVENTS ? APPEND(score, tempo, tempo, 1) : -E2BIG;
}

int64_t score_add_meter(struct score *score, const struct score_meter *meter)
{
	return score->n_meter < MOS_TL_MAX_EVENTS ? APPEND(score, meter, meter, 1) : -E2BIG;
}

int64_t score_add_key(struct score *score, const struct score_key *key)
{
	return score->n_key < MOS_TL_MAX_EVENTS ? APPEND(score, key, key, 1) : -E2BIG;
}

int64_t score_add_text(struct score *score, const struct score_text *text)
{
	return score->n_text < MOS_TL_MAX_EVENTS ? APPEND(score, text, text, 1) : -E2BIG;
}

int64_t score_add_string(struct score *score, const uint8_t *text, size_t size)
{
	char clean[SCORE_STRING_BYTES];
	const size_t len = score_clean_text(text, size, clean);
	if (len == 0)
		return 0;
	if (score->n_strings + len + 1 > STRINGS_MAX_BYTES)
		return -E2BIG;
	return APPEND(score, strings, clean, len + 1);
}

/* The three maps begin with their tick, which is all that sorting and thinning need to know. */

static int64_t tick_of(const void *entry)
{
	int64_t tick;
	memcpy(&tick, entry, sizeof(tick));
	return tick;
}

/** Merge two sorted runs; equal ticks keep their order. */
static void merge(char *to, const char *a, size_t n_a, const char *b, size_t n_b, size_t item_bytes)
{
	while (n_a || n_b) {
		const int from_a = n_a && (!n_b || tick_of(a) <= tick_of(b));
		memcpy(to, from_a ? a : b, item_bytes);
		to += item_bytes;
		if (from_a)
			a += item_bytes, n_a--;
		else
			b += item_bytes, n_b--;
	}
}

/** Stable sort by tick, bottom up. `spare` has room for all. */
static void sort_by_tick(char *items, char *spare, size_t n, size_t item_bytes)
{
	char *from = items, *to = spare;
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t at = 0; at < n; at += 2 * run) {
			const size_t n_a = n - at < run ? n - at : run;
			const size_t n_b = n - at - n_a < run ? n - at - n_a : run;
			merge(to + at * item_bytes, from + at * item_bytes, n_a,
				from + (at + n_a) * item_bytes, n_b, item_bytes);
		}
		char *swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * item_bytes);
}

/** Sort a map, keep the last entry of each tick and drop those that repeat the one in force. */
static int tidy_map(struct score *score, void *map, size_t *n, size_t item_bytes)
{
	char *items = map;
	char *spare = hermes_zalloc(score->alloc, *n, item_bytes);
	if (!spare)
		return -ENOMEM;
	sort_by_tick(items, spare, *n, item_bytes);
	hermes_free(score->alloc, spare);

	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		const char *entry = items + i * item_bytes;
		if (i + 1 < *n && tick_of(entry) == tick_of(entry + item_bytes))
			continue;
		const char *last = items + (kept ? kept - 1 : 0) * item_bytes;
		if (kept && memcmp(last + sizeof(int64_t), entry + sizeof(int64_t),
				    item_bytes - sizeof(int64_t)) == 0)
			continue;
		memmove(items + kept++ * item_bytes, entry, item_bytes);
	}
	*n = kept;
	return 0;
}

static int has_entry_at_0(const void *map, size_t n, size_t item_bytes)
{
	for (size_t i = 0; i < n; i++)
		if (tick_of((const char *)map + i * item_bytes) == 0)
			return 1;
	return 0;
}

static int add_defaults(struct score *score)
{
	const struct score_tempo tempo = {.ns_per_quarter = MOS_NPQ_120};
	const struct score_meter meter = {.num = 4, .den = 4};
	int64_t at = 0;
	if (!has_entry_at_0(score->tempo, score->n_tempo, sizeof(tempo)))
		at = score_add_tempo(score, &tempo);
	if (at >= 0 && !has_entry_at_0(score->meter, score->n_meter, sizeof(meter)))
		at = score_add_meter(score, &meter);
	return at < 0 ? (int)at : 0;
}

static void extend_end(struct score *score)
{
	int64_t end = score->end_tick;
	for (size_t i = 0; i < score->n_note; i++)
		end = end > score->note[i].end_tick ? end : score->note[i].end_tick;
	for (size_t i = 0; i < score->n_control; i++)
		end = end > score->control[i].tick ? end : score->control[i].tick;
	for (size_t i = 0; i < score->n_sysex; i++)
		end = end > score->sysex[i].tick ? end : score->sysex[i].tick;
	score->end_tick = end;
}

int score_finalize(struct score *score)
{
	int rc = add_defaults(score);
	if (rc < 0)
		return rc;
	rc = tidy_map(score, score->tempo, &score->n_tempo, sizeof(*score->tempo));
	if (rc < 0)
		return rc;
	rc = tidy_map(score, score->meter, &score->n_meter, sizeof(*score->meter));
	if (rc < 0)
		return rc;
	rc = tidy_map(score, score->key, &score->n_key, sizeof(*score->key));
	if (rc < 0)
		return rc;
	extend_end(score);
	return 0;
}
