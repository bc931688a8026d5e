/* SPDX-License-Identifier: MIT */
/*
 * Presets and instruments as the file has them: headers lead to bags, bags to generators and modulators.
 * Indices that run backwards or leave their table make the file a damaged one; what a zone has too much is
 * left out.
 */
#include "sf2.h"

#include <errno.h>
#include <stdlib.h>

#define BIT(gen) (UINT64_C(1) << (gen))

/* Section 8.1.2: not for presets, not for instruments, and nothing at all. */
static const uint64_t not_of_preset = BIT(GEN_START) | BIT(GEN_END) | BIT(GEN_LOOP_START) |
				      BIT(GEN_LOOP_END) | BIT(GEN_START_COARSE) | BIT(GEN_END_COARSE) |
				      BIT(GEN_LOOP_START_COARSE) | BIT(GEN_LOOP_END_COARSE) | BIT(GEN_KEY) |
				      BIT(GEN_VELOCITY) | BIT(GEN_SAMPLE) | BIT(GEN_SAMPLE_MODES) |
				      BIT(GEN_EXCLUSIVE_CLASS) | BIT(GEN_ROOT_KEY);
static const uint64_t not_of_inst = BIT(GEN_INSTRUMENT);
static const uint64_t unused = BIT(14) | BIT(18) | BIT(19) | BIT(20) | BIT(42) | BIT(49) | BIT(55) |
			       BIT(GEN_PITCH) | BIT(GEN_BALANCE);

/* The tables of one level follow each other. */
struct tables {
	enum sf2_table_id header, bag, mod, gen;
	uint32_t header_bag; /* offset of the first bag's number in a header */
	uint32_t link;
	uint64_t refused;
};

struct range {
	uint32_t first, end;
};

static struct tables tables_of(enum sf2_table_id header)
{
	if (header == PHDR)
		return (struct tables){PHDR, PBAG, PMOD, PGEN, 24, GEN_INSTRUMENT, not_of_preset | unused};
	return (struct tables){INST, IBAG, IMOD, IGEN, 20, GEN_SAMPLE, not_of_inst | unused};
}

static int bags_of(const struct sf2 *s, const struct tables *t, uint32_t group, struct range *ret)
{
	const uint32_t n_bags = s->table[t->bag].n - 1; /* without the terminal one */

	ret->first = sf2_u16(sf2_record(s, t->header, group) + t->header_bag);
	ret->end = sf2_u16(sf2_record(s, t->header, group + 1) + t->header_bag);
	if (ret->first > ret->end || ret->end > n_bags)
		return sf2_fail_at(
			s, -EINVAL, t->header, group, "zones %u to %u, of %u", ret->first, ret->end, n_bags);
	return 0;
}

static int gens_of(const struct sf2 *s, const struct tables *t, uint32_t bag, struct range *ret)
{
	ret->first = sf2_u16(sf2_record(s, t->bag, bag));
	ret->end = sf2_u16(sf2_record(s, t->bag, bag + 1));
	if (ret->first > ret->end || ret->end > s->table[t->gen].n)
		return sf2_fail_at(s, -EINVAL, t->bag, bag, "generators %u to %u, of %u", ret->first,
			ret->end, s->table[t->gen].n);
	return 0;
}

/* Files without modulators often have nonsense here: it costs the modulators, not the sound. */
static struct range mods_of(const struct sf2 *s, const struct tables *t, uint32_t bag, struct sf2_level *l)
{
	const struct range r = {
		sf2_u16(sf2_record(s, t->bag, bag) + 2), sf2_u16(sf2_record(s, t->bag, bag + 1) + 2)};

	if (l->next_mod <= r.first && r.first <= r.end && r.end <= s->table[t->mod].n) {
		l->next_mod = r.end;
		return r;
	}
	sf2_note(s, t->bag, bag, "modulators %u to %u, of %u: left out", r.first, r.end, s->table[t->mod].n);
	return (struct range){0};
}

static uint8_t key(uint32_t byte)
{
	return (uint8_t)(byte < 127 ? byte : 127);
}

