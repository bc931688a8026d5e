/* SPDX-License-Identifier: MIT */
/* What words and symbols want of the spacing: rods between the columns that they stand at. */
#include "layers.h"

int eng_keep_apart(struct eng *e, int64_t from, int64_t to, float distance)
{
	uint32_t m0 = eng_measure_of(e, from), m1 = eng_measure_of(e, to);
	uint32_t a = eng_find_column(e, m0, from), b = eng_find_column(e, m1, to);
	if (a == ENG_NONE || b == ENG_NONE || a >= b)
		return 0;
	return eng_add_rod(e, a, b, distance);
}

int eng_rods(struct eng *e)
{
	if (e->n_measures == 0)
		return 0;
	int r = eng_dynamic_rods(e);
	if (r == 0 && eng_has_layer(e, ENGRAVE_LYRICS))
		r = eng_lyric_rods(e);
	if (r == 0 && eng_has_layer(e, ENGRAVE_CHORDS))
		r = eng_chord_rods(e);
	if (r == 0 && eng_has_layer(e, ENGRAVE_DIAGRAMS))
		r = eng_diagram_rods(e);
	return r == 0 && eng_has_layer(e, ENGRAVE_ANALYSIS) ? eng_analysis_rods(e) : r;
}
