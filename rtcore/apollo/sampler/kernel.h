/* SPDX-License-Identifier: MIT */
/**
 * The inner loops, in three builds of one source (kernel_body.c): SSE2 or plain vectors, AVX2 with FMA, AVX-512.
 * kernel_best() picks one when a sampler is made. A build gives the same bits however its work is cut into calls; the
 * two that multiply and add in one rounding give the same as each other, and the plain one what rounding twice makes
 * of it: -130 dB below a signal.
 *
 * Buffers need no alignment, but those at multiples of 64 bytes are faster; lengths are at most
 * KERNEL_FRAMES.
 */
#ifndef SAMPLER_KERNEL_H
#define SAMPLER_KERNEL_H

#include <stdint.h>
#include <mos/attr.h>

#define KERNEL_FRAMES 64u
#define KERNEL_LANES 32u
#define KERNEL_GROUP 16u /**< of lanes: those whose coefficients move are best put together */
#define KERNEL_OVER 32u  /**< floats (or words) behind a window that must be readable: their values do not matter */
#define KERNEL_S16_SPEED 4u /**< frames a frame, of what is read as words */
#define KERNEL_FINE 23u     /**< bits of a frame's fraction that count there */

enum kernel_interp { KERNEL_LINEAR, KERNEL_CUBIC, KERNEL_SINC8, KERNEL_N_INTERP };
#define KERNEL_TAPS_MAX 8u
/** Taps of each: 2, 4, 8. The sample point lies between the two in the middle. */
static inline uint32_t kernel_taps(enum kernel_interp i) MOS_RT
{
	return 2u << i;
}

/** Coefficients of a filter: first those of a low-pass, which has no more. */
enum { SVF_A1, SVF_A2, SVF_A3, SVF_M2, SVF_M0, SVF_M1, SVF_N };

/**
 * A state-variable filter (topology-preserving transform, trapezoidal) of up to two channels:
 * v3 = x - ic2; v1 = a1 ic1 + a2 v3; v2 = ic2 + a2 ic1 + a3 v3; ic1 = 2 v1 - ic1; ic2 = 2 v2 - ic2;
 * y = m0 x + m1 v1 + m2 v2. Coefficient c at frame i of the segment is c + d * (k + i).
 */
struct kernel_section {
	float ic1[2], ic2[2];     /**< of each channel */
	float c[SVF_N], d[SVF_N]; /**< and what they grow by in a frame */
};

/** One channel that is filtered. */
struct kernel_lane {
	struct kernel_section *section;
	float *x;
	uint32_t side; /**< channel: 0, 1 */
};

/** A voice in a mix: gain[side] + step[side] * (k + i) at frame i. */
struct kernel_gain {
	float gain[2], step[2];
	const float *x;
	uint32_t k;
};

/**
 * Samples to be read at a speed, as interp[] has it. w has full scale 32768; pos and inc are whole multiples of
 * 2^-KERNEL_FINE frames, inc is below KERNEL_S16_SPEED; n is not 0.
 */
struct kernel_read {
	const int16_t *w;
	uint64_t pos, inc;
	float *y;
	uint32_t n;
};

struct kernel {
	const char *name; /**< "avx512", "avx2", "generic" */
	/**
	 * y[i] = the signal at pos + i * inc (32.32 fixed point, frames), i < n. Tap t of a position with the
	 * whole part p is w[p + t]: w[0] belongs to frame -(taps / 2 - 1) of the positions. Readable from
	 * w[0] up to the last tap
	 * + KERNEL_OVER.
	 * Cubic: 4-point third-order Hermite. Sinc8: band-limited, 8 points, see kernel_body.c.
	 */
	void (*interp[KERNEL_N_INTERP])(const float *w, uint64_t pos, uint64_t inc, float *y, uint32_t n)
		MOS_RT;
	/** The same, and the same bits, of samples that are still 16-bit words; so many voices in a row. */
	void (*interp_s16[KERNEL_N_INTERP])(const struct kernel_read r[], uint32_t n) MOS_RT;
	/** y[i] = x[i] / 32768 */
	void (*from_s16)(const int16_t *x, float *y, uint32_t n) MOS_RT;
	/** out[i] += x[i] * (gain + step * (k + i)), for any n */
	void (*mix)(const float *x, uint32_t n, uint32_t k, float gain, float step, float *out) MOS_RT;
	/** The same for two outputs of one input. */
	void (*mix2)(const float *x, uint32_t n, uint32_t k, const float gain[2], const float step[2],
		float *out_l, float *out_r) MOS_RT;
	/** mix2() of so many voices, one after the other. */
	void (*mix_voices)(const struct kernel_gain v[], uint32_t n_voices, uint32_t n, float *out_l,
		float *out_r) MOS_RT;
	/**
	 * Filter n frames of each lane in place. States that are no numbers, or so small or large that they
	 * can only be the end or the beginning of trouble, are left as 0.
	 */
	void (*svf)(const struct kernel_lane lane[], uint32_t n_lanes, uint32_t k, uint32_t n) MOS_RT;
};

/** The fastest one that this processor runs; MOS_KERNEL=generic|avx2|avx512 in the environment chooses
 * another. */
const struct kernel *kernel_best(void);
/** All that this processor runs, fastest last. @return their number. For tests and benches. */
uint32_t kernel_all(const struct kernel *ret[3]);

#endif
