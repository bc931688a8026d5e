/* SPDX-License-Identifier: MIT */
/**
 * A program from a score: the chords of a chart in iReal Pro, MusicXML, ABC, Guitar Pro or whatever else
 * score/ reads, as the text of a .ztprog. Repeats and jumps are played out; a bar is shared by its beats, and
 * what stands between two beats counts from the one before. What is shorter than a bar fills one with its
 * neighbour; an upbeat without chords is nobody's. No tempo is said where the score has none. Pure.
 */
#ifndef BAND_CHART_H
#define BAND_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "issue.h"

/** Are these the bytes of a score rather than of a program? */
bool band_chart_is(const uint8_t *bytes, size_t size);
/**
 * @param index   Which score of a book, from 0.
 * @param report  Also says what could not be kept: bars in another meter, chords that are none.
 * @return 0 and the text of a program, to be freed; -EINVAL: no score, or one without chords; -ENOMEM.
 */
int band_chart(
	const uint8_t *bytes, size_t size, uint32_t index, struct band_report *report, char **ret_program);

#endif
