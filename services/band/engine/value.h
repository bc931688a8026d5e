/* SPDX-License-Identifier: MIT */
/**
 * What people write by hand - programs, setlists, exercises, styles - as one tree, whether it was JSON or
 * YAML. JSON when the first non-blank byte is { or [. Bounded: size, depth, number of values. Refused, each
 * with its place: YAML's anchors, aliases, tags and further documents, keys that stand twice, keys that are
 * no text, NUL in a text.
 */
#ifndef BAND_VALUE_H
#define BAND_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "issue.h"

#define BAND_FILE_MAX (1u << 20) /**< bytes */
#define BAND_VALUE_DEPTH 16u     /**< lists and maps inside each other */
#define BAND_VALUES_MAX 65536u

enum band_value_type { BAND_NULL = 0, BAND_BOOL, BAND_INT, BAND_REAL, BAND_TEXT, BAND_LIST, BAND_MAP };

struct band_value {
	uint8_t type; /**< enum band_value_type; YAML's plain scalars as YAML 1.1 has them, "off" is a
			 BAND_BOOL */
	bool boolean;
	int64_t integer;
	double real;           /**< of BAND_INT, too */
	const char *text;      /**< of every scalar, as written; "" of lists and maps */
	const char *key;       /**< in a map; NULL: in a list, or the root */
	uint32_t n;            /**< values inside */
	uint32_t index;        /**< place among its siblings */
	uint32_t line, column; /**< from 1; 0: JSON */
	const struct band_value *parent, *first, *next;
};

struct band_doc;

/**
 * @param code  Of the issue when it can't be read: "LOAD_ERROR".
 * @return 0; -EINVAL the report says why; -ENOMEM.
 */
int band_doc_read(
	const char *bytes, size_t size, const char *code, struct band_report *report, struct band_doc **ret);
void band_doc_free(struct band_doc *doc);
const struct band_value *band_doc_root(const struct band_doc *doc);

/** Of a map. @return NULL: not there, or `map` is none. */
const struct band_value *band_value_get(const struct band_value *map, const char *key);

bool band_value_is_number(const struct band_value *value);

#define BAND_WHERE_MAX 96u
/** "/chords/3", of YAML "/chords/3 (line 9, column 3)". @return buf. */
const char *band_value_where(const struct band_value *value, char buf[BAND_WHERE_MAX]);

#endif
