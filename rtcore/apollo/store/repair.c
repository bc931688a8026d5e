/* SPDX-License-Identifier: MIT */
/* A copy that turns out to be damaged while it is streamed: decoded again beside the streamer, which goes on
 * with the other voices meanwhile. Where the cache can't be written, into memory. */
#include "priv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define JOBS 256u

struct repair {
	pthread_t thread;
	pthread_cond_t more;
	struct source *job[JOBS]; /* with a reference each; the first one is being worked on */
	uint32_t n;
	int stop;
};

/* @return whole sample as the cache has it; NULL */
static uint8_t *decode(struct store *s, struct source *src)
{
	uint64_t bytes = (uint64_t)src->n_frames * frame_bytes(src);
	struct decoder *d = NULL;
	uint8_t *to = NULL;
	char error[256];
	int fd = source_open(s, src, HOW_RAW), is_room;

	if (fd < 0)
		return NULL;
	pthread_mutex_lock(&s->lock);
	is_room = s->resident_bytes + bytes <= s->o.memory_bytes;
	if (is_room)
		s->resident_bytes += bytes;
	pthread_mutex_unlock(&s->lock);
	if (is_room && decoder_open(src, fd, &d, error, sizeof(error)) == 0) {
		to = calloc(1, bytes);
		if (to)
			(void)decoder_read(d, to, src->n_frames);
		decoder_close(d);
	}
	if (is_room && !to) {
		pthread_mutex_lock(&s->lock);
		s->resident_bytes -= bytes;
		pthread_mutex_unlock(&s->lock);
	}
	close(fd);
	return to;
}

static void mend(struct store *s, struct source *src)
{
	uint8_t *memory;

	if (cache_make(s, src) == 0)
		return;
	memory = decode(s, src);
	store_tell(s, "the cached copy of %s is damaged and cannot be made again; %s", src->file->path,
		memory ? "the file itself is read" : "it stays silent behind its attack");
	pthread_mutex_lock(&s->lock);
	src->memory = memory;
	src->how = memory ? HOW_MEMORY : HOW_DECODE;
	src->version++;
	pthread_mutex_unlock(&s->lock);
}

static void *run(void *data)
{
	struct store *s = data;
	struct repair *r = s->repair;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct source *src;

		while (!r->n && !r->stop)
			pthread_cond_wait(&r->more, &s->lock);
		if (r->stop)
			break;
		src = r->job[0];
		pthread_mutex_unlock(&s->lock);
		mend(s, src);
		pthread_mutex_lock(&s->lock);
		for (uint32_t i = 1; i < r->n; i++)
			r->job[i - 1] = r->job[i];
		r->n--;
		source_put(s, src);
	}
	while (r->n > 0)
		source_put(s, r->job[--r->n]);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static struct repair *start(struct store *s)
{
	struct repair *r = calloc(1, sizeof(*r));
	sigset_t all, old;

	if (!r)
		return NULL;
	pthread_cond_init(&r->more, NULL);
	s->repair = r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&r->thread, NULL, run, s)) {
		pthread_cond_destroy(&r->more);
		free(r);
		s->repair = NULL;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return s->repair;
}

void repair_ask(struct store *s, struct source *src)
{
	struct repair *r = s->repair ? s->repair : start(s);

	if (!r || r->n == JOBS)
		return; /* asked again when it is read again */
	for (uint32_t i = 0; i < r->n; i++)
		if (r->job[i] == src)
			return;
	src->is_damaged = 1;
	src->n_refs++;
	r->job[r->n++] = src;
	pthread_cond_signal(&r->more);
}

void repair_stop(struct store *s)
{
	struct repair *r = s->repair;

	if (!r)
		return;
	pthread_mutex_lock(&s->lock);
	r->stop = 1;
	pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&s->lock);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->more);
	free(r);
	s->repair = NULL;
}
