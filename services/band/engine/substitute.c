/* SPDX-License-Identifier: MIT */
/* Tritone substitution (tritone.md 7) and transposition: symbols to symbols. */
#include "symbol.h"

#include "chord_reference.h"

#include <errno.h>
#include <mos/chord_name.h>
#include <mos/mt19937.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What has to be known of a symbol to move it. */
struct parts {
	struct mos_chord chord; /* true voicing only */
	size_t suffix;          /* byte at which the root's name ends */
	size_t slash;           /* byte of the bass' slash; the end where there is none */
	uint8_t root;
	bool dominant;
};

static int take_apart(enum band_voicing voicing, const char *symbol, struct parts *ret)
{
	*ret = (struct parts){.slash = strlen(symbol)};
	if (voicing == BAND_VOICING_REFERENCE) {
		struct band_chord_reference chord;

		if (band_chord_reference(symbol, &chord) < 0)
			return -EINVAL;
		ret->suffix = chord.suffix;
		ret->root = chord.root;
		ret->dominant = chord.quality == BAND_QUALITY_DOM;
		return 0;
	}

	struct mos_tone root;
	const int suffix = mos_tone_parse(symbol, strlen(symbol), &root);
	if (suffix < 0 || mos_chord_parse(symbol, SIZE_MAX, &ret->chord, NULL) < 0)
		return -EINVAL;
	const char *slash = strrchr(symbol, '/');
	const int bass = mos_tone_class(ret->chord.bass);

	ret->suffix = (size_t)suffix;
	ret->root = (uint8_t)mos_tone_class(root);
	ret->dominant = (ret->chord.degrees & MOS_HAS(3)) && (ret->chord.degrees & MOS_HAS(B7));
	/* The slash of 6/9 has no tone behind it. */
	if (slash && bass != ret->root && slash > symbol + suffix)
		ret->slash = (size_t)(slash - symbol);
	return 0;
}

static int put_together(const char *root, const char *symbol, const struct parts *parts, const char *bass,
	char ret[BAND_CHORD_TEXT])
{
	char text[BAND_CHORD_TEXT];
	const int n = snprintf(text, sizeof(text), "%s%.*s%s%s", root, (int)(parts->slash - parts->suffix),
		symbol + parts->suffix, bass[0] ? "/" : "", bass);

	if (n < 0 || (size_t)n >= sizeof(text))
		return -EINVAL;
	memcpy(ret, text, (size_t)n + 1);
	return 0;
}

int symbol_substitute(enum band_voicing voicing, const char *symbol, char ret[BAND_CHORD_TEXT])
{
	struct parts parts;

	if (take_apart(voicing, symbol, &parts) < 0)
		return -EINVAL;

	const char *bass = "";
	if (voicing == BAND_VOICING_TRUE && symbol[parts.slash]) {
		const int root = (parts.root + 6) % 12;
		const int tone = mos_tone_class(parts.chord.bass);

		/* A bass that the new chord doesn't have would be a wrong note under it. */
		if (tone != root && (mos_degrees_pitch_classes(parts.chord.degrees, root) & 1u << tone))
			bass = band_pitch_class_name((uint32_t)tone);
	}
	return put_together(band_pitch_class_name(parts.root + 6u), symbol, &parts, bass, ret);
}

int symbol_transpose(enum band_voicing voicing, const char *symbol, int semitones, char ret[BAND_CHORD_TEXT])
{
	struct parts parts;

	if (band_is_no_chord(symbol) || semitones % 12 == 0) {
		memmove(ret, symbol, strlen(symbol) + 1);
		return 0;
	}
	if (take_apart(voicing, symbol, &parts) < 0)
		return -EINVAL;

	const int to = ((parts.root + semitones) % 12 + 12) % 12;
	if (voicing == BAND_VOICING_REFERENCE)
		return put_together(band_pitch_class_name((uint32_t)to), symbol, &parts, "", ret);

	const int bass_to = ((mos_tone_class(parts.chord.bass) + semitones) % 12 + 12) % 12;
	char root[8];
	char bass[8] = "";
	struct mos_chord chord = parts.chord;
	chord.root = mos_tone_on_fifths(to, -5);
	chord.bass = mos_tone_on_fifths(bass_to, -5);
	mos_chord_spell(&chord, NULL);
	if (mos_tone_format(chord.root, root, sizeof(root)) < 0)
		return -EINVAL;
	if (symbol[parts.slash] && mos_tone_format(chord.bass, bass, sizeof(bass)) < 0)
		return -EINVAL;
	return put_together(root, symbol, &parts, bass, ret);
}

int band_substitute(const struct band_inputs *in, struct band_report *report, struct band_chord **ret)
{
	if (in->tritone == BAND_TRITONE_PROBABILISTIC && !in->has_tritone_seed)
		return band_error(report, "SEED_MISSING", "/tritone_seed",
			"probabilistic substitution draws at random and needs a seed");
	struct band_chord *out = calloc(in->n_chords ? in->n_chords : 1, sizeof(*out));
	struct mos_mt19937 *mt = malloc(sizeof(*mt));
	int r = -ENOMEM;

	if (!out || !mt)
		goto out;
	mos_mt19937_seed(mt, in->tritone_seed);
	const double strength = in->tritone_strength > 0 ? in->tritone_strength : 0;

	for (uint32_t i = 0; i < in->n_chords; i++) {
		struct parts parts;
		const char *symbol = in->chord[i].text;

		out[i] = in->chord[i];
		if (in->tritone == BAND_TRITONE_NONE || band_is_no_chord(symbol))
			continue;
		if (take_apart(in->voicing, symbol, &parts) < 0 ||
			(parts.dominant &&
				(in->tritone == BAND_TRITONE_ALL_DOMS || mos_mt19937_random(mt) < strength) &&
				symbol_substitute(in->voicing, symbol, out[i].text) < 0)) {
			char where[32];

			(void)snprintf(where, sizeof(where), "/chords/%u", i);
			r = band_error(report, "CHORD_INVALID", where, "'%s' is no chord", symbol);
			goto out;
		}
	}
	*ret = out;
	out = NULL;
	r = 0;
out:
	free(mt);
	free(out);
	return r;
}
