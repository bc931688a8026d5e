/* SPDX-License-Identifier: MIT */
/** More helpers of the whole-system tests of widgets: what a widget tells, shows and is asked. */
#ifndef TESTS_STAGE_PLAY_H
#define TESTS_STAGE_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <mos/control.h>

/** Start it with these settings, or fail the test with its log. */
void stage_start(struct mos_client *c, const char *id, const struct mos_field *settings, size_t n);
/** Stop it, or fail the test. */
void stage_stop(struct mos_client *c, const char *id);
/** Change settings while it runs. */
void stage_settings(struct mos_client *c, const char *id, const struct mos_field *settings, size_t n);
/** One of its methods. `ret` may be NULL. Fails the test when it refuses. */
void stage_ask(struct mos_client *c, const char *id, const char *method, const struct mos_field *params,
	size_t n_params, struct mos_reply *ret);
/** What it shows now: finish it. */
void stage_shown(struct mos_client *c, const char *id, struct mos_reply *ret);
/** The process named `program` below the one that the broker knows; 0: there is none. */
pid_t stage_process(struct mos_client *c, const char *id, const char *program);

/** Events as they were told, in order. */
struct stage_events {
	struct mos_event *event;
	size_t n, max;
};
/** Only these types from now on, and none of what was before. */
void stage_listen(struct mos_client *c, const uint32_t *types, size_t n);
/** Take what has come. Fails the test when something was lost. */
void stage_take(struct mos_client *c, struct stage_events *events);
/** Take until the transport's own time has passed this moment of CLOCK_MONOTONIC. */
void stage_take_until(struct mos_client *c, struct stage_events *events, int64_t time_ns);
/** Wait for one that `is(event, data)`, taking what comes before. Fails the test when none comes. */
struct mos_event stage_expect(struct mos_client *c, struct stage_events *events,
	bool (*is)(const struct mos_event *event, const void *data), const void *data, const char *what);
void stage_events_finish(struct stage_events *events);

int64_t stage_now_ns(void);

#endif
