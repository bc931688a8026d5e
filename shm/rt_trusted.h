/* SPDX-License-Identifier: MIT */
/**
 * The one foreign function that shm/ calls where the audio thread can reach it, declared again as MOS_RT.
 */
#ifndef SHM_RT_TRUSTED_H
#define SHM_RT_TRUSTED_H

#include <time.h>

#include <mos/attr.h>

/** clock_gettime(2) of CLOCK_MONOTONIC: vDSO, no kernel entry; for one published record in sixteen. */
int clock_gettime(clockid_t clock, struct timespec *ts) MOS_RT;

#endif
