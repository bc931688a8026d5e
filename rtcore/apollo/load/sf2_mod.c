/* SPDX-License-Identifier: MIT */
/*
 * Modulators, sections 8.2 to 8.4 and 9.5. Where banks are made by FluidSynth's ear, so are these:
 * - The default modulator of velocity to the filter's cutoff (8.4.2) does not act, nor does one of a file in
 * the form that version 2.01 gave it, which jumps at velocity 64. In the form of 2.04 a file's own one acts.
 * - CC 8 is balance.
 * Linked modulators and such without a meaning are left out and noted.
 */
#include "sf2.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define IS_CC 0x80u
#define NEGATIVE 0x100u
#define BIPOLAR 0x200u
#define TYPE(t) ((uint32_t)(t) << 10)
#define TYPE_OF(source) ((uint32_t)(source) >> 10)
enum { LINEAR, CONCAVE, CONVEX, SWITCH };
enum {
	FROM_NONE = 0,
	FROM_VELOCITY = 2,
	FROM_KEY = 3,
	FROM_KEY_PRESSURE = 10,
	FROM_PRESSURE = 13,
	FROM_BEND = 14,
	FROM_BEND_RANGE = 16,
	FROM_LINK = 127
};
enum { TRANSFORM_LINEAR = 0, TRANSFORM_ABSOLUTE = 2 };
#define LINK 0x8000u

#define BEND_AMOUNT 12700

static const struct sf2_mod defaults[] = {
	{.source = FROM_VELOCITY | NEGATIVE | TYPE(CONCAVE), .dest = GEN_ATTENUATION, .amount = 960},
	{.source = FROM_PRESSURE, .dest = GEN_VIB_LFO_TO_PITCH, .amount = 50},
	{.source = IS_CC | 1, .dest = GEN_VIB_LFO_TO_PITCH, .amount = 50},
	{.source = IS_CC | 7 | NEGATIVE | TYPE(CONCAVE), .dest = GEN_ATTENUATION, .amount = 960},
	{.source = IS_CC | 10 | BIPOLAR, .dest = GEN_PAN, .amount = 500},
	{.source = IS_CC | 11 | NEGATIVE | TYPE(CONCAVE), .dest = GEN_ATTENUATION, .amount = 960},
	{.source = IS_CC | 91, .dest = GEN_REVERB, .amount = 200},
	{.source = IS_CC | 93, .dest = GEN_CHORUS, .amount = 200},
	{.source = FROM_BEND | BIPOLAR,
		.dest = GEN_FINE_TUNE,
		.amount = BEND_AMOUNT,
		.source2 = FROM_BEND_RANGE},
	{.source = IS_CC | 8 | BIPOLAR | TYPE(CONCAVE), .dest = GEN_BALANCE, .amount = 960},
};
#define N_DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))
static_assert(N_DEFAULTS <= SF2_ZONE_MODS);

static const struct sf2_mod velocity_to_fc_2_01 = {.source = FROM_VELOCITY | NEGATIVE,
	.dest = GEN_FC,
	.source2 = FROM_VELOCITY | NEGATIVE | TYPE(SWITCH)};

static int is_key_scaling(uint32_t gen)
{
	return gen == GEN_KEY_TO_MOD_ENV_HOLD || gen == GEN_KEY_TO_MOD_ENV_DECAY ||
	       gen == GEN_KEY_TO_VOL_ENV_HOLD || gen == GEN_KEY_TO_VOL_ENV_DECAY;
}

static uint32_t key_scaled(uint32_t gen)
{
	switch (gen) {
	case GEN_KEY_TO_MOD_ENV_HOLD:
		return zp_env(1, ENV_HOLD);
	case GEN_KEY_TO_MOD_ENV_DECAY:
		return zp_env(1, ENV_DECAY);
	case GEN_KEY_TO_VOL_ENV_HOLD:
		return zp_env(0, ENV_HOLD);
	default:
		return zp_env(0, ENV_DECAY);
	}
}

