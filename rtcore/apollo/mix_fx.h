/* SPDX-License-Identifier: MIT */
/** The mixer's effects: what mix.c calls in the course of a block. Internal to the mixer. */
#ifndef APOLLO_MIX_FX_H
#define APOLLO_MIX_FX_H

#include "mix.h"

#define MIX_UNIT(name) (1u << MOS_FX_##name)
#define MIX_SEND_UNITS (MIX_UNIT(REVERB) | MIX_UNIT(CHORUS))

void mix_fx_init(struct mixer *m, uint32_t rate_hz);
/** The block begins: controllers, empty sends. */
void mix_fx_begin(struct mixer *m, uint32_t n) MOS_RT;
/** A strip's effects, in place. It may ring on when nothing comes in. */
void mix_fx_chain(struct mixer *m, uint32_t strip, struct strip_bufs *bufs, uint32_t n) MOS_RT;
/** What goes from a strip behind its fader to reverb and chorus. NULL: nothing, but time passes. */
void mix_fx_send(struct mixer *m, uint32_t strip, const float *l, const float *r, uint32_t n) MOS_RT;
/**
 * What a strip's zones send more than it does, to reverb (0) or chorus (1), added up.
 * @return 0: nothing, and nothing was written.
 */
int mix_fx_zones(
	const struct strip_bufs *bufs, uint32_t strip, uint32_t send, float *l, float *r, uint32_t n) MOS_RT;
/** Add it, behind the fader; `waits` 1: as late as the strip is. */
void mix_fx_zones_add(struct mixer *m, uint32_t send, int waits, const float *l, const float *r, uint32_t n) MOS_RT;
/** All strips are done: what has waited long enough goes to the sends. */
void mix_fx_zones_wait(struct mixer *m, uint32_t n) MOS_RT;
/** What comes back from there. */
void mix_fx_return(struct mixer *m, float *out_l, float *out_r, uint32_t n) MOS_RT;
void mix_fx_master(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT;
void mix_fx_limit(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT;
void mix_fx_end(struct mixer *m, uint32_t n) MOS_RT;

#endif
