/* SPDX-License-Identifier: MIT */
/** Inside of clip/ only. */
#ifndef CLIP_PRIV_H
#define CLIP_PRIV_H

#include "../sampler/bank.h"
#include "../sampler/kernel.h"
#include "../store/store.h"
#include "../store/stream.h"
#include "clip.h"

#define CLIP_INC_MAX 64u /**< file frames a frame; a clip that would go faster is silent */
#define CLIP_WINDOW (KERNEL_FRAMES * CLIP_INC_MAX + KERNEL_TAPS_MAX + 8u)
#define CLIP_VIRTUAL_MAX (INT64_C(1) << 31)
#define CLIP_POINTS 16u

/**
 * A position in a file is 32.32 fixed point, in virtual frames: those of a looped file go on behind its end.
 * Positions are computed exactly at the start of an interval of KERNEL_FRAMES frames and run straight in
 * between. Intervals begin where the transport started, jumped, or changed its tempo, so blocks have no part
 * in them.
 */
struct clip {
	struct mos_rtctl_clip request;
	struct store_set *set;
	const struct sample *sample;
	uint32_t offset;        /**< first frame that is played */
	uint32_t loop_end;      /**< 0: none; otherwise all of the file from `offset` on */
	uint64_t frames_a_tick; /**< 24.40; 0: it keeps its own speed */
	float gain;

	/* the audio thread's */
	int is_sounding;
	uint32_t from, to;      /**< of this interval's frames */
	int64_t pos, inc;       /**< at the interval's start */
	int64_t pos_next;       /**< at the next one's */
	int64_t own_frames;     /**< of the engine, since its start: where it keeps its own speed */
	float gain_at, gain_to; /**< at the interval's start and end */
	int is_late;            /**< silent until the disk has caught up */
	int is_done;            /**< the file has ended; until the transport jumps */
	float last[2];          /**< what sounded last */
	uint32_t stream;        /**< STREAM_NONE: none */
	uint64_t stream_inc;
	uint32_t foreseen; /**< stream at where the transport's loop begins; STREAM_NONE: none */
	int64_t foreseen_pos;
};

enum clip_point_kind { CLIP_BEGIN, CLIP_JUMP, CLIP_STOP };

struct clip_point {
	enum clip_point_kind kind;
	uint32_t offset, n_killed;
	kronos_v v;
	int is_rolling;
};

struct clips {
	struct store *store;
	struct stream_pool *streams;
	const struct kernel *kernel;
	uint32_t rate_hz;

	/* the audio thread's */
	uint32_t n;
	struct clip *list[CLIPS_MAX];
	struct walk_map map; /**< in which `v` counts; only what positions follow from is compared */
	kronos_v v;          /**< of the interval's next frame */
	int is_rolling;
	uint32_t len, done; /**< frames of the interval, and how many have sounded */
	uint32_t n_points;
	struct clip_point point[CLIP_POINTS];
	uint64_t tails; /**< bit a strip: what was cut there still fades */
	float tail[APOLLO_CHANNELS][2];
	uint64_t late;
	_Alignas(64) float window[2][CLIP_WINDOW + KERNEL_OVER];
	_Alignas(64) float sound[KERNEL_FRAMES + 16];
};

/* clip_place.c */

/** An interval begins: where each clip is in it. */
void clip_interval(struct clips *c, const struct walk_map *m) MOS_RT;
/** It goes on elsewhere, or not at all; `killed`: the mixer fades what sounded. */
void clip_cut(struct clips *c, struct clip *clip, int killed) MOS_RT;

/* clip_sound.c */

/** Choose the gain of the interval that begins by what is there to be heard. */
void clip_prepare(struct clips *c, struct clip *clip) MOS_RT;
/** Frames first..first + n of the interval, at `offset` of the block. */
void clip_sound(struct clips *c, struct clip *clip, uint32_t first, uint32_t n, struct strip_bufs *bufs,
	uint32_t offset, uint32_t n_frames) MOS_RT;
void clip_leave_stream(struct clips *c, struct clip *clip) MOS_RT;
/** The transport will jump to where the clip is at `pos`: read there before. */
void clip_foresee(struct clips *c, struct clip *clip, int64_t pos) MOS_RT;
void clip_forget(struct clips *c, struct clip *clip) MOS_RT;
/** It has jumped: go on with the stream that is there already, if this is the place. */
void clip_arrive(struct clips *c, struct clip *clip) MOS_RT;

#endif
