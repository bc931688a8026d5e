/* SPDX-License-Identifier: MIT */
/** mosctl band against the real programs, inside mos-session: a folder for files, and what mosctl said. */
#ifndef MOSCTL_BAND_RIG_H
#define MOSCTL_BAND_RIG_H

#include "mosctl_run.h"

extern struct said band_said;

/** A folder of the test's own; waits until the band's service answers. */
void band_rig_setup(void);
/** What plays is stopped. */
void band_rig_teardown(void);
/** A path in the folder; of the last 64. */
const char *band_rig_path(const char *name);
/** Write a text into a file of the folder. @return its path. */
const char *band_rig_write(const char *name, const char *text);
/** Assert how the last one ended, and what its output and its errors contain; NULL: anything. */
void band_expect(int code, const char *out, const char *err);

#define BAND(...) MOSCTL(&band_said, "band", __VA_ARGS__)

#endif
