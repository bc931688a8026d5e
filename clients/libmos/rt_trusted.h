/* SPDX-License-Identifier: MIT */
/**
 * The foreign functions that mos_emit() calls, declared again as MOS_RT: it may be used by the audio threads
 * of programs. The one such file of libmos, as rtcore/rt_trusted.h is rtcore's (tests/rtcheck/lint.py).
 */
#ifndef LIBMOS_RT_TRUSTED_H
#define LIBMOS_RT_TRUSTED_H

#include <stdint.h>
#include <mos/attr.h>

/**
 * The doorbell: one write() to an eventfd of this client's own. eventfd(2): the write blocks only when the
 * counter would pass 2^64-2; rtcore made it non-blocking on top of that.
 */
long write(int fd, const void *buf, unsigned long count) MOS_RT;

#if defined(__has_feature)
#if __has_feature(realtime_sanitizer)
/** RealtimeSanitizer's own switches; around the doorbell's write() only. */
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
	(void)!write(fd, &one, sizeof(one));
	TRUSTED_END();
}

#endif
