/* SPDX-License-Identifier: MIT */
/**
 * Zones made ready: what a note would find out about a zone each time and what does not depend on the note is
 * found out once, by the same functions on a voice that is never heard. A note copies it, and reads nothing
 * else of the zone. Made by the loader thread with the sampler, whose rate it depends on; read by the audio
 * thread.
 */
#ifndef SAMPLER_READY_H
#define SAMPLER_READY_H

#include "voice.h"

#define READY_LFOS 2u /**< kept; those of a zone that has more are started by themselves */

/** @param triggers  Bit per enum zone_trigger: those that the note is. */
static inline int choice_fits(const struct choice *c, uint32_t triggers, uint32_t velocity) MOS_RT
{
	return (triggers >> c->trigger & 1) & (velocity >= c->vel_lo) & (velocity <= c->vel_hi);
}

/** Parts of a voice's beginning that no modulator moves, and what it has: bits of ready.is. */
enum ready_part {
	READY_VOLUME = 1,   /**< the volume envelope, */
	READY_ENV = 2,      /**< number 1, */
	READY_LFO = 4,      /**< << number */
	READY_PLACE = 16,   /**< where in its sample it begins and ends */
	READY_DEPTHS = 32,  /**< how far its LFOs and envelopes move it: the state has all of them */
	READY_LISTENS = 64, /**< modulators listen to the voice's own LFOs or envelopes */
	READY_ENDS = 128,   /**< it ends others: a group, or a limit of voices */
	READY_SENDS = 256,  /**< it sends something to reverb or chorus */
	READY_UNKEYED = 512, /**< no key lets it go */
	READY_WHOLE = 1024  /**< all of its beginning is here, for a channel that moves no parameter */
};

/** An LFO at the beginning of its delay. */
struct ready_lfo {
	uint32_t wait, phase, step, fade;
};

/** Envelopes and LFOs as they are when a voice begins; of all zones that begin alike. */
struct ready_state {
	alignas(64) struct env vol; /**< number 0, */
	struct env env;             /**< and 1 */
	float env_to[MOVE_ENV];
	float lfo_to[READY_LFOS][MOVE_LFO];
	struct ready_lfo lfo[READY_LFOS];
	struct lfo lfo_begun[READY_LFOS]; /**< at their first control point */
};
static_assert(sizeof(struct ready_state) == 192);

/** What a zone has to say of gain, pan and pitch (params.h). */
struct tone {
	float atten, gain, pan;
	float root_key, keytrack, tune_cents, pitch;
	float bend_up, bend_down;
	uint32_t mod;
	uint16_t n_mods;
	int8_t fixed_key, fixed_velocity;
};

/** All that a note reads of a zone. */
struct ready {
	alignas(64) uint32_t state;  /**< index in sampler.ready_state */
	uint32_t pos, end, loop_limit, loop_start, loop_end; /**< as struct voice has them; whole frames */
	uint32_t memory_end;         /**< virtual frame at which a stream begins; VOICE_NEVER: it needs none */
	uint32_t sample;             /**< of the bank; BANK_NONE: it has none */
	float ratio;
	uint16_t is;                 /**< enum ready_part */
	uint8_t is_looping, is_stereo;
	uint8_t n_sections;          /**< with the zone's own filter */
	uint8_t flavour, filter, n_lfos, n_envs, n_flex; /**< the zone's */
	uint8_t live_lfos, plain_lfos, moves, amp_moves; /**< as struct voice has them */
	uint16_t turns;              /**< the same */
	uint32_t delay;              /**< frames before it starts */
	struct tone tone;
	struct send send;
	const void *data[2];         /**< where its first samples lie, to be asked for early; never NULL */
};
static_assert(sizeof(struct ready) == 128);

/** Loader thread: of all zones and lists of the rack. @return 0, -ENOMEM. */
int ready_create(struct sampler *s);
void ready_destroy(struct sampler *s);

#endif
