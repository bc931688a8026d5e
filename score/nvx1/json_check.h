/* SPDX-License-Identifier: MIT */
/** Strict JSON (RFC 8259): the first step of reading. What passes, json_pull.h walks without looking back. */
#ifndef NVX1_JSON_CHECK_H
#define NVX1_JSON_CHECK_H

#include <score/alloc.h>
#include <score/report.h>

#define JSON_MAX_DEPTH 64u
#define JSON_MAX_BYTES UINT32_MAX

/** Also refuse objects that have a key twice, however it is escaped. */
#define JSON_UNIQUE_KEYS 1u

/**
 * Check all of it. Time is O(size), with duplicates O(size log size); memory is 8 bytes a key of the open
 * objects.
 * @return 0; -EINVAL with one error in the report, "line L, column C, byte N": nvx1.json.syntax, .utf8,
 * .duplicate, .depth, .number; -ENOMEM.
 */
int json_check(const uint8_t *bytes, size_t size, unsigned rules, const struct score_alloc *alloc,
	struct score_report *report);

#endif
