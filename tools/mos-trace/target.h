/* SPDX-License-Identifier: MIT */
/** Which mos-rtcore is looked at. */
#ifndef MOS_TRACE_TARGET_H
#define MOS_TRACE_TARGET_H

#include "view.h"

/** What the user said; zeros and NULL: nothing. */
struct target_wish {
	pid_t pid;
	const char *runtime_dir;
};

/**
 * Find it: by pid, by the lock in a runtime directory (--runtime-dir, $MOS_RUNTIME_DIR,
 * $XDG_RUNTIME_DIR/mos), else the only mos-rtcore that runs here. @return 0, or a TRACE_ code after a word of
 * its own (with `quiet` without).
 */
int target_find(struct target *t, const struct target_wish *wish, bool quiet);
/** Has it ended? */
bool target_is_gone(const struct target *t);
void target_close(struct target *t);

#endif
