/* SPDX-License-Identifier: MIT */
/* The tables that both readers build with. */
#include "load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Far above any real bank, and what a hostile file may cost. */
#define MAX_ZONES (1u << 18)
#define MAX_MODS (1u << 22)
#define MAX_CONDS (1u << 22)
#define MAX_FLEX (1u << 16)
#define MAX_CURVES (65536u - CURVE_OWN)
#define MAX_PRESETS 65536u
#define MAX_USES (1u << 20)

#define FIRST_ROOM 16u
#define CURVE_PROBES 64u /* then an equal curve may be kept twice */

/* Room for one more: the room is always the next power of two, so it needs no field. */
static void *grow(struct bank_build *b, void *table, uint32_t n, uint32_t max, size_t size)
{
	void *more;

	if (n >= max) {
		b->is_full = 1;
		return NULL;
	}
	if (n != 0 && (n < FIRST_ROOM || (n & (n - 1)) != 0))
		return table;
	more = realloc(table, (n < FIRST_ROOM ? FIRST_ROOM : 2 * (size_t)n) * size);
	if (!more)
		b->oom = 1;
	return more;
}

#define GROW(b, table, n, max)                                                                               \
	({                                                                                                   \
		void *grown_ = grow((b), (b)->table, (b)->n, (max), sizeof(*(b)->table));                    \
		if (grown_)                                                                                  \
			(b)->table = grown_;                                                                 \
		grown_ ? &(b)->table[(b)->n++] : NULL;                                                       \
	})

static void set_neutral(struct zone *z, enum zone_flavour flavour)
{
	const int is_sf2 = flavour == ZONE_SF2;
	const float no_time = is_sf2 ? -12000 : 0;
	static const float eq_hz_cents[ZONE_EQS] = {3135, 7121, 11107}; /* 50, 500, 5000 Hz */

	z->param[ZP_GAIN] = 1;
	z->param[ZP_WIDTH] = 1;
	z->param[ZP_BEND_UP] = NAN;
	z->param[ZP_BEND_DOWN] = NAN;
	z->param[ZP_FC] = z->param[ZP_FC2] = 13500;
	for (uint32_t i = 0; i < ZONE_EQS; i++) {
		z->param[ZP_EQ + 3 * i] = eq_hz_cents[i];
		z->param[ZP_EQ + 3 * i + 1] = 1;
	}
	for (uint32_t i = 0; i < ZONE_ENVS; i++) {
		z->param[zp_env(i, ENV_DELAY)] = no_time;
		z->param[zp_env(i, ENV_ATTACK)] = no_time;
		z->param[zp_env(i, ENV_HOLD)] = no_time;
		z->param[zp_env(i, ENV_DECAY)] = no_time;
		z->param[zp_env(i, ENV_RELEASE)] = no_time;
		z->param[zp_env(i, ENV_SUSTAIN)] = is_sf2 ? 0 : 1; /* both: no decay */
	}
	for (uint32_t i = 0; i < ZONE_LFOS; i++)
		z->param[zp_lfo(i, LFO_DELAY)] = no_time;
}

struct zone *build_zone(struct bank_build *b, enum zone_flavour flavour)
{
	struct zone *z = GROW(b, zone, n_zones, MAX_ZONES);

	if (!z)
		return NULL;
	*z = (struct zone){.key_hi = 127,
		.vel_hi = 127,
		.flavour = (uint8_t)flavour,
		.n_envs = 1,
		.sample = BANK_NONE,
		.mod = b->n_mods,
		.cond = b->n_conds,
		.flex = b->n_flex,
		.root_key = 60,
		.fixed_key = -1,
		.fixed_velocity = -1,
		.keytrack = 100};
	set_neutral(z, flavour);
	return z;
}

struct zone_mod *build_mod(struct bank_build *b)
{
	struct zone_mod *m = GROW(b, mod, n_mods, MAX_MODS);

	if (m)
		*m = (struct zone_mod){.source2 = SRC_ONE};
	return m;
}

