/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>

int somewhere_else(int x); /* not marked in its header */

int cycle(void) MOS_RT;
int cycle(void) MOS_RT
{
	return somewhere_else(1); // expected-error {{must not call non-'nonblocking' function 'somewhere_else'}}
}
