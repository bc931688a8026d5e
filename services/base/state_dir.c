/* SPDX-License-Identifier: MIT */
#include "state_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int state_dir_find(char *buf, size_t size, size_t room)
{
	const char *own = getenv("MOS_STATE_DIR"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len;

	if (own && *own)
		len = snprintf(buf, size, "%s", own);
	else if (xdg && *xdg)
		len = snprintf(buf, size, "%s/mos", xdg);
	else if (home && *home)
		len = snprintf(buf, size, "%s/.local/state/mos", home);
	else
		len = snprintf(buf, size, "/var/lib/mos");
	if (len < 0 || (size_t)len + room > size)
		return -ENAMETOOLONG;
	return buf[0] == '/' ? 0 : -EINVAL;
}
