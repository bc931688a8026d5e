/* SPDX-License-Identifier: MIT */
/** Versions of widgets, major.minor.patch, and ranges of them: ">=1.0 <2". Pure. */
#ifndef BROKER_WIDGETS_SEMVER_H
#define BROKER_WIDGETS_SEMVER_H

#include <stdint.h>

#define SEMVER_TEXT_MAX 24u  /**< a version with its NUL */
#define SEMVER_RANGE_MAX 64u /**< a range with its NUL */
#define SEMVER_TERMS_MAX 4u

struct semver {
	uint32_t major, minor, patch;
};

enum semver_op { SEMVER_EQ, SEMVER_GE, SEMVER_LE, SEMVER_GT, SEMVER_LT };

/** All terms have to hold; none: every version does. */
struct semver_range {
	struct {
		enum semver_op op;
		struct semver version;
	} term[SEMVER_TERMS_MAX];
	uint32_t n_terms;
};

/** Exactly three numbers below 1,000,000 without leading zeros. @return 0, -EINVAL. */
int semver_parse(const char *text, struct semver *ret);

/** Terms separated by spaces, each an operator and a version whose missing parts count as 0. @return 0,
 * -EINVAL. */
int semver_range_parse(const char *text, struct semver_range *ret);

/** -1, 0, 1 as a is below, equal to, above b. */
int semver_compare(const struct semver *a, const struct semver *b);

int semver_in_range(const struct semver *version, const struct semver_range *range);

#endif
