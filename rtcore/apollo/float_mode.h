/* SPDX-License-Identifier: MIT */
/** How this thread rounds, and whether it has denormal numbers: what gives other bits on another thread. */
#ifndef APOLLO_FLOAT_MODE_H
#define APOLLO_FLOAT_MODE_H

#include <stdint.h>
#include <mos/attr.h>

static inline uint64_t float_mode(void) MOS_RT
{
#if defined(__SSE__)
	return __builtin_ia32_stmxcsr() & ~UINT32_C(0x3f); /* without what happened so far */
#elif defined(__aarch64__)
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	return fpcr;
#else
	return 0;
#endif
}

static inline void float_mode_set(uint64_t mode) MOS_RT
{
#if defined(__SSE__)
	__builtin_ia32_ldmxcsr((uint32_t)mode);
#elif defined(__aarch64__)
	__asm__ volatile("msr fpcr, %0" ::"r"(mode));
#else
	(void)mode;
#endif
}

#endif
