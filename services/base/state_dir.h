/* SPDX-License-Identifier: MIT */
/**
 * The state directory: what MOS keeps from one run to the next. Each service has files or a folder of its own
 * in it.
 */
#ifndef MOS_BASE_STATE_DIR_H
#define MOS_BASE_STATE_DIR_H

#include <stddef.h>

/**
 * Where it is: $MOS_STATE_DIR, else $XDG_STATE_HOME/mos, else $HOME/.local/state/mos, else /var/lib/mos. It
 * need not be there yet.
 * @param room  Bytes that have to be left in `buf` for what is appended.
 * @return 0; -ENAMETOOLONG; -EINVAL not an absolute path.
 */
int state_dir_find(char *buf, size_t size, size_t room);

#endif
