/* SPDX-License-Identifier: MIT */
#include "watchdog.h"

int watchdog_look(struct watchdog *w, int inside, uint64_t serves, int64_t now_ns)
{
	if (!inside || serves != w->serves || w->since_ns == 0) {
		w->serves = serves;
		w->since_ns = now_ns;
	}
	return now_ns - w->since_ns < WATCHDOG_HUNG_NS;
}
