/* SPDX-License-Identifier: MIT */
/**
 * A trace for Perfetto and chrome://tracing: the JSON Object Format of Chrome's Trace Event Format. Written
 * to a temporary file beside the one wanted, which gets its name when all of it is there.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC. Names may hold any bytes; what is no UTF-8 is replaced. After the
 * first failure the functions do nothing; chrome_close() tells it.
 */
#ifndef MOS_TRACE_CHROME_H
#define MOS_TRACE_CHROME_H

#include <stdint.h>
#include <sys/types.h>

/** So many events a file; what comes after is counted in chrome_left_out(). Some 500 MB. */
#define CHROME_EVENTS_MAX 4000000u

struct chrome;

/** A track: a thread, or, with tid 0, the process' own track. */
struct chrome_track {
	pid_t pid, tid;
};

enum chrome_flow { CHROME_FLOW_START = 's', CHROME_FLOW_STEP = 't', CHROME_FLOW_END = 'f' };

/** @param args  a JSON object, or NULL. @return 0, -errno */
int chrome_open(const char *path, struct chrome **ret);
/** The first name of each process and thread is told, so that it may be given with every event. `thread`
 * NULL: of the process. */
void chrome_name(struct chrome *c, struct chrome_track at, const char *process, const char *thread);
/** Has this thread its name? Saves looking for it. */
int chrome_is_named(const struct chrome *c, struct chrome_track at);
void chrome_slice(struct chrome *c, struct chrome_track at, const char *category, const char *name,
	uint64_t begin_ns, uint64_t ns, const char *args);
/** Spans may overlap on their thread. `id`: of its own within the category. */
void chrome_span(struct chrome *c, struct chrome_track at, const char *category, const char *name,
	uint64_t id, uint64_t begin_ns, uint64_t end_ns, const char *args);
void chrome_instant(struct chrome *c, struct chrome_track at, const char *category, const char *name,
	uint64_t at_ns, const char *args);
/** An arrow from slice to slice: each step lies within a slice of its track. Same id and name all along. */
void chrome_flow(struct chrome *c, enum chrome_flow step, struct chrome_track at, const char *name,
	uint64_t id, uint64_t at_ns);
void chrome_counter(struct chrome *c, pid_t pid, const char *name, uint64_t at_ns, double value);
uint64_t chrome_left_out(const struct chrome *c);
/** The file gets its name and c is freed, whatever comes of it. @return 0, -errno of what failed first */
int chrome_close(struct chrome *c);
/** Nothing is left of it. */
void chrome_abandon(struct chrome *c);

#endif
