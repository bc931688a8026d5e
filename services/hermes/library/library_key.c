/* SPDX-License-Identifier: MIT */
/* The key that a row of chords suggests (LIB-09). */
#include "library_impl.h"

#include <errno.h>

#include <mos/tonality.h>

/* A chord's root says more than its other tones, the last and the first chord more than those between. */
#define ROOT_WEIGHT 1.0f
#define END_CHORDS 0.04f
#define FIRST_CHORD 0.02f

struct end {
	int class;
	int minor;
	int is_known;
};

static void match_end(float match[24], const struct end *end, float weight)
{
	if (end->is_known)
		match[(end->minor ? 12 : 0) + end->class] += weight;
}

int library_infer_key(const struct dictionary *symbol, const uint8_t *code, size_t n_code)
{
	struct code_reader reader = {code, code + n_code};
	float weight[12] = {0}, match[24];
	struct end first = {0}, last = {0};
	unsigned what;
	uint32_t value;

	while (code_next(&reader, &what, &value) > 0) {
		if (what != CODE_SYMBOL || value == 0 || value > symbol->n)
			continue;
		const struct dictionary_entry *e = &symbol->entry[value - 1];
		if (e->family == 0xff || e->family == MOS_CHORD_NONE)
			continue;
		for (int c = 0; c < 12; c++)
			weight[c] += (float)(e->tones >> c & 1);
		weight[e->class] += ROOT_WEIGHT;
		last = (struct end){e->class, e->family == MOS_CHORD_MINOR, 1};
		if (!first.is_known)
			first = last;
	}
	if (mos_tonality_match(weight, match) < 0)
		return -ENOENT;
	match_end(match, &last, END_CHORDS * 2);
	match_end(match, &first, FIRST_CHORD * 2);
	int best = 0;
	for (int k = 1; k < 24; k++)
		if (match[k] > match[best])
			best = k;
	return best < 12 ? best * 2 : (best - 12) * 2 + 1;
}
