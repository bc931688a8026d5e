/* SPDX-License-Identifier: MIT */
/*
 * Played against expected (MID-04): what the player's keys are to the score's notes at that moment, for
 * Rocky. Where three tones or more sound in the score it expects a chord, in whatever octaves; else those
 * very keys. In its rests nothing is expected, and nothing is told. Pure; times are ns, monotonic.
 */
#ifndef CHORD_DETECTOR_EXPECTED_H
#define CHORD_DETECTOR_EXPECTED_H

#include <stdint.h>

#include <mos/event.h>
#include <mos/tonality.h>

#define EXPECTED_N_NOTES 256
#define EXPECTED_ALL_PARTS (-1)
#define EXPECTED_TOLERANCE_NS 60000000 /* off by more is early or late */
#define EXPECTED_AHEAD_NS 100000000    /* as far as the score's notes are announced (TIM-03) */
#define EXPECTED_EARLY_NS 300000000    /* keys held for longer were not struck for this chord */
#define EXPECTED_LATE_NS 300000000     /* for a note that has ended already */
#define EXPECTED_APART_NS 250000000    /* between two messages */

struct expected_note {
	int64_t on_ns, off_ns; /* off_ns INT64_MAX: its end is not announced yet */
	int64_t tick;
	uint32_t instance;
	uint16_t part;
	uint8_t key, is_played;
};

struct expected {
	int is_on, part;
	int is_playing; /* -1: not known yet; the score's first note says so */
	struct expected_note note[EXPECTED_N_NOTES];
	uint32_t n_notes;

	uint64_t down[2], wrong[2]; /* the player's keys; those that were wrong when they were struck */
	int64_t struck_ns;          /* the last of them */
	int64_t told_ns;            /* the last message */
	int64_t told_onset_ns;      /* of the chord that was told last, */
	int64_t told_struck_ns;     /* and the stroke that was for it: it counts for no other */
};

struct expected_told {
	int has_feedback, has_highlight;
	struct mos_ev_feedback feedback;
	struct mos_ev_highlight highlight;
};

void expected_init(struct expected *expected);
/** @param part  EXPECTED_ALL_PARTS, or the one that is practised. */
void expected_configure(struct expected *expected, int is_on, int part);

void expected_transport(struct expected *expected, int is_playing);
/** transport:seek. What is announced anew comes before it on the bus, and stays. */
void expected_seek(struct expected *expected, const struct mos_event *seek);
/** midi:noteon or midi:noteoff of the score; its time may be to come. */
void expected_score(struct expected *expected, const struct mos_event *note, int64_t now_ns);
/** Keys that are held for sure: the ends of others were missed. */
void expected_only(struct expected *expected, const uint64_t keys[2]);

/**
 * A key of the player's.
 *
 * @param tonality  For the names; NULL: none is known.
 * @return 1: there is something to tell.
 */
int expected_played(struct expected *expected, int on, unsigned int key, int64_t now_ns,
	const struct mos_tonality *tonality, struct expected_told *ret);
/** Let time pass: a chord struck early is due, a message has waited for the one before. @return as above. */
int expected_tick(struct expected *expected, int64_t now_ns, const struct mos_tonality *tonality,
	struct expected_told *ret);

#endif
