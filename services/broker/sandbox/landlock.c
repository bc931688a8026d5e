/* SPDX-License-Identifier: MIT */
/*
 * The second fence behind the mounts: should anything of the machine ever be visible in there, it is closed.
 * It holds for all that the widget starts, and cannot be taken off.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN (READ | LANDLOCK_ACCESS_FS_EXECUTE)
/** Every right that this version of landlock can take away. */
static struct landlock_ruleset_attr everything(int version)
{
	struct landlock_ruleset_attr all = {.handled_access_fs = LANDLOCK_ACCESS_FS_REFER - 1};

	if (version >= 2)
		all.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		all.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (version >= 4)
		all.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (version >= 5)
		all.handled_access_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (version >= 6)
		all.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
	return all;
}

static int allow(int rules, uint64_t handled, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights & handled};
	int r;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno : 0;
	(void)close(rule.parent_fd);
	return r;
}

static int allow_all(int rules, uint64_t handled, unsigned int n_library, const char *own)
{
	static const struct {
		const char *path;
		uint64_t rights;
	} fixed[] = {
		{"/usr", RUN},
		{INSIDE_FOLDER, RUN},
		{"/etc", READ},
		{"/proc", READ},
		{"/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				      LANDLOCK_ACCESS_FS_TRUNCATE},
		{"/dev/random", LANDLOCK_ACCESS_FS_READ_FILE},
		{"/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE},
	};
	const uint64_t own_rights =
		handled & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK |
				      LANDLOCK_ACCESS_FS_IOCTL_DEV);
	char path[32];
	int r = 0;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed) && r == 0; i++)
		r = allow(rules, handled, fixed[i].path, fixed[i].rights);
	for (unsigned int i = 0; i < n_library && r == 0; i++) {
		(void)snprintf(path, sizeof(path), INSIDE_LIBRARY "/%u", i);
		r = allow(rules, handled, path, RUN);
	}
	if (r == 0 && own)
		r = allow(rules, handled, own, own_rights);
	return r;
}

int landlock_apply(unsigned int n_library, const char *own)
{
	int version = landlock_version(), rules, r;
	struct landlock_ruleset_attr all;

	if (version < 0)
		return complain("landlock: %s", strerror(-version));
	all = everything(version);
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0)
		return complain("landlock: %s", strerror(errno));
	r = allow_all(rules, all.handled_access_fs, n_library, own);
	if (r == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		r = -errno;
	(void)close(rules);
	return r < 0 ? complain("landlock: %s", strerror(-r)) : 0;
}
