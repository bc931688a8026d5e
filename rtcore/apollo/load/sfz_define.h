/* SPDX-License-Identifier: MIT */
/** The #define table of an SFZ: $name stands for a word; of names that begin alike the longest one counts. */
#ifndef SFZ_DEFINE_H
#define SFZ_DEFINE_H

#include <stddef.h>

struct sfz_defines;

struct sfz_defines *sfz_defines_new(void); /**< NULL: no memory */
void sfz_defines_free(struct sfz_defines *d);
/** A later value takes the place of an earlier one. @return 0, -E2BIG (name, value or table), -EINVAL,
 * -ENOMEM. */
int sfz_defines_set(
	struct sfz_defines *d, const char *name, size_t n_name, const char *value, size_t n_value);
/** Values are taken as they are, not expanded again. @return 0, -E2BIG: `to` is too small. */
int sfz_defines_expand(const struct sfz_defines *d, const char *from, size_t n, char *to, size_t size);

#endif
