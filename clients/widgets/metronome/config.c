/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <mos/meter.h>

enum type { INT, BOOL, REAL, TEXT, CHOICE };

#define CHOICES(name, ...)                                                                                   \
	static const char *name(uint32_t i)                                                                  \
	{                                                                                                    \
		static const char *const names[] = {__VA_ARGS__};                                            \
		return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;                               \
	}
CHOICES(mode_name, "free", "linked")
CHOICES(counting_name, "meter", "groups")
CHOICES(guidance_name, "off", "count", "cues")
CHOICES(view_name, "line", "circle", "both")
CHOICES(input_name, "midi", "microphone", "both")
CHOICES(cue_name, "off", "low", "high")

#define AT(field) offsetof(struct metro_config, field)
#define TIER(name, tier)                                                                                     \
	{"volume_" name, REAL, AT(mixer.volume[tier]), 0, MOS_TIER_VOLUME_MAX, NULL, 0},                     \
		{"voice_" name, CHOICE, AT(mixer.voice[tier]), 0, 0, mos_voice_name, 0}

static const struct entry {
	const char *name;
	enum type type;
	size_t offset;
	double min, max;                 /* TEXT: max is the room */
	const char *(*choice)(uint32_t); /* CHOICE: names, their places are the values */
	int pattern;                     /* 1: of the pattern, which is locked while linked */
} table[] = {
	{"mode", CHOICE, AT(linked), 0, 0, mode_name, 0},
	{"preset", TEXT, AT(preset), 0, sizeof(((struct metro_config *)NULL)->preset), NULL, 1},
	{"pattern", TEXT, AT(pattern), 0, sizeof(((struct metro_config *)NULL)->pattern), NULL, 1},
	{"steps", INT, AT(steps), 1, MOS_RHYTHM_STEPS_MAX, NULL, 1},
	{"pulses", INT, AT(pulses), 0, MOS_RHYTHM_STEPS_MAX, NULL, 1},
	{"rotation", INT, AT(rotation), -MOS_RHYTHM_STEPS_MAX, MOS_RHYTHM_STEPS_MAX, NULL, 1},
	{"step_ticks", INT, AT(step_ticks), 0, 3840, NULL, 1},
	{"measures", INT, AT(measures), 0, 16, NULL, 1},
	{"poly_a", INT, AT(poly_a), 0, 64, NULL, 1},
	{"poly_b", INT, AT(poly_b), 0, 64, NULL, 1},
	{"meter_num", INT, AT(num), 0, 255, NULL, 1},
	{"meter_den", INT, AT(den), 0, 64, NULL, 1},
	{"subdivision", INT, AT(subdivision), 0, MOS_SUBDIVISION_MAX, NULL, 0},
	{"counting", CHOICE, AT(counting), 0, 0, counting_name, 0},
	{"loop_bars", INT, AT(loop_bars), 0, 8, NULL, 0},
	{"advanced", BOOL, AT(advanced), 0, 1, NULL, 0},
	{"bpm", REAL, AT(bpm), -INFINITY, INFINITY, NULL, 0},
	{"master", REAL, AT(mixer.master), 0, 1, NULL, 0},
	{"accent_ratio", REAL, AT(mixer.accent_ratio), MOS_ACCENT_RATIO_MIN, MOS_ACCENT_RATIO_MAX, NULL, 0},
	{"kit", CHOICE, AT(mixer.kit), 0, 0, mos_kit_name, 0},
	{"attack_ms", REAL, AT(envelope.attack_ms), 0, 500, NULL, 0},
	{"decay_ms", REAL, AT(envelope.decay_ms), 0, 2000, NULL, 0},
	{"sustain", REAL, AT(envelope.sustain), 0, 1, NULL, 0},
	{"cue", CHOICE, AT(cue), 0, 0, cue_name, 0},
	{"cue_program", INT, AT(cue_program), 0, 127, NULL, 0},
	TIER("accent", MOS_TIER_ACCENT),
	TIER("downbeat", MOS_TIER_DOWNBEAT),
	TIER("beat_3", MOS_TIER_BEAT_3),
	TIER("weak", MOS_TIER_WEAK),
	TIER("eighth", MOS_TIER_EIGHTH),
	TIER("ghost", MOS_TIER_GHOST),
	{"visual_lead_ms", INT, AT(lead_ms), 0, 80, NULL, 0},
	{"visual_intensity", REAL, AT(intensity), 0, 1.5, NULL, 0},
	{"voice_guidance", CHOICE, AT(voice), 0, 0, guidance_name, 0},
	{"practice", BOOL, AT(practice), 0, 1, NULL, 0},
	{"practice_input", CHOICE, AT(input), 0, 0, input_name, 0},
	{"threshold_ms", REAL, AT(threshold_ms), 0.1, 5, NULL, 0},
	{"view", CHOICE, AT(view), 0, 0, view_name, 0},
};
#define N_ENTRIES (sizeof(table) / sizeof(table[0]))
static_assert(N_ENTRIES <= METRO_CONFIG_FIELDS);

