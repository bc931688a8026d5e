/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>
#include <stdlib.h>

void *cycle(void) MOS_RT;
void *cycle(void) MOS_RT
{
	return malloc(64); // expected-error {{function with 'nonblocking' attribute must not call non-'nonblocking' function 'malloc'}}
}
