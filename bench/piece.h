/* SPDX-License-Identifier: MIT */
/**
 * Music made for measuring, as MIDI files whose tempo map and onsets are known without reading them again.
 * 960 ticks a quarter, 4/4.
 */
#ifndef BENCH_PIECE_H
#define BENCH_PIECE_H

#include <stdbool.h>
#include <stdint.h>

#include <mos/tempo.h>

/**
 * Measures that can be told apart by ear: three strokes, whose distances say which measure it is. Each stroke
 * is cut short, so that exact silence lies before the next and in the rest of the measure. 120 BPM.
 *
 * @param n_measures  At most PIECE_CODED_MAX.
 * @return 0 or -errno.
 */
int piece_write_coded(const char *path, uint32_t n_measures);

#define PIECE_CODED_MAX 2048u
#define PIECE_CODE_TICKS 192u /**< from a measure's begin all three strokes are over */
#define PIECE_MEASURE_TICKS 3840u

/** Whether these are the frames from the first to the second and from the second to the third stroke. */
bool piece_is_measure(uint32_t measure, uint64_t first_frames, uint64_t second_frames, uint32_t rate_hz);

/**
 * Eight instruments and drums in eighths, with another tempo every second measure.
 *
 * @param seconds  Length, rounded up to a measure.
 * @param ret_map  Its tempo map, on ret_seg.
 * @param ret_seg  Room for PIECE_TEMPI segments; lives as long as the map.
 * @return 0 or -errno; -E2BIG: too long.
 */
int piece_write_band(
	const char *path, uint32_t seconds, struct mos_tempo_map *ret_map, struct mos_tempo_seg *ret_seg);

#define PIECE_TEMPI 4096u

#endif
