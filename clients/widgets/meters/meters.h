/* SPDX-License-Identifier: MIT */
/** Level meters: peak, held peak and RMS of what goes in and out, loudness of what goes out. Pure. */
#ifndef WIDGET_METERS_H
#define WIDGET_METERS_H

#include <mos/audio_tap.h>
#include <mos/counters.h>
#include <mos/draw.h>

#define METERS_FLOOR_DB (-60.0)
#define METERS_SILENCE_DB (-120.0)

struct meter {
	double peak_db; /* falls by 20 dB a second */
	double held_db; /* the highest; falls when it was not reached for 1.5 s */
	double square;  /* of 300 ms */
	double held_s;  /* for how long */
	int clipped;    /* full scale was reached since meters_reset() */
};

struct meters {
	struct meter channel[MOS_TAP_N_CHANNELS];
	/* what Apollo measures, LUFS; METERS_SILENCE_DB: none */
	double momentary, short_term, integrated, true_peak_db;
	int has_loudness;
};

void meters_reset(struct meters *m);
/* NaN and infinite samples are silence. */
void meters_feed(
	struct meters *m, enum mos_tap_channel channel, const float *sample, uint32_t n, uint32_t rate_hz);
void meters_read(struct meters *m, const struct mos_counters_view *view);
/* @return 1: a meter shows something, and so moves. */
int meters_move(const struct meters *m);
double meter_rms_db(const struct meter *meter);
/* 0 at the floor, 1 at full scale: the upper half of a meter is the loudest 20 dB. */
double meters_scale(double db);

void meters_draw(struct mos_draw *d, const struct meters *m);
void meters_text(const struct meters *m, char *ret, size_t size);

#endif
