/* SPDX-License-Identifier: MIT */
#include "piece.h"

#include <errno.h>
#include <stdio.h>

#define TICKS_PER_QUARTER 960u
#define CODED_US_PER_QUARTER 500000u

/* A stroke, its cut, its last value's fade of 5 ms and some frames of silence. */
#define STROKE_TICKS 15u
#define APART_TICKS 30u
#define FIRST_CODES 64u /* one distance has this many values, the other PIECE_CODED_MAX / FIRST_CODES */

#define DRUMS 9
#define WOODBLOCK 76
#define ALL_SOUND_OFF 120

/** A MIDI file of one track being written; `tick` is where the last event lies. */
struct track {
	FILE *file;
	long length_at;
	uint32_t tick;
};

static void put_be(FILE *file, uint32_t value, int n_bytes)
{
	while (n_bytes-- > 0)
		putc((int)(value >> (8 * n_bytes) & 255), file);
}

static int begin(struct track *track, const char *path)
{
	*track = (struct track){.file = fopen(path, "wbe")};
	if (!track->file)
		return -errno;
	fputs("MThd", track->file);
	put_be(track->file, 6, 4);
	put_be(track->file, 0, 2);
	put_be(track->file, 1, 2);
	put_be(track->file, TICKS_PER_QUARTER, 2);
	fputs("MTrk", track->file);
	track->length_at = ftell(track->file);
	put_be(track->file, 0, 4);
	return 0;
}

static void put_delta(struct track *track, uint32_t tick)
{
	uint32_t delta = tick - track->tick;

	for (int shift = 21; shift > 0; shift -= 7) {
		if (delta >> shift)
			putc((int)(delta >> shift & 127) | 128, track->file);
	}
	putc((int)(delta & 127), track->file);
	track->tick = tick;
}

static void put_event(struct track *track, uint32_t tick, int status, int a, int b)
{
	put_delta(track, tick);
	putc(status, track->file);
	putc(a, track->file);
	putc(b, track->file);
}

static void put_program(struct track *track, int channel, int program)
{
	put_delta(track, 0);
	putc(0xc0 | channel, track->file);
	putc(program, track->file);
}

static void put_tempo(struct track *track, uint32_t tick, uint32_t us_per_quarter)
{
	put_delta(track, tick);
	put_be(track->file, 0xff5103, 3);
	put_be(track->file, us_per_quarter, 3);
}

static int finish(struct track *track, uint32_t end_tick)
{
	long end;
	int r;

	put_delta(track, end_tick);
	put_be(track->file, 0xff2f00, 3);
	end = ftell(track->file);
	fseek(track->file, track->length_at, SEEK_SET);
	put_be(track->file, (uint32_t)(end - track->length_at - 4), 4);
	r = ferror(track->file) ? -EIO : 0;
	return fclose(track->file) == 0 ? r : -errno;
}

static void put_stroke(struct track *track, uint32_t tick)
{
	put_event(track, tick, 0x90 | DRUMS, WOODBLOCK, 100);
	put_event(track, tick + STROKE_TICKS, 0x80 | DRUMS, WOODBLOCK, 0);
	put_event(track, tick + STROKE_TICKS, 0xb0 | DRUMS, ALL_SOUND_OFF, 0);
}

static uint32_t first_ticks(uint32_t measure)
{
	return APART_TICKS + measure % FIRST_CODES;
}

static uint32_t second_ticks(uint32_t measure)
{
	return APART_TICKS + measure / FIRST_CODES;
}

int piece_write_coded(const char *path, uint32_t n_measures)
{
	struct track track;
	int r = n_measures > PIECE_CODED_MAX ? -E2BIG : begin(&track, path);

	if (r < 0)
		return r;
	put_tempo(&track, 0, CODED_US_PER_QUARTER);
	for (uint32_t measure = 0; measure < n_measures; measure++) {
		uint32_t tick = measure * PIECE_MEASURE_TICKS;

		put_stroke(&track, tick);
		put_stroke(&track, tick + first_ticks(measure));
		put_stroke(&track, tick + first_ticks(measure) + second_ticks(measure));
	}
	return finish(&track, n_measures * PIECE_MEASURE_TICKS);
}

/* An onset is at the first frame at or after its tick's time, so a distance may be a frame off the product.
 */
static bool is_distance(uint64_t frames, uint32_t ticks, uint32_t rate_hz)
{
	uint64_t exact = (uint64_t)ticks * CODED_US_PER_QUARTER * rate_hz / TICKS_PER_QUARTER / 1000000;

	return frames + 1 >= exact && frames <= exact + 1;
}

bool piece_is_measure(uint32_t measure, uint64_t first_frames, uint64_t second_frames, uint32_t rate_hz)
{
	return is_distance(first_frames, first_ticks(measure), rate_hz) &&
	       is_distance(second_frames, second_ticks(measure), rate_hz);
}

static void put_measure(struct track *track, uint32_t tick)
{
	static const int chord[8] = {36, 48, 55, 60, 64, 67, 71, 74};
	const uint32_t eighth = TICKS_PER_QUARTER / 2;

	for (uint32_t i = 0; i < 8; i++) {
		for (int channel = 0; channel < 8; channel++)
			put_event(track, tick + i * eighth, 0x90 | channel, chord[channel], 70);
		put_event(track, tick + i * eighth, 0x90 | DRUMS, i % 4 ? 42 : 36, 80);
		for (int channel = 0; channel < 8; channel++)
			put_event(track, tick + i * eighth + eighth - 1, 0x80 | channel, chord[channel], 0);
		put_event(track, tick + i * eighth + eighth - 1, 0x80 | DRUMS, i % 4 ? 42 : 36, 0);
	}
}

int piece_write_band(
	const char *path, uint32_t seconds, struct mos_tempo_map *ret_map, struct mos_tempo_seg *ret_seg)
{
	/* Around 120 BPM; none of them is a whole number of frames a tick. */
	static const uint32_t us_per_quarter[] = {500000, 475059, 512821, 487805, 526316};
	static const int program[8] = {32, 0, 24, 48, 73, 11, 80, 88};
	const uint64_t end_us = seconds * UINT64_C(1000000);
	struct track track;
	uint32_t tick = 0, n = 0;
	uint64_t us = 0;
	int r = begin(&track, path);

	if (r < 0)
		return r;
	for (int channel = 0; channel < 8; channel++)
		put_program(&track, channel, program[channel]);
	for (uint32_t measure = 0; us < end_us && n < PIECE_TEMPI; measure++) {
		uint32_t tempo = us_per_quarter[measure / 2 % 5];

		if (measure % 2 == 0) {
			put_tempo(&track, tick, tempo);
			ret_seg[n++] = (struct mos_tempo_seg){.tick = tick,
				.npq_start = tempo * UINT64_C(1000),
				.npq_end = tempo * UINT64_C(1000)};
		}
		put_measure(&track, tick);
		tick += PIECE_MEASURE_TICKS;
		us += 4 * tempo;
	}
	r = finish(&track, tick);
	if (r == 0 && us < end_us)
		r = -E2BIG;
	return r < 0 ? r : mos_tempo_map_init(ret_map, ret_seg, n);
}
