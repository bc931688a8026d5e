/* SPDX-License-Identifier: MIT */
/**
 * Between the steps of the analysis: notes -> beats -> keys of the bars -> chords -> what they are in their
 * keys. Everything is bounded: at most ANALYSIS_MAX_BEATS beats, and of a note at most what it sounds in so
 * many of them.
 */
#ifndef ANALYSIS_PRIVATE_H
#define ANALYSIS_PRIVATE_H

#include <mos/roman.h>
#include <mos/tonality.h>
#include <score/analyse.h>

#define ANALYSIS_MAX_BEATS (1u << 19)
#define ANALYSIS_NOTE_BEATS 64u /**< what sounds longer has said it all */
#define ANALYSIS_VOICES 16u     /**< lines that voice leading looks at */
#define NO_PITCH 0xffu

/** A note, with what comes before and after it in its line (the nearest pitch of its part). */
struct sound {
	int64_t on, off;
	int64_t next_on;
	nvx_id id;
	uint16_t part;
	uint8_t pitch;
	uint8_t before, after; /**< pitches; NO_PITCH: a rest or nothing */
	uint8_t reserved[3];
};

struct beat {
	int64_t tick;
	uint32_t len;
	uint32_t measure;
	float weight[12];      /**< how long each pitch class sounds, in quarters */
	uint8_t bass, top;     /**< pitches; NO_PITCH: silence */
	uint8_t is_bass_whole; /**< the bass sounds for half of the beat at least */
	uint8_t strength;      /**< as mos_meter_beat_strength() */
};

/** Everything that is heard. */
struct hearing {
	const struct score *score;
	const struct score_alloc *alloc;
	struct sound *sound; /**< by beginning, part, pitch */
	struct beat *beat;
	uint32_t *first_beat; /**< by measure, and one more */
	uint32_t n_sound, n_beat, n_measure;
	struct mos_tonality *key;  /**< by measure: the local key */
	struct mos_tonality whole; /**< of the piece, while has_key */
	uint8_t has_key;           /**< there is enough to find keys in */
};

int hearing_init(struct hearing *h, const struct score *score, const struct score_alloc *alloc);
void hearing_finish(struct hearing *h);

/** keys.c */
int analysis_keys(struct hearing *h);
/** As the key map says it. @return 0: it says "none". */
int analysis_written_key(const struct nvx_key *key, struct mos_tonality *ret);
/** Key number 0..11 major, 12..23 minor, spelled as the written signature would have it, where there is one.
 */
struct mos_tonality analysis_spelled(int number, const struct nvx_key *written);
struct nvx_key analysis_to_nvx(struct mos_tonality key);
struct mos_tonality analysis_key_at(const struct hearing *h, int64_t tick);

/** A chord in its place. */
struct span {
	int64_t tick, end;
	struct mos_chord chord;
	struct mos_tonality key;
	struct mos_roman roman;
	uint8_t has_roman;
	uint8_t function; /**< enum nvx_function */
	uint8_t cadence;  /**< enum nvx_cadence */
	uint8_t is_phrase_end;
	uint8_t top;        /**< highest pitch at its beginning */
	uint8_t is_written; /**< of the chord layer */
	float confidence;
};
struct spans {
	struct span *span;
	size_t n, cap;
};

/** chords.c: from the notes. */
int analysis_chords_heard(const struct hearing *h, struct spans *ret);
/** From the chord layer; what was heard where it is silent. */
int analysis_chords_written(const struct hearing *h, const struct spans *heard, struct spans *ret);
/** local_keys.c: the key of each chord, by the chords around it. */
int analysis_local_keys(const struct hearing *h, struct spans *spans);
/** harmony.c: numerals, functions, cadences. */
void analysis_harmony(const struct hearing *h, struct spans *spans);
void analysis_cadences(const struct hearing *h, struct spans *spans);

/** voices.c: facts about the notes of one span after the other. */
struct voices {
	const struct hearing *h;
	uint32_t at;                              /**< first sound that has not begun yet */
	struct sound active[4 * ANALYSIS_VOICES]; /**< what sounds, in order of beginning */
	uint32_t n_active;
	struct sound before[ANALYSIS_VOICES]; /**< what sounded at the beginning of the last span, by part and
						 pitch */
	uint32_t n_before;
	struct nvx_voice_leading leading[ANALYSIS_VOICES];
	uint32_t n_leading;
	struct nvx_non_chord_tone *tone;
	size_t n_tone, cap_tone;
};
/** Go to span i; spans are asked in order. `rule` of the leading is 0..4: none or a rule of analysis_rules.
 */
int analysis_voices(struct voices *v, const struct spans *spans, size_t i);
extern const char *const analysis_rules[];

#endif
