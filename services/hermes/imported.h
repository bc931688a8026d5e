/* SPDX-License-Identifier: MIT */
/**
 * A file that was made into a score, whole or not at all: imported, checked, compiled, written as canonical
 * NVX1. A pure function of the file's bytes. Any thread.
 */
#ifndef HERMES_IMPORTED_H
#define HERMES_IMPORTED_H

#include <stdatomic.h>

#include "facts.h"
#include "failure.h"
#include "timeline.h"

/** Zeroed but for timeline.fd = -1: nothing. */
struct imported {
	struct score *score;
	struct score_compiler *compiler;
	struct timeline timeline;
	struct score_bytes content;      /**< canonical NVX1 */
	struct score_report report;      /**< warnings */
	char format[FACTS_FORMAT_BYTES]; /**< what the file says it is */
	uint32_t n_scores;               /**< that it holds */
};

/**
 * @param fd      Borrowed.
 * @param name    Of the file: the title, without its ending, of a score that has none.
 * @param index   Which score of a book.
 * @param cancel  May be NULL.
 * @return 0; -errno with `failure` filled.
 */
int imported_read(struct imported *imported, int fd, const char *name, uint32_t index,
	const atomic_bool *cancel, struct failure *failure);
void imported_finish(struct imported *imported);

#endif
