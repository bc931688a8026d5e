/* SPDX-License-Identifier: MIT */
/**
 * The bell thread: the audio thread rings once (an eventfd), this thread wakes everybody else: readers that
 * sleep on the event ring, and the control thread. So waking a thousand sleepers costs the audio thread
 * nothing.
 */
#ifndef RTCORE_BELL_H
#define RTCORE_BELL_H

#include <pthread.h>

#include "engine.h"

struct bell {
	pthread_t thread;
	int fd;         /**< eventfd that the audio thread writes; owned */
	int control_fd; /**< eventfd that control polls; owned */
	int stop;       /**< atomic */
	int started;
	struct engine *engine;
};

/** Make the eventfds. @return 0 or -errno. */
int bell_init(struct bell *b);
/** Start the thread. @return 0 or -errno. */
int bell_start(struct bell *b, struct engine *engine);
void bell_finish(struct bell *b);

#endif
