/* SPDX-License-Identifier: MIT */
/*
 * The detector without its cables: notes, sound, keys and other people's chords with their times go in,
 * decisions come out. Nothing here knows the bus, the clock or the screen. Times are ns, monotonic.
 */
#ifndef CHORD_DETECTOR_DETECTOR_H
#define CHORD_DETECTOR_DETECTOR_H

#include <mos/chroma.h>
#include <mos/event.h>

#include "fusion.h"
#include "held.h"
#include "model.h"

#define DETECTOR_N_DUE 256

/* A score's note that is announced and not yet due. */
struct detector_due {
	int64_t time_ns;
	uint8_t key, on;
};

struct detector_config {
	uint8_t ears;    /* bits of enum mos_chord_origin that are listened to */
	uint8_t has_key; /* somebody said the key: nothing is to be found */
	struct mos_tonality key;
};

struct detector {
	struct detector_config config;
	struct held_notes notes[FUSION_N_EARS]; /* of MIDI and score */
	struct mos_chord_ear ear;
	struct mos_chord_heard heard;
	struct chord_model model; /* none: the ear alone */
	struct mos_chroma mean;   /* of the sound since some tenths of a second, for the model */
	int64_t heard_since_ns; /* how long the ear has said the same */
	float usual_level;      /* of the sound, to notice attacks */
	struct mos_chroma chroma;
	int64_t chroma_ns;
	struct detector_due due[DETECTOR_N_DUE];
	uint32_t n_due;
	struct fusion fusion;
	struct mos_tonality_finder finder;
	struct mos_tonality score_key; /* as key:change told */
	int has_score_key;
	int64_t key_ns; /* when the finder was last told */
};

/* What is to be told. */
struct detection {
	struct mos_chord chord; /* spelled for the key */
	struct mos_tonality tonality;
	int has_tonality;
	uint16_t pitch_classes;
	float confidence;
	uint8_t origin, votes, version, reason;
	uint8_t is_told; /* it is another program's chord that won */
};

void detector_init(struct detector *detector);
void detector_configure(struct detector *detector, const struct detector_config *config);

/* A note, of the score or of anybody else; `time_ns` may be in the future (announced). */
void detector_note(struct detector *detector, enum mos_chord_origin ear, int on, unsigned int key,
	int64_t time_ns, int64_t now_ns);
/* What is held in the whole system: ends that were missed, and the pedal. */
void detector_snapshot(struct detector *detector, const struct mos_ev_snapshot *snapshot, int64_t now_ns);
/* What was announced is void, what the score holds is over. */
void detector_score_stopped(struct detector *detector, int64_t now_ns);
void detector_key(struct detector *detector, int fifths, int minor);
/* The score is another: its key is not known yet. */
void detector_score_loaded(struct detector *detector);
/* The next look at the sound, `seconds` after the one before. */
void detector_hear(struct detector *detector, const struct mos_chroma *chroma, float seconds, int64_t now_ns);
/* Somebody else's chord (another program's ears). */
void detector_told(struct detector *detector, enum mos_chord_origin ear, const struct mos_chord *chord,
	float confidence, int64_t now_ns);

/* Let time pass. @return 1 there is something to tell. Call it some hundred times a second. */
int detector_tick(struct detector *detector, int64_t now_ns, struct detection *ret);
/* The key in force. @return 0: none is known. */
int detector_tonality(const struct detector *detector, struct mos_tonality *ret);

/* The event for a decision. */
struct mos_ev_chord detection_event(const struct detection *detection);
/* A symbol that fits: as it is, else without tensions, else the triad. @return its length. */
int detection_symbol(const struct mos_chord *chord, char *buf, size_t size);
/* The numeral in the key; "" where there is no key, or it does not fit. */
void detection_numeral(
	const struct mos_chord *chord, const struct mos_tonality *tonality, char *buf, size_t size);

#endif
