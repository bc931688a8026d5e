/* SPDX-License-Identifier: MIT */
/** Somebody who looks at a video node of the theater: a program that takes its frames and does nothing. */
#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H

#include <stdint.h>
#include <sys/types.h>

#include <mos/client.h>

/** Look, and wait until ten frames came. @return the process; -1, and a line on stderr. */
pid_t watch_start(struct mos_client *c, const char *stream);
void watch_stop(pid_t watcher);
/** Frames that the stream gave so far; -1: nobody knows. */
int64_t watch_frames(struct mos_client *c, const char *stream);

#endif
