/* SPDX-License-Identifier: MIT */
/**
 * Reports of the MIDI importers and exporters: a place is a byte of the file. What is damaged is
 * IMPORT_PARSE_001, what the score does not hold IMPORT_TECHNIQUE_DROPPED_003.
 */
#ifndef SCORE_MIDI_REPORT_H
#define SCORE_MIDI_REPORT_H

#include <stdint.h>

#include <score/report.h>

#define MIDI_PARSE "IMPORT_PARSE_001"
#define MIDI_DROPPED "IMPORT_TECHNIQUE_DROPPED_003"
#define MIDI_LOSS "EXPORT_TECHNIQUE_LOSS_011"
#define MIDI_FLATTENED "EXPORT_PART_FLATTENED_010"

/** Beyond what a report keeps, warnings are counted without being worded: a hostile file may cause millions.
 */
#define midi_warn_code(report, code, at, ...)                                                                \
	do {                                                                                                 \
		if ((report)->n_warnings < SCORE_MAX_ISSUES)                                                 \
			score_warn(report, code, SCORE_AT_BYTE(at), __VA_ARGS__);                            \
		else if ((report)->n_warnings < UINT32_MAX)                                                  \
			(report)->n_warnings++;                                                              \
	} while (0)
#define midi_warn(report, at, ...) midi_warn_code(report, MIDI_PARSE, at, __VA_ARGS__)
/** @return -EINVAL. */
#define midi_refuse(report, at, ...) score_error(report, MIDI_PARSE, SCORE_AT_BYTE(at), __VA_ARGS__)

/** What is told once with its number. */
struct midi_tally {
	uint64_t first_at;
	uint64_t n;
};

static inline void midi_tally(struct midi_tally *tally, uint64_t at)
{
	if (tally->n++ == 0)
		tally->first_at = at;
}

#endif
