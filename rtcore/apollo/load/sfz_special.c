/* SPDX-License-Identifier: MIT */
#include "sfz_special.h"

#include <math.h>
#include <string.h>

#include "sfz_table.h"
#include "sfz_value.h"

struct sfz_lfo_state *sfz_lfo_numbered(struct sfz_region *r, uint32_t number)
{
	if (number == 0 || number > 65535)
		return NULL;
	for (uint32_t i = SFZ_LFO_NUMBERED; i < SFZ_LFO_COUNT; i++) {
		if (r->lfo[i].number == 0)
			r->lfo[i] = (struct sfz_lfo_state){.number = (uint16_t)number, .wave = WAVE_TRIANGLE};
		if (r->lfo[i].number == number)
			return &r->lfo[i];
	}
	return NULL;
}

struct sfz_flex_state *sfz_flex_numbered(struct sfz_region *r, uint32_t number)
{
	if (number == 0 || number > 65535)
		return NULL;
	for (uint32_t i = 0; i < SFZ_FLEX; i++) {
		if (r->flex[i].number == 0)
			r->flex[i] = (struct sfz_flex_state){.number = (uint16_t)number};
		if (r->flex[i].number == number)
			return &r->flex[i];
	}
	return NULL;
}

static enum sfz_outcome note(int32_t *field, const char *value)
{
	int number;

	if (sfz_note_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	*field = number < 0 ? 0 : number > 127 ? 127 : number;
	return number < 0 || number > 127 ? SFZ_CLAMPED : SFZ_DONE;
}

static enum sfz_outcome set_key(struct sfz_region *r, const char *value)
{
	enum sfz_outcome ret;
	int number;

	if (sfz_note_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	r->is_keyless = number == -1;
	if (r->is_keyless)
		return SFZ_DONE;
	ret = note(&r->key_lo, value);
	r->key_hi = r->root = r->key_lo;
	r->root_from_sample = 0;
	return ret;
}

static enum sfz_outcome set_high_key(struct sfz_region *r, const char *value)
{
	int number;

	if (sfz_note_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	r->is_keyless = number == -1;
	return r->is_keyless ? SFZ_DONE : note(&r->key_hi, value);
}

/* off_time, polyphony, count: numbers with a consequence. */
static enum sfz_outcome set_number(struct sfz_region *r, uint32_t what, const char *value, uint32_t owner)
{
	double number, clamped;

	if (what == SFZ_POLYPHONY && strncmp(value, "legato_", 7) == 0) {
		r->polyphony = 1;
		r->polyphony_owner = owner;
		return SFZ_NOT_PLAYED; /* one note at a time, but it does not go back to those still held */
	}
	if (sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	clamped = number < 0.0 ? 0.0 : number;
	if (what == SFZ_OFF_TIME) {
		clamped = clamped > 100.0 ? 100.0 : clamped;
		r->off_mode = ZONE_OFF_TIME;
		r->off_time_s = (float)clamped;
	} else {
		clamped = clamped > 65535.0 ? 65535.0 : clamped;
		if (what == SFZ_POLYPHONY) {
			r->polyphony = (int32_t)clamped;
			r->polyphony_owner = owner;
		} else {
			r->loop = ZONE_ONE_SHOT;
			r->count = (float)clamped;
		}
	}
	return clamped < number || clamped > number ? SFZ_CLAMPED : SFZ_DONE;
}

static enum sfz_outcome set_velcurve(struct sfz_region *r, const struct sfz_name *n, const char *value)
{
	double number;

	if (n->number[0] > 127 || sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	r->has_velcurve = 1;
	r->velcurve[n->number[0]] = (float)(number < 0.0 ? 0.0 : number > 1.0 ? 1.0 : number);
	return number < 0.0 || number > 1.0 ? SFZ_CLAMPED : SFZ_DONE;
}

static enum sfz_outcome set_lfo(
	struct sfz_region *r, uint32_t what, const struct sfz_name *n, const char *value)
{
	struct sfz_lfo_state *lfo;
	double number;
	int wave;

