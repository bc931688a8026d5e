/* SPDX-License-Identifier: MIT */
/*
 * Vintage dreams against the dump of it that lies beside it: every preset, zone, generator and sample, put
 * together here once more from the dump and compared with the bank, zone by zone.
 */
#include <math.h>

#define CORPUS "sf2"
#include "corpus.h"
#include "sf2_fixture.h"

TestSuite(apollo_sf2_dump, .timeout = 60);

enum {
	MODE = ZP_COUNT,
	ROOT,
	CLASS,
	LOOP_START,
	LOOP_START_COARSE,
	LOOP_END,
	LOOP_END_COARSE,
	FINE,
	N_VALUES
};

static const struct {
	const char *name;
	int value; /* enum zone_param, or one of those above */
	float lo, hi, start;
} gens[] = {
	{"STARTLOOPADDROFS", LOOP_START, -32768, 32767, 0},
	{"STARTLOOPADDRCOARSEOFS", LOOP_START_COARSE, -32768, 32767, 0},
	{"ENDLOOPADDROFS", LOOP_END, -32768, 32767, 0},
	{"ENDLOOPADDRCOARSEOFS", LOOP_END_COARSE, -32768, 32767, 0},
	{"SAMPLEMODE", MODE, 0, 3, 0},
	{"OVERRIDEROOTKEY", ROOT, -1, 127, -1},
	{"EXCLUSIVECLASS", CLASS, 0, 65535, 0},
	{"ATTENUATION", ZP_ATTEN, -1440, 1440, 0}, /* the dump has multiplied it with 0.4 */
	{"CHORUSSEND", ZP_CHORUS, 0, 1000, 0},
	{"REVERBSEND", ZP_REVERB, 0, 1000, 0},
	{"PAN", ZP_PAN, -500, 500, 0},
	{"COARSETUNE", ZP_PITCH, -120, 120, 0},
	{"FINETUNE", FINE, -2000, 2000, 0},
	{"FILTERFC", ZP_FC, 1500, 13500, 13500},
	{"FILTERQ", ZP_Q, 0, 960, 0},
	{"MODENVDELAY", zp_env(1, ENV_DELAY), -12000, 5000, -12000},
	{"MODENVATTACK", zp_env(1, ENV_ATTACK), -12000, 8000, -12000},
	{"MODENVHOLD", zp_env(1, ENV_HOLD), -12000, 5000, -12000},
	{"MODENVDECAY", zp_env(1, ENV_DECAY), -12000, 8000, -12000},
	{"MODENVSUSTAIN", zp_env(1, ENV_SUSTAIN), 0, 1000, 0},
	{"MODENVRELEASE", zp_env(1, ENV_RELEASE), -12000, 8000, -12000},
	{"MODENVTOFILTERFC", zp_env(1, ENV_TO_FC), -12000, 12000, 0},
	{"MODENVTOPITCH", zp_env(1, ENV_TO_PITCH), -12000, 12000, 0},
	{"MODLFODELAY", zp_lfo(0, LFO_DELAY), -12000, 5000, -12000},
	{"MODLFOFREQ", zp_lfo(0, LFO_FREQ), -16000, 4500, 0},
	{"MODLFOTOFILTERFC", zp_lfo(0, LFO_TO_FC), -12000, 12000, 0},
	{"MODLFOTOPITCH", zp_lfo(0, LFO_TO_PITCH), -12000, 12000, 0},
	{"MODLFOTOVOL", zp_lfo(0, LFO_TO_ATTEN), -960, 960, 0},
	{"VIBLFOFREQ", zp_lfo(1, LFO_FREQ), -16000, 4500, 0},
	{"VIBLFOTOPITCH", zp_lfo(1, LFO_TO_PITCH), -12000, 12000, 0},
	{"VOLENVDELAY", zp_env(0, ENV_DELAY), -12000, 5000, -12000},
	{"VOLENVATTACK", zp_env(0, ENV_ATTACK), -12000, 8000, -12000},
	{"VOLENVHOLD", zp_env(0, ENV_HOLD), -12000, 5000, -12000},
	{"VOLENVDECAY", zp_env(0, ENV_DECAY), -12000, 8000, -12000},
	{"VOLENVSUSTAIN", zp_env(0, ENV_SUSTAIN), 0, 1440, 0},
	{"VOLENVRELEASE", zp_env(0, ENV_RELEASE), -7200, 8000, -12000},
};
#define N_GENS (sizeof(gens) / sizeof(gens[0]))

struct dump_zone {
	float gen[N_GENS]; /* NAN: not given */
	uint32_t key_lo, key_hi, vel_lo, vel_hi;
	int inst;        /* of a preset's zone; -1: none */
	char sample[32]; /* of an instrument's */
};

struct dump_group {
	char name[32];
	uint32_t bank, program;
	struct dump_zone global, *zone;
	uint32_t n_zones;
};

