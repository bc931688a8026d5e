/* SPDX-License-Identifier: MIT */
/**
 * Audio clips of a render. They lie in memory as a whole, so that the render waits for no disk and is the
 * same every time.
 */
#ifndef RTCORE_OFFLINE_CLIP_H
#define RTCORE_OFFLINE_CLIP_H

#include <stddef.h>
#include <stdint.h>

#define OFFLINE_CLIPS_MAX 64u

struct engine;
struct offline_clips;

/**
 * Put them into the timeline.
 * @param list  "TICK=FILE[;strip=N][;bpm=X][;gain=DB][;end=TICK][;offset=FRAMES][;loop=1]"; bpm: the file's
 * tempo.
 * @param why   What is wrong, on failure.
 * @return 0 or -errno.
 */
int offline_clips_create(struct engine *e, const char *const *list, uint32_t n, struct offline_clips **ret,
	char *why, size_t size);
/** No cycle will come. NULL is fine. */
void offline_clips_destroy(struct engine *e, struct offline_clips *o);

#endif
