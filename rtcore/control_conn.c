/* SPDX-License-Identifier: MIT */
/* The broker's connection: one at a time, 256-byte records, descriptors beside them. */
#include "control_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int may_read(const struct control *c)
{
	return c->in_flight < IN_FLIGHT_MAX && c->out_n < OUT_MAX / 2 && !c->fx_reset.w.op &&
	       !c->resumption.is_on;
}

void control_watch(struct control *c)
{
	uint32_t want = 0;

	if (!c->conn_source)
		return;
	if (may_read(c))
		want |= EPOLLIN;
	if (c->out_n > 0)
		want |= EPOLLOUT;
	(void)sd_event_source_set_io_events(c->conn_source, want);
}

/* The oldest answer is sent, or will not be. */
static void drop_answer(struct control *c)
{
	const struct out_msg *m = &c->out[c->out_head];

	for (uint32_t i = 0; i < m->n_fds; i++)
		close(m->fds[i]);
	c->out_head = (c->out_head + 1) % OUT_MAX;
	c->out_n--;
}

static void drop_conn(struct control *c)
{
	if (c->conn_fd < 0)
		return;
	while (c->out_n > 0)
		drop_answer(c);
	c->conn_source = sd_event_source_disable_unref(c->conn_source);
	close(c->conn_fd);
	c->conn_fd = -1;
	c->conn++;
	log_info("the broker went away; audio plays on");
}

/* @return 1 sent, 0 try later, -errno */
static int send_now(struct control *c, const struct out_msg *m)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} u = {0};
	struct iovec iov = {.iov_base = (void *)&m->msg, .iov_len = sizeof(m->msg)};
	struct msghdr hdr = {.msg_iov = &iov, .msg_iovlen = 1};

	if (m->n_fds) {
		hdr.msg_control = u.buf;
		hdr.msg_controllen = CMSG_SPACE(sizeof(int) * m->n_fds);
		u.h = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int) * m->n_fds)};
		memcpy(CMSG_DATA(&u.h), m->fds, sizeof(int) * m->n_fds);
	}
	if (sendmsg(c->conn_fd, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 1;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static void flush(struct control *c)
{
	while (c->conn_fd >= 0 && c->out_n > 0) {
		int r = send_now(c, &c->out[c->out_head]);

		if (r == 0)
			break;
		if (r < 0) {
			drop_conn(c);
			return;
		}
		drop_answer(c);
	}
	control_watch(c);
}

void control_reply_fds(
	struct control *c, const struct mos_rtctl_msg *msg, uint32_t conn, const int *fds, uint32_t n_fds)
{
	struct out_msg *m;

	if (conn == CONN_RESUME) {
		control_resume_answered(c, msg);
		return;
	}
	if (c->conn_fd < 0 || conn != c->conn)
		return;
	if (c->out_n == OUT_MAX) {
		log_warning("the broker does not read its answers; connection closed");
		drop_conn(c);
		return;
	}
	m = &c->out[(c->out_head + c->out_n++) % OUT_MAX];
	m->msg = *msg;
	m->msg.reserved0 = 0;
	m->n_fds = 0;
	for (uint32_t i = 0; i < n_fds; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) { /* the broker refuses an answer that lacks one */
			log_error("no descriptor for an answer: %s", strerror(errno));
			break;
		}
		m->fds[m->n_fds++] = fd;
	}
	flush(c);
}

void control_reply(struct control *c, const struct mos_rtctl_msg *msg, uint32_t conn)
{
	control_reply_fds(c, msg, conn, NULL, 0);
}

void control_reply_status(struct control *c, struct waiter w, int status, const char *text)
{
	struct mos_rtctl_msg msg = {.op = w.op, .id = w.id, .status = status};

	if (text)
		(void)snprintf(msg.u.text, sizeof(msg.u.text), "%s", text);
	control_reply(c, &msg, w.conn);
}

/* One request with at most one fd. @return 1 taken, 0 none waits, -errno connection is over. */
static int receive(struct control *c, struct mos_rtctl_msg *msg, int *ret_fd)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} u;
	struct iovec iov = {.iov_base = msg, .iov_len = sizeof(*msg)};
	struct msghdr hdr = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)};
	ssize_t n = recvmsg(c->conn_fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*ret_fd = -1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&hdr); h; h = CMSG_NXTHDR(&hdr, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (h->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
			if (*ret_fd < 0)
				*ret_fd = fd;
			else
				close(fd);
		}
	}
	if (n == sizeof(*msg) && !(hdr.msg_flags & MSG_TRUNC))
		return 1;
	if (*ret_fd >= 0)
		close(*ret_fd);
	return n == 0 ? -ECONNRESET : -EPROTO;
}

static int on_conn(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct mos_rtctl_msg msg;
	int r, got;

	if (revents & EPOLLOUT)
		flush(c);
	for (int i = 0; i < 64 && c->conn_fd >= 0 && may_read(c); i++) {
		r = receive(c, &msg, &got);
		if (r == 0)
			break;
		if (r < 0) {
			if (r == -EPROTO)
				log_warning("the broker sent a record of the wrong size; connection closed");
			drop_conn(c);
			return 0;
		}
		control_request(c, &msg, &got);
		if (got >= 0)
			close(got);
	}
	if (revents & (EPOLLHUP | EPOLLERR) && !(revents & EPOLLIN))
		drop_conn(c);
	control_watch(c);
	return 0;
}

int control_on_listen(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (conn < 0)
		return 0;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
		(cred.uid != geteuid() && cred.uid != 0)) {
		log_warning("refused a connection of another user");
		close(conn);
		return 0;
	}
	if (c->conn_fd >= 0) { /* one broker: it holds a lock, so a newer one means that the older is gone */
		log_info("a new broker takes over");
		drop_conn(c);
	}
	c->conn_fd = conn;
	c->conn++;
	c->out_head = c->out_n = 0;
	if (sd_event_add_io(c->event, &c->conn_source, conn, EPOLLIN, on_conn, c) < 0)
		drop_conn(c);
	return 0;
}

int control_listen(const char *dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	mode_t old;
	int fd, r;

	if ((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s/rtcore.sock", dir) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(a.sun_path); /* the lock says that nobody listens there */
	old = umask(0177);
	r = bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0 ? -errno : fd;
	umask(old);
	if (r < 0)
		close(fd);
	return r;
}
