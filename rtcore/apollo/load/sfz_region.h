/* SPDX-License-Identifier: MIT */
/**
 * What the opcodes of a region have set so far. A header's block is a copy of the one above it (global,
 * master, group, region), so that a region is complete when it ends; sfz_zone.c makes zones of it.
 *
 * Parameters that the zone table has too lie in `param` under its number, in its units. Modulators name their
 * target by that number; those below are only the loader's.
 */
#ifndef SFZ_REGION_H
#define SFZ_REGION_H

#include <stdint.h>

#include "../sampler/bank.h"

#define SFZ_MODS 192u /**< of one region */
#define SFZ_CONDS 16u /**< controllers that it asks for, of each kind */
#define SFZ_LFOS 8u   /**< numbered ones; the zone has room for fewer */
#define SFZ_FLEX 4u
#define SFZ_UNSET INT32_MIN

enum sfz_lfo {
	SFZ_LFO_AMP,
	SFZ_LFO_PITCH,
	SFZ_LFO_FILTER,
	SFZ_LFO_NUMBERED,
	SFZ_LFO_COUNT = SFZ_LFO_NUMBERED + (int)SFZ_LFOS
};

/** Targets of modulators: enum zone_param, or these. */
enum sfz_target {
	SFZ_TO_LFO = ZP_COUNT, /**< + enum sfz_lfo * LFO_FIELDS + enum zone_lfo_field */
	SFZ_TO_AMP_VELTRACK = SFZ_TO_LFO + (int)SFZ_LFO_COUNT * (int)LFO_FIELDS,
	SFZ_TO_PITCH_VELTRACK,
	SFZ_TO_CUTOFF_VELTRACK,
	SFZ_TO_CUTOFF_VELTRACK2,
	SFZ_TO_NOTHING
};

#define sfz_to_lfo(lfo, field) ((uint32_t)SFZ_TO_LFO + (uint32_t)(lfo) * LFO_FIELDS + (uint32_t)(field))

/** Sources of modulators: numbers of controllers (to 511), or these. */
enum sfz_by {
	SFZ_BY_VELOCITY = 0x1000,
	SFZ_BY_PRESSURE,
	SFZ_BY_KEY_PRESSURE,
	SFZ_BY_LFO /**< + enum sfz_lfo */
};

struct sfz_mod {
	uint16_t target;
	uint16_t source;
	uint16_t lfo;      /**< 0; else 1 + enum sfz_lfo: multiplied by its value */
	uint16_t curve;    /**< SFZ number of the controller's curve */
	uint8_t is_factor; /**< depth * curve is multiplied into the target */
	uint8_t is_set;    /**< its depth was given, not only a curve */
	float depth;       /**< in the target's unit */
	float step;        /**< 0: none; in the target's unit */
};

struct sfz_range {
	float lo, hi;
};

struct sfz_cc_range {
	uint16_t cc;
	struct sfz_range range;
};

struct sfz_cc_ranges {
	uint32_t n;
	struct sfz_cc_range cc[SFZ_CONDS];
};

struct sfz_lfo_state {
	uint16_t number; /**< of lfoN; 0: free */
	uint8_t wave;
	float phase;
	float field[LFO_FIELDS];
};

struct sfz_flex_state {
	uint16_t number; /**< of egN; 0: free */
	struct zone_flex flex;
};

struct sfz_filter {
	int32_t type; /**< enum zone_filter; SFZ_UNSET: low-pass when it has a cutoff */
	int32_t keycenter;
	float cutoff_hz; /**< 0: no filter */
	float keytrack, veltrack, random;
};

enum sfz_xf { SFZ_XF_IN, SFZ_XF_OUT };

struct sfz_region {
	/* where it sounds */
	int32_t key_lo, key_hi, vel_lo, vel_hi;
	int32_t is_keyless; /**< hikey=-1: no key starts it */
	int32_t root;
	int32_t root_from_sample;
	int32_t bend_lo, bend_hi, pressure_lo, pressure_hi, key_pressure_lo, key_pressure_hi;
	int32_t channel_lo, channel_hi;
	float random_lo, random_hi, bpm_lo, bpm_hi;
	int32_t seq_length, seq_position;
	int32_t sw_lo, sw_hi, sw_default;                         /**< SFZ_UNSET: not given */
	int32_t sw_last, sw_last_hi, sw_down, sw_up, sw_previous; /**< SFZ_UNSET: not asked for */
	struct sfz_cc_ranges cc, start_cc, xf_in_cc, xf_out_cc;
	struct sfz_range xf_key[2], xf_vel[2];
	int32_t xf_key_is_gain, xf_vel_is_gain, xf_cc_is_gain;
	int32_t trigger;

	/* what sounds */
	uint32_t sample; /**< offset in the loader's strings; BANK_NONE: none was named */
	int32_t is_reverse;
	int32_t oscillator;         /**< SFZ_UNSET: as the file is */
	float offset, end;          /**< frames; end -2: to the end */
	int32_t loop;               /**< enum zone_loop; SFZ_UNSET: as the file says */
	float loop_start, loop_end; /**< frames; -1: as the file says */
	float loop_count, count;

	/* lives and ends */
	int32_t group, off_by;
	int32_t off_mode;
	int32_t polyphony, note_polyphony; /**< 0: no limit */
	uint32_t polyphony_owner;          /**< number of the header under which polyphony stands */
	int32_t sustain_sw, sostenuto_sw;
	float off_time_s;
	float rt_decay_db;

	/* loudness and pitch */
	float amplitude[4], volume_db[4]; /**< region's own, group_, master_, global_ */
	float amp_keytrack_db, amp_veltrack, amp_random_db;
	int32_t amp_keycenter;
	float velcurve[128]; /**< NaN: not given */
	int32_t has_velcurve;
	float pan_keytrack, pan_veltrack;
	int32_t pan_keycenter;
	float position;
	float tune_cents, transpose, keytrack, pitch_veltrack, pitch_random;
	float offset_random, delay_random;

	struct sfz_filter filter[2];
	uint32_t n_eqs;
	float eq_hz[ZONE_EQS], eq_vel_hz[ZONE_EQS];

	float param[ZP_COUNT];
	struct sfz_lfo_state lfo[SFZ_LFO_COUNT];
	struct sfz_flex_state flex[SFZ_FLEX];
	uint32_t n_mods;
	struct sfz_mod mod[SFZ_MODS];
};

/** As it is when no opcode was given. */
void sfz_region_init(struct sfz_region *r);
/** The modulator of this target by this source (and LFO, 0: none), made when there was none. NULL: no room.
 */
struct sfz_mod *sfz_region_mod(struct sfz_region *r, uint32_t target, uint32_t source, uint32_t lfo);

#endif
