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
/** Does nothing move in what this strip sends? */
int mix_fx_send_rests(const struct strip *s) MOS_RT;
/** Add a strip's block behind its fader, and from there to reverb and chorus; without x only time passes. */
void mix_fx_sum(struct mixer *m, uint32_t strip, struct fx_sum *sum, uint32_t n) MOS_RT;
/**
 * What a strip's zones send more than it does goes to m->zone, silence if there is nothing.
 * @param bufs  NULL: there is nothing. @return bit per send: there is something.
 */
uint32_t mix_fx_zones(struct mixer *m, const struct strip_bufs *bufs, uint32_t strip, uint32_t n) MOS_RT;
/** Where it goes, behind the fader; `waits` 1: as late as the strip is. */
void mix_fx_zones_to(struct mixer *m, uint32_t send, int waits, struct fx_sum *sum, uint32_t n) MOS_RT;
/** All strips are done: what has waited long enough goes to the sends. */
void mix_fx_zones_wait(struct mixer *m, uint32_t n) MOS_RT;
/** What comes back from there. */
void mix_fx_return(struct mixer *m, float *out_l, float *out_r, uint32_t n) MOS_RT;
void mix_fx_master(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT;
void mix_fx_limit(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT;
void mix_fx_end(struct mixer *m, uint32_t n) MOS_RT;

#endif
