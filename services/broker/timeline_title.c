/* SPDX-License-Identifier: MIT */
/* The title of a timeline. */
#include <unistd.h>

#include <mos/timeline.h>

#include "timeline_title.h"
#include "wire_utf8.h"

void timeline_title(int fd, char *buf, size_t size)
{
	struct mos_timeline_hdr hdr;
	uint64_t left;
	ssize_t n;

	buf[0] = '\0';
	if (pread(fd, &hdr, sizeof(hdr), 0) != (ssize_t)sizeof(hdr) || hdr.region.magic != MOS_MAGIC_TIMELINE)
		return;
	if (hdr.title_off >= hdr.strings.count || hdr.strings.off > INT64_MAX - UINT32_MAX)
		return;
	left = hdr.strings.count - hdr.title_off;
	if (left > size - 1)
		left = size - 1;
	n = pread(fd, buf, left, (off_t)(hdr.strings.off + hdr.title_off));
	buf[n > 0 ? n : 0] = '\0';
	wire_utf8_mend(buf);
}