static void read_gens(const struct sf2 *s, const struct tables *t, struct range r, struct sf2_zone *z)
{
	for (uint32_t i = r.first; i < r.end && !z->has_link; i++) {
		const uint8_t *p = sf2_record(s, t->gen, i);
		const uint32_t gen = sf2_u16(p);

		if (gen == GEN_KEY_RANGE && i == r.first) {
			z->key_lo = key(p[2]);
			z->key_hi = key(p[3]);
			if (p[2] > p[3])
				z->key_lo = 127, z->key_hi = 0;
		} else if (gen == GEN_VEL_RANGE && z->set == 0) {
			z->vel_lo = key(p[2]);
			z->vel_hi = key(p[3]);
			if (p[2] > p[3])
				z->vel_lo = 127, z->vel_hi = 0;
		} else if (gen == t->link) { /* the last one: what follows is to be ignored */
			z->link = (uint16_t)sf2_u16(p + 2);
			z->has_link = 1;
		} else if (gen < SF2_GENS && !(t->refused & BIT(gen)) && gen != GEN_KEY_RANGE &&
			   gen != GEN_VEL_RANGE) {
			z->gen[gen] = sf2_s16(p + 2);
			z->set |= BIT(gen);
		}
	}
}

static void add_mod(
	const struct sf2 *s, const struct tables *t, uint32_t record, struct sf2_level *l, struct sf2_zone *z)
{
	const uint8_t *p = sf2_record(s, t->mod, record);
	const struct sf2_mod m = {.source = (uint16_t)sf2_u16(p),
		.dest = (uint16_t)sf2_u16(p + 2),
		.amount = sf2_s16(p + 4),
		.source2 = (uint16_t)sf2_u16(p + 6),
		.transform = (uint16_t)sf2_u16(p + 8)};
	const char *refused = sf2_mod_refused(&m);

	if (refused) {
		sf2_note(s, t->mod, record, "%s: modulator left out", refused);
		return;
	}
	for (uint32_t i = 0; i < z->n_mods; i++)
		if (sf2_mod_equal(&l->mod[z->mod + i], &m)) { /* the later one counts */
			l->mod[z->mod + i].amount = m.amount;
			return;
		}
	if (z->n_mods == SF2_ZONE_MODS) {
		sf2_note(s, t->mod, record, "more than %u modulators in a zone: left out", SF2_ZONE_MODS);
		return;
	}
	l->mod[l->n_mods++] = m;
	z->n_mods++;
}

static int read_zone(
	const struct sf2 *s, const struct tables *t, uint32_t bag, struct sf2_level *l, struct sf2_zone *ret)
{
	struct range gens, mods;
	int r = gens_of(s, t, bag, &gens);

	if (r < 0)
		return r;
	*ret = (struct sf2_zone){.key_hi = 127, .vel_hi = 127, .mod = l->n_mods, .bag = bag};
	read_gens(s, t, gens, ret);
	mods = mods_of(s, t, bag, l);
	for (uint32_t i = mods.first; i < mods.end; i++)
		add_mod(s, t, i, l, ret);
	return 0;
}

static int read_group(const struct sf2 *s, const struct tables *t, uint32_t group, struct sf2_level *l)
{
	struct sf2_group *g = &l->group[group];
	struct range bags;
	int r = bags_of(s, t, group, &bags);

	if (r < 0)
		return r;
	*g = (struct sf2_group){.zone = l->n_zones, .global = BANK_NONE};
	for (uint32_t i = bags.first; i < bags.end; i++) {
		struct sf2_zone *z = &l->zone[l->n_zones];

		r = read_zone(s, t, i, l, z);
		if (r < 0)
			return r;
		l->n_zones++;
		if (z->has_link)
			continue;
		/* The global zone ought to be the first one; elsewhere FluidSynth takes it, too. */
		if (g->global != BANK_NONE)
			sf2_note(s, t->bag, i, "a zone without %s: left out",
				t->header == PHDR ? "an instrument" : "a sample");
		else
			g->global = l->n_zones - 1;
	}
	g->n_zones = l->n_zones - g->zone;
	return 0;
}

int sf2_read_level(const struct sf2 *s, enum sf2_table_id header, struct sf2_level *ret)
{
	const struct tables t = tables_of(header);
	const uint32_t n_groups = s->table[header].n - 1;
	int r = 0;

	ret->zone = calloc(s->table[t.bag].n, sizeof(*ret->zone));
	ret->group = calloc(n_groups + 1u, sizeof(*ret->group));
	ret->mod = calloc(s->table[t.mod].n, sizeof(*ret->mod));
	if (!ret->zone || !ret->group || !ret->mod)
		return sf2_fail(s, -ENOMEM, "no memory for its zones");
	for (uint32_t i = 0; i < n_groups && r == 0; i++)
		r = read_group(s, &t, i, ret);
	ret->n_groups = n_groups;
	return r;
}
