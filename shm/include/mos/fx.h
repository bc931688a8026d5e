/* SPDX-License-Identifier: MIT */
/**
 * The built-in effects and their parameters: one table of names, units and ranges, that rtcore, the broker
 * and the documentation share. Numbers of units and parameters are the order of the enumerations here.
 */
#ifndef MOS_FX_H
#define MOS_FX_H

#include <stdint.h>

#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mos_fx_unit {
	MOS_FX_EQ,         /**< of a strip or the master */
	MOS_FX_COMPRESSOR, /**< of a strip or the master */
	MOS_FX_SEND,       /**< of a strip: to reverb and chorus */
	MOS_FX_REVERB,     /**< of the whole */
	MOS_FX_CHORUS,     /**< of the whole */
	MOS_FX_LIMITER,    /**< of the master */
	MOS_FX_DRIVE,      /**< of a strip: amplifier and loudspeaker without a model */
	MOS_FX_LOUDNESS,   /**< of the whole: the meter */
	MOS_FX_N_UNITS
};

#define MOS_FX_PARAMS_MAX 12u /**< of one unit */

enum mos_fx_eq {
	MOS_FX_EQ_ON,
	MOS_FX_EQ_LOW_HZ,
	MOS_FX_EQ_LOW_DB,
	MOS_FX_EQ_MID1_HZ,
	MOS_FX_EQ_MID1_DB,
	MOS_FX_EQ_MID1_Q,
	MOS_FX_EQ_MID2_HZ,
	MOS_FX_EQ_MID2_DB,
	MOS_FX_EQ_MID2_Q,
	MOS_FX_EQ_HIGH_HZ,
	MOS_FX_EQ_HIGH_DB,
	MOS_FX_EQ_N
};

enum mos_fx_compressor {
	MOS_FX_COMPRESSOR_ON,
	MOS_FX_COMPRESSOR_THRESHOLD_DB,
	MOS_FX_COMPRESSOR_RATIO,
	MOS_FX_COMPRESSOR_KNEE_DB,
	MOS_FX_COMPRESSOR_ATTACK_MS,
	MOS_FX_COMPRESSOR_RELEASE_MS,
	MOS_FX_COMPRESSOR_MAKEUP_DB,
	MOS_FX_COMPRESSOR_N
};

enum mos_fx_send { MOS_FX_SEND_REVERB, MOS_FX_SEND_CHORUS, MOS_FX_SEND_FOLLOW_CC, MOS_FX_SEND_N };

enum mos_fx_reverb {
	MOS_FX_REVERB_ON,
	MOS_FX_REVERB_LEVEL_DB,
	MOS_FX_REVERB_TIME_S,
	MOS_FX_REVERB_SIZE,
	MOS_FX_REVERB_DAMPING,
	MOS_FX_REVERB_BASS,
	MOS_FX_REVERB_PRE_DELAY_MS,
	MOS_FX_REVERB_WIDTH,
	MOS_FX_REVERB_LOW_CUT_HZ,
	MOS_FX_REVERB_N
};

enum mos_fx_chorus {
	MOS_FX_CHORUS_ON,
	MOS_FX_CHORUS_LEVEL_DB,
	MOS_FX_CHORUS_RATE_HZ,
	MOS_FX_CHORUS_DEPTH_MS,
	MOS_FX_CHORUS_FEEDBACK,
	MOS_FX_CHORUS_N
};

enum mos_fx_limiter {
	MOS_FX_LIMITER_ON,
	MOS_FX_LIMITER_CEILING_DB,
	MOS_FX_LIMITER_LOOK_AHEAD_MS,
	MOS_FX_LIMITER_RELEASE_MS,
	MOS_FX_LIMITER_N
};

enum mos_fx_drive {
	MOS_FX_DRIVE_ON,
	MOS_FX_DRIVE_GAIN_DB,
	MOS_FX_DRIVE_BIAS,
	MOS_FX_DRIVE_CABINET,
	MOS_FX_DRIVE_LEVEL_DB,
	MOS_FX_DRIVE_N
};

enum mos_fx_loudness { MOS_FX_LOUDNESS_RESET, MOS_FX_LOUDNESS_N };

struct mos_fx_param {
	const char *name; /**< "threshold_db": the unit is in the name */
	const char *help; /**< a few words */
	float min, max, initial;
	uint8_t is_switch; /**< 0 or 1 */
};

/** "eq" ...; NULL: no such unit. */
const char *mos_fx_unit_name(uint32_t unit);
/** @return the unit of that name, or MOS_FX_N_UNITS. */
uint32_t mos_fx_unit_of(const char *name);
/** The unit's parameters by number. @return how many; 0: no such unit. */
uint32_t mos_fx_params(uint32_t unit, const struct mos_fx_param **ret) MOS_RT;
/** Where a unit may stand. What is of the whole counts as on the master. */
int mos_fx_on_strip(uint32_t unit) MOS_RT;
int mos_fx_on_master(uint32_t unit) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif
