/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>

int cycle(void) MOS_RT;
int cycle(void) MOS_RT
{
	static int calls; // expected-error {{must not have static local variables}}

	return ++calls;
}