static const char *source_refused(uint16_t source)
{
	const uint32_t index = source & 0x7f;

	if (TYPE_OF(source) > SWITCH)
		return "unknown curve";
	if (source & IS_CC)
		return index == 0 || index == 6 || index == 32 || index == 38 ||
				       (index >= 98 && index <= 101) || index >= 120
			       ? "controller that modulates nothing"
			       : NULL;
	switch (index) {
	case FROM_NONE:
	case FROM_VELOCITY:
	case FROM_KEY:
	case FROM_KEY_PRESSURE:
	case FROM_PRESSURE:
	case FROM_BEND:
	case FROM_BEND_RANGE:
		return NULL;
	case FROM_LINK:
		return "linked to another one";
	default:
		return "unknown source";
	}
}

const char *sf2_mod_refused(const struct sf2_mod *m)
{
	const char *refused = source_refused(m->source);
	float scale;

	if (!refused)
		refused = source_refused(m->source2);
	if (refused)
		return refused;
	if (m->dest & LINK)
		return "linked to another one";
	if (m->transform != TRANSFORM_LINEAR && m->transform != TRANSFORM_ABSOLUTE)
		return "unknown transform";
	if (is_key_scaling(m->dest))
		return m->source2 == FROM_NONE && m->transform == TRANSFORM_LINEAR
			       ? NULL
			       : "moves key scaling by two sources";
	if (m->dest == GEN_BALANCE || sf2_param(m->dest, &scale) < 0)
		return "moves what can't be moved";
	return NULL;
}

int sf2_mod_equal(const struct sf2_mod *a, const struct sf2_mod *b)
{
	return a->source == b->source && a->dest == b->dest && a->source2 == b->source2 &&
	       a->transform == b->transform;
}

struct list {
	struct sf2_mod *m;
	uint32_t n;
	const struct sf2_zone *full; /* at this zone there was no room */
};

static struct sf2_mod *find(const struct list *l, const struct sf2_mod *m)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (sf2_mod_equal(&l->m[i], m))
			return &l->m[i];
	return NULL;
}

static void put(struct list *l, const struct sf2_mod *m, int is_added, const struct sf2_zone *of)
{
	struct sf2_mod *known = find(l, m);

	if (known)
		known->amount = is_added ? known->amount + m->amount : m->amount;
	else if (l->n < SF2_ZONE_MODS)
		l->m[l->n++] = *m;
	else
		l->full = of;
}

/* A zone's own modulators hide equal ones of its global zone. */
static void put_zone(struct list *l, const struct sf2_level *level, const struct sf2_zone *zone,
	const struct sf2_zone *global, int is_added)
{
	const struct list own = {.m = level->mod + zone->mod, .n = zone->n_mods};

	for (uint32_t i = 0; i < zone->n_mods; i++)
		put(l, &own.m[i], is_added, zone);
	for (uint32_t i = 0; global && i < global->n_mods; i++)
		if (!find(&own, &level->mod[global->mod + i]))
			put(l, &level->mod[global->mod + i], is_added, zone);
}

uint32_t sf2_mods(const struct sf2 *s, const struct sf2_zone *preset_zone,
	const struct sf2_zone *preset_global, const struct sf2_zone *inst_zone,
	const struct sf2_zone *inst_global, struct sf2_mod ret[SF2_ZONE_MODS])
{
	struct list l = {.m = ret, .n = N_DEFAULTS};

	memcpy(ret, defaults, sizeof(defaults));
	put_zone(&l, &s->inst, inst_zone, inst_global, 0);
	put_zone(&l, &s->preset, preset_zone, preset_global, 1);
	if (l.full)
		sf2_note(s, l.full == inst_zone ? IBAG : PBAG, l.full->bag,
			"a voice has more than %u modulators: left out", SF2_ZONE_MODS);
	return l.n;
}

static uint8_t source_of(uint16_t source)
{
	const uint32_t index = source & 0x7f;

	if (source & IS_CC)
		return (uint8_t)(SRC_CC + index);
	switch (index) {
	case FROM_VELOCITY:
		return SRC_VELOCITY;
	case FROM_KEY:
		return SRC_KEY;
	case FROM_KEY_PRESSURE:
		return SRC_KEY_PRESSURE;
	case FROM_PRESSURE:
		return SRC_PRESSURE;
	case FROM_BEND:
		return SRC_BEND;
	case FROM_BEND_RANGE:
		return SRC_BEND_RANGE;
	default:
		return SRC_ONE;
	}
}

