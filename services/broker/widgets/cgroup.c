/* SPDX-License-Identifier: MIT */
/*
 * Control groups, version 2. A branch is ours when we are alone in it: then we move into a leaf of it (a
 * group with processes cannot share out controllers) and make leaves for widgets beside us. The limits
 * themselves are written by mos-sandbox, which joins its group before it becomes the widget.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "log.h"
#include "text.h"

static int write_file(const char *dir, const char *name, const char *text)
{
	char path[STORE_PATH_MAX + 32];
	int fd, rc = 0;

	text_set(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int read_file(const char *dir, const char *name, char *buf, size_t size)
{
	char path[STORE_PATH_MAX + 32];
	ssize_t n;
	int fd;

	text_set(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n < 0 ? -EIO : 0;
}

/* Alone, with controllers to share out, and allowed to. */
static int is_ours(const char *dir)
{
	char text[256], own[16];

	if (read_file(dir, "cgroup.controllers", text, sizeof(text)) < 0 || !strstr(text, "memory") ||
		!strstr(text, "pids"))
		return 0;
	text_set(own, sizeof(own), "%d\n", (int)getpid());
	if (read_file(dir, "cgroup.procs", text, sizeof(text)) < 0 || strcmp(text, own))
		return 0;
	return access(dir, W_OK) == 0;
}

void cgroup_find(char ret[static STORE_PATH_MAX])
{
	char text[STORE_PATH_MAX - 32], leaf[STORE_PATH_MAX + 16], *line, *end;

	ret[0] = '\0';
	if (read_file("/proc/self", "cgroup", text, sizeof(text)) < 0)
		return;
	line = strstr(text, "0::/");
	if (!line)
		return;
	line += 3;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	text_set(ret, STORE_PATH_MAX, "/sys/fs/cgroup%s", line);
	text_set(leaf, sizeof(leaf), "%s/broker", ret);
	if (!is_ours(ret) || (mkdir(leaf, 0755) < 0 && errno != EEXIST) ||
		write_file(leaf, "cgroup.procs", "0") < 0) {
		ret[0] = '\0';
		return;
	}
	if (write_file(ret, "cgroup.subtree_control", "+memory +pids") < 0)
		log_warning("the control group shares out no controllers, ignoring: group=%s", ret);
	(void)write_file(ret, "cgroup.subtree_control", "+cpu"); /* not every system hands it on */
}

void cgroup_make(const char *branch, const char *id, char ret[static STORE_PATH_MAX])
{
	ret[0] = '\0';
	if (!branch[0] || strlen(branch) + strlen(id) + 16 > STORE_PATH_MAX)
		return;
	text_set(ret, STORE_PATH_MAX, "%s/widget-%s", branch, id);
	if (mkdir(ret, 0755) < 0 && errno != EEXIST) {
		log_warning("no control group for a widget: id=%s error=\"%s\"", id, strerror(errno));
		ret[0] = '\0';
	}
}

void cgroup_kill(const char *group)
{
	if (group[0])
		(void)write_file(group, "cgroup.kill", "1");
}

void cgroup_remove(const char *group)
{
	if (!group[0])
		return;
	cgroup_kill(group);
	/* Busy while the kernel still takes its last process apart: the next start of the widget uses it
	 * again. */
	if (rmdir(group) < 0 && errno != ENOENT)
		log_debug("a control group stays for now: group=%s error=\"%s\"", group, strerror(errno));
}
