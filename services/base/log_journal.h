/* SPDX-License-Identifier: MIT */
/**
 * Log lines as journal records: `key=value` facts of a line become fields, so that `journalctl
 * MOS_SERVICE=broker MOS_PID=4711` finds what was said of that process. Which facts a line has its format
 * says, never what is printed into it: nobody's name can forge a field.
 */
#ifndef MOS_BASE_LOG_JOURNAL_H
#define MOS_BASE_LOG_JOURNAL_H

#include <stdarg.h>
#include <stddef.h>

#define LOG_FACTS_MAX 16u
#define LOG_FACT_MARK '\x1f' /**< before each key; no text that wire_utf8_mend() has seen holds it */

/** Whether stderr is the journal's own stream. */
int log_journal_is_open(void);

/**
 * Copy a format with a mark before each key of its facts: a word of a-z, 0-9 and _ between a space and '='.
 * @return their number; 0: none, or no room, and `marked` is of no use.
 */
unsigned int log_mark_facts(const char *fmt, char *marked, size_t size);

/** Send a record. @param service  "broker". @return 0; -errno: say it otherwise. */
int log_journal_send(int level, const char *program, const char *service, const char *fmt, va_list args);

#endif
