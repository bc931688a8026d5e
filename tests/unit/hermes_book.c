/* SPDX-License-Identifier: MIT */
/*
 * FMT-05: books, read on all processors: what comes, and in which order, is as if one tune were read after
 * the other. Without Criterion, so that ThreadSanitizer can watch.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"

#define CHECK(what)                                                                                          \
	do {                                                                                                 \
		if (!(what)) {                                                                               \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                     \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define N_TUNES 400u
#define TUNE_BYTES 200u
#define BROKEN 17u /* each so many */

struct seen {
	const struct book *book;
	struct score_report *report;
	size_t at; /* where the next is looked for */
	struct score_lines lines;
	uint32_t n, n_broken;
	uint32_t n_until; /* that are wanted */
	atomic_uint n_worked;
};

static size_t write_book(char *text, uint32_t n_tunes)
{
	size_t n = 0;
	for (uint32_t i = 0; i < n_tunes; i++) {
		n += (size_t)sprintf(text + n, "X:%u\nT:Tune %u\n", i + 1, i);
		if (i % BROKEN != 1)
			n += (size_t)sprintf(text + n, "M:4/4\nL:1/8\nK:%c\n\"Am\"%.*s|(3ABc d2 ?e4|\n",
				"CDEFGA"[i % 6], (int)(8 + i % 16), "CDEFGABcdefgabc'abcdefgab");
		n += (size_t)sprintf(text + n, "\n");
	}
	return n;
}

static void work(struct book_tune *tune, void *ctx)
{
	struct seen *seen = ctx;
	atomic_fetch_add(&seen->n_worked, 1);
	if (tune->score)
		tune->made = score_ref(tune->score);
}

static void compare_reports(const struct score_report *a, const struct score_report *b)
{
	CHECK(a->n_errors == b->n_errors && a->n_warnings == b->n_warnings);
	for (uint32_t i = 0; i < a->n_warnings; i++)
		CHECK(strcmp(a->warning[i].where, b->warning[i].where) == 0 &&
			strcmp(a->warning[i].reason, b->warning[i].reason) == 0);
	CHECK(a->n_errors == 0 || strcmp(a->error[0].where, b->error[0].where) == 0);
	CHECK(strcmp(a->title, b->title) == 0);
}

static void compare_scores(const struct score *a, const struct score *b)
{
	CHECK((a == NULL) == (b == NULL));
	if (!a)
		return;
	const struct score_state of_a = score_state(a), of_b = score_state(b);
	CHECK(memcmp(&of_a, &of_b, sizeof(of_a)) == 0);
}

/* Beside the same tune, read alone. */
static int take(struct book_tune *tune, void *ctx)
{
	struct seen *seen = ctx;
	const struct book *book = seen->book;
	struct score *alone = NULL;
	seen->at = score_next(book->bytes, book->size, seen->at);
	const struct score_import how = {
		.alloc = &score_heap, .name = book->name, .at = seen->at++, .lines = &seen->lines};
	memset(seen->report, 0, sizeof(*seen->report));
	CHECK(tune->rc == score_import(book->bytes, book->size, &how, seen->report, &alone, NULL));
	CHECK(tune->made == tune->score);
	compare_scores(tune->score, alone);
	compare_reports(&tune->report, seen->report);
	score_unref(alone);
	score_unref(tune->made);
	seen->n_broken += tune->rc < 0;
	seen->n++;
	return seen->n == seen->n_until ? -ECANCELED : 0;
}

static int read_book(uint32_t n_tunes, uint32_t n_until, struct seen *seen)
{
	char *text = malloc((size_t)n_tunes * TUNE_BYTES + 1);
	struct score_report *report = malloc(sizeof(*report));
	CHECK(text && report);
	const struct book book = {(const uint8_t *)text, write_book(text, n_tunes), "book", work, take, seen};
	*seen = (struct seen){.book = &book, .report = report, .n_until = n_until};
	const int rc = book_read(&book);
	free(report);
	free(text);
	return rc;
}

int main(void)
{
	struct seen seen;
	CHECK(read_book(N_TUNES, 0, &seen) == 0);
	CHECK(seen.n == N_TUNES && atomic_load(&seen.n_worked) == N_TUNES);
	CHECK(seen.n_broken == (N_TUNES + BROKEN - 2) / BROKEN);

	CHECK(read_book(1, 0, &seen) == 0 && seen.n == 1);
	CHECK(read_book(0, 0, &seen) == 0 && seen.n == 0);

	/* Who wants no more is asked only for what is under way. */
	CHECK(read_book(N_TUNES, 5, &seen) == -ECANCELED);
	CHECK(seen.n >= 5 && seen.n < N_TUNES);
	CHECK(atomic_load(&seen.n_worked) == seen.n);
	return 0;
}
