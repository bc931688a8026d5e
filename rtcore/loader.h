/* SPDX-License-Identifier: MIT */
/**
 * Loader: a thread that does what may take long (validating timelines, reading sound fonts, freeing big
 * objects), one job after the other. rtcore runs two: a slow sound font never delays a score.
 */
#ifndef RTCORE_LOADER_H
#define RTCORE_LOADER_H

#include <stdint.h>

#include "apollo/clip/clip.h"
#include "kronos/song.h"
#include "rack_load.h"

enum loader_kind {
	LOADER_SONG,
	LOADER_BANK,
	LOADER_CLIP,
	LOADER_FREE_SONG,
	LOADER_FREE_BANK,
	LOADER_FREE_CLIP
};

struct loader_job {
	enum loader_kind kind;
	uint64_t tag;                     /**< the caller's, comes back with the result */
	int fd;                           /**< LOADER_SONG: sealed timeline; the loader closes it */
	struct rack_plan plan;            /**< LOADER_BANK */
	const struct rack_config *config; /**< LOADER_BANK */
	struct mos_rtctl_clip clip;       /**< LOADER_CLIP */
	struct clips *clips;              /**< LOADER_CLIP */
	void *object;             /**< in: what to free; out: struct song, struct instrument or struct clip */
	struct sampler *sampler;  /**< out: LOADER_BANK: the same as a sampler */
	struct rack_facts *facts; /**< out: LOADER_BANK: who takes the job frees it */
	int status;               /**< out: 0 or -errno */
	char error[200];          /**< out: one sentence when status < 0 */
	struct loader_job *next;  /**< the loader's */
};

struct loader;

/**
 * @param progress  LOADER_BANK: called from the loader thread with 0..100 and bytes; may be NULL.
 * @return NULL: no memory or thread.
 */
struct loader *loader_create(
	const char *name, void (*progress)(void *data, uint32_t percent, uint64_t bytes), void *data);
/** Finishes the running job first, or gives a bank up; results not taken are freed. */
void loader_destroy(struct loader *l);
/** Queue a copy of the job. @return 0, -ENOMEM (the caller keeps what the job names). */
int loader_submit(struct loader *l, const struct loader_job *job);
/** Becomes readable when a result waits. */
int loader_fd(const struct loader *l);
/** @return 1 a finished LOADER_SONG, LOADER_BANK or LOADER_CLIP job, 0 none. */
int loader_take(struct loader *l, struct loader_job *ret);

#endif
