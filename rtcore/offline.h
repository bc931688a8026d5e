/* SPDX-License-Identifier: MIT */
/**
 * The offline driver: no clock, as fast as the machine can, the same bits every time. It plays one timeline
 * through the same engine into a file.
 */
#ifndef RTCORE_OFFLINE_H
#define RTCORE_OFFLINE_H

#include <stddef.h>
#include <stdint.h>

#include "apollo/store/store.h"
#include "offline_clip.h"
#include "offline_insert.h"
#include "rack_load.h"

enum offline_format { OFFLINE_FLOAT = 0, OFFLINE_S24, OFFLINE_S16 };

struct offline_options {
	int timeline_fd;       /**< sealed timeline; borrowed */
	const char *out_path;  /**< WAV; replaced only when the whole of it is written */
	const char *bank_path; /**< NULL: the built-in synthesizer */
	struct rack_config rack; /**< polyphony and interpolation */
	struct store_options store;
	const char *fx;          /**< settings of effects, see offline_fx.c; NULL: none */
	const char *clip[OFFLINE_CLIPS_MAX]; /**< audio files on the timeline, see offline_clip.h */
	uint32_t n_clips;
	const char *insert[OFFLINE_INSERTS_MAX]; /**< plugins and amplifiers, see offline_insert.h */
	uint32_t n_inserts;
	uint32_t rate_hz, quantum_frames;
	uint32_t workers;    /**< threads that make voices sound: 1, WORKERS_MAX; 0: as many as there are processors */
	enum offline_format format;
	double max_seconds;  /**< <= 0: to the end */
	double tail_seconds; /**< longest ring-out after the end */
	int64_t start_tick;
	int64_t loop_start, loop_end; /**< loop_end 0: no loop; else max_seconds says when to stop */
	int metronome;
	int json;  /**< summary as JSON on stdout */
	int quiet; /**< no progress on stderr */
};

struct engine;
/** Effects by a list like "reverb.on=1,9.eq.low_db=-3". @return 0, -EINVAL: `why` says what is wrong. */
int offline_fx(struct engine *e, const char *list, char *why, size_t size);

/** @return 0, or -errno; what failed was said on stderr. */
int offline_render(const struct offline_options *o);

#endif
