/* SPDX-License-Identifier: MIT */
#include "clip_flex.h"

#include <errno.h>

#include <score/draft.h>

/* ---- keys ---- */

/** Where a mode's tonic is on the line of fifths, from the major tonic of its signature. */
static const int8_t mode_fifths[] = {
	[NVX_MODE_MAJOR] = 0,
	[NVX_MODE_MINOR] = 3,
	[NVX_MODE_IONIAN] = 0,
	[NVX_MODE_DORIAN] = 2,
	[NVX_MODE_PHRYGIAN] = 4,
	[NVX_MODE_LYDIAN] = -1,
	[NVX_MODE_MIXOLYDIAN] = 1,
	[NVX_MODE_AEOLIAN] = 3,
	[NVX_MODE_LOCRIAN] = 5,
};
#define N_MODES (sizeof(mode_fifths) / sizeof(mode_fifths[0]))

static int step_of(int place)
{
	return ((place * 4) % 7 + 7) % 7;
}

static int alter_of(int place)
{
	return place + 1 >= 0 ? (place + 1) / 7 : (place + 1 - 6) / 7;
}

/* Notes are 1 = A .. 7 = G. */
static int note_of_step(int step)
{
	return (step + 2) % 7 + 1;
}

static int step_of_note(unsigned note)
{
	return (int)(note + 4) % 7;
}

static int nibble(uint32_t bits)
{
	return (int)(bits & 7) - (int)(bits & 8);
}

int clip_key_read(uint32_t word, struct nvx_key *ret)
{
	const int fifths = nibble(word >> 28);
	const unsigned note = word >> 24 & 0x0f;
	if (fifths < -7 || note > 7)
		return -EINVAL;
	if (note == 0) {
		nvx_set_key(ret, fifths, 0);
		return 0;
	}
	for (unsigned mode = 0; mode < N_MODES; mode++) {
		const int place = fifths + mode_fifths[mode];
		if (step_of(place) != step_of_note(note))
			continue;
		nvx_set_key(ret, fifths, 0);
		ret->step = (int8_t)step_of(place);
		ret->alter = (int8_t)alter_of(place);
		ret->mode = (uint8_t)mode;
		return 0;
	}
	return -EINVAL;
}

uint32_t clip_key_word(int fifths, unsigned mode)
{
	const int place = fifths + mode_fifths[mode < N_MODES ? mode : NVX_MODE_MAJOR];
	return ((uint32_t)fifths & 0x0f) << 28 | (uint32_t)note_of_step(step_of(place)) << 24;
}

/* ---- chords ---- */

#define SAME_BASS 8u
#define N_TYPES 28u

#define D(degree) MOS_HAS(degree)
#define TRIAD (D(1) | D(3) | D(5))
#define MINOR_TRIAD (D(1) | D(B3) | D(5))

/** What each type of chord is made of; 0: no chord. */
static const uint16_t types[N_TYPES] = {
	[0x01] = TRIAD,
	[0x02] = TRIAD | D(13),
	[0x03] = TRIAD | D(7),
	[0x04] = TRIAD | D(7) | D(9),
	[0x05] = TRIAD | D(7) | D(9) | D(11),
	[0x06] = TRIAD | D(7) | D(9) | D(11) | D(13),
	[0x07] = MINOR_TRIAD,
	[0x08] = MINOR_TRIAD | D(13),
	[0x09] = MINOR_TRIAD | D(B7),
	[0x0a] = MINOR_TRIAD | D(B7) | D(9),
	[0x0b] = MINOR_TRIAD | D(B7) | D(9) | D(11),
	[0x0c] = MINOR_TRIAD | D(B7) | D(9) | D(11) | D(13),
	[0x0d] = TRIAD | D(B7),
	[0x0e] = TRIAD | D(B7) | D(9),
	[0x0f] = TRIAD | D(B7) | D(9) | D(11),
	[0x10] = TRIAD | D(B7) | D(9) | D(11) | D(13),
	[0x11] = D(1) | D(3) | D(S5),
	[0x12] = D(1) | D(3) | D(S5) | D(B7),
	[0x13] = D(1) | D(B3) | D(B5),
	[0x14] = D(1) | D(B3) | D(B5) | D(BB7),
	[0x15] = D(1) | D(B3) | D(B5) | D(B7),
	[0x16] = MINOR_TRIAD | D(7),
	[0x17] = D(1),
	[0x18] = D(1) | D(5),
	[0x19] = D(1) | D(9) | D(5),
	[0x1a] = D(1) | D(11) | D(5),
	[0x1b] = D(1) | D(11) | D(5) | D(B7),
};

enum alteration { ALTER_NONE, ALTER_ADD, ALTER_SUBTRACT, ALTER_RAISE, ALTER_LOWER };

/** Degrees that are called by one number: as it is, raised, lowered. 0: there is none. */
static const struct number {
	uint8_t name;
	uint16_t as_is, raised, lowered;
} numbers[] = {
	{3, D(3), 0, D(B3)},
	{5, D(5), D(S5), D(B5)},
	{7, D(B7), D(7), D(BB7)},
	{9, D(9), D(S9), D(B9)},
	{11, D(11), D(S11), 0},
	{13, D(13), 0, D(B13)},
};
#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static const struct number *find_number(unsigned degree)
{
	if (degree == 2 || degree == 4 || degree == 6)
		degree += 7;
	for (unsigned i = 0; i < N_NUMBERS; i++)
		if (numbers[i].name == degree)
			return &numbers[i];
	return NULL;
}

