/* SPDX-License-Identifier: MIT */
/**
 * Audio clips: files that play along with the timeline into a strip (APO-32). A clip's place in its file
 * follows from the transport's position alone, so it starts exact to the frame, seeks and loops with the
 * music and never drifts. With a tempo of its own (file_bpm) it is resampled to the clock's tempo; its pitch
 * moves with it, as on a tape machine. Without one it keeps its speed from where it was started.
 *
 * What is not in memory is streamed (store/stream.h). Until it is there, after a seek, the clip is silent and
 * then fades in, and that is counted. Where the transport will jump back at its loop's end is known before,
 * and is there. Offline renders keep clips in memory as a whole (offline_clip.h).
 */
#ifndef CLIP_H
#define CLIP_H

#include <stddef.h>
#include <mos/rtctl.h>

#include "../../kronos/walker.h"
#include "../instrument.h"

#define CLIPS_MAX 64u

struct clip;  /**< a file, ready to play; immutable but for the audio thread's part */
struct clips; /**< all that are in the timeline */
struct store;
struct stream_pool;

/* Setup: control or loader thread */

/** @param s  The process' store; outlives this. NULL: no memory. */
struct clips *clips_create(struct store *s, uint32_t rate_hz);
/** The audio thread has let go of it; clips that are in it are freed. NULL is allowed. */
void clips_destroy(struct clips *c);
/**
 * Open a file and read its start; may decode all of it, once. Ticks, not bars.
 * @return 0; -ENOENT, -EACCES, -EINVAL (no audio, damaged, a field out of range), -EIO, -ENOMEM; error: one
 * sentence.
 */
int clip_load(struct clips *c, const struct mos_rtctl_clip *request, struct clip **ret, char *error,
	size_t error_size);
void clip_free(struct clip *clip);

/* Audio thread. All with c NULL do nothing. */

/** Put it into the timeline; it is ours now. @return -EAGAIN: CLIPS_MAX are there. */
int clips_add(struct clips *c, struct clip *clip) MOS_RT;
/** Take it out, without a click. @return it, for clip_free() in another thread; NULL: there is none. id 0:
 * any. */
struct clip *clips_remove(struct clips *c, uint32_t id) MOS_RT;

/** A block begins with the transport at `v`. is_rolling 0: it stands, or counts in before it starts at v. */
void clips_begin(struct clips *c, const struct walk_map *m, kronos_v v, int is_rolling) MOS_RT;
/**
 * In this block, in order of time: from `offset` on it goes on at v (seek, loop), or stands.
 * @param n_killed  Strips below it were cut (apollo_kill()): the mixer fades what sounded there.
 */
void clips_jump(struct clips *c, uint32_t offset, kronos_v v, uint32_t n_killed) MOS_RT;
void clips_stop(struct clips *c, uint32_t offset, uint32_t n_killed) MOS_RT;
/** The block is over: the transport stands at `v`, behind it. Add the sound to the strips. */
void clips_render(struct clips *c, const struct walk_map *m, kronos_v v, int is_rolling,
	struct strip_bufs *bufs, uint32_t n_frames) MOS_RT;

struct clips_figures {
	uint32_t clips, sounding;
	uint64_t late; /**< times that a clip had to be silent, waiting for the disk */
};
void clips_figures(const struct clips *c, struct clips_figures *ret) MOS_RT;

#endif
