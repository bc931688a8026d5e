/* SPDX-License-Identifier: MIT */
/*
 * Sound fonts against others' readings of them: the corpus' lists of presets, FluidSynth's list, and, voice
 * by voice, the generators with which FluidSynth starts a note.
 */
#include <fluidsynth.h>

#include <math.h>

#define CORPUS "sf2"
#include "corpus.h"
#include "sf2_fixture.h"

TestSuite(apollo_sf2, .timeout = 120);

static void corpus_font(struct font *f, const char *name)
{
	char path[8192];

	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), name);
	open_font(f, path);
}

static char *next_line(char **text)
{
	return strsep(text, "\n");
}

Test(apollo_sf2, corpus_tables,
	.description = "APO-02: presets, samples and sample data as expected.tsv counts them")
{
	struct bytes file = read_corpus("expected.tsv");
	char *text = (char *)file.data, *line;
	uint32_t n_files = 0;

	(void)next_line(&text);
	while ((line = next_line(&text)) && *line) {
		char name[128];
		uint32_t n_presets;
		struct font f;

		cr_assert_eq(sscanf(line, "%127[^\t]\t%*u\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%u", name,
				     &n_presets),
			2, "%s", line);
		corpus_font(&f, name);
		cr_expect_eq(f.bank->n_presets, n_presets, "%s: %u presets", name, f.bank->n_presets);
		/* The one note is the sample in a sound card's ROM. */
		cr_expect_eq(
			f.report.n_notes, strstr(name, "Vintage") ? 1 : 0, "%s: %s", name, f.report.note[0]);
		close_font(&f);
		n_files++;
	}
	cr_expect_eq(n_files, 4);
	free(file.data);
}

Test(apollo_sf2, corpus_presets,
	.description = "APO-02: every preset of presets.tsv, by bank, program and name")
{
	struct bytes file = read_corpus("presets.tsv");
	char *text = (char *)file.data, *line, open[128] = "";
	uint32_t n = 0;
	struct font f;

	(void)next_line(&text);
	while ((line = next_line(&text)) && *line) {
		char name[128], title[64] = "";
		uint32_t bank, program;

		cr_assert_geq(sscanf(line, "%127[^\t]\t%u\t%u\t%63[^\n]", name, &bank, &program, title), 3,
			"%s", line);
		if (strcmp(open, name) != 0) {
			if (open[0])
				close_font(&f);
			strcpy(open, name);
			corpus_font(&f, name);
		}
		const struct preset *p = font_preset(&f, bank, program);
		cr_assert_not_null(p, "%s", line);
		cr_expect_str_eq(p->name, title, "%s", line);
		cr_expect_gt(p->n_zones, 0, "%s", line);
		n++;
	}
	close_font(&f);
	cr_expect_eq(n, 7 + 3 + 2 * 136);
	free(file.data);
}

/* FluidSynth */

struct fluid {
	fluid_settings_t *settings;
	fluid_synth_t *synth;
	fluid_sfont_t *font;
};

static void quiet(int level, const char *message, void *data)
{
	(void)level, (void)message, (void)data;
}

static void open_fluid(struct fluid *f, const char *path)
{
	for (int level = 0; level < LAST_LOG_LEVEL; level++)
		(void)fluid_set_log_function(level, quiet, NULL);
	f->settings = new_fluid_settings();
	(void)fluid_settings_setint(f->settings, "synth.reverb.active", 0);
	(void)fluid_settings_setint(f->settings, "synth.chorus.active", 0);
	(void)fluid_settings_setint(f->settings, "synth.polyphony", 1024);
	(void)fluid_settings_setint(f->settings, "synth.dynamic-sample-loading", 0);
	f->synth = new_fluid_synth(f->settings);
	const int id = fluid_synth_sfload(f->synth, path, 0);
	cr_assert_neq(id, FLUID_FAILED);
	f->font = fluid_synth_get_sfont_by_id(f->synth, id);
}

static void close_fluid(struct fluid *f)
{
	delete_fluid_synth(f->synth);
	delete_fluid_settings(f->settings);
}

