/* SPDX-License-Identifier: MIT */
/* Input files: the mistakes that people make are told before anything else happens. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mosctl.h"

int file_check(struct ctl *ctl, const char *path)
{
	char name[256];
	struct stat st;

	printable(path, name, sizeof(name));
	if (stat(path, &st) < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, errno == ENOENT ? "check the path" : NULL, "%s: %s", name,
			strerror(errno));
	if (S_ISDIR(st.st_mode))
		return ctl_fail(ctl, CTL_BAD_FILE, "name a file in it", "%s: is a directory", name);
	if (!S_ISREG(st.st_mode))
		return ctl_fail(ctl, CTL_BAD_FILE, "copy it to a file first", "%s: is no regular file", name);
	if (st.st_size == 0)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: is empty", name);
	if (access(path, R_OK) < 0)
		return ctl_fail(
			ctl, CTL_BAD_FILE, "ls -l shows who may read it", "%s: %s", name, strerror(errno));
	return CTL_OK;
}
