/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void ring(struct worker *w)
{
	/* Full means that the loop is told already. */
	(void)!write(w->bell, &(uint64_t){1}, sizeof(uint64_t));
}

/* Until there is a job: what may wait is done meanwhile. The lock is held. @return NULL: to be stopped. */
static struct job *next_job(struct worker *w)
{
	int more = 1;

	while (!w->stopping && STAILQ_EMPTY(&w->waiting)) {
		if (more && w->idle) {
			pthread_mutex_unlock(&w->lock);
			more = w->idle(w->idle_data);
			pthread_mutex_lock(&w->lock);
		} else {
			pthread_cond_wait(&w->wake, &w->lock);
			more = 1;
		}
	}
	struct job *job = w->stopping ? NULL : STAILQ_FIRST(&w->waiting);
	if (job)
		STAILQ_REMOVE_HEAD(&w->waiting, link);
	return job;
}

static void *run(void *data)
{
	struct worker *w = data;
	struct job *job;

	pthread_mutex_lock(&w->lock);
	while ((job = next_job(w))) {
		pthread_mutex_unlock(&w->lock);
		const int again = job->run(job);
		pthread_mutex_lock(&w->lock);
		if (again) {
			STAILQ_INSERT_TAIL(&w->waiting, job, link);
		} else {
			STAILQ_INSERT_TAIL(&w->finished, job, link);
			ring(w);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void tell(struct worker *w)
{
	struct job_list list = STAILQ_HEAD_INITIALIZER(list);

	pthread_mutex_lock(&w->lock);
	STAILQ_CONCAT(&list, &w->finished);
	pthread_mutex_unlock(&w->lock);
	for (struct job *job; (job = STAILQ_FIRST(&list));) {
		STAILQ_REMOVE_HEAD(&list, link);
		job->done(job);
	}
}

static int on_bell(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) > 0)
		tell(data);
	return 0;
}

int worker_start(struct worker *w, sd_event *event, const char *name, int (*idle)(void *data), void *data)
{
	sigset_t all, before;
	int rc;

	*w = (struct worker){.bell = -1, .idle = idle, .idle_data = data};
	STAILQ_INIT(&w->waiting);
	STAILQ_INIT(&w->finished);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, NULL);
	w->started = 1;
	w->stopping = 1; /* until the thread is there */
	w->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->bell < 0)
		return -errno;
	rc = sd_event_add_io(event, &w->io, w->bell, EPOLLIN, on_bell, w);
	if (rc < 0)
		return rc;
	/* Signals are the loop's. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	w->stopping = 0;
	rc = -pthread_create(&w->thread, NULL, run, w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0)
		w->stopping = 1;
	else
		(void)pthread_setname_np(w->thread, name);
	return rc;
}

void worker_stop(struct worker *w)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	const int has_thread = !w->stopping;
	w->stopping = 1;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (has_thread)
		(void)pthread_join(w->thread, NULL);
	/* What is done may post more: nothing of it is run. */
	do {
		tell(w);
		for (struct job *job; (job = STAILQ_FIRST(&w->waiting));) {
			STAILQ_REMOVE_HEAD(&w->waiting, link);
			job->dropped = 1;
			STAILQ_INSERT_TAIL(&w->finished, job, link);
		}
	} while (!STAILQ_EMPTY(&w->finished));
	w->io = sd_event_source_disable_unref(w->io);
	if (w->bell >= 0)
		close(w->bell);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	*w = (struct worker){0};
}

void worker_post(struct worker *w, struct job *job)
{
	job->dropped = !w->started;
	if (job->dropped) {
		job->done(job);
		return;
	}
	pthread_mutex_lock(&w->lock);
	STAILQ_INSERT_TAIL(&w->waiting, job, link);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}
