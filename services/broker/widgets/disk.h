/* SPDX-License-Identifier: MIT */
/**
 * What waits for the disk, away from the loop: jobs run one after the other on a thread of their own, so that
 * writing through never keeps a caller's command waiting. Main thread, but for disk_job.run.
 */
#ifndef BROKER_WIDGETS_DISK_H
#define BROKER_WIDGETS_DISK_H

#include <pthread.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

/** Embedded in what the job is about. */
struct disk_job {
	void (*run)(struct disk_job *job);  /**< on the disk's thread: touches what belongs to the job only */
	void (*done)(struct disk_job *job); /**< on the main thread; may free it */
	STAILQ_ENTRY(disk_job) link;
};

STAILQ_HEAD(disk_jobs, disk_job);

/** Caller's memory. */
struct disk {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct disk_jobs waiting, finished; /**< under the lock */
	int quit;
	int bell; /**< eventfd: something is finished */
	sd_event_source *io;
	int started;
};

/** @return 0, -errno. */
int disk_start(struct disk *disk, sd_event *event);
/** Finish what was given, tell done(), end the thread. Zeroed or stopped ones are fine. */
void disk_stop(struct disk *disk);

/** While disk_stop() is under way the job is done at once. */
void disk_submit(struct disk *disk, struct disk_job *job);

#endif