static const struct entry *find(const char *name)
{
	for (size_t i = 0; i < N_ENTRIES; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

double metro_clamp_bpm(double bpm, int advanced)
{
	return fmin(fmax(bpm, advanced ? 20 : 60), advanced ? 300 : 200);
}

static int fault(struct metro_fault *ret, const char *where, const char *why, int r)
{
	*ret = (struct metro_fault){where, why};
	return r;
}

/* The pattern that is meant, or why it is none. */
static int derive(struct metro_config *c, struct metro_fault *ret)
{
	const struct mos_preset *p = c->pattern[0] ? NULL : mos_preset(mos_preset_find(c->preset));
	struct mos_rhythm rhythm;

	c->bpm = metro_clamp_bpm(c->bpm, c->advanced);
	if (c->pattern[0]) {
		if (mos_rhythm_parse(c->pattern, &rhythm) < 0)
			return fault(
				ret, "pattern", "a pattern is written with x and ., as in x..x..x.", -EINVAL);
	} else if (p) {
		rhythm = mos_preset_rhythm(p);
	} else if (strcmp(c->preset, "none") != 0) {
		return fault(ret, "preset", "there is no such preset", -EINVAL);
	} else if (mos_euclid((uint32_t)c->pulses, (uint32_t)c->steps, 0, &rhythm) < 0) {
		return fault(ret, "pulses", "there are more pulses than steps", -ERANGE);
	}
	c->now.rhythm = mos_rhythm_rotate(&rhythm, c->rotation);

	const struct mos_rhythm_identity is = mos_rhythm_identify(&c->now.rhythm);

	c->now.preset_id = is.rotation == 0 ? is.preset : MOS_PRESET_NONE;
	c->now.num = (uint16_t)(c->num ? c->num : p ? p->num : 4);
	c->now.den = (uint16_t)(c->den ? c->den : p ? p->den : 4);
	c->now.measures = c->measures ? (uint32_t)c->measures : p ? p->measures : 1;
	c->now.poly[0] = c->poly_a ? (uint32_t)c->poly_a : p ? p->poly[0] : 0;
	c->now.poly[1] = c->poly_b ? (uint32_t)c->poly_b : p ? p->poly[1] : 0;
	if (!mos_meter_is_valid(c->now.num, c->now.den))
		return fault(ret, "meter_den", "the lower number of a meter is a power of two", -EINVAL);
	return 0;
}

static int put_number(const struct entry *e, const struct mos_value *v, char *at, const char **ret_why)
{
	double number = mos_get_real(v, "", NAN);

	if (e->type == BOOL && v->type == MOS_VALUE_BOOL)
		number = v->u.boolean;
	*ret_why = "a number is needed";
	if (!isfinite(number) || (e->type != REAL && number != floor(number)) ||
		(e->type == BOOL && v->type != MOS_VALUE_BOOL))
		return -EINVAL;
	*ret_why = "out of range";
	if (number < e->min || number > e->max)
		return -ERANGE;
	if (e->type == REAL)
		memcpy(at, &number, sizeof(number));
	else
		memcpy(at, &(int32_t){(int32_t)number}, sizeof(int32_t));
	return 0;
}

static int put_text(const struct entry *e, const struct mos_value *v, char *at, const char **ret_why)
{
	const char *text = mos_get_str(v, "", NULL);

	*ret_why = "text is needed";
	if (!text)
		return -EINVAL;
	if (e->type == TEXT) {
		*ret_why = "too long";
		if (strlen(text) >= (size_t)e->max)
			return -ERANGE;
		strcpy(at, text);
		return 0;
	}
	*ret_why = "not one of the choices";
	for (int32_t i = 0; e->choice((uint32_t)i); i++) {
		if (strcmp(e->choice((uint32_t)i), text) != 0)
			continue;
		memcpy(at, &i, sizeof(i));
		return 0;
	}
	return -EINVAL;
}

/* The value alone, with nothing that follows from it. */
static int put(
	struct metro_config *c, const struct entry *e, const struct mos_value *value, struct metro_fault *ret)
{
	const char *why;
	const int r = (e->type == TEXT || e->type == CHOICE ? put_text : put_number)(
		e, value, (char *)c + e->offset, &why);

	return r < 0 ? fault(ret, e->name, why, r) : 0;
}

/* Put the pattern's meter down where only its preset said it. */
static void keep_meter(struct metro_config *c)
{
	c->num = c->now.num;
	c->den = c->now.den;
	c->measures = (int32_t)c->now.measures;
	c->poly_a = (int32_t)c->now.poly[0];
	c->poly_b = (int32_t)c->now.poly[1];
}

static int has(const struct mos_field *field, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(field[i].key, key) == 0)
			return 1;
	return 0;
}

/* What is put away by what is to come. */
static void make_way(struct metro_config *c, const struct mos_field *field, size_t n)
{
	if (has(field, n, "preset")) {
		c->pattern[0] = '\0';
		c->rotation = c->step_ticks = 0;
		c->num = c->den = c->measures = c->poly_a = c->poly_b = 0;
	} else if (has(field, n, "pattern")) {
		keep_meter(c);
		c->rotation = 0;
	} else if (has(field, n, "pulses") || has(field, n, "steps")) {
		keep_meter(c);
		c->pulses = (int32_t)mos_rhythm_pulses(&c->now.rhythm);
		c->steps = (int32_t)c->now.rhythm.n_steps;
		c->pattern[0] = '\0';
		strcpy(c->preset, "none");
	}
}

int metro_config_change(
	struct metro_config *config, const struct mos_field *field, size_t n, struct metro_fault *ret)
{
	struct metro_config c = *config;
	int of_pattern = 0, r;

	make_way(&c, field, n);
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = find(field[i].key);

		if (!e)
			return fault(ret, field[i].key, "there is no such setting", -ENOENT);
		r = put(&c, e, &field[i].value, ret);
		if (r < 0)
			return r;
		of_pattern |= e->pattern;
	}
	if (of_pattern && config->linked && c.linked)
		return fault(ret, "mode",
			"the pattern is locked to the score; in free mode it can be changed", -EPERM);
	r = derive(&c, ret);
	if (r == 0)
		*config = c;
	return r;
}