struct dump_sample {
	char name[32];
	uint32_t start, end, loop_start, loop_end, pitch, type;
};

static struct dump {
	struct dump_group preset[256], inst[256];
	struct dump_sample sample[256];
	uint32_t n_presets, n_insts, n_samples;
	struct dump_zone zone[2048];
	uint32_t n_zones;
} dump;

static void reset(struct dump_zone *z)
{
	*z = (struct dump_zone){.inst = -1, .key_hi = 127, .vel_hi = 127};
	for (uint32_t i = 0; i < N_GENS; i++)
		z->gen[i] = NAN;
}

static struct dump_group *begin_group(struct dump_group *g)
{
	reset(&g->global);
	g->zone = &dump.zone[dump.n_zones];
	return g;
}

static void read_generator(struct dump_zone *z, const char *line)
{
	char name[32];
	float value;

	if (!z || sscanf(line, " %31[A-Z]: %f", name, &value) != 2)
		return;
	for (uint32_t i = 0; i < N_GENS; i++)
		if (strcmp(gens[i].name, name) == 0) {
			z->gen[i] = value;
			return;
		}
	cr_assert_fail("unknown generator: %s", line);
}

static void read_sample(struct dump_sample *s, const char *line)
{
	(void)sscanf(line, "  name: %31[^\n]", s->name);
	(void)sscanf(line, "  source_start: %u", &s->start);
	(void)sscanf(line, "  source_end: %u", &s->end);
	(void)sscanf(line, "  source_loopstart: %u", &s->loop_start);
	(void)sscanf(line, "  source_loopend: %u", &s->loop_end);
	(void)sscanf(line, "  origpitch: %u", &s->pitch);
	(void)sscanf(line, "  sampletype: %u", &s->type);
}

static void read_dump(void)
{
	struct bytes file = read_corpus("vintage-dreams/VintageDreamsWaves-v2.sf2.yml");
	char *text = (char *)file.data, *line;
	struct dump_group *g = NULL;
	struct dump_zone *z = NULL;
	struct dump_sample *s = NULL;

	while ((line = strsep(&text, "\n"))) {
		if (strncmp(line, "- preset:", 9) == 0) {
			g = begin_group(&dump.preset[dump.n_presets++]);
		} else if (strncmp(line, "- instrument:", 13) == 0) {
			g = begin_group(&dump.inst[dump.n_insts++]);
		} else if (strncmp(line, "- sample:", 9) == 0) {
			s = &dump.sample[dump.n_samples++];
		} else if (s) {
			read_sample(s, line);
		} else if (strcmp(line, "  global_zone:") == 0) {
			z = &g->global;
		} else if (strncmp(line, "  - zone:", 9) == 0) {
			cr_assert_lt(dump.n_zones, sizeof(dump.zone) / sizeof(dump.zone[0]));
			z = &dump.zone[dump.n_zones++];
			reset(z);
			g->n_zones++;
		} else if (strncmp(line, "      ", 6) == 0) {
			read_generator(z, line);
		} else if (strncmp(line, "    ", 4) == 0) {
			(void)sscanf(line, "    key_range: %u - %u", &z->key_lo, &z->key_hi);
			(void)sscanf(line, "    vel_range: %u - %u", &z->vel_lo, &z->vel_hi);
			(void)sscanf(line, "    sample: %31[^\n]", z->sample);
			if (strncmp(line, "    instrument:", 15) == 0)
				cr_assert_eq(
					sscanf(strrchr(line, '('), "(index %d)", &z->inst), 1, "%s", line);
		} else if (g) {
			(void)sscanf(line, "  name: %31[^\n]", g->name);
			(void)sscanf(line, "  bank: %u", &g->bank);
			(void)sscanf(line, "  num: %u", &g->program);
		}
	}
	free(file.data);
}

static const struct dump_sample *find_sample(const char *name)
{
	for (uint32_t i = 0; i < dump.n_samples; i++)
		if (strcmp(dump.sample[i].name, name) == 0)
			return &dump.sample[i];
	cr_assert_fail("no sample %s", name);
	return NULL;
}

static float sum(const struct dump_group *p, const struct dump_zone *pz, const struct dump_group *i,
	const struct dump_zone *iz, uint32_t gen)
{
	float x = !isnan(iz->gen[gen])         ? iz->gen[gen]
		  : !isnan(i->global.gen[gen]) ? i->global.gen[gen]
					       : gens[gen].start;

	x += !isnan(pz->gen[gen]) ? pz->gen[gen] : !isnan(p->global.gen[gen]) ? p->global.gen[gen] : 0;
	return fminf(fmaxf(x, gens[gen].lo), gens[gen].hi);
}

struct expected {
	float value[N_VALUES];
	uint32_t n_frames, loop_start, loop_end, is_used;
};

