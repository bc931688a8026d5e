/* SPDX-License-Identifier: MIT */
/* Study programs have Roman numerals in a key in place of chords (tritone.md 4): their shell voicings, as
 * symbols. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/roman.h>

#include "field.h"
#include "inputs_internal.h"

#define NUMERALS_MAX 512u

/** The list of numerals: of the first instrument that voices chords. */
static const struct band_value *numerals_of(const struct band_value *root)
{
	const struct band_value *instruments = band_value_get(root, "instruments");

	if (!instruments || instruments->type != BAND_LIST)
		return NULL;
	for (const struct band_value *v = instruments->first; v; v = v->next) {
		const struct band_value *type = band_value_get(v, "type"),
					*chords = band_value_get(v, "chords");

		if (type && chords && strcmp(type->text, "shell_voicings") == 0 &&
			chords->type == BAND_LIST && chords->n > 0 && chords->n <= NUMERALS_MAX)
			return chords;
	}
	return NULL;
}

/** "E" with its mode. Only what is minor by name has the minor scale's degrees; other modes write bII, bVII.
 */
static bool tonality_of(const struct band_value *root, struct mos_tonality *ret)
{
	const struct band_value *tonic = band_value_get(root, "root"), *mode = band_value_get(root, "mode");
	const size_t len = tonic ? strlen(tonic->text) : 0;

	*ret = (struct mos_tonality){0};
	ret->minor = mode && (strstr(mode->text, "minor") || strcmp(mode->text, "aeolian") == 0);
	return len && mos_tone_parse(tonic->text, len, &ret->tonic) == (int)len;
}

/** The root's name. In minor III, VI and VII are the natural scale's, with an accidental they count from
 * major. */
static bool root_of(const char *numeral, size_t len, struct mos_tonality tonality, char ret[8])
{
	struct mos_roman roman;
	struct mos_chord chord;

	if (numeral[0] == 'b' || numeral[0] == '#')
		tonality.minor = 0;
	return mos_roman_parse(numeral, len, tonality.minor, &roman, NULL) == 0 &&
	       mos_roman_to_chord(&roman, tonality, &chord) == 0 && mos_tone_format(chord.root, ret, 8) > 0;
}

/**
 * A numeral as a symbol. Behind the degree these files write what lead sheets do: I7 is a dominant, I6 a
 * sixth chord, no inversion; small letters are minor.
 */
static bool symbol_of(const char *text, struct mos_tonality tonality, char ret[MOS_CHORD_TEXT_MAX])
{
	static const struct {
		const char *written, *quality;
	} qualities[] = {{"ø7", "m7b5"}, {"ø", "m7b5"}, {"o", "dim"}, {"°", "dim"}, {"+", "aug"},
		{"maj", "maj"}, {"m", "m"}};
	const size_t n_accidental = strspn(text, "b#"),
		     n = n_accidental + strspn(text + n_accidental, "IViv");
	const bool is_minor = n > n_accidental && (text[n_accidental] == 'i' || text[n_accidental] == 'v');
	const char *suffix = text + n, *quality = "";
	struct mos_chord chord;
	char root[8];
	size_t i = 0;

	if (n == n_accidental || n > 8 || !root_of(text, n, tonality, root))
		return false;
	while (i < sizeof(qualities) / sizeof(qualities[0]) &&
		strncmp(suffix, qualities[i].written, strlen(qualities[i].written)) != 0)
		i++;
	if (i < sizeof(qualities) / sizeof(qualities[0])) {
		quality = qualities[i].quality;
		suffix += strlen(qualities[i].written);
	}
	/* Minor unless its letters are followed by what says so, or by something smaller still. */
	const bool adds_minor = is_minor && (quality[0] == '\0' || strcmp(quality, "maj") == 0);
	const int len =
		snprintf(ret, MOS_CHORD_TEXT_MAX, "%s%s%s%s", root, adds_minor ? "m" : "", quality, suffix);
	return len < (int)MOS_CHORD_TEXT_MAX && !strpbrk(suffix, " |") &&
	       mos_chord_parse(ret, (size_t)len, &chord, NULL) == 0;
}

/** The whole loop has `loop_bars`; each chord its even share of them. */
static void take_bars(struct reader *r, const struct band_value *root, uint32_t n_chords)
{
	const struct band_value *bars = band_value_get(root, "loop_bars");

	if (!bars || bars->type != BAND_INT || r->given[BAND_KEY_BARS].by != BAND_BY_DEFAULT)
		return;
	if (bars->integer >= n_chords && bars->integer % n_chords == 0 && bars->integer / n_chords <= 32)
		r->in->bars_per_chord = (uint16_t)(bars->integer / n_chords);
}

char *study_chords(struct reader *r)
{
	const struct band_value *numerals = r->program ? numerals_of(r->program) : NULL;
	struct mos_tonality tonality;
	char where[BAND_WHERE_MAX], *text;
	size_t len = 0;

	if (!numerals || !tonality_of(r->program, &tonality))
		return NULL;
	text = calloc(numerals->n, MOS_CHORD_TEXT_MAX + 1);
	if (!text) {
		r->no_memory = true;
		return NULL;
	}
	for (const struct band_value *v = numerals->first; v; v = v->next) {
		if (!symbol_of(v->text, tonality, text + len)) {
			(void)band_error(r->report, "CHORD_INVALID", band_value_where(v, where),
				"\"%.40s\" is no Roman numeral", v->text);
			free(text);
			return NULL;
		}
		len += strlen(text + len);
		text[len++] = ' ';
	}
	take_bars(r, r->program, numerals->n);
	band_warn(r->report, "STUDY_PROGRAM", band_value_where(numerals, where),
		"a study program: its chords are played in the style, its instruments are not");
	return text;
}
