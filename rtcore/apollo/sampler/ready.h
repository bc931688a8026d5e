/* SPDX-License-Identifier: MIT */
/**
 * Zones made ready: what a note would find out about a zone each time and what does not depend on the note is
 * found out once, by the same functions on a voice that is never heard. A note copies it. Made by the loader
 * thread with the sampler, whose rate it depends on; read by the audio thread.
 */
#ifndef SAMPLER_READY_H
#define SAMPLER_READY_H

#include "voice.h"

#define READY_LFOS 2u /**< kept; those of a zone that has more are started by themselves */

/** What a zone in a list of a preset asks of a note: read in a row, without the zones. */
struct choice {
	uint8_t vel_lo, vel_hi;
	uint8_t trigger : 7; /**< enum zone_trigger */
	uint8_t has_conds : 1;
};
static_assert(sizeof(struct choice) == 3); /* a bank's lists are long */

/** @param triggers  Bit per enum zone_trigger: those that the note is. */
static inline int choice_fits(const struct choice *c, uint32_t triggers, uint32_t velocity) MOS_RT
{
	return (triggers >> c->trigger & 1) && velocity >= c->vel_lo && velocity <= c->vel_hi;
}

/** Parts of a voice's beginning that no modulator moves, and what it has: bits of ready.is. */
enum ready_part {
	READY_VOLUME = 1,   /**< the volume envelope, */
	READY_ENV = 2,      /**< number 1, */
	READY_LFO = 4,      /**< << number */
	READY_PLACE = 16,   /**< where in its sample it begins and ends */
	READY_DEPTHS = 32,  /**< how far its LFOs and envelopes move it: the state has all of them */
	READY_LISTENS = 64, /**< modulators listen to the voice's own LFOs or envelopes */
	READY_ENDS = 128    /**< it ends others: a group, or a limit of voices */
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
};
static_assert(sizeof(struct ready_state) == 128);

struct ready {
	uint32_t state;              /**< index in sampler.ready_state */
	uint32_t pos, end, loop_limit, loop_start, loop_end; /**< as struct voice has them; whole frames */
	uint32_t memory_end;         /**< virtual frame at which a stream begins; VOICE_NEVER: it needs none */
	float ratio;
	float reverb, chorus;        /**< as the zone has them */
	uint8_t is;                  /**< enum ready_part */
	uint8_t is_looping, is_stereo;
	uint8_t n_sections;          /**< with the zone's own filter */
	uint8_t flavour, filter, n_lfos, n_envs, n_flex; /**< the zone's */
	uint8_t live_lfos, moves, amp_moves; /**< as struct voice has them */
};
static_assert(sizeof(struct ready) == 52);

/** Loader thread: of all zones and lists of the rack. @return 0, -ENOMEM. */
int ready_create(struct sampler *s);
void ready_destroy(struct sampler *s);

#endif
