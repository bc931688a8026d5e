/* SPDX-License-Identifier: MIT */
/** What an opcode means: one table of names, and setting a region by them. Source: sfzformat.com. */
#ifndef SFZ_OPCODE_H
#define SFZ_OPCODE_H

#include "sfz_region.h"

enum sfz_outcome {
	SFZ_DONE,
	SFZ_UNKNOWN,
	SFZ_NOT_PLAYED, /**< known, but the zone table has no place for it */
	SFZ_BAD_VALUE,  /**< not understood, left as it was */
	SFZ_CLAMPED,    /**< out of range, the nearest was taken */
	SFZ_FULL,       /**< more controllers, LFOs or envelopes than a region has room for */
};

struct sfz_opcodes;

struct sfz_opcodes *sfz_opcodes_new(void); /**< NULL: no memory */
void sfz_opcodes_free(struct sfz_opcodes *o);
/** All opcodes of a region but those that name something (sample, labels). `owner` numbers the header it
 * stands under. */
enum sfz_outcome sfz_opcode_set(const struct sfz_opcodes *o, struct sfz_region *r, const char *name,
	const char *value, uint32_t owner);
/** The last number in a name ("set_cc7": 7). -1: it ends with none. */
int sfz_opcode_number(const char *name);

#endif
