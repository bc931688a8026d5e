/* SPDX-License-Identifier: MIT */
/* The bells of the event ring: one futex word a group, and one that rings with each of them. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <mos/event_ring.h>

#define ANY MOS_EVENT_GROUP_ANY
#define ALL_GROUPS ((1u << MOS_EVENT_N_GROUPS) - 1)

void mos_event_bells(const struct mos_event_reader *r, uint32_t groups, struct mos_event_bells *ret) MOS_RT
{
	/* ANY is always read: it is waited for where the kernel can't wait for several words. */
	for (uint32_t m = (groups & ALL_GROUPS) | 1u << ANY; m; m &= m - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(m);

		/* Pairs with the release in mos_event_ring_bells(): who sees the ring sees what was
		 * published. */
		ret->seen[i] = __atomic_load_n(&r->hdr->bell[i], __ATOMIC_ACQUIRE);
	}
}

static int result(long r)
{
	return r >= 0 || errno == EAGAIN ? 0 : -errno; /* EAGAIN: it rang before we slept */
}

static int wait_one(const uint32_t *word, uint32_t seen, int64_t timeout_ns)
{
	struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};

	return result(syscall(SYS_futex, word, FUTEX_WAIT, seen, timeout_ns < 0 ? NULL : &timeout, NULL, 0));
}

static int wait_several(const struct mos_event_reader *r, uint32_t groups,
	const struct mos_event_bells *bells, int64_t timeout_ns)
{
	struct futex_waitv waiters[MOS_EVENT_N_GROUPS] = {0};
	struct timespec until = {0};
	unsigned n = 0;
	int rc;

	for (uint32_t m = groups; m; m &= m - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(m);

		waiters[n++] = (struct futex_waitv){
			.val = bells->seen[i], .uaddr = (uintptr_t)&r->hdr->bell[i], .flags = FUTEX_32};
	}
	if (timeout_ns >= 0) { /* this one wants a point in time */
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += timeout_ns / 1000000000;
		until.tv_nsec += timeout_ns % 1000000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	}
	rc = result(syscall(SYS_futex_waitv, waiters, n, 0, timeout_ns < 0 ? NULL : &until, CLOCK_MONOTONIC));
	/* EPERM: a sandbox's filter doesn't know the call */
	return rc == -ENOSYS || rc == -EPERM ? wait_one(&r->hdr->bell[ANY], bells->seen[ANY], timeout_ns)
					     : rc;
}

int mos_event_wait(const struct mos_event_reader *r, uint32_t groups, const struct mos_event_bells *bells,
	int64_t timeout_ns)
{
	groups &= ALL_GROUPS;
	if (groups == 0)
		return -EINVAL;
	if (groups & 1u << ANY)
		return wait_one(&r->hdr->bell[ANY], bells->seen[ANY], timeout_ns);
	if ((groups & (groups - 1)) == 0)
		return wait_one(
			&r->hdr->bell[__builtin_ctz(groups)], bells->seen[__builtin_ctz(groups)], timeout_ns);
	return wait_several(r, groups, bells, timeout_ns);
}

void mos_event_ring_bells(struct mos_event_log *log, uint32_t groups)
{
	uint32_t *bell = log->hdr->bell;

	groups &= ALL_GROUPS;
	if (groups == 0)
		return;
	groups |= 1u << ANY;
	/* All words first: who sleeps on several of them falls asleep on none that is about to ring. */
	for (uint32_t m = groups; m; m &= m - 1)
		__atomic_fetch_add(
			&bell[__builtin_ctz(m)], 1, __ATOMIC_RELEASE); /* pairs with mos_event_bells() */
	for (uint32_t m = groups; m; m &= m - 1)
		(void)syscall(SYS_futex, &bell[__builtin_ctz(m)], FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
