/* SPDX-License-Identifier: MIT */
/**
 * Clocks of MIDI files: file ticks -> ticks at 960 a quarter, t * num / den; the rule is in smf_score.h.
 */
#ifndef SCORE_MIDI_META_H
#define SCORE_MIDI_META_H

#include <stdint.h>

#include <score/report.h>

#include "smf_read.h"

struct midi_clock {
	uint64_t num, den;
	uint64_t ns_per_quarter; /**< where no tempo is given; SMPTE division: always */
};

struct midi_clock smf_clock_of(const struct smf_header *header);
struct midi_clock midi_clock_of_quarter(uint16_t ticks_per_quarter);
/** @return 0, -ERANGE: beyond NVX_MAX_TICK. */
int midi_clock_tick(const struct midi_clock *clock, uint64_t file_tick, int64_t *ret);

/*
 * Payloads of a Standard MIDI File's meta events. What makes no sense is ignored with a warning.
 * @return 1, or 0: ignore the event.
 */
int smf_meta_tempo(const struct smf_event *ev, struct score_report *report, uint64_t *ret_ns_per_quarter);
/** @param ret_other_click  1: the click or the notated quarter is another than the meter's own: not kept. */
int smf_meta_meter(const struct smf_event *ev, struct score_report *report, uint16_t *ret_num,
	uint16_t *ret_den, int *ret_other_click);
int smf_meta_key(
	const struct smf_event *ev, struct score_report *report, int8_t *ret_fifths, uint8_t *ret_minor);

#endif
