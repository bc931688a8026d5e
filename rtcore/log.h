/* SPDX-License-Identifier: MIT */
/** rtcore's log: one line on stderr, with the priority prefix that the journal understands. Never from the
 * audio thread. */
#ifndef RTCORE_LOG_H
#define RTCORE_LOG_H

#include <stdio.h>
#include <systemd/sd-daemon.h>

#define log_info(...) log_line(SD_INFO, __VA_ARGS__)
#define log_warning(...) log_line(SD_WARNING, __VA_ARGS__)
#define log_error(...) log_line(SD_ERR, __VA_ARGS__)

void log_line(const char *priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
