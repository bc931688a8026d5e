/* SPDX-License-Identifier: MIT */
/* The thread that turns futexes into a descriptor, and the set that the descriptor is. */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bell_fd.h"
#include "clock_age.h"

#define STACK_BYTES (256u * 1024u) /* sanitizers need some of it */
#define NS INT64_C(1000000000)
/* Where the kernel has no futex_waitv (before 5.16, some sandboxes) changes are looked for so often. */
#define SLICE_NS (50 * INT64_C(1000000))

#ifndef FUTEX2_SIZE_U32
#define FUTEX2_SIZE_U32 0x02
#endif
#ifndef FUTEX2_PRIVATE
#define FUTEX2_PRIVATE FUTEX_PRIVATE_FLAG
#endif

/* What the thread sleeps with: copies, so that it holds no lock meanwhile. */
struct nap {
	const struct mos_event_reader *reader;
	const struct mos_clock_page *clock;
	int64_t check_ns;
	uint32_t groups;
	struct mos_event_bells bells;
	uint32_t change;
	int armed, quit;
};

void bell_fd_init(struct bell_fd *b)
{
	*b = (struct bell_fd){.epoll_fd = -1, .event_fd = -1, .timer_fd = -1, .timer_ns = INT64_MAX};
	pthread_mutex_init(&b->lock, NULL);
}

int bell_fd_open(struct bell_fd *b)
{
	int rc;

	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	b->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (b->epoll_fd < 0 || b->event_fd < 0 || b->timer_fd < 0) {
		rc = -errno;
		bell_fd_close(b);
		return rc;
	}
	bell_fd_add(b, b->event_fd);
	bell_fd_add(b, b->timer_fd);
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void bell_fd_forget(struct bell_fd *b)
{
	b->running = 0;
	bell_fd_close(b);
}

void bell_fd_close(struct bell_fd *b)
{
	bell_fd_stop(b);
	close_one(&b->timer_fd);
	close_one(&b->event_fd);
	close_one(&b->epoll_fd);
	b->timer_ns = INT64_MAX;
}

void bell_fd_add(struct bell_fd *b, int sock)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = sock};

	if (b->epoll_fd >= 0)
		(void)epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, sock, &ev);
}

void bell_fd_remove(struct bell_fd *b, int sock)
{
	if (b->epoll_fd >= 0)
		(void)epoll_ctl(b->epoll_fd, EPOLL_CTL_DEL, sock, NULL);
}

void bell_fd_want_room(struct bell_fd *b, int sock, int wanted)
{
	struct epoll_event ev = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.fd = sock};

	if (b->epoll_fd >= 0)
		(void)epoll_ctl(b->epoll_fd, EPOLL_CTL_MOD, sock, &ev);
}

