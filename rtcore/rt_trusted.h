/* SPDX-License-Identifier: MIT */
/**
 * Every foreign function that rtcore's audio thread calls, declared again as MOS_RT. rtcore only; what shm/ calls
 * stands in shm/rt_trusted.h.
 *
 * Declaring a function of a library with the attribute silences the compiler's proof for it. So this is
 * the one file where that is done, and each declaration stands beside the sentence of the library's
 * documentation that allows it. A lint test refuses such a declaration anywhere else.
 */
#ifndef RTCORE_RT_TRUSTED_H
#define RTCORE_RT_TRUSTED_H

#include <stdint.h>
#include <mos/attr.h>

/*
 * PipeWire, pipewire/filter.h (1.4).
 */
struct pw_buffer;
struct pw_filter;

/** "Get a buffer that can be filled for output ports or consumed for input ports. RT safe." */
struct pw_buffer *pw_filter_dequeue_buffer(void *port_data) MOS_RT;

/** "Submit a buffer for playback or recycle a buffer for capture. RT safe." */
int pw_filter_queue_buffer(void *port_data, struct pw_buffer *buffer) MOS_RT;

/**
 * "Get the current time in nanoseconds. This value can be compared with the nsec value in the
 * spa_io_position. RT safe." It reads CLOCK_MONOTONIC, on Linux without entering the kernel (vDSO).
 */
uint64_t pw_filter_get_nsec(struct pw_filter *filter) MOS_RT;

/*
 * Linux.
 */

/**
 * The bell: one write() to an eventfd that only the bus thread reads, at most once a cycle and only when
 * something was published that sleepers wait for. eventfd(2): the write blocks only when the counter would
 * pass 2^64-2; the fd is non-blocking on top of it. This is the one system call of the audio thread.
 *
 * With a second worker there is one more: the same write() to an eventfd that only the worker reads, at most once a
 * block and only when it sleeps.
 */
long write(int fd, const void *buf, unsigned long count) MOS_RT;

#if defined(__has_feature)
#if __has_feature(realtime_sanitizer)
/** RealtimeSanitizer's own switches; around the bell's write() only. */
void __rtsan_disable(void) MOS_RT;
void __rtsan_enable(void) MOS_RT;
#define TRUSTED_BEGIN() __rtsan_disable()
#define TRUSTED_END() __rtsan_enable()
#endif
#endif
#ifndef TRUSTED_BEGIN
#define TRUSTED_BEGIN() ((void)0)
#define TRUSTED_END() ((void)0)
#endif

static inline void trusted_ring(int fd) MOS_RT
{
	uint64_t one = 1;

	TRUSTED_BEGIN();
	(void)write(fd, &one, sizeof(one));
	TRUSTED_END();
}

/**
 * Waiting for a bell: where the second worker sleeps, and where an offline render sleeps until it is done. A live audio
 * thread never gets here.
 */
long read(int fd, void *buf, unsigned long count) MOS_RT;

static inline void trusted_wait(int fd) MOS_RT
{
	uint64_t n;

	TRUSTED_BEGIN();
	(void)!read(fd, &n, sizeof(n));
	TRUSTED_END();
}

/** clock_gettime(2) of CLOCK_MONOTONIC: vDSO, no kernel entry; once at a cycle's begin and end, after
 * each stage while mos-trace looks, and while the audio thread spins until the second worker has done its unit: that ends
 * with the unit or after a part of the cycle (apollo/workers.h), whichever comes first. */
struct timespec;
int clock_gettime(int clock, struct timespec *ts) MOS_RT;

#endif
