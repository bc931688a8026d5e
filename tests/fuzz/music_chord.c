/* SPDX-License-Identifier: MIT */
/*
 * Text as a chord symbol, a roman numeral and a key: refused at a byte of it, or a value that is written and
 * read back as itself.
 */
#include <mos/roman.h>

#include "fuzz.h"

static void check_chord(const char *text, size_t size)
{
	struct mos_chord chord, again;
	struct mos_roman roman;
	char symbol[MOS_CHORD_TEXT_MAX], numeral[MOS_ROMAN_TEXT_MAX];
	size_t where = 0;
	const int rc = mos_chord_parse(text, size, &chord, &where);

	FUZZ_CHECK(where <= size);
	if (rc < 0)
		return;
	if (rc == 1)
		FUZZ_CHECK(mos_chord_parse(text + where, size - where - 1, &again, NULL) == 0);
	if (chord.family == MOS_CHORD_NONE || !chord.degrees)
		return;
	FUZZ_CHECK(mos_chord_pitch_classes(&chord) < 1u << 12);
	FUZZ_CHECK(mos_chord_format(&chord, symbol, sizeof(symbol)) > 0);
	FUZZ_CHECK(mos_chord_parse(symbol, SIZE_MAX, &again, NULL) == 0);
	FUZZ_CHECK(mos_chord_equal(&chord, &again));
	for (int minor = 0; minor < 2; minor++) {
		const struct mos_tonality key = mos_tonality_from_class((int)(size % 12), minor);

		FUZZ_CHECK(mos_roman_from_chord(&chord, key, &roman) == 0);
		FUZZ_CHECK(mos_roman_format(&roman, numeral, sizeof(numeral)) > 0);
	}
}

static void check_numeral(const char *text, size_t size, int minor)
{
	const struct mos_tonality key = {.minor = (uint8_t)minor};
	struct mos_roman roman;
	struct mos_chord chord;
	char numeral[MOS_ROMAN_TEXT_MAX];
	size_t where = 0;

	if (mos_roman_parse(text, size, minor, &roman, &where) < 0) {
		FUZZ_CHECK(where <= size);
		return;
	}
	FUZZ_CHECK(mos_roman_to_chord(&roman, key, &chord) == 0);
	FUZZ_CHECK(chord.degrees != 0);
	(void)mos_roman_format(&roman, numeral, sizeof(numeral));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct mos_tonality key;
	char name[16];

	check_chord(text, size);
	check_numeral(text, size, 0);
	check_numeral(text, size, 1);
	if (mos_tonality_parse(text, size, &key) == 0)
		FUZZ_CHECK(mos_tonality_format(key, name, sizeof(name)) > 0);
	return 0;
}
