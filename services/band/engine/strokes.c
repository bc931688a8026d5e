/* SPDX-License-Identifier: MIT */
/* From a style's patterns to what is struck in one bar. */
#include "line.h"

#include <errno.h>
#include <mos/midi_gate.h>

#define NEARLY 1e-9
#define HELD 0.5 /* what ends so near to its bar's end is held to it */

struct strokes {
	struct band_stroke *stroke;
	uint32_t n;
	bool full;
};

static void add(struct strokes *s, double beat, double len, uint32_t velocity, uint8_t tone)
{
	if (s->n == BAND_STROKES_MAX) {
		s->full = true;
		return;
	}
	s->stroke[s->n++] = (struct band_stroke){
		.beat = beat,
		.len = len,
		.velocity = (uint8_t)(velocity > 127 ? 127 : velocity),
		.tone = tone,
	};
}

/** Softer or harder than the pattern was written for; ornaments stay what they are. */
static uint32_t borrowed(uint32_t velocity, uint32_t percent)
{
	if (velocity <= MOS_GHOST_VEL_MAX)
		return velocity;
	velocity = velocity * percent / 100;
	return velocity > MOS_GHOST_VEL_MAX ? velocity : MOS_GHOST_VEL_MAX + 1;
}

/**
 * One bar of a pattern. A bar that is shorter than the style's is cut, a longer one begins again, but an
 * ending, which is held; the reference's styles are played as written, whatever the bar.
 */
static void play(struct strokes *s, const struct band_inputs *in, const struct band_pattern *pattern,
	enum band_part part, uint32_t pattern_bar, uint32_t percent)
{
	const struct band_style *style = in->style;
	const struct band_line *line = &pattern->line[part];
	const double bar_beats = band_bar_beats(in);
	const double scale = band_style_scale(style, in->meter_num, in->meter_den);
	const double written = style->meter_num * 4.0 / style->meter_den;
	const double style_beats = written * scale;
	/* Two bars of 6/8 are one of 4/4. */
	const uint32_t a_bar = scale < 1 && bar_beats >= 2 * style_beats - NEARLY ? 2 : 1;
	const bool is_end = pattern == style->ending;
	uint32_t k = pattern_bar * a_bar;

	for (double again = 0; again < bar_beats - NEARLY; again += style_beats, k += a_bar - 1) {
		const double from = (pattern->bars ? k % pattern->bars : 0) * written;

		for (uint32_t i = 0; i < line->n_hits; i++) {
			const struct band_hit *hit = &line->hit[i];
			const double beat = (hit->beat - from) * scale + again;
			double len = hit->len * scale;

			if (hit->beat < from - NEARLY || hit->beat >= from + written - NEARLY ||
				beat >= bar_beats - NEARLY)
				continue;
			if (again + style_beats > bar_beats + NEARLY && beat + len > bar_beats &&
				(part == BAND_DRUMS || hit->tone != BAND_TONE_NEXT))
				len = bar_beats - beat;
			if (is_end && style_beats < bar_beats - NEARLY && beat + len > style_beats - HELD)
				len = bar_beats - beat;
			add(s, beat, len, borrowed(hit->velocity, percent), hit->tone);
		}
		if (style->is_reference || is_end)
			return;
	}
}

static bool plays(const struct band_style *style, enum band_part part)
{
	for (int i = 0; i < BAND_N_INTENSITIES; i++) {
		if (style->pattern[i] && style->pattern[i]->line[part].n_hits > 0)
			return true;
	}
	return false;
}

/** Held for the bar, with a crash and a kick. */
static void end(struct strokes *s, enum band_part part, double bar_beats)
{
	if (part == BAND_DRUMS) {
		add(s, 0, 0.25, 100, 36);
		add(s, 0, bar_beats, 100, 49);
	} else {
		add(s, 0, bar_beats, part == BAND_COMP ? 80 : 90, BAND_TONE_CHORD);
	}
}

/** The drums' own fill: down the toms in 16ths over the last two beats, growing. */
static void fill(struct strokes *s, double bar_beats)
{
	static const uint8_t keys[] = {38, 38, 48, 48, 45, 45, 41, 41};
	const double from = bar_beats > 2 ? bar_beats - 2 : 0;

	while (s->n > 0 && s->stroke[s->n - 1].beat >= from - NEARLY)
		s->n--;
	for (uint32_t i = 0; i < sizeof(keys) && from + i * 0.25 < bar_beats - NEARLY; i++)
		add(s, from + i * 0.25, 0.25, 76 + 5 * i + (i % 2 ? 0 : 6), keys[i]);
}

int band_strokes(const struct band_ctx *ctx, const struct band_bar *bar, enum band_part part,
	struct band_stroke ret[BAND_STROKES_MAX])
{
	const struct band_style *style = ctx->in->style;
	const double bar_beats = band_bar_beats(ctx->in);
	struct strokes s = {.stroke = ret};
	uint32_t percent = 100;

	if (bar->is_count_in || bar->is_click || (bar->rests & BAND_REST(part)) || !plays(style, part))
		return 0;
	if (bar->is_ending) {
		if (style->ending && style->ending->line[part].n_hits > 0)
			play(&s, ctx->in, style->ending, part, 0, percent);
		else
			end(&s, part, bar_beats);
		return s.full ? -E2BIG : (int)s.n;
	}
	if (bar->is_fill && style->fill && style->fill->line[part].n_hits > 0) {
		play(&s, ctx->in, style->fill, part, 0, percent);
		return s.full ? -E2BIG : (int)s.n;
	}

	const struct band_pattern *pattern =
		bar->intensity < BAND_N_INTENSITIES ? style->pattern[bar->intensity] : NULL;
	if (!pattern) {
		pattern = style->pattern[BAND_MEDIUM];
		percent = bar->intensity == BAND_SOFT ? 88 : bar->intensity == BAND_HARD ? 112 : 100;
	}
	play(&s, ctx->in, pattern, part, bar->pattern_bar, percent);
	if (bar->is_fill && part == BAND_DRUMS && !style->fill)
		fill(&s, bar_beats);
	return s.full ? -E2BIG : (int)s.n;
}
