/* SPDX-License-Identifier: MIT */
/**
 * Standard MIDI File -> score. A pure function (FMT-09): the same bytes give the same score. TIM-07.
 *
 * Ticks. With a division of D ticks a quarter, file tick t becomes t * 960 / D, rounded to nearest, halves
 * up: exact whenever D divides 960 * t. Every time is converted from the track's start, so that rounding does
 * not add up: nothing is ever more than half a tick (0.26 ms at 120 BPM) off.
 *
 * SMPTE division. F frames a second (29 is 30000/1001) of T ticks make R = F * T ticks a second. A file
 * tick becomes k = round(1920 / R), at least 1, score ticks, under a fixed tempo of 960 / (R * k) seconds a
 * quarter: time is exact, to the nanosecond in a quarter. For 25 x 40 that is 125 BPM. Tempo events have
 * no meaning in such a file and are ignored with a warning.
 *
 * Format 2. The sequences follow one another in file order, each under its own tempo and meter (120 BPM
 * and 4/4 where it states none).
 *
 * Notes. A note-off ends the oldest sounding note of its track, port, channel and key (first in, first
 * out). A note that is never ended ends with its track, with a warning. A note without length lasts one tick,
 * so that it sounds. A note-off without its note-on is ignored.
 *
 * Ports. The first three ports of FF 21 that are used become UMP groups 0, 1, 2; more share those groups in
 * turn, with a warning.
 *
 * Title: the first track name of the file that is not empty.
 */
#ifndef HERMES_SMF_SCORE_H
#define HERMES_SMF_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "report.h"
#include "score.h"
#include "smf_read.h"

/**
 * @param bytes       Borrowed for the call.
 * @param ret         Untouched on failure; else the caller finishes it.
 * @param ret_header  What the file says about itself; untouched on failure.
 * @return 0; -EINVAL refused, see `report`; -ENOMEM.
 */
int smf_to_score(const uint8_t *bytes, size_t size, const struct hermes_alloc *alloc, struct score *ret,
	struct smf_header *ret_header, struct hermes_report *report);

#endif
