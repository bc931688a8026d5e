/* SPDX-License-Identifier: MIT */
/** What looks like a secret: addresses, numbers, paths, names of files. Pure. */
#ifndef MOSCTL_REDACT_MATCH_H
#define MOSCTL_REDACT_MATCH_H

#include <stddef.h>

struct match {
	const char *class;
	size_t len;  /**< all of it */
	size_t keep; /**< bytes at its beginning that stay */
};

/** Does one begin at `at`? @param begin  Of the text. @param is_log  What stands in quotes is one. @param
 * is_config  A path goes on to the line's end. */
int match_at(const char *begin, const char *at, int is_log, int is_config, struct match *ret);
/** Letters, digits, '_' and what is no ASCII. */
int match_is_word(char c);

#endif
