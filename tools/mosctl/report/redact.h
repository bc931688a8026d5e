/* SPDX-License-Identifier: MIT */
/**
 * Takes out of a text what is nobody else's business: names of people, machines, scores and files, addresses,
 * serial numbers, passwords. The same thing is always replaced by the same placeholder, "<score-2>", so that
 * one can still follow it from file to file. Where it is unclear, too much is taken out rather than too
 * little.
 */
#ifndef MOSCTL_REDACT_H
#define MOSCTL_REDACT_H

#include <stddef.h>

#define REDACT_MAX 4096u

struct redactor {
	struct secret {
		char *text;
		size_t len;
		const char *class;
		unsigned int number;
		int is_word;  /**< not within a longer word: "sam" is not in "sample" */
		int is_known; /**< told beforehand: looked for everywhere */
	} *secret;
	size_t n, n_known, room;
	unsigned char begins[256]; /**< 1: a secret that was told beforehand begins with this byte */
};

enum {
	REDACT_LOG = 1,    /**< lines of a log: what stands in quotes is somebody's text */
	REDACT_CONFIG = 2, /**< settings: a path goes on to the line's end */
};

/** Know a secret beforehand; it is found in capitals, too. @param class  "user", "score" ...; @param text
 * NULL or shorter than 2 bytes: nothing. */
int redact_know(struct redactor *r, const char *class, const char *text, int is_word);
/** @return a new text; NULL: no memory. */
char *redact_text(struct redactor *r, const char *text, unsigned int flags);
void redact_finish(struct redactor *r);

#endif
