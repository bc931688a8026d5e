/* SPDX-License-Identifier: MIT */
/* Building a bank by hand: lists by key, order, curves once, and nothing out of range gets through. */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/load/load.h"

static const struct load_options options;
static struct bank_build b;
static struct bank *bank;
static char error[256];

static int finish(void)
{
	return build_finish(&b, &options, &bank, error, sizeof(error));
}

static struct zone *sine(uint8_t key_lo, uint8_t key_hi)
{
	struct zone *z = build_zone(&b, ZONE_SFZ);

	z->generator = ZONE_SINE;
	z->key_lo = key_lo;
	z->key_hi = key_hi;
	return z;
}

TestSuite(apollo_build, .timeout = 10);

Test(apollo_build, neutral, .description = "APO-01: a new zone is neutral in the units of its format")
{
	const struct zone sf2 = *build_zone(&b, ZONE_SF2), sfz = *build_zone(&b, ZONE_SFZ);

	cr_expect(sf2.param[zp_env(0, ENV_ATTACK)] == -12000 && sfz.param[zp_env(0, ENV_ATTACK)] == 0);
	cr_expect(sf2.param[zp_env(0, ENV_SUSTAIN)] == 0 && sfz.param[zp_env(0, ENV_SUSTAIN)] == 1);
	cr_expect(sf2.param[ZP_GAIN] == 1 && sf2.param[ZP_WIDTH] == 1 && sf2.param[ZP_FC] == 13500);
	cr_expect(isnan(sfz.param[ZP_BEND_UP]) && isnan(sfz.param[ZP_BEND_DOWN]));
	cr_expect(sf2.keytrack == 100 && sf2.root_key == 60 && sf2.n_envs == 1 && sf2.n_mods == 0);
	build_free(&b);
}

Test(apollo_build, lists,
	.description = "APO-01: a key's list holds the zones that cover it, in the file's order")
{
	build_preset(&b, 0, 5, "later");
	build_preset(&b, BANK_DRUMS, 0, "drums");
	build_preset(&b, 0, 4, "first");
	sine(60, 72);
	sine(0, 127);
	sine(72, 60); /* no key at all */
	sine(72, 72);
	struct zone *cc = sine(0, 127);
	cc->trigger = ZONE_ON_CC;
	struct zone *release = sine(10, 10);
	release->trigger = ZONE_ON_RELEASE;
	for (uint32_t i = 6; i-- > 0;)
		cr_assert_eq(build_use(&b, 0, i), 0);
	cr_assert_eq(build_use(&b, 1, 3), 0);
	cr_assert_eq(finish(), 0, "%s", error);
	cr_assert_eq(bank->n_presets, 3);
	cr_expect_str_eq(bank->preset[0].name, "first");
	cr_expect_str_eq(bank->preset[1].name, "later");
	cr_expect_str_eq(bank->preset[2].name, "drums");
	const struct preset *p = &bank->preset[1];
	const uint32_t *at72 = bank->zone_list + p->by_key[72];
	cr_assert_eq(p->by_key[73] - p->by_key[72], 3);
	cr_expect(at72[0] == 3 && at72[1] == 1 && at72[2] == 0);
	cr_expect_eq(p->by_key[60] - p->by_key[59], 1);
	cr_expect_eq(p->by_key[129] - p->by_key[128], 1, "started by a controller");
	cr_expect_eq(bank->zone_list[p->by_key[128]], 4);
	cr_expect(p->n_zones == 6 && p->has_cc_zones == 1 && p->has_release_zones == 1);
	cr_expect(bank->preset[0].n_zones == 0 && bank->preset[0].by_key[0] == bank->preset[0].by_key[129]);
	cr_expect_eq(bank->zone_list[bank->preset[2].by_key[72]], 3);
	cr_expect_eq(bank->n_list, 13 + 128 + 1 + 1 + 1 + 1);
	cr_expect_null(b.zone, "the builder is empty");
	bank->destroy(bank);
}

Test(apollo_build, order, .description = "APO-02: presets of one number stay in the file's order")
{
	for (uint32_t i = 0; i < 100; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "%u", i);
		build_preset(&b, (uint16_t)(i % 2), 7, name);
	}
	cr_assert_eq(finish(), 0, "%s", error);
	for (uint32_t i = 0; i < 50; i++) {
		cr_expect_eq((uint32_t)atoi(bank->preset[i].name), 2 * i);
		cr_expect_eq((uint32_t)atoi(bank->preset[50 + i].name), 2 * i + 1);
	}
	bank->destroy(bank);
}

Test(apollo_build, one_key,
	.description = "APO-18: more zones on one key than the audio thread can look at are refused")
{
	for (uint32_t i = 0; i < 2; i++) {
		const uint32_t n = (1u << 14) + i;

		build_preset(&b, 0, 0, "one key");
		for (uint32_t k = 0; k < n; k++) {
			struct zone *z = build_zone(&b, ZONE_SFZ);

			z->generator = ZONE_SINE;
			z->key_lo = z->key_hi = 60;
			cr_assert_eq(build_use(&b, 0, k), 0);
		}
		cr_assert_eq(finish(), i ? -EFBIG : 0, "%s", error);
		if (i)
			cr_expect(strstr(error, "one key"), "%s", error);
		else
			bank->destroy(bank);
	}
}

Test(apollo_build, names, .description = "APO-02: a long name is cut between characters")
{
	struct preset *p =
		build_preset(&b, 0, 0, "1234567890123456789012345678901234567890123456789\u00e9\u00e9");

	cr_expect_str_eq(p->name, "1234567890123456789012345678901234567890123456789\u00e9");
	p = build_preset(&b, 0, 0, "12345678901234567890123456789012345678901234567890\u00e9");
	cr_expect_str_eq(p->name, "12345678901234567890123456789012345678901234567890");
	build_free(&b);
}

