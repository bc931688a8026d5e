/* SPDX-License-Identifier: MIT */
/*
 * Naming what is held. Each pitch class is tried as root, with the lowest note as part of the chord and,
 * where it is another, as a bass of its own; every try is a chord, and what it asks of the listener is its
 * cost. The costs are judgements: a name that a player would write on the sheet has to come out below the
 * others.
 */
#include <mos/chord_name.h>

#include <math.h>

#include "chord_impl.h"

#define N_TRIES 24
#define COST_BASS_3_5 0.65f /* inversions */
#define COST_BASS_7 0.7f
#define COST_BASS_TENSION 1.25f
#define COST_BASS_FOREIGN 0.95f
#define COST_NO_FIFTH_7 0.3f  /* C E Bb is C7 to everybody */
#define COST_NO_FIFTH_3 0.5f  /* C E is C */
#define COST_OUT_OF_KEY 0.12f /* for each tone */

struct mos_held mos_held_from_keys(const uint64_t keys[2])
{
	struct mos_held held = {0};
	int lowest = -1;

	for (int k = 0; k < 128; k++) {
		if (!(keys[k / 64] >> (k % 64) & 1))
			continue;
		if (lowest < 0)
			lowest = k;
		held.pitch_classes |= (uint16_t)(1u << (k % 12));
		held.n_keys++;
	}
	held.bass = lowest < 0 ? 0 : (uint8_t)(lowest % 12);
	return held;
}

static int count(uint16_t set)
{
	return __builtin_popcount(set);
}

/* Pitch classes as semitones above `root`. */
static unsigned int rotate(uint16_t classes, int root)
{
	const unsigned int twice = classes | (unsigned int)classes << 12;

	return twice >> root & 0xfff;
}

/* What each semitone above a root is called beside the others. */
static uint16_t degrees_of(unsigned int above)
{
	const int major = (above & 1u << 4) != 0;
	const int minor = !major && above & 1u << 3;
	const int fifth = (above & 1u << 7) != 0;
	const int seventh = (above & (1u << 10 | 1u << 11)) != 0;
	unsigned int set = MOS_HAS(1);

	if (above & 1u << 1)
		set |= MOS_HAS(B9);
	if (above & 1u << 2)
		set |= MOS_HAS(9);
	if (above & 1u << 3)
		set |= minor ? MOS_HAS(B3) : MOS_HAS(S9);
	if (major)
		set |= MOS_HAS(3);
	if (above & 1u << 5)
		set |= MOS_HAS(11);
	if (above & 1u << 6) /* of two altered fifths the lower is the fourth's */
		set |= fifth || (!minor && above & 1u << 8) ? MOS_HAS(S11) : MOS_HAS(B5);
	if (fifth)
		set |= MOS_HAS(5);
	if (above & 1u << 8) {
		const int is_altered = major && seventh && above & 1u << 6 && above & (1u << 1 | 1u << 3);

		set |= fifth || is_altered || (minor && above & 1u << 6) ? MOS_HAS(B13) : MOS_HAS(S5);
	}
	if (above & 1u << 9)
		set |= minor && !fifth && !seventh && above & 1u << 6 ? MOS_HAS(BB7) : MOS_HAS(13);
	if (above & 1u << 10)
		set |= MOS_HAS(B7);
	if (above & 1u << 11)
		set |= MOS_HAS(7);
	return (uint16_t)set;
}

static float triad_cost(uint16_t set)
{
	const unsigned int fifth = set & FIFTHS;
	const unsigned int seventh = set & SEVENTHS;
	const int is_dominant = set & MOS_HAS(3) && seventh == MOS_HAS(B7);

	if (set & MOS_HAS(3)) {
		if (fifth == MOS_HAS(S5))
			return is_dominant ? 0.55f : seventh ? 0.6f : 0.8f;
		if (fifth == MOS_HAS(B5))
			return is_dominant ? 0.5f : 2.f;
		return fifth & MOS_HAS(B5) ? 1.f : 0.f;
	}
	if (set & MOS_HAS(B3))
		return fifth == MOS_HAS(B5) ? (seventh ? 0.35f : 0.5f) : fifth == MOS_HAS(S5) ? 2.f : 0.02f;
	if (fifth != MOS_HAS(5) && !seventh)
		return 3.f;
	if (set & MOS_HAS(11))
		return 0.6f;
	if (set & MOS_HAS(9))
		return seventh ? 1.1f : 0.8f;
	return seventh || set & (MOS_HAS(13) | MOS_HAS(B13)) ? 1.5f : 0.7f; /* C5 */
}

static float seventh_cost(uint16_t set)
{
	const unsigned int seventh = set & SEVENTHS;

	if (!seventh)
		return 0;
	if (seventh == (MOS_HAS(B7) | MOS_HAS(7)))
		return 2.5f;
	if (seventh == MOS_HAS(BB7))
		return 0.1f;
	if (seventh == MOS_HAS(7))
		return set & MOS_HAS(B3) ? 0.6f : set & MOS_HAS(3) ? 0.2f : 1.f;
	return 0.2f;
}

