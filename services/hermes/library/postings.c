/* SPDX-License-Identifier: MIT */
#include "postings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An entry: key 30 bits, song 18, place 16: sorted as numbers, they are in the index's order. */
#define SONG_SHIFT 16
#define KEY_SHIFT 34
#define N_FAMILIES ((HARMONY_N_TOKENS - 1) / 12) /* a semitone up is so many tokens up */

static size_t put_number(uint8_t *to, uint64_t value)
{
	size_t n = 0;
	for (; value >= 0x80; value >>= 7)
		to[n++] = (uint8_t)(value | 0x80);
	to[n++] = (uint8_t)value;
	return n;
}

/** @return 0, -EBADMSG. */
static inline int get_number(const uint8_t **at, const uint8_t *end, uint32_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; *at < end && shift < 35; shift += 7) {
		const uint8_t byte = *(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = (uint32_t)value;
			return value > UINT32_MAX ? -EBADMSG : 0;
		}
	}
	return -EBADMSG;
}

static int make_room(struct posting_set *set, size_t n)
{
	if (set->n + n <= set->cap)
		return 0;
	const size_t cap = (set->n + n) * 2 + 4096;
	uint64_t *entry = realloc(set->entry, cap * sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	set->entry = entry;
	set->cap = cap;
	return 0;
}

/** Of a long song its beginning is indexed. @param each  Entries of a place. @return 0, -ENOMEM. */
static int make_room_for(struct posting_set *set, size_t *n, size_t each)
{
	if (*n > POSTING_MAX_PLACES)
		*n = POSTING_MAX_PLACES;
	return make_room(set, *n * each);
}

/** The run at a place; what lies behind a break is no part of it. @return 0: a break is there. */
static int run_at(const uint8_t *token, size_t n, size_t at, uint8_t ret[static HARMONY_GRAM])
{
	if (token[at] == HARMONY_BREAK)
		return 0;
	memset(ret, HARMONY_BREAK, HARMONY_GRAM);
	for (size_t k = 0; k < HARMONY_GRAM && at + k < n && token[at + k] != HARMONY_BREAK; k++)
		ret[k] = token[at + k];
	return 1;
}

static void put_entry(struct posting_set *set, enum posting_space space, const uint8_t t[static HARMONY_GRAM],
	uint32_t song, size_t place)
{
	set->entry[set->n++] = (uint64_t)posting_key(space, harmony_gram(t)) << KEY_SHIFT |
			       (uint64_t)song << SONG_SHIFT | place;
}

int posting_add(
	struct posting_set *set, enum posting_space space, uint32_t song, const uint8_t *token, size_t n)
{
	uint8_t t[HARMONY_GRAM];
	if (make_room_for(set, &n, 1) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (run_at(token, n, i, t))
			put_entry(set, space, t, song, i);
	return 0;
}

int posting_add_runs(
	struct posting_set *set, enum posting_space space, uint32_t song, const uint8_t *token, size_t n)
{
	uint8_t t[HARMONY_GRAM];
	if (make_room_for(set, &n, 1) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (run_at(token, n, i, t))
			put_entry(set, space, (uint8_t[]){POSTING_RUN3, t[0], t[1], t[2]}, song, i);
	return 0;
}

/** Count from the first root. This runs for every change of a million songs: no division. */
static void relate(uint8_t t[static HARMONY_GRAM])
{
	const uint8_t down = (uint8_t)(harmony_root(t[0]) * N_FAMILIES);
	for (unsigned k = 0; k < HARMONY_GRAM; k++)
		if (t[k] != HARMONY_BREAK)
			t[k] = (uint8_t)(t[k] + (t[k] > down ? 0u : HARMONY_N_TOKENS - 1) - down);
}

int posting_add_relative(struct posting_set *set, uint32_t song, const uint8_t *token, size_t n)
{
	uint8_t t[HARMONY_GRAM];
	if (make_room_for(set, &n, 2) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!run_at(token, n, i, t))
			continue;
		relate(t);
		put_entry(
			set, POSTING_FIRST_TONIC, (uint8_t[]){POSTING_RELATIVE3, t[0], t[1], t[2]}, song, i);
		t[0] = (uint8_t)(t[0] + POSTING_RELATIVE);
		put_entry(set, POSTING_FIRST_TONIC, t, song, i);
	}
	return 0;
}

int posting_add_facet(struct posting_set *set, uint32_t facet, uint32_t song)
{
	if (make_room(set, 1) < 0)
		return -ENOMEM;
	set->entry[set->n++] =
		(uint64_t)posting_key(POSTING_FACET, facet) << KEY_SHIFT | (uint64_t)song << SONG_SHIFT;
	return 0;
}

void posting_set_finish(struct posting_set *set)
{
	free(set->entry);
	free(set->spare);
	*set = (struct posting_set){0};
}

/**
 * Places and songs were added in order, so a stable sort by the key alone is enough: radix, 11 bits a pass.
 */
static int sort_by_key(struct posting_set *set)
{
	enum { BITS = 10, BUCKETS = 1 << BITS };
	uint64_t *from = set->entry;
	uint64_t *to = set->spare = malloc(set->n * sizeof(*to) + 1);
	if (!to)
		return -ENOMEM;
	for (unsigned shift = KEY_SHIFT; shift < KEY_SHIFT + 3 * BITS; shift += BITS) {
		size_t start[BUCKETS] = {0};
		for (size_t i = 0; i < set->n; i++)
			start[from[i] >> shift & (BUCKETS - 1)]++;
		for (size_t b = 0, sum = 0; b < BUCKETS; b++) {
			const size_t count = start[b];
			start[b] = sum;
			sum += count;
		}
		for (size_t i = 0; i < set->n; i++)
			to[start[from[i] >> shift & (BUCKETS - 1)]++] = from[i];
		uint64_t *swap = from;
		from = to;
		to = swap;
	}
	/* Three passes: the result lies in what was `spare`. */
	set->spare = set->entry;
	set->entry = from;
	set->cap = set->n;
	return 0;
}

static int reserve(struct posting_writer *writer, size_t more)
{
	if (writer->error == 0 && writer->n + more > writer->cap) {
		const size_t cap = (writer->n + more) * 2;
		uint8_t *bytes = realloc(writer->bytes, cap);
		if (bytes) {
			writer->bytes = bytes;
			writer->cap = cap;
		} else {
			writer->error = -ENOMEM;
		}
	}
	return writer->error;
}

static void flush(struct posting_writer *writer)
{
	if (writer->error == 0 && writer->n > 0)
		writer->error = writer->sink(writer->data, writer->first_key, writer->bytes, writer->n);
	writer->n = 0;
}

void posting_writer_init(struct posting_writer *writer, posting_sink sink, void *data)
{
	*writer = (struct posting_writer){.sink = sink, .data = data};
}

/** The head of a list of `size` bytes, which follow. */
static void begin_list(struct posting_writer *writer, uint32_t key, size_t size)
{
	/* A long list lies alone: who wants its neighbours need not read it. */
	if (writer->n > 0 && writer->n + size > POSTING_BLOCK_BYTES)
		flush(writer);
	if (reserve(writer, size + 16) < 0)
		return;
	if (writer->n == 0)
		writer->first_key = writer->last_key = key;
	writer->n += put_number(writer->bytes + writer->n, key - writer->last_key);
	writer->n += put_number(writer->bytes + writer->n, size);
	writer->last_key = key;
}

static void put_bytes(struct posting_writer *writer, const void *bytes, size_t n)
{
	if (writer->error < 0)
		return;
	memcpy(writer->bytes + writer->n, bytes, n);
	writer->n += n;
}

/** Length of a number. */
static size_t number_len(uint64_t value)
{
	size_t n = 1;
	while (value >>= 7)
		n++;
	return n;
}

void posting_writer_add(struct posting_writer *writer, uint32_t key, const struct posting_list *list,
	const uint32_t *base, size_t n)
{
	struct {
		uint8_t first[8]; /* the head of its first song, counted from the song before it */
		size_t n_first;
		const uint8_t *rest;
		size_t n_rest;
	} piece[POSTING_MAX_MERGE];
	size_t n_heads = 0, n_places = 0;
	uint32_t last = 0; /* song of the merged segment that was written last */

	for (size_t i = 0; i < n && writer->error == 0; i++) {
		struct posting_list l = list[i];
		struct posting p;
		const uint8_t *at = l.at;
		uint32_t head;
		int rc = get_number(&at, l.end, &head);
		if (rc < 0) {
			writer->error = rc;
			return;
		}
		piece[i].n_first = put_number(
			piece[i].first, (uint64_t)(base[i] + (head >> 2) - last) << 2 | (head & 3));
		piece[i].rest = at;
		piece[i].n_rest = (size_t)(l.end - at);
		n_heads += piece[i].n_first + piece[i].n_rest;
		n_places += (size_t)(l.places_end - l.place);
		while ((rc = posting_next(&l, &p)) > 0)
			last = base[i] + p.song;
		if (rc < 0)
			writer->error = rc;
	}
	uint8_t size[10];
	const size_t n_size = put_number(size, n_heads);
	begin_list(writer, key, number_len(n_heads) + n_heads + n_places);
	put_bytes(writer, size, n_size);
	for (size_t i = 0; i < n; i++) {
		put_bytes(writer, piece[i].first, piece[i].n_first);
		put_bytes(writer, piece[i].rest, piece[i].n_rest);
	}
	for (size_t i = 0; i < n; i++)
		put_bytes(writer, list[i].place, (size_t)(list[i].places_end - list[i].place));
}

int posting_writer_finish(struct posting_writer *writer)
{
	const int rc = (flush(writer), writer->error);
	free(writer->bytes);
	*writer = (struct posting_writer){0};
	return rc;
}

/** The list of entries first .. end, which share a key, as heads and places. */
static void encode(const uint64_t *first, const uint64_t *end, uint8_t *head, size_t *ret_heads,
	uint8_t *place, size_t *ret_places)
{
	size_t n_head = 0, n_place = 0;
	uint32_t last_song = 0;
	while (first < end) {
		const uint32_t song = (uint32_t)(*first >> SONG_SHIFT) & (POSTING_MAX_SONGS - 1);
		const uint64_t *next = first;
		uint32_t last = 0;
		for (; next < end && (*next >> SONG_SHIFT) == (*first >> SONG_SHIFT); next++) {
			const uint32_t at = (uint32_t)*next & 0xffff;
			n_place += put_number(place + n_place, next == first ? at : at - last - 1);
			last = at;
		}
		const size_t count = (size_t)(next - first);
		const uint32_t few = count < 4 ? (uint32_t)count - 1 : 3;
		n_head += put_number(head + n_head, (uint64_t)(song - last_song) << 2 | few);
		if (few == 3)
			n_head += put_number(head + n_head, count - 4);
		last_song = song;
		first = next;
	}
	*ret_heads = n_head;
	*ret_places = n_place;
}

/** Its list has no places. */
static int is_count(uint32_t key)
{
	return key >> 28 != POSTING_FACET && (key >> 21 & 0x7f) >= POSTING_RELATIVE3;
}

int posting_write(struct posting_set *set, posting_sink sink, void *data)
{
	struct posting_writer writer;
	uint8_t *list = NULL;
	size_t cap = 0;
	int rc = sort_by_key(set);

	posting_writer_init(&writer, sink, data);
	for (size_t i = 0, end; rc == 0 && i < set->n; i = end) {
		const uint32_t key = (uint32_t)(set->entry[i] >> KEY_SHIFT);
		for (end = i; end < set->n && (uint32_t)(set->entry[end] >> KEY_SHIFT) == key;)
			end++;
		/* An entry takes at most 3 + 3 bytes as a head and 3 as a place. */
		if ((end - i) * 6 > cap) {
			cap = (end - i) * 12;
			uint8_t *grown = realloc(list, cap * 2);
			if (!grown) {
				rc = -ENOMEM;
				break;
			}
			list = grown;
		}
		size_t n_heads, n_places;
		uint8_t size[10];
		encode(set->entry + i, set->entry + end, list, &n_heads, list + cap, &n_places);
		const size_t n_size = put_number(size, n_heads);
		if (is_count(key))
			n_places = 0;
		begin_list(&writer, key, n_size + n_heads + n_places);
		put_bytes(&writer, size, n_size);
		put_bytes(&writer, list, n_heads);
		put_bytes(&writer, list + cap, n_places);
	}
	const int finished = posting_writer_finish(&writer);
	free(list);
	posting_set_finish(set);
	return rc < 0 ? rc : finished;
}

int posting_next_long(struct posting_list *list, struct posting *ret)
{
	uint32_t head, more = 0;
	if (get_number(&list->at, list->end, &head) < 0)
		return -EBADMSG;
	if ((head & 3) == 3 && get_number(&list->at, list->end, &more) < 0)
		return -EBADMSG;
	list->song += head >> 2;
	ret->song = list->song;
	ret->n = (head & 3) + 1 + more;
	/* Each place takes a byte at least. */
	return ret->n > (size_t)(list->places_end - list->place) + POSTING_MAX_PLACES ? -EBADMSG : 1;
}

int posting_places(struct posting_list *list, const struct posting *posting, uint16_t *ret)
{
	uint32_t place = 0, step;
	for (uint32_t i = 0; i < posting->n; i++) {
		if (get_number(&list->place, list->places_end, &step) < 0)
			return -EBADMSG;
		place = i == 0 ? step : place + step + 1;
		if (place > UINT16_MAX)
			return -EBADMSG;
		ret[i] = (uint16_t)place;
	}
	return 0;
}

struct posting_block posting_block_open(uint32_t first_key, const uint8_t *bytes, size_t size)
{
	return (struct posting_block){bytes, bytes + size, first_key};
}

int posting_block_next(struct posting_block *block, struct posting_list *ret)
{
	uint32_t step, size, n_heads;
	if (block->at == block->end)
		return 0;
	if (get_number(&block->at, block->end, &step) < 0 || get_number(&block->at, block->end, &size) < 0 ||
		size > (size_t)(block->end - block->at))
		return -EBADMSG;
	const uint8_t *at = block->at, *end = block->at + size;
	if (get_number(&at, end, &n_heads) < 0 || n_heads > (size_t)(end - at))
		return -EBADMSG;
	block->key += step;
	block->at = end;
	*ret = (struct posting_list){at, at + n_heads, at + n_heads, end, 0};
	return 1;
}

#define NO_DIGIT UINT32_MAX
/** The lowest digit from `digit` on that the step matches. */
static uint32_t next_digit(uint8_t step, uint32_t digit)
{
	if (step != POSTING_PAD && step != HARMONY_ANY)
		return digit <= step ? step : NO_DIGIT;
	if (step == HARMONY_ANY && digit == HARMONY_BREAK)
		digit++;
	return digit < HARMONY_N_TOKENS ? digit : NO_DIGIT;
}

uint32_t posting_seek(enum posting_space space, const uint8_t step[static HARMONY_GRAM], uint32_t from)
{
	uint32_t t[HARMONY_GRAM];
	if (from < posting_key(space, 0))
		from = posting_key(space, 0);
	if (from >> 28 != (uint32_t)space)
		return UINT32_MAX;
	for (unsigned i = 0; i < HARMONY_GRAM; i++)
		t[i] = from >> (21 - 7 * i) & 0x7f;

	/* Like an odometer: the first digit that does not match is turned on to the next that does. */
	for (unsigned i = 0; i < HARMONY_GRAM;) {
		const uint32_t digit = next_digit(step[i], t[i]);
		if (digit != NO_DIGIT) {
			if (digit != t[i])
				for (unsigned k = i + 1; k < HARMONY_GRAM; k++)
					t[k] = 0;
			t[i++] = digit;
			continue;
		}
		do { /* carry */
			if (i == 0)
				return UINT32_MAX;
			i--;
		} while (step[i] != HARMONY_ANY && step[i] != POSTING_PAD);
		t[i]++;
		for (unsigned k = i + 1; k < HARMONY_GRAM; k++)
			t[k] = 0;
	}
	return posting_key(space, t[0] << 21 | t[1] << 14 | t[2] << 7 | t[3]);
}
