/* SPDX-License-Identifier: MIT */
/**
 * Datagrams of sd_notify(3): who sent them, what they say, what came beside them. mos-session only.
 */
#ifndef MOS_SESSION_NOTIFY_H
#define MOS_SESSION_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NOTIFY_FDS_MAX 253u /**< the kernel's own bound of one message */

struct notification {
	pid_t sender;     /**< as the kernel says */
	bool ready;       /**< READY=1 */
	bool alive;       /**< WATCHDOG=1 */
	int64_t watchdog_ns; /**< WATCHDOG_USEC=; 0: it says nothing of it */
	bool store;       /**< FDSTORE=1 */
	bool remove;      /**< FDSTOREREMOVE=1 */
	bool watch;       /**< not FDPOLL=0 */
	const char *name; /**< FDNAME=, else "stored"; points into `text` */
	int fd[NOTIFY_FDS_MAX];
	uint32_t n_fds;
	char text[4097]; /**< what was sent, cut into lines */
};

/** Bind the socket there; an old one is removed. @return its fd or -errno. */
int notify_open(const char *path);

/**
 * Take the next one. One that is cut off or comes from nobody is dropped with its descriptors, and the next
 * looked at.
 * @return 1 got one: finish with notify_close; 0 there is none.
 */
int notify_receive(int socket, struct notification *notification);

/** Close descriptors that nobody took (their place is -1 then). */
void notify_close(struct notification *notification);

#endif
