/* SPDX-License-Identifier: MIT */
#include "harmony.h"

#include <string.h>

const uint32_t harmony_types[] = {MOS_EVENT_CHORD_DETECTED, MOS_EVENT_KEY_CHANGE, MOS_EVENT_SCORE_LOADED, 0};

static int same(struct mos_tonality a, struct mos_tonality b)
{
	return mos_tone_class(a.tonic) == mos_tone_class(b.tonic) && a.tonic.step == b.tonic.step &&
	       a.minor == b.minor;
}

static int take_key(struct harmony *h, struct mos_tonality key)
{
	const int is_new = !h->has_key || !same(h->key, key);

	h->key = key;
	h->has_key = 1;
	return is_new;
}

int harmony_key(struct harmony *h, int fifths, int minor)
{
	h->is_written = 1;
	return take_key(h, mos_tonality_from_signature(fifths, minor != 0));
}

static int take_chord(struct harmony *h, const struct mos_ev_chord *told)
{
	const struct harmony before = *h;
	size_t where;

	memcpy(h->symbol, told->symbol, sizeof(told->symbol));
	h->symbol[sizeof(told->symbol)] = '\0';
	h->has_chord = h->symbol[0] && mos_chord_parse(h->symbol, SIZE_MAX, &h->chord, &where) >= 0 &&
		       h->chord.family != MOS_CHORD_NONE;
	if (told->key_tonic < 12 && !h->is_written)
		(void)take_key(h, mos_tonality_from_class(told->key_tonic, told->key_minor != 0));
	return strcmp(before.symbol, h->symbol) != 0 || before.has_key != h->has_key ||
	       (h->has_key && !same(before.key, h->key));
}

int harmony_event(struct harmony *h, const struct mos_event *ev)
{
	switch (ev->type) {
	case MOS_EVENT_CHORD_DETECTED:
		return take_chord(h, &ev->u.chord);
	case MOS_EVENT_KEY_CHANGE:
		return harmony_key(h, ev->u.key.fifths, ev->u.key.minor);
	case MOS_EVENT_SCORE_LOADED:
		if (ev->u.score.error)
			return 0;
		*h = (struct harmony){0};
		return 1;
	default:
		return 0;
	}
}

struct mos_tonality harmony_tonality(const struct harmony *h)
{
	return h->has_key ? h->key : mos_tonality_from_signature(0, 0);
}

void harmony_numeral(const struct harmony *h, char *ret)
{
	struct mos_roman roman;

	ret[0] = '\0';
	if (h->has_chord && h->has_key && mos_roman_from_chord(&h->chord, h->key, &roman) == 0 &&
		mos_roman_format(&roman, ret, MOS_ROMAN_TEXT_MAX) < 0)
		ret[0] = '\0';
}

int harmony_fifths(struct mos_tone tone)
{
	return mos_tone_fifths(tone) - 1; /* that line begins with F */
}

struct mos_tone harmony_tone(int fifths)
{
	const int first = fifths + 1;

	return mos_tone_on_fifths((fifths * 7 % 12 + 12) % 12, first < -14 ? -14 : first > 20 ? 9 : first);
}

static int is_flat(const char *text, size_t i)
{
	const char before = i ? text[i - 1] : '\0', after = text[i + 1];

	if (before >= 'A' && before <= 'G')
		return 1;
	return (after >= '1' && after <= '9') || (i && is_flat(text, i - 1) && text[i - 1] == 'b') ||
	       (after >= 'A' && after <= 'Z') || (after && strchr("iv", after));
}

void harmony_print(const char *text, char *ret, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; text[i]; i++) {
		const char *sign = text[i] == '#' ? "♯" : text[i] == 'b' && is_flat(text, i) ? "♭" : NULL;
		const size_t n = sign ? strlen(sign) : 1;

		if (len + n >= size)
			break;
		memcpy(ret + len, sign ? sign : &text[i], n);
		len += n;
	}
	ret[len] = '\0';
}
