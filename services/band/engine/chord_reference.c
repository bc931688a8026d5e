/* SPDX-License-Identifier: MIT */
#include "chord_reference.h"

#include <errno.h>
#include <string.h>

/* In the order in which they are tried; the first that fits decides. */
static const struct rule {
	const char *prefix;
	uint8_t quality;
} rules[] = {
	{"m7b5", BAND_QUALITY_DIM},
	{"ø", BAND_QUALITY_DIM},
	{"maj", BAND_QUALITY_MAJ},
	{"Δ", BAND_QUALITY_MAJ},
	{"M", BAND_QUALITY_MAJ},
	{"min", BAND_QUALITY_MIN},
	{"m", BAND_QUALITY_MIN},
	{"-", BAND_QUALITY_MIN},
	{"dim", BAND_QUALITY_DIM},
	{"°", BAND_QUALITY_DIM},
	{"aug", BAND_QUALITY_AUG},
	{"+", BAND_QUALITY_AUG},
};

static const struct quality {
	uint8_t n;
	uint8_t interval[4];
} qualities[] = {
	[BAND_QUALITY_MAJ] = {4, {0, 4, 7, 11}},
	[BAND_QUALITY_MIN] = {4, {0, 3, 7, 10}},
	[BAND_QUALITY_DIM] = {4, {0, 3, 6, 9}},
	[BAND_QUALITY_AUG] = {3, {0, 4, 8}},
	[BAND_QUALITY_DOM] = {4, {0, 4, 7, 10}},
};

int band_chord_reference(const char *symbol, struct band_chord_reference *ret)
{
	static const uint8_t letters[] = {9, 11, 0, 2, 4, 5, 7};

	if (symbol[0] < 'A' || symbol[0] > 'G')
		return -EINVAL;

	const int accidental = symbol[1] == 'b' ? -1 : symbol[1] == '#';
	const uint8_t suffix = accidental ? 2 : 1;
	const char *rest = symbol + suffix;
	uint8_t extension = suffix;
	uint8_t quality = *rest >= '0' && *rest <= '9' ? BAND_QUALITY_DOM : BAND_QUALITY_MAJ;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const size_t n = strlen(rules[i].prefix);

		if (strncmp(rest, rules[i].prefix, n) == 0) {
			quality = rules[i].quality;
			extension = (uint8_t)(suffix + n);
			break;
		}
	}
	*ret = (struct band_chord_reference){
		.root = (uint8_t)((letters[symbol[0] - 'A'] + accidental + 12) % 12),
		.quality = quality,
		.suffix = suffix,
		.extension = extension,
		.n_intervals = qualities[quality].n,
	};
	memcpy(ret->interval, qualities[quality].interval, sizeof(ret->interval));
	return 0;
}

bool band_is_no_chord(const char *symbol)
{
	return strcmp(symbol, "N.C.") == 0 || strcmp(symbol, "NC") == 0;
}

const char *band_pitch_class_name(uint32_t pitch_class)
{
	static const char names[12][3] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};

	return names[pitch_class % 12];
}
