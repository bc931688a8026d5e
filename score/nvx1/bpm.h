/* SPDX-License-Identifier: MIT */
/** Tempo for people, in millionths of a quarter a minute, without floating point. */
#ifndef NVX1_BPM_H
#define NVX1_BPM_H

#include <stdint.h>

/** Half to even. */
int64_t nvx_bpm_of_ns(uint64_t ns_per_quarter);
/** Half up. @param scale  Power of ten that bpm was multiplied by, at most 10^9. @return 0: out of range. */
uint64_t nvx_ns_of_bpm(int64_t bpm, int64_t scale);

#endif