static void compare_presets(const char *path)
{
	struct font ours;
	struct fluid theirs;
	fluid_preset_t *p;
	uint32_t n = 0;

	open_font(&ours, path);
	open_fluid(&theirs, path);
	fluid_sfont_iteration_start(theirs.font);
	while ((p = fluid_sfont_iteration_next(theirs.font))) {
		const uint32_t bank = (uint32_t)fluid_preset_get_banknum(p),
			       program = (uint32_t)fluid_preset_get_num(p);
		const struct preset *own = font_preset(&ours, bank, program);

		cr_expect(own && strcmp(own->name, fluid_preset_get_name(p)) == 0, "%s: %u:%u is %s, not %s",
			path, bank, program, fluid_preset_get_name(p), own ? own->name : "missing");
		n++;
	}
	cr_expect_eq(ours.bank->n_presets, n, "%s: %u presets, FluidSynth lists %u", path,
		ours.bank->n_presets, n);
	cr_expect_gt(n, 100);
	close_fluid(&theirs);
	close_font(&ours);
}

Test(apollo_sf2, presets_of_fluid_r3, .description = "APO-02: FluidR3: presets as FluidSynth lists them")
{
	compare_presets(FLUID_R3);
}

Test(apollo_sf2, presets_of_tim_gm, .description = "APO-02: TimGM6mb: presets as FluidSynth lists them")
{
	compare_presets(TIM_GM);
}

/* What a voice is made of, in the units of the file, within the limits of the specification. */
static const struct generator {
	int gen;
	int param; /* -1: see own_value() */
	float lo, hi;
} generators[] = {
	{GEN_MODLFOTOPITCH, zp_lfo(0, LFO_TO_PITCH), -12000, 12000},
	{GEN_VIBLFOTOPITCH, zp_lfo(1, LFO_TO_PITCH), -12000, 12000},
	{GEN_MODENVTOPITCH, zp_env(1, ENV_TO_PITCH), -12000, 12000},
	{GEN_FILTERFC, ZP_FC, 1500, 13500},
	{GEN_FILTERQ, -1, 0, 960},
	{GEN_MODLFOTOFILTERFC, zp_lfo(0, LFO_TO_FC), -12000, 12000},
	{GEN_MODENVTOFILTERFC, zp_env(1, ENV_TO_FC), -12000, 12000},
	{GEN_MODLFOTOVOL, zp_lfo(0, LFO_TO_ATTEN), -960, 960},
	{GEN_CHORUSSEND, ZP_CHORUS, 0, 1000},
	{GEN_REVERBSEND, ZP_REVERB, 0, 1000},
	{GEN_PAN, ZP_PAN, -500, 500},
	{GEN_MODLFODELAY, zp_lfo(0, LFO_DELAY), -12000, 5000},
	{GEN_MODLFOFREQ, zp_lfo(0, LFO_FREQ), -16000, 4500},
	{GEN_VIBLFODELAY, zp_lfo(1, LFO_DELAY), -12000, 5000},
	{GEN_VIBLFOFREQ, zp_lfo(1, LFO_FREQ), -16000, 4500},
	{GEN_MODENVDELAY, zp_env(1, ENV_DELAY), -12000, 5000},
	{GEN_MODENVATTACK, zp_env(1, ENV_ATTACK), -12000, 8000},
	{GEN_MODENVHOLD, zp_env(1, ENV_HOLD), -12000, 5000},
	{GEN_MODENVDECAY, zp_env(1, ENV_DECAY), -12000, 8000},
	{GEN_MODENVSUSTAIN, zp_env(1, ENV_SUSTAIN), 0, 1000},
	{GEN_MODENVRELEASE, zp_env(1, ENV_RELEASE), -12000, 8000},
	{GEN_KEYTOMODENVHOLD, -1, -1200, 1200},
	{GEN_KEYTOMODENVDECAY, -1, -1200, 1200},
	{GEN_VOLENVDELAY, zp_env(0, ENV_DELAY), -12000, 5000},
	{GEN_VOLENVATTACK, zp_env(0, ENV_ATTACK), -12000, 8000},
	{GEN_VOLENVHOLD, zp_env(0, ENV_HOLD), -12000, 5000},
	{GEN_VOLENVDECAY, zp_env(0, ENV_DECAY), -12000, 8000},
	{GEN_VOLENVSUSTAIN, zp_env(0, ENV_SUSTAIN), 0, 1440},
	{GEN_VOLENVRELEASE, zp_env(0, ENV_RELEASE), -7200, 8000},
	{GEN_KEYTOVOLENVHOLD, -1, -1200, 1200},
	{GEN_KEYTOVOLENVDECAY, -1, -1200, 1200},
	{GEN_ATTENUATION, ZP_ATTEN, -1440, 1440},
	{GEN_COARSETUNE, ZP_PITCH, -24000, 24000}, /* and GEN_FINETUNE */
	{GEN_SAMPLEMODE, -1, 0, 3},
	{GEN_SCALETUNE, -1, 0, 1200},
	{GEN_EXCLUSIVECLASS, -1, 0, 65535},
};
#define N_GENERATORS (sizeof(generators) / sizeof(generators[0]))

