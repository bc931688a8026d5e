/* SPDX-License-Identifier: MIT */
/** A set of strings, each with a number; bounded. */
#ifndef SFZ_KNOWN_H
#define SFZ_KNOWN_H

#include <stdint.h>

struct sfz_known;

struct sfz_known *sfz_known_new(void); /**< NULL: no memory */
void sfz_known_free(struct sfz_known *k);
/** @return 1 it is new, 0 it was there, -ENOMEM. */
int sfz_known_add(struct sfz_known *k, const char *key);
/** The number that belongs to the string, made 0 when it is new. NULL: no memory. Until the next call. */
int64_t *sfz_known_number(struct sfz_known *k, const char *key, int *ret_is_new);

#endif
