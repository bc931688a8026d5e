/* SPDX-License-Identifier: MIT */
/** Key and chord that are in force, by what the bus tells. Pure. */
#ifndef WIDGET_HARMONY_H
#define WIDGET_HARMONY_H

#include <mos/event.h>
#include <mos/roman.h>

/* Zeroed: nothing is known. */
struct harmony {
	struct mos_tonality key;
	struct mos_chord chord;
	char symbol[sizeof(((struct mos_ev_chord *)0)->symbol) + 1]; /* as told */
	uint8_t has_key, has_chord;
	uint8_t is_written; /* the key is the score's: what is found by ear does not replace it */
};

/* Types that harmony_event() wants to hear; 0 ends the list. */
extern const uint32_t harmony_types[];

/* @return 1: another key or chord. */
int harmony_event(struct harmony *h, const struct mos_event *ev);
/* The key of the clock page, for who comes in the middle of a score. @return 1: another one. */
int harmony_key(struct harmony *h, int fifths, int minor);
/* The key, C major where none is known. */
struct mos_tonality harmony_tonality(const struct harmony *h);
/* "V7/ii"; "" where there is no chord or no key. @param ret  MOS_ROMAN_TEXT_MAX bytes. */
void harmony_numeral(const struct harmony *h, char *ret);

/* Fifths above C of a tone, and the tone: spelled as it stands on the line, as long as that takes two
 * accidentals. */
int harmony_fifths(struct mos_tone tone);
struct mos_tone harmony_tone(int fifths);
/* A symbol or a tone with the signs of print: "B♭m7♭5", "F♯". Cut where `ret` ends. */
void harmony_print(const char *text, char *ret, size_t size);

#endif
