/* SPDX-License-Identifier: MIT */
/** What the tuner says: steady figures, a needle, the string that is meant. Pure. */
#ifndef TUNER_VIEW_H
#define TUNER_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <mos/event.h>
#include <mos/pitch_detect.h>

#define VIEW_MEDIAN 5u

struct tuner_view {
	double a4_hz;
	double min_confidence;
	const char *tuning; /* name of one of tunings, or "chromatic" */
	double recent[VIEW_MEDIAN];
	uint32_t n_recent, quiet; /* looks since a pitch was heard */
};

struct tuner_reading {
	double hz, cents; /* hz 0: no pitch */
	double confidence;
	int key;
	int string;          /* from 1, the highest; 0: none is meant */
	double string_cents; /* above the string's pitch */
};

/* "chromatic", "guitar", ...; NULL past the end. */
const char *tuner_tuning_name(uint32_t i);
#define TUNER_STRINGS_MAX 6u
/* Keys of a tuning's strings, the highest first. @return how many; 0: it has none. */
uint32_t tuner_tuning_keys(const char *name, uint8_t ret_key[static TUNER_STRINGS_MAX]);

/*
 * One look of the ear: the median of the last few, so that an outlier does not throw the needle; a pitch that
 * has gone stays for a moment.
 */
struct tuner_reading tuner_view_step(struct tuner_view *view, struct mos_pitch_found found);

/* Lines for a terminal. */
void tuner_view_text(
	const struct tuner_view *view, const struct tuner_reading *reading, char *ret, size_t size);
/* tuner:pitch */
struct mos_event tuner_view_event(const struct tuner_view *view, const struct tuner_reading *reading);

#endif
