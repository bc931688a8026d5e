/* SPDX-License-Identifier: MIT */
/*
 * Streams: the thread that reads. It looks at its table every few milliseconds instead of being woken, since
 * a wake is a system call that the audio thread may not make. It can afford to: what a voice begins with is
 * in memory (85 ms and more at the speed of the sample), so a stream that is opened just after a look is read
 * long before it is needed. While no bank is streamed it sleeps.
 *
 * The most urgent is read first: whose frames ahead last for the shortest time at its speed. One read a
 * stream is under way at a time, of at most READ_BYTES.
 */
#include "stream_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../../shm/probe.h"

#define PRIORITY 5         /* below the bus thread's */
#define POLL_NS 5000000ull /* longest time between two looks */
#define POLL_LEAST_NS 1000000ull
#define RETRY_NS 100000000ull /* after a read that failed */
#define IDLE_NS 2000000000ull /* without a stream, files are closed */
#define OUT_HZ 48000ull       /* for times only */

struct open_file {
	uint64_t uid; /* 0: free */
	uint64_t used;
	uint32_t version;
	uint8_t how;
	int fd;
};

struct urgent {
	uint64_t time;
	uint32_t stream;
};

struct streamer {
	struct stream_pool *p;
	struct store *s;
	pthread_t thread;
	struct reads *reads;
	struct way *way;
	struct urgent *urgent;
	struct request request[READS];
	uint32_t idle[READS], n_idle; /* buffers */
	struct open_file file[READ_FILES];
	uint32_t n_open, n_files;
	uint64_t clock, shortest, idle_since_ns;
	/* store's lock */
	uint64_t asked, settled;
	int stop;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void let_go(struct streamer *t, struct way *w)
{
	if (w->source) {
		pthread_mutex_lock(&t->s->lock);
		source_put(t->s, w->source);
		pthread_mutex_unlock(&t->s->lock);
	}
	w->source = NULL;
}

/* The audio thread has opened it, or closed it. */
static void answer(struct streamer *t, uint32_t i, uint32_t want)
{
	struct slot *slot = &t->p->slot[i];
	struct way *w = &t->way[i];

	let_go(t, w);
	w->turn++;
	w->is_reading = 0;
	w->retry_ns = 0;
	if (want & 1) {
		pthread_mutex_lock(&t->s->lock);
		if (slot->source < t->s->n_sources && t->s->source[slot->source]) {
			w->source = t->s->source[slot->source];
			w->source->n_refs++;
		}
		pthread_mutex_unlock(&t->s->lock);
	}
	way_begin(t->p, i, w);
	atomic_store_explicit(&slot->have, want, memory_order_release);
}

/* Its number in the table, opened when it must be. */
static int find_file(struct streamer *t, const struct source *src, int how)
{
	uint64_t uid = how == HOW_RAW ? src->file->uid : src->uid;
	uint32_t version = how == HOW_RAW ? 0 : src->version, oldest = 0;
	struct open_file *f;
	int fd;

	for (uint32_t i = 0; i < t->n_files; i++) {
		f = &t->file[i];
		if (f->uid == uid && f->how == how && f->version == version) {
			f->used = ++t->clock;
			return (int)i;
		}
		if (f->used < t->file[oldest].used)
			oldest = i;
	}
	fd = source_open(t->s, src, how);
	if (fd < 0)
		return fd;
	/* We read ahead ourselves. The kernel takes hundreds of voices in one file for one reader, and
	 * fetches as much as it is set to (8 MiB here) for each of them while the next one waits. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	if (t->n_files < READ_FILES)
		oldest = t->n_files++;
	f = &t->file[oldest];
	reads_file(t->reads, oldest, fd);
	if (f->uid)
		close(f->fd);
	*f = (struct open_file){uid, ++t->clock, version, (uint8_t)how, fd};
	return (int)oldest;
}

static void close_files(struct streamer *t)
{
	for (uint32_t i = 0; i < t->n_files; i++) {
		reads_file(t->reads, i, -1);
		close(t->file[i].fd);
	}
	memset(t->file, 0, sizeof(t->file));
	t->n_files = 0;
}

/* What is read stays in its voice as it is; the next try may work (a disk that comes back, a copy made
 * again). */
static void fail(struct streamer *t, struct way *w, int how, int r)
{
	struct source *src = w->source;
	int is_told = 1;

	w->retry_ns = now_ns() + RETRY_NS;
	pthread_mutex_lock(&t->s->lock);
	if (how != HOW_RAW) {
		repair_ask(t->s, src);
	} else {
		is_told = src->file->is_told;
		src->file->is_told = 1;
	}
	pthread_mutex_unlock(&t->s->lock);
	if (!is_told)
		store_tell(t->s, "cannot read %s: %s; only what is in memory sounds", src->file->path,
			r == -ESTALE ? "it has changed" : strerror(-r));
}

static int is_good(
	struct streamer *t, const struct source *src, const struct request *q, const uint8_t *bytes)
{
	for (uint32_t k = 0; k * STORE_BLOCK < q->bytes; k++)
		if (!cache_is_good(t->s, src, q->block + k, bytes + (size_t)k * STORE_BLOCK))
			return 0;
	return 1;
}

static void complete(struct streamer *t, uint32_t buffer, int n)
{
	const struct request *q = &t->request[buffer];
	struct way *w = &t->way[q->stream];
	const struct source *src = w->source;
	const uint8_t *bytes = reads_buffer(t->reads, buffer);
	struct layout y;

	MOS_PROBE(stream_end, q->stream, n);
	t->idle[t->n_idle++] = buffer;
	if (n > 0)
		atomic_store_explicit(&t->p->bytes,
			atomic_load_explicit(&t->p->bytes, memory_order_relaxed) + (uint64_t)n,
			memory_order_relaxed);
	if (!src || q->turn != w->turn)
		return;
	w->is_reading = 0;
	if (n == -EAGAIN || n == -EINTR) {
		w->retry_ns = now_ns() + POLL_LEAST_NS;
		return;
	}
	if (q->how == HOW_CACHE) {
		if (q->version != src->version)
			return;
		if (n != (int)q->bytes || !is_good(t, src, q, bytes)) {
			fail(t, w, HOW_CACHE, -EBADMSG);
			return;
		}
		y = cache_layout(src);
	} else {
		y = src->layout;
		if (n <= 0) {
			fail(t, w, HOW_RAW, n < 0 ? n : -EIO);
			return;
		}
		if (n < (int)y.frame_bytes) /* less than a frame: not at once again */
			w->retry_ns = now_ns() + POLL_LEAST_NS;
	}
	way_fill(t->p, q->stream, w, &y, q->first, q->first + (uint32_t)n / y.frame_bytes, bytes);
}

static void start(struct streamer *t, uint32_t i)
{
	struct way *w = &t->way[i];
	struct source *src = w->source;
	struct request q = {.stream = i, .turn = w->turn, .version = src->version};
	uint32_t left = way_left(t->p, i, w), buffer;
	int how = src->how, file, n_bytes;
	uint64_t at;

	if (left == 0)
		return;
	if (how == HOW_MEMORY) {
		const struct layout y = cache_layout(src);

		way_fill(t->p, i, w, &y, 0, src->n_frames, src->memory);
		return;
	}
	file = how == HOW_DECODE ? -ENOENT : find_file(t, src, how);
	if (file < 0) {
		fail(t, w, how, file);
		return;
	}
	q.how = (uint8_t)how;
	at = way_read(w, left, &q);
	buffer = t->idle[--t->n_idle];
	t->request[buffer] = q;
	w->is_reading = 1;
	MOS_PROBE(stream_begin, i, q.bytes);
	if (reads_start(t->reads, buffer, (uint32_t)file, at, q.bytes))
		while (reads_next(t->reads, 0, &buffer, &n_bytes))
			complete(t, buffer, n_bytes);
}

static int by_time(const void *va, const void *vb)
{
	const struct urgent *a = va, *b = vb;

	return a->time != b->time ? (a->time > b->time) - (a->time < b->time)
				  : (a->stream > b->stream) - (a->stream < b->stream);
}

/* What the audio thread has changed, and what is to be read: a quarter at a time, or all when somebody waits
 * for it.
 * @return number in t->urgent, most urgent first
 */
static uint32_t look(struct streamer *t, int is_awaited)
{
	uint64_t now = now_ns();
	uint32_t n = 0;

	t->n_open = 0;
	t->shortest = POLL_NS * 3;
	for (uint32_t i = 0; i < t->p->n; i++) {
		struct slot *slot = &t->p->slot[i];
		struct way *w = &t->way[i];
		uint32_t want = atomic_load_explicit(&slot->want, memory_order_acquire), left;
		uint64_t inc, time;

		if (want != atomic_load_explicit(&slot->have, memory_order_relaxed))
			answer(t, i, want);
		t->n_open += want & 1;
		if (!w->source)
			continue;
		left = way_left(t->p, i, w);
		inc = atomic_load_explicit(&slot->inc, memory_order_relaxed) >> 16;
		time = (((uint64_t)(w->filled - atomic_load_explicit(&slot->taken, memory_order_relaxed))
				<< 16) /
			       (inc ? inc : 1)) *
		       1000000000u / OUT_HZ;
		if (w->loop_end || w->pos < w->source->n_frames)
			t->shortest = time < t->shortest ? time : t->shortest;
		if (w->is_reading || w->retry_ns > now || (!w->loop_end && w->pos >= w->source->n_frames) ||
			left < (is_awaited ? 1 : ahead_of(inc << 16, w->room) / 4))
			continue;
		t->urgent[n++] = (struct urgent){time, i};
	}
	qsort(t->urgent, n, sizeof(*t->urgent), by_time);
	return n;
}

/* @return 1: something is under way, or waits for a buffer */
static int pass(struct streamer *t, int is_awaited)
{
	uint32_t n = look(t, is_awaited), i, buffer;
	int bytes;

	for (i = 0; i < n && t->n_idle > 0; i++)
		start(t, t->urgent[i].stream);
	while (reads_next(t->reads, 0, &buffer, &bytes))
		complete(t, buffer, bytes);
	if (t->n_idle < READS && reads_next(t->reads, POLL_LEAST_NS, &buffer, &bytes))
		complete(t, buffer, bytes);
	return n > 0 || t->n_idle < READS;
}

static void rest(struct streamer *t)
{
	uint64_t ns = t->n_open ? t->shortest / 3 : POLL_NS;
	struct timespec until;

	ns = ns < POLL_LEAST_NS ? POLL_LEAST_NS : ns > POLL_NS ? POLL_NS : ns;
	if (t->s->n_streamed == 0 && t->n_open == 0) {
		(void)pthread_cond_wait(&t->s->wake, &t->s->lock);
		return;
	}
	ns += now_ns();
	until = (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
	(void)pthread_cond_timedwait(&t->s->wake, &t->s->lock, &until);
}

static void *run(void *data)
{
	struct streamer *t = data;
	struct store *s = t->s;

	pthread_mutex_lock(&s->lock);
	while (!t->stop) {
		uint64_t asked = t->asked;
		int is_busy;

		pthread_mutex_unlock(&s->lock);
		is_busy = pass(t, asked != t->settled);
		if (t->n_open)
			t->idle_since_ns = 0;
		else if (!t->idle_since_ns)
			t->idle_since_ns = now_ns();
		else if (t->n_files && !is_busy && now_ns() - t->idle_since_ns > IDLE_NS)
			close_files(t);
		pthread_mutex_lock(&s->lock);
		if (is_busy)
			continue;
		if (t->settled != asked) {
			t->settled = asked;
			pthread_cond_broadcast(&s->settled);
		}
		if (!t->stop && t->asked == asked)
			rest(t);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

void streamer_settle(struct streamer *t)
{
	uint64_t asked;

	pthread_mutex_lock(&t->s->lock);
	asked = ++t->asked;
	pthread_cond_broadcast(&t->s->wake);
	while (t->settled < asked)
		pthread_cond_wait(&t->s->settled, &t->s->lock);
	pthread_mutex_unlock(&t->s->lock);
}

struct streamer *streamer_create(struct stream_pool *p)
{
	struct streamer *t = calloc(1, sizeof(*t));
	struct sched_param param = {.sched_priority = PRIORITY};
	sigset_t all, old;
	int is_uring = 0, r;

	if (!t)
		return NULL;
	t->p = p;
	t->s = p->store;
	t->way = calloc(p->n, sizeof(*t->way));
	t->urgent = calloc(p->n, sizeof(*t->urgent));
	t->reads = reads_create(&is_uring);
	for (uint32_t i = 0; i < READS; i++)
		t->idle[t->n_idle++] = READS - 1 - i;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = t->way && t->urgent && t->reads ? pthread_create(&t->thread, NULL, run, t) : ENOMEM;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r == 0) {
		(void)pthread_setname_np(t->thread, "samples");
		(void)pthread_setschedparam(t->thread, SCHED_FIFO, &param); /* where it is allowed */
		if (!is_uring)
			store_tell(
				t->s, "the kernel gives no io_uring: samples are read one after the other");
		return t;
	}
	if (t->reads)
		reads_destroy(t->reads);
	free(t->way);
	free(t->urgent);
	free(t);
	return NULL;
}

void streamer_destroy(struct streamer *t)
{
	pthread_mutex_lock(&t->s->lock);
	t->stop = 1;
	pthread_cond_broadcast(&t->s->wake);
	pthread_mutex_unlock(&t->s->lock);
	pthread_join(t->thread, NULL);
	for (uint32_t i = 0; i < t->p->n; i++)
		let_go(t, &t->way[i]);
	close_files(t);
	reads_destroy(t->reads);
	free(t->way);
	free(t->urgent);
	free(t);
}
