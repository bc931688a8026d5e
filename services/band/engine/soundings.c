/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_silent(const struct band_bar *bar)
{
	return bar->is_count_in || bar->is_click;
}

/** @param before  The chord before it in the same chorus; NULL: the first, which is voiced afresh. */
static int sound(const struct band_ctx *ctx, const struct band_bar_chord *chord,
	const struct band_sounding *before, struct band_sounding *ret)
{
	const int n = band_voice(ctx->in->voicing, chord->text, before ? before->note : NULL,
		before ? before->n : 0, ret->note);

	if (n < 0 || band_tones(ctx->in->voicing, chord->text, &ret->tones) < 0) {
		char where[32];

		(void)snprintf(where, sizeof(where), "/chords/%u", chord->index);
		return band_error(ctx->report, "CHORD_INVALID", where, "'%s' is no chord", chord->text);
	}
	ret->n = (uint8_t)n;
	return 0;
}

int band_soundings(const struct band_ctx *ctx, double bar_beats, struct band_soundings *ret)
{
	const struct band_plan *plan = ctx->plan;
	struct band_soundings all = {};
	const struct band_bar_chord *before = NULL;
	const struct band_bar *bar_before = NULL;
	size_t n = 0;
	int r = -ENOMEM;

	for (uint32_t i = 0; i < plan->n_bars; i++)
		n += is_silent(&plan->bar[i]) ? 0 : plan->bar[i].n_chords;
	all.chord = calloc(n ? n : 1, sizeof(*all.chord));
	all.first = calloc((size_t)plan->n_bars + 1, sizeof(*all.first));
	if (!all.chord || !all.first)
		goto fail;

	for (uint32_t i = 0; i < plan->n_bars; i++) {
		const struct band_bar *bar = &plan->bar[i];

		all.first[i] = all.n_chords;
		if (is_silent(bar))
			continue;
		/* Each chorus sounds as the one before it did. */
		if (bar_before && (bar_before->chorus != bar->chorus || bar_before->item != bar->item))
			before = NULL;
		bar_before = bar;
		for (uint32_t k = 0; k < bar->n_chords; k++) {
			const struct band_bar_chord *chord = &bar->chord[k];
			struct band_sounding *s = &all.chord[all.n_chords];

			if (before && strcmp(before->text, chord->text) == 0) {
				*s = s[-1];
			} else {
				r = sound(ctx, chord, before ? s - 1 : NULL, s);
				if (r < 0)
					goto fail;
				s->began = i * bar_beats + chord->beat;
			}
			s->at = i * bar_beats + chord->beat;
			s->bar = i;
			s->chord = (uint16_t)k;
			s->is_last = bar->is_ending && k + 1 == bar->n_chords;
			before = chord;
			all.n_chords++;
		}
	}
	all.first[plan->n_bars] = all.n_chords;
	*ret = all;
	return 0;
fail:
	band_soundings_finish(&all);
	return r;
}

void band_soundings_finish(struct band_soundings *soundings)
{
	free(soundings->chord);
	free(soundings->first);
	*soundings = (struct band_soundings){};
}