static uint16_t curve_of(uint16_t source)
{
	const uint32_t shape = source & (uint16_t)(NEGATIVE | BIPOLAR | TYPE(3)), index = source & 0xff;

	if (index == FROM_BEND_RANGE && shape == 0)
		return CURVE_UNIT; /* 12700 a semitone of 127 */
	return (uint16_t)(CURVE_SF2 + (shape >> 8));
}

static int is_of_note(uint8_t source)
{
	return source == SRC_ONE || source == SRC_VELOCITY || source == SRC_KEY;
}

/* A factor that is always 1 is no source: where both are, the amount is part of the base value. */
static void add_mod(struct sf2 *s, struct zone *z, const struct sf2_mod *m)
{
	const int is_first = source_of(m->source) != SRC_ONE;
	const uint16_t first = is_first ? m->source : m->source2, second = is_first ? m->source2 : 0;
	struct zone_mod *to, mod = {.source = source_of(first), .source2 = source_of(second)};
	float scale = -1;

	mod.param =
		(uint16_t)(is_key_scaling(m->dest) ? (int)key_scaled(m->dest) : sf2_param(m->dest, &scale));
	mod.amount = (float)m->amount * scale;
	if (is_key_scaling(m->dest)) {
		mod.source2 = SRC_KEY;
		mod.curve2 = CURVE_FROM_60;
	}
	if (mod.source == SRC_ONE && mod.source2 == SRC_ONE) {
		z->param[mod.param] += m->transform == TRANSFORM_ABSOLUTE ? fabsf(mod.amount) : mod.amount;
		return;
	}
	mod.curve = mod.source == SRC_ONE ? CURVE_LINEAR : curve_of(first);
	if (!is_key_scaling(m->dest))
		mod.curve2 = mod.source2 == SRC_ONE ? CURVE_LINEAR : curve_of(second);
	mod.is_absolute = m->transform == TRANSFORM_ABSOLUTE;
	mod.is_note_on = is_of_note(mod.source) && is_of_note(mod.source2);
	to = build_mod(&s->build);
	if (to)
		*to = mod;
}

/* The pitch wheel as everywhere else needs no modulator: the voice follows the channel's bend range. */
static int is_plain_bend(const struct sf2_mod *m, struct zone *z)
{
	if (!sf2_mod_equal(m, &defaults[8]))
		return 0;
	if (m->amount == BEND_AMOUNT)
		return 1;
	z->param[ZP_BEND_UP] = z->param[ZP_BEND_DOWN] = 0;
	return 0;
}

/* Most zones have the same modulators: one run of them does for all. */
static void share(struct sf2 *s, struct zone *z)
{
	struct bank_build *b = &s->build;
	const size_t size = z->n_mods * sizeof(struct zone_mod);
	uint32_t hash = 2166136261u, word, *run;
	const uint8_t *bytes = (const uint8_t *)&b->mod[z->mod];

	if (z->n_mods == 0)
		return;
	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		hash = (hash ^ word) * 16777619u;
		hash ^= hash >> 15;
	}
	run = s->run[hash % SF2_RUNS];
	if (run[1] == z->n_mods && memcmp(&b->mod[run[0]], bytes, size) == 0) {
		b->n_mods = z->mod;
		z->mod = run[0];
		return;
	}
	run[0] = z->mod;
	run[1] = z->n_mods;
}

int sf2_add_mods(struct sf2 *s, struct zone *z, const struct sf2_mod *m, uint32_t n)
{
	static_assert(sizeof(struct zone_mod) == 16, "share() compares bytes: there must be no padding");
	z->mod = s->build.n_mods;
	for (uint32_t i = 0; i < n; i++)
		if (!is_plain_bend(&m[i], z) && m[i].amount != 0 &&
			!sf2_mod_equal(&m[i], &velocity_to_fc_2_01))
			add_mod(s, z, &m[i]);
	if (s->build.oom)
		return -ENOMEM;
	z->n_mods = (uint16_t)(s->build.n_mods - z->mod);
	share(s, z);
	return 0;
}
