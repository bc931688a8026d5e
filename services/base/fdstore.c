/* SPDX-License-Identifier: MIT */
/* What the service manager keeps for us, in the words of sd_notify(3) and sd_listen_fds(3). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>

#include "fdstore.h"
#include "log.h"

int fdstore_take(struct fdstore *store)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(/* unset_environment= */ 1, &names);

	*store = (struct fdstore){0};
	if (n <= 0) {
		free(names);
		return n;
	}
	store->item = calloc((size_t)n, sizeof(*store->item));
	for (int i = 0; i < n; i++) {
		if (store->item)
			store->item[i] = (struct fdstore_item){SD_LISTEN_FDS_START + i, names[i]};
		else
			free(names[i]);
	}
	free(names);
	if (!store->item)
		return -ENOMEM;
	store->n = (uint32_t)n;
	return n;
}

int fdstore_claim(struct fdstore *store, const char *prefix, char ret_name[static FDSTORE_NAME_MAX])
{
	for (uint32_t i = 0; i < store->n; i++) {
		struct fdstore_item *item = &store->item[i];
		int fd = item->fd;

		if (fd < 0 || strncmp(item->name, prefix, strlen(prefix)) != 0 ||
			strlen(item->name) >= FDSTORE_NAME_MAX)
			continue;
		strcpy(ret_name, item->name);
		item->fd = -1;
		return fd;
	}
	return -ENOENT;
}

void fdstore_finish(struct fdstore *store, int forget)
{
	for (uint32_t i = 0; i < store->n; i++) {
		struct fdstore_item *item = &store->item[i];

		if (item->fd >= 0 && forget) {
			log_notice(
				"the service manager kept what is of no use, closing: name=%s", item->name);
			fdstore_forget(item->name);
		}
		if (item->fd >= 0)
			close(item->fd);
		free(item->name);
	}
	free(store->item);
	*store = (struct fdstore){0};
}

int fdstore_keep(const char *name, int fd)
{
	char state[FDSTORE_NAME_MAX + 32];
	int n = snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s", name);

	if (n < 0 || (size_t)n >= sizeof(state))
		return -ENAMETOOLONG;
	return sd_pid_notify_with_fds(0, 0, state, &fd, 1);
}

void fdstore_forget(const char *name)
{
	(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}
