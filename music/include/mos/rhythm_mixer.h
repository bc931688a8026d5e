/* SPDX-License-Identifier: MIT */
/**
 * The beat mixer: how loud each tier of a rhythm is and which drum plays it (TOU-18 to TOU-21, TOU-23,
 * TOU-24). Pure functions.
 */
#ifndef MOS_RHYTHM_MIXER_H
#define MOS_RHYTHM_MIXER_H

#include <stdint.h>

#include <mos/rhythm_grid.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mos_voice {
	MOS_VOICE_MUTE = 0,
	MOS_VOICE_KICK,
	MOS_VOICE_SNARE,
	MOS_VOICE_HAT,
	MOS_VOICE_RIM,
	MOS_VOICE_CLICK,
	MOS_N_VOICES
};
const char *mos_voice_name(uint32_t voice);
/** Number of a name, -1 when unknown. */
int mos_voice_find(const char *name);

/** Kits count from 0. @return name ("808"), NULL past the last one. */
const char *mos_kit_name(uint32_t kit);
/** Number of a name, -1 when unknown. */
int mos_kit_find(const char *name);
/** General MIDI drum key that plays a voice in a kit; -1: none (mute, or no such kit or voice). */
int mos_kit_key(uint32_t kit, uint32_t voice);

#define MOS_TIER_VOLUME_MAX 1.5
#define MOS_ACCENT_RATIO_MIN 0.5
#define MOS_ACCENT_RATIO_MAX 2.0

struct mos_mixer {
	double volume[MOS_N_TIERS];  /**< 0..MOS_TIER_VOLUME_MAX */
	uint32_t voice[MOS_N_TIERS]; /**< enum mos_voice */
	double accent_ratio;         /**< times the volume of MOS_TIER_ACCENT */
	double master;               /**< 0..1 */
	uint32_t kit;
	uint32_t reserved;
};

/** As it comes: the same bytes each time. */
void mos_mixer_reset(struct mos_mixer *mixer);
/** Volumes and voices by chance, the same ones for the same seed; the pattern's onsets stay heard. */
void mos_mixer_random(struct mos_mixer *mixer, uint64_t seed);
/** Amplitude of a tier, 0..3: volume, ratio and master multiplied; 0 for a voice that is mute. */
double mos_mixer_level(const struct mos_mixer *mixer, uint32_t tier);
/**
 * MIDI 2.0 velocity for an amplitude. Sound banks and the built-in synthesizer make the square of the
 * velocity the amplitude, so that twice the level is twice the amplitude up to 3, which is full velocity.
 * @return 0: silence; else at least 1.
 */
uint16_t mos_mixer_velocity(double level);

#ifdef __cplusplus
}
#endif
#endif
