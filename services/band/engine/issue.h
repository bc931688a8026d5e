/* SPDX-License-Identifier: MIT */
/**
 * What is wrong with an input, or was refused or repaired in it. Fixed size: reporting cannot fail and a
 * hostile file cannot make it grow. One thread.
 */
#ifndef BAND_ISSUE_H
#define BAND_ISSUE_H

#include <stdint.h>

#define BAND_MAX_ISSUES 64u

struct band_issue {
	const char *code;  /**< static: "CHORD_INVALID" of a program (tritone.md 9), "band.contract.velocity"
			      of events */
	char where[96];    /**< "/chords/3", "line 4, column 7", "event 12", a stage: "pre_write" */
	char message[160]; /**< a sentence without a full stop */
	char hint[120];    /**< what to do about it; may be empty */
	uint8_t is_error;  /**< 0: a warning */
};

struct band_report {
	struct band_issue issue[BAND_MAX_ISSUES];
	uint32_t n_issues, n_errors; /**< found; of more than BAND_MAX_ISSUES the first are kept, errors
					before warnings */
	uint32_t n_last; /**< the issue noted last is this - 1; 0: there is none, or it was not kept */
};

/** @return -EINVAL, for a reader to return. */
[[gnu::format(printf, 4, 5)]] int band_error(
	struct band_report *report, const char *code, const char *where, const char *fmt, ...);
[[gnu::format(printf, 4, 5)]] void band_warn(
	struct band_report *report, const char *code, const char *where, const char *fmt, ...);
/** To the issue noted last. */
[[gnu::format(printf, 2, 3)]] void band_hint(struct band_report *report, const char *fmt, ...);

#endif
