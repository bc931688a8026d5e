/* SPDX-License-Identifier: MIT */
/**
 * What numbers in a Standard MIDI File mean: its clock, tempo, meter and key events.
 */
#ifndef HERMES_SMF_META_H
#define HERMES_SMF_META_H

#include <stdint.h>

#include "report.h"
#include "smf_read.h"

/** File ticks -> ticks at 960 a quarter: t * num / den; the rule is in smf_score.h. */
struct smf_clock {
	uint64_t num, den;
	uint64_t ns_per_quarter; /**< where no tempo is given; SMPTE division: always */
};

struct smf_clock smf_clock_of(const struct smf_header *header);
/** @return 0, -ERANGE: at or beyond MOS_TL_MAX_TICK. */
int smf_clock_tick(const struct smf_clock *clock, uint64_t file_tick, int64_t *ret);

/*
 * Payloads of meta events. A tempo out of range is clamped; what makes no sense is ignored; both with a
 * warning. @return 1, or 0: ignore the event.
 */
int smf_meta_tempo(const struct smf_event *ev, struct hermes_report *report, uint64_t *ret_ns_per_quarter);
int smf_meta_meter(
	const struct smf_event *ev, struct hermes_report *report, uint16_t *ret_num, uint16_t *ret_den);
int smf_meta_key(
	const struct smf_event *ev, struct hermes_report *report, int8_t *ret_fifths, uint8_t *ret_minor);

#endif
