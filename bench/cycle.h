/* SPDX-License-Identifier: MIT */
/** The two halves of bench/cycle: cycle.c measures the driver's wake-up, cycle_rtcore.c a whole mos-rtcore.
 */
#ifndef BENCH_CYCLE_H
#define BENCH_CYCLE_H

#include <stdint.h>
#include "headless_pw.h"

#define CYCLE_QUANTUM 128u
#define CYCLE_RATE_HZ 48000u

/**
 * Start mos-rtcore in this PipeWire, read its own counters idle and under load, print the figures.
 * @return 0 or -errno, said on stderr.
 */
int cycle_rtcore(struct headless_pw *pw);

#endif
