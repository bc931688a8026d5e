/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>
#include <time.h>

void cycle(struct timespec *ts) MOS_RT;
void cycle(struct timespec *ts) MOS_RT
{
	clock_gettime(CLOCK_MONOTONIC, ts); // expected-error {{must not call non-'nonblocking' function 'clock_gettime'}}
}
