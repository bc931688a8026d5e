/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>

typedef void (*cycle_fn)(void *data) MOS_RT;

void ordinary(void *data);

cycle_fn pick(void);
cycle_fn pick(void)
{
	return ordinary; // expected-error {{attribute 'nonblocking' should not be added via type conversion}}
}