static float tension_cost(uint16_t set)
{
	const int is_dim = set & MOS_HAS(B3) && (set & FIFTHS) == MOS_HAS(B5);
	const unsigned int seventh = set & SEVENTHS;
	const int is_dominant = (set & MOS_HAS(3) || !(set & THIRDS)) && seventh == MOS_HAS(B7);
	const int is_sus = !(set & THIRDS);
	const float altered = is_dominant ? 0.4f : 1.4f;
	float cost = 0;

	if (set == ALTERED)
		return 0.6f;
	if (is_dim && !(seventh & MOS_HAS(B7)) && set & (NINTHS | MOS_HAS(11) | MOS_HAS(B13)))
		cost += 0.8f;
	if (set & MOS_HAS(B9))
		cost += is_dominant ? 0.4f : 2.f;
	if (set & MOS_HAS(S9))
		cost += is_dominant ? 0.4f : 2.2f;
	if (set & MOS_HAS(9) && !(is_sus && !(set & MOS_HAS(11))))
		cost += seventh ? 0.2f : set & MOS_HAS(13) ? 0.25f : 0.45f;
	if (set & MOS_HAS(11) && !is_sus)
		cost += set & MOS_HAS(3) ? (seventh ? 1.f : 1.1f)
					 : (seventh                    ? 0.25f
						   : set & MOS_HAS(13) ? 0.9f
								       : 0.6f);
	if (set & MOS_HAS(S11))
		cost += seventh && !(set & MOS_HAS(B3)) ? 0.4f : 1.3f;
	if (set & MOS_HAS(B13))
		cost += is_dominant ? altered : set & MOS_HAS(B3) ? 0.95f : 1.4f;
	if (set & MOS_HAS(13))
		cost += seventh ? 0.3f : is_sus ? 1.f : (set & FIFTHS) == MOS_HAS(5) ? 0.45f : 1.3f;
	if (set & MOS_HAS(9) && set & (MOS_HAS(B9) | MOS_HAS(S9)))
		cost += 1.5f;
	return cost;
}

/* What is not there but is heard: the fifth, and the ninth of a thirteenth. */
static uint16_t implied_degrees(uint16_t set)
{
	const unsigned int thirteenth = MOS_HAS(3) | MOS_HAS(B7) | MOS_HAS(13);
	unsigned int implied = 0;

	if (!(set & FIFTHS) && set & THIRDS && !(set & MOS_HAS(B13)))
		implied |= MOS_HAS(5);
	if ((set & thirteenth) == thirteenth && !(set & NINTHS))
		implied |= MOS_HAS(9);
	return (uint16_t)implied;
}

static float bass_cost(uint16_t set, int above)
{
	if (above == 0)
		return 0;
	if ((above == 3 && set & MOS_HAS(B3)) || above == 4 || above == 7 ||
		(above == 6 && set & MOS_HAS(B5)) || (above == 8 && set & MOS_HAS(S5)))
		return COST_BASS_3_5;
	if (above >= 10 || (above == 9 && set & MOS_HAS(BB7)))
		return COST_BASS_7;
	return COST_BASS_TENSION;
}

static uint16_t inversion_of(uint16_t set, int above)
{
	if (above == 0)
		return 0;
	for (int i = 0; i < MOS_N_DEGREES; i++) {
		const uint16_t bit = (uint16_t)(1u << i);

		if (!(set & bit) || mos_degree_semitones((enum mos_degree)i) != above)
			continue;
		if (bit & THIRDS)
			return 1;
		if (bit & FIFTHS)
			return 2;
		if (bit & SEVENTHS || (bit == MOS_HAS(13) && !(set & SEVENTHS)))
			return 3;
	}
	return MOS_INVERSION_SLASH;
}

static float key_cost(uint16_t classes, int root, uint16_t set, const struct mos_tonality *tonality)
{
	const uint16_t scale = mos_tonality_scale(*tonality);
	const int above = (root - mos_tone_class(tonality->tonic) + 12) % 12;
	float cost = COST_OUT_OF_KEY * (float)count((uint16_t)(classes & ~scale));

	if (!(scale >> root & 1))
		cost += COST_OUT_OF_KEY;
	/* of the four names of a diminished seventh the one that leads: to the tonic, then to the dominant */
	if (set == (MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5) | MOS_HAS(BB7)))
		cost -= above == 11 ? 0.9f : above == 6 ? 0.8f : 0.f;
	return cost;
}

struct try {
	uint16_t degrees;
	uint16_t implied;
	uint8_t root;
	uint8_t foreign; /* the bass is no part of the chord */
	float cost;
};

static struct try make_try(struct mos_held held, int root, int foreign, const struct mos_tonality *tonality)
{
	const uint16_t classes =
		(uint16_t)(foreign ? held.pitch_classes & ~(1u << held.bass) : held.pitch_classes);
	struct try t = {.root = (uint8_t)root, .foreign = (uint8_t)foreign};
	const uint16_t set = degrees_of(rotate(classes, root));

