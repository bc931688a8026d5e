/* SPDX-License-Identifier: MIT */
/**
 * A rack: the banks that are loaded at once, and which preset a bank and program number chooses. Later banks cover
 * earlier ones. Built by the loader thread, read by the audio thread.
 */
#ifndef SAMPLER_RACK_H
#define SAMPLER_RACK_H

#include "bank.h"

#define RACK_BANKS 32u

struct rack_slot {
	uint32_t key; /**< bank << 8 | program */
	uint16_t bank;    /**< index in rack.bank */
	uint16_t reserved;
	uint32_t preset;  /**< index in that bank's presets */
};

struct rack {
	uint32_t n_banks, n_slots;
	uint32_t max_zones;            /**< of one bank */
	struct bank *bank[RACK_BANKS]; /**< owned */
	struct rack_slot *slot;        /**< sorted by key, no key twice */
	uint64_t resident_bytes, file_bytes;
};

/** Takes the banks over, also on failure. @return 0, -ENOMEM, -E2BIG. */
int rack_create(struct bank *const bank[], uint32_t n_banks, struct rack **ret);
void rack_destroy(struct rack *r);
/**
 * The preset for a channel's bank and program as General MIDI players choose it: drums from bank 128 (else its
 * program 0), others from bank `msb`, else bank 0, else the nearest program below.
 * @return NULL: the rack has nothing that could do.
 */
const struct rack_slot *rack_find(const struct rack *r, uint32_t is_drums, uint32_t msb, uint32_t program) MOS_RT;

#endif