int metro_config_load(struct metro_config *config, const struct mos_value *map, struct metro_fault *ret)
{
	struct metro_config c = *config;
	int r;

	for (size_t i = 0; i < N_ENTRIES; i++) {
		const struct mos_value *value = mos_get(map, table[i].name);

		r = value ? put(&c, &table[i], value, ret) : 0;
		if (r < 0)
			return r;
	}
	r = derive(&c, ret);
	if (r == 0)
		*config = c;
	return r;
}

static int same(const struct mos_value *a, const struct mos_value *b)
{
	if (!a || !b || a->type != b->type)
		return 0;
	return a->type == MOS_VALUE_STR    ? strcmp(a->u.str, b->u.str) == 0
	       : a->type == MOS_VALUE_REAL ? a->u.real == b->u.real
	       : a->type == MOS_VALUE_BOOL ? a->u.boolean == b->u.boolean
					   : a->u.integer == b->u.integer;
}

int metro_config_update(struct metro_config *config, const struct mos_value *old, const struct mos_value *map,
	struct metro_fault *ret)
{
	const int freed = !same(mos_get(map, "mode"), mos_get(old, "mode")) &&
			  strcmp(mos_get_str(map, "mode", ""), "free") == 0;
	struct mos_field changed[N_ENTRIES];
	size_t n = 0;

