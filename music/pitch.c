/* SPDX-License-Identifier: MIT */
/* Pitch names and spelling. */
#include <mos/pitch.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N_STEPS 7
#define N_KEYS 128
#define OCTAVE_MIN (-1)
#define OCTAVE_MAX 9

static const char step_letters[] = "CDEFGAB";
static const int8_t step_semitones[N_STEPS] = {0, 2, 4, 5, 7, 9, 11};

/* Of two signs that begin alike the longer stands first. */
static const struct {
	const char *text;
	int8_t alter;
} accidentals[] = {
	{"##", 2},
	{"#", 1},
	{"x", 2},
	{"bb", -2},
	{"b", -1},
	{"\u266f", 1},      /* sharp */
	{"\u266d", -1},     /* flat */
	{"\u266e", 0},      /* natural */
	{"\U0001d12a", 2},  /* double sharp */
	{"\U0001d12b", -2}, /* double flat */
};

static int is_pitch(struct mos_pitch pitch)
{
	return pitch.step >= 0 && pitch.step < N_STEPS && pitch.alter >= -2 && pitch.alter <= 2;
}

/* Semitones above C-1, not limited to the keys that MIDI has. */
static int semitones(struct mos_pitch pitch)
{
	return (pitch.octave + 1) * 12 + step_semitones[pitch.step] + pitch.alter;
}

int mos_pitch_key(struct mos_pitch pitch)
{
	if (!is_pitch(pitch))
		return -ERANGE;

	const int key = semitones(pitch);

	return key >= 0 && key < N_KEYS ? key : -ERANGE;
}

static int8_t parse_accidental(const char **name, const char *end)
{
	for (size_t i = 0; i < sizeof(accidentals) / sizeof(accidentals[0]); i++) {
		const size_t len = strlen(accidentals[i].text);

		if ((size_t)(end - *name) >= len && memcmp(*name, accidentals[i].text, len) == 0) {
			*name += len;
			return accidentals[i].alter;
		}
	}
	return 0;
}

/* The whole of text..end must be a number without spare zeros. */
static int parse_octave(const char *text, const char *end, int8_t *ret)
{
	const int negative = text < end && *text == '-';
	int octave = 0;

	text += negative;
	if (text == end || (*text == '0' && (negative || end - text > 1)))
		return -EINVAL;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (octave <= OCTAVE_MAX) /* more digits cannot bring it back into range */
			octave = octave * 10 + (*text - '0');
	}
	if (negative)
		octave = -octave;
	if (octave < OCTAVE_MIN || octave > OCTAVE_MAX)
		return -ERANGE;
	*ret = (int8_t)octave;
	return 0;
}

int mos_pitch_parse(const char *name, size_t len, struct mos_pitch *ret)
{
	struct mos_pitch pitch;
	const char *end;
	const char *letter;
	int r;

	if (len == SIZE_MAX)
		len = strlen(name);
	if (len == 0)
		return -EINVAL;
	end = name + len;

	letter = memchr(step_letters, *name & ~0x20, N_STEPS); /* either case, ASCII only */
	if (!letter)
		return -EINVAL;
	pitch.step = (int8_t)(letter - step_letters);
	name++;
	pitch.alter = parse_accidental(&name, end);
	r = parse_octave(name, end, &pitch.octave);
	if (r < 0)
		return r;
	r = mos_pitch_key(pitch);
	if (r < 0)
		return r;
	*ret = pitch;
	return 0;
}

int mos_key_from_name(const char *name)
{
	struct mos_pitch pitch;
	const int r = mos_pitch_parse(name, SIZE_MAX, &pitch);

	return r < 0 ? r : mos_pitch_key(pitch);
}

static int floor_mod(int value, int modulus)
{
	return (value % modulus + modulus) % modulus;
}

/*
 * Twelve neighbours on the line of fifths (... Bb F C G D ...) name every key once. C major takes Ab to C#,
 * and a signature of n fifths the same window n places on; so the seven notes of the scale are always in it,
 * and the others are the tonic's raised first and fourth and lowered third, sixth and seventh.
 */
struct mos_pitch mos_pitch_spell(uint8_t key, int fifths)
{
	static const int8_t steps[N_STEPS] = {3, 0, 4, 1, 5, 2, 6}; /* F C G D A E B */
	const int signature = fifths < -7 ? -7 : fifths > 7 ? 7 : fifths;
	const int first = signature - 3; /* counted from F: C major begins 3 fifths below */
	/* A fifth is 7 semitones and 7 * 7 is 1 modulo 12: the key's place is 7 * key, and F is key 5. */
	const int place = first + floor_mod((key - 5) * 7 - first, 12);
	const int turn = place - floor_mod(place, N_STEPS);
	struct mos_pitch pitch = {
		.step = steps[floor_mod(place, N_STEPS)],
		.alter = (int8_t)(turn / N_STEPS),
	};

	pitch.octave = (int8_t)((key - step_semitones[pitch.step] - pitch.alter) / 12 - 1);
	if (key == 0 && pitch.step == 6) /* B# of an octave that has no name */
		return (struct mos_pitch){.step = 0, .alter = 0, .octave = -1};
	return pitch;
}

int mos_pitch_format(struct mos_pitch pitch, char *buf, size_t size)
{
	static const char *const signs[] = {"bb", "b", "", "#", "##"};

	if (!is_pitch(pitch))
		return -EINVAL;

	const int len =
		snprintf(buf, size, "%c%s%d", step_letters[pitch.step], signs[pitch.alter + 2], pitch.octave);

	return (size_t)len < size ? len : -ENOSPC;
}

int mos_pitch_enharmonic(struct mos_pitch a, struct mos_pitch b)
{
	return is_pitch(a) && is_pitch(b) && semitones(a) == semitones(b);
}
