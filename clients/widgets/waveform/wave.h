/* SPDX-License-Identifier: MIT */
/** The waveform: sound as columns of lowest and highest sample, the newest on the right. Pure. */
#ifndef WIDGET_WAVE_H
#define WIDGET_WAVE_H

#include <mos/draw.h>

#define WAVE_COLUMNS 400u
#define WAVE_CHANNELS 2u

struct wave_column {
	float low, high, square; /* square: mean of the squares */
};

struct wave {
	uint32_t per_column; /* frames of a column */
	struct wave_column column[WAVE_CHANNELS][WAVE_COLUMNS];
	uint64_t n; /* columns that are whole; the newest is (n - 1) % WAVE_COLUMNS */
	/* the one that is being filled */
	struct wave_column next[WAVE_CHANNELS];
	uint32_t n_next;
};

void wave_init(struct wave *w, uint32_t rate_hz, double seconds);
/* Frames of all channels; NaN and infinite samples are silence. */
void wave_feed(struct wave *w, const float *const sample[static WAVE_CHANNELS], uint32_t n);
/* A hole in the sound: what was begun is left out. */
void wave_break(struct wave *w);
/* Column `back` before the newest; a silent one where there is none yet. */
struct wave_column wave_at(const struct wave *w, unsigned int channel, uint32_t back);
/* Highest absolute sample of what is shown, dBFS; -120: silence. */
double wave_peak_db(const struct wave *w);

/* Height of a sample in a channel's box. */
float wave_y(struct mos_box box, float sample, float gain);
void wave_draw(struct mos_draw *d, const struct wave *w, float gain, const char *title);

#endif
