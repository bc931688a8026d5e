/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WATCHDOG_US_MAX 3600000000ull

int notify_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int on = 1, fd, r;

	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(path); /* of a session that was killed */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	return fd;
}

static void take_control(struct notification *n, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(struct ucred))) {
			struct ucred sender;

			memcpy(&sender, CMSG_DATA(c), sizeof(sender));
			n->sender = sender.pid;
		} else if (c->cmsg_type == SCM_RIGHTS) {
			n->n_fds = (uint32_t)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(n->fd, CMSG_DATA(c), n->n_fds * sizeof(int));
		}
	}
}

static void read_lines(struct notification *n)
{
	char *rest;

	n->name = "stored"; /* systemd's word for what has no name */
	n->watch = true;
	for (char *line = strtok_r(n->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		n->ready |= strcmp(line, "READY=1") == 0;
		n->alive |= strcmp(line, "WATCHDOG=1") == 0;
		n->store |= strcmp(line, "FDSTORE=1") == 0;
		n->remove |= strcmp(line, "FDSTOREREMOVE=1") == 0;
		n->watch &= strcmp(line, "FDPOLL=0") != 0;
		if (strncmp(line, "WATCHDOG_USEC=", 14) == 0) {
			const unsigned long long us = strtoull(line + 14, NULL, 10);

			n->watchdog_ns = us < WATCHDOG_US_MAX ? (int64_t)us * 1000 : 0;
		}
		if (strncmp(line, "FDNAME=", 7) == 0)
			n->name = line + 7;
	}
}

int notify_receive(int socket, struct notification *n)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(NOTIFY_FDS_MAX * sizeof(int))];
	} control;
	ssize_t size;

	do {
		struct iovec part = {.iov_base = n->text, .iov_len = sizeof(n->text) - 1};
		struct msghdr message = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};

		*n = (struct notification){0};
		size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (size < 0)
			return 0;
		take_control(n, &message);
		if (n->sender > 0 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
			read_lines(n);
			return 1;
		}
		notify_close(n);
	} while (true);
}

void notify_close(struct notification *n)
{
	for (uint32_t i = 0; i < n->n_fds; i++)
		if (n->fd[i] >= 0)
			(void)close(n->fd[i]);
	n->n_fds = 0;
}
