/* SPDX-License-Identifier: MIT */
/** Families of metrics as text: OpenMetrics 1.0, or Prometheus 0.0.4. What is written is always well-formed.
 */
#ifndef MOSCTL_FAMILY_H
#define MOSCTL_FAMILY_H

#include <stdint.h>

#include "stats/stats.h"

enum family_kind { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM, FAMILY_SUMMARY, FAMILY_INFO };

struct family {
	char name[96];    /**< without unit */
	const char *unit; /**< "seconds"; "": none. Becomes part of the name */
	double per;       /**< how many of what is counted make one of that unit */
};

#define FAMILIES_MAX 1024u
struct families {
	FILE *to;
	enum metrics_format format;
	struct family family; /**< the one that is being written */
	enum family_kind kind;
	uint32_t n_known;
	uint64_t known[FAMILIES_MAX]; /**< hashes of the names so far: none may come twice */
};

/**
 * Begin a family, or go on with the one that is being written.
 * @param help  NULL: there is nothing to say.
 * @return 0: there was one of that name before, or too many: nothing may be written.
 */
int family_begin(struct families *f, const struct family *family, enum family_kind kind, const char *help);
/** @param labels  "type=\"midi:noteon\""; "": none. */
void family_sample(struct families *f, const char *labels, double value);
/** A bucket, cumulative; the last one with INFINITY. */
void family_bucket(struct families *f, double bound, uint64_t count);
void families_end(struct families *f);
/** A label's value: quotes, backslashes and line ends escaped, what is no UTF-8 or a control character as
 * '?'. */
const char *family_escape(const char *text, char *buf, size_t size);

#define BOUND(buf, ...) ((void)snprintf(buf, sizeof(buf), __VA_ARGS__), (buf))

#endif
