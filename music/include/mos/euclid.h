/* SPDX-License-Identifier: MIT */
/**
 * Euclidean rhythms: k onsets on n steps as evenly as whole steps allow, by Bjorklund's algorithm (TOU-01;
 * G. Toussaint, "The Euclidean algorithm generates traditional musical rhythms", 2005), the thirteen presets
 * (TOU-03, TOU-04, TOU-28) and the recognition of a pattern (TOU-27). Pure functions.
 */
#ifndef MOS_EUCLID_H
#define MOS_EUCLID_H

#include <stdint.h>

#include <mos/attr.h>
#include <mos/rhythm.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * E(k, n), its first onset on step 0, rotated (mos_rhythm_rotate()).
 * @param k  0..n. @param n  1..128; from 4 on it is a rhythm, below it is a building block (E(2,3)).
 * @return 0; -EINVAL k or n out of range.
 */
int mos_euclid(uint32_t k, uint32_t n, int64_t rotation, struct mos_rhythm *ret) MOS_RT;

enum mos_preset_tier {
	MOS_PRESET_ESSENTIAL = 0,
	MOS_PRESET_CULTURAL,
	MOS_PRESET_ADVANCED,
	MOS_PRESET_N_TIERS
};

/** Numbers of the presets: `id` of metronome:pattern. They never change. */
enum mos_preset_id {
	MOS_PRESET_NONE = 0,
	MOS_PRESET_QUARTER,
	MOS_PRESET_TRESILLO, /**< the one to begin with */
	MOS_PRESET_SON_32,
	MOS_PRESET_SON_23,
	MOS_PRESET_BOSSA_NOVA,
	MOS_PRESET_SIX_EIGHT,
	MOS_PRESET_BELL,
	MOS_PRESET_AKSAK,
	MOS_PRESET_TEENTAL,
	MOS_PRESET_RUMBA,
	MOS_PRESET_SOUKOUS,
	MOS_PRESET_THREE_TWO,
	MOS_PRESET_YORK_SAMAI,
	MOS_PRESET_END
};

struct mos_preset {
	uint32_t id;       /**< enum mos_preset_id */
	const char *key;   /**< "son-clave-3-2": for settings and commands */
	const char *name;  /**< for people */
	uint32_t tier;     /**< enum mos_preset_tier */
	uint16_t k, n;     /**< E(k, n); of a polyrhythm its onsets and steps, which are not Euclidean */
	uint16_t rotation; /**< < n */
	uint16_t poly[2]; /**< {3, 2}: a polyrhythm, both parts from one to the next downbeat; {0, 0}: none */
	uint16_t num, den; /**< the meter that it is usually counted in */
	uint16_t measures; /**< that the whole pattern lasts */
	const char *context, *practice,
		*listening; /**< where it lives, how to practise, what to listen for */
};

/** @return the preset with this number, NULL for one that is none. */
const struct mos_preset *mos_preset(uint32_t id);
/** Number of a key, 0 when unknown. */
uint32_t mos_preset_find(const char *key);
/** The preset's steps. */
struct mos_rhythm mos_preset_rhythm(const struct mos_preset *preset) MOS_RT;
/** "essential", "cultural", "advanced"; NULL beyond. */
const char *mos_preset_tier_name(uint32_t tier);

/** What a pattern turned out to be. */
struct mos_rhythm_identity {
	uint32_t preset;       /**< enum mos_preset_id; 0: none of them in any rotation */
	uint16_t rotation;     /**< that makes the pattern of the preset's */
	uint16_t is_euclidean; /**< 1: E(k, n) in some rotation */
	uint16_t k, n;
	uint16_t euclid_rotation; /**< that makes it of E(k, n) */
};

/** A preset just as it is goes before a rotated one, and the least rotation before others. */
struct mos_rhythm_identity mos_rhythm_identify(const struct mos_rhythm *rhythm);

#ifdef __cplusplus
}
#endif
#endif
