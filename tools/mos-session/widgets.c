/* SPDX-License-Identifier: MIT */
#include "widgets.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int set(const char *name, const char *value)
{
	return setenv(name, value, /* overwrite= */ 0) < 0 ? -errno : 0;
}

/** Set to `own`/`relative` where `file` lies in it. @return 1 it does, 0, -errno. */
static int set_if_there(const char *name, const char *own, const char *relative, const char *file)
{
	char path[PATH_MAX], probe[PATH_MAX], absolute[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", own, relative);
	int r;

	if (n < 0 || (size_t)n >= sizeof(path) || !realpath(path, absolute))
		return 0;
	n = snprintf(probe, sizeof(probe), "%s/%s", absolute, file);
	if (n < 0 || (size_t)n >= sizeof(probe) || access(probe, R_OK) < 0)
		return 0;
	r = set(name, absolute);
	return r < 0 ? r : 1;
}

int widgets_prepare(const char *state_dir)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *own;
	int r;

	if (len <= 0)
		return 0;
	self[len] = '\0';
	own = dirname(self);
	/* An installed libmos is found by the loader. */
	r = set_if_there("MOS_WIDGET_LIBRARY", own, "../../clients/libmos", "libmos.so.0");
	if (r >= 0)
		r = set_if_there("MOS_WIDGET_PATH", own, "../../clients/widgets", ".");
	if (r == 0)
		r = set_if_there("MOS_WIDGET_PATH", own, "../lib/mos/widgets", ".");
	if (r >= 0 && state_dir)
		r = set("MOS_STATE_DIR", state_dir);
	return r < 0 ? r : 0;
}
