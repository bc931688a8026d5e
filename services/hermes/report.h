/* SPDX-License-Identifier: MIT */
/**
 * What an import found: repairs that were made (warnings), or why it was refused (HER-11). Fixed size, so
 * that reporting cannot fail and a hostile file cannot make it grow. Process: mos-hermes; one thread.
 */
#ifndef HERMES_REPORT_H
#define HERMES_REPORT_H

#include <stdint.h>

#define HERMES_REPORT_MAX 64u /**< warnings kept; the rest are counted */

struct hermes_warning {
	uint64_t at;    /**< byte offset in the file */
	char text[152]; /**< one sentence without full stop, UTF-8 */
};

struct hermes_report {
	struct hermes_warning warning[HERMES_REPORT_MAX];
	uint32_t n_warnings; /**< kept */
	uint64_t n_omitted;  /**< found beyond HERMES_REPORT_MAX */

	uint64_t error_at;    /**< byte offset; valid when error_text is not empty */
	char error_text[152]; /**< why the file was refused; empty: it was not */
};

/** Note a repair. Texts that do not fit are cut. */
[[gnu::format(printf, 3, 4)]] void hermes_warn(
	struct hermes_report *report, uint64_t at, const char *fmt, ...);

/** Note why the file is refused; the first reason stays. @return -EINVAL, so that a parser can return it. */
[[gnu::format(printf, 3, 4)]] int hermes_refuse(
	struct hermes_report *report, uint64_t at, const char *fmt, ...);

#endif
