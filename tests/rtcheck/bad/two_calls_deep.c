/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>
#include <stdlib.h>

static void *helper(unsigned n)
{
	return calloc(n, 8); // expected-note {{function cannot be inferred 'nonblocking' because it calls non-'nonblocking' function 'calloc'}}
}

static void *between(unsigned n)
{
	return helper(n + 1); // expected-note {{function cannot be inferred 'nonblocking' because it calls non-'nonblocking' function 'helper'}}
}

void *cycle(void) MOS_RT;
void *cycle(void) MOS_RT
{
	return between(3); // expected-error {{must not call non-'nonblocking' function 'between'}}
}
