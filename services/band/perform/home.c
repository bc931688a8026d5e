/* SPDX-License-Identifier: MIT */
/* Where a form comes home to: a last bar on a dominant wants one more. */
#include "perform_private.h"

#include <mos/chord.h>
#include <mos/tonality.h>
#include <string.h>

static bool parse(const struct band_bar_chord *chord, struct mos_chord *ret)
{
	return mos_chord_parse(chord->text, SIZE_MAX, ret, NULL) >= 0 && ret->family != MOS_CHORD_NONE;
}

/** First chord of the form on a root; -1: the first of all. */
static const struct band_bar_chord *find(const struct perform_item *item, int root)
{
	struct mos_chord chord;

	for (uint32_t i = 0; i < item->n_bars; i++) {
		const struct band_bar *bar = &item->form.bar[item->from + i];

		for (uint32_t k = 0; k < bar->n_chords; k++) {
			if (parse(&bar->chord[k], &chord) && (root < 0 || mos_tone_class(chord.root) == root))
				return &bar->chord[k];
		}
	}
	return NULL;
}

/** Pitch class of the tonic of all that sounds; -1: nobody knows. */
static int tonic_of(const struct perform_item *item)
{
	float weight[12] = {};
	struct mos_chord chord;

	for (uint32_t i = 0; i < item->n_bars; i++) {
		const struct band_bar *bar = &item->form.bar[item->from + i];

		for (uint32_t k = 0; k < bar->n_chords; k++) {
			if (!parse(&bar->chord[k], &chord))
				continue;
			const uint16_t classes = mos_chord_pitch_classes(&chord);
			for (int pc = 0; pc < 12; pc++)
				weight[pc] += classes >> pc & 1 ? 1.0f / (float)bar->n_chords : 0.0f;
		}
	}
	const int key = mos_tonality_match(weight, NULL);
	return key < 0 ? -1 : key % 12;
}

bool perform_home(const struct perform_item *item, struct band_bar_chord *ret)
{
	const uint16_t dominant = MOS_HAS(3) | MOS_HAS(B7);
	const struct band_bar *last_bar = &item->form.bar[item->from + item->n_bars - 1];
	const struct band_bar_chord *first = find(item, -1);
	const struct band_bar_chord *home;
	struct mos_chord last_chord, first_chord;

	if (!first || last_bar->n_chords == 0 ||
		!parse(&last_bar->chord[last_bar->n_chords - 1], &last_chord) || !parse(first, &first_chord))
		return false;
	const int last_root = mos_tone_class(last_chord.root);
	const int first_root = mos_tone_class(first_chord.root);
	if ((last_chord.degrees & dominant) != dominant || last_root == first_root)
		return false;
	const int tonic = tonic_of(item);
	const bool leads_to_first = (last_root + 5) % 12 == first_root;
	if (leads_to_first && (first_chord.family == MOS_CHORD_MAJOR || first_root == tonic))
		home = first;
	else
		home = tonic < 0 || tonic == last_root ? NULL : find(item, tonic);
	if (!home && leads_to_first)
		home = first;
	if (!home)
		return false;
	*ret = *home;
	ret->beat = 0;
	return true;
}