struct values {
	float x[N_GENERATORS];
	int is_used;
};

static float key_scaling(const struct bank *b, const struct zone *z, uint32_t param)
{
	float sum = 0;

	for (uint32_t i = z->mod; i < z->mod + z->n_mods; i++)
		if (b->mod[i].param == param && b->mod[i].curve2 == CURVE_FROM_60)
			sum -= b->mod[i].amount;
	return sum;
}

static float own_value(const struct bank *b, const struct zone *z, const struct generator *g)
{
	static const float mode[] = {
		[ZONE_LOOP_NONE] = 0, [ZONE_LOOP_ALWAYS] = 1, [ZONE_LOOP_UNTIL_RELEASE] = 3};

	switch (g->gen) {
	case GEN_FILTERQ:
		return z->param[ZP_Q] + 30.1f;
	case GEN_KEYTOMODENVHOLD:
		return key_scaling(b, z, zp_env(1, ENV_HOLD));
	case GEN_KEYTOMODENVDECAY:
		return key_scaling(b, z, zp_env(1, ENV_DECAY));
	case GEN_KEYTOVOLENVHOLD:
		return key_scaling(b, z, zp_env(0, ENV_HOLD));
	case GEN_KEYTOVOLENVDECAY:
		return key_scaling(b, z, zp_env(0, ENV_DECAY));
	case GEN_SAMPLEMODE:
		return mode[z->loop];
	case GEN_SCALETUNE:
		return z->keytrack;
	case GEN_EXCLUSIVECLASS:
		return (float)z->group;
	default:
		return z->param[g->param];
	}
}

static float their_value(fluid_voice_t *v, const struct generator *g)
{
	float x = fluid_voice_gen_get(v, g->gen);

	if (g->gen == GEN_COARSETUNE)
		return 100 * x + fluid_voice_gen_get(v, GEN_FINETUNE);
	if (g->gen == GEN_SAMPLEMODE)
		return (int)x % 4 == 2 ? 0 : x;
	return x;
}

static void read_values(const struct bank *b, const struct zone *z, fluid_voice_t *v, struct values *ret)
{
	ret->is_used = 0;
	for (uint32_t i = 0; i < N_GENERATORS; i++) {
		const struct generator *g = &generators[i];

		ret->x[i] = fminf(fmaxf(z ? own_value(b, z, g) : their_value(v, g), g->lo), g->hi);
	}
}

/* @return the generators that differ. */
static uint32_t differ(const struct values *a, const struct values *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < N_GENERATORS; i++)
		n += fabsf(a->x[i] - b->x[i]) > 0.01f;
	return n;
}

#define MAX_VOICES 256

