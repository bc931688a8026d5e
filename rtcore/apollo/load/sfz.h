/* SPDX-License-Identifier: MIT */
/** Reading an SFZ whole: what load_sfz() does with the disk, for other places of files too. */
#ifndef SFZ_H
#define SFZ_H

#include "load.h"
#include "sfz_text.h"
#include "sfz_zone.h"

/** Where the samples come from. */
struct sfz_samples {
	void *data;
	/** Fill what is known of the file that is called `name` (default_path before it). @return 0, -errno:
	 * dropped. */
	int (*open)(void *data, const char *name, struct sfz_sound *ret, char *why, size_t why_size);
};

/**
 * Read the text and build zones of it; curves and controllers are settled, build_finish() is the caller's.
 * @param b  Empty but for its set; build_free() also on failure.
 * @return 0; -EINVAL: nothing in it can sound, or not readable; -ENOMEM.
 */
int sfz_read(const char *path, const struct sfz_source *source, const struct sfz_samples *samples,
	const struct load_options *o, struct bank_build *b, struct load_report *report, char *error,
	size_t error_size);

#endif
