/* SPDX-License-Identifier: MIT */
/**
 * What a file says is to be heard and what is heard: notes of a MIDI file, by a reader that is not ours; a
 * WAV file; where in a sound something is struck. A stroke is found without knowing where it is to be: the
 * energy of the sound's slope rises eightfold within a millisecond.
 */
#ifndef TESTS_BAND_EARS_H
#define TESTS_BAND_EARS_H

#include <stdint.h>

struct ears_note {
	double at_s, end_s;
	uint8_t track, channel, key, velocity;
};

struct ears_notes {
	struct ears_note *note; /* by time, then as in the file */
	unsigned int n;
};

/** By midicsv. Asserts that the file can be read. The caller frees `note`. */
struct ears_notes ears_read_midi(const char *path);

struct ears_sound {
	float *channel[2];
	uint64_t n_frames;
	uint32_t rate_hz;
};

/** Asserts that it is a stereo WAV file. */
struct ears_sound ears_read_wav(const char *path);
void ears_sound_free(struct ears_sound *sound);

/** Times of strokes, in seconds from the beginning. @return how many, at most `max`. */
unsigned int ears_strokes(const struct ears_sound *sound, double *ret_s, unsigned int max);
/** The loudest sample between two times, dBFS; -200: exact silence. */
double ears_peak_db(const struct ears_sound *sound, double from_s, double to_s);

#endif
