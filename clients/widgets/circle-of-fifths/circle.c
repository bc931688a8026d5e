/* SPDX-License-Identifier: MIT */
#include "circle.h"

#include <math.h>
#include <stdio.h>

#include "rings.h"

const char *const circle_mode_names[] = {
	"lydian", "ionian", "mixolydian", "dorian", "aeolian", "phrygian", "locrian", "none"};

const float circle_ring_edge[CIRCLE_RINGS + 1] = {0.94f, 0.73f, 0.53f, 0.36f};

/* Fifths from the major root of a place to the ring's: C, Am, B diminished stand together. */
static const int8_t ring_fifths[CIRCLE_RINGS] = {0, 3, 5};

static int mod12(int x)
{
	return (x % 12 + 12) % 12;
}

double circle_angle(int place, double turn)
{
	return remainder(mod12(place) * M_PI / 6 + turn, 2 * M_PI);
}

/* The place whose major key has the key's signature. */
static int key_place(struct mos_tonality key)
{
	return mod12(mos_tonality_fifths(key));
}

double circle_turn(const struct circle_look *look, const struct harmony *harmony)
{
	return look->is_turned ? -circle_angle(key_place(harmony_tonality(harmony)), 0) : 0;
}

int circle_approach(float *turn, double to)
{
	const double left = remainder(to - (double)*turn, 2 * M_PI);

	if (fabs(left) < 0.004) {
		*turn = (float)to;
		return 0;
	}
	*turn = (float)remainder((double)*turn + left * 0.18, 2 * M_PI);
	return 1;
}

int circle_root(enum circle_ring ring, int place)
{
	return mod12((place + ring_fifths[ring]) * 7);
}

const char *circle_numeral(enum circle_ring ring, int place, struct mos_tonality key)
{
	static const char *const numerals[2][CIRCLE_RINGS][3] = {
		{{"IV", "I", "V"}, {"ii", "vi", "iii"}, {NULL, "vii°", NULL}},
		{{"VI", "III", "VII"}, {"iv", "i", "v"}, {NULL, "ii°", NULL}},
	};
	const int from = mod12(place - key_place(key) + 1);

	return from < 3 ? numerals[key.minor != 0][ring][from] : NULL;
}

int circle_in_mode(enum circle_mode mode, int place, struct mos_tonality key)
{
	return mode < CIRCLE_NO_MODE && mod12(place - harmony_fifths(key.tonic) + (int)mode) < 7;
}

int circle_find(const struct mos_chord *chord, enum circle_ring *ret_ring, int *ret_place)
{
	enum circle_ring ring;

	switch (chord->family) {
	case MOS_CHORD_MAJOR:
		ring = CIRCLE_MAJOR;
		break;
	case MOS_CHORD_MINOR:
		ring = CIRCLE_MINOR;
		break;
	case MOS_CHORD_DIMINISHED:
		ring = CIRCLE_DIMINISHED;
		break;
	default:
		return 0;
	}
	*ret_ring = ring;
	*ret_place = mod12(mos_tone_class(chord->root) * 7 - ring_fifths[ring]);
	return 1;
}

int circle_at(float width, float height, double turn, struct mos_point at, enum circle_ring *ret_ring,
	int *ret_place)
{
	const double x = (double)at.x - (double)width / 2, y = (double)at.y - (double)height / 2;
	const double radius = hypot(x, y) / (double)(fminf(width, height) / 2);

	for (int ring = 0; ring < CIRCLE_RINGS; ring++) {
		if (radius > (double)circle_ring_edge[ring] || radius < (double)circle_ring_edge[ring + 1])
			continue;
		*ret_ring = (enum circle_ring)ring;
		*ret_place = mod12((int)lround((atan2(x, -y) - turn) * 6 / M_PI));
		return 1;
	}
	return 0;
}

void circle_triad(enum circle_ring ring, int place, int ret_key[static 3])
{
	static const int8_t thirds[CIRCLE_RINGS][2] = {{4, 7}, {3, 7}, {3, 6}};
	const int root = 55 + mod12(circle_root(ring, place) - 7);

	ret_key[0] = root;
	ret_key[1] = root + thirds[ring][0];
	ret_key[2] = root + thirds[ring][1];
}

void circle_name(enum circle_ring ring, int place, char *ret, size_t size)
{
	/* From D flat to F sharp, the minor and diminished ones as their keys are written. */
	const int fifths = mod12(place + 5) - 5 + ring_fifths[ring];
	char tone[8], text[16];

	ret[0] = '\0';
	if (mos_tone_format(harmony_tone(fifths), tone, sizeof(tone)) < 0)
		return;
	(void)snprintf(text, sizeof(text), "%s%s", tone, ring == CIRCLE_MINOR ? "m" : "");
	harmony_print(text, ret, size);
	if (ring == CIRCLE_DIMINISHED) {
		(void)snprintf(text, sizeof(text), "%.12s°", ret);
		(void)snprintf(ret, size, "%s", text);
	}
}
