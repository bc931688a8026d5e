/* SPDX-License-Identifier: MIT */
#include "shelf_task.h"

#include <errno.h>
#include <time.h>

int library_failure(struct failure *failure, int rc, const struct library *lib)
{
	return failure_set(failure, rc,
		rc == -EINVAL   ? "hermes.library.invalid"
		: rc == -ENOENT ? "hermes.library.absent"
				: "hermes.library.failed",
		"%s", library_why(lib));
}

int64_t library_now_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int library_open_for(struct task *task, enum library_mode mode, struct library **lib, struct failure *failure)
{
	char why[LIBRARY_WHY];
	if (*lib)
		return 0;
	const int rc = library_open(task->hermes->shelf.path, mode, lib, why);
	return rc < 0 ? failure_set(failure, rc, "hermes.library.failed", "%s", why) : 0;
}
