/* SPDX-License-Identifier: MIT */
/* The door: taking it over or opening it, letting callers in. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "door.h"
#include "fdstore.h"
#include "log.h"

#define DOOR "mos.sock"      /* its name, and of the manager's one in mos-broker.socket */
#define KEPT_DOOR "own.door" /* ours, kept by the manager */

/* @return 1 somebody came in; 0 nobody waits; -errno. */
static int accept_one(struct broker *b)
{
	int sock = accept4(b->door, NULL, NULL, SOCK_CLOEXEC), rc;

	if (sock < 0) {
		/* The caller gave up between connecting and now. */
		if (errno == ECONNABORTED || errno == EINTR)
			return 1;
		return errno == EAGAIN ? 0 : -errno;
	}
	if (b->rpc.n_conns >= BROKER_CONNS_MAX) {
		log_warning("too many connections, hanging up on the next one: max=%u", BROKER_CONNS_MAX);
		close(sock);
		return 1;
	}
	rc = client_accept(b, sock);
	return rc < 0 ? rc : 1;
}

static int on_door(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct broker *b = data;
	int rc = accept_one(b);

	if (rc < 0) {
		/* Out of descriptors or memory: those inside are served on, the others wait at the door. */
		log_warning("cannot let anybody in for a moment: error=\"%s\"", strerror(-rc));
		(void)sd_event_source_set_enabled(b->door_io, SD_EVENT_OFF);
		retry_later(&b->door_pause);
	} else {
		retry_reset(&b->door_pause);
	}
	return 0;
}

void door_let_in(void *data)
{
	struct broker *b = data;

	if (b->door_io)
		(void)sd_event_source_set_enabled(b->door_io, SD_EVENT_ON);
}

/* Whether this descriptor is the door of our directory: a listening socket, bound there, and there still. */
static int is_door(int fd, const struct sockaddr_un *wanted)
{
	struct sockaddr_un bound = {0};
	socklen_t bound_len = sizeof(bound), len = sizeof(int);
	int type = 0, listens = 0;
	struct stat st;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens &&
	       getsockname(fd, (struct sockaddr *)&bound, &bound_len) == 0 && bound_len <= sizeof(bound) &&
	       bound.sun_family == AF_UNIX &&
	       strncmp(bound.sun_path, wanted->sun_path, sizeof(bound.sun_path)) == 0 &&
	       lstat(wanted->sun_path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* @return the descriptor; -ENOENT: there is none that is any good. */
static int take_over(struct broker *b, const char *name, const struct sockaddr_un *address)
{
	char found[FDSTORE_NAME_MAX];
	int fd;

	while ((fd = fdstore_claim(&b->service->fds, name, found)) >= 0) {
		if (!strcmp(found, name) && is_door(fd, address) && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
			return fd;
		log_warning("the service manager's socket is no door of ours, closing: name=%s path=%s",
			found, address->sun_path);
		fdstore_forget(found);
		close(fd);
	}
	return -ENOENT;
}

static int make(struct broker *b, const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	b->door = fd;
	/* We hold the lock, so a socket that is there is one that a broker left when it was killed. */
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	/* Who may come near is the directory's business: 0700 for a user, the group's under /run. */
	if (chmod(address->sun_path, 0660) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	(void)fdstore_keep(
		KEPT_DOOR, fd); /* without it callers are refused while we are restarted, and try again */
	return 0;
}

int door_open(struct broker *b)
{
	struct sockaddr_un address;
	int rc;

	rc = retry_init(&b->door_pause, b->service->event, door_let_in, b);
	if (rc < 0)
		return rc;
	rc = runtime_dir_address(b->service->runtime_dir, DOOR, &address);
	if (rc < 0)
		return rc;
	b->door = take_over(b, DOOR, &address);
	b->door_is_managers = b->door >= 0;
	if (b->door < 0)
		b->door = take_over(b, KEPT_DOOR, &address);
	rc = b->door < 0 ? make(b, &address) : 0;
	if (rc >= 0)
		rc = sd_event_add_io(b->service->event, &b->door_io, b->door, EPOLLIN, on_door, b);
	if (rc < 0)
		return rc;
	log_info("the door is open: socket=%s%s", address.sun_path,
		b->door_is_managers ? " by=\"the service manager\"" : "");
	return rtlink_greeting(&b->rtlink) ? sd_event_source_set_enabled(b->door_io, SD_EVENT_OFF) : 0;
}

void door_close(struct broker *b)
{
	struct sockaddr_un address;

	b->door_io = sd_event_source_disable_unref(b->door_io);
	retry_finish(&b->door_pause);
	if (b->door < 0)
		return;
	close(b->door);
	b->door = -1;
	if (b->door_is_managers)
		return;
	fdstore_forget(KEPT_DOOR);
	if (runtime_dir_address(b->service->runtime_dir, DOOR, &address) == 0)
		(void)unlink(address.sun_path);
}
