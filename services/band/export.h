/* SPDX-License-Identifier: MIT */
/**
 * A Standard MIDI File for a sequencer (contract 4.2, tritone.md 14): every channel that plays has a program
 * at tick 0, every track a name, the contract's version is in it. What is there already stays, so that a
 * second export changes nothing. Pure; every byte is untrusted.
 */
#ifndef BAND_EXPORT_H
#define BAND_EXPORT_H

#include "events.h"

#define BAND_EXPORT_MAX ((size_t)16 << 20)
#define BAND_EXPORT_NAMES 64u

struct band_export {
	struct band_bytes file; /**< owned by the caller: free(file.byte) */
	uint16_t injected;      /**< bit: a program was added for this channel */
	uint32_t n_tracks;
	char name[BAND_EXPORT_NAMES][64]; /**< of the first ones, as in the file; any bytes */
};

/**
 * @param gm  Add programs and names; otherwise the version only.
 * @return 0; -EINVAL it is no valid file: the report says at which byte; -ENOMEM. `ret` is only written on
 * success.
 */
int band_export(
	const uint8_t *smf, size_t size, bool gm, struct band_report *report, struct band_export *ret);

#endif
