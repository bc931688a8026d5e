/* SPDX-License-Identifier: MIT */
/**
 * The amplifier models that the box knows: files NAME.nam in the folders of $MOS_MODEL_PATH, else in
 * mos/models of the data directories (XDG_DATA_HOME, XDG_DATA_DIRS). A widget chooses among them by name; it
 * never says a path.
 */
#ifndef BROKER_MODELS_H
#define BROKER_MODELS_H

#include <stddef.h>
#include <stdint.h>

#define MODELS_MAX 400u     /**< what an answer holds */
#define MODEL_NAME_MAX 112u /**< bytes, with NUL */

struct model {
	char name[MODEL_NAME_MAX]; /**< UTF-8 */
	uint64_t bytes;
};

/** Those that there are now, by name; of two of one name the first folder's counts. @return how many, at most
 * `max`. */
uint32_t models_list(struct model ret[], uint32_t max);
/** The path of one. @return 0; -ENOENT; -ENAMETOOLONG. */
int models_find(const char *name, char *path, size_t size);

#endif
