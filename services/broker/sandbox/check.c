/* SPDX-License-Identifier: MIT */
/* What a machine must have before a widget may run on it. Namespaces are tried by bubblewrap itself. */
#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? -errno : (int)version;
}

static bool has_filters(void)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int sandbox_check(void)
{
	int landlock = landlock_version();

	if (!has_filters()) {
		(void)complain("this kernel filters no system calls (seccomp): %s", strerror(errno));
		return complain("hint: it needs CONFIG_SECCOMP_FILTER; no widget runs without");
	}
	if (landlock < 0) {
		(void)complain("this kernel has no landlock: %s", strerror(-landlock));
		return complain("hint: it needs CONFIG_SECURITY_LANDLOCK, and landlock among lsm= on its "
				"command line");
	}
	return landlock;
}
