/* SPDX-License-Identifier: MIT */
/**
 * broker.events.metrics: figures of the bus (EVT-10, EVT-20). What was published rtcore counts; what was
 * delivered each client counts in its own region, which nobody has to believe. Rates need two readings: while
 * somebody asks, the counters are read four times a second, and rate_hz is the difference to the reading of a
 * second ago.
 */
#ifndef BROKER_METRICS_H
#define BROKER_METRICS_H

#include <sys/queue.h>
#include <systemd/sd-event.h>

#include <mos/event.h>

#include "rpc.h"

#define METRICS_READINGS 8u

struct metrics_question;

struct metrics_reading {
	int64_t time_us; /**< CLOCK_MONOTONIC */
	uint64_t published[MOS_EVENT_TYPES_MAX];
};

/** Zeroed at first. */
struct metrics {
	struct metrics_reading reading[METRICS_READINGS];
	uint64_t n_readings; /**< so far, of this generation */
	uint64_t generation;
	int64_t asked_us; /**< the last time that somebody asked */
	sd_event_source *timer;
	TAILQ_HEAD(, metrics_question) waiting; /**< for the second reading */
};

void metrics_init(struct metrics *metrics);
void metrics_finish(struct metrics *metrics);

int metrics_handle(struct rpc_request *req, const msgpack_object *params);

#endif
