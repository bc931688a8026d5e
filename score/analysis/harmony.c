/* SPDX-License-Identifier: MIT */
/* What a chord is in its key, what it does there, and how phrases end. */
#include "analysis_private.h"

static int is_major_third(const struct mos_roman *r)
{
	return (r->degrees & MOS_HAS(3)) != 0;
}

static int is_degree(const struct span *s, int degree, int alter)
{
	return s->has_roman && s->roman.n_of == 0 && s->roman.special == MOS_ROMAN_PLAIN &&
	       s->roman.root.degree == degree && s->roman.root.alter == alter;
}

static int is_dominant(const struct span *s)
{
	return is_degree(s, 5, 0) && is_major_third(&s->roman);
}

static int is_tonic(const struct span *s)
{
	return is_degree(s, 1, 0);
}

static int is_leading(const struct span *s)
{
	return is_degree(s, 7, 0) && s->roman.family == MOS_CHORD_DIMINISHED;
}

static enum nvx_function function_of(const struct span *s, const struct span *next)
{
	const uint16_t tones = mos_chord_pitch_classes(&s->chord);
	const struct mos_roman *r = &s->roman;
	struct mos_tonality parallel = s->key;

	if (r->n_of)
		return NVX_FUNCTION_APPLIED;
	if (r->special)
		return NVX_FUNCTION_CHROMATIC;
	/* the fourth and sixth above the fifth: a dominant that waits */
	if (is_tonic(s) && r->inversion == 2 && next && next->tick == s->end && is_dominant(next))
		return NVX_FUNCTION_D;
	parallel.minor = !s->key.minor;
	if (tones & ~mos_tonality_scale(s->key))
		return tones & ~mos_tonality_scale(parallel) ? NVX_FUNCTION_CHROMATIC
							     : NVX_FUNCTION_MODAL_INTERCHANGE;
	switch (r->root.degree) {
	case 2:
	case 4:
		return NVX_FUNCTION_SD;
	case 5:
	case 7:
		return NVX_FUNCTION_D;
	default:
		return NVX_FUNCTION_T;
	}
}

void analysis_harmony(const struct hearing *h, struct spans *spans)
{
	if (!h->has_key)
		return;
	for (size_t i = 0; i < spans->n; i++) {
		struct span *s = &spans->span[i];
		s->has_roman = mos_roman_from_chord(&s->chord, s->key, &s->roman) == 0;
	}
	for (size_t i = 0; i < spans->n; i++) {
		struct span *s = &spans->span[i];
		if (s->has_roman)
			s->function = (uint8_t)function_of(s, i + 1 < spans->n ? &spans->span[i + 1] : NULL);
	}
}

/* ---- cadences ---- */

/** The last span that begins before a tick. */
static struct span *span_before(struct spans *spans, int64_t tick)
{
	size_t lo = 0, hi = spans->n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (spans->span[mid].tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &spans->span[lo - 1] : NULL;
}

static void end_phrase(struct spans *spans, int64_t tick)
{
	struct span *s = span_before(spans, tick);

	if (s)
		s->is_phrase_end = 1;
}

/** Phrases end at fermatas, double bars, ends of sections and of the piece, and before everybody rests. */
static void find_phrase_ends(const struct hearing *h, struct spans *spans)
{
	const struct nvx_notation_element *n;
	const struct nvx_form_element *f;
	const struct nvx_measure *m;

	for (struct nvx_seq_iter it = nvx_seq_from(&h->score->list[NVX_LIST_notation], 0);
		(n = nvx_seq_next(&it));)
		if (n->e.kind == NVX_NOTATION_EVENT && n->fermata && n->note_ids)
			end_phrase(spans, n->e.tick + 1);
	for (struct nvx_seq_iter it = nvx_seq_from(&h->score->list[NVX_LIST_form], 0);
		(f = nvx_seq_next(&it));)
		end_phrase(spans, f->e.tick + f->e.duration_ticks);
	for (struct nvx_seq_iter it = nvx_seq_from(&h->score->list[NVX_LIST_measure], 0);
		(m = nvx_seq_next(&it));)
		if (m->repeat_end || m->barline == NVX_BARLINE_FINAL || m->barline == NVX_BARLINE_DOUBLE)
			end_phrase(spans, m->tick + m->duration_ticks);
	for (size_t i = 0; i < spans->n; i++)
		spans->span[i].is_phrase_end |=
			i + 1 == spans->n || spans->span[i + 1].tick - spans->span[i].end >= NVX_PPQ;
}

/** The last chord before i that is another; spans of one chord in several inversions are one. */
static const struct span *chord_before(const struct spans *spans, size_t i)
{
	const struct mos_tone root = spans->span[i].chord.root;

	for (size_t back = 1; back <= 4 && back <= i; back++) {
		const struct span *s = &spans->span[i - back];
		if (mos_tone_class(s->chord.root) != mos_tone_class(root))
			return s;
	}
	return NULL;
}

static enum nvx_cadence cadence_of(const struct spans *spans, size_t i)
{
	const struct span *s = &spans->span[i], *before = chord_before(spans, i);

	if (!s->has_roman)
		return NVX_CADENCE_UNSET;
	if (is_tonic(s) && before && is_dominant(before)) {
		const int has_tonic_on_top =
			s->top != NO_PITCH && s->top % 12 == mos_tone_class(s->key.tonic);
		return s->roman.inversion == 0 && before->roman.inversion == 0 && has_tonic_on_top
			       ? NVX_CADENCE_PAC
			       : NVX_CADENCE_IAC;
	}
	if (is_tonic(s) && before && is_leading(before))
		return NVX_CADENCE_IAC;
	if (is_tonic(s) && before && is_degree(before, 4, 0))
		return NVX_CADENCE_PC;
	if (is_dominant(s))
		return NVX_CADENCE_HC;
	if (before && is_dominant(before) && is_degree(s, 6, s->key.minor ? -1 : 0))
		return NVX_CADENCE_DC;
	return NVX_CADENCE_UNSET;
}

void analysis_cadences(const struct hearing *h, struct spans *spans)
{
	find_phrase_ends(h, spans);
	for (size_t i = 0; i < spans->n; i++)
		if (spans->span[i].is_phrase_end)
			spans->span[i].cadence = (uint8_t)cadence_of(spans, i);
}
