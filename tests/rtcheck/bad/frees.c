/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>
#include <stdlib.h>

void cycle(void *p) MOS_RT;
void cycle(void *p) MOS_RT
{
	free(p); // expected-error {{must not call non-'nonblocking' function 'free'}}
}
