/* SPDX-License-Identifier: MIT */
/** Where the broker finds widgets, and keeps what belongs to them. mos-session only. */
#ifndef MOS_SESSION_WIDGETS_H
#define MOS_SESSION_WIDGETS_H

/**
 * Set MOS_WIDGET_PATH and MOS_WIDGET_LIBRARY to what lies beside this program, in a build tree or installed,
 * and MOS_STATE_DIR. What the user has set stays.
 *
 * @param state_dir  Of a session of its own, which must not change what the user's remembers; NULL: the
 * user's.
 * @return 0, or -errno of setting the environment.
 */
int widgets_prepare(const char *state_dir);

#endif
