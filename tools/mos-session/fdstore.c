/* SPDX-License-Identifier: MIT */
#include "fdstore.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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

static bool is_same(int a, int b)
{
	long pid = getpid();

	return syscall(SYS_kcmp, pid, pid, KCMP_FILE, a, b) == 0;
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

static int keep(struct fdstore *store, const char *name, int fd)
{
	size_t len = strlen(name) + 1;
	char *copy;

	if (store->n == FDSTORE_MAX || store->names_len + len > FDSTORE_NAMES_MAX)
		return -ENOSPC;
	if (store->n == store->room) {
		uint32_t room = store->room ? store->room * 2 : 16;
		struct fdstore_entry *entry = realloc(store->entry, room * sizeof(*entry));

		if (!entry)
			return -ENOMEM;
		store->entry = entry;
		store->room = room;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	store->entry[store->n++] = (struct fdstore_entry){.fd = fd, .name = copy};
	store->names_len += len;
	return 1;
}

int fdstore_add(struct fdstore *store, int watch_fd, const char *name, int fd)
{
	int r = is_name(name) ? 1 : -EINVAL;

	for (uint32_t i = 0; i < store->n && r == 1; i++)
		if (strcmp(store->entry[i].name, name) == 0 && is_same(store->entry[i].fd, fd))
			r = 0;
	if (r == 1)
		r = keep(store, name, fd);
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
