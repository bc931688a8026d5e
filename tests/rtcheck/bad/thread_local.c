/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>

extern _Thread_local int last;

int cycle(void) MOS_RT;
int cycle(void) MOS_RT
{
	return last; // expected-error {{must not use thread-local variable}}
}
