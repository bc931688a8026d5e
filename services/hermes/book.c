/* SPDX-License-Identifier: MIT */
/*
 * Whoever has nothing to do takes the next tune; finished ones wait in a ring for their turn. The caller is
 * one of the readers: with one processor, or one tune, there is no other thread.
 */
#include "book.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define MAX_THREADS 16u
#define THREAD_BYTES 8192u /* of a book are worth a thread's start */
#define AHEAD 8u /* tunes under way or waiting, for each thread: to be woken costs as much as a tune */

struct slot {
	size_t at;
	int is_done;
	struct book_tune tune;
};

struct reading {
	const struct book *book;
	pthread_mutex_t lock;
	pthread_cond_t turn; /* the caller waits for: the next tune is done */
	pthread_cond_t room; /* the others wait for: half of the ring is empty */
	/* under the lock */
	struct slot *slot; /* a ring: tune i lies in i % n_slots */
	size_t n_slots;
	size_t next_at; /* where the next tune begins; the book's size: nowhere */
	size_t n_begun, n_taken;
};

static void read_tune(const struct book *book, struct slot *slot, struct score_lines *lines)
{
	struct book_tune *tune = &slot->tune;
	const struct score_import how = {
		.alloc = &score_heap, .name = book->name, .at = slot->at, .lines = lines};
	tune->report.n_errors = tune->report.n_warnings = 0;
	tune->report.dialect[0] = tune->report.title[0] = '\0';
	tune->score = NULL;
	tune->made = NULL;
	tune->rc = score_import(book->bytes, book->size, &how, &tune->report, &tune->score, NULL);
	if (book->work)
		book->work(tune, book->ctx);
}

/** Read the next tune, if there is one and room for it. Under the lock. @return 0: neither. */
static int read_next(struct reading *r, struct score_lines *lines)
{
	const struct book *book = r->book;
	if (r->next_at >= book->size || r->n_begun - r->n_taken == r->n_slots)
		return 0;
	const size_t number = r->n_begun++;
	struct slot *slot = &r->slot[number % r->n_slots];
	slot->at = r->next_at;
	r->next_at = score_next(book->bytes, book->size, slot->at + 1);
	(void)pthread_mutex_unlock(&r->lock);
	read_tune(book, slot, lines);
	(void)pthread_mutex_lock(&r->lock);
	slot->is_done = 1;
	if (number == r->n_taken)
		(void)pthread_cond_signal(&r->turn);
	return 1;
}

static void *help(void *data)
{
	struct reading *r = data;
	struct score_lines lines = {0}; /* what one thread reads comes later and later in the book */
	(void)pthread_mutex_lock(&r->lock);
	while (r->next_at < r->book->size)
		if (!read_next(r, &lines))
			(void)pthread_cond_wait(&r->room, &r->lock);
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

/** Hand a tune over. Under the lock, which is left meanwhile. */
static int hand_over(struct reading *r, struct slot *slot)
{
	(void)pthread_mutex_unlock(&r->lock);
	const int rc = r->book->take(&slot->tune, r->book->ctx);
	score_unref(slot->tune.score);
	(void)pthread_mutex_lock(&r->lock);
	slot->is_done = 0;
	r->n_taken++;
	if (r->n_begun - r->n_taken <= r->n_slots / 2)
		(void)pthread_cond_broadcast(&r->room);
	return rc;
}

static int read_all(struct reading *r)
{
	struct score_lines lines = {0};
	int first = 0;
	(void)pthread_mutex_lock(&r->lock);
	while (r->next_at < r->book->size || r->n_taken < r->n_begun) {
		struct slot *slot = &r->slot[r->n_taken % r->n_slots];
		if (slot->is_done) {
			const int rc = hand_over(r, slot);
			if (rc < 0 && first == 0) {
				first = rc;
				r->next_at = r->book->size;
			}
		} else if (!read_next(r, &lines)) {
			(void)pthread_cond_wait(&r->turn, &r->lock);
		}
	}
	(void)pthread_mutex_unlock(&r->lock);
	return first;
}

static unsigned count_threads(const struct book *book, size_t second_at)
{
	const size_t worth = second_at < book->size ? book->size / THREAD_BYTES : 0;
	cpu_set_t processors;
	if (worth < 2 || sched_getaffinity(0, sizeof(processors), &processors) < 0)
		return 1;
	size_t n = (size_t)CPU_COUNT(&processors);
	n = n < worth ? n : worth;
	return n > MAX_THREADS ? MAX_THREADS : n < 1 ? 1 : (unsigned)n;
}

int book_read(const struct book *book)
{
	struct reading r = {.book = book,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.turn = PTHREAD_COND_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER};
	pthread_t helper[MAX_THREADS];
	unsigned n_helpers = 0;
	r.next_at = score_next(book->bytes, book->size, 0);
	if (r.next_at >= book->size)
		return 0;
	const unsigned n_threads = count_threads(book, score_next(book->bytes, book->size, r.next_at + 1));
	r.n_slots = n_threads == 1 ? 1 : (size_t)n_threads * AHEAD;
	/* Not calloc(): each has 75 KB for reports, most of which stays untouched. */
	r.slot = malloc(r.n_slots * sizeof(*r.slot));
	if (!r.slot)
		return -ENOMEM;
	for (size_t i = 0; i < r.n_slots; i++)
		r.slot[i].is_done = 0;
	/* Where no more can be had, those that there are do. */
	while (n_helpers + 1 < n_threads && pthread_create(&helper[n_helpers], NULL, help, &r) == 0)
		n_helpers++;
	const int rc = read_all(&r);
	for (unsigned i = 0; i < n_helpers; i++)
		(void)pthread_join(helper[i], NULL);
	free(r.slot);
	return rc;
}