	if (what == SFZ_LFO_WAVE && n->n_numbers > 1 && n->number[1] != 1)
		return SFZ_NOT_PLAYED; /* waves that are added to the first one */
	if (sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	lfo = sfz_lfo_numbered(r, n->number[0]);
	if (!lfo)
		return SFZ_FULL;
	if (what == SFZ_LFO_PHASE) {
		lfo->phase = (float)(number - floor(number));
		return SFZ_DONE;
	}
	number = number < -2.0 ? -2.0 : number > 100.0 ? 100.0 : number;
	wave = (int)number;
	if (wave == -1 || wave == 12)
		wave = WAVE_RANDOM;
	if (wave < 0 || wave > WAVE_RANDOM)
		return SFZ_NOT_PLAYED;
	lfo->wave = (uint8_t)wave;
	return SFZ_DONE;
}

static enum sfz_outcome set_flex(
	struct sfz_region *r, uint32_t what, const struct sfz_name *n, const char *value)
{
	struct sfz_flex_state *s = sfz_flex_numbered(r, n->number[0]);
	uint32_t point = n->n_numbers > 1 ? n->number[1] : 0;
	double number;

	if (!s || point >= FLEX_POINTS)
		return SFZ_FULL;
	if (sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	if (what == SFZ_FLEX_SUSTAIN) {
		s->flex.sustain = (uint8_t)(number < 0.0 ? 0.0 : number > FLEX_POINTS ? FLEX_POINTS : number);
		return SFZ_DONE;
	}
	if (what == SFZ_FLEX_VOLUME) {
		s->flex.is_volume = number > 0.0;
		return SFZ_DONE;
	}
	if (point >= s->flex.n_points)
		s->flex.n_points = (uint8_t)(point + 1);
	if (what == SFZ_FLEX_TIME)
		s->flex.time_s[point] = (float)(number < 0.0 ? 0.0 : number > 100.0 ? 100.0 : number);
	else if (what == SFZ_FLEX_LEVEL)
		s->flex.level[point] = (float)(number < -1.0 ? -1.0 : number > 1.0 ? 1.0 : number);
	else
		s->flex.shape[point] = (float)(number < -100.0 ? -100.0 : number > 100.0 ? 100.0 : number);
	return SFZ_DONE;
}

static enum sfz_outcome set_pedal(const char *value, double usual)
{
	double number;

	if (sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	return number < usual || number > usual ? SFZ_NOT_PLAYED : SFZ_DONE;
}

enum sfz_outcome sfz_special_set(
	struct sfz_region *r, uint32_t what, const struct sfz_name *n, const char *value, uint32_t owner)
{
	switch ((enum sfz_special)what) {
	case SFZ_KEY:
		return set_key(r, value);
	case SFZ_HIKEY:
		return set_high_key(r, value);
	case SFZ_KEYCENTER:
		r->root_from_sample = strcmp(value, "sample") == 0;
		return r->root_from_sample ? SFZ_DONE : note(&r->root, value);
	case SFZ_OFF_TIME:
	case SFZ_POLYPHONY:
	case SFZ_COUNT:
		return set_number(r, what, value, owner);
	case SFZ_SUSTAIN_CC:
		return set_pedal(value, 64);
	case SFZ_SOSTENUTO_CC:
		return set_pedal(value, 66);
	case SFZ_VELCURVE:
		return set_velcurve(r, n, value);
	case SFZ_EQ_TYPE:
		return strcmp(value, "peak") == 0 ? SFZ_DONE : SFZ_NOT_PLAYED;
	case SFZ_SW_VEL:
		return strcmp(value, "current") == 0 ? SFZ_DONE : SFZ_NOT_PLAYED;
	case SFZ_SELFMASK:
		return strcmp(value, "off") == 0 ? SFZ_NOT_PLAYED : SFZ_DONE;
	case SFZ_ON_OFF_UNHEARD:
		return strcmp(value, "off") == 0 || strcmp(value, "0") == 0 ? SFZ_DONE : SFZ_NOT_PLAYED;
	case SFZ_LFO_WAVE:
	case SFZ_LFO_PHASE:
		return set_lfo(r, what, n, value);
	default:
		return set_flex(r, what, n, value);
	}
}
