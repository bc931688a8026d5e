/* SPDX-License-Identifier: MIT */
/**
 * Files that an SFZ names: either slash, any case of letters, below the folder of the first file or beside it
 * (../). Only regular files are read.
 */
#ifndef SFZ_DISK_H
#define SFZ_DISK_H

#include "sfz_known.h"
#include "sfz_text.h"

#define SFZ_DISK_ENTRIES                                                                                     \
	1000000u /**< of folders that may be looked through for other cases of names, in all */

struct sfz_disk {
	char *folder;     /**< of the first file */
	uint64_t bytes;   /**< of texts that were read */
	uint32_t n_names; /**< of folders that were looked through */
	char **name;
	struct sfz_known *entry; /**< folder and name in small letters; 1 + index in `name` */
};

/** @return 0, -ENOMEM. */
int sfz_disk_open(struct sfz_disk *d, const char *path);
void sfz_disk_close(struct sfz_disk *d);
/** data is a struct sfz_disk *: find() and read() of struct sfz_source. */
int sfz_disk_find(void *data, const char *name, char **ret_path);
int sfz_disk_read(void *data, const char *path, size_t max, char **ret_text, size_t *ret_size);

#endif
