/* SPDX-License-Identifier: MIT */
/** What sounds: the memory of a net, and its way through one chunk. Inside of nam/ only. */
#ifndef NAM_STATE_H
#define NAM_STATE_H

#include "nam_model.h"

/**
 * The last frames of a signal: planes that go round. The first NAM_CHUNK frames are there twice, so that any
 * chunk of the past is contiguous.
 */
struct nam_ring {
	float *data;
	uint32_t n_planes, length, stride;
	uint32_t at; /**< of the chunk's first frame */
};

/** What all parts of a state use for a moment; the nested state has its own. */
struct nam_scratch {
	const float **rows; /**< of the widest matrix */
	float *z, *t, *u;   /**< planes as many as the widest signal has */
};

struct nam_run {
	const struct nam_net *net;
	const struct nam_kernel *kernel;
	struct nam_scratch scratch;
	uint32_t n_rings;
	struct nam_ring *rings; /**< in the order of the convolutions that remember */
	float *x[2], *head[2];  /**< planes */
	struct nam_run *condition;
	float *condition_out;
	float *xh, *gates, *h, *c; /**< LSTM */
};

/** Memory in one piece. With base NULL it is only measured. */
struct nam_arena {
	char *base;
	size_t used;
};

/** Lay a net's state into the arena. The first pass measures, and writes nothing. */
void nam_run_place(struct nam_arena *a, const struct nam_net *net, struct nam_run **ret);
/**
 * One chunk, n <= NAM_CHUNK frames; planes of NAM_CHUNK floats.
 * @param is_first  The chunk is one frame that has always been: every ring is filled with it.
 */
void nam_run_chunk(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT;

/* nam_wavenet.c, nam_lstm.c, nam_convnet.c */
void nam_wavenet_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT;
void nam_lstm_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT;
void nam_convnet_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT;
void nam_linear_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT;

/* nam_ring.c */
void nam_ring_write(struct nam_ring *ring, const float *planes, uint32_t n, int is_first) MOS_RT;
void nam_ring_advance(struct nam_ring *ring, uint32_t n) MOS_RT;
/** Rows for the taps of group g, oldest first. @return their number. */
uint32_t nam_ring_rows(const struct nam_ring *ring, const struct nam_conv *c, uint32_t g, const float **rows)
	MOS_RT;
/** A convolution of what the ring holds. `mixed` is one more signal whose rows are part of c; NULL: none. */
void nam_conv_ring(struct nam_run *run, const struct nam_conv *c, const struct nam_ring *ring,
	const float *mixed, uint32_t n_mixed, float *y, uint32_t n) MOS_RT;
/** A matrix of planes; `from` is added, it may be y. */
void nam_conv_planes(struct nam_run *run, const struct nam_conv *c, const float *x, const float *from,
	float *y, uint32_t n) MOS_RT;
void nam_activate(const struct nam_run *run, const struct nam_act *a, float *planes, uint32_t n_planes,
	uint32_t n) MOS_RT;

#endif
