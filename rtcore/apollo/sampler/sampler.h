/* SPDX-License-Identifier: MIT */
/**
 * The sampler: plays the presets of a rack (SoundFont 2/3, SFZ) as an instrument. Frame-exact starts and ends,
 * controllers at control points every SAMPLER_CONTROL frames of the engine's frame count. The same notes give the
 * same bits at any block size, on any kernel.
 */
#ifndef SAMPLER_H
#define SAMPLER_H

#include "../instrument.h"
#include "../store/stream.h"
#include "../workers.h"
#include "kernel.h"
#include "rack.h"

#define SAMPLER_CONTROL 64u       /**< frames between control points; divides no more than KERNEL_FRAMES */
#define SAMPLER_POLYPHONY 2048u   /**< voices when the options do not say */
#define SAMPLER_STREAMS 512u      /**< voices that read from disk at once */

struct sampler;

struct sampler_options {
	uint32_t rate_hz;
	const struct chan_state *channel; /**< Apollo's, APOLLO_CHANNELS of them */
	uint32_t polyphony;               /**< 0: SAMPLER_POLYPHONY */
	enum kernel_interp interp;
	const struct kernel *kernel;      /**< NULL: kernel_best() */
	struct store *store;              /**< NULL: all samples are in memory */
	int is_offline;                   /**< 1: no voice is cut short for want of a stream */
	struct workers *workers;          /**< NULL: the audio thread plays alone; outlives the sampler */
	float gain;                       /**< 0: 0.5, which a full General MIDI arrangement stays below the ceiling with */
};

/** Loader thread. Takes the rack over, also on failure. @return 0, -ENOMEM. */
int sampler_create(struct rack *rack, const struct sampler_options *o, struct sampler **ret);
struct instrument *sampler_instrument(struct sampler *s);
/** NULL: nothing is streamed. */
struct stream_pool *sampler_streams(struct sampler *s);

struct sampler_figures {
	uint32_t voices, peak_voices;
	uint64_t notes, stolen, starved; /**< starved: voices that faded since their stream was late */
};
void sampler_figures(const struct sampler *s, struct sampler_figures *ret) MOS_RT;

#endif
