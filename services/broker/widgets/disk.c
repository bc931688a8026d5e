/* SPDX-License-Identifier: MIT */
/* The disk's thread. */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "disk.h"

static void *work(void *data)
{
	struct disk *disk = data;

	pthread_mutex_lock(&disk->lock);
	for (;;) {
		struct disk_job *job = STAILQ_FIRST(&disk->waiting);

		if (!job && disk->quit)
			break;
		if (!job) {
			pthread_cond_wait(&disk->work, &disk->lock);
			continue;
		}
		STAILQ_REMOVE_HEAD(&disk->waiting, link);
		pthread_mutex_unlock(&disk->lock);
		job->run(job);
		pthread_mutex_lock(&disk->lock);
		STAILQ_INSERT_TAIL(&disk->finished, job, link);
		(void)eventfd_write(disk->bell, 1);
	}
	pthread_mutex_unlock(&disk->lock);
	return NULL;
}

static void tell_finished(struct disk *disk)
{
	struct disk_jobs finished;
	struct disk_job *job;

	STAILQ_INIT(&finished);
	pthread_mutex_lock(&disk->lock);
	STAILQ_CONCAT(&finished, &disk->finished);
	pthread_mutex_unlock(&disk->lock);
	while ((job = STAILQ_FIRST(&finished))) {
		STAILQ_REMOVE_HEAD(&finished, link);
		job->done(job);
	}
}

static int on_bell(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	eventfd_t n;

	(void)eventfd_read(fd, &n);
	tell_finished(data);
	return 0;
}

int disk_start(struct disk *disk, sd_event *event)
{
	sigset_t all, old;
	int rc;

	*disk = (struct disk){.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	STAILQ_INIT(&disk->waiting);
	STAILQ_INIT(&disk->finished);
	if (disk->bell < 0)
		return -errno;
	rc = sd_event_add_io(event, &disk->io, disk->bell, EPOLLIN, on_bell, disk);
	if (rc < 0)
		goto fail;
	pthread_mutex_init(&disk->lock, NULL);
	pthread_cond_init(&disk->work, NULL);
	/* Signals are the loop's. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = -pthread_create(&disk->thread, NULL, work, disk);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc < 0)
		goto fail;
	disk->started = 1;
	return 0;
fail:
	disk->io = sd_event_source_disable_unref(disk->io);
	close(disk->bell);
	return rc;
}

void disk_stop(struct disk *disk)
{
	if (!disk->started)
		return;
	pthread_mutex_lock(&disk->lock);
	disk->quit = 1;
	pthread_cond_signal(&disk->work);
	pthread_mutex_unlock(&disk->lock);
	pthread_join(disk->thread, NULL);
	tell_finished(disk);
	disk->io = sd_event_source_disable_unref(disk->io);
	close(disk->bell);
	pthread_cond_destroy(&disk->work);
	pthread_mutex_destroy(&disk->lock);
	disk->started = 0;
}

void disk_submit(struct disk *disk, struct disk_job *job)
{
	/* quit is written by this thread only. */
	if (disk->quit) {
		job->run(job);
		job->done(job);
		return;
	}
	pthread_mutex_lock(&disk->lock);
	STAILQ_INSERT_TAIL(&disk->waiting, job, link);
	pthread_cond_signal(&disk->work);
	pthread_mutex_unlock(&disk->lock);
}