static void expect(const float value[N_VALUES], const struct dump_sample *s, struct expected *e)
{
	memcpy(e->value, value, sizeof(e->value));
	e->value[ZP_PITCH] = 100 * value[ZP_PITCH] + value[FINE];
	e->value[MODE] = value[MODE] == 2 ? 0 : value[MODE];
	e->n_frames = s->end - s->start + 1; /* FluidSynth counts the last frame */
	e->loop_start = (uint32_t)((float)(s->loop_start - s->start) + value[LOOP_START] +
				   32768 * value[LOOP_START_COARSE]);
	e->loop_end = (uint32_t)((float)(s->loop_end - s->start) + value[LOOP_END] +
				 32768 * value[LOOP_END_COARSE]);
	if (e->value[ROOT] < 0)
		e->value[ROOT] = (float)s->pitch;
}

/* All zones of a preset that a key and a velocity start. */
static uint32_t expected_of(const struct dump_group *p, uint32_t key, uint32_t velocity, struct expected *ret)
{
	uint32_t n = 0;

	for (uint32_t a = 0; a < p->n_zones; a++) {
		const struct dump_zone *pz = &p->zone[a];
		const struct dump_group *inst = &dump.inst[pz->inst];

		for (uint32_t b = 0; b < inst->n_zones; b++) {
			const struct dump_zone *iz = &inst->zone[b];
			const struct dump_sample *s = find_sample(iz->sample);
			float value[N_VALUES] = {0};

			if (key < pz->key_lo || key > pz->key_hi || key < iz->key_lo || key > iz->key_hi ||
				velocity < pz->vel_lo || velocity > pz->vel_hi || velocity < iz->vel_lo ||
				velocity > iz->vel_hi || (s->type & 0x8000))
				continue;
			for (uint32_t i = 0; i < N_GENS; i++)
				value[gens[i].value] = sum(p, pz, inst, iz, i);
			expect(value, s, &ret[n++]);
		}
	}
	return n;
}

static float own_value(const struct zone *z, uint32_t gen)
{
	const int value = gens[gen].value;
	float x;

	switch (value) {
	case MODE:
		return z->loop == ZONE_LOOP_UNTIL_RELEASE ? 3 : z->loop == ZONE_LOOP_ALWAYS;
	case ROOT:
		return z->root_key;
	case CLASS:
		return (float)z->group;
	default:
		x = z->param[value] + (value == ZP_Q ? 30.1f : 0);
		return value == ZP_PITCH || value == ZP_ATTEN ? x
							      : fminf(fmaxf(x, gens[gen].lo), gens[gen].hi);
	}
}

static uint32_t differences(const struct zone *z, const struct expected *e)
{
	uint32_t n = z->end - z->start != e->n_frames;

	for (uint32_t i = 0; i < N_GENS; i++)
		if (gens[i].value <= CLASS)
			n += fabsf(own_value(z, i) - e->value[gens[i].value]) > 0.01f;
	if (z->loop != ZONE_LOOP_NONE)
		n += (z->loop_start != e->loop_start) + (z->loop_end != e->loop_end);
	return n;
}

Test(apollo_sf2_dump, zones,
	.description = "APO-02: vintage dreams: every zone, generator and loop of the dump beside it")
{
	static struct expected e[256];
	uint32_t n_zones = 0;
	char path[8192];
	struct font f;

	read_dump();
	cr_assert_eq(dump.n_presets, 136);
	cr_assert_eq(dump.n_samples, 123);
	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), "vintage-dreams/VintageDreamsWaves-v2.sf2");
	open_font(&f, path);
	for (uint32_t p = 0; p < dump.n_presets; p++)
		for (uint32_t key = 0; key < 128; key++) {
			const struct preset *own =
				font_preset(&f, dump.preset[p].bank, dump.preset[p].program);
			const uint32_t n = expected_of(&dump.preset[p], key, 100, e);
			uint32_t n_own = 0;

			for (uint32_t i = own->by_key[key]; i < own->by_key[key + 1]; i++) {
				const struct zone *z = &f.bank->zone[f.bank->zone_list[i]];
				uint32_t k = 0;

				if (z->vel_lo > 100 || z->vel_hi < 100)
					continue;
				while (k < n && (e[k].is_used || differences(z, &e[k]) > 0))
					k++;
				cr_expect_lt(k, n, "%s key %u: the dump has no zone like %u", own->name, key,
					f.bank->zone_list[i]);
				if (k < n)
					e[k].is_used = 1;
				n_own++;
			}
			cr_expect_eq(
				n_own, n, "%s key %u: %u zones, %u in the dump", own->name, key, n_own, n);
			for (uint32_t k = 0; k < n; k++)
				e[k].is_used = 0;
			n_zones += n;
		}
	cr_expect_gt(n_zones, 10000, "%u", n_zones);
	close_font(&f);
}