/* Each voice of FluidSynth is one zone of ours and the other way round. @return voices. */
static uint32_t compare_note(const struct font *ours, struct fluid *theirs, fluid_preset_t *fp,
	const struct preset *p, uint32_t key, uint32_t velocity)
{
	static unsigned id;
	static struct values own[MAX_VOICES], their;
	fluid_voice_t *voice[MAX_VOICES];
	const struct bank *b = ours->bank;
	uint32_t n = 0, n_voices = 0;

	for (uint32_t i = p->by_key[key]; i < p->by_key[key + 1]; i++) {
		const struct zone *z = &b->zone[b->zone_list[i]];

		cr_assert(z->key_lo <= key && key <= z->key_hi);
		if (z->vel_lo <= velocity && velocity <= z->vel_hi)
			read_values(b, z, NULL, &own[n++]);
	}
	id++;
	cr_assert_eq(fluid_synth_start(theirs->synth, id, fp, 0, 0, (int)key, (int)velocity), FLUID_OK);
	fluid_synth_get_voicelist(theirs->synth, voice, MAX_VOICES, (int)id);
	for (; n_voices < MAX_VOICES && voice[n_voices]; n_voices++) {
		uint32_t best = 0, fewest = UINT32_MAX;

		read_values(NULL, NULL, voice[n_voices], &their);
		for (uint32_t i = 0; i < n && fewest > 0; i++)
			if (!own[i].is_used && differ(&own[i], &their) < fewest) {
				fewest = differ(&own[i], &their);
				best = i;
			}
		if (fewest == UINT32_MAX)
			continue;
		own[best].is_used = 1;
		for (uint32_t g = 0; g < N_GENERATORS && fewest > 0; g++)
			cr_expect_float_eq(own[best].x[g], their.x[g], 0.01f,
				"%u:%u %s key %u velocity %u: generator %d: %g, "
				"FluidSynth has %g",
				p->bank, p->program, p->name, key, velocity, generators[g].gen,
				(double)own[best].x[g], (double)their.x[g]);
	}
	cr_expect_eq(n, n_voices, "%u:%u %s key %u velocity %u: %u zones, FluidSynth starts %u voices",
		p->bank, p->program, p->name, key, velocity, n, n_voices);
	fluid_synth_all_sounds_off(theirs->synth, 0);
	return n_voices;
}

static void compare_voices(const char *path, uint32_t least)
{
	static const uint8_t keys[] = {0, 24, 36, 38, 42, 49, 60, 67, 72, 84, 100, 127},
			     velocities[] = {1, 64, 100, 127};
	static float silence[2][64];
	struct font ours;
	struct fluid theirs;
	uint32_t n = 0;

	open_font(&ours, path);
	open_fluid(&theirs, path);
	for (uint32_t i = 0; i < ours.bank->n_presets; i++) {
		const struct preset *p = &ours.bank->preset[i];
		fluid_preset_t *fp = fluid_sfont_get_preset(theirs.font, p->bank, p->program);

		cr_assert_not_null(fp);
		for (uint32_t k = 0; k < sizeof(keys); k++)
			for (uint32_t v = 0; v < sizeof(velocities); v++) {
				n += compare_note(&ours, &theirs, fp, p, keys[k], velocities[v]);
				(void)fluid_synth_write_float(
					theirs.synth, 64, silence[0], 0, 1, silence[1], 0, 1);
			}
	}
	cr_expect_gt(n, least, "%u voices", n);
	close_fluid(&theirs);
	close_font(&ours);
}

Test(apollo_sf2, voices_of_fluid_r3,
	.description =
		"APO-02: FluidR3: the zones that sound are FluidSynth's voices, generator by generator")
{
	compare_voices(FLUID_R3, 10000);
}

Test(apollo_sf2, voices_of_tim_gm,
	.description =
		"APO-02: TimGM6mb: the zones that sound are FluidSynth's voices, generator by generator")
{
	compare_voices(TIM_GM, 5000);
}

static void compare_corpus_voices(const char *name, uint32_t least)
{
	char path[8192];

	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), name);
	compare_voices(path, least);
}

Test(apollo_sf2, voices_of_spec_test, .description = "APO-02: the specification's test bank, voice by voice")
{
	compare_corpus_voices("spec-test/sf_spec_test.sf2", 100);
}

Test(apollo_sf2, voices_of_vintage_dreams,
	.description = "APO-02: vintage dreams, SF2 and SF3, voice by voice")
{
	compare_corpus_voices("vintage-dreams/VintageDreamsWaves-v2.sf2", 5000);
	compare_corpus_voices("vintage-dreams/VintageDreamsWaves-v2.sf3", 5000);
}