/** @return 0, -EINVAL. */
static int alter(uint16_t *degrees, unsigned how, unsigned degree)
{
	const struct number *number = find_number(degree);
	if (how == ALTER_NONE)
		return 0;
	if (!number)
		return -EINVAL;
	const uint16_t to = how == ALTER_ADD     ? number->as_is
			    : how == ALTER_RAISE ? number->raised
						 : number->lowered;
	if (how == ALTER_SUBTRACT) {
		*degrees &= (uint16_t)~(number->as_is | number->raised | number->lowered);
		return 0;
	}
	if (how > ALTER_LOWER || !to)
		return -EINVAL;
	if (how != ALTER_ADD)
		*degrees &= (uint16_t)~number->as_is;
	*degrees |= to;
	return 0;
}

static int read_tone(uint32_t sharps, uint32_t note, struct mos_tone *ret)
{
	const int alters = nibble(sharps);
	if (note < 1 || note > 7 || alters < -2 || alters > 2)
		return -EINVAL;
	*ret = (struct mos_tone){(int8_t)step_of_note(note), (int8_t)alters};
	return 0;
}

int clip_chord_read(const uint32_t words[3], struct mos_chord *ret)
{
	const unsigned type = words[0] >> 16 & 0xff;
	const uint8_t alterations[4] = {(uint8_t)(words[0] >> 8), (uint8_t)words[0],
		(uint8_t)(words[1] >> 24), (uint8_t)(words[1] >> 16)};
	if (type == 0)
		return 1;
	if (type >= N_TYPES || read_tone(words[0] >> 28, words[0] >> 24 & 0x0f, &ret->root) < 0)
		return -EINVAL;
	ret->degrees = types[type];
	for (unsigned i = 0; i < 4; i++)
		if (alter(&ret->degrees, alterations[i] >> 4, alterations[i] & 0x0f) < 0)
			return -EINVAL;
	ret->bass = ret->root;
	if (words[2] >> 24 & 0x0f && read_tone(words[2] >> 28, words[2] >> 24 & 0x0f, &ret->bass) < 0)
		return -EINVAL;
	ret->family = (uint8_t)mos_degrees_family(ret->degrees);
	ret->reserved = 0;
	return 0;
}

struct alterations {
	uint8_t of[4];
	unsigned n;
};

static void put_alteration(struct alterations *a, enum alteration how, const struct number *number)
{
	if (a->n < 4)
		a->of[a->n] = (uint8_t)(how << 4 | number->name);
	a->n++;
}

/** What has to be changed at one number of a type to have the chord's. */
static void put_number(struct alterations *a, const struct number *number, uint16_t type, uint16_t chord)
{
	const uint16_t all = number->as_is | number->raised | number->lowered;
	uint16_t have = type & all;
	const uint16_t want = chord & all;
	if (have == want)
		return;
	if (want == 0 || (have & ~want & ~number->as_is)) {
		put_alteration(a, ALTER_SUBTRACT, number);
		have = 0;
	}
	if (want & ~have & number->lowered) {
		put_alteration(a, ALTER_LOWER, number);
		have = (uint16_t)((have & ~number->as_is) | number->lowered);
	}
	if (want & ~have & number->raised) {
		put_alteration(a, ALTER_RAISE, number);
		have = (uint16_t)((have & ~number->as_is) | number->raised);
	}
	if (want & ~have & number->as_is)
		put_alteration(a, ALTER_ADD, number);
}

static uint32_t tone_bits(struct mos_tone tone)
{
	return ((uint32_t)tone.alter & 0x0f) << 4 | (uint32_t)note_of_step(tone.step);
}

static int is_writable(struct mos_tone tone)
{
	return tone.alter >= -2 && tone.alter <= 2;
}

int clip_chord_words(const struct mos_chord *chord, uint32_t ret[3])
{
	struct alterations best = {.n = 5};
	uint32_t best_type = 0;
	if (chord->family == MOS_CHORD_NONE || !is_writable(chord->root) || !is_writable(chord->bass))
		return -EINVAL;
	for (unsigned type = 1; type < N_TYPES; type++) {
		struct alterations a = {0};
		if ((types[type] & D(1)) != (chord->degrees & D(1)))
			continue;
		for (unsigned i = 0; i < N_NUMBERS; i++)
			put_number(&a, &numbers[i], types[type], chord->degrees);
		if (a.n < best.n) {
			best = a;
			best_type = type;
		}
	}
	if (best.n > 4)
		return -EINVAL;
	const int same_bass = chord->bass.step == chord->root.step && chord->bass.alter == chord->root.alter;
	ret[0] = tone_bits(chord->root) << 24 | best_type << 16 | (uint32_t)best.of[0] << 8 | best.of[1];
	ret[1] = (uint32_t)best.of[2] << 24 | (uint32_t)best.of[3] << 16;
	ret[2] = (same_bass ? SAME_BASS << 4 : tone_bits(chord->bass)) << 24;
	return 0;
}
