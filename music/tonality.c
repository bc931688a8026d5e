/* SPDX-License-Identifier: MIT */
/* Tonic and mode: signatures, names, scales. */
#include <mos/tonality.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chord_impl.h"

struct mos_tonality mos_tonality_from_signature(int fifths, int minor)
{
	const int signature = fifths < -7 ? -7 : fifths > 7 ? 7 : fifths;
	const int place = signature + (minor ? 4 : 1); /* C major is 1 place above F, A minor 4 */

	return (struct mos_tonality){
		.tonic = mos_tone_on_fifths((5 + 7 * (place + 12)) % 12, place),
		.minor = minor != 0,
	};
}

struct mos_tonality mos_tonality_from_class(int pitch_class, int minor)
{
	/* Db .. F# major, Eb .. G# minor: five flats to six sharps */
	return (struct mos_tonality){
		.tonic = mos_tone_on_fifths(((pitch_class % 12) + 12) % 12, minor ? -2 : -4),
		.minor = minor != 0,
	};
}

int mos_tonality_fifths(struct mos_tonality tonality)
{
	return mos_tone_fifths(tonality.tonic) - (tonality.minor ? 4 : 1);
}

uint16_t mos_tonality_scale(struct mos_tonality tonality)
{
	static const uint8_t major[] = {0, 2, 4, 5, 7, 9, 11}, minor[] = {0, 2, 3, 5, 7, 8, 10, 9, 11};
	const uint8_t *scale = tonality.minor ? minor : major;
	const size_t n = tonality.minor ? sizeof(minor) : sizeof(major);
	const int tonic = mos_tone_class(tonality.tonic);
	unsigned int classes = 0;

	for (size_t i = 0; i < n; i++)
		classes |= 1u << ((tonic + scale[i]) % 12);
	return (uint16_t)classes;
}

int mos_tonality_parse(const char *text, size_t len, struct mos_tonality *ret)
{
	static const struct {
		const char *text;
		int8_t minor; /* -1: as the letter says */
	} modes[] = {{"", -1}, {"m", 1}, {"min", 1}, {":min", 1}, {" min", 1}, {"minor", 1}, {":minor", 1},
		{" minor", 1}, {"maj", 0}, {":maj", 0}, {" maj", 0}, {"major", 0}, {":major", 0},
		{" major", 0}};
	char first;
	int n;

	if (len == SIZE_MAX)
		len = strlen(text);
	if (!len)
		return -EINVAL;

	struct mos_tonality t = {0};
	struct chord_text rest;
	const int is_small = *text >= 'a' && *text <= 'g';

	first = is_small ? (char)(*text - 'a' + 'A') : *text;
	n = mos_tone_parse(&first, 1, &t.tonic);
	if (n < 0)
		return -EINVAL;
	rest = (struct chord_text){text + 1, text + len};
	t.tonic.alter = (int8_t)chord_accidentals(&rest);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct chord_text mode = rest;

		if (!chord_take(&mode, modes[i].text) || mode.at != mode.end)
			continue;
		t.minor = modes[i].minor < 0 ? (uint8_t)is_small : (uint8_t)modes[i].minor;
		*ret = t;
		return 0;
	}
	return -EINVAL;
}

int mos_tonality_format(struct mos_tonality tonality, char *buf, size_t size)
{
	char tonic[8];

	if (mos_tone_format(tonality.tonic, tonic, sizeof(tonic)) < 0)
		return -EINVAL;

	const int len = snprintf(buf, size, "%s %s", tonic, tonality.minor ? "minor" : "major");

	return (size_t)len < size ? len : -ENOSPC;
}
