/* SPDX-License-Identifier: MIT */
/** The two that play the same notes from the same bank: Apollo with its sampler, and FluidSynth. */
#ifndef BENCH_SAMPLER_H
#define BENCH_SAMPLER_H

#include <stdint.h>

#define RATE_HZ 48000u
#define BLOCK_LONGEST 256u

struct player_options {
	const char *bank;
	uint32_t polyphony;
	int has_effects; /**< reverb and chorus */
	uint32_t workers; /**< 2: Apollo's second one helps; of FluidSynth one thread plays */
	int is_offline;  /**< all samples in memory, as FluidSynth has them: no disk between notes and file */
};

struct player {
	const char *name;
	void (*program)(struct player *p, uint32_t channel, uint32_t program);
	void (*note_on)(struct player *p, uint32_t channel, uint8_t key, uint8_t velocity);
	void (*note_off)(struct player *p, uint32_t channel, uint8_t key);
	/** At most BLOCK_LONGEST frames into l and r. */
	void (*render)(struct player *p, uint32_t n);
	/** Between blocks, and not counted: what other threads owe is waited for. */
	void (*settle)(struct player *p);
	uint32_t (*voices)(struct player *p);
	void (*close)(struct player *p);
	float l[BLOCK_LONGEST], r[BLOCK_LONGEST];
};

/** NULL: it says on stderr why. */
typedef struct player *player_open_fn(const struct player_options *o);
player_open_fn apollo_open, fluid_open;

/** The inner loops alone, on all instruction sets of this processor. */
void sampler_kernels(void);
/** A dense piece of five minutes into a file, both ways. */
void sampler_offline(const char *bank);

#endif
