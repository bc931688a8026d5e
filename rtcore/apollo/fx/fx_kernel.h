/* SPDX-License-Identifier: MIT */
/**
 * The mixer's inner loops, in three builds of one source (fx_kernel_body.c): SSE2 or plain vectors, AVX2,
 * AVX-512. fx_kernel_best() picks one when a mixer is made. None multiplies and adds in one rounding, so all
 * give the same bits, however time is cut into calls.
 */
#ifndef FX_KERNEL_H
#define FX_KERNEL_H

#include <stdint.h>
#include <mos/attr.h>

#define FX_SENDS 2u
#define FX_RAMP 256u /**< frames */

struct chorus;
struct reverb;

/** A gain on its way: from + (to - from) * (frame / FX_RAMP). */
struct fx_ramp {
	float from, to;
	uint32_t frame; /**< FX_RAMP: there */
};

/** A source that is sent elsewhere, to each send with a gain of its own. */
struct fx_source {
	const float *x[2]; /**< left, right */
	float gain[FX_SENDS];
};

/** A strip behind its effects, and where it is added to. By side, or by send and side. */
struct fx_sum {
	const float *x[2];              /**< NULL: it is silent */
	const float *zone[FX_SENDS][2]; /**< what goes to a send besides it, NULL: nothing */
	float *zone_to[FX_SENDS][2];
	float *out[2];
	float *send[FX_SENDS][2]; /**< NULL: it sends nothing there */
	struct fx_ramp gain[2];   /**< of all */
	float share[FX_SENDS];    /**< of x that is sent: share + step * (k + i) at frame first + i */
	float step[FX_SENDS];
	float peak[2]; /**< the larger of what it was and x at its highest */
};

struct fx_kernel {
	const char *name; /**< "avx512", "avx2", "generic" */
	/** What reverb_process() and chorus_process() are while they are awake. */
	void (*reverb)(struct reverb *r, const float *in_l, const float *in_r, float *out_l, float *out_r,
		uint32_t k, uint32_t n) MOS_RT;
	void (*chorus)(struct chorus *c, const float *in_l, const float *in_r, float *out_l, float *out_r,
		uint32_t k, uint32_t n) MOS_RT;
	/** to[send][side] = the sources with their gains, in their order. to: n rounded up to 16. */
	void (*mix)(const struct fx_source source[], uint32_t n_sources, float *const to[FX_SENDS][2],
		uint32_t n) MOS_RT;
	/** n frames from the first one on. */
	void (*sum)(struct fx_sum *s, uint32_t first, uint32_t k, uint32_t n) MOS_RT;
};

/** The fastest one that this processor runs; MOS_KERNEL=generic|avx2|avx512 in the environment chooses
 * another. */
const struct fx_kernel *fx_kernel_best(void);
/** All that this processor runs, fastest last. @return their number. For tests and benches. */
uint32_t fx_kernel_all(const struct fx_kernel *ret[3]);

#endif
