/* SPDX-License-Identifier: MIT */
/**
 * A sampler over a bank that is made by hand: sample 0 is a constant of 0.5, sample 1 a sine of RIG_SINE_HZ, so that a
 * voice's gain and pitch can be read off.
 */
#ifndef TEST_APOLLO_RIG_H
#define TEST_APOLLO_RIG_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/sampler/sampler.h"

#define RATE 48000u
#define N_FRAMES 48000u
#define SINE_HZ 480.0

/* A bank of a few zones, all in one preset of each number asked for. */
struct rig {
	struct bank bank;
	struct sample sample[2];
	struct zone zone[8];
	struct zone_mod mod[24];
	struct zone_cond cond[16];
	struct preset preset;
	uint32_t list[8 * 128];
	uint32_t more_often; /**< than once each zone stands in its lists */
	struct chan_state chan[APOLLO_CHANNELS];
	struct sampler *sampler;
	struct instrument *ins;
	struct strip_bufs bufs;
	uint64_t frame;
};

enum { ON, OFF, CC, BEND, PRESSURE, KEY_PRESSURE, KILL };

struct event {
	uint32_t frame;
	uint8_t kind, channel, a, b;
};

/** Empty, all channels as after power-on. */
void rig_init(struct rig *r);
/** A neutral SFZ zone over all keys that loops the sample, full at once, 10 ms release. */
struct zone *rig_zone(struct rig *r, uint32_t sample);
/** The sampler over these zones; `o` NULL: cubic. Rate and gain (1) are set here, and the rig's channels if none are. */
void rig_start(struct rig *r, const struct sampler_options *o);
void rig_end(struct rig *r);
/** Send one event now, at this offset of the block. */
void rig_play(struct rig *r, const struct event *e, uint32_t offset);
/** All events and `n` frames of `channel`'s sound, in blocks of `quantum` (0: of any length). */
void rig_render(struct rig *r, const struct event *e, uint32_t n_events, uint32_t channel, float *l, float *right,
	uint32_t n, uint32_t quantum);
/** Hz: rising zero crossings, interpolated. */
double rig_pitch(const float *x, uint32_t n);

#endif
