/* SPDX-License-Identifier: MIT */
/**
 * Strings, frets and fingers on demand (HRM-09): a change that gives the notes of fretted parts a place where they have
 * none, by mos/fretting.h. What a person or a file wrote stays, and is fingered where it has no fingers; what was
 * proposed before is proposed anew. Pure.
 */
#ifndef SCORE_TABLATURE_H
#define SCORE_TABLATURE_H

#include <score/edit.h>

#include <mos/fretting.h>

struct score_tablature_report {
	uint32_t n_parts;  /**< fretted ones; 0: no part has a tuning, and none was named */
	uint64_t n_placed; /**< notes that got a string */
	struct mos_fret_report fret;
};

/**
 * @param part_id  That part alone, a guitar's where it says no tuning; 0: all that say theirs.
 * @param degree   As mos_fret_propose(): how much is left out.
 * @return 0; -ENOENT no such part; -ENOMEM.
 */
int score_tablature(const struct score *score, nvx_id part_id, unsigned degree, struct score_change *ret,
	struct score_tablature_report *ret_report);

#endif
