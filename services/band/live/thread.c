/* SPDX-License-Identifier: MIT */
/*
 * The thread that runs a loop. Only it touches the loop; others leave a song in the post and wait until it is
 * taken. The lock is for the post and for what is told: nothing is sent and nothing is allocated while it is
 * held.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "loop.h"

#define PRIORITY 20 /* below the audio threads: they send what we hand over */
#define STACK_SIZE (256u << 10)

struct band_thread {
	pthread_t thread;
	struct band_loop *loop; /* the thread's */
	pthread_mutex_t lock;
	pthread_cond_t wake;     /* the thread: there is post, or it shall stop */
	pthread_cond_t answered; /* whoever posted */

	/* under the lock */
	struct song *post; /* taken: NULL */
	struct song *old;  /* given back */
	int answer;
	bool stop;
	struct loop_view view;
	struct band_thread_status status;
};

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/** Until then, or until there is something to do. Holds the lock. */
static void sleep_until(struct band_thread *t, int64_t ns)
{
	const struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

	while (!t->stop && !t->post) {
		if (pthread_cond_timedwait(&t->wake, &t->lock, &until) == ETIMEDOUT)
			return;
	}
}

static void read_post(struct band_thread *t)
{
	if (!t->post)
		return;
	t->old = NULL;
	t->answer = loop_change(t->loop, t->post, &t->old);
	t->view = loop_view(t->loop);
	if (t->answer < 0)
		t->old = t->post;
	t->post = NULL;
	(void)pthread_cond_broadcast(&t->answered);
}

static void *run(void *data)
{
	struct band_thread *t = data;
	bool stop = false;
	int64_t wait_ns = 1;

	(void)prctl(PR_SET_TIMERSLACK, 1);
	while (wait_ns > 0 && !stop) {
		const int64_t ns = now_ns();
		struct loop_view view;

		wait_ns = band_loop_run(t->loop, ns, NULL, NULL);
		view = loop_view(t->loop);
		(void)pthread_mutex_lock(&t->lock);
		t->view = view;
		if (wait_ns > 0)
			sleep_until(t, ns + wait_ns);
		read_post(t);
		stop = t->stop;
		(void)pthread_mutex_unlock(&t->lock);
	}
	(void)pthread_mutex_lock(&t->lock);
	t->status.error = wait_ns < 0 ? (int)wait_ns : 0;
	t->status.ended = true;
	read_post(t); /* is told that it ended */
	(void)pthread_mutex_unlock(&t->lock);
	return NULL;
}

/** With every signal blocked: they are for others, and a write to who hung up is an error, not a signal. */
static int start(struct band_thread *t)
{
	const struct sched_param param = {.sched_priority = PRIORITY};
	pthread_attr_t attr;
	sigset_t all, before;
	int rc = -pthread_attr_init(&attr);

	if (rc < 0)
		return rc;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	(void)pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	(void)pthread_attr_setschedparam(&attr, &param);
	t->status.realtime = true;
	rc = -pthread_create(&t->thread, &attr, run, t);
	if (rc == -EPERM) {
		t->status.realtime = false;
		(void)pthread_attr_setinheritsched(&attr, PTHREAD_INHERIT_SCHED);
		rc = -pthread_create(&t->thread, &attr, run, t);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return rc;
}

/** A lock that lends its holder the priority of who waits for it. */
static int make_locks(struct band_thread *t)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	if (pthread_mutexattr_init(&mutex) != 0)
		return -ENOMEM;
	if (pthread_condattr_init(&cond) != 0) {
		(void)pthread_mutexattr_destroy(&mutex);
		return -ENOMEM;
	}
	(void)pthread_mutexattr_setprotocol(&mutex, PTHREAD_PRIO_INHERIT);
	(void)pthread_mutex_init(&t->lock, &mutex);
	(void)pthread_mutexattr_destroy(&mutex);
	(void)pthread_condattr_setclock(&cond, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->wake, &cond);
	(void)pthread_cond_init(&t->answered, NULL);
	(void)pthread_condattr_destroy(&cond);
	return 0;
}

int band_thread_start(struct band_loop *loop, struct band_thread **ret)
{
	struct band_thread *t = calloc(1, sizeof(*t));
	int rc = t ? make_locks(t) : -ENOMEM;

	if (rc == 0) {
		t->loop = loop;
		t->view = loop_view(loop);
		rc = start(t);
	}
	if (rc < 0) {
		free(t);
		return rc;
	}
	*ret = t;
	return 0;
}

int band_thread_replace(struct band_thread *t, const struct band_schedule *schedule, int64_t at_ns)
{
	struct song *song, *old = NULL;
	int rc = song_new(schedule, at_ns, &song);

	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&t->lock);
	if (t->status.ended) {
		rc = -ESHUTDOWN;
		old = song;
	} else {
		t->post = song;
		(void)pthread_cond_signal(&t->wake);
		while (t->post)
			(void)pthread_cond_wait(&t->answered, &t->lock);
		rc = t->answer;
		old = t->old;
	}
	(void)pthread_mutex_unlock(&t->lock);
	song_free(old);
	return rc;
}

void band_thread_status(struct band_thread *t, struct band_thread_status *ret)
{
	const int64_t ns = now_ns();

	(void)pthread_mutex_lock(&t->lock);
	*ret = t->status;
	ret->position_ns = song_position(&t->view.place, ns);
	ret->n_sent = t->view.n_sent;
	ret->n_late = t->view.n_late;
	ret->n_dropped = t->view.n_dropped;
	(void)pthread_mutex_unlock(&t->lock);
}

void band_thread_stop(struct band_thread *t)
{
	if (!t)
		return;
	(void)pthread_mutex_lock(&t->lock);
	t->stop = true;
	(void)pthread_cond_signal(&t->wake);
	(void)pthread_mutex_unlock(&t->lock);
	(void)pthread_join(t->thread, NULL);
	band_loop_free(t->loop);
	(void)pthread_cond_destroy(&t->answered);
	(void)pthread_cond_destroy(&t->wake);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}
