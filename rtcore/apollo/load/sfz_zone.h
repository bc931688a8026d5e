/* SPDX-License-Identifier: MIT */
/** A region becomes zones of the table. */
#ifndef SFZ_ZONE_H
#define SFZ_ZONE_H

#include "load.h"
#include "sfz_curve.h"
#include "sfz_region.h"

/** What a region plays. */
struct sfz_sound {
	uint8_t generator; /**< enum zone_generator */
	uint32_t sample;   /**< in the store's set */
	uint32_t n_frames, rate_hz, n_channels;
	struct store_loop loop; /**< of the file; end 0: none */
	uint32_t root;          /**< of the file; BANK_NONE: it says nothing */
};

/** A modulator whose curve is known only when the whole file is read. */
struct sfz_late {
	uint32_t mod;
	uint16_t curve;    /**< number in the file */
	uint8_t is_second; /**< of the modulator's two curves */
	uint8_t is_fixed;  /**< its source is a controller that no message can move: always at `value` */
	float value;       /**< 0..127 */
	float step;        /**< of the curve's value; 0: none */
	float base_hz, depth_hz; /**< not 0: its value is what depth_hz adds to base_hz, in cents */
};

struct sfz_maker {
	struct bank_build *b;
	uint32_t preset;
	uint8_t cc_used[128];
	float cc_value[512]; /**< what <control> has set so far; counts for those above 137, which MIDI can't
				send */
	uint32_t n_late, room_late;
	struct sfz_late *late; /**< free() */
	void *data;
	void (*note)(void *data, const char *message); /**< about the present region */
};

/** @return 0, -ENOMEM (also in the bank's `oom`). */
int sfz_zone_make(struct sfz_maker *m, const struct sfz_region *r, const struct sfz_sound *s);
/** When the file is at its end: curves by number, controllers 7, 10 and 11. @return 0, -ENOMEM. */
int sfz_zone_finish(struct sfz_maker *m, const struct sfz_curves *curves);

#endif
