/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *band_key_name(enum band_key key)
{
#define X(constant, name) name,
	static const char *const names[] = {BAND_KEYS(X)};
#undef X

	return names[key];
}

const char *band_origin_name(enum band_origin origin)
{
	static const char *const names[] = {"default", "style", "setlist", "file", "flag"};

	return names[origin];
}

int band_inputs_copy(const struct band_inputs *from, struct band_inputs *ret)
{
	struct band_inputs copy = *from;

	copy.style = from->style ? band_style_copy(from->style) : NULL;
	copy.chord = calloc(from->n_chords ? from->n_chords : 1, sizeof(*copy.chord));
	copy.section = calloc(from->n_sections ? from->n_sections : 1, sizeof(*copy.section));
	if ((from->style && !copy.style) || !copy.chord || !copy.section) {
		band_inputs_finish(&copy);
		return -ENOMEM;
	}
	if (from->n_chords)
		memcpy(copy.chord, from->chord, from->n_chords * sizeof(*copy.chord));
	if (from->n_sections)
		memcpy(copy.section, from->section, from->n_sections * sizeof(*copy.section));
	*ret = copy;
	return 0;
}

void band_inputs_finish(struct band_inputs *in)
{
	band_style_free(in->style);
	free(in->chord);
	free(in->section);
	*in = (struct band_inputs){0};
}

double band_bar_beats(const struct band_inputs *in)
{
	return in->meter_num * 4.0 / in->meter_den;
}

uint32_t band_bar_steps(const struct band_inputs *in)
{
	const uint32_t steps = (uint32_t)in->grid * in->meter_num;

	return steps % in->meter_den ? 0 : steps / in->meter_den;
}

uint32_t band_bars(const struct band_inputs *in)
{
	const double bar = band_bar_beats(in);
	double at = 0; /* in bars; shares of a bar need not add up to it to the last bit */

	for (uint32_t i = 0; i < in->n_chords; i++) {
		if (in->chord[i].beats > 0)
			at += in->chord[i].beats / bar;
		else
			at = ceil(at - 1e-6) + in->bars_per_chord;
	}
	return (uint32_t)ceil(at - 1e-6);
}
