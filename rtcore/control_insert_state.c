/* SPDX-License-Identifier: MIT */
/* What inserts keep inside of themselves: handed out, put in force, and kept for the process after us. */
#include "control_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apollo/insert/insert_host.h"
#include "apollo/insert/insert_wire.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK)

/* @return 0; -EINVAL with a sentence, -ENOMEM. */
static int read_text(int fd, char **ret, const char **why)
{
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
	struct stat st;
	char *text;

	*why = "a state comes in a sealed memfd";
	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0)
		return -EINVAL;
	*why = "a state is text of at most one MiB";
	if (st.st_size <= 0 || st.st_size > INSERT_STATE_MAX)
		return -EINVAL;
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	if (pread(fd, text, (size_t)st.st_size, 0) != st.st_size || strlen(text) != (size_t)st.st_size) {
		free(text);
		return -EINVAL;
	}
	*ret = text;
	return 0;
}

static int make_memfd(const char *text)
{
	int fd = memfd_create("mos-insert-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t n = strlen(text);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, n) != (ssize_t)n || fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_GROW) < 0)
		err = -EIO;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

static const char *sentence(int status)
{
	switch (status) {
	case -ENOENT:
		return "there is no insert at that place";
	case -ENOTSUP:
		return "it keeps no state beside its controls";
	case -EINVAL:
		return "this is no state of that plugin";
	case -EBUSY:
		return "its state is just being read or put in force; try again";
	case -ETIMEDOUT:
		return "it did not answer in time";
	case -EPIPE:
		return "its process has ended; it is started again in a moment";
	case -EFBIG:
		return "a state is text of at most one MiB";
	default:
		return strerror(-status);
	}
}

static void ask(struct control *c, struct waiter w, uint32_t strip, uint32_t slot, const char *text)
{
	struct insert_wait *wait = &c->state_wait[c->n_state_waits];
	int err = -EBUSY;

	if (c->n_state_waits < INSERT_WAITS_MAX) {
		*wait = (struct insert_wait){.w = w, .strip = strip, .slot = slot};
		c->n_state_waits++; /* what is refused at once is told at once */
		err = inserts_state_ask(c->inserts, strip, slot, text);
		c->n_state_waits -= err < 0;
	}
	if (err < 0)
		control_reply_status(c, w, err, sentence(err));
}

void control_insert_state(struct control *c, const struct mos_rtctl_msg *msg, int fd)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	const char *why = NULL;
	char *text = NULL;
	int err = msg->op == MOS_RTCTL_INSERT_RESTORE ? read_text(fd, &text, &why) : 0;

	if (err < 0)
		control_reply_status(c, w, err, why);
	else
		ask(c, w, msg->u.insert.strip, msg->u.insert.slot, text);
	free(text);
}

void control_insert_state_resume(struct control *c, uint32_t strip, uint32_t slot)
{
	struct waiter w = {MOS_RTCTL_INSERT_RESTORE, 0, CONN_RESUME};
	int fd = control_store_insert_fd(c, strip, slot);
	const char *why;
	char *text;

	if (fd < 0)
		return;
	if (read_text(fd, &text, &why) == 0) {
		ask(c, w, strip, slot, text);
		free(text);
	}
	close(fd);
}

void control_insert_state_told(void *data, uint32_t strip, uint32_t slot, int status, const char *text)
{
	struct control *c = data;
	struct mos_rtctl_msg msg = {0};
	struct waiter w;
	uint32_t i = 0;
	int fd;

	while (i < c->n_state_waits && (c->state_wait[i].strip != strip || c->state_wait[i].slot != slot))
		i++;
	if (i == c->n_state_waits)
		return;
	w = c->state_wait[i].w;
	c->state_wait[i] = c->state_wait[--c->n_state_waits];
	fd = status < 0 ? status : make_memfd(text);
	if (fd < 0) {
		control_reply_status(c, w, fd, sentence(fd));
		return;
	}
	if (w.conn != CONN_RESUME)
		control_resume_insert_state(c, strip, slot, w.op == MOS_RTCTL_INSERT_RESTORE, fd);
	msg.op = w.op;
	msg.id = w.id;
	msg.u.insert_list.n = (uint32_t)strlen(text);
	control_reply_fds(c, &msg, w.conn, &fd, w.op == MOS_RTCTL_INSERT_SAVE);
	close(fd);
}
