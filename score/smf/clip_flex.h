/* SPDX-License-Identifier: MIT */
/**
 * Flex data of MIDI 2.0 (M2-104-UM): tempo, meter, key, chords as words, and what they mean. Pure functions.
 */
#ifndef SCORE_CLIP_FLEX_H
#define SCORE_CLIP_FLEX_H

#include <stdint.h>

#include <score/nvx.h>

#include <mos/chord.h>

/* Status banks and statuses: bank << 8 | status. */
enum clip_flex {
	CLIP_FLEX_TEMPO = 0x000,
	CLIP_FLEX_METER = 0x001,
	CLIP_FLEX_METRONOME = 0x002,
	CLIP_FLEX_KEY = 0x005,
	CLIP_FLEX_CHORD = 0x006,
	CLIP_FLEX_TEXT = 0x100,
	CLIP_FLEX_PROJECT = 0x101,
	CLIP_FLEX_COMPOSITION = 0x102,
	CLIP_FLEX_CLIP = 0x103,
	CLIP_FLEX_COPYRIGHT = 0x104,
	CLIP_FLEX_COMPOSER = 0x105,
	CLIP_FLEX_LYRICIST = 0x106,
	CLIP_FLEX_ARRANGER = 0x107,
	CLIP_FLEX_PERFORMANCE = 0x200,
	CLIP_FLEX_LYRICS = 0x201,
	CLIP_FLEX_LANGUAGE = 0x202,
};

/** First word of a message in one packet, to a group. */
static inline uint32_t clip_flex_word(unsigned group, enum clip_flex what)
{
	return UINT32_C(0xd) << 28 | group << 24 | UINT32_C(1) << 20 | (uint32_t)what;
}

/** @return 0, -EINVAL. */
int clip_key_read(uint32_t word, struct nvx_key *ret);
uint32_t clip_key_word(int fifths, unsigned mode);

/** @return 0; 1 no chord from here; -EINVAL. */
int clip_chord_read(const uint32_t words[3], struct mos_chord *ret);
/** @return 0; -EINVAL the chord cannot be said so. */
int clip_chord_words(const struct mos_chord *chord, uint32_t ret[3]);

#endif
