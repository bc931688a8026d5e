/* SPDX-License-Identifier: MIT */
/* SoundFont 2.04 and SF3: each zone of an instrument, as each zone of a preset uses it, becomes a zone of the
 * bank. */
#include "sf2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PAIRS (1u << 24) /* zones of presets times zones of instruments: what a hostile file may cost */
#define MAX_MERGED (1u << 22)

struct making {
	struct sf2 *s;
	uint32_t *plain; /* of each instrument's zone: the bank's zone of a preset that adds nothing;
			    BANK_NONE */
	uint32_t n_pairs, n_merged;
};

static const struct sf2_zone *global_of(const struct sf2_level *l, const struct sf2_group *g)
{
	return g->global == BANK_NONE ? NULL : &l->zone[g->global];
}

/* What a zone gives, and its global zone where it gives nothing itself. */
static void apply(
	const struct sf2_zone *z, const struct sf2_zone *global, int is_added, int32_t value[SF2_GENS])
{
	for (uint64_t left = z->set; left; left &= left - 1) {
		const int i = __builtin_ctzll(left);

		value[i] = z->gen[i] + (is_added ? value[i] : 0);
	}
	for (uint64_t left = global ? global->set & ~z->set : 0; left; left &= left - 1) {
		const int i = __builtin_ctzll(left);

		value[i] = global->gen[i] + (is_added ? value[i] : 0);
	}
}

/* Section 9.4: an instrument's value replaces the default one, a preset's is added. */
static void sum_generators(const struct sf2_zone *pz, const struct sf2_zone *pg, const struct sf2_zone *iz,
	const struct sf2_zone *ig, int32_t ret[SF2_GENS])
{
	for (uint32_t i = 0; i < SF2_GENS; i++)
		ret[i] = sf2_default[i];
	apply(iz, ig, 0, ret);
	apply(pz, pg, 1, ret);
}