void bell_fd_set_timer(struct bell_fd *b, int64_t at_ns)
{
	struct itimerspec when = {0};

	if (b->timer_fd < 0 || at_ns == b->timer_ns)
		return;
	b->timer_ns = at_ns;
	if (at_ns < 1)
		at_ns = 1; /* 0 would turn it off */
	if (at_ns != INT64_MAX)
		when.it_value = (struct timespec){at_ns / NS, at_ns % NS};
	/* Setting it also takes back what it had said. */
	(void)timerfd_settime(b->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Tell the thread that something is another. With the lock. */
static void changed(struct bell_fd *b)
{
	__atomic_fetch_add(&b->change, 1, __ATOMIC_RELEASE);
	(void)syscall(SYS_futex, &b->change, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Until `change` moves, or for a while (negative: without end). */
static void sleep_on_change(struct bell_fd *b, uint32_t change, int64_t timeout_ns)
{
	struct timespec ts = {timeout_ns / NS, timeout_ns % NS};

	(void)syscall(
		SYS_futex, &b->change, FUTEX_WAIT_PRIVATE, change, timeout_ns < 0 ? NULL : &ts, NULL, 0);
}

/* Sleep until a bell or `change` moves, or for a while. Returns early at will: the caller looks. */
static void sleep_on_bells(struct bell_fd *b, const struct nap *nap, int64_t timeout_ns)
{
	struct futex_waitv word[MOS_EVENT_N_GROUPS + 1];
	struct timespec until;
	unsigned int n = 0;

	word[n++] = (struct futex_waitv){.val = nap->change,
		.uaddr = (uintptr_t)&b->change,
		.flags = FUTEX2_SIZE_U32 | FUTEX2_PRIVATE};
	for (uint32_t g = 0; g < MOS_EVENT_N_GROUPS; g++) {
		if (nap->groups & (1u << g))
			word[n++] = (struct futex_waitv){.val = nap->bells.seen[g],
				.uaddr = (uintptr_t)&nap->reader->hdr->bell[g],
				.flags = FUTEX2_SIZE_U32};
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += timeout_ns % NS;
	until.tv_sec += timeout_ns / NS + until.tv_nsec / NS;
	until.tv_nsec %= NS;
	if (syscall(SYS_futex_waitv, word, n, 0, timeout_ns < 0 ? NULL : &until, CLOCK_MONOTONIC) >= 0 ||
		(errno != ENOSYS && errno != EPERM))
		return;
	(void)mos_event_wait(nap->reader, nap->groups, &nap->bells,
		timeout_ns < 0 || timeout_ns > SLICE_NS ? SLICE_NS : timeout_ns);
}

static int has_rung(const struct nap *nap)
{
	struct mos_event_bells now = nap->bells;

	mos_event_bells(nap->reader, nap->groups, &now);
	for (uint32_t g = 0; g < MOS_EVENT_N_GROUPS; g++) {
		if ((nap->groups & (1u << g)) && now.seen[g] != nap->bells.seen[g])
			return 1;
	}
	return 0;
}

static struct nap look(struct bell_fd *b)
{
	struct nap nap;

	pthread_mutex_lock(&b->lock);
	nap = (struct nap){
		.reader = &b->reader,
		.clock = b->clock,
		.check_ns = b->check_ns,
		.groups = b->groups,
		.bells = b->bells,
		.change = __atomic_load_n(&b->change, __ATOMIC_RELAXED),
		.armed = b->armed,
		.quit = b->quit,
	};
	pthread_mutex_unlock(&b->lock);
	return nap;
}

/* Unless it was armed anew meanwhile: what rang has been seen then. */
static void ring(struct bell_fd *b, const struct nap *nap)
{
	uint64_t one = 1;

	pthread_mutex_lock(&b->lock);
	if (b->change == nap->change) {
		b->armed = 0;
		/* First: whoever finds the descriptor readable knows that it is ours to clear, and waits
		   for the lock. */
		__atomic_store_n(&b->rung, 1, __ATOMIC_RELAXED);
		(void)!write(b->event_fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&b->lock);
}

static void *watch(void *data)
{
	struct bell_fd *b = data;

	for (;;) {
		struct nap nap = look(b);
		int64_t timeout_ns = nap.clock ? nap.check_ns : -1;
		struct timespec began, ended;

		if (nap.quit)
			return NULL;
		if (!nap.armed) {
			sleep_on_change(b, nap.change, -1);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &began);
		if (nap.groups && has_rung(&nap)) {
			ring(b, &nap);
			continue;
		}
		if (nap.groups)
			sleep_on_bells(b, &nap, timeout_ns);
		else
			sleep_on_change(b, nap.change, timeout_ns);
		clock_gettime(CLOCK_MONOTONIC, &ended);
		/* A whole nap without a bell: is anybody there to ring? */
		if (nap.clock &&
			(ended.tv_sec - began.tv_sec) * NS + ended.tv_nsec - began.tv_nsec >= timeout_ns &&
			clock_age_is_stale(nap.clock))
			ring(b, &nap);
	}
}

int bell_fd_start(struct bell_fd *b, const struct mos_event_reader *reader,
	const struct mos_clock_page *clock, int64_t check_ns)
{
	sigset_t all, before;
	uint64_t count;
	pthread_attr_t attr;
	int rc;

	b->reader = *reader;
	b->clock = clock;
	b->check_ns = check_ns;
	b->armed = 1;
	b->quit = 0;
	(void)!read(b->event_fd, &count, sizeof(count)); /* the thread before may have rung */
	__atomic_store_n(&b->rung, 0, __ATOMIC_RELAXED);
	/* The program's signals are not for this thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	rc = pthread_create(&b->thread, &attr, watch, b);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	b->running = rc == 0;
	return -rc;
}

void bell_fd_stop(struct bell_fd *b)
{
	if (!b->running)
		return;
	pthread_mutex_lock(&b->lock);
	b->quit = 1;
	changed(b);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	b->running = 0;
}

void bell_fd_watch(struct bell_fd *b, uint32_t groups, const struct mos_event_bells *bells)
{
	pthread_mutex_lock(&b->lock);
	b->groups = groups;
	b->bells = *bells;
	if (b->running)
		changed(b);
	pthread_mutex_unlock(&b->lock);
}

void bell_fd_arm(struct bell_fd *b, const struct mos_event_bells *bells, int64_t check_ns)
{
	uint64_t count;

	/* Only a hint: what belongs together is under the lock. */
	if (!__atomic_load_n(&b->rung, __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&b->lock);
	(void)!read(b->event_fd, &count, sizeof(count));
	__atomic_store_n(&b->rung, 0, __ATOMIC_RELAXED);
	b->bells = *bells;
	b->check_ns = check_ns;
	b->armed = 1;
	changed(b);
	pthread_mutex_unlock(&b->lock);
}
