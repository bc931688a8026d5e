/* SPDX-License-Identifier: MIT */
/* The bus thread: waits for doorbells, the audio thread's eventfd and the frame's timer, then takes a turn.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "apollo/insert/insert_host.h"
#include "bus.h"

#define EVENTS_PER_TURN 64
#define BUS_PRIORITY 10 /* below the audio thread, above everything ordinary */

/* What an epoll event is about: a client's slot, or one of these. */
enum { ABOUT_FD = MOS_CLIENTS_MAX, ABOUT_TIMER };

/*
 * Doorbells are edge-triggered and never read: each write to an eventfd is an edge, whatever it counts. The
 * client shares the open file and may have read it, or made it blocking: a read here could stop the bus.
 */
static int control_doorbell(struct bus *b, int op, uint32_t slot, uint32_t events)
{
	struct epoll_event ev = {.events = events | EPOLLET, .data.u32 = slot};
	int fd = b->client[slot].in.doorbell;

	if (b->epoll_fd < 0 || fd < 0)
		return 0;
	return epoll_ctl(b->epoll_fd, op, fd, &ev) < 0 ? -errno : 0;
}

int bus_listen(struct bus *b, uint32_t slot)
{
	return control_doorbell(b, EPOLL_CTL_ADD, slot, EPOLLIN);
}

void bus_unlisten(struct bus *b, uint32_t slot)
{
	(void)control_doorbell(b, EPOLL_CTL_DEL, slot, 0);
}

void bus_mute(struct bus *b, uint32_t slot, int mute)
{
	(void)control_doorbell(b, EPOLL_CTL_MOD, slot, mute ? 0 : EPOLLIN);
}

void bus_wake(struct bus *b)
{
	uint64_t one = 1;

	(void)!write(b->fd, &one, sizeof(one));
}

static int watch(struct bus *b, int fd, uint32_t about)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = about};

	return epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

int bus_open(struct bus *b)
{
	int r = 0;

	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->control_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	b->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (b->fd < 0 || b->control_fd < 0 || b->epoll_fd < 0 || b->timer_fd < 0)
		r = -errno;
	if (r == 0)
		r = watch(b, b->fd, ABOUT_FD);
	if (r == 0)
		r = watch(b, b->timer_fd, ABOUT_TIMER);
	return r;
}

static void set_timer(struct bus *b)
{
	int64_t at_ns = bus_deadline_ns(b);
	struct itimerspec spec = {
		.it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000},
	};

	if (at_ns == 0 || at_ns == b->timer_ns)
		return; /* one that rings in vain costs less than taking it back */
	b->timer_ns = at_ns;
	(void)timerfd_settime(b->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void ring_bells(struct bus *b)
{
	if (b->groups == 0)
		return;
	mos_event_ring_bells(&b->engine->log, b->groups);
	mos_counter_add(b->engine->counters, C_BUS_BELLS, (uint64_t)__builtin_popcount(b->groups));
	b->groups = 0;
}

static void wait_for_work(struct bus *b, int at_once)
{
	struct epoll_event ev[EVENTS_PER_TURN];
	int n = epoll_wait(b->epoll_fd, ev, EVENTS_PER_TURN, at_once ? 0 : -1);
	int64_t now_ns = engine_now_ns();
	uint64_t count;

	for (int i = 0; i < n; i++) {
		uint32_t about = ev[i].data.u32;

		if (about == ABOUT_FD)
			(void)!read(b->fd, &count, sizeof(count));
		else if (about == ABOUT_TIMER)
			(void)!read(b->timer_fd, &count, sizeof(count));
		else
			bus_doorbell(b, about, now_ns);
	}
}

static void *run(void *data)
{
	struct bus *b = data;
	struct engine *e = b->engine;
	uint64_t one = 1;
	int more = 0;

	while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
		wait_for_work(b, more);
		if (e->inserts) /* first: their time is a period */
			insert_bell_ring(e->inserts);
		mos_counter_add(e->counters, C_BUS_WAKEUPS, 1);
		/* acquire pairs with the audio thread's releases in engine_bell() */
		b->groups |= __atomic_exchange_n(&e->wake_groups, 0, __ATOMIC_ACQUIRE);
		b->lane |= __atomic_exchange_n(&e->wake_lane, 0, __ATOMIC_ACQUIRE);
		ring_bells(b); /* what the audio thread told waits for no client */
		more = bus_turn(b, engine_now_ns());
		ring_bells(b);
		if (__atomic_exchange_n(&e->wake_control, 0, __ATOMIC_ACQUIRE) || spsc_fill(&b->answers) > 0)
			(void)!write(b->control_fd, &one, sizeof(one));
		set_timer(b);
	}
	return NULL;
}

int bus_start(struct bus *b)
{
	struct sched_param param = {.sched_priority = BUS_PRIORITY};
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return -r;
	b->started = 1;
	(void)pthread_setname_np(b->thread, "mos-bus");
	/* without the right to, ordinary priority does */
	(void)pthread_setschedparam(b->thread, SCHED_FIFO, &param);
	return 0;
}

void bus_stop(struct bus *b)
{
	int *const fd[] = {&b->fd, &b->control_fd, &b->epoll_fd, &b->timer_fd};

	if (b->started) {
		__atomic_store_n(&b->stop, 1, __ATOMIC_RELEASE);
		bus_wake(b);
		pthread_join(b->thread, NULL);
	}
	b->started = 0;
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		if (*fd[i] >= 0)
			close(*fd[i]);
		*fd[i] = -1;
	}
}
