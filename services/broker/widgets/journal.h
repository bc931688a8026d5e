/* SPDX-License-Identifier: MIT */
/** What a widget printed and logged, and what became of it: the newest 64 KiB, as lines. Pure. */
#ifndef BROKER_WIDGETS_JOURNAL_H
#define BROKER_WIDGETS_JOURNAL_H

#include <stddef.h>

#define JOURNAL_SIZE (64u << 10)

/** Zeroed is empty. */
struct journal {
	char *bytes; /**< owned; JOURNAL_SIZE, made with the first line */
	size_t begin, len;
};

void journal_finish(struct journal *j);

/** Append bytes as they come, made harmless for terminals. Without memory they are lost. */
void journal_add(struct journal *j, const char *bytes, size_t len);

/** Append a line of ours: ends one that is open, "-- " before it. */
void journal_note(struct journal *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Copy the last `lines` lines that fit whole into `size` bytes with a NUL. */
void journal_tail(const struct journal *j, unsigned int lines, char *buf, size_t size);

#endif
