/* SPDX-License-Identifier: MIT */
/** Control groups of widgets, where the system has given us a branch of our own (Delegate=yes). */
#ifndef BROKER_WIDGETS_CGROUP_H
#define BROKER_WIDGETS_CGROUP_H

#include "store.h"

/** Find our branch and make it ready to hold groups. @param ret  Its path; empty: there is none. */
void cgroup_find(char ret[static STORE_PATH_MAX]);

/** A group for a widget in `branch`. @param ret  Its path; empty: none was made. */
void cgroup_make(const char *branch, const char *id, char ret[static STORE_PATH_MAX]);
/** Kill all that is in it. An empty path is fine. */
void cgroup_kill(const char *group);
/** Kill and remove. */
void cgroup_remove(const char *group);

#endif