Test(apollo_build, curves, .description = "APO-19: equal curves are kept once, however many there are")
{
	float table[CURVE_POINTS] = {0};

	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 3000; i++) {
			table[1] = (float)i;
			cr_assert_eq(build_curve(&b, table), CURVE_OWN + i);
		}
	cr_expect_eq(b.n_curves, 3000);
	cr_assert_eq(finish(), 0, "%s", error);
	cr_expect_float_eq(bank->curve[2999][1], 2999, 0);
	bank->destroy(bank);
}

Test(apollo_build, tables, .description = "APO-01: what lies together stays together while the tables grow")
{
	build_preset(&b, 0, 0, "mods");
	for (uint32_t i = 0; i < 200; i++) {
		struct zone *z = sine(0, 127);

		z->n_mods = 3;
		for (uint32_t k = 0; k < 3; k++) {
			struct zone_mod *m = build_mod(&b);

			m->source = SRC_VELOCITY;
			m->amount = (float)(3 * i + k);
		}
		build_cond(&b)->num = (uint8_t)(i % 128);
		z->n_conds = 1;
		cr_assert_eq(build_use(&b, 0, i), 0);
	}
	cr_assert_eq(finish(), 0, "%s", error);
	for (uint32_t i = 0; i < 200; i++) {
		const struct zone *z = &bank->zone[i];

		cr_expect(bank->mod[z->mod].amount == (float)(3 * i) && bank->cond[z->cond].num == i % 128);
	}
	cr_expect_geq(bank->resident_bytes, 200 * sizeof(struct zone) + 600 * sizeof(struct zone_mod));
	bank->destroy(bank);
}

/* One thing wrong with a good bank. */
static void wrong_sample(struct zone *z)
{
	z->generator = ZONE_SAMPLE;
}

static void wrong_key(struct zone *z)
{
	z->key_hi = 128;
}

static void wrong_wave(struct zone *z)
{
	z->lfo_wave[2] = WAVE_RANDOM + 1;
}

static void wrong_filter(struct zone *z)
{
	z->filter2 = ZONE_LP2_SF2 + 1;
}

static void wrong_mods(struct zone *z)
{
	z->mod = 1;
	z->n_mods = 1;
}

static void wrong_conds(struct zone *z)
{
	z->cond = UINT32_MAX;
	z->n_conds = 2;
}

static void wrong_param(struct zone *z)
{
	z->param[ZP_PAN] = NAN;
}

static void wrong_time(struct zone *z)
{
	z->off_time_s = INFINITY;
}

static void wrong_envs(struct zone *z)
{
	z->n_envs = 0;
}

static void wrong_source(struct zone *z)
{
	(void)z;
	b.mod[0].source = SRC_ENV + ZONE_ENVS;
}

static void wrong_curve(struct zone *z)
{
	(void)z;
	b.mod[0].curve = CURVE_OWN + 1;
}

static void wrong_target(struct zone *z)
{
	(void)z;
	b.mod[0].param = ZP_COUNT;
}

static void wrong_table(struct zone *z)
{
	(void)z;
	b.curve[0][5] = NAN;
}

static void wrong_cond(struct zone *z)
{
	(void)z;
	b.cond[0].kind = COND_ON_CC + 1;
}

static void wrong_flex(struct zone *z)
{
	(void)z;
	b.flex[0].n_points = FLEX_POINTS + 1;
}

static void wrong_use(struct zone *z)
{
	(void)z;
	b.use[0].preset = 1;
}

static void wrong_program(struct zone *z)
{
	(void)z;
	b.preset[0].program = 128;
}

Test(apollo_build, out_of_range,
	.description = "APO-18: no index and no number that is out of range reaches the voices")
{
	static const struct {
		void (*make)(struct zone *z);
		const char *why;
	} cases[] = {{wrong_sample, "zone 0: the sample"}, {wrong_key, "zone 0: the keys"},
		{wrong_wave, "an LFO's wave"}, {wrong_filter, "a filter"}, {wrong_mods, "the modulators"},
		{wrong_conds, "the modulators"}, {wrong_param, "a parameter"}, {wrong_time, "a number"},
		{wrong_envs, "the number of envelopes"}, {wrong_source, "a modulator's source"},
		{wrong_curve, "a modulator's curve"}, {wrong_target, "a modulator's parameter"},
		{wrong_table, "a curve"}, {wrong_cond, "a condition"},
		{wrong_flex, "the points of an envelope"}, {wrong_use, "a zone's preset"},
		{wrong_program, "a preset's program"}};

	for (uint32_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		const int is_good = i == sizeof(cases) / sizeof(cases[0]);
		float table[CURVE_POINTS] = {0};

		build_preset(&b, 0, 0, "one");
		struct zone *z = sine(0, 127);
		z->n_mods = z->n_conds = z->n_flex = 1;
		build_mod(&b)->curve = build_curve(&b, table);
		build_cond(&b);
		build_flex(&b);
		build_use(&b, 0, 0);
		bank = NULL;
		if (!is_good)
			cases[i].make(z);
		cr_expect_eq(finish(), is_good ? 0 : -EINVAL, "%s", is_good ? error : cases[i].why);
		cr_expect(is_good ? bank != NULL : !bank && strstr(error, cases[i].why), "%u: %s", i, error);
		cr_expect_null(b.zone);
	}
	bank->destroy(bank);
}
