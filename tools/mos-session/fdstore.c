/* SPDX-License-Identifier: MIT */
#include "fdstore.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

/** What can stand between the ':' of LISTEN_FDNAMES. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > FDSTORE_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if (*c < ' ' || *c == 0x7f || *c == ':')
			return false;
	return true;
}

/** The same open file. Inodes first: the kernel is asked for few of the thousands that a store may hold. */
static bool is_same(const struct fdstore_entry *a, const struct fdstore_entry *b)
{
	long pid = getpid();

	return a->ino == b->ino && a->dev == b->dev && strcmp(a->name, b->name) == 0 &&
	       syscall(SYS_kcmp, pid, pid, KCMP_FILE, a->fd, b->fd) == 0;
}

/** Memory cannot hang up, and cannot be watched. */
static void watch(int watch_fd, int fd)
{
	struct epoll_event event = {.data.fd = fd}; /* EPOLLHUP and EPOLLERR are always told */

	(void)epoll_ctl(watch_fd, EPOLL_CTL_ADD, fd, &event);
}

static void drop(struct fdstore *store, int watch_fd, uint32_t i)
{
	struct fdstore_entry *entry = &store->entry[i];

	/* The child has the same open file: closing ours alone would leave it in the set. */
	(void)epoll_ctl(watch_fd, EPOLL_CTL_DEL, entry->fd, NULL);
	(void)close(entry->fd);
	store->names_len -= strlen(entry->name) + 1;
	free(entry->name);
	/* Their order is kept: what was stored first is handed over first. */
	memmove(entry, entry + 1, (store->n - i - 1) * sizeof(*entry));
	store->n--;
}

/** A copy of `entry`, with a name of its own. */
static int keep(struct fdstore *store, const struct fdstore_entry *entry)
{
	size_t len = strlen(entry->name) + 1;
	char *name;

	if (store->n == FDSTORE_MAX || store->names_len + len > FDSTORE_NAMES_MAX)
		return -ENOSPC;
	if (store->n == store->room) {
		uint32_t room = store->room ? store->room * 2 : 16;
		struct fdstore_entry *more = realloc(store->entry, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		store->entry = more;
		store->room = room;
	}
	name = strdup(entry->name);
	if (!name)
		return -ENOMEM;
	store->entry[store->n] = *entry;
	store->entry[store->n++].name = name;
	store->names_len += len;
	return 1;
}

int fdstore_add(struct fdstore *store, int watch_fd, const char *name, int fd)
{
	struct fdstore_entry entry = {.fd = fd, .name = (char *)name}; /* it is only read */
	struct stat stat;
	int r = is_name(name) ? 1 : -EINVAL;

	if (r == 1 && fstat(fd, &stat) < 0)
		r = -errno;
	if (r == 1) {
		entry.dev = stat.st_dev;
		entry.ino = stat.st_ino;
	}
	for (uint32_t i = 0; i < store->n && r == 1; i++)
		if (is_same(&store->entry[i], &entry))
			r = 0;
	if (r == 1)
		r = keep(store, &entry);
	if (r != 1)
		(void)close(fd);
	else if (watch_fd >= 0)
		watch(watch_fd, fd);
	return r;
}

void fdstore_remove(struct fdstore *store, int watch_fd, const char *name)
{
	for (uint32_t i = store->n; i-- > 0;)
		if (strcmp(store->entry[i].name, name) == 0)
			drop(store, watch_fd, i);
}

int fdstore_hung_up(struct fdstore *store, int watch_fd, int fd)
{
	for (uint32_t i = 0; i < store->n; i++)
		if (store->entry[i].fd == fd) {
			drop(store, watch_fd, i);
			return 1;
		}
	return 0;
}

void fdstore_clear(struct fdstore *store, int watch_fd)
{
	while (store->n)
		drop(store, watch_fd, store->n - 1);
	free(store->entry);
	*store = (struct fdstore){0};
}

static int set_number(const char *name, long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%ld", value);
	return setenv(name, text, 1) < 0 ? -errno : 0;
}

static int set_environment(const struct fdstore *store)
{
	char *names = malloc(store->names_len), *end = names;
	int r;

	if (!names)
		return -ENOMEM;
	for (uint32_t i = 0; i < store->n; i++) {
		end = stpcpy(end, store->entry[i].name);
		*end++ = ':';
	}
	end[-1] = '\0';
	r = setenv("LISTEN_FDNAMES", names, 1) < 0 ? -errno : 0;
	free(names);
	if (r == 0)
		r = set_number("LISTEN_FDS", store->n);
	return r < 0 ? r : set_number("LISTEN_PID", getpid());
}

int fdstore_hand_over(const struct fdstore *store)
{
	const int first_free = FIRST_FD + (int)store->n;

	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
	if (store->n == 0)
		return 0;
	/* Out of the way first: a place that is filled may be that of one that still waits for its own. */
	for (uint32_t i = 0; i < store->n; i++) {
		int fd = store->entry[i].fd;

		if (fd < first_free)
			fd = fcntl(fd, F_DUPFD_CLOEXEC, first_free);
		if (fd < 0)
			return -errno;
		store->entry[i].fd = fd;
	}
	for (uint32_t i = 0; i < store->n; i++)
		if (dup2(store->entry[i].fd, FIRST_FD + (int)i) < 0)
			return -errno;
	return set_environment(store);
}
