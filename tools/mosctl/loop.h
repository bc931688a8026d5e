/* SPDX-License-Identifier: MIT */
/** Loops, for the commands loop and play --loop. */
#ifndef MOSCTL_LOOP_H
#define MOSCTL_LOOP_H

#include "mosctl.h"

/** Loop over bars `from` to `to` (text, from 1, both included). @return enum ctl_exit. */
int loop_set(struct ctl *ctl, const char *from, const char *to, struct mos_reply *ret);

#endif