static uint8_t max(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static uint8_t min(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static void add_key_scaling(struct sf2_mod *m, uint32_t *n, const int32_t value[SF2_GENS])
{
	static const uint8_t gens[] = {GEN_KEY_TO_MOD_ENV_HOLD, GEN_KEY_TO_MOD_ENV_DECAY,
		GEN_KEY_TO_VOL_ENV_HOLD, GEN_KEY_TO_VOL_ENV_DECAY};

	for (uint32_t i = 0; i < sizeof(gens); i++)
		if (value[gens[i]] != 0)
			m[(*n)++] = (struct sf2_mod){.dest = gens[i], .amount = value[gens[i]]};
}

/* Presets that share an instrument share its zones: what equals one that is there is that one. */
static uint32_t share_zone(struct sf2 *s)
{
	uint32_t last = s->build.n_zones - 1, hash = 2166136261u, word, *seen;
	const struct zone *z = &s->build.zone[last];

	static_assert(sizeof(*z) % sizeof(word) == 0);
	for (size_t i = 0; i < sizeof(*z); i += sizeof(word)) {
		memcpy(&word, (const char *)z + i, sizeof(word));
		hash = (hash ^ word) * 16777619u;
		hash ^= hash >> 15;
	}
	seen = &s->same[hash % SF2_SAME];
	if (*seen && memcmp(&s->build.zone[*seen - 1], z, sizeof(*z)) == 0) {
		s->build.n_zones--;
		return *seen - 1;
	}
	*seen = last + 1;
	return last;
}

/* @return the zone's number; BANK_NONE: nothing of it can sound, or there is no room (s->build.oom,
 * .is_full). */
static uint32_t make_zone(struct making *m, const struct sf2_zone *pz, const struct sf2_zone *pg,
	const struct sf2_zone *iz, const struct sf2_zone *ig)
{
	struct sf2 *s = m->s;
	const struct sf2_sample *sample = sf2_sample(s, iz->link);
	struct sf2_mod mods[SF2_ZONE_MODS + 4];
	int32_t value[SF2_GENS];
	struct zone *z;
	uint32_t n;

	if (!sample)
		return BANK_NONE;
	z = build_zone(&s->build, ZONE_SF2);
	if (!z)
		return BANK_NONE;
	sum_generators(pz, pg, iz, ig, value);
	if (sf2_set_sample(z, sample, value) < 0) {
		sf2_note(s, IBAG, iz->bag, "its offsets leave nothing of the sample: left out");
		s->build.n_zones--;
		return BANK_NONE;
	}
	z->key_lo = max(pz->key_lo, iz->key_lo);
	z->key_hi = min(pz->key_hi, iz->key_hi);
	z->vel_lo = max(pz->vel_lo, iz->vel_lo);
	z->vel_hi = min(pz->vel_hi, iz->vel_hi);
	sf2_set_params(z, value);
	n = sf2_mods(s, pz, pg, iz, ig, mods);
	add_key_scaling(mods, &n, value);
	m->n_merged += n;
	if (m->n_merged > MAX_MERGED)
		s->build.is_full = 1;
	if (sf2_add_mods(s, z, mods, n) < 0)
		return BANK_NONE;
	sf2_settle(&s->build, z);
	return share_zone(s);
}

static int do_meet(const struct sf2_zone *a, const struct sf2_zone *b)
{
	return max(a->key_lo, b->key_lo) <= min(a->key_hi, b->key_hi) &&
	       max(a->vel_lo, b->vel_lo) <= min(a->vel_hi, b->vel_hi);
}

/* Presets that only name an instrument share its zones. */
static int is_plain(const struct sf2_zone *z)
{
	return !z || (z->set == 0 && z->n_mods == 0);
}

static int covers(const struct sf2_zone *a, const struct sf2_zone *b)
{
	return a->key_lo <= b->key_lo && a->key_hi >= b->key_hi && a->vel_lo <= b->vel_lo &&
	       a->vel_hi >= b->vel_hi;
}

static void add_instrument(
	struct making *m, uint32_t preset, const struct sf2_zone *pz, const struct sf2_zone *pg)
{
	struct sf2 *s = m->s;
	const struct sf2_group *inst = &s->inst.group[pz->link];
	const struct sf2_zone *ig = global_of(&s->inst, inst);
	const int may_share = is_plain(pz) && is_plain(pg);

	m->n_pairs += inst->n_zones;
	if (m->n_pairs > MAX_PAIRS)
		s->build.is_full = 1;
	for (uint32_t i = inst->zone; i < inst->zone + inst->n_zones && !s->build.is_full && !s->build.oom;
		i++) {
		const struct sf2_zone *iz = &s->inst.zone[i];
		const int is_shared = may_share && covers(pz, iz);
		uint32_t zone;

		if (!iz->has_link || !do_meet(pz, iz))
			continue;
		if (iz->link >= s->table[SHDR].n - 1) {
			sf2_note(s, IBAG, iz->bag, "there is no sample %u: left out", iz->link);
			continue;
		}
		zone = is_shared ? m->plain[i] : BANK_NONE;
		if (zone == BANK_NONE)
			zone = make_zone(m, pz, pg, iz, ig);
		if (zone == BANK_NONE)
			continue;
		if (is_shared)
			m->plain[i] = zone;
		(void)build_use(&s->build, preset, zone);
	}
}

static void add_preset(struct making *m, uint32_t number)
{
	struct sf2 *s = m->s;
	const uint8_t *record = sf2_record(s, PHDR, number);
	const struct sf2_group *g = &s->preset.group[number];
	const uint32_t program = sf2_u16(record + 20);
	char name[44];

	if (program > 127) {
		sf2_note(s, PHDR, number, "program %u can't be chosen: left out", program);
		return;
	}
	sf2_name(record, name);
	if (!build_preset(&s->build, (uint16_t)sf2_u16(record + 22), (uint8_t)program, name))
		return;
	for (uint32_t i = g->zone; i < g->zone + g->n_zones && !s->build.is_full; i++) {
		const struct sf2_zone *pz = &s->preset.zone[i];

		if (!pz->has_link)
			continue;
		if (pz->link >= s->inst.n_groups)
			sf2_note(s, PBAG, pz->bag, "there is no instrument %u: left out", pz->link);
		else
			add_instrument(m, s->build.n_presets - 1, pz, global_of(&s->preset, g));
	}
}

static int add_presets(struct sf2 *s)
{
	struct making m = {.s = s, .plain = malloc((s->inst.n_zones + 1u) * sizeof(*m.plain))};

	s->sample = calloc(s->table[SHDR].n, sizeof(*s->sample));
	if (!m.plain || !s->sample) {
		free(m.plain);
		return sf2_fail(s, -ENOMEM, "no memory for its zones");
	}
	for (uint32_t i = 0; i < s->inst.n_zones; i++)
		m.plain[i] = BANK_NONE;
	for (uint32_t i = 0; i < s->preset.n_groups && !s->build.is_full && !s->build.oom; i++)
		add_preset(&m, i);
	free(m.plain);
	if (s->build.n_zones == 0 && !s->build.oom && !s->build.is_full)
		return sf2_fail(s, -EINVAL, "none of its %u presets can sound", s->preset.n_groups);
	return 0;
}

static int read_bank(struct sf2 *s, const struct load_options *o, struct bank **ret)
{
	int r = sf2_open(s);

	if (r == 0)
		r = sf2_read_level(s, INST, &s->inst);
	if (r == 0)
		r = sf2_read_level(s, PHDR, &s->preset);
	if (r < 0)
		return r;
	s->build.file_bytes = s->n_bytes;
	s->build.set = store_set_create(o->store);
	if (!s->build.set)
		return sf2_fail(s, -ENOMEM, "no memory for its samples");
	r = add_presets(s);
	if (r < 0)
		return r;
	return build_finish(&s->build, o, ret, s->error, s->error_size);
}

static void close_level(struct sf2_level *l)
{
	free(l->zone);
	free(l->group);
	free(l->mod);
}

int load_sf2(const char *path, const struct load_options *o, struct bank **ret, struct load_report *report,
	char *error, size_t error_size)
{
	struct sf2 s = {.path = path, .fd = -1, .report = report, .error = error, .error_size = error_size};
	int r;

	if (report)
		report->n_notes = report->n_unknown = 0;
	r = read_bank(&s, o, ret);
	build_free(&s.build);
	close_level(&s.preset);
	close_level(&s.inst);
	free(s.sample);
	for (uint32_t i = 0; i < SF2_TABLES; i++)
		free(s.table[i].data);
	return r;
}
