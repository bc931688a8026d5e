/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <unistd.h>

int timeline_make(struct score_compiler *compiler, const struct score *score, struct score_report *report,
	struct timeline *ret)
{
	struct score_compiled compiled;
	struct mos_timeline_hdr hdr;
	int rc = score_compile(compiler, score, report, &compiled);

	if (rc < 0)
		return rc;
	const int fd = mos_timeline_build(&compiled.src);
	if (fd < 0)
		return fd == -EINVAL ? score_error(report, "nvx1.range", "", "the score cannot be played")
				     : fd;
	if (pread(fd, &hdr, sizeof(hdr), 0) != (ssize_t)sizeof(hdr)) {
		close(fd);
		return -EIO;
	}
	*ret = (struct timeline){
		.fd = fd,
		.id = hdr.id,
		.n_events = compiled.src.n_event,
		.duration_ns = compiled.duration_ns,
		.end_tick = compiled.src.end_tick,
	};
	return 0;
}

void timeline_finish(struct timeline *timeline)
{
	if (timeline->fd >= 0)
		close(timeline->fd);
	*timeline = (struct timeline){.fd = -1};
}
