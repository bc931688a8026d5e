/* SPDX-License-Identifier: MIT */
/**
 * All scores of a file, a book of tunes mostly: read on all processors there are, handed over one by one in
 * the order in which they stand.
 */
#ifndef HERMES_BOOK_H
#define HERMES_BOOK_H

#include <score/format.h>

struct book_tune {
	int rc;              /**< of score_import(), unless work() found something else */
	struct score *score; /**< the book's reference; NULL: it could not be read */
	void *made;          /**< by work(); take() frees it */
	struct score_report report;
};

struct book {
	const uint8_t *bytes;
	size_t size;
	const char *name; /**< as score_import.name */
	/** What a score needs before it is handed over. Any thread, several at once; NULL: nothing. */
	void (*work)(struct book_tune *tune, void *ctx);
	/** The caller's thread. Each tune that work() saw comes here, whatever an earlier one returned.
	 * @return < 0: read no more. */
	int (*take)(struct book_tune *tune, void *ctx);
	void *ctx;
};

/** @return 0; the first that take() returned below 0; -ENOMEM. */
int book_read(const struct book *book);

#endif
