/* SPDX-License-Identifier: MIT */
/** Scores, for the commands load, check and play. */
#ifndef MOSCTL_SCORE_H
#define MOSCTL_SCORE_H

#include "mosctl.h"

/** Check the path, connect, load. *ret is filled on CTL_OK. @return enum ctl_exit. */
int score_load(struct ctl *ctl, const char *path, struct mos_reply *ret);
/** Title, length, parts; on stderr what had to be mended while reading. */
void score_print(const struct mos_value *score);

#endif