	t.implied = implied_degrees(set);
	t.degrees = (uint16_t)(set | t.implied);
	t.cost = triad_cost(t.degrees) + seventh_cost(t.degrees) +
		 tension_cost(t.degrees & ~(t.implied & MOS_HAS(9)));
	if (t.implied & MOS_HAS(5))
		t.cost += set & SEVENTHS ? COST_NO_FIFTH_7 : COST_NO_FIFTH_3;
	/* a slash chord is for plain chords over a strange bass, not for clusters */
	t.cost += foreign ? COST_BASS_FOREIGN + (count(set) < 3 || t.implied & MOS_HAS(5) ? 1.5f : 0.f)
			  : bass_cost(t.degrees, (held.bass - root + 12) % 12);
	if (tonality)
		t.cost += key_cost(held.pitch_classes, root, t.degrees, tonality);
	return t;
}

/* Two tones are a chord when they make a fifth or a third. */
static int is_chord(struct mos_held held)
{
	if (count(held.pitch_classes) != 2)
		return count(held.pitch_classes) > 2;
	for (int root = 0; root < 12; root++) {
		const unsigned int above = rotate(held.pitch_classes, root);

		if (above & 1 && above & (1u << 3 | 1u << 4 | 1u << 7))
			return 1;
	}
	return 0;
}

static int is_before(const struct try *a, const struct try *b)
{
	return a->cost != b->cost ? a->cost < b->cost : a->root < b->root;
}

static size_t all_tries(struct mos_held held, const struct mos_tonality *tonality, struct try tries[N_TRIES])
{
	size_t n = 0;

	for (int root = 0; root < 12; root++) {
		if (!(held.pitch_classes >> root & 1))
			continue;
		for (int foreign = 0; foreign <= (root != held.bass && count(held.pitch_classes) > 2);
			foreign++) {
			const struct try t = make_try(held, root, foreign, tonality);

			/* a bass of its own that everybody hears in the chord anyway is none */
			if (foreign && mos_degrees_pitch_classes(t.implied, root) >> held.bass & 1)
				continue;

			size_t at = n++;

			for (; at > 0 && is_before(&t, &tries[at - 1]); at--)
				tries[at] = tries[at - 1];
			tries[at] = t;
		}
	}
	return n;
}

size_t mos_chord_name(
	struct mos_held held, const struct mos_tonality *tonality, struct mos_chord_name *ret, size_t max)
{
	struct try tries[N_TRIES];
	size_t n;
	float sum = 0;

	held.pitch_classes &= 0xfff;
	held.bass %= 12;
	held.pitch_classes |= (uint16_t)(held.pitch_classes ? 1u << held.bass : 0);
	if (!is_chord(held))
		return 0;
	n = all_tries(held, tonality, tries);
	for (size_t i = 0; i < n; i++)
		sum += expf(-3 * tries[i].cost);
	for (size_t i = 0; i < n && i < max; i++) {
		struct mos_chord_name *name = &ret[i];

		*name = (struct mos_chord_name){.implied = tries[i].implied, .cost = tries[i].cost};
		name->chord.degrees = tries[i].degrees;
		name->chord.family = (uint8_t)mos_degrees_family(tries[i].degrees);
		name->chord.root = mos_tone_on_fifths(tries[i].root, 0);
		name->chord.bass = mos_tone_on_fifths(held.bass, 0);
		name->inversion = tries[i].foreign ? MOS_INVERSION_SLASH
						   : inversion_of(tries[i].degrees,
							     (held.bass - tries[i].root + 12) % 12);
		name->score = expf(-3 * tries[i].cost) / sum * expf(-0.15f * fmaxf(tries[i].cost, 0));
		mos_chord_spell(&name->chord, tonality);
	}
	return n < max ? n : max;
}

void mos_chord_spell(struct mos_chord *chord, const struct mos_tonality *tonality)
{
	const int root = mos_tone_class(chord->root);
	const int bass = mos_tone_class(chord->bass);
	const int fifths = tonality ? mos_tonality_fifths(*tonality) : 0;
	int first;

	/* what leads upwards has a sharp, "C#dim7", what is borrowed a flat, "Db" */
	if (chord->family == MOS_CHORD_DIMINISHED)
		first = fifths - (tonality && tonality->minor ? 0 : 1);
	else if (chord->family == MOS_CHORD_MINOR)
		first = fifths - (tonality ? 3 : 2);
	else
		first = fifths - 4;
	chord->root = mos_tone_on_fifths(root, first < -10 ? -10 : first > 5 ? 5 : first);
	chord->bass = chord->root;
	if (bass == root)
		return;
	for (int i = 0; i < MOS_N_DEGREES; i++) {
		if (chord->degrees & (1u << i) &&
			(root + mos_degree_semitones((enum mos_degree)i)) % 12 == bass) {
			chord->bass = mos_degree_tone(chord->root, (enum mos_degree)i);
			return;
		}
	}
	chord->bass = mos_tone_on_fifths(bass, fifths - 3);
}
