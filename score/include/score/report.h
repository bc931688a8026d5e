/* SPDX-License-Identifier: MIT */
/**
 * What reading found: why the input is refused (HER-11, nvx1.md 14), or what was repaired, kept as text or
 * dropped. Fixed size, so that reporting cannot fail and a hostile file cannot make it grow. One thread.
 */
#ifndef SCORE_REPORT_H
#define SCORE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#define SCORE_MAX_ISSUES 100u /**< kept of each sort; the rest are counted */

/** Texts are NUL-terminated UTF-8, cut where they do not fit, never inside a character. */
struct score_issue {
	const char *code; /**< stable, a static string: "nvx1.range", "IMPORT_TECHNIQUE_DROPPED_003" */
	char where[128];  /**< "/parts/0/notes/3/pitch", "byte 1034", "line 7, column 12", "track 2, bar 5" */
	char reason[160]; /**< one sentence without a full stop: "0 is below 1" */
	char value[84];   /**< what stood there, its first 80 bytes; may be empty */
};

struct score_report {
	uint32_t n_errors, n_warnings; /**< found; more than SCORE_MAX_ISSUES are not kept */
	char dialect[32]; /**< what the input turned out to be: "SMF 1", "3.0.0", "song-2", "GP5 5.10" */
	char title[128];  /**< of a score that is refused, as far as it was read; cut as texts are */
	struct score_issue warning[SCORE_MAX_ISSUES];
	struct score_issue error[SCORE_MAX_ISSUES];
};

/**
 * Note an error. @param where  Place, made by one of the helpers below or a literal.
 * @return -EINVAL, so that a reader can return it.
 */
[[gnu::format(printf, 4, 5)]] int score_error(
	struct score_report *report, const char *code, const char *where, const char *fmt, ...);
[[gnu::format(printf, 4, 5)]] void score_warn(
	struct score_report *report, const char *code, const char *where, const char *fmt, ...);
/** Say what stood at the place of the last error or warning. */
void score_error_value(struct score_report *report, const char *value, uint32_t len);
void score_warn_value(struct score_report *report, const char *value, uint32_t len);

/** Say which score it is. @param len  Bytes. */
void score_report_title(struct score_report *report, const char *title, size_t len);

/** How far the lines of a book have been counted. Zeroed at first. */
struct score_lines {
	uint64_t at, line;
};

/** A place as text, by value: score_error(r, code, SCORE_AT_BYTE(17), ...). */
struct score_where {
	char text[128];
};
struct score_where score_where_byte(uint64_t offset);
struct score_where score_where_line(
	uint64_t line, uint64_t column); /**< both from 1; column 0: the whole line */
[[gnu::format(printf, 1, 2)]] struct score_where score_where_fmt(const char *fmt, ...);
#define SCORE_AT_BYTE(offset) (score_where_byte(offset).text)
#define SCORE_AT_LINE(line, column) (score_where_line(line, column).text)
#define SCORE_AT(...) (score_where_fmt(__VA_ARGS__).text)

#endif
