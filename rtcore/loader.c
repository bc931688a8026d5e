/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../shm/probe.h"

struct loader {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct loader_job *todo, **todo_end;
	struct loader_job *done, **done_end;
	int stop;
	int fd;
	void (*progress)(void *data, uint32_t percent, uint64_t bytes);
	void *data;
};

static void load_song(struct loader_job *j)
{
	struct mos_timeline_error err;
	struct song *song = NULL;

	j->status = song_create(j->fd, &song, &err);
	close(j->fd);
	j->fd = -1;
	j->object = song;
	if (j->status < 0)
		(void)snprintf(j->error, sizeof(j->error), "%s[%llu]: %s", err.table ? err.table : "header",
			(unsigned long long)err.index,
			err.reason && *err.reason ? err.reason : strerror(-j->status));
}

/* A library that takes minutes does not keep mos-rtcore from ending. */
static int on_progress(void *data, uint32_t percent, uint64_t bytes)
{
	struct loader *l = data;

	if (l->progress)
		l->progress(l->data, percent, bytes);
	return __atomic_load_n(&l->stop, __ATOMIC_RELAXED);
}

static void load_rack(struct loader *l, struct loader_job *j)
{
	j->status = rack_load(
		&j->plan, j->config, on_progress, l, &j->sampler, &j->facts, j->error, sizeof(j->error));
	j->object = j->status == 0 ? sampler_instrument(j->sampler) : NULL;
}

static void load_clip(struct loader_job *j)
{
	struct clip *clip = NULL;

	j->status = clip_load(j->clips, &j->clip, &clip, j->error, sizeof(j->error));
	j->object = clip;
}

static void free_object(enum loader_kind kind, void *object)
{
	struct instrument *i = object;

	if (kind == LOADER_SONG || kind == LOADER_FREE_SONG)
		song_destroy(object);
	else if (kind == LOADER_CLIP || kind == LOADER_FREE_CLIP)
		clip_free(object);
	else if (i)
		i->destroy(i);
}

static void *run(void *data)
{
	struct loader *l = data;
	struct loader_job *j;
	uint64_t one = 1;

	pthread_mutex_lock(&l->lock);
	for (;;) {
		while (!l->todo && !l->stop)
			pthread_cond_wait(&l->more, &l->lock);
		if (!l->todo)
			break;
		j = l->todo;
		l->todo = j->next;
		if (!l->todo)
			l->todo_end = &l->todo;
		pthread_mutex_unlock(&l->lock);
		if (j->kind == LOADER_SONG)
			load_song(j);
		else if (j->kind == LOADER_BANK)
			load_rack(l, j);
		else if (j->kind == LOADER_CLIP)
			load_clip(j);
		else
			free_object(j->kind, j->object);
		pthread_mutex_lock(&l->lock);
		if (j->kind >= LOADER_FREE_SONG) {
			free(j);
			continue;
		}
		MOS_PROBE(load, j->kind, j->status);
		j->next = NULL;
		*l->done_end = j;
		l->done_end = &j->next;
		(void)!write(l->fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

struct loader *loader_create(
	const char *name, void (*progress)(void *data, uint32_t percent, uint64_t bytes), void *data)
{
	struct loader *l = calloc(1, sizeof(*l));
	sigset_t all, old;

	if (!l)
		return NULL;
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->todo_end = &l->todo;
	l->done_end = &l->done;
	l->progress = progress;
	l->data = data;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->more, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (l->fd < 0 || pthread_create(&l->thread, NULL, run, l)) {
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		if (l->fd >= 0)
			close(l->fd);
		free(l);
		return NULL;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_setname_np(l->thread, name);
	return l;
}

void loader_destroy(struct loader *l)
{
	struct loader_job *j, *next;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	__atomic_store_n(&l->stop, 1, __ATOMIC_RELAXED); /* on_progress() holds no lock */
	pthread_cond_signal(&l->more);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	for (j = l->done; j; j = next) {
		next = j->next;
		free_object(j->kind, j->object);
		free(j->facts);
		free(j);
	}
	close(l->fd);
	pthread_cond_destroy(&l->more);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

int loader_submit(struct loader *l, const struct loader_job *job)
{
	struct loader_job *j = malloc(sizeof(*j));

	if (!j)
		return -ENOMEM;
	*j = *job;
	j->next = NULL;
	pthread_mutex_lock(&l->lock);
	*l->todo_end = j;
	l->todo_end = &j->next;
	pthread_cond_signal(&l->more);
	pthread_mutex_unlock(&l->lock);
	return 0;
}

int loader_fd(const struct loader *l)
{
	return l->fd;
}

int loader_take(struct loader *l, struct loader_job *ret)
{
	struct loader_job *j;
	uint64_t n;

	pthread_mutex_lock(&l->lock);
	j = l->done;
	if (j) {
		l->done = j->next;
		if (!l->done)
			l->done_end = &l->done;
	} else {
		(void)!read(l->fd, &n, sizeof(n));
	}
	pthread_mutex_unlock(&l->lock);
	if (!j)
		return 0;
	*ret = *j;
	free(j);
	return 1;
}
