/* SPDX-License-Identifier: MIT */
/* Messages with file descriptors. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "fdmsg.h"

union control {
	char bytes[CMSG_SPACE(sizeof(int) * FDMSG_FDS_MAX)];
	struct cmsghdr align;
};

int fdmsg_send(int sock, const void *data, size_t len, const int *fds, uint32_t n_fds, int flags)
{
	union control control = {0};
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (n_fds > FDMSG_FDS_MAX)
		return -E2BIG;
	if (n_fds) {
		struct cmsghdr *head;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		head = CMSG_FIRSTHDR(&msg);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(head), fds, sizeof(int) * n_fds);
	}
	do {
		n = sendmsg(sock, &msg, flags | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t fdmsg_recv(int sock, void *buf, size_t size, int *ret_fds, uint32_t *ret_n_fds, int flags)
{
	union control control;
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	*ret_n_fds = 0;
	do {
		n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* The buffer's size bounds what can be in it, so no count needs checking. */
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&msg); head; head = CMSG_NXTHDR(&msg, head)) {
		size_t bytes = head->cmsg_len - CMSG_LEN(0);

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&ret_fds[*ret_n_fds], CMSG_DATA(head), bytes);
		*ret_n_fds += (uint32_t)(bytes / sizeof(int));
	}
	if (msg.msg_flags & MSG_CTRUNC)
		return -E2BIG;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return n;
}
