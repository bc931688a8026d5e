/* SPDX-License-Identifier: MIT */
/* Where the music is at one instant, whoever's clock it follows: the score's or the metronome's own. */
#ifndef METRONOME_CLOCK_H
#define METRONOME_CLOCK_H

#include <stdint.h>

#include <mos/clock.h>

struct metro_now {
	int64_t time_ns; /* CLOCK_MONOTONIC */
	int64_t tick;    /* below 0: not begun yet */
	uint32_t frac;   /* 1/2^32 tick */
	uint32_t rolling;
	uint64_t npq;                 /* ns a quarter */
	int64_t loop_start, loop_end; /* loop_end 0: none */
	int64_t end_tick;             /* of the score; 0: none */
	int64_t measure_tick;         /* of the measure in force */
	uint32_t measure;             /* its number, from 0 */
	uint16_t num, den;
};

/* From the clock page. */
struct metro_now metro_now_of(const struct mos_clock *clock, int64_t time_ns);

/* The metronome's own clock: position is arithmetic from where it was last set. */
struct metro_free {
	int32_t playing;
	int64_t base_ns, base_tick;
	uint32_t base_frac;
	uint64_t npq;
};

/* Begin at tick 0 at a time. */
void metro_free_play(struct metro_free *free, int64_t start_ns);
void metro_free_pause(struct metro_free *free);
/* Another tempo from this time on; the position does not jump. */
void metro_free_tempo(struct metro_free *free, double bpm, int64_t now_ns);
struct metro_now metro_free_now(
	const struct metro_free *free, uint16_t num, uint16_t den, uint32_t loop_bars, int64_t time_ns);

/* Time of a tick as things are now. */
int64_t metro_time_of(const struct metro_now *now, int64_t tick);
/* Ticks in a time at the tempo in force. */
int64_t metro_ticks_in(const struct metro_now *now, int64_t ns);

#endif
