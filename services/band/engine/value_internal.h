/* SPDX-License-Identifier: MIT */
/** How a tree is built: memory, limits, places. The syntaxes are in value_json.c and value_yaml.c. */
#ifndef BAND_VALUE_INTERNAL_H
#define BAND_VALUE_INTERNAL_H

#include "value.h"

struct band_doc {
	struct doc_block *block; /* newest first */
	struct band_value *root;
	uint32_t n_values;
	const char *code;
	struct band_report *report;
};

/** Zeroed, for as long as the document lives. @return NULL: no memory. */
void *doc_alloc(struct band_doc *doc, size_t size);
/**
 * A new value behind the last one in `parent` (NULL: the root).
 * @param last  Its last value so far; updated.
 */
int doc_add(
	struct band_doc *doc, struct band_value *parent, struct band_value **last, struct band_value **ret);
/** A copy with a NUL behind it; -EINVAL it has one inside. */
int doc_text(
	struct band_doc *doc, const struct band_value *at, const char *text, size_t len, const char **ret);
/** A map is complete: -EINVAL a key stands twice. */
int doc_check_keys(struct band_doc *doc, const struct band_value *map);
/** Text becomes number, where it is one. */
void doc_number(struct band_value *value, size_t len);
/** The issue of what makes no sense at a value. @return -EINVAL. */
int doc_refuse(struct band_doc *doc, const struct band_value *at, const char *why);

int doc_read_json(struct band_doc *doc, const char *bytes, size_t size);
int doc_read_yaml(struct band_doc *doc, const char *bytes, size_t size);

#endif