	for (size_t i = 0; i < N_ENTRIES; i++) {
		const struct mos_value *value = mos_get(map, table[i].name);

		if (value && !same(value, mos_get(old, table[i].name)) &&
			!(config->linked && !freed && table[i].pattern))
			changed[n++] = mos_field(table[i].name, *value);
	}
	return metro_config_change(config, changed, n, ret);
}

size_t metro_config_fields(const struct metro_config *config, struct mos_field *ret)
{
	for (size_t i = 0; i < N_ENTRIES; i++) {
		const struct entry *e = &table[i];
		const char *at = (const char *)config + e->offset;
		int32_t number = 0;
		double real = 0;

		if (e->type == REAL)
			memcpy(&real, at, sizeof(real));
		else if (e->type != TEXT)
			memcpy(&number, at, sizeof(number));
		ret[i] = e->type == INT    ? mos_int(e->name, number)
			 : e->type == BOOL ? mos_bool(e->name, number)
			 : e->type == REAL ? mos_real(e->name, real)
			 : e->type == TEXT ? mos_str(e->name, at)
					   : mos_str(e->name, e->choice((uint32_t)number));
	}
	return N_ENTRIES;
}

uint64_t metro_config_hash(const struct metro_config *config)
{
	struct mos_field field[METRO_CONFIG_FIELDS];
	const size_t n = metro_config_fields(config, field);
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < n; i++) {
		const struct mos_value *v = &field[i].value;
		const char *bytes = v->type == MOS_VALUE_STR ? v->u.str : (const char *)&v->u;
		const size_t len = v->type == MOS_VALUE_STR    ? strlen(v->u.str) + 1
				   : v->type == MOS_VALUE_BOOL ? sizeof(v->u.boolean)
							       : sizeof(v->u.integer);

		for (size_t b = 0; b < len; b++)
			hash = (hash ^ (uint8_t)bytes[b]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

void metro_config_init(struct metro_config *config)
{
	struct metro_fault none;

	*config = (struct metro_config){.preset = "tresillo",
		.pulses = 3,
		.steps = 8,
		.subdivision = 1,
		.bpm = 120,
		.threshold_ms = 1,
		.intensity = 1,
		.envelope = {.sustain = 1},
		.view = VIEW_BOTH};
	mos_mixer_reset(&config->mixer);
	(void)derive(config, &none);
}

int metro_config_rotate(struct metro_config *config, int by)
{
	const int32_t n = (int32_t)config->now.rhythm.n_steps;
	struct metro_fault none;

	return metro_config_change(config, MOS_ARGS(mos_int("rotation", (config->rotation + by) % n)), &none);
}

int metro_config_pulses(struct metro_config *config, int more)
{
	const int64_t pulses = (int64_t)mos_rhythm_pulses(&config->now.rhythm) + more;
	struct metro_fault none;

	return metro_config_change(config, MOS_ARGS(mos_int("pulses", pulses)), &none);
}
