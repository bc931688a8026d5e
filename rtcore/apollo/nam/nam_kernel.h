/* SPDX-License-Identifier: MIT */
/**
 * The inner loops of neural amplifiers, in three builds of one source (nam_kernel_body.c). Signals are
 * planes: one row of floats a channel, NAM_CHUNK frames at most; vectors lie along time, so any number of
 * channels is fast, and every frame is summed in the same order on every processor.
 *
 * All work is done on multiples of NAM_STEP frames: planes are readable and writable up to there.
 */
#ifndef NAM_KERNEL_H
#define NAM_KERNEL_H

#include <stdint.h>
#include <mos/attr.h>

#define NAM_CHUNK 64u
#define NAM_STEP 16u
#define NAM_TILE 8u /**< outputs at once, at most */

enum nam_act_kind {
	NAM_ACT_TANH,
	NAM_ACT_HARDTANH,
	NAM_ACT_FASTTANH,
	NAM_ACT_RELU,
	NAM_ACT_LEAKY, /**< also PReLU: low_slope */
	NAM_ACT_SIGMOID,
	NAM_ACT_SILU,
	NAM_ACT_HARDSWISH,
	NAM_ACT_LEAKY_HARDTANH, /**< low, high, low_slope, high_slope */
	NAM_ACT_SOFTSIGN,
};

struct nam_act {
	enum nam_act_kind kind;
	float low, high, low_slope, high_slope;
	uint32_t n_slopes; /**< PReLU with one slope a channel */
	float *slopes;
};

/** A matrix: n_out sums over n_rows planes. Tiles of nam_tile_size() outputs: weight of row r, output o at r
 * * size + o. */
struct nam_matrix {
	uint32_t n_rows, n_out;
	const float *w, *bias; /**< bias: one an output */
};

/** Outputs of the tile that begins with output `first`; tiles are as equal as can be. */
static inline uint32_t nam_tile_size(uint32_t n_out, uint32_t first) MOS_RT
{
	const uint32_t n_tiles = (n_out + NAM_TILE - 1) / NAM_TILE, small = n_out / n_tiles,
		       n_large = n_out % n_tiles;

	return first < n_large * (small + 1) ? small + 1 : small;
}

struct nam_lstm_cell {
	uint32_t n_in, n_hidden, n_lanes; /**< lanes: hidden size, up to a multiple of 16 */
	const float *w;                   /**< column j of [x, h] at j * 4 * n_lanes; gates i, f, g, o */
	const float *bias;                /**< 4 * n_lanes */
	const float *h, *c;               /**< warmed up; n_lanes each */
};

struct nam_kernel {
	const char *name; /**< "avx512", "avx2", "generic" */
	/**
	 * y[o] = bias[o] + from[o] + sum of w * rows[r]; planes of y and from every NAM_CHUNK floats. `from`
	 * may be NULL or y itself.
	 */
	void (*matmul)(const struct nam_matrix *m, const float *const *rows, const float *from, float *y,
		uint32_t n_frames) MOS_RT;
	/** In place, one plane. @param slope  low_slope of this channel. */
	void (*activate)(const struct nam_act *a, float slope, float *x, uint32_t n_frames) MOS_RT;
	/** One frame: xh = [x, h] in, gates is room for 4 * n_lanes; c and h (n_lanes each) are moved on. */
	void (*lstm)(const struct nam_lstm_cell *cell, const float *xh, float *gates, float *c, float *h)
		MOS_RT;
};

/** The fastest that this processor runs; MOS_KERNEL=generic|avx2|avx512 in the environment chooses another.
 */
const struct nam_kernel *nam_kernel_best(void);
/** All that this processor runs, fastest last. @return their number. */
uint32_t nam_kernel_all(const struct nam_kernel *ret[3]);

extern const struct nam_kernel nam_kernel_generic, nam_kernel_avx2, nam_kernel_avx512;

#endif
