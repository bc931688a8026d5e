/* SPDX-License-Identifier: MIT */
/* One insert: the periods in a thread of their own, and what rtcore asks for meanwhile. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <mos/rtctl.h>

#include "fxhost.h"

#define SPARE_MAX 64u                   /* periods too late that are still done, so that nothing is torn */
#define BACKLOG_MAX (INSERT_RING - 64u) /* what is older may be overwritten while it is read */
#define BREATH_PERIODS 4u               /* then a pause, so that only a period that never ends is too much */
#define BREATH_NS 20000
#define REST_NS 2000000 /* when it is too slow; twice as long each time */
#define REST_MAX_NS 500000000
#define LOOK_NS 5000000 /* rtcore wakes us; that this once fails costs so much */
#define IDLE_NS 100000000
#define IDLE_LOOKS 200u

struct host {
	struct mos_region mapped;
	struct insert_region *region;
	struct fx *fx;
	struct insert_cue cue; /* the audio thread's */
	pthread_mutex_t lock; /* the periods stand still while a state is read or put in force */
	char *text;           /* of a state that comes in pieces */
	size_t text_n;
};

/* Numbers that are too small to hear are slow to count with. */
static void flush_denormals(void)
{
#if defined(__x86_64__)
	__builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#elif defined(__aarch64__)
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	__asm__ volatile("msr fpcr, %0" ::"r"(fpcr | UINT64_C(1) << 24));
#endif
}

/* @param gap  There were periods before it that nobody ran. */
static void run_period(struct host *h, uint64_t number, int gap)
{
	const struct insert_cue *shared = &h->region->cue[number % INSERT_RING];
	const struct insert_slot *in = &h->region->in[number % INSERT_RING];
	struct insert_slot *out = &h->region->out[number % INSERT_RING];
	float l[INSERT_PERIOD], r[INSERT_PERIOD];
	uint32_t latency;

	memcpy(l, in->l, sizeof(l));
	memcpy(r, in->r, sizeof(r));
	memcpy(&h->cue, shared, sizeof(h->cue));
	h->cue.lost |= gap;
	pthread_mutex_lock(&h->lock);
	latency = h->fx->run(h->fx, &h->cue, l, r, out->l, out->r);
	pthread_mutex_unlock(&h->lock);
	__atomic_store_n(&h->region->own_latency, latency, __ATOMIC_RELAXED);
	/* release pairs with the audio thread's acquire: who sees the number sees the sound */
	__atomic_store_n(&out->number, number + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&h->region->n_out, number + 1, __ATOMIC_RELEASE);
}

