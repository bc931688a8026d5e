/* SPDX-License-Identifier: MIT */
/**
 * What the theater follows: the clock, and whatever score Hermes has loaded. A program's connection
 * (libmos), since the theater hears what everybody hears. Comes and comes back by itself. Thread: main;
 * scores are read on the worker's.
 */
#ifndef THEATER_FOLLOW_H
#define THEATER_FOLLOW_H

#include <mos/client.h>
#include <score/order.h>

#include "retry.h"
#include "worker.h"

/** A score with the order in which it is played; reference-counted by who shows it. */
struct followed {
	atomic_uint refs;
	const struct score *score;
	struct score_play_order order;
	uint64_t version; /**< of what was loaded or edited; rising */
};
struct followed *followed_ref(struct followed *f);
void followed_unref(struct followed *f); /**< NULL is fine */

#define FOLLOW_FAULT_MAX 320u

struct follow_ops {
	/** Another score, or another state of it; NULL: none, and `fault` says why what Hermes has cannot be
	 * shown; empty: it has none. */
	void (*score)(struct followed *score, const char *fault, void *data);
};

/** Where the transport is when a frame is seen. */
struct follow_place {
	int64_t time_ns; /**< CLOCK_MONOTONIC of that */
	int is_known;    /**< rtcore runs */
	int is_rolling, is_playing;
	double tick;         /**< played, 960 a quarter */
	double written_tick; /**< in the score as written */
	int64_t beat_ns;     /**< CLOCK_MONOTONIC of the next beat; 0: none */
	int64_t bar_ns;      /**< likewise, of the next bar, by the meter and tempo in force */
};

struct follow {
	sd_event *event;
	struct worker *worker;
	const struct follow_ops *ops;
	void *data;
	const char *runtime_dir;
	struct mos_client *client; /**< NULL: not connected */
	struct retry retry;
	sd_event_source *io;
	struct followed *score;
	char fault[FOLLOW_FAULT_MAX]; /**< as told with the score last */
	uint64_t version;
	uint8_t is_asking, is_stale; /**< a score is being fetched; another one has come meanwhile */
	uint8_t is_opening, is_closing;
	uint32_t n_reading; /**< jobs of the worker that name this */
};

/** @return 0, -errno of the event loop. Strings and pointers are borrowed. */
int follow_start(struct follow *f, sd_event *event, struct worker *worker, const char *runtime_dir,
	const struct follow_ops *ops, void *data);
/** The worker was stopped before. */
void follow_stop(struct follow *f);
/** The broker is there: connect now rather than later. */
void follow_broker_up(struct follow *f);

void follow_place_at(const struct follow *f, int64_t time_ns, struct follow_place *ret);

#endif
