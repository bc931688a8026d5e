/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>
#include <stdio.h>

void cycle(void) MOS_RT;
void cycle(void) MOS_RT
{
	printf("late\n"); // expected-error {{must not call non-'nonblocking' function 'printf'}}
}
