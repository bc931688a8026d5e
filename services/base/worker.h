/* SPDX-License-Identifier: MIT */
/**
 * A thread that does what takes long, one job after the other, in the order in which they were posted; what
 * is done is told on the event loop, in that order too. So nothing on the loop waits for a disk or a large
 * score.
 */
#ifndef MOS_BASE_WORKER_H
#define MOS_BASE_WORKER_H

#include <pthread.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

/** Part of what it works for. Nobody else touches it between worker_post() and done(). */
struct job {
	/** On the worker's thread. @return 1: not finished, run again after the jobs that wait; 0: done. */
	int (*run)(struct job *job);
	/** On the loop: may free the job, and post others. */
	void (*done)(struct job *job);
	int dropped; /**< run() was not called, or not to its end: the worker was stopped */
	STAILQ_ENTRY(job) link;
};

STAILQ_HEAD(job_list, job);

/** Caller's memory. */
struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job_list waiting, finished; /**< under the lock */
	int stopping;                      /**< under the lock */
	int started;
	int bell; /**< eventfd: something is finished */
	sd_event_source *io;
	int (*idle)(void *data); /**< on the thread, when no job waits; 1: there is more to do */
	void *idle_data;
};

/** @param idle  May be NULL. @return 0, -errno. */
int worker_start(
	struct worker *worker, sd_event *event, const char *name, int (*idle)(void *data), void *data);
/** Ends what runs, tells done() of all jobs. Zeroed ones are fine. Thread: the loop's. */
void worker_stop(struct worker *worker);
/** On a worker that was stopped the job is dropped at once. Thread: the loop's. */
void worker_post(struct worker *worker, struct job *job);

#endif
