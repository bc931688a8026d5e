/* SPDX-License-Identifier: MIT */
#include <mos/attr.h>
#include <pthread.h>

void cycle(pthread_mutex_t *m) MOS_RT;
void cycle(pthread_mutex_t *m) MOS_RT
{
	pthread_mutex_lock(m); // expected-error {{must not call non-'nonblocking' function 'pthread_mutex_lock'}}
}
