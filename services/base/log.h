/* SPDX-License-Identifier: MIT */
/**
 * Log lines of a service: one line, one fact, on stderr. Where that is the journal's each becomes a record with its
 * facts as fields (log_journal.h); in other pipes it carries its priority as the "<N>" prefix of sd-daemon(3) if there
 * is a journal at all; on a terminal, the program's name. A sentence first, then facts as key=value:
 *
 *     log_warning("a client hung up in the middle of a call, ignoring: pid=%d method=%s", pid, method);
 *
 * Values from other processes go through wire_utf8_mend() before they come here, so that no name can forge a
 * line. Main thread; blocks as long as stderr does.
 */
#ifndef MOS_BASE_LOG_H
#define MOS_BASE_LOG_H

#include <syslog.h>

/**
 * Once, before the first line.
 * @param program  Borrowed for ever.
 * @param level    Lines above it are not written: LOG_INFO usually, LOG_DEBUG with --verbose.
 */
void log_open(const char *program, int level);

void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
