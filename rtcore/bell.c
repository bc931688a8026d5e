/* SPDX-License-Identifier: MIT */
#include "bell.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <unistd.h>

int bell_init(struct bell *b)
{
	*b = (struct bell){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .control_fd = -1};
	if (b->fd >= 0)
		b->control_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->control_fd >= 0)
		return 0;
	if (b->fd >= 0)
		close(b->fd);
	return -errno;
}

static void *run(void *data)
{
	struct bell *b = data;
	struct engine *e = b->engine;
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	uint64_t n, one = 1;

	while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
		if (poll(&p, 1, -1) < 0 || read(b->fd, &n, sizeof(n)) < 0)
			continue; /* EINTR */
		/* acquire pairs with the audio thread's release in engine_bell() */
		if (__atomic_exchange_n(&e->wake_readers, 0, __ATOMIC_ACQUIRE)) {
			mos_event_ring_bell(&e->events);
			mos_counter_add(e->counters, C_BELLS, 1);
		}
		if (__atomic_exchange_n(&e->wake_control, 0, __ATOMIC_ACQUIRE))
			(void)!write(b->control_fd, &one, sizeof(one));
	}
	return NULL;
}

int bell_start(struct bell *b, struct engine *engine)
{
	struct sched_param param = {.sched_priority = 10};
	sigset_t all, old;
	int r;

	b->engine = engine;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return -r;
	b->started = 1;
	(void)pthread_setname_np(b->thread, "mos-bell");
	/* below the audio thread, above everything ordinary; without the right to, normal priority does */
	(void)pthread_setschedparam(b->thread, SCHED_FIFO, &param);
	return 0;
}

void bell_finish(struct bell *b)
{
	uint64_t one = 1;

	if (b->started) {
		__atomic_store_n(&b->stop, 1, __ATOMIC_RELEASE);
		(void)!write(b->fd, &one, sizeof(one));
		pthread_join(b->thread, NULL);
	}
	if (b->fd >= 0)
		close(b->fd);
	if (b->control_fd >= 0)
		close(b->control_fd);
	*b = (struct bell){.fd = -1, .control_fd = -1};
}
