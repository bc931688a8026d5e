/* SPDX-License-Identifier: MIT */
/**
 * A piece of music that was imported whole: its bytes, score and sealed timeline. Built completely or not at
 * all (HER-13), immutable afterwards. Process: mos-hermes, main thread.
 */
#ifndef HERMES_SONG_H
#define HERMES_SONG_H

#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "report.h"
#include "score.h"
#include "smf_read.h"

#define SONG_STATE_ID_LEN 17u /**< 16 hexadecimal digits and NUL */

struct song {
	const struct hermes_alloc *alloc;
	uint8_t *bytes; /**< the file; owned */
	size_t size;
	struct smf_header header;
	struct score score;
	struct hermes_report report; /**< warnings */
	int timeline_fd;             /**< sealed memfd; owned */
	uint32_t n_events;           /**< of the timeline */
	int64_t duration_ns;
	char state_id[SONG_STATE_ID_LEN]; /**< the timeline's content hash: equal music, equal id (HER-15) */
};

/**
 * Import, compile, seal.
 * @param bytes   From `alloc`; taken, also on failure.
 * @param name    Title for a song that has none of its own; may be empty.
 * @param report  On -EINVAL: where and why.
 * @return 0; -EINVAL refused; -ENOMEM; -errno of making the memfd.
 */
int song_create(uint8_t *bytes, size_t size, const char *name, const struct hermes_alloc *alloc,
	struct song **ret, struct hermes_report *report);
/** NULL is fine. */
void song_destroy(struct song *song);

/** Never NULL; empty when there is none. */
const char *song_title(const struct song *song);
/** "SMF 0", "SMF 1", "SMF 2": as the file declares it. */
void song_format(const struct song *song, char *buf, size_t size);

#endif
