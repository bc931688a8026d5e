/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>

struct driver {
	void (*cycle)(void *data); /* the mark is missing on the type */
};

void run(struct driver *d) MOS_RT;
void run(struct driver *d) MOS_RT
{
	d->cycle(d); // expected-error {{must not call non-'nonblocking' function 'driver::cycle'}}
}