static void pause_for(int64_t ns)
{
	const struct timespec wait = {.tv_nsec = ns};

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

/* Nothing to do: wait until rtcore hands over the next one. @param idle  times that nothing came. */
static void wait_for_period(struct host *h, uint64_t n, uint32_t idle)
{
	const struct timespec wait = {.tv_nsec = idle < IDLE_LOOKS ? LOOK_NS : IDLE_NS};
	uint32_t *word = (uint32_t *)&h->region->n_in; /* little-endian: its low half */

	(void)syscall(SYS_futex, word, FUTEX_WAIT, (uint32_t)n, &wait, NULL, 0);
}

static uint64_t most_behind(const struct host *h)
{
	uint64_t n = h->region->latency / INSERT_PERIOD + SPARE_MAX;

	return n < BACKLOG_MAX ? n : BACKLOG_MAX;
}

static void *audio(void *data)
{
	struct host *h = data;
	uint32_t idle = 0, busy = 0;
	int64_t rest_ns = REST_NS;
	uint64_t done = 0, n;
	int gap;

	flush_denormals();
	for (;;) {
		/* acquire pairs with rtcore's release: the period is whole */
		n = __atomic_load_n(&h->region->n_in, __ATOMIC_ACQUIRE);
		if (n == done) {
			wait_for_period(h, n, idle);
			idle += idle < IDLE_LOOKS;
			busy = 0;
			rest_ns = REST_NS;
			continue;
		}
		idle = 0;
		gap = 0;
		if (n - done >
			most_behind(h)) { /* nobody waits for these any more, and others want the processor */
			pause_for(rest_ns);
			rest_ns = 2 * rest_ns < REST_MAX_NS ? 2 * rest_ns : REST_MAX_NS;
			done = __atomic_load_n(&h->region->n_in, __ATOMIC_ACQUIRE) - 1;
			gap = 1;
		}
		if (++busy % BREATH_PERIODS == 0)
			pause_for(BREATH_NS);
		run_period(h, done++, gap);
	}
	return NULL;
}

static void message(struct insert_msg *m, uint32_t op, const char *text, size_t size)
{
	memset(m, 0, offsetof(struct insert_msg, text));
	m->op = op;
	m->size = (uint32_t)(size < sizeof(m->text) ? size : sizeof(m->text) - 1);
	memcpy(m->text, text, m->size);
}

static int say(const struct insert_msg *m)
{
	return send(INSERT_FD_SOCKET, m, offsetof(struct insert_msg, text) + m->size, MSG_NOSIGNAL) < 0
		       ? -errno
		       : 0;
}

static int say_failed(int status, const char *text)
{
	struct insert_msg m;

	message(&m, INSERT_OP_FAILED, text, strlen(text));
	m.u.failed.status = status;
	return say(&m);
}

static int say_controls(const struct fx *fx)
{
	struct insert_msg m;
	int r = 0;

	for (uint32_t i = 0; i < fx->n_controls && r == 0; i++) {
		const struct fx_control *c = &fx->control[i];

		message(&m, INSERT_OP_CONTROL, c->symbol, strlen(c->symbol));
		m.u.control.min = c->min;
		m.u.control.max = c->max;
		m.u.control.initial = c->initial;
		__atomic_load(&c->value, &m.u.control.value, __ATOMIC_RELAXED);
		r = say(&m);
	}
	return r;
}

static int say_ready(const struct fx *fx)
{
	struct insert_msg m;
	int r = say_controls(fx);

	message(&m, INSERT_OP_READY, fx->name, strlen(fx->name));
	return r < 0 ? r : say(&m);
}

static int start_audio(struct host *h, uint32_t priority)
{
	struct rlimit lim = {0};
	struct sched_param param = {.sched_priority = (int)priority};
	pthread_mutexattr_t attr;
	pthread_t thread;
	int r;

	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	(void)pthread_mutex_init(&h->lock, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	r = pthread_create(&thread, NULL, audio, h);
	if (r)
		return -r;
	(void)pthread_setname_np(thread, "mos-fx");
	(void)getrlimit(RLIMIT_RTPRIO, &lim);
	/* without the right to, ordinary priority does */
	if (priority && pthread_setschedparam(thread, SCHED_FIFO, &param) && lim.rlim_cur > 0) {
		param.sched_priority = lim.rlim_cur < priority ? (int)lim.rlim_cur : (int)priority;
		(void)pthread_setschedparam(thread, SCHED_FIFO, &param);
	}
	return 0;
}

static int start(struct host *h, const struct insert_msg *m)
{
	char error[512] = "it could not be made";
	int r;

	if (h->fx)
		return -EPROTO;
	r = m->u.start.kind == MOS_INSERT_NAM
		    ? fx_nam_create(m->text, h->region->rate_hz, &h->fx, error, sizeof(error))
		    : fx_lv2_create(m->text, h->region->rate_hz, &h->fx, error, sizeof(error));
	if (r == 0) {
		(void)mlockall(MCL_CURRENT | MCL_FUTURE); /* where it may: no page fault in a period */
		r = start_audio(h, m->u.start.priority);
	}
	if (r < 0) {
		(void)say_failed(r, error);
		return r;
	}
	return say_ready(h->fx);
}

static int save(struct host *h)
{
	struct insert_msg m;
	char *text = NULL;
	size_t n;
	int r = -ENOTSUP;

	if (h->fx && h->fx->save) {
		pthread_mutex_lock(&h->lock);
		r = h->fx->save(h->fx, &text);
		pthread_mutex_unlock(&h->lock);
	}
	if (r < 0)
		return say_failed(r, "its state could not be read");
	n = strlen(text);
	if (n > INSERT_STATE_MAX) {
		free(text);
		return say_failed(-EFBIG, "its state is larger than what is kept");
	}
	for (size_t at = 0; at < n && r == 0; at += m.size) {
		message(&m, INSERT_OP_STATE, text + at, n - at);
		r = say(&m);
	}
	free(text);
	message(&m, INSERT_OP_DONE, "", 0);
	return r < 0 ? r : say(&m);
}

static int restore(struct host *h, const struct insert_msg *m)
{
	struct insert_msg done;
	char *text;
	int r = -ENOTSUP;

	if (m->u.restore.is_first)
		h->text_n = 0;
	if (m->size > INSERT_STATE_MAX - h->text_n)
		return -EPROTO;
	text = realloc(h->text, h->text_n + m->size + 1);
	if (!text)
		return -ENOMEM;
	h->text = text;
	memcpy(text + h->text_n, m->text, m->size);
	h->text_n += m->size;
	text[h->text_n] = '\0';
	if (!m->u.restore.is_last)
		return 0;
	if (h->fx && h->fx->restore) {
		pthread_mutex_lock(&h->lock);
		r = h->fx->restore(h->fx, text);
		pthread_mutex_unlock(&h->lock);
	}
	h->text_n = 0;
	if (r < 0)
		return say_failed(r, "this is no state of it");
	r = say_controls(h->fx);
	message(&done, INSERT_OP_DONE, "", 0);
	return r < 0 ? r : say(&done);
}

static void set(struct host *h, const struct insert_msg *m)
{
	float value = m->u.set.value;

	if (h->fx && m->u.set.index < h->fx->n_controls)
		__atomic_store(&h->fx->control[m->u.set.index].value, &value, __ATOMIC_RELAXED);
}

static int handle(struct host *h, const struct insert_msg *m)
{
	struct insert_msg done;

	switch (m->op) {
	case INSERT_OP_START:
		return start(h, m);
	case INSERT_OP_SET:
		set(h, m);
		return 0;
	case INSERT_OP_SYNC:
		message(&done, INSERT_OP_DONE, "", 0);
		return say(&done);
	case INSERT_OP_SAVE:
		return save(h);
	case INSERT_OP_RESTORE:
		return restore(h, m);
	default:
		return -EPROTO;
	}
}

int serve(void)
{
	struct host h = {0};
	struct insert_msg m;
	ssize_t n, head = offsetof(struct insert_msg, text);
	int r = guard_enter();

	if (r == 0)
		r = mos_region_attach(INSERT_FD_REGION, INSERT_MAGIC, INSERT_ABI, sizeof(*h.region),
			/* writable= */ 1, &h.mapped, NULL);
	if (r < 0) {
		(void)say_failed(r, strerror(-r));
		return EXIT_FAILURE;
	}
	h.region = h.mapped.base;
	while (r == 0 && (n = recv(INSERT_FD_SOCKET, &m, sizeof(m), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < head || m.size >= sizeof(m.text) || n != head + (ssize_t)m.size)
			break;
		m.text[m.size] = '\0';
		r = handle(&h, &m);
	}
	/* foreign code is still running, or hangs: no tidying up */
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