struct zone_cond *build_cond(struct bank_build *b)
{
	struct zone_cond *c = GROW(b, cond, n_conds, MAX_CONDS);

	if (c)
		*c = (struct zone_cond){0};
	return c;
}

struct zone_flex *build_flex(struct bank_build *b)
{
	struct zone_flex *f = GROW(b, flex, n_flex, MAX_FLEX);

	if (f)
		*f = (struct zone_flex){0};
	return f;
}

static uint32_t hash_curve(const float table[CURVE_POINTS])
{
	uint32_t h = 2166136261u, word;

	for (uint32_t i = 0; i < CURVE_POINTS; i++) {
		memcpy(&word, &table[i], sizeof(word));
		h = (h ^ word) * 16777619u;
		h ^= h >> 15;
	}
	return h;
}

static void index_curve(struct bank_build *b, uint32_t curve)
{
	const uint32_t mask = b->n_curve_slots - 1;
	uint32_t at = hash_curve(b->curve[curve]);

	for (uint32_t i = 0; i < CURVE_PROBES; i++, at++)
		if (b->curve_slot[at & mask] == BANK_NONE) {
			b->curve_slot[at & mask] = curve;
			return;
		}
}

static int make_curve_slots(struct bank_build *b)
{
	const uint32_t n = b->n_curve_slots ? 2 * b->n_curve_slots : 64;
	uint32_t *slot;

	if (2 * b->n_curves < b->n_curve_slots)
		return 0;
	slot = malloc(n * sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	memset(slot, 0xff, n * sizeof(*slot));
	free(b->curve_slot);
	b->curve_slot = slot;
	b->n_curve_slots = n;
	for (uint32_t i = 0; i < b->n_curves; i++)
		index_curve(b, i);
	return 0;
}

uint16_t build_curve(struct bank_build *b, const float table[CURVE_POINTS])
{
	uint32_t at = hash_curve(table);
	float (*c)[CURVE_POINTS];

	for (uint32_t i = 0; i < CURVE_PROBES && b->n_curve_slots; i++, at++) {
		const uint32_t known = b->curve_slot[at & (b->n_curve_slots - 1)];

		if (known == BANK_NONE)
			break;
		if (memcmp(b->curve[known], table, sizeof(*b->curve)) == 0)
			return (uint16_t)(CURVE_OWN + known);
	}
	c = GROW(b, curve, n_curves, MAX_CURVES);
	if (!c)
		return CURVE_LINEAR;
	memcpy(c, table, sizeof(*c));
	if (make_curve_slots(b) < 0)
		b->oom = 1;
	else
		index_curve(b, b->n_curves - 1);
	return (uint16_t)(CURVE_OWN + b->n_curves - 1);
}

/* As much of the name as there is room for, in whole UTF-8 characters. */
static void copy_name(char *to, size_t size, const char *name)
{
	size_t n = strnlen(name, size);

	if (n == size)
		for (n--; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80;)
			n--;
	memcpy(to, name, n);
	to[n] = 0;
}

struct preset *build_preset(struct bank_build *b, uint16_t bank, uint8_t program, const char *name)
{
	struct preset *p = GROW(b, preset, n_presets, MAX_PRESETS);

	if (!p)
		return NULL;
	*p = (struct preset){.bank = bank, .program = program};
	copy_name(p->name, sizeof(p->name), name);
	return p;
}

int build_use(struct bank_build *b, uint32_t preset, uint32_t zone)
{
	struct bank_use *u = GROW(b, use, n_uses, MAX_USES);

	if (!u)
		return b->oom ? -ENOMEM : -EFBIG;
	u->preset = preset;
	u->zone = zone;
	return 0;
}

void build_free(struct bank_build *b)
{
	free(b->zone);
	free(b->mod);
	free(b->cond);
	free(b->flex);
	free(b->curve);
	free(b->preset);
	free(b->use);
	free(b->cc_init);
	free(b->curve_slot);
	if (b->set)
		store_set_free(b->set);
	*b = (struct bank_build){0};
}
