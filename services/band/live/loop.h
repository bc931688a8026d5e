/* SPDX-License-Identifier: MIT */
/** What the thread needs of the loop besides live.h: changes in two steps, so that the slow one is another's.
 */
#ifndef BAND_LOOP_H
#define BAND_LOOP_H

#include "song.h"

/**
 * Take a song that was made for song->at_ns. The song is the loop's afterwards.
 * @param ret_old  What may be freed by now; may be NULL. Written on success only.
 * @return 0; -EINVAL: no such place; -ETIME: that place was handed over already; -ESHUTDOWN: it ended.
 */
int loop_change(struct band_loop *loop, struct song *song, struct song **ret_old);

/** Enough to answer where it is at any time from now on. */
struct loop_view {
	struct song_place
		place; /* of the song that waits, when one does: it has the bars before its own, too */
	uint64_t n_sent, n_late, n_dropped;
};
struct loop_view loop_view(const struct band_loop *loop);

#endif
